//! The metadata of the Job, and what the API server makes of it before it looks: the generated name, labels and
//! selector (registry/batch/job/strategy.go, apimachinery pkg/api/validation/objectmeta.go).
//!
//! Relies on [`super::labels`]. The pod template's own rules are elsewhere.

use std::collections::BTreeMap;

use super::super::node::{Entry, Node, NodeKind};
use super::findings::Findings;
use super::labels::{check_annotations, check_labels, selects};
use super::names::*;
use super::place::At;

/// A generated name ends with five random characters behind at most this many of `generateName`.
const MAX_GENERATED_BASE: usize = 58;
/// Stands for the random characters.
const RANDOM: &str = "xxxxx";
/// Stands for the UID that the Job will get.
const FRESH_UID: &str = "00000000-0000-0000-0000-000000000000";

const NAME_LABELS: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
const UID_LABELS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];
/// The label in the generated selector.
const SELECTED_UID: &str = "batch.kubernetes.io/controller-uid";

/// What is known of the Job before its rules.
pub(super) struct Identity {
    /// Given or generated; empty when there is neither.
    pub name: String,
    /// That of the document when it comes from a cluster.
    uid: String,
    /// Whether the API server makes selector and labels.
    generates: bool,
}

impl Identity {
    pub fn of(job: &At) -> Identity {
        let metadata = job.get("metadata");
        let (name, prefix) = (metadata.get("name").text(), metadata.get("generateName").text());
        let name = if name.is_empty() && !prefix.is_empty() {
            let cut = (0..=prefix.len().min(MAX_GENERATED_BASE)).rev().find(|n| prefix.is_char_boundary(*n));
            format!("{}{RANDOM}", &prefix[..cut.unwrap_or(0)])
        } else {
            name.to_string()
        };
        let uid = metadata.get("uid").str().unwrap_or(FRESH_UID).to_string();
        Identity { name, uid, generates: !job.get("spec").get("manualSelector").is_true() }
    }

    /// The labels that the pods get in addition to `given`.
    fn generated_labels(&self, given: &At) -> Vec<(&'static str, &str)> {
        let both = |keys: [&'static str; 2], value| keys.map(|key| (key, value));
        let all = both(NAME_LABELS, self.name.as_str()).into_iter().chain(both(UID_LABELS, &self.uid));
        all.filter(|(key, _)| self.generates && !has_key(given, key)).collect()
    }
}

fn has_key(map: &At, key: &str) -> bool {
    map.entries().any(|entry| entry.key == key)
}

pub(super) fn check_metadata(job: &At, identity: &Identity, found: &mut Findings) {
    let metadata = job.get("metadata");
    let (name, prefix) = (metadata.get("name"), metadata.get("generateName"));
    if !prefix.text().is_empty() && !is_dns_subdomain_prefix(prefix.text()) {
        found.invalid(&prefix, DNS_SUBDOMAIN);
    }
    if identity.name.is_empty() {
        found.required(&name, "a Job needs a name");
    } else if !is_dns_subdomain(&identity.name) {
        if name.text().is_empty() {
            let message =
                format!("the generated name would be {:?}, expected {DNS_SUBDOMAIN}", identity.name);
            found.wrong(&name, &message);
        } else {
            found.invalid(&name, DNS_SUBDOMAIN);
        }
    }
    let namespace = metadata.get("namespace");
    if !namespace.text().is_empty() && !is_dns_label(namespace.text()) {
        found.invalid(&namespace, DNS_LABEL);
    }
    let labels = metadata.get("labels");
    if labels.entries().next().is_some() {
        check_labels(&labels, found);
    } else {
        // A Job without labels gets those of its template, the generated ones among them.
        let template_labels = job.get("spec").get("template").get("metadata").get("labels");
        if template_labels.is_set() {
            check_pod_labels(identity, &template_labels.named_as(&labels), found);
        }
    }
    check_annotations(&metadata.get("annotations"), found);
    check_owners(&metadata.get("ownerReferences"), found);
    check_finalizers(&metadata.get("finalizers"), found);
}

/// The labels of the pod template with the generated ones.
pub(super) fn check_pod_labels(identity: &Identity, labels: &At, found: &mut Findings) {
    check_labels(labels, found);
    let name_label = identity.generated_labels(labels).into_iter().find(|(key, _)| NAME_LABELS.contains(key));
    if let Some((key, name)) = name_label
        && !is_label_value(name)
    {
        let message = format!(
            "the pods get the label {key}: {name:?} with the name of the Job, expected a name of at most 63 characters"
        );
        found.wrong(labels, &message);
        found.help("give the Job a shorter name");
    }
}

/// That the generated labels and the selector are what the API server would make
/// (batch/validation: validateGeneratedSelector), and that the selector finds the pods.
pub(super) fn check_selection(job: &At, identity: &Identity, found: &mut Findings) {
    let spec = job.get("spec");
    let template_metadata = spec.get("template").get("metadata");
    let (given, selector) = (template_metadata.get("labels"), spec.get("selector"));
    let generated = identity.generated_labels(&given);
    let with_uid = selector_with_uid(&selector, identity);
    let effective = if identity.generates { At::root(&with_uid) } else { selector.clone() };
    if identity.generates {
        for (key, expected) in both_kinds(identity) {
            let label = given.member(key);
            if has_key(&given, key) && label.text() != expected {
                let expected =
                    if expected == FRESH_UID { "the UID, which nobody knows before" } else { expected };
                let message = format!("found {}, expected {expected} or no such label", label.found());
                found.wrong(&label, &message);
                found.help("leave it out: the API server adds it");
            }
        }
        let own =
            |key: &str| both_kinds(identity).into_iter().find(|(k, _)| *k == key).map(|(_, value)| value);
        if selects(&effective, own) == Some(false) {
            let message = "found a selector, expected none: the API server makes it from the UID of the Job";
            found.wrong(&selector, message);
            found.help("leave it out, or set manualSelector: true and make sure that no other pod matches");
        }
    } else if !selector.is_set() {
        found.required(&selector, "manualSelector: true needs a selector");
    }
    super::labels::check_selector(&selector, found);
    let labels: BTreeMap<&str, &str> = given
        .entries()
        .map(|entry| (entry.key.as_str(), entry.value.as_str().unwrap_or_default()))
        .chain(generated)
        .collect();
    let label = |key: &str| labels.get(key).copied();
    let finds_pods = if effective.is_set() { selects(&effective, label) } else { Some(false) };
    if finds_pods == Some(false) {
        found.wrong(&given, "the pods have not the labels that the selector asks for");
    }
}

fn both_kinds(identity: &Identity) -> [(&'static str, &str); 4] {
    let [name, prefixed_name] = NAME_LABELS;
    let [uid, prefixed_uid] = UID_LABELS;
    let (job, own) = (identity.name.as_str(), identity.uid.as_str());
    [(uid, own), (name, job), (prefixed_uid, own), (prefixed_name, job)]
}

/// The selector as the API server completes it.
fn selector_with_uid(selector: &At, identity: &Identity) -> Node {
    let mut node = selector.node().cloned().unwrap_or_else(|| Node::new(NodeKind::Map(Vec::new())));
    if node.get("matchLabels").and_then(|labels| labels.get(SELECTED_UID)).is_none() {
        let uid = Entry {
            key: SELECTED_UID.to_string(),
            key_span: node.span,
            value: Node::new(NodeKind::Str(identity.uid.clone())),
        };
        let mut labels = node.get("matchLabels").map(|labels| labels.entries().to_vec()).unwrap_or_default();
        labels.push(uid);
        let path = [super::super::node::Step::Key("matchLabels".to_string())];
        // A selector that is no map has been reported.
        let _ = node.set(&path, Node::new(NodeKind::Map(labels)));
    }
    node
}

fn check_owners(owners: &At, found: &mut Findings) {
    let mut controllers = 0;
    for owner in owners.items() {
        let version = owner.get("apiVersion");
        for (field, why) in
            [("apiVersion", "an owner"), ("kind", "an owner"), ("name", "an owner"), ("uid", "an owner")]
        {
            let value = owner.get(field);
            if value.text().is_empty() {
                found.required(&value, &format!("{why} needs it"));
            }
        }
        let text = version.text();
        if !text.is_empty() && (text.matches('/').count() > 1 || text.ends_with('/') || text == "/") {
            found.invalid(&version, "a version, or a group and a version such as batch/v1");
        }
        if text == "v1" && owner.get("kind").text() == "Event" {
            found.wrong(&owner, "an Event cannot be an owner");
        }
        if owner.get("controller").is_true() {
            controllers += 1;
        }
    }
    if controllers > 1 {
        found.wrong(owners, "found two owners with controller: true, expected at most one");
    }
}

fn check_finalizers(finalizers: &At, found: &mut Findings) {
    const STANDARD: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];
    for finalizer in finalizers.items() {
        let name = finalizer.text();
        if !is_qualified_name(name) {
            found.invalid(&finalizer.clone().named_as(finalizers), QUALIFIED_NAME);
        }
        if !name.contains('/') && !STANDARD.contains(&name) {
            found.invalid(&finalizer, "a name with a domain, such as example.com/name");
        }
    }
    let has = |name: &str| finalizers.items().any(|finalizer| finalizer.text() == name);
    if has("orphan") && has("foregroundDeletion") {
        found.wrong(finalizers, "orphan and foregroundDeletion exclude each other");
    }
}
