//! One sync of a Job (syncJob), from the first look to the last write.
//!
//! With an API that answers at once a sync happens within one instant; with token bucket and latency it takes
//! time while the cluster goes on. Both run the same code: a sync is a sequence of phases, each of which makes
//! writes, and the next begins when all of them have taken effect. What it has read stays as it was read.

use super::backoff::Backoff;
use super::cache::list_pod;
use super::sync_state::{Step, Work};
use super::work_queue::SyncError;
use super::writes::Op;
use crate::engine::time::SimDuration;
use crate::kubernetes::facts::{Decision, Observer};
use crate::kubernetes::world::{Job, World};
use crate::marks::mark;

/// ExpectationsTimeout.
const EXPECTATIONS_TIMEOUT: SimDuration = SimDuration::from_whole_seconds(300);

impl<'a, O: Observer> World<'a, O> {
    /// A worker has taken the Job's key.
    #[inline(never)]
    pub(super) fn sync(&mut self, job: u32) {
        let memory = &mut self.jobs[job as usize].memory;
        // A cache older than this controller's own writes (consistencyStore.EnsureReady).
        if memory.wrote_pod_version > self.seen_pod_version
            || memory.wrote_job_version > self.seen_job_version
        {
            mark!("2.3.0 a cache older than own writes: an error");
            self.observer.decision(self.now, job, Decision::CacheBehind);
            return self.synced(job, Err(SyncError));
        }
        memory.wrote_pod_version = 0;
        memory.wrote_job_version = 0;
        if !memory.cache.exists || memory.cache.finished_at.is_some() {
            mark!("2.3.0 the Job is gone" if !memory.cache.exists);
            mark!("2.3.0 the Job is finished" if memory.cache.exists);
            memory.backoff = Backoff::default();
            return self.synced(job, Ok(()));
        }
        if memory.cache.spec.managed_elsewhere {
            mark!("2.3.0 managedBy another controller");
            return self.synced(job, Ok(()));
        }
        if self.took_short_cut(job) {
            return self.synced(job, Ok(()));
        }
        self.read(job);
        self.judge(job);
        self.act_on_verdict(job);
        if self.api_is_immediate() {
            return self.run_through(job);
        }
        self.advance(job);
    }

    /// All phases at once: every write has taken effect when it is made.
    #[inline(always)]
    fn run_through(&mut self, job: u32) {
        if self.jobs[job as usize].memory.sync.step == Step::Creating {
            self.create_batch(job);
        }
        self.count(job);
        self.strip(job);
        if self.jobs[job as usize].memory.sync.step == Step::Finishing {
            self.finish_sync(job);
        }
        self.end(job);
    }

    #[inline]
    fn end(&mut self, job: u32) {
        let sync = &mut self.jobs[job as usize].memory.sync;
        sync.step = Step::Idle;
        let result = if sync.failed { Err(SyncError) } else { Ok(()) };
        self.give_back(job);
        self.synced(job, result);
    }

    /// Reads the pods to be counted and what they mean.
    fn read(&mut self, job: u32) {
        let World { jobs, pods, .. } = self;
        let j = &mut jobs[job as usize];
        let cache = &mut j.memory.cache;
        let sync = &mut j.memory.sync;
        sync.begin(cache.version, cache.deleting, &j.counters);
        sync.active = cache.active;
        sync.ready = cache.ready;
        sync.terminating = cache.terminating;
        for key in cache.todo.drain(..) {
            let pod = &mut pods[key.slot as usize];
            if pod.uid != key.uid {
                continue;
            }
            pod.listed = false;
            if pod.seen().exists && pod.seen().finalizer {
                sync.work.push(Work::read(pod, key.slot));
            }
        }
        sort_work(&mut sync.work);
    }

    /// Ends the pods of a Job that ends, or brings the number of pods to what it should be.
    fn act_on_verdict(&mut self, job: u32) {
        let now = self.now;
        let memory = &mut self.jobs[job as usize].memory;
        let satisfied = memory.expected_creations <= 0 && memory.expected_deletions <= 0
            || now.since(memory.expected_since) > EXPECTATIONS_TIMEOUT;
        let deleting = memory.cache.deleting;
        if memory.sync.verdict.is_some() || deleting {
            self.read_everything(job);
        }
        let memory = &mut self.jobs[job as usize].memory;
        mark!("2.4 open expectations: no pods come or go" if !satisfied && memory.sync.verdict.is_none());
        mark!("2.3.7 a Job in deletion gets no pods" if deleting && memory.sync.verdict.is_none());
        memory.sync.step = Step::Counting;
        if memory.sync.verdict.is_some() {
            return self.delete_active_pods(job, satisfied);
        }
        if satisfied && !deleting {
            memory.sync.managed = true;
            self.manage(job);
        }
    }

    /// A Job that ends looks at every pod that still has its finalizer.
    fn read_everything(&mut self, job: u32) {
        if self.jobs[job as usize].memory.cache.tracked as usize
            == self.jobs[job as usize].memory.sync.work.len()
        {
            return;
        }
        let slots = self.seen_slots(job);
        let World { jobs, pods, .. } = self;
        let sync = &mut jobs[job as usize].memory.sync;
        sync.work.clear();
        for slot in slots {
            let pod = &mut pods[slot as usize];
            if pod.seen().finalizer {
                sync.work.push(Work::read(pod, slot));
            }
        }
        sort_work(&mut sync.work);
    }

    /// deleteActivePods: all of them, with their finalizers on.
    fn delete_active_pods(&mut self, job: u32, satisfied: bool) {
        let memory = &mut self.jobs[job as usize].memory;
        let sync = &mut memory.sync;
        sync.judged = true;
        if !satisfied {
            mark!("2.3.6 open expectations: no end in this sync");
            // There may be pods that the cache does not show yet.
            sync.verdict = None;
        }
        mark!("2.3.6 the end deletes all active pods" if sync.active > 0);
        mark!("2.3.6 the end knows no cap of 500" if sync.active > 500);
        sync.terminating += sync.active;
        let active = std::mem::take(&mut sync.active);
        sync.ready = 0;
        if active == 0 {
            return;
        }
        self.observer.decision(self.now, job, Decision::DeleteActive { deletes: active });
        for slot in self.seen_slots(job) {
            let pod = &self.pods[slot as usize];
            if pod.seen().is_active() {
                let (key, rank) = (pod.key(slot), i64::from(pod.ordinal));
                self.write(rank, Op::Delete { job, pod: key });
            }
        }
    }

    /// Goes on as far as writes on their way allow.
    pub(super) fn advance(&mut self, job: u32) {
        loop {
            let sync = &mut self.jobs[job as usize].memory.sync;
            if sync.outstanding > 0 {
                return;
            }
            match sync.step {
                Step::Idle => return,
                Step::Creating => self.create_batch(job),
                Step::Counting => self.count(job),
                Step::Stripping => self.strip(job),
                Step::Finishing => self.finish_sync(job),
                Step::Ending => return self.end(job),
            }
        }
    }

    /// Pods that still wait to be counted go back on the list.
    fn give_back(&mut self, job: u32) {
        let World { jobs, pods, .. } = self;
        let Job { memory, .. } = &mut jobs[job as usize];
        for work in &memory.sync.work {
            let pod = &mut pods[work.key.slot as usize];
            if pod.uid == work.key.uid {
                list_pod(&mut memory.cache.todo, pod, work.key.slot);
            }
        }
    }
}

#[inline]
fn sort_work(work: &mut [Work]) {
    if work.len() > 1 {
        work.sort_unstable_by_key(|w| (w.index, w.key.uid));
    }
}
