//! Where pods may run: affinity, tolerations, spread over topologies (pkg/apis/core/validation).
//!
//! Relies on [`super::labels`] for selectors.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Findings;
use super::labels::{check_label_key, check_selector};
use super::names::*;
use super::place::At;
use super::pod::{check_one_of, check_one_of_given};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn check_affinity(affinity: &At, found: &mut Findings) {
    let nodes = affinity.get("nodeAffinity");
    let required = nodes.get(REQUIRED);
    if required.is_set() {
        let terms = required.get("nodeSelectorTerms");
        if terms.count() == 0 {
            found.required(&terms, "expected at least one term");
        }
        for term in terms.items() {
            check_node_term(&term, Values::AreLabels, found);
        }
    }
    for term in nodes.get(PREFERRED).items() {
        check_weight(&term, found);
        check_node_term(&term.get("preference"), Values::AreAnything, found);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let pods = affinity.get(kind);
        for term in pods.get(REQUIRED).items() {
            check_pod_term(&term, found);
        }
        for term in pods.get(PREFERRED).items() {
            check_weight(&term, found);
            check_pod_term(&term.get("podAffinityTerm"), found);
        }
    }
}

fn check_weight(term: &At, found: &mut Findings) {
    let weight = term.get("weight");
    if !(1..=100).contains(&weight.int().unwrap_or(0)) {
        found.invalid(&weight, "1 to 100");
    }
}

/// Whether values that are compared with labels are checked as such: only where the term is required.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Values {
    AreLabels,
    AreAnything,
}

fn check_node_term(term: &At, kind: Values, found: &mut Findings) {
    for expression in term.get("matchExpressions").items() {
        let (operator, values) = (expression.get("operator"), expression.get("values"));
        match (operator.text(), values.count()) {
            ("In" | "NotIn", 0) => found.required(&values, "In and NotIn need at least one value"),
            ("Exists" | "DoesNotExist", 1..) => {
                found.forbidden(&values, "Exists and DoesNotExist take no values");
            }
            ("Gt" | "Lt", count) if count != 1 => found.required(&values, "Gt and Lt need one value"),
            ("In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt", _) => {}
            _ => found.invalid(&operator, "In, NotIn, Exists, DoesNotExist, Gt or Lt"),
        }
        check_label_key(&expression.get("key"), found);
        for value in values.items().filter(|value| kind == Values::AreLabels && !is_label_value(value.text()))
        {
            found.invalid(&value, LABEL_VALUE);
        }
    }
    for field in term.get("matchFields").items() {
        let (key, operator, values) = (field.get("key"), field.get("operator"), field.get("values"));
        if !matches!(operator.text(), "In" | "NotIn") {
            found.invalid(&operator, "In or NotIn");
        } else if values.count() != 1 {
            found.required(&values, "expected one value");
        }
        if key.text() != "metadata.name" {
            found.invalid(&key, "metadata.name");
            continue;
        }
        for value in values.items().filter(|value| !is_dns_subdomain(value.text())) {
            found.invalid(&value, DNS_SUBDOMAIN);
        }
    }
}

fn check_pod_term(term: &At, found: &mut Findings) {
    check_selector(&term.get("labelSelector"), found);
    check_selector(&term.get("namespaceSelector"), found);
    for namespace in term.get("namespaces").items().filter(|namespace| !is_dns_label(namespace.text())) {
        found.invalid(&namespace.named(term, "namespace"), DNS_LABEL);
    }
    check_label_keys(term, found);
    let key = term.get("topologyKey");
    if key.text().is_empty() {
        found.required(&key, "expected the label of the nodes that makes a topology");
    }
    check_label_key(&key, found);
}

/// matchLabelKeys and mismatchLabelKeys (ValidateMatchLabelKeysAndMismatchLabelKeys).
fn check_label_keys(term: &At, found: &mut Findings) {
    let selector = term.get("labelSelector");
    let (same, other) = (term.get("matchLabelKeys"), term.get("mismatchLabelKeys"));
    for keys in [&same, &other] {
        if keys.count() > 0 && !selector.is_set() {
            found.forbidden(keys, "needs a labelSelector");
        } else {
            keys.items().for_each(|key| check_label_key(&key, found));
        }
    }
    // A key that the selector names twice and the list names, too. The real name is the index below the term.
    let mut named: BTreeSet<&str> =
        selector.get("matchLabels").entries().map(|entry| entry.key.as_str()).collect();
    let listed: BTreeMap<&str, (usize, At)> =
        same.items().enumerate().map(|(n, key)| (key.text(), (n, key))).collect();
    for expression in selector.get("matchExpressions").items() {
        let key = expression.get("key").text();
        if !named.insert(key)
            && let Some((n, key)) = listed.get(key)
        {
            found.wrong(&key.clone().named_as(&term.item(*n)), "is in the labelSelector as well");
        }
    }
    let others: BTreeSet<&str> = other.items().map(|key| key.text()).collect();
    for key in same.items().filter(|key| others.contains(key.text())) {
        found.wrong(&key, "is in mismatchLabelKeys as well");
    }
}

pub(super) fn check_spread(constraints: &At, found: &mut Findings) {
    // How often each pair of topology and action is still to come: all but the last are repeated.
    let pair =
        |c: &At<'_>| (c.get("topologyKey").text().to_string(), c.get("whenUnsatisfiable").text().to_string());
    let mut left: BTreeMap<(String, String), usize> = BTreeMap::new();
    for constraint in constraints.items() {
        *left.entry(pair(&constraint)).or_default() += 1;
    }
    for constraint in constraints.items() {
        let constraint = &constraint;
        let (skew, key, action) =
            (constraint.get("maxSkew"), constraint.get("topologyKey"), constraint.get("whenUnsatisfiable"));
        if skew.int().unwrap_or(0) <= 0 {
            found.invalid(&skew, "1 or more");
        }
        if key.text().is_empty() {
            found.required(&key, "expected the label of the nodes that makes a topology");
        }
        if !matches!(action.text(), "DoNotSchedule" | "ScheduleAnyway") {
            found.not_supported(&action, &["DoNotSchedule", "ScheduleAnyway"]);
        }
        let later = left.entry(pair(constraint)).or_default();
        *later = later.saturating_sub(1);
        if *later > 0 {
            let both = key.clone().named(constraint, "{topologyKey, whenUnsatisfiable}");
            found.duplicate(&both, "topologyKey with the same whenUnsatisfiable");
        }
        let domains = constraint.get("minDomains");
        if domains.int().is_some_and(|n| n <= 0) {
            found.invalid(&domains, "1 or more");
        }
        if domains.is_set() && action.text() != "DoNotSchedule" {
            found.wrong(&domains, "needs whenUnsatisfiable: DoNotSchedule");
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            check_one_of_given(&constraint.get(policy), &["Ignore", "Honor"], found);
        }
        check_label_keys(constraint, found);
        check_selector(&constraint.get("labelSelector"), found);
    }
}

pub(super) fn check_tolerations(tolerations: &At, found: &mut Findings) {
    for toleration in tolerations.items() {
        let (key, operator, value, effect) = (
            toleration.get("key"),
            toleration.get("operator"),
            toleration.get("value"),
            toleration.get("effect"),
        );
        if !key.text().is_empty() {
            check_label_key(&key, found);
        } else if operator.text() != "Exists" {
            found.wrong(&operator, "a toleration without a key needs operator: Exists");
        }
        if toleration.get("tolerationSeconds").is_set() && effect.text() != "NoExecute" {
            found.invalid(&effect, "NoExecute, as there are tolerationSeconds");
        }
        match operator.text() {
            "" | "Equal" if !is_label_value(value.text()) => {
                // The real name is that of the operator.
                found.invalid(&value.named_as(&operator), LABEL_VALUE);
            }
            "Exists" if !value.text().is_empty() => {
                found.wrong(&operator, "Exists takes no value");
            }
            "" | "Equal" | "Exists" => {}
            _ => found.not_supported(&operator, &["Equal", "Exists"]),
        }
        check_one_of(&effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"], found);
    }
}
