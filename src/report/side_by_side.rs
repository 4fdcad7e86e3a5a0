//! One row a setting: how its Jobs end, when, and what is wasted, in a table for a terminal.
//!
//! Relies on the answers of `run`, which have the same luck when seed and workload are the same. Leaves out intervals:
//! `compare` has those of the differences.

use std::fmt::Write;

use super::answer::JobAnswer;
use super::words::duration;

/// One row.
pub struct Row<'a> {
    pub name: String,
    pub job: &'a JobAnswer,
}

/// The table, with its heading. Times are those of runs that ended.
pub fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(7);
    let heads = ["complete", "failed", "stuck", "end p50", "end p95", "wasted"];
    let lengths = heads.map(|head| head.len().max(7));
    let line = |name: &str, cells: [String; 6]| {
        let mut line = format!("  {name:width$}");
        for (cell, length) in cells.iter().zip(lengths) {
            let _ = write!(line, "  {cell:>length$}");
        }
        line.push('\n');
        line
    };
    let mut text = line("", heads.map(str::to_string));
    for row in rows {
        let share = |outcomes: &[&str]| {
            let of = row.job.outcomes.iter().filter(|o| outcomes.contains(&o.outcome));
            let share: f64 = of.map(|o| o.share).sum();
            if share == 0.0 { "-".to_string() } else { format!("{:.1} %", 100.0 * share) }
        };
        let quantity = |key: &str| {
            row.job
                .quantities
                .iter()
                .find(|(known, _)| *known == key)
                .and_then(|(_, summary)| summary.as_ref())
        };
        let makespan = quantity("makespan_s");
        let time = |seconds: Option<f64>| seconds.map_or("never".to_string(), duration);
        let wasted = quantity("wasted_pod_s").map_or(0.0, |s| s.mean);
        let wasted = if wasted == 0.0 { "-".to_string() } else { duration(wasted) };
        text.push_str(&line(
            &row.name,
            [
                share(&["Complete"]),
                share(&["Failed"]),
                share(&["Stuck", "Suspended", "Horizon"]),
                time(makespan.map(|s| s.p50)),
                time(makespan.map(|s| s.p95)),
                wasted,
            ],
        ));
    }
    text
}
