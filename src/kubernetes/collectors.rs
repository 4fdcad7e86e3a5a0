//! PodGC, the garbage collector and the TTL controller.

use super::event::Event;
use super::facts::{Observer, Phase, PodEnd};
use super::world::World;
use crate::engine::time::{SimDuration, SimTime};
use crate::marks::mark;
use crate::model::scenario::Propagation;

/// How long the garbage collector takes to notice, and how often it looks again.
const COLLECTOR_DELAY: SimDuration = SimDuration::from_nanos(100_000_000);

impl<'a, O: Observer> World<'a, O> {
    /// A pod without a node is being deleted: PodGC will find it at its next look.
    pub(super) fn expect_pod_gc(&mut self) {
        let Some(gc) = self.scenario.control_plane.pod_gc else { return };
        if self.pod_gc_due {
            return;
        }
        self.pod_gc_due = true;
        // PodGC goes before what happens at the same instant: it was scheduled a period earlier.
        let mut next = gc.first;
        if next < self.now {
            let periods = self.now.since(gc.first).nanos().div_ceil(gc.period.nanos());
            next = gc.first + SimDuration::from_nanos(periods * gc.period.nanos());
        }
        self.at(next, Event::PodGc);
    }

    /// PodGC looks: deleted pods without a node become Failed and go.
    pub(super) fn pod_gc(&mut self) {
        self.pod_gc_due = false;
        let mut found: Vec<u32> = (0..self.pods.len() as u32)
            .filter(|&s| {
                let view = &self.pods[s as usize].live;
                view.exists && view.deleting && !view.bound
            })
            .collect();
        found.sort_unstable_by_key(|&s| self.pods[s as usize].uid);
        for slot in found {
            let pod = &self.pods[slot as usize];
            let id = pod.id(slot);
            if !pod.live.phase.is_terminal() {
                mark!("4.2 PodGC fails a deleted pod without a node");
                let end = PodEnd { phase: Phase::Failed, exit_code: None, reason: "" };
                self.observer.pod_terminal(self.now, id, end);
                self.change_pod(slot, |view| view.phase = Phase::Failed);
            }
            self.delete_pod_now(slot);
        }
    }

    /// DELETE of a Job.
    pub(super) fn delete_job(&mut self, job: u32, propagation: Propagation) {
        let j = &mut self.jobs[job as usize];
        if !j.exists || j.deleting {
            return;
        }
        mark!("2.10 background: the Job goes before its pods" if matches!(propagation, Propagation::Background));
        match propagation {
            Propagation::Background => self.remove_job(job),
            Propagation::Foreground => {
                mark!("2.10 foreground: the Job goes after its pods");
                j.deleting = true;
                j.generation += 1;
                self.notify_job(job);
                self.at(self.cluster_clock(job) + COLLECTOR_DELAY, Event::Poll(job));
            }
        }
    }

    fn remove_job(&mut self, job: u32) {
        let j = &mut self.jobs[job as usize];
        j.exists = false;
        j.removed = true;
        j.last_change = self.now;
        if j.counters.conditions.finished().is_none() {
            self.unfinished -= 1;
        }
        self.observer.job_removed(self.now, job);
        self.notify_job(job);
        self.at(self.cluster_clock(job) + COLLECTOR_DELAY, Event::Collect(job));
    }

    /// The garbage collector deletes the pods of a Job.
    pub(super) fn collect(&mut self, job: u32) {
        for slot in self.live_slots(job) {
            let key = self.pods[slot as usize].key(slot);
            self.delete_pod(key);
        }
    }

    /// The garbage collector looks whether a Job in foreground deletion has pods left.
    pub(super) fn poll(&mut self, job: u32) {
        if !self.jobs[job as usize].collected {
            self.jobs[job as usize].collected = true;
            self.collect(job);
        }
        if !self.jobs[job as usize].exists {
            return;
        }
        if self.live_slots(job).is_empty() {
            self.remove_job(job);
        } else {
            self.at(self.now + COLLECTOR_DELAY, Event::Poll(job));
        }
    }

    /// The TTL controller looks at a Job (ttlafterfinished: processJob).
    pub(super) fn check_ttl(&mut self, job: u32) {
        let now = self.now;
        let j = &mut self.jobs[job as usize];
        let cache = &j.memory.cache;
        if !cache.exists || cache.deleting {
            return;
        }
        let (Some(ttl), Some(finished_at)) = (cache.spec.ttl_after_finished, cache.finished_at) else {
            return;
        };
        let mut expires = finished_at + ttl;
        if expires <= now {
            // Before it deletes, it asks the API server for the Job as it is.
            match j.spec.ttl_after_finished {
                Some(ttl) if j.exists => expires = finished_at + ttl,
                _ => return,
            }
        }
        if expires <= now {
            mark!("2.10 the TTL is over");
            return self.delete_job(job, Propagation::Foreground);
        }
        if expires < j.ttl_due {
            mark!("2.10 the TTL is armed");
            j.ttl_due = expires;
            self.timer_at(expires, Event::Ttl(job));
        }
    }

    pub(super) fn ttl_due(&mut self, job: u32) {
        let j = &mut self.jobs[job as usize];
        if j.ttl_due == self.now {
            j.ttl_due = SimTime::NEVER;
            self.check_ttl(job);
        }
    }
}
