//! The answer as text, readable at 80 columns.

use std::fmt::Write;

use super::answer::{Answer, JOBSIM, JobAnswer, KUBERNETES, percent};
use super::dependencies;
use crate::experiment::interval::{HEAVY_TAIL, Summary};

/// The whole answer.
pub fn answer(answer: &Answer) -> String {
    let mut text = String::new();
    for job in &answer.jobs {
        job_text(&mut text, job);
    }
    for dependency in &answer.dependencies {
        dependencies::text(&mut text, dependency);
    }
    for gate in &answer.gates {
        let show = |value: f64| match (gate.is_share, gate.is_time) {
            _ if !value.is_finite() => "never".to_string(),
            (true, _) => format!("{:.2} %", 100.0 * value),
            (_, true) => duration(value),
            _ => number(value),
        };
        let interval = gate.estimate.interval;
        let interval =
            interval.map_or("no interval".to_string(), |(l, h)| format!("[{}, {}]", show(l), show(h)));
        let _ = writeln!(
            text,
            "Gate {}: {}   ({} {interval})",
            gate.gate,
            gate.verdict.name().to_uppercase(),
            show(gate.estimate.value)
        );
    }
    if !answer.gates.is_empty() {
        text.push('\n');
    }
    if !answer.defaults.is_empty() {
        text.push_str("Stood on these defaults:\n");
        for default in &answer.defaults {
            wrap(&mut text, default);
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} replications, seed {}; jobsim {JOBSIM}, Kubernetes {KUBERNETES}; intervals are {}",
        answer.replications,
        answer.seed,
        percent(answer.confidence)
    );
    text
}

fn job_text(text: &mut String, job: &JobAnswer) {
    let _ = writeln!(text, "Job {}\n", job.name);
    for o in &job.outcomes {
        let (low, high) = o.interval.unwrap_or((0.0, 1.0));
        let name =
            if o.reason.is_empty() { o.outcome.to_string() } else { format!("{} ({})", o.outcome, o.reason) };
        let _ = writeln!(
            text,
            "  {name:32} {:>6.1} % of runs   [{:.1} %, {:.1} %]",
            100.0 * o.share,
            100.0 * low,
            100.0 * high
        );
    }
    for done in &job.done_by {
        let (low, high) = done.interval.unwrap_or((0.0, 1.0));
        let _ = writeln!(
            text,
            "  {:32} {:>6.1} % of runs   [{:.1} %, {:.1} %]",
            format!("Complete within {}", duration(done.t_s)),
            100.0 * done.share,
            100.0 * low,
            100.0 * high
        );
    }
    let _ = writeln!(
        text,
        "\n  {:20} {:>10} {:>10} {:>10} {:>10}  mean's interval",
        "", "mean", "p50", "p95", "max"
    );
    for (name, summary) in &job.quantities {
        let Some(s) = summary else { continue };
        if s.max == 0.0 {
            continue;
        }
        let (label, show): (&str, fn(f64) -> String) = match name.strip_suffix("_s") {
            Some(label) => (label, duration),
            None => (name, number),
        };
        row(text, label, s, show);
    }
    for (name, summary) in &job.quantities {
        if let Some(index) = summary.and_then(|s| s.tail_index).filter(|index| *index < HEAVY_TAIL) {
            let label = name.strip_suffix("_s").unwrap_or(name).replace('_', " ");
            wrap(
                text,
                &format!(
                    "{label} has a heavy tail (index {index:.1}, below {HEAVY_TAIL}): rare runs decide its mean, \
                     whose interval is too narrow; go by the quantiles"
                ),
            );
        }
    }
    text.push('\n');
    if !job.advice.is_empty() {
        text.push_str("Advice (jobsim check shows where, --explain CODE says more):\n");
        for advice in &job.advice {
            wrap(text, &format!("{}: {}", advice.code, advice.text));
        }
        text.push('\n');
    }
}

pub(super) fn row(text: &mut String, label: &str, s: &Summary, show: fn(f64) -> String) {
    let interval = s
        .interval
        .map_or_else(|| "-".to_string(), |(low, high)| format!("[{}, {}]", show(low.max(0.0)), show(high)));
    let _ = writeln!(
        text,
        "  {:20} {:>10} {:>10} {:>10} {:>10}  {interval}",
        label.replace('_', " "),
        show(s.mean),
        show(s.p50),
        show(s.p95),
        show(s.max)
    );
}

pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.2}") }
}

/// A length of time with the two units that matter: `1h 05m`, `12m 30s`, `4.25s`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (days, hours, minutes, rest) = (whole / 86400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds:.2}s"),
        (0, 0, _) => format!("{minutes}m{rest:02}s"),
        (0, _, _) => format!("{hours}h{minutes:02}m"),
        _ => format!("{days}d{hours:02}h"),
    }
}

pub(super) fn wrap(text: &mut String, sentence: &str) {
    let mut line = String::from("  -");
    for word in sentence.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > 78 {
            let _ = writeln!(text, "{line}");
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
