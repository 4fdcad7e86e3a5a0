//! The last touches to the findings of all documents, when everything is known.
//!
//! Misplaced fields get their way out; repairs are fitted to what really stands in the text (quotes); a template that
//! nobody rendered says so once. Findings are then in the order of the texts.

use std::collections::BTreeMap;

use super::diagnostic::Diagnostic;
use super::source::{Sources, Span};

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
    for diagnostic in diagnostics.iter_mut() {
        let places = diagnostic.span.iter_mut().chain(diagnostic.related.iter_mut().map(|(span, _)| span));
        places
            .chain(diagnostic.fix.iter_mut().map(|edit| &mut edit.span))
            .for_each(|span| fit(sources, span));
        suggest_home(diagnostic);
        fit_fix(sources, diagnostic);
    }
    unrendered(sources, diagnostics);
    diagnostics.sort_by_key(|d| d.span.map_or((u32::MAX, 0), |span| (span.file, span.start)));
    diagnostics.dedup();
}

/// A place holds whole characters of its text: the YAML reader counts the byte at which it stopped.
fn fit(sources: &Sources, span: &mut Span) {
    let text = &sources.file(span.file).text;
    let end = text.ceil_char_boundary((span.end as usize).min(text.len()));
    let start = text.floor_char_boundary((span.start as usize).min(end));
    *span = Span { start: start as u32, end: end as u32, ..*span };
}

fn slice(sources: &Sources, span: Span) -> &str {
    sources.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or_default()
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

/// A finding at a place of a template that nobody has rendered is about that, and so is all else that is wrong with
/// its text: one finding remains.
fn unrendered(sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
    let mut templates: BTreeMap<u32, Span> = BTreeMap::new();
    for diagnostic in diagnostics.iter().filter(|d| d.is_error()) {
        if let Some(span) = diagnostic.span
            && (diagnostic.code == "template-not-rendered" || slice(sources, span).contains("{{"))
        {
            let first = templates.entry(span.file).or_insert(span);
            *first = (*first).min(span);
        }
    }
    diagnostics.retain(|d| !d.is_error() || !d.span.is_some_and(|span| templates.contains_key(&span.file)));
    diagnostics.extend(templates.into_values().map(|span| not_rendered(sources, span)));
}

/// A template where a manifest belongs.
pub(super) fn not_rendered(sources: &Sources, span: Span) -> Diagnostic {
    let name = &sources.file(span.file).name;
    let message = format!("{name} is a template that has not been rendered: found `{{{{`, expected YAML");
    Diagnostic::error("template-not-rendered", message)
        .at(span)
        .help("render it first, for example: helm template . | jobsim check -")
}
