//! The fields of each kind of volume (pkg/apis/core/validation: validateVolumeSource).
//!
//! Kinds with rules of their own are in [`super::storage`], claims of ephemeral volumes in [`super::claims`], projected
//! volumes in [`super::projected`].

use super::claims::check_ephemeral;
use super::env::{Use, check_field, check_resource};
use super::findings::Findings;
use super::mounts::{check_descending_path, check_no_backsteps};
use super::place::At;
use super::pod::{check_one_of, check_one_of_given};
use super::projected::check_projected;
use super::resources::quantity;
use super::storage::*;

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

pub(super) fn check_range(number: &At, most: i64, found: &mut Findings) {
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

pub(super) fn check_secret(source: &At, found: &mut Findings) {
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
