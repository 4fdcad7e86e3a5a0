//! The volumes of a pod: names, and exactly one kind each (pkg/apis/core/validation: ValidateVolumes).
//!
//! Relies on [`super::volume_kinds`] for the fields of each kind.

use std::collections::BTreeSet;

use super::findings::Findings;
use super::names::{DNS_LABEL, is_dns_label};
use super::place::At;
use super::pod::Volumes;
use super::storage::check_initiator;
use super::volume_kinds::{KINDS, check_kind};

/// The volumes with what is known of their faults.
pub(super) fn check_volumes<'a>(volumes: &At<'a>, found: &mut Findings) -> Volumes<'a> {
    let mut all = Volumes::default();
    let mut names = BTreeSet::new();
    for volume in volumes.items() {
        let before = found.count();
        check_one_kind(&volume, found);
        check_initiator(&volume, found);
        let name = volume.get("name");
        if name.text().is_empty() {
            found.required(&name, "a volume needs a name");
        } else if !is_dns_label(name.text()) {
            found.invalid(&name, DNS_LABEL);
        }
        if names.contains(name.text()) {
            found.duplicate(&name, "name of a volume");
        }
        if found.count() == before {
            names.insert(name.text());
            all.good.insert(name.text(), volume);
        } else {
            all.faulty.insert(name.text());
        }
    }
    all
}

/// A volume without any kind is an empty directory.
fn check_one_kind(volume: &At, found: &mut Findings) {
    let mut first: Option<&str> = None;
    for kind in KINDS {
        let source = volume.get(kind);
        if !source.is_set() {
            continue;
        }
        match first {
            None => {
                first = Some(kind);
                check_kind(kind, volume, &source, found);
            }
            Some(first) => {
                let source = match kind {
                    // Names of the real validator that are nobody's field.
                    "cephfs" => source.named(volume, "cephFS"),
                    "downwardAPI" => source.named(volume, "downwarAPI"),
                    _ => source,
                };
                found.forbidden(&source, &format!("found {first} as well, expected one kind of volume"));
            }
        }
    }
}

/// Whether a volume is an empty directory, by name or by default.
pub(super) fn is_empty_dir(volume: &At) -> bool {
    volume.get("emptyDir").is_set() || KINDS.iter().all(|kind| !volume.get(kind).is_set())
}
