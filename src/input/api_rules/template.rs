//! The pod template around its spec: labels, annotations, and the security profiles that annotations named before
//! fields did (pkg/apis/core/validation: ValidatePodTemplateSpec).
//!
//! Relies on [`super::pod`] for the spec.

use super::Privileged;
use super::findings::Findings;
use super::labels::check_annotations;
use super::metadata::{Identity, check_pod_labels};
use super::place::At;
use super::pod::{Pod, check_pod};

const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
const LOCALHOST: &str = "localhost/";
const MIRROR: &str = "kubernetes.io/config.mirror";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

pub(super) fn check_template(
    template: &At,
    identity: &Identity,
    privileged: Privileged,
    found: &mut Findings,
) {
    let metadata = template.get("metadata");
    // The API server leaves out `metadata` in these names.
    check_pod_labels(identity, &metadata.get("labels").named(template, "labels"), found);
    let annotations = metadata.get("annotations").named(template, "annotations");
    check_annotations(&annotations, found);
    let pod = Pod::of(template.get("spec"), privileged);
    check_annotations_of_pods(&annotations, &pod, found);
    check_pod(&pod, found);
    check_profiles(&annotations, &pod, found);
    let ephemeral = pod.spec.get("ephemeralContainers");
    if ephemeral.count() > 0 {
        found.forbidden(
            &ephemeral,
            "a pod template has no ephemeral containers: they are added to running pods",
        );
    }
}

fn check_annotations_of_pods(annotations: &At, pod: &Pod, found: &mut Findings) {
    for (key, value) in annotations.members() {
        let text = value.text();
        match key {
            MIRROR if pod.spec.get("nodeName").text().is_empty() => {
                found.wrong(&value, "a mirror pod needs nodeName");
            }
            DELETION_COST if !is_deletion_cost(text) => found.invalid(&value, "a whole number of 32 bits"),
            SECCOMP_POD => check_seccomp(&annotations.child_named(&value, SECCOMP_POD), text, found),
            _ if key.starts_with(SECCOMP_CONTAINER) => {
                check_seccomp(&annotations.child_named(&value, key), text, found);
            }
            _ => {}
        }
        if let Some(name) = key.strip_prefix(APP_ARMOR) {
            if !pod.containers().any(|(_, container)| container.get("name").text() == name) {
                found.wrong(&value, &format!("{name:?} is no container of the template"));
            }
            if !matches!(text, "" | "runtime/default" | "unconfined") && !text.starts_with(LOCALHOST) {
                found.invalid(&value, "runtime/default, unconfined or localhost/PROFILE");
            }
        }
    }
}

fn is_deletion_cost(text: &str) -> bool {
    let good_start = text == "0" || text.starts_with(|c: char| c == '-' || ('1'..='9').contains(&c));
    good_start && text.parse::<i32>().is_ok()
}

fn check_seccomp(annotation: &At, profile: &str, found: &mut Findings) {
    match profile.strip_prefix(LOCALHOST) {
        Some(path) if path.starts_with('/') || path.split('/').any(|part| part == "..") => {
            found.invalid(annotation, "a relative path without '..' after localhost/");
        }
        Some(_) => {}
        None if matches!(profile, "runtime/default" | "docker/default" | "unconfined") => {}
        None => found.invalid(annotation, "runtime/default, unconfined or localhost/PROFILE"),
    }
}

/// Where an annotation and a field both name a profile they must name the same.
fn check_profiles(annotations: &At, pod: &Pod, found: &mut Findings) {
    let value = |key: &str| annotations.entries().find(|e| e.key == key).and_then(|e| e.value.as_str());
    let pod_context = pod.spec.get("securityContext");
    let pod_seccomp = pod_context.get("seccompProfile");
    if let Some(annotation) = value(SECCOMP_POD) {
        check_match(&pod_seccomp, annotation, &["runtime/default", "docker/default"], found);
    }
    for (_, container) in pod.containers() {
        let (name, context) = (container.get("name").text(), container.get("securityContext"));
        if let Some(annotation) = value(&format!("{SECCOMP_CONTAINER}{name}")) {
            check_match(
                &context.get("seccompProfile"),
                annotation,
                &["runtime/default", "docker/default"],
                found,
            );
        }
        let own = context.get("appArmorProfile");
        // The error stands at the container, even where the profile is the pod's.
        let profile = if own.is_set() { own } else { pod_context.get("appArmorProfile").named_as(&own) };
        if let Some(annotation) = value(&format!("{APP_ARMOR}{name}"))
            && pod.os != Some("windows")
        {
            check_match(&profile, annotation, &["runtime/default"], found);
        }
    }
}

fn check_match(profile: &At, annotation: &str, default_names: &[&str], found: &mut Findings) {
    let kind = profile.get("type");
    let path = profile.get("localhostProfile");
    let same = match kind.text() {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => default_names.contains(&annotation),
        "Localhost" => match annotation.strip_prefix(LOCALHOST) {
            Some(annotated) if path.str() != Some(annotated) => {
                found.forbidden(&path, &format!("the annotation names another profile: {annotated:?}"));
                true
            }
            named => named.is_some(),
        },
        _ => true,
    };
    if !same {
        found.forbidden(&kind, &format!("the annotation says another type: {annotation:?}"));
    }
}
