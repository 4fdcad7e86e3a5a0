//! The controller's cache: every watch event changes counters and may put the Job's key into the work queue
//! (job_controller.go: addPod, updatePod, deletePod, addJob, updateJob, deleteJob).

use super::failure_policy;
use super::memory::Memory;
use crate::engine::time::SimDuration;
use crate::kubernetes::api_server::TokenBucket;
use crate::kubernetes::facts::{Observer, Phase};
use crate::kubernetes::world::{JobView, Pod, PodView, World};
use crate::model::job::JobSpec;
use crate::model::policy::FailureAction;

impl<'a, O: Observer> World<'a, O> {
    /// The informer shows a pod in a new state.
    pub(in crate::kubernetes) fn pod_seen(&mut self, slot: u32, view: PodView) {
        let pod = &mut self.pods[slot as usize];
        let job = pod.job;
        let old = pod.seen;
        pod.seen = view;
        let memory = &mut self.jobs[job as usize].memory;
        let changed = count_pod(memory, pod, slot, &old, &view);
        if !view.exists && !pod.live.exists {
            self.free.push(slot);
        }
        self.pod_event(job, slot, &old, &view, changed);
        if self.scenario.control_plane.watch_delay > SimDuration::ZERO {
            self.let_go(slot);
        }
    }

    fn pod_event(&mut self, job: u32, slot: u32, old: &PodView, view: &PodView, changed: bool) {
        let ideal = self.is_ideal();
        let memory = &mut self.jobs[job as usize].memory;
        let known = memory.cache.exists;
        if view.deleting || !view.exists {
            // deletePod: an update that sets deletionTimestamp, every later one, and the end.
            if !known || memory.cache.finished_at.is_some() {
                if view.finalizer {
                    let key = self.pods[slot as usize].key(slot);
                    self.orphan_pod(job, key);
                }
                return;
            }
            memory.expected_deletions -= 1;
        } else {
            if !known {
                return;
            }
            if !old.exists {
                memory.expected_creations -= 1;
                if ideal {
                    return;
                }
            }
        }
        // The textbook controller is woken by what can change its mind, the real one by everything.
        if memory.cache.finished_at.is_none() && (changed || !ideal) {
            self.enqueue_batched(job);
        }
    }

    /// The informer shows the Job as it is stored.
    pub(in crate::kubernetes) fn job_seen(&mut self, job: u32) {
        let j = &self.jobs[job as usize];
        let seen = j.view();
        // The spec is copied only when it changed.
        if j.memory.cache.exists && j.memory.cache.generation == seen.generation {
            return self.job_event(job, seen, None);
        }
        let spec = j.spec.clone();
        self.job_event(job, seen, Some(spec));
    }

    /// The informer shows the Job as `seen`: as it is, or as it was a watch delay ago.
    pub(in crate::kubernetes) fn job_event(&mut self, job: u32, seen: JobView, spec: Option<JobSpec>) {
        let j = &mut self.jobs[job as usize];
        let cache = &mut j.memory.cache;
        let known = cache.exists;
        let old_generation = cache.generation;
        let old_deadline = cache.spec.active_deadline;
        cache.exists = seen.exists;
        cache.version = seen.version;
        cache.generation = seen.generation;
        cache.deleting = seen.deleting;
        cache.finished_at = seen.finished_at;
        if let Some(spec) = spec {
            let resized = cache.spec.completions() != spec.completions();
            let replacement_changed = cache.spec.pod_replacement != spec.pod_replacement;
            let old_spec = std::mem::replace(&mut cache.spec, spec);
            let sync = &mut j.memory.sync;
            if sync.is_under_way() && sync.read_spec.is_none() {
                sync.read_spec = Some(Box::new(old_spec));
            }
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
        if !seen.exists {
            let memory = &mut self.jobs[job as usize].memory;
            memory.wrote_pod_version = 0;
            memory.wrote_job_version = 0;
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
        if seen.finished_at.is_some() {
            self.orphan_all(job);
            return self.check_ttl(job);
        }
        if seen.generation == old_generation {
            if !self.is_ideal() {
                self.enqueue_batched(job);
            }
            return;
        }
        self.enqueue(job);
        let j = &self.jobs[job as usize];
        let deadline = j.memory.cache.spec.active_deadline;
        if let (Some(start), Some(limit)) = (seen.start_time, deadline)
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
            let j = &mut self.jobs[job as usize];
            j.forget_unwritten();
            j.memory = Memory::new(j.spec.clone());
        }
        for pod in &mut self.pods {
            pod.seen = PodView::ABSENT;
            pod.listed = false;
        }
        for job in 0..self.jobs.len() as u32 {
            if self.jobs[job as usize].exists {
                self.job_seen(job);
            }
        }
        for job in 0..self.jobs.len() as u32 {
            for slot in self.live_slots(job) {
                let view = self.pods[slot as usize].live;
                self.pod_seen(slot, view);
            }
            // Creations and deletions that nobody expects leave no trace in a new expectations store.
            let memory = &mut self.jobs[job as usize].memory;
            memory.expected_creations = 0;
            memory.expected_deletions = 0;
        }
    }
}

/// Follows one pod in the counters. Returns whether its class changed: what a textbook controller looks at.
#[inline]
fn count_pod(memory: &mut Memory, pod: &mut Pod, slot: u32, old: &PodView, new: &PodView) -> bool {
    let cache = &mut memory.cache;
    let active = (old.is_active(), new.is_active());
    let terminating = (old.is_terminating(), new.is_terminating());
    step(&mut cache.active, active);
    step(&mut cache.terminating, terminating);
    step(&mut cache.ready, (active.0 && old.is_ready(), active.1 && new.is_ready()));
    step(&mut cache.tracked, (old.exists && old.finalizer, new.exists && new.finalizer));
    let restarts = |v: &PodView| {
        if v.exists && !v.phase.is_terminal() { u64::from(v.restarts) } else { 0 }
    };
    cache.restarts = cache.restarts - restarts(old) + restarts(new);
    if cache.spec.pod_failure_policy.is_some() {
        let spec = &cache.spec;
        let fails_job = |v: &PodView| {
            v.exists
                && v.phase == Phase::Failed
                && failure_policy::matching_action(spec, v) == Some(FailureAction::FailJob)
        };
        let matches = (fails_job(old), fails_job(new));
        step(&mut cache.fail_job_matches, matches);
    }
    if let Some(index) = pod.index
        && (active.0 != active.1 || terminating.0 != terminating.1)
    {
        let pods = cache.indexes.entry(index).or_default();
        step(&mut pods.active, active);
        step(&mut pods.terminating, terminating);
        if *pods == Default::default() {
            cache.indexes.remove(&index);
        }
        let left = active.0 && !active.1 || terminating.0 && !terminating.1;
        if left && index < cache.fresh {
            cache.candidates.insert(index);
        }
    }
    list_pod(memory, pod, slot);
    active.0 != active.1
        || terminating.0 != terminating.1
        || old.restarts != new.restarts
        || old.phase != new.phase && new.phase.is_terminal()
}

/// Puts a pod on the list of those to count, once.
#[inline]
fn list_pod(memory: &mut Memory, pod: &mut Pod, slot: u32) {
    let view = &pod.seen;
    let ended = view.phase.is_terminal() || view.deleting;
    if !pod.listed && view.exists && view.finalizer && ended {
        pod.listed = true;
        memory.cache.todo.push(pod.key(slot));
    }
}

#[inline]
fn step(counter: &mut u32, (was, is): (bool, bool)) {
    *counter = *counter + u32::from(is) - u32::from(was);
}
