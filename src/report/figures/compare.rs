//! What a comparison shows: each difference as a range around zero, relative to the base where that can be.

use serde_json::Value;

use super::numbers::{list, text, unit_of};
use super::several;
use crate::report::chart::spec::{Anchor, Axis, Cell, Chart, Dot, Hue, Mark, Panel, Scale, Table, Unit};
use crate::report::chart::value;

/// What is shown of a Job, of what a comparison knows.
const QUANTITIES: [(&str, &str); 7] = [
    ("makespan_s", "makespan"),
    ("pods_created", "pods created"),
    ("pods_failed", "pods failed"),
    ("container_restarts", "container restarts"),
    ("peak_running", "peak running"),
    ("wasted_pod_s", "wasted pod time"),
    ("running_pod_s", "running pod time"),
];
const OF_DEPENDENCY: [(&str, &str); 4] = [
    ("rejected", "rejected"),
    ("timeouts", "timeouts"),
    ("peak_in_flight", "peak in flight"),
    ("peak_arrivals_per_s", "peak arrivals/s"),
];

/// One difference: its name, its unit, what it is relative to, the difference and its interval.
struct Row {
    name: String,
    unit: Unit,
    base: f64,
    difference: f64,
    interval: (f64, f64),
}

/// The charts of a comparison, from its JSON: for each variant the quantities, and the outcomes when they differ.
pub(super) fn compare(answer: &Value) -> Vec<Chart> {
    let mut charts = Vec::new();
    for (k, variant) in list(&answer["variants"]).iter().enumerate() {
        let (mut quantities, mut outcomes) = (Vec::new(), Vec::new());
        let several_jobs = list(&variant["jobs"]).len() > 1;
        for job in list(&variant["jobs"]) {
            let prefix = if several_jobs { format!("{}: ", text(&job["name"])) } else { String::new() };
            let rows = QUANTITIES
                .iter()
                .filter_map(|(key, name)| row(&job[*key], &format!("{prefix}{name}"), unit_of(key)));
            quantities.extend(rows);
            let of = |o: &Value| row(o, &format!("{prefix}{}", text(&o["outcome"])), Unit::Share);
            outcomes.extend(list(&job["outcomes"]).iter().filter_map(of));
        }
        for dependency in list(&variant["dependencies"]) {
            let prefix = text(&dependency["name"]);
            let rows = OF_DEPENDENCY
                .iter()
                .filter_map(|(key, name)| row(&dependency[*key], &format!("{prefix} {name}"), Unit::Number));
            quantities.extend(rows);
        }
        quantities.retain(|row: &Row| row.base > 0.0);
        let suffix = if list(&answer["variants"]).len() > 1 { format!("-{}", k + 1) } else { String::new() };
        let names = short_names(text(&answer["base"]["name"]), text(&variant["name"]));
        charts.extend(chart(answer, &names, &quantities, true, &format!("compare{suffix}")));
        if outcomes.iter().any(|row: &Row| row.difference != 0.0) {
            charts.extend(chart(answer, &names, &outcomes, false, &format!("compare-outcomes{suffix}")));
        }
    }
    charts
}

/// The last part of each path, when that tells them apart.
fn short_names(base: String, variant: String) -> (String, String) {
    let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or(path).to_string();
    let is_path = |name: &str| !name.contains('=');
    match (last(&base), last(&variant)) {
        (a, b) if a != b && is_path(&variant) => (a, b),
        (a, _) if !is_path(&variant) => (a, variant),
        _ => (base, variant),
    }
}

fn row(value: &Value, name: &str, unit: Unit) -> Option<Row> {
    let of = |key: &str| value[key].as_f64();
    Some(Row {
        name: name.to_string(),
        unit,
        base: of("base")?,
        difference: of("difference")?,
        interval: of("low").zip(of("high"))?,
    })
}

fn chart(
    answer: &Value,
    (base, variant): &(String, String),
    rows: &[Row],
    relative: bool,
    id: &str,
) -> Option<Chart> {
    if rows.is_empty() {
        return None;
    }
    let scaled = |row: &Row, v: f64| if relative { v / row.base } else { v };
    let reach = rows
        .iter()
        .flat_map(|row| [row.interval.0, row.interval.1, row.difference].map(|v| scaled(row, v).abs()));
    // A difference of many times the base would hide the others.
    let reach = reach.fold(0.01, f64::max).min(3.0);
    let mut marks = vec![Mark::RuleX { at: 0.0, hue: Hue::Ink, text: "no difference".to_string() }];
    let mut table =
        Table::new(&[("quantity", ""), ("base", ""), ("difference", ""), ("low", ""), ("high", "")]);
    for (k, row) in rows.iter().enumerate() {
        let y = k as f64 + 0.5;
        let (low, high) = (scaled(row, row.interval.0), scaled(row, row.interval.1));
        let hue = if low > 0.0 || high < 0.0 { Hue::Blue } else { Hue::Quiet };
        let at = scaled(row, row.difference).clamp(-reach, reach);
        marks.push(Mark::Ranges { points: vec![(y, low.max(-reach), high.min(reach))], hue });
        marks.push(Mark::Dots { points: vec![(at, y)], dot: Dot::Disc, hue });
        let unit = if row.unit == Unit::Time { Unit::Time } else { row.unit };
        let sign = if row.difference > 0.0 { "+" } else { "" };
        let text = format!("{sign}{}", value(row.difference, unit));
        marks.push(Mark::Label { at: (reach * 1.08, y), text, hue, anchor: Anchor::Start });
        let numbers = [row.base, row.difference, row.interval.0, row.interval.1].map(Cell::from);
        table.rows.push(std::iter::once(Cell::from(row.name.clone())).chain(numbers).collect());
    }
    let sure = rows.iter().filter(|row| row.interval.0 > 0.0 || row.interval.1 < 0.0).count();
    let what = if relative { "quantity" } else { "outcome" };
    let plural = if relative { "quantities" } else { "outcomes" };
    let label =
        if relative { "difference, relative to the base" } else { "difference, in percentage points" };
    let count = if rows.len() == 1 { format!("1 {what}") } else { format!("{} {plural}", rows.len()) };
    Some(Chart {
        id: id.to_string(),
        title: format!("{variant} against {base}: {sure} of {count} surely differ"),
        subtitle: format!(
            "{} of each with the same luck, seed {}; {}; grey: zero is within the interval",
            several(answer["replications"].as_f64().unwrap_or(0.0) as usize, "replication"),
            answer["seed"],
            text(&answer["intervals"])
        ),
        alt: format!(
            "Paired differences of {variant} against {base} with intervals; {sure} of {count} surely differ."
        ),
        width: 800,
        height: 150 + 30 * rows.len() as u32,
        x: Axis {
            label: label.to_string(),
            scale: Scale::Linear { from: -reach * 1.08, to: reach * 1.08 },
            unit: Unit::Share,
        },
        panels: vec![Panel {
            y: Axis::names("", rows.iter().map(|row| row.name.clone()).collect()),
            weight: 1.0,
            marks,
        }],
        key: Vec::new(),
        table,
    })
}
