//! Which fields of two documents differ: a path, and the value on either side.
//!
//! Elements of a list that have names are compared by name, others by place. Relies on [`super::node`]; knows nothing of
//! what the fields mean.

use super::node::{Node, NodeKind};

/// One field that is not the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// From the root of the document, such as `spec.parallelism`.
    pub field: String,
    /// As one line of YAML; none: it is not there.
    pub from: Option<String>,
    pub to: Option<String>,
}

/// All differences, in the order of the first document. `null` is the same as absent.
pub fn differences(from: Option<&Node>, to: Option<&Node>) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(String::new(), from, to, &mut found);
    found
}

fn compare(path: String, from: Option<&Node>, to: Option<&Node>, found: &mut Vec<Difference>) {
    let (from, to) = (from.filter(|node| !node.is_null()), to.filter(|node| !node.is_null()));
    let below = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
    match (from.map(|node| &node.kind), to.map(|node| &node.kind)) {
        (None, None) => {}
        (Some(NodeKind::Map(a)), Some(NodeKind::Map(b))) => {
            for entry in a {
                let other = b.iter().find(|other| other.key == entry.key).map(|other| &other.value);
                compare(below(&entry.key), Some(&entry.value), other, found);
            }
            for entry in b.iter().filter(|entry| a.iter().all(|other| other.key != entry.key)) {
                compare(below(&entry.key), None, Some(&entry.value), found);
            }
        }
        (Some(NodeKind::Seq(a)), Some(NodeKind::Seq(b))) if same_elements(a, b) => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                compare(format!("{path}[{at}]"), Some(a), Some(b), found);
            }
        }
        // A whole object on one side: its fields tell more than one long line.
        (Some(NodeKind::Map(a)), None) if !a.is_empty() && path.matches('.').count() < 1 => {
            a.iter().for_each(|entry| compare(below(&entry.key), Some(&entry.value), None, found));
        }
        (None, Some(NodeKind::Map(b))) if !b.is_empty() && path.matches('.').count() < 1 => {
            b.iter().for_each(|entry| compare(below(&entry.key), None, Some(&entry.value), found));
        }
        _ => {
            if !from.zip(to).is_some_and(|(a, b)| Node::same(a, b)) {
                found.push(Difference { field: path, from: from.map(one_line), to: to.map(one_line) });
            }
        }
    }
}

/// Whether two lists hold the same things, so that each can be compared with its like.
fn same_elements(a: &[Node], b: &[Node]) -> bool {
    let name = |node: &Node| node.get("name").and_then(Node::as_str).map(str::to_string);
    let maps = |list: &[Node]| list.iter().all(|node| matches!(node.kind, NodeKind::Map(_)));
    a.len() == b.len() && maps(a) && maps(b) && a.iter().zip(b).all(|(a, b)| name(a) == name(b))
}

/// A value as YAML in one line.
pub fn one_line(node: &Node) -> String {
    match &node.kind {
        NodeKind::Null => "null".to_string(),
        NodeKind::Bool(value) => value.to_string(),
        NodeKind::Int(value) => value.to_string(),
        NodeKind::Float(value) => format!("{value:?}"),
        NodeKind::Str(text) => text_value(text),
        NodeKind::Seq(items) => {
            format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", "))
        }
        NodeKind::Map(entries) => {
            let entries = entries.iter().map(|e| format!("{}: {}", text_value(&e.key), one_line(&e.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as YAML reads it back as the same text: in quotes where it could be something else.
pub fn text_value(text: &str) -> String {
    let plain = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./+%".contains(c) || c == ':')
        && !text.ends_with(':')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str());
    // Lengths of time: digits, but no number without their unit.
    let length = text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(['s', 'm', 'h', 'd'])
        && text.chars().all(|c| c.is_ascii_digit() || "smhd.".contains(c));
    if plain || length { text.to_string() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(json: &str) -> Node {
        Node::from_json(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn fields_are_named_with_both_values() {
        let a = node(r#"{"spec":{"parallelism":2,"same":1,"list":[{"name":"c","x":1}],"gone":"4"}}"#);
        let b = node(r#"{"spec":{"parallelism":3,"same":1.0,"list":[{"name":"c","x":2}],"new":[1,"60s"]}}"#);
        let found = differences(Some(&a), Some(&b));
        let text = |d: &Difference| {
            let side = |side: &Option<String>| side.clone().unwrap_or_default();
            format!("{} {} {}", d.field, side(&d.from), side(&d.to))
        };
        let lines: Vec<String> = found.iter().map(text).collect();
        // The reader of JSON sorts its keys.
        let want = ["spec.gone \"4\" ", "spec.list[0].x 1 2", "spec.parallelism 2 3", "spec.new  [1, 60s]"];
        assert_eq!(lines, want);
        assert_eq!(differences(Some(&a), Some(&a)), Vec::new());
        assert_eq!(differences(None, Some(&node(r#"{"spec":{"a":{"b":1}}}"#))).len(), 1);
    }

    #[test]
    fn texts_stay_texts() {
        let table = [("60s", "60s"), ("4", "\"4\""), ("yes", "\"yes\""), ("a: b", "\"a: b\""), ("", "\"\"")];
        for (text, want) in table {
            assert_eq!(text_value(text), want);
        }
    }
}
