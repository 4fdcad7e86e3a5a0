//! Trees → types: a serde deserializer over [`Node`] whose errors say what, where, found and expected.
//!
//! Strict as the API server: text is no number and a number is no text. All findings come at once: an unknown
//! field with a near name is read as that name, and a value of a wrong type is reported, taken out, and the tree
//! is read again. It knows no type and no rule of Kubernetes.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::{self, Display};

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};

use super::diagnostic::Diagnostic;
use super::node::{Entry, Node, NodeKind, Step, path_text, quoted};
use super::source::Span;
use super::suggest::closest;

/// Most values of a wrong type that are looked for in one tree: each costs a pass.
const MAX_PASSES: usize = 25;
/// Most unknown fields of one tree that are reported.
const MAX_UNKNOWN: usize = 1000;

/// Decodes a tree. Every field that the type does not know and every value of a wrong type, at any depth, become
/// diagnostics; `path` is where the tree stands in its document, such as `spec`. What comes back is the rest of
/// the tree, so that it can be checked further; without new errors it is all of it.
pub fn decode<T: DeserializeOwned>(node: &Node, path: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
    let mut wrong = Vec::new();
    let mut rest: Option<Node> = None;
    let mut passes = 0;
    let (decoded, unknown) = loop {
        let tree = rest.as_ref().unwrap_or(node);
        let unknown = RefCell::new(Vec::new());
        let trail = Trail { above: None, step: TrailStep::Root(path), unknown: &unknown };
        let decoded = T::deserialize(NodeDeserializer { node: tree, trail: &trail });
        match decoded {
            Ok(value) => break (Some(value), unknown),
            Err(mut error) => {
                error.path.reverse();
                // What we have taken out ourselves is no news.
                let ours = tree.at(&error.path).is_some_and(Node::is_null)
                    && !node.at(&error.path).is_some_and(Node::is_null);
                if !ours {
                    wrong.push(error.diagnostic(path));
                }
                passes += 1;
                if passes >= MAX_PASSES {
                    break (None, unknown);
                }
                let mut less = rest.take().unwrap_or_else(|| node.clone());
                take_out(&mut less, &error);
                rest = Some(less);
            }
        }
    };
    diagnostics.append(&mut unknown.into_inner());
    diagnostics.append(&mut wrong);
    decoded
}

/// Puts the value that was meant, or nothing, in the place of a wrong value. Where there is nothing already, what
/// is above goes.
fn take_out(tree: &mut Node, error: &DecodeError) {
    let mut path = error.path.as_slice();
    let mut kind = error.meant.clone().unwrap_or(NodeKind::Null);
    while let [above @ .., _] = path {
        let was = tree.at(path).map(|node| (node.is_null(), node.span));
        match was {
            Some((false, span)) => {
                let _ = tree.set(path, Node { kind, span });
                return;
            }
            _ => path = above,
        }
        kind = NodeKind::Null;
    }
    *tree = Node { kind: NodeKind::Null, span: tree.span };
}

fn join(path: &str, steps: &[Step]) -> String {
    let below = path_text(steps);
    match (path, below.as_str()) {
        (_, "") => path.to_string(),
        ("", _) => below,
        (_, _) if below.starts_with('[') => format!("{path}{below}"),
        _ => format!("{path}.{below}"),
    }
}

/// Why a tree cannot be decoded.
#[derive(Debug)]
pub struct DecodeError {
    pub message: String,
    pub span: Span,
    /// From the failing value up to the root.
    path: Vec<Step>,
    /// What a value in or without quotes was meant to be.
    meant: Option<NodeKind>,
}

impl DecodeError {
    fn at(mut self, span: Span) -> DecodeError {
        if self.span == Span::NONE {
            self.span = span;
        }
        self
    }

    /// With the path already from the root.
    fn diagnostic(&self, path: &str) -> Diagnostic {
        let message = format!("{}: {}", join(path, &self.path), self.message);
        let diagnostic = Diagnostic::error("wrong-type", message).at(self.span);
        let Span { file, start, end } = self.span;
        match self.meant {
            None => diagnostic,
            Some(NodeKind::Str(_)) => diagnostic
                .help("write it in quotes")
                .edit(Span { file, start, end: start }, "\"")
                .edit(Span { file, start: end, end }, "\""),
            Some(_) => diagnostic
                .help("write it without quotes")
                .edit(Span { file, start, end: start + 1 }, "")
                .edit(Span { file, start: end.saturating_sub(1), end }, ""),
        }
    }

    fn below(mut self, step: Step) -> DecodeError {
        self.path.push(step);
        self
    }
}

impl Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: Display>(message: T) -> DecodeError {
        DecodeError { message: message.to_string(), span: Span::NONE, path: Vec::new(), meant: None }
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> DecodeError {
        let expected = expected.to_string();
        let meant = meant(&found, &expected);
        let found = match found {
            Unexpected::Bool(value) => value.to_string(),
            Unexpected::Unsigned(value) => format!("the number {value}"),
            Unexpected::Signed(value) => format!("the number {value}"),
            Unexpected::Float(value) => format!("the number {value:?}"),
            Unexpected::Str(text) => format!("the text {}", quoted(text)),
            Unexpected::Unit => "nothing (null)".to_string(),
            Unexpected::Seq => "a list".to_string(),
            Unexpected::Map => "a map".to_string(),
            other => other.to_string(),
        };
        let message = format!("found {found}, expected {}", words(&expected));
        DecodeError { meant, ..de::Error::custom(message) }
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> DecodeError {
        DecodeError::invalid_type(found, expected)
    }
}

/// The value that was meant when only the quotes are wrong.
fn meant(found: &Unexpected, expected: &str) -> Option<NodeKind> {
    let whole = matches!(expected, "i32" | "i64");
    match (found, expected) {
        (Unexpected::Str(text), _) if whole => text.trim().parse().ok().map(NodeKind::Int),
        (Unexpected::Str(text), "a boolean") => text.parse().ok().map(NodeKind::Bool),
        (Unexpected::Bool(value), "a string") => Some(NodeKind::Str(value.to_string())),
        (Unexpected::Signed(value), "a string") => Some(NodeKind::Str(value.to_string())),
        (Unexpected::Unsigned(value), "a string") => Some(NodeKind::Str(value.to_string())),
        (Unexpected::Float(value), "a string") => Some(NodeKind::Str(value.to_string())),
        _ => None,
    }
}

/// Rust's names of types in the user's words.
fn words(expected: &str) -> String {
    match expected {
        "i8" | "i16" | "i32" | "i64" => {
            format!("a whole number of {} bits", &expected[1..])
        }
        "u8" | "u16" | "u32" | "u64" => format!("a whole number of {} bits, not negative", &expected[1..]),
        "f32" | "f64" => "a number".to_string(),
        "a boolean" => "true or false".to_string(),
        "a string" => "text".to_string(),
        "a sequence" => "a list".to_string(),
        other => match other.strip_prefix("struct ").unwrap_or(other) {
            name if name.starts_with(|c: char| c.is_ascii_uppercase()) => format!("a map ({name})"),
            other => other.to_string(),
        },
    }
}

/// The way from the root to a value, for messages, and where unknown fields are collected.
#[derive(Clone, Copy)]
struct Trail<'t> {
    above: Option<&'t Trail<'t>>,
    step: TrailStep<'t>,
    unknown: &'t RefCell<Vec<Diagnostic>>,
}

#[derive(Clone, Copy)]
enum TrailStep<'t> {
    Root(&'t str),
    Key(&'t str),
    Index(usize),
}

impl<'t> Trail<'t> {
    fn down(&'t self, step: TrailStep<'t>) -> Trail<'t> {
        Trail { above: Some(self), step, unknown: self.unknown }
    }

    fn text(&self) -> String {
        let (mut steps, mut root, mut at) = (Vec::new(), "", Some(self));
        while let Some(trail) = at {
            match trail.step {
                TrailStep::Root(path) => root = path,
                TrailStep::Key(key) => steps.push(Step::Key(key.to_string())),
                TrailStep::Index(index) => steps.push(Step::Index(index)),
            }
            at = trail.above;
        }
        steps.reverse();
        join(root, &steps)
    }

    /// Reports a field that is not known; the name that is meant, if one is near. `absent`: the known fields that are
    /// not there.
    fn unknown<'f>(&self, entry: &Entry, absent: &[&'f str]) -> Option<&'f str> {
        if self.unknown.borrow().len() >= MAX_UNKNOWN {
            return None;
        }
        let message = format!("unknown field `{}` in {}", entry.key, self.text());
        let near = closest(&entry.key, absent);
        let mut diagnostic = Diagnostic::error("unknown-field", message).at(entry.key_span);
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?")).edit(entry.key_span, near);
        }
        self.unknown.borrow_mut().push(diagnostic);
        near
    }
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'a, 't> {
    node: &'a Node,
    trail: &'t Trail<'t>,
}

impl<'de> de::Deserializer<'de> for NodeDeserializer<'de, '_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let done = match &self.node.kind {
            NodeKind::Null => visitor.visit_unit(),
            NodeKind::Bool(value) => visitor.visit_bool(*value),
            NodeKind::Int(value) => visitor.visit_i64(*value),
            NodeKind::Float(value) => visitor.visit_f64(*value),
            NodeKind::Str(text) => visitor.visit_borrowed_str(text),
            NodeKind::Seq(items) => visitor.visit_seq(Items { items, next: 0, trail: self.trail }),
            NodeKind::Map(entries) => {
                let entries = entries.iter().map(|entry| (entry.key.as_str(), entry)).collect();
                visitor.visit_map(Entries { entries, next: 0, trail: self.trail })
            }
        };
        done.map_err(|error| error.at(self.node.span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let NodeKind::Map(all) = &self.node.kind else { return self.deserialize_any(visitor) };
        let there: BTreeSet<&str> = all.iter().map(|entry| entry.key.as_str()).collect();
        let mut absent: Vec<&'static str> =
            fields.iter().filter(|name| !there.contains(**name)).copied().collect();
        let mut entries: Vec<(&str, &Entry)> = Vec::new();
        for entry in all {
            if fields.contains(&entry.key.as_str()) {
                entries.push((&entry.key, entry));
            } else if let Some(meant) = self.trail.unknown(entry, &absent) {
                absent.retain(|name| *name != meant);
                entries.push((meant, entry));
            }
        }
        let done = visitor.visit_map(Entries { entries, next: 0, trail: self.trail });
        done.map_err(|error| error.at(self.node.span))
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.as_int() {
            Some(value) => visitor.visit_i64(value).map_err(|error: DecodeError| error.at(self.node.span)),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self).map_err(|error| error.at(self.node.span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let variant = match &self.node.kind {
            NodeKind::Str(text) => Variant { name: text, value: None, trail: self.trail },
            NodeKind::Map(entries) if entries.len() == 1 => {
                Variant { name: &entries[0].key, value: Some(&entries[0].value), trail: self.trail }
            }
            _ => {
                let message =
                    format!("found {}, expected a name or a map with one key", self.node.describe());
                return Err(<DecodeError as de::Error>::custom(message).at(self.node.span));
            }
        };
        visitor.visit_enum(variant).map_err(|error| error.at(self.node.span))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier
    }
}

struct Items<'a, 't> {
    items: &'a [Node],
    next: usize,
    trail: &'t Trail<'t>,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        let Some(node) = self.items.get(self.next) else { return Ok(None) };
        let trail = self.trail.down(TrailStep::Index(self.next));
        self.next += 1;
        seed.deserialize(NodeDeserializer { node, trail: &trail })
            .map(Some)
            .map_err(|error| error.at(node.span).below(Step::Index(self.next - 1)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

/// Entries of a map under the names that they are read as.
struct Entries<'a, 't> {
    entries: Vec<(&'a str, &'a Entry)>,
    next: usize,
    trail: &'t Trail<'t>,
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let Some((name, entry)) = self.entries.get(self.next) else { return Ok(None) };
        let key = de::value::BorrowedStrDeserializer::new(name);
        seed.deserialize(key).map(Some).map_err(|error: DecodeError| error.at(entry.key_span))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        let (_, entry) = self.entries[self.next];
        let trail = self.trail.down(TrailStep::Key(&entry.key));
        self.next += 1;
        seed.deserialize(NodeDeserializer { node: &entry.value, trail: &trail })
            .map_err(|error| error.at(entry.value.span).below(Step::Key(entry.key.clone())))
    }
}

struct Variant<'a, 't> {
    name: &'a str,
    value: Option<&'a Node>,
    trail: &'t Trail<'t>,
}

impl<'de, 't> EnumAccess<'de> for Variant<'de, 't> {
    type Error = DecodeError;
    type Variant = Variant<'de, 't>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), DecodeError> {
        let name: de::value::StrDeserializer<'_, DecodeError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de, '_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        match self.value {
            Some(value) if !value.is_null() => {
                Err(<DecodeError as de::Error>::custom("takes no value").at(value.span))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, DecodeError> {
        match self.value {
            Some(node) => seed.deserialize(NodeDeserializer { node, trail: self.trail }),
            None => Err(de::Error::custom(format!("{} needs a value", self.name))),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.newtype_variant_seed(std::marker::PhantomData::<()>).and(visitor.visit_unit())
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.value {
            Some(node) => {
                de::Deserializer::deserialize_any(NodeDeserializer { node, trail: self.trail }, visitor)
            }
            None => Err(de::Error::custom(format!("{} needs a map", self.name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(serde::Deserialize, Debug)]
    #[allow(dead_code)]
    struct Inner {
        number: Option<i32>,
        name: Option<String>,
        flag: Option<bool>,
        labels: Option<BTreeMap<String, String>>,
        list: Option<Vec<Inner>>,
        mode: Option<Mode>,
    }

    #[derive(serde::Deserialize, Debug)]
    #[allow(dead_code)]
    enum Mode {
        Fast,
        Slow(i64),
        At { x: i64 },
    }

    #[test]
    fn errors_say_where_what_was_found_and_expected() {
        let table = [
            (r#"{"number":"4"}"#, "s.number: found the text \"4\", expected a whole number of 32 bits"),
            (r#"{"number":1.5}"#, "s.number: found the number 1.5, expected a whole number of 32 bits"),
            (
                r#"{"number":99999999999}"#,
                "s.number: found the number 99999999999, expected a whole number of 32 bits",
            ),
            (r#"{"name":5}"#, "s.name: found the number 5, expected text"),
            (r#"{"flag":"yes"}"#, "s.flag: found the text \"yes\", expected true or false"),
            (r#"{"labels":{"a":true}}"#, "s.labels.a: found true, expected text"),
            (
                r#"{"list":[{},{"number":[]}]}"#,
                "s.list[1].number: found a list, expected a whole number of 32 bits",
            ),
            (r#"{"list":[{"nmae":"x"}]}"#, "unknown field `nmae` in s.list[0]"),
            (r#"{"mode":"Quick"}"#, "s.mode: unknown variant `Quick`, expected one of `Fast`, `Slow`, `At`"),
            (r#"{"mode":{"Slow":"x"}}"#, "s.mode: found the text \"x\", expected a whole number of 64 bits"),
        ];
        for (json, expected) in table {
            let node = Node::from_json(&serde_json::from_str(json).unwrap());
            let mut diagnostics = Vec::new();
            decode::<Inner>(&node, "s", &mut diagnostics);
            assert_eq!(diagnostics[0].message, expected);
        }
    }

    #[test]
    fn all_findings_of_a_tree_come_at_once() {
        let json = r#"{"nubmer":"4","flag":"true","name":5,"list":[{"x":1},7,{"number":[],"nmae":"a"}],"mode":"Slow"}"#;
        let node = Node::from_json(&serde_json::from_str(json).unwrap());
        let mut diagnostics = Vec::new();
        let rest: Inner = decode(&node, "s", &mut diagnostics).unwrap();
        let messages: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "unknown field `nubmer` in s",
                "s.flag: found the text \"true\", expected true or false",
                "s.list[1]: found the number 7, expected a map (Inner)",
                "s.mode: Slow needs a value",
                "s.name: found the number 5, expected text",
                "s.nubmer: found the text \"4\", expected a whole number of 32 bits",
            ]
        );
        // What only the quotes or one letter were wrong with has been read.
        assert_eq!((rest.number, rest.flag, rest.name.as_deref()), (Some(4), Some(true), Some("5")));
        assert!(rest.list.is_none() && rest.mode.is_none());
    }

    #[test]
    fn good_values_pass() {
        let json = r#"{"number":3.0,"name":null,"labels":{"a":"b"},"list":[{"mode":"Fast"},{"mode":{"At":{"x":1}}}]}"#;
        let node = Node::from_json(&serde_json::from_str(json).unwrap());
        let mut diagnostics = Vec::new();
        let decoded: Inner = decode(&node, "s", &mut diagnostics).unwrap();
        assert_eq!((decoded.number, diagnostics.len()), (Some(3), 0));
        assert!(matches!(decoded.list.unwrap()[1].mode, Some(Mode::At { x: 1 })));
    }
}
