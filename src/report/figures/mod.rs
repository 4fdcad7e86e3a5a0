//! What each chart shows: from results to chart specs, as pure functions. Nothing here draws.

mod compare;
mod failures;
mod gantt;
mod load;
mod makespan;
mod numbers;
mod pods;
mod recommend;
mod shown;
mod sweep;

pub use shown::Shown;

use serde_json::Value;

use super::chart::Chart;
use crate::experiment::replicate::Run;
use crate::model::scenario::Scenario;

/// What the charts of a `run` are made of.
pub struct RunView<'a> {
    pub scenario: &'a Scenario,
    pub seed: u64,
    pub runs: &'a [Run],
    /// The run that is looked at closely.
    pub shown: &'a Shown,
    /// Times that somebody wants the Jobs to be done by, in seconds after their creation.
    pub done_by_s: &'a [f64],
}

/// Jobs that get charts of their own at most.
const MOST_JOBS: usize = 8;
/// The same of dependencies.
const MOST_DEPENDENCIES: usize = 8;

/// All charts of a `run`, in reading order, those that say something in this case.
pub fn run_figures(view: &RunView) -> Vec<Chart> {
    let jobs = 0..view.scenario.jobs.len().min(MOST_JOBS);
    let mut charts: Vec<Chart> = jobs.filter_map(|job| makespan::makespan(view, job)).collect();
    charts.extend(shown_figures(view));
    charts
}

/// Those of them that show one run.
pub fn shown_figures(view: &RunView) -> Vec<Chart> {
    let jobs = 0..view.scenario.jobs.len().min(MOST_JOBS);
    let mut charts: Vec<Chart> = jobs.clone().filter_map(|job| pods::pods_over_time(view, job)).collect();
    charts.extend(jobs.clone().filter_map(|job| gantt::gantt(view, job)));
    charts.extend(jobs.filter_map(|job| failures::failures(view, job)));
    let dependencies = 0..view.scenario.shared.dependencies.len().min(MOST_DEPENDENCIES);
    charts.extend(dependencies.filter_map(|number| load::load(view, number)));
    charts
}

/// The charts of a sweep, from its summary.json.
pub fn sweep_figures(summary: &Value) -> Vec<Chart> {
    sweep::sweep(summary)
}

/// The charts of a comparison, from its JSON.
pub fn compare_figures(answer: &Value) -> Vec<Chart> {
    compare::compare(answer)
}

/// The charts of a recommendation, from its JSON.
pub fn recommend_figures(answer: &Value) -> Vec<Chart> {
    recommend::recommend(answer)
}

/// The name of a Job's chart, and of the Job where there are several.
fn id(stem: &str, scenario: &Scenario, job: usize) -> String {
    match scenario.jobs.len() {
        1 => stem.to_string(),
        _ => format!("{stem}-{}", file_name(&scenario.jobs[job].name)),
    }
}

/// What may stand in the name of a file.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c } else { '-' };
    name.chars().map(plain).collect()
}

/// `1 pod`, `2 pods`.
fn several(number: usize, what: &str) -> String {
    let digits = count(number as f64);
    if number == 1 { format!("{digits} {what}") } else { format!("{digits} {what}s") }
}

/// A whole number, long ones in groups of digits.
fn count(number: f64) -> String {
    super::chart::value(number, super::chart::spec::Unit::Count)
}
