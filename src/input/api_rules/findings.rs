//! Collects what the API server would refuse: each finding as a [`Diagnostic`] with its place in the text, and
//! with the field and the type of error of the API server's answer.
//!
//! Relies on [`super::place`]. It knows no rule.

use super::super::diagnostic::{ApiCause, ApiErrorType, Diagnostic};
use super::super::reader::did_you_mean;
use super::place::At;

/// The findings of one document.
pub(super) struct Findings<'d> {
    diagnostics: &'d mut Vec<Diagnostic>,
    /// Paths of values whose type is wrong. Decoding has reported them; what a rule says about such a place, or
    /// about its absence, would only repeat it.
    mistyped: &'d [String],
}

impl<'d> Findings<'d> {
    pub fn new(diagnostics: &'d mut Vec<Diagnostic>, mistyped: &'d [String]) -> Findings<'d> {
        Findings { diagnostics, mistyped }
    }

    /// How many findings there are.
    pub fn count(&self) -> usize {
        self.diagnostics.len()
    }

    fn add(&mut self, at: &At, code: &'static str, kind: ApiErrorType, message: &str) {
        let path = at.path();
        let repeats = |wrong: &String| {
            let below = path.strip_prefix(wrong.as_str());
            let child = wrong.rfind(['.', '[']).is_some_and(|at| wrong[..at] == path);
            child || below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if self.mistyped.iter().any(repeats) {
            return;
        }
        let diagnostic = Diagnostic::error(code, format!("{path}: {message}"));
        self.diagnostics.push(diagnostic.at(at.span()).of_api(ApiCause { field: at.api_field(), kind }));
    }

    /// A way out, for the last finding.
    pub fn help(&mut self, way_out: &str) {
        if let Some(last) = self.diagnostics.last_mut() {
            last.help = Some(way_out.to_string());
        }
    }

    /// A value that must be there is not.
    pub fn required(&mut self, at: &At, why: &str) {
        self.add(at, "missing-field", ApiErrorType::Required, why);
    }

    /// A value is wrong where the API server says that one is missing.
    pub fn required_instead(&mut self, at: &At, expected: &str) {
        let message = format!("found {}, expected {expected}", at.found());
        self.add(at, "invalid-value", ApiErrorType::Required, &message);
    }

    /// A value is wrong: what was found, and what was expected instead.
    pub fn invalid(&mut self, at: &At, expected: &str) {
        let message = format!("found {}, expected {expected}", at.found());
        self.add(at, "invalid-value", ApiErrorType::Invalid, &message);
    }

    /// A value is wrong for a reason that is better said as a sentence.
    pub fn wrong(&mut self, at: &At, why: &str) {
        self.add(at, "invalid-value", ApiErrorType::Invalid, why);
    }

    /// A text is none of those that are known.
    pub fn not_supported(&mut self, at: &At, known: &[&str]) {
        let message = format!("found {}, expected {}", at.found(), alternatives(known));
        let before = self.diagnostics.len();
        self.add(at, "invalid-value", ApiErrorType::NotSupported, &message);
        if self.diagnostics.len() > before
            && let Some(last) = self.diagnostics.pop()
        {
            self.diagnostics.push(did_you_mean(last, at.text(), at.span(), known));
        }
    }

    /// A text is none of those that are known, for a reason that is better said as a sentence.
    pub fn not_supported_because(&mut self, at: &At, why: &str) {
        self.add(at, "invalid-value", ApiErrorType::NotSupported, why);
    }

    /// A value must not be there.
    pub fn forbidden(&mut self, at: &At, why: &str) {
        self.add(at, "invalid-value", ApiErrorType::Forbidden, why);
    }

    /// A value that must be unique is not.
    pub fn duplicate(&mut self, at: &At, what: &str) {
        let message = format!("found a second {}, expected each {what} once", at.found());
        self.add(at, "invalid-value", ApiErrorType::Duplicate, &message);
    }

    /// A text has more than `most` bytes.
    pub fn too_long(&mut self, at: &At, most: usize) {
        let message = format!("found {} bytes, expected at most {most}", at.text().len());
        self.add(at, "invalid-value", ApiErrorType::TooLong, &message);
    }

    /// The texts of a map have more than `most` bytes together.
    pub fn too_large(&mut self, at: &At, bytes: usize, most: usize) {
        let message = format!("found {bytes} bytes in all, expected at most {most}");
        self.add(at, "invalid-value", ApiErrorType::TooLong, &message);
    }

    /// A list has more than `most` elements.
    pub fn too_many(&mut self, at: &At, what: &str, most: usize) {
        let message = format!("found {} {what}, expected at most {most}", at.count());
        self.add(at, "invalid-value", ApiErrorType::TooMany, &message);
    }

    /// A name refers to nothing.
    pub fn not_found(&mut self, at: &At, what: &str) {
        let message = format!("found {}, which is no {what}", at.found());
        self.add(at, "invalid-value", ApiErrorType::NotFound, &message);
    }
}

fn alternatives(known: &[&str]) -> String {
    match known {
        [] => "nothing".to_string(),
        [one] => one.to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
