//! The API server: stored objects, graceful deletion, finalizers, validation of the status.
//!
//! A write changes what is stored at once. When the controllers see it is `watch`'s matter, when a call of theirs takes
//! effect the `controller_client`'s, and what they do then theirs (`job_controller`, `collectors`).

use super::event::Event;
use super::facts::{Observer, PodId, StatusFact};
use super::job_controller::cache::{LifeStep, PodClass};
use super::kubelet::EXIT_KILLED;
use super::luck::{Attempt, Fate, Whose};
use super::world::{Job, Kubelet, Pod, PodKey, PodView, Step, World};
use crate::engine::queue::Ticket;
use crate::engine::time::{SimDuration, SimTime};
use crate::marks::mark;
use crate::model::job::Completion;
use crate::model::workload::{Script, Workload};

/// What lies ahead of a new pod.
struct Plan<'a> {
    script: Option<&'a Script>,
    fate: Fate,
    bind_at: SimTime,
    /// Created and bound at one instant.
    in_one_step: bool,
}

impl<'a, O: Observer> World<'a, O> {
    /// POST of a pod. Returns the version that the answer bears.
    pub(super) fn create_pod(&mut self, job: u32, index: Option<u32>, failures: u32, ignored: u32) -> u64 {
        let now = self.now;
        let created = self.stamp(now);
        let clock = self.cluster_clock(job);
        let j = &mut self.jobs[job as usize];
        let ordinal = j.pods_created;
        j.pods_created += 1;
        let attempt = index.map_or(0, |index| j.attempt_of(index));
        let case = j.case;
        let plan = match &case.workload {
            Workload::Scripted(scripts) => {
                let script = scripts.choose(ordinal, index, attempt);
                let attempt =
                    Attempt { run: SimDuration::NEVER, exit_code: 0, hangs_after: SimDuration::NEVER };
                let never = Fate { schedule: SimDuration::NEVER, startup: SimDuration::NEVER, attempt };
                let fate = script.map_or(never, |s| Fate { schedule: s.schedule, startup: s.start, attempt });
                Plan { script, bind_at: clock + fate.schedule, fate, in_one_step: false }
            }
            Workload::Sampled(_) => {
                let Some(luck) = &mut j.luck else { unreachable!("sampled Jobs have luck") };
                let fate = match index {
                    Some(index) => luck.pod(Whose::Index { index, attempt, restarts: 0 }),
                    None => luck.next_pod(),
                };
                let in_one_step = fate.schedule == SimDuration::ZERO;
                Plan { script: None, bind_at: now + fate.schedule, fate, in_one_step }
            }
        };
        self.next_uid += 1;
        let uid = self.next_uid;
        let lagging = self.scenario.control_plane.watch_delay > SimDuration::ZERO;
        let slot = self.allocate();
        self.pods[slot as usize] = Pod {
            uid,
            job,
            ordinal,
            index,
            attempt,
            created,
            failures_before: failures,
            ignored_before: ignored,
            live: PodView::ABSENT,
            version: 0,
            shown: lagging.then_some(PodView::ABSENT),
            class: PodClass::ABSENT,
            listed: false,
            kubelet: Kubelet::new(plan.script, &plan.fate),
        };
        self.observer.pod_created(now, PodId { job, ordinal, slot }, index, attempt);
        if plan.in_one_step {
            // Bound in the same instant: one write and one event less.
            self.bind(slot);
            return self.version;
        }
        self.advance_pod(slot, LifeStep::Appears, PodView::appear);
        let ticket = self.at(plan.bind_at, Event::Pod(slot));
        self.pods[slot as usize].kubelet.next = ticket;
        self.pods[slot as usize].version
    }

    /// PATCH that takes the tracking finalizer off. Returns the version that the answer bears; None: there is no such
    /// pod.
    pub(super) fn strip_finalizer(&mut self, key: PodKey) -> Option<u64> {
        let pod = self.live(key)?;
        let id = pod.id(key.slot);
        let view = &pod.live;
        if !view.finalizer {
            return Some(pod.version);
        }
        let goes = view.deleting && view.grace_over;
        if goes {
            mark!("2.6.4 a deleted pod goes with its finalizer");
            self.observer.finalizer_removed(self.now, id);
            self.remove_pod(key.slot, |view| view.finalizer = false);
        } else {
            self.release(key.slot);
        }
        // The slot keeps it until another pod takes it.
        Some(self.pods[key.slot as usize].version)
    }

    /// The finalizer goes off a pod that stays.
    #[inline(always)]
    pub(super) fn release(&mut self, slot: u32) {
        let id = self.pods[slot as usize].id(slot);
        self.observer.finalizer_removed(self.now, id);
        self.advance_pod(slot, LifeStep::IsCounted, |view| view.finalizer = false);
        self.let_go(slot);
    }

    /// DELETE of a pod, with its own grace period. False: there is no such pod.
    pub(super) fn delete_pod(&mut self, key: PodKey) -> bool {
        let Some(pod) = self.live(key) else { return false };
        let id = pod.id(key.slot);
        let PodView { deleting, bound, finalizer, phase, .. } = pod.live;
        if deleting {
            mark!("4.2 a second DELETE changes nothing");
            return true;
        }
        let deleted_at = self.stamp(self.now);
        let grace = self.jobs[id.job as usize].spec.template.termination_grace;
        let grace_over = !bound || phase.is_terminal() || grace == SimDuration::ZERO;
        mark!("4.2 a pod without a node goes without grace" if !bound);
        mark!("4.2 a finished pod goes without grace" if phase.is_terminal());
        self.observer.pod_delete_requested(self.now, id);
        self.change_pod(key.slot, |view| {
            view.deleting = true;
            view.deleted_at = deleted_at;
            view.grace_over = grace_over;
        });
        if grace_over && !finalizer {
            self.remove_pod(key.slot, |_| {});
            return true;
        }
        let controller_waits =
            !self.api_is_immediate() || self.scenario.control_plane.watch_delay == SimDuration::ZERO;
        if bound && grace == SimDuration::ZERO && !phase.is_terminal() && controller_waits {
            // The kubelet ends it while the controller waits for the answer or for its cache: before the last
            // finalizer can go.
            self.terminate(key.slot);
            if self.pods[key.slot as usize].kubelet.step == Step::End {
                self.container_exits(key.slot);
            }
        } else if bound {
            self.at(self.cluster_clock(id.job), Event::Terminate(key.slot));
        } else {
            self.expect_pod_gc();
        }
        true
    }

    /// DELETE with grace 0, by the kubelet or PodGC, of a pod that is being deleted.
    pub(super) fn delete_pod_now(&mut self, slot: u32) {
        let view = &self.pods[slot as usize].live;
        if !view.exists || view.grace_over {
            return;
        }
        let has_finalizer = view.finalizer;
        self.change_pod(slot, |view| view.grace_over = true);
        if !has_finalizer {
            self.remove_pod(slot, |_| {});
        }
    }

    /// The object goes, with a last change.
    fn remove_pod(&mut self, slot: u32, change: impl FnOnce(&mut PodView)) {
        if self.herd.is_some() {
            // Without grace the container is gone with the object.
            self.client_stops(slot, EXIT_KILLED);
        }
        let id = self.pods[slot as usize].id(slot);
        self.pods[slot as usize].kubelet.next = Ticket::NONE;
        self.observer.pod_removed(self.now, id);
        self.change_pod(slot, |view| {
            change(view);
            view.exists = false;
        });
    }

    /// Forgets a pod that is finished and counted: it stays in a real API server, but nothing looks at it.
    #[inline(always)]
    pub(super) fn let_go(&mut self, slot: u32) {
        let pod = &mut self.pods[slot as usize];
        let view = &pod.live;
        let done = view.exists && view.phase.is_terminal() && !view.finalizer && !view.deleting;
        if self.keep_finished || !done || pod.shown.is_some_and(|shown| shown != *view) {
            return;
        }
        pod.forget();
        self.free.push(slot);
    }

    // ---- Jobs

    /// Stores the working status of the sync, which the API server accepts; what changes nothing is not written.
    /// Without `landmark` only numbers differ from what is stored.
    #[inline]
    pub(super) fn put_status(&mut self, job: u32, landmark: bool, other_changes: bool) {
        let j = &mut self.jobs[job as usize];
        let (old, new) = (&mut j.counters, &j.memory.sync.status);
        if !other_changes && old.numbers() == new.numbers() && (!landmark || old == new) {
            return;
        }
        if landmark {
            *old = *new;
            if j.finished_at.is_none() && new.conditions.finished().is_some() {
                self.unfinished -= 1;
                j.finished_at = Some(self.now);
            }
        } else {
            old.set_numbers(new.numbers());
        }
        j.last_change = self.now;
        let fact = StatusFact {
            counters: &j.counters,
            completed_indexes: j.spec.is_indexed().then_some(&j.completed),
            failed_indexes: j.failed_is_set.then_some(&j.failed),
        };
        self.observer.job_status(self.now, job, fact);
        self.notify_job(job);
    }
}

impl Job<'_> {
    /// How many pods this index has had, and that it gets one more.
    fn attempt_of(&mut self, index: u32) -> u32 {
        if index >= self.index_high_water {
            self.index_high_water = index + 1;
            return 0;
        }
        let retries = self.index_retries.entry(index).or_insert(0);
        *retries += 1;
        *retries
    }

    /// Whether a PUT of the sync's working status succeeds: there is no conflict, and the update is valid
    /// (ValidateJobStatusUpdate, the rules that the controller can run into).
    /// Without `landmark` conditions and times are as they are stored.
    #[inline]
    pub(super) fn accepts_status(&self, landmark: bool) -> bool {
        if !self.exists || self.version != self.memory.sync.version {
            mark!("2.6.2 a PUT against an old version fails" if self.exists);
            return false;
        }
        let (old, new) = (&self.counters, &self.memory.sync.status);
        let scalable = matches!(self.spec.completion, Completion::Indexed(n) if n == self.spec.parallelism);
        let fewer_succeeded = new.succeeded < old.succeeded && !scalable;
        let more_ready =
            new.ready.unwrap_or(0) > new.active && (old.ready != new.ready || old.active != new.active);
        if fewer_succeeded || more_ready {
            return false;
        }
        !landmark || self.accepts_times()
    }

    /// The rules that conditions and times take part in.
    fn accepts_times(&self) -> bool {
        let (old, new) = (&self.counters, &self.memory.sync.status);
        let finished = new.conditions.finished().is_some();
        let finished_changed = old.conditions.finished().is_some() != finished;
        let start_changed = old.start_time != new.start_time;
        let resuming = old.conditions.suspended() == Some(true) && new.conditions.suspended() == Some(false);
        let suspended_empty = self.spec.suspend && self.spec.completions() == Some(0);
        let no_start =
            finished && new.start_time.is_none() && (finished_changed || start_changed) && !suspended_empty;
        let moved_start = start_changed && !resuming && old.start_time.is_some() && !self.spec.suspend;
        let ends_early = (start_changed || old.completion_time != new.completion_time)
            && matches!((new.start_time, new.completion_time), (Some(start), Some(end)) if end < start);
        !(no_start || moved_start || ends_early)
    }
}
