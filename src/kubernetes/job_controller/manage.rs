//! How many pods there should be, and which go or come (manageJob).

use std::cmp::Reverse;

use super::backoff;
use super::go_sort::go_sort_by_key;
use super::indexes::{Settled, first_pending};
use super::sync::{Op, Step};
use super::work_queue::BATCH_PERIOD;
use crate::engine::time::SimDuration;
use crate::kubernetes::facts::{Decision, Observer, Phase};
use crate::kubernetes::world::{Job, Pod, World};
use crate::model::job::Completion;

/// MaxPodCreateDeletePerSync.
const MAX_PER_SYNC: u32 = 500;

impl<'a, O: Observer> World<'a, O> {
    pub(super) fn manage(&mut self, job: u32) {
        let ideal = self.is_ideal();
        let cap = if ideal { u32::MAX } else { MAX_PER_SYNC };
        let j = &self.jobs[job as usize];
        let (cache, sync) = (&j.memory.cache, &j.memory.sync);
        let spec = &cache.spec;
        let active = sync.active;
        if spec.suspend {
            let all = self.pods_for_removal(job, active);
            if !all.is_empty() {
                let deletes = all.len() as u32;
                self.observer.decision(self.now, job, Decision::Suspend { deletes });
            }
            return self.remove_pods(job, &all);
        }
        let want = match spec.completion {
            Completion::WorkQueue if sync.succeeded > 0 => active,
            Completion::WorkQueue => spec.parallelism,
            Completion::Indexed(n) | Completion::Counted(n) => {
                n.saturating_sub(sync.succeeded).min(spec.parallelism)
            }
        };
        let surplus = active.saturating_sub(want);
        let irregular = match spec.completion {
            // Only a changed spec leaves an active pod that must go in any case.
            Completion::Indexed(n) => cache.indexes.range(n..).any(|(_, pods)| pods.active > 0),
            _ => false,
        };
        if surplus > 0 || irregular {
            let mut remove = self.pods_for_removal(job, surplus);
            remove.truncate(cap as usize);
            if !remove.is_empty() {
                let deletes = remove.len() as u32;
                let decision = Decision::DeleteSurplus { active, wanted: want, deletes };
                self.observer.decision(self.now, job, decision);
                return self.remove_pods(job, &remove);
            }
        }
        let j = &self.jobs[job as usize];
        let (cache, sync) = (&j.memory.cache, &j.memory.sync);
        let waiting_for = if cache.spec.only_replace_failed() { sync.terminating } else { 0 };
        let missing = want.saturating_sub(active).saturating_sub(waiting_for);
        let waits = want.saturating_sub(active) - missing;
        if waits > 0 {
            let decision = Decision::AwaitTermination { missing: waits, terminating: waiting_for };
            self.observer.decision(self.now, job, decision);
        }
        if missing > 0 {
            self.plan_creations(job, want, missing.min(cap));
        }
    }

    fn plan_creations(&mut self, job: u32, wanted: u32, missing: u32) {
        let now = self.now;
        let ideal = self.is_ideal();
        let World { jobs, observer, .. } = self;
        let Job { memory, completed, failed, .. } = &mut jobs[job as usize];
        let per_index = memory.cache.spec.per_index.is_some();
        let sync = &mut memory.sync;
        let mut pause = SimDuration::ZERO;
        if !per_index && !ideal {
            pause = sync.backoff.remaining(now);
            if let (Some(last), true) = (sync.backoff.last_failure, pause > SimDuration::ZERO) {
                let failures = sync.backoff.failures;
                let decision = Decision::BackOff { failures, last, until: now + pause, missing };
                observer.decision(now, job, decision);
            }
        }
        if pause == SimDuration::ZERO {
            if let Completion::Indexed(completions) = memory.cache.spec.completion {
                let settled = Settled {
                    completed,
                    new_completed: &sync.new_completed,
                    failed,
                    new_failed: &sync.new_failed,
                };
                let terminating_holds = memory.cache.spec.only_replace_failed();
                let indexes = &mut sync.indexes;
                first_pending(&mut memory.cache, &settled, missing, completions, terminating_holds, indexes);
                for &index in &*indexes {
                    // An index in back-off keeps its slot: the choice was made before.
                    let rest = match sync.delayed.get(&index) {
                        Some(d) if !ideal => backoff::remaining(d.failures + d.ignored, d.ended, now),
                        _ => SimDuration::ZERO,
                    };
                    if rest == SimDuration::ZERO {
                        sync.creations.push(Some(index));
                        continue;
                    }
                    if let Some(d) = sync.delayed.get(&index) {
                        let (failures, last, until) = (d.failures + d.ignored, d.ended, now + rest);
                        let decision = Decision::IndexBackOff { index, failures, last, until };
                        observer.decision(now, job, decision);
                    }
                    if pause == SimDuration::ZERO || rest < pause {
                        pause = rest;
                    }
                }
            } else {
                sync.creations.resize(missing as usize, None);
            }
        }
        if sync.creations.is_empty() {
            if pause > SimDuration::ZERO {
                self.enqueue_after(job, pause.max(BATCH_PERIOD));
            }
            return;
        }
        let planned = sync.creations.len() as u32;
        let (succeeded, active) = (sync.succeeded, sync.active);
        observer.decision(now, job, Decision::Create { succeeded, active, wanted, creates: planned });
        sync.active += planned;
        sync.batch = 1;
        sync.step = Step::Creating;
        memory.expected_creations = i64::from(planned);
        memory.expected_deletions = 0;
        memory.expected_since = now;
    }

    /// The next batch of creations; each is twice as large as the one before (slow start).
    pub(super) fn create_batch(&mut self, job: u32) {
        let immediate = self.api_is_immediate();
        let sync = &mut self.jobs[job as usize].memory.sync;
        let left = sync.creations.len() - sync.created;
        if left == 0 {
            sync.step = Step::Counting;
            return;
        }
        // Nothing can fail or take time: the batches are one.
        let batch = if immediate { left } else { sync.batch.min(left) };
        sync.batch = 2 * batch;
        sync.outstanding += 1;
        for _ in 0..batch {
            let sync = &mut self.jobs[job as usize].memory.sync;
            let index = sync.creations[sync.created];
            sync.created += 1;
            let last = index.and_then(|i| sync.delayed.get(&i));
            let (failures, ignored) = last.map_or((0, 0), |d| (d.failures, d.ignored));
            sync.outstanding += 1;
            let rank = index.map_or(-1, i64::from);
            self.write(rank, Op::Create { job, index, failures, ignored });
        }
        self.jobs[job as usize].memory.sync.outstanding -= 1;
    }

    /// Which active pods go (activePodsForRemoval): of an Indexed Job those without a valid index and all but the
    /// best of each index; then, in the order of ActivePods, as many as are too many.
    fn pods_for_removal(&self, job: u32, at_least: u32) -> Vec<u32> {
        let mut active = self.seen_slots(job);
        active.retain(|&s| self.pods[s as usize].seen().is_active());
        let order = |&slot: &u32| removal_rank(&self.pods[slot as usize]);
        let mut remove = Vec::new();
        let completion = self.jobs[job as usize].memory.cache.spec.completion;
        if let Completion::Indexed(completions) = completion {
            active.sort_by_key(|&s| self.pods[s as usize].index);
            let index = |slot: u32| self.pods[slot as usize].index.unwrap_or(u32::MAX);
            let in_range = active.partition_point(|&s| index(s) < completions);
            let out_of_range = active.split_off(in_range);
            let mut stay = Vec::with_capacity(active.len());
            for group in active.chunk_by_mut(|&a, &b| index(a) == index(b)) {
                group.sort_by_key(order);
                remove.extend_from_slice(&group[..group.len() - 1]);
                stay.push(group[group.len() - 1]);
            }
            remove.extend(out_of_range);
            active = stay;
        }
        if (remove.len() as u32) < at_least {
            go_sort_by_key(&mut active, |slot| order(&slot));
            let more = at_least as usize - remove.len();
            remove.extend_from_slice(&active[..more.min(active.len())]);
        }
        remove
    }

    /// deleteJobPods: finalizer off, then DELETE; they do not count.
    fn remove_pods(&mut self, job: u32, slots: &[u32]) {
        let now = self.now;
        let memory = &mut self.jobs[job as usize].memory;
        memory.expected_deletions = slots.len() as i64;
        memory.expected_creations = 0;
        memory.expected_since = now;
        let sync = &mut memory.sync;
        sync.active -= slots.len() as u32;
        sync.terminating += slots.len() as u32;
        sync.outstanding += 1;
        for &slot in slots {
            let pod = &self.pods[slot as usize];
            let (key, rank) = (pod.key(slot), i64::from(pod.ordinal));
            let sync = &mut self.jobs[job as usize].memory.sync;
            sync.ready -= u32::from(pod.seen().is_ready());
            sync.outstanding += 1;
            // A finalizer that is off (the controller was restarted in between) is not taken off again.
            if pod.seen().finalizer {
                sync.removed.push(key);
                self.write(rank, Op::Remove { job, pod: key });
            } else {
                self.write(rank, Op::RemoveDelete { job, pod: key });
            }
        }
        self.jobs[job as usize].memory.sync.outstanding -= 1;
    }
}

/// The order in which pods go (controller_utils.go: ActivePods): unscheduled, Pending, not ready, ready for less
/// time, more restarts, younger. Equal ones keep their order.
fn removal_rank(pod: &Pod) -> (bool, bool, bool, Reverse<u64>, Reverse<u32>, Reverse<u64>) {
    let view = pod.seen();
    let ready_since = if view.is_ready() { view.ready_since.nanos() } else { 0 };
    (
        view.bound,
        view.phase == Phase::Running,
        view.is_ready(),
        Reverse(ready_since),
        Reverse(view.restarts),
        Reverse(pod.created.nanos()),
    )
}
