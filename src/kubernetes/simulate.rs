//! One run: from a scenario and a seed to how each Job ended.

use std::collections::{BTreeMap, VecDeque};

use super::api_server::TokenBucket;
use super::dependencies::numbers::DependencyNumbers;
use super::dependencies::{Herd, HerdEvent};
use super::event::Event;
use super::facts::Observer;
use super::job_controller::memory::Memory;
pub use super::luck::KeptLuck;
use super::luck::{Luck, draw_the_same, seed_of_job};
use super::status::{ConditionType, Counters, IndexSet, Reason};
use super::world::{Job, Pod, Step, World};
use crate::engine::queue::EventQueue;
use crate::engine::streams::{Purpose, Stream};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::scenario::{Action, JobCase, Scenario};
use crate::model::workload::Workload;

/// Which numbers a run draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seed {
    pub seed: u64,
    pub replication: u64,
}

/// How long a run goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// Every Job is finished or gone, or nothing can happen any more.
    AllJobsEnded,
    /// Nothing can happen any more, or the horizon: what a recorded trace shows.
    NothingHappens,
}

/// How a run ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Ending {
    /// The last instant of the run.
    pub at: SimTime,
    /// In the order of the scenario.
    pub jobs: Vec<JobEnding>,
    /// In the order of the scenario.
    pub dependencies: Vec<DependencyNumbers>,
}

/// How one Job ended.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct JobEnding {
    pub outcome: Outcome,
    /// None: it was never created.
    pub created_at: Option<SimTime>,
    /// When Complete or Failed was written, not cut to the second.
    pub finished_at: Option<SimTime>,
    /// The last event of this Job or its pods.
    pub last_change: SimTime,
    /// Nothing of the cluster was pending for this Job at the end (timers of the controller aside).
    pub cluster_idle: bool,
    /// activeDeadlineSeconds is set and counting.
    pub deadline_ahead: bool,
}

/// What became of a Job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    Complete(Reason),
    Failed(Reason),
    /// Removed before it was finished.
    Deleted,
    /// No future event can change it.
    Stuck(Holder),
    /// Suspended, and nobody will resume it.
    Suspended,
    /// Cut by the horizon while things still happened.
    Horizon(Pending),
}

/// What holds a stuck Job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Holder {
    HungPod,
    WaitsForDependency,
    NeverScheduled,
    ImageNeverPulled,
    TerminatingForever,
    ZeroParallelism,
    ManagedElsewhere,
}

/// What still happened when the horizon cut the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Pending {
    Running,
    CrashLoop,
}

impl Outcome {
    /// The outcome's name in the output.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Complete(_) => "Complete",
            Outcome::Failed(_) => "Failed",
            Outcome::Deleted => "Deleted",
            Outcome::Stuck(_) => "Stuck",
            Outcome::Suspended => "Suspended",
            Outcome::Horizon(_) => "Horizon",
        }
    }

    /// The reason's name in the output; empty where the outcome says it all.
    pub fn reason(self) -> &'static str {
        match self {
            Outcome::Complete(reason) | Outcome::Failed(reason) => reason.as_str(),
            Outcome::Deleted | Outcome::Suspended => "",
            Outcome::Stuck(holder) => match holder {
                Holder::HungPod => "HungPod",
                Holder::WaitsForDependency => "WaitsForDependency",
                Holder::NeverScheduled => "NeverScheduled",
                Holder::ImageNeverPulled => "ImageNeverPulled",
                Holder::TerminatingForever => "TerminatingForever",
                Holder::ZeroParallelism => "ZeroParallelism",
                Holder::ManagedElsewhere => "ManagedElsewhere",
            },
            Outcome::Horizon(Pending::Running) => "Running",
            Outcome::Horizon(Pending::CrashLoop) => "CrashLoop",
        }
    }
}

/// Runs a scenario once and tells the observer what happens.
///
/// The result depends on scenario and seed only.
pub fn simulate<O: Observer>(scenario: &Scenario, seed: Seed, until: Until, observer: &mut O) -> Ending {
    let mut world = World::new(scenario, seed, until, observer);
    world.run(until);
    world.ending()
}

/// The same, as the next of several runs with one seed and replication: `luck` is what the one before has left, and gets
/// what this one leaves. It must be empty unless both scenarios [have the same luck](has_same_luck). It changes no
/// result; what the runs have in common is drawn once.
pub fn simulate_with<O: Observer>(
    scenario: &Scenario,
    seed: Seed,
    until: Until,
    observer: &mut O,
    luck: &mut KeptLuck,
) -> Ending {
    let mut world = World::new(scenario, seed, until, observer);
    let mut kept = std::mem::take(&mut luck.0).into_iter();
    for job in &mut world.jobs {
        let drawn = kept.next().flatten();
        if let Some(luck) = &mut job.luck {
            luck.begin_with(drawn);
        }
    }
    world.run(until);
    luck.0.extend(world.jobs.iter_mut().map(|job| job.luck.take().map(Luck::into_draws)));
    world.ending()
}

/// Whether pods of both scenarios have the same luck in the same replication, Job by Job.
pub fn has_same_luck(a: &Scenario, b: &Scenario) -> bool {
    let same = |(a, b): (&JobCase, &JobCase)| match (&a.workload, &b.workload) {
        (Workload::Sampled(a), Workload::Sampled(b)) => draw_the_same(a, b),
        _ => false,
    };
    a.jobs.len() == b.jobs.len() && a.jobs.iter().zip(&b.jobs).all(same)
}

impl<'a, O: Observer> World<'a, O> {
    pub(super) fn new(scenario: &'a Scenario, seed: Seed, until: Until, observer: &'a mut O) -> World<'a, O> {
        let acts_on_pods = scenario
            .timeline
            .iter()
            .any(|a| matches!(a.action, Action::DeletePod { .. } | Action::EvictPod { .. }));
        let keep_finished = acts_on_pods || until == Until::NothingHappens;
        let control_plane = &scenario.control_plane;
        let at_once = control_plane.client_limit.is_none()
            && control_plane.api_latency == SimDuration::ZERO
            && control_plane.watch_delay == SimDuration::ZERO;
        let mut world = World {
            scenario,
            observer,
            now: SimTime::ZERO,
            queue: EventQueue::default(),
            pods: Vec::new(),
            free: Vec::new(),
            next_uid: 0,
            jobs: Vec::with_capacity(scenario.jobs.len()),
            unfinished: scenario.jobs.len(),
            herd: Herd::new(scenario, seed),
            keep_finished,
            short_cuts: at_once,
            version: 0,
            deliveries: VecDeque::new(),
            seen_pod_version: 0,
            seen_job_version: 0,
            pod_gc_due: false,
            bucket: scenario.control_plane.client_limit.map(TokenBucket::full),
            at_gate: Vec::new(),
            call_times: Vec::new(),
            calls: Vec::new(),
            free_calls: Vec::new(),
            epoch: 0,
            controller_stops_at: SimTime::ZERO,
            ready_keys: VecDeque::new(),
            busy_workers: 0,
            events_waiting: VecDeque::new(),
            event_in_flight: false,
        };
        for (number, case) in scenario.jobs.iter().enumerate() {
            let number = number as u32;
            world.jobs.push(Job::new(case, seed, number));
            let mixed = seed_of_job(seed.seed, number);
            let u = Stream::new(mixed, seed.replication, Purpose::Submit).unit();
            world.at(SimTime::ZERO + case.submit.sample(u), Event::Submit(number));
        }
        for (number, action) in scenario.timeline.iter().enumerate() {
            world.at(action.at, Event::Action(number as u32));
        }
        world.herd_begins();
        world
    }

    pub(super) fn run(&mut self, until: Until) {
        let horizon = self.scenario.horizon;
        while let Some(due) = self.queue.take() {
            if due.at >= horizon {
                // Put back, so that what was still pending can be told.
                self.queue.push(due.at, crate::engine::queue::Class::Cluster, due.payload);
                self.now = horizon;
                return;
            }
            self.now = due.at;
            match Event::unpack(due.payload) {
                Event::Pod(slot) => self.pod_due(slot, due.ticket),
                Event::Wake(job) => self.wake(job),
                Event::Terminate(slot) => self.terminate(slot),
                Event::Tokens => self.hand_out_tokens(),
                Event::Call(number) => self.call_due(number),
                Event::Watch => {
                    self.deliver();
                    // And so do watch events.
                    if self.deliveries.front().is_some_and(|(at, _)| *at == due.at) {
                        continue;
                    }
                }
                Event::Submit(job) => self.submit(job),
                Event::Action(number) => {
                    self.act(number);
                    // Actions of one instant belong together: the controllers look after the last one.
                    if self.queue.peek().is_some_and(|next| {
                        next.at == due.at && matches!(Event::unpack(next.payload), Event::Action(_))
                    }) {
                        continue;
                    }
                }
                Event::PodGc => self.pod_gc(),
                Event::Collect(job) => self.collect(job),
                Event::Poll(job) => self.poll(job),
                Event::Ttl(job) => self.ttl_due(job),
                Event::Dependency(number) => self.herd_due(number, due.ticket),
            }
            if !self.ready_keys.is_empty() {
                self.drain();
            }
            if self.unfinished == 0 && until == Until::AllJobsEnded {
                return;
            }
            if self.herd.as_ref().is_some_and(|herd| herd.nothing_will_change) {
                return;
            }
        }
    }

    fn submit(&mut self, job: u32) {
        if self.herd.is_some() {
            self.scripts_begin(job);
        }
        let j = &mut self.jobs[job as usize];
        j.exists = true;
        j.generation = 1;
        j.created_at = Some(self.now);
        j.last_change = self.now;
        self.observer.job_created(self.now, job);
        self.notify_job(job);
    }

    fn ending(mut self) -> Ending {
        let Busy { any: busy, cluster: cluster_busy, all: all_busy } = self.busy();
        let jobs = (0..self.jobs.len())
            .map(|job| {
                let j = &self.jobs[job];
                JobEnding {
                    outcome: self.outcome(job as u32, busy[job] || all_busy),
                    created_at: j.created_at,
                    finished_at: j.finished_at,
                    last_change: j.last_change,
                    cluster_idle: !cluster_busy[job],
                    deadline_ahead: j.exists && j.spec.active_deadline.is_some() && !j.spec.suspend,
                }
            })
            .collect();
        Ending { at: self.now, jobs, dependencies: self.dependency_numbers() }
    }

    /// What is still going on, and for which Jobs.
    fn busy(&mut self) -> Busy {
        let mut cluster_busy = vec![false; self.jobs.len()];
        let mut any = vec![false; self.jobs.len()];
        let mut all = false;
        let waiting: Vec<_> = self.queue.waiting().collect();
        for due in waiting {
            match Event::unpack(due.payload) {
                // The entry that the horizon cut has a new ticket, but then it is at the horizon itself.
                Event::Pod(slot) => {
                    let pod = &self.pods[slot as usize];
                    if pod.live.exists && (pod.kubelet.next == due.ticket || due.at >= self.scenario.horizon)
                    {
                        any[pod.job as usize] = true;
                        cluster_busy[pod.job as usize] = true;
                    }
                }
                Event::Terminate(slot) => {
                    let job = self.pods[slot as usize].job as usize;
                    any[job] = true;
                    cluster_busy[job] = true;
                }
                Event::Submit(job) => any[job as usize] = true,
                Event::Wake(job) => {
                    any[job as usize] |= self.jobs[job as usize].memory.waiting == due.at;
                }
                Event::Collect(job) | Event::Poll(job) => {
                    any[job as usize] = true;
                    cluster_busy[job as usize] = true;
                }
                Event::Action(number) => match &self.scenario.timeline[number as usize].action {
                    Action::Patch { job, .. }
                    | Action::DeletePod { job, .. }
                    | Action::EvictPod { job, .. }
                    | Action::DeleteJob { job, .. } => any[*job] = true,
                    Action::RestartController => {}
                },
                Event::Tokens | Event::Call(_) | Event::Watch => all = true,
                Event::PodGc => all = true,
                // Pods that are being served, or will be, are looked at below; other tenants change no Job.
                Event::Ttl(_) => {}
                Event::Dependency(number) => match HerdEvent::unpack(number) {
                    HerdEvent::Fault(_) => all = true,
                    HerdEvent::Script(number) => {
                        let script = &self.scenario.shared.scripts[number as usize];
                        any[script.job] |= self.jobs[script.job].spec.parallelism < script.to;
                    }
                    HerdEvent::Station(_) | HerdEvent::Arrival(_) | HerdEvent::Visit(_) => {}
                },
            }
        }
        if let Some(herd) = &self.herd {
            for (slot, pod) in self.pods.iter().enumerate() {
                if pod.live.exists && pod.kubelet.running && herd.waits_for_dependency(slot as u32) {
                    let moves = herd.will_move(slot as u32);
                    any[pod.job as usize] |= moves;
                    cluster_busy[pod.job as usize] |= moves;
                }
            }
        }
        Busy { any, cluster: cluster_busy, all }
    }

    /// Whether anything but other tenants and scripts can still change a Job that has not ended.
    pub(super) fn jobs_can_change(&mut self) -> bool {
        let busy = self.busy();
        busy.all
            || self
                .jobs
                .iter()
                .zip(&busy.any)
                .any(|(job, busy)| *busy && job.counters.conditions.finished().is_none())
    }

    fn outcome(&self, job: u32, busy: bool) -> Outcome {
        let j = &self.jobs[job as usize];
        if let Some(end) = j.counters.conditions.finished() {
            return match end.kind {
                ConditionType::Complete => Outcome::Complete(end.reason),
                _ => Outcome::Failed(end.reason),
            };
        }
        if j.removed {
            return Outcome::Deleted;
        }
        let mine = |p: &&Pod| p.job == job && p.live.exists && !p.live.phase.is_terminal();
        let pods = self.pods.iter().filter(mine);
        if busy {
            let mut crashing = pods.filter(|p| p.kubelet.restarts > 0 || p.kubelet.step == Step::Restart);
            return Outcome::Horizon(match crashing.next() {
                Some(_) => Pending::CrashLoop,
                None => Pending::Running,
            });
        }
        if j.spec.suspend {
            return Outcome::Suspended;
        }
        let mut holders: BTreeMap<Holder, u32> = BTreeMap::new();
        for (slot, pod) in self.pods.iter().enumerate().filter(|(_, pod)| mine(pod)) {
            let holder = if pod.live.deleting {
                Holder::TerminatingForever
            } else if !pod.live.bound {
                Holder::NeverScheduled
            } else if !pod.kubelet.running {
                Holder::ImageNeverPulled
            } else if self.herd.as_ref().is_some_and(|herd| herd.waits_for_dependency(slot as u32)) {
                Holder::WaitsForDependency
            } else {
                Holder::HungPod
            };
            *holders.entry(holder).or_default() += 1;
        }
        let most = holders.iter().max_by_key(|&(holder, count)| (*count, std::cmp::Reverse(*holder)));
        let holder = match most {
            Some((&holder, _)) => holder,
            None if j.spec.managed_elsewhere => Holder::ManagedElsewhere,
            None => Holder::ZeroParallelism,
        };
        Outcome::Stuck(holder)
    }
}

/// What was still going on when a run ended.
struct Busy {
    /// By Job.
    any: Vec<bool>,
    /// By Job: of the cluster, timers of the controller aside.
    cluster: Vec<bool>,
    /// Something that may concern every Job.
    all: bool,
}

impl<'a> Job<'a> {
    fn new(case: &'a JobCase, seed: Seed, number: u32) -> Job<'a> {
        let luck = match &case.workload {
            Workload::Sampled(workload) => Some(Luck::new(workload, seed.seed, seed.replication, number)),
            Workload::Scripted(_) => None,
        };
        Job {
            case,
            exists: false,
            removed: false,
            deleting: false,
            generation: 0,
            version: 0,
            spec: case.spec.clone(),
            counters: Counters::default(),
            completed: IndexSet::default(),
            failed: IndexSet::default(),
            failed_is_set: false,
            uncounted_succeeded: Vec::new(),
            uncounted_failed: Vec::new(),
            pods_created: 0,
            index_high_water: 0,
            index_retries: BTreeMap::new(),
            luck,
            memory: Memory::new(case.spec.clone()),
            ttl_due: SimTime::NEVER,
            collected: false,
            finished_at: None,
            created_at: None,
            last_change: SimTime::ZERO,
        }
    }
}
