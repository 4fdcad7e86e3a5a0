//! A `batch/v1` Job after the API server's defaults and validation.

use super::pod::PodTemplate;
use super::policy::{FailureRule, PodReplacementPolicy, SuccessRule};
use crate::engine::time::SimDuration;

/// What it takes for the Job to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Completion {
    /// `completionMode: Indexed`: each index below this succeeds once.
    Indexed(u32),
    /// That many pods succeed.
    Counted(u32),
    /// `completions` unset: done when one pod has succeeded and none is active.
    WorkQueue,
}

/// `backoffLimitPerIndex` with `maxFailedIndexes`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PerIndexLimit {
    pub backoff_limit: u32,
    pub max_failed_indexes: Option<u32>,
}

/// The spec of a Job.
#[derive(Clone, PartialEq, Debug)]
pub struct JobSpec {
    pub parallelism: u32,
    pub completion: Completion,
    pub backoff_limit: u32,
    pub per_index: Option<PerIndexLimit>,
    pub pod_failure_policy: Option<Vec<FailureRule>>,
    pub success_policy: Option<Vec<SuccessRule>>,
    pub pod_replacement: PodReplacementPolicy,
    pub active_deadline: Option<SimDuration>,
    pub ttl_after_finished: Option<SimDuration>,
    pub suspend: bool,
    /// `managedBy` names somebody else: the built-in controller leaves the Job alone.
    pub managed_elsewhere: bool,
    pub template: PodTemplate,
}

impl JobSpec {
    /// Whether pods carry a completion index.
    pub fn is_indexed(&self) -> bool {
        matches!(self.completion, Completion::Indexed(_))
    }

    /// `spec.completions`; none for a work queue.
    pub fn completions(&self) -> Option<u32> {
        match self.completion {
            Completion::Indexed(n) | Completion::Counted(n) => Some(n),
            Completion::WorkQueue => None,
        }
    }

    /// Whether a pod that is being deleted is neither failed nor replaced before its phase says so.
    pub fn only_replace_failed(&self) -> bool {
        self.pod_replacement == PodReplacementPolicy::Failed
    }
}
