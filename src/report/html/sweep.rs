//! The page of `sweep` and `merge`. Made from the records of the settings and the inputs alone, so that a merge of shards
//! writes the same bytes as one sweep.

use serde_json::Value;

use super::figures::{Cell, Table, interval};
use super::inputs::{self, Given};
use super::markup::Html;
use super::page::{Page, origin};
use super::verdict::badge;
use crate::report::chart::Chart;
use crate::report::sweep::{
    axis_names, confidence, extent, is_refused, mark, outcome_count, replications, text,
};
use crate::report::verdict::Grade;
use crate::report::words::{confidence_level, duration, number, percent};

/// Settings in the table of the page.
const MOST_ROWS: usize = 400;
/// Settings that a sentence names.
const MOST_NAMED: usize = 4;

/// The whole file; `summary`: all that a sweep has to say.
pub fn page(summary: &Value, given: &Given, charts: &[Chart]) -> String {
    let axes = axis_names(list(&summary["axes"]));
    let jobs: Vec<String> = list(&summary["cells"][0]["jobs"]).iter().map(|job| text(&job["name"])).collect();
    let mut page = Page::new("sweep", &format!("{} by {}", jobs.join(", "), axes.join(", ")));
    page.section("verdict", "Verdict", verdict(summary));
    if !charts.is_empty() {
        let charts = page.charts(charts, "");
        page.section("charts", "Charts", charts);
    }
    page.section("settings", "Every setting", settings(summary));
    page.section("trust", "How far to trust it", given.trust(&defaults(summary)));
    let mut inputs = Html::default();
    inputs.raw("<p>To repeat it:</p>\n").part(inputs::command(&words(summary, given))).part(given.texts());
    page.section("inputs", "Inputs", inputs);
    let seed = summary["seed"].as_u64().unwrap_or(0);
    let sha256 = text(&summary["inputs"]["sha256"]);
    page.finish(&origin(&replications(summary), seed, &sha256, confidence(summary)))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn defaults(summary: &Value) -> Vec<String> {
    list(&summary["defaults"]).iter().map(text).collect()
}

/// `parallelism=8, backoffLimit=6`.
fn setting(cell: &Value) -> String {
    let each = list(&cell["setting"]);
    let words =
        axis_names(each).into_iter().zip(each).map(|(name, s)| format!("{name}={}", text(&s["value"])));
    words.collect::<Vec<_>>().join(", ")
}

fn runs(cell: &Value) -> f64 {
    cell["replications"].as_f64().unwrap_or(0.0)
}

/// Share of runs in which all Jobs of a setting that went worst are Complete.
fn complete(cell: &Value) -> f64 {
    let shares = list(&cell["jobs"]).iter().map(|job| outcome_count(job, "Complete") as f64 / runs(cell));
    shares.fold(1.0, f64::min)
}

fn makespan(cell: &Value) -> Option<f64> {
    cell["jobs"][0]["makespan_s"]["mean"].as_f64()
}

fn verdict(summary: &Value) -> Html {
    let cells = list(&summary["cells"]);
    let whole: Vec<&Value> = cells.iter().filter(|cell| complete(cell) >= 1.0).collect();
    let grade = match () {
        () if whole.len() == cells.len() => Grade::Good,
        () if !whole.is_empty() => Grade::Mixed,
        () => Grade::Bad,
    };
    let mut html = badge(grade);
    let mut say = |class: &'static str, words: &str| {
        html.raw(class).sentence(words).raw("</p>\n");
    };
    let headline = match whole.len() {
        _ if cells.len() == 1 => format!(
            "The only setting completes in {}.",
            match complete(&cells[0]) {
                1.0 => "every run".to_string(),
                share => format!("{} of runs", percent(share)),
            }
        ),
        all if all == cells.len() => format!("All {all} settings complete in every run."),
        0 => match cells.iter().max_by(|a, b| complete(a).total_cmp(&complete(b))) {
            Some(best) if cells.iter().all(|cell| complete(cell) == complete(best)) => {
                format!(
                    "No setting completes in every run: each does in {} of runs.",
                    percent(complete(best))
                )
            }
            Some(best) => format!(
                "No setting completes in every run; {} does most often, in {} of runs.",
                setting(best),
                percent(complete(best))
            ),
            None => "No setting was simulated.".to_string(),
        },
        some if some <= MOST_NAMED => {
            format!("{some} of {} settings complete in every run: {}.", cells.len(), named(&whole))
        }
        some => format!("{some} of {} settings complete in every run.", cells.len()),
    };
    let class = match grade {
        Grade::Good => "<p class=\"headline good\">",
        Grade::Mixed => "<p class=\"headline mixed\">",
        Grade::Bad => "<p class=\"headline bad\">",
    };
    say(class, &headline);
    let candidates: Vec<&Value> = if whole.is_empty() { cells.iter().collect() } else { whole };
    let candidates = candidates.into_iter().filter(|cell| !is_refused(cell));
    let timed = candidates.filter_map(|cell| Some((makespan(cell)?, cell)));
    if let Some((seconds, cell)) = timed.min_by(|a, b| a.0.total_cmp(&b.0)) {
        let s = &cell["jobs"][0]["makespan_s"];
        let between = s["low"].as_f64().zip(s["high"].as_f64());
        let fastest = match () {
            () if cells.len() == 1 => "The mean makespan of runs that end, with",
            () if cells.iter().all(|cell| complete(cell) >= 1.0) => "Fastest is",
            () if complete(cell) >= 1.0 => "Fastest of these is",
            () => "Of the runs that end, those are fastest with",
        };
        say(
            "<p>",
            &format!(
                "{fastest} {}: {}{}{}.",
                setting(cell),
                duration(seconds),
                if cells.len() == 1 { "" } else { " in the mean" },
                between.map_or_else(String::new, |_| format!(" {}", interval(between, duration)))
            ),
        );
    }
    let knees: Vec<&Value> = cells.iter().filter(|cell| cell["knee"] == true).collect();
    if !knees.is_empty() {
        let times: Vec<String> = knees
            .iter()
            .take(MOST_NAMED)
            .filter_map(|cell| Some(format!("{} ({})", setting(cell), duration(makespan(cell)?))))
            .collect();
        say(
            "<p>",
            &format!(
                "Beyond the knee the makespan falls little for what is added: {}{}.",
                times.join("; "),
                match knees.len().saturating_sub(MOST_NAMED) {
                    0 => String::new(),
                    more => format!("; and {more} more in the table"),
                }
            ),
        );
    }
    if let Some((index, of)) = shard(summary) {
        say("<p>", &format!("This is part {index} of {of} (from 0): jobsim merge puts the parts together."));
    }
    say(
        "<p class=\"sure\">",
        &format!(
            "{}{}. Brackets are {} intervals.",
            extent(summary),
            if cells.len() > 1 { ": what differs between settings is the settings'" } else { "" },
            confidence_level(confidence(summary))
        ),
    );
    html
}

/// Which part of the sweep this is, if it is one.
fn shard(summary: &Value) -> Option<(u64, u64)> {
    summary["shard"]["index"].as_u64().zip(summary["shard"]["of"].as_u64())
}

fn named(cells: &[&Value]) -> String {
    cells.iter().map(|cell| setting(cell)).collect::<Vec<_>>().join("; ")
}

fn settings(summary: &Value) -> Html {
    let cells = list(&summary["cells"]);
    let jobs = list(&cells.first().unwrap_or(&Value::Null)["jobs"]).len();
    // A column for each axis: the settings of a long list are compared by their values.
    let mut columns = axis_names(list(&summary["axes"]));
    columns.extend((jobs > 1).then(|| "Job".to_string()));
    let names =
        ["complete", "its interval", "makespan", "its interval", "p95", "at least", "wasted pod time"];
    columns.extend(names.map(String::from));
    let dependencies = list(&cells.first().unwrap_or(&Value::Null)["dependencies"]);
    columns.extend(dependencies.iter().map(|d| format!("peak on {}", text(&d["name"]))));
    columns.push("note".to_string());
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new("Every setting: means over its runs", &columns);
    for cell in cells.iter().take(MOST_ROWS) {
        for job in list(&cell["jobs"]) {
            let mark = mark(cell, cell["knee"] == true, job["makespan_bounds"]["left"] == true);
            let values: Vec<String> = list(&cell["setting"]).iter().map(|s| text(&s["value"])).collect();
            let (first, others) = values.split_first().map_or(("", &values[..]), |(f, o)| (f.as_str(), o));
            let mut cells: Vec<Cell> = others.iter().cloned().map(Cell::Words).collect();
            cells.extend(row(cell, job, jobs));
            cells.push(Cell::Words(mark.replace("<- ", "")));
            table.row(first, &cells);
        }
    }
    let mut html = Html::default();
    if cells.len() > MOST_ROWS {
        let words = format!(
            "The first {MOST_ROWS} of {} settings; all are in sweep.csv beside this page.",
            cells.len()
        );
        html.raw("<p class=\"note\">").text(&words).raw("</p>\n");
    }
    html.part(table.finish());
    html.raw("<p class=\"note\">at least: what no controller can beat (work divided by parallelism, the longest task, rate ");
    html.raw("limits), in the mean.</p>\n");
    html
}

fn row(cell: &Value, job: &Value, jobs: usize) -> Vec<Cell> {
    let n = |text: String| Cell::Number(text);
    let time = |value: &Value| value.as_f64().map_or("–".to_string(), |s| duration(s.max(0.0)));
    let between = |value: &Value| value["low"].as_f64().zip(value["high"].as_f64());
    let makespan = &job["makespan_s"];
    // One interval: that of the only way in which it completes.
    let complete: Vec<&Value> =
        list(&job["outcomes"]).iter().filter(|o| o["outcome"] == "Complete").collect();
    let share = match complete.as_slice() {
        [only] => interval(between(only), percent),
        _ => "–".to_string(),
    };
    let mut cells = Vec::new();
    if jobs > 1 {
        cells.push(Cell::Words(text(&job["name"])));
    }
    cells.extend([
        n(percent(outcome_count(job, "Complete") as f64 / runs(cell))),
        n(share),
        n(time(&makespan["mean"])),
        n(interval(between(makespan), duration)),
        n(time(&makespan["p95"])),
        n(time(&job["makespan_bounds"]["lower_s"])),
        n(time(&job["wasted_pod_s"]["mean"])),
    ]);
    for dependency in list(&cell["dependencies"]) {
        cells.push(n(dependency["peak_in_flight"]["mean"].as_f64().map_or("–".to_string(), number)));
    }
    cells
}

fn words(summary: &Value, given: &Given) -> Vec<String> {
    let mut words = vec!["jobsim".to_string(), "sweep".to_string()];
    words.extend(given.arguments());
    for axis in list(&summary["axes"]) {
        let values: Vec<String> = list(&axis["values"]).iter().map(text).collect();
        words.extend(["--vary".to_string(), format!("{}={}", text(&axis["path"]), values.join(","))]);
    }
    if let Some((index, of)) = shard(summary) {
        words.extend(["--shard".to_string(), format!("{index}/{of}")]);
    }
    for constraint in list(&summary["subject_to"]) {
        words.extend(["--subject-to".to_string(), text(constraint)]);
    }
    let count = summary["replications"].as_u64().map_or("auto".to_string(), |count| count.to_string());
    words.extend(["--seed".to_string(), summary["seed"].to_string(), "-n".to_string(), count]);
    words
}
