//! What observers are told, as it happens.
//!
//! An observer is a generic parameter of the simulation: a method that it does not override costs nothing. Every
//! method is called at the instant in question; times of one run never go back.

use crate::engine::time::{SimDuration, SimTime};
use crate::model::patch::Refusal;

use super::status::{Counters, IndexSet};

/// Names a pod in facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PodId {
    /// Position of its Job in the scenario.
    pub job: u32,
    /// Order of creation within the Job, from 0.
    pub ordinal: u32,
    /// Where the simulation keeps it; reused after the pod is gone. For observers that keep arrays by pod.
    pub slot: u32,
}

/// Phase of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Phase {
    #[default]
    Pending,
    Running,
    Succeeded,
    Failed,
}

impl Phase {
    /// Succeeded or Failed.
    pub fn is_terminal(self) -> bool {
        matches!(self, Phase::Succeeded | Phase::Failed)
    }

    /// As Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Pending => "Pending",
            Phase::Running => "Running",
            Phase::Succeeded => "Succeeded",
            Phase::Failed => "Failed",
        }
    }
}

/// A container that has stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContainerRun {
    pub started: SimTime,
    pub exit_code: i32,
}

/// A pod that has reached its last phase.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PodEnd {
    pub phase: Phase,
    /// Of the terminated container; none when the pod never had a node.
    pub exit_code: Option<i32>,
    /// `status.reason`, empty when there is none.
    pub reason: &'static str,
}

/// The Job's status after a write.
#[derive(Clone, Copy, Debug)]
pub struct StatusFact<'a> {
    pub counters: &'a Counters,
    /// None unless the Job is Indexed.
    pub completed_indexes: Option<&'a IndexSet>,
    /// None without backoffLimitPerIndex.
    pub failed_indexes: Option<&'a IndexSet>,
}

/// What happened to a call of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallFact {
    /// A try was sent.
    Sent,
    /// The wait is over, and the pod now holds what it called for.
    Begun,
    /// It gave back what it held, or lost it.
    GaveBack,
    /// It was served.
    Done,
    /// It was refused, or lost when the dependency went down.
    Refused,
    TimedOut,
    /// It was the last try.
    GaveUp,
    /// It is part of a circle of waits.
    InDeadlock,
    /// The dependency chose it to break the circle.
    DeadlockVictim,
}

/// The rule by which the Job controller decided how a Job ends, with the numbers that it compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// More failed pods than `backoffLimit`.
    BackoffLimit {
        failed: u32,
        limit: u32,
    },
    /// OnFailure: as many restarts of containers as `backoffLimit`.
    RestartLimit {
        restarts: u64,
        limit: u32,
    },
    /// `activeDeadlineSeconds` after startTime.
    Deadline {
        start: SimTime,
        limit: SimDuration,
    },
    /// A FailJob rule of `podFailurePolicy` matches so many failed pods.
    FailJob {
        matches: u32,
    },
    MaxFailedIndexes {
        failed: u32,
        max: u32,
    },
    /// Every index is done, and some have failed.
    FailedIndexes {
        failed: u32,
        completions: u32,
    },
    SuccessPolicy {
        succeeded: u32,
    },
    /// `completions` reached and no pod active; none: a work queue that is empty.
    Completions {
        succeeded: u32,
        wanted: Option<u32>,
    },
}

/// What one sync of the Job controller decided, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Pods are missing and are created.
    Create { succeeded: u32, active: u32, wanted: u32, creates: u32 },
    /// Pods are missing and not created before `until`: failures since the last success, the last at `last`.
    BackOff { failures: u32, last: SimTime, until: SimTime, missing: u32 },
    /// The same for one index, with the failures of that index.
    IndexBackOff { index: u32, failures: u32, last: SimTime, until: SimTime },
    /// Pods are missing and not created while others terminate (`podReplacementPolicy: Failed`).
    AwaitTermination { missing: u32, terminating: u32 },
    /// More pods are active than wanted.
    DeleteSurplus { active: u32, wanted: u32, deletes: u32 },
    /// The Job is suspended: its active pods go.
    Suspend { deletes: u32 },
    /// The Job ends: its active pods go.
    DeleteActive { deletes: u32 },
    /// The Job will be failed at this instant unless it has ended. Told by every sync that looks at it.
    ArmDeadline { at: SimTime },
    /// How the Job ends. Told again by a sync that could not yet write it down.
    Verdict(Rule),
    /// Nothing: the cache does not show the controller's own last write yet.
    CacheBehind,
    /// The API server refused the status, for it was based on an old version of the Job.
    StatusRefused,
    /// After an error, the sync is tried again then.
    TryAgain { at: SimTime },
}

/// Receives the facts of one run.
#[allow(unused_variables)]
pub trait Observer {
    /// The Job was created.
    #[inline]
    fn job_created(&mut self, t: SimTime, job: u32) {}
    /// The Job's status was written and differs from what was stored.
    #[inline]
    fn job_status(&mut self, t: SimTime, job: u32, status: StatusFact<'_>) {}
    /// The Job was removed from the API server.
    #[inline]
    fn job_removed(&mut self, t: SimTime, job: u32) {}
    /// The pod was created. `attempt` counts earlier pods of the same completion index (0 without an index).
    #[inline]
    fn pod_created(&mut self, t: SimTime, pod: PodId, index: Option<u32>, attempt: u32) {}
    /// The pod was bound to a node.
    #[inline]
    fn pod_scheduled(&mut self, t: SimTime, pod: PodId) {}
    /// The container runs: run number `restarts` of this pod.
    #[inline]
    fn container_started(&mut self, t: SimTime, pod: PodId, restarts: u32) {}
    /// The container has stopped. What follows is a restart in place or the end of the pod.
    #[inline]
    fn container_stopped(&mut self, t: SimTime, pod: PodId, run: ContainerRun) {}
    /// From here on the container does nothing any more and will not end by itself.
    #[inline]
    fn hang_began(&mut self, t: SimTime, pod: PodId) {}
    /// Something happened to a call to dependency number `dependency` of the scenario.
    #[inline]
    fn call(&mut self, t: SimTime, pod: PodId, dependency: u32, what: CallFact) {}
    /// Somebody asked for the pod's deletion (first request only). It is terminating unless it is terminal.
    #[inline]
    fn pod_delete_requested(&mut self, t: SimTime, pod: PodId) {}
    /// The pod reached phase Succeeded or Failed.
    #[inline]
    fn pod_terminal(&mut self, t: SimTime, pod: PodId, end: PodEnd) {}
    /// The Job controller's finalizer was removed: the pod is counted, or does not count.
    #[inline]
    fn finalizer_removed(&mut self, t: SimTime, pod: PodId) {}
    /// The pod object is gone; its slot is free.
    #[inline]
    fn pod_removed(&mut self, t: SimTime, pod: PodId) {}
    /// The API server refused a change of the Job; empty when the Job was not there any more.
    #[inline]
    fn change_refused(&mut self, t: SimTime, job: u32, refusals: &[Refusal]) {}
    /// The Job controller decided something.
    #[inline]
    fn decision(&mut self, t: SimTime, job: u32, decision: Decision) {}
    /// The kubelet will restart the crashed container after `wait`, not at once.
    #[inline]
    fn crash_backoff(&mut self, t: SimTime, pod: PodId, wait: SimDuration) {}
}

/// Looks away.
impl Observer for () {}

/// Two observers at once.
impl<A: Observer, B: Observer> Observer for (A, B) {
    #[inline]
    fn job_created(&mut self, t: SimTime, job: u32) {
        self.0.job_created(t, job);
        self.1.job_created(t, job);
    }
    #[inline]
    fn job_status(&mut self, t: SimTime, job: u32, status: StatusFact<'_>) {
        self.0.job_status(t, job, status);
        self.1.job_status(t, job, status);
    }
    #[inline]
    fn job_removed(&mut self, t: SimTime, job: u32) {
        self.0.job_removed(t, job);
        self.1.job_removed(t, job);
    }
    #[inline]
    fn pod_created(&mut self, t: SimTime, pod: PodId, index: Option<u32>, attempt: u32) {
        self.0.pod_created(t, pod, index, attempt);
        self.1.pod_created(t, pod, index, attempt);
    }
    #[inline]
    fn pod_scheduled(&mut self, t: SimTime, pod: PodId) {
        self.0.pod_scheduled(t, pod);
        self.1.pod_scheduled(t, pod);
    }
    #[inline]
    fn container_started(&mut self, t: SimTime, pod: PodId, restarts: u32) {
        self.0.container_started(t, pod, restarts);
        self.1.container_started(t, pod, restarts);
    }
    #[inline]
    fn container_stopped(&mut self, t: SimTime, pod: PodId, run: ContainerRun) {
        self.0.container_stopped(t, pod, run);
        self.1.container_stopped(t, pod, run);
    }
    #[inline]
    fn hang_began(&mut self, t: SimTime, pod: PodId) {
        self.0.hang_began(t, pod);
        self.1.hang_began(t, pod);
    }
    #[inline]
    fn call(&mut self, t: SimTime, pod: PodId, dependency: u32, what: CallFact) {
        self.0.call(t, pod, dependency, what);
        self.1.call(t, pod, dependency, what);
    }
    #[inline]
    fn pod_delete_requested(&mut self, t: SimTime, pod: PodId) {
        self.0.pod_delete_requested(t, pod);
        self.1.pod_delete_requested(t, pod);
    }
    #[inline]
    fn pod_terminal(&mut self, t: SimTime, pod: PodId, end: PodEnd) {
        self.0.pod_terminal(t, pod, end);
        self.1.pod_terminal(t, pod, end);
    }
    #[inline]
    fn finalizer_removed(&mut self, t: SimTime, pod: PodId) {
        self.0.finalizer_removed(t, pod);
        self.1.finalizer_removed(t, pod);
    }
    #[inline]
    fn pod_removed(&mut self, t: SimTime, pod: PodId) {
        self.0.pod_removed(t, pod);
        self.1.pod_removed(t, pod);
    }
    #[inline]
    fn change_refused(&mut self, t: SimTime, job: u32, refusals: &[Refusal]) {
        self.0.change_refused(t, job, refusals);
        self.1.change_refused(t, job, refusals);
    }
    #[inline]
    fn decision(&mut self, t: SimTime, job: u32, decision: Decision) {
        self.0.decision(t, job, decision);
        self.1.decision(t, job, decision);
    }
    #[inline]
    fn crash_backoff(&mut self, t: SimTime, pod: PodId, wait: SimDuration) {
        self.0.crash_backoff(t, pod, wait);
        self.1.crash_backoff(t, pod, wait);
    }
}
