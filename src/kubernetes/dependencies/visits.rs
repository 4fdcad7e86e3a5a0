//! Visits: who is inside a station, on whose behalf, and what becomes of the place when the caller is gone.

use super::{Herd, HerdEvent};
use crate::engine::queue::Ticket;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::Observer;
use crate::kubernetes::world::{World, put};
use crate::model::dependency::{Disconnect, Kind};
use crate::station::{Effect, Request, What};

/// On whose behalf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// Nobody is inside under this number.
    Nobody,
    /// The pod in this slot.
    Pod(u32),
    /// Other tenants.
    Tenant,
    /// Whoever it was does not wait for an answer any more.
    Gone,
}

/// One caller at one station.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visit {
    pub(super) owner: Owner,
    pub(super) desk: u32,
    pub(super) arrived: SimTime,
    pub(super) began: SimTime,
    /// It asked for a service of a given length, which the station ends by itself.
    pub(super) timed: bool,
    timer: Ticket,
}

/// Why a client leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leaving {
    /// It has waited long enough, and says so.
    TimedOut,
    /// Its process has ended or was killed.
    Ended,
}

impl Herd<'_> {
    pub(super) fn visit(&self, visit: u32) -> &Visit {
        &self.visits[visit as usize]
    }

    pub(super) fn set_owner(&mut self, visit: u32, owner: Owner) {
        self.visits[visit as usize].owner = owner;
    }

    pub(super) fn forget_visit(&mut self, visit: u32) {
        assert!(self.visits[visit as usize].owner != Owner::Nobody, "visit {visit} ends twice");
        self.visits[visit as usize].owner = Owner::Nobody;
        self.visits[visit as usize].timer = Ticket::NONE;
        self.freed.push(visit);
    }

    pub(super) fn is_waiting(&self, visit: u32) -> bool {
        let desk = self.visits[visit as usize].desk;
        self.desks[desk as usize].station.is_waiting(visit)
    }
}

impl<'a, O: Observer> World<'a, O> {
    /// Somebody comes to a station; the number of the visit.
    pub(super) fn come(&mut self, owner: Owner, desk: u32, request: Request) -> u32 {
        let now = self.now;
        let herd = self.herd();
        let timed = request.service.is_some();
        let visit = Visit { owner, desk, arrived: now, began: now, timed, timer: Ticket::NONE };
        let number = put(&mut herd.visits, &mut herd.free, visit);
        self.at_station(desk, |station, effects| station.arrive(now, number, request, effects));
        number
    }

    pub(super) fn set_visit_timer(&mut self, visit: u32, at: SimTime) {
        let ticket = self.at(at, HerdEvent::Visit(visit).pack());
        self.herd().visits[visit as usize].timer = ticket;
    }

    pub(super) fn visit_due(&mut self, number: u32, ticket: Ticket) {
        let visit = *self.herd().visit(number);
        if visit.timer != ticket {
            return;
        }
        match visit.owner {
            Owner::Nobody => {}
            Owner::Pod(slot) if self.herd().is_waiting(number) => self.look_for_deadlock(slot, number),
            Owner::Pod(slot) => self.hold_expires(slot, number),
            Owner::Tenant => {
                self.herd().desks[visit.desk as usize].numbers.background.timeouts += 1;
                self.leave(number, Leaving::TimedOut);
            }
            Owner::Gone => self.throw_away(number),
        }
    }

    /// Out of the station, at once; what it was being served with is lost.
    pub(super) fn throw_away(&mut self, number: u32) {
        let now = self.now;
        let desk = self.herd().visit(number).desk;
        let at = &mut self.herd().desks[desk as usize];
        let served = at.station.served_since(number).map_or(SimDuration::ZERO, |since| now.since(since));
        at.numbers.lose_work(served);
        self.herd().forget_visit(number);
        self.at_station(desk, |station, effects| station.abandon(now, number, effects));
    }

    /// The holder gives back what it holds.
    pub(super) fn release_visit(&mut self, number: u32) {
        let now = self.now;
        let desk = self.herd().visit(number).desk;
        self.herd().forget_visit(number);
        self.at_station(desk, |station, effects| station.release(now, number, effects));
    }

    /// The client does not wait any more; the station may go on for nobody.
    pub(super) fn leave(&mut self, number: u32, why: Leaving) {
        let now = self.now;
        let visit = *self.herd().visit(number);
        let waiting = self.herd().is_waiting(number);
        let dependency = &self.scenario.shared.dependencies[visit.desk as usize];
        let finishes = matches!(dependency.disconnect, Disconnect::Finish { .. });
        // A server that finishes everything finds out when it wants to answer; elsewhere whoever gives up says so.
        let works_on = finishes && matches!(dependency.kind, Kind::Server(_));
        if why == Leaving::TimedOut && !works_on {
            return self.throw_away(number);
        }
        let after = match dependency.disconnect {
            Disconnect::Finish { .. } if works_on || visit.timed && !waiting => SimDuration::NEVER,
            _ if waiting => SimDuration::ZERO,
            Disconnect::Finish { idle } => idle,
            Disconnect::After(after) => after,
            Disconnect::Look { idle, .. } if !visit.timed => idle,
            Disconnect::Look { every, .. } => {
                let since = now.since(visit.began).nanos();
                let looks = since / every.nanos() + 1;
                SimDuration::from_nanos((looks * every.nanos()).saturating_sub(since))
            }
        };
        if after == SimDuration::ZERO {
            return self.throw_away(number);
        }
        self.herd().set_owner(number, Owner::Gone);
        self.set_visit_timer(number, now + after);
    }

    /// A station has something to say about a visit.
    pub(super) fn visit_effect(&mut self, desk: u32, effect: Effect) {
        let number = effect.caller;
        let visit = *self.herd().visit(number);
        if visit.desk != desk || visit.owner == Owner::Nobody {
            return;
        }
        let (now, outside) = (self.now, effect.what != What::Begun);
        self.herd().visits[number as usize].began = effect.began;
        let wait = effect.began.since(visit.arrived);
        let (sojourn, service) = (now.since(visit.arrived), now.since(effect.began));
        if effect.what == What::Lost {
            self.herd().desks[desk as usize].numbers.lose_work(service);
        }
        if outside {
            self.herd().forget_visit(number);
        }
        let numbers = &mut self.herd().desks[desk as usize].numbers;
        match visit.owner {
            Owner::Pod(slot) => {
                match effect.what {
                    What::Begun => numbers.waits.add(wait),
                    What::Done => {
                        numbers.waits.add(wait);
                        numbers.served(sojourn);
                        self.client(slot).used[desk as usize] += service.nanos();
                    }
                    What::Refused { .. } | What::Lost => numbers.refused(now),
                    What::TimedOut => {
                        numbers.timed_out(now);
                        numbers.abandoned_waits.add(sojourn);
                    }
                }
                if effect.what == What::Begun
                    && let Some(timeout) = self.scenario.shared.dependencies[desk as usize].hold_timeout
                {
                    self.set_visit_timer(number, now + timeout);
                }
                self.client_hears(slot, number, effect.what);
            }
            Owner::Tenant => match effect.what {
                What::Begun => {}
                What::Done => {
                    numbers.background.waits.add(wait);
                    numbers.background.sojourns.add(sojourn);
                    numbers.background.served += 1;
                }
                What::Refused { .. } | What::Lost => numbers.background.rejected += 1,
                What::TimedOut => numbers.background.timeouts += 1,
            },
            Owner::Gone => match effect.what {
                What::Begun => self.release_visit(number),
                What::Done => {
                    numbers.unheard += 1;
                    numbers.lose_work(service);
                }
                What::Refused { .. } | What::Lost | What::TimedOut => {}
            },
            Owner::Nobody => {}
        }
    }
}
