//! The Simulation document → model: what the manifests cannot know, and the defaults for what nobody said.
//!
//! Relies on [`super::reader`] for values and [`super::manifest`] for patches. Each default that is used is
//! recorded as a sentence. It reads no manifests.

use super::indexes;
use super::manifest::patch_from_node;
use super::node::{Entry, Node, NodeKind, quoted};
use super::reader::{Reader, listed, present};
use super::source::Span;
use crate::engine::distribution::{Distribution, Percentile};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::cluster::{ClientLimit, ControlPlane, PodGc};
use crate::model::job::{Completion, JobSpec};
use crate::model::patch::{Change, JobPatch};
use crate::model::scenario::{Action, JobCase, PodRef, Propagation, Scenario, TimedAction};
use crate::model::workload::{Failure, FailureLaw, Poison, RunTime, SampledWorkload, Workload};

/// How many runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Replications {
    Count(u64),
    /// Until the interval of the mean makespan is as narrow as asked.
    Auto {
        /// Half width of the interval over the mean.
        relative_error: f64,
        confidence: f64,
        min: u64,
        max: u64,
    },
}

impl Replications {
    /// `auto` without anything else.
    pub const AUTO: Replications =
        Replications::Auto { relative_error: 0.02, confidence: 0.95, min: 30, max: 100_000 };
}

/// A Job that the document may speak of.
pub struct NamedJob<'a> {
    pub name: String,
    /// None when the manifest is wrong: what depends on it is then not checked.
    pub spec: Option<JobSpec>,
    /// `spec` of the manifest, for patches.
    pub spec_node: &'a Node,
}

/// What comes out.
pub struct Simulation {
    pub scenario: Scenario,
    pub replications: Replications,
    pub seed: u64,
    pub defaults: Vec<String>,
}

const DEFAULT_SEED: u64 = 42;
const DEFAULT_REPLICATIONS: u64 = 1000;
const MAX_REPLICATIONS: i64 = 1_000_000_000;
const DEFAULT_HORIZON_DAYS: u64 = 30;
const DEFAULT_EXIT_CODE: i32 = 1;
/// Entry of `workload` for every Job.
const DEFAULT_ENTRY: &str = "default";

/// Reads the document, or takes all defaults when there is none. Nothing when there are errors; they are then
/// among the reader's diagnostics.
pub fn read(document: Option<&Node>, jobs: Vec<NamedJob>, reader: &mut Reader) -> Option<Simulation> {
    let before = errors(reader);
    let empty = Node::new(NodeKind::Map(Vec::new()));
    let document = document.unwrap_or(&empty);
    reader.map(document, "the Simulation", &["apiVersion", "kind", "metadata", "spec"], &[]);
    if let Some(metadata) = present(document, "metadata") {
        reader.map(metadata, "metadata", &["name", "labels", "annotations"], &[]);
    }
    let spec = present(document, "spec").unwrap_or(&empty);
    let known = ["seed", "replications", "horizon", "controlPlane", "jobs", "workload", "timeline"];
    reader.map(spec, "spec", &known, &["dependencies", "policies"]);

    let mut defaults = Defaults { jobs: jobs.len(), found: Vec::new() };
    let seed = match present(spec, "seed") {
        Some(node) => reader.whole(node, "spec.seed", 0, i64::MAX).map(|seed| seed as u64),
        None => {
            defaults.all(format!("seed: {DEFAULT_SEED}"));
            Some(DEFAULT_SEED)
        }
    };
    let replications = match present(spec, "replications") {
        Some(node) => read_replications(node, reader),
        None => {
            defaults.all(format!("replications: {DEFAULT_REPLICATIONS}"));
            Some(Replications::Count(DEFAULT_REPLICATIONS))
        }
    };
    let horizon = match present(spec, "horizon") {
        Some(node) => read_horizon(node, reader),
        None => {
            defaults.all(format!("horizon: {DEFAULT_HORIZON_DAYS}d"));
            Some(SimTime::ZERO + SimDuration::from_whole_seconds(DEFAULT_HORIZON_DAYS * 86_400))
        }
    };
    let (preset, control_plane) = read_control_plane(present(spec, "controlPlane"), &mut defaults, reader);
    let submits = read_jobs(present(spec, "jobs"), &jobs, reader);
    let entries = read_workloads(present(spec, "workload"), &jobs, reader);
    let timeline = read_timeline(present(spec, "timeline"), &jobs, reader);

    let mut cases = Vec::new();
    for (number, job) in jobs.into_iter().enumerate() {
        let submit = submits.iter().rev().find(|(of, _)| *of == number).map(|(_, submit)| submit.clone());
        let submit = submit.unwrap_or_else(|| {
            let submit = preset.submit();
            defaults.of(&job.name, format!("submit: {}", submit.as_text()));
            submit
        });
        let default = entries.iter().find(|entry| entry.job.is_none());
        let named = entries.iter().find(|entry| entry.job == Some(number));
        let workload = workload(&job, [named, default], preset, &mut defaults, reader);
        if let Some(spec) = job.spec {
            cases.push(JobCase { name: job.name, spec, submit, workload });
        }
    }
    if errors(reader) > before {
        return None;
    }
    Some(Simulation {
        scenario: Scenario { jobs: cases, control_plane: control_plane?, timeline, horizon: horizon? },
        replications: replications?,
        seed: seed?,
        defaults: defaults.sentences(),
    })
}

fn errors(reader: &Reader) -> usize {
    reader.diagnostics.iter().filter(|d| d.is_error()).count()
}

/// The defaults that were used, each with the Jobs that it was used for.
struct Defaults {
    jobs: usize,
    found: Vec<(String, Vec<String>)>,
}

impl Defaults {
    fn all(&mut self, sentence: String) {
        self.found.push((sentence, Vec::new()));
    }

    fn of(&mut self, job: &str, sentence: String) {
        match self.found.iter_mut().find(|(known, _)| *known == sentence) {
            Some((_, jobs)) => jobs.push(job.to_string()),
            None => self.found.push((sentence, vec![job.to_string()])),
        }
    }

    fn sentences(self) -> Vec<String> {
        let all = self.jobs;
        let text = |(sentence, jobs): (String, Vec<String>)| match jobs.len() {
            0 => sentence,
            n if n == all => sentence,
            _ => format!("{sentence} (of {})", jobs.join(", ")),
        };
        self.found.into_iter().map(text).collect()
    }
}

fn read_replications(node: &Node, reader: &mut Reader) -> Option<Replications> {
    const PATH: &str = "spec.replications";
    if node.as_str() == Some("auto") {
        return Some(Replications::AUTO);
    }
    if !matches!(node.kind, NodeKind::Map(_)) {
        let count = reader.whole(node, PATH, 1, MAX_REPLICATIONS)?;
        return Some(Replications::Count(count as u64));
    }
    reader.map(node, PATH, &["relativeError", "confidence", "min", "max"], &[]);
    let Replications::Auto { relative_error, confidence, min, max } = Replications::AUTO else {
        return None;
    };
    let mut share = |key: &str, default: f64| match present(node, key) {
        Some(value) => {
            let path = format!("{PATH}.{key}");
            let share = reader.probability(value, &path)?;
            if share <= 0.0 || share >= 1.0 {
                reader.invalid(
                    value,
                    &path,
                    format!("found {share}, expected between 0 and 1 (0% and 100%)"),
                );
                return None;
            }
            Some(share)
        }
        None => Some(default),
    };
    let (relative_error, confidence) =
        (share("relativeError", relative_error), share("confidence", confidence));
    let mut count = |key: &str, least: i64, default: u64| match present(node, key) {
        Some(value) => {
            reader.whole(value, &format!("{PATH}.{key}"), least, MAX_REPLICATIONS).map(|n| n as u64)
        }
        None => Some(default),
    };
    let (min, max) = (count("min", 2, min), count("max", 2, max));
    let (min, max) = (min?, max?);
    if min > max {
        reader.invalid(node, PATH, format!("found min {min} above max {max}"));
        return None;
    }
    Some(Replications::Auto { relative_error: relative_error?, confidence: confidence?, min, max })
}

fn read_horizon(node: &Node, reader: &mut Reader) -> Option<SimTime> {
    let horizon = reader.duration(node, "spec.horizon")?;
    if horizon == SimDuration::ZERO {
        reader.invalid(node, "spec.horizon", "found 0, expected more");
        return None;
    }
    Some(SimTime::ZERO + horizon)
}

/// A preset, as far as it reaches beyond the control plane.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Preset {
    Kubernetes,
    Bare,
}

impl Preset {
    fn submit(self) -> Distribution {
        match self {
            Preset::Kubernetes => sure(Distribution::uniform(0.0, 1.0)),
            Preset::Bare => sure(Distribution::constant(0.0)),
        }
    }

    fn schedule(self) -> Distribution {
        sure(Distribution::constant(if self == Preset::Kubernetes { 0.05 } else { 0.0 }))
    }

    fn startup(self) -> Distribution {
        match self {
            Preset::Kubernetes => sure(Distribution::log_normal_percentile(1.5, Percentile::P99, 5.0)),
            Preset::Bare => sure(Distribution::constant(0.0)),
        }
    }
}

/// A distribution with parameters from this file.
fn sure<E: std::fmt::Debug>(made: Result<Distribution, E>) -> Distribution {
    made.expect("our own parameters are good")
}

fn default_run() -> Distribution {
    sure(Distribution::log_normal_percentile(60.0, Percentile::P95, 180.0))
}

fn read_control_plane(
    node: Option<&Node>,
    defaults: &mut Defaults,
    reader: &mut Reader,
) -> (Preset, Option<ControlPlane>) {
    const PATH: &str = "spec.controlPlane";
    const PRESETS: [&str; 3] = ["kubernetes", "unlimited", "ideal"];
    let empty = Node::new(NodeKind::Map(Vec::new()));
    let node = node.unwrap_or(&empty);
    let known = ["preset", "qps", "burst", "eventsTakeTokens", "apiLatency", "watchDelay", "podGC"];
    if reader.map(node, PATH, &known, &[]).is_none() {
        return (Preset::Kubernetes, None);
    }
    let (preset, mut plane) = match present(node, "preset") {
        None => {
            defaults.all(
                "controlPlane: preset kubernetes (20 requests/s, burst 30, 5ms latency, 5ms watch delay)"
                    .to_string(),
            );
            (Preset::Kubernetes, ControlPlane::KUBERNETES)
        }
        Some(name) => match name.as_str() {
            Some("kubernetes") => (Preset::Kubernetes, ControlPlane::KUBERNETES),
            Some("unlimited") => (Preset::Bare, ControlPlane::UNLIMITED),
            Some("ideal") => (Preset::Bare, ControlPlane::IDEAL),
            _ => {
                reader.expected(name, &format!("{PATH}.preset"), listed(&PRESETS));
                (Preset::Kubernetes, ControlPlane::KUBERNETES)
            }
        },
    };
    let mut limit = plane.client_limit;
    if let Some(value) = present(node, "qps") {
        let path = format!("{PATH}.qps");
        match reader.number(value, &path) {
            Some(qps) if qps > 0.0 && qps <= 1e9 => {
                limit = Some(ClientLimit { qps, burst: limit.map_or(30, |l| l.burst) });
            }
            Some(qps) => {
                reader.invalid(value, &path, format!("found {qps}, expected more than 0, at most 1e9"))
            }
            None => {}
        }
    }
    if let Some(value) = present(node, "burst")
        && let Some(burst) = reader.whole(value, &format!("{PATH}.burst"), 1, i64::from(u32::MAX))
    {
        limit = Some(ClientLimit { qps: limit.map_or(20.0, |l| l.qps), burst: burst as u32 });
    }
    plane.client_limit = limit;
    if let Some(value) = present(node, "eventsTakeTokens") {
        let read = reader.boolean(value, &format!("{PATH}.eventsTakeTokens"));
        plane.events_take_tokens = read.unwrap_or(plane.events_take_tokens);
    }
    if let Some(value) = present(node, "apiLatency") {
        plane.api_latency = reader.duration(value, &format!("{PATH}.apiLatency")).unwrap_or_default();
    }
    if let Some(value) = present(node, "watchDelay") {
        plane.watch_delay = reader.duration(value, &format!("{PATH}.watchDelay")).unwrap_or_default();
    }
    if let Some(value) = present(node, "podGC") {
        plane.pod_gc = read_pod_gc(value, plane.pod_gc, reader);
    }
    (preset, Some(plane))
}

fn read_pod_gc(node: &Node, preset: Option<PodGc>, reader: &mut Reader) -> Option<PodGc> {
    const PATH: &str = "spec.controlPlane.podGC";
    if node.as_str() == Some("never") {
        return None;
    }
    let mut gc = preset?;
    reader.map(node, PATH, &["first", "period"], &[])?;
    if let Some(value) = present(node, "first") {
        gc.first = SimTime::ZERO + reader.duration(value, &format!("{PATH}.first"))?;
    }
    if let Some(value) = present(node, "period") {
        let path = format!("{PATH}.period");
        gc.period = reader.duration(value, &path)?;
        if gc.period < SimDuration::SECOND {
            reader.invalid(value, &path, "found less than a second, expected 1s or more");
        }
    }
    Some(gc)
}

/// The position of a Job, or an error that names those that exist.
fn job_named(name: &str, span: Span, path: &str, jobs: &[NamedJob], reader: &mut Reader) -> Option<usize> {
    let found = jobs.iter().position(|job| job.name == name);
    if found.is_none() {
        const MOST: usize = 10;
        let names: Vec<&str> = jobs.iter().take(MOST).map(|job| job.name.as_str()).collect();
        let more = if jobs.len() > MOST { ", …" } else { "" };
        let message =
            format!("{path}: there is no Job {}, the input has: {}{more}", quoted(name), names.join(", "));
        reader.error("unknown-job", span, message);
    }
    found
}

fn read_jobs(node: Option<&Node>, jobs: &[NamedJob], reader: &mut Reader) -> Vec<(usize, Distribution)> {
    const PATH: &str = "spec.jobs";
    let mut submits = Vec::new();
    let Some(node) = node else { return submits };
    if !matches!(node.kind, NodeKind::Map(_)) {
        reader.expected(node, PATH, "a map of Job names");
    }
    for Entry { key, key_span, value } in node.entries() {
        let job = job_named(key, *key_span, PATH, jobs, reader);
        let path = format!("{PATH}.{key}");
        if value.is_null() || reader.map(value, &path, &["submit"], &[]).is_none() {
            continue;
        }
        let Some(node) = present(value, "submit") else { continue };
        let path = format!("{path}.submit");
        let Some(submit) = reader.distribution(node, &path) else { continue };
        if submit == Distribution::Never {
            reader.invalid(node, &path, "found never, expected a time at which the Job is created");
        } else if let Some(job) = job {
            submits.push((job, submit));
        }
    }
    submits
}

/// One entry of `workload`. A field that it mentions replaces the one of `default`.
#[derive(Default)]
struct WorkloadEntry {
    /// None: `default`.
    job: Option<usize>,
    schedule: Option<Distribution>,
    startup: Option<Distribution>,
    run: Option<(RunTime, Span)>,
    failure: Option<Option<Failure>>,
    hang: Option<f64>,
    poison: Option<Option<(Poison, Span)>>,
}

fn read_workloads(node: Option<&Node>, jobs: &[NamedJob], reader: &mut Reader) -> Vec<WorkloadEntry> {
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
        let entry = read_workload(value, &format!("{PATH}.{key}"), reader);
        if known {
            entries.push(WorkloadEntry { job, ..entry });
        }
    }
    entries
}

fn read_workload(node: &Node, path: &str, reader: &mut Reader) -> WorkloadEntry {
    let mut entry = WorkloadEntry::default();
    let known = ["schedule", "startup", "steps", "failure", "hang", "poison"];
    if node.is_null() || reader.map(node, path, &known, &[]).is_none() {
        return entry;
    }
    let mut distribution = |key: &str| {
        let value = present(node, key)?;
        reader.distribution(value, &format!("{path}.{key}"))
    };
    entry.schedule = distribution("schedule");
    entry.startup = distribution("startup");
    if let Some(value) = present(node, "steps") {
        entry.run = read_steps(value, &format!("{path}.steps"), reader).map(|run| (run, value.span));
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
    entry
}

fn read_steps(node: &Node, path: &str, reader: &mut Reader) -> Option<RunTime> {
    let items = reader.list(node, path)?;
    let mut steps = Vec::new();
    let mut by_index = None;
    for (n, item) in items.iter().enumerate() {
        let path = format!("{path}[{n}]");
        let Some(Entry { value, .. }) = reader.one_of(item, &path, &["run"], &["call"]) else { continue };
        let path = format!("{path}.run");
        match value.get("byIndex") {
            Some(list) => {
                reader.map(value, &path, &["byIndex"], &[]);
                if items.len() > 1 {
                    let message = format!("{path}.byIndex beside other steps");
                    reader.unsupported(value.span, message);
                }
                let path = format!("{path}.byIndex");
                let list = reader.list(list, &path).unwrap_or_default().iter().enumerate();
                let read: Vec<Option<Distribution>> =
                    list.map(|(n, item)| reader.distribution(item, &format!("{path}[{n}]"))).collect();
                by_index = read.into_iter().collect::<Option<Vec<Distribution>>>();
            }
            None => steps.extend(reader.distribution(value, &path)),
        }
    }
    Some(by_index.map_or(RunTime::Steps(steps), RunTime::ByIndex))
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
    reader.map(node, path, &["probability", "rate", "exitCode"], &[])?;
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
    reader.map(node, path, &["probability"], &[])?;
    match present(node, "probability") {
        Some(value) => reader.probability(value, &format!("{path}.probability")),
        None => {
            reader.error("missing-field", node.span, format!("{path}: `probability` is missing"));
            None
        }
    }
}

fn read_poison(node: &Node, path: &str, reader: &mut Reader) -> Option<(Poison, Span)> {
    if node.is_null() {
        return None;
    }
    reader.map(node, path, &["indexes", "exitCode"], &[])?;
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

/// The workload of a Job: its own entry, then `default`, then the preset's defaults.
fn workload(
    job: &NamedJob,
    entries: [Option<&WorkloadEntry>; 2],
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
    }))
}

fn check_by_index(job: &NamedJob, run: &RunTime, span: Span, reader: &mut Reader) {
    let RunTime::ByIndex(list) = run else { return };
    let message = match job.spec.as_ref().map(|spec| spec.completion) {
        None => return,
        Some(Completion::Indexed(completions)) if list.len() == completions as usize => return,
        Some(Completion::Indexed(completions)) => format!(
            "byIndex: found {} distributions, expected as many as completions ({completions})",
            list.len()
        ),
        Some(_) => format!("byIndex needs an Indexed Job, and {} is none", job.name),
    };
    reader.error("invalid-value", span, message);
}

const ACTIONS: [&str; 7] =
    ["patch", "suspend", "resume", "evictPod", "deletePod", "deleteJob", "restartController"];

fn read_timeline(node: Option<&Node>, jobs: &[NamedJob], reader: &mut Reader) -> Vec<TimedAction> {
    const PATH: &str = "spec.timeline";
    let Some(node) = node else { return Vec::new() };
    if !matches!(node.kind, NodeKind::Seq(_)) {
        reader.expected(node, PATH, "a list");
    }
    let items = node.items().iter().enumerate();
    let mut timeline: Vec<TimedAction> =
        items.filter_map(|(n, item)| read_timed(item, &format!("{PATH}[{n}]"), jobs, reader)).collect();
    timeline.sort_by_key(|timed| timed.at);
    timeline
}

fn read_timed(node: &Node, path: &str, jobs: &[NamedJob], reader: &mut Reader) -> Option<TimedAction> {
    let known: Vec<&str> = ["at", "job"].iter().chain(&ACTIONS).copied().collect();
    if node.get("dependency").is_some() {
        reader.unsupported(node.span, format!("`dependency` in {path}"));
        return None;
    }
    reader.map(node, path, &known, &[])?;
    let at = match present(node, "at") {
        Some(value) => reader.duration(value, &format!("{path}.at")),
        None => {
            reader.error("missing-field", node.span, format!("{path}: `at` is missing"));
            None
        }
    };
    let actions: Vec<&Entry> =
        node.entries().iter().filter(|entry| ACTIONS.contains(&entry.key.as_str())).collect();
    let [Entry { key, value, .. }] = actions.as_slice() else {
        let message =
            format!("{path}: found {} actions, expected one of {}", actions.len(), listed(&ACTIONS));
        reader.error("invalid-value", node.span, message);
        return None;
    };
    let job = match (node.get("job"), jobs) {
        _ if key == "restartController" => Some(0),
        (Some(name), _) => {
            let path = format!("{path}.job");
            reader.text(name, &path).and_then(|text| job_named(text, name.span, &path, jobs, reader))
        }
        (None, [_]) => Some(0),
        (None, _) => {
            let message = format!("{path}: `job` is missing, there are {} Jobs", jobs.len());
            reader.error("missing-field", node.span, message);
            None
        }
    };
    let path = format!("{path}.{key}");
    let action = job.and_then(|job| read_action(key, value, &path, job, jobs, reader));
    Some(TimedAction { at: SimTime::ZERO + at?, action: action? })
}

fn read_action(
    key: &str,
    node: &Node,
    path: &str,
    job: usize,
    jobs: &[NamedJob],
    reader: &mut Reader,
) -> Option<Action> {
    let suspend = |suspend: bool| Action::Patch {
        job,
        patch: JobPatch { suspend: Change::To(suspend), ..JobPatch::default() },
    };
    match key {
        "patch" => {
            reader.map(node, path, &["spec"], &[])?;
            let Some(spec) = present(node, "spec") else {
                reader.error("missing-field", node.span, format!("{path}: `spec` is missing"));
                return None;
            };
            let patch = patch_from_node(spec, jobs[job].spec_node, reader.diagnostics)?;
            Some(Action::Patch { job, patch })
        }
        "evictPod" => Some(Action::EvictPod { job, pod: read_pod(node, path, &jobs[job], reader)? }),
        "deletePod" => Some(Action::DeletePod { job, pod: read_pod(node, path, &jobs[job], reader)? }),
        "deleteJob" if node.is_null() => {
            Some(Action::DeleteJob { job, propagation: Propagation::Background })
        }
        "deleteJob" => {
            reader.map(node, path, &["propagation"], &[])?;
            let propagation = match present(node, "propagation") {
                None => Propagation::Background,
                Some(value) => match value.as_str() {
                    Some("Background") => Propagation::Background,
                    Some("Foreground") => Propagation::Foreground,
                    _ => {
                        reader.expected(value, &format!("{path}.propagation"), "Background or Foreground");
                        return None;
                    }
                },
            };
            Some(Action::DeleteJob { job, propagation })
        }
        _ => {
            if !node.is_null() {
                reader.map(node, path, &[], &[])?;
            }
            Some(match key {
                "suspend" => suspend(true),
                "resume" => suspend(false),
                _ => Action::RestartController,
            })
        }
    }
}

fn read_pod(node: &Node, path: &str, job: &NamedJob, reader: &mut Reader) -> Option<PodRef> {
    let Entry { key, value, .. } = reader.one_of(node, path, &["index", "ordinal"], &[])?;
    let path = format!("{path}.{key}");
    let number = reader.whole(value, &path, 0, i64::from(i32::MAX))? as u32;
    if key == "ordinal" {
        return Some(PodRef::Ordinal(number));
    }
    if job.spec.as_ref().is_some_and(|spec| !spec.is_indexed()) {
        reader.invalid(value, &path, format!("needs an Indexed Job, and {} is none; use ordinal", job.name));
        return None;
    }
    Some(PodRef::Index(number))
}
