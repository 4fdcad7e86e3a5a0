//! How many pods there were in each state, instant by instant, for the run that is shown.

use crate::engine::time::SimTime;
use crate::kubernetes::facts::{ContainerRun, Observer, Phase, PodEnd, PodId};

/// The pods of one Job from an instant on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimelineRow {
    pub t: SimTime,
    pub job: u32,
    /// Neither finished nor being deleted.
    pub active: u32,
    /// Active and its container has not run yet.
    pub pending: u32,
    /// Its container runs.
    pub running: u32,
    /// Being deleted and not finished.
    pub terminating: u32,
    /// Of those that run, the ones that are being deleted.
    pub running_terminating: u32,
    /// Finished pods so far.
    pub succeeded: u32,
    pub failed: u32,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    active: bool,
    pending: bool,
    running: bool,
    terminating: bool,
}

/// Collects one row for each instant at which something changed.
pub struct Timeline {
    pub rows: Vec<TimelineRow>,
    now: Vec<TimelineRow>,
    slots: Vec<Slot>,
}

impl Timeline {
    /// For a scenario with so many Jobs.
    pub fn new(jobs: u32) -> Timeline {
        let empty = |job| TimelineRow {
            t: SimTime::ZERO,
            job,
            active: 0,
            pending: 0,
            running: 0,
            terminating: 0,
            running_terminating: 0,
            succeeded: 0,
            failed: 0,
        };
        Timeline { rows: Vec::new(), now: (0..jobs).map(empty).collect(), slots: Vec::new() }
    }

    fn change(&mut self, t: SimTime, pod: PodId, change: impl FnOnce(&mut TimelineRow, &mut Slot)) {
        let row = &mut self.now[pod.job as usize];
        row.t = t;
        change(row, &mut self.slots[pod.slot as usize]);
        let row = *row;
        // The last of one instant and Job stays.
        match self.rows.iter_mut().rev().take_while(|r| r.t == t).find(|r| r.job == pod.job) {
            Some(last) => *last = row,
            None => self.rows.push(row),
        }
    }
}

fn leave(row: &mut TimelineRow, slot: &mut Slot) {
    row.active -= u32::from(slot.active);
    row.pending -= u32::from(slot.pending);
    row.terminating -= u32::from(slot.terminating);
    row.running_terminating -= u32::from(slot.terminating && slot.running);
    *slot = Slot { running: slot.running, ..Slot::default() };
}

impl Observer for Timeline {
    fn pod_created(&mut self, t: SimTime, pod: PodId, _index: Option<u32>, _attempt: u32) {
        let at = pod.slot as usize;
        if at >= self.slots.len() {
            self.slots.resize(at + 1, Slot::default());
        }
        self.change(t, pod, |row, slot| {
            *slot = Slot { active: true, pending: true, ..Slot::default() };
            row.active += 1;
            row.pending += 1;
        });
    }

    fn container_started(&mut self, t: SimTime, pod: PodId, _restarts: u32) {
        self.change(t, pod, |row, slot| {
            row.running += 1;
            row.pending -= u32::from(slot.pending);
            slot.pending = false;
            slot.running = true;
            row.running_terminating += u32::from(slot.terminating);
        });
    }

    fn container_stopped(&mut self, t: SimTime, pod: PodId, _run: ContainerRun) {
        self.change(t, pod, |row, slot| {
            row.running -= 1;
            row.running_terminating -= u32::from(slot.terminating);
            slot.running = false;
        });
    }

    fn pod_delete_requested(&mut self, t: SimTime, pod: PodId) {
        self.change(t, pod, |row, slot| {
            let was_active = slot.active;
            leave(row, slot);
            slot.terminating = was_active;
            row.terminating += u32::from(was_active);
            row.running_terminating += u32::from(was_active && slot.running);
        });
    }

    fn pod_terminal(&mut self, t: SimTime, pod: PodId, end: PodEnd) {
        self.change(t, pod, |row, slot| {
            leave(row, slot);
            match end.phase {
                Phase::Succeeded => row.succeeded += 1,
                _ => row.failed += 1,
            }
        });
    }

    fn pod_removed(&mut self, t: SimTime, pod: PodId) {
        self.change(t, pod, leave);
    }
}
