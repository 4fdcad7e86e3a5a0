//! The story of one run as text: one line for what happened at one instant.
//!
//! Relies on `observe/explain` for what happened, on `story_words` for the words, and on `digest` for what is too much to
//! be told one by one. Times are from the Job's creation, as mm:ss.s.

use std::collections::BTreeMap;

use super::digest::{self, Digest};
use super::story_words::{PodWords, decision_words, job_words, pod_words, ran_words};
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::Decision;
use crate::model::scenario::Scenario;
use crate::observe::explain::{Entry, PodEvent, Story, What};

/// Lines of a story unless all are asked for.
const MOST_LINES: usize = 60;

/// Stretches of numbers that are told one by one.
const MOST_PARTS: usize = 12;

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

/// `mm:ss.s`, or `h:mm:ss.s` from an hour on.
pub fn clock(t: SimTime, zero: SimTime) -> String {
    clock_of(tick(t, zero))
}

/// The same of tenths of a second.
pub(super) fn clock_of(tenths: u64) -> String {
    let (h, m, s, rest) = (tenths / 36000, tenths / 600 % 60, tenths / 10 % 60, tenths % 10);
    if h > 0 { format!("{h}:{m:02}:{s:02}.{rest}") } else { format!("{m:02}:{s:02}.{rest}") }
}

/// Tenths of a second, rounded.
pub(super) fn tick(t: SimTime, zero: SimTime) -> u64 {
    (t.since(zero).nanos() + 50_000_000) / 100_000_000
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
    let count = numbers.len();
    let parts: Vec<String> = numbers
        .chunk_by(|a, b| a + 1 == *b)
        .map(|run| match run {
            [one] => one.to_string(),
            _ => format!("{}-{}", run[0], run[run.len() - 1]),
        })
        .collect();
    match parts.len() {
        0..=MOST_PARTS => parts.join(","),
        _ => format!("{},... ({count} in all)", parts[..MOST_PARTS].join(",")),
    }
}

/// The story of one Job as text, a line each. `zero`: the Job's creation.
pub fn text(story: &Story, scenario: &Scenario, job: u32, zero: SimTime, filter: &Filter) -> String {
    let (lines, counted) = told(story, scenario, job, zero, filter);
    joined(lines, &counted, filter)
}

/// Every line of one Job.
pub fn lines(story: &Story, scenario: &Scenario, job: u32, zero: SimTime, filter: &Filter) -> Vec<Line> {
    told(story, scenario, job, zero, filter).0
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

/// Every line of one Job, and what a digest counts.
fn told(
    story: &Story,
    scenario: &Scenario,
    job: u32,
    zero: SimTime,
    filter: &Filter,
) -> (Vec<Line>, Vec<(u64, digest::Kind)>) {
    let entries: Vec<&Entry> = story.of_job(job).collect();
    let mut lines: Vec<Line> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut counted = Vec::new();
    let (mut now, mut t) = (0, zero);
    for (at, entry) in entries.iter().enumerate() {
        let since = entry.t.since(zero);
        if since < filter.from || filter.to.is_some_and(|to| since > to) || !is_wanted(story, entry, filter) {
            continue;
        }
        counted.extend(digest::kind(entry.what).map(|kind| (tick(entry.t, zero), kind)));
        if tick(entry.t, zero) != now {
            flush(story, &mut groups, (now, t), &mut lines);
            now = tick(entry.t, zero);
        }
        match entry.what {
            What::Pod(pod, event) => {
                let shown = filter.all || filter.names_pods();
                let Some(mut words) = pod_words(scenario, event, shown) else { continue };
                t = entry.t;
                // That a pod ends which was told to is no news.
                if matches!(event, PodEvent::Ended { .. }) && story.pod(pod).1.deleted.is_some() {
                    words.rank = words.rank.max(2);
                }
                match groups.iter_mut().find(|group| group.is_like(&words)) {
                    Some(group) => group.add(pod, words.ran),
                    None => groups.push(Group { pods: vec![pod], longest: words.ran, words }),
                }
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
    (lines, counted)
}

/// As many lines as can be read: what matters least goes first, and what is left out is counted, window by window.
fn joined(mut lines: Vec<Line>, counted: &[(u64, digest::Kind)], filter: &Filter) -> String {
    let whole = lines.len();
    let mut digests: Vec<Digest> = Vec::new();
    if !filter.all {
        for rank in [4, 3] {
            if lines.len() > MOST_LINES {
                lines.retain(|line| line.rank < rank);
            }
        }
        if lines.len() > MOST_LINES {
            lines.retain(|line| line.rank < 2);
            digests = digest::windows(counted, MOST_LINES / 3);
        }
    }
    let room = MOST_LINES - digests.len();
    let cut = if filter.all { 0 } else { lines.len().saturating_sub(room) };
    let head = (lines.len() - cut) * 2 / 3;
    lines.drain(head..head + cut);
    let left_out = whole - lines.len();
    let told = lines.into_iter().map(|line| (line.tick, clock_of(line.tick), line.text));
    let mut told: Vec<(u64, String, String)> = told.collect();
    // A digest stands before the lines of its window, behind what happened at its very start.
    for digest in digests {
        let place = told.iter().position(|line| line.0 > digest.from).unwrap_or(told.len());
        told.insert(place, (digest.from, clock_of(digest.from), digest.text()));
    }
    let width = told.iter().map(|line| line.1.len()).max().unwrap_or(0);
    let mut out: String = told.iter().map(|(_, at, text)| format!("{at:>width$} {text}\n")).collect();
    if left_out > 0 {
        out.push_str(&format!(
            "({left_out} lines that matter less are left out; --all, --pod, --index, --from and --to show them)\n"
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

/// Pods to which the same happened at one instant; `words.ran` is the shortest run of them.
struct Group {
    words: PodWords,
    pods: Vec<u32>,
    longest: Option<SimDuration>,
}

impl Group {
    fn is_like(&self, words: &PodWords) -> bool {
        let of = |words: &PodWords| (words.rank, words.before.clone(), words.after.clone());
        of(&self.words) == of(words) && self.words.ran.is_some() == words.ran.is_some()
    }

    fn add(&mut self, pod: u32, ran: Option<SimDuration>) {
        self.pods.push(pod);
        self.words.ran = self.words.ran.min(ran);
        self.longest = self.longest.max(ran);
    }

    fn text(&self, story: &Story) -> String {
        let ran = match (self.words.ran, self.longest) {
            (Some(shortest), Some(longest)) => ran_words(shortest, longest),
            _ => String::new(),
        };
        format!("{} {}{ran}{}", pods(story, &self.pods), self.words.before, self.words.after)
    }
}

fn flush(story: &Story, groups: &mut Vec<Group>, (tick, t): (u64, SimTime), lines: &mut Vec<Line>) {
    let told = |group: Group| Line { tick, t, rank: group.words.rank, text: group.text(story) };
    lines.extend(groups.drain(..).map(told));
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
        // The writes of a few pods take no time that anybody would notice.
        false if last.since(entries[0].t) < SimDuration::SECOND => format!(": {}", pods(story, &made)),
        false => format!(": {}, the last at {}", pods(story, &made), clock(last, zero)),
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
