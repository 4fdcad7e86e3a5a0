//! The page of `recommend`: which setting to take and the change that makes it, what stands against it, what each constraint
//! costs, which deadline, and what to measure next.

use super::figures::{Cell, Table};
use super::inputs::{Given, command, shown_patch, shown_texts};
use super::markup::Html;
use super::page::{Page, origin};
use super::patch::difference;
use crate::experiment::deadlines::Advice;
use crate::experiment::measure::Measure;
use crate::experiment::selection::Finding;
use crate::experiment::sensitivity::Change;
use crate::experiment::tradeoff::pareto;
use crate::report::axes::short_names;
use crate::report::chart::Chart;
use crate::report::recommend::{RecommendAnswer, ended_well, show, signed, standing};
use crate::report::words::{duration, several};

/// Settings in the table of the page.
const MOST_ROWS: usize = 400;

/// What the page of a recommendation is made of.
pub struct RecommendPage<'a> {
    pub answer: &'a RecommendAnswer,
    /// The inputs, without the recommended change.
    pub given: &'a Given,
    pub defaults: &'a [String],
    /// The manifests of the inputs, written as the recommended ones are.
    pub manifest: &'a str,
    pub charts: &'a [Chart],
    /// The options that do the same again, whatever the documents and the defaults say.
    pub options: &'a [String],
}

/// The whole file.
pub fn page(recommend: &RecommendPage) -> String {
    let answer = recommend.answer;
    let (objective, constraints) = (&answer.problem.objective, &answer.problem.constraints);
    let held: Vec<String> = constraints.iter().map(ToString::to_string).collect();
    let title = match held.as_slice() {
        [] => format!("The smallest {objective}"),
        held => format!("The smallest {objective} with {}", held.join(", ")),
    };
    let mut page = Page::new("recommend", &title);
    page.section("verdict", "Verdict", verdict(answer));
    if answer.selection.leader.is_some() {
        page.section("change", "The change", change(recommend));
    }
    let (deadlines, others): (Vec<Chart>, Vec<Chart>) =
        recommend.charts.iter().cloned().partition(|chart| chart.id.starts_with("deadline-"));
    let mut settings = page.charts(&others, "");
    settings.part(self::settings(answer));
    page.section("settings", "The settings", settings);
    if !answer.deadlines.is_empty() {
        let mut body = self::deadlines(answer);
        body.part(page.charts(&deadlines, ""));
        page.section("deadlines", "Which deadline", body);
    }
    if !answer.sensitivity.is_empty() {
        page.section("sensitivity", "What to measure next", sensitivity(answer));
    }
    let mut trust = Html::default();
    trust.raw("<p>").sentence(&answer.guarantee()).raw("</p>\n");
    trust.raw("<p>Every setting was simulated with the same luck. What holds of the inputs:</p>\n");
    trust.part(recommend.given.trust(recommend.defaults));
    page.section("trust", "How far to trust it", trust);
    let mut inputs = Html::default();
    let mut words = vec!["jobsim".to_string(), "recommend".to_string()];
    words.extend(recommend.given.arguments());
    words.extend_from_slice(recommend.options);
    inputs.raw("<p>To repeat it:</p>\n").part(command(&words)).part(recommend.given.texts());
    page.section("inputs", "Inputs", inputs);
    let replications = format!("{} in all", several(answer.selection.replications, "replication"));
    page.finish(&origin(
        &replications,
        answer.problem.seed,
        &answer.inputs_sha256,
        1.0 - answer.problem.error,
    ))
}

fn verdict(answer: &RecommendAnswer) -> Html {
    let mut html = Html::default();
    let endings = answer.endings();
    html.raw(match answer.selection.finding {
        Finding::Best if !endings.is_empty() => "<p class=\"headline mixed\">",
        Finding::Best => "<p class=\"headline good\">",
        Finding::CannotTell | Finding::Undecided => "<p class=\"headline mixed\">",
        Finding::NoneAllowed => "<p class=\"headline bad\">",
    });
    html.sentence(&answer.sentence()).raw("</p>\n");
    for sentence in endings {
        html.raw("<p>").sentence(&format!("{sentence}.")).raw("</p>\n");
    }
    for (constraint, cost) in answer.problem.constraints.iter().zip(&answer.costs) {
        html.raw("<p>").sentence(&format!("{}.", answer.cost(&constraint.to_string(), cost))).raw("</p>\n");
    }
    for sentence in answer.idle() {
        html.raw("<p>").sentence(&format!("{sentence}.")).raw("</p>\n");
    }
    html.raw("<p class=\"sure\">").sentence(&format!("{}.", answer.extent())).raw("</p>\n");
    html
}

/// The recommended setting, and what it changes in the manifests.
fn change(recommend: &RecommendPage) -> Html {
    let answer = recommend.answer;
    let mut html = Html::default();
    let Some(leader) = answer.selection.leader else { return html };
    let mut table = Table::of_words("The recommended setting", &["field", "value"]);
    for (axis, value) in answer.grid.axes.iter().zip(answer.grid.values(leader)) {
        table.row(&axis.path, &[Cell::Words(value.to_string())]);
    }
    html.part(table.finish());
    let lines = difference(recommend.manifest, &answer.manifest);
    if lines.is_empty() {
        html.raw("<p>The manifest stays as it is.</p>\n");
    } else {
        html.part(shown_patch("the manifest", &lines));
        html.part(shown_texts(std::iter::once(("manifest.yaml", answer.manifest.as_str()))));
    }
    html
}

fn settings(answer: &RecommendAnswer) -> Html {
    let (problem, selection) = (&answer.problem, &answer.selection);
    let front = pareto(problem, selection);
    let order = answer.order(&front);
    let mut columns = short_names(&answer.grid.axes.iter().map(|axis| axis.path.clone()).collect::<Vec<_>>());
    columns.push(problem.objective.to_string());
    columns.extend(problem.constraints.iter().map(ToString::to_string));
    let failing = answer.failing_jobs();
    columns.extend(failing.iter().map(|job| answer.complete_name(*job)));
    columns.extend(["runs", "standing", "Pareto front"].map(String::from));
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new("The settings, by what matters first", &columns);
    for &at in order.iter().take(MOST_ROWS) {
        let candidate = &selection.candidates[at];
        let values = answer.grid.values(at);
        let (first, others) = values.split_first().map_or(("", &values[..]), |(first, rest)| (*first, rest));
        let mut cells: Vec<Cell> = others.iter().map(|value| Cell::Words(value.to_string())).collect();
        cells.push(Cell::Number(show(&problem.objective, selection.value(problem, 0, at))));
        for (k, constraint) in problem.constraints.iter().enumerate() {
            let estimate = candidate.estimate(problem, k + 1).value;
            cells.push(Cell::Number(show(&constraint.measure, estimate)));
        }
        cells.extend(failing.iter().map(|job| Cell::Number(answer.complete_share(at, *job))));
        cells.push(Cell::Number(candidate.count().to_string()));
        cells.push(Cell::Words(standing(candidate.standing).to_string()));
        cells.push(Cell::Words(if front[at] { "yes" } else { "" }.to_string()));
        table.row(first, &cells);
    }
    let mut html = table.finish();
    html.raw("<p class=\"note\">Pareto front: no other is as good in everything and better in something.");
    if order.len() > MOST_ROWS {
        html.text(&format!(
            " {} settings more are in summary.json beside this page.",
            order.len() - MOST_ROWS
        ));
    }
    html.raw("</p>\n");
    html
}

/// In words; the curves are charts.
fn deadlines(answer: &RecommendAnswer) -> Html {
    let mut html = Html::default();
    for (job, pod, whole) in &answer.deadlines {
        let sentences = [
            deadline(&format!("A pod of {job} (spec.template.spec.activeDeadlineSeconds)"), "pod", pod),
            deadline(&format!("{job} as a whole (spec.activeDeadlineSeconds)"), "run", whole),
        ];
        html.raw("<ul>");
        for sentence in sentences {
            html.raw("<li>").sentence(&sentence).raw("</li>");
        }
        html.raw("</ul>\n");
    }
    html
}

fn deadline(what: &str, one: &str, advice: &Advice) -> String {
    if advice.ended == 0 {
        return format!("{what}: none of the {one}s {}, so there is nothing to go by.", ended_well(one).0);
    }
    match advice.recommended.map(|at| &advice.curve[at]) {
        None => {
            format!("{what}: {} {one}s {} and none hung, so none is needed.", advice.ended, ended_well(one).1)
        }
        Some(point) => format!(
            "{what}: {} s wastes least. It kills {:.2} % of the {one}s by mistake{}, and {} each are spent for nothing.",
            point.deadline_s,
            100.0 * point.false_kills,
            point.interval.map_or(String::new(), |(_, high)| format!(" (at most {:.2} %)", 100.0 * high)),
            duration(point.wasted_s)
        ),
    }
}

fn sensitivity(answer: &RecommendAnswer) -> Html {
    let objective = &answer.problem.objective;
    let mut html = Html::default();
    match answer.sensitivity.first().filter(|first| first.size() > 0.0) {
        None => {
            html.raw("<p>No input that is 10 % off changes the objective.</p>\n");
            return html;
        }
        Some(first) => {
            html.raw("<p>").sentence(&format!(
                "Measure {} first: of all inputs it changes {objective} most when it is 10 % off.",
                first.input
            ));
            html.raw("</p>\n");
        }
    }
    let columns = ["input", "10 % smaller", "its interval", "10 % larger", "its interval"];
    let mut table = Table::new(&format!("Change of {objective} when an input is off"), &columns);
    for effect in &answer.sensitivity {
        let [a, b] = [&effect.smaller, &effect.larger].map(|change| cells(objective, change));
        table.row(&effect.input, &a.into_iter().chain(b).collect::<Vec<_>>());
    }
    html.part(table.finish());
    html
}

fn cells(objective: &Measure, change: &Change) -> [Cell; 2] {
    let interval = match change.interval {
        Some((low, high)) => format!("[{}, {}]", signed(objective, low), signed(objective, high)),
        None => "–".to_string(),
    };
    [Cell::Number(signed(objective, change.difference)), Cell::Number(interval)]
}
