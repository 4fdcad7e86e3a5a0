//! `--set PATH=VALUE`: edits of the trees before they are decoded.
//!
//! A value is read as YAML, so `20`, `never` and `{mean: 2s}` mean the same as in a file. A wrong value is found
//! later, by whoever decodes it, and points into the option.

use super::diagnostic::Diagnostic;
use super::node::{Node, NodeKind, Step, parse_path, path_text, quoted};
use super::source::{Sources, Span};
use super::yaml;

/// What an option changes.
pub enum Target {
    /// The Job of that name, or the only one.
    Job(Option<String>),
    Simulation,
}

/// An option that was read.
pub struct Override {
    pub target: Target,
    /// From the root of the document.
    pub path: Vec<Step>,
    pub value: Node,
    /// Of the option's value.
    pub span: Span,
}

const FORMS: &str = "expected spec.FIELD=VALUE, JOBNAME:spec.FIELD=VALUE or simulation.FIELD=VALUE";

/// Fields of a Job that have a short name.
const SHORT: [(&str, &str); 4] = [
    ("parallelism", "parallelism"),
    ("completions", "completions"),
    ("backoff-limit", "backoffLimit"),
    ("active-deadline", "activeDeadlineSeconds"),
];

/// Reads an option.
pub fn parse(text: &str, sources: &mut Sources) -> Result<Override, Box<Diagnostic>> {
    let wrong = |message: String| Diagnostic::error("bad-set", message);
    let Some((place, value)) = text.split_once('=') else {
        return Err(Box::new(wrong(format!("--set {}: there is no '=', {FORMS}", quoted(text)))));
    };
    let number = sources.add(format!("--set {}", place.trim()), value);
    let span = Span { file: number, start: 0, end: sources.file(number).text.len() as u32 };
    let Some((target, path)) = target(place) else {
        return Err(Box::new(wrong(format!("--set: found the path {}, {FORMS}", quoted(place))).at(span)));
    };
    let mut documents = yaml::read(sources, number)?;
    let mut value = match documents.len() {
        0 => Node { kind: NodeKind::Null, span },
        1 => documents.remove(0),
        n => return Err(Box::new(wrong(format!("--set: found {n} documents, expected one value")).at(span))),
    };
    value.span = span;
    if place.rsplit(':').next().is_some_and(|field| field.trim() == "active-deadline") {
        whole_seconds(&mut value);
    }
    Ok(Override { target, path, value, span })
}

/// What a path such as `spec.parallelism`, `JOB:parallelism` or `simulation.seed` names, from the root of its document.
pub fn target(place: &str) -> Option<(Target, Vec<Step>)> {
    let (job, place) = match place.split_once(':') {
        Some((job, place)) => (Some(job.trim().to_string()), place),
        None => (None, place),
    };
    let mut path = parse_path(place.trim())?;
    let key = |name: &str| Step::Key(name.to_string());
    if let [Step::Key(only)] = path.as_slice()
        && let Some((_, field)) = SHORT.iter().find(|(short, _)| short == only)
    {
        path = vec![key("spec"), key(field)];
    }
    match path.first() {
        Some(Step::Key(first)) if first == "simulation" && path.len() > 1 && job.is_none() => {
            path[0] = key("spec");
            if path[1] == key("spec") {
                path.remove(1);
            }
            Some((Target::Simulation, path))
        }
        Some(Step::Key(first)) if matches!(first.as_str(), "spec" | "metadata") && path.len() > 1 => {
            Some((Target::Job(job), path))
        }
        _ => None,
    }
}

/// `10m` where the field wants seconds.
fn whole_seconds(value: &mut Node) {
    if let Some(seconds) = value.as_str().and_then(|text| super::duration::seconds(text).ok())
        && seconds.fract() == 0.0
    {
        value.kind = NodeKind::Int(seconds as i64);
    }
}

impl Override {
    /// Changes a document.
    pub fn apply(&self, document: &mut Node) -> Result<(), Box<Diagnostic>> {
        document.set(&self.path, self.value.clone()).map_err(|depth| {
            let message = format!(
                "--set {}: {} is not there or has no such part",
                path_text(&self.path),
                path_text(&self.path[..=depth])
            );
            Box::new(Diagnostic::error("bad-set", message).at(self.span))
        })
    }
}
