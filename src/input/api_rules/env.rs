//! Environment variables and where they come from (pkg/apis/core/validation: ValidateEnv, ValidateEnvFrom).
//!
//! The selectors of fields and resources serve downward API volumes as well.

use std::collections::BTreeMap;

use super::super::quantity::{Notation, Quantity};
use super::findings::Findings;
use super::names::*;
use super::place::At;
use super::pod::Pod;

/// Fields of a pod that a variable may hold.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields of a pod that a file may hold.
const FILE_FIELDS: [&str; 5] =
    ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"];

/// Fields that exist, whether or not they may be used here. `spec.host` is an old name of `spec.nodeName`.
const KNOWN_FIELDS: [&str; 15] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.host",
    "spec.restartPolicy",
    "spec.serviceAccountName",
    "spec.schedulerName",
    "status.phase",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

/// What a reference to a field or a resource feeds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Variable,
    File,
}

pub(super) fn check_env(env: &At, found: &mut Findings) {
    for variable in env.items() {
        let (name, source) = (variable.get("name"), variable.get("valueFrom"));
        if name.text().is_empty() {
            found.required(&name, "a variable needs a name");
        } else if !is_env_name(name.text()) {
            found.invalid(&name, ENV_NAME);
        }
        if source.is_set() {
            check_source(&variable, &source, found);
        }
    }
}

fn check_source(variable: &At, source: &At, found: &mut Findings) {
    check_field(&source.get("fieldRef"), Use::Variable, found);
    check_resource(&source.get("resourceFieldRef"), Use::Variable, found);
    check_key(&source.get("configMapKeyRef"), found);
    check_key(&source.get("secretKeyRef"), found);
    check_file_key(&source.get("fileKeyRef"), found);
    let given = SOURCES.iter().filter(|name| source.get(name).is_set()).count();
    if given == 0 {
        found.wrong(source, &format!("found no source, expected one of {}", SOURCES.join(", ")));
    } else if !variable.get("value").text().is_empty() {
        found.wrong(source, "found `value` as well, expected one of the two");
    } else if given > 1 {
        found.wrong(source, &format!("found {given} sources, expected one"));
    }
}

/// A field of the pod: `fieldRef`.
pub(super) fn check_field(reference: &At, purpose: Use, found: &mut Findings) {
    if !reference.is_set() {
        return;
    }
    let path = reference.get("fieldPath");
    let version = reference.get("apiVersion").text();
    if path.text().is_empty() {
        return found.required(&path, "expected a field of the pod, such as metadata.name");
    }
    let allowed: &[&str] = match purpose {
        Use::Variable => &ENV_FIELDS,
        Use::File => &FILE_FIELDS,
    };
    if !matches!(version, "" | "v1") {
        let version = reference.get("apiVersion").named_as(&path);
        return found.invalid(&version, "v1");
    }
    match subscript(path.text()) {
        Some(("metadata.annotations", key)) if is_qualified_name(&key.to_lowercase()) => {}
        Some(("metadata.labels", key)) if is_qualified_name(key) => {}
        Some(("metadata.annotations" | "metadata.labels", _)) => {
            found.wrong(
                &reference.clone().pointing_at(path.span()),
                &format!("found {}, expected in the brackets {QUALIFIED_NAME}", path.found()),
            );
        }
        Some(_) => found.invalid(&path, "brackets behind metadata.labels and metadata.annotations only"),
        None if !KNOWN_FIELDS.contains(&path.text()) => {
            found.invalid(&path, &format!("one of {}", allowed.join(", ")));
        }
        None if path.text() == "spec.host" && purpose == Use::Variable => {}
        None if !allowed.contains(&path.text()) => found.not_supported(&path, allowed),
        None => {}
    }
}

/// `path['key']`.
fn subscript(text: &str) -> Option<(&str, &str)> {
    let (path, key) = text.strip_suffix("']")?.split_once("['")?;
    (!path.is_empty()).then_some((path, key))
}

/// A resource of a container: `resourceFieldRef`.
pub(super) fn check_resource(reference: &At, purpose: Use, found: &mut Findings) {
    if !reference.is_set() {
        return;
    }
    let (container, resource) = (reference.get("containerName"), reference.get("resource"));
    let name = resource.text();
    let is_huge = ["limits.hugepages-", "requests.hugepages-"].iter().any(|prefix| name.starts_with(prefix));
    if purpose == Use::File && container.text().is_empty() {
        found.required(&container, "a file needs the container whose resource it holds");
    } else if name.is_empty() {
        found.required(&resource, "expected a resource such as limits.cpu");
    } else if !RESOURCES.contains(&name) && !is_huge {
        found.not_supported(&resource, &RESOURCES);
    }
    let divisor = reference.get("divisor");
    let Some(amount) = super::resources::quantity(&divisor).filter(|amount| amount.nanos != 0) else {
        return;
    };
    let is_cpu = matches!(name, "limits.cpu" | "requests.cpu");
    if is_cpu && !is_one_or_a_thousandth(amount) {
        found.invalid(&divisor, "1 or 1m");
    } else if !is_cpu && (is_huge || RESOURCES.contains(&name)) && !amount.is_one_of_its_unit() {
        found.invalid(&divisor, "1 with or without a unit such as k, M, Ki or Mi");
    }
}

fn is_one_or_a_thousandth(amount: Quantity) -> bool {
    amount.nanos == 1_000_000_000 || (amount.nanos == 1_000_000 && amount.notation != Notation::Exponent)
}

/// A key of a ConfigMap or a Secret.
fn check_key(reference: &At, found: &mut Findings) {
    if !reference.is_set() {
        return;
    }
    let (name, key) = (reference.get("name"), reference.get("key"));
    if !is_dns_subdomain(name.text()) {
        found.invalid(&name, DNS_SUBDOMAIN);
    }
    if key.text().is_empty() {
        found.required(&key, "expected the key whose value is wanted");
    } else if !is_config_key(key.text()) {
        found.invalid(&key, CONFIG_KEY);
    }
}

fn check_file_key(reference: &At, found: &mut Findings) {
    if !reference.is_set() {
        return;
    }
    let (key, volume, path) = (reference.get("key"), reference.get("volumeName"), reference.get("path"));
    if key.text().is_empty() {
        found.required(&key, "expected the variable in the file");
    } else if !is_env_name(key.text()) {
        found.invalid(&key, ENV_NAME);
    }
    if volume.text().is_empty() {
        found.required(&volume, "expected the volume with the file");
    } else if !is_dns_label(volume.text()) {
        found.invalid(&volume, DNS_LABEL);
    }
    if path.text().is_empty() {
        found.required(&path, "expected the path of the file in its volume");
    } else if path.text().split('/').any(|part| part == "..") {
        found.invalid(&path, "a path without '..'");
    }
}

/// The volumes of files with variables must exist and be empty directories.
pub(super) fn check_file_volumes(pod: &Pod, found: &mut Findings) {
    // Of two volumes with one name the last counts.
    let volumes: BTreeMap<&str, At> =
        pod.spec.get("volumes").items().map(|volume| (volume.get("name").text(), volume)).collect();
    for (_, container) in pod.containers() {
        for variable in container.get("env").items() {
            let reference = variable.get("valueFrom").get("fileKeyRef");
            let name = reference.get("volumeName");
            match volumes.get(name.text()) {
                _ if !reference.is_set() => {}
                None => found.not_found(&name, "volume of the pod"),
                Some(volume) if !super::volumes::is_empty_dir(volume) => {
                    found.invalid(&name, "a volume of the kind emptyDir");
                }
                Some(_) => {}
            }
        }
    }
}

pub(super) fn check_env_from(sources: &At, found: &mut Findings) {
    for source in sources.items() {
        let prefix = source.get("prefix");
        if !prefix.text().is_empty() && !is_env_name(prefix.text()) {
            found.invalid(&prefix, ENV_NAME);
        }
        let kinds = [source.get("configMapRef"), source.get("secretRef")];
        for kind in kinds.iter().filter(|kind| kind.is_set()) {
            let name = kind.get("name");
            if name.text().is_empty() {
                found.required(&name, "expected the name of the object with the variables");
            } else if !is_dns_subdomain_prefix(name.text()) {
                found.invalid(&name, DNS_SUBDOMAIN);
            }
        }
        // The real name stops at the list.
        let source = source.named_as(sources);
        match kinds.iter().filter(|kind| kind.is_set()).count() {
            0 => found.wrong(&source, "found no source, expected configMapRef or secretRef"),
            1 => {}
            _ => found.wrong(&source, "found two sources, expected configMapRef or secretRef"),
        }
    }
}
