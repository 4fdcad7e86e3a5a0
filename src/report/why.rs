//! Why a run is stuck, failed or slow, and why an index was not started, as text.
//!
//! Relies on the story and on `observe/slowness`.

use std::fmt::Write;

use super::story::{clock, pods};
use super::story_words::rule_words;
use super::words::duration;
use crate::engine::time::SimTime;
use crate::kubernetes::facts::{Decision, Phase};
use crate::kubernetes::simulate::{JobEnding, Outcome};
use crate::model::scenario::{JobCase, Scenario};
use crate::observe::explain::{PodEvent, Story, What};
use crate::observe::slowness::{Cause, where_the_time_went};

/// Pods that are named one by one.
const MOST_PODS: usize = 12;

/// One Job of the run that is explained.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub story: &'a Story,
    pub scenario: &'a Scenario,
    pub job: u32,
    pub ending: &'a JobEnding,
    /// Its creation.
    pub zero: SimTime,
}

impl Subject<'_> {
    fn case(&self) -> &JobCase {
        &self.scenario.jobs[self.job as usize]
    }

    fn at(&self, t: SimTime) -> String {
        clock(t, self.zero)
    }
}

/// Which pods hold the Job, since when, doing what, and which fields would have freed it.
pub fn stuck(s: &Subject) -> String {
    let mut out = String::new();
    if !matches!(s.ending.outcome, Outcome::Stuck(_)) {
        return format!("This run is not stuck: it is {}.\n", s.ending.outcome.name());
    }
    let mut freed: std::collections::BTreeSet<&str> = Default::default();
    let holders: Vec<u32> = (0u32..)
        .zip(s.story.pods())
        .filter(|(_, (row, _))| row.job == s.job && !row.phase.is_terminal() && row.removed.is_none())
        .map(|(position, _)| position)
        .collect();
    for &position in holders.iter().take(MOST_PODS) {
        let (row, life) = s.story.pod(position);
        let name = pods(s.story, &[position]);
        let (doing, cures): (String, &[&str]) = if let Some(t) = life.deleted {
            (format!("is being deleted since {} and does not end", s.at(t)), &[])
        } else if row.scheduled.is_none() {
            (format!("waits for a node since {}", s.at(row.created)), &[JOB_DEADLINE])
        } else if life.running_since.is_none() {
            let since = row.scheduled.unwrap_or(row.created);
            (format!("waits for its container to start since {}", s.at(since)), &[JOB_DEADLINE, POD_DEADLINE])
        } else if let Some(t) = life.hangs_since {
            (
                format!("runs since {} and hangs since {}", s.at(life.running_since.unwrap_or(t)), s.at(t)),
                &[JOB_DEADLINE, POD_DEADLINE, PROBE],
            )
        } else if let Some((t, dependency)) = life.calls {
            let name = &s.scenario.shared.dependencies[dependency as usize].name;
            (
                format!("waits for {name} since {}{}", s.at(t), holders_of(s, dependency)),
                &[JOB_DEADLINE, POD_DEADLINE, TIMEOUT],
            )
        } else {
            ("runs and waits for a dependency".to_string(), &[JOB_DEADLINE, POD_DEADLINE, TIMEOUT])
        };
        let _ = writeln!(out, "{name} {doing}.");
        freed.extend(cures);
    }
    if holders.len() > MOST_PODS {
        let _ = writeln!(out, "... and {} more pods.", holders.len() - MOST_PODS);
    }
    if holders.is_empty() {
        let _ = writeln!(out, "No pod is left; what holds it: {}.", s.ending.outcome.reason());
    } else {
        let _ = writeln!(out, "An active pod is not missing: the controller does not replace it.");
    }
    for cure in freed {
        let _ = writeln!(out, "  would have freed it: {cure}");
    }
    out
}

/// Who has what others wait for, as the end of a sentence.
fn holders_of(s: &Subject, dependency: u32) -> String {
    let mut holders = s.story.held().iter().filter(|held| held.dependency == dependency);
    let named: Vec<String> = holders
        .by_ref()
        .take(MOST_HOLDERS)
        .map(|held| {
            let (row, life) = s.story.pod(held.pod);
            let of = if row.job == s.job {
                ""
            } else {
                &format!(" of {}", s.scenario.jobs[row.job as usize].name)
            };
            let doing = match (life.hangs_since, life.calls) {
                (Some(_), _) => " and hangs".to_string(),
                (None, Some((_, other))) => {
                    format!(" and waits for {}", s.scenario.shared.dependencies[other as usize].name)
                }
                (None, None) => String::new(),
            };
            format!("{}{of} holds it since {}{doing}", pods(s.story, &[held.pod]), s.at(held.since))
        })
        .collect();
    let more = match holders.count() {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    if named.is_empty() { String::new() } else { format!(": {}{more}", named.join("; ")) }
}

/// Holders of one dependency that are named one by one.
const MOST_HOLDERS: usize = 3;

const JOB_DEADLINE: &str = "activeDeadlineSeconds in spec (the Job ends as Failed)";
const POD_DEADLINE: &str = "activeDeadlineSeconds in spec.template.spec (the pod fails and is replaced)";
const PROBE: &str = "a liveness probe that notices the hang (not simulated yet)";
const TIMEOUT: &str = "a timeout of the call, or waitTimeout or holdTimeout of the dependency";

/// From the deciding pods to the verdict.
pub fn failed(s: &Subject) -> String {
    if !matches!(s.ending.outcome, Outcome::Failed(_)) {
        return format!("This run has not failed: it is {}.\n", s.ending.outcome.name());
    }
    let mut lines = Vec::new();
    let mut verdict = String::new();
    for entry in s.story.of_job(s.job) {
        match entry.what {
            What::Pod(pod, PodEvent::Ended { end, .. })
                if end.phase == Phase::Failed && verdict.is_empty() =>
            {
                let code = end.exit_code.map_or(String::new(), |code| format!(", exit code {code}"));
                lines.push(format!("{} {} failed{code}", s.at(entry.t), pods(s.story, &[pod])));
            }
            What::Pod(
                pod,
                PodEvent::Started { crashed: Some(exit_code), .. } | PodEvent::CrashBackOff { exit_code, .. },
            ) if verdict.is_empty() => {
                let pod = pods(s.story, &[pod]);
                lines.push(format!(
                    "{} {pod} crashed, exit code {exit_code}, restart in place",
                    s.at(entry.t)
                ));
            }
            What::Decision(Decision::Verdict(rule)) => {
                verdict = format!("{} sync: {}", s.at(entry.t), rule_words(rule, s.zero));
            }
            _ => {}
        }
    }
    let cut = lines.len().saturating_sub(MOST_PODS);
    let mut out = String::new();
    if cut > 0 {
        let _ = writeln!(out, "({cut} earlier failures)");
    }
    for line in &lines[cut..] {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "{verdict}");
    if let Some(t) = s.ending.finished_at {
        let _ = writeln!(out, "{} Failed is written", s.at(t));
    }
    out
}

/// Where the time went, and which pod took longest.
pub fn slow(s: &Subject) -> String {
    let end = s.ending.finished_at.unwrap_or(s.ending.last_change);
    let spec = &s.case().spec;
    let slots = spec.completions().map_or(spec.parallelism, |n| n.min(spec.parallelism));
    let total = end.since(s.zero).seconds();
    let mut out = format!("{} from creation to end:\n", duration(total));
    for (cause, length) in where_the_time_went(s.story, s.job, slots, s.zero, end) {
        let share = if total > 0.0 { 100.0 * length.seconds() / total } else { 0.0 };
        if share > 0.0 {
            let _ =
                writeln!(out, "  {:>8} {share:>5.1} %  {}", duration(length.seconds()), cause_words(cause));
        }
    }
    let mut longest = (0u32..)
        .zip(s.story.pods())
        .filter(|(_, (row, _))| row.job == s.job)
        .map(|(position, (_, life))| (life.ran.seconds(), position))
        .collect::<Vec<_>>();
    longest.sort_by(|a, b| b.0.total_cmp(&a.0));
    if let (Some(first), Some(median)) = (longest.first(), longest.get(longest.len() / 2)) {
        let pod = pods(s.story, &[first.1]);
        let _ =
            writeln!(out, "Longest: {pod} ran {}; the median pod {}.", duration(first.0), duration(median.0));
    }
    let ran: f64 = longest.iter().map(|(seconds, _)| seconds).sum();
    for (dependency, length) in s.story.in_calls(s.job) {
        let share = if ran > 0.0 { 100.0 * length.seconds() / ran } else { 0.0 };
        let (name, time) =
            (&s.scenario.shared.dependencies[dependency as usize].name, duration(length.seconds()));
        let advice = match share > MOSTLY {
            true => ": more pods at a time only make that longer",
            false => "",
        };
        let _ = writeln!(
            out,
            "In calls of {name}, waiting or being served: {time}, {share:.1} % of what all pods ran{advice}."
        );
    }
    out
}

/// Percent of the running time in calls of one dependency, above which that is what makes it slow.
const MOSTLY: f64 = 50.0;

fn cause_words(cause: Cause) -> &'static str {
    match cause {
        Cause::AllSlotsBusy => "all slots ran (waiting for slots: more parallelism would help)",
        Cause::Tail => "the last pods ran, nothing left to start (stragglers)",
        Cause::BackOffBesides => "some ran, failure back-off kept slots empty",
        Cause::Filling => "some ran, others pending, starting or not created yet",
        Cause::BackOff => "nothing ran: failure back-off",
        Cause::CrashBackOff => "nothing ran: crash back-off of the kubelet",
        Cause::StartUp => "nothing ran: pods pending or starting",
        Cause::Controller => "nothing ran: the controller's batches and writes",
    }
}

/// When the index got its first pod, or what kept it from getting one.
///
/// # Errors
/// A text when the Job has no such index.
pub fn not_started(s: &Subject, index: u32) -> Result<String, String> {
    let case = s.case();
    let spec = &case.spec;
    if !spec.is_indexed() {
        return Err(format!("{} is not Indexed: its pods have no completion index", case.name));
    }
    let completions = spec.completions().unwrap_or(0);
    if index >= completions {
        return Err(format!("{} has indexes 0 to {}", case.name, completions.saturating_sub(1)));
    }
    let first = s.story.pods().find(|(row, _)| row.job == s.job && row.index == Some(index));
    if let Some((row, _)) = first {
        let started = row.started.map_or("and never ran".to_string(), |t| format!("and ran at {}", s.at(t)));
        return Ok(format!(
            "Index {index} was started: pod {} created at {} {started}.\n",
            row.pod,
            s.at(row.created)
        ));
    }
    let held: Vec<u32> = (0u32..)
        .zip(s.story.pods())
        .filter(|(_, (row, _))| row.job == s.job && !row.phase.is_terminal() && row.removed.is_none())
        .map(|(position, _)| position)
        .collect();
    let verdict = s.story.of_job(s.job).find_map(|entry| match entry.what {
        What::Decision(Decision::Verdict(rule)) => Some((entry.t, rule)),
        _ => None,
    });
    let mut out =
        format!("Index {index} never got a pod: lower indexes go first, {} at a time.\n", spec.parallelism);
    if let Some((t, rule)) = verdict {
        let _ = writeln!(out, "Before its turn came, at {}: {}.", s.at(t), rule_words(rule, s.zero));
    } else if !held.is_empty() {
        let _ = writeln!(out, "The slots are held by {}.", pods(s.story, &held));
    } else {
        let _ = writeln!(out, "The run ended as {} {}.", s.ending.outcome.name(), s.ending.outcome.reason());
    }
    Ok(out)
}
