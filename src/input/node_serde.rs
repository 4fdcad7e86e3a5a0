//! A serde deserializer over [`Node`] whose errors say what, where, found and expected.
//!
//! Strict as the API server: text is no number and a number is no text; `null` is the zero value of any type. Of
//! Kubernetes it knows one type, the quantity, and no rule.

use std::fmt::{self, Display};

use serde::de::{
    self, DeserializeSeed, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::node::{Entry, Node, NodeKind, Step, quoted};
use super::quantity;
use super::source::Span;

/// Why a tree cannot be decoded.
#[derive(Debug)]
pub struct DecodeError {
    pub message: String,
    pub span: Span,
    /// From the failing value up to the root.
    pub path: Vec<Step>,
}

impl DecodeError {
    fn at(mut self, span: Span) -> DecodeError {
        if self.span == Span::NONE {
            self.span = span;
        }
        self
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
        DecodeError { message: message.to_string(), span: Span::NONE, path: Vec::new() }
    }

    fn invalid_type(found: Unexpected, expected: &dyn Expected) -> DecodeError {
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
        de::Error::custom(format!("found {found}, expected {}", words(&expected.to_string())))
    }

    fn invalid_value(found: Unexpected, expected: &dyn Expected) -> DecodeError {
        DecodeError::invalid_type(found, expected)
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
        other if other.starts_with(|c: char| c.is_ascii_uppercase()) => format!("a map ({other})"),
        other => other.to_string(),
    }
}

/// Reads a tree as serde asks for it.
#[derive(Clone, Copy)]
pub struct NodeDeserializer<'a> {
    pub node: &'a Node,
}

impl<'de> de::Deserializer<'de> for NodeDeserializer<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let done = match &self.node.kind {
            NodeKind::Null => visitor.visit_unit(),
            NodeKind::Bool(value) => visitor.visit_bool(*value),
            NodeKind::Int(value) => visitor.visit_i64(*value),
            NodeKind::Float(value) => visitor.visit_f64(*value),
            NodeKind::Str(text) => visitor.visit_borrowed_str(text),
            NodeKind::Seq(items) => visitor.visit_seq(Items { items, next: 0 }),
            NodeKind::Map(entries) => visitor.visit_map(Entries { entries, next: 0 }),
        };
        done.map_err(|error| error.at(self.node.span))
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.as_int().or(self.node.is_null().then_some(0)) {
            Some(value) => visitor.visit_i64(value).map_err(|error: DecodeError| error.at(self.node.span)),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() { visitor.visit_bool(false) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() { visitor.visit_borrowed_str("") } else { self.deserialize_any(visitor) }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() {
            return visitor.visit_seq(Items { items: &[], next: 0 });
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() {
            return visitor.visit_map(Entries { entries: &[], next: 0 });
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == "Quantity" {
            return self.deserialize_quantity(visitor);
        }
        visitor.visit_newtype_struct(self).map_err(|error| error.at(self.node.span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let variant = match &self.node.kind {
            NodeKind::Str(text) => Variant { name: text, value: None },
            NodeKind::Map(entries) if entries.len() == 1 => {
                Variant { name: &entries[0].key, value: Some(&entries[0].value) }
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
        i8 i16 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf
        unit unit_struct tuple tuple_struct identifier
    }
}

impl<'de> NodeDeserializer<'de> {
    /// The one type whose text has a form of its own, and that may be a number as well.
    fn deserialize_quantity<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let text = match &self.node.kind {
            NodeKind::Null => "0".to_string(),
            NodeKind::Str(text) => text.clone(),
            NodeKind::Int(number) => number.to_string(),
            NodeKind::Float(number) => number.to_string(),
            _ => String::new(),
        };
        if quantity::Quantity::parse(&text).is_none() {
            let message = format!("found {}, expected {}", self.node.describe(), quantity::FORM);
            return Err(<DecodeError as de::Error>::custom(message).at(self.node.span));
        }
        visitor.visit_newtype_struct(de::value::StringDeserializer::new(text))
    }
}

struct Items<'a> {
    items: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        let Some(node) = self.items.get(self.next) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(NodeDeserializer { node })
            .map(Some)
            .map_err(|error| error.at(node.span).below(Step::Index(self.next - 1)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

struct Entries<'a> {
    entries: &'a [Entry],
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DecodeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, DecodeError> {
        let Some(entry) = self.entries.get(self.next) else { return Ok(None) };
        let key = de::value::BorrowedStrDeserializer::new(entry.key.as_str());
        seed.deserialize(key).map(Some).map_err(|error: DecodeError| error.at(entry.key_span))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, DecodeError> {
        let entry = &self.entries[self.next];
        self.next += 1;
        seed.deserialize(NodeDeserializer { node: &entry.value })
            .map_err(|error| error.at(entry.value.span).below(Step::Key(entry.key.clone())))
    }
}

struct Variant<'a> {
    name: &'a str,
    value: Option<&'a Node>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = DecodeError;
    type Variant = Variant<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), DecodeError> {
        let name: de::value::StrDeserializer<'_, DecodeError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
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
            Some(node) => seed.deserialize(NodeDeserializer { node }),
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
            Some(node) => de::Deserializer::deserialize_any(NodeDeserializer { node }, visitor),
            None => Err(de::Error::custom(format!("{} needs a map", self.name))),
        }
    }
}
