//! The textbook's controller in its most frequent case: a pod of a plain Job has ended, the Job goes on, and one
//! pod at most takes the place of the one that ended.
//!
//! A short cut through `sync`, for speed alone: the facts that observers see are the same, one by one, as a test
//! shows. Whatever is not that case (a limit is reached, the spec has more to say, something is under way) goes
//! the long way. Only the `ideal` rules come here; the rules of Kubernetes have no short cut.

use crate::engine::time::SimTime;
use crate::kubernetes::facts::{Observer, Phase, StatusFact};
use crate::kubernetes::status::Counters;
use crate::kubernetes::world::{Job, World};
use crate::model::job::{Completion, JobSpec};

/// Whether nothing but numbers decides about a Job of this spec: no indexes, no policies.
pub(super) fn is_plain(spec: &JobSpec) -> bool {
    matches!(spec.completion, Completion::Counted(_))
        && spec.pod_failure_policy.is_none()
        && spec.success_policy.is_none()
        && !spec.suspend
        && !spec.managed_elsewhere
}

/// The status after a pod has ended, and whether another one takes its place.
struct Turn {
    status: Counters,
    replace: bool,
}

impl<'a, O: Observer> World<'a, O> {
    /// Deals with the end of the pod in `slot`, which the controller has just seen. False: nothing was done, the
    /// Job needs a sync.
    pub(super) fn took_short_cut(&mut self, job: u32, slot: u32) -> bool {
        if !self.short_cuts {
            return false;
        }
        let phase = self.pods[slot as usize].seen().phase;
        let Some(Turn { mut status, replace }) = self.jobs[job as usize].turn(phase, self.now) else {
            return false;
        };
        let memory = &mut self.jobs[job as usize].memory;
        memory.cache.todo.clear();
        if replace {
            memory.expected_creations = 1;
            memory.expected_deletions = 0;
            memory.expected_since = self.now;
            self.create_pod(job, None, 0, 0);
        }
        self.tell_status(job, &status);
        let pod = &mut self.pods[slot as usize];
        pod.listed = false;
        pod.forget();
        let id = pod.id(slot);
        self.free.push(slot);
        self.observer.finalizer_removed(self.now, id);
        match phase {
            Phase::Succeeded => status.succeeded += 1,
            _ => status.failed += 1,
        }
        self.tell_status(job, &status);
        let j = &mut self.jobs[job as usize];
        j.memory.cache.tracked -= 1;
        j.counters = status;
        true
    }

    #[inline]
    fn tell_status(&mut self, job: u32, counters: &Counters) {
        let fact = StatusFact { counters, completed_indexes: None, failed_indexes: None };
        self.observer.job_status(self.now, job, fact);
    }
}

impl Job<'_> {
    /// What one ended pod changes, if it is the only thing to look at.
    fn turn(&self, phase: Phase, now: SimTime) -> Option<Turn> {
        let memory = &self.memory;
        let cache = &memory.cache;
        let spec = &cache.spec;
        let busy = memory.dirty
            || memory.processing
            || cache.deleting
            || cache.todo.len() != 1
            || memory.expected_creations > 0
            || memory.expected_deletions > 0
            || !self.uncounted_succeeded.is_empty()
            || !self.uncounted_failed.is_empty();
        if busy || !cache.plain || cache.terminating > 0 || self.counters.conditions.has_verdict() {
            return None;
        }
        let (succeeded, failed) = match phase {
            Phase::Succeeded => (self.counters.succeeded + 1, self.counters.failed),
            _ => (self.counters.succeeded, self.counters.failed + 1),
        };
        let Completion::Counted(completions) = spec.completion else { return None };
        let start = self.counters.start_time?;
        let past_deadline = spec.active_deadline.is_some_and(|limit| start + limit <= now);
        if failed > spec.backoff_limit || succeeded >= completions || past_deadline {
            return None;
        }
        let want = (completions - succeeded).min(spec.parallelism);
        if want < cache.active || want > cache.active + 1 {
            return None;
        }
        let status =
            Counters { active: want, ready: Some(cache.ready), terminating: Some(0), ..self.counters };
        Some(Turn { status, replace: want > cache.active })
    }
}
