//! The state of the simulated system, in plain vectors by id.

use std::collections::{BTreeMap, VecDeque};

use super::controller_client::{Call, TokenBucket};
use super::dependencies::Herd;
use super::event::{Event, NUMBER_LIMIT};
use super::facts::{Observer, Phase, PodId};
use super::job_controller::cache::PodClass;
use super::job_controller::events::EventType;
use super::job_controller::memory::Memory;
use super::luck::{Attempt, Fate, Luck};
use super::status::{Counters, IndexSet};
use super::watch::Delivery;
use crate::engine::queue::{Class, EventQueue, Ticket};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::cluster::ControllerRules;
use crate::model::job::JobSpec;
use crate::model::scenario::{JobCase, Scenario};
use crate::model::workload::Script;

/// A pod's slot together with what tells it from earlier pods in that slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct PodKey {
    pub(super) uid: u64,
    pub(super) slot: u32,
}

/// The Ready condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Ready {
    #[default]
    Unset,
    False,
    True,
}

/// What the API server shows of a pod, as far as a controller looks at it. Times are as stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct PodView {
    pub(super) exists: bool,
    pub(super) phase: Phase,
    pub(super) bound: bool,
    pub(super) deleting: bool,
    /// deletionGracePeriodSeconds is 0: the object goes with its last finalizer.
    pub(super) grace_over: bool,
    pub(super) finalizer: bool,
    /// Condition DisruptionTarget.
    pub(super) disrupted: bool,
    pub(super) ready: Ready,
    /// Of the terminated container.
    pub(super) exit_code: Option<i32>,
    pub(super) restarts: u32,
    /// Last transition of Ready.
    pub(super) ready_since: SimTime,
    /// Of the terminated container; NEVER: none.
    pub(super) finished_at: SimTime,
    /// When deletion was requested: deletionTimestamp minus grace.
    pub(super) deleted_at: SimTime,
}

impl PodView {
    pub(super) const ABSENT: PodView = PodView {
        exists: false,
        phase: Phase::Pending,
        bound: false,
        deleting: false,
        grace_over: false,
        finalizer: false,
        disrupted: false,
        ready: Ready::Unset,
        exit_code: None,
        restarts: 0,
        ready_since: SimTime::ZERO,
        finished_at: SimTime::NEVER,
        deleted_at: SimTime::NEVER,
    };

    /// What a POST makes of it.
    pub(super) fn appear(&mut self) {
        self.exists = true;
        self.finalizer = true;
    }

    /// The Ready condition becomes False, if it is not.
    pub(super) fn stop_being_ready(&mut self, now: SimTime) {
        if self.ready != Ready::False {
            self.ready = Ready::False;
            self.ready_since = now;
        }
    }

    #[inline]
    pub(super) fn is_active(&self) -> bool {
        self.exists && !self.deleting && !self.phase.is_terminal()
    }

    #[inline]
    pub(super) fn is_ready(&self) -> bool {
        self.ready == Ready::True
    }
}

/// The next step in a pod's life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Bind,
    Start,
    HangBegins,
    End,
    Restart,
    Deadline,
    /// Whatever the client of a container with calls waits for.
    Client,
}

/// The kubelet's side of a pod.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kubelet<'a> {
    /// The script, in a recorded trace.
    pub(super) script: Option<&'a Script>,
    pub(super) startup: SimDuration,
    pub(super) attempt: Attempt,
    pub(super) next: Ticket,
    pub(super) step: Step,
    pub(super) running: bool,
    pub(super) terminating: bool,
    pub(super) past_deadline: bool,
    pub(super) restarts: u32,
    pub(super) started_at: SimTime,
    pub(super) end_at: SimTime,
    pub(super) deadline_at: SimTime,
    /// Exit code and end of the last run.
    pub(super) last: Option<(i32, SimTime)>,
    /// The crash back-off's next wait; zero: no entry.
    pub(super) crash_backoff: SimDuration,
    pub(super) last_restart: SimTime,
}

/// A pod: what the API server holds, what the controller's cache holds, what the kubelet does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pod<'a> {
    pub(super) uid: u64,
    pub(super) job: u32,
    pub(super) ordinal: u32,
    pub(super) index: Option<u32>,
    pub(super) attempt: u32,
    /// creationTimestamp as stored.
    pub(super) created: SimTime,
    /// Annotation job-index-failure-count.
    pub(super) failures_before: u32,
    /// Annotation job-index-ignored-failure-count.
    pub(super) ignored_before: u32,
    /// What is stored.
    pub(super) live: PodView,
    /// resourceVersion.
    pub(super) version: u64,
    /// What the controllers' caches show; none without a watch delay: what is stored.
    pub(super) shown: Option<PodView>,
    /// What counts of what the caches show.
    pub(super) class: PodClass,
    /// On the controller's list of pods to count.
    pub(super) listed: bool,
    pub(super) kubelet: Kubelet<'a>,
}

impl<'a> Kubelet<'a> {
    /// Of a pod that does not run yet.
    #[inline]
    pub(super) fn new(script: Option<&'a Script>, fate: &Fate) -> Kubelet<'a> {
        Kubelet { script, startup: fate.startup, attempt: fate.attempt, ..Kubelet::IDLE }
    }

    const IDLE: Kubelet<'static> = Kubelet {
        script: None,
        startup: SimDuration::NEVER,
        attempt: Attempt { run: SimDuration::NEVER, exit_code: 0, hangs_after: SimDuration::NEVER },
        next: Ticket::NONE,
        step: Step::Bind,
        running: false,
        terminating: false,
        past_deadline: false,
        restarts: 0,
        started_at: SimTime::NEVER,
        end_at: SimTime::NEVER,
        deadline_at: SimTime::NEVER,
        last: None,
        crash_backoff: SimDuration::ZERO,
        last_restart: SimTime::ZERO,
    };
}

impl Pod<'_> {
    /// What an unused slot holds.
    const NONE: Pod<'static> = Pod {
        uid: 0,
        job: 0,
        ordinal: 0,
        index: None,
        attempt: 0,
        created: SimTime::ZERO,
        failures_before: 0,
        ignored_before: 0,
        live: PodView::ABSENT,
        version: 0,
        shown: None,
        class: PodClass::ABSENT,
        listed: false,
        kubelet: Kubelet::IDLE,
    };

    pub(super) fn key(&self, slot: u32) -> PodKey {
        PodKey { uid: self.uid, slot }
    }

    /// Nothing holds the pod any more.
    #[inline]
    pub(super) fn forget(&mut self) {
        self.live.exists = false;
        if let Some(shown) = &mut self.shown {
            shown.exists = false;
        }
    }

    /// The pod in the controllers' caches.
    #[inline]
    pub(super) fn seen(&self) -> &PodView {
        self.shown.as_ref().unwrap_or(&self.live)
    }

    pub(super) fn id(&self, slot: u32) -> PodId {
        PodId { job: self.job, ordinal: self.ordinal, slot }
    }
}

/// What a watch event shows of a Job besides its spec, as far as a controller looks at it. Times are as stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobView {
    pub(super) exists: bool,
    pub(super) version: u64,
    pub(super) generation: u64,
    pub(super) deleting: bool,
    pub(super) start_time: Option<SimTime>,
    /// Last transition of Complete or Failed.
    pub(super) finished_at: Option<SimTime>,
}

/// A Job: what the API server holds, and what the controllers remember of it.
pub(super) struct Job<'a> {
    pub(super) case: &'a JobCase,
    pub(super) exists: bool,
    /// It was there once and is gone.
    pub(super) removed: bool,
    /// In foreground deletion.
    pub(super) deleting: bool,
    pub(super) generation: u64,
    pub(super) version: u64,
    pub(super) spec: JobSpec,
    pub(super) counters: Counters,
    pub(super) completed: IndexSet,
    pub(super) failed: IndexSet,
    pub(super) failed_is_set: bool,
    pub(super) uncounted_succeeded: Vec<PodKey>,
    pub(super) uncounted_failed: Vec<PodKey>,
    pub(super) pods_created: u32,
    /// Every index below has had a pod.
    pub(super) index_high_water: u32,
    /// How often an index was tried again.
    pub(super) index_retries: BTreeMap<u32, u32>,
    pub(super) luck: Option<Luck<'a>>,
    pub(super) memory: Memory,
    /// When the TTL controller looks again; NEVER: it does not.
    pub(super) ttl_due: SimTime,
    pub(super) collected: bool,
    /// When Complete or Failed was written.
    pub(super) finished_at: Option<SimTime>,
    pub(super) created_at: Option<SimTime>,
    /// The last fact about this Job or its pods.
    pub(super) last_change: SimTime,
}

/// One run.
pub(super) struct World<'a, O> {
    pub(super) scenario: &'a Scenario,
    pub(super) observer: &'a mut O,
    pub(super) now: SimTime,
    pub(super) queue: EventQueue,
    pub(super) pods: Vec<Pod<'a>>,
    pub(super) free: Vec<u32>,
    pub(super) next_uid: u64,
    pub(super) jobs: Vec<Job<'a>>,
    pub(super) unfinished: usize,
    /// None: the pods share nothing.
    pub(super) herd: Option<Box<Herd<'a>>>,
    /// Finished pods stay in the API server; false lets go of them once they are counted.
    pub(super) keep_finished: bool,
    /// The Job controller may take its short cut.
    pub(super) short_cuts: bool,
    // API server
    pub(super) version: u64,
    pub(super) deliveries: VecDeque<(SimTime, Delivery)>,
    pub(super) seen_pod_version: u64,
    pub(super) seen_job_version: u64,
    /// PodGC's next look is in the queue.
    pub(super) pod_gc_due: bool,
    // The Job controller's client and queue
    pub(super) bucket: Option<TokenBucket>,
    pub(super) at_gate: Vec<u32>,
    /// When the calls that just got their tokens take effect; empty between two uses.
    pub(super) call_times: Vec<(SimTime, u32)>,
    pub(super) calls: Vec<Call>,
    pub(super) free_calls: Vec<u32>,
    /// Rises when the controller restarts: calls of earlier lives are dropped.
    pub(super) epoch: u32,
    /// When a controller that was told to stop ends.
    pub(super) controller_stops_at: SimTime,
    pub(super) ready_keys: VecDeque<u32>,
    pub(super) busy_workers: u32,
    pub(super) events_waiting: VecDeque<(u32, EventType)>,
    pub(super) event_in_flight: bool,
}

/// Puts something into a list, in a place that is free if there is one; returns the place.
pub(in crate::kubernetes) fn put<T>(list: &mut Vec<T>, free: &mut Vec<u32>, item: T) -> u32 {
    match free.pop() {
        Some(place) => {
            list[place as usize] = item;
            place
        }
        None => {
            list.push(item);
            list.len() as u32 - 1
        }
    }
}

impl<'a, O: Observer> World<'a, O> {
    /// A time as the API server stores it.
    #[inline]
    pub(super) fn stamp(&self, t: SimTime) -> SimTime {
        match self.scenario.control_plane.rules {
            ControllerRules::Kubernetes => t.whole_seconds(),
            ControllerRules::Ideal => t,
        }
    }

    #[inline]
    pub(super) fn is_ideal(&self) -> bool {
        self.scenario.control_plane.rules == ControllerRules::Ideal
    }

    /// Schedules something that the cluster does. An instant that is over (the recorder's clock of microseconds can
    /// be behind) is now.
    #[inline]
    pub(super) fn at(&mut self, t: SimTime, event: Event) -> Ticket {
        self.queue.push(t.max(self.now), Class::Cluster, event.pack())
    }

    /// Schedules a timer of a controller.
    #[inline]
    pub(super) fn timer_at(&mut self, t: SimTime, event: Event) -> Ticket {
        self.queue.push(t, Class::Timer, event.pack())
    }

    /// Schedules something that a controller's client does.
    #[inline]
    pub(super) fn call_at(&mut self, t: SimTime, event: Event) -> Ticket {
        self.queue.push(t, Class::Call, event.pack())
    }

    /// The pod, unless it is gone from the API server.
    pub(super) fn live(&self, key: PodKey) -> Option<&Pod<'a>> {
        let pod = &self.pods[key.slot as usize];
        (pod.uid == key.uid && pod.live.exists).then_some(pod)
    }

    /// A slot for a new pod.
    #[inline]
    pub(super) fn allocate(&mut self) -> u32 {
        if let Some(slot) = self.free.pop() {
            return slot;
        }
        let slot = self.pods.len() as u32;
        assert!(slot < NUMBER_LIMIT, "more than {NUMBER_LIMIT} pods at once");
        self.pods.push(Pod::NONE);
        slot
    }

    /// Slots of a Job's pods in the API server, in order of creation.
    pub(super) fn live_slots(&self, job: u32) -> Vec<u32> {
        self.slots(job, |pod| pod.live.exists)
    }

    /// Slots of a Job's pods in the controller's cache, in order of creation.
    pub(super) fn seen_slots(&self, job: u32) -> Vec<u32> {
        self.slots(job, |pod| pod.seen().exists)
    }

    fn slots(&self, job: u32, keep: impl Fn(&Pod) -> bool) -> Vec<u32> {
        let mut slots: Vec<u32> = (0..self.pods.len() as u32)
            .filter(|&s| {
                let pod = &self.pods[s as usize];
                pod.job == job && keep(pod)
            })
            .collect();
        slots.sort_unstable_by_key(|&s| self.pods[s as usize].uid);
        slots
    }
}
