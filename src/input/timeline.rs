//! `timeline` of the Simulation document → [`TimedAction`]: what somebody does while the Jobs run.

use super::node::{Entry, Node, NodeKind};
use super::patch::patch_from_node;
use super::policies::FAULTS;
use super::reader::{Reader, listed, present};
use super::simulation::{NamedJob, job_named};
use crate::engine::time::SimTime;
use crate::model::patch::{Change, JobPatch};
use crate::model::scenario::{Action, PodRef, Propagation, TimedAction};

const ACTIONS: [&str; 7] =
    ["patch", "suspend", "resume", "evictPod", "deletePod", "deleteJob", "restartController"];

/// The actions, sorted by time.
pub(super) fn read_timeline(node: Option<&Node>, jobs: &[NamedJob], reader: &mut Reader) -> Vec<TimedAction> {
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
        // Read by `policies`.
        return None;
    }
    if let Some(entry) = node.entries().iter().find(|entry| FAULTS.contains(&entry.key.as_str())) {
        let message = format!("{path}: `dependency` is missing, `{}` befalls one", entry.key);
        reader.error("missing-field", entry.key_span, message);
        return None;
    }
    reader.map(node, path, &known)?;
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
            reader.map(node, path, &["spec"])?;
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
            reader.map(node, path, &["propagation"])?;
            let propagation = match present(node, "propagation") {
                None => Propagation::Background,
                Some(value) => {
                    let path = format!("{path}.propagation");
                    match reader.name(value, &path, &["Background", "Foreground"])? {
                        "Foreground" => Propagation::Foreground,
                        _ => Propagation::Background,
                    }
                }
            };
            Some(Action::DeleteJob { job, propagation })
        }
        _ => {
            if !node.is_null() {
                reader.map(node, path, &[])?;
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
    let Entry { key, value, .. } = reader.one_of(node, path, &["index", "ordinal"])?;
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
