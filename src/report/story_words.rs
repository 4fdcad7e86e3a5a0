//! The words of a story: what happened to a pod or a Job, and what the controller decided, by which rule and with which
//! numbers.
//!
//! Relies on `story` for times of the day of a Job. Decides nothing about which of it is told.

use super::story::clock;
use super::words::duration;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{CallFact, Decision, Phase, PodEnd, Rule};
use crate::model::scenario::Scenario;
use crate::observe::explain::{PodEvent, What};

fn length(d: SimDuration) -> String {
    if d.seconds() >= 600.0 {
        return duration(d.seconds());
    }
    let text = format!("{:.1}", d.seconds());
    format!("{} s", text.strip_suffix(".0").unwrap_or(&text))
}

/// What happened to a pod, and how much it matters (0 most). Pods that differ only in `ran` are told together.
#[derive(PartialEq, Debug)]
pub(super) struct PodWords {
    pub(super) rank: u8,
    pub(super) before: String,
    /// How long its container ran, told between the two texts.
    pub(super) ran: Option<SimDuration>,
    pub(super) after: String,
}

/// None: not told, unless every event is.
pub(super) fn pod_words(scenario: &Scenario, event: PodEvent, every: bool) -> Option<PodWords> {
    let plain = |rank, before: String| Some(PodWords { rank, before, ran: None, after: String::new() });
    match event {
        PodEvent::Created if every => plain(3, "created".to_string()),
        PodEvent::Scheduled if every => plain(4, "bound to a node".to_string()),
        PodEvent::Released if every => plain(4, "counted, finalizer off".to_string()),
        PodEvent::Removed if every => plain(4, "removed".to_string()),
        PodEvent::Stopped { exit_code, ran } if every => {
            plain(4, format!("container exits with {exit_code} after {}", length(ran)))
        }
        PodEvent::Created
        | PodEvent::Scheduled
        | PodEvent::Released
        | PodEvent::Removed
        | PodEvent::Stopped { .. } => None,
        PodEvent::Started { crashed: Some(code), restarts } => {
            plain(1, format!("container exits with {code} and is restarted at once (restart {restarts})"))
        }
        PodEvent::Started { restarts: 0, .. } => plain(4, "running".to_string()),
        PodEvent::Started { restarts, .. } => plain(2, format!("running again (restart {restarts})")),
        PodEvent::CrashBackOff { exit_code, wait } => plain(
            1,
            format!("container exits with {exit_code} → crash back-off, restarted after {}", length(wait)),
        ),
        PodEvent::HangBegan => {
            plain(1, "hanging from here on: does nothing and will not end by itself".to_string())
        }
        PodEvent::DeleteRequested => plain(2, "told to stop (deletion)".to_string()),
        PodEvent::Call { dependency, what } => {
            let name = scenario.shared.dependencies.get(dependency as usize).map_or("?", |d| &d.name);
            plain(2, format!("{} {name}", call_words(what)))
        }
        PodEvent::Ended { end, ran } => Some(ended(end, ran)),
    }
}

fn ended(end: PodEnd, ran: Option<SimDuration>) -> PodWords {
    let never = if ran.is_none() { "it never ran" } else { "" };
    if end.phase == Phase::Succeeded {
        return PodWords { rank: 3, before: format!("succeeded ({never}"), ran, after: ")".to_string() };
    }
    let code = end.exit_code.map_or(String::new(), |code| format!(", exit code {code}"));
    let reason = match end.reason {
        "DeadlineExceeded" => " by activeDeadlineSeconds of the pod",
        _ => "",
    };
    PodWords { rank: 1, before: format!("failed{reason} ({never}"), ran, after: format!("{code})") }
}

/// `ran 5 s`, `ran 5 s to 7 s`.
pub(super) fn ran_words(shortest: SimDuration, longest: SimDuration) -> String {
    let (shortest, longest) = (length(shortest), length(longest));
    if shortest == longest { format!("ran {longest}") } else { format!("ran {shortest} to {longest}") }
}

fn call_words(what: CallFact) -> &'static str {
    match what {
        CallFact::Sent => "called",
        CallFact::Begun => "served by",
        CallFact::GaveBack => "gave back",
        CallFact::Done => "done with",
        CallFact::Refused => "refused by",
        CallFact::TimedOut => "timed out at",
        CallFact::GaveUp => "gave up calling",
        CallFact::InDeadlock => "in a deadlock at",
        CallFact::DeadlockVictim => "chosen to break a deadlock by",
    }
}

/// A fact about the Job itself; empty for what has words of its own.
pub(super) fn job_words(what: What) -> String {
    match what {
        What::JobCreated => "Job created".to_string(),
        What::JobRemoved => "Job removed".to_string(),
        What::ChangeRefused(None, _) => "nothing is changed: there is no Job".to_string(),
        What::ChangeRefused(Some(first), more) => {
            let others = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("API server refuses the change of the Job: {} ({}){others}", first.field, first.cause)
        }
        What::Condition(c) => {
            let state = if c.is_true { "" } else { " is False" };
            format!("status: condition {}{state} ({})", c.kind.as_str(), c.reason.as_str())
        }
        What::Decision(_) | What::Pod(..) => String::new(),
    }
}

/// How much a decision matters (0 most), and what it was.
pub(super) fn decision_words(decision: Decision, zero: SimTime) -> (u8, String) {
    let at = |t| clock(t, zero);
    let back_off =
        |last: SimTime, until: SimTime| format!("back-off {} from {}", length(until.since(last)), at(last));
    let (rank, text) = match decision {
        Decision::Create { succeeded, active, wanted, creates } => {
            (2, format!("{succeeded} succeeded, {active} of {wanted} wanted pods active → creates {creates}"))
        }
        Decision::BackOff { failures, last, until, missing } => (
            1,
            format!(
                "{} failed since the last success → {}; {missing} missing {} until {}",
                many(failures, "pod", "pods"),
                back_off(last, until),
                if missing == 1 { "pod waits" } else { "pods wait" },
                at(until),
            ),
        ),
        Decision::IndexBackOff { index, failures, last, until } => {
            let times = many(failures, "time", "times");
            let wait = back_off(last, until);
            (
                1,
                format!(
                    "index {index} has failed {times} → its {wait}; it keeps its slot and waits until {}",
                    at(until)
                ),
            )
        }
        Decision::AwaitTermination { missing, terminating } => (
            1,
            format!(
                "{terminating} terminating (podReplacementPolicy Failed) → {missing} missing wait for them"
            ),
        ),
        Decision::DeleteSurplus { active, wanted, deletes } => {
            (1, format!("{active} active, {wanted} wanted → deletes {deletes}"))
        }
        Decision::Suspend { deletes } => {
            (1, format!("suspended → deletes {}", many(deletes, "active pod", "active pods")))
        }
        Decision::DeleteActive { deletes } => {
            (1, format!("the Job ends → deletes {}", many(deletes, "active pod", "active pods")))
        }
        Decision::ArmDeadline { at: t } => {
            (1, format!("activeDeadlineSeconds counts; the Job fails at {} unless it has ended", at(t)))
        }
        Decision::Verdict(rule) => (0, rule_words(rule, zero)),
        Decision::CacheBehind => (2, "the cache does not show the last write yet → tries again".to_string()),
        Decision::StatusRefused => (2, "status refused (conflict) → tries again".to_string()),
        Decision::TryAgain { at: t } => (2, format!("next try at {}", at(t))),
    };
    (rank, format!("sync: {text}"))
}

/// The rule that ended a Job, with its numbers.
pub fn rule_words(rule: Rule, zero: SimTime) -> String {
    match rule {
        Rule::BackoffLimit { failed, limit } => {
            format!("{failed} failed pods > backoffLimit {limit} → fails (BackoffLimitExceeded)")
        }
        Rule::RestartLimit { restarts, limit } => format!(
            "container restarts of running pods: {restarts}, which reaches backoffLimit {limit} (OnFailure) → fails (BackoffLimitExceeded)"
        ),
        Rule::Deadline { start, limit } => format!(
            "activeDeadlineSeconds {} since {} are over → fails (DeadlineExceeded)",
            length(limit),
            clock(start, zero)
        ),
        Rule::FailJob { matches } => {
            let pods = many(matches, "failed pod", "failed pods");
            format!("a FailJob rule of podFailurePolicy matches {pods} → fails (PodFailurePolicy)")
        }
        Rule::MaxFailedIndexes { failed, max } => {
            format!("{failed} failed indexes > maxFailedIndexes {max} → fails (MaxFailedIndexesExceeded)")
        }
        Rule::FailedIndexes { failed, completions } => {
            format!("all {completions} indexes are done, {failed} of them failed → fails (FailedIndexes)")
        }
        Rule::SuccessPolicy { succeeded } => {
            format!("{succeeded} indexes succeeded, successPolicy is met → succeeds (SuccessPolicy)")
        }
        Rule::Completions { succeeded, wanted: Some(n) } => {
            format!("{succeeded} of {n} succeeded, none active → complete (CompletionsReached)")
        }
        Rule::Completions { succeeded, wanted: None } => {
            format!("{succeeded} succeeded, none active (work queue) → complete (CompletionsReached)")
        }
    }
}

/// `1 pod`, `2 pods`.
fn many(n: u32, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}
