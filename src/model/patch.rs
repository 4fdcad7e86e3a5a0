//! A change of a Job's spec, checked against the spec that it meets (API server: ValidateJobUpdate).
//!
//! Whether a change is legal depends on what came before it, so it is decided while the simulation runs. Fields
//! that can never change are compared with the manifest when the change is read; those that differ are listed
//! in [`JobPatch::immutable`].

use super::job::{Completion, JobSpec, PerIndexLimit};
use super::policy::PodReplacementPolicy;
use crate::engine::time::SimDuration;
use crate::marks::mark;

/// What a patch says of one field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Change<T> {
    /// Not mentioned.
    #[default]
    Keep,
    /// `null`: back to the default.
    Clear,
    To(T),
}

/// A merge patch of `spec`. Numbers are as written, legal or not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobPatch {
    pub parallelism: Change<i64>,
    pub completions: Change<i64>,
    pub suspend: Change<bool>,
    pub active_deadline_seconds: Change<i64>,
    pub backoff_limit: Change<i64>,
    pub ttl_seconds_after_finished: Change<i64>,
    pub max_failed_indexes: Change<i64>,
    pub pod_replacement_policy: Change<PodReplacementPolicy>,
    /// Paths below `spec` of fields that the patch would change although they are immutable.
    pub immutable: Vec<&'static str>,
}

/// One reason why the API server refuses a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Path, such as `spec.parallelism`.
    pub field: &'static str,
    /// The API server's cause, such as `FieldValueInvalid`.
    pub cause: &'static str,
}

const INVALID: &str = "FieldValueInvalid";
const REQUIRED: &str = "FieldValueRequired";

/// Limits of an Indexed Job (validation.go).
const MAX_PARALLELISM_INDEXED: i64 = 100_000;
const MAX_FAILED_INDEXES: i64 = 100_000;
const COMPLETIONS_SOFT_LIMIT: i64 = 100_000;
const LIMIT_FOR_HIGH_COMPLETIONS: i64 = 10_000;

impl JobPatch {
    /// The spec after the change, or every reason why it is refused.
    pub fn apply(&self, old: &JobSpec) -> Result<JobSpec, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut invalid = |field, cause| refusals.push(Refusal { field, cause });

        let parallelism = pick(self.parallelism, i64::from(old.parallelism), 1);
        let old_completions = old.completions().map(i64::from);
        let completions = pick(self.completions.some(), old_completions, None);
        let backoff_default = if old.per_index.is_some() { i64::from(i32::MAX) } else { 6 };
        let backoff_limit = pick(self.backoff_limit, i64::from(old.backoff_limit), backoff_default);
        let active_deadline =
            pick(self.active_deadline_seconds.some(), whole_seconds(old.active_deadline), None);
        let ttl = pick(self.ttl_seconds_after_finished.some(), whole_seconds(old.ttl_after_finished), None);
        let old_max_failed = old.per_index.and_then(|p| p.max_failed_indexes).map(i64::from);
        let max_failed = pick(self.max_failed_indexes.some(), old_max_failed, None);
        let replacement_default = if old.pod_failure_policy.is_some() {
            PodReplacementPolicy::Failed
        } else {
            PodReplacementPolicy::TerminatingOrFailed
        };
        let pod_replacement = pick(self.pod_replacement_policy, old.pod_replacement, replacement_default);
        let suspend = pick(self.suspend, old.suspend, false);

        for (value, field) in [
            (Some(parallelism), "spec.parallelism"),
            (completions, "spec.completions"),
            (active_deadline, "spec.activeDeadlineSeconds"),
            (Some(backoff_limit), "spec.backoffLimit"),
            (ttl, "spec.ttlSecondsAfterFinished"),
            (max_failed, "spec.maxFailedIndexes"),
        ] {
            if value.is_some_and(|v| v < 0) {
                mark!("1.3 no number below 0");
                invalid(field, INVALID);
            }
        }
        if max_failed.is_some() && old.per_index.is_none() {
            mark!("1.3 maxFailedIndexes needs backoffLimitPerIndex");
            invalid("spec.backoffLimitPerIndex", REQUIRED);
        }
        if old.is_indexed() {
            check_indexed(old, parallelism, completions, max_failed, &mut invalid);
        } else {
            if max_failed.is_some() {
                invalid("spec.maxFailedIndexes", INVALID);
            }
            if completions != old_completions {
                mark!("1.3 completions of a NonIndexed Job stay");
                invalid("spec.completions", INVALID);
            }
        }
        if pod_replacement != PodReplacementPolicy::Failed && old.pod_failure_policy.is_some() {
            mark!("1.3 a podFailurePolicy needs podReplacementPolicy Failed");
            invalid("spec.podReplacementPolicy", INVALID);
        }
        for field in &self.immutable {
            mark!("1.3 immutable fields");
            invalid(field, INVALID);
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut new = old.clone();
        let count = |v: i64| u32::try_from(v).unwrap_or(u32::MAX);
        let length = |v: i64| SimDuration::from_whole_seconds(v as u64);
        new.parallelism = count(parallelism);
        if let (Completion::Indexed(_), Some(n)) = (old.completion, completions) {
            mark!("1.3 an Indexed Job is elastic" if old.completions() != Some(count(n)));
            new.completion = Completion::Indexed(count(n));
        }
        new.backoff_limit = count(backoff_limit);
        new.active_deadline = active_deadline.map(length);
        new.ttl_after_finished = ttl.map(length);
        new.per_index =
            old.per_index.map(|p| PerIndexLimit { max_failed_indexes: max_failed.map(count), ..p });
        new.pod_replacement = pod_replacement;
        new.suspend = suspend;
        Ok(new)
    }
}

fn check_indexed(
    old: &JobSpec,
    parallelism: i64,
    completions: Option<i64>,
    max_failed: Option<i64>,
    invalid: &mut impl FnMut(&'static str, &'static str),
) {
    let Some(completions) = completions else {
        return invalid("spec.completions", REQUIRED);
    };
    if parallelism > MAX_PARALLELISM_INDEXED {
        invalid("spec.parallelism", INVALID);
    }
    if max_failed.is_some_and(|m| m > completions) {
        invalid("spec.maxFailedIndexes", INVALID);
    }
    if max_failed.is_some_and(|m| m > MAX_FAILED_INDEXES) {
        invalid("spec.maxFailedIndexes", INVALID);
    }
    if completions > COMPLETIONS_SOFT_LIMIT && old.per_index.is_some() {
        match max_failed {
            None => invalid("spec.maxFailedIndexes", REQUIRED),
            Some(m) if m > LIMIT_FOR_HIGH_COMPLETIONS => invalid("spec.maxFailedIndexes", INVALID),
            Some(_) => {}
        }
        if parallelism > LIMIT_FOR_HIGH_COMPLETIONS {
            invalid("spec.parallelism", INVALID);
        }
    }
    for rule in old.success_policy.iter().flatten() {
        if rule.indexes.iter().flatten().any(|&(_, last)| i64::from(last) >= completions) {
            invalid("spec.successPolicy.rules[].succeededIndexes", INVALID);
        }
        if rule.count.is_some_and(|c| i64::from(c) > completions) {
            invalid("spec.successPolicy.rules[].succeededCount", INVALID);
        }
    }
    if old.completions().map(i64::from) != Some(completions) && completions != parallelism {
        mark!("1.3 completions change only with an equal parallelism");
        invalid("spec.completions", INVALID);
    }
}

impl<T> Change<T> {
    fn some(self) -> Change<Option<T>> {
        match self {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::To(v) => Change::To(Some(v)),
        }
    }
}

fn pick<T>(change: Change<T>, old: T, default: T) -> T {
    match change {
        Change::Keep => old,
        Change::Clear => default,
        Change::To(v) => v,
    }
}

fn whole_seconds(d: Option<SimDuration>) -> Option<i64> {
    d.map(|d| (d.nanos() / 1_000_000_000) as i64)
}
