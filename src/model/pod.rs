//! What a Job's pod template says, as far as it matters in time.

use crate::engine::time::SimDuration;

/// `restartPolicy`; a Job allows these two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestartPolicy {
    Never,
    OnFailure,
}

/// The pod template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodTemplate {
    pub restart_policy: RestartPolicy,
    /// `terminationGracePeriodSeconds`; -1 is treated as 1 by the API server.
    pub termination_grace: SimDuration,
    /// `activeDeadlineSeconds` of the pod, counted from the moment the kubelet takes it.
    pub active_deadline: Option<SimDuration>,
}
