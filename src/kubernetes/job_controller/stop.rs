//! How a controller that is told to stop ends: its workers wait for the answers to requests that are on the wire.
//!
//! Such requests have no effect, and a call that still waits for its token gives up. Without a rate limit the sync
//! that lost its creations or deletions sends its status once more before it sees that it was told to stop, and a key
//! that was added during the sync is synced once more. The next controller starts when all of them are back (Run
//! waits for its workers).

use super::sync_state::Step;
use super::work_queue::WORKERS;
use super::writes::Op;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::event::Event;
use crate::kubernetes::facts::Observer;
use crate::kubernetes::world::World;

impl<'a, O: Observer> World<'a, O> {
    /// Tells the controller to stop. True: it takes until `controller_stops_at`.
    pub(in crate::kubernetes) fn stop_controller(&mut self) -> bool {
        let latency = self.scenario.control_plane.api_latency;
        if latency == SimDuration::ZERO {
            return false;
        }
        let (now, epoch, limited) = (self.now, self.epoch, self.bucket.is_some());
        let mut stops_at = SimTime::ZERO;
        for due in self.queue.waiting() {
            let Event::Call(number) = Event::unpack(due.payload) else { continue };
            let call = &self.calls[number as usize];
            // The goroutine that sends events is not waited for.
            if call.epoch != epoch || matches!(call.op, Op::Event) || due.at > now + latency {
                continue;
            }
            let mut back_at = due.at;
            if !limited {
                let jobs = &self.jobs;
                for one_more in [
                    jobs.iter().any(|job| job.memory.sync.has_lost_pods()),
                    jobs.iter().any(|job| job.memory.processing && job.memory.dirty),
                ] {
                    back_at = if one_more { back_at + latency } else { back_at };
                }
            }
            stops_at = stops_at.max(back_at);
        }
        if stops_at <= now {
            return false;
        }
        self.controller_stops_at = stops_at;
        self.epoch += 1;
        self.busy_workers = WORKERS;
        true
    }
}

impl super::sync_state::Sync {
    /// Creations or deletions of pods are on the wire.
    fn has_lost_pods(&self) -> bool {
        self.outstanding > 0 && matches!(self.step, Step::Creating | Step::Counting)
    }
}
