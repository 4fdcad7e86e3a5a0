//! The first screen: is it safe, when is it done, what does it do to others, and how sure is that.

use super::figures::{interval, outcomes};
use super::markup::Html;
use crate::experiment::constraint;
use crate::report::answer::{Answer, GateAnswer, JobAnswer};
use crate::report::verdict::{Grade, Verdict, of_dependency, of_job};
use crate::report::words::{confidence_level, duration, number, percent, percents};

/// Jobs and dependencies that are told of on the first screen.
const MOST: usize = 12;

/// The whole of it.
pub(super) fn verdict(answer: &Answer) -> Html {
    let jobs: Vec<Verdict> = answer.jobs.iter().map(of_job).collect();
    let dependencies: Vec<Verdict> = answer.dependencies.iter().filter_map(of_dependency).collect();
    let gates = answer.gates.iter().map(|gate| match gate.verdict {
        constraint::Verdict::Pass => Grade::Good,
        constraint::Verdict::Undecided => Grade::Mixed,
        constraint::Verdict::Fail => Grade::Bad,
    });
    let grades = jobs.iter().chain(&dependencies).map(|verdict| verdict.grade).chain(gates);
    let mut html = badge(grades.max().unwrap_or(Grade::Good));
    for (job, verdict) in answer.jobs.iter().zip(&jobs).take(MOST) {
        words(&mut html, verdict);
        html.part(outcomes(job));
        html.part(tiles(job));
    }
    rest(&mut html, jobs.len(), "Jobs");
    for verdict in dependencies.iter().take(MOST) {
        words(&mut html, verdict);
    }
    rest(&mut html, dependencies.len(), "dependencies");
    if !answer.gates.is_empty() {
        html.raw("<ul class=\"gates\">");
        for gate in &answer.gates {
            html.raw("<li>").part(self::gate(gate)).raw("</li>");
        }
        html.raw("</ul>\n");
    }
    html.raw("<p class=\"sure\">").sentence(&how_sure(answer)).raw("</p>\n");
    html
}

/// What to think of it at a glance, in words and with a sign, not by colour alone.
pub(super) fn badge(grade: Grade) -> Html {
    let mut html = Html::default();
    let (class, sign, words) = match grade {
        Grade::Good => ("good", "✓", "Looks safe"),
        Grade::Mixed => ("mixed", "!", "Has a risk"),
        Grade::Bad => ("bad", "✕", "Not safe as it is"),
    };
    html.raw("<p class=\"badge ").raw(class).raw("\"><span aria-hidden=\"true\">").raw(sign).raw("</span> ");
    html.raw(words).raw("</p>\n");
    html
}

fn words(html: &mut Html, verdict: &Verdict) {
    html.raw("<p class=\"headline ")
        .raw(verdict.grade.name())
        .raw("\">")
        .sentence(&verdict.headline)
        .raw("</p>\n");
    if !verdict.rest.is_empty() {
        html.raw("<p>").sentence(&verdict.rest).raw("</p>\n");
    }
}

fn rest(html: &mut Html, count: usize, what: &'static str) {
    if count > MOST {
        html.raw("<p>")
            .text(&format!("{} more {what} are among the figures below.", count - MOST))
            .raw("</p>\n");
    }
}

/// The figures that matter first.
fn tiles(job: &JobAnswer) -> Html {
    let mut html = Html::default();
    let mut tile = |label: &str, value: &str, interval: &str| {
        html.raw("<div><dt>")
            .text(label)
            .raw("</dt><dd><strong>")
            .text(value)
            .raw("</strong> <span class=\"quiet\">");
        html.text(interval).raw("</span></dd></div>");
    };
    if let Some(s) = job.quantity("makespan_s") {
        let runs: usize = job.outcomes.iter().map(|o| o.count).sum();
        let of = if s.n < runs { "runs that end" } else { "runs" };
        let [p50, _, p95, _] = s.quantile_intervals;
        let interval = |found: Option<(f64, f64)>| match found {
            Some(_) => interval(found, duration),
            None => "too few runs for an interval".to_string(),
        };
        tile(&format!("half of the {of} are over by"), &duration(s.p50), &interval(p50));
        tile(&format!("95 % of the {of} are over by"), &duration(s.p95), &interval(p95));
    }
    for done in job.done_by.iter().take(4) {
        let label = format!("complete within {}", duration(done.t_s));
        tile(&label, &percent(done.share), &done.interval.map_or_else(String::new, percents));
    }
    if let Some(s) = job.quantity("pods_failed").filter(|s| s.max > 0.0) {
        tile("pods that fail", &number(s.mean), &interval(s.interval, number));
    }
    if let Some(s) = job.quantity("wasted_pod_s").filter(|s| s.max > 0.0) {
        tile("pod time wasted", &duration(s.mean), &interval(s.interval, duration));
    }
    let mut list = Html::default();
    list.raw("<dl class=\"tiles\">").part(html).raw("</dl>\n");
    list
}

fn gate(gate: &GateAnswer) -> Html {
    let mut html = Html::default();
    html.raw("gate ").element("code", &gate.gate).raw(": ").element("strong", gate.verdict.name()).raw(" ");
    html.text(&format!("({})", gate.in_words()));
    html
}

fn how_sure(answer: &Answer) -> String {
    // Clopper and Pearson (1934), one-sided, of none in so many.
    let never = 1.0 - (1.0 - answer.confidence).powf(1.0 / answer.replications.max(1) as f64);
    format!(
        "From {} simulated runs. Brackets are {sure} intervals; what was never seen happens in at most {} of runs ({sure} \
         sure). Whether your cluster does the same depends on the run times and failures that went in.",
        answer.replications,
        percent(never),
        sure = confidence_level(answer.confidence),
    )
}
