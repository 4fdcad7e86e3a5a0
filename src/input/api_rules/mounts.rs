//! Where containers see their volumes (pkg/apis/core/validation: ValidateVolumeMounts, ValidateVolumeDevices).
//!
//! Several of the real names stop at the list of mounts; so do these.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Findings;
use super::place::At;
use super::pod::{Volumes, check_one_of_given};

/// A path that does not leave the volume.
pub(super) fn check_descending_path(path: &At, found: &mut Findings) {
    if path.text().starts_with('/') {
        found.invalid(path, "a relative path");
    }
    check_no_backsteps(path, found);
}

/// A path without `..`.
pub(super) fn check_no_backsteps(path: &At, found: &mut Findings) {
    if path.text().split('/').any(|part| part == "..") {
        found.invalid(path, "a path without '..'");
    }
}

pub(super) fn check_mounts(container: &At, volumes: &Volumes, found: &mut Findings) {
    let (mounts, devices) = (container.get("volumeMounts"), container.get("volumeDevices"));
    let mut paths = BTreeSet::new();
    let by_name = paths_by_name(&devices, "devicePath");
    let device_paths: BTreeSet<&str> = by_name.values().copied().collect();
    for mount in mounts.items() {
        let (name, path) = (mount.get("name"), mount.get("mountPath"));
        if name.text().is_empty() {
            found.required(&name, "a mount needs the name of a volume");
        }
        volumes.check_name(&name, found);
        if path.text().is_empty() {
            found.required(&path, "a mount needs a path");
        }
        if !paths.insert(path.text()) {
            found.invalid(&path, "each path once");
        }
        if by_name.contains_key(name.text()) {
            found.invalid(&name, "a volume that is not in volumeDevices");
        }
        if device_paths.contains(path.text()) {
            found.invalid(&path, "a path that is not in volumeDevices");
        }
        check_sub_paths(&mounts, &mount, found);
        check_propagation(container, &mounts, &mount, found);
        check_read_only(&mounts, &mount, found);
    }
}

/// Name and path of each. Of two with one name the last counts.
fn paths_by_name<'a>(list: &At<'a>, field: &'static str) -> BTreeMap<&'a str, &'a str> {
    list.items().map(|item| (item.get("name").text(), item.get(field).text())).collect()
}

fn check_sub_paths(mounts: &At, mount: &At, found: &mut Findings) {
    let (path, expression) = (mount.get("subPath"), mount.get("subPathExpr"));
    check_descending_path(&path.clone().named(mounts, "subPath"), found);
    if !expression.text().is_empty() && !path.text().is_empty() {
        found.wrong(&expression, "found subPath as well, expected one of the two");
    }
    check_descending_path(&expression.named(mounts, "subPathExpr"), found);
}

fn check_propagation(container: &At, mounts: &At, mount: &At, found: &mut Findings) {
    let propagation = mount.get("mountPropagation").named(mounts, "mountPropagation");
    check_one_of_given(&propagation, &["None", "HostToContainer", "Bidirectional"], found);
    let privileged = container.get("securityContext").get("privileged").is_true();
    if propagation.text() == "Bidirectional" && !privileged {
        found.forbidden(&propagation, "Bidirectional needs a privileged container");
    }
}

fn check_read_only(mounts: &At, mount: &At, found: &mut Findings) {
    let recursive = mount.get("recursiveReadOnly").named(mounts, "recursiveReadOnly");
    check_one_of_given(&recursive, &["Disabled", "IfPossible", "Enabled"], found);
    if !matches!(recursive.text(), "IfPossible" | "Enabled") {
        return;
    }
    if !mount.get("readOnly").is_true() {
        found.forbidden(&recursive, "needs readOnly: true");
    }
    if mount.get("mountPropagation").str().is_some_and(|propagation| propagation != "None") {
        found.forbidden(&recursive, "needs mountPropagation: None or none");
    }
}

pub(super) fn check_devices(container: &At, volumes: &Volumes, found: &mut Findings) {
    let (mounts, devices) = (container.get("volumeMounts"), container.get("volumeDevices"));
    let by_name = paths_by_name(&mounts, "mountPath");
    let mount_paths: BTreeSet<&str> = by_name.values().copied().collect();
    let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for device in devices.items() {
        let (name, path) = (device.get("name"), device.get("devicePath"));
        if name.text().is_empty() {
            found.required(&name, "a device needs the name of a volume");
        } else if !names.insert(name.text()) {
            found.invalid(&name, "each volume once");
        }
        match volumes.good.get(name.text()) {
            Some(volume)
                if !volume.get("persistentVolumeClaim").is_set() && !volume.get("ephemeral").is_set() =>
            {
                found.invalid(&name, "a volume of the kind persistentVolumeClaim or ephemeral");
            }
            Some(_) => {}
            None => volumes.check_name(&name, found),
        }
        if path.text().is_empty() {
            found.required(&path, "a device needs a path");
        }
        if paths.contains(path.text()) {
            found.invalid(&path, "each path once");
        }
        if path.text().split('/').any(|part| part == "..") {
            found.invalid(&path, "a path without '..'");
        } else {
            paths.insert(path.text());
        }
        if by_name.contains_key(name.text()) {
            found.invalid(&name, "a volume that is not in volumeMounts");
        }
        if mount_paths.contains(path.text()) {
            found.invalid(&path, "a path that is not in volumeMounts");
        }
    }
}
