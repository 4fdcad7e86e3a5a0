//! The answer as Markdown, fit for a comment on a pull request.

use std::fmt::Write;

use super::answer::{Answer, JOBSIM, KUBERNETES};
use super::verdict;
use super::words::{confidence_level, duration, number, percents, several};
use crate::experiment::interval::Summary;

/// The whole answer: gates and verdict first, then what to change; the figures are folded away.
pub fn answer(answer: &Answer) -> String {
    let mut text = String::new();
    for gate in &answer.gates {
        let _ = writeln!(text, "- gate `{}`: **{}**", gate.gate, gate.verdict.name());
    }
    if !answer.gates.is_empty() {
        text.push('\n');
    }
    let verdicts = answer.jobs.iter().map(verdict::of_job);
    for verdict in verdicts.chain(answer.dependencies.iter().filter_map(verdict::of_dependency)) {
        let _ = writeln!(text, "**{}** {}\n", escaped(&verdict.headline), escaped(&verdict.rest));
    }
    for job in &answer.jobs {
        for advice in &job.advice {
            let _ = writeln!(text, "- **{}**: {}", advice.code, escaped(&advice.text));
        }
        if !job.advice.is_empty() {
            text.push('\n');
        }
    }
    text.push_str("<details><summary>Figures</summary>\n\n");
    for job in &answer.jobs {
        let _ = writeln!(text, "### Job {}\n", escaped(&job.name));
        let _ = writeln!(
            text,
            "| outcome | runs | {} interval |\n|---|--:|---|",
            confidence_level(answer.confidence)
        );
        for o in &job.outcomes {
            let name = if o.reason.is_empty() {
                o.outcome.to_string()
            } else {
                format!("{} ({})", o.outcome, o.reason)
            };
            share_row(&mut text, &name, o.share, o.interval);
        }
        for done in &job.done_by {
            share_row(
                &mut text,
                &format!("Complete within {}", duration(done.t_s)),
                done.share,
                done.interval,
            );
        }
        quantities(&mut text, &job.quantities);
    }
    for dependency in &answer.dependencies {
        let _ = writeln!(text, "### Dependency {} ({})", escaped(&dependency.name), dependency.kind);
        quantities(&mut text, &dependency.quantities);
    }
    let defaults: Vec<String> = answer.defaults.iter().map(|default| escaped(default)).collect();
    if !defaults.is_empty() {
        let _ = writeln!(text, "Stood on these defaults: {}.\n", defaults.join("; "));
    }
    text.push_str("</details>\n\n");
    if let Some(sentence) = answer.missed() {
        let _ = writeln!(text, "{sentence}\n");
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

fn share_row(text: &mut String, name: &str, share: f64, interval: Option<(f64, f64)>) {
    let interval = interval.map_or_else(String::new, |(low, high)| percents((low, high)));
    let _ = writeln!(text, "| {} | {:.1} % | {interval} |", escaped(name), 100.0 * share);
}

fn quantities(text: &mut String, quantities: &[(&'static str, Option<Summary>)]) {
    text.push_str("\n| | mean | p50 | p95 | max | mean's interval |\n|---|--:|--:|--:|--:|---|\n");
    for (name, summary) in quantities {
        let Some(s) = summary.filter(|s| s.max != 0.0) else { continue };
        let (label, show): (&str, fn(f64) -> String) = match name.strip_suffix("_s") {
            Some(label) if !name.ends_with("per_s") => (label, duration),
            _ => (name, number),
        };
        let interval = s
            .interval
            .map_or_else(String::new, |(low, high)| format!("[{}, {}]", show(low.max(0.0)), show(high)));
        let values = [s.mean, s.p50, s.p95, s.max].map(show).join(" | ");
        let _ = writeln!(text, "| {} | {values} | {interval} |", label.replace('_', " "));
    }
    text.push('\n');
}

/// What would end a cell of a table, or begin a tag.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
