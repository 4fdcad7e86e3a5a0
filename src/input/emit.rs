//! A tree as YAML text, for manifests that were changed. What comes out reads back as the same tree; comments and the
//! layout of the input are not kept.

use std::fmt::Write;

use super::difference::{one_line, text_value};
use super::node::{Entry, Node, NodeKind};

/// A document in block style, with a line end.
pub fn yaml(node: &Node) -> String {
    let mut text = String::new();
    block(&mut text, node, 0);
    text
}

/// A manifest: a field that is null is one that is not there.
pub fn manifest(node: &Node) -> String {
    yaml(&without_nulls(node))
}

fn without_nulls(node: &Node) -> Node {
    let kind = match &node.kind {
        NodeKind::Map(entries) => NodeKind::Map(
            entries
                .iter()
                .filter(|entry| !entry.value.is_null())
                .map(|entry| Entry { value: without_nulls(&entry.value), ..entry.clone() })
                .collect(),
        ),
        NodeKind::Seq(items) => NodeKind::Seq(items.iter().map(without_nulls).collect()),
        kind => kind.clone(),
    };
    Node { kind, span: node.span }
}

fn block(text: &mut String, node: &Node, indent: usize) {
    match &node.kind {
        NodeKind::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                let _ = write!(text, "{:indent$}{}:", "", text_value(&entry.key));
                value(text, &entry.value, indent);
            }
        }
        NodeKind::Seq(items) if !items.is_empty() => {
            for item in items {
                if matches!(&item.kind, NodeKind::Map(entries) if !entries.is_empty()) {
                    // The first key stands behind the dash.
                    let mut inner = String::new();
                    block(&mut inner, item, indent + 2);
                    let _ = write!(text, "{:indent$}- {}", "", inner.trim_start());
                } else {
                    let _ = writeln!(text, "{:indent$}- {}", "", one_line(item));
                }
            }
        }
        _ => {
            let _ = writeln!(text, "{:indent$}{}", "", one_line(node));
        }
    }
}

fn value(text: &mut String, node: &Node, indent: usize) {
    match &node.kind {
        NodeKind::Map(entries) if !entries.is_empty() => {
            text.push('\n');
            block(text, node, indent + 2);
        }
        NodeKind::Seq(items) if !items.is_empty() => {
            text.push('\n');
            block(text, node, indent);
        }
        _ => {
            let _ = writeln!(text, " {}", one_line(node));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::source::Sources;

    #[test]
    fn what_is_written_reads_back() {
        let json = r#"{"kind":"Job","n":4,"s":"4","t":"a: b","e":"","l":[1,"x",{"name":"c","args":["-c","x\ny"]},[1,2]],
                       "m":{"a.b/c":"60s","empty":{},"none":[]},"f":0.5,"yes":"yes","b":true}"#;
        let node = Node::from_json(&serde_json::from_str(json).unwrap());
        let text = yaml(&node);
        let mut sources = Sources::default();
        let file = sources.add("x", text.as_str());
        let back = crate::input::yaml::read(&sources, file).unwrap();
        assert!(Node::same(&back[0], &node), "{text}");
    }
}
