//! A change of a Job's spec as users write it → [`JobPatch`].
//!
//! Whether the change is legal depends on the Job at that time and is the simulated API server's affair; here it
//! is only read, and compared with the manifest where a field can never change.

use super::diagnostic::Diagnostic;
use super::node::{Entry, Node, NodeKind};
use crate::model::patch::{Change, JobPatch};
use crate::model::policy::PodReplacementPolicy;

/// Fields of `spec` that can never change, with what their absence means.
const IMMUTABLE: [(&str, &str, Option<&str>); 7] = [
    ("backoffLimitPerIndex", "spec.backoffLimitPerIndex", None),
    ("completionMode", "spec.completionMode", Some("NonIndexed")),
    ("managedBy", "spec.managedBy", None),
    ("podFailurePolicy", "spec.podFailurePolicy", None),
    ("selector", "spec.selector", None),
    ("successPolicy", "spec.successPolicy", None),
    ("template", "spec.template", None),
];

/// A JSON merge patch of `spec`. Immutable fields are listed where their value would become another one than in
/// `manifest_spec`; `scheduling` is dropped and `manualSelector` is ignored, as by the API server.
pub fn patch_from_node(
    patch_of_spec: &Node,
    manifest_spec: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<JobPatch> {
    let NodeKind::Map(entries) = &patch_of_spec.kind else {
        let message = format!("found {}, expected a map of fields of a Job's spec", patch_of_spec.describe());
        diagnostics.push(Diagnostic::error("wrong-type", message).at(patch_of_spec.span));
        return None;
    };
    let mut patch = JobPatch::default();
    let mut wrong = Vec::new();
    for Entry { key, key_span, value } in entries {
        let mut number = |most: i64| {
            change(key, value, "a whole number", &mut wrong, |node| {
                node.as_int().filter(|n| (-most - 1..=most).contains(n))
            })
        };
        const INT32: i64 = i32::MAX as i64;
        match key.as_str() {
            "parallelism" => patch.parallelism = number(INT32),
            "completions" => patch.completions = number(INT32),
            "activeDeadlineSeconds" => patch.active_deadline_seconds = number(i64::MAX),
            "backoffLimit" => patch.backoff_limit = number(INT32),
            "ttlSecondsAfterFinished" => patch.ttl_seconds_after_finished = number(INT32),
            "maxFailedIndexes" => patch.max_failed_indexes = number(INT32),
            "suspend" => {
                patch.suspend = change(key, value, "true or false", &mut wrong, |node| match node.kind {
                    NodeKind::Bool(value) => Some(value),
                    _ => None,
                });
            }
            "podReplacementPolicy" => {
                let expected = "TerminatingOrFailed or Failed";
                patch.pod_replacement_policy =
                    change(key, value, expected, &mut wrong, |node| match node.as_str()? {
                        "Failed" => Some(PodReplacementPolicy::Failed),
                        "TerminatingOrFailed" => Some(PodReplacementPolicy::TerminatingOrFailed),
                        _ => None,
                    });
            }
            "scheduling" | "manualSelector" => {}
            _ => match IMMUTABLE.iter().find(|(name, ..)| name == key) {
                Some((name, path, default)) => {
                    if differs(manifest_spec.get(name), value, *default) {
                        patch.immutable.push(path);
                    }
                }
                None => {
                    let message = format!("unknown field `{key}` in the spec of a Job");
                    wrong.push(Diagnostic::error("unknown-field", message).at(*key_span));
                }
            },
        }
    }
    patch.immutable.sort_unstable();
    let good = wrong.is_empty();
    diagnostics.append(&mut wrong);
    good.then_some(patch)
}

fn change<T>(
    key: &str,
    node: &Node,
    expected: &str,
    wrong: &mut Vec<Diagnostic>,
    read: impl Fn(&Node) -> Option<T>,
) -> Change<T> {
    if node.is_null() {
        return Change::Clear;
    }
    if let Some(value) = read(node) {
        return Change::To(value);
    }
    let message = format!("spec.{key}: found {}, expected {expected}", node.describe());
    wrong.push(Diagnostic::error("wrong-type", message).at(node.span));
    Change::Keep
}

fn differs(old: Option<&Node>, change: &Node, default: Option<&str>) -> bool {
    let old = old.filter(|node| !node.is_null());
    let new = Node::merged(old, change);
    let is_default = |node: &Node| default.is_some() && node.as_str() == default;
    match (old, &new) {
        (None, None) => false,
        (Some(old), Some(new)) => !Node::same(old, new),
        (Some(one), None) => !is_default(one),
        (None, Some(one)) => !is_default(one),
    }
}
