//! `workload` of the Simulation document → [`SampledWorkload`]: how long pods start and run, how they fail.
//!
//! An entry is read once, and put together with `default` for each Job that it is for. Steps that call
//! dependencies are read by [`super::steps`].

use super::dependencies::Dependencies;
use super::indexes;
use super::node::{Entry, Node, NodeKind};
use super::reader::{Reader, present};
use super::simulation::{Defaults, NamedJob, Preset, job_named, sure};
use super::source::Span;
use super::steps::{KINDS_OF_STEPS, has_calls, read_length, read_program};
use crate::engine::distribution::{Distribution, Percentile};
use crate::model::job::Completion;
use crate::model::steps::Length;
use crate::model::workload::{Failure, FailureLaw, OnTerm, Poison, RunTime, SampledWorkload, Workload};

const DEFAULT_EXIT_CODE: i32 = 1;
/// Entry of `workload` for every Job.
const DEFAULT_ENTRY: &str = "default";

fn default_run() -> Distribution {
    sure(Distribution::log_normal_percentile(60.0, Percentile::P95, 180.0))
}

/// One entry of `workload`. A field that it mentions replaces the one of `default`.
#[derive(Default)]
pub(super) struct WorkloadEntry {
    /// None: `default`.
    pub(super) job: Option<usize>,
    schedule: Option<Distribution>,
    startup: Option<Distribution>,
    run: Option<(RunTime, Span)>,
    failure: Option<Option<Failure>>,
    hang: Option<f64>,
    poison: Option<Option<(Poison, Span)>>,
    on_term: Option<OnTerm>,
}

/// All entries of `workload`.
pub(super) fn read_workloads(
    node: Option<&Node>,
    jobs: &[NamedJob],
    dependencies: &Dependencies,
    reader: &mut Reader,
) -> Vec<WorkloadEntry> {
    const PATH: &str = "spec.workload";
    let Some(node) = node else { return Vec::new() };
    if !matches!(node.kind, NodeKind::Map(_)) {
        reader.expected(node, PATH, "a map of `default` and Job names");
    }
    let mut entries = Vec::new();
    for Entry { key, key_span, value } in node.entries() {
        let job = match key.as_str() {
            DEFAULT_ENTRY => None,
            name => job_named(name, *key_span, PATH, jobs, reader),
        };
        let known = job.is_some() || key == DEFAULT_ENTRY;
        let entry = read_workload(value, &format!("{PATH}.{key}"), dependencies, reader);
        if known {
            entries.push(WorkloadEntry { job, ..entry });
        }
    }
    entries
}

pub(super) fn read_workload(
    node: &Node,
    path: &str,
    dependencies: &Dependencies,
    reader: &mut Reader,
) -> WorkloadEntry {
    let mut entry = WorkloadEntry::default();
    let known = ["schedule", "startup", "steps", "failure", "hang", "poison", "onTerm"];
    if node.is_null() || reader.map(node, path, &known).is_none() {
        return entry;
    }
    let mut distribution = |key: &str| {
        let value = present(node, key)?;
        reader.distribution(value, &format!("{path}.{key}"))
    };
    entry.schedule = distribution("schedule");
    entry.startup = distribution("startup");
    if let Some(value) = present(node, "steps") {
        entry.run =
            read_steps(value, &format!("{path}.steps"), dependencies, reader).map(|run| (run, value.span));
    }
    if let Some(value) = node.get("failure") {
        entry.failure = Some(read_failure(value, &format!("{path}.failure"), reader));
    }
    if let Some(value) = node.get("hang") {
        entry.hang = Some(read_hang(value, &format!("{path}.hang"), reader).unwrap_or_default());
    }
    if let Some(value) = node.get("poison") {
        entry.poison = Some(read_poison(value, &format!("{path}.poison"), reader));
    }
    if let Some(value) = present(node, "onTerm") {
        entry.on_term = read_on_term(value, &format!("{path}.onTerm"), reader);
    }
    entry
}

fn read_steps(node: &Node, path: &str, dependencies: &Dependencies, reader: &mut Reader) -> Option<RunTime> {
    let items = reader.list(node, path)?;
    if has_calls(items) || items.len() > 1 && items.iter().any(has_skew) {
        return read_program(items, path, dependencies, reader).map(|p| RunTime::Program(Box::new(p)));
    }
    let mut steps = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let path = format!("{path}[{n}]");
        let Some(Entry { value, .. }) = reader.one_of(item, &path, &KINDS_OF_STEPS) else {
            continue;
        };
        match read_length(value, &format!("{path}.run"), reader) {
            Some(Length::ByIndex(laws)) => return Some(RunTime::ByIndex(laws)),
            Some(Length::Same(law)) => steps.push(law),
            None => {}
        }
    }
    Some(RunTime::Steps(steps))
}

/// Whether a step has one distribution for each index.
fn has_skew(step: &Node) -> bool {
    step.get("run").is_some_and(|run| run.get("byIndex").is_some())
}

fn read_exit_code(node: &Node, path: &str, reader: &mut Reader) -> Option<i32> {
    match present(node, "exitCode") {
        Some(value) => reader.whole(value, &format!("{path}.exitCode"), 1, 255).map(|code| code as i32),
        None => Some(DEFAULT_EXIT_CODE),
    }
}

fn read_failure(node: &Node, path: &str, reader: &mut Reader) -> Option<Failure> {
    if node.is_null() {
        return None;
    }
    reader.map(node, path, &["probability", "rate", "exitCode"])?;
    let exit_code = read_exit_code(node, path, reader);
    let law = match (present(node, "probability"), present(node, "rate")) {
        (Some(value), None) => {
            reader.probability(value, &format!("{path}.probability")).map(FailureLaw::Probability)
        }
        (None, Some(value)) => reader.rate(value, &format!("{path}.rate")).map(FailureLaw::RatePerSecond),
        _ => {
            reader.invalid(node, path, "expected exactly one of probability and rate");
            None
        }
    };
    Some(Failure { law: law?, exit_code: exit_code? })
}

fn read_hang(node: &Node, path: &str, reader: &mut Reader) -> Option<f64> {
    if node.is_null() {
        return None;
    }
    reader.map(node, path, &["probability"])?;
    match present(node, "probability") {
        Some(value) => reader.probability(value, &format!("{path}.probability")),
        None => {
            reader.error("missing-field", node.span, format!("{path}: `probability` is missing"));
            None
        }
    }
}

fn read_on_term(node: &Node, path: &str, reader: &mut Reader) -> Option<OnTerm> {
    reader.map(node, path, &["after", "exitCode"])?;
    let exit_code = match present(node, "exitCode") {
        Some(value) => reader.whole(value, &format!("{path}.exitCode"), 0, 255).map(|code| code as i32),
        None => Some(OnTerm::DEFAULT.exit_code),
    };
    let Some(value) = present(node, "after") else {
        reader.error("missing-field", node.span, format!("{path}: `after` is missing"));
        return None;
    };
    let after = reader.duration(value, &format!("{path}.after"));
    Some(OnTerm { after: after?, exit_code: exit_code? })
}

fn read_poison(node: &Node, path: &str, reader: &mut Reader) -> Option<(Poison, Span)> {
    if node.is_null() {
        return None;
    }
    reader.map(node, path, &["indexes", "exitCode"])?;
    let exit_code = read_exit_code(node, path, reader);
    let Some(value) = present(node, "indexes") else {
        reader.error("missing-field", node.span, format!("{path}: `indexes` is missing"));
        return None;
    };
    let path = format!("{path}.indexes");
    let text = match (&value.kind, value.as_str()) {
        (NodeKind::Int(index), _) => index.to_string(),
        (_, Some(text)) => text.replace(' ', ""),
        _ => {
            reader.expected(value, &path, "indexes such as \"3,7-9\"");
            return None;
        }
    };
    match indexes::parse(&text, u32::MAX) {
        Ok(indexes) => Some((Poison { indexes, exit_code: exit_code? }, value.span)),
        Err(message) => {
            reader.invalid(value, &path, message);
            None
        }
    }
}

/// The workload of a Job: its own entry, then the annotations of its manifest, then `default`, then the preset's
/// defaults.
pub(super) fn workload(
    job: &NamedJob,
    entries: [Option<&WorkloadEntry>; 3],
    preset: Preset,
    defaults: &mut Defaults,
    reader: &mut Reader,
) -> Workload {
    let entries = || entries.into_iter().flatten();
    let name = &job.name;
    let schedule = entries().find_map(|entry| entry.schedule.clone()).unwrap_or_else(|| {
        defaults.of(name, format!("schedule: {}", preset.schedule().as_text()));
        preset.schedule()
    });
    let startup = entries().find_map(|entry| entry.startup.clone()).unwrap_or_else(|| {
        defaults.of(name, format!("startup: {}", preset.startup().as_text()));
        preset.startup()
    });
    let run = match entries().find_map(|entry| entry.run.clone()) {
        Some((run, span)) => {
            check_by_index(job, &run, span, reader);
            run
        }
        None => {
            defaults.of(name, format!("steps: one run of {}", default_run().as_text()));
            RunTime::Steps(vec![default_run()])
        }
    };
    let poison = entries().find_map(|entry| entry.poison.clone().map(|poison| (poison, entry.job)));
    let poison = poison.and_then(|(poison, of)| poison.map(|(poison, span)| (poison, span, of)));
    let poison = poison.and_then(|(poison, span, of)| {
        let last = poison.indexes.last().map_or(0, |(_, last)| *last);
        match job.spec.as_ref().map(|spec| spec.completion) {
            None => {}
            Some(Completion::Indexed(completions)) if last < completions => {}
            Some(Completion::Indexed(completions)) => {
                let message = format!(
                    "poison: found index {last}, expected less than the completions of {name} ({completions})"
                );
                reader.error("invalid-value", span, message);
            }
            // In `default` it is for the Indexed ones among several Jobs.
            Some(_) if of.is_none() && defaults.jobs > 1 => return None,
            Some(_) => {
                let message = format!("poison needs an Indexed Job, and {name} is none");
                reader.error("invalid-value", span, message);
            }
        }
        Some(poison)
    });
    Workload::Sampled(Box::new(SampledWorkload {
        schedule,
        startup,
        run,
        failure: entries().find_map(|entry| entry.failure).flatten(),
        hang_probability: entries().find_map(|entry| entry.hang).unwrap_or(0.0),
        poison,
        on_term: entries().find_map(|entry| entry.on_term).unwrap_or(OnTerm::DEFAULT),
    }))
}

fn check_by_index(job: &NamedJob, run: &RunTime, span: Span, reader: &mut Reader) {
    let lists: Vec<usize> = match run {
        RunTime::Steps(_) => return,
        RunTime::ByIndex(list) => vec![list.len()],
        RunTime::Program(program) => program.by_index().map(<[Distribution]>::len).collect(),
    };
    for found in lists {
        let message = match job.spec.as_ref().map(|spec| spec.completion) {
            None => return,
            Some(Completion::Indexed(completions)) if found == completions as usize => continue,
            Some(Completion::Indexed(completions)) => format!(
                "byIndex: found {found} distributions, expected as many as completions ({completions})"
            ),
            Some(_) => format!("byIndex needs an Indexed Job, and {} is none", job.name),
        };
        return reader.error("invalid-value", span, message);
    }
}
