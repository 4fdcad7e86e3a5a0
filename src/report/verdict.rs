//! The answer in sentences: will the Job end and how, when, and what it does to what it shares. Terminal, Markdown, JSON
//! and the page begin with them.
//!
//! Relies on the values of `report::answer` only. Chooses words and a grade; decides nothing that is not in the numbers.

use super::answer::JobAnswer;
use super::dependencies::DependencyAnswer;
use super::words::{duration, number, of_runs, percent, percents};
use crate::experiment::interval::{Summary, wilson};
use crate::kubernetes::dependencies::recovery::Trigger;

/// How bad it is, for a colour and for a first look.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grade {
    /// Every run completed; every call was served.
    Good,
    /// Most runs completed; some calls were refused or timed out.
    Mixed,
    /// Runs hang, or fewer than half of them complete; a dependency does not recover.
    Bad,
}

impl Grade {
    /// As JSON and the page name it.
    pub fn name(self) -> &'static str {
        match self {
            Grade::Good => "good",
            Grade::Mixed => "mixed",
            Grade::Bad => "bad",
        }
    }
}

/// What there is to say of one Job, or of one dependency.
pub struct Verdict {
    pub grade: Grade,
    /// One sentence: how it ends, with the interval of the share.
    pub headline: String,
    /// What follows from it: how else it ends, and when.
    pub rest: String,
}

impl Verdict {
    /// All of it.
    pub fn text(&self) -> String {
        match self.rest.is_empty() {
            true => self.headline.clone(),
            false => format!("{} {}", self.headline, self.rest),
        }
    }
}

/// Of a Job: the worst way in which it ends, then the others, then when.
pub fn of_job(job: &JobAnswer) -> Verdict {
    let runs: usize = job.outcomes.iter().map(|o| o.count).sum();
    let count = |outcome: &str| -> usize {
        job.outcomes.iter().filter(|o| o.outcome == outcome).map(|o| o.count).sum()
    };
    let reason = |outcome: &str| job.outcomes.iter().find(|o| o.outcome == outcome).map_or("", |o| o.reason);
    let (complete, stuck) = (count("Complete"), count("Stuck"));
    let grade = match () {
        () if complete == runs => Grade::Good,
        () if stuck == 0 && 2 * complete >= runs => Grade::Mixed,
        () => Grade::Bad,
    };
    let ways = ["Stuck", "Failed", "Horizon", "Suspended", "Complete"];
    let mut ways = ways.into_iter().filter(|way| count(way) > 0);
    let share = |way: &str| percent(count(way) as f64 / runs as f64);
    let headline = ways.next().map_or_else(
        || format!("{} was not simulated.", job.name),
        |way| {
            let interval =
                wilson(count(way), runs, job.tail).map_or_else(String::new, |i| format!(" {}", percents(i)));
            let because = because(way, reason(way));
            let often = match count(way) == runs {
                true if runs == 1 => "in the only run".to_string(),
                true => format!("in every one of {runs} runs"),
                false => format!("in {} of runs", share(way)),
            };
            format!("{} {} {often}{interval}{because}.", job.name, verb(way))
        },
    );
    let mut rest: Vec<String> =
        ways.map(|way| format!("It {} in {}{}.", verb(way), share(way), because(way, reason(way)))).collect();
    rest.extend(job.quantity("makespan_s").map(|makespan| when(makespan, complete, count("Failed"), runs)));
    Verdict { grade, headline, rest: rest.join(" ") }
}

fn verb(outcome: &str) -> &'static str {
    match outcome {
        "Stuck" => "hangs for ever",
        "Failed" => "fails",
        "Horizon" => "is not done when the simulation ends",
        "Suspended" => "stays suspended",
        _ => "completes",
    }
}

/// What held or ended it, in words.
fn because(outcome: &str, reason: &str) -> String {
    let words = match (outcome, reason) {
        ("Stuck", "HungPod") => "a hung pod holds it",
        ("Stuck", "NeverScheduled") => "a pod never gets a node",
        ("Stuck", "ImageNeverPulled") => "a container's image never comes",
        ("Stuck", "WaitsForDependency") => "a pod waits for ever for what it shares",
        ("Stuck", "ZeroParallelism") => "parallelism is 0",
        ("Stuck", "TerminatingForever") => "a pod never ends terminating",
        ("Horizon", "CrashLoop") => "its containers crash and restart again and again",
        ("Failed", reason) if !reason.is_empty() => return format!(" ({reason})"),
        _ => return String::new(),
    };
    format!(": {words}")
}

/// When it ends, of the runs that ended.
fn when(makespan: &Summary, complete: usize, failed: usize, runs: usize) -> String {
    let (p50, p95) = (duration(makespan.p50), duration(makespan.p95));
    if p50 == p95 && makespan.min == makespan.max {
        return format!("That takes {p50}.");
    }
    match (complete, failed) {
        (all, 0) if all == runs => format!("Half of the runs are done by {p50}, 95 % by {p95}."),
        (_, 0) => format!("Half of the complete runs are done by {p50}, 95 % by {p95}."),
        (0, _) => format!("Half of the failed runs have failed by {p50}, 95 % by {p95}."),
        _ => format!("Half of the runs that end have ended by {p50}, 95 % by {p95}."),
    }
}

/// What the Jobs do to a dependency; none when nobody called it.
pub fn of_dependency(dependency: &DependencyAnswer) -> Option<Verdict> {
    let mean = |key: &str| dependency.quantity(key).map_or(0.0, |s| s.mean);
    let calls = mean("calls");
    if calls == 0.0 {
        return None;
    }
    let peak = match dependency.kind {
        "rateLimit" => format!("{} calls in one second", number(mean("peak_arrivals_per_s").round())),
        _ => format!("{} calls at once", number(mean("peak_in_flight").round())),
    };
    let headline = format!("{} ({}) gets {peak} at its peak.", dependency.name, dependency.kind);
    let mut grade = Grade::Good;
    let mut rest = Vec::new();
    let lost: Vec<String> = [("rejected", "rejected"), ("timeouts", "lost to time-outs")]
        .into_iter()
        .filter(|(key, _)| mean(key) > 0.0)
        .map(|(key, words)| format!("{} are {words}", percent(mean(key) / calls)))
        .collect();
    if !lost.is_empty() {
        grade = Grade::Mixed;
        rest.push(format!("Of {} calls, {}.", number(calls.round()), lost.join(", ")));
    }
    if let Some(amplification) = dependency.quantity("amplification").filter(|s| s.mean >= 1.05) {
        rest.push(format!("Each needed call costs {}.", number(amplification.mean)));
    }
    if let Some(harm) = harm(dependency) {
        grade = Grade::Mixed;
        rest.push(harm);
    }
    if let Some(r) = &dependency.recovery {
        let (lasting, words) = match r.trigger {
            Trigger::Fault => (r.runs - r.recovered, "After the fault it does not recover by itself"),
            Trigger::Crash | Trigger::Overload => (r.not_yet, "Its calls still fail at the end"),
        };
        if lasting > 0 {
            grade = Grade::Bad;
            rest.push(format!("{words} in {} (metastable failure).", of_runs(lasting, r.runs)));
        }
    }
    if dependency.deadlock.is_some() {
        grade = Grade::Bad;
        rest.push(format!(
            "Pods wait for each other in a circle: {} times a run.",
            number(mean("deadlocks"))
        ));
    }
    Some(Verdict { grade, headline, rest: rest.join(" ") })
}

/// What other tenants lose; none when that is little.
fn harm(dependency: &DependencyAnswer) -> Option<String> {
    let (with, without) = dependency.background.as_ref()?;
    let of = |quantities: &[(&'static str, Option<Summary>)], key: &str| {
        quantities.iter().find(|(name, _)| *name == key).and_then(|(_, s)| s.map(|s| s.mean))
    };
    let mut parts = Vec::new();
    if let (Some(with), Some(without)) = (of(with, "sojourn_s"), of(without, "sojourn_s"))
        && with > 1.05 * without
    {
        parts.push(format!("take {} instead of {}", duration(with), duration(without)));
    }
    let lost = |quantities| {
        let calls = of(quantities, "calls").filter(|calls| *calls > 0.0)?;
        Some((of(quantities, "rejected")? + of(quantities, "timeouts")?) / calls)
    };
    if let (Some(with), Some(without)) = (lost(with), lost(without))
        && with > without + 0.001
    {
        parts.push(format!("are lost in {} instead of {}", percent(with), percent(without)));
    }
    (!parts.is_empty()).then(|| format!("Other tenants' calls {}.", parts.join(" and ")))
}
