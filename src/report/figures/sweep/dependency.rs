//! The load on a dependency along an axis.

use super::Sweep;
use super::lines::{Line, curves, x_axis};
use crate::report::chart::spec::{Axis, Cell, Chart, Column, Mark, Panel, Table, Unit};
use crate::report::figures::file_name;
use crate::report::figures::numbers::{known, text};

/// The chart of one dependency; none when nobody called it.
pub(super) fn dependency(sweep: &Sweep, lines: &[Line], along: usize, at: usize) -> Option<Chart> {
    let (axis, cells) = (&sweep.axes[along], sweep.cells);
    let first = &cells.first()?["dependencies"][at];
    let name = text(&first["name"]);
    let quantities = [
        ("peak_in_flight", "most callers at once, mean"),
        ("peak_arrivals_per_s", "most arrivals in one second, mean"),
        ("rejected", "refused calls, mean"),
        ("timeouts", "calls that time out, mean"),
        ("over_limit_s", "time above its limit, mean"),
    ];
    let mut panels = Vec::new();
    let mut table = Table::new(&[("setting", "")]);
    table.rows = cells.iter().map(|cell| vec![Cell::from(sweep.setting(cell))]).collect();
    for (key, label) in quantities {
        let (mut marks, top) = curves(lines, &|cell| known(&cell["dependencies"][at][key]));
        if top <= 0.0 || panels.len() == 3 {
            continue;
        }
        if !panels.is_empty() {
            // The first panel names the lines.
            marks.retain(|mark| !matches!(mark, Mark::Label { .. }));
        }
        let y = Axis::linear(
            label,
            if key.ends_with("_s") && key != "peak_arrivals_per_s" { Unit::Time } else { Unit::Number },
            0.0,
            top * 1.1,
        );
        panels.push(Panel { y, weight: 1.0, marks });
        table.columns.push(Column { name: label.to_string(), unit: "" });
        for (row, cell) in table.rows.iter_mut().zip(cells) {
            row.push(Cell::from(cell["dependencies"][at][key]["mean"].as_f64()));
        }
    }
    if panels.is_empty() {
        return None;
    }
    let path = text(&axis["path"]);
    Some(Chart {
        id: format!("sweep-load-{}", file_name(&name)),
        title: format!("{name}: the load by {}", sweep.names[along]),
        subtitle: sweep.in_words(lines),
        alt: format!("Curves of the load on {name} over {path}, with 95 % intervals."),
        width: 800,
        height: 150 + 150 * panels.len() as u32,
        x: x_axis(axis),
        panels,
        key: Vec::new(),
        table: table.thinned("sweep.csv has all"),
    })
}
