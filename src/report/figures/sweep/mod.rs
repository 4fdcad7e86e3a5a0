//! What a sweep shows: curves along its first number, with intervals and the knee; heat maps when there are two axes; a row
//! for each setting when there is no number.

mod complete;
mod dependency;
mod heat;
mod lines;
mod makespan;
mod rows;

use serde_json::Value;

use super::numbers::{list, number, text, unit_of};
use super::{count, file_name, several};
use crate::report::chart::Chart;
use crate::report::chart::spec::Unit;
use crate::report::sweep::axis_names as short_axis_names;
use lines::{Line, MOST_LINES, lines};

/// What the charts of a sweep are made of.
struct Sweep<'a> {
    summary: &'a Value,
    axes: &'a [Value],
    cells: &'a [Value],
    /// Short names of the axes, each different.
    names: Vec<String>,
}

/// A Job of the sweep, by its number; the suffix of its charts is empty where it is the only one.
struct Job {
    number: usize,
    name: String,
    suffix: String,
}

/// The charts of a sweep, from its summary.
pub(super) fn sweep(summary: &Value) -> Vec<Chart> {
    let (axes, cells) = (list(&summary["axes"]), list(&summary["cells"]));
    let Some(first) = cells.first() else { return Vec::new() };
    let sweep = Sweep { summary, axes, cells, names: axis_names(axes) };
    let is_number = |axis: &Value| {
        list(&axis["values"]).len() > 1 && list(&axis["values"]).iter().all(|v| number(v).is_some())
    };
    let along = axes.iter().position(is_number);
    let lines = along.map(|along| lines(&sweep, along)).unwrap_or_default();
    let mut charts = Vec::new();
    let jobs = list(&first["jobs"]).len();
    for number in 0..jobs {
        let name = text(&first["jobs"][number]["name"]);
        let suffix = if jobs > 1 { format!("-{}", file_name(&name)) } else { String::new() };
        let job = Job { number, name, suffix };
        match along {
            Some(along) => {
                charts.push(makespan::makespans(&sweep, &lines, along, &job));
                charts.extend(complete::complete(&sweep, &lines, along, &job));
            }
            None if axes.len() != 2 => charts.extend(rows::rows(&sweep, &job)),
            None => {}
        }
        if let [a, b] = axes {
            charts.extend(heat::heat_maps(&sweep, (a, b), &job));
        }
    }
    if let Some(along) = along {
        for number in 0..list(&first["dependencies"]).len().min(4) {
            charts.extend(dependency::dependency(&sweep, &lines, along, number));
        }
    }
    charts
}

/// Short names; of a Simulation's field all but the first word.
fn axis_names(axes: &[Value]) -> Vec<String> {
    let name = |(axis, short): (&Value, String)| match text(&axis["path"]).split_once('.') {
        Some(("simulation", rest)) => rest.to_string(),
        _ => short,
    };
    axes.iter().zip(short_axis_names(axes)).map(name).collect()
}

impl Sweep<'_> {
    /// `7 settings, 100 replications of each with the same luck, seed 42; whiskers: 95 % intervals`.
    fn in_words(&self, lines: &[Line]) -> String {
        let left = lines.len().saturating_sub(MOST_LINES);
        let more = if left > 0 { format!("; {left} lines more in sweep.csv") } else { String::new() };
        let single = self.cells.iter().all(|cell| runs(cell) <= 1.0);
        let whiskers = if single { "" } else { "; whiskers: 95 % intervals" };
        // Lines of several axes bear values only.
        let others = match lines.first().and_then(|line| self.others(line.along)) {
            Some(names) => format!("; beside the lines: {}", names.join(", ")),
            None => String::new(),
        };
        format!(
            "{}, {} with the same luck, seed {}{whiskers}{others}{more}",
            several(self.cells.len(), "setting"),
            self.replications(),
            self.summary["seed"]
        )
    }

    /// `100 replications of each`; where each has as many as it deserves (`-n auto`), from how many to how many.
    fn replications(&self) -> String {
        let (mut least, mut most, mut all) = (f64::INFINITY, 0.0, 0.0);
        for n in self.cells.iter().map(runs) {
            (least, most, all) = (n.min(least), n.max(most), all + n);
        }
        let of_all = |n: f64| several(n as usize, "replication");
        match least < most {
            true => format!("{} in all, {} to {} of each", of_all(all), count(least), count(most)),
            false => format!("{} of each", of_all(most)),
        }
    }

    /// `parallelism 20, backoffLimit 6`.
    fn setting(&self, cell: &Value) -> String {
        let values = list(&cell["setting"]).iter().zip(&self.names);
        values.map(|(s, name)| format!("{name} {}", text(&s["value"]))).collect::<Vec<_>>().join(", ")
    }

    /// The same without one of the axes; of several others only the values, which would be lost in long names.
    fn without(&self, cell: &Value, axis: usize) -> String {
        let alone = self.others(axis).is_none();
        let values = list(&cell["setting"]).iter().zip(&self.names).enumerate();
        let word = |s: &Value, name: &str| match alone {
            true => format!("{name} {}", text(&s["value"])),
            false => text(&s["value"]),
        };
        let others = values.filter(|(k, _)| *k != axis).map(|(_, (s, name))| word(s, name));
        others.collect::<Vec<_>>().join(", ")
    }

    /// The names of the other axes, where there are several.
    fn others(&self, axis: usize) -> Option<Vec<String>> {
        let names = self.names.iter().enumerate().filter(|(k, _)| *k != axis);
        let names: Vec<String> = names.map(|(_, name)| name.clone()).collect();
        (names.len() > 1).then_some(names)
    }
}

/// Replications of one setting: with `-n auto` each has its own number.
fn runs(cell: &Value) -> f64 {
    cell["replications"].as_f64().unwrap_or(0.0)
}

/// Whether a unit is a time; for tables.
pub(super) fn unit_name(name: &str) -> &'static str {
    match unit_of(name) {
        Unit::Time => "s",
        Unit::Share => "share",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart;

    #[test]
    fn axes_have_short_names_that_differ() {
        let names = |paths: &[&str]| {
            let axes: Vec<Value> = paths.iter().map(|path| serde_json::json!({"path": path})).collect();
            axis_names(&axes)
        };
        assert_eq!(
            names(&["simulation.workload.default.steps.0.run", "a:spec.parallelism"]),
            ["workload.default.steps.0.run", "parallelism"]
        );
    }

    /// Values alone tell lines of several axes apart where long names would be cut; the names stand once.
    #[test]
    fn lines_of_several_axes_bear_their_values() {
        let axis = |path: &str, values: [&str; 2]| serde_json::json!({"path": path, "values": values});
        let axes = [
            axis("parallelism", ["1", "2"]),
            axis("spec.activeDeadlineSeconds", ["200", "300"]),
            axis("spec.backoffLimit", ["2", "6"]),
        ];
        let cell = |number: usize| {
            let value = |axis: usize| axes[axis]["values"][number >> axis & 1].clone();
            let setting: Vec<Value> = (0..3)
                .map(|axis| serde_json::json!({"path": axes[axis]["path"], "value": value(axis)}))
                .collect();
            let makespan = serde_json::json!({"mean": 60.0, "low": 59.0, "high": 61.0, "n": 9});
            serde_json::json!({
                "setting": setting, "replications": 9, "dependencies": [],
                "jobs": [{"name": "j", "outcomes": [], "makespan_s": makespan}],
            })
        };
        let cells: Vec<Value> = (0..8).map(cell).collect();
        let charts = sweep(&serde_json::json!({"axes": axes, "cells": cells, "replications": 9, "seed": 1}));
        let label = |mark: &chart::spec::Mark| match mark {
            chart::spec::Mark::Label { text, .. } => Some(text.clone()),
            _ => None,
        };
        let labels: Vec<String> = charts[0].panels[0].marks.iter().filter_map(label).collect();
        assert_eq!(labels, ["200, 2", "300, 2", "200, 6", "300, 6"]);
        assert!(charts[0].subtitle.ends_with("beside the lines: activeDeadlineSeconds, backoffLimit"));
    }
}
