//! Plays the scenario of a trace in the simulation and records what the real one recorded.

use super::format::*;
use crate::engine::distribution::Distribution;
use crate::engine::time::{SimDuration, SimTime};
use crate::input::Diagnostic;
use crate::input::api_rules::Privileged;
use crate::input::manifest::{job_for, patch_from_node};
use crate::input::node::{Node, NodeKind, Step};
use crate::kubernetes::facts::{ContainerRun, Observer, PodEnd, PodId, StatusFact};
use crate::kubernetes::simulate::{Outcome, Seed, Until, simulate};
use crate::model::cluster::{ClientLimit, ControlPlane, PodGc};
use crate::model::job::JobSpec;
use crate::model::patch::Refusal;
use crate::model::scenario::{Action, JobCase, PodRef, Propagation, Scenario, TimedAction};
use crate::model::shared::Shared;
use crate::model::workload::{OnTerm, Script, Scripts, Workload};

/// With nothing of the cluster pending and no change for this long the recorder calls a Job stuck.
const STUCK_AFTER_S: f64 = 1300.0;

/// The Job of a scenario.
pub struct ReadJob {
    name: String,
    spec: JobSpec,
    spec_node: Node,
}

/// Reads the manifest of a scenario as the recorder's API server did: every Job in the recorder's own namespace,
/// and no privileged containers.
///
/// # Errors
/// The fields and types of the refusal. A manifest that cannot be decoded has one without a field.
pub fn read_job(text: &ScenarioText) -> Result<ReadJob, Vec<FieldError>> {
    let mut node = Node::from_json(&text.job);
    let namespace = [Step::Key("metadata".to_string()), Step::Key("namespace".to_string())];
    if node.at(&namespace).is_some() {
        // It exists, so there is nothing that could be refused.
        let _ = node.set(&namespace, Node::new(NodeKind::Null));
    }
    let mut diagnostics = Vec::new();
    let job = job_for(Privileged::Refused, &node, &mut diagnostics);
    let errors = diagnostics.into_iter().filter(Diagnostic::is_error);
    let refused =
        |field: String, kind: &str| FieldError { field, kind: kind.to_string(), ..FieldError::default() };
    let causes: Option<Vec<FieldError>> =
        errors.map(|error| error.api.map(|api| refused(api.field, api.kind.as_str()))).collect();
    let Some(causes) = causes else { return Err(vec![refused(String::new(), "Error")]) };
    // The recorder generates no names: it refuses, without a field, what a real API server would name.
    let has = |field: &str| text.job["metadata"][field].as_str().is_some_and(|text| !text.is_empty());
    if has("generateName") && !has("name") {
        return Err(vec![refused(String::new(), "")]);
    }
    let job = job.ok_or(causes)?;
    let spec_node = node.get("spec").cloned().unwrap_or(Node::new(NodeKind::Null));
    Ok(ReadJob { name: job.name, spec: job.spec, spec_node })
}

/// Plays a scenario with its Job.
///
/// # Errors
/// A text when the scenario cannot be read.
pub fn play(text: &ScenarioText, job: ReadJob) -> Result<Trace, String> {
    let scenario = scenario(text, job)?;
    let mut recorder = Recorder::default();
    let seed = Seed { seed: 0, replication: 0 };
    let ending = simulate(&scenario, seed, Until::NothingHappens, &mut recorder);
    let job = ending.jobs[0];
    let end = recorder.last;
    let mut trace = recorder.trace;
    let quiet = text.horizon - end >= STUCK_AFTER_S;
    trace.outcome = match job.outcome {
        Outcome::Complete(_) | Outcome::Failed(_) | Outcome::Deleted => job.outcome.name(),
        _ if job.cluster_idle && !job.deadline_ahead && quiet => "Stuck",
        _ => "Horizon",
    }
    .to_string();
    trace.end = Some(end);
    if text.compare.as_deref() == Some("sorted") {
        trace.sorted = Some(sorted_times(&trace.pods));
        trace.pods.clear();
    }
    Ok(trace)
}

fn sorted_times(pods: &[PodTrace]) -> SortedTimes {
    let list = |time: fn(&PodTrace) -> Option<f64>| {
        let mut times: Vec<f64> = pods.iter().filter_map(time).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    let mut sorted = SortedTimes {
        created: list(|p| Some(p.created)),
        terminal: list(|p| p.terminal),
        finalizer_removed: list(|p| p.finalizer_removed),
        removed: list(|p| p.removed),
        ..SortedTimes::default()
    };
    for pod in pods {
        *sorted.phases.entry(pod.phase.clone()).or_default() += 1;
    }
    sorted
}

/// A time of the format: whole microseconds.
fn time(seconds: f64) -> SimTime {
    SimTime::from_nanos((seconds * 1e6).round() as u64 * 1000)
}

fn length(seconds: Option<f64>) -> SimDuration {
    seconds.map_or(SimDuration::NEVER, |s| time(s).since(SimTime::ZERO))
}

/// What to simulate, to play a scenario with its Job.
///
/// # Errors
/// A text when the scenario cannot be read.
pub fn scenario(text: &ScenarioText, job: ReadJob) -> Result<Scenario, String> {
    let mut control_plane = ControlPlane::UNLIMITED;
    control_plane.pod_gc =
        text.pod_gc.as_ref().map(|gc| PodGc { first: time(gc.first), period: length(Some(gc.period)) });
    if let Some(api) = &text.api {
        control_plane.client_limit =
            (api.qps > 0.0).then_some(ClientLimit { qps: api.qps, burst: api.burst });
        control_plane.api_latency = length(Some(api.latency));
        control_plane.watch_delay = length(Some(api.watch));
        control_plane.events_take_tokens = api.events;
    }
    let mut timeline = Vec::with_capacity(text.actions.len());
    for action in &text.actions {
        timeline.push(TimedAction { at: time(action.at), action: self::action(&job.spec_node, action)? });
    }
    timeline.sort_by_key(|a| a.at);
    let submit = Distribution::constant(text.start).map_err(|e| e.to_string())?;
    let workload = Workload::Scripted(Box::new(scripts(&text.pods)?));
    Ok(Scenario {
        jobs: vec![JobCase { name: job.name, spec: job.spec, submit, workload }],
        control_plane,
        timeline,
        shared: Shared::default(),
        horizon: time(text.horizon),
    })
}

fn action(spec_node: &Node, action: &ActionText) -> Result<Action, String> {
    let job = 0;
    if let Some(set) = &action.set {
        let mut diagnostics = Vec::new();
        let patch = patch_from_node(&Node::from_json(set), spec_node, &mut diagnostics);
        let message = || diagnostics.first().map_or(String::new(), |first| first.message.clone());
        return Ok(Action::Patch { job, patch: patch.ok_or_else(message)? });
    }
    let pod = |r: &PodRefText| match (r.index, r.ordinal) {
        (Some(index), _) => Ok(PodRef::Index(index)),
        (None, Some(ordinal)) => Ok(PodRef::Ordinal(ordinal)),
        (None, None) => Err("a pod needs an ordinal or an index".to_string()),
    };
    if let Some(r) = &action.delete_pod {
        return Ok(Action::DeletePod { job, pod: pod(r)? });
    }
    if let Some(r) = &action.evict_pod {
        return Ok(Action::EvictPod { job, pod: pod(r)? });
    }
    if action.delete_job {
        let propagation = match action.propagation.as_deref() {
            Some("Foreground") => Propagation::Foreground,
            _ => Propagation::Background,
        };
        return Ok(Action::DeleteJob { job, propagation });
    }
    if action.restart_controller {
        return Ok(Action::RestartController);
    }
    Err("an action without a verb".to_string())
}

fn scripts(pods: &PodScripts) -> Result<Scripts, String> {
    let script = |a: &AttemptText| Script {
        schedule: length(a.schedule),
        start: length(a.start),
        runs: a.runs.iter().flatten().map(|r| (length(r.run), r.exit)).collect(),
        on_term: a
            .on_term
            .as_ref()
            .map_or(OnTerm::DEFAULT, |t| OnTerm { after: length(Some(t.after)), exit_code: t.exit }),
    };
    let number = |key: &str| key.parse::<u32>().map_err(|_| format!("{key} is not a number of a pod"));
    let mut scripts =
        Scripts { default: pods.default.iter().flatten().map(script).collect(), ..Scripts::default() };
    for (key, list) in &pods.by_index {
        scripts.by_index.push((number(key)?, list.iter().map(script).collect()));
    }
    for (key, list) in &pods.by_ordinal {
        if let Some(first) = list.first() {
            scripts.by_ordinal.push((number(key)?, script(first)));
        }
    }
    scripts.by_index.sort_by_key(|e| e.0);
    scripts.by_ordinal.sort_by_key(|e| e.0);
    Ok(scripts)
}

/// Records facts in the form of a trace.
#[derive(Default)]
struct Recorder {
    trace: Trace,
    last: f64,
}

/// Seconds, rounded to the microsecond.
fn seconds(t: SimTime) -> f64 {
    t.micros_rounded() as f64 / 1e6
}

impl Recorder {
    fn touch(&mut self, t: SimTime) -> f64 {
        let t = seconds(t);
        self.last = self.last.max(t);
        t
    }

    fn mark(&mut self, t: SimTime, pod: PodId, field: fn(&mut PodTrace) -> &mut Option<f64>) {
        if field(&mut self.trace.pods[pod.ordinal as usize]).is_none() {
            let t = self.touch(t);
            *field(&mut self.trace.pods[pod.ordinal as usize]) = Some(t);
        }
    }
}

impl Observer for Recorder {
    fn pod_created(&mut self, t: SimTime, pod: PodId, index: Option<u32>, _attempt: u32) {
        debug_assert_eq!(self.trace.pods.len(), pod.ordinal as usize);
        let created = self.touch(t);
        self.trace.pods.push(PodTrace {
            index,
            created,
            phase: "Pending".to_string(),
            ..PodTrace::default()
        });
    }

    fn pod_scheduled(&mut self, t: SimTime, pod: PodId) {
        self.mark(t, pod, |p| &mut p.scheduled);
    }

    fn container_started(&mut self, t: SimTime, pod: PodId, restarts: u32) {
        self.mark(t, pod, |p| &mut p.running);
        let p = &mut self.trace.pods[pod.ordinal as usize];
        p.phase = "Running".to_string();
        if p.restarts != restarts {
            p.restarts = restarts;
            self.touch(t);
        }
    }

    fn container_stopped(&mut self, _t: SimTime, _pod: PodId, _run: ContainerRun) {}

    fn pod_delete_requested(&mut self, t: SimTime, pod: PodId) {
        let t = self.touch(t);
        self.trace.pods[pod.ordinal as usize].delete_requested = Some(t);
    }

    fn pod_terminal(&mut self, t: SimTime, pod: PodId, end: PodEnd) {
        self.mark(t, pod, |p| &mut p.terminal);
        let p = &mut self.trace.pods[pod.ordinal as usize];
        p.phase = end.phase.as_str().to_string();
        p.exit = end.exit_code;
    }

    fn finalizer_removed(&mut self, t: SimTime, pod: PodId) {
        self.mark(t, pod, |p| &mut p.finalizer_removed);
    }

    fn pod_removed(&mut self, t: SimTime, pod: PodId) {
        let t = self.touch(t);
        self.trace.pods[pod.ordinal as usize].removed = Some(t);
    }

    fn job_status(&mut self, t: SimTime, _job: u32, status: StatusFact<'_>) {
        let c = status.counters;
        let mut new = StatusTrace {
            t: 0.0,
            active: c.active,
            ready: c.ready.unwrap_or(0),
            terminating: c.terminating.unwrap_or(0),
            succeeded: c.succeeded,
            failed: c.failed,
            completed_indexes: status.completed_indexes.map(ToString::to_string).unwrap_or_default(),
            failed_indexes: status.failed_indexes.map(ToString::to_string),
            start_time: c.start_time.map(seconds),
            completion_time: c.completion_time.map(seconds),
            conditions: c
                .conditions
                .iter()
                .map(|c| ConditionTrace {
                    kind: c.kind.as_str().to_string(),
                    status: if c.is_true { "True" } else { "False" }.to_string(),
                    reason: c.reason.as_str().to_string(),
                    at: seconds(c.at),
                })
                .collect(),
        };
        // One entry for each instant, and none that repeats the one before.
        let at = seconds(t);
        let list = &mut self.trace.status;
        if list.last().is_some_and(|s| s.t == at) {
            list.pop();
        }
        let before = list.last().map_or_else(StatusTrace::default, |s| StatusTrace { t: 0.0, ..s.clone() });
        if before != new {
            new.t = at;
            list.push(new);
            self.touch(t);
        }
    }

    fn job_removed(&mut self, t: SimTime, _job: u32) {
        self.trace.job_removed = Some(self.touch(t));
    }

    fn change_refused(&mut self, t: SimTime, _job: u32, _refusals: &[Refusal]) {
        self.trace.action_errors.push(ActionError { at: seconds(t) });
    }
}
