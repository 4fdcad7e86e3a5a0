//! The page of `run`: verdict, what to change, figures, single runs, and what it all stands on.

use super::figures::{Cell, Table, dependency, heavy_tails, outcome, quantities};
use super::inputs::{Given, advice, command};
use super::markup::Html;
use super::page::{Page, origin};
pub use super::story::{Role, ShownRun};
use super::{story, verdict};
use crate::input::{Diagnostic, Loaded};
use crate::report::answer::{Answer, JobAnswer};
use crate::report::chart::Chart;
use crate::report::words::{duration, percent, percents, several};

/// What the page of a run is made of.
pub struct RunPage<'a> {
    pub answer: &'a Answer,
    pub loaded: &'a Loaded,
    pub advice: &'a [Diagnostic],
    pub charts: &'a [Chart],
    /// The runs that are told; the first is the one in pods.csv.
    pub shown: &'a [ShownRun],
    /// The replication that was asked for.
    pub asked: Option<u64>,
}

/// The whole file.
pub fn page(run: &RunPage) -> String {
    let names: Vec<&str> = run.answer.jobs.iter().map(|job| job.name.as_str()).collect();
    let title = match names.as_slice() {
        [name] => name.to_string(),
        [first, ..] => format!("{first} and {} more Jobs", names.len() - 1),
        [] => "no Job".to_string(),
    };
    let mut page = Page::new("run", &title);
    page.section("verdict", "Verdict", verdict::verdict(run.answer));
    page.section("advice", "What to change", advice(&run.loaded.sources, run.advice));
    if !run.charts.is_empty() {
        let charts = page.charts(run.charts, "");
        page.section("charts", "Charts", charts);
    }
    page.section("figures", "Figures", figures(run.answer));
    for shown in run.shown {
        let mut body = page.charts(&shown.charts, &format!("{}-", shown.id()));
        body.part(story::run(shown, &run.loaded.scenario));
        page.section(shown.id(), shown.heading(), body);
    }
    let given = Given::of(run.loaded);
    page.section("trust", "How far to trust it", given.trust(&run.answer.defaults));
    let mut inputs = Html::default();
    inputs.raw("<p>To repeat it:</p>\n").part(command(&words(run, &given))).part(given.texts());
    page.section("inputs", "Inputs", inputs);
    let answer = run.answer;
    let replications = several(answer.replications, "replication");
    page.finish(&origin(&replications, answer.seed, &answer.inputs_sha256, answer.confidence))
}

fn figures(answer: &Answer) -> Html {
    let mut html = Html::default();
    for job in &answer.jobs {
        if answer.jobs.len() > 1 {
            html.raw("<h3><bdi>").text(&job.name).raw("</bdi></h3>\n");
        }
        html.part(shares(job));
        html.part(quantities(&format!("{}: over all runs", job.name), &job.quantities));
        html.part(heavy_tails(&job.quantities));
    }
    for answer in &answer.dependencies {
        html.part(dependency(answer));
    }
    html
}

fn shares(job: &JobAnswer) -> Html {
    let mut table = Table::new(
        &format!("{}: how the runs end", job.name),
        &["outcome", "share of runs", "its interval", "runs"],
    );
    let mut row = |head: &str, share: f64, interval: Option<(f64, f64)>, runs: String| {
        let n = |text: String| Cell::Number(text);
        table.row(head, &[n(percent(share)), n(interval.map_or_else(String::new, percents)), n(runs)]);
    };
    for o in &job.outcomes {
        row(&outcome(o.outcome, o.reason), o.share, o.interval, o.count.to_string());
    }
    for done in &job.done_by {
        row(&format!("Complete within {}", duration(done.t_s)), done.share, done.interval, String::new());
    }
    table.finish()
}

/// The command that makes the same again, in the folder of the inputs.
fn words(run: &RunPage, given: &Given) -> Vec<String> {
    let mut words = vec!["jobsim".to_string(), "run".to_string()];
    words.extend(given.arguments());
    let options = [("--seed", run.answer.seed), ("-n", run.answer.replications)];
    words.extend(options.iter().flat_map(|(name, value)| [name.to_string(), value.to_string()]));
    for done in run.answer.jobs.first().map(|job| job.done_by.as_slice()).unwrap_or_default() {
        words.extend(["--done-by".to_string(), format!("{}s", done.t_s)]);
    }
    for gate in &run.answer.gates {
        words.extend(["--gate".to_string(), gate.gate.clone()]);
    }
    words.extend(run.asked.iter().flat_map(|k| ["--replication".to_string(), k.to_string()]));
    words
}
