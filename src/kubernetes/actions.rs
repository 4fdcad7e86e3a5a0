//! What somebody does while the Jobs run.

use super::event::Event;
use super::facts::Observer;
use super::world::World;
use crate::model::patch::JobPatch;
use crate::model::scenario::{Action, PodRef};

impl<'a, O: Observer> World<'a, O> {
    /// An entry of the timeline is due.
    pub(super) fn act(&mut self, number: u32) {
        if self.now < self.controller_stops_at {
            // Whoever plays the timeline waits for the end of the controller that he stops.
            self.at(self.controller_stops_at, Event::Action(number));
            return;
        }
        let scenario = self.scenario;
        match &scenario.timeline[number as usize].action {
            Action::Patch { job, patch } => self.patch_job(*job as u32, patch),
            Action::DeletePod { job, pod } => {
                if let Some(slot) = self.find(*job as u32, *pod) {
                    let key = self.pods[slot as usize].key(slot);
                    self.delete_pod(key);
                }
            }
            Action::EvictPod { job, pod } => {
                if let Some(slot) = self.find(*job as u32, *pod) {
                    let pod = &self.pods[slot as usize];
                    let key = pod.key(slot);
                    if !pod.live.disrupted {
                        self.change_pod(slot, |view| view.disrupted = true);
                    }
                    self.delete_pod(key);
                }
            }
            Action::DeleteJob { job, propagation } => self.delete_job(*job as u32, *propagation),
            Action::RestartController => {
                if self.now > self.controller_stops_at && self.stop_controller() {
                    self.at(self.controller_stops_at, Event::Action(number));
                } else {
                    self.restart_controller();
                }
            }
        }
    }

    /// A change of a Job's spec reaches the API server.
    pub(super) fn patch_job(&mut self, job: u32, patch: &JobPatch) {
        let j = &mut self.jobs[job as usize];
        if !j.exists {
            return self.observer.change_refused(self.now, job, &[]);
        }
        match patch.apply(&j.spec) {
            Err(refusals) => self.observer.change_refused(self.now, job, &refusals),
            Ok(spec) if spec == j.spec => {}
            Ok(spec) => {
                j.spec = spec;
                j.generation += 1;
                j.last_change = self.now;
                self.notify_job(job);
            }
        }
    }

    /// The pod meant, if it still exists: by number of creation, or the youngest ever of an index.
    fn find(&self, job: u32, pod: PodRef) -> Option<u32> {
        let slots = self.live_slots(job);
        match pod {
            PodRef::Ordinal(n) => slots.into_iter().find(|&s| self.pods[s as usize].ordinal == n),
            PodRef::Index(index) => {
                let j = &self.jobs[job as usize];
                let youngest = j.index_retries.get(&index).copied().unwrap_or(0);
                slots.into_iter().find(|&s| {
                    let pod = &self.pods[s as usize];
                    pod.index == Some(index) && pod.attempt == youngest
                })
            }
        }
    }
}
