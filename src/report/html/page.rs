//! The frame of a page: head, title, contents, footer, styles and scripts.

use super::charts::figure;
use super::markup::Html;
use super::policy::policy;
use crate::report::answer::{JOBSIM, KUBERNETES};
use crate::report::chart::{Chart, page_css};
use crate::report::words::confidence_level;

const CSS: &str = include_str!("../../../assets/report/report.css");
const JS: &str = include_str!("../../../assets/report/report.js");
const UPLOT_CSS: &str = include_str!("../../../assets/report/uPlot.min.css");
const UPLOT_JS: &str = include_str!("../../../assets/report/uPlot.iife.min.js");
const UPLOT_LICENSE: &str = include_str!("../../../assets/report/uPlot-LICENSE");

/// A page that is being written.
pub(super) struct Page {
    title: String,
    /// The command that it is the answer of.
    command: &'static str,
    contents: Vec<(&'static str, &'static str)>,
    main: Html,
    /// It holds charts that scripts draw.
    live: bool,
}

impl Page {
    pub(super) fn new(command: &'static str, title: &str) -> Page {
        let (title, contents, main) = (title.to_string(), Vec::new(), Html::default());
        Page { title, command, contents, main, live: false }
    }

    /// A part with its heading, and an entry of the contents.
    pub(super) fn section(&mut self, id: &'static str, heading: &'static str, body: Html) {
        self.contents.push((id, heading));
        self.main
            .raw("<section id=\"")
            .raw(id)
            .raw("\" aria-labelledby=\"")
            .raw(id)
            .raw("-h\">\n<h2 id=\"")
            .raw(id);
        self.main.raw("-h\">").raw(heading).raw("</h2>\n").part(body).raw("</section>\n");
    }

    /// Charts one after the other. `prefix` makes their names different from those of other runs.
    pub(super) fn charts(&mut self, charts: &[Chart], prefix: &str) -> Html {
        let mut html = Html::default();
        for chart in charts {
            let (figure, live) = figure(chart, prefix);
            html.part(figure);
            self.live |= live;
        }
        html
    }

    /// The whole file. `origin`: the last line.
    pub(super) fn finish(self, origin: &str) -> String {
        let (light, dark) = page_css();
        let style = format!(
            ":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}@media print{{:root{{{light}}}}}\n{CSS}{}",
            if self.live { UPLOT_CSS } else { "" }
        );
        let scripts: &[&str] = if self.live { &[UPLOT_JS, JS] } else { &[JS] };
        let mut html = Html::default();
        html.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
        html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"").text(&policy(scripts, &style));
        html.raw("\">\n<title>")
            .text(&self.title)
            .raw(" – jobsim ")
            .raw(self.command)
            .raw("</title>\n<style>");
        html.ours(&style).raw("</style>\n</head>\n<body>\n");
        html.raw("<a class=\"skip\" href=\"#main\">Skip to the verdict</a>\n<header>\n<p class=\"command\">jobsim ");
        html.raw(self.command).raw("</p>\n<h1><bdi>").text(&self.title).raw("</bdi></h1>\n");
        html.raw("<nav aria-label=\"Contents\"><ul>");
        for (id, heading) in &self.contents {
            html.raw("<li><a href=\"#").raw(id).raw("\">").raw(heading).raw("</a></li>");
        }
        html.raw("</ul></nav>\n</header>\n<main id=\"main\">\n").part(self.main).raw("</main>\n<footer><p>");
        html.text(origin).raw("</p>");
        if self.live {
            html.raw("<details><summary>Licence of uPlot, which draws the live charts</summary><pre>");
            html.text(UPLOT_LICENSE).raw("</pre></details>");
        }
        html.raw("</footer>\n");
        for script in scripts {
            html.raw("<script>").ours(script).raw("</script>\n");
        }
        html.raw("</body>\n</html>\n");
        html.into_string()
    }
}

/// The last line of a page.
pub(super) fn origin(replications: &str, seed: u64, sha256: &str, confidence: f64) -> String {
    format!(
        "{replications}, seed {seed}; jobsim {JOBSIM}, Kubernetes {KUBERNETES}; inputs sha256 {sha256}; \
         intervals are {}",
        confidence_level(confidence)
    )
}
