//! Lints about backoffLimit: one budget for the whole Job.

use super::chance::{limit_for, more_failures_than, more_of, pauses, percent, time};
use super::deadlines::own_work;
use super::subject::Subject;
use crate::input::Diagnostic;
use crate::model::job::JobSpec;
use crate::model::pod::RestartPolicy;
use crate::model::policy::{FailureAction, FailureRequirement};
use crate::model::workload::{FailureLaw, RunTime, SampledWorkload};

/// Pauses in sum from which a broken Job takes too long to say so (s).
const TOO_LONG: f64 = 3600.0;
/// A budget that is exceeded more often than this is too low.
const TOO_OFTEN: f64 = 0.01;
/// What is assumed of a pod when nobody says how often it fails, and how sure a lint then has to be.
const USUAL_FAILURE: f64 = 0.01;
const TOO_OFTEN_IF_USUAL: f64 = 0.05;
/// What the cure aims at.
const AIM: f64 = 0.001;

/// `parallelism-above-backoff-limit`: one shared cause ends the Job in its first wave.
pub(super) fn parallelism_above(subject: &Subject) -> Option<Diagnostic> {
    let spec = subject.spec();
    let (width, limit) = (subject.width(), spec.backoff_limit);
    if spec.per_index.is_some() || width <= limit || width < 2 {
        return None;
    }
    let mut message = format!(
        "{}: {width} pods at a time, backoffLimit {limit}: a cause that all pods share (a lock, a 429, a bad \
         setting) fails {width} at once, and the Job dies in its first wave without a retry",
        subject.name()
    );
    if let Some(p) = failure(subject).filter(|p| *p > 0.0) {
        let wave = more_of(u64::from(limit), u64::from(width), p);
        message.push_str(&format!(
            "; even independent failures of {} a pod do that in {} of runs",
            percent(p),
            percent(wave)
        ));
    }
    let help = if spec.is_indexed() {
        "set backoffLimitPerIndex, so that each index has its own budget; or raise backoffLimit above parallelism, or retry inside the container"
    } else {
        "raise backoffLimit to parallelism or more, lower parallelism, or retry inside the container"
    };
    let place = ["spec.backoffLimit", "spec.parallelism"].into_iter().find(|path| subject.at(path).is_some());
    let place = subject.line_span(place.unwrap_or("spec"));
    Some(Diagnostic::warning("parallelism-above-backoff-limit", message).at(place).help(help))
}

/// `backoff-limit-too-low`: a healthy Job that is wide dies of its few ordinary failures.
pub(super) fn too_low(subject: &Subject) -> Option<Diagnostic> {
    let spec = subject.spec();
    let exits_have_rules = spec.pod_failure_policy.iter().flatten().any(|rule| {
        rule.action != FailureAction::Count
            && matches!(rule.requirement, FailureRequirement::ExitCodes { .. })
    });
    let sums_restarts = spec.template.restart_policy == RestartPolicy::OnFailure;
    if spec.per_index.is_some() || exits_have_rules || sums_restarts {
        return None;
    }
    let (p, least) = match failure(subject) {
        Some(p) => (p, TOO_OFTEN),
        None => (USUAL_FAILURE, TOO_OFTEN_IF_USUAL),
    };
    let successes = u64::from(spec.completions()?);
    let dies = more_failures_than(u64::from(spec.backoff_limit), successes, p);
    if dies < least || p >= 1.0 {
        return None;
    }
    let given = match failure(subject) {
        Some(_) => format!("each attempt fails with probability {}", percent(p)),
        None => format!("if one attempt in a hundred fails (nobody says), P = {}", percent(p)),
    };
    let message = format!(
        "{}: {given}; more than {} failures (backoffLimit) in {successes} completions: a healthy Job dies in {} of runs",
        subject.name(),
        spec.backoff_limit,
        percent(dies)
    );
    let enough =
        limit_for(successes, p, AIM).map(|limit| format!("backoffLimit: {limit} makes it less than 0.1 %"));
    let cures = [
        enough,
        spec.is_indexed().then(|| "backoffLimitPerIndex gives each index its own budget".to_string()),
    ];
    let cures: Vec<String> = cures.into_iter().flatten().collect();
    let place = subject.line_span(if subject.at("spec.backoffLimit").is_some() {
        "spec.backoffLimit"
    } else {
        "spec"
    });
    Some(Diagnostic::warning("backoff-limit-too-low", message).at(place).help(cures.join("; ")))
}

/// `backoff-limit-too-high`: hours of back-off before a broken Job says so.
pub(super) fn too_high(subject: &Subject) -> Option<Diagnostic> {
    let spec = subject.spec();
    if spec.template.restart_policy == RestartPolicy::OnFailure {
        return None;
    }
    let (limit, width, field) = match &spec.per_index {
        Some(per_index) => (per_index.backoff_limit, 1, "backoffLimitPerIndex"),
        None => (spec.backoff_limit, subject.width(), "backoffLimit"),
    };
    let (seconds, number) = pauses(u64::from(limit), u64::from(width));
    if seconds <= TOO_LONG || spec.active_deadline.is_some_and(|deadline| deadline.seconds() < seconds) {
        return None;
    }
    if fails_fast(spec) {
        return None;
    }
    let what = if spec.per_index.is_some() { "an index that fails" } else { "a Job that fails" };
    let message = format!(
        "{}: {what} every time (a bad image, a missing setting) is given up after {number} pauses of \
         10 s doubling to 600 s: {} of waiting, with the {} attempts on top",
        subject.name(),
        time(seconds),
        u64::from(limit) + 1
    );
    let help = format!(
        "lower {field} (6 waits 10m30s, 10 waits 50m30s), set activeDeadlineSeconds, or a podFailurePolicy that \
         fails at once on exit codes that no retry cures"
    );
    let place = subject.line_span(&format!("spec.{field}"));
    Some(Diagnostic::warning("backoff-limit-too-high", message).at(place).help(help))
}

/// Some exit codes end the Job or the index at once.
fn fails_fast(spec: &JobSpec) -> bool {
    spec.pod_failure_policy.iter().flatten().any(|rule| {
        matches!(rule.action, FailureAction::FailJob | FailureAction::FailIndex)
            && matches!(rule.requirement, FailureRequirement::ExitCodes { .. })
    })
}

/// Probability that an attempt ends in a failure; none when nobody says anything about this Job's pods.
pub(super) fn failure(subject: &Subject) -> Option<f64> {
    if !subject.is_described() {
        return None;
    }
    let workload = subject.workload()?;
    let fails = match workload.failure.map(|failure| failure.law) {
        None => 0.0,
        Some(FailureLaw::Probability(p)) => p,
        Some(FailureLaw::RatePerSecond(rate)) => 1.0 - outlives(workload, rate),
    };
    // A hang becomes a failure when the pod has a deadline.
    let hangs = match subject.spec().template.active_deadline {
        Some(_) => workload.hang_probability,
        None => 0.0,
    };
    Some(hangs + (1.0 - workload.hang_probability) * fails)
}

/// E[exp(-rate T)] of the own work T: the chance that no exponential failure comes before its end. By the midpoint
/// rule over the quantiles.
fn outlives(workload: &SampledWorkload, rate: f64) -> f64 {
    const POINTS: u32 = 200;
    let of = |distribution: &crate::engine::distribution::Distribution| {
        let at = |n| distribution.quantile((f64::from(n) + 0.5) / f64::from(POINTS));
        (0..POINTS).map(|n| libm::exp(-rate * at(n))).sum::<f64>() / f64::from(POINTS)
    };
    match &workload.run {
        RunTime::Steps(steps) => steps.iter().map(of).product(),
        RunTime::Program(program) => own_work(program).map(|step| step.mean_of(of)).product(),
        RunTime::ByIndex(list) => list.iter().map(of).sum::<f64>() / list.len().max(1) as f64,
    }
}
