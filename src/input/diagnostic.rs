//! What is wrong with the input, where, and how to get out of it; and its picture for the terminal.
//!
//! Relies on [`super::source`]. It prints nothing: the caller writes what [`render`] returns.

use std::fmt::Write;

use super::source::{Sources, Span};

/// Whether the input can be used in spite of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    Error,
    Warning,
}

/// The types of error in an answer of the API server (apimachinery: field.ErrorType).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ApiErrorType {
    Required,
    Invalid,
    NotSupported,
    Forbidden,
    Duplicate,
    NotFound,
    TooLong,
    TooMany,
}

impl ApiErrorType {
    /// As the `reason` of a cause in the answer.
    pub fn as_str(self) -> &'static str {
        match self {
            ApiErrorType::Required => "FieldValueRequired",
            ApiErrorType::Invalid => "FieldValueInvalid",
            ApiErrorType::NotSupported => "FieldValueNotSupported",
            ApiErrorType::Forbidden => "FieldValueForbidden",
            ApiErrorType::Duplicate => "FieldValueDuplicate",
            ApiErrorType::NotFound => "FieldValueNotFound",
            ApiErrorType::TooLong => "FieldValueTooLong",
            ApiErrorType::TooMany => "FieldValueTooMany",
        }
    }
}

/// One cause of the API server's refusal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ApiCause {
    /// The field as the API server names it, which is now and then not the path in the document.
    pub field: String,
    pub kind: ApiErrorType,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Stable name of the kind of finding, such as `unknown-field`.
    pub code: &'static str,
    pub level: Level,
    /// What was found and what was expected.
    pub message: String,
    pub span: Option<Span>,
    /// A way out.
    pub help: Option<String>,
    /// What the API server would answer; none where it is not the one that refuses.
    pub api: Option<ApiCause>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code, level: Level::Error, message: message.into(), span: None, help: None, api: None }
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { level: Level::Warning, ..Diagnostic::error(code, message) }
    }

    /// The same at a place; [`Span::NONE`] is no place.
    pub fn at(mut self, span: Span) -> Diagnostic {
        self.span = span.known();
        self
    }

    /// The same with a way out.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same with what the API server would answer.
    pub fn of_api(mut self, cause: ApiCause) -> Diagnostic {
        self.api = Some(cause);
        self
    }

    /// Whether the input cannot be used.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}

/// Why input could not be loaded: the findings and the texts that they point into.
#[derive(Clone, Debug)]
pub struct Report {
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// The findings as text, one after the other.
    pub fn render(&self) -> String {
        render(&self.sources, &self.diagnostics)
    }
}

/// Most findings that are shown.
const MAX_SHOWN: usize = 50;
/// Most characters of a source line that are shown.
const MAX_WIDTH: usize = 110;

/// The findings as text, for example:
///
/// ```text
/// error[unknown-field]: unknown field `paralelism` in spec
///   --> job.yaml:6:3
///    |
///  6 |   paralelism: 3
///    |   ^^^^^^^^^^
///    = help: …
/// ```
pub fn render(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        render_one(sources, diagnostic, &mut out);
    }
    if diagnostics.len() > MAX_SHOWN {
        let _ = writeln!(out, "… and {} more", diagnostics.len() - MAX_SHOWN);
    }
    out
}

fn render_one(sources: &Sources, diagnostic: &Diagnostic, out: &mut String) {
    let level = if diagnostic.is_error() { "error" } else { "warning" };
    let _ = writeln!(out, "{level}[{}]: {}", diagnostic.code, printable(&diagnostic.message));
    let mut gutter = 1;
    if let Some(span) = diagnostic.span {
        let (number, column) = sources.line_column(span);
        let line: Vec<char> = sources.file(span.file).line(number).chars().collect();
        gutter = number.to_string().len();
        // Of a long line the part around the place.
        let first = if line.len() > MAX_WIDTH { (column - 1).saturating_sub(MAX_WIDTH / 2) } else { 0 };
        let shown: String = line.iter().skip(first).take(MAX_WIDTH).collect();
        let room = (first + MAX_WIDTH).min(line.len()).saturating_sub(column - 1).max(1);
        let text = &sources.file(span.file).text;
        let (start, end) =
            (text.floor_char_boundary(span.start as usize), text.floor_char_boundary(span.end as usize));
        let marked = text[start..end.max(start)].lines().next().unwrap_or("").trim_end().chars().count();
        let _ = writeln!(out, "{:gutter$}--> {}", "", printable(&sources.location(span)));
        let _ = writeln!(out, "{:gutter$} |", "");
        let _ = writeln!(out, "{number} | {}", printable(&shown));
        let (before, marks) = (column - 1 - first, marked.clamp(1, room));
        let _ = writeln!(out, "{:gutter$} | {:before$}{}", "", "", "^".repeat(marks));
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "{:gutter$} = help: {}", "", printable(help));
    }
    out.push('\n');
}

/// Nothing that moves the cursor or changes colours gets from a file to the terminal; widths stay.
fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            c if hidden(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_its_line_with_marks() {
        let mut sources = Sources::default();
        let file = sources.add("job.yaml", "spec:\n\tköln: \u{1b}[31m3\n");
        let finding = Diagnostic::error("unknown-field", "unknown field `köln`")
            .at(Span { file, start: 7, end: 12 })
            .help("remove it");
        assert_eq!(
            render(&sources, &[finding]),
            "error[unknown-field]: unknown field `köln`\n --> job.yaml:2:2\n  |\n\
             2 |  köln: \u{fffd}[31m3\n  |  ^^^^\n  = help: remove it\n\n"
        );
    }
}
