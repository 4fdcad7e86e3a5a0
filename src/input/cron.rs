//! What a CronJob says beside its jobTemplate: its schedule, read and kept, and the rules for it.
//!
//! Follows the parser that Kubernetes uses (robfig/cron, standard five fields and `@` names) and the API server's
//! rules (pkg/apis/batch/validation, ValidateCronJobSpec). It computes no instants.

use super::diagnostic::Diagnostic;
use super::node::{Node, NodeKind, quoted};
use super::reader::{did_you_mean, listed};

const FIELDS: [&str; 8] = [
    "schedule",
    "timeZone",
    "startingDeadlineSeconds",
    "concurrencyPolicy",
    "suspend",
    "jobTemplate",
    "successfulJobsHistoryLimit",
    "failedJobsHistoryLimit",
];
const POLICIES: [&str; 3] = ["Allow", "Forbid", "Replace"];
/// A Job of a CronJob is called after it and the minute, which takes 11 characters.
const MAX_NAME: usize = 52;
const MACROS: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Checks a CronJob apart from its jobTemplate's spec; its schedule as words, such as `0 3 * * * Europe/Berlin`.
pub(super) fn check(cron: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let mut wrong = |code, node: &Node, message: String| {
        diagnostics.push(Diagnostic::error(code, message).at(node.span));
    };
    if let Some(name) = cron.get("metadata").and_then(|m| m.get("name"))
        && let Some(text) = name.as_str()
        && text.len() > MAX_NAME
    {
        let message = format!(
            "metadata.name: found {} characters, expected at most {MAX_NAME} for a CronJob (its Jobs get a suffix)",
            text.len()
        );
        wrong("invalid-value", name, message);
    }
    let spec = cron.get("spec").filter(|spec| matches!(spec.kind, NodeKind::Map(_)));
    let Some(spec) = spec else {
        wrong("missing-field", cron.get("spec").unwrap_or(cron), "spec of a CronJob is missing".to_string());
        return None;
    };
    for key in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        match spec.get(key).filter(|node| !node.is_null()) {
            Some(node) if node.as_int().is_none() => {
                wrong(
                    "wrong-type",
                    node,
                    format!("spec.{key}: found {}, expected a whole number", node.describe()),
                );
            }
            Some(node) if node.as_int() < Some(0) => {
                wrong(
                    "invalid-value",
                    node,
                    format!("spec.{key}: found {}, expected 0 or more", node.as_int().unwrap_or(0)),
                );
            }
            _ => {}
        }
    }
    let schedule = match spec.get("schedule") {
        None => {
            wrong(
                "missing-field",
                spec,
                "spec.schedule is missing, expected it such as \"0 3 * * *\"".to_string(),
            );
            None
        }
        Some(node) => match node.as_str() {
            None => {
                let message = format!("spec.schedule: found {}, expected text", node.describe());
                wrong("wrong-type", node, message);
                None
            }
            Some(text) => match schedule(text) {
                Ok(()) => Some(text),
                Err(message) => {
                    wrong("invalid-value", node, format!("spec.schedule: {message}"));
                    None
                }
            },
        },
    };
    for entry in spec.entries().iter().filter(|entry| !FIELDS.contains(&entry.key.as_str())) {
        let message = format!("unknown field `{}` in spec", entry.key);
        let diagnostic = Diagnostic::error("unknown-field", message).at(entry.key_span);
        let absent: Vec<&str> = FIELDS.into_iter().filter(|name| spec.get(name).is_none()).collect();
        diagnostics.push(did_you_mean(diagnostic, &entry.key, entry.key_span, &absent));
    }
    if let Some(node) = spec.get("concurrencyPolicy").filter(|node| !node.is_null())
        && !node.as_str().is_some_and(|text| POLICIES.contains(&text))
    {
        let message =
            format!("spec.concurrencyPolicy: found {}, expected {}", node.describe(), listed(&POLICIES));
        let diagnostic = Diagnostic::error("invalid-value", message).at(node.span);
        diagnostics.push(did_you_mean(diagnostic, node.as_str().unwrap_or_default(), node.span, &POLICIES));
    }
    let zone = spec.get("timeZone").and_then(Node::as_str);
    schedule.map(|schedule| zone.map_or(schedule.to_string(), |zone| format!("{schedule} {zone}")))
}

/// Whether a schedule can be read.
fn schedule(text: &str) -> Result<(), String> {
    if text.contains("TZ=") {
        return Err(format!("found {}, expected the time zone in spec.timeZone", quoted(text)));
    }
    if let Some(every) = text.strip_prefix("@every ") {
        let good = super::duration::seconds(every).is_ok_and(f64::is_finite);
        return good
            .then_some(())
            .ok_or_else(|| format!("found {}, expected @every and a duration", quoted(text)));
    }
    if text.starts_with('@') {
        let known = MACROS.contains(&text);
        return known
            .then_some(())
            .ok_or_else(|| format!("found {}, expected {}", quoted(text), listed(&MACROS)));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != 5 {
        return Err(format!(
            "found {} fields, expected five: minute, hour, day of month, month, day of week",
            fields.len()
        ));
    }
    let limits = [
        ("minute", 0, 59),
        ("hour", 0, 23),
        ("day of month", 1, 31),
        ("month", 1, 12),
        ("day of week", 0, 6),
    ];
    for ((name, least, most), field) in limits.into_iter().zip(fields) {
        let names: &[&str] = match name {
            "month" => &MONTHS,
            "day of week" => &DAYS,
            _ => &[],
        };
        if !field.split(',').all(|part| part_is_good(part, least, most, names)) {
            return Err(format!(
                "found {} as {name}, expected {least} to {most}, a range, a list, * or a step such as */5",
                quoted(field)
            ));
        }
    }
    Ok(())
}

/// `*`, `?`, `5`, `1-5`, each with an optional `/step`.
fn part_is_good(part: &str, least: u32, most: u32, names: &[&str]) -> bool {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|step| step > 0)) {
        return false;
    }
    if matches!(range, "*" | "?") {
        return true;
    }
    let number = |text: &str| {
        let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = named.map(|at| at as u32 + least).or_else(|| text.parse().ok())?;
        (least..=most).contains(&value).then_some(value)
    };
    match range.split_once('-') {
        Some((first, last)) => {
            number(first).is_some_and(|first| number(last).is_some_and(|last| first <= last))
        }
        None => number(range).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::schedule;

    #[test]
    fn schedules() {
        for good in
            ["0 3 * * *", "*/5 * * * *", "0 0 1,15 JAN-mar mon-5", "@hourly", "@every 90m", "0-30/10 ? * * *"]
        {
            assert_eq!(schedule(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "0 0 * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "*/0 * * * *",
            "5-1 * * * *",
            "@often",
            "@every never",
            "TZ=UTC 0 0 * * *",
            "a * * * *",
        ] {
            assert!(schedule(bad).is_err(), "{bad}");
        }
    }
}
