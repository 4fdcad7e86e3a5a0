//! The story of one run as Chrome/Perfetto trace JSON: a process for each Job, a track for each slot of its pods.
//!
//! Relies on `story_words` for what the controller decided. Times are microseconds since the start of the
//! simulation. A slot is free again when its pod has ended, so spans of one track never overlap. Numbers of processes
//! and tracks begin at 1: viewers give 0 a meaning of their own.

use serde_json::{Value, json};

use super::answer::{JOBSIM, KUBERNETES};
use super::story_words::{decision_words, job_words};
use crate::engine::time::SimTime;
use crate::kubernetes::simulate::Seed;
use crate::model::scenario::Scenario;
use crate::observe::explain::{PodEvent, Story, What};

/// The track of the Job controller; those of the slots follow.
const CONTROLLER: usize = 1;

/// The whole file. `end`: the last instant of the run.
pub fn trace(story: &Story, scenario: &Scenario, seed: Seed, end: SimTime) -> Value {
    let us = |t: SimTime| t.nanos() as f64 / 1e3;
    let mut events = Vec::new();
    for (job, case) in scenario.jobs.iter().enumerate() {
        events.push(named("process_name", job, CONTROLLER, &case.name));
        events.push(named("thread_name", job, CONTROLLER, "Job controller"));
    }
    let mut slots: Vec<Vec<bool>> = vec![Vec::new(); scenario.jobs.len()];
    // Creation of each Job: decisions speak of times since then.
    let mut zero = vec![SimTime::ZERO; scenario.jobs.len()];
    // By pod: its slot, and the span that is open.
    let mut open: Vec<(usize, Option<(&str, SimTime)>)> = Vec::new();
    for entry in &story.entries {
        let job = entry.job as usize;
        let (pod, event) = match entry.what {
            What::Pod(pod, event) => (pod, event),
            What::Decision(decision) => {
                let (_, words) = decision_words(decision, zero[job]);
                events.push(instant(job, "t", "sync", entry.t, json!({"decision": words})));
                continue;
            }
            other => {
                zero[job] = if other == What::JobCreated { entry.t } else { zero[job] };
                events.push(instant(job, "p", &job_words(other), entry.t, json!({})));
                continue;
            }
        };
        let next = match event {
            PodEvent::Created => Some("pending"),
            PodEvent::Scheduled => Some("starting"),
            PodEvent::Started { .. } => Some("running"),
            PodEvent::CrashBackOff { .. } => Some("crash back-off"),
            PodEvent::HangBegan => Some("hanging"),
            PodEvent::DeleteRequested => Some("terminating"),
            PodEvent::Stopped { .. } | PodEvent::Ended { .. } | PodEvent::Removed => None,
            PodEvent::Call { .. } | PodEvent::Released => continue,
        };
        if event == PodEvent::Created {
            let slot = slots[job].iter().position(|busy| !busy).unwrap_or(slots[job].len());
            let length = slots[job].len().max(slot + 1);
            slots[job].resize(length, false);
            slots[job][slot] = true;
            open.push((slot, None));
        }
        let (slot, span) = &mut open[pod as usize];
        if event == PodEvent::DeleteRequested && span.is_none() {
            continue;
        }
        if let Some((name, since)) = span.take() {
            events.push(complete(story, pod, name, us(since), us(entry.t), *slot));
        }
        *span = next.map(|name| (name, entry.t));
        if matches!(event, PodEvent::Ended { .. } | PodEvent::Removed) && story.pod(pod).0.job == entry.job {
            let first = matches!(event, PodEvent::Ended { .. }) || story.pod(pod).0.finished.is_none();
            if first {
                slots[job][*slot] = false;
            }
        }
    }
    for (pod, (slot, span)) in open.iter().enumerate() {
        if let Some((name, since)) = span {
            events.push(complete(story, pod as u32, name, us(*since), us(end.max(*since)), *slot));
        }
    }
    for (job, slots) in slots.iter().enumerate() {
        let tracks = (0..slots.len())
            .map(|slot| named("thread_name", job, CONTROLLER + 1 + slot, &format!("slot {slot}")));
        events.extend(tracks);
    }
    json!({
        "displayTimeUnit": "ms",
        "otherData": {
            "jobsim": JOBSIM, "kubernetes": KUBERNETES, "seed": seed.seed, "replication": seed.replication,
        },
        "traceEvents": events,
    })
}

fn named(what: &str, job: usize, track: usize, name: &str) -> Value {
    json!({"ph": "M", "name": what, "pid": job + 1, "tid": track, "ts": 0, "args": {"name": name}})
}

fn instant(job: usize, scope: &str, name: &str, t: SimTime, args: Value) -> Value {
    let ts = t.nanos() as f64 / 1e3;
    json!({"ph": "i", "s": scope, "name": name, "cat": "controller", "pid": job + 1, "tid": CONTROLLER, "ts": ts, "args": args})
}

fn complete(story: &Story, pod: u32, name: &str, from: f64, to: f64, slot: usize) -> Value {
    let row = story.pod(pod).0;
    json!({
        "ph": "X", "name": name, "cat": "pod", "pid": row.job + 1, "tid": CONTROLLER + 1 + slot, "ts": from, "dur": to - from,
        "args": {
            "pod": row.pod, "index": row.index, "attempt": row.attempt,
            "phase": row.phase.as_str(), "exit_code": row.exit_code,
        },
    })
}
