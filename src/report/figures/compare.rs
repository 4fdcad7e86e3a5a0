//! What a comparison shows: each difference as a range around zero, relative to the base where that can be.

use serde_json::Value;

use super::numbers::{list, text, unit_of};
use super::several;
use crate::report::chart::spec::{Anchor, Axis, Cell, Chart, Dot, Hue, Mark, Panel, Table, Unit};
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

/// Differences of more than so many times the base are arrows.
const MOST_RELATIVE: f64 = 3.0;

/// One difference: its name, its unit, what it is relative to, the difference and its interval.
struct Row {
    name: String,
    unit: Unit,
    base: f64,
    difference: f64,
    interval: (f64, f64),
}

impl Row {
    fn is_sure(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }
}

/// The charts of a comparison, from its JSON: for each variant the quantities, and the outcomes when they differ.
pub(super) fn compare(answer: &Value) -> Vec<Chart> {
    let mut charts = Vec::new();
    for (k, variant) in list(&answer["variants"]).iter().enumerate() {
        let (mut quantities, mut outcomes): (Vec<Row>, Vec<Row>) = (Vec::new(), Vec::new());
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
        quantities.retain(|row: &Row| row.base > 0.0 || row.difference != 0.0);
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
    // What the base never had has no relative difference.
    let (rows, without): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| !relative || row.base > 0.0);
    if rows.is_empty() {
        return None;
    }
    let scaled = |row: &Row, v: f64| if relative { v / row.base } else { v };
    // A difference of many times the base would hide the others.
    let shown = |v: f64| v.clamp(-MOST_RELATIVE, MOST_RELATIVE);
    let ends = rows
        .iter()
        .flat_map(|row| [row.interval.0, row.interval.1, row.difference].map(|v| shown(scaled(row, v))));
    let (low, high) = ends.fold((0.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
    let pad = 0.06 * (high - low).max(0.02);
    let (from, to) = (low - pad, high + pad);
    let mut marks = vec![Mark::RuleX { at: 0.0, hue: Hue::Ink, text: "no difference".to_string() }];
    let mut table =
        Table::new(&[("quantity", ""), ("base", ""), ("difference", ""), ("low", ""), ("high", "")]);
    let mut beyond = false;
    for (k, row) in rows.iter().enumerate() {
        let y = k as f64 + 0.5;
        let (low, high) = (scaled(row, row.interval.0), scaled(row, row.interval.1));
        let hue = if row.is_sure() { Hue::Blue } else { Hue::Quiet };
        let at = scaled(row, row.difference);
        if shown(low) < shown(high) {
            marks.push(Mark::Ranges { points: vec![(y, shown(low), shown(high))], hue });
        }
        let dot = match at {
            at if at > MOST_RELATIVE => Dot::Right,
            at if at < -MOST_RELATIVE => Dot::Left,
            _ => Dot::Disc,
        };
        beyond |= dot != Dot::Disc;
        marks.push(Mark::Dots { points: vec![(shown(at), y)], dot, hue });
        let sign = if row.difference > 0.0 { "+" } else { "" };
        let text = match (row.unit, dot) {
            (Unit::Share, _) => format!("{sign}{} points", value(row.difference, Unit::Points)),
            (unit, Dot::Disc) => format!("{sign}{}", value(row.difference, unit)),
            (unit, _) => format!("{sign}{}, {sign}{}", value(row.difference, unit), value(at, Unit::Share)),
        };
        marks.push(Mark::Label { at: (to, y), text, hue, anchor: Anchor::Start });
    }
    for row in rows.iter().chain(&without) {
        let numbers = [row.base, row.difference, row.interval.0, row.interval.1].map(Cell::from);
        table.rows.push(std::iter::once(Cell::from(row.name.clone())).chain(numbers).collect());
    }
    let sure = rows.iter().filter(|row| row.is_sure()).count();
    let (one, many) = if relative { ("quantity", "quantities") } else { ("outcome", "outcomes") };
    let what = match (sure, rows.len()) {
        (0, _) => format!("no {one} surely differs"),
        (1, 1) => format!("the {one} surely differs"),
        (1, all) => format!("1 of {all} {many} surely differs"),
        (sure, all) => format!("{sure} of {all} {many} surely differ"),
    };
    let (label, unit) = match relative {
        true => ("difference, relative to the base", Unit::Share),
        false => ("difference, in percentage points", Unit::Points),
    };
    let mut subtitle = format!(
        "{} of each with the same luck, seed {}; intervals: {}; grey: zero is within the interval",
        several(answer["replications"].as_f64().unwrap_or(0.0) as usize, "replication"),
        answer["seed"],
        text(&answer["intervals"])
    );
    if beyond {
        subtitle += "; arrows: beyond the axis";
    }
    if !without.is_empty() {
        let of = |row: &&Row| format!("{} (0 in the base, +{})", row.name, value(row.difference, row.unit));
        subtitle += &format!("; not drawn: {}", without.iter().map(of).collect::<Vec<_>>().join(", "));
    }
    let title = format!("{variant} against {base}: {what}");
    Some(Chart {
        id: id.to_string(),
        alt: format!("Paired differences of {variant} against {base} with intervals; {what}."),
        width: 800,
        height: 150 + 30 * rows.len() as u32 + 20 * (title.chars().count() as u32 / 76),
        title,
        subtitle,
        x: Axis::linear(label, unit, from, to),
        panels: vec![Panel {
            y: Axis::names("", rows.iter().map(|row| row.name.clone()).collect()),
            weight: 1.0,
            marks,
        }],
        key: Vec::new(),
        table,
    })
}
