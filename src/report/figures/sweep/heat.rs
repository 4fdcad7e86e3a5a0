//! Two axes: a cell for each setting, coloured by its value.

use serde_json::Value;

use super::{Job, Sweep, runs};
use crate::report::chart::spec::{Anchor, Axis, Bar, Chart, Fill, Hue, Key, Mark, Panel, Table, Unit};
use crate::report::chart::{on_heat, value};
use crate::report::figures::numbers::{list, share, text};

/// The makespan, and the share that completes where it varies, by two axes.
pub(super) fn heat_maps(sweep: &Sweep, axes: (&Value, &Value), of_job: &Job) -> Vec<Chart> {
    let (job, cells) = (of_job.number, sweep.cells);
    let makespan = |cell: &Value| cell["jobs"][job]["makespan_s"]["mean"].as_f64();
    let complete = |cell: &Value| Some(share(&cell["jobs"][job], "Complete", runs(cell)));
    let mut charts = Vec::new();
    charts.extend(
        heat_map(cells, axes, &makespan, Unit::Time)
            .map(|c| named(c, "makespan", "mean makespan of runs that ended", sweep, of_job)),
    );
    if cells.iter().any(|cell| complete(cell) != Some(1.0)) {
        charts.extend(
            heat_map(cells, axes, &complete, Unit::Share)
                .map(|c| named(c, "complete", "share of runs that complete", sweep, of_job)),
        );
    }
    charts
}

fn named(mut chart: Chart, id: &str, what: &str, sweep: &Sweep, job: &Job) -> Chart {
    chart.id = format!("heat-{id}{}", job.suffix);
    chart.title = format!("{}: {what} by {}", job.name, sweep.names.join(" and "));
    chart.alt = format!("Heat map: {}. Each cell holds its value.", chart.title);
    chart.subtitle = format!("{} with the same luck, seed {}", sweep.replications(), sweep.summary["seed"]);
    chart
}

fn heat_map(
    cells: &[Value],
    (a, b): (&Value, &Value),
    of: &dyn Fn(&Value) -> Option<f64>,
    unit: Unit,
) -> Option<Chart> {
    let (columns, rows) = (list(&b["values"]), list(&a["values"]));
    if columns.len() < 2 || rows.len() < 2 {
        return None;
    }
    let values: Vec<f64> = cells.iter().filter_map(of).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let place = |cell: &Value, k: usize, values: &[Value]| {
        values.iter().position(|v| *v == cell["setting"][k]["value"])
    };
    let mut marks = Vec::new();
    let mut words = Vec::new();
    let mut table = Table::new(&[("row", ""), ("column", ""), ("value", "")]);
    for cell in cells {
        let (Some(row), Some(column)) = (place(cell, 0, rows), place(cell, 1, columns)) else { continue };
        let found = of(cell);
        table.rows.push(vec![text(&rows[row]).into(), text(&columns[column]).into(), found.into()]);
        let (x, y) = (column as f64, row as f64);
        let bar = Bar { x: (x + 0.02, x + 0.98), y: (y + 0.03, y + 0.97), goes_on: false };
        let Some(v) = found else {
            words.push(Mark::Label {
                at: (x + 0.5, y + 0.5),
                text: "\u{2013}".to_string(),
                hue: Hue::Quiet,
                anchor: Anchor::Inside,
            });
            continue;
        };
        let step = if high > low { ((v - low) / (high - low) * 8.0).round() as u8 } else { 0 };
        marks.push(Mark::Bars { bars: vec![bar], hue: Hue::Heat(step), fill: Fill::Solid });
        if columns.len() <= 10 && rows.len() <= 20 {
            let hue = on_heat(step);
            words.push(Mark::Label {
                at: (x + 0.5, y + 0.5),
                text: value(v, unit),
                hue,
                anchor: Anchor::Inside,
            });
        }
    }
    marks.extend(words);
    let ends = [(Hue::Heat(0), low), (Hue::Heat(8), high)];
    let key = ends.iter().filter(|_| high > low).map(|(hue, v)| Key::solid(*hue, &value(*v, unit))).collect();
    let names =
        |axis: &Value| Axis::names(&text(&axis["path"]), list(&axis["values"]).iter().map(text).collect());
    Some(Chart {
        id: String::new(),
        title: String::new(),
        subtitle: String::new(),
        alt: String::new(),
        width: 800,
        height: (150.0 + (rows.len() as f64 * 44.0).clamp(100.0, 420.0)) as u32,
        x: names(b),
        panels: vec![Panel { y: names(a), weight: 1.0, marks }],
        key,
        table: table.thinned("sweep.csv has all"),
    })
}
