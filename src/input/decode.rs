//! Trees → types, strictly: every unknown field and every value of a wrong type is reported, not only the first.
//!
//! Relies on [`super::node_serde`] for the values. It knows no type and no rule of Kubernetes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::diagnostic::Diagnostic;
use super::node::{Node, NodeKind, Step, path_text};
use super::node_serde::{DecodeError, Quotes, read};
use super::source::Span;

/// Decodes a tree. Every field that the type does not know, at any depth, and every value of a wrong type become
/// diagnostics; `path` is where the tree stands in its document, such as `spec`. `mistyped` gets the paths of the
/// values of a wrong type. Nothing comes back when there was something to report.
///
/// serde stops at the first value of a wrong type, so that value is replaced by one that fits and the tree is
/// decoded again. Of a large tree with many wrong types only the first ones are found. A misspelt field that is near a
/// known one is read as that one from then on, and `node` is left with its name corrected, so that rules can
/// go on with what was meant.
pub fn decode<T: DeserializeOwned>(
    node: &mut Cow<Node>,
    path: &str,
    mistyped: &mut Vec<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<T> {
    let before = diagnostics.len();
    // With stand-ins for values of a wrong type; names are corrected in both.
    let mut repaired: Option<Node> = None;
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut tries: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..=(MAX_WORK / size(node)).clamp(1, MAX_ROUNDS) {
        let tree = repaired.as_ref().unwrap_or(node);
        let (decoded, unknown) = read::<T>(tree);
        let mut corrected = false;
        for field in unknown {
            let [above @ .., Step::Key(key)] = field.path.as_slice() else { continue };
            if told.insert(path_text(&field.path)) {
                let message = format!("unknown field `{key}` in {}", join(path, above));
                let diagnostic = Diagnostic::error("unknown-field", message).at(field.span);
                diagnostics.push(match field.near {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")).edit(field.span, near),
                    None => diagnostic,
                });
            }
            if let Some(near) = field.near {
                corrected = true;
                rename(node.to_mut(), above, key, near);
                repaired.iter_mut().for_each(|tree| rename(tree, above, key, near));
            }
        }
        let mut error = match decoded {
            Ok(value) if !corrected => return (diagnostics.len() == before).then_some(value),
            Ok(_) => continue,
            // The same place comes again under its right name.
            Err(_) if corrected => continue,
            Err(error) => error,
        };
        error.path.reverse();
        let place = join(path, &error.path);
        let n = tries.entry(place.clone()).or_default();
        if *n == 0 {
            diagnostics.push(wrong_type(&place, &error));
            mistyped.push(place);
        }
        let stand_in = stand_ins().into_iter().nth(*n)?;
        *n += 1;
        let tree = repaired.get_or_insert_with(|| node.clone().into_owned());
        if tree.set(&error.path, Node { kind: stand_in, span: error.span }).is_err() {
            return None;
        }
    }
    None
}

/// Most repairs of a tree.
const MAX_ROUNDS: usize = 128;
/// Most nodes that are read again for further errors.
const MAX_WORK: usize = 2_000_000;

fn size(node: &Node) -> usize {
    let below = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    1 + below.map(size).sum::<usize>()
}

/// One of these fits any type; absence first.
fn stand_ins() -> [NodeKind; 6] {
    [
        NodeKind::Null,
        NodeKind::Map(Vec::new()),
        NodeKind::Str(String::new()),
        NodeKind::Int(0),
        NodeKind::Bool(false),
        NodeKind::Seq(Vec::new()),
    ]
}

fn rename(tree: &mut Node, above: &[Step], key: &str, to: &str) {
    let mut node = tree;
    for step in above {
        let below = match (&mut node.kind, step) {
            (NodeKind::Map(entries), Step::Key(key)) => {
                entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.value)
            }
            (NodeKind::Seq(items), Step::Index(index)) => items.get_mut(*index),
            _ => None,
        };
        let Some(below) = below else { return };
        node = below;
    }
    if let NodeKind::Map(entries) = &mut node.kind
        && let Some(entry) = entries.iter_mut().find(|entry| entry.key == key)
    {
        entry.key = to.to_string();
    }
}

fn wrong_type(place: &str, error: &DecodeError) -> Diagnostic {
    let diagnostic = Diagnostic::error("wrong-type", format!("{place}: {}", error.message)).at(error.span);
    let Span { file, start, end } = error.span;
    match error.quotes {
        None => diagnostic,
        Some(Quotes::Add) => diagnostic
            .help("write it in quotes")
            .edit(Span { file, start, end: start }, "\"")
            .edit(Span { file, start: end, end }, "\""),
        Some(Quotes::Remove) => diagnostic
            .help("write it without quotes")
            .edit(Span { file, start, end: start + 1 }, "")
            .edit(Span { file, start: end.saturating_sub(1), end }, ""),
    }
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

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
