//! Small scenarios for tests.

use jobsim::engine::distribution::Distribution;
use jobsim::engine::time::{SimDuration, SimTime};
use jobsim::model::cluster::ControlPlane;
use jobsim::model::job::{Completion, JobSpec};
use jobsim::model::pod::{PodTemplate, RestartPolicy};
use jobsim::model::policy::PodReplacementPolicy;
use jobsim::model::scenario::{JobCase, Scenario};
use jobsim::model::shared::Shared;
use jobsim::model::workload::{OnTerm, RunTime, SampledWorkload, Workload};

pub fn seconds(s: f64) -> Distribution {
    Distribution::constant(s).unwrap()
}

/// A Job whose failures never end it.
pub fn spec(completion: Completion, parallelism: u32) -> JobSpec {
    JobSpec {
        parallelism,
        completion,
        backoff_limit: i32::MAX as u32,
        per_index: None,
        pod_failure_policy: None,
        success_policy: None,
        pod_replacement: PodReplacementPolicy::TerminatingOrFailed,
        active_deadline: None,
        ttl_after_finished: None,
        suspend: false,
        managed_elsewhere: false,
        template: PodTemplate {
            restart_policy: RestartPolicy::Never,
            termination_grace: SimDuration::from_whole_seconds(30),
            active_deadline: None,
        },
    }
}

/// Pods that start at once and run for `run`.
pub fn workload(run: Distribution) -> SampledWorkload {
    SampledWorkload {
        schedule: seconds(0.0),
        startup: seconds(0.0),
        run: RunTime::Steps(vec![run]),
        failure: None,
        hang_probability: 0.0,
        poison: None,
        on_term: OnTerm::DEFAULT,
    }
}

/// One Job, created at time 0.
pub fn scenario(control_plane: ControlPlane, spec: JobSpec, workload: SampledWorkload) -> Scenario {
    Scenario {
        jobs: vec![JobCase {
            name: "job".to_string(),
            spec,
            submit: seconds(0.0),
            workload: Workload::Sampled(Box::new(workload)),
        }],
        control_plane,
        timeline: Vec::new(),
        shared: Shared::default(),
        horizon: SimTime::from_seconds(1e9),
    }
}
