//! The controller's cache: every watch event changes counters and may put the Job's key into the work queue
//! (job_controller.go: addPod, updatePod, deletePod, addJob, updateJob, deleteJob).

use super::failure_policy;
use super::memory::{Cache, Memory};
use super::short_cut::is_plain;
use crate::engine::time::SimDuration;
use crate::kubernetes::controller_client::TokenBucket;
use crate::kubernetes::facts::{Observer, Phase};
use crate::kubernetes::world::{JobView, Pod, PodKey, PodView, World};
use crate::marks::mark;
use crate::model::job::JobSpec;
use crate::model::policy::FailureAction;

impl<'a, O: Observer> World<'a, O> {
    /// The informer shows a pod in a new state.
    pub(in crate::kubernetes) fn pod_seen(&mut self, slot: u32) {
        let ideal = self.is_ideal();
        let pod = &mut self.pods[slot as usize];
        let job = pod.job;
        let memory = &mut self.jobs[job as usize].memory;
        let old = pod.class;
        let new = PodClass::of(pod.seen(), &memory.cache.spec);
        pod.class = new;
        let changed = count_pod(memory, pod, slot, old, new);
        if !new.has(PodClass::EXISTS) && !pod.live.exists {
            self.free.push(slot);
        }
        let stays = new.bits & (PodClass::EXISTS | PodClass::DELETING) == PodClass::EXISTS;
        if stays && !ideal && memory.cache.exists && memory.cache.finished_at.is_none() {
            // addPod, updatePod: nearly all events.
            memory.expected_creations -= i64::from(!old.has(PodClass::EXISTS));
            self.enqueue_for_pod(job);
        } else {
            self.pod_event(job, slot, old, new, changed);
        }
        if self.scenario.control_plane.watch_delay > SimDuration::ZERO {
            self.let_go(slot);
        }
    }

    /// The informer shows that a pod has made one of the steps that nearly every pod makes: what that changes is known
    /// before. False: nothing was done, this pod or its Job is another case, for `pod_seen`.
    #[inline(always)]
    pub(in crate::kubernetes) fn saw_step(&mut self, slot: u32, step: LifeStep) -> bool {
        let ideal = self.is_ideal();
        let pod = &mut self.pods[slot as usize];
        let job = pod.job;
        let memory = &mut self.jobs[job as usize].memory;
        let cache = &mut memory.cache;
        let (old, new) = step.classes();
        if !cache.usual || pod.class != old || pod.live.restarts > 0 {
            return false;
        }
        debug_assert_eq!(PodClass::of(&pod.live, &cache.spec), new);
        pod.class = new;
        match step {
            LifeStep::Appears => {
                cache.active += 1;
                cache.tracked += 1;
                memory.expected_creations -= 1;
            }
            LifeStep::Starts => cache.ready += 1,
            LifeStep::Ends => {
                cache.active -= 1;
                cache.ready -= 1;
                debug_assert!(!pod.listed);
                pod.listed = true;
                cache.todo.push(pod.key(slot));
            }
            LifeStep::IsCounted => cache.tracked -= 1,
        }
        if !ideal {
            self.enqueue_for_pod(job);
        } else if step == LifeStep::Ends {
            self.enqueue(job);
        }
        true
    }

    #[inline(always)]
    fn enqueue_for_pod(&mut self, job: u32) {
        mark!("2.2.1 an event of a pod: after a second");
        self.enqueue_batched(job);
    }

    #[inline(never)]
    fn pod_event(&mut self, job: u32, slot: u32, old: PodClass, new: PodClass, changed: bool) {
        let ideal = self.is_ideal();
        let memory = &mut self.jobs[job as usize].memory;
        let known = memory.cache.exists;
        if new.has(PodClass::DELETING) || !new.has(PodClass::EXISTS) {
            // deletePod: an update that sets deletionTimestamp, every later one, and the end.
            if !known || memory.cache.finished_at.is_some() {
                return self.orphan_if_tracked(job, slot);
            }
            memory.expected_deletions -= 1;
        } else {
            if !known {
                return;
            }
            if !old.has(PodClass::EXISTS) {
                memory.expected_creations -= 1;
                if ideal {
                    return;
                }
            }
        }
        if memory.cache.finished_at.is_some() {
            mark!("2.2.5 events of a finished Job: nothing");
            return;
        }
        // The textbook controller is woken by what can change its mind, the real one by everything.
        if !ideal {
            return self.enqueue_for_pod(job);
        }
        if changed {
            self.enqueue(job);
        }
    }

    #[cold]
    fn orphan_if_tracked(&mut self, job: u32, slot: u32) {
        let pod = &self.pods[slot as usize];
        if pod.seen().finalizer {
            let key = pod.key(slot);
            mark!("2.10 a pod without its Job loses its finalizer");
            self.orphan_pod(job, key);
        }
    }

    /// The informer shows the Job as it is stored.
    #[inline(always)]
    pub(in crate::kubernetes) fn job_seen(&mut self, job: u32) {
        let j = &mut self.jobs[job as usize];
        let cache = &mut j.memory.cache;
        let same_spec = cache.exists && cache.generation == j.generation;
        if same_spec && j.exists && !j.deleting && j.counters.conditions.finished().is_none() {
            return self.status_seen(job);
        }
        self.job_seen_anew(job, same_spec);
    }

    /// The informer shows a new status and nothing else, as after most syncs.
    #[inline(always)]
    pub(super) fn status_seen(&mut self, job: u32) {
        let j = &mut self.jobs[job as usize];
        mark!("2.2.1 a new status: after a second");
        j.memory.cache.version = j.version;
        if !self.is_ideal() {
            self.enqueue_batched(job);
        }
    }

    #[inline(never)]
    fn job_seen_anew(&mut self, job: u32, same_spec: bool) {
        let j = &self.jobs[job as usize];
        // The spec is copied only when it changed.
        let (seen, spec) = (j.view(), (!same_spec).then(|| j.spec.clone()));
        self.job_event(job, seen, spec);
    }

    /// The informer shows the Job as `seen`: as it is, or as it was a watch delay ago; its spec, if that may have
    /// changed.
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
        let short_cuts = self.short_cuts;
        let cache = &mut self.jobs[job as usize].memory.cache;
        cache.usual = short_cuts && cache.exists && cache.finished_at.is_none() && is_plain(&cache.spec);
        if !seen.exists {
            mark!("2.2.1 a Job is deleted: at once");
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
            mark!("2.2.1 a Job is created: at once");
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
        mark!("2.2.1 a spec is changed: at once");
        self.enqueue(job);
        let j = &self.jobs[job as usize];
        let deadline = j.memory.cache.spec.active_deadline;
        if let (Some(start), Some(limit)) = (seen.start_time, deadline)
            && deadline != old_deadline
        {
            mark!("2.2.2 activeDeadlineSeconds is changed: after the rest");
            let rest = (start + limit).since(self.now);
            self.enqueue_after(job, rest);
        }
    }

    /// Puts every pod that may have to be counted on the list.
    fn relist(&mut self, job: u32) {
        for slot in self.seen_slots(job) {
            let pod = &mut self.pods[slot as usize];
            list_pod(&mut self.jobs[job as usize].memory.cache.todo, pod, slot);
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
            mark!("2.7 a restart forgets the back-off" if j.memory.backoff.remaining(self.now) > SimDuration::ZERO);
            j.forget_unwritten();
            j.memory = Memory::new(j.spec.clone());
        }
        for pod in &mut self.pods {
            pod.class = PodClass::ABSENT;
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
                self.pod_seen(slot);
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
pub(in crate::kubernetes) struct PodClass {
    bits: u8,
    /// Container restarts, unless it is finished or gone.
    restarts: u32,
}

/// What nearly every pod does, one after the other: it is created, gets ready, succeeds or fails, and loses its finalizer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::kubernetes) enum LifeStep {
    Appears,
    Starts,
    Ends,
    IsCounted,
}

impl LifeStep {
    /// The class before and after, of a pod that is not being deleted, under a spec without failure policy.
    #[inline(always)]
    fn classes(self) -> (PodClass, PodClass) {
        const fn there(more: u8) -> PodClass {
            PodClass { bits: PodClass::EXISTS | more, restarts: 0 }
        }
        let created = there(PodClass::TRACKED | PodClass::ACTIVE);
        let ready = there(PodClass::TRACKED | PodClass::ACTIVE | PodClass::READY);
        let ended = there(PodClass::TRACKED | PodClass::ENDED);
        match self {
            LifeStep::Appears => (PodClass::ABSENT, created),
            LifeStep::Starts => (created, ready),
            LifeStep::Ends => (ready, ended),
            LifeStep::IsCounted => (ended, there(PodClass::ENDED)),
        }
    }
}

impl PodClass {
    /// Of a pod that is not there.
    pub(in crate::kubernetes) const ABSENT: PodClass = PodClass { bits: 0, restarts: 0 };

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
    fn of(view: &PodView, spec: &JobSpec) -> PodClass {
        if !view.exists {
            return PodClass::ABSENT;
        }
        let ended = view.phase.is_terminal();
        let active = !ended && !view.deleting;
        let fails_job =
            spec.pod_failure_policy.is_some() && view.phase == Phase::Failed && fails_job(view, spec);
        mark!("2.3.1 a Pending pod is active" if active && view.phase == Phase::Pending);
        mark!("2.3.1 an unfinished pod in deletion is terminating" if !ended && view.deleting);
        mark!("2.3.1 an active pod with Ready True is ready" if active && view.is_ready());
        let bit = |on: bool, bit: u8| u8::from(on) * bit;
        let bits = PodClass::EXISTS
            | bit(active, PodClass::ACTIVE)
            | bit(!ended && view.deleting, PodClass::TERMINATING)
            | bit(active && view.is_ready(), PodClass::READY)
            | bit(view.finalizer, PodClass::TRACKED)
            | bit(fails_job, PodClass::FAILS_JOB)
            | bit(ended, PodClass::ENDED)
            | bit(view.deleting, PodClass::DELETING);
        PodClass { bits, restarts: if ended { 0 } else { view.restarts } }
    }

    #[inline]
    fn has(self, bit: u8) -> bool {
        self.bits & bit != 0
    }
}

#[inline(never)]
fn fails_job(view: &PodView, spec: &JobSpec) -> bool {
    failure_policy::matching_action(spec, view) == Some(FailureAction::FailJob)
}

/// Follows one pod in the counters. Returns whether its class changed: what a textbook controller looks at.
#[inline(always)]
fn count_pod(memory: &mut Memory, pod: &mut Pod, slot: u32, old: PodClass, new: PodClass) -> bool {
    let cache = &mut memory.cache;
    let differs = old.bits ^ new.bits;
    let step = |counter: &mut u32, bit: u8| step(counter, bit, old, new);
    step(&mut cache.active, PodClass::ACTIVE);
    step(&mut cache.ready, PodClass::READY);
    step(&mut cache.tracked, PodClass::TRACKED);
    if differs & (PodClass::TERMINATING | PodClass::FAILS_JOB) != 0 {
        step(&mut cache.terminating, PodClass::TERMINATING);
        step(&mut cache.fail_job_matches, PodClass::FAILS_JOB);
    }
    mark!("3 a pod that ended leaves the sum of restarts" if new.has(PodClass::ENDED) && old.restarts > 0);
    if old.restarts != new.restarts {
        cache.restarts = cache.restarts + u64::from(new.restarts) - u64::from(old.restarts);
    }
    let moved = differs & (PodClass::ACTIVE | PodClass::TERMINATING) != 0;
    if let Some(index) = pod.index
        && moved
    {
        count_index(cache, index, old, new);
    }
    if new.bits & (PodClass::ENDED | PodClass::DELETING) != 0 {
        list_pod(&mut cache.todo, pod, slot);
    }
    moved || old.restarts != new.restarts
}

/// Follows one property of a pod. Without branches: which counters change differs from event to event.
#[inline(always)]
fn step(counter: &mut u32, bit: u8, old: PodClass, new: PodClass) {
    *counter = *counter + u32::from(new.has(bit)) - u32::from(old.has(bit));
}

/// Follows one pod of an Indexed Job.
#[inline(never)]
fn count_index(cache: &mut Cache, index: u32, old: PodClass, new: PodClass) {
    let pods = cache.indexes.entry(index).or_default();
    step(&mut pods.active, PodClass::ACTIVE, old, new);
    step(&mut pods.terminating, PodClass::TERMINATING, old, new);
    if *pods == Default::default() {
        cache.indexes.remove(&index);
    }
    let left = old.bits & !new.bits & (PodClass::ACTIVE | PodClass::TERMINATING) != 0;
    if left && index < cache.fresh {
        cache.candidates.insert(index);
    }
}

/// Puts a pod on the list of those to count, once.
#[inline]
pub(super) fn list_pod(todo: &mut Vec<PodKey>, pod: &mut Pod, slot: u32) {
    let view = pod.seen();
    let ended = view.phase.is_terminal() || view.deleting;
    if !pod.listed && view.exists && view.finalizer && ended {
        pod.listed = true;
        todo.push(pod.key(slot));
    }
}
