//! The controller's work queue (client-go util/workqueue): one key a Job, five workers.
//!
//! A key waits at most once: the earliest time wins. A key that is added while it is being processed is processed
//! once more afterwards. An error puts it back after 1, 2, 4 ... 60 s.

use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::event::Event;
use crate::kubernetes::facts::{Decision, Observer};
use crate::kubernetes::world::World;
use crate::marks::mark;

/// syncJobBatchPeriod.
pub(super) const BATCH_PERIOD: SimDuration = SimDuration::SECOND;
/// concurrent-job-syncs.
pub(super) const WORKERS: u32 = 5;
/// DefaultJobApiBackOff and MaxJobApiBackOff.
const ERROR_BASE: SimDuration = SimDuration::SECOND;
const ERROR_MAX: SimDuration = SimDuration::from_whole_seconds(60);

impl<'a, O: Observer> World<'a, O> {
    /// enqueueSyncJobBatched.
    #[inline(always)]
    pub(super) fn enqueue_batched(&mut self, job: u32) {
        if self.is_ideal() {
            return self.enqueue(job);
        }
        self.enqueue_after(job, BATCH_PERIOD);
    }

    /// AddAfter.
    #[inline(always)]
    pub(super) fn enqueue_after(&mut self, job: u32, delay: SimDuration) {
        if delay == SimDuration::ZERO {
            return self.enqueue(job);
        }
        let due = self.now + delay;
        // Most events come while the window is open already.
        let waiting = self.jobs[job as usize].memory.waiting;
        if due >= waiting {
            mark!("2.2.3 a later time is lost" if due > waiting);
            return;
        }
        self.wait_until(job, due);
    }

    fn wait_until(&mut self, job: u32, due: SimTime) {
        let memory = &mut self.jobs[job as usize].memory;
        mark!("2.2.3 the earliest time wins" if memory.waiting < SimTime::NEVER);
        memory.waiting = due;
        if !memory.wake_ups.contains(&due) {
            memory.wake_ups.rotate_right(1);
            memory.wake_ups[0] = due;
            self.timer_at(due, Event::Wake(job));
        }
    }

    /// Add.
    #[inline]
    pub(super) fn enqueue(&mut self, job: u32) {
        let memory = &mut self.jobs[job as usize].memory;
        if memory.dirty {
            return;
        }
        memory.dirty = true;
        mark!("2.2.1 an open window stays open" if memory.waiting < SimTime::NEVER);
        if !memory.processing {
            self.ready_keys.push_back(job);
        }
    }

    /// A delayed entry is due, unless an earlier one has taken its place.
    pub(in crate::kubernetes) fn wake(&mut self, job: u32) {
        let now = self.now;
        let memory = &mut self.jobs[job as usize].memory;
        for wake_up in &mut memory.wake_ups {
            if *wake_up == now {
                *wake_up = SimTime::NEVER;
            }
        }
        if memory.waiting != now {
            return;
        }
        memory.waiting = SimTime::NEVER;
        if self.ready_keys.is_empty() && self.busy_workers < WORKERS && !memory.dirty && !memory.processing {
            // It would be taken at once.
            return self.process(job);
        }
        self.enqueue(job);
    }

    /// Workers take what is ready. Called once the event in hand is dealt with.
    pub(in crate::kubernetes) fn drain(&mut self) {
        while self.busy_workers < WORKERS {
            let Some(job) = self.ready_keys.pop_front() else { return };
            self.jobs[job as usize].memory.dirty = false;
            self.process(job);
        }
        mark!("2.1 five workers" if !self.ready_keys.is_empty());
    }

    #[inline]
    fn process(&mut self, job: u32) {
        self.jobs[job as usize].memory.processing = true;
        self.busy_workers += 1;
        self.sync(job);
    }

    /// The worker is done with the key.
    #[inline(always)]
    pub(super) fn synced(&mut self, job: u32, result: Result<(), SyncError>) {
        self.busy_workers -= 1;
        let memory = &mut self.jobs[job as usize].memory;
        mark!("2.2.2 a success resets the delay of errors" if result.is_ok() && memory.errors > 0);
        match result {
            Ok(()) => memory.errors = 0,
            Err(SyncError) => self.try_again(job),
        }
        let memory = &mut self.jobs[job as usize].memory;
        memory.processing = false;
        if memory.dirty {
            mark!("2.2.4 added while it is processed: once more");
            self.ready_keys.push_back(job);
        }
    }

    #[inline(never)]
    fn try_again(&mut self, job: u32) {
        let memory = &mut self.jobs[job as usize].memory;
        mark!("2.2.2 an error: again after a second" if memory.errors == 0);
        mark!("2.2.2 the next error: after twice the time" if memory.errors > 0);
        let mut delay = ERROR_BASE;
        for _ in 0..memory.errors.min(6) {
            delay = delay.doubled(ERROR_MAX);
        }
        memory.errors += 1;
        self.observer.decision(self.now, job, Decision::TryAgain { at: self.now + delay });
        self.enqueue_after(job, delay);
    }
}

/// The sync gave up; its key is tried again later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SyncError;
