//! What a lint looks at: one Job from all sides, and places in its manifest.

use std::cell::OnceCell;

use crate::experiment::interval::{TAIL, wilson};
use crate::experiment::replicate::{JobRun, replicate};
use crate::input::diagnostic::Edit;
use crate::input::node::{Node, parse_path};
use crate::input::source::{Sources, Span};
use crate::input::{Loaded, LoadedJob};
use crate::kubernetes::simulate::Outcome;
use crate::model::job::{Completion, JobSpec};
use crate::model::scenario::{JobCase, Scenario};
use crate::model::workload::{SampledWorkload, Workload};

/// One Job from all sides.
pub(super) struct Subject<'a> {
    pub number: usize,
    pub case: &'a JobCase,
    pub loaded: &'a LoadedJob,
    simulation: Option<&'a Node>,
    sources: &'a Sources,
    shares: &'a Shares<'a>,
}

impl<'a> Subject<'a> {
    pub fn new(loaded: &'a Loaded, number: usize, shares: &'a Shares<'a>) -> Subject<'a> {
        Subject {
            number,
            case: &loaded.scenario.jobs[number],
            loaded: &loaded.jobs[number],
            simulation: loaded.simulation.as_ref(),
            sources: &loaded.sources,
            shares,
        }
    }

    pub fn spec(&self) -> &'a JobSpec {
        &self.case.spec
    }

    pub fn name(&self) -> &'a str {
        &self.case.name
    }

    pub fn manifest(&self) -> &'a Node {
        &self.loaded.manifest
    }

    pub fn workload(&self) -> Option<&'a SampledWorkload> {
        match &self.case.workload {
            Workload::Sampled(workload) => Some(workload),
            Workload::Scripted(_) => None,
        }
    }

    /// The value at a path of the manifest, unless it is absent or null.
    pub fn at(&self, path: &str) -> Option<&'a Node> {
        self.manifest().at(&parse_path(path)?).filter(|node| !node.is_null())
    }

    /// The place of a path's key; of an absent field, of the last key above it.
    pub fn span(&self, path: &str) -> Span {
        let mut steps = parse_path(path).unwrap_or_default();
        while !steps.is_empty() && self.manifest().at(&steps).is_none() {
            steps.pop();
        }
        let key = self.manifest().key_span_at(&steps);
        self.first_line(if key == Span::NONE { self.loaded.span } else { key })
    }

    /// The place of a path's key and its value, when both are on one line.
    pub fn line_span(&self, path: &str) -> Span {
        let (key, value) = (self.span(path), self.at(path).map(|node| node.span));
        match value {
            Some(value) if value.file == key.file && value.start >= key.start => {
                self.first_line(Span { end: value.end, ..key })
            }
            _ => key,
        }
    }

    fn first_line(&self, span: Span) -> Span {
        let Some(span) = span.known() else { return span };
        let text = &self.sources.file(span.file).text;
        let text = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        let length = text.find(['\r', '\n']).unwrap_or(text.len()) as u32;
        Span { end: span.start + length, ..span }
    }

    /// Values of a key in the entries of `workload` that are for this Job, its own first.
    pub fn said(&self, key: &str) -> Option<&'a Node> {
        let workload = self.simulation?.get("spec")?.get("workload")?;
        [self.name(), "default"]
            .into_iter()
            .filter_map(|entry| workload.get(entry)?.get(key))
            .find(|node| !node.is_null())
    }

    /// Part of the Simulation document's spec.
    pub fn simulation(&self, key: &str) -> Option<&'a Node> {
        self.simulation?.get("spec")?.get(key)
    }

    /// An annotation of the pod template.
    pub fn annotation(&self, key: &str) -> Option<&'a Node> {
        self.at("spec.template.metadata.annotations")?.get(key)
    }

    /// Whether somebody has said how the pods of this Job behave: what is not mentioned then does not happen.
    pub fn is_described(&self) -> bool {
        let keys = ["schedule", "startup", "steps", "failure", "hang", "poison"];
        let annotations = ["jobsim/run", "jobsim/startup", "jobsim/failure", "jobsim/hang"];
        keys.iter().any(|key| self.said(key).is_some())
            || annotations.iter().any(|key| self.annotation(key).is_some())
    }

    /// Whether somebody has said how long the pods run.
    pub fn run_is_said(&self) -> bool {
        self.said("steps").is_some() || self.annotation("jobsim/run").is_some()
    }

    /// Most pods at a time.
    pub fn width(&self) -> u32 {
        let spec = self.spec();
        spec.completions().map_or(spec.parallelism, |completions| completions.min(spec.parallelism))
    }

    /// Pods that have to succeed.
    pub fn successes(&self) -> u32 {
        match self.spec().completion {
            Completion::Indexed(n) | Completion::Counted(n) => n,
            Completion::WorkQueue => self.spec().parallelism,
        }
    }

    /// How often the Job ends with this reason in a small simulation, with interval and number of runs; none when
    /// the scenario is too big for a small one.
    pub fn simulated(&self, failed: impl Fn(&Outcome) -> bool) -> Option<(f64, (f64, f64), usize)> {
        let runs = self.shares.runs()?;
        let count = runs.iter().filter(|run| failed(&run[self.number].ending.outcome)).count();
        Some((count as f64 / runs.len() as f64, wilson(count, runs.len(), TAIL)?, runs.len()))
    }

    /// The edit that puts `key: value` first into the map at a path.
    pub fn insert(&self, path: &str, key: &str, value: &str) -> Option<Edit> {
        let map = if path.is_empty() { self.manifest() } else { self.at(path)? };
        let first = map.entries().first()?.key_span.known()?;
        let text = &self.sources.file(first.file).text;
        let before = text.get(..first.start as usize)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let indent = &before[line_start..];
        let quoted = text[first.start as usize..].starts_with('"');
        let line = if quoted { format!("\"{key}\": \"{value}\",") } else { format!("{key}: {value}") };
        if !indent.is_empty() && indent.bytes().all(|b| b == b' ') {
            let line_start = line_start as u32;
            let span = Span { start: line_start, end: line_start, ..first };
            return Some(Edit { span, text: format!("{indent}{line}\n") });
        }
        let span = Span { end: first.start, ..first };
        // Inside brackets, or first in an element of a list.
        let text = match (indent.bytes().all(|b| matches!(b, b' ' | b'-')), quoted) {
            (true, _) => format!("{line}\n{}", indent.replace('-', " ")),
            (false, true) => format!("{line} "),
            (false, false) => format!("{line}, "),
        };
        Some(Edit { span, text })
    }

    /// The containers of the pod template with their paths, init containers last.
    pub fn containers(&self) -> Vec<(String, &'a Node)> {
        let mut all = Vec::new();
        for list in ["containers", "initContainers"] {
            let path = format!("spec.template.spec.{list}");
            let Some(node) = self.at(&path) else { continue };
            all.extend(node.items().iter().enumerate().map(|(n, item)| (format!("{path}[{n}]"), item)));
        }
        all
    }
}

/// Outcomes of a small simulation of the whole scenario, made when the first lint asks.
pub(super) struct Shares<'a> {
    scenario: &'a Scenario,
    runs: OnceCell<Option<Vec<Vec<JobRun>>>>,
}

/// Most pods of the small simulation.
const MOST_PODS: u64 = 100_000;
const MOST_RUNS: u64 = 400;
const FEWEST_RUNS: u64 = 50;
/// Its seed. Lints do not depend on the document's, so that they do not change with it.
const SEED: u64 = 42;

impl<'a> Shares<'a> {
    pub fn new(scenario: &'a Scenario) -> Shares<'a> {
        Shares { scenario, runs: OnceCell::new() }
    }

    fn runs(&self) -> Option<&Vec<Vec<JobRun>>> {
        self.runs.get_or_init(|| self.simulate()).as_ref()
    }

    fn simulate(&self) -> Option<Vec<Vec<JobRun>>> {
        let pods = |case: &JobCase| {
            let spec = &case.spec;
            u64::from(spec.completions().unwrap_or(0).max(spec.parallelism))
        };
        let pods: u64 = self.scenario.jobs.iter().map(pods).sum::<u64>().max(1);
        let runs = (MOST_PODS / pods).min(MOST_RUNS);
        if runs < FEWEST_RUNS {
            return None;
        }
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        replicate(self.scenario, SEED, runs, threads).ok()
    }
}
