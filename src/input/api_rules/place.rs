//! A value of a document together with the path to it, present or not: what every rule looks at.
//!
//! Absent, `null` and (for [`At::text`], [`At::items`]) empty are alike, as they are to the API server, which
//! reads them into Go's zero values. A value of a wrong type reads as absent: decoding has reported it. Relies
//! on [`Node`]. It judges nothing.

use std::fmt::Write;
use std::rc::Rc;

use super::super::node::{Entry, Node, quoted};
use super::super::source::Span;

/// One step of a path; a path shares what is above it with its siblings.
#[derive(Clone)]
struct Path(Option<Rc<(Path, Step)>>);

#[derive(Clone)]
enum Step {
    Field(&'static str),
    Index(usize),
    /// A key of a map that the user chose: `[key]`.
    Key(Rc<str>),
    /// The same, written `.key`.
    Child(Rc<str>),
}

impl Path {
    fn below(&self, step: Step) -> Path {
        Path(Some(Rc::new((self.clone(), step))))
    }

    fn write(&self, out: &mut String) {
        let Some(link) = &self.0 else { return };
        let (above, step) = &**link;
        above.write(out);
        let _ = match step {
            Step::Field(name) if out.is_empty() => write!(out, "{name}"),
            Step::Field(name) => write!(out, ".{name}"),
            Step::Index(index) => write!(out, "[{index}]"),
            Step::Key(key) => write!(out, "[{key}]"),
            Step::Child(key) => write!(out, ".{key}"),
        };
    }

    fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

/// A place of the document.
#[derive(Clone)]
pub(super) struct At<'a> {
    node: Option<&'a Node>,
    /// Of the value, or of the nearest value above that exists.
    span: Span,
    /// In the document.
    path: Path,
    /// In the API server's answer, where that differs from the document.
    named: Option<Path>,
}

impl<'a> At<'a> {
    /// The whole document.
    pub fn root(document: &'a Node) -> At<'a> {
        At { node: Some(document), span: document.span, path: Path(None), named: None }
    }

    fn step(&self, node: Option<&'a Node>, step: Step) -> At<'a> {
        let node = node.filter(|node| !node.is_null());
        At {
            node,
            span: node.map_or(self.span, |node| node.span),
            named: self.named.as_ref().map(|path| path.below(step.clone())),
            path: self.path.below(step),
        }
    }

    /// The field of a map.
    pub fn get(&self, field: &'static str) -> At<'a> {
        self.step(self.node.and_then(|node| node.get(field)), Step::Field(field))
    }

    /// The elements of a list.
    pub fn items(&self) -> impl Iterator<Item = At<'a>> + use<'a> {
        let (list, items) = (self.clone(), self.node.map(Node::items).unwrap_or_default());
        items.iter().enumerate().map(move |(n, item)| list.step(Some(item), Step::Index(n)))
    }

    /// One element of a list.
    pub fn item(&self, n: usize) -> At<'a> {
        self.step(self.node.and_then(|node| node.items().get(n)), Step::Index(n))
    }

    /// How many elements the list has.
    pub fn count(&self) -> usize {
        self.node.map_or(0, |node| node.items().len())
    }

    /// The entries of a map whose keys the user chooses: each key, and the place `[key]` of its value, with the key
    /// marked.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, At<'a>)> + use<'a> {
        let map = self.clone();
        self.entries().map(move |entry| {
            let at = map.step(Some(&entry.value), Step::Key(entry.key.as_str().into()));
            (entry.key.as_str(), at.pointing_at(entry.key_span))
        })
    }

    /// The entries of a map that are not `null`... and those that are: Go keeps the key with a zero value.
    pub fn entries(&self) -> impl Iterator<Item = &'a Entry> + use<'a> {
        self.node.map(Node::entries).unwrap_or_default().iter()
    }

    /// The value of a key that is no fixed field.
    pub fn member(&self, key: &str) -> At<'a> {
        self.step(self.node.and_then(|node| node.get(key)), Step::Key(key.into()))
    }

    /// The same value, said to be the element of another name: some rules of the API server name fields
    /// otherwise than the document does.
    pub fn named(mut self, above: &At<'a>, field: &'static str) -> At<'a> {
        self.named = Some(above.named.as_ref().unwrap_or(&above.path).below(Step::Field(field)));
        self
    }

    /// The same value under the name of another place.
    pub fn named_as(mut self, other: &At<'a>) -> At<'a> {
        self.named = Some(other.named.as_ref().unwrap_or(&other.path).clone());
        self
    }

    /// An entry of this map as if its key were a field: `.key` instead of `[key]`, as some rules name it.
    pub fn child_named(&self, entry: &At<'a>, key: &str) -> At<'a> {
        let above = self.named.as_ref().unwrap_or(&self.path);
        At { named: Some(above.below(Step::Child(key.into()))), ..entry.clone() }
    }

    /// The same place with another part of the document marked.
    pub fn pointing_at(mut self, span: Span) -> At<'a> {
        self.span = span.known().unwrap_or(self.span);
        self
    }

    /// The same place with its value marked, not its key.
    pub fn pointing_at_value(self) -> At<'a> {
        let span = self.node.map_or(self.span, |node| node.span);
        self.pointing_at(span)
    }

    /// Whether the document gives a value, be it empty.
    pub fn is_set(&self) -> bool {
        self.node.is_some()
    }

    /// The text; none when it is absent.
    pub fn str(&self) -> Option<&'a str> {
        self.node.and_then(Node::as_str)
    }

    /// The text; empty when it is absent.
    pub fn text(&self) -> &'a str {
        self.str().unwrap_or_default()
    }

    /// The number, when it is whole.
    pub fn int(&self) -> Option<i64> {
        self.node.and_then(Node::as_int)
    }

    /// Whether the value is `true`.
    pub fn is_true(&self) -> bool {
        self.bool() == Some(true)
    }

    /// The truth value.
    pub fn bool(&self) -> Option<bool> {
        use super::super::node::NodeKind;
        match self.node?.kind {
            NodeKind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The value itself.
    pub fn node(&self) -> Option<&'a Node> {
        self.node
    }

    /// What is marked in a report.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The path in the document, such as `spec.template.spec.containers[0].name`.
    pub fn path(&self) -> String {
        self.path.text()
    }

    /// The path in the API server's answer.
    pub fn api_field(&self) -> String {
        self.named.as_ref().unwrap_or(&self.path).text()
    }

    /// What stands there, for messages.
    pub fn found(&self) -> String {
        let Some(node) = self.node else { return "nothing".to_string() };
        match node.as_str() {
            Some(text) => quoted(text),
            None => node.describe().trim_start_matches("the number ").to_string(),
        }
    }
}
