//! One row a pod, for the run that is shown.

use crate::engine::time::SimTime;
use crate::kubernetes::facts::{Observer, Phase, PodEnd, PodId};

/// The life of one pod; times that did not come are none.
#[derive(Clone, PartialEq, Debug)]
pub struct PodRow {
    pub job: u32,
    /// Order of creation within the Job.
    pub pod: u32,
    pub index: Option<u32>,
    /// Earlier pods of the same index.
    pub attempt: u32,
    pub created: SimTime,
    pub scheduled: Option<SimTime>,
    pub started: Option<SimTime>,
    pub finished: Option<SimTime>,
    pub removed: Option<SimTime>,
    pub phase: Phase,
    pub exit_code: Option<i32>,
    pub reason: &'static str,
    pub restarts: u32,
}

/// Collects the rows in order of creation.
#[derive(Default)]
pub struct PodTable {
    pub rows: Vec<PodRow>,
    by_slot: Vec<usize>,
}

impl PodTable {
    fn row(&mut self, pod: PodId) -> &mut PodRow {
        &mut self.rows[self.by_slot[pod.slot as usize]]
    }
}

impl Observer for PodTable {
    fn pod_created(&mut self, t: SimTime, pod: PodId, index: Option<u32>, attempt: u32) {
        let at = pod.slot as usize;
        if at >= self.by_slot.len() {
            self.by_slot.resize(at + 1, 0);
        }
        self.by_slot[at] = self.rows.len();
        self.rows.push(PodRow {
            job: pod.job,
            pod: pod.ordinal,
            index,
            attempt,
            created: t,
            scheduled: None,
            started: None,
            finished: None,
            removed: None,
            phase: Phase::Pending,
            exit_code: None,
            reason: "",
            restarts: 0,
        });
    }

    fn pod_scheduled(&mut self, t: SimTime, pod: PodId) {
        self.row(pod).scheduled = Some(t);
    }

    fn container_started(&mut self, t: SimTime, pod: PodId, restarts: u32) {
        let row = self.row(pod);
        row.started = row.started.or(Some(t));
        row.phase = Phase::Running;
        row.restarts = restarts;
    }

    fn pod_terminal(&mut self, t: SimTime, pod: PodId, end: PodEnd) {
        let row = self.row(pod);
        row.finished = Some(t);
        row.phase = end.phase;
        row.exit_code = end.exit_code;
        row.reason = end.reason;
    }

    fn pod_removed(&mut self, t: SimTime, pod: PodId) {
        self.row(pod).removed = Some(t);
    }
}
