//! Tables of numbers, each with its interval, and shares as a bar.

use super::markup::Html;
use crate::experiment::interval::{HEAVY_TAIL, Summary};
use crate::report::answer::JobAnswer;
use crate::report::dependencies::DependencyAnswer;
use crate::report::dependency_text::recovery_text;
use crate::report::words::{duration, number, percent, percents, several};

/// A table that scrolls within itself where the page is narrow; the keyboard reaches it.
pub(super) struct Table {
    html: Html,
}

/// One cell after the first.
pub(super) enum Cell {
    Number(String),
    Words(String),
}

impl Table {
    /// Of numbers, but for the first column.
    pub(super) fn new(caption: &str, columns: &[&str]) -> Table {
        Table::begin("figures", caption, columns)
    }

    /// Of words.
    pub(super) fn of_words(caption: &str, columns: &[&str]) -> Table {
        Table::begin("words", caption, columns)
    }

    fn begin(class: &'static str, caption: &str, columns: &[&str]) -> Table {
        let mut html = Html::default();
        html.raw("<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"").text(caption);
        html.raw("\"><table class=\"")
            .raw(class)
            .raw("\"><caption>")
            .text(caption)
            .raw("</caption><thead><tr>");
        for column in columns {
            html.raw("<th scope=\"col\">").text(column).raw("</th>");
        }
        html.raw("</tr></thead><tbody>\n");
        Table { html }
    }

    /// The first cell is the head of the row.
    pub(super) fn row(&mut self, head: &str, cells: &[Cell]) {
        self.html.raw("<tr><th scope=\"row\">").text(head).raw("</th>");
        for cell in cells {
            match cell {
                Cell::Number(text) => self.html.raw("<td class=\"n\">").text(text),
                Cell::Words(text) => self.html.raw("<td>").text(text),
            };
            self.html.raw("</td>");
        }
        self.html.raw("</tr>\n");
    }

    pub(super) fn finish(mut self) -> Html {
        self.html.raw("</tbody></table></div>\n");
        self.html
    }
}

/// Name of a quantity without its unit, and how its values are written.
pub(super) fn named(key: &str) -> (String, fn(f64) -> String) {
    match key.strip_suffix("_s") {
        Some(label) if !label.ends_with("per") => (label.replace('_', " "), duration),
        _ => (key.replace('_', " "), number),
    }
}

pub(super) fn interval(interval: Option<(f64, f64)>, show: fn(f64) -> String) -> String {
    interval
        .map_or_else(|| "–".to_string(), |(low, high)| format!("[{}, {}]", show(low.max(0.0)), show(high)))
}

/// Quantities with every figure that they have; those that are 0 in every run are left out.
pub(super) fn quantities(caption: &str, list: &[(&'static str, Option<Summary>)]) -> Html {
    let columns =
        ["quantity", "mean", "its interval", "p50", "its interval", "p95", "its interval", "p99", "most"];
    let mut table = Table::new(caption, &columns);
    for (key, summary) in list {
        let Some(s) = summary.filter(|s| s.max != 0.0) else { continue };
        let (label, show) = named(key);
        let n = |text: String| Cell::Number(text);
        let [p50, _, p95, _] = s.quantile_intervals;
        if s.n > 1 && s.min == s.max {
            // Nothing to estimate an error from.
            let [value, alike] = [show(s.mean), "all alike".to_string()];
            table.row(
                &label,
                &[
                    value,
                    alike,
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                    String::new(),
                    show(s.max),
                ]
                .map(n),
            );
            continue;
        }
        table.row(
            &label,
            &[
                n(show(s.mean)),
                n(interval(s.interval, show)),
                n(show(s.p50)),
                n(interval(p50, show)),
                n(show(s.p95)),
                n(interval(p95, show)),
                n(show(s.p99)),
                n(show(s.max)),
            ],
        );
    }
    table.finish()
}

/// Means that must not be relied on, as a list; nothing when there are none.
pub(super) fn heavy_tails(list: &[(&'static str, Option<Summary>)]) -> Html {
    let mut html = Html::default();
    for (key, summary) in list {
        let Some(index) = summary.and_then(|s| s.heavy_tail()) else { continue };
        html.raw("<p class=\"note\">").text(&format!(
            "{} has a heavy tail (index {index:.1}, below {HEAVY_TAIL}): rare runs decide its mean, whose interval is too \
             narrow; go by the quantiles.",
            named(key).0
        ));
        html.raw("</p>\n");
    }
    html
}

/// How the runs ended: a bar, and the same in words.
pub(super) fn outcomes(job: &JobAnswer) -> Html {
    let mut html = Html::default();
    let words: Vec<String> = job
        .outcomes
        .iter()
        .map(|o| format!("{} {}", outcome(o.outcome, o.reason), percent(o.share)))
        .collect();
    html.raw("<svg class=\"shares\" role=\"img\" viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" aria-label=\"");
    html.text(&format!("Shares of runs: {}", words.join(", "))).raw("\">");
    let mut x = 0.0;
    for o in &job.outcomes {
        let width = 1000.0 * o.share;
        html.raw("<rect class=\"").raw(class(o.outcome)).raw("\" x=\"").text(&format!("{x:.1}"));
        html.raw("\" y=\"0\" width=\"")
            .text(&format!("{:.1}", (width - 2.0).max(1.0)))
            .raw("\" height=\"40\"/>");
        x += width;
    }
    html.raw("</svg>\n<ul class=\"key\">");
    for o in &job.outcomes {
        html.raw("<li><span class=\"swatch ").raw(class(o.outcome)).raw("\"></span> ");
        html.element("strong", &percent(o.share))
            .raw(" ")
            .text(&outcome(o.outcome, o.reason))
            .raw(" <span class=\"quiet\">");
        html.text(&format!(
            "{}, {}",
            o.interval.map_or_else(String::new, percents),
            several(o.count as u64, "run")
        ))
        .raw("</span></li>");
    }
    html.raw("</ul>\n");
    html
}

pub(super) fn outcome(outcome: &str, reason: &str) -> String {
    if reason.is_empty() { outcome.to_string() } else { format!("{outcome} ({reason})") }
}

/// The class of its colour.
fn class(outcome: &str) -> &'static str {
    match outcome {
        "Complete" => "is-complete",
        "Failed" => "is-failed",
        "Stuck" => "is-stuck",
        "Suspended" => "is-suspended",
        _ => "is-horizon",
    }
}

/// Everything about one dependency.
pub(super) fn dependency(answer: &DependencyAnswer) -> Html {
    let mut html = Html::default();
    html.raw("<h3><bdi>").text(&answer.name).raw("</bdi> (").text(answer.kind).raw(")</h3>\n");
    html.part(quantities(&format!("{}: over all runs", answer.name), &answer.quantities));
    if let Some((with, without)) = &answer.background {
        let columns = ["quantity", "with the Jobs", "its interval", "without", "its interval"];
        let mut table =
            Table::new(&format!("{}: what other tenants meet, in the mean", answer.name), &columns);
        for ((key, with), (_, without)) in with.iter().zip(without) {
            let (label, show) = named(key);
            let pair = |s: &Option<Summary>| match s {
                Some(s) => [Cell::Number(show(s.mean)), Cell::Number(interval(s.interval, show))],
                None => [Cell::Number("–".to_string()), Cell::Number("–".to_string())],
            };
            let cells: Vec<Cell> = pair(with).into_iter().chain(pair(without)).collect();
            table.row(&label, &cells);
        }
        html.part(table.finish());
    }
    if let Some((replication, t_s, circle)) = &answer.deadlock {
        let words = format!("Deadlock in run {replication} after {}: {circle}.", duration(*t_s));
        html.raw("<p>").text(&words).raw("</p>\n");
    }
    if let Some(r) = &answer.recovery {
        html.raw("<p>").text(&recovery_text(r)).raw("</p>\n");
    }
    html
}
