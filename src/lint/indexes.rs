//! Lints about completions and indexes: what people expect each pod to have of its own.

use super::chance::time;
use super::subject::Subject;
use crate::input::Diagnostic;
use crate::input::node::Node;
use crate::input::node::quoted;
use crate::model::job::Completion;
use crate::model::policy::PodReplacementPolicy;

const VARIABLE: &str = "JOB_COMPLETION_INDEX";
/// The annotation (and label) that the variable comes from.
const ANNOTATION: &str = "batch.kubernetes.io/job-completion-index";
/// Of a host name.
const MAX_NAME: usize = 63;

/// `index-without-indexed`: JOB_COMPLETION_INDEX is read, and nobody sets it, or from an annotation that is not there.
pub(super) fn variable_without_index(subject: &Subject) -> Option<Diagnostic> {
    if subject.spec().is_indexed() {
        return None;
    }
    let (container, what, place) = subject.containers().into_iter().find_map(|(_, container)| {
        if let Some(place) = refers(container) {
            return Some((container, "the annotation job-completion-index", place));
        }
        let sets = container.get("env").is_some_and(|env| {
            env.items().iter().any(|variable| variable.get("name").and_then(Node::as_str) == Some(VARIABLE))
        });
        (!sets).then(|| reads(container)).flatten().map(|place| (container, VARIABLE, place))
    })?;
    let name = container.get("name").and_then(Node::as_str).unwrap_or_default();
    let message = format!(
        "{}: container {} reads {what}, which only Indexed Jobs have: it is empty in every pod",
        subject.name(),
        quoted(name)
    );
    let mut diagnostic = Diagnostic::warning("index-without-indexed", message).at(place.span);
    if subject.spec().completions().is_some() && subject.at("spec.completions").is_some() {
        diagnostic = diagnostic.help("give each pod an index");
        match subject.at("spec.completionMode") {
            Some(mode) => diagnostic = diagnostic.edit(mode.span, "Indexed"),
            None => diagnostic.fix.extend(subject.insert("spec", "completionMode", "Indexed")),
        }
    } else {
        diagnostic = diagnostic.help("set completionMode: Indexed and completions");
    }
    Some(diagnostic)
}

/// Where a container takes the index from the annotation.
fn refers(container: &Node) -> Option<&Node> {
    let variables = container.get("env").into_iter().flat_map(Node::items);
    let paths = variables.filter_map(|v| v.get("valueFrom")?.get("fieldRef")?.get("fieldPath"));
    paths.into_iter().find(|path| path.as_str().is_some_and(|text| text.contains(ANNOTATION)))
}

/// The text of a container that names the variable.
fn reads(container: &Node) -> Option<&Node> {
    let words = ["command", "args"].into_iter().filter_map(|key| container.get(key)).flat_map(Node::items);
    let values = container.get("env").into_iter().flat_map(Node::items).filter_map(|v| v.get("value"));
    words.chain(values).find(|text| text.as_str().is_some_and(|text| text.contains(VARIABLE)))
}

/// `work-queue`: parallelism without completions is not a Job of one completion.
pub(super) fn work_queue(subject: &Subject) -> Option<Diagnostic> {
    if subject.spec().completion != Completion::WorkQueue || subject.spec().parallelism == 0 {
        return None;
    }
    let width = subject.spec().parallelism;
    let message = format!(
        "{}: completions is missing beside parallelism {width}: this is a work queue, not one completion: {width} pods \
         start, no pod is replaced once one has succeeded, and the Job is Complete when all have ended",
        subject.name()
    );
    let help = format!(
        "right for workers that empty a queue and then exit 0; otherwise set completions (completions: {width} runs {width} pods to success)"
    );
    Some(Diagnostic::warning("work-queue", message).at(subject.line_span("spec.parallelism")).help(help))
}

/// `ephemeral-volume`: a claim for each pod is not a claim for each index.
pub(super) fn ephemeral_volume(subject: &Subject) -> Option<Diagnostic> {
    if !subject.spec().is_indexed() {
        return None;
    }
    let path = "spec.template.spec.volumes";
    let volumes = subject.at(path)?.items();
    let at = volumes.iter().position(|volume| volume.get("ephemeral").is_some_and(|e| !e.is_null()))?;
    let name = volumes[at].get("name").and_then(Node::as_str).unwrap_or_default();
    let message = format!(
        "{}: volume {} is a claim for each pod, not for each index: it goes with its pod, and a retry of the index \
         starts with an empty one",
        subject.name(),
        quoted(name)
    );
    let help = "keep progress in a store outside, or in a shared claim with a folder named after JOB_COMPLETION_INDEX; a Job has no volumeClaimTemplates";
    let place = subject.span(&format!("{path}[{at}].ephemeral"));
    Some(Diagnostic::warning("ephemeral-volume", message).at(place).help(help))
}

/// `two-writers`: a replacement runs while the pod that it replaces still terminates.
pub(super) fn two_writers(subject: &Subject) -> Option<Diagnostic> {
    /// Of the Job's back-off after one failure, and a deletion is one (s).
    const FIRST_PAUSE: f64 = 10.0;
    let spec = subject.spec();
    if !spec.is_indexed() || spec.pod_replacement != PodReplacementPolicy::TerminatingOrFailed {
        return None;
    }
    let overlap = spec.template.termination_grace.seconds() - FIRST_PAUSE;
    let volumes = subject.at("spec.template.spec.volumes").map(Node::items).unwrap_or_default();
    let shared = volumes.iter().find_map(|volume| {
        let kind = ["persistentVolumeClaim", "nfs", "hostPath", "csi"]
            .into_iter()
            .find(|k| volume.get(k).is_some())?;
        let read_only = volume.get(kind).and_then(|v| v.get("readOnly"));
        let read_only = read_only.is_some_and(|v| matches!(v.kind, crate::input::node::NodeKind::Bool(true)));
        (!read_only).then(|| volume.get("name").and_then(Node::as_str).unwrap_or_default())
    });
    if overlap <= 0.0 || (shared.is_none() && subject.at("spec.podReplacementPolicy").is_none()) {
        return None;
    }
    let what = shared.map_or(String::new(), |name| format!(", both with volume {}", quoted(name)));
    let message = format!(
        "{}: a pod that is evicted or deleted is replaced while it still terminates: for up to {} two pods work on \
         one index{what}",
        subject.name(),
        time(overlap)
    );
    let mut diagnostic = Diagnostic::warning("two-writers", message).help("wait until the old pod has ended");
    match subject.at("spec.podReplacementPolicy") {
        Some(policy) => {
            diagnostic =
                diagnostic.at(subject.line_span("spec.podReplacementPolicy")).edit(policy.span, "Failed");
        }
        None => {
            diagnostic = diagnostic.at(subject.span("spec"));
            diagnostic.fix.extend(subject.insert("spec", "podReplacementPolicy", "Failed"));
        }
    }
    Some(diagnostic)
}

/// `name-too-long`: the host name of the last pod of a Job whose name is not known yet.
pub(super) fn long_name(subject: &Subject) -> Option<Diagnostic> {
    let Completion::Indexed(completions @ 1..) = subject.spec().completion else { return None };
    let metadata = subject.manifest().get("metadata")?;
    let name = metadata.get("name").and_then(Node::as_str).filter(|name| !name.is_empty());
    let (path, base, suffix, whose) = match (name, &subject.loaded.schedule) {
        (Some(name), Some(_)) => {
            ("metadata.name", name, 9, "each Job of the CronJob gets a minute (9 characters)")
        }
        (Some(_), None) => return None,
        (None, _) => {
            let prefix = metadata.get("generateName").and_then(Node::as_str)?;
            ("metadata.generateName", prefix, 5, "generateName adds 5 characters")
        }
    };
    let index = (completions - 1).to_string().len() + 1;
    let length = base.len() + suffix + index;
    if length <= MAX_NAME {
        return None;
    }
    let message = format!(
        "{}: the host name of the last pod will have {length} characters, {MAX_NAME} are allowed: {whose}, the index \
         {index}; the API server will refuse every Job made of this",
        subject.name()
    );
    let help = format!("shorten {path} to {} characters", MAX_NAME - suffix - index);
    Some(Diagnostic::warning("name-too-long", message).at(subject.line_span(path)).help(help))
}
