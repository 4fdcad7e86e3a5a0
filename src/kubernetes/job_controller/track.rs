//! Counting, finalizers and the two status writes of a sync (trackJobStatusAndRemoveFinalizers, KEP-2307).

use super::events::EventType;
use super::failure_policy::{counts, is_failed};
use super::sync_state::{Step, Sync, Verdict, Work};
use super::writes::Op;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{Decision, Observer, Phase, Rule};
use crate::kubernetes::status::{Condition, ConditionType, IndexSet, Reason};
use crate::kubernetes::world::{Job, Pod, PodKey, World};
use crate::marks::mark;
use crate::model::job::JobSpec;

/// MaxUncountedPods.
pub(super) const MAX_UNCOUNTED: usize = 500;

impl<'a, O: Observer> World<'a, O> {
    /// Pods are created or deleted: is the Job complete, and what is there to count? Then the first PUT.
    pub(super) fn count(&mut self, job: u32) {
        let now = self.now;
        let cap = if self.is_ideal() { usize::MAX } else { MAX_UNCOUNTED };
        let World { jobs, pods, observer, .. } = self;
        let Job {
            memory,
            counters,
            uncounted_succeeded,
            uncounted_failed,
            completed,
            failed,
            failed_is_set,
            ..
        } = &mut jobs[job as usize];
        let sync = &mut memory.sync;
        let read_spec = sync.read_spec.take();
        let spec = read_spec.as_deref().unwrap_or(&memory.cache.spec);
        let deleting = sync.deleting;
        sync.remember_stored(uncounted_succeeded, uncounted_failed);
        let mut events = 0;
        // A verdict that was dropped because the cache may lack pods is not replaced by another.
        if !sync.judged {
            let complete = match spec.completions() {
                None => sync.succeeded > 0 && sync.active == 0,
                Some(n) => sync.succeeded >= n && sync.active == 0,
            };
            if complete {
                mark!("2.3.7 all completions and no active pod: complete" if spec.completions().is_some());
                mark!("2.3.7 a work queue with a success and no active pod: complete" if spec.completions().is_none());
                mark!("2.3.7 surplus pods do not delay the end" if !sync.removed.is_empty());
                sync.verdict = Some(Verdict { success: true, reason: Reason::CompletionsReached, at: now });
                if !sync.status.conditions.has_verdict() {
                    let rule = Rule::Completions { succeeded: sync.succeeded, wanted: spec.completions() };
                    observer.decision(now, job, Decision::Verdict(rule));
                }
            } else if sync.managed {
                events += u32::from(follow_suspension(sync, spec, now));
            }
        }
        if sync.active != counters.active
            || Some(sync.ready) != counters.ready
            || Some(sync.terminating) != counters.terminating
        {
            sync.needs_flush = true;
        }
        sync.status.active = sync.active;
        sync.status.ready = Some(sync.ready);
        sync.status.terminating = Some(sync.terminating);

        // Pods of an earlier sync whose finalizers are off by now.
        if clean_uncounted(sync, pods, uncounted_succeeded, uncounted_failed) {
            sync.needs_flush = true;
        }
        let mut added = 0;
        for work in &sync.work {
            let is_failed = is_failed(spec, &work.view);
            if !deleting && sync.verdict.is_none() && !may_be_released(sync, work, is_failed) {
                mark!("2.6.1 a failed pod that waits for its replacement is not counted" if is_failed);
                continue;
            }
            sync.strip.push(work.key);
            let valid = work.is_valid(spec);
            let failing = sync.verdict.is_some_and(|v| !v.success);
            mark!("2.6.1 a failing Job leaves out what Ignore matches" if failing && !is_failed && work.view.phase != Phase::Succeeded && !counts(spec, &work.view));
            if work.view.phase == Phase::Succeeded && !uncounted_failed.contains(&work.key) {
                if spec.is_indexed() {
                    mark!("2.6.1 Indexed successes go straight into completedIndexes");
                    added += usize::from(valid && work.index.is_some_and(|i| !completed.has(i)));
                } else if !uncounted_succeeded.contains(&work.key) {
                    mark!("2.6.1 a success is uncounted first");
                    uncounted_succeeded.push(work.key);
                    sync.uncounted_changed = true;
                }
            } else if (is_failed || failing)
                && valid
                && !uncounted_failed.contains(&work.key)
                && counts(spec, &work.view)
            {
                mark!("2.6.1 a failing Job counts pods that still run" if !is_failed);
                uncounted_failed.push(work.key);
                sync.uncounted_changed = true;
            }
            if added + uncounted_succeeded.len() + uncounted_failed.len() >= cap {
                mark!("2.6.1 at most 500 a flush");
                mark!("2.6.1 completedIndexes go past the 500" if sync.new_completed.len() > cap);
                sync.reached_max = true;
                break;
            }
        }
        // The Job is complete once these are gone. They were read with their finalizers on, so that each is patched
        // again: it changes nothing, but it is a call.
        if sync.verdict.is_some() && !sync.reached_max {
            sync.strip.append(&mut sync.removed);
        }
        if spec.is_indexed() {
            update_indexes(sync, spec, completed, failed, *failed_is_set);
            sync.status.succeeded = sync.succeeded;
        }
        if let Some(verdict) = sync.verdict {
            let kind = if verdict.success {
                ConditionType::SuccessCriteriaMet
            } else {
                ConditionType::FailureTarget
            };
            if sync.status.conditions.is_true(kind).is_none() {
                let at = verdict.at;
                mark!("2.6.2 the interim condition has the time of the decision" if at < now);
                sync.status.conditions.ensure(Condition { kind, is_true: true, reason: verdict.reason, at });
                sync.needs_flush = true;
                sync.landmark = true;
            }
            // What completionTime will be: the time before the writes.
            sync.verdict = Some(Verdict { at: now, ..verdict });
        }
        sync.needs_flush |= sync.uncounted_changed | sync.indexes_changed;
        sync.read_spec = read_spec;
        sync.step = Step::Stripping;
        let flush = sync.needs_flush;
        mark!("2.3.8 nothing changed: nothing is written" if !flush);
        for _ in 0..events {
            self.record_event(job, EventType::Normal);
        }
        if flush {
            self.write(0, Op::PutInterim { job });
        }
    }

    /// A PUT of the working status takes effect, or is refused.
    pub(super) fn put(&mut self, job: u32) {
        let landmark = self.jobs[job as usize].memory.sync.landmark;
        if landmark {
            self.cut_times(job);
        }
        let j = &mut self.jobs[job as usize];
        if !j.accepts_status(landmark) {
            return self.refuse(job);
        }
        let Job { memory, completed, failed, failed_is_set, uncounted_succeeded, uncounted_failed, .. } = j;
        let sync = &mut memory.sync;
        if sync.indexes_changed {
            apply_indexes(sync, &memory.cache.spec, completed, failed, failed_is_set);
        }
        let other_changes = sync.uncounted_changed || sync.indexes_changed;
        if sync.uncounted_changed {
            sync.remember_stored(uncounted_succeeded, uncounted_failed);
        }
        sync.put_made = true;
        sync.landmark = false;
        sync.uncounted_changed = false;
        sync.indexes_changed = false;
        self.put_status(job, landmark, other_changes);
        let watch = self.scenario.control_plane.watch_delay > SimDuration::ZERO;
        let Job { memory, version, .. } = &mut self.jobs[job as usize];
        memory.sync.version = *version;
        if watch {
            memory.wrote_job_version = *version;
        }
    }

    /// The status gets its times as the API server stores them: without fractions.
    #[inline(never)]
    fn cut_times(&mut self, job: u32) {
        let stamp = |t| self.stamp(t);
        let mut status = self.jobs[job as usize].memory.sync.status;
        mark!("2.3.3 startTime is stored without its fraction" if status.start_time.is_some_and(|t| stamp(t) != t));
        status.start_time = status.start_time.map(stamp);
        status.completion_time = status.completion_time.map(stamp);
        status.conditions.map_times(stamp);
        self.jobs[job as usize].memory.sync.status = status;
    }

    #[inline(never)]
    fn refuse(&mut self, job: u32) {
        mark!("2.6.2 a PUT that fails is an error");
        let Job { memory, uncounted_succeeded, uncounted_failed, .. } = &mut self.jobs[job as usize];
        // What was not stored has not happened.
        memory.sync.failed = true;
        uncounted_succeeded.clone_from(&memory.sync.stored_succeeded);
        uncounted_failed.clone_from(&memory.sync.stored_failed);
        self.observer.decision(self.now, job, Decision::StatusRefused);
    }

    /// The first PUT is done: the back-off record is kept, finalizers go.
    pub(super) fn strip(&mut self, job: u32) {
        let Job { memory, .. } = &mut self.jobs[job as usize];
        let sync = &mut memory.sync;
        if sync.failed {
            sync.step = Step::Ending;
            return;
        }
        mark!("2.6.3 without a PUT the back-off is not stored" if !sync.put_made && sync.backoff != memory.backoff);
        if sync.put_made {
            memory.backoff = sync.backoff;
        }
        sync.step = Step::Finishing;
        let strip = std::mem::take(&mut sync.strip);
        for &pod in &strip {
            let rank = i64::from(self.pods[pod.slot as usize].ordinal);
            self.write(rank, Op::Strip { job, pod });
        }
        self.jobs[job as usize].memory.sync.strip = strip;
    }

    /// Finalizers are off: what was uncounted is counted, and the Job ends if nothing is left.
    pub(super) fn finish_sync(&mut self, job: u32) {
        let now = self.now;
        let World { jobs, pods, .. } = self;
        let Job { memory, uncounted_succeeded, uncounted_failed, .. } = &mut jobs[job as usize];
        let sync = &mut memory.sync;
        sync.step = Step::Ending;
        let mut flush = clean_uncounted(sync, pods, uncounted_succeeded, uncounted_failed);
        mark!("2.6.5 counted once the finalizer is off" if flush);
        mark!("2.6.5 Indexed successes cost one PUT" if !flush && !sync.strip.is_empty() && sync.verdict.is_none());
        mark!("2.6.6 the end waits for terminating pods" if sync.verdict.is_some() && sync.terminating > 0);
        mark!("2.6.6 the end waits for the rest of more than 500" if sync.verdict.is_some() && sync.reached_max);
        if let Some(verdict) = sync.verdict
            && !sync.reached_max
            && uncounted_succeeded.is_empty()
            && uncounted_failed.is_empty()
            && sync.terminating == 0
        {
            mark!("2.6.6 completionTime is before the PUTs, Complete after" if verdict.success && verdict.at < now);
            mark!("2.6.6 a failed Job has no completionTime" if !verdict.success);
            let kind = if verdict.success { ConditionType::Complete } else { ConditionType::Failed };
            let condition = Condition { kind, is_true: true, reason: verdict.reason, at: now };
            sync.status.conditions.ensure(condition);
            if verdict.success {
                sync.status.completion_time = Some(verdict.at);
            }
            sync.landmark = true;
            flush = true;
        }
        if flush {
            self.write(0, Op::PutFinal { job });
        }
    }
}

impl Job<'_> {
    /// The controller ends within a sync: of what it has counted, only what it has written has happened.
    pub(super) fn forget_unwritten(&mut self) {
        let sync = &mut self.memory.sync;
        if matches!(sync.step, Step::Stripping | Step::Finishing | Step::Ending) {
            self.uncounted_succeeded.clone_from(&sync.stored_succeeded);
            self.uncounted_failed.clone_from(&sync.stored_failed);
        }
    }
}

impl Sync {
    /// What a PUT that is refused falls back to.
    fn remember_stored(&mut self, succeeded: &[PodKey], failed: &[PodKey]) {
        for (stored, now) in [(&mut self.stored_succeeded, succeeded), (&mut self.stored_failed, failed)] {
            if !stored.is_empty() || !now.is_empty() {
                stored.clear();
                stored.extend_from_slice(now);
            }
        }
    }
}

/// Suspended is set or cleared (ensureJobConditionStatus); returns whether it changed.
#[inline]
fn follow_suspension(sync: &mut Sync, spec: &JobSpec, now: SimTime) -> bool {
    if !spec.suspend && sync.status.conditions.suspended().is_none() {
        mark!("2.3.7 Suspended is False only after it was True");
        return false;
    }
    ensure_suspended(sync, spec, now)
}

fn ensure_suspended(sync: &mut Sync, spec: &JobSpec, now: SimTime) -> bool {
    let (is_true, reason) =
        if spec.suspend { (true, Reason::JobSuspended) } else { (false, Reason::JobResumed) };
    let condition = Condition { kind: ConditionType::Suspended, is_true, reason, at: now };
    if !sync.status.conditions.ensure(condition) {
        return false;
    }
    sync.needs_flush = true;
    sync.landmark = true;
    mark!("2.3.7 suspended: the condition, and startTime goes" if spec.suspend);
    mark!("2.3.7 resumed: the condition, and startTime is now" if !spec.suspend);
    sync.status.start_time = if spec.suspend { None } else { Some(now) };
    true
}

/// canRemoveFinalizer of a pod of a Job that goes on.
fn may_be_released(sync: &Sync, work: &Work, is_failed: bool) -> bool {
    if work.view.phase == Phase::Succeeded {
        return true;
    }
    if !is_failed {
        return false;
    }
    let waits = |index| sync.delayed.get(&index).is_some_and(|d| d.key == work.key);
    !work.index.is_some_and(waits)
}

fn has_finalizer(pods: &[Pod], key: PodKey) -> Option<PodKey> {
    let pod = &pods[key.slot as usize];
    (pod.uid == key.uid && pod.live.exists && pod.live.finalizer).then_some(key)
}

/// cleanUncountedPodsWithoutFinalizers: into the counters with those whose finalizer is off.
fn clean_uncounted(
    sync: &mut Sync,
    pods: &[Pod],
    succeeded: &mut Vec<PodKey>,
    failed: &mut Vec<PodKey>,
) -> bool {
    let clean = |list: &mut Vec<PodKey>| {
        if list.is_empty() {
            return 0;
        }
        let before = list.len();
        list.retain(|&key| has_finalizer(pods, key).is_some());
        (before - list.len()) as u32
    };
    let (new_succeeded, new_failed) = (clean(succeeded), clean(failed));
    sync.status.succeeded += new_succeeded;
    sync.status.failed += new_failed;
    let changed = new_succeeded + new_failed > 0;
    sync.uncounted_changed |= changed;
    changed
}

#[inline(never)]
fn update_indexes(
    sync: &mut Sync,
    spec: &JobSpec,
    completed: &IndexSet,
    failed: &IndexSet,
    failed_is_set: bool,
) {
    let completions = spec.completions().unwrap_or(0);
    sync.indexes_changed |= !sync.new_completed.is_empty()
        || !sync.new_failed.is_empty()
        || completed.total_below(completions) != completed.total()
        || failed.total_below(completions) != failed.total();
    // failedIndexes appears, empty, with the first write of a Job with per-index limits.
    sync.indexes_changed |= spec.per_index.is_some() && !failed_is_set;
}

#[inline(never)]
fn apply_indexes(
    sync: &Sync,
    spec: &JobSpec,
    completed: &mut IndexSet,
    failed: &mut IndexSet,
    failed_is_set: &mut bool,
) {
    let completions = spec.completions().unwrap_or(0);
    mark!("2.10 elastic: successes out of range are dropped" if completed.total_below(completions) < completed.total());
    completed.truncate(completions);
    for &index in &sync.new_completed {
        completed.insert(index);
    }
    if spec.per_index.is_some() {
        failed.truncate(completions);
        for &index in &sync.new_failed {
            failed.insert(index);
        }
        *failed_is_set = true;
    }
}
