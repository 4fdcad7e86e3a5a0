//! The last touches to the findings of all documents, when everything is known.
//!
//! Findings that only follow from another one go; misspelt values and misplaced fields get their way out; repairs
//! are fitted to what really stands in the text (quotes). Findings are then in the order of the texts.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::Diagnostic;
use super::reader::did_you_mean;
use super::source::{Sources, Span};

/// Values of fields of a manifest that take one of a few names.
const NAMES: [(&str, &[&str]); 8] = [
    ("completionMode", &["NonIndexed", "Indexed"]),
    ("restartPolicy", &["Never", "OnFailure"]),
    ("podReplacementPolicy", &["TerminatingOrFailed", "Failed"]),
    ("action", &["FailJob", "FailIndex", "Ignore", "Count"]),
    ("operator", &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
    ("status", &["True", "False", "Unknown"]),
    ("imagePullPolicy", &["Always", "IfNotPresent", "Never"]),
    ("dnsPolicy", &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]),
];

/// Where a field belongs that people put elsewhere.
const HOMES: [(&str, &[&str]); 4] = [
    (
        "spec of the Job",
        &[
            "activeDeadlineSeconds",
            "backoffLimit",
            "backoffLimitPerIndex",
            "completionMode",
            "completions",
            "manualSelector",
            "maxFailedIndexes",
            "parallelism",
            "podFailurePolicy",
            "podReplacementPolicy",
            "successPolicy",
            "suspend",
            "ttlSecondsAfterFinished",
        ],
    ),
    (
        "spec.template.spec",
        &[
            "affinity",
            "containers",
            "imagePullSecrets",
            "initContainers",
            "nodeSelector",
            "priorityClassName",
            "restartPolicy",
            "securityContext",
            "serviceAccountName",
            "terminationGracePeriodSeconds",
            "tolerations",
            "volumes",
        ],
    ),
    (
        "spec.template.spec.containers[]",
        &[
            "args",
            "command",
            "env",
            "envFrom",
            "image",
            "imagePullPolicy",
            "lifecycle",
            "livenessProbe",
            "resources",
            "startupProbe",
            "volumeMounts",
        ],
    ),
    (
        "spec of a CronJob",
        &[
            "concurrencyPolicy",
            "schedule",
            "startingDeadlineSeconds",
            "successfulJobsHistoryLimit",
            "timeZone",
        ],
    ),
];

/// Most findings that are kept: nobody reads more.
const MAX_FINDINGS: usize = 10_000;

/// Touches up all findings.
pub(super) fn finish(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.truncate(MAX_FINDINGS);
    drop_consequences(diagnostics);
    follow_corrected_names(diagnostics);
    for diagnostic in diagnostics.iter_mut() {
        suggest_name(sources, diagnostic);
        suggest_home(diagnostic);
        fit_fix(sources, diagnostic);
    }
    unrendered(sources, diagnostics);
    diagnostics.sort_by_key(|d| d.span.map_or((u32::MAX, 0), |span| (span.file, span.start)));
    diagnostics.dedup();
}

/// A value of a wrong type is not also a missing or an invalid one.
fn drop_consequences(diagnostics: &mut Vec<Diagnostic>) {
    let wrong: BTreeSet<Span> =
        diagnostics.iter().filter(|d| d.code == "wrong-type").filter_map(|d| d.span).collect();
    diagnostics.retain(|d| {
        d.code == "wrong-type" || !d.is_error() || !d.span.is_some_and(|span| wrong.contains(&span))
    });
}

/// What is wrong with the value of a misspelt field is shown at that field, and not at what is above it.
fn follow_corrected_names(diagnostics: &mut [Diagnostic]) {
    let corrected: BTreeMap<String, Span> = diagnostics
        .iter()
        .filter(|d| d.code == "unknown-field")
        .filter_map(|d| {
            let (_, place) = d.message.split_once("` in ")?;
            let place = place.split(", expected").next()?;
            Some((format!("{place}.{}", d.fix.first()?.text), d.span?))
        })
        .collect();
    if corrected.is_empty() {
        return;
    }
    for diagnostic in diagnostics.iter_mut().filter(|d| d.code != "unknown-field") {
        let path = diagnostic.message.split(':').next().unwrap_or_default();
        let ends = path.match_indices(['.', '[']).map(|(at, _)| at).chain([path.len()]);
        let found = ends.filter_map(|end| corrected.get(&path[..end])).next();
        diagnostic.span = found.copied().or(diagnostic.span);
    }
}

fn slice(sources: &Sources, span: Span) -> &str {
    sources.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// `spec.x.field: found "…"`: the name that is nearest.
fn suggest_name(sources: &Sources, diagnostic: &mut Diagnostic) {
    let (Some(span), "invalid-value", true) = (diagnostic.span, diagnostic.code, diagnostic.fix.is_empty())
    else {
        return;
    };
    let path = diagnostic.message.split(':').next().unwrap_or_default();
    let field = path.rsplit('.').next().unwrap_or_default();
    let Some((_, names)) = NAMES.iter().find(|(name, _)| *name == field) else { return };
    let found = slice(sources, span).trim_matches(['"', '\'']);
    if names.contains(&found) {
        return;
    }
    let touched = did_you_mean(diagnostic.clone(), found, span, names);
    if !touched.fix.is_empty() {
        *diagnostic = touched;
    }
}

fn suggest_home(diagnostic: &mut Diagnostic) {
    if diagnostic.code != "unknown-field" || diagnostic.help.is_some() {
        return;
    }
    let Some(field) = diagnostic.message.split('`').nth(1) else { return };
    if field == "replicas" {
        diagnostic.help = Some("a Job has parallelism (at a time) and completions (in all)".to_string());
        return;
    }
    let home = HOMES.iter().find(|(_, fields)| fields.contains(&field));
    if let Some((home, _)) = home {
        diagnostic.help = Some(format!("`{field}` belongs in {home}"));
    }
}

/// Keeps the quotes of what is replaced, and takes quotes away only where they are.
fn fit_fix(sources: &Sources, diagnostic: &mut Diagnostic) {
    let mut fits = true;
    for edit in &mut diagnostic.fix {
        let old = slice(sources, edit.span);
        let quote = old.chars().next().filter(|c| matches!(c, '"' | '\''));
        match (quote, edit.text.is_empty()) {
            (Some(quote), false) => edit.text = format!("{quote}{}{quote}", edit.text),
            (None, true) => fits = false,
            _ => {}
        }
        // A place that is longer than a line is not what a repair was made for.
        fits &= !old.contains('\n') && !sources.file(edit.span.file).name.starts_with("--set");
    }
    if !fits {
        diagnostic.fix.clear();
    }
}

/// A finding at a place of a template that nobody has rendered is about that; one for each text.
fn unrendered(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let mut told: BTreeSet<u32> = BTreeSet::new();
    diagnostics.retain_mut(|diagnostic| {
        let Some(span) = diagnostic.span.filter(|_| diagnostic.is_error()) else { return true };
        if diagnostic.code != "template-not-rendered" {
            if !slice(sources, span).contains("{{") {
                return true;
            }
            *diagnostic = not_rendered(sources, span);
        }
        told.insert(span.file)
    });
}

/// A template where a manifest belongs.
pub(super) fn not_rendered(sources: &Sources, span: Span) -> Diagnostic {
    let name = &sources.file(span.file).name;
    let message = format!("{name} is a template that has not been rendered: found `{{{{`, expected YAML");
    Diagnostic::error("template-not-rendered", message)
        .at(span)
        .help("render it first, for example: helm template . | jobsim check -")
}
