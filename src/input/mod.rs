//! Text → [`Scenario`], or every diagnostic of all documents at once.
//!
//! ```text
//!   source      files, folders, standard input; byte → line:column
//!   yaml        text → Node        (the only file that names the YAML crate)
//!   node        the tree: values with their places
//!   documents   which document is what; cron: what a CronJob says beside its Job
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
//!   diagnostic  what is wrong, where; suggest: did you mean; finish: the last touches; catalogue: a page a code
//! ```
//!
//! It simulates nothing and prints nothing. What comes out cannot be wrong.

mod annotations;
pub mod api_rules;
pub mod catalogue;
mod cron;
pub mod decode;
mod dependencies;
pub mod diagnostic;
pub mod difference;
mod distribution;
mod documents;
pub mod duration;
pub mod emit;
mod finish;
pub mod indexes;
pub mod manifest;
pub mod node;
mod node_serde;
mod overrides;
mod patch;
mod policies;
mod quantity;
mod rate_limits;
mod reader;
mod retries;
pub mod schema;
pub mod simulation;
pub mod source;
mod stations;
mod steps;
pub mod suggest;
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
use documents::{Documents, first_line, name_of};
use manifest::job_from_node;
use node::{Node, NodeKind, path_text, quoted};
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
    pub notes: Vec<Diagnostic>,
    /// Findings that do not prevent a simulation.
    pub warnings: Vec<Diagnostic>,
    /// Hash of all texts in order and of the `--set` options, in hexadecimal digits. Names do not count.
    pub sha256: String,
    /// In the order of `scenario.jobs`.
    pub jobs: Vec<LoadedJob>,
    /// The Simulation document with all `--set` options.
    pub simulation: Option<Node>,
    pub sources: Sources,
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
    /// When a CronJob would create it, as it says; it is created once here.
    pub schedule: Option<String>,
}

/// What was read, before any `--set`: many settings of the same input are loaded from it.
pub struct Parsed {
    documents: Documents,
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    first: Option<u32>,
}

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
    parsed(sources, &read, diagnostics)
}

/// The same of texts with their names.
pub fn parse_texts(texts: &[(String, &str)]) -> Parsed {
    let mut sources = Sources::default();
    let read: Vec<u32> = texts.iter().map(|(name, text)| sources.add(name, *text)).collect();
    parsed(sources, &read, Vec::new())
}

fn parsed(sources: Sources, read: &[u32], mut diagnostics: Vec<Diagnostic>) -> Parsed {
    let mut documents = Documents::default();
    for file in read {
        for node in yaml::read_all(&sources, *file, &mut diagnostics) {
            documents.sort_in(node, None, &sources, &mut diagnostics);
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
            diagnostics.push(no_job(&documents, self.first, &sources));
        }
        apply_sets(sets, &mut documents, &mut sources, &mut diagnostics);
        let notes = std::mem::take(&mut documents.notes);
        let loaded = decode_all(documents, &mut sources, &mut diagnostics);
        finish::finish(&sources, &mut diagnostics);
        let failed = diagnostics.iter().any(Diagnostic::is_error);
        match loaded {
            Some(mut loaded) if !failed => {
                loaded.warnings = diagnostics;
                loaded.notes = notes;
                loaded.sha256 = hash(&sources);
                loaded.sources = sources;
                Ok(loaded)
            }
            _ => {
                diagnostics.extend(notes);
                Err(Box::new(Report { sources, diagnostics }))
            }
        }
    }

    /// The field that a path of `--set` names, in one spelling: `JOB:spec.parallelism`, `simulation.seed`; none when it
    /// names none.
    pub fn field(&self, path: &str) -> Option<String> {
        let (target, steps) = overrides::target(path)?;
        let field = path_text(&steps);
        Some(match (target, self.documents.jobs.as_slice()) {
            (Target::Simulation, _) => field.replacen("spec", "simulation", 1),
            (Target::Job(Some(job)), _) => format!("{job}:{field}"),
            (Target::Job(None), [only]) => format!("{}:{field}", name_of(&only.node)),
            (Target::Job(None), _) => field,
        })
    }
}

fn no_job(documents: &Documents, file: Option<u32>, sources: &Sources) -> Diagnostic {
    let placed = |note: &Diagnostic| {
        let place = note.span.map_or(String::new(), |span| format!(" ({})", sources.location(span)));
        format!("{}{place}", note.message)
    };
    let found = match documents.notes.as_slice() {
        [] if documents.simulation.is_some() => "found only a Simulation".to_string(),
        [] => "found no document".to_string(),
        notes => notes.iter().map(placed).collect::<Vec<_>>().join("; "),
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
                diagnostics.push(*diagnostic);
                continue;
            }
        };
        let names: Vec<&str> = documents.jobs.iter().map(|job| name_of(&job.node)).collect();
        let found = match &set.target {
            Target::Simulation => {
                let document = documents
                    .simulation
                    .get_or_insert_with(|| Node { kind: NodeKind::Map(Vec::new()), span: set.span });
                Ok(document)
            }
            Target::Job(Some(name)) => match names.iter().position(|known| known == name) {
                Some(at) => Ok(&mut documents.jobs[at].node),
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
                Some(job) => Ok(&mut job.node),
                None => continue,
            },
        };
        let applied = match found {
            Ok(document) => set.apply(document),
            Err(message) => Err(Box::new(Diagnostic::error("unknown-job", message).at(set.span))),
        };
        diagnostics.extend(applied.err().map(|diagnostic| *diagnostic));
    }
}

fn decode_all(
    documents: Documents,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Loaded> {
    let jobs: Vec<Option<ManifestJob>> =
        documents.jobs.iter().map(|job| job_from_node(&job.node, diagnostics)).collect();
    let mut first: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    let mut per_name: BTreeMap<&str, usize> = BTreeMap::new();
    for job in jobs.iter().flatten() {
        if let Some(other) = first.get(&(job.namespace.as_str(), job.name.as_str())) {
            let message =
                format!("a second Job {} in namespace {}", quoted(&job.name), quoted(&job.namespace));
            let span = first_line(job.span, sources);
            let diagnostic = Diagnostic::error("duplicate-job", message).at(span);
            diagnostics.push(diagnostic.related(first_line(*other, sources), "the first one"));
            continue;
        }
        first.insert((&job.namespace, &job.name), job.span);
        *per_name.entry(&job.name).or_default() += 1;
    }
    if documents.jobs.is_empty() {
        return None;
    }
    let empty = Node::new(NodeKind::Null);
    let (mut named, mut loaded) = (Vec::new(), Vec::new());
    for (job, document) in jobs.iter().zip(&documents.jobs) {
        let node = &document.node;
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
            schedule: document.schedule.clone(),
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
        notes: Vec::new(),
        warnings: Vec::new(),
        sha256: String::new(),
        jobs: loaded,
        simulation: documents.simulation,
        sources: Sources::default(),
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
