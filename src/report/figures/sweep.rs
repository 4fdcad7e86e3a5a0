//! What a sweep shows: curves along its first number, with intervals and the knee; heat maps when there are two axes.

use serde_json::Value;

use super::numbers::{Known, axis_unit, known, list, number, share, short, text, unit_of};
use super::{file_name, several};
use crate::experiment::interval::{share_interval, tail_of};
use crate::report::chart::spec::{
    Anchor, Axis, Bar, Cell, Chart, Dot, Fill, Hue, Mark, Panel, Path, Scale, Table, Unit, Weight,
};
use crate::report::chart::value;
use crate::report::sweep::confidence;

/// Lines in one panel at most; the others are in the table.
const MOST_LINES: usize = 6;
const LINE_HUES: [Hue; MOST_LINES] = [Hue::Blue, Hue::Red, Hue::Green, Hue::Purple, Hue::Orange, Hue::Sky];

/// One point of a line: the cell, and where it is along the axis.
struct Point<'a> {
    x: f64,
    cell: &'a Value,
}

/// Settings that differ in one axis only.
struct Line<'a> {
    /// The others: `backoffLimit 6`; empty when there is one line.
    name: String,
    points: Vec<Point<'a>>,
}

/// The charts of a sweep, from its summary.
pub(super) fn sweep(summary: &Value) -> Vec<Chart> {
    let (axes, cells) = (list(&summary["axes"]), list(&summary["cells"]));
    let Some(first) = cells.first() else { return Vec::new() };
    let is_number = |axis: &&Value| {
        list(&axis["values"]).len() > 1 && list(&axis["values"]).iter().all(|v| number(v).is_some())
    };
    let along = axes.iter().position(|axis| is_number(&axis));
    let mut charts = Vec::new();
    let jobs = list(&first["jobs"]).len();
    for job in 0..jobs {
        let name = text(&first["jobs"][job]["name"]);
        let suffix = if jobs > 1 { format!("-{}", file_name(&name)) } else { String::new() };
        if let Some(along) = along {
            let lines = lines(axes, cells, along);
            charts.push(makespans(summary, &lines, &axes[along], job, &name, &suffix));
            charts.extend(outcomes(summary, &lines, &axes[along], job, &name, &suffix));
        }
        if let [a, b] = axes {
            charts.extend(heat_maps(summary, cells, (a, b), job, &name, &suffix));
        }
    }
    if let Some(along) = along {
        let lines = lines(axes, cells, along);
        for number in 0..list(&first["dependencies"]).len().min(4) {
            charts.extend(dependency(summary, &lines, &axes[along], number));
        }
    }
    charts
}

fn lines<'a>(axes: &[Value], cells: &'a [Value], along: usize) -> Vec<Line<'a>> {
    let mut lines: Vec<Line> = Vec::new();
    for cell in cells {
        let setting = list(&cell["setting"]);
        let Some(x) = setting.get(along).and_then(|s| number(&s["value"])) else { continue };
        let others = setting.iter().enumerate().filter(|(k, _)| *k != along && axes.len() > 1);
        let name: Vec<String> =
            others.map(|(_, s)| format!("{} {}", short(&text(&s["path"])), text(&s["value"]))).collect();
        let name = name.join(", ");
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.points.push(Point { x, cell }),
            None => lines.push(Line { name, points: vec![Point { x, cell }] }),
        }
    }
    lines.iter_mut().for_each(|line| line.points.sort_by(|a, b| a.x.total_cmp(&b.x)));
    lines
}

/// Linear, or logarithmic when the values span more than a factor of twenty.
fn x_axis(axis: &Value) -> Axis {
    let values = list(&axis["values"]);
    let numbers: Vec<f64> = values.iter().filter_map(number).collect();
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let label = text(&axis["path"]);
    let unit = axis_unit(values);
    if low > 0.0 && high / low > 20.0 {
        let label = format!("{label} (logarithmic)");
        return Axis { label, scale: Scale::Log { from: low / 1.08, to: high * 1.08 }, unit };
    }
    let pad = 0.03 * (high - low);
    let from = if low >= 0.0 && low < 0.3 * high { 0.0 } else { low - pad };
    Axis { label, scale: Scale::Linear { from, to: high + pad }, unit }
}

/// Curves of one quantity with their intervals; returns the marks, and the largest value.
fn curves(lines: &[Line], of: &dyn Fn(&Value) -> Option<Known>) -> (Vec<Mark>, f64) {
    let mut marks = Vec::new();
    let mut top: f64 = 0.0;
    for (line, hue) in lines.iter().zip(LINE_HUES) {
        let points: Vec<(f64, Known)> = line.points.iter().filter_map(|p| Some((p.x, of(p.cell)?))).collect();
        let band: Vec<(f64, f64, f64)> = points
            .iter()
            .filter_map(|(x, k)| k.interval.map(|(low, high)| (*x, low.max(0.0), high)))
            .collect();
        top = points.iter().map(|(_, k)| k.interval.map_or(k.mean, |i| i.1.max(k.mean))).fold(top, f64::max);
        if band.len() == points.len() {
            marks.push(Mark::Area { points: band.clone(), path: Path::Straight, hue, fill: Fill::Faint });
        }
        marks.push(Mark::Whiskers { points: band, hue });
        let means: Vec<(f64, f64)> = points.iter().map(|(x, k)| (*x, k.mean)).collect();
        marks.push(Mark::Line { points: means.clone(), path: Path::Straight, hue, weight: Weight::Normal });
        marks.push(Mark::Dots { points: means.clone(), dot: Dot::Disc, hue });
        if let Some(last) = means.last()
            && !line.name.is_empty()
        {
            marks.push(Mark::Label { at: *last, text: line.name.clone(), hue, anchor: Anchor::Start });
        }
    }
    (marks, top)
}

fn settings_in_words(summary: &Value, lines: &[Line]) -> String {
    let cells = list(&summary["cells"]).len();
    let n = summary["replications"].as_f64().unwrap_or(0.0) as usize;
    let left = lines.len().saturating_sub(MOST_LINES);
    let more = if left > 0 { format!("; {left} lines more in sweep.csv") } else { String::new() };
    format!(
        "{}, {} of each with the same luck, seed {}; whiskers: 95 % intervals{more}",
        several(cells, "setting"),
        several(n, "replication"),
        summary["seed"]
    )
}

fn makespans(summary: &Value, lines: &[Line], axis: &Value, job: usize, name: &str, suffix: &str) -> Chart {
    let (mut marks, mut top) = curves(lines, &|cell| known(&cell["jobs"][job]["makespan_s"]));
    if let [line] = lines {
        let of = |key: &str, inner: &str| -> Vec<(f64, f64)> {
            let value = |p: &Point| Some((p.x, p.cell["jobs"][job][key][inner].as_f64()?));
            line.points.iter().filter_map(value).collect()
        };
        let more = [
            (of("makespan_s", "p95"), Hue::Sky, "95 % of ended runs", Anchor::Start),
            (of("makespan_bounds", "lower_s"), Hue::Quiet, "no controller can beat this", Anchor::End),
        ];
        for (points, hue, words, anchor) in more {
            if points.len() < 2 {
                continue;
            }
            top = points.iter().map(|p| p.1).fold(top, f64::max);
            marks.push(Mark::Line {
                points: points.clone(),
                path: Path::Straight,
                hue,
                weight: Weight::Dashed,
            });
            // The curve falls: right of a point is above it, left of it is below.
            let at = points[if anchor == Anchor::End { points.len() * 2 / 3 } else { 1 }];
            marks.push(Mark::Label { at, text: words.to_string(), hue: Hue::Quiet, anchor });
        }
    }
    let mut knee_words = None;
    for point in lines.iter().take(MOST_LINES).flat_map(|line| &line.points) {
        let mean = point.cell["jobs"][job]["makespan_s"]["mean"].as_f64();
        if point.cell["knee"] == true
            && job == 0
            && let Some(mean) = mean
        {
            marks.push(Mark::Dots { points: vec![(point.x, mean)], dot: Dot::Ring, hue: Hue::Ink });
            let text = format!("knee at {}", value(point.x, axis_unit(list(&axis["values"]))));
            if knee_words.as_ref() != Some(&text) {
                let at = (point.x, mean);
                marks.push(Mark::Label { at, text: text.clone(), hue: Hue::Ink, anchor: Anchor::Start });
            }
            knee_words = Some(text);
        }
    }
    let path = text(&axis["path"]);
    let title = match (&knee_words, lines.len()) {
        (Some(knee), 1) => format!("{name}: mean makespan by {}, {knee}", short(&path)),
        _ => format!("{name}: mean makespan by {}", short(&path)),
    };
    let alt = format!(
        "Curve of the mean makespan of Job {name} over {path}, with 95 % intervals{}.",
        knee_words.map_or(String::new(), |k| format!("; {k}"))
    );
    let columns = [
        ("setting", ""),
        ("mean makespan", "s"),
        ("low", "s"),
        ("high", "s"),
        ("95 % quantile", "s"),
        ("knee", ""),
    ];
    let mut table = Table::new(&columns);
    for cell in list(&summary["cells"]) {
        let m = &cell["jobs"][job]["makespan_s"];
        let of = |key: &str| Cell::from(m[key].as_f64());
        let knee = if cell["knee"] == true { "knee" } else { "" };
        table.rows.push(vec![
            setting(cell).into(),
            of("mean"),
            of("low"),
            of("high"),
            of("p95"),
            knee.into(),
        ]);
    }
    Chart {
        id: format!("sweep-makespan{suffix}"),
        title,
        subtitle: settings_in_words(summary, lines),
        alt,
        width: 800,
        height: 400,
        x: x_axis(axis),
        panels: vec![Panel {
            y: Axis::linear("mean makespan of runs that ended", Unit::Time, 0.0, top.max(1e-6) * 1.06),
            weight: 1.0,
            marks,
        }],
        key: Vec::new(),
        table: table.thinned("sweep.csv has all"),
    }
}

/// `parallelism 20, backoffLimit 6`.
fn setting(cell: &Value) -> String {
    let one = |s: &Value| format!("{} {}", short(&text(&s["path"])), text(&s["value"]));
    list(&cell["setting"]).iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Shares of runs; none when all are Complete everywhere.
fn outcomes(
    summary: &Value,
    lines: &[Line],
    axis: &Value,
    job: usize,
    name: &str,
    suffix: &str,
) -> Option<Chart> {
    let n = summary["replications"].as_f64().unwrap_or(0.0);
    let cells = list(&summary["cells"]);
    if cells.iter().all(|cell| share(&cell["jobs"][job], "Complete", n) == 1.0) {
        return None;
    }
    let tail = tail_of(confidence(summary));
    let complete = |cell: &Value| -> Option<Known> {
        let n = cell["replications"].as_f64().unwrap_or(n);
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
        let shares =
            ["Complete", "Failed", "Stuck", "Horizon"].map(|o| Cell::from(share(&cell["jobs"][job], o, n)));
        table.rows.push(std::iter::once(Cell::from(setting(cell))).chain(shares).collect());
    }
    Some(Chart {
        id: format!("sweep-complete{suffix}"),
        title: format!("{name}: share of runs that complete, by {}", short(&path)),
        subtitle: settings_in_words(summary, lines),
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

fn dependency(summary: &Value, lines: &[Line], axis: &Value, at: usize) -> Option<Chart> {
    let first = &list(&summary["cells"]).first()?["dependencies"][at];
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
    table.rows = list(&summary["cells"]).iter().map(|cell| vec![Cell::from(setting(cell))]).collect();
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
        table.columns.push(crate::report::chart::spec::Column { name: label.to_string(), unit: "" });
        for (row, cell) in table.rows.iter_mut().zip(list(&summary["cells"])) {
            row.push(Cell::from(cell["dependencies"][at][key]["mean"].as_f64()));
        }
    }
    if panels.is_empty() {
        return None;
    }
    let path = text(&axis["path"]);
    Some(Chart {
        id: format!("sweep-load-{}", file_name(&name)),
        title: format!("{name}: the load by {}", short(&path)),
        subtitle: settings_in_words(summary, lines),
        alt: format!("Curves of the load on {name} over {path}, with 95 % intervals."),
        width: 800,
        height: 150 + 150 * panels.len() as u32,
        x: x_axis(axis),
        panels,
        key: Vec::new(),
        table: table.thinned("sweep.csv has all"),
    })
}

/// The makespan, and the share that completes where it varies, by two axes.
fn heat_maps(
    summary: &Value,
    cells: &[Value],
    axes: (&Value, &Value),
    job: usize,
    name: &str,
    suffix: &str,
) -> Vec<Chart> {
    let n = summary["replications"].as_f64().unwrap_or(0.0);
    let makespan = |cell: &Value| cell["jobs"][job]["makespan_s"]["mean"].as_f64();
    let complete = |cell: &Value| Some(share(&cell["jobs"][job], "Complete", n));
    let mut charts = Vec::new();
    charts.extend(
        heat_map(cells, axes, &makespan, Unit::Time)
            .map(|c| named(c, "makespan", "mean makespan of runs that ended", summary, name, suffix)),
    );
    if cells.iter().any(|cell| complete(cell) != Some(1.0)) {
        charts.extend(
            heat_map(cells, axes, &complete, Unit::Share)
                .map(|c| named(c, "complete", "share of runs that complete", summary, name, suffix)),
        );
    }
    charts
}

fn named(mut chart: Chart, id: &str, what: &str, summary: &Value, name: &str, suffix: &str) -> Chart {
    chart.id = format!("heat-{id}{suffix}");
    chart.title =
        format!("{name}: {what} by {} and {}", short(&chart.panels[0].y.label), short(&chart.x.label));
    chart.alt = format!("Heat map: {}. Darker is more.", chart.title);
    chart.subtitle = format!(
        "{} of each with the same luck, seed {}",
        several(summary["replications"].as_f64().unwrap_or(0.0) as usize, "replication"),
        summary["seed"]
    );
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
            let hue = if step >= 5 { Hue::Ground } else { Hue::Ink };
            words.push(Mark::Label {
                at: (x + 0.5, y + 0.5),
                text: value(v, unit),
                hue,
                anchor: Anchor::Inside,
            });
        }
    }
    marks.extend(words);
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
        key: Vec::new(),
        table: table.thinned("sweep.csv has all"),
    })
}

/// Whether a unit is a time; for tables.
pub(super) fn unit_name(name: &str) -> &'static str {
    match unit_of(name) {
        Unit::Time => "s",
        Unit::Share => "share",
        _ => "",
    }
}
