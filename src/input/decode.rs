//! Trees → types, strictly: every unknown field and every value of a wrong type is reported, not only the first.
//!
//! Relies on [`super::node_serde`] for the values, and on serde_ignored, which only this file names, for fields that the
//! type does not know. It knows no type and no rule of Kubernetes.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::diagnostic::Diagnostic;
use super::node::{Node, NodeKind, Step, path_text};
use super::node_serde::{DecodeError, NodeDeserializer};

/// Decodes a tree. Every field that the type does not know, at any depth, and every value of a wrong type become
/// diagnostics; `path` is where the tree stands in its document, such as `spec`. `mistyped` gets the paths of the
/// values of a wrong type.
///
/// serde stops at the first value of a wrong type, so that value is replaced by one that fits and the tree is
/// decoded again. Of a large tree with many wrong types only the first ones are found.
pub fn decode<T: DeserializeOwned>(
    node: &Node,
    path: &str,
    mistyped: &mut Vec<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<T> {
    let mut unknown = BTreeSet::new();
    let mut error = match attempt::<T>(node, node, path, &mut unknown, diagnostics) {
        Ok(value) => return unknown.is_empty().then_some(value),
        Err(error) => error,
    };
    let mut repaired = node.clone();
    let mut tries: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..(MAX_WORK / size(node)).clamp(1, MAX_ROUNDS) {
        error.path.reverse();
        let place = join(path, &error.path);
        let n = tries.entry(place.clone()).or_default();
        if *n == 0 {
            let message = format!("{place}: {}", error.message);
            diagnostics.push(Diagnostic::error("wrong-type", message).at(error.span));
            mistyped.push(place);
        }
        let Some(stand_in) = stand_ins().into_iter().nth(*n) else { break };
        *n += 1;
        if repaired.set(&error.path, Node { kind: stand_in, span: error.span }).is_err() {
            break;
        }
        match attempt::<T>(&repaired, node, path, &mut unknown, diagnostics) {
            Ok(_) => break,
            Err(next) => error = next,
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

/// Decodes once and reports the fields that are unknown and not in `unknown` yet. `original`: where they stand.
fn attempt<T: DeserializeOwned>(
    node: &Node,
    original: &Node,
    path: &str,
    unknown: &mut BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<T, DecodeError> {
    serde_ignored::deserialize(NodeDeserializer { node }, |ignored| {
        let mut steps = Vec::new();
        collect(&ignored, &mut steps);
        let [above @ .., Step::Key(key)] = steps.as_slice() else { return };
        if unknown.insert(path_text(&steps)) {
            let message = format!("unknown field `{key}` in {}", join(path, above));
            let span = original.key_span_at(&steps);
            diagnostics.push(Diagnostic::error("unknown-field", message).at(span));
        }
    })
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

fn collect(path: &serde_ignored::Path, steps: &mut Vec<Step>) {
    use serde_ignored::Path;
    match path {
        Path::Root => {}
        Path::Seq { parent, index } => {
            collect(parent, steps);
            steps.push(Step::Index(*index));
        }
        Path::Map { parent, key } => {
            collect(parent, steps);
            steps.push(Step::Key(key.clone()));
        }
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            collect(parent, steps);
        }
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
