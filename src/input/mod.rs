//! Text → [`Scenario`], or every diagnostic of all documents at once.
//!
//! ```text
//!   source      files, folders, standard input; byte → line:column
//!   yaml        text → Node        (the only file that names the YAML crate)
//!   node        the tree: values with their places
//!   overrides   --set: edits of the tree
//!   decode      Node → serde types (for the Kubernetes types), by node_serde
//!   manifest    Job, CronJob → model::job     (the only file that names k8s-openapi)
//!   api_rules   what the API server refuses of a Job, with its field and type of error
//!   quantity    500m, 2, 1.5Gi
//!   patch       a change of a Job's spec → model::patch
//!   reader      Node → numbers, durations; distribution: → engine::distribution
//!   simulation  the Simulation document → model::scenario; its parts: workload, timeline
//!   difference  which fields of two documents differ
//!   emit        Node → YAML text
//!   diagnostic  what is wrong, where, and its picture
//! ```
//!
//! It simulates nothing and prints nothing. What comes out cannot be wrong.

pub mod api_rules;
pub mod decode;
mod dependencies;
pub mod diagnostic;
pub mod difference;
mod distribution;
pub mod duration;
pub mod emit;
pub mod indexes;
pub mod manifest;
pub mod node;
mod node_serde;
mod overrides;
mod patch;
mod policies;
mod quantity;
mod reader;
pub mod simulation;
pub mod source;
mod steps;
mod timeline;
mod workload;
pub mod yaml;

use std::collections::BTreeMap;
use std::io::Read;

use sha2::{Digest, Sha256};

pub use diagnostic::{Diagnostic, Level, Report};
pub use manifest::ManifestJob;
pub use simulation::Replications;

use crate::model::scenario::Scenario;
use manifest::{job_from_node, job_of_cron_job};
use node::{Entry, Node, NodeKind, quoted};
use overrides::Target;
use reader::Reader;
use simulation::NamedJob;
use source::{Sources, Span};

/// Everything that the input says.
#[derive(Debug)]
pub struct Loaded {
    pub scenario: Scenario,
    pub replications: Replications,
    pub seed: u64,
    /// Each default that the result stands on, as a sentence.
    pub defaults: Vec<String>,
    /// What the reader should know: documents that were skipped.
    pub notes: Vec<String>,
    /// Findings that do not prevent a simulation.
    pub warnings: Vec<Diagnostic>,
    /// Hash of all texts in order and of the `--set` options, in hexadecimal digits. Names do not count.
    pub sha256: String,
    /// In the order of `scenario.jobs`.
    pub jobs: Vec<LoadedJob>,
    pub sources: Sources,
    /// The Simulation document with all `--set` options.
    pub simulation: Option<Node>,
}

/// Where a Job of the scenario comes from.
#[derive(Clone, Debug)]
pub struct LoadedJob {
    pub namespace: String,
    pub span: Span,
    /// The container whose exits are simulated.
    pub container: String,
    /// The manifest with all `--set` options.
    pub manifest: Node,
}

/// What was read, before any `--set`: many settings of the same input are loaded from it.
pub struct Parsed {
    documents: Documents,
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    first: Option<u32>,
}

const SIMULATION: &str = "Simulation";
const SIMULATION_VERSION: &str = "jobsim/v1alpha1";
const JOB_VERSION: &str = "batch/v1";

/// Reads everything that a command names.
///
/// # Errors
/// All errors (and warnings) of all documents, when there is at least one error.
pub fn load(paths: &[String], stdin: &mut dyn Read, sets: &[String]) -> Result<Loaded, Box<Report>> {
    parse(paths, stdin).load(sets)
}

/// Reads the files; what is wrong with them is told when they are loaded.
pub fn parse(paths: &[String], stdin: &mut dyn Read) -> Parsed {
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let read = sources.read(paths, stdin, &mut diagnostics);
    let mut documents = Documents::default();
    for file in &read {
        match yaml::read(&sources, *file) {
            Ok(nodes) => {
                nodes.into_iter().for_each(|node| documents.sort_in(node, None, &sources, &mut diagnostics));
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    Parsed { documents, sources, diagnostics, first: read.first().copied() }
}

impl Parsed {
    /// Decodes everything with these `--set` options.
    ///
    /// # Errors
    /// All errors (and warnings) of all documents, when there is at least one error.
    pub fn load(&self, sets: &[String]) -> Result<Loaded, Box<Report>> {
        let (mut documents, mut sources) = (self.documents.clone(), self.sources.clone());
        let mut diagnostics = self.diagnostics.clone();
        let all_read = !diagnostics.iter().any(Diagnostic::is_error);
        if all_read && documents.jobs.is_empty() {
            diagnostics.push(no_job(&documents, self.first));
        }
        apply_sets(sets, &mut documents, &mut sources, &mut diagnostics);
        let loaded = decode_all(documents, &mut sources, &mut diagnostics);
        diagnostics.dedup_by(|b, a| a == b);
        let failed = diagnostics.iter().any(Diagnostic::is_error);
        match loaded {
            Some(mut loaded) if !failed => {
                loaded.warnings = diagnostics;
                loaded.sha256 = hash(&sources);
                loaded.sources = sources;
                Ok(loaded)
            }
            _ => Err(Box::new(Report { sources, diagnostics })),
        }
    }
}

/// The documents by kind.
#[derive(Clone, Default)]
struct Documents {
    jobs: Vec<Node>,
    simulation: Option<Node>,
    notes: Vec<String>,
}

impl Documents {
    /// Takes a document; `kind`: of an element of a list that does not repeat it.
    fn sort_in(
        &mut self,
        node: Node,
        kind: Option<&str>,
        sources: &Sources,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let span = node.span;
        let mut wrong =
            |code, span, message: String| diagnostics.push(Diagnostic::error(code, message).at(span));
        if !matches!(node.kind, NodeKind::Map(_)) {
            let message = format!(
                "found {}, expected a Kubernetes object (a map with apiVersion and kind)",
                node.describe()
            );
            return wrong("wrong-kind", span, message);
        }
        let text = |key: &str| node.get(key).and_then(Node::as_str);
        let Some(kind) = text("kind").or(kind).map(str::to_string) else {
            let span = node.get("kind").map_or(span, |kind| kind.span);
            return wrong(
                "wrong-kind",
                first_line(span, sources),
                "kind is missing, expected Job, CronJob, List or Simulation".to_string(),
            );
        };
        let version = node.get("apiVersion");
        let version_is = |expected: &str| version.is_some_and(|v| v.as_str() == Some(expected));
        let other_version = |expected: &str| {
            let found = version.map_or("nothing".to_string(), Node::describe);
            (
                version.map_or(first_line(span, sources), |v| v.span),
                format!("apiVersion of a {kind}: found {found}, expected {expected}"),
            )
        };
        match kind.as_str() {
            "Job" | "CronJob"
                if !version_is(JOB_VERSION) && (version.is_some() || text("kind").is_some()) =>
            {
                let (span, message) = other_version(JOB_VERSION);
                wrong("wrong-kind", span, message);
            }
            SIMULATION if !version_is(SIMULATION_VERSION) => {
                let (span, message) = other_version(SIMULATION_VERSION);
                wrong("wrong-kind", span, message);
            }
            "Job" => self.jobs.push(node),
            "CronJob" => {
                self.notes.push(format!(
                    "CronJob {} ({}): one Job of its jobTemplate is simulated, not its schedule",
                    name_of(&node),
                    sources.location(span)
                ));
                self.jobs.push(job_of_cron_job(&node));
            }
            SIMULATION if self.simulation.is_some() => {
                let message = "a second Simulation document, expected one".to_string();
                wrong("duplicate-simulation", first_line(span, sources), message);
            }
            SIMULATION => self.simulation = Some(node),
            list if list.ends_with("List") && node.get("items").is_some() => {
                let kind = list.trim_end_matches("List").to_string();
                let kind = (!kind.is_empty()).then_some(kind);
                let NodeKind::Map(entries) = node.kind else { return };
                for Entry { value, .. } in entries.into_iter().filter(|entry| entry.key == "items") {
                    let NodeKind::Seq(items) = value.kind else {
                        let message = format!("items of a List: found {}, expected a list", value.describe());
                        diagnostics.push(Diagnostic::error("wrong-type", message).at(value.span));
                        continue;
                    };
                    for item in items {
                        self.sort_in(item, kind.as_deref(), sources, diagnostics);
                    }
                }
            }
            other if ["job", "cronjob", "simulation"].contains(&other.to_ascii_lowercase().as_str()) => {
                let span = node.get("kind").map_or(span, |kind| kind.span);
                wrong(
                    "wrong-kind",
                    span,
                    format!("found kind {}, expected Job, CronJob or Simulation", quoted(other)),
                );
            }
            other => {
                self.notes.push(format!("skipped {other} {} ({})", name_of(&node), sources.location(span)));
            }
        }
    }
}

fn name_of(node: &Node) -> &str {
    node.get("metadata").and_then(|m| m.get("name")).and_then(Node::as_str).unwrap_or("without a name")
}

/// Of a long document its first line.
fn first_line(span: Span, sources: &Sources) -> Span {
    let text = &sources.file(span.file).text[span.start as usize..];
    let length = text.find(['\r', '\n']).unwrap_or(text.len()) as u32;
    Span { end: span.end.min(span.start + length), ..span }
}

fn no_job(documents: &Documents, file: Option<u32>) -> Diagnostic {
    let found = match documents.notes.as_slice() {
        [] if documents.simulation.is_some() => "found only a Simulation".to_string(),
        [] => "found no document".to_string(),
        notes => notes.join("; "),
    };
    let message = format!("no Job: {found}, expected at least one Job of batch/v1");
    let diagnostic =
        Diagnostic::error("no-job", message).help("name the file or folder with the manifest of the Job");
    match file {
        Some(file) => diagnostic.at(Span { file, start: 0, end: 0 }),
        None => diagnostic,
    }
}

fn apply_sets(
    sets: &[String],
    documents: &mut Documents,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for text in sets {
        let set = match overrides::parse(text, sources) {
            Ok(set) => set,
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                continue;
            }
        };
        let names: Vec<&str> = documents.jobs.iter().map(name_of).collect();
        let found = match &set.target {
            Target::Simulation => {
                let document = documents
                    .simulation
                    .get_or_insert_with(|| Node { kind: NodeKind::Map(Vec::new()), span: set.span });
                Ok(document)
            }
            Target::Job(Some(name)) => match names.iter().position(|known| known == name) {
                Some(at) => Ok(&mut documents.jobs[at]),
                None => Err(format!(
                    "--set: there is no Job {}, the input has: {}",
                    quoted(name),
                    names.join(", ")
                )),
            },
            Target::Job(None) if names.len() > 1 => Err(format!(
                "--set: there are {} Jobs, say which: JOBNAME:spec.… ({})",
                names.len(),
                names.join(", ")
            )),
            Target::Job(None) => match documents.jobs.first_mut() {
                Some(job) => Ok(job),
                None => continue,
            },
        };
        let applied = match found {
            Ok(document) => set.apply(document),
            Err(message) => Err(Diagnostic::error("unknown-job", message).at(set.span)),
        };
        diagnostics.extend(applied.err());
    }
}

fn decode_all(
    documents: Documents,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Loaded> {
    let jobs: Vec<Option<ManifestJob>> =
        documents.jobs.iter().map(|node| job_from_node(node, diagnostics)).collect();
    let mut first: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    let mut per_name: BTreeMap<&str, usize> = BTreeMap::new();
    for job in jobs.iter().flatten() {
        if let Some(other) = first.get(&(job.namespace.as_str(), job.name.as_str())) {
            let message =
                format!("a second Job {} in namespace {}", quoted(&job.name), quoted(&job.namespace));
            let help = format!("the first one is at {}", sources.location(*other));
            let span = first_line(job.span, sources);
            diagnostics.push(Diagnostic::error("duplicate-job", message).at(span).help(help));
            continue;
        }
        first.insert((&job.namespace, &job.name), job.span);
        *per_name.entry(&job.name).or_default() += 1;
        if job.uses_completion_index_without_indexed {
            let message = format!(
                "{}: container {} reads JOB_COMPLETION_INDEX, which only Indexed Jobs have",
                job.name,
                quoted(&job.container)
            );
            let span = first_line(job.span, sources);
            let help = "set completionMode: Indexed and completions";
            diagnostics.push(Diagnostic::warning("index-without-indexed", message).at(span).help(help));
        }
    }
    if documents.jobs.is_empty() {
        return None;
    }
    let empty = Node::new(NodeKind::Null);
    let (mut named, mut loaded) = (Vec::new(), Vec::new());
    for (job, node) in jobs.iter().zip(&documents.jobs) {
        // The name by which the Simulation and the results speak of it.
        let name = match job {
            Some(job) if per_name.get(job.name.as_str()).is_some_and(|n| *n > 1) => {
                format!("{}/{}", job.namespace, job.name)
            }
            Some(job) => job.name.clone(),
            None => name_of(node).to_string(),
        };
        let spec = job.as_ref().map(|job| job.spec.clone());
        named.push(NamedJob { name, spec, spec_node: node.get("spec").unwrap_or(&empty) });
        loaded.extend(job.as_ref().map(|job| LoadedJob {
            namespace: job.namespace.clone(),
            span: job.span,
            container: job.container.clone(),
            manifest: node.clone(),
        }));
    }
    let read = simulation::read(documents.simulation.as_ref(), named, &mut Reader { sources, diagnostics })?;
    if read.scenario.jobs.len() < documents.jobs.len() {
        return None;
    }
    Some(Loaded {
        scenario: read.scenario,
        replications: read.replications,
        seed: read.seed,
        defaults: read.defaults,
        notes: documents.notes,
        warnings: Vec::new(),
        sha256: String::new(),
        jobs: loaded,
        sources: Sources::default(),
        simulation: documents.simulation,
    })
}

/// Over the texts in the order of reading. A `--set` option is such a text; its path counts as well.
fn hash(sources: &Sources) -> String {
    let mut hasher = Sha256::new();
    for file in sources.files() {
        if file.name.starts_with("--set ") {
            hasher.update(format!("\n{}=", file.name));
        }
        hasher.update(&file.text);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
