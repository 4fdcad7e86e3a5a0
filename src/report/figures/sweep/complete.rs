//! The share of runs that complete along an axis.

use serde_json::Value;

use super::lines::{Line, curves, x_axis};
use super::{Job, Sweep, runs};
use crate::experiment::interval::{share_interval, tail_of};
use crate::report::chart::spec::{Axis, Cell, Chart, Panel, Table, Unit};
use crate::report::figures::numbers::{Known, share, text};
use crate::report::sweep::confidence;

/// Shares of runs; none when all are Complete everywhere.
pub(super) fn complete(sweep: &Sweep, lines: &[Line], along: usize, of_job: &Job) -> Option<Chart> {
    let (job, name, cells) = (of_job.number, &of_job.name, sweep.cells);
    let axis = &sweep.axes[along];
    if cells.iter().all(|cell| share(&cell["jobs"][job], "Complete", runs(cell)) == 1.0) {
        return None;
    }
    let tail = tail_of(confidence(sweep.summary));
    let complete = |cell: &Value| -> Option<Known> {
        let n = runs(cell);
        let share = share(&cell["jobs"][job], "Complete", n);
        Some(Known { mean: share, interval: share_interval((share * n).round() as usize, n as usize, tail) })
    };
    let (marks, _) = curves(lines, &complete);
    let path = text(&axis["path"]);
    let mut table = Table::new(&[
        ("setting", ""),
        ("Complete", "share"),
        ("Failed", "share"),
        ("Stuck", "share"),
        ("Horizon", "share"),
    ]);
    for cell in cells {
        let shares = ["Complete", "Failed", "Stuck", "Horizon"]
            .map(|o| Cell::from(share(&cell["jobs"][job], o, runs(cell))));
        table.rows.push(std::iter::once(Cell::from(sweep.setting(cell))).chain(shares).collect());
    }
    Some(Chart {
        id: format!("sweep-complete{}", of_job.suffix),
        title: format!("{name}: share of runs that complete, by {}", sweep.names[along]),
        subtitle: sweep.in_words(lines),
        alt: format!(
            "Curve of the share of runs in which Job {name} completes over {path}, with 95 % intervals."
        ),
        width: 800,
        height: 340,
        x: x_axis(axis),
        panels: vec![Panel {
            y: Axis::linear("runs that are Complete", Unit::Share, 0.0, 1.02),
            weight: 1.0,
            marks,
        }],
        key: Vec::new(),
        table: table.thinned("sweep.csv has all"),
    })
}
