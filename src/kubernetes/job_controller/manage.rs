//! How many pods there should be, and which go or come (manageJob).

use std::cmp::Reverse;

use super::backoff;
use super::go_sort::go_sort_by_key;
use super::indexes::{Settled, first_pending};
use super::sync_state::Step;
use super::work_queue::BATCH_PERIOD;
use super::writes::Op;
use crate::engine::time::SimDuration;
use crate::kubernetes::facts::{Decision, Observer, Phase};
use crate::kubernetes::world::{Job, Pod, World};
use crate::marks::mark;
use crate::model::job::Completion;

/// MaxPodCreateDeletePerSync.
pub(super) const MAX_PER_SYNC: u32 = 500;

impl<'a, O: Observer> World<'a, O> {
    pub(super) fn manage(&mut self, job: u32) {
        let ideal = self.is_ideal();
        let cap = if ideal { u32::MAX } else { MAX_PER_SYNC };
        let j = &self.jobs[job as usize];
        let (cache, sync) = (&j.memory.cache, &j.memory.sync);
        let spec = &cache.spec;
        let active = sync.active;
        if spec.suspend {
            mark!("2.4 suspended: all active pods go" if active > 0);
            mark!("2.7 a suspended Job keeps its back-off" if sync.backoff.remaining(self.now) > SimDuration::ZERO);
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
        mark!("2.4 a work queue wants parallelism" if spec.completions().is_none() && sync.succeeded == 0);
        mark!("2.4 a work queue with a success gets no more pods" if spec.completions().is_none() && want < spec.parallelism);
        mark!("2.4 at most as many pods as completions remain" if spec.completions().is_some() && want < spec.parallelism);
        let surplus = active.saturating_sub(want);
        let irregular = match spec.completion {
            // Only a changed spec leaves an active pod that must go in any case.
            Completion::Indexed(n) => cache.indexes.range(n..).any(|(_, pods)| pods.active > 0),
            _ => false,
        };
        if surplus > 0 || irregular {
            let mut remove = self.pods_for_removal(job, surplus);
            mark!("2.4 at most 500 pods go in a sync" if remove.len() > cap as usize);
            remove.truncate(cap as usize);
            if !remove.is_empty() {
                mark!("2.4 surplus pods go" if surplus > 0);
                mark!("2.4 irregular pods go without a surplus" if surplus == 0);
                mark!("2.4 a sync that deletes creates none" if want > active - remove.len() as u32);
                let deletes = remove.len() as u32;
                let decision = Decision::DeleteSurplus { active, wanted: want, deletes };
                self.observer.decision(self.now, job, decision);
                return self.remove_pods(job, &remove);
            }
        }
        let j = &self.jobs[job as usize];
        let (cache, sync) = (&j.memory.cache, &j.memory.sync);
        let waiting_for = if cache.spec.only_replace_failed() { sync.terminating } else { 0 };
        mark!("2.4 onlyReplaceFailed: terminating pods hold their places" if waiting_for > 0 && want > active);
        let missing = want.saturating_sub(active).saturating_sub(waiting_for);
        mark!("2.4 at most 500 pods come in a sync" if missing > cap);
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
            mark!("2.7 the back-off gates every creation" if pause > SimDuration::ZERO);
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
                    mark!("2.4 an index in back-off keeps its slot" if rest > SimDuration::ZERO);
                    mark!("2.7 the back-off of an index survives a restart" if rest > SimDuration::ZERO && self.epoch > 0);
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
        mark!("2.4 one index can start: no timer for the others" if per_index && !sync.creations.is_empty() && pause > SimDuration::ZERO);
        mark!("2.4 no index can start: after the shortest rest" if per_index && sync.creations.is_empty() && pause > SimDuration::ZERO);
        mark!("2.4 failed indexes leave a deficit" if sync.creations.is_empty() && pause == SimDuration::ZERO);
        if sync.creations.is_empty() {
            if pause > SimDuration::ZERO {
                mark!("2.2.2 a pending back-off: after the rest");
                mark!("2.2.2 a pending back-off: not within a second" if pause < BATCH_PERIOD);
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
        mark!("2.4 slow start: batches double" if !immediate && batch > 1);
        sync.batch = 2 * batch;
        for _ in 0..batch {
            let sync = &mut self.jobs[job as usize].memory.sync;
            let index = sync.creations[sync.created];
            sync.created += 1;
            let last = index.and_then(|i| sync.delayed.get(&i));
            let (failures, ignored) = last.map_or((0, 0), |d| (d.failures, d.ignored));
            mark!("2.7 a replacement carries the failures of its index" if failures + ignored > 0);
            let rank = index.map_or(-1, i64::from);
            self.write(rank, Op::Create { job, index, failures, ignored });
        }
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
            mark!("2.5 pods out of range go" if !out_of_range.is_empty());
            remove.extend(out_of_range);
            active = stay;
        }
        if (remove.len() as u32) < at_least {
            go_sort_by_key(&mut active, |slot| order(&slot));
            let more = at_least as usize - remove.len();
            mark!("2.5 unscheduled go before scheduled" if decides(&active, more, order, 0));
            mark!("2.5 Pending go before Running" if decides(&active, more, order, 1));
            mark!("2.5 not ready go before ready" if decides(&active, more, order, 2));
            mark!("2.5 those ready for a shorter time go" if decides(&active, more, order, 3));
            mark!("2.5 those with more restarts go" if decides(&active, more, order, 4));
            mark!("2.5 younger ones go" if decides(&active, more, order, 5));
            mark!("2.5 of equal ones the first goes" if decides(&active, more, order, 6));
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
        for &slot in slots {
            let pod = &self.pods[slot as usize];
            let (key, rank) = (pod.key(slot), i64::from(pod.ordinal));
            let sync = &mut self.jobs[job as usize].memory.sync;
            sync.ready -= u32::from(pod.seen().is_ready());
            // A finalizer that is off (the controller was restarted in between) is not taken off again.
            if pod.seen().finalizer {
                mark!("2.4 finalizer first, then DELETE: not counted");
                sync.removed.push(key);
                self.write(rank, Op::Remove { job, pod: key });
            } else {
                self.write(rank, Op::RemoveDelete { job, pod: key });
            }
        }
    }
}

/// Of the pods in their order, the first `count` of which go: whether part `part` of the rank decides between the last
/// that goes and the first that stays. Part 6: all parts are equal.
#[cfg(debug_assertions)]
fn decides(active: &[u32], count: usize, rank: impl Fn(&u32) -> RemovalRank, part: usize) -> bool {
    let (Some(goes), Some(stays)) = (active.get(count - 1), active.get(count)) else { return false };
    let (a, b) = (rank(goes), rank(stays));
    let equal = [a.0 == b.0, a.1 == b.1, a.2 == b.2, a.3 == b.3, a.4 == b.4, a.5 == b.5];
    equal.iter().position(|equal| !equal).unwrap_or(6) == part
}

type RemovalRank = (bool, bool, bool, Reverse<u64>, Reverse<u32>, Reverse<u64>);

/// The order in which pods go (controller_utils.go: ActivePods): unscheduled, Pending, not ready, ready for less
/// time, more restarts, younger. Equal ones keep their order.
fn removal_rank(pod: &Pod) -> RemovalRank {
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
