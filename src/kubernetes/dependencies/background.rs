//! What other tenants do on a dependency: arrivals that no Job has asked for.

use super::numbers::BackgroundNumbers;
use super::visits::Owner;
use super::{Herd, HerdEvent};
use crate::engine::streams::{Purpose, Stream};
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::event::Event;
use crate::kubernetes::facts::Observer;
use crate::kubernetes::simulate::{Seed, Until};
use crate::kubernetes::world::World;
use crate::model::dependency::{Background, Dependency};
use crate::model::scenario::Scenario;
use crate::station::Request;

/// The other tenants of one dependency.
pub(super) struct Tenants<'a> {
    background: &'a Background,
    service: Option<&'a crate::engine::distribution::Distribution>,
    arrivals: Stream,
    services: Stream,
}

impl<'a> Tenants<'a> {
    pub(super) fn new(dependency: &'a Dependency, seed: u64, replication: u64) -> Option<Tenants<'a>> {
        let background = dependency.background.as_ref()?;
        Some(Tenants {
            background,
            service: background.service.as_ref().or(dependency.service.as_ref()),
            arrivals: Stream::new(seed, replication, Purpose::Arrival),
            services: Stream::new(seed, replication, Purpose::Service),
        })
    }
}

impl<'a, O: Observer> World<'a, O> {
    pub(super) fn next_tenant(&mut self, desk: u32) {
        let now = self.now;
        let Some(tenants) = &mut self.herd().desks[desk as usize].tenants else { return };
        let after = tenants.background.arrivals.sample(tenants.arrivals.unit());
        self.at(now + after, HerdEvent::Arrival(desk).pack());
    }

    pub(super) fn tenant_arrives(&mut self, desk: u32) {
        // Other tenants never stop: somebody has to see that nothing else will happen.
        let herd = self.herd();
        herd.arrivals_to_look -= 1;
        if herd.arrivals_to_look == 0 {
            let nothing = !self.jobs_can_change();
            let herd = self.herd();
            herd.nothing_will_change = nothing;
            herd.arrivals_to_look = super::FIRST_LOOK.max(herd.visits.len() as u32);
        }
        let now = self.now;
        let at = &mut self.herd().desks[desk as usize];
        let Some(tenants) = &mut at.tenants else { return };
        let service = tenants.service.map_or(SimDuration::ZERO, |law| law.sample(tenants.services.unit()));
        let timeout = tenants.background.timeout;
        at.numbers.background.calls += 1;
        let request = Request { client: u64::MAX, ..Request::of(Some(service)) };
        let visit = self.come(Owner::Tenant, desk, request);
        if !timeout.is_never() {
            self.set_visit_timer(visit, now + timeout);
        }
        self.next_tenant(desk);
    }
}

/// What the other tenants would have met until `end` if no Job had been there: same arrivals, same faults.
pub fn background_alone(scenario: &Scenario, seed: Seed, end: SimTime) -> Vec<BackgroundNumbers> {
    let mut nobody = ();
    let mut world = World::new(scenario, seed, Until::NothingHappens, &mut nobody);
    if world.herd.is_some() {
        world.herd().arrivals_to_look = u32::MAX;
    }
    while let Some(due) = world.queue.take() {
        if due.at > end {
            break;
        }
        world.now = due.at;
        if let Event::Dependency(number) = Event::unpack(due.payload) {
            world.herd_due(number, due.ticket);
        }
    }
    world.dependency_numbers().into_iter().map(|numbers| numbers.background).collect()
}

impl Herd<'_> {
    /// Whether this pod's call will end by what is at work in stations: nobody holds for ever what it waits for.
    pub(in crate::kubernetes) fn will_move(&self, slot: u32) -> bool {
        let mut seen: Vec<u32> = vec![slot];
        let mut next = 0;
        while next < seen.len() {
            let Some(client) = self.clients.get(seen[next] as usize) else { return true };
            next += 1;
            let Some(visit) = client.calling() else {
                if client.is_hung() || client.is_off() {
                    continue;
                }
                return true;
            };
            if !self.is_waiting(visit) {
                return true;
            }
            let desk = &self.desks[self.visits[visit as usize].desk as usize];
            let mut served = desk.station.served().peekable();
            if desk.holds_expire || served.peek().is_none() {
                return true;
            }
            for caller in served {
                let inside = &self.visits[caller as usize];
                match inside.owner {
                    Owner::Pod(slot) if !seen.contains(&slot) => seen.push(slot),
                    Owner::Pod(_) => {}
                    Owner::Tenant | Owner::Gone | Owner::Nobody => return true,
                }
            }
        }
        false
    }
}
