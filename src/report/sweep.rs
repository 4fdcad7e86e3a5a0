//! A sweep as JSON, CSV and text. Everything is made from the records of single settings, so that a merge of shards
//! writes the same bytes as one sweep.

use std::fmt::Write;

use serde_json::{Value, json};

use super::answer::{Answer, JOBSIM, KUBERNETES};
use super::axes::short_names;
use super::csv::safe;
use super::json::{answer as answer_json, rounded};
use super::words::{confidence_level, duration, number, several};
use crate::experiment::bounds::Bounds;
use crate::experiment::constraint::{Constraint, Verdict};
use crate::experiment::grid::{Grid, without_effect};
use crate::experiment::interval::{HEAVY_TAIL, share_interval, tail_of};
use crate::experiment::measure::{DEPENDENCY_QUANTITIES, Estimate, JOB_QUANTITIES};
use crate::experiment::stop_rule::StopRule;

/// Outcomes that have a column.
const SHARES: [&str; 5] = ["Complete", "Failed", "Stuck", "Horizon", "Suspended"];

/// What all settings of a sweep have in common.
pub struct SweepHead<'a> {
    pub seed: u64,
    /// Of each setting.
    pub rule: StopRule,
    /// With what probability an interval holds the true value.
    pub confidence: f64,
    pub inputs_sha256: &'a str,
    pub defaults: &'a [String],
    pub grid: &'a Grid,
    pub constraints: &'a [Constraint],
}

/// The keys before the settings.
pub fn head(head: &SweepHead) -> Value {
    let axes = head.grid.axes.iter().map(|axis| json!({"path": axis.path, "values": axis.values}));
    let replications = match head.rule {
        StopRule::Fixed(count) => json!(count),
        StopRule::Precise { relative_error, min, max, .. } => {
            json!({"relative_error": relative_error, "min": min, "max": max})
        }
    };
    let mut value = json!({
        "jobsim": JOBSIM, "kubernetes": KUBERNETES, "seed": head.seed, "replications": replications,
        "confidence": rounded(head.confidence),
        "inputs": {"sha256": head.inputs_sha256}, "defaults": head.defaults, "axes": axes.collect::<Vec<_>>(),
    });
    if !head.constraints.is_empty() {
        value["subject_to"] = head.constraints.iter().map(|c| Value::from(c.to_string())).collect();
    }
    value
}

/// What the runs of a setting say of a constraint.
pub type Judged<'a> = (&'a Constraint, Verdict, Estimate);

/// The record of one setting; `bounds`: of each Job's makespan.
pub fn record(
    cell: usize,
    grid: &Grid,
    answer: &Answer,
    bounds: &[Option<Bounds>],
    verdicts: &[Judged],
) -> Value {
    let whole = answer_json(answer);
    let (mut jobs, dependencies) = (whole["jobs"].clone(), whole["dependencies"].clone());
    if let Some(jobs) = jobs.as_array_mut() {
        for (job, bounds) in jobs.iter_mut().zip(bounds) {
            let Some(bounds) = bounds else { continue };
            let outside = outside(job, bounds);
            job["makespan_bounds"] = json!({
                "lower_s": rounded(bounds.lower_s), "by": bounds.lower_by,
                "upper_s": bounds.upper_s.map_or(Value::Null, rounded), "left": outside,
            });
        }
    }
    let setting = grid.axes.iter().zip(grid.values(cell));
    let setting = setting.map(|(axis, value)| json!({"path": axis.path, "value": value}));
    let mut value = json!({
        "cell": cell, "setting": setting.collect::<Vec<_>>(), "replications": answer.replications,
        "jobs": jobs, "dependencies": dependencies,
    });
    if !verdicts.is_empty() {
        let finite = |value: f64| if value.is_finite() { rounded(value) } else { Value::Null };
        let judged = verdicts.iter().map(|(constraint, verdict, estimate)| {
            let (low, high) = estimate.interval.unwrap_or((f64::NAN, f64::NAN));
            json!({
                "constraint": constraint.to_string(), "verdict": verdict.name(), "value": finite(estimate.value),
                "low": finite(low), "high": finite(high),
            })
        });
        value["constraints"] = judged.collect();
        value["allowed"] = allowed(verdicts).into();
    }
    value
}

/// yes, no or undecided.
fn allowed(verdicts: &[Judged]) -> &'static str {
    let any = |wanted| verdicts.iter().any(|(_, verdict, _)| *verdict == wanted);
    match (any(Verdict::Fail), any(Verdict::Undecided)) {
        (true, _) => "no",
        (false, true) => "undecided",
        (false, false) => "yes",
    }
}

/// Whether the mean makespan of runs that are all Complete is surely outside: three intervals away, as there are many
/// settings, and not where rare runs decide the mean.
fn outside(job: &Value, bounds: &Bounds) -> bool {
    let all_complete =
        job["outcomes"].as_array().is_some_and(|o| o.iter().all(|o| o["outcome"] == "Complete"));
    let makespan = &job["makespan_s"];
    let Some((low, high)) = makespan["low"].as_f64().zip(makespan["high"].as_f64()) else { return false };
    let heavy_tail = makespan["tail_index"].as_f64().is_some_and(|index| index < HEAVY_TAIL);
    all_complete
        && !heavy_tail
        && (2.0 * high - low < bounds.lower_s * (1.0 - 1e-9)
            || bounds.upper_s.is_some_and(|upper| 2.0 * low - high > upper))
}

/// The whole of summary.json, from the head and all records.
pub fn summary(head: &Value, cells: &[Value]) -> Value {
    let mut summary = head.clone();
    let idle = idle_axes(head, cells);
    if !idle.is_empty() {
        summary["without_effect"] = idle.into();
    }
    let knees = knees(head, cells);
    let cells = cells.iter().enumerate().map(|(at, cell)| {
        let mut cell = cell.clone();
        cell["knee"] = knees.contains(&at).into();
        cell
    });
    summary["cells"] = cells.collect();
    summary
}

/// Axes of which no value makes a difference to any run: a field that nothing reads, or that never comes to bear.
fn idle_axes(head: &Value, cells: &[Value]) -> Vec<Value> {
    let axes = head["axes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let lengths: Vec<usize> = axes.iter().map(|axis| axis["values"].as_array().map_or(0, Vec::len)).collect();
    // A shard has not all settings.
    if cells.len() != lengths.iter().product::<usize>() {
        return Vec::new();
    }
    let runs = |cell: &Value| {
        let mut jobs = cell["jobs"].clone();
        for job in jobs.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            job.remove("makespan_bounds");
        }
        (cell["replications"].clone(), jobs, cell["dependencies"].clone())
    };
    let runs: Vec<_> = cells.iter().map(runs).collect();
    let idle = without_effect(&lengths, |a, b| runs[a] == runs[b]);
    idle.into_iter().map(|axis| axes[axis]["path"].clone()).collect()
}

/// The other axes of a line, and its points: along the axis, the value, which cell.
type Line = (Vec<Value>, Vec<(f64, f64, usize)>);

/// Settings after which more of the first axis that is a number buys little: the farthest below the straight line
/// between both ends, in the manner of Kneedle (Satopää and others, 2011). Of the first Job's mean makespan; without
/// settings that a constraint refuses, or in which the Job completes less often than elsewhere: it is over early there.
fn knees(head: &Value, cells: &[Value]) -> Vec<usize> {
    let number = |value: &Value| value.as_str().and_then(plain_number);
    let axes: Vec<&Value> = head["axes"].as_array().map(|axes| axes.iter().collect()).unwrap_or_default();
    let is_number = |axis: &&Value| {
        axis["values"]
            .as_array()
            .is_some_and(|values| values.len() >= 3 && values.iter().all(|v| number(v).is_some()))
    };
    let Some(axis) = axes.iter().position(is_number) else { return Vec::new() };
    let others = |cell: &Value| {
        let mut setting = cell["setting"].as_array().cloned().unwrap_or_default();
        if axis < setting.len() {
            setting.remove(axis);
        }
        setting
    };
    let complete = |cell: &Value| {
        outcome_count(&cell["jobs"][0], "Complete") as f64 / cell["replications"].as_f64().unwrap_or(1.0)
    };
    let most = cells.iter().map(complete).fold(0.0, f64::max);
    let counts = |cell: &Value| !is_refused(cell) && complete(cell) > most - 0.05;
    let mut lines: Vec<Line> = Vec::new();
    for (at, cell) in cells.iter().enumerate().filter(|(_, cell)| counts(cell)) {
        let x = number(&cell["setting"][axis]["value"]);
        let Some((x, y)) = x.zip(cell["jobs"][0]["makespan_s"]["mean"].as_f64()) else { continue };
        let key = others(cell);
        match lines.iter_mut().find(|(other, _)| *other == key) {
            Some((_, line)) => line.push((x, y, at)),
            None => lines.push((key, vec![(x, y, at)])),
        }
    }
    lines.into_iter().filter_map(|(_, line)| knee(line)).collect()
}

/// Whether a constraint surely does not hold.
pub(super) fn is_refused(cell: &Value) -> bool {
    cell["constraints"].as_array().is_some_and(|all| all.iter().any(|it| it["verdict"] == "fail"))
}

fn knee(mut line: Vec<(f64, f64, usize)>) -> Option<usize> {
    line.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, last) = (*line.first()?, *line.last()?);
    let fall = first.1 - last.1;
    if line.len() < 3 || fall <= 0.05 * first.1 {
        return None;
    }
    let below = |p: &(f64, f64, usize)| (first.1 - p.1) / fall - (p.0 - first.0) / (last.0 - first.0);
    let best = line.iter().max_by(|a, b| below(a).total_cmp(&below(b)))?;
    (below(best) > 0.1).then_some(best.2)
}

/// A setting's value as a number: plain, per cent, or a duration in seconds.
pub(super) fn plain_number(text: &str) -> Option<f64> {
    let percent = || text.strip_suffix('%').and_then(|digits| digits.trim().parse().ok());
    let seconds = || crate::input::duration::seconds(text).ok();
    text.parse().ok().or_else(percent).or_else(seconds).filter(|value: &f64| value.is_finite())
}

/// sweep.csv: one row a setting. With several Jobs their columns begin with their name.
///
/// # Errors
/// When the writer fails.
pub fn csv(out: impl std::io::Write, summary: &Value) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(out);
    let empty = Vec::new();
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let cells = summary["cells"].as_array().unwrap_or(&empty);
    let constrained = summary["subject_to"].is_array();
    let mut header: Vec<String> = list(&summary["axes"]).iter().map(|axis| text(&axis["path"])).collect();
    header.push("replications".to_string());
    let first = cells.first().cloned().unwrap_or(Value::Null);
    let (jobs, dependencies) = (list(&first["jobs"]), list(&first["dependencies"]));
    for job in &jobs {
        let prefix = if jobs.len() > 1 { format!("{}.", text(&job["name"])) } else { String::new() };
        for share in SHARES {
            let name = share.to_ascii_lowercase();
            header.extend(["", "_low", "_high"].map(|end| format!("{prefix}{name}{end}")));
        }
        for quantity in &JOB_QUANTITIES {
            header.extend(columns(&format!("{prefix}{}", quantity.key), quantity.key == "makespan_s"));
        }
        header
            .extend(["makespan_lower_bound_s", "makespan_left_bounds"].map(|name| format!("{prefix}{name}")));
    }
    for dependency in &dependencies {
        for quantity in &DEPENDENCY_QUANTITIES {
            header.extend(columns(&format!("{}.{}", text(&dependency["name"]), quantity.key), false));
        }
    }
    header.push("knee".to_string());
    if constrained {
        header.push("allowed".to_string());
    }
    let tail = tail_of(confidence(summary));
    csv.write_record(header.iter().map(|name| safe(name)))?;
    for cell in cells {
        let mut row: Vec<String> =
            list(&cell["setting"]).iter().map(|setting| text(&setting["value"])).collect();
        row.push(cell["replications"].to_string());
        let n = cell["replications"].as_u64().unwrap_or(0) as usize;
        for at in 0..jobs.len() {
            let job = &cell["jobs"][at];
            for outcome in SHARES {
                let count = outcome_count(job, outcome);
                let (low, high) = share_interval(count, n, tail).unwrap_or((0.0, 1.0));
                row.extend([count as f64 / n as f64, low, high].map(|share| format!("{share:.6}")));
            }
            for quantity in &JOB_QUANTITIES {
                row.extend(cells_of(&job[quantity.key], quantity.key == "makespan_s"));
            }
            row.push(decimal(&job["makespan_bounds"]["lower_s"]));
            row.push(job["makespan_bounds"]["left"].as_bool().map_or(String::new(), |left| left.to_string()));
        }
        for at in 0..dependencies.len() {
            for quantity in &DEPENDENCY_QUANTITIES {
                row.extend(cells_of(&cell["dependencies"][at][quantity.key], false));
            }
        }
        row.push(text(&cell["knee"]));
        if constrained {
            row.push(text(&cell["allowed"]));
        }
        csv.write_record(row.iter().map(|cell| safe(cell)))?;
    }
    Ok(csv.flush()?)
}

fn columns(name: &str, quantiles: bool) -> Vec<String> {
    let ends: &[&str] =
        if quantiles { &["", "_low", "_high", "_p50", "_p95", "_p99"] } else { &["", "_low", "_high"] };
    ends.iter().map(|end| format!("{name}{end}")).collect()
}

fn cells_of(summary: &Value, quantiles: bool) -> Vec<String> {
    let keys: &[&str] =
        if quantiles { &["mean", "low", "high", "p50", "p95", "p99"] } else { &["mean", "low", "high"] };
    keys.iter().map(|key| decimal(&summary[*key])).collect()
}

fn decimal(value: &Value) -> String {
    value.as_f64().map_or(String::new(), |value| format!("{value:.6}"))
}

/// Of its intervals.
pub(super) fn confidence(summary: &Value) -> f64 {
    summary["confidence"].as_f64().unwrap_or(0.95)
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

pub(super) fn outcome_count(job: &Value, outcome: &str) -> usize {
    let outcomes = job["outcomes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let counts = outcomes.iter().filter(|o| o["outcome"] == outcome).filter_map(|o| o["count"].as_u64());
    counts.sum::<u64>() as usize
}

/// The table for people: one line a setting and Job.
pub fn table(summary: &Value) -> String {
    let mut out = String::new();
    let empty = Vec::new();
    let list = |key: &str| summary[key].as_array().unwrap_or(&empty);
    let (axes, cells) = (list("axes"), list("cells"));
    let jobs = cells.first().and_then(|cell| cell["jobs"].as_array()).map_or(0, Vec::len);
    let mut header = axis_names(axes);
    if jobs > 1 {
        header.push("Job".to_string());
    }
    header.extend(
        ["complete", "makespan", "mean's interval", "p95", "at least", "wasted pod"].map(String::from),
    );
    let dependencies = cells.first().and_then(|cell| cell["dependencies"].as_array()).unwrap_or(&empty);
    header.extend(dependencies.iter().map(|d| format!("{} peak", text(&d["name"]))));
    let adaptive = summary["replications"].is_object();
    if adaptive {
        header.push("runs".to_string());
    }
    header.push(String::new());
    let mut rows = vec![header];
    let (mut knee_seen, mut left_seen) = (false, false);
    for cell in cells {
        let n = cell["replications"].as_u64().unwrap_or(0) as f64;
        for job in cell["jobs"].as_array().unwrap_or(&empty) {
            let setting = cell["setting"].as_array().unwrap_or(&empty);
            let mut row: Vec<String> = setting.iter().map(|setting| text(&setting["value"])).collect();
            if jobs > 1 {
                row.push(text(&job["name"]));
            }
            let time = |value: &Value| value.as_f64().map_or("-".to_string(), |s| duration(s.max(0.0)));
            let makespan = &job["makespan_s"];
            row.push(format!("{:.1} %", 100.0 * outcome_count(job, "Complete") as f64 / n));
            row.push(time(&makespan["mean"]));
            row.push(match makespan["low"].as_f64() {
                Some(_) => format!("[{}, {}]", time(&makespan["low"]), time(&makespan["high"])),
                None => "-".to_string(),
            });
            row.extend([time(&makespan["p95"]), time(&job["makespan_bounds"]["lower_s"])]);
            row.push(time(&job["wasted_pod_s"]["mean"]));
            for dependency in cell["dependencies"].as_array().unwrap_or(&empty) {
                row.push(dependency["peak_in_flight"]["mean"].as_f64().map_or("-".to_string(), number));
            }
            let (knee, left) = (cell["knee"] == true, job["makespan_bounds"]["left"] == true);
            knee_seen |= knee;
            left_seen |= left;
            if adaptive {
                row.push(format!("{n}"));
            }
            row.push(mark(cell, knee, left));
            rows.push(row);
        }
    }
    aligned(&mut out, &rows, axes.len());
    if knee_seen {
        out.push_str("\nknee: beyond it the makespan falls little for what is added.");
    }
    out.push_str("\nat least: what no controller can beat (work/parallelism, longest task, rate limits), in the mean.\n");
    for path in list("without_effect") {
        let _ = writeln!(out, "{}: no value of it makes a difference to any run.", text(path));
    }
    if left_seen {
        out.push_str("! a mean makespan is outside its bounds: please report this with the input.\n");
    }
    let _ = writeln!(
        out,
        "{}, seed {}; jobsim {}, Kubernetes {}; intervals are {}",
        extent(summary),
        summary["seed"],
        text(&summary["jobsim"]),
        text(&summary["kubernetes"]),
        confidence_level(confidence(summary))
    );
    out
}

/// `7 settings, 100 replications of each with the same luck`.
pub(super) fn extent(summary: &Value) -> String {
    match summary["cells"].as_array().map_or(0, Vec::len) {
        1 => format!("1 setting, {}", replications(summary)),
        count => format!("{count} settings, {} with the same luck", replications(summary)),
    }
}

/// How many there are of each setting, in words; `-n auto` gives each what it deserves.
pub(super) fn replications(summary: &Value) -> String {
    let cells = summary["cells"].as_array().map(Vec::as_slice).unwrap_or_default();
    let counts = || cells.iter().filter_map(|cell| cell["replications"].as_u64());
    let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    match summary["replications"].as_u64() {
        None if least < most => {
            format!("{} in all, {least} to {most} of each", several(counts().sum::<u64>(), "replication"))
        }
        count => {
            let each = several(count.unwrap_or(most), "replication");
            if cells.len() == 1 { each } else { format!("{each} of each") }
        }
    }
}

/// What stands at the end of a line.
pub(super) fn mark(cell: &Value, knee: bool, left: bool) -> String {
    let mut marks: Vec<String> = Vec::new();
    if left {
        marks.push("! outside its bounds".to_string());
    }
    if knee {
        marks.push("<- knee".to_string());
    }
    let judged = cell["constraints"].as_array().map(Vec::as_slice).unwrap_or_default();
    let with =
        |verdict: &str| judged.iter().find(|c| c["verdict"] == verdict).map(|c| text(&c["constraint"]));
    match (with("fail"), with("undecided")) {
        (Some(constraint), _) => marks.push(format!("not allowed: {constraint}")),
        (None, Some(constraint)) => marks.push(format!("undecided: {constraint}")),
        (None, None) if !judged.is_empty() => marks.push("allowed".to_string()),
        _ => {}
    }
    marks.join(", ")
}

/// Columns as wide as they must be, the first `left` of them and the last to the left.
pub(super) fn aligned(out: &mut String, rows: &[Vec<String>], left: usize) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |c: usize| rows.iter().filter_map(|row| row.get(c)).map(|t| t.chars().count()).max().unwrap_or(0);
    for row in rows {
        let mut line = String::from(" ");
        for (c, cell) in row.iter().enumerate() {
            let w = width(c);
            let _ = if c < left || c + 1 == columns {
                write!(line, " {cell:w$} ")
            } else {
                write!(line, " {cell:>w$} ")
            };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// Short names of the axes, each different.
pub(super) fn axis_names(axes: &[Value]) -> Vec<String> {
    short_names(&axes.iter().map(|axis| text(&axis["path"])).collect::<Vec<_>>())
}
