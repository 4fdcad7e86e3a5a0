//! The Simulation document → model: what the manifests cannot know, and the defaults for what nobody said.
//!
//! Relies on [`super::reader`] for values; `workload` and `timeline` have files of their own. Each default that is used is
//! recorded as a sentence. It reads no manifests.

use super::annotations::as_workload;
use super::dependencies::read_dependencies;
use super::diagnostic::Diagnostic;
use super::node::{Entry, Node, NodeKind, quoted};
use super::policies::{read_faults, read_policies};
use super::reader::{Reader, did_you_mean, present};
use super::source::Span;
use super::timeline::read_timeline;
use super::workload::{read_workload, read_workloads, workload};
use crate::engine::distribution::{Distribution, Percentile};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::cluster::{ClientLimit, ControlPlane, PodGc};
use crate::model::job::JobSpec;
use crate::model::scenario::{JobCase, Scenario};
use crate::model::shared::Shared;

/// How many runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Replications {
    Count(u64),
    /// Until the interval of every reported mean and share is as narrow as asked.
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
        Replications::Auto { relative_error: 0.02, confidence: CONFIDENCE, min: 30, max: 100_000 };

    /// With what probability an interval holds the true value, also when the number is given another way.
    pub fn confidence(&self) -> f64 {
        match self {
            Replications::Count(_) => CONFIDENCE,
            Replications::Auto { confidence, .. } => *confidence,
        }
    }
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

/// Of intervals, when nobody says.
const CONFIDENCE: f64 = 0.95;
const DEFAULT_SEED: u64 = 42;
const DEFAULT_REPLICATIONS: u64 = 1000;
const MAX_REPLICATIONS: i64 = 1_000_000_000;
const DEFAULT_HORIZON_DAYS: u64 = 30;

/// Reads the document, or takes all defaults when there is none. Nothing when there are errors; they are then
/// among the reader's diagnostics.
pub fn read(document: Option<&Node>, jobs: Vec<NamedJob>, reader: &mut Reader) -> Option<Simulation> {
    let before = errors(reader);
    let empty = Node::new(NodeKind::Map(Vec::new()));
    let document = document.unwrap_or(&empty);
    reader.map(document, "the Simulation", &["apiVersion", "kind", "metadata", "spec"]);
    if let Some(metadata) = present(document, "metadata") {
        reader.map(metadata, "metadata", &["name", "labels", "annotations"]);
        if let Some(name) = present(metadata, "name") {
            reader.text(name, "metadata.name");
        }
    }
    let spec = present(document, "spec").unwrap_or(&empty);
    let known = [
        "seed",
        "replications",
        "horizon",
        "controlPlane",
        "jobs",
        "workload",
        "timeline",
        "dependencies",
        "policies",
    ];
    reader.map(spec, "spec", &known);

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
    let dependencies = read_dependencies(present(spec, "dependencies"), reader);
    let entries = read_workloads(present(spec, "workload"), &jobs, &dependencies, reader);
    let timeline = read_timeline(present(spec, "timeline"), &jobs, reader);
    let faults = read_faults(present(spec, "timeline"), &dependencies, reader);
    let scripts = read_policies(present(spec, "policies"), &jobs, &dependencies, reader);

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
        let annotated = as_workload(job.spec_node, reader)
            .map(|node| read_workload(&node, &format!("annotations of {}", job.name), &dependencies, reader));
        let workload = workload(&job, [named, annotated.as_ref(), default], preset, &mut defaults, reader);
        if let Some(spec) = job.spec {
            cases.push(JobCase { name: job.name, spec, submit, workload });
        }
    }
    if errors(reader) > before {
        return None;
    }
    Some(Simulation {
        scenario: Scenario {
            jobs: cases,
            control_plane: control_plane?,
            timeline,
            shared: Shared { dependencies: dependencies.list, faults, scripts },
            horizon: horizon?,
        },
        replications: replications?,
        seed: seed?,
        defaults: defaults.sentences(),
    })
}

fn errors(reader: &Reader) -> usize {
    reader.diagnostics.iter().filter(|d| d.is_error()).count()
}

/// The defaults that were used, each with the Jobs that it was used for.
pub(super) struct Defaults {
    pub(super) jobs: usize,
    found: Vec<(String, Vec<String>)>,
}

impl Defaults {
    fn all(&mut self, sentence: String) {
        self.found.push((sentence, Vec::new()));
    }

    pub(super) fn of(&mut self, job: &str, sentence: String) {
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
    reader.map(node, PATH, &["relativeError", "confidence", "min", "max"]);
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
pub(super) enum Preset {
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

    pub(super) fn schedule(self) -> Distribution {
        sure(Distribution::constant(if self == Preset::Kubernetes { 0.05 } else { 0.0 }))
    }

    pub(super) fn startup(self) -> Distribution {
        match self {
            Preset::Kubernetes => sure(Distribution::log_normal_percentile(1.5, Percentile::P99, 5.0)),
            Preset::Bare => sure(Distribution::constant(0.0)),
        }
    }
}

/// A distribution with parameters from this file.
pub(super) fn sure<E: std::fmt::Debug>(made: Result<Distribution, E>) -> Distribution {
    made.expect("our own parameters are good")
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
    if reader.map(node, PATH, &known).is_none() {
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
        Some(name) => match reader.name(name, &format!("{PATH}.preset"), &PRESETS) {
            Some("unlimited") => (Preset::Bare, ControlPlane::UNLIMITED),
            Some("ideal") => (Preset::Bare, ControlPlane::IDEAL),
            _ => (Preset::Kubernetes, ControlPlane::KUBERNETES),
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
    reader.map(node, PATH, &["first", "period"])?;
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
pub(super) fn job_named(
    name: &str,
    span: Span,
    path: &str,
    jobs: &[NamedJob],
    reader: &mut Reader,
) -> Option<usize> {
    let found = jobs.iter().position(|job| job.name == name);
    if found.is_none() {
        const MOST: usize = 10;
        let names: Vec<&str> = jobs.iter().take(MOST).map(|job| job.name.as_str()).collect();
        let more = if jobs.len() > MOST { ", …" } else { "" };
        let message =
            format!("{path}: there is no Job {}, the input has: {}{more}", quoted(name), names.join(", "));
        let all: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
        let diagnostic = Diagnostic::error("unknown-job", message).at(span);
        reader.diagnostics.push(did_you_mean(diagnostic, name, span, &all));
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
        if value.is_null() || reader.map(value, &path, &["submit"]).is_none() {
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
