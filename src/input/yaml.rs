//! Text → trees. The only file that names the YAML crate; JSON is read by it as well (it is YAML).
//!
//! Uses the untyped path of serde-saphyr, which tells quoted text from numbers, expands anchors and merge keys,
//! refuses duplicate keys, and reads scalars as kubectl does (`yes`, `010`, `1_000`). Its limits are set here.
//! It decodes nothing.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::diagnostic::Diagnostic;
use super::finish::not_rendered;
use super::node::{Entry, Node, NodeKind};
use super::source::{Sources, Span};

/// Most values in a file.
const MAX_NODES: usize = 5_000_000;
/// Most levels of lists and maps.
const MAX_DEPTH: usize = 128;

/// The documents of a text; those that hold nothing but comments are skipped.
pub fn read(sources: &Sources, file: u32) -> Result<Vec<Node>, Box<Diagnostic>> {
    let text = &sources.file(file).text;
    let documents = serde_saphyr::from_multiple_with_options::<Spanned<Raw>>(text, options());
    match documents {
        Ok(documents) => Ok(documents
            .into_iter()
            .map(|document| {
                let mut node = document.value.into_node(document.defined);
                place(&mut node, file);
                node
            })
            .collect()),
        Err(error) => Err(Box::new(diagnostic(&error, sources, file))),
    }
}

/// The documents of a text, and a finding for each that cannot be read: the ones before and after it count.
pub fn read_all(sources: &Sources, file: u32, diagnostics: &mut Vec<Diagnostic>) -> Vec<Node> {
    let diagnostic = match read(sources, file) {
        Ok(nodes) => return nodes,
        Err(diagnostic) => diagnostic,
    };
    let text = &sources.file(file).text;
    if let Some(at) = template(text) {
        let span = Span { file, start: at as u32, end: at as u32 + 2 };
        diagnostics.push(not_rendered(sources, span));
        return Vec::new();
    }
    let parts = parts(text);
    if diagnostic.code == "too-large" || parts.len() < 2 {
        diagnostics.push(*diagnostic);
        return Vec::new();
    }
    let mut nodes = Vec::new();
    for (start, part) in parts {
        // In a text of its own, of which only places come back.
        let mut alone = Sources::default();
        let number = alone.add("", part);
        match read(&alone, number) {
            Ok(read) => nodes.extend(read.into_iter().map(|mut node| {
                shift(&mut node, file, start);
                node
            })),
            Err(mut diagnostic) => {
                let shifted = |span: Span| Span {
                    file,
                    start: span.start + start as u32,
                    end: span.end + start as u32,
                };
                diagnostic.span = diagnostic.span.map(shifted);
                diagnostics.push(*diagnostic);
            }
        }
    }
    nodes
}

/// Where the first `{{` stands outside comments.
fn template(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = line.find("{{");
        if let Some(at) = at.filter(|at| !line[..*at].contains('#') && line[*at..].contains("}}")) {
            return Some(start + at);
        }
        start += line.len();
    }
    None
}

/// The documents of a text with their places.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let (mut parts, mut from, mut start) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            parts.push((from, &text[from..start]));
            from = start;
        }
        start += line.len();
    }
    parts.push((from, &text[from..]));
    parts.retain(|(_, part)| !part.trim().is_empty());
    parts
}

fn shift(node: &mut Node, file: u32, by: usize) {
    let move_span = |span: &mut Span| {
        *span = Span { file, start: span.start + by as u32, end: span.end + by as u32 };
    };
    move_span(&mut node.span);
    match &mut node.kind {
        NodeKind::Seq(items) => items.iter_mut().for_each(|item| shift(item, file, by)),
        NodeKind::Map(entries) => {
            for entry in entries {
                move_span(&mut entry.key_span);
                shift(&mut entry.value, file, by);
            }
        }
        _ => {}
    }
}

fn options() -> serde_saphyr::Options {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_nodes = MAX_NODES;
    budget.max_events = 2 * MAX_NODES;
    budget.max_depth = MAX_DEPTH;
    budget.max_documents = 100_000;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    options.legacy_octal_numbers = true;
    options.with_snippet = false;
    options
}

fn diagnostic(error: &serde_saphyr::Error, sources: &Sources, file: u32) -> Diagnostic {
    let error = error.without_snippet();
    let text = &sources.file(file).text;
    let span = error.location().map_or(Span { file, start: 0, end: 0 }, |location| {
        let start = location.span().byte_offset().unwrap_or_else(|| offset(location, sources, file));
        let end = start + location.span().byte_len().unwrap_or(1);
        let limit = text.len() as u64;
        Span { file, start: start.min(limit) as u32, end: end.min(limit) as u32 }
    });
    let message = error.to_string();
    // The text ends with the position, which we show ourselves.
    let message = message.split(" at line ").next().unwrap_or(&message);
    match error {
        serde_saphyr::Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().map_or("a key".to_string(), |key| format!("`{key}`"));
            Diagnostic::error("duplicate-key", format!("{key} is given twice in the same map")).at(span)
        }
        _ if is_limit(message) => Diagnostic::error("too-large", limit(message)).at(span),
        _ => Diagnostic::error("yaml-syntax", message.to_string()).at(span),
    }
}

fn is_limit(message: &str) -> bool {
    message.contains("budget breached") || message.contains("recursion limit") || message.contains("alias ")
}

/// A limit of the crate in the user's words.
fn limit(message: &str) -> String {
    let about = |word: &str| message.contains(word);
    if about("Depth") || about("recursion") {
        format!("nested too deeply, expected at most {MAX_DEPTH} levels of lists and maps")
    } else if about("lias") || about("nchor") {
        "too many values through anchors and aliases, which count wherever they are used".to_string()
    } else if about("Nodes") || about("Events") {
        format!("too many values, expected at most {MAX_NODES}")
    } else {
        format!("more than a file may hold ({message})")
    }
}

/// Byte offset of a line and column, both from 1.
fn offset(location: Location, sources: &Sources, file: u32) -> u64 {
    let file = sources.file(file);
    let start = file.line_start(location.line() as usize);
    let line = &file.text[start..];
    let within = line.char_indices().nth((location.column() as usize).saturating_sub(1));
    (start + within.map_or(0, |(at, _)| at)) as u64
}

/// Sets the file number, and lets lists and maps end with their last element.
fn place(node: &mut Node, file: u32) {
    node.span.file = file;
    match &mut node.kind {
        NodeKind::Seq(items) => {
            for item in items {
                place(item, file);
                node.span.end = node.span.end.max(item.span.end);
            }
        }
        NodeKind::Map(entries) => {
            for entry in entries {
                entry.key_span.file = file;
                place(&mut entry.value, file);
                node.span.end = node.span.end.max(entry.value.span.end);
            }
        }
        _ => {}
    }
}

/// A value as the crate hands it over.
struct Raw(NodeKind);

impl Raw {
    fn into_node(self, location: Location) -> Node {
        Node { kind: self.0, span: span(location) }
    }
}

fn span(location: Location) -> Span {
    let start = location.span().byte_offset().unwrap_or(0) as u32;
    let length = location.span().byte_len().unwrap_or(0) as u32;
    Span { file: 0, start, end: start + length }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw(NodeKind::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw(NodeKind::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw(NodeKind::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw(NodeKind::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw(i64::try_from(value).map_or(NodeKind::Float(value as f64), NodeKind::Int)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw(NodeKind::Float(value)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw(NodeKind::Str(text.to_string())))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw(NodeKind::Str(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element::<Spanned<Raw>>()? {
            items.push(item.value.into_node(item.defined));
        }
        Ok(Raw(NodeKind::Seq(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<Spanned<Key>>()? {
            let value = access.next_value::<Spanned<Raw>>()?;
            entries.push(Entry {
                key: key.value.0,
                key_span: span(key.defined),
                value: value.value.into_node(value.defined),
            });
        }
        Ok(Raw(NodeKind::Map(entries)))
    }
}

/// A key. Numbers and booleans become their text, as kubectl's reader does.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        match Raw::deserialize(deserializer)?.0 {
            NodeKind::Str(text) => Ok(Key(text)),
            NodeKind::Int(value) => Ok(Key(value.to_string())),
            NodeKind::Float(value) => Ok(Key(value.to_string())),
            NodeKind::Bool(value) => Ok(Key(value.to_string())),
            NodeKind::Null => Ok(Key("null".to_string())),
            NodeKind::Seq(_) | NodeKind::Map(_) => {
                Err(de::Error::custom("a key must be text, not a list or a map"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(text: &str) -> Result<Vec<Node>, Box<Diagnostic>> {
        let mut sources = Sources::default();
        let file = sources.add("test.yaml", text);
        read(&sources, file)
    }

    fn json(text: &str) -> Node {
        Node::from_json(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn scalars_are_read_as_kubectl_does() {
        let table = [
            ("4", "4"),
            ("'4'", "\"4\""),
            ("\"4\"", "\"4\""),
            ("-3", "-3"),
            ("010", "8"),
            ("0x1f", "31"),
            ("1_000", "1000"),
            ("1.5", "1.5"),
            ("1e3", "1000.0"),
            ("yes", "true"),
            ("off", "false"),
            ("null", "null"),
            ("~", "null"),
            ("0.5%", "\"0.5%\""),
            ("1h30m", "\"1h30m\""),
            ("50/s", "\"50/s\""),
            ("2024-01-01", "\"2024-01-01\""),
            ("{a: 1, \"b\": [x, 'y']}", r#"{"a":1,"b":["x","y"]}"#),
            ("{\"a\":\t1, \"b\": \"\\u0041\"}", r#"{"a":1,"b":"A"}"#),
        ];
        for (text, expected) in table {
            let found = documents(&format!("v: {text}\n")).unwrap();
            let found = found[0].get("v").unwrap();
            assert!(Node::same(found, &json(expected)), "{text}: {found:?}");
        }
    }

    #[test]
    fn anchors_and_merge_keys_are_expanded() {
        let text = "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\nc: *x\n";
        let expected = json(r#"{"a":{"p":1,"q":2},"b":{"p":1,"q":3},"c":{"p":1,"q":2}}"#);
        let found = documents(text).unwrap();
        assert!(Node::same(&found[0], &expected), "{found:?}");
    }

    #[test]
    fn documents_are_split_and_comments_are_none() {
        assert_eq!(documents("# only\n---\na: 1\n---\n# nothing\n---\nb: 2\n").unwrap().len(), 2);
        assert_eq!(documents("").unwrap().len(), 0);
    }

    #[test]
    fn spans_are_byte_ranges() {
        let text = "käse: ähm\r\n\"k\": [1, 22]\nm:\n  n: o\n";
        let tree = &documents(text).unwrap()[0];
        let slice = |span: Span| &text[span.start as usize..span.end as usize];
        assert_eq!(slice(tree.get("käse").unwrap().span), "ähm");
        assert_eq!(slice(tree.entries()[1].key_span), "\"k\"");
        assert_eq!(slice(tree.get("k").unwrap().items()[1].span), "22");
        assert_eq!(slice(tree.get("m").unwrap().span), "n: o");
    }

    #[test]
    fn hostile_texts_are_refused() {
        let levels = 100_000;
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_string();
        for n in 1..12 {
            let uses = vec![format!("*a{}", n - 1); 10].join(",");
            bomb.push_str(&format!("a{n}: &a{n} [{uses}]\n"));
        }
        let table = [
            "[".repeat(levels),
            "{a: ".repeat(levels),
            "- ".repeat(levels),
            bomb,
            "a: 1\na: 2\n".to_string(),
            "a: [1\nb: 2\n".to_string(),
            "a:\n\t- b\n".to_string(),
            "a: &x [*x]\n".to_string(),
            "? [a]\n: b\n".to_string(),
            "a: *nothing\n".to_string(),
        ];
        for text in table {
            let refused = documents(&text).expect_err(&text[..text.len().min(40)]);
            assert!(refused.span.is_some(), "{refused:?}");
        }
    }
}
