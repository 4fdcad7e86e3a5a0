//! Workload parameters in the annotations of a pod template, so that one manifest serves cluster and model.
//!
//! ```text
//! jobsim/run: "logNormal median=60s p95=180s"     jobsim/failure: "0.5% exitCode=3"
//! jobsim/startup: "2s"                            jobsim/hang: "0.1%"
//! ```
//!
//! A text becomes the tree that the Simulation document has for the same thing, with places inside the annotation,
//! and is then read by the same reader: same rules, same findings. It reads no values itself.

use super::diagnostic::Diagnostic;
use super::node::{Entry, Node, NodeKind};
use super::reader::{Reader, did_you_mean, listed};
use super::source::{Sources, Span};

const PREFIX: &str = "jobsim/";
const KNOWN: [&str; 4] = ["jobsim/run", "jobsim/startup", "jobsim/failure", "jobsim/hang"];

/// The annotations of a Job's pod template as an entry of `workload`, with the path of the annotations; none
/// when there are none of ours.
pub(super) fn as_workload(spec: &Node, reader: &mut Reader) -> Option<Node> {
    let annotations = spec.get("template")?.get("metadata")?.get("annotations")?;
    let mut entries = Vec::new();
    for Entry { key, key_span, value } in annotations.entries() {
        let Some(name) = key.strip_prefix(PREFIX) else { continue };
        if !KNOWN.contains(&key.as_str()) {
            let message = format!("unknown annotation `{key}`, expected {}", listed(&KNOWN));
            let diagnostic = Diagnostic::error("unknown-field", message).at(*key_span);
            reader.diagnostics.push(did_you_mean(diagnostic, key, *key_span, &KNOWN));
            continue;
        }
        // What is no text has been refused with the types of the manifest.
        let Some(text) = value.as_str() else { continue };
        let words = words(text, value.span, reader.sources);
        let entry = |key: &str, value: Node| Entry { key: key.to_string(), key_span: *key_span, value };
        match name {
            "run" => {
                let run = entry("run", distribution(&words, value.span));
                let step = Node { kind: NodeKind::Map(vec![run]), span: value.span };
                entries.push(entry("steps", Node { kind: NodeKind::Seq(vec![step]), span: value.span }));
            }
            "startup" => entries.push(entry("startup", distribution(&words, value.span))),
            _ => entries.push(entry(name, chance(&words, value.span))),
        }
    }
    (!entries.is_empty()).then_some(Node { kind: NodeKind::Map(entries), span: annotations.span })
}

/// One word of an annotation.
struct Word {
    text: String,
    span: Span,
}

/// The words of a text with their places; when the text stands otherwise in its file (escapes, several lines), all
/// words have the place of the whole.
fn words(text: &str, span: Span, sources: &Sources) -> Vec<Word> {
    let source = span.known().map_or("", |span| {
        sources.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    });
    let plain = source == text || source.get(1..source.len().saturating_sub(1)) == Some(text);
    let first = span.start + u32::from(source.len() == text.len() + 2);
    text.split_whitespace()
        .map(|word| {
            let at = word.as_ptr() as usize - text.as_ptr() as usize;
            let (start, end) = (first + at as u32, first + (at + word.len()) as u32);
            let span = if plain { Span { start, end, ..span } } else { span };
            Word { text: word.to_string(), span }
        })
        .collect()
}

/// `60s`, or `logNormal median=60s p95=180s`.
fn distribution(words: &[Word], span: Span) -> Node {
    match words {
        [] => Node { kind: NodeKind::Str(String::new()), span },
        [name] => scalar(&name.text, name.span),
        [name, parameters @ ..] => {
            let value = Node { kind: NodeKind::Map(pairs(parameters)), span };
            let key = Entry { key: name.text.clone(), key_span: name.span, value };
            Node { kind: NodeKind::Map(vec![key]), span }
        }
    }
}

/// `0.5% exitCode=3`, or `2/h`.
fn chance(words: &[Word], span: Span) -> Node {
    let Some((first, rest)) = words.split_first() else {
        return Node { kind: NodeKind::Map(Vec::new()), span };
    };
    let mut entries = if first.text.contains('=') {
        pairs(std::slice::from_ref(first))
    } else {
        let key = if first.text.contains('/') { "rate" } else { "probability" };
        let value = scalar(&first.text, first.span);
        vec![Entry { key: key.to_string(), key_span: first.span, value }]
    };
    entries.extend(pairs(rest));
    Node { kind: NodeKind::Map(entries), span }
}

/// `key=value` each; a word without `=` is a key with nothing.
fn pairs(words: &[Word]) -> Vec<Entry> {
    words
        .iter()
        .map(|word| {
            let (key, value) = word.text.split_once('=').unwrap_or((&word.text, ""));
            // Words of a text that stands otherwise in its file have the place of the whole.
            let exact = (word.span.end - word.span.start) as usize == word.text.len();
            let middle = word.span.start + key.len() as u32;
            let (key_span, value_span) = if exact {
                let value_start = (middle + 1).min(word.span.end);
                (Span { end: middle, ..word.span }, Span { start: value_start, ..word.span })
            } else {
                (word.span, word.span)
            };
            Entry { key: key.to_string(), key_span, value: scalar(value, value_span) }
        })
        .collect()
}

/// A number where it is one, as the Simulation document would have it; else text.
fn scalar(text: &str, span: Span) -> Node {
    let kind = match text.parse::<i64>() {
        Ok(value) => NodeKind::Int(value),
        Err(_) if text.is_empty() => NodeKind::Null,
        Err(_) => match text.parse::<f64>() {
            Ok(value) if value.is_finite() && !text.ends_with('%') => NodeKind::Float(value),
            _ => NodeKind::Str(text.to_string()),
        },
    };
    Node { kind, span }
}
