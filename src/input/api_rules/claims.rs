//! The claim template of an ephemeral volume (pkg/apis/core/validation: ValidatePersistentVolumeClaimTemplate).

use super::findings::Findings;
use super::labels::{check_annotations, check_labels, check_selector};
use super::names::*;
use super::place::At;
use super::pod::check_one_of_given;
use super::resources::quantity;

const ACCESS_MODES: [&str; 4] = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
/// What the metadata of a template may hold, and its other fields.
const OTHER_METADATA: [&str; 11] = [
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
];

pub(super) fn check_ephemeral(source: &At, found: &mut Findings) {
    let template = source.get("volumeClaimTemplate");
    if !template.is_set() {
        return found.required(&template, "this kind of volume needs it");
    }
    let metadata = template.get("metadata");
    check_annotations(&metadata.get("annotations"), found);
    check_labels(&metadata.get("labels"), found);
    for field in OTHER_METADATA.into_iter().chain(["finalizers", "managedFields"]) {
        let value = metadata.get(field);
        let is_zero = value.str() == Some("") || value.int() == Some(0);
        if value.is_set() && !is_zero {
            let value = if field == "uid" { value.named(&metadata, "uID") } else { value };
            found.forbidden(&value, "the metadata of a claim template has only labels and annotations");
        }
    }
    check_claim(&template.get("spec"), found);
}

fn check_claim(spec: &At, found: &mut Findings) {
    let modes = spec.get("accessModes");
    if modes.count() == 0 {
        found.required(&modes, "expected at least one access mode");
    }
    check_selector(&spec.get("selector"), found);
    for mode in modes.items().filter(|mode| !ACCESS_MODES.contains(&mode.text())) {
        found.not_supported(&mode.named_as(&modes), &ACCESS_MODES);
    }
    let has = |alone: bool| {
        modes
            .items()
            .any(|mode| ACCESS_MODES.contains(&mode.text()) && (mode.text() == ACCESS_MODES[3]) == alone)
    };
    if has(true) && has(false) {
        found.forbidden(&modes, "ReadWriteOncePod excludes other access modes");
    }
    // The real name leaves out `requests`.
    let requests = spec.get("resources").get("requests");
    let storage = requests.member("storage").named_as(&spec.get("resources").member("storage"));
    if !requests.entries().any(|entry| entry.key == "storage") {
        found.required(&storage, "a claim needs a size");
    } else if quantity(&storage).is_none_or(|size| size.nanos <= 0) {
        found.invalid(&storage, "more than 0");
    }
    for class in [spec.get("storageClassName"), spec.get("volumeAttributesClassName")] {
        if !class.text().is_empty() && !is_dns_subdomain(class.text()) {
            found.invalid(&class, DNS_SUBDOMAIN);
        }
    }
    check_one_of_given(&spec.get("volumeMode"), &["Block", "Filesystem"], found);
    check_sources(spec, found);
}

fn check_sources(spec: &At, found: &mut Findings) {
    let (source, reference) = (spec.get("dataSource"), spec.get("dataSourceRef"));
    for data in [&source, &reference] {
        if !data.is_set() {
            continue;
        }
        for field in ["name", "kind"] {
            if data.get(field).text().is_empty() {
                found.required(&data.get(field), "a source of data needs it");
            }
        }
        let group = data.get("apiGroup");
        if group.text().is_empty() && data.get("kind").text() != "PersistentVolumeClaim" {
            found.wrong(data, "without apiGroup only a PersistentVolumeClaim can be the source");
        }
        if !group.text().is_empty() && !is_dns_subdomain(group.text()) {
            found.invalid(&group, DNS_SUBDOMAIN);
        }
    }
    let same = ["apiGroup", "kind", "name"].iter().all(|f| source.get(f).str() == reference.get(f).str());
    if source.is_set() && reference.is_set() && !same {
        found.wrong(spec, "dataSource and dataSourceRef differ");
    }
}
