//! A sync under way: where it stands, what it has read, what it has counted.
//!
//! Lists are kept from sync to sync, so that it allocates nothing. `sync` has its phases.

use std::collections::BTreeMap;

use super::backoff::{Backoff, finished_time};
use crate::engine::time::SimTime;
use crate::kubernetes::status::{Counters, Reason};
use crate::kubernetes::world::{Pod, PodKey, PodView};
use crate::model::job::{Completion, JobSpec};

/// Where a sync stands: what happens when the writes on their way have taken effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Step {
    #[default]
    Idle,
    /// Pods are being created, batch by batch.
    Creating,
    /// Pods are created or deleted: judge and count.
    Counting,
    /// The first PUT is done: take finalizers off.
    Stripping,
    /// Finalizers are off: the second PUT.
    Finishing,
    /// The second PUT is done.
    Ending,
}

/// How the Job is going to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Verdict {
    pub(super) success: bool,
    pub(super) reason: Reason,
    /// When it was decided.
    pub(super) at: SimTime,
}

/// A pod as this sync has read it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work {
    pub(super) key: PodKey,
    pub(super) index: Option<u32>,
    pub(super) view: PodView,
    pub(super) ended: SimTime,
    pub(super) failures_before: u32,
    pub(super) ignored_before: u32,
}

/// The last failed pod of an index that waits for its replacement.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delayed {
    pub(super) key: PodKey,
    pub(super) ended: SimTime,
    /// Counted and ignored failures including this one.
    pub(super) failures: u32,
    pub(super) ignored: u32,
}

/// A sync under way.
#[derive(Default)]
pub(crate) struct Sync {
    pub(super) step: Step,
    /// Its calls that are under way.
    pub(in crate::kubernetes) outstanding: u32,
    /// The version of the Job that was read; PUTs against another one fail.
    pub(in crate::kubernetes) version: u64,
    /// The spec that was read, if the cache has got another one meanwhile.
    pub(super) read_spec: Option<Box<JobSpec>>,
    /// The Job was read in foreground deletion.
    pub(super) deleting: bool,
    pub(in crate::kubernetes) status: Counters,
    pub(super) active: u32,
    pub(super) ready: u32,
    pub(super) terminating: u32,
    pub(super) succeeded: u32,
    pub(super) verdict: Option<Verdict>,
    /// The Job was found to end before its pods were looked after.
    pub(super) judged: bool,
    /// Its pods were looked after (manageJob).
    pub(super) managed: bool,
    pub(super) failed: bool,
    pub(super) needs_flush: bool,
    pub(super) uncounted_changed: bool,
    pub(super) indexes_changed: bool,
    pub(super) reached_max: bool,
    pub(super) put_made: bool,
    /// The working status differs from the stored one in more than counters: in a condition or a time.
    pub(super) landmark: bool,
    /// The uncounted lists as they are stored.
    pub(super) stored_succeeded: Vec<PodKey>,
    pub(super) stored_failed: Vec<PodKey>,
    pub(super) backoff: Backoff,
    pub(super) work: Vec<Work>,
    pub(super) new_completed: Vec<u32>,
    pub(super) new_failed: Vec<u32>,
    pub(super) delayed: BTreeMap<u32, Delayed>,
    pub(super) creations: Vec<Option<u32>>,
    pub(super) created: usize,
    pub(super) batch: usize,
    pub(super) strip: Vec<PodKey>,
    /// Active pods that this sync removed, and that it has read with their finalizers on.
    pub(super) removed: Vec<PodKey>,
    pub(super) indexes: Vec<u32>,
}

impl Sync {
    #[inline]
    pub(super) fn begin(&mut self, version: u64, deleting: bool, status: &Counters) {
        self.version = version;
        self.read_spec = None;
        self.deleting = deleting;
        self.status.clone_from(status);
        self.verdict = None;
        self.judged = false;
        self.managed = false;
        self.put_made = false;
        self.landmark = false;
        self.failed = false;
        self.needs_flush = false;
        self.uncounted_changed = false;
        self.indexes_changed = false;
        self.reached_max = false;
        self.work.clear();
        self.new_completed.clear();
        self.new_failed.clear();
        if !self.delayed.is_empty() {
            self.delayed.clear();
        }
        self.creations.clear();
        self.created = 0;
        self.strip.clear();
        self.removed.clear();
    }

    /// It waits for answers to its calls.
    pub(super) fn is_under_way(&self) -> bool {
        self.step != Step::Idle
    }

    pub(super) fn fail(&mut self, reason: Reason, at: SimTime) {
        self.verdict = Some(Verdict { success: false, reason, at });
    }
}

impl Work {
    pub(super) fn read(pod: &Pod, slot: u32) -> Work {
        let view = pod.seen();
        let ended = finished_time(pod, view);
        Work {
            key: pod.key(slot),
            index: pod.index,
            view: *view,
            ended,
            failures_before: pod.failures_before,
            ignored_before: pod.ignored_before,
        }
    }

    /// Whether the pod counts at all: in an Indexed Job only with an index in range.
    pub(super) fn is_valid(&self, spec: &JobSpec) -> bool {
        match spec.completion {
            Completion::Indexed(n) => self.index.is_some_and(|i| i < n),
            _ => true,
        }
    }
}
