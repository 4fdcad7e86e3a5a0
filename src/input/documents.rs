//! The documents of all texts by kind: Jobs (also out of CronJobs and Lists), the Simulation, and the rest.
//!
//! Takes every form in which people have manifests: what `kubectl get` prints of a live object, streams with
//! other kinds in them, templates that nobody rendered. Relies on trees only; it decodes nothing.

use super::cron;
use super::diagnostic::Diagnostic;
use super::node::{Entry, Node, NodeKind, quoted};
use super::reader::did_you_mean;
use super::source::{Sources, Span};

const SIMULATION: &str = "Simulation";
const SIMULATION_VERSION: &str = "jobsim/v1alpha1";
const JOB_VERSION: &str = "batch/v1";
const KINDS: [&str; 3] = ["Job", "CronJob", SIMULATION];

/// A Job document.
#[derive(Clone, Debug)]
pub(super) struct JobDocument {
    pub node: Node,
    /// `schedule` of the CronJob that it comes from.
    pub schedule: Option<String>,
}

/// The documents by kind.
#[derive(Clone, Default)]
pub(super) struct Documents {
    pub jobs: Vec<JobDocument>,
    pub simulation: Option<Node>,
    /// What was skipped or is only partly used.
    pub notes: Vec<Diagnostic>,
}

impl Documents {
    /// Takes a document; `kind`: of an element of a list that does not repeat it.
    pub fn sort_in(
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
            return wrong("wrong-kind", first_line(span, sources), message);
        }
        let text = |key: &str| node.get(key).and_then(Node::as_str);
        let Some(kind) = text("kind").or(kind).map(str::to_string) else {
            let span = node.get("kind").map_or(span, |kind| kind.span);
            let message = "kind is missing, expected Job, CronJob, List or Simulation".to_string();
            return wrong("wrong-kind", first_line(span, sources), message);
        };
        let version = node.get("apiVersion");
        let version_is = |expected: &str| version.is_some_and(|v| v.as_str() == Some(expected));
        let other_version = |expected: &str| {
            let found = version.map_or("nothing".to_string(), Node::describe);
            let message = format!("apiVersion of a {kind}: found {found}, expected {expected}");
            let diagnostic = Diagnostic::error("wrong-kind", message);
            match version {
                Some(version) => diagnostic
                    .at(version.span)
                    .help(format!("write apiVersion: {expected}"))
                    .edit(version.span, expected),
                None => diagnostic.at(first_line(span, sources)),
            }
        };
        match kind.as_str() {
            "Job" | "CronJob"
                if !version_is(JOB_VERSION) && (version.is_some() || text("kind").is_some()) =>
            {
                diagnostics.push(other_version(JOB_VERSION));
            }
            SIMULATION if !version_is(SIMULATION_VERSION) => {
                diagnostics.push(other_version(SIMULATION_VERSION));
            }
            "Job" => self.jobs.push(JobDocument { node: as_created(node), schedule: None }),
            "CronJob" => self.take_cron_job(&node, sources, diagnostics),
            SIMULATION => match &self.simulation {
                Some(first) => {
                    let message = "a second Simulation document, expected one";
                    let diagnostic = Diagnostic::error("duplicate-simulation", message)
                        .at(first_line(span, sources))
                        .related(first_line(first.span, sources), "the first one");
                    diagnostics.push(diagnostic);
                }
                None => self.simulation = Some(node),
            },
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
            other => {
                let place = node.get("kind").map_or(span, |kind| kind.span);
                let message = format!("found kind {}, expected Job, CronJob or Simulation", quoted(other));
                let ours = version_is(SIMULATION_VERSION)
                    || KINDS.iter().any(|kind| kind.eq_ignore_ascii_case(other));
                let misspelt = Diagnostic::error("wrong-kind", message).at(place);
                let misspelt = did_you_mean(misspelt, other, place, &KINDS);
                if ours || (version_is(JOB_VERSION) && !misspelt.fix.is_empty()) {
                    diagnostics.push(misspelt);
                    return;
                }
                let message = format!("skipped {other} {}", name_of(&node));
                self.notes.push(Diagnostic::note("skipped-kind", message).at(first_line(span, sources)));
            }
        }
    }

    /// The Job that a CronJob creates: its jobTemplate under its name.
    fn take_cron_job(&mut self, cron: &Node, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
        let schedule = cron::check(cron, diagnostics);
        let entry = |key: &str, value: Node| Entry { key: key.to_string(), key_span: value.span, value };
        let template = cron.get("spec").and_then(|spec| spec.get("jobTemplate"));
        let mut entries: Vec<Entry> = Vec::new();
        if let Some(metadata) = cron.get("metadata") {
            entries.push(entry("metadata", metadata.clone()));
        }
        if let Some(spec) = template.and_then(|template| template.get("spec")) {
            entries.push(entry("spec", spec.clone()));
        }
        let when = schedule.as_ref().map_or(String::new(), |schedule| format!(" (schedule {schedule})"));
        let message = format!(
            "CronJob {}{when}: one Job of its jobTemplate is simulated, not its schedule",
            name_of(cron)
        );
        self.notes.push(Diagnostic::note("cron-job", message).at(first_line(cron.span, sources)));
        let node = as_created(Node { kind: NodeKind::Map(entries), span: cron.span });
        self.jobs.push(JobDocument { node, schedule });
    }
}

/// A live object as it was when somebody created it: without the selector and the labels that the API server
/// generates (pkg/registry/batch/job/strategy.go, generateSelector).
fn as_created(mut job: Node) -> Node {
    const GENERATED: [&str; 4] =
        ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"];
    let live = job.get("metadata").and_then(|metadata| metadata.get("uid")).is_some();
    if !live {
        return job;
    }
    let by_hand = job.get("spec").and_then(|spec| spec.get("manualSelector"));
    if by_hand.is_some_and(|by_hand| matches!(by_hand.kind, NodeKind::Bool(true))) {
        return job;
    }
    remove(&mut job, &["spec"], &["selector"]);
    remove(&mut job, &["spec", "template", "metadata", "labels"], &GENERATED);
    remove(&mut job, &["metadata", "labels"], &GENERATED);
    job
}

fn remove(node: &mut Node, path: &[&str], keys: &[&str]) {
    let NodeKind::Map(entries) = &mut node.kind else { return };
    match path {
        [] => entries.retain(|entry| !keys.contains(&entry.key.as_str())),
        [first, rest @ ..] => {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *first) {
                remove(&mut entry.value, rest, keys);
            }
        }
    }
}

/// `metadata.name`, or words for its absence.
pub(super) fn name_of(node: &Node) -> &str {
    node.get("metadata").and_then(|m| m.get("name")).and_then(Node::as_str).unwrap_or("without a name")
}

/// Of a long document its first line.
pub(super) fn first_line(span: Span, sources: &Sources) -> Span {
    if span == Span::NONE {
        return span;
    }
    let text = sources.file(span.file).text.get(span.start as usize..).unwrap_or_default();
    let length = text.find(['\r', '\n']).unwrap_or(text.len()) as u32;
    Span { end: span.end.min(span.start + length), ..span }
}
