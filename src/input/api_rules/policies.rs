//! podFailurePolicy and successPolicy (pkg/apis/batch/validation).
//!
//! Relies on [`super::super::indexes`] for lists of indexes. It does not make the model's rules.

use std::collections::BTreeSet;

use super::super::indexes;
use super::findings::Findings;
use super::job::{check_not_negative, completions};
use super::names::{QUALIFIED_NAME, is_qualified_name};
use super::place::At;

const MAX_FAILURE_RULES: usize = 20;
const MAX_EXIT_CODES: usize = 255;
const MAX_PATTERNS: usize = 20;
const MAX_SUCCESS_RULES: usize = 20;
const MAX_INDEXES_BYTES: usize = 64 << 10;

pub(super) fn check_failure_policy(spec: &At, found: &mut Findings) {
    let rules = spec.get("podFailurePolicy").get("rules");
    if rules.count() > MAX_FAILURE_RULES {
        found.too_many(&rules, "rules", MAX_FAILURE_RULES);
    }
    let pod = spec.get("template").get("spec");
    let names: BTreeSet<&str> = [pod.get("containers"), pod.get("initContainers")]
        .iter()
        .flat_map(At::items)
        .map(|container| container.get("name").text())
        .collect();
    for rule in rules.items() {
        let action = rule.get("action");
        match action.text() {
            "" => found.required(&action, "a rule needs an action"),
            "FailIndex" if !spec.get("backoffLimitPerIndex").is_set() => {
                found.wrong(&action, "FailIndex needs backoffLimitPerIndex");
            }
            "FailJob" | "FailIndex" | "Ignore" | "Count" => {}
            _ => found.not_supported(&action, &["FailJob", "FailIndex", "Ignore", "Count"]),
        }
        let (codes, patterns) = (rule.get("onExitCodes"), rule.get("onPodConditions"));
        if codes.is_set() {
            check_exit_codes(&codes, &names, found);
        }
        check_patterns(&patterns, found);
        // An empty list of patterns is none.
        if codes.is_set() == (patterns.count() > 0) {
            found.wrong(&rule, "expected exactly one of onExitCodes and onPodConditions");
        }
    }
}

fn check_exit_codes(codes: &At, names: &BTreeSet<&str>, found: &mut Findings) {
    let (operator, values) = (codes.get("operator"), codes.get("values"));
    match operator.text() {
        "In" | "NotIn" => {}
        "" => found.required(&operator, "expected In or NotIn"),
        _ => found.not_supported(&operator, &["In", "NotIn"]),
    }
    let container = codes.get("containerName");
    if container.str().is_some_and(|name| !names.contains(name)) {
        let message = format!("found {}, which is no container of the template", container.found());
        found.wrong(&container, &message);
    }
    if values.count() == 0 {
        found.wrong(&values, &format!("found 0 values, expected 1 to {MAX_EXIT_CODES}"));
    } else if values.count() > MAX_EXIT_CODES {
        found.too_many(&values, "values", MAX_EXIT_CODES);
    }
    let mut seen = BTreeSet::new();
    let mut before: Option<i64> = None;
    let mut ordered = true;
    for value in values.items() {
        let code = value.int().unwrap_or(0);
        if code == 0 && operator.text() == "In" {
            found.wrong(&value, "0 is success and must not stand with In");
        }
        if !seen.insert(code) {
            found.duplicate(&value, "exit code");
        }
        if let Some(before) = before.replace(code)
            && before > code
            && ordered
        {
            ordered = false;
            let message = format!("found {code} after {before}, expected ascending values");
            found.wrong(&value.clone().named_as(&values), &message);
        }
    }
}

fn check_patterns(patterns: &At, found: &mut Findings) {
    if patterns.count() > MAX_PATTERNS {
        found.too_many(patterns, "patterns", MAX_PATTERNS);
    }
    for pattern in patterns.items() {
        let (kind, status) = (pattern.get("type"), pattern.get("status"));
        if !is_qualified_name(kind.text()) {
            found.invalid(&kind, &format!("the type of a condition: {QUALIFIED_NAME}"));
        }
        if !matches!(status.text(), "" | "True" | "False" | "Unknown") {
            found.not_supported(&status, &["True", "False", "Unknown"]);
        }
    }
}

pub(super) fn check_success_policy(spec: &At, found: &mut Findings) {
    let policy = spec.get("successPolicy");
    if !policy.is_set() {
        return;
    }
    if spec.get("completionMode").str() != Some("Indexed") {
        found.wrong(&policy, "needs completionMode: Indexed");
        return;
    }
    let rules = policy.get("rules");
    if rules.count() == 0 {
        found.required(&rules, &format!("found no rule, expected 1 to {MAX_SUCCESS_RULES}"));
    } else if rules.count() > MAX_SUCCESS_RULES {
        found.too_many(&rules, "rules", MAX_SUCCESS_RULES);
    }
    for rule in rules.items() {
        check_success_rule(&rule, completions(spec), found);
    }
}

/// Without `completions` the real validator crashes and the answer is 500; here the missing field is an error of
/// its own, and what depends on it is not judged.
fn check_success_rule(rule: &At, completions: Option<i64>, found: &mut Findings) {
    let (indexes, count) = (rule.get("succeededIndexes"), rule.get("succeededCount"));
    if !indexes.is_set() && !count.is_set() {
        found.required(rule, "a rule needs succeededIndexes or succeededCount or both");
    }
    let mut listed = None;
    if let Some(text) = indexes.str() {
        if text.len() > MAX_INDEXES_BYTES {
            found.too_long(&indexes, MAX_INDEXES_BYTES);
        }
        let below = completions.map(|n| u32::try_from(n).unwrap_or(0));
        match below.map(|below| indexes::parse(text, below)) {
            Some(Ok(intervals)) => listed = Some(indexes::count(&intervals)),
            Some(Err(message)) => {
                found.wrong(&indexes, &message);
                listed = Some(0);
            }
            None => {}
        }
    }
    check_not_negative(&count, found);
    let Some(number) = count.int() else { return };
    if let Some(completions) = completions.filter(|completions| number > *completions) {
        found.invalid(&count, &format!("at most completions ({completions})"));
    } else if let Some(listed) = listed.filter(|listed| number > *listed as i64) {
        found.invalid(&count, &format!("at most the number of listed indexes ({listed})"));
    }
}
