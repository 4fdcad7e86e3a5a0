//! Settings that are no numbers: a row for each, with its mean makespan and the share of runs that complete.

use serde_json::Value;

use super::{Job, Sweep, runs};
use crate::report::chart::spec::{Anchor, Axis, Cell, Chart, Dot, Hue, Mark, Panel, Table, Unit};
use crate::report::chart::value;
use crate::report::figures::numbers::{known, share, text};

/// More settings are in the table only.
const MOST_ROWS: usize = 30;

/// The chart of one Job; none when no run of it ended.
pub(super) fn rows(sweep: &Sweep, job: &Job) -> Option<Chart> {
    let cells = &sweep.cells[..sweep.cells.len().min(MOST_ROWS)];
    let mut marks = Vec::new();
    let mut columns = Table::new(&[("setting", ""), ("mean makespan", "s"), ("low", "s"), ("high", "s")]);
    let mut right: f64 = 0.0;
    for (k, cell) in sweep.cells.iter().enumerate() {
        let found = known(&cell["jobs"][job.number]["makespan_s"]);
        let interval = found.and_then(|found| found.interval);
        let ends = [found.map(|f| f.mean), interval.map(|i| i.0), interval.map(|i| i.1)].map(Cell::from);
        columns.rows.push(std::iter::once(Cell::from(sweep.setting(cell))).chain(ends).collect());
        let Some(found) = found.filter(|_| k < cells.len()) else { continue };
        let y = k as f64 + 0.5;
        if let Some((low, high)) = found.interval {
            marks.push(Mark::Ranges { points: vec![(y, low.max(0.0), high)], hue: Hue::Blue });
        }
        marks.push(Mark::Dots { points: vec![(found.mean, y)], dot: Dot::Disc, hue: Hue::Blue });
        right = right.max(found.interval.map_or(found.mean, |interval| interval.1.max(found.mean)));
    }
    if right <= 0.0 {
        return None;
    }
    let to = right * 1.06;
    for (k, cell) in cells.iter().enumerate() {
        let complete = value(share(&cell["jobs"][job.number], "Complete", runs(cell)), Unit::Share);
        let text = format!("{complete} complete");
        let at = (to, k as f64 + 0.5);
        marks.push(Mark::Label { at, text, hue: Hue::Quiet, anchor: Anchor::Start });
    }
    let names = sweep.names.join(" and ");
    // The title names a single axis.
    let name = |cell: &Value| match sweep.axes {
        [_] => text(&cell["setting"][0]["value"]),
        _ => sweep.setting(cell),
    };
    Some(Chart {
        id: format!("sweep-makespan{}", job.suffix),
        title: format!("{}: mean makespan by {names}", job.name),
        subtitle: sweep.in_words(&[]),
        alt: format!("Mean makespan of Job {} for each setting of {names}, with 95 % intervals.", job.name),
        width: 800,
        height: 140 + 30 * cells.len() as u32,
        x: Axis::linear("mean makespan of runs that ended", Unit::Time, 0.0, to),
        panels: vec![Panel { y: Axis::names("", cells.iter().map(name).collect()), weight: 1.0, marks }],
        key: Vec::new(),
        table: columns.thinned("sweep.csv has all"),
    })
}
