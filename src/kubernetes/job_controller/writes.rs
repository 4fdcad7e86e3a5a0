//! What the Job controller writes, and what happens when a write takes effect.

use super::events::EventType;
use crate::engine::time::SimDuration;
use crate::kubernetes::facts::Observer;
use crate::kubernetes::world::{PodKey, World};

/// A write of the Job controller.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// POST of a pod.
    Create { job: u32, index: Option<u32>, failures: u32, ignored: u32 },
    /// DELETE of a pod of a Job that ends: it keeps its finalizer, so that it is counted.
    Delete { job: u32, pod: PodKey },
    /// PATCH, then DELETE, of a pod that is too many: it is not counted.
    Remove { job: u32, pod: PodKey },
    /// The second half of `Remove`.
    RemoveDelete { job: u32, pod: PodKey },
    /// PATCH of a pod that has been counted.
    Strip { job: u32, pod: PodKey },
    /// The first PUT of the status.
    PutInterim { job: u32 },
    /// The second PUT of the status.
    PutFinal { job: u32 },
    /// PATCH of a pod whose Job is gone or finished.
    Orphan { job: u32, pod: PodKey },
    /// POST of an event.
    Event,
}

impl Op {
    /// The Job whose sync goes on only after this.
    pub(in crate::kubernetes) fn is_waited_for(self) -> Option<u32> {
        match self {
            Op::Create { job, .. }
            | Op::Delete { job, .. }
            | Op::Remove { job, .. }
            | Op::RemoveDelete { job, .. }
            | Op::Strip { job, .. }
            | Op::PutInterim { job }
            | Op::PutFinal { job } => Some(job),
            Op::Orphan { .. } | Op::Event => None,
        }
    }
}

impl<'a, O: Observer> World<'a, O> {
    /// A write of the controller takes effect.
    #[inline(always)]
    pub(in crate::kubernetes) fn take_effect(&mut self, op: Op) {
        match op {
            Op::Create { job, index, failures, ignored } => {
                let version = self.create_pod(job, index, failures, ignored);
                self.wrote_pod(job, version);
                self.record_event(job, EventType::Normal);
            }
            Op::Delete { job, pod } => {
                // NotFound is no event.
                if self.delete_pod(pod) {
                    self.record_event(job, EventType::Normal);
                }
            }
            Op::Remove { job, pod } => self.remove_first_half(job, pod),
            Op::RemoveDelete { job, pod } => self.remove_second_half(job, pod),
            Op::Strip { job, pod } => {
                if let Some(version) = self.strip_finalizer(pod) {
                    self.wrote_pod(job, version);
                }
            }
            Op::PutInterim { job } => self.put(job),
            Op::PutFinal { job } => {
                self.put(job);
                self.record_finished(job);
            }
            Op::Orphan { job, pod } => {
                self.strip_finalizer(pod);
                self.orphan_done(job, pod);
            }
            Op::Event => self.event_in_flight = false,
        }
    }

    /// The answer to a call that was under way: its sync goes on after the last one.
    pub(in crate::kubernetes) fn came_back(&mut self, op: Op) {
        if let Some(job) = op.is_waited_for() {
            let sync = &mut self.jobs[job as usize].memory.sync;
            sync.outstanding -= 1;
            if sync.outstanding == 0 {
                self.advance(job);
            }
        }
        if !matches!(op, Op::Orphan { .. }) {
            self.send_event();
        }
    }

    fn remove_first_half(&mut self, job: u32, pod: PodKey) {
        match self.strip_finalizer(pod) {
            Some(version) => {
                self.wrote_pod(job, version);
                let rank = i64::from(self.pods[pod.slot as usize].ordinal);
                self.write(rank, Op::RemoveDelete { job, pod });
            }
            None => self.jobs[job as usize].memory.expected_deletions -= 1,
        }
    }

    fn remove_second_half(&mut self, job: u32, pod: PodKey) {
        if self.delete_pod(pod) {
            self.record_event(job, EventType::Normal);
        } else {
            self.jobs[job as usize].memory.expected_deletions -= 1;
        }
    }

    /// The answer to a write bears the version that the cache must have seen before the next sync (WroteAt).
    fn wrote_pod(&mut self, job: u32, version: u64) {
        if self.scenario.control_plane.watch_delay > SimDuration::ZERO {
            let memory = &mut self.jobs[job as usize].memory;
            memory.wrote_pod_version = memory.wrote_pod_version.max(version);
        }
    }
}
