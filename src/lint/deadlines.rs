//! Lints about what ends a Job: nothing, too early, or while pods still wait for a node.

use super::chance::{at_least_one, percent, time};
use super::subject::Subject;
use crate::engine::distribution::Distribution;
use crate::input::Diagnostic;
use crate::kubernetes::simulate::Outcome;
use crate::model::steps::{Length, Op, Program};
use crate::model::workload::{RunTime, SampledWorkload};

/// Below this probability nobody needs to hear of it.
const WORTH_TELLING: f64 = 0.01;
/// Pending time counts as large from this share of the deadline.
const LARGE_SHARE: f64 = 0.1;

/// `no-deadline`: a pod may hang, or never start, and nothing ends the wait.
pub(super) fn none(subject: &Subject) -> Option<Diagnostic> {
    let spec = subject.spec();
    if spec.active_deadline.is_some() {
        return None;
    }
    let workload = subject.workload()?;
    let probed = subject.containers().iter().any(|(_, c)| c.get("livenessProbe").is_some());
    let on_node = spec.template.active_deadline.is_some() || probed;
    let never_bound = never(&workload.schedule);
    let hangs = if on_node { 0.0 } else { hang(workload) };
    let p = 1.0 - (1.0 - never_bound) * (1.0 - hangs);
    let described = subject.is_described();
    if (described && p == 0.0) || (!described && on_node) {
        return None;
    }
    let name = subject.name();
    let message = if described {
        let pods = u64::from(subject.successes());
        let share = match (&spec.success_policy, &workload.run) {
            // Pods that never end may be no harm to it: what counts is what becomes of the Job.
            (Some(_), _) => match subject.simulated(|outcome| matches!(outcome, Outcome::Stuck(_))) {
                Some((share, ..)) if share < WORTH_TELLING => return None,
                Some((share, _, runs)) => format!("{} of {runs} simulated runs", percent(share)),
                None => "some runs".to_string(),
            },
            (None, RunTime::ByIndex(list)) if !on_node => {
                let others = |run: &Distribution| (1.0 - workload.hang_probability) * (1.0 - never(run));
                let apart = (1.0 - never(&workload.startup)) * (1.0 - never_bound);
                let all_end = list.iter().map(|run| others(run) * apart).product::<f64>();
                format!("{} of runs", percent(1.0 - all_end))
            }
            _ => format!("{} of runs", percent(at_least_one(pods, p))),
        };
        format!(
            "{name}: a pod never ends with probability {}, and nothing ends the wait: with {pods} pods the Job hangs \
             for ever in {share}",
            percent(p),
        )
    } else {
        format!(
            "{name}: no deadline, neither of the Job nor of its pods, and no liveness probe: one pod that hangs, or \
             never starts, holds the Job for ever"
        )
    };
    let help = if never_bound > 0.0 {
        "set activeDeadlineSeconds in spec: only a deadline of the Job covers pods that never get a node"
    } else {
        "set activeDeadlineSeconds in spec.template.spec (retries the pod) and, as the outer bound, in spec (ends the Job)"
    };
    Some(Diagnostic::warning("no-deadline", message).at(subject.span("spec")).help(help))
}

/// Probability that a pod on a node never ends by itself.
fn hang(workload: &SampledWorkload) -> f64 {
    let run = match &workload.run {
        RunTime::Steps(steps) => 1.0 - steps.iter().map(|step| 1.0 - never(step)).product::<f64>(),
        RunTime::Program(program) => {
            1.0 - own_work(program).map(|step| 1.0 - step.mean_of(never)).product::<f64>()
        }
        RunTime::ByIndex(list) => list.iter().map(never).sum::<f64>() / list.len().max(1) as f64,
    };
    1.0 - (1.0 - workload.hang_probability) * (1.0 - run) * (1.0 - never(&workload.startup))
}

/// The steps of a program in which it waits for nobody.
pub(super) fn own_work(program: &Program) -> impl Iterator<Item = &Length> {
    program.ops.iter().filter_map(|op| match op {
        Op::Run(run) => Some(run),
        Op::Call(_) | Op::Hold(_) | Op::Release { .. } => None,
    })
}

/// The part of a distribution that is `never`.
fn never(distribution: &Distribution) -> f64 {
    // A century is the longest duration that can be written.
    const BEYOND: f64 = 1e15;
    let rest = 1.0 - distribution.cdf(BEYOND);
    if rest < 1e-9 { 0.0 } else { rest }
}

/// `deadline-too-short`: the Job's deadline against what its waves need.
pub(super) fn too_short(subject: &Subject) -> Option<Diagnostic> {
    let spec = subject.spec();
    let deadline = spec.active_deadline?.seconds();
    if !subject.run_is_said() || spec.suspend {
        return None;
    }
    let missed = |outcome: &Outcome| outcome.reason() == "DeadlineExceeded";
    let waves = u64::from(subject.successes()).div_ceil(u64::from(subject.width().max(1)));
    let mean = mean_attempt(subject.workload()?);
    let need = waves as f64 * mean;
    let plural = if waves == 1 { "wave" } else { "waves" };
    let needs = format!("{waves} {plural} of {} on average", time(mean));
    let chance = match subject.simulated(missed) {
        Some((share, (low, high), runs)) => {
            if share < WORTH_TELLING {
                return None;
            }
            format!(
                "missed in {} of {runs} simulated runs [{}, {}]",
                percent(share),
                percent(low),
                percent(high)
            )
        }
        None if need > deadline => "missed almost surely".to_string(),
        None => return None,
    };
    let message = format!(
        "{}: activeDeadlineSeconds {} is {chance}; the Job has {needs}",
        subject.name(),
        time(deadline)
    );
    let diagnostic = Diagnostic::warning("deadline-too-short", message)
        .at(subject.line_span("spec.activeDeadlineSeconds"))
        .help("raise it well above waves, start-up and retries, or raise parallelism; work that is done is not kept");
    Some(diagnostic)
}

/// Mean time of an attempt from its creation to its end, without failures (s).
fn mean_attempt(workload: &SampledWorkload) -> f64 {
    let run = match &workload.run {
        RunTime::Steps(steps) => steps.iter().map(Distribution::mean).sum(),
        // Waiting and being served come on top.
        RunTime::Program(program) => own_work(program).map(Length::mean).sum(),
        RunTime::ByIndex(list) => list.iter().map(Distribution::mean).sum::<f64>() / list.len().max(1) as f64,
    };
    workload.schedule.mean() + workload.startup.mean() + run
}

/// `deadline-counts-pending`: time without a node or an image counts as well.
pub(super) fn counts_pending(subject: &Subject) -> Option<Diagnostic> {
    let deadline = subject.spec().active_deadline?.seconds();
    let said = ["schedule", "startup"].iter().any(|key| subject.said(key).is_some());
    if !said && subject.annotation("jobsim/startup").is_none() {
        return None;
    }
    let workload = subject.workload()?;
    let pending = workload.schedule.mean() + workload.startup.mean();
    let waves = u64::from(subject.successes()).div_ceil(u64::from(subject.width().max(1)));
    let all = waves as f64 * pending;
    let share = all / deadline;
    let message = if pending.is_finite() {
        if share < LARGE_SHARE {
            return None;
        }
        format!(
            "{}: the deadline of {} runs while pods are Pending, which takes {} a pod on average: {} one after the other, \
             {} of it",
            subject.name(),
            time(deadline),
            time(pending),
            time(all),
            percent(share.min(1.0))
        )
    } else {
        format!(
            "{}: the deadline of {} runs while pods are Pending, and some never start: the Job then fails with all its \
             pods, running ones too",
            subject.name(),
            time(deadline)
        )
    };
    let help = "a deadline of the pod (spec.template.spec.activeDeadlineSeconds) starts when the kubelet has the pod; \
                leave room for nodes and images in that of the Job";
    let place = subject.line_span("spec.activeDeadlineSeconds");
    Some(Diagnostic::warning("deadline-counts-pending", message).at(place).help(help))
}
