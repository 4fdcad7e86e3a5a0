//! Dependencies in the simulated world: their stations, who is inside, and the clients in the pods.
//!
//! ```text
//!   client (a container's steps) ──call──► visit ──arrive──► station
//!      ▲                                                        │
//!      └──────────── react ◄──── effects, one after the other ◄─┘
//! ```
//!
//! Whatever a station answers is put in line and dealt with when its event is over, so no station is ever entered
//! while it is at work. A run whose scenario has no dependencies has no [`Herd`], and pays nothing for it.

pub mod background;
mod calls;
mod client;
mod deadlock;
mod failing;
pub mod numbers;
pub mod recovery;
mod script;
mod visits;

use std::collections::VecDeque;

use super::event::Event;
use super::facts::Observer;
use super::luck::seed_of_job;
use super::simulate::Seed;
use super::status::ConditionType;
use super::world::World;
use crate::engine::queue::Ticket;
use crate::engine::streams::{Keyed, Purpose, Stream};
use crate::engine::time::SimTime;
use crate::model::scenario::Scenario;
use crate::model::steps::Program;
use crate::model::workload::{RunTime, SampledWorkload, Workload};
use crate::station::{Effect, Station};
use background::Tenants;
use client::Client;
use numbers::DependencyNumbers;
use recovery::RunEnd;
use script::Running;
use visits::Visit;

/// What one event of the herd is about; packed into the number of [`Event::Dependency`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HerdEvent {
    /// A station's own timer.
    Station(u32),
    /// The next arrival of other tenants at a dependency.
    Arrival(u32),
    /// A timer of a visit: a time-out, the end of a place whose caller is gone, or a look for deadlocks.
    Visit(u32),
    /// Faults and scripts: entries of the scenario.
    Fault(u32),
    Script(u32),
}

/// A number of an event holds 24 bits. The top one says that it is about a visit, of which there can be many; the
/// next three what else it is about.
const VISIT: u32 = 1 << 23;
const KIND_SHIFT: u32 = 20;

impl HerdEvent {
    fn pack(self) -> Event {
        let (kind, number) = match self {
            HerdEvent::Station(n) => (0, n),
            HerdEvent::Arrival(n) => (1, n),
            HerdEvent::Visit(n) => {
                assert!(n < VISIT, "more than 2^23 callers at once");
                return Event::Dependency(VISIT | n);
            }
            HerdEvent::Fault(n) => (2, n),
            HerdEvent::Script(n) => (3, n),
        };
        assert!(number < 1 << KIND_SHIFT, "more than 2^20 dependencies, faults or scripts");
        Event::Dependency(kind << KIND_SHIFT | number)
    }

    pub(super) fn unpack(number: u32) -> HerdEvent {
        if number & VISIT != 0 {
            return HerdEvent::Visit(number & (VISIT - 1));
        }
        let rest = number & ((1 << KIND_SHIFT) - 1);
        match number >> KIND_SHIFT {
            0 => HerdEvent::Station(rest),
            1 => HerdEvent::Arrival(rest),
            2 => HerdEvent::Fault(rest),
            _ => HerdEvent::Script(rest),
        }
    }
}

/// A dependency at work.
pub(super) struct Desk<'a> {
    pub(super) station: Station,
    /// Of its timer; and when that is due.
    timer: Ticket,
    timer_at: SimTime,
    tenants: Option<Tenants<'a>>,
    /// Nobody holds it for ever.
    holds_expire: bool,
    pub(super) numbers: DependencyNumbers,
}

/// All dependencies, callers and clients of one run.
pub(super) struct Herd<'a> {
    pub(super) desks: Vec<Desk<'a>>,
    visits: Vec<Visit>,
    free: Vec<u32>,
    /// Freed while effects were still in line: used again when the line is empty.
    freed: Vec<u32>,
    effects: VecDeque<(u32, Effect)>,
    scratch: Vec<Effect>,
    /// The line is being worked off.
    reacting: bool,
    /// By slot of the pod.
    clients: Vec<Client>,
    /// By Job: its steps, if some of them call, and where their numbers come from.
    jobs: Vec<Option<Steps<'a>>>,
    scripts: Vec<Running>,
    /// Background arrivals until somebody looks whether the Jobs can still change.
    arrivals_to_look: u32,
    pub(super) nothing_will_change: bool,
}

/// The steps of one Job's pods.
#[derive(Clone, Copy)]
pub(super) struct Steps<'a> {
    program: &'a Program,
    workload: &'a SampledWorkload,
    keyed: Keyed,
}

/// Keeps the numbers of clients apart from those of pods, which have keys of the same form.
const CLIENT_SEED: u64 = 0x5bd1_e995_9d1b_54a5;
const DESK_SEED: u64 = 0x2545_f491_4f6c_dd1d;
const FIRST_LOOK: u32 = 64;

impl<'a> Herd<'a> {
    /// None: nothing is shared.
    pub(super) fn new(scenario: &'a Scenario, seed: Seed) -> Option<Box<Herd<'a>>> {
        let shared = &scenario.shared;
        let calls = |workload: &Workload| matches!(workload, Workload::Sampled(w) if matches!(w.run, RunTime::Program(_)));
        if shared.dependencies.is_empty()
            && shared.scripts.is_empty()
            && !scenario.jobs.iter().any(|j| calls(&j.workload))
        {
            return None;
        }
        let desks = shared.dependencies.iter().enumerate().map(|(number, dependency)| {
            let own = seed_of_job(seed.seed ^ DESK_SEED, number as u32);
            let order = Stream::new(own, seed.replication, Purpose::Order);
            Desk {
                station: Station::new(dependency, order),
                timer: Ticket::NONE,
                timer_at: SimTime::NEVER,
                tenants: Tenants::new(dependency, own, seed.replication),
                holds_expire: dependency.hold_timeout.is_some(),
                numbers: DependencyNumbers::new(shared, number),
            }
        });
        let jobs = scenario.jobs.iter().enumerate().map(|(number, case)| match &case.workload {
            Workload::Sampled(workload) => match &workload.run {
                RunTime::Program(program) => {
                    let own = seed_of_job(seed.seed ^ CLIENT_SEED, number as u32);
                    Some(Steps { program, workload, keyed: Keyed::new(own, seed.replication) })
                }
                _ => None,
            },
            Workload::Scripted(_) => None,
        });
        Some(Box::new(Herd {
            desks: desks.collect(),
            visits: Vec::new(),
            free: Vec::new(),
            freed: Vec::new(),
            effects: VecDeque::new(),
            scratch: Vec::new(),
            reacting: false,
            clients: Vec::new(),
            jobs: jobs.collect(),
            scripts: shared.scripts.iter().map(|_| Running::default()).collect(),
            arrivals_to_look: FIRST_LOOK,
            nothing_will_change: false,
        }))
    }
}

impl<'a, O: Observer> World<'a, O> {
    pub(super) fn herd(&mut self) -> &mut Herd<'a> {
        self.herd.as_mut().expect("only called with dependencies")
    }

    /// Puts the first arrivals and all faults in the queue.
    pub(super) fn herd_begins(&mut self) {
        if self.herd.is_none() {
            return;
        }
        for (number, fault) in self.scenario.shared.faults.iter().enumerate() {
            self.at(fault.at, HerdEvent::Fault(number as u32).pack());
        }
        for desk in 0..self.herd().desks.len() as u32 {
            self.next_tenant(desk);
        }
    }

    /// An event of the herd is due.
    pub(super) fn herd_due(&mut self, number: u32, ticket: Ticket) {
        match HerdEvent::unpack(number) {
            HerdEvent::Station(desk) => {
                let now = self.now;
                let herd = self.herd();
                let at = &mut herd.desks[desk as usize];
                if at.timer != ticket {
                    return;
                }
                at.timer_at = SimTime::NEVER;
                if at.station.next_event() <= now {
                    self.at_station(desk, |station, effects| station.on_timer(now, effects));
                } else {
                    self.set_timer(desk);
                }
            }
            HerdEvent::Arrival(desk) => self.tenant_arrives(desk),
            HerdEvent::Visit(visit) => self.visit_due(visit, ticket),
            HerdEvent::Fault(number) => {
                let fault = self.scenario.shared.faults[number as usize];
                let now = self.now;
                self.at_station(fault.dependency as u32, |station, effects| {
                    station.fault(now, fault.until, fault.fault, effects);
                });
            }
            HerdEvent::Script(number) => self.script_looks(number),
        }
        self.react();
    }

    /// Does something at a station; what it answers is put in line.
    fn at_station(&mut self, desk: u32, what: impl FnOnce(&mut Station, &mut Vec<Effect>)) {
        let now = self.now;
        let herd = self.herd();
        let mut scratch = std::mem::take(&mut herd.scratch);
        let at = &mut herd.desks[desk as usize];
        what(&mut at.station, &mut scratch);
        at.numbers.look(now, at.station.meter());
        herd.effects.extend(scratch.drain(..).map(|effect| (desk, effect)));
        herd.scratch = scratch;
        self.set_timer(desk);
    }

    /// The station's timer is in the queue, unless an earlier one is.
    fn set_timer(&mut self, desk: u32) {
        let at = &mut self.herd().desks[desk as usize];
        let next = at.station.next_event();
        if next >= at.timer_at {
            return;
        }
        at.timer_at = next;
        let next = next.max(self.now);
        let timer = self.at(next, HerdEvent::Station(desk).pack());
        self.herd().desks[desk as usize].timer = timer;
    }

    /// Works off what stations have answered, and what follows from that.
    pub(super) fn react(&mut self) {
        if self.herd().reacting {
            return;
        }
        self.herd().reacting = true;
        while let Some((desk, effect)) = self.herd().effects.pop_front() {
            self.visit_effect(desk, effect);
        }
        let herd = self.herd();
        herd.reacting = false;
        let freed = std::mem::take(&mut herd.freed);
        herd.free.extend(freed);
    }

    /// The numbers of all dependencies, once the run is over at `self.now`.
    pub(super) fn dependency_numbers(&mut self) -> Vec<DependencyNumbers> {
        let now = self.now;
        let from = self.jobs.iter().filter_map(|j| j.created_at).min().unwrap_or(SimTime::ZERO);
        let ends = || self.jobs.iter().map(|j| j.counters.conditions.finished().map(|end| end.kind));
        let end = match () {
            () if ends().any(|end| end.is_none()) => RunEnd::Cut,
            () if ends().any(|end| end == Some(ConditionType::Failed)) => RunEnd::JobFailed,
            () => RunEnd::AllComplete,
        };
        let Some(herd) = &mut self.herd else { return Vec::new() };
        herd.desks
            .drain(..)
            .map(|mut desk| {
                debug_assert!(desk.station.is_sound(now), "a caller was lost, or Little's law does not hold");
                desk.station.settle(now);
                desk.numbers.finish(now, from, desk.station.meter(), end);
                desk.numbers
            })
            .collect()
    }
}
