//! Where the time of one Job went: each instant between its creation and its end belongs to one cause.
//!
//! Relies on the story. Puts nothing into words (`report/why`).

use super::explain::{PodEvent, Story, What};
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::Decision;

/// What the Job was doing at an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cause {
    /// As many containers ran as the Job may have.
    AllSlotsBusy,
    /// The last pod was created: some still run, and nothing is left to start.
    Tail,
    /// Containers ran, and the failure back-off kept slots empty.
    BackOffBesides,
    /// Containers ran while others were pending or had not been created yet.
    Filling,
    /// None ran: failure back-off of the controller.
    BackOff,
    /// None ran: crash back-off of the kubelet.
    CrashBackOff,
    /// None ran: pods were pending or starting.
    StartUp,
    /// None ran and none was there: batches of a second, writes, terminating pods.
    Controller,
}

/// Every cause, in the order of the report.
pub const CAUSES: [Cause; 8] = [
    Cause::AllSlotsBusy,
    Cause::Filling,
    Cause::Tail,
    Cause::BackOffBesides,
    Cause::BackOff,
    Cause::CrashBackOff,
    Cause::StartUp,
    Cause::Controller,
];

/// How the counts change at an instant.
#[derive(Clone, Copy, Default)]
struct Change {
    running: i64,
    pending: i64,
    crashed: i64,
    back_off: i64,
}

/// How long each cause lasted between `from` and `to`, in the order of [`CAUSES`]; the sum is `to` minus `from`.
pub fn where_the_time_went(
    story: &Story,
    job: u32,
    slots: u32,
    from: SimTime,
    to: SimTime,
) -> [(Cause, SimDuration); 8] {
    let (changes, last_creation) = changes(story, job);
    let mut sums = CAUSES.map(|cause| (cause, SimDuration::ZERO));
    let mut now = Change::default();
    let mut since = from;
    let mut add = |now: &Change, since: SimTime, until: SimTime| {
        let cause = cause(now, slots, since >= last_creation);
        let Some(sum) = sums.iter_mut().find(|sum| sum.0 == cause) else { return };
        sum.1 = sum.1 + until.since(since);
    };
    for (t, change) in changes {
        let t = t.clamp(from, to);
        add(&now, since, t);
        since = t;
        now.running += change.running;
        now.pending += change.pending;
        now.crashed += change.crashed;
        now.back_off += change.back_off;
    }
    add(&now, since, to);
    sums
}

fn cause(now: &Change, slots: u32, nothing_left: bool) -> Cause {
    let back_off = now.back_off > 0;
    match now.running {
        0 if now.crashed > 0 => Cause::CrashBackOff,
        0 if now.pending > 0 => Cause::StartUp,
        0 if back_off => Cause::BackOff,
        0 => Cause::Controller,
        // More slots would not have helped the last ones.
        running if running >= i64::from(slots) && nothing_left => Cause::Tail,
        running if running >= i64::from(slots) => Cause::AllSlotsBusy,
        _ if back_off => Cause::BackOffBesides,
        _ if nothing_left && now.pending == 0 => Cause::Tail,
        _ => Cause::Filling,
    }
}

/// The changes in order of time, and when the last pod was created.
fn changes(story: &Story, job: u32) -> (Vec<(SimTime, Change)>, SimTime) {
    let mut changes = Vec::new();
    let mut last_creation = SimTime::ZERO;
    let mut waiting = std::collections::BTreeMap::new();
    for entry in story.of_job(job) {
        let mut change = Change::default();
        match entry.what {
            What::Pod(pod, event) => match event {
                PodEvent::Created => {
                    last_creation = entry.t;
                    waiting.insert(pod, false);
                    change.pending = 1;
                }
                PodEvent::Started { .. } => {
                    change.running = 1;
                    match waiting.remove(&pod) {
                        Some(true) => change.crashed = -1,
                        Some(false) => change.pending = -1,
                        None => {}
                    }
                }
                PodEvent::Stopped { .. } => change.running = -1,
                PodEvent::CrashBackOff { .. } => {
                    waiting.insert(pod, true);
                    change.crashed = 1;
                }
                PodEvent::Ended { .. } | PodEvent::Removed => match waiting.remove(&pod) {
                    Some(true) => change.crashed = -1,
                    Some(false) => change.pending = -1,
                    None => {}
                },
                _ => continue,
            },
            What::Decision(Decision::BackOff { until, .. } | Decision::IndexBackOff { until, .. }) => {
                change.back_off = 1;
                changes.push((until, Change { back_off: -1, ..Change::default() }));
            }
            _ => continue,
        }
        changes.push((entry.t, change));
    }
    changes.sort_by_key(|&(t, _)| t);
    (changes, last_creation)
}
