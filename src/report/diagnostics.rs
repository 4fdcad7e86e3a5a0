//! Findings as people and programs read them: text in the style of a compiler, JSON, GitHub annotations.
//!
//! The only file that names annotate-snippets. It cuts the lines that matter out of the texts, so that a finding
//! in a 16 MiB file costs no more than one in a small file. It prints nothing.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level as Mark, Origin, Patch, Renderer, Snippet,
};
use serde_json::{Value, json};

use super::answer::{JOBSIM, KUBERNETES};
use crate::input::diagnostic::{Diagnostic, Edit, Level, Report};
use crate::input::source::{Sources, Span};

/// Most findings that are shown as text.
const MAX_SHOWN: usize = 50;
/// Most bytes of a line on either side of a place that are looked at.
const MAX_CONTEXT: usize = 400;
/// Widest line of the picture in columns.
const WIDTH: usize = 120;

/// Whether text carries colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colours {
    Plain,
    Ansi,
}

impl Report {
    /// The findings as plain text, one after the other.
    pub fn render(&self) -> String {
        render(&self.sources, &self.diagnostics)
    }
}

/// The findings as plain text; see [`text`].
pub fn render(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    text(sources, diagnostics, Colours::Plain)
}

/// The findings as text, for example:
///
/// ```text
/// error[unknown-field]: unknown field `paralelism` in spec
///  --> job.yaml:6:3
///   |
/// 6 |   paralelism: 3
///   |   ^^^^^^^^^^
///   |
/// help: did you mean `parallelism`?
///   |
/// 6 |   parallelism: 3
///   |        +
/// ```
///
/// Notes take a line each.
pub fn text(sources: &Sources, diagnostics: &[Diagnostic], colours: Colours) -> String {
    let renderer = match colours {
        Colours::Plain => Renderer::plain(),
        Colours::Ansi => Renderer::styled(),
    };
    let renderer = renderer.term_width(WIDTH).decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        if diagnostic.level == Level::Note {
            let place = diagnostic.span.map(|span| format!(" ({})", printable(&sources.location(span))));
            let place = place.unwrap_or_default();
            let _ = writeln!(out, "note[{}]: {}{place}", diagnostic.code, printable(&diagnostic.message));
            continue;
        }
        out.push_str(&renderer.render(&groups(sources, diagnostic)));
        out.push_str("\n\n");
    }
    if diagnostics.len() > MAX_SHOWN {
        let _ = writeln!(out, "… and {} more", diagnostics.len() - MAX_SHOWN);
    }
    out
}

fn groups<'a>(sources: &'a Sources, diagnostic: &Diagnostic) -> Vec<Group<'a>> {
    let mark = match diagnostic.level {
        Level::Error => Mark::ERROR,
        Level::Warning => Mark::WARNING,
        Level::Note => Mark::NOTE,
    };
    let title = mark.primary_title(printable(&diagnostic.message)).id(diagnostic.code);
    let mut elements: Vec<Element> = Vec::new();
    if let Some(span) = diagnostic.span {
        marked(sources, span, |place| AnnotationKind::Primary.span(place), &mut elements);
    }
    for (span, what) in &diagnostic.related {
        let labelled = |place| AnnotationKind::Context.span(place).label(printable(what));
        marked(sources, *span, labelled, &mut elements);
    }
    let fix = shown_fix(sources, &diagnostic.fix);
    let help = diagnostic.help.as_deref().map(printable);
    match (help, fix) {
        (Some(help), Some(fix)) => {
            vec![Group::with_title(title).elements(elements), fix_group(sources, &help, fix)]
        }
        (None, Some(fix)) => {
            vec![Group::with_title(title).elements(elements), fix_group(sources, "write", fix)]
        }
        (Some(help), None) => {
            elements.push(Mark::HELP.message(help).into());
            vec![Group::with_title(title).elements(elements)]
        }
        (None, None) => vec![Group::with_title(title).elements(elements)],
    }
}

/// The line of a place with marks under it.
fn marked<'a>(
    sources: &Sources,
    span: Span,
    annotation: impl Fn(Range<usize>) -> Annotation<'a>,
    elements: &mut Vec<Element<'a>>,
) {
    let window = Window::around(sources, &[span]);
    let (source, places, line) = window.shown(&[span]);
    let name = printable(&sources.file(span.file).name).into_owned();
    let mut snippet = Snippet::source(source).line_start(line).annotation(annotation(places[0].clone()));
    if window.start == sources.file(span.file).line_start(line) {
        snippet = snippet.path(name);
    } else {
        // Of a line that is cut the crate cannot know the column.
        let (line, column) = sources.line_column(span);
        elements.push(Origin::path(name).line(line).char_column(column).into());
    }
    elements.push(snippet.into());
}

/// The edits, when they are all in one text and not too far apart to be shown.
fn shown_fix<'d>(sources: &Sources, fix: &'d [Edit]) -> Option<(&'d [Edit], Vec<Span>)> {
    let file = fix.first()?.span.file;
    let spans: Vec<Span> = fix.iter().map(|edit| edit.span).collect();
    let lines: Vec<usize> = spans.iter().map(|span| sources.line_column(*span).0).collect();
    let apart = lines.iter().max()? - lines.iter().min()?;
    (apart < 20 && spans.iter().all(|span| span.file == file)).then_some((fix, spans))
}

fn fix_group<'a>(sources: &'a Sources, help: &str, fix: (&[Edit], Vec<Span>)) -> Group<'a> {
    let (edits, spans) = fix;
    let window = Window::around(sources, &spans);
    let (source, places, line) = window.shown(&spans);
    let patches = places.into_iter().zip(edits).map(|(place, edit)| Patch::new(place, edit.text.clone()));
    let title = Mark::HELP.secondary_title(help.to_string());
    Group::with_title(title).element(Snippet::source(source).line_start(line).patches(patches))
}

/// The lines around some places of one text, long ones cut.
struct Window<'a> {
    text: &'a str,
    /// Of `text` in the file, in bytes.
    start: usize,
    /// Number of the first line, from 1.
    line: usize,
}

impl<'a> Window<'a> {
    fn around(sources: &'a Sources, spans: &[Span]) -> Window<'a> {
        let file = sources.file(spans[0].file);
        let text = file.text.as_str();
        let boundary = |at: usize| text.floor_char_boundary(at.min(text.len()));
        let first = boundary(spans.iter().map(|s| s.start).min().unwrap_or(0) as usize);
        let last = boundary(spans.iter().map(|s| s.start).max().unwrap_or(0) as usize);
        let number = sources.line_column(spans[0]).0;
        let line = spans.iter().map(|s| sources.line_column(*s).0).min().unwrap_or(number);
        let near = boundary(first.saturating_sub(MAX_CONTEXT));
        let start = file.line_start(line).max(near);
        let line_end = text[last..].find('\n').map_or(text.len(), |at| last + at);
        let line_end = if text[..line_end].ends_with('\r') { line_end - 1 } else { line_end };
        let end = line_end.min(boundary(last + MAX_CONTEXT)).max(last);
        Window { text: &text[start..end], start, line }
    }

    /// The text with nothing in it that a terminal obeys, and the places in it; of a place over several lines the
    /// part on its first one.
    fn shown(&self, spans: &[Span]) -> (String, Vec<Range<usize>>, usize) {
        let mut cuts: Vec<usize> = Vec::new();
        let inside = |at: u32| {
            let at = (at as usize).saturating_sub(self.start).min(self.text.len());
            self.text.floor_char_boundary(at)
        };
        let ranges: Vec<(usize, usize)> = spans
            .iter()
            .map(|span| {
                let (start, end) = (inside(span.start), inside(span.end).max(inside(span.start)));
                let marked = self.text[start..end].lines().next().unwrap_or("").trim_end();
                (start, start + marked.len())
            })
            .collect();
        cuts.extend(ranges.iter().flat_map(|(start, end)| [*start, *end]));
        cuts.sort_unstable();
        cuts.dedup();
        // Replacing characters changes lengths, so the text is built piece by piece.
        let (mut out, mut placed, mut from) = (String::new(), Vec::new(), 0);
        for cut in cuts {
            out.push_str(&printable(&self.text[from..cut]));
            placed.push((cut, out.len()));
            from = cut;
        }
        out.push_str(&printable(&self.text[from..]));
        let at = |cut: usize| placed.iter().find(|(from, _)| *from == cut).map_or(0, |(_, to)| *to);
        (out, ranges.into_iter().map(|(start, end)| at(start)..at(end)).collect(), self.line)
    }
}

/// Nothing that moves the cursor or changes colours gets from a file to the terminal; widths stay.
fn printable(text: &str) -> Cow<'static, str> {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let shown = text.chars().filter(|c| *c != '\r').map(|c| match c {
        '\n' => '\n',
        '\t' => ' ',
        c if hidden(c) => '\u{fffd}',
        c => c,
    });
    Cow::Owned(shown.collect())
}

/// The findings as JSON: one object with counts and a list. Lines and columns from 1, columns in characters,
/// offsets in bytes of the text without a byte order mark; ends are exclusive.
pub fn as_json(sources: &Sources, diagnostics: &[Diagnostic]) -> Value {
    let count = |level| diagnostics.iter().filter(|d| d.level == level).count();
    json!({
        "jobsim": JOBSIM, "kubernetes": KUBERNETES,
        "files": sources.files().iter().map(|file| &file.name).collect::<Vec<_>>(),
        "errors": count(Level::Error), "warnings": count(Level::Warning), "notes": count(Level::Note),
        "diagnostics": diagnostics.iter().map(|d| one_as_json(sources, d)).collect::<Vec<_>>(),
    })
}

fn one_as_json(sources: &Sources, diagnostic: &Diagnostic) -> Value {
    let mut value = json!({
        "code": diagnostic.code, "level": diagnostic.level.name(), "message": diagnostic.message,
        "help": diagnostic.help,
    });
    if let Some(cause) = &diagnostic.api {
        // As a cause in the API server's answer.
        value["api"] = json!({"field": cause.field, "reason": cause.kind.as_str()});
    }
    match diagnostic.span {
        Some(span) => place(sources, span, &mut value),
        None => value["file"] = Value::Null,
    }
    let related = diagnostic.related.iter().map(|(span, text)| {
        let mut value = json!({"message": text});
        place(sources, *span, &mut value);
        value
    });
    value["related"] = related.collect();
    let fix = diagnostic.fix.iter().map(|edit| {
        let mut value = json!({"replacement": edit.text});
        place(sources, edit.span, &mut value);
        value
    });
    value["fix"] = fix.collect();
    value
}

fn place(sources: &Sources, span: Span, value: &mut Value) {
    let (line, column) = sources.line_column(span);
    let (end_line, end_column) = sources.line_column(Span { start: span.end.max(span.start), ..span });
    value["file"] = json!(sources.file(span.file).name);
    value["line"] = json!(line);
    value["column"] = json!(column);
    value["end_line"] = json!(end_line);
    value["end_column"] = json!(end_column);
    value["offset"] = json!([span.start, span.end]);
}

/// The findings as workflow commands of GitHub Actions, one a line.
pub fn as_github(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let command = match diagnostic.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let mut properties = Vec::new();
        if let Some(span) = diagnostic.span {
            let (line, column) = sources.line_column(span);
            let (end_line, end_column) =
                sources.line_column(Span { start: span.end.max(span.start), ..span });
            properties.push(format!("file={}", property(&sources.file(span.file).name)));
            properties.push(format!("line={line},endLine={end_line}"));
            // GitHub takes columns of one line only.
            if line == end_line {
                properties.push(format!("col={column},endColumn={end_column}"));
            }
        }
        properties.push(format!("title={}", property(diagnostic.code)));
        let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "::{command} {}::{}",
            properties.join(","),
            data(&format!("{}{help}", diagnostic.message))
        );
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_its_line_with_marks_and_its_repair() {
        let mut sources = Sources::default();
        let file = sources.add("job.yaml", "spec:\n\tköln: \u{1b}[31m3\n");
        let span = Span { file, start: 7, end: 12 };
        let finding = Diagnostic::error("unknown-field", "unknown field `köln`").at(span).help("remove it");
        assert_eq!(
            render(&sources, std::slice::from_ref(&finding)),
            "error[unknown-field]: unknown field `köln`\n --> job.yaml:2:2\n  |\n\
             2 |  köln: \u{fffd}[31m3\n  |  ^^^^\n  |\n  = help: remove it\n\n"
        );
        let finding = Diagnostic { help: Some("did you mean `bonn`?".into()), ..finding }.edit(span, "bonn");
        assert_eq!(
            render(&sources, &[finding]),
            "error[unknown-field]: unknown field `köln`\n --> job.yaml:2:2\n  |\n\
             2 |  köln: \u{fffd}[31m3\n  |  ^^^^\n  |\n\
             help: did you mean `bonn`?\n  |\n2 -  köln: \u{fffd}[31m3\n2 +  bonn: \u{fffd}[31m3\n  |\n\n"
        );
    }

    #[test]
    fn annotations_escape_what_github_reads() {
        let mut sources = Sources::default();
        let file = sources.add("a,b.yaml", "x: 1\n");
        let finding =
            Diagnostic::warning("code", "100 %\nmore").at(Span { file, start: 0, end: 1 }).help("do: it");
        assert_eq!(
            as_github(&sources, &[finding]),
            "::warning file=a%2Cb.yaml,line=1,endLine=1,col=1,endColumn=2,title=code::100 %25%0Amore%0Ahelp: do: it\n"
        );
    }

    #[test]
    fn a_finding_in_a_very_long_line_is_cut() {
        let mut sources = Sources::default();
        let file = sources.add("a.json", format!("{}x{}", "ü".repeat(3_000_000), "y".repeat(3_000_000)));
        let finding = Diagnostic::error("code", "here").at(Span { file, start: 6_000_000, end: 6_000_001 });
        let shown = render(&sources, &[finding]);
        assert!(shown.contains("a.json:1:3000001") && shown.len() < 2000, "{shown}");
    }
}
