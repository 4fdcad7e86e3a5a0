//! The story of one run as text: one line for what happened at one instant.
//!
//! Relies on `observe/explain` for what happened. Times are from the Job's creation, as mm:ss.s.

use std::collections::BTreeMap;

use super::words::duration;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{CallFact, Decision, Phase, Rule};
use crate::model::scenario::Scenario;
use crate::observe::explain::{Entry, PodEvent, Story, What};

/// Lines of a story unless all are asked for.
const MOST_LINES: usize = 60;

/// What of a story is told. Times are simulated time since the Job's creation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub pod: Option<u32>,
    pub index: Option<u32>,
    pub from: SimDuration,
    pub to: Option<SimDuration>,
    /// Every line, whatever its number.
    pub all: bool,
}

impl Filter {
    fn names_pods(&self) -> bool {
        self.pod.is_some() || self.index.is_some()
    }
}

/// What happened at one instant, and how much it matters: 0 most.
pub struct Line {
    /// Tenths of a second since the Job's creation.
    pub tick: u64,
    /// When the last of it happened.
    pub t: SimTime,
    rank: u8,
    pub text: String,
}

/// As many lines as can be read.
pub struct Excerpt {
    pub lines: Vec<Line>,
    /// Before this one lines are missing.
    pub gap: Option<usize>,
    pub left_out: usize,
}

/// `mm:ss.s`, or `h:mm:ss` from an hour on.
pub fn clock(t: SimTime, zero: SimTime) -> String {
    let tenths = tick(t, zero);
    let (h, m, s) = (tenths / 36000, tenths / 600 % 60, tenths / 10 % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m:02}:{s:02}.{}", tenths % 10) }
}

fn tick(t: SimTime, zero: SimTime) -> u64 {
    (t.since(zero).nanos() + 50_000_000) / 100_000_000
}

fn length(d: SimDuration) -> String {
    if d.seconds() >= 600.0 {
        return duration(d.seconds());
    }
    let text = format!("{:.1}", d.seconds());
    format!("{} s", text.strip_suffix(".0").unwrap_or(&text))
}

/// `pod 3 (index 1)`, `pods 0-4 (indexes 0-4)`.
pub fn pods(story: &Story, positions: &[u32]) -> String {
    let rows = || positions.iter().map(|&position| story.pod(position).0);
    let plural = if positions.len() == 1 { "" } else { "s" };
    let name = format!("pod{plural} {}", ranges(rows().map(|row| row.pod).collect()));
    let indexes: Vec<u32> = rows().filter_map(|row| row.index).collect();
    if indexes.is_empty() {
        return name;
    }
    format!("{name} (index{} {})", if indexes.len() == 1 { "" } else { "es" }, ranges(indexes))
}

fn ranges(mut numbers: Vec<u32>) -> String {
    numbers.sort_unstable();
    numbers.dedup();
    let parts: Vec<String> = numbers
        .chunk_by(|a, b| a + 1 == *b)
        .map(|run| match run {
            [one] => one.to_string(),
            _ => format!("{}-{}", run[0], run[run.len() - 1]),
        })
        .collect();
    parts.join(",")
}

/// The story of one Job as text, a line each. `zero`: the Job's creation.
pub fn text(story: &Story, scenario: &Scenario, job: u32, zero: SimTime, filter: &Filter) -> String {
    let lines = lines(story, scenario, job, zero, filter);
    let most = if filter.all { lines.len() } else { MOST_LINES };
    joined(&excerpt(lines, most), zero)
}

/// Every line of one Job.
pub fn lines(story: &Story, scenario: &Scenario, job: u32, zero: SimTime, filter: &Filter) -> Vec<Line> {
    let entries: Vec<&Entry> = story.of_job(job).collect();
    let mut lines: Vec<Line> = Vec::new();
    let mut groups: Vec<(String, u8, Vec<u32>, String)> = Vec::new();
    let (mut now, mut t) = (0, zero);
    for (at, entry) in entries.iter().enumerate() {
        let since = entry.t.since(zero);
        if since < filter.from || filter.to.is_some_and(|to| since > to) || !is_wanted(story, entry, filter) {
            continue;
        }
        if tick(entry.t, zero) != now {
            flush(story, &mut groups, (now, t), &mut lines);
            now = tick(entry.t, zero);
        }
        match entry.what {
            What::Pod(pod, event) => {
                let shown = filter.all || filter.names_pods();
                let Some((rank, before, after)) = pod_words(scenario, event, shown) else { continue };
                let key = format!("{before}|{after}");
                match groups.iter_mut().find(|group| group.0 == key) {
                    Some(group) => group.2.push(pod),
                    None => groups.push((key, rank, vec![pod], format!("{before}|{after}"))),
                }
                t = entry.t;
            }
            What::Decision(decision) => {
                flush(story, &mut groups, (now, t), &mut lines);
                t = entry.t;
                let (rank, mut text) = decision_words(decision, zero);
                if let Decision::Create { creates, .. } = decision {
                    text.push_str(&created(story, &entries[at..], creates, zero));
                }
                lines.push(Line { tick: now, t, rank, text });
            }
            other => {
                flush(story, &mut groups, (now, t), &mut lines);
                t = entry.t;
                lines.push(Line { tick: now, t, rank: 0, text: job_words(other) });
            }
        }
    }
    flush(story, &mut groups, (now, t), &mut lines);
    lines.dedup_by(|b, a| a.tick == b.tick && a.text == b.text);
    lines
}

/// At most so many lines: what matters least goes first, then what happened in between.
pub fn excerpt(mut lines: Vec<Line>, most: usize) -> Excerpt {
    let whole = lines.len();
    for rank in (1..=4).rev() {
        if lines.len() <= most {
            break;
        }
        lines.retain(|line| line.rank < rank);
    }
    let cut = lines.len().saturating_sub(most);
    let head = (lines.len() - cut) * 2 / 3;
    lines.drain(head..head + cut);
    Excerpt { left_out: whole - lines.len(), gap: (cut > 0).then_some(head), lines }
}

fn joined(excerpt: &Excerpt, zero: SimTime) -> String {
    let mut out = String::new();
    for (n, line) in excerpt.lines.iter().enumerate() {
        if excerpt.gap == Some(n) {
            out.push_str("  ...\n");
        }
        let t = zero + SimDuration::from_nanos(line.tick * 100_000_000);
        out.push_str(&format!("{} {}\n", clock(t, zero), line.text));
    }
    if excerpt.left_out > 0 {
        out.push_str(&format!(
            "({} lines that matter less are left out; --all, --pod, --index, --from and --to show them)\n",
            excerpt.left_out
        ));
    }
    out
}

fn is_wanted(story: &Story, entry: &Entry, filter: &Filter) -> bool {
    if !filter.names_pods() {
        return true;
    }
    match entry.what {
        What::Pod(pod, _) => {
            let row = story.pod(pod).0;
            filter.pod.is_none_or(|pod| pod == row.pod)
                && filter.index.is_none_or(|index| row.index == Some(index))
        }
        What::Decision(Decision::IndexBackOff { index, .. }) => filter.index == Some(index),
        What::Decision(Decision::Verdict(_)) | What::Condition(_) | What::JobCreated => true,
        _ => false,
    }
}

fn flush(
    story: &Story,
    groups: &mut Vec<(String, u8, Vec<u32>, String)>,
    (tick, t): (u64, SimTime),
    lines: &mut Vec<Line>,
) {
    for (_, rank, members, words) in groups.drain(..) {
        let (before, after) = words.split_once('|').unwrap_or(("", &words));
        lines.push(Line { tick, t, rank, text: format!("{before}{}{after}", pods(story, &members)) });
    }
}

/// Which pods a decision to create has made, and until when.
fn created(story: &Story, entries: &[&Entry], creates: u32, zero: SimTime) -> String {
    let mut made = Vec::new();
    let mut last = SimTime::ZERO;
    for entry in &entries[1..] {
        match entry.what {
            What::Pod(pod, PodEvent::Created) => {
                made.push(pod);
                last = entry.t;
            }
            What::Decision(Decision::Create { .. }) => break,
            _ => {}
        }
        if made.len() as u32 == creates {
            break;
        }
    }
    match made.is_empty() {
        true => String::new(),
        false if tick(last, zero) == tick(entries[0].t, zero) => format!(": {}", pods(story, &made)),
        false => format!(": {}, the last at {}", pods(story, &made), clock(last, zero)),
    }
}

/// Rank, words before and after the pods; none: not told.
fn pod_words(scenario: &Scenario, event: PodEvent, every: bool) -> Option<(u8, String, String)> {
    let after = |rank, text: String| Some((rank, String::new(), format!(" {text}")));
    match event {
        PodEvent::Created if every => after(3, "created".to_string()),
        PodEvent::Scheduled if every => after(4, "bound to a node".to_string()),
        PodEvent::Released if every => after(4, "counted, finalizer off".to_string()),
        PodEvent::Removed if every => after(4, "removed".to_string()),
        PodEvent::Stopped { exit_code, ran } if every => {
            after(4, format!("container exits with {exit_code} after {}", length(ran)))
        }
        PodEvent::Created
        | PodEvent::Scheduled
        | PodEvent::Released
        | PodEvent::Removed
        | PodEvent::Stopped { .. } => None,
        PodEvent::Started { crashed: Some(code), restarts } => {
            after(1, format!("container exits with {code} and is restarted at once (restart {restarts})"))
        }
        PodEvent::Started { restarts: 0, .. } => after(4, "running".to_string()),
        PodEvent::Started { restarts, .. } => after(2, format!("running again (restart {restarts})")),
        PodEvent::CrashBackOff { exit_code, wait } => after(
            1,
            format!("container exits with {exit_code} -> crash back-off, restarted after {}", length(wait)),
        ),
        PodEvent::HangBegan => {
            after(1, "hanging from here on: does nothing and will not end by itself".into())
        }
        PodEvent::DeleteRequested => after(2, "told to stop (deletion)".to_string()),
        PodEvent::Call { dependency, what } => {
            let name = scenario.shared.dependencies.get(dependency as usize).map_or("?", |d| &d.name);
            after(2, format!("{} {name}", call_words(what)))
        }
        PodEvent::Ended { end, ran } => {
            let ran = ran.map_or("it never ran".to_string(), |ran| format!("ran {}", length(ran)));
            if end.phase == Phase::Succeeded {
                return after(3, format!("succeeded ({ran})"));
            }
            let code = end.exit_code.map_or(String::new(), |code| format!(", exit code {code}"));
            let reason = match end.reason {
                "DeadlineExceeded" => " by activeDeadlineSeconds of the pod",
                _ => "",
            };
            after(1, format!("failed{reason} ({ran}{code})"))
        }
    }
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

fn job_words(what: What) -> String {
    match what {
        What::JobCreated => "Job created".to_string(),
        What::JobRemoved => "Job removed".to_string(),
        What::ChangeRefused(n) => format!("API server refuses a change of the Job ({n} reasons)"),
        What::Condition(c) => {
            let state = if c.is_true { "" } else { " is False" };
            format!("status: condition {}{state} ({})", c.kind.as_str(), c.reason.as_str())
        }
        What::Decision(_) | What::Pod(..) => String::new(),
    }
}

fn decision_words(decision: Decision, zero: SimTime) -> (u8, String) {
    let at = |t| clock(t, zero);
    let back_off = |last: SimTime, until: SimTime| {
        format!("back-off {} from {} until {}", length(until.since(last)), at(last), at(until))
    };
    let (rank, text) = match decision {
        Decision::Create { succeeded, active, wanted, creates } => (
            2,
            format!("{succeeded} succeeded, {active} of {wanted} wanted pods active -> creates {creates}"),
        ),
        Decision::BackOff { failures, last, until, missing } => (
            1,
            format!(
                "{failures} failed since the last success -> {}; {missing} missing {} until then",
                back_off(last, until),
                if missing == 1 { "pod waits" } else { "pods wait" },
            ),
        ),
        Decision::IndexBackOff { index, failures, last, until } => {
            (1, format!("index {index} has failed {failures} times -> its {}", back_off(last, until)))
        }
        Decision::AwaitTermination { missing, terminating } => (
            1,
            format!(
                "{terminating} terminating (podReplacementPolicy Failed) -> {missing} missing wait for them"
            ),
        ),
        Decision::DeleteSurplus { active, wanted, deletes } => {
            (1, format!("{active} active, {wanted} wanted -> deletes {deletes}"))
        }
        Decision::Suspend { deletes } => (1, format!("suspended -> deletes {deletes} active pods")),
        Decision::DeleteActive { deletes } => (1, format!("the Job ends -> deletes {deletes} active pods")),
        Decision::ArmDeadline { at: t } => {
            (1, format!("activeDeadlineSeconds counts; the Job fails at {} unless it has ended", at(t)))
        }
        Decision::Verdict(rule) => (0, rule_words(rule, zero)),
        Decision::CacheBehind => (2, "the cache does not show the last write yet -> tries again".to_string()),
        Decision::StatusRefused => (2, "status refused (conflict) -> tries again".to_string()),
        Decision::TryAgain { at: t } => (2, format!("next try at {}", at(t))),
    };
    (rank, format!("sync: {text}"))
}

/// The rule that ended a Job, with its numbers.
pub fn rule_words(rule: Rule, zero: SimTime) -> String {
    match rule {
        Rule::BackoffLimit { failed, limit } => {
            format!("{failed} failed pods > backoffLimit {limit} -> fails (BackoffLimitExceeded)")
        }
        Rule::RestartLimit { restarts, limit } => format!(
            "{restarts} container restarts reach backoffLimit {limit} (OnFailure) -> fails (BackoffLimitExceeded)"
        ),
        Rule::Deadline { start, limit } => format!(
            "activeDeadlineSeconds {} since {} are over -> fails (DeadlineExceeded)",
            length(limit),
            clock(start, zero)
        ),
        Rule::FailJob { matches } => {
            format!(
                "a FailJob rule of podFailurePolicy matches {matches} failed pods -> fails (PodFailurePolicy)"
            )
        }
        Rule::MaxFailedIndexes { failed, max } => {
            format!("{failed} failed indexes > maxFailedIndexes {max} -> fails (MaxFailedIndexesExceeded)")
        }
        Rule::FailedIndexes { failed, completions } => {
            format!("all {completions} indexes are done, {failed} of them failed -> fails (FailedIndexes)")
        }
        Rule::SuccessPolicy { succeeded } => {
            format!("{succeeded} indexes succeeded, successPolicy is met -> succeeds (SuccessPolicy)")
        }
        Rule::Completions { succeeded, wanted: Some(n) } => {
            format!("{succeeded} of {n} succeeded, none active -> complete (CompletionsReached)")
        }
        Rule::Completions { succeeded, wanted: None } => {
            format!("{succeeded} succeeded, none active (work queue) -> complete (CompletionsReached)")
        }
    }
}

/// How many pods of a Job ended in each phase, for the last line.
pub fn phases(story: &Story, job: u32) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for (row, _) in story.pods().filter(|(row, _)| row.job == job) {
        *counts.entry(row.phase.as_str()).or_default() += 1;
    }
    let parts: Vec<String> = counts.iter().map(|(phase, n)| format!("{n} {phase}")).collect();
    parts.join(", ")
}
