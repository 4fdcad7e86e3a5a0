//! One sync of a Job (syncJob), from the first look to the last write.
//!
//! With an API that answers at once a sync happens within one instant; with token bucket and latency it takes
//! time while the cluster goes on. Both run the same code: a sync is a sequence of phases, each of which makes
//! writes, and the next begins when all of them have taken effect. What it has read stays as it was read.

use std::collections::BTreeMap;

use super::backoff::{Backoff, NewEnds, finished_time};
use super::cache::list_pod;
use super::events::EventType;
use super::failure_policy::{counts, is_failed, matching_action};
use super::success_policy;
use super::work_queue::SyncError;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{Decision, Observer, Phase, Rule};
use crate::kubernetes::status::{ConditionType, Counters, IndexSet, Reason};
use crate::kubernetes::world::{Job, Pod, PodKey, PodView, World};
use crate::marks::mark;
use crate::model::job::{Completion, JobSpec};
use crate::model::pod::RestartPolicy;
use crate::model::policy::FailureAction;

/// ExpectationsTimeout.
const EXPECTATIONS_TIMEOUT: SimDuration = SimDuration::from_whole_seconds(300);

/// A write of the Job controller.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// POST of a pod.
    Create { job: u32, index: Option<u32>, failures: u32, ignored: u32 },
    /// DELETE of a pod of a Job that ends: it keeps its finalizer, so that it is counted.
    Delete { job: u32, pod: PodKey },
    /// PATCH, then DELETE, of a pod that is too many: it is not counted.
    Remove { job: u32, pod: PodKey },
    /// The second half of `Remove`.
    RemoveDelete { job: u32, pod: PodKey },
    /// PATCH of a pod that has been counted.
    Strip { job: u32, pod: PodKey },
    /// The first PUT of the status.
    PutInterim { job: u32 },
    /// The second PUT of the status.
    PutFinal { job: u32 },
    /// PATCH of a pod whose Job is gone or finished.
    Orphan { job: u32, pod: PodKey },
    /// POST of an event.
    Event,
}

impl Op {
    /// The Job whose sync goes on only after this.
    pub(in crate::kubernetes) fn is_waited_for(self) -> Option<u32> {
        match self {
            Op::Create { job, .. }
            | Op::Delete { job, .. }
            | Op::Remove { job, .. }
            | Op::RemoveDelete { job, .. }
            | Op::Strip { job, .. }
            | Op::PutInterim { job }
            | Op::PutFinal { job } => Some(job),
            Op::Orphan { .. } | Op::Event => None,
        }
    }
}

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

/// A sync under way. Its lists are kept from sync to sync, so that it allocates nothing.
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
    fn begin(&mut self, version: u64, deleting: bool, status: &Counters) {
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
}

impl Work {
    fn read(pod: &Pod, slot: u32) -> Work {
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

impl<'a, O: Observer> World<'a, O> {
    /// A worker has taken the Job's key.
    #[inline(never)]
    pub(super) fn sync(&mut self, job: u32) {
        let memory = &mut self.jobs[job as usize].memory;
        // A cache older than this controller's own writes (consistencyStore.EnsureReady).
        if memory.wrote_pod_version > self.seen_pod_version
            || memory.wrote_job_version > self.seen_job_version
        {
            mark!("2.3.0 a cache older than own writes: an error");
            self.observer.decision(self.now, job, Decision::CacheBehind);
            return self.synced(job, Err(SyncError));
        }
        memory.wrote_pod_version = 0;
        memory.wrote_job_version = 0;
        if !memory.cache.exists || memory.cache.finished_at.is_some() {
            mark!("2.3.0 the Job is gone" if !memory.cache.exists);
            mark!("2.3.0 the Job is finished" if memory.cache.exists);
            memory.backoff = Backoff::default();
            return self.synced(job, Ok(()));
        }
        if memory.cache.spec.managed_elsewhere {
            mark!("2.3.0 managedBy another controller");
            return self.synced(job, Ok(()));
        }
        if self.took_short_cut(job) {
            return self.synced(job, Ok(()));
        }
        self.read(job);
        self.judge(job);
        self.act_on_verdict(job);
        if self.api_is_immediate() {
            return self.run_through(job);
        }
        self.advance(job);
    }

    /// All phases at once: every write has taken effect when it is made.
    #[inline(always)]
    fn run_through(&mut self, job: u32) {
        if self.jobs[job as usize].memory.sync.step == Step::Creating {
            self.create_batch(job);
        }
        self.count(job);
        self.strip(job);
        if self.jobs[job as usize].memory.sync.step == Step::Finishing {
            self.finish_sync(job);
        }
        self.end(job);
    }

    #[inline]
    fn end(&mut self, job: u32) {
        let sync = &mut self.jobs[job as usize].memory.sync;
        sync.step = Step::Idle;
        let result = if sync.failed { Err(SyncError) } else { Ok(()) };
        self.give_back(job);
        self.synced(job, result);
    }

    /// Reads the pods to be counted and what they mean.
    fn read(&mut self, job: u32) {
        let World { jobs, pods, .. } = self;
        let j = &mut jobs[job as usize];
        let cache = &mut j.memory.cache;
        let sync = &mut j.memory.sync;
        sync.begin(cache.version, cache.deleting, &j.counters);
        sync.active = cache.active;
        sync.ready = cache.ready;
        sync.terminating = cache.terminating;
        for key in cache.todo.drain(..) {
            let pod = &mut pods[key.slot as usize];
            if pod.uid != key.uid {
                continue;
            }
            pod.listed = false;
            if pod.seen().exists && pod.seen().finalizer {
                sync.work.push(Work::read(pod, key.slot));
            }
        }
        sort_work(&mut sync.work);
    }

    /// Decides whether and how the Job ends (syncJob up to the deletion of active pods).
    fn judge(&mut self, job: u32) {
        let now = self.now;
        let j = &mut self.jobs[job as usize];
        let Job { memory, completed, failed, uncounted_succeeded, uncounted_failed, .. } = j;
        let spec = &memory.cache.spec;
        let sync = &mut memory.sync;

        mark!("2.3.2 an index out of range does not count" if sync.work.iter().any(|w| !w.is_valid(spec)));
        let mut ends = NewEnds::default();
        let mut new_succeeded = 0;
        let mut new_counted_failures = 0;
        for work in sync.work.iter().filter(|w| w.is_valid(spec)) {
            if work.view.phase == Phase::Succeeded {
                if !uncounted_succeeded.contains(&work.key) {
                    new_succeeded += 1;
                    ends.last_success = ends.last_success.max(Some(work.ended));
                }
            } else if is_failed(spec, &work.view) && !uncounted_failed.contains(&work.key) {
                mark!("2.7 a pod in deletion feeds the back-off" if work.view.deleting && work.view.phase != Phase::Failed);
                mark!("2.8 Ignore: not counted, but the back-off rises" if !counts(spec, &work.view));
                mark!("2.8 Count: counted" if matching_action(spec, &work.view) == Some(FailureAction::Count));
                mark!("3 a pod that fails in spite of OnFailure counts" if spec.template.restart_policy == RestartPolicy::OnFailure);
                ends.failures += 1;
                ends.last_failure = ends.last_failure.max(Some(work.ended));
                new_counted_failures += u32::from(counts(spec, &work.view));
            }
        }
        if let (Some(success), true) = (ends.last_success, ends.failures > 0) {
            ends.failures_after_success = sync
                .work
                .iter()
                .filter(|w| w.is_valid(spec) && w.view.phase != Phase::Succeeded)
                .filter(|w| is_failed(spec, &w.view) && !uncounted_failed.contains(&w.key))
                .filter(|w| w.ended > success)
                .count() as u32;
        }
        sync.backoff = memory.backoff.with(ends);
        sync.succeeded = sync.status.succeeded + new_succeeded + uncounted_succeeded.len() as u32;
        let failures = sync.status.failed + new_counted_failures + uncounted_failed.len() as u32;
        if sync.status.start_time.is_none() && !spec.suspend {
            mark!("2.3.3 startTime is the first sync");
            sync.status.start_time = Some(now);
            sync.landmark = true;
        }

        let mut rule = None;
        let conditions = &sync.status.conditions;
        if let Some(met) = conditions.is_true(ConditionType::SuccessCriteriaMet) {
            mark!("2.3.5a SuccessCriteriaMet stands");
            sync.verdict = Some(Verdict { success: true, reason: met.reason, at: met.at });
        } else if let Some(target) = conditions.is_true(ConditionType::FailureTarget) {
            mark!("2.3.5b FailureTarget stands");
            sync.verdict = Some(Verdict { success: false, reason: target.reason, at: target.at });
        } else if memory.cache.fail_job_matches > 0 {
            mark!("2.3.5c a FailJob rule matches");
            rule = Some(Rule::FailJob { matches: memory.cache.fail_job_matches });
            sync.fail(Reason::PodFailurePolicy, now);
        }
        let mut arm = None;
        if sync.verdict.is_none() {
            let deadline = spec.active_deadline.filter(|_| !spec.suspend).zip(sync.status.start_time);
            let limit = spec.backoff_limit;
            if failures > limit || past_restart_limit(spec, memory.cache.restarts) {
                mark!("2.3.5d more failures than backoffLimit" if failures > limit);
                mark!("3 the sum of restarts reaches backoffLimit" if failures <= limit && limit > 0);
                mark!("3 backoffLimit 0: one restart ends the Job" if failures <= limit && limit == 0);
                rule = Some(match failures > limit {
                    true => Rule::BackoffLimit { failed: failures, limit },
                    false => Rule::RestartLimit { restarts: memory.cache.restarts, limit },
                });
                sync.fail(Reason::BackoffLimitExceeded, now);
            } else if let Some((limit, start)) = deadline {
                if start + limit <= now {
                    mark!("2.3.5e the deadline of the Job is over");
                    rule = Some(Rule::Deadline { start, limit });
                    sync.fail(Reason::DeadlineExceeded, now);
                } else {
                    mark!("2.2.2 the deadline of the Job is armed");
                    arm = Some((start + limit).since(now));
                }
            }
        }
        if let Completion::Indexed(completions) = spec.completion {
            let pods = &memory.cache.indexes;
            rule = rule.or(judge_indexes(sync, spec, completions, completed, failed, pods, now));
        }
        if let Some(rule) = rule {
            self.observer.decision(now, job, Decision::Verdict(rule));
        }
        mark!("2.3.5 failure beats success" if sync.verdict.is_some_and(|v| !v.success && v.at == now) && sync.active == 0 && spec.completions().map_or(sync.succeeded > 0, |n| sync.succeeded >= n));
        if let Some(rest) = arm {
            self.observer.decision(now, job, Decision::ArmDeadline { at: now + rest });
            self.enqueue_after(job, rest);
        }
    }

    /// Ends the pods of a Job that ends, or brings the number of pods to what it should be.
    fn act_on_verdict(&mut self, job: u32) {
        let now = self.now;
        let memory = &mut self.jobs[job as usize].memory;
        let satisfied = memory.expected_creations <= 0 && memory.expected_deletions <= 0
            || now.since(memory.expected_since) > EXPECTATIONS_TIMEOUT;
        let deleting = memory.cache.deleting;
        if memory.sync.verdict.is_some() || deleting {
            self.read_everything(job);
        }
        let memory = &mut self.jobs[job as usize].memory;
        mark!("2.4 open expectations: no pods come or go" if !satisfied && memory.sync.verdict.is_none());
        mark!("2.3.7 a Job in deletion gets no pods" if deleting && memory.sync.verdict.is_none());
        memory.sync.step = Step::Counting;
        if memory.sync.verdict.is_some() {
            return self.delete_active_pods(job, satisfied);
        }
        if satisfied && !deleting {
            memory.sync.managed = true;
            self.manage(job);
        }
    }

    /// A Job that ends looks at every pod that still has its finalizer.
    fn read_everything(&mut self, job: u32) {
        if self.jobs[job as usize].memory.cache.tracked as usize
            == self.jobs[job as usize].memory.sync.work.len()
        {
            return;
        }
        let slots = self.seen_slots(job);
        let World { jobs, pods, .. } = self;
        let sync = &mut jobs[job as usize].memory.sync;
        sync.work.clear();
        for slot in slots {
            let pod = &mut pods[slot as usize];
            if pod.seen().finalizer {
                sync.work.push(Work::read(pod, slot));
            }
        }
        sort_work(&mut sync.work);
    }

    /// deleteActivePods: all of them, with their finalizers on.
    fn delete_active_pods(&mut self, job: u32, satisfied: bool) {
        let memory = &mut self.jobs[job as usize].memory;
        let sync = &mut memory.sync;
        sync.judged = true;
        if !satisfied {
            mark!("2.3.6 open expectations: no end in this sync");
            // There may be pods that the cache does not show yet.
            sync.verdict = None;
        }
        mark!("2.3.6 the end deletes all active pods" if sync.active > 0);
        mark!("2.3.6 the end knows no cap of 500" if sync.active > 500);
        sync.terminating += sync.active;
        let active = std::mem::take(&mut sync.active);
        sync.ready = 0;
        if active == 0 {
            return;
        }
        self.observer.decision(self.now, job, Decision::DeleteActive { deletes: active });
        for slot in self.seen_slots(job) {
            let pod = &self.pods[slot as usize];
            if pod.seen().is_active() {
                let (key, rank) = (pod.key(slot), i64::from(pod.ordinal));
                self.write(rank, Op::Delete { job, pod: key });
            }
        }
    }

    /// Goes on as far as writes on their way allow.
    pub(super) fn advance(&mut self, job: u32) {
        loop {
            let sync = &mut self.jobs[job as usize].memory.sync;
            if sync.outstanding > 0 {
                return;
            }
            match sync.step {
                Step::Idle => return,
                Step::Creating => self.create_batch(job),
                Step::Counting => self.count(job),
                Step::Stripping => self.strip(job),
                Step::Finishing => self.finish_sync(job),
                Step::Ending => return self.end(job),
            }
        }
    }

    /// Pods that still wait to be counted go back on the list.
    fn give_back(&mut self, job: u32) {
        let World { jobs, pods, .. } = self;
        let Job { memory, .. } = &mut jobs[job as usize];
        for work in &memory.sync.work {
            let pod = &mut pods[work.key.slot as usize];
            if pod.uid == work.key.uid {
                list_pod(&mut memory.cache.todo, pod, work.key.slot);
            }
        }
    }

    /// A write of the controller takes effect.
    #[inline(always)]
    pub(in crate::kubernetes) fn take_effect(&mut self, op: Op) {
        match op {
            Op::Create { job, index, failures, ignored } => {
                let version = self.create_pod(job, index, failures, ignored);
                self.wrote_pod(job, version);
                self.record_event(job, EventType::Normal);
            }
            Op::Delete { job, pod } => {
                // NotFound is no event.
                if self.delete_pod(pod) {
                    self.record_event(job, EventType::Normal);
                }
            }
            Op::Remove { job, pod } => self.remove_first_half(job, pod),
            Op::RemoveDelete { job, pod } => self.remove_second_half(job, pod),
            Op::Strip { job, pod } => {
                if let Some(version) = self.strip_finalizer(pod) {
                    self.wrote_pod(job, version);
                }
            }
            Op::PutInterim { job } => self.put(job),
            Op::PutFinal { job } => {
                self.put(job);
                self.record_finished(job);
            }
            Op::Orphan { job, pod } => {
                self.strip_finalizer(pod);
                self.orphan_done(job, pod);
            }
            Op::Event => self.event_in_flight = false,
        }
    }

    /// The answer to a call that was under way: its sync goes on after the last one.
    pub(in crate::kubernetes) fn came_back(&mut self, op: Op) {
        if let Some(job) = op.is_waited_for() {
            let sync = &mut self.jobs[job as usize].memory.sync;
            sync.outstanding -= 1;
            if sync.outstanding == 0 {
                self.advance(job);
            }
        }
        if !matches!(op, Op::Orphan { .. }) {
            self.send_event();
        }
    }

    fn remove_first_half(&mut self, job: u32, pod: PodKey) {
        match self.strip_finalizer(pod) {
            Some(version) => {
                self.wrote_pod(job, version);
                let rank = i64::from(self.pods[pod.slot as usize].ordinal);
                self.write(rank, Op::RemoveDelete { job, pod });
            }
            None => self.jobs[job as usize].memory.expected_deletions -= 1,
        }
    }

    fn remove_second_half(&mut self, job: u32, pod: PodKey) {
        if self.delete_pod(pod) {
            self.record_event(job, EventType::Normal);
        } else {
            self.jobs[job as usize].memory.expected_deletions -= 1;
        }
    }

    /// The answer to a write bears the version that the cache must have seen before the next sync (WroteAt).
    fn wrote_pod(&mut self, job: u32, version: u64) {
        if self.scenario.control_plane.watch_delay > SimDuration::ZERO {
            let memory = &mut self.jobs[job as usize].memory;
            memory.wrote_pod_version = memory.wrote_pod_version.max(version);
        }
    }
}

impl Sync {
    /// It waits for answers to its calls.
    pub(super) fn is_under_way(&self) -> bool {
        self.step != Step::Idle
    }

    fn fail(&mut self, reason: Reason, at: SimTime) {
        self.verdict = Some(Verdict { success: false, reason, at });
    }
}

/// Indexes: which are done, which have failed, and what follows. Returns the rule that ends the Job here.
fn judge_indexes(
    sync: &mut Sync,
    spec: &JobSpec,
    completions: u32,
    completed: &IndexSet,
    failed: &IndexSet,
    pods: &BTreeMap<u32, super::memory::IndexPods>,
    now: SimTime,
) -> Option<Rule> {
    let mut rule = None;
    for work in &sync.work {
        let Some(index) = work.index.filter(|&i| i < completions) else { continue };
        if work.view.phase == Phase::Succeeded && !completed.has(index) {
            sync.new_completed.push(index);
        }
    }
    sync.new_completed.sort_unstable();
    sync.new_completed.dedup();
    let total = completed.total_below(completions) + sync.new_completed.len() as u32;
    mark!("2.3.5f succeeded is the number of indexes");
    sync.succeeded = total;
    if let Some(limit) = spec.per_index {
        for work in &sync.work {
            let Some(index) = work.index.filter(|&i| i < completions) else { continue };
            if !failed.has(index) && index_fails(spec, limit.backoff_limit, work) {
                mark!("2.8 FailIndex: the index fails" if matching_action(spec, &work.view) == Some(FailureAction::FailIndex));
                mark!("2.7 an index fails with its annotation at the limit" if work.failures_before >= limit.backoff_limit);
                sync.new_failed.push(index);
            }
        }
        sync.new_failed.sort_unstable();
        sync.new_failed.dedup();
        let failed_total = failed.total_below(completions) + sync.new_failed.len() as u32;
        if sync.verdict.is_none() {
            if let Some(max) = limit.max_failed_indexes.filter(|&max| failed_total > max) {
                mark!("2.3.5f more failed indexes than maxFailedIndexes");
                rule = Some(Rule::MaxFailedIndexes { failed: failed_total, max });
                sync.fail(Reason::MaxFailedIndexesExceeded, now);
            } else if failed_total > 0 && failed_total + total >= completions {
                mark!("2.3.5f every index ended and one failed");
                rule = Some(Rule::FailedIndexes { failed: failed_total, completions });
                sync.fail(Reason::FailedIndexes, now);
            }
        }
        find_delayed(sync, spec, completions, completed, failed, pods);
    }
    if sync.verdict.is_none() && spec.success_policy.is_some() {
        let mut succeeded = completed.clone();
        succeeded.truncate(completions);
        for &index in &sync.new_completed {
            succeeded.insert(index);
        }
        let intervals: Vec<(u32, u32)> = succeeded.intervals().collect();
        if success_policy::is_met(spec, completions, intervals.iter().copied(), total) {
            mark!("2.3.5g successPolicy is met");
            sync.verdict = Some(Verdict { success: true, reason: Reason::SuccessPolicy, at: now });
            rule = Some(Rule::SuccessPolicy { succeeded: total });
        }
    }
    rule
}

/// isIndexFailed.
fn index_fails(spec: &JobSpec, limit: u32, work: &Work) -> bool {
    if !is_failed(spec, &work.view) {
        return false;
    }
    match matching_action(spec, &work.view) {
        Some(FailureAction::FailIndex) => true,
        Some(FailureAction::Ignore) => false,
        _ => work.failures_before >= limit,
    }
}

/// The last failed pod of each index that has no active pod keeps its finalizer until it is replaced
/// (getPodsWithDelayedDeletionPerIndex): it is the record of the index's failures.
fn find_delayed(
    sync: &mut Sync,
    spec: &JobSpec,
    completions: u32,
    completed: &IndexSet,
    failed: &IndexSet,
    pods: &BTreeMap<u32, super::memory::IndexPods>,
) {
    for work in &sync.work {
        let Some(index) = work.index.filter(|&i| i < completions) else { continue };
        if !is_failed(spec, &work.view)
            || completed.has(index)
            || failed.has(index)
            || sync.new_completed.binary_search(&index).is_ok()
            || sync.new_failed.binary_search(&index).is_ok()
            || pods.get(&index).is_some_and(|p| p.active > 0)
        {
            continue;
        }
        let before = work.failures_before + work.ignored_before;
        let ignored = !counts(spec, &work.view);
        mark!("2.7 the last failed pod is the record of its index");
        mark!("2.7 ignored failures never end an index" if ignored && spec.per_index.is_some_and(|p| before >= p.backoff_limit));
        let this = Delayed {
            key: work.key,
            ended: work.ended,
            failures: work.failures_before + u32::from(!ignored),
            ignored: work.ignored_before + u32::from(ignored),
        };
        match sync.delayed.get(&index) {
            Some(last) if last.failures + last.ignored > before + 1 || this.ended < last.ended => {}
            _ => {
                sync.delayed.insert(index, this);
            }
        }
    }
}

/// pastBackoffLimitOnFailure: restarts of all pods together; one retry less than with Never.
pub(super) fn past_restart_limit(spec: &JobSpec, restarts: u64) -> bool {
    spec.template.restart_policy == RestartPolicy::OnFailure
        && (if spec.backoff_limit == 0 { restarts > 0 } else { restarts >= u64::from(spec.backoff_limit) })
}

#[inline]
fn sort_work(work: &mut [Work]) {
    if work.len() > 1 {
        work.sort_unstable_by_key(|w| (w.index, w.key.uid));
    }
}
