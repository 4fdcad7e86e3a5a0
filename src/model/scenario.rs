//! Everything that one simulation is about.

use super::cluster::ControlPlane;
use super::job::JobSpec;
use super::patch::JobPatch;
use super::shared::Shared;
use super::workload::Workload;
use crate::engine::distribution::Distribution;
use crate::engine::time::SimTime;

/// Jobs, their workloads, the control plane, and what somebody does meanwhile.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub jobs: Vec<JobCase>,
    pub control_plane: ControlPlane,
    /// Sorted by time.
    pub timeline: Vec<TimedAction>,
    pub shared: Shared,
    /// A run is cut here; what falls on it does not happen any more.
    pub horizon: SimTime,
}

/// One Job of a scenario.
#[derive(Clone, Debug)]
pub struct JobCase {
    pub name: String,
    pub spec: JobSpec,
    /// When the Job is created.
    pub submit: Distribution,
    pub workload: Workload,
}

/// Something that somebody does at a given time.
#[derive(Clone, Debug)]
pub struct TimedAction {
    pub at: SimTime,
    pub action: Action,
}

/// What can be done. `job` is a position in [`Scenario::jobs`].
#[derive(Clone, Debug)]
pub enum Action {
    Patch { job: usize, patch: JobPatch },
    DeletePod { job: usize, pod: PodRef },
    EvictPod { job: usize, pod: PodRef },
    DeleteJob { job: usize, propagation: Propagation },
    RestartController,
}

/// How a Job's pods follow it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Propagation {
    /// The Job goes at once, its pods after it.
    Background,
    /// The Job goes after its pods.
    Foreground,
}

/// Which pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PodRef {
    /// The pod created as number n, from 0.
    Ordinal(u32),
    /// The youngest pod of a completion index.
    Index(u32),
}
