//! The axes of `--vary` beside the input: which field each one is, and which fields can be none.

use crate::experiment::grid::Grid;
use crate::input::node::Node;
use crate::input::{Loaded, Parsed};

/// What all settings have in common, and the option that says it; `replications`: that of this command.
///
/// # Errors
/// When two axes are the same field, or one is no field of a setting.
pub(super) fn refuse(grid: &Grid, parsed: &Parsed, replications: &str) -> Result<(), String> {
    let fields: Vec<Option<String>> = grid.axes.iter().map(|axis| parsed.field(&axis.path)).collect();
    for (at, (axis, field)) in grid.axes.iter().zip(&fields).enumerate() {
        let Some(field) = field else { continue };
        if let Some(before) = fields[..at].iter().position(|other| other.as_ref() == Some(field)) {
            return Err(format!(
                "--vary: {} and {} are the same field; give all of its values to one axis",
                grid.axes[before].path, axis.path
            ));
        }
        let is =
            |name: &str| field == name || field.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        let option = match () {
            () if is("simulation.seed") => "all settings have the same luck: say --seed N".to_string(),
            () if is("simulation.replications") => {
                format!("it is how often each setting is simulated, not a part of it: say {replications}")
            }
            () => continue,
        };
        return Err(format!("--vary {}: {option}", axis.path));
    }
    Ok(())
}

/// What can be varied, for messages.
pub(super) fn what_there_is(base: &Loaded) -> String {
    let names: Vec<&str> = base.scenario.jobs.iter().map(|job| job.name.as_str()).collect();
    let prefix = if names.len() > 1 { format!("{}:", names[0]) } else { String::new() };
    let document = |name: &str, node: Option<&Node>| -> Vec<String> {
        let entries = node.and_then(|node| node.get("spec")).map(|spec| spec.entries()).unwrap_or_default();
        entries.iter().map(|entry| format!("{name}.{}", entry.key)).collect()
    };
    let mut fields: Vec<String> =
        ["parallelism", "completions", "backoff-limit", "active-deadline"].map(String::from).to_vec();
    fields.extend(document("spec", base.jobs.first().map(|job| &job.manifest)));
    let mut fields: Vec<String> = fields.iter().map(|field| format!("{prefix}{field}")).collect();
    fields.extend(document("simulation", base.simulation.as_ref()));
    let others = ["simulation.workload", "simulation.seed", "simulation.replications"];
    fields.retain(|field| !field.ends_with("spec.template") && !others.contains(&field.as_str()));
    let same = match names.get(1..) {
        Some(rest) if !rest.is_empty() => format!(" (and the same of {})", rest.join(", ")),
        _ => String::new(),
    };
    format!(
        "the input has: {}, fields of {prefix}spec.template.…{same} and of simulation.workload.…, and whatever else \
         --set takes",
        fields.join(", ")
    )
}
