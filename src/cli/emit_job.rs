//! `sweep --emit-job`: the same sweep as an Indexed Job, one shard an index, with its input in a ConfigMap.
//!
//! How long it takes on the cluster is not known here, and what is printed does not depend on this machine: the deadline is
//! an option.

use std::fmt::Write;

use super::run::stop_rule;
use super::shard::Shard;
use super::sweep::{Args, NO_SHARDS};
use crate::experiment::grid::Grid;
use crate::experiment::stop_rule::StopRule;
use crate::input::difference::text_value;
use crate::input::duration::seconds;
use crate::input::{Loaded, parse_texts};

/// Shards, when nobody says how many.
const SHARDS: usize = 10;
/// Completions that an Indexed Job can have.
const MOST_SHARDS: usize = 100_000;
/// A ConfigMap holds at most 1 MiB.
const MOST_INPUT_BYTES: usize = 900 << 10;

/// The manifests: a ConfigMap and a Job.
///
/// # Errors
/// A text when the sweep cannot be a Job.
pub(super) fn manifest(args: &Args, grid: &Grid, base: &Loaded) -> Result<String, String> {
    if !matches!(stop_rule(args.replications.as_deref(), &base.replications)?, StopRule::Fixed(_)) {
        return Err(format!("--emit-job: {NO_SHARDS}"));
    }
    let shards = match &args.shard {
        Some(text) => Shard::parse(text, Some("0"))?.of,
        None => SHARDS.min(grid.len() as usize),
    };
    if shards > MOST_SHARDS {
        return Err(format!(
            "--emit-job: found {shards} shards, expected {MOST_SHARDS} at most: an Indexed Job has no more completions"
        ));
    }
    if args.image.trim().is_empty() {
        return Err("--image: found nothing, expected the name of a container image".to_string());
    }
    let deadline_s = match seconds(&args.deadline) {
        Ok(s) if s >= 1.0 && s.fract() == 0.0 && s <= f64::from(i32::MAX) => s,
        Ok(_) => return Err(format!("--deadline {}: expected whole seconds, such as 24h", args.deadline)),
        Err(message) => return Err(format!("--deadline {}: {message}", args.deadline)),
    };
    let files: Vec<_> = base.sources.files().iter().filter(|file| !file.name.starts_with("--set ")).collect();
    if files.iter().map(|file| file.text.len()).sum::<usize>() > MOST_INPUT_BYTES {
        return Err("--emit-job: the input is larger than a ConfigMap may be (1 MiB)".to_string());
    }
    let mut text = String::from("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: jobsim-sweep\ndata:\n");
    for (number, file) in files.iter().enumerate() {
        let end = if file.name.ends_with(".json") { "json" } else { "yaml" };
        // As one quoted line: whatever the text holds, it comes out as it was.
        let _ = writeln!(text, "  input-{number:03}.{end}: {}", serde_json::Value::from(file.text.as_str()));
    }
    let mut arguments = vec!["sweep".to_string(), "/input".to_string()];
    let mut option = |name: &str, value: String| arguments.extend([name.to_string(), value]);
    args.vary.iter().for_each(|axis| option("--vary", axis.clone()));
    args.common.sets().into_iter().for_each(|set| option("--set", set));
    args.subject_to.iter().for_each(|constraint| option("--subject-to", constraint.clone()));
    if let Some(count) = &args.replications {
        option("--replications", count.clone());
    }
    if let Some(seed) = args.common.seed {
        option("--seed", seed.to_string());
    }
    option("--shard", format!("/{shards}"));
    option("--save", "/results/shard-$(JOB_COMPLETION_INDEX)".to_string());
    arguments.push("--yes".to_string());
    let _ = write!(
        text,
        "---\napiVersion: batch/v1\nkind: Job\nmetadata:\n  name: jobsim-sweep\nspec:\n  completionMode: Indexed\n  \
         completions: {shards}\n  parallelism: {shards}\n  backoffLimitPerIndex: 3\n  \
         # Two pods must not write the results of one shard.\n  podReplacementPolicy: Failed\n  \
         # jobsim sweep --emit-job --deadline: whatever hangs, it ends. A new Job goes on with what the claim holds.\n  \
         activeDeadlineSeconds: {deadline_s}\n  template:\n    spec:\n      \
         restartPolicy: Never\n      containers:\n      - name: jobsim\n        image: {}\n        args:\n",
        text_value(&args.image)
    );
    for argument in arguments {
        let _ = writeln!(text, "        - {}", serde_json::Value::from(argument));
    }
    text.push_str(
        "        volumeMounts:\n        - name: input\n          mountPath: /input\n        - name: results\n          \
         mountPath: /results\n      volumes:\n      - name: input\n        configMap:\n          name: jobsim-sweep\n      \
         # The claim must exist before, and be ReadWriteMany: all shards write here at the same time, each its own\n      \
         # folder; then: jobsim merge /results/shard-*\n      - name: results\n        \
         persistentVolumeClaim:\n          claimName: jobsim-results\n",
    );
    match parse_texts(&[("the emitted Job".to_string(), &text)]).load(&[]) {
        Ok(_) => Ok(text),
        Err(report) => Err(format!("--emit-job: the Job would be refused\n{}", report.render())),
    }
}
