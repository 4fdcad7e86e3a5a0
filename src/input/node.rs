//! The tree between a text and everything that is decoded from it: values with their places.
//!
//! Text is kept apart from numbers, so a quoted "4" is [`NodeKind::Str`]. Relies on [`super::source`] for spans.
//! It neither reads YAML ([`super::yaml`]) nor decodes ([`super::decode`]).

use super::source::Span;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
}

/// The value of a [`Node`].
#[derive(Clone, Debug)]
pub enum NodeKind {
    Null,
    Bool(bool),
    Int(i64),
    /// A number with a fraction or an exponent, or an integer beyond i64.
    Float(f64),
    /// Quoted, or plain and nothing of the above.
    Str(String),
    Seq(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a map. Keys of a map are unique.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

/// One step down a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    Key(String),
    Index(usize),
}

impl Node {
    /// A node that was not read from a text.
    pub fn new(kind: NodeKind) -> Node {
        Node { kind, span: Span::NONE }
    }

    /// The same value without places.
    pub fn from_json(value: &serde_json::Value) -> Node {
        use serde_json::Value;
        Node::new(match value {
            Value::Null => NodeKind::Null,
            Value::Bool(value) => NodeKind::Bool(*value),
            Value::Number(number) => match number.as_i64() {
                Some(value) => NodeKind::Int(value),
                None => NodeKind::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => NodeKind::Str(text.clone()),
            Value::Array(items) => NodeKind::Seq(items.iter().map(Node::from_json).collect()),
            Value::Object(map) => NodeKind::Map(
                map.iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        key_span: Span::NONE,
                        value: Node::from_json(value),
                    })
                    .collect(),
            ),
        })
    }

    /// The value of a key; none when there is no such key or this is not a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        if let NodeKind::Map(entries) = &self.kind { entries } else { &[] }
    }

    /// The elements of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        if let NodeKind::Seq(items) = &self.kind { items } else { &[] }
    }

    /// The text, when this is text.
    pub fn as_str(&self) -> Option<&str> {
        if let NodeKind::Str(text) = &self.kind { Some(text) } else { None }
    }

    /// The number, when this is a number without a fraction (1e3 and 3.0 are: so does the API server's reader).
    pub fn as_int(&self) -> Option<i64> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self.kind {
            NodeKind::Int(value) => Some(value),
            NodeKind::Float(value) if value.trunc() == value && value.abs() <= EXACT => Some(value as i64),
            _ => None,
        }
    }

    /// Whether this is `null` or an empty value.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, NodeKind::Null)
    }

    /// The node below this one at a path such as `spec.rules[0].action`.
    pub fn at(&self, path: &[Step]) -> Option<&Node> {
        path.iter().try_fold(self, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().get(*index),
        })
    }

    /// The place of a path: the value there, or the nearest node above it that exists.
    pub fn span_at(&self, path: &[Step]) -> Span {
        (0..=path.len()).rev().find_map(|n| self.at(&path[..n])).map_or(self.span, |node| node.span)
    }

    /// The place of the last key of a path, or what [`Node::span_at`] says.
    pub fn key_span_at(&self, path: &[Step]) -> Span {
        if let [above @ .., Step::Key(key)] = path
            && let Some(node) = self.at(above)
            && let Some(entry) = node.entries().iter().find(|entry| entry.key == *key)
        {
            return entry.key_span;
        }
        self.span_at(path)
    }

    /// Puts a value at a path, making maps on the way. Fails with the steps that lead to something else than a
    /// map, or to an index that is not there.
    pub fn set(&mut self, path: &[Step], value: Node) -> Result<(), usize> {
        let mut node = self;
        for (depth, step) in path.iter().enumerate() {
            node = match step {
                Step::Key(key) => {
                    if node.is_null() {
                        node.kind = NodeKind::Map(Vec::new());
                    }
                    let NodeKind::Map(entries) = &mut node.kind else { return Err(depth) };
                    let at = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
                        entries.push(Entry {
                            key: key.clone(),
                            key_span: value.span,
                            value: Node { kind: NodeKind::Null, span: value.span },
                        });
                        entries.len() - 1
                    });
                    &mut entries[at].value
                }
                Step::Index(index) => {
                    let NodeKind::Seq(items) = &mut node.kind else { return Err(depth) };
                    items.get_mut(*index).ok_or(depth)?
                }
            };
        }
        *node = value;
        Ok(())
    }

    /// JSON merge patch (RFC 7396): what `self` becomes, or nothing when the patch is `null`.
    pub fn merged(base: Option<&Node>, patch: &Node) -> Option<Node> {
        let NodeKind::Map(changes) = &patch.kind else {
            return (!patch.is_null()).then(|| patch.clone());
        };
        let mut entries = base.map(|b| b.entries().to_vec()).unwrap_or_default();
        for change in changes {
            let at = entries.iter().position(|entry| entry.key == change.key);
            let old = at.map(|at| &entries[at].value);
            match (Node::merged(old, &change.value), at) {
                (Some(value), Some(at)) => entries[at].value = value,
                (Some(value), None) => entries.push(Entry { value, ..change.clone() }),
                (None, Some(at)) => drop(entries.remove(at)),
                (None, None) => {}
            }
        }
        Some(Node { kind: NodeKind::Map(entries), span: patch.span })
    }

    /// Whether two nodes have the same value: places and the order of keys are left out, `null` is absent.
    pub fn same(a: &Node, b: &Node) -> bool {
        match (&a.kind, &b.kind) {
            (NodeKind::Null, NodeKind::Null) => true,
            (NodeKind::Bool(a), NodeKind::Bool(b)) => a == b,
            (NodeKind::Str(a), NodeKind::Str(b)) => a == b,
            (NodeKind::Float(x), NodeKind::Float(y)) => x == y,
            (NodeKind::Int(_) | NodeKind::Float(_), NodeKind::Int(_) | NodeKind::Float(_)) => {
                a.as_int().is_some() && a.as_int() == b.as_int()
            }
            (NodeKind::Seq(a), NodeKind::Seq(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Node::same(a, b))
            }
            (NodeKind::Map(_), NodeKind::Map(_)) => {
                let covers = |a: &Node, b: &Node| {
                    let present = |e: &&Entry| !e.value.is_null();
                    a.entries()
                        .iter()
                        .filter(present)
                        .all(|e| b.get(&e.key).is_some_and(|other| Node::same(&e.value, other)))
                };
                covers(a, b) && covers(b, a)
            }
            _ => false,
        }
    }

    /// What this is, for messages: `the text "4"`, `the number 4`, `a list`.
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Null => "nothing (null)".to_string(),
            NodeKind::Bool(value) => format!("{value}"),
            NodeKind::Int(value) => format!("the number {value}"),
            NodeKind::Float(value) => format!("the number {value:?}"),
            NodeKind::Str(text) => format!("the text {}", quoted(text)),
            NodeKind::Seq(_) => "a list".to_string(),
            NodeKind::Map(_) => "a map".to_string(),
        }
    }
}

/// A text in quotes, cut when it is long.
pub fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return format!("\"{text}\"");
    }
    format!("\"{}…\"", text.chars().take(MOST).collect::<String>())
}

/// Reads a path such as `spec.template.spec.containers[0].image`; an element may also be written `.0`.
pub fn parse_path(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in text.split('.') {
        let (key, mut rest) = match part.find('[') {
            Some(at) => part.split_at(at),
            None => (part, ""),
        };
        match key.parse::<usize>() {
            Ok(index) => steps.push(Step::Index(index)),
            Err(_) if key.is_empty() => return None,
            Err(_) => steps.push(Step::Key(key.to_string())),
        }
        while !rest.is_empty() {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = after;
        }
    }
    Some(steps)
}

/// A path as users write it; the opposite of [`parse_path`].
pub fn path_text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(json: &str) -> Node {
        Node::from_json(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn paths_are_read_and_written() {
        for text in ["spec.parallelism", "spec.containers[0].image", "a[1][2]"] {
            assert_eq!(path_text(&parse_path(text).unwrap()), text);
        }
        assert_eq!(parse_path("a.0.b"), parse_path("a[0].b"));
        assert_eq!((parse_path(""), parse_path("a..b"), parse_path("a[x]")), (None, None, None));
    }

    #[test]
    fn merge_patch_follows_rfc_7396() {
        let table = [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
            (r#"{"a":[1]}"#, r#"{"a":{"b":1,"c":null}}"#, r#"{"a":{"b":1}}"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":{"c":2}}"#, r#"{"a":{"c":2,"b":1.0}}"#),
        ];
        for (base, patch, expected) in table {
            let merged = Node::merged(Some(&node(base)), &node(patch)).unwrap();
            assert!(Node::same(&merged, &node(expected)), "{base} {patch}: {merged:?}");
        }
        assert!(!Node::same(&node(r#"{"a":1}"#), &node(r#"{"a":"1"}"#)));
    }

    #[test]
    fn setting_makes_maps_on_the_way() {
        let mut tree = node(r#"{"spec":{"list":[1,2]}}"#);
        let one = || Node::new(NodeKind::Int(7));
        assert_eq!(tree.set(&parse_path("spec.a.b").unwrap(), one()), Ok(()));
        assert_eq!(tree.set(&parse_path("spec.list[1]").unwrap(), one()), Ok(()));
        assert_eq!(tree.set(&parse_path("spec.list[2]").unwrap(), one()), Err(2));
        assert_eq!(tree.set(&parse_path("spec.list.x").unwrap(), one()), Err(2));
        assert!(Node::same(&tree, &node(r#"{"spec":{"list":[1,7],"a":{"b":7}}}"#)), "{tree:?}");
    }
}
