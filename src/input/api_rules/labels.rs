//! Labels, annotations and label selectors.
//!
//! Relies on [`super::names`]. It does not know where they stand.

use super::findings::Findings;
use super::names::*;
use super::place::At;

/// Most bytes of all keys and values of annotations together.
const MAX_ANNOTATIONS_BYTES: usize = 256 << 10;

/// Keys and values of labels. The API server names the map, not the entry.
pub(super) fn check_labels(labels: &At, found: &mut Findings) {
    for (key, value) in labels.members() {
        if !is_qualified_name(key) {
            let message = format!("found the key {key:?}, expected {QUALIFIED_NAME}");
            found.wrong(&labels.clone().pointing_at(value.span()), &message);
        }
        if !is_label_value(value.text()) {
            let message = format!("found {key}: {}, expected {LABEL_VALUE}", value.found());
            let span = value.node().map_or(value.span(), |node| node.span);
            found.wrong(&labels.clone().pointing_at(span), &message);
        }
    }
}

/// Keys of annotations, whose case does not matter, and their size.
pub(super) fn check_annotations(annotations: &At, found: &mut Findings) {
    let mut bytes = 0;
    for (key, value) in annotations.members() {
        bytes += key.len() + value.text().len();
        if !is_qualified_name(&key.to_lowercase()) {
            let message = format!("found the key {key:?}, expected {QUALIFIED_NAME}");
            found.wrong(&annotations.clone().pointing_at(value.span()), &message);
        }
    }
    if bytes > MAX_ANNOTATIONS_BYTES {
        found.too_large(annotations, bytes, MAX_ANNOTATIONS_BYTES);
    }
}

/// A key of a label that stands alone.
pub(super) fn check_label_key(key: &At, found: &mut Findings) {
    if !is_qualified_name(key.text()) {
        found.invalid(key, QUALIFIED_NAME);
    }
}

/// A selector; an absent one has no faults.
pub(super) fn check_selector(selector: &At, found: &mut Findings) {
    check_labels(&selector.get("matchLabels"), found);
    for expression in selector.get("matchExpressions").items() {
        let (operator, values) = (expression.get("operator"), expression.get("values"));
        match operator.text() {
            "In" | "NotIn" if values.count() == 0 => {
                found.required(&values, "In and NotIn need at least one value");
            }
            "Exists" | "DoesNotExist" if values.count() > 0 => {
                found.forbidden(&values, "Exists and DoesNotExist take no values");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => found.invalid(&operator, "In, NotIn, Exists or DoesNotExist"),
        }
        check_label_key(&expression.get("key"), found);
        for value in values.items().filter(|value| !is_label_value(value.text())) {
            found.invalid(&value, LABEL_VALUE);
        }
    }
}

/// Whether a selector selects pods with these labels; none when the selector has faults. `label` gives the value
/// of a key.
pub(super) fn selects<'l>(selector: &At, label: impl Fn(&str) -> Option<&'l str>) -> Option<bool> {
    let mut selected = true;
    for (key, value) in selector.get("matchLabels").members() {
        if !is_qualified_name(key) || !is_label_value(value.text()) {
            return None;
        }
        selected &= label(key) == Some(value.text());
    }
    for expression in selector.get("matchExpressions").items() {
        let (key, values) = (expression.get("key").text(), expression.get("values"));
        let good = is_qualified_name(key) && values.items().all(|value| is_label_value(value.text()));
        let among = |label: &str| values.items().any(|value| value.text() == label);
        selected &= match (expression.get("operator").text(), values.count()) {
            _ if !good => return None,
            ("In", 1..) => label(key).is_some_and(among),
            ("NotIn", 1..) => !label(key).is_some_and(among),
            ("Exists", 0) => label(key).is_some(),
            ("DoesNotExist", 0) => label(key).is_none(),
            _ => return None,
        };
    }
    Some(selected)
}
