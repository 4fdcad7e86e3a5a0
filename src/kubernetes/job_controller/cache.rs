//! The controller's cache: every watch event changes counters and may put the Job's key into the work queue
//! (job_controller.go: addPod, updatePod, deletePod, addJob, updateJob, deleteJob).

use super::failure_policy;
use super::memory::Memory;
use super::textbook;
use crate::engine::time::SimDuration;
use crate::kubernetes::api_server::TokenBucket;
use crate::kubernetes::facts::{Observer, Phase};
use crate::kubernetes::world::{Pod, PodView, World};
use crate::model::job::JobSpec;
use crate::model::policy::FailureAction;

impl<'a, O: Observer> World<'a, O> {
    /// The informer shows a pod in a new state; before, it was of class `old`.
    pub(in crate::kubernetes) fn pod_seen(&mut self, slot: u32, old: Class) {
        let pod = &mut self.pods[slot as usize];
        let job = pod.job;
        let memory = &mut self.jobs[job as usize].memory;
        let new = Class::of(pod.seen(), &memory.cache.spec);
        let changed = count_pod(memory, pod, slot, old, new);
        if !new.has(Class::EXISTS) && !pod.live.exists {
            self.free.push(slot);
        }
        self.pod_event(job, slot, old, new, changed);
        if self.scenario.control_plane.watch_delay > SimDuration::ZERO {
            self.let_go(slot);
        }
    }

    #[inline]
    fn pod_event(&mut self, job: u32, slot: u32, old: Class, new: Class, changed: bool) {
        let ideal = self.is_ideal();
        let memory = &mut self.jobs[job as usize].memory;
        let known = memory.cache.exists;
        if new.has(Class::DELETING) || !new.has(Class::EXISTS) {
            // deletePod: an update that sets deletionTimestamp, every later one, and the end.
            if !known || memory.cache.finished {
                let pod = &self.pods[slot as usize];
                if pod.seen().finalizer {
                    let key = pod.key(slot);
                    self.orphan_pod(job, key);
                }
                return;
            }
            memory.expected_deletions -= 1;
        } else {
            if !known {
                return;
            }
            if !old.has(Class::EXISTS) {
                memory.expected_creations -= 1;
                if ideal {
                    return;
                }
            }
        }
        if memory.cache.finished {
            return;
        }
        // The textbook controller is woken by what can change its mind, the real one by everything.
        if !ideal {
            return self.enqueue_batched(job);
        }
        let ended = new.has(Class::ENDED) && new.has(Class::EXISTS) && !new.has(Class::DELETING);
        if changed && !(ended && self.took_short_cut(job, slot)) {
            self.enqueue(job);
        }
    }

    /// The informer shows the Job as it is stored.
    pub(in crate::kubernetes) fn job_seen(&mut self, job: u32) {
        let j = &self.jobs[job as usize];
        let (exists, version, generation, deleting) = (j.exists, j.version, j.generation, j.deleting);
        // The spec is copied only when it changed.
        if j.memory.cache.exists && j.memory.cache.generation == generation {
            return self.job_event(job, exists, version, generation, deleting, None);
        }
        let spec = j.spec.clone();
        self.job_event(job, exists, version, generation, deleting, Some(spec));
    }

    /// The informer shows the Job as it was a watch delay ago.
    pub(in crate::kubernetes) fn job_seen_as(
        &mut self,
        job: u32,
        exists: bool,
        version: u64,
        generation: u64,
        deleting: bool,
        spec: &JobSpec,
    ) {
        self.job_event(job, exists, version, generation, deleting, Some(spec.clone()));
    }

    fn job_event(
        &mut self,
        job: u32,
        exists: bool,
        version: u64,
        generation: u64,
        deleting: bool,
        spec: Option<JobSpec>,
    ) {
        let j = &mut self.jobs[job as usize];
        let cache = &mut j.memory.cache;
        let known = cache.exists;
        let old_generation = cache.generation;
        let old_deadline = cache.spec.active_deadline;
        cache.exists = exists;
        cache.version = version;
        cache.generation = generation;
        cache.deleting = deleting;
        cache.finished = j.counters.conditions.finished().is_some();
        let finished = cache.finished;
        if let Some(spec) = spec {
            let resized = cache.spec.completions() != spec.completions();
            let replacement_changed = cache.spec.pod_replacement != spec.pod_replacement;
            cache.plain = textbook::is_plain(&spec);
            cache.spec = spec;
            if resized {
                cache.candidates.clear();
                cache.fresh = 0;
            }
            if replacement_changed {
                // Pods that are terminating now begin or cease to count as failed, and to hold their index.
                cache.candidates.clear();
                cache.fresh = 0;
                self.relist(job);
            }
        }
        if !exists {
            let memory = &mut self.jobs[job as usize].memory;
            memory.expected_creations = 0;
            memory.expected_deletions = 0;
            memory.backoff = Default::default();
            self.enqueue(job);
            return self.orphan_all(job);
        }
        if !known {
            self.enqueue(job);
            return self.check_ttl(job);
        }
        if finished {
            self.orphan_all(job);
            return self.check_ttl(job);
        }
        if generation == old_generation {
            if !self.is_ideal() {
                self.enqueue_batched(job);
            }
            return;
        }
        self.enqueue(job);
        let j = &self.jobs[job as usize];
        let deadline = j.memory.cache.spec.active_deadline;
        if let (Some(start), Some(limit)) = (j.counters.start_time, deadline)
            && deadline != old_deadline
        {
            let rest = (start + limit).since(self.now);
            self.enqueue_after(job, rest);
        }
    }

    /// Puts every pod that may have to be counted on the list.
    fn relist(&mut self, job: u32) {
        for slot in self.seen_slots(job) {
            let pod = &mut self.pods[slot as usize];
            let memory = &mut self.jobs[job as usize].memory;
            list_pod(memory, pod, slot);
        }
    }

    /// The controller starts anew: its memory is lost, its caches are filled, the Jobs first.
    pub(in crate::kubernetes) fn restart_controller(&mut self) {
        self.epoch += 1;
        self.bucket = self.scenario.control_plane.client_limit.map(TokenBucket::full);
        self.ready_keys.clear();
        self.at_gate.clear();
        self.events_waiting.clear();
        self.event_in_flight = false;
        self.busy_workers = 0;
        self.deliveries.clear();
        self.seen_pod_version = self.version;
        self.seen_job_version = self.version;
        for job in 0..self.jobs.len() as u32 {
            let spec = self.jobs[job as usize].spec.clone();
            self.jobs[job as usize].memory = Memory::new(spec);
        }
        for pod in &mut self.pods {
            pod.listed = false;
        }
        for job in 0..self.jobs.len() as u32 {
            if self.jobs[job as usize].exists {
                self.job_seen(job);
            }
        }
        for job in 0..self.jobs.len() as u32 {
            for slot in self.live_slots(job) {
                let pod = &mut self.pods[slot as usize];
                pod.shown = pod.shown.map(|_| pod.live);
                self.pod_seen(slot, Class::default());
            }
            // Creations and deletions that nobody expects leave no trace in a new expectations store.
            let memory = &mut self.jobs[job as usize].memory;
            memory.expected_creations = 0;
            memory.expected_deletions = 0;
        }
    }
}

/// What counters and events depend on in a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::kubernetes) struct Class {
    bits: u8,
    /// Container restarts, unless it is finished or gone.
    restarts: u32,
}

impl Class {
    const ACTIVE: u8 = 1;
    const TERMINATING: u8 = 2;
    /// Active, and Ready is True.
    const READY: u8 = 4;
    const TRACKED: u8 = 8;
    /// Failed, and a FailJob rule matches.
    const FAILS_JOB: u8 = 16;
    const EXISTS: u8 = 32;
    /// Succeeded or Failed.
    const ENDED: u8 = 64;
    const DELETING: u8 = 128;

    /// The class of a pod as it is shown.
    #[inline]
    pub(in crate::kubernetes) fn of(view: &PodView, spec: &JobSpec) -> Class {
        if !view.exists {
            return Class::default();
        }
        let ended = view.phase.is_terminal();
        let active = !ended && !view.deleting;
        let fails_job = spec.pod_failure_policy.is_some()
            && view.phase == Phase::Failed
            && failure_policy::matching_action(spec, view) == Some(FailureAction::FailJob);
        let bit = |on: bool, bit: u8| if on { bit } else { 0 };
        let bits = Class::EXISTS
            | bit(active, Class::ACTIVE)
            | bit(!ended && view.deleting, Class::TERMINATING)
            | bit(active && view.is_ready(), Class::READY)
            | bit(view.finalizer, Class::TRACKED)
            | bit(fails_job, Class::FAILS_JOB)
            | bit(ended, Class::ENDED)
            | bit(view.deleting, Class::DELETING);
        Class { bits, restarts: if ended { 0 } else { view.restarts } }
    }

    #[inline]
    fn has(self, bit: u8) -> bool {
        self.bits & bit != 0
    }
}

/// Follows one pod in the counters. Returns whether its class changed: what a textbook controller looks at.
#[inline]
fn count_pod(memory: &mut Memory, pod: &mut Pod, slot: u32, old: Class, new: Class) -> bool {
    let cache = &mut memory.cache;
    let step = |counter: &mut u32, bit: u8| {
        *counter = *counter + u32::from(new.has(bit)) - u32::from(old.has(bit));
    };
    step(&mut cache.active, Class::ACTIVE);
    step(&mut cache.terminating, Class::TERMINATING);
    step(&mut cache.ready, Class::READY);
    step(&mut cache.tracked, Class::TRACKED);
    step(&mut cache.fail_job_matches, Class::FAILS_JOB);
    cache.restarts = cache.restarts + u64::from(new.restarts) - u64::from(old.restarts);
    let moved = (old.bits ^ new.bits) & (Class::ACTIVE | Class::TERMINATING) != 0;
    if let Some(index) = pod.index
        && moved
    {
        let pods = cache.indexes.entry(index).or_default();
        step(&mut pods.active, Class::ACTIVE);
        step(&mut pods.terminating, Class::TERMINATING);
        if *pods == Default::default() {
            cache.indexes.remove(&index);
        }
        let left = old.bits & !new.bits & (Class::ACTIVE | Class::TERMINATING) != 0;
        if left && index < cache.fresh {
            cache.candidates.insert(index);
        }
    }
    list_pod(memory, pod, slot);
    moved || old.restarts != new.restarts
}

/// Puts a pod on the list of those to count, once.
#[inline]
fn list_pod(memory: &mut Memory, pod: &mut Pod, slot: u32) {
    let view = pod.seen();
    let ended = view.phase.is_terminal() || view.deleting;
    if !pod.listed && view.exists && view.finalizer && ended {
        pod.listed = true;
        memory.cache.todo.push(pod.key(slot));
    }
}
