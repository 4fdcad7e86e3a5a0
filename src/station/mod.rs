//! Queueing stations: what happens to callers of a lock, a pool, a server or a rate limit.
//!
//! A station is a state machine without a clock of its own: it is told the time with every call, says when it wants to
//! be called next ([`Station::next_event`]), and answers with [`Effect`]s. It knows nothing of pods or Kubernetes.
//! All lengths are whole nanoseconds; every operation costs O(log n) or less with n callers inside.
//!
//! ```text
//!   arrive ──► refused                       (queue full, limit reached, down)
//!      │
//!      ▼
//!   waiting ──► timed out | abandoned | lost (time-out of the station, the caller leaves, the station crashes)
//!      │
//!      ▼  Begun
//!   served ──► Done | released | abandoned | lost
//! ```

pub mod limiter;
pub mod meter;
pub mod places;
pub mod rate_limit;
mod waiting;

#[cfg(test)]
mod tests;

use crate::engine::streams::Stream;
use crate::engine::time::{SimDuration, SimTime};
pub use crate::model::dependency::Access;
use crate::model::dependency::{Dependency, Fault, Kind};
use meter::Meter;
use places::Places;
use rate_limit::Limiting;

/// Names a caller while it is inside; small numbers, chosen by whoever calls.
pub type Caller = u32;

/// Most callers that wait at one station; whoever comes then is refused, limit or not.
pub const MOST_WAITING: u32 = 1 << 20;

/// What a caller wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// Time of service; none: until [`Station::release`].
    pub service: Option<SimDuration>,
    /// Time before the service that occupies the place as well.
    pub setup: SimDuration,
    pub access: Access,
    /// Whose limit counts, where each client has its own.
    pub client: u64,
}

impl Request {
    /// Exclusive, without setting up.
    pub fn of(service: Option<SimDuration>) -> Request {
        Request { service, setup: SimDuration::ZERO, access: Access::Exclusive, client: 0 }
    }
}

/// What happened to a caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effect {
    pub caller: Caller,
    pub what: What,
    /// When its service began; of those who were not being served: now.
    pub began: SimTime,
}

/// See the drawing of the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// The wait is over; not told to those whose service is known.
    Begun,
    /// Served; it is outside.
    Done,
    /// It did not get in.
    Refused { retry_after: Option<SimDuration> },
    /// It waited too long, by the station's own limit; it is outside.
    TimedOut,
    /// It was inside when the station went down; it is outside.
    Lost,
}

/// One dependency at work.
pub enum Station {
    Places(Box<Places>),
    Limiting(Box<Limiting>),
}

impl Station {
    /// An empty station. `random` decides the order where it is random, and how long a crash lasts.
    pub fn new(dependency: &Dependency, random: Stream) -> Station {
        match &dependency.kind {
            Kind::RateLimit(limit) => Station::Limiting(Box::new(Limiting::new(limit))),
            kind => Station::Places(Box::new(Places::new(kind, random))),
        }
    }

    /// A caller comes. It is not inside yet.
    pub fn arrive(&mut self, now: SimTime, caller: Caller, request: Request, effects: &mut Vec<Effect>) {
        match self {
            Station::Places(station) => station.arrive(now, caller, request, effects),
            Station::Limiting(station) => station.arrive(now, caller, request, effects),
        }
    }

    /// A caller that is being served has finished.
    pub fn release(&mut self, now: SimTime, caller: Caller, effects: &mut Vec<Effect>) {
        match self {
            Station::Places(station) => station.release(now, caller, effects),
            Station::Limiting(station) => station.abandon(now, caller),
        }
    }

    /// A caller leaves, waiting or being served, without success.
    pub fn abandon(&mut self, now: SimTime, caller: Caller, effects: &mut Vec<Effect>) {
        match self {
            Station::Places(station) => station.abandon(now, caller, effects),
            Station::Limiting(station) => station.abandon(now, caller),
        }
    }

    /// Does everything that is due.
    pub fn on_timer(&mut self, now: SimTime, effects: &mut Vec<Effect>) {
        match self {
            Station::Places(station) => station.on_timer(now, effects),
            Station::Limiting(station) => station.on_timer(now, effects),
        }
    }

    /// When [`Station::on_timer`] is wanted next; [`SimTime::NEVER`]: only after something else.
    pub fn next_event(&mut self) -> SimTime {
        match self {
            Station::Places(station) => station.next_event(),
            Station::Limiting(station) => station.next_event(),
        }
    }

    /// Something befalls it until the given instant; a later fault of the same kind replaces it.
    pub fn fault(&mut self, now: SimTime, until: SimTime, fault: Fault, effects: &mut Vec<Effect>) {
        match self {
            Station::Places(station) => station.fault(now, until, fault, effects),
            Station::Limiting(station) => station.fault(now, until, fault, effects),
        }
    }

    /// Whether the caller is inside and waits.
    pub fn is_waiting(&self, caller: Caller) -> bool {
        match self {
            Station::Places(station) => station.is_waiting(caller),
            Station::Limiting(station) => station.is_waiting(caller),
        }
    }

    /// Since when the caller is being served; none: it is not.
    pub fn served_since(&self, caller: Caller) -> Option<SimTime> {
        match self {
            Station::Places(station) => station.served_since(caller),
            Station::Limiting(station) => station.served_since(caller),
        }
    }

    /// Those who are being served (or hold it), by number; of a rate limit nobody: nobody waits for them.
    pub fn served(&self) -> impl Iterator<Item = Caller> + '_ {
        let inside = match self {
            Station::Places(station) => Some(station.served()),
            Station::Limiting(_) => None,
        };
        inside.into_iter().flatten().copied()
    }

    /// Counts and integrals so far.
    pub fn meter(&self) -> &Meter {
        match self {
            Station::Places(station) => &station.meter,
            Station::Limiting(station) => &station.meter,
        }
    }

    /// Whether everybody is accounted for, and Little's law holds, exactly: the integrals of those waiting and of those
    /// being served are the sums of all waits and services so far. In O(n), for tests and debug builds.
    pub fn is_sound(&mut self, now: SimTime) -> bool {
        self.settle(now);
        let (waits, services): (Vec<SimTime>, Vec<SimTime>) = match self {
            Station::Places(station) => station.since_when(),
            Station::Limiting(station) => station.since_when(),
        };
        let sum = |since: &[SimTime]| since.iter().map(|&t| u128::from(now.since(t).nanos())).sum::<u128>();
        let meter = self.meter();
        meter.is_conserved()
            && meter.waiting as usize == waits.len()
            && meter.in_service as usize == services.len()
            && meter.waiting_ns == meter.ended_waits_ns + sum(&waits)
            && meter.in_service_ns == meter.ended_services_ns + sum(&services)
    }

    /// Brings the integrals to an instant.
    pub fn settle(&mut self, now: SimTime) {
        match self {
            Station::Places(station) => station.meter.settle(now),
            Station::Limiting(station) => station.meter.settle(now),
        }
    }
}
