//! One run: from a scenario and a seed to how each Job ended.

use std::collections::{BTreeMap, VecDeque};

use super::controller_client::TokenBucket;
use super::dependencies::Herd;
pub use super::ending::{Ending, Holder, JobEnding, Outcome, Pending};
use super::event::Event;
use super::facts::Observer;
use super::job_controller::memory::Memory;
pub use super::luck::KeptLuck;
use super::luck::{Luck, draw_the_same, seed_of_job};
use super::status::{Counters, IndexSet};
use super::world::{Job, World};
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
