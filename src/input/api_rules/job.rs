//! The Job's own fields: numbers, completion mode, restart policy (pkg/apis/batch/validation: validateJobSpec).
//!
//! Relies on [`super::policies`] for the two policies. The pod template is elsewhere.

use super::findings::Findings;
use super::metadata::Identity;
use super::names::{DNS_SUBDOMAIN, is_dns_label, is_dns_subdomain, is_http_path};
use super::place::At;
use super::policies::{check_failure_policy, check_success_policy};

const MAX_PARALLELISM_INDEXED: i64 = 100_000;
const MAX_FAILED_INDEXES: i64 = 100_000;
const COMPLETIONS_SOFT_LIMIT: i64 = 100_000;
const LIMIT_FOR_HIGH_COMPLETIONS: i64 = 10_000;
const MAX_MANAGED_BY: usize = 63;

pub(super) fn check_job(job: &At, identity: &Identity, found: &mut Findings) {
    let spec = job.get("spec");
    for field in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        check_not_negative(&spec.get(field), found);
    }
    if spec.get("maxFailedIndexes").is_set() && !spec.get("backoffLimitPerIndex").is_set() {
        found.required(&spec.get("backoffLimitPerIndex"), "maxFailedIndexes needs backoffLimitPerIndex");
    }
    check_managed_by(&spec.get("managedBy"), found);
    let mode = spec.get("completionMode");
    match mode.str() {
        Some("Indexed") => check_indexed(job, identity, found),
        None | Some("NonIndexed") => {
            for field in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                if spec.get(field).is_set() {
                    found.wrong(&spec.get(field), "needs completionMode: Indexed");
                }
            }
        }
        Some(_) => found.not_supported(&mode, &["NonIndexed", "Indexed"]),
    }
    check_failure_policy(&spec, found);
    check_success_policy(&spec, found);
    check_replacement(&spec, found);
    check_restart_policy(&spec, found);
}

/// A number that may be absent but not below zero.
pub(super) fn check_not_negative(number: &At, found: &mut Findings) {
    if number.int().is_some_and(|n| n < 0) {
        found.invalid(number, "0 or more");
    }
}

/// `completions` with its default, which is 1 when `parallelism` is unset as well, in either mode.
pub(super) fn completions(spec: &At) -> Option<i64> {
    let given = spec.get("completions");
    given.int().or(if spec.get("parallelism").is_set() || given.is_set() { None } else { Some(1) })
}

fn check_managed_by(by: &At, found: &mut Findings) {
    const FORM: &str = "a domain and a path such as example.com/controller";
    let Some(text) = by.str() else { return };
    if text.is_empty() {
        found.required(by, "found nothing, expected a domain and a path such as example.com/controller");
    }
    let good =
        text.split_once('/').is_some_and(|(domain, path)| is_dns_subdomain(domain) && is_http_path(path));
    if !good && !text.is_empty() {
        found.invalid(by, FORM);
    }
    if text.len() > MAX_MANAGED_BY {
        found.too_long(by, MAX_MANAGED_BY);
    }
}

fn check_indexed(job: &At, identity: &Identity, found: &mut Findings) {
    let spec = job.get("spec");
    let (parallelism, most) = (spec.get("parallelism"), spec.get("maxFailedIndexes"));
    let completions = completions(&spec);
    if completions.is_none() {
        found.required(&spec.get("completions"), "an Indexed Job needs completions");
    }
    let width = parallelism.int().unwrap_or(1);
    if width > MAX_PARALLELISM_INDEXED {
        found.invalid(&parallelism, &format!("at most {MAX_PARALLELISM_INDEXED} for an Indexed Job"));
    }
    let failed = most.int();
    match (failed, completions) {
        (Some(failed), Some(completions)) if failed > completions => {
            found.invalid(&most, &format!("at most completions ({completions})"));
        }
        (Some(failed), _) if failed > MAX_FAILED_INDEXES => {
            found.invalid(&most, &format!("at most {MAX_FAILED_INDEXES}"));
        }
        _ => {}
    }
    let Some(completions) = completions else { return };
    if completions > COMPLETIONS_SOFT_LIMIT && spec.get("backoffLimitPerIndex").is_set() {
        let high = format!(
            "at most {LIMIT_FOR_HIGH_COMPLETIONS} with backoffLimitPerIndex and more than {COMPLETIONS_SOFT_LIMIT} completions"
        );
        if !most.is_set() {
            let why = format!(
                "backoffLimitPerIndex with more than {COMPLETIONS_SOFT_LIMIT} completions needs maxFailedIndexes"
            );
            found.required(&most, &why);
        }
        if width > LIMIT_FOR_HIGH_COMPLETIONS {
            found.invalid(&parallelism, &high);
        }
        if failed.is_some_and(|failed| failed > LIMIT_FOR_HIGH_COMPLETIONS) {
            found.invalid(&most, &high);
        }
    }
    let last = format!("{}-{}", identity.name, completions - 1);
    if completions > 0 && !is_dns_label(&last) {
        let message = if is_dns_subdomain(&identity.name) {
            format!(
                "the host name of the last pod would be {last:?}, expected at most 63 characters and no points"
            )
        } else {
            format!("the host name of the last pod would be {last:?}, expected {DNS_SUBDOMAIN}")
        };
        found.wrong(&job.get("metadata").get("name"), &message);
    }
}

fn check_replacement(spec: &At, found: &mut Findings) {
    let policy = spec.get("podReplacementPolicy");
    match policy.str() {
        None | Some("Failed") => {}
        Some(text) if spec.get("podFailurePolicy").is_set() => {
            let message = format!("found {text}, expected Failed with a podFailurePolicy");
            found.not_supported_because(&policy, &message);
        }
        Some("TerminatingOrFailed") => {}
        Some(_) => found.not_supported(&policy, &["TerminatingOrFailed", "Failed"]),
    }
}

fn check_restart_policy(spec: &At, found: &mut Findings) {
    const HELP: &str = "a Job's pods end, so the template must say restartPolicy: Never or OnFailure";
    let policy = spec.get("template").get("spec").get("restartPolicy");
    match policy.text() {
        "Never" => {}
        "OnFailure" if spec.get("podFailurePolicy").is_set() => {
            found.wrong(&policy, "found \"OnFailure\", expected Never: a podFailurePolicy needs it");
        }
        "OnFailure" => {}
        "" => {
            found.required(&policy, "found nothing (which means Always), expected Never or OnFailure");
            found.help(HELP);
        }
        "Always" => {
            found.required_instead(&policy, "Never or OnFailure");
            found.help(HELP);
        }
        _ => {
            found.not_supported(&policy, &["Never", "OnFailure"]);
            found.help(HELP);
        }
    }
}
