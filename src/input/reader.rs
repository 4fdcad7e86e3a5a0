//! Reads values of the Simulation document out of a tree: each wrong value is one more diagnostic, and reading
//! goes on.
//!
//! Relies on [`super::node`] and the grammars of [`super::duration`]. Written by hand instead of with serde, so
//! that one pass finds every mistake, each with the place and the unit rules of our own grammar.

use std::fmt::Display;

use super::diagnostic::Diagnostic;
use super::duration;
use super::node::{Entry, Node, NodeKind, quoted};
use super::source::{Sources, Span};
use super::suggest::closest;
use crate::engine::time::SimDuration;

/// Where diagnostics go, and the texts beside which other files are found.
pub struct Reader<'a> {
    pub sources: &'a mut Sources,
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

/// Most unknown fields of one map that are reported.
const MAX_UNKNOWN: usize = 1000;

/// The value of a key, unless it is absent or `null`.
pub fn present<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| !value.is_null())
}

impl Reader<'_> {
    pub fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, message).at(span));
    }

    /// "found …, expected …" at a value.
    pub fn expected(&mut self, node: &Node, path: &str, expected: impl Display) {
        let message = format!("{path}: found {}, expected {expected}", node.describe());
        self.error("wrong-type", node.span, message);
    }

    /// A value of the right type that makes no sense.
    pub fn invalid(&mut self, node: &Node, path: &str, message: impl Display) {
        self.error("invalid-value", node.span, format!("{path}: {message}"));
    }

    /// Checks that this is a map of known fields.
    pub fn map<'n>(&mut self, node: &'n Node, path: &str, known: &[&str]) -> Option<&'n Node> {
        if !matches!(node.kind, NodeKind::Map(_)) {
            self.expected(node, path, format!("a map with {}", listed(known)));
            return None;
        }
        let entries = node.entries();
        let strange = |entry: &&Entry| !known.contains(&entry.key.as_str());
        let absent: Vec<&str> = if entries.iter().any(|entry| strange(&entry)) {
            known.iter().filter(|name| node.get(name).is_none()).copied().collect()
        } else {
            Vec::new()
        };
        for Entry { key, key_span, .. } in entries.iter().filter(strange).take(MAX_UNKNOWN) {
            let message = format!("unknown field `{key}` in {path}, expected {}", listed(known));
            let diagnostic = Diagnostic::error("unknown-field", message).at(*key_span);
            self.diagnostics.push(did_you_mean(diagnostic, key, *key_span, &absent));
        }
        Some(node)
    }

    /// The only entry of a map that holds exactly one of the known keys.
    pub fn one_of<'n>(&mut self, node: &'n Node, path: &str, known: &[&str]) -> Option<&'n Entry> {
        self.map(node, path, known)?;
        let mut named = node.entries().iter().filter(|e| known.contains(&e.key.as_str()));
        match (named.next(), named.next()) {
            (Some(entry), None) => Some(entry),
            // An unknown key has been told.
            (None, _) if !node.entries().is_empty() => None,
            (None, _) => {
                self.expected(node, path, format!("one of {}", listed(known)));
                None
            }
            (Some(first), Some(second)) => {
                let message =
                    format!("{path}: `{}` and `{}` exclude each other, expected one", first.key, second.key);
                self.error("invalid-value", second.key_span, message);
                None
            }
        }
    }

    /// The elements of a list that is not empty.
    pub fn list<'n>(&mut self, node: &'n Node, path: &str) -> Option<&'n [Node]> {
        match &node.kind {
            NodeKind::Seq(items) if !items.is_empty() => Some(items),
            NodeKind::Seq(_) => {
                self.invalid(node, path, "found an empty list, expected at least one element");
                None
            }
            _ => {
                self.expected(node, path, "a list");
                None
            }
        }
    }

    /// A whole number within limits.
    pub fn whole(&mut self, node: &Node, path: &str, least: i64, most: i64) -> Option<i64> {
        let Some(value) = node.as_int() else {
            self.expected(node, path, "a whole number");
            return None;
        };
        if !(least..=most).contains(&value) {
            self.invalid(node, path, format!("found {value}, expected {least} to {most}"));
            return None;
        }
        Some(value)
    }

    /// Any number.
    pub fn number(&mut self, node: &Node, path: &str) -> Option<f64> {
        match node.kind {
            NodeKind::Int(value) => Some(value as f64),
            NodeKind::Float(value) => Some(value),
            _ => {
                self.expected(node, path, "a number");
                None
            }
        }
    }

    pub fn boolean(&mut self, node: &Node, path: &str) -> Option<bool> {
        if let NodeKind::Bool(value) = node.kind {
            return Some(value);
        }
        self.expected(node, path, "true or false");
        None
    }

    pub fn text<'n>(&mut self, node: &'n Node, path: &str) -> Option<&'n str> {
        if node.as_str().is_none() {
            self.expected(node, path, "text");
        }
        node.as_str()
    }

    /// One of some names.
    pub fn name<'n>(&mut self, node: &'n Node, path: &str, known: &[&str]) -> Option<&'n str> {
        let found = node.as_str();
        if let Some(name) = found.filter(|name| known.contains(name)) {
            return Some(name);
        }
        let message = format!("{path}: found {}, expected {}", node.describe(), listed(known));
        let diagnostic = Diagnostic::error("wrong-type", message).at(node.span);
        self.diagnostics.push(did_you_mean(diagnostic, found.unwrap_or_default(), node.span, known));
        None
    }

    /// A duration in seconds; `never` is infinity.
    pub fn seconds(&mut self, node: &Node, path: &str) -> Option<f64> {
        let read = match &node.kind {
            NodeKind::Str(text) => duration::seconds(text),
            NodeKind::Int(value) => Err(duration::without_unit(value)),
            NodeKind::Float(value) => Err(duration::without_unit(value)),
            _ => {
                self.expected(node, path, "a duration such as 90s");
                return None;
            }
        };
        self.good(node, path, read)
    }

    /// A duration that is not `never`, in seconds.
    pub fn finite_seconds(&mut self, node: &Node, path: &str) -> Option<f64> {
        let seconds = self.seconds(node, path)?;
        if seconds.is_infinite() {
            self.invalid(node, path, "found never, expected a duration");
            return None;
        }
        Some(seconds)
    }

    /// A duration that is not `never`.
    pub fn duration(&mut self, node: &Node, path: &str) -> Option<SimDuration> {
        self.finite_seconds(node, path).map(SimDuration::from_seconds)
    }

    /// A number in [0, 1].
    pub fn probability(&mut self, node: &Node, path: &str) -> Option<f64> {
        let read = match &node.kind {
            NodeKind::Str(text) => duration::probability(text),
            NodeKind::Int(value) => duration::within_one(*value as f64, &value.to_string()),
            NodeKind::Float(value) => duration::within_one(*value, &value.to_string()),
            _ => {
                self.expected(node, path, "a probability such as 0.5% or 0.005");
                return None;
            }
        };
        self.good(node, path, read)
    }

    /// A positive rate per second.
    pub fn rate(&mut self, node: &Node, path: &str) -> Option<f64> {
        let Some(text) = node.as_str() else {
            self.expected(node, path, "a rate such as 50/s");
            return None;
        };
        let rate = self.good(node, path, duration::rate(text))?;
        if rate <= 0.0 {
            self.invalid(node, path, format!("found {}, expected more than 0", quoted(text)));
            return None;
        }
        Some(rate)
    }

    fn good<T>(&mut self, node: &Node, path: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.invalid(node, path, message)).ok()
    }

    /// The value of a key that has to be there.
    pub fn required<'n>(&mut self, node: &'n Node, path: &str, key: &str) -> Option<&'n Node> {
        let value = present(node, key);
        if value.is_none() {
            self.error("missing-field", node.span, format!("{path}: `{key}` is missing"));
        }
        value
    }
}

/// The same with the known name that is nearest, if one is near.
pub fn did_you_mean(diagnostic: Diagnostic, found: &str, span: Span, known: &[&str]) -> Diagnostic {
    match closest(found, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).edit(span, near),
        None => diagnostic,
    }
}

/// `a, b or c`.
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_string(),
        [one] => one.to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
