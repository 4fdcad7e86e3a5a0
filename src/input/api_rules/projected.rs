//! Projected volumes (pkg/apis/core/validation: validateProjectionSources).

use std::collections::BTreeSet;

use super::findings::Findings;
use super::labels::check_selector;
use super::names::*;
use super::place::At;
use super::volume_kinds::{
    check_downward_file, check_key_to_path, check_local_path, check_mode, check_required,
};

const MIN_TOKEN_SECONDS: i64 = 600;
const MAX_TOKEN_SECONDS: i64 = 1 << 32;
const MIN_CERTIFICATE_SECONDS: i64 = 3600;
/// 91 days; 24 hours for the signers of Kubernetes itself.
const MAX_CERTIFICATE_SECONDS: i64 = 7_862_400;
const MAX_OWN_CERTIFICATE_SECONDS: i64 = 86_400;
const KEY_TYPES: [&str; 6] = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
const SOURCES: [&str; 6] =
    ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];

/// The files of all sources; a file may come from one only.
struct Files<'a> {
    volume: At<'a>,
    paths: BTreeSet<&'a str>,
}

impl<'a> Files<'a> {
    fn add(&mut self, path: &At<'a>, found: &mut Findings) {
        if !self.paths.insert(path.text()) {
            // The real name is that of the volume's source.
            found.wrong(&path.clone().named_as(&self.volume), "another source has a file with this path");
        }
    }
}

pub(super) fn check_projected(volume: &At, found: &mut Findings) {
    check_mode(&volume.get("defaultMode"), found);
    let mut files = Files { volume: volume.clone(), paths: BTreeSet::new() };
    for source in volume.get("sources").items() {
        for kind in ["secret", "configMap"] {
            let object = source.get(kind);
            if object.is_set() {
                check_required(&object, &["name"], found);
            }
            for item in object.get("items").items() {
                check_key_to_path(&item, found);
                if !item.get("path").text().is_empty() {
                    files.add(&item.get("path"), found);
                }
            }
        }
        let downward = source.get("downwardAPI");
        for file in downward.get("items").items() {
            let path = file.get("path");
            check_downward_file(&file.named_as(&downward), found);
            if !path.text().is_empty() {
                files.add(&path, found);
            }
        }
        check_token(volume, &source.get("serviceAccountToken"), found);
        check_trust(&source.get("clusterTrustBundle"), &mut files, found);
        check_certificate(&source.get("podCertificate"), &mut files, found);
        if SOURCES.iter().filter(|kind| source.get(kind).is_set()).count() > 1 {
            found.forbidden(&source, "found more than one source, expected one in each element");
        }
    }
}

fn check_token(volume: &At, token: &At, found: &mut Findings) {
    if !token.is_set() {
        return;
    }
    let seconds = token.get("expirationSeconds");
    if seconds.int().is_some_and(|s| !(MIN_TOKEN_SECONDS..=MAX_TOKEN_SECONDS).contains(&s)) {
        found.invalid(&seconds, &format!("{MIN_TOKEN_SECONDS} to {MAX_TOKEN_SECONDS}"));
    }
    // The real name is that of the volume's source.
    let path = token.get("path").named(volume, "path");
    if path.text().is_empty() {
        found.required(&path, "a token needs a path");
    }
    check_local_path(&path, found);
}

fn check_trust<'a>(bundle: &At<'a>, files: &mut Files<'a>, found: &mut Findings) {
    if !bundle.is_set() {
        return;
    }
    let (name, signer) = (bundle.get("name"), bundle.get("signerName"));
    match (name.str(), signer.str()) {
        (Some(_), Some(_)) => found.wrong(bundle, "found name and signerName, expected one of the two"),
        (Some(text), None) => {
            if text.is_empty() {
                found.required(&name, "expected the name of a ClusterTrustBundle");
            }
            let last = text.rsplit_once(':').map_or(text, |(_, last)| last);
            if !is_dns_subdomain(last) {
                found.invalid(&name, DNS_SUBDOMAIN);
            }
            let selector = bundle.get("labelSelector");
            if selector.is_set() {
                found.wrong(&selector, "excludes name");
            }
        }
        (None, Some(text)) => {
            if text.is_empty() {
                found.required(&signer, "expected the name of a signer");
            }
            check_signer(&signer, found);
            check_selector(&bundle.get("labelSelector"), found);
        }
        (None, None) => found.required(bundle, "expected name or signerName"),
    }
    let path = bundle.get("path");
    if path.text().is_empty() {
        found.required(&path, "expected the path of the file");
    }
    check_local_path(&path, found);
    files.add(&path, found);
}

fn check_signer(signer: &At, found: &mut Findings) {
    let text = signer.text();
    if text.is_empty() {
        return found.required(signer, "expected the name of a signer");
    }
    let good = text.split_once('/').is_some_and(|(domain, path)| {
        !path.contains('/')
            && domain.contains('.')
            && domain.split('.').all(is_dns_label)
            && path.split('.').all(is_dns_subdomain)
    });
    if !good {
        found.invalid(signer, "a domain and a name such as example.com/signer");
    }
}

fn check_certificate<'a>(certificate: &At<'a>, files: &mut Files<'a>, found: &mut Findings) {
    if !certificate.is_set() {
        return;
    }
    let (signer, kind) = (certificate.get("signerName"), certificate.get("keyType"));
    check_signer(&signer, found);
    let annotations = certificate.get("userAnnotations");
    for (key, value) in annotations.members() {
        let value = value.named_as(&annotations);
        if key.is_empty() {
            found.required(&value, "an annotation needs a key");
        } else if !is_qualified_name(&key.to_lowercase()) || !key.contains('/') {
            found.wrong(&value, &format!("found the key {key:?}, expected DOMAIN/NAME"));
        }
    }
    if !KEY_TYPES.contains(&kind.text()) {
        found.not_supported(&kind, &KEY_TYPES);
    }
    let domain = signer.text().split_once('/').map_or("", |(domain, _)| domain);
    let own = domain == "kubernetes.io" || domain.ends_with(".kubernetes.io");
    let most = if own { MAX_OWN_CERTIFICATE_SECONDS } else { MAX_CERTIFICATE_SECONDS };
    let seconds = certificate.get("maxExpirationSeconds");
    if seconds.int().is_some_and(|s| !(MIN_CERTIFICATE_SECONDS..=most).contains(&s)) {
        found.invalid(&seconds, &format!("{MIN_CERTIFICATE_SECONDS} to {most}"));
    }
    let mut has_path = false;
    for field in ["credentialBundlePath", "keyPath", "certificateChainPath"] {
        let path = certificate.get(field);
        if !path.text().is_empty() {
            has_path = true;
            check_local_path(&path, found);
            files.add(&path, found);
        }
    }
    if !has_path {
        found.required(certificate, "expected credentialBundlePath, keyPath or certificateChainPath");
    }
}
