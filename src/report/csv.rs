//! CSV files: a header line, a point for decimals, seconds with microseconds.

use std::io::Write;

use crate::engine::time::SimTime;
use crate::experiment::replicate::Run;
use crate::observe::pod_table::PodRow;
use crate::observe::timeline::TimelineRow;

/// A text that no spreadsheet takes for a formula: one that begins like a formula, and is no number, gets an apostrophe.
pub(super) fn safe(text: &str) -> String {
    let like_a_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    if like_a_formula { format!("'{text}") } else { text.to_string() }
}

fn seconds(value: f64) -> String {
    format!("{value:.6}")
}

fn optional<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(String::new, text)
}

fn instant(t: SimTime) -> String {
    seconds(t.seconds())
}

/// One row is one Job in one replication.
///
/// # Errors
/// When the writer fails.
pub fn replications(out: impl Write, names: &[String], runs: &[Run]) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "replication",
        "job",
        "outcome",
        "reason",
        "makespan_s",
        "pods_created",
        "pods_failed",
        "container_restarts",
        "peak_active",
        "peak_running",
        "wasted_pod_s",
        "running_pod_s",
    ])?;
    for (replication, run) in runs.iter().enumerate() {
        for (name, run) in names.iter().zip(&run.jobs) {
            let n = &run.numbers;
            csv.write_record([
                replication.to_string(),
                safe(name),
                run.ending.outcome.name().to_string(),
                run.ending.outcome.reason().to_string(),
                optional(run.makespan_s(), seconds),
                n.pods_created.to_string(),
                n.pods_failed.to_string(),
                n.container_restarts.to_string(),
                n.peak_active.to_string(),
                n.peak_running.to_string(),
                seconds(n.wasted_ns as f64 / 1e9),
                seconds(n.running_ns as f64 / 1e9),
            ])?;
        }
    }
    Ok(csv.flush()?)
}

/// One row is one pod of the run shown.
///
/// # Errors
/// When the writer fails.
pub fn pods(out: impl Write, names: &[String], rows: &[PodRow]) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "job",
        "pod",
        "index",
        "attempt",
        "created_s",
        "scheduled_s",
        "started_s",
        "finished_s",
        "removed_s",
        "phase",
        "exit_code",
        "reason",
        "restarts",
    ])?;
    for row in rows {
        csv.write_record([
            safe(&names[row.job as usize]),
            row.pod.to_string(),
            optional(row.index, |i| i.to_string()),
            row.attempt.to_string(),
            instant(row.created),
            optional(row.scheduled, instant),
            optional(row.started, instant),
            optional(row.finished, instant),
            optional(row.removed, instant),
            row.phase.as_str().to_string(),
            optional(row.exit_code, |c| c.to_string()),
            row.reason.to_string(),
            row.restarts.to_string(),
        ])?;
    }
    Ok(csv.flush()?)
}

/// One row is one instant at which something changed in the run shown.
///
/// # Errors
/// When the writer fails.
pub fn timeline(out: impl Write, names: &[String], rows: &[TimelineRow]) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["t_s", "job", "active", "pending", "running", "terminating", "succeeded", "failed"])?;
    for row in rows {
        csv.write_record([
            instant(row.t),
            safe(&names[row.job as usize]),
            row.active.to_string(),
            row.pending.to_string(),
            row.running.to_string(),
            row.terminating.to_string(),
            row.succeeded.to_string(),
            row.failed.to_string(),
        ])?;
    }
    Ok(csv.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_texts_and_numbers_stay_numbers() {
        for (text, cell) in [("=1+1", "'=1+1"), ("@x", "'@x"), ("-a", "'-a"), ("\t=1", "'\t=1")] {
            assert_eq!(safe(text), cell);
        }
        for text in ["-5", "+0.5", "1e-3", "black-hole", "a=b", ""] {
            assert_eq!(safe(text), text);
        }
    }
}
