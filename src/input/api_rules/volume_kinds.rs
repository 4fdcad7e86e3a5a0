//! The fields of each kind of volume (pkg/apis/core/validation: validateVolumeSource).
//!
//! Claims of ephemeral volumes are in [`super::claims`], projected volumes in [`super::projected`].

use super::claims::check_ephemeral;
use super::env::{Use, check_field, check_resource};
use super::findings::Findings;
use super::mounts::{check_descending_path, check_no_backsteps};
use super::names::*;
use super::place::At;
use super::pod::{check_one_of, check_one_of_given};
use super::projected::check_projected;
use super::resources::quantity;

/// All kinds, in the order in which the API server looks for them.
pub(super) const KINDS: [&str; 30] = [
    "emptyDir",
    "hostPath",
    "gitRepo",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "secret",
    "nfs",
    "iscsi",
    "glusterfs",
    "flocker",
    "persistentVolumeClaim",
    "rbd",
    "cinder",
    "cephfs",
    "quobyte",
    "downwardAPI",
    "fc",
    "flexVolume",
    "configMap",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "storageos",
    "projected",
    "scaleIO",
    "csi",
    "ephemeral",
    "image",
];

const MAX_FILE_MODE: i64 = 0o777;
const MAX_PARTITION: i64 = 255;
const MAX_LUN: i64 = 255;
const MAX_INITIATOR: usize = 64;
const MAX_DRIVER: usize = 63;
const MAX_TENANT: usize = 64;

pub(super) fn check_kind(kind: &str, volume: &At, source: &At, found: &mut Findings) {
    match kind {
        "emptyDir" => {
            let limit = source.get("sizeLimit");
            if quantity(&limit).is_some_and(|limit| limit.nanos < 0) {
                found.forbidden(&limit, &format!("found {}, expected 0 or more", limit.found()));
            }
        }
        "hostPath" => check_host_path(source, found),
        "gitRepo" => {
            check_required(source, &["repository"], found);
            check_descending_path(&source.get("directory"), found);
        }
        "gcePersistentDisk" => {
            // The real name is that of another field.
            let source = source.clone().named(volume, "persistentDisk");
            check_required(&source, &["pdName"], found);
            check_range(&source.get("partition"), MAX_PARTITION, found);
        }
        "awsElasticBlockStore" => {
            check_required(source, &["volumeID"], found);
            check_range(&source.get("partition"), MAX_PARTITION, found);
        }
        "secret" => {
            check_required(source, &["secretName"], found);
            check_files(source, found);
        }
        "configMap" => {
            check_required(source, &["name"], found);
            check_files(source, found);
        }
        "nfs" => {
            check_required(source, &["server", "path"], found);
            if !source.get("path").text().starts_with('/') {
                found.invalid(&source.get("path"), "an absolute path");
            }
        }
        "iscsi" => check_iscsi(source, found),
        "glusterfs" => check_required(source, &["endpoints", "path"], found),
        "flocker" => check_flocker(source, found),
        "persistentVolumeClaim" => check_required(source, &["claimName"], found),
        "rbd" => {
            check_list(&source.get("monitors"), found);
            check_required(source, &["image"], found);
        }
        "cinder" => {
            check_required(source, &["volumeID"], found);
            check_secret(source, found);
        }
        "cephfs" => check_list(&source.get("monitors"), found),
        "quobyte" => check_quobyte(source, found),
        "downwardAPI" => {
            check_mode(&source.get("defaultMode"), found);
            for file in source.get("items").items() {
                check_downward_file(&file.named_as(source), found);
            }
        }
        "fc" => check_fc(source, found),
        "flexVolume" => check_flex(source, found),
        "azureFile" => check_required(source, &["secretName", "shareName"], found),
        "vsphereVolume" => check_required(source, &["volumePath"], found),
        "photonPersistentDisk" => check_required(source, &["pdID"], found),
        "portworxVolume" => check_required(source, &["volumeID"], found),
        "azureDisk" => check_azure_disk(source, found),
        "storageos" => check_storage_os(source, found),
        "projected" => check_projected(source, found),
        "scaleIO" => check_required(source, &["gateway", "system", "volumeName"], found),
        "csi" => check_csi(source, found),
        "ephemeral" => check_ephemeral(source, found),
        "image" => {
            check_required(source, &["reference"], found);
            check_one_of(&source.get("pullPolicy"), &["Always", "IfNotPresent", "Never"], found);
        }
        _ => {}
    }
}

/// Texts that must not be empty.
pub(super) fn check_required(source: &At, fields: &[&'static str], found: &mut Findings) {
    for field in fields {
        if source.get(field).text().is_empty() {
            found.required(&source.get(field), "this kind of volume needs it");
        }
    }
}

fn check_list(list: &At, found: &mut Findings) {
    if list.count() == 0 {
        found.required(list, "expected at least one");
    }
}

fn check_range(number: &At, most: i64, found: &mut Findings) {
    if number.int().is_some_and(|n| !(0..=most).contains(&n)) {
        found.invalid(number, &format!("0 to {most}"));
    }
}

/// Permissions of a file.
pub(super) fn check_mode(mode: &At, found: &mut Findings) {
    if mode.int().is_some_and(|mode| !(0..=MAX_FILE_MODE).contains(&mode)) {
        found.invalid(mode, "0 to 511 (octal 0777)");
    }
}

fn check_secret(source: &At, found: &mut Findings) {
    let secret = source.get("secretRef");
    if secret.is_set() {
        check_required(&secret, &["name"], found);
    }
}

/// Files made of the keys of a Secret or a ConfigMap.
fn check_files(source: &At, found: &mut Findings) {
    check_mode(&source.get("defaultMode"), found);
    for item in source.get("items").items() {
        check_key_to_path(&item, found);
    }
}

pub(super) fn check_key_to_path(item: &At, found: &mut Findings) {
    check_required(item, &["key", "path"], found);
    check_local_path(&item.get("path"), found);
    check_mode(&item.get("mode"), found);
}

/// A relative path that stays below, and whose first part does not start with two points.
pub(super) fn check_local_path(path: &At, found: &mut Findings) {
    check_descending_path(path, found);
    if path.text().starts_with("..") && !path.text().starts_with("../") {
        found.invalid(path, "a path that does not start with '..'");
    }
}

/// A file with a field of the pod or a resource of a container. Its name is that of the volume's source.
pub(super) fn check_downward_file(file: &At, found: &mut Findings) {
    check_required(file, &["path"], found);
    check_local_path(&file.get("path"), found);
    let (field, resource) = (file.get("fieldRef"), file.get("resourceFieldRef"));
    if field.is_set() {
        check_field(&field, Use::File, found);
        if resource.is_set() {
            found.wrong(file, "found fieldRef and resourceFieldRef, expected one of the two");
        }
    } else if resource.is_set() {
        check_resource(&resource, Use::File, found);
    } else {
        found.required(file, "expected fieldRef or resourceFieldRef");
    }
    check_mode(&file.get("mode"), found);
}

fn check_host_path(source: &At, found: &mut Findings) {
    const TYPES: [&str; 8] =
        ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"];
    let path = source.get("path");
    if path.text().is_empty() {
        return found.required(&path, "expected a path of the node");
    }
    check_no_backsteps(&path, found);
    check_one_of_given(&source.get("type"), &TYPES, found);
}

fn check_iscsi(source: &At, found: &mut Findings) {
    const FORM: &str = "a name that starts with iqn., eui. or naa., such as iqn.2001-04.com.example:storage";
    check_required(source, &["targetPortal", "iqn"], found);
    let (target, initiator) = (source.get("iqn"), source.get("initiatorName"));
    if !target.text().is_empty() && !is_iscsi_name(target.text()) {
        found.invalid(&target, FORM);
    }
    check_range(&source.get("lun"), MAX_LUN, found);
    let chap = source.get("chapAuthDiscovery").is_true() || source.get("chapAuthSession").is_true();
    if chap && !source.get("secretRef").is_set() {
        found.required(&source.get("secretRef"), "authentication needs a secret");
    }
    if initiator.str().is_some_and(|name| !is_iscsi_name(name)) {
        found.invalid(&initiator.named(source, "initiatorname"), FORM);
    }
}

/// An iSCSI volume with an initiator has a name that is limited with its target, whatever else the volume has.
pub(super) fn check_initiator(volume: &At, found: &mut Findings) {
    let (name, source) = (volume.get("name"), volume.get("iscsi"));
    let together = name.text().len() + 1 + source.get("targetPortal").text().len();
    if source.get("initiatorName").is_set() && together > MAX_INITIATOR {
        found.wrong(&name, "with initiatorName, name and targetPortal may have 63 characters together");
    }
}

fn is_iscsi_name(text: &str) -> bool {
    let alphanumeric = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    // The point after the type may be any character; so says the pattern of the real one.
    let rest = |length: usize| text.len() == 4 + length && text.get(4..).is_some_and(alphanumeric);
    match text.get(..3) {
        Some("iqn") => {
            let Some((date, name)) = text.strip_prefix("iqn.").and_then(|rest| rest.split_at_checked(8))
            else {
                return false;
            };
            let date_is_good = date.bytes().enumerate().all(|(n, b)| match n {
                4 => b == b'-',
                7 => b == b'.',
                _ => b.is_ascii_digit(),
            });
            // The authority may hold colons no more than the rest may hold these.
            name.split_once(':').is_some_and(|(authority, rest)| {
                let authority_is_good = !authority.is_empty()
                    && authority.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
                date_is_good
                    && authority_is_good
                    && !rest.is_empty()
                    && !rest.contains([',', ';', '*', '&', '$', '|', ' ', '\t', '\n', '\r', '\u{b}', '\u{c}'])
            })
        }
        Some("eui") => rest(16),
        Some("naa") => rest(32),
        _ => false,
    }
}

fn check_flocker(source: &At, found: &mut Findings) {
    let (name, uuid) = (source.get("datasetName"), source.get("datasetUUID"));
    match (name.text().is_empty(), uuid.text().is_empty()) {
        (true, true) => found.required(source, "expected datasetName or datasetUUID"),
        (false, false) => found.wrong(source, "found datasetName and datasetUUID, expected one of the two"),
        _ => {}
    }
    if name.text().contains('/') {
        found.invalid(&name, "a name without '/'");
    }
}

fn check_quobyte(source: &At, found: &mut Findings) {
    let (registry, tenant) = (source.get("registry"), source.get("tenant"));
    if registry.text().is_empty() {
        found.required(&registry, "expected HOST:PORT, several with commas");
    } else if tenant.text().len() > MAX_TENANT {
        found.required_instead(&tenant, "a UUID of at most 64 characters");
    } else if !registry.text().split(',').all(is_host_and_port) {
        found.invalid(&registry, "HOST:PORT, several with commas");
    }
    check_required(source, &["volume"], found);
}

/// As Go's net.SplitHostPort.
fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_is_good = match bracketed {
        Some(inner) => !inner.contains(['[', ']']),
        None => !host.contains([':', '[', ']']),
    };
    host_is_good && !port.contains(['[', ']'])
}

fn check_fc(source: &At, found: &mut Findings) {
    let (names, wwids, lun) = (source.get("targetWWNs"), source.get("wwids"), source.get("lun"));
    match (names.count() > 0, wwids.count() > 0) {
        (false, false) => found.required(&names, "expected targetWWNs or wwids"),
        (true, true) => found.wrong(&names, "found wwids as well, expected one of the two"),
        _ => {}
    }
    if names.count() > 0 {
        if !lun.is_set() {
            found.required(&lun, "targetWWNs needs it");
        }
        check_range(&lun, MAX_LUN, found);
    }
}

fn check_flex(source: &At, found: &mut Findings) {
    check_required(source, &["driver"], found);
    for (key, value) in source.get("options").members() {
        let domain = key.split_once('/').map_or(key, |(domain, _)| domain);
        let domain = format!(".{}", domain.to_lowercase());
        if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
            found.wrong(&value, "the domains kubernetes.io and k8s.io are reserved");
        }
    }
}

fn check_azure_disk(source: &At, found: &mut Findings) {
    check_required(source, &["diskName", "diskURI"], found);
    check_one_of_given(&source.get("cachingMode"), &["None", "ReadOnly", "ReadWrite"], found);
    let (kind, uri) = (source.get("kind"), source.get("diskURI"));
    check_one_of_given(&kind, &["Shared", "Dedicated", "Managed"], found);
    let start = if kind.str() == Some("Managed") { "/subscriptions/" } else { "https://" };
    if !uri.text().starts_with(start) {
        found.not_supported_because(
            &uri,
            &format!("found {}, expected it to start with {start}", uri.found()),
        );
    }
}

fn check_storage_os(source: &At, found: &mut Findings) {
    check_required(source, &["volumeName"], found);
    for field in ["volumeName", "volumeNamespace"] {
        let name = source.get(field);
        if !name.text().is_empty() && !is_dns_label(name.text()) {
            found.invalid(&name, DNS_LABEL);
        }
    }
    check_secret(source, found);
}

fn check_csi(source: &At, found: &mut Findings) {
    check_required(source, &["driver"], found);
    let (driver, secret) = (source.get("driver"), source.get("nodePublishSecretRef"));
    if driver.text().len() > MAX_DRIVER {
        found.too_long(&driver, MAX_DRIVER);
    }
    if !driver.text().is_empty() && !is_dns_subdomain(&driver.text().to_lowercase()) {
        found.invalid(&driver, DNS_SUBDOMAIN);
    }
    let name = secret.get("name");
    if secret.is_set() && name.text().is_empty() {
        found.required(&name, "expected the name of the secret");
    } else if secret.is_set() && !is_dns_subdomain(name.text()) {
        found.invalid(&name.named(source, "name"), DNS_SUBDOMAIN);
    }
}
