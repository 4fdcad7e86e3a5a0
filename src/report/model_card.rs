//! How far to trust an answer: what of this input is simulated exactly, what approximately, and what not at all.
//!
//! Reads the manifest as it was given, so that it speaks of this input and not of Kubernetes in general.

use crate::input::node::Node;
use crate::input::{Loaded, LoadedJob};
use crate::model::cluster::ControllerRules;
use crate::model::pod::RestartPolicy;
use crate::model::scenario::{JobCase, Scenario};

/// Sentences in plain text.
#[derive(Default)]
pub struct ModelCard {
    /// As the recorded traces of the real controller show.
    pub exact: Vec<String>,
    pub approximated: Vec<String>,
    /// What stands in the input, or in the cluster, and has no influence here.
    pub ignored: Vec<String>,
}

/// Fields of a Job's spec that are simulated.
const JOB_FIELDS: [&str; 13] = [
    "activeDeadlineSeconds",
    "backoffLimit",
    "backoffLimitPerIndex",
    "completionMode",
    "completions",
    "managedBy",
    "maxFailedIndexes",
    "parallelism",
    "podFailurePolicy",
    "podReplacementPolicy",
    "successPolicy",
    "suspend",
    "ttlSecondsAfterFinished",
];

/// Fields of a pod's spec that are simulated; of its containers only when the first one ends.
const POD_FIELDS: [&str; 4] =
    ["activeDeadlineSeconds", "containers", "restartPolicy", "terminationGracePeriodSeconds"];

/// The card of an input.
pub fn model_card(loaded: &Loaded) -> ModelCard {
    let mut card = ModelCard::default();
    let scenario = &loaded.scenario;
    controller(&mut card, scenario);
    for (case, job) in scenario.jobs.iter().zip(&loaded.jobs) {
        let prefix = if scenario.jobs.len() > 1 { format!("{}: ", case.name) } else { String::new() };
        of_job(&mut card, &prefix, case, job);
    }
    cluster(&mut card, scenario);
    card
}

fn controller(card: &mut ModelCard, scenario: &Scenario) {
    let plane = &scenario.control_plane;
    match plane.rules {
        ControllerRules::Kubernetes => card.exact.push(
            "The Job controller of Kubernetes 1.37: when it syncs, what it decides, its batches of a second, its \
             failure back-off, its status writes. It meets every recorded trace of the real one to the microsecond."
                .to_string(),
        ),
        ControllerRules::Ideal => card.approximated.push(
            "The Job controller is the textbook's (preset ideal): it reacts at once, knows exact times and never \
             backs off. A real cluster is slower."
                .to_string(),
        ),
    }
    if let Some(limit) = plane.client_limit {
        card.exact.push(format!(
            "The limit of the controller's own requests: {} a second, burst {}.",
            limit.qps, limit.burst
        ));
    }
    if plane.api_latency.nanos() > 0 || plane.watch_delay.nanos() > 0 {
        card.approximated.push(format!(
            "The API server: each write takes {} ms, and the controller sees it {} ms later. Its load is not simulated.",
            plane.api_latency.seconds() * 1e3,
            plane.watch_delay.seconds() * 1e3
        ));
    }
}

fn of_job(card: &mut ModelCard, prefix: &str, case: &JobCase, job: &LoadedJob) {
    let empty = Node::new(crate::input::node::NodeKind::Null);
    let spec = job.manifest.get("spec").unwrap_or(&empty);
    let pod = spec.get("template").and_then(|template| template.get("spec")).unwrap_or(&empty);
    let (known, mut unknown) = sorted(spec, "spec.", &JOB_FIELDS, &["template"]);
    let (known_of_pod, unknown_of_pod) = sorted(pod, "spec.template.spec.", &POD_FIELDS, &["containers"]);
    unknown.extend(unknown_of_pod);
    let known: Vec<String> = known.into_iter().chain(known_of_pod).collect();
    if !known.is_empty() {
        card.exact.push(format!("{prefix}The fields {}.", known.join(", ")));
    }
    if case.spec.template.restart_policy == RestartPolicy::OnFailure {
        card.exact.push(format!("{prefix}Restarts in place, with the kubelet's crash back-off."));
    }
    card.approximated.push(format!(
        "{prefix}What the container does: how long it runs, fails and hangs is drawn from the distributions of the \
         Simulation document or from the defaults below, for each pod apart."
    ));
    for (at, container) in pod.get("containers").map(Node::items).unwrap_or_default().iter().enumerate() {
        let name = container.get("name").and_then(Node::as_str).unwrap_or("?");
        if at > 0 {
            card.ignored
                .push(format!("{prefix}The container {name}: only the exits of {} count.", job.container));
            continue;
        }
        let fields = container.entries().iter().filter(|entry| entry.key != "name");
        unknown.extend(fields.map(|entry| format!("{name}: {}", entry.key)));
    }
    if !unknown.is_empty() {
        card.ignored.push(format!(
            "{prefix}Fields of the manifest that are checked but change nothing here: {}.",
            unknown.join(", ")
        ));
    }
    if let Some(schedule) = &job.schedule {
        card.ignored
            .push(format!("{prefix}The schedule {schedule} of the CronJob: its Job is created once."));
    }
}

/// Fields that are simulated and those that are not; `elsewhere`: of which something else is said.
fn sorted(node: &Node, path: &str, simulated: &[&str], elsewhere: &[&str]) -> (Vec<String>, Vec<String>) {
    let keys = node.entries().iter().filter(|entry| !entry.value.is_null()).map(|entry| entry.key.as_str());
    let keys = keys.filter(|key| !elsewhere.contains(key));
    let (known, unknown): (Vec<&str>, Vec<&str>) = keys.partition(|key| simulated.contains(key));
    let paths = |keys: Vec<&str>| keys.iter().map(|key| format!("{path}{key}")).collect();
    (paths(known), paths(unknown))
}

fn cluster(card: &mut ModelCard, scenario: &Scenario) {
    card.approximated.push(
        "Scheduler and start of a container: one distribution each. A pod that the cluster has no room for waits only \
         if the input says so (schedule: never, or a longer distribution)."
            .to_string(),
    );
    let dependencies = &scenario.shared.dependencies;
    if !dependencies.is_empty() {
        let names: Vec<String> =
            dependencies.iter().map(|d| format!("{} ({})", d.name, d.kind.name())).collect();
        card.approximated
            .push(format!("What pods share is one station with a queue each: {}.", names.join(", ")));
    }
    card.ignored.push(
        "Nodes with their capacity, quotas, priorities and preemption; probes; images; the network; other workloads \
         than those of the input."
            .to_string(),
    );
}
