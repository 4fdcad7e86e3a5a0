//! Kinds of volumes whose fields have rules of their own: iSCSI, Fibre Channel, CSI and several vendors
//! (pkg/apis/core/validation).
//!
//! Called by [`super::volume_kinds`].

use super::findings::Findings;
use super::names::*;
use super::place::At;
use super::pod::check_one_of_given;
use super::volume_kinds::{check_range, check_required, check_secret};

const MAX_LUN: i64 = 255;
const MAX_INITIATOR: usize = 64;
const MAX_DRIVER: usize = 63;
const MAX_TENANT: usize = 64;

pub(super) fn check_iscsi(source: &At, found: &mut Findings) {
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

pub(super) fn check_flocker(source: &At, found: &mut Findings) {
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

pub(super) fn check_quobyte(source: &At, found: &mut Findings) {
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

pub(super) fn check_fc(source: &At, found: &mut Findings) {
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

pub(super) fn check_flex(source: &At, found: &mut Findings) {
    check_required(source, &["driver"], found);
    for (key, value) in source.get("options").members() {
        let domain = key.split_once('/').map_or(key, |(domain, _)| domain);
        let domain = format!(".{}", domain.to_lowercase());
        if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
            found.wrong(&value, "the domains kubernetes.io and k8s.io are reserved");
        }
    }
}

pub(super) fn check_azure_disk(source: &At, found: &mut Findings) {
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

pub(super) fn check_storage_os(source: &At, found: &mut Findings) {
    check_required(source, &["volumeName"], found);
    for field in ["volumeName", "volumeNamespace"] {
        let name = source.get(field);
        if !name.text().is_empty() && !is_dns_label(name.text()) {
            found.invalid(&name, DNS_LABEL);
        }
    }
    check_secret(source, found);
}

pub(super) fn check_csi(source: &At, found: &mut Findings) {
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
