//! The story of one run as Chrome/Perfetto trace JSON: a process for each Job, a track for each slot of its pods.
//!
//! Times are microseconds since the start of the simulation. A slot is free again when its pod has ended.

use serde_json::{Value, json};

use crate::engine::time::SimTime;
use crate::model::scenario::Scenario;
use crate::observe::explain::{PodEvent, Story, What};

/// The whole file. `end`: the last instant of the run.
pub fn trace(story: &Story, scenario: &Scenario, end: SimTime) -> Value {
    let us = |t: SimTime| t.nanos() as f64 / 1e3;
    let mut events = Vec::new();
    for (job, case) in scenario.jobs.iter().enumerate() {
        events.push(json!({"ph": "M", "name": "process_name", "pid": job, "args": {"name": case.name}}));
        events.push(
            json!({"ph": "M", "name": "thread_name", "pid": job, "tid": 0, "args": {"name": "Job controller"}}),
        );
    }
    let mut slots: Vec<Vec<bool>> = vec![Vec::new(); scenario.jobs.len()];
    // By pod: its slot, and the span that is open.
    let mut open: Vec<(usize, Option<(&str, SimTime)>)> = Vec::new();
    for entry in &story.entries {
        let job = entry.job as usize;
        let (pod, event) = match entry.what {
            What::Pod(pod, event) => (pod, event),
            What::Decision(decision) => {
                let args = json!({"decision": format!("{decision:?}")});
                events.push(json!({"ph": "i", "s": "t", "name": "sync", "pid": job, "tid": 0, "ts": us(entry.t), "args": args}));
                continue;
            }
            other => {
                events.push(json!({"ph": "i", "s": "p", "name": format!("{other:?}"), "pid": job, "tid": 0, "ts": us(entry.t)}));
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
    json!({"displayTimeUnit": "ms", "traceEvents": events})
}

fn complete(story: &Story, pod: u32, name: &str, from: f64, to: f64, slot: usize) -> Value {
    let row = story.pod(pod).0;
    json!({
        "ph": "X", "name": name, "pid": row.job, "tid": slot + 1, "ts": from, "dur": to - from,
        "args": {"pod": row.pod, "index": row.index, "attempt": row.attempt},
    })
}
