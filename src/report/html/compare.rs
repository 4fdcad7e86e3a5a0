//! The page of `compare`: what differs between the inputs, and what differs between the results.

use super::figures::{Cell, Table, named};
use super::inputs::{Given, command, list, shown_texts};
use super::markup::Html;
use super::page::{Page, origin};
use crate::experiment::paired::Paired;
use crate::report::chart::Chart;
use crate::report::compare::{CompareAnswer, VariantAnswer, intervals, sentence, signed};
use crate::report::words::{percent, several};

/// What the page of a comparison is made of.
pub struct ComparePage<'a> {
    pub answer: &'a CompareAnswer,
    /// Of the base, then of each variant.
    pub given: &'a [Given],
    pub charts: &'a [Chart],
    /// The command that was typed, for whoever wants to repeat it.
    pub command: &'a [String],
}

/// The whole file.
pub fn page(compare: &ComparePage) -> String {
    let answer = compare.answer;
    let names: Vec<&str> = answer.variants.iter().map(|variant| variant.setting.name.as_str()).collect();
    let title = match names.as_slice() {
        [name] => format!("{name} against {}", answer.base.name),
        _ => format!("{} variants against {}", names.len(), answer.base.name),
    };
    let mut page = Page::new("compare", &title);
    page.section("verdict", "Verdict", verdict(answer));
    if !compare.charts.is_empty() {
        let charts = page.charts(compare.charts, "");
        page.section("charts", "Charts", charts);
    }
    let mut results = Html::default();
    for variant in &answer.variants {
        if answer.variants.len() > 1 {
            results.raw("<h3><bdi>").text(&variant.setting.name).raw("</bdi></h3>\n");
        }
        results.part(inputs(variant)).part(differences(variant, answer.replications));
    }
    page.section("differences", "What differs", results);
    let mut trust = Html::default();
    trust.raw("<p>Every setting was simulated with the same luck: what is left of a difference is the setting's. gain says so ");
    trust.raw("many times as many runs independent seeds would need. What holds of the base:</p>\n");
    if let Some(base) = compare.given.first() {
        trust.part(base.trust(&[]));
    }
    page.section("trust", "How far to trust it", trust);
    let mut texts = Html::default();
    texts.raw("<p>To repeat it:</p>\n").part(command(compare.command));
    let settings =
        std::iter::once(&answer.base).chain(answer.variants.iter().map(|variant| &variant.setting));
    let mut seen: Vec<&(String, String)> = Vec::new();
    for (setting, given) in settings.zip(compare.given) {
        texts.raw("<h3><bdi>").text(&setting.name).raw("</bdi></h3>\n");
        let new: Vec<&(String, String)> = given.texts.iter().filter(|text| !seen.contains(text)).collect();
        if new.is_empty() {
            texts.raw("<p>The same texts as above.</p>\n");
        }
        texts.part(shown_texts(new.iter().map(|(name, text)| (name.as_str(), text.as_str()))));
        seen.extend(new);
    }
    page.section("inputs", "Inputs", texts);
    let replications = format!("{} of each", several(answer.replications, "replication"));
    page.finish(&origin(&replications, answer.seed, &answer.base.inputs_sha256, answer.confidence))
}

fn verdict(answer: &CompareAnswer) -> Html {
    let mut html = Html::default();
    for variant in &answer.variants {
        if answer.variants.len() > 1 {
            html.raw("<p class=\"quiet\"><bdi>").text(&variant.setting.name).raw("</bdi></p>\n");
        }
        html.raw("<p class=\"headline\">").sentence(&sentence(variant)).raw("</p>\n");
    }
    html.raw("<p class=\"sure\">").text(&format!(
        "From {} of each setting with the same luck. Brackets: {}. A difference whose bracket holds 0 may be none.",
        several(answer.replications, "run"),
        intervals(answer)
    ));
    html.raw("</p>\n");
    html
}

fn inputs(variant: &VariantAnswer) -> Html {
    let mut html = Html::default();
    if variant.inputs.iter().all(|(_, fields)| fields.is_empty()) {
        html.raw("<p>The inputs are the same.</p>\n");
        return html;
    }
    let mut table = Table::of_words("The inputs", &["field", "base", "variant"]);
    for (document, fields) in &variant.inputs {
        for d in fields {
            let side =
                |side: &Option<String>| Cell::Words(side.clone().unwrap_or_else(|| "(not set)".to_string()));
            table.row(&format!("{document}: {}", d.field), &[side(&d.from), side(&d.to)]);
        }
    }
    html.part(table.finish());
    let alone: Vec<String> =
        variant.comparison.unmatched.iter().map(|name| format!("{name}: in one of the two only")).collect();
    html.part(list("Not compared", &alone));
    html
}

fn differences(variant: &VariantAnswer, replications: u64) -> Html {
    let columns = ["quantity", "base", "variant", "difference", "its interval", "gain"];
    let mut html = Html::default();
    for job in &variant.comparison.jobs {
        let mut table = Table::new(&format!("Job {}: means over the runs", job.name), &columns);
        for (outcome, p) in &job.outcomes {
            table.row(&format!("{outcome} (share of runs)"), &cells(p, percent));
        }
        quantities(&mut table, &job.quantities);
        html.part(table.finish());
        let makespan = job.quantities.iter().find(|(key, _)| *key == "makespan_s").and_then(|(_, p)| *p);
        if let Some(p) = makespan.filter(|p| (p.n as u64) < replications) {
            let words =
                format!("makespan: of the {} in which both ended", several(p.n as u64, "replication"));
            html.raw("<p class=\"note\">").text(&words).raw("</p>\n");
        }
    }
    for dependency in &variant.comparison.dependencies {
        let mut table = Table::new(&format!("Dependency {}: means over the runs", dependency.name), &columns);
        quantities(&mut table, &dependency.quantities);
        html.part(table.finish());
    }
    html
}

fn quantities(table: &mut Table, list: &[(&'static str, Option<Paired>)]) {
    for (key, p) in list {
        let Some(p) = p.filter(|p| p.base != 0.0 || p.variant != 0.0) else { continue };
        let (label, show) = named(key);
        table.row(&label, &cells(&p, show));
    }
}

fn cells(p: &Paired, show: fn(f64) -> String) -> Vec<Cell> {
    let interval = p
        .interval
        .map_or("–".to_string(), |(low, high)| format!("[{}, {}]", signed(low, show), signed(high, show)));
    let gain = p.gain.map_or(String::new(), |gain| format!("{gain:.1}"));
    [show(p.base), show(p.variant), signed(p.difference, show), interval, gain]
        .into_iter()
        .map(Cell::Number)
        .collect()
}
