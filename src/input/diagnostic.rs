//! What is wrong with the input, where, and how to get out of it.
//!
//! A finding is data: position once, kind as a code, words last. Relies on [`super::source`]. The pictures of
//! findings (text, JSON, GitHub annotations) are in `report::diagnostics`; the page of a code is in
//! [`super::catalogue`].

use super::source::{Sources, Span};

/// Whether the input can be used in spite of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// It cannot.
    Error,
    /// It can, at a risk.
    Warning,
    /// It can; somebody may want to know.
    Note,
}

impl Level {
    /// As users read it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
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
    /// Stable name of the kind of finding, such as `unknown-field`; each has a page in the catalogue.
    pub code: &'static str,
    pub level: Level,
    /// What was found and what was expected.
    pub message: String,
    pub span: Option<Span>,
    /// A way out.
    pub help: Option<String>,
    /// Other places that belong to it, each with what is there.
    pub related: Vec<(Span, String)>,
    /// The one right repair, when there is one: edits that are made together.
    pub fix: Vec<Edit>,
    /// What the API server would answer; none where it is not the one that refuses.
    pub api: Option<ApiCause>,
}

/// Puts `text` in the place of a span; an empty span inserts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            level: Level::Error,
            message: message.into(),
            span: None,
            help: None,
            related: Vec::new(),
            fix: Vec::new(),
            api: None,
        }
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { level: Level::Warning, ..Diagnostic::error(code, message) }
    }

    /// A note without a place.
    pub fn note(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { level: Level::Note, ..Diagnostic::error(code, message) }
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

    /// The same with another place.
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.related.extend(span.known().map(|span| (span, text.into())));
        self
    }

    /// The same with one more edit of its repair.
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.fix.extend(span.known().map(|span| Edit { span, text: text.into() }));
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
