//! Events that the controller records about Jobs; they matter only where events take tokens of its client.
//!
//! Relies on the client (`api_server`) for the tokens. Does not keep events: what they say is in the facts.
//! The recorder (client-go tools/record) is a queue with one reader, which sends one event at a time. A goroutine
//! that records an event runs on, so that a call it makes in the same instant gets its token before the event.

use super::writes::Op;
use crate::kubernetes::facts::Observer;
use crate::kubernetes::status::ConditionType;
use crate::kubernetes::world::World;
use crate::marks::mark;

/// Type of an event; the recorder's spam filter counts each for itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EventType {
    Normal,
    Warning,
}

impl<'a, O: Observer> World<'a, O> {
    /// The controller records an event about a Job. It goes out with the next `send_event`.
    pub(super) fn record_event(&mut self, job: u32, event_type: EventType) {
        if self.scenario.control_plane.events_take_tokens && self.bucket.is_some() {
            mark!("2.11 events take tokens");
            self.events_waiting.push_back((job, event_type));
        }
    }

    /// The final PUT is made: if it finished the Job, that is an event (recordJobFinished).
    #[inline]
    pub(super) fn record_finished(&mut self, job: u32) {
        if self.bucket.is_some() && !self.jobs[job as usize].memory.sync.failed {
            self.record_end(job);
        }
    }

    fn record_end(&mut self, job: u32) {
        let j = &self.jobs[job as usize];
        let status = &j.memory.sync.status;
        let Some(end) = status.conditions.finished() else { return };
        if end.kind == ConditionType::Complete {
            if j.memory.cache.spec.completions().is_some_and(|n| status.succeeded > n) {
                self.record_event(job, EventType::Warning);
            }
            self.record_event(job, EventType::Normal);
        } else {
            self.record_event(job, EventType::Warning);
        }
    }

    /// Events go out one after the other, as far as the recorder's spam filter lets them.
    #[inline]
    pub(super) fn send_event(&mut self) {
        while !self.event_in_flight {
            let Some((job, event_type)) = self.events_waiting.pop_front() else { return };
            let now = self.now;
            let filter = &mut self.jobs[job as usize].memory.event_filters[event_type as usize];
            mark!("2.1 events of an object: 25, then one in 300 s" if !filter.clone().try_take(now));
            if filter.try_take(now) {
                self.event_in_flight = true;
                self.write(0, Op::Event);
            }
        }
    }
}
