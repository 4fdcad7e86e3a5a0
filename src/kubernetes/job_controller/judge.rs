//! Whether and how a Job ends (syncJob up to the deletion of active pods), and what becomes of its indexes.

use std::collections::BTreeMap;

use super::backoff::NewEnds;
use super::failure_policy::{counts, is_failed, matching_action};
use super::memory::IndexPods;
use super::success_policy;
use super::sync_state::{Delayed, Sync, Verdict, Work};
use crate::engine::time::SimTime;
use crate::kubernetes::facts::{Decision, Observer, Phase, Rule};
use crate::kubernetes::status::{ConditionType, IndexSet, Reason};
use crate::kubernetes::world::{Job, World};
use crate::marks::mark;
use crate::model::job::{Completion, JobSpec};
use crate::model::pod::RestartPolicy;
use crate::model::policy::FailureAction;

impl<'a, O: Observer> World<'a, O> {
    /// Decides whether and how the Job ends.
    pub(super) fn judge(&mut self, job: u32) {
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
                    ends.add_success(work.ended);
                }
            } else if is_failed(spec, &work.view) && !uncounted_failed.contains(&work.key) {
                mark!("2.7 a pod in deletion feeds the back-off" if work.view.deleting && work.view.phase != Phase::Failed);
                mark!("2.8 Ignore: not counted, but the back-off rises" if !counts(spec, &work.view));
                mark!("2.8 Count: counted" if matching_action(spec, &work.view) == Some(FailureAction::Count));
                mark!("3 a pod that fails in spite of OnFailure counts" if spec.template.restart_policy == RestartPolicy::OnFailure);
                ends.add_failure(work.ended);
                new_counted_failures += u32::from(counts(spec, &work.view));
            }
        }
        let failed_now = |w: &&Work| {
            let failed = w.view.phase != Phase::Succeeded && is_failed(spec, &w.view);
            w.is_valid(spec) && failed && !uncounted_failed.contains(&w.key)
        };
        ends.count_after_success(sync.work.iter().filter(failed_now).map(|w| w.ended));
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
}

/// Indexes: which are done, which have failed, and what follows. Returns the rule that ends the Job here.
fn judge_indexes(
    sync: &mut Sync,
    spec: &JobSpec,
    completions: u32,
    completed: &IndexSet,
    failed: &IndexSet,
    pods: &BTreeMap<u32, IndexPods>,
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
    pods: &BTreeMap<u32, IndexPods>,
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
