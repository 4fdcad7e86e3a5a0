//! One run in numbers: counts, peaks and integrals of each Job, in integers.

use crate::engine::time::SimTime;
use crate::kubernetes::facts::{ContainerRun, Observer, Phase, PodEnd, PodId};
use crate::kubernetes::simulate::{Ending, Outcome};

/// What one Job did in one run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct JobNumbers {
    pub pods_created: u64,
    /// Pods that reached phase Failed.
    pub pods_failed: u64,
    pub container_restarts: u64,
    /// Most pods that were neither finished nor being deleted.
    pub peak_active: u64,
    /// Most containers that ran at one instant.
    pub peak_running: u64,
    /// Integral of running containers, pod-nanoseconds.
    pub running_ns: u128,
    /// The part of it that led to no success.
    pub wasted_ns: u128,
    active: u64,
    running: u64,
}

/// Counts while the run goes on.
#[derive(Default)]
pub struct Numbers {
    jobs: Vec<JobNumbers>,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    job: u32,
    active: bool,
    running_since: Option<SimTime>,
    /// Length of the last run if it exited 0.
    last_good_ns: u64,
}

impl Numbers {
    /// For a scenario with so many Jobs.
    pub fn new(jobs: usize) -> Numbers {
        Numbers { jobs: vec![JobNumbers::default(); jobs], slots: Vec::new() }
    }

    /// The numbers of each Job, once the run is over. What still runs then is cut at the run's end, or, if the
    /// Job is stuck, at its last event.
    pub fn finish(mut self, ending: &Ending) -> Vec<JobNumbers> {
        for slot in &self.slots {
            let Some(since) = slot.running_since else { continue };
            let end = &ending.jobs[slot.job as usize];
            let cut = match end.outcome {
                Outcome::Stuck(_) | Outcome::Suspended => end.last_change,
                _ => ending.at,
            };
            let length = u128::from(cut.since(since).nanos());
            let job = &mut self.jobs[slot.job as usize];
            job.running_ns += length;
            job.wasted_ns += length;
        }
        self.jobs
    }

    fn leave_active(&mut self, pod: PodId) {
        let slot = &mut self.slots[pod.slot as usize];
        if slot.active {
            slot.active = false;
            self.jobs[pod.job as usize].active -= 1;
        }
    }
}

impl Observer for Numbers {
    #[inline]
    fn pod_created(&mut self, _t: SimTime, pod: PodId, _index: Option<u32>, _attempt: u32) {
        let at = pod.slot as usize;
        if at >= self.slots.len() {
            self.slots.resize(at + 1, Slot::default());
        }
        self.slots[at] = Slot { job: pod.job, active: true, running_since: None, last_good_ns: 0 };
        let job = &mut self.jobs[pod.job as usize];
        job.pods_created += 1;
        job.active += 1;
        job.peak_active = job.peak_active.max(job.active);
    }

    #[inline]
    fn container_started(&mut self, t: SimTime, pod: PodId, restarts: u32) {
        self.slots[pod.slot as usize].running_since = Some(t);
        let job = &mut self.jobs[pod.job as usize];
        job.running += 1;
        job.peak_running = job.peak_running.max(job.running);
        job.container_restarts += u64::from(restarts > 0);
    }

    #[inline]
    fn container_stopped(&mut self, t: SimTime, pod: PodId, run: ContainerRun) {
        let length = t.since(run.started).nanos();
        let slot = &mut self.slots[pod.slot as usize];
        slot.running_since = None;
        slot.last_good_ns = if run.exit_code == 0 { length } else { 0 };
        let job = &mut self.jobs[pod.job as usize];
        job.running -= 1;
        job.running_ns += u128::from(length);
        if run.exit_code != 0 {
            job.wasted_ns += u128::from(length);
        }
    }

    #[inline]
    fn pod_delete_requested(&mut self, _t: SimTime, pod: PodId) {
        self.leave_active(pod);
    }

    #[inline]
    fn pod_terminal(&mut self, _t: SimTime, pod: PodId, end: PodEnd) {
        self.leave_active(pod);
        if end.phase == Phase::Failed {
            let good = self.slots[pod.slot as usize].last_good_ns;
            let job = &mut self.jobs[pod.job as usize];
            job.pods_failed += 1;
            // Its container exited 0, but after the pod's deadline.
            job.wasted_ns += u128::from(good);
        }
    }
}
