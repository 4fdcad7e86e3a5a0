//! Changes of stored objects, and when the controllers see them: after the watch delay, or, without one, at once.

use super::event::Event;
use super::facts::Observer;
use super::job_controller::cache::LifeStep;
use super::world::{Job, JobView, PodKey, PodView, World};
use crate::engine::time::SimDuration;
use crate::model::job::JobSpec;

/// A watch event on its way to the controllers.
#[derive(Clone, Debug)]
pub(super) enum Delivery {
    Pod { key: PodKey, view: PodView, version: u64 },
    Job { job: u32, seen: JobView, spec: Box<JobSpec> },
}

impl<'a, O: Observer> World<'a, O> {
    /// Changes a stored pod and tells the controllers.
    #[inline]
    pub(super) fn change_pod(&mut self, slot: u32, change: impl FnOnce(&mut PodView)) {
        self.store_pod(slot, change);
        self.show_pod(slot);
    }

    /// The same, for a change that brings most pods one step further.
    #[inline(always)]
    pub(super) fn advance_pod(&mut self, slot: u32, step: LifeStep, change: impl FnOnce(&mut PodView)) {
        self.store_pod(slot, change);
        if !self.saw_step(slot, step) {
            self.show_pod(slot);
        }
    }

    #[inline(always)]
    fn store_pod(&mut self, slot: u32, change: impl FnOnce(&mut PodView)) {
        self.version += 1;
        let pod = &mut self.pods[slot as usize];
        pod.version = self.version;
        let j = &mut self.jobs[pod.job as usize];
        j.last_change = self.now;
        change(&mut pod.live);
    }

    #[inline]
    fn show_pod(&mut self, slot: u32) {
        if self.scenario.control_plane.watch_delay == SimDuration::ZERO {
            return self.pod_seen(slot);
        }
        self.show_pod_later(slot);
    }

    #[inline(never)]
    fn show_pod_later(&mut self, slot: u32) {
        let due = self.now + self.scenario.control_plane.watch_delay;
        let pod = &self.pods[slot as usize];
        let (key, view, version) = (pod.key(slot), pod.live, pod.version);
        self.deliveries.push_back((due, Delivery::Pod { key, view, version }));
        self.call_at(due, Event::Watch);
    }

    /// Tells the controllers of a Job as it is now.
    #[inline]
    pub(super) fn notify_job(&mut self, job: u32) {
        self.next_version(job);
        if self.scenario.control_plane.watch_delay == SimDuration::ZERO {
            return self.job_seen(job);
        }
        self.notify_later(job);
    }

    #[inline(always)]
    pub(super) fn next_version(&mut self, job: u32) {
        self.version += 1;
        self.jobs[job as usize].version = self.version;
    }

    #[inline(never)]
    fn notify_later(&mut self, job: u32) {
        let due = self.now + self.scenario.control_plane.watch_delay;
        let j = &self.jobs[job as usize];
        let delivery = Delivery::Job { job, seen: j.view(), spec: Box::new(j.spec.clone()) };
        self.deliveries.push_back((due, delivery));
        self.call_at(due, Event::Watch);
    }

    pub(super) fn deliver(&mut self) {
        // After a restart of the controller there are more events than deliveries.
        if self.deliveries.front().is_none_or(|(due, _)| *due != self.now) {
            return;
        }
        let Some((_, delivery)) = self.deliveries.pop_front() else { return };
        match delivery {
            Delivery::Pod { key, view, version } => {
                self.seen_pod_version = version;
                self.pods[key.slot as usize].shown = Some(view);
                self.pod_seen(key.slot);
            }
            Delivery::Job { job, seen, spec } => {
                self.seen_job_version = seen.version;
                self.job_event(job, seen, Some(*spec));
            }
        }
    }
}

impl Job<'_> {
    /// What a watch event shows of it.
    pub(super) fn view(&self) -> JobView {
        JobView {
            exists: self.exists,
            version: self.version,
            generation: self.generation,
            deleting: self.deleting,
            start_time: self.counters.start_time,
            finished_at: self.counters.conditions.finished().map(|c| c.at),
        }
    }
}
