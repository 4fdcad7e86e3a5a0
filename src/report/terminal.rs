//! The answer as text, readable at 80 columns: gates and verdict first, then the figures, then what to change.
//!
//! Colour is the caller's to allow. What the screen has no room for is left out unless [`Detail::All`] is asked for;
//! JSON has it always.

use std::fmt::Write;

use super::answer::{Answer, GateAnswer, JOBSIM, JobAnswer, KUBERNETES};
use super::dependency_text;
use super::verdict::{self, Grade, Verdict};
use super::words::{confidence_level, duration, number, percent, percents, several, wrap};
use crate::experiment::constraint;
use crate::experiment::interval::{HEAVY_TAIL, Summary};

/// How much is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// What decides.
    Main,
    /// Every figure there is.
    All,
}

/// Whether text may carry colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    Plain,
    /// ANSI escape sequences (ECMA-48, SGR).
    Ansi,
}

impl Ink {
    /// The line breaks of a text stay outside of the colour.
    fn paint(self, grade: Grade, text: &str) -> String {
        let code = match (self, grade) {
            (Ink::Plain, _) => return text.to_string(),
            (Ink::Ansi, Grade::Good) => "32",
            (Ink::Ansi, Grade::Mixed) => "33",
            (Ink::Ansi, Grade::Bad) => "31",
        };
        let lines: Vec<String> = text.lines().map(|line| format!("\x1b[1;{code}m{line}\x1b[0m")).collect();
        lines.join("\n") + "\n"
    }
}

/// The whole answer.
pub fn answer(answer: &Answer, detail: Detail, ink: Ink) -> String {
    let mut text = String::new();
    for gate in &answer.gates {
        text.push_str(&gate_line(gate, ink));
    }
    if !answer.gates.is_empty() {
        text.push('\n');
    }
    for job in &answer.jobs {
        tell(&mut text, &verdict::of_job(job), ink);
    }
    for verdict in answer.dependencies.iter().filter_map(verdict::of_dependency) {
        tell(&mut text, &verdict, ink);
    }
    text.push('\n');
    for job in &answer.jobs {
        job_text(&mut text, job);
    }
    for dependency in &answer.dependencies {
        dependency_text::text(&mut text, dependency, detail);
    }
    advice(&mut text, answer);
    if !answer.defaults.is_empty() {
        let defaults = answer.defaults.join("; ");
        wrap(&mut text, "", "  ", &format!("Stood on these defaults: {defaults}."));
        text.push('\n');
    }
    if let Some(sentence) = answer.missed() {
        wrap(&mut text, "", "  ", &sentence);
    }
    let _ = writeln!(
        text,
        "{}, seed {}; jobsim {JOBSIM}, Kubernetes {KUBERNETES}; intervals are {}",
        several(answer.replications, "replication"),
        answer.seed,
        confidence_level(answer.confidence)
    );
    text
}

fn gate_line(gate: &GateAnswer, ink: Ink) -> String {
    let grade = match gate.verdict {
        constraint::Verdict::Pass => Grade::Good,
        constraint::Verdict::Undecided => Grade::Mixed,
        constraint::Verdict::Fail => Grade::Bad,
    };
    let verdict = gate.verdict.name().to_uppercase();
    let line = format!("Gate {}: {verdict}   ({})\n", gate.gate, gate.in_words());
    ink.paint(grade, &line)
}

/// The headline in its colour, the rest below.
fn tell(text: &mut String, verdict: &Verdict, ink: Ink) {
    let mut headline = String::new();
    wrap(&mut headline, "", "", &verdict.headline);
    text.push_str(&ink.paint(verdict.grade, &headline));
    if !verdict.rest.is_empty() {
        wrap(text, "  ", "  ", &verdict.rest);
    }
}

fn job_text(text: &mut String, job: &JobAnswer) {
    let _ = writeln!(text, "Job {}", job.name);
    for o in &job.outcomes {
        let name =
            if o.reason.is_empty() { o.outcome.to_string() } else { format!("{} ({})", o.outcome, o.reason) };
        share_line(text, &name, o.share, o.interval);
    }
    for done in &job.done_by {
        share_line(text, &format!("Complete within {}", duration(done.t_s)), done.share, done.interval);
    }
    head(text, "");
    for (name, summary) in &job.quantities {
        let Some(s) = summary.filter(|s| s.max != 0.0) else { continue };
        let (label, show): (&str, fn(f64) -> String) = match name.strip_suffix("_s") {
            Some(label) => (label, duration),
            None => (name, number),
        };
        row(text, label, &s, show);
    }
    for (name, summary) in &job.quantities {
        if let Some(index) = summary.and_then(|s| s.heavy_tail()) {
            let label = name.strip_suffix("_s").unwrap_or(name).replace('_', " ");
            let sentence = format!(
                "{label} has a heavy tail (index {index:.1}, below {HEAVY_TAIL}): rare runs decide its mean, \
                 whose interval is too narrow; go by the quantiles"
            );
            bullet(text, &sentence);
        }
    }
    text.push('\n');
}

fn share_line(text: &mut String, name: &str, share: f64, interval: Option<(f64, f64)>) {
    let interval = interval.map_or_else(String::new, percents);
    let _ = writeln!(text, "  {name:38} {:>8} of runs  {interval}", percent(share));
}

/// The head of a table of quantities.
pub(super) fn head(text: &mut String, name: &str) {
    let _ = writeln!(text, "{name:22} {:>9} {:>9} {:>9} {:>9}  mean's interval", "mean", "p50", "p95", "max");
}

/// One quantity. Where all runs have the same value there is nothing to estimate an error from.
pub(super) fn row(text: &mut String, label: &str, s: &Summary, show: fn(f64) -> String) {
    let label = label.replace('_', " ");
    let [mean, p50, p95, max] = [s.mean, s.p50, s.p95, s.max].map(show);
    let interval = match s.interval {
        _ if s.n > 1 && s.min == s.max => "all alike".to_string(),
        Some((low, high)) => format!("[{}, {}]", show(low.max(0.0)), show(high)),
        None => "-".to_string(),
    };
    let _ = writeln!(text, "  {label:20} {mean:>9} {p50:>9} {p95:>9} {max:>9}  {interval}");
}

/// Advice of all Jobs; the same of several is told once.
fn advice(text: &mut String, answer: &Answer) {
    let mut told: Vec<(&str, String, Vec<&str>)> = Vec::new();
    for job in &answer.jobs {
        for advice in &job.advice {
            let words = advice.text.strip_prefix(&format!("{}: ", job.name)).unwrap_or(&advice.text);
            match told.iter_mut().find(|(code, same, _)| *code == advice.code && same == words) {
                Some((_, _, names)) => names.push(&job.name),
                None => told.push((advice.code, words.to_string(), vec![&job.name])),
            }
        }
    }
    if told.is_empty() {
        return;
    }
    text.push_str("What to change (jobsim check shows where, --explain CODE says more):\n");
    for (code, words, names) in told {
        let of = if answer.jobs.len() > 1 { format!(" ({})", names.join(", ")) } else { String::new() };
        bullet(text, &format!("{code}{of}: {words}"));
    }
    text.push('\n');
}

/// An item of a list.
pub(super) fn bullet(text: &mut String, sentence: &str) {
    wrap(text, "  - ", "    ", sentence);
}
