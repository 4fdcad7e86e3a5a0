//! What a station counts: callers by what became of them, and integrals over time, all in integers.
//!
//! Two identities hold at every instant, and tests check them: arrived = refused + timed out + abandoned + lost +
//! served + inside; and the integral of the number waiting = the sum of all waits so far (Little's law, exactly).

use std::collections::VecDeque;

use crate::engine::time::{SimDuration, SimTime};

/// Counts and integrals of one station.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    pub arrived: u64,
    pub refused: u64,
    pub timed_out: u64,
    /// Left by themselves, waiting or being served.
    pub abandoned: u64,
    pub lost: u64,
    pub served: u64,
    pub crashes: u64,
    pub waiting: u32,
    pub in_service: u32,
    pub peak_in_flight: u32,
    pub peak_waiting: u32,
    /// Integrals, caller-nanoseconds.
    pub waiting_ns: u128,
    pub in_service_ns: u128,
    /// Time with at least one caller being served.
    pub busy_ns: u128,
    /// Integral of the number of places in use, at most the number there is.
    pub used_places_ns: u128,
    /// Time with somebody waiting, or above the limit.
    pub over_limit_ns: u128,
    /// Waits that have ended, in whatever way.
    pub ended_waits_ns: u128,
    /// Services that have ended, in whatever way.
    pub ended_services_ns: u128,
    pub arrivals_1s: Window,
    pub arrivals_10s: Window,
    places: u32,
    /// Above so many arrivals in one second it is over its limit.
    limit_per_s: Option<u32>,
    since: SimTime,
}

impl Meter {
    pub(super) fn new(places: u32, limit_per_s: Option<u32>) -> Meter {
        Meter {
            places,
            limit_per_s,
            arrivals_1s: Window::of(SimDuration::SECOND),
            arrivals_10s: Window::of(SimDuration::from_whole_seconds(10)),
            ..Meter::default()
        }
    }

    /// Waiting or being served.
    pub fn inside(&self) -> u32 {
        self.waiting + self.in_service
    }

    pub(super) fn set_places(&mut self, now: SimTime, places: u32) {
        self.settle(now);
        self.places = places;
    }

    /// Integrals up to `now`.
    pub fn settle(&mut self, now: SimTime) {
        if now <= self.since {
            return;
        }
        let length = u128::from(now.since(self.since).nanos());
        self.waiting_ns += u128::from(self.waiting) * length;
        self.in_service_ns += u128::from(self.in_service) * length;
        self.busy_ns += if self.in_service > 0 { length } else { 0 };
        self.used_places_ns += u128::from(self.in_service.min(self.places)) * length;
        match self.limit_per_s {
            None => self.over_limit_ns += if self.waiting > 0 { length } else { 0 },
            Some(limit) => self.over_limit_ns += self.arrivals_1s.time_above(limit, self.since, now),
        }
        self.since = now;
    }

    pub(super) fn arrives(&mut self, now: SimTime) {
        self.settle(now);
        self.arrived += 1;
        self.arrivals_1s.add(now);
        self.arrivals_10s.add(now);
    }

    pub(super) fn begins_to_wait(&mut self) {
        self.waiting += 1;
        self.peak_in_flight = self.peak_in_flight.max(self.inside());
    }

    /// After those who did not have to wait have gone on.
    pub(super) fn notes_queue(&mut self) {
        self.peak_waiting = self.peak_waiting.max(self.waiting);
    }

    pub(super) fn ends_wait(&mut self, now: SimTime, arrived: SimTime) {
        self.settle(now);
        self.waiting -= 1;
        self.ended_waits_ns += u128::from(now.since(arrived).nanos());
    }

    pub(super) fn begins_service(&mut self) {
        self.in_service += 1;
        self.peak_in_flight = self.peak_in_flight.max(self.inside());
    }

    pub(super) fn ends_service(&mut self, now: SimTime, began: SimTime) {
        self.settle(now);
        self.in_service -= 1;
        self.ended_services_ns += u128::from(now.since(began).nanos());
    }

    /// Whether every caller is accounted for.
    pub fn is_conserved(&self) -> bool {
        let outside = self.refused + self.timed_out + self.abandoned + self.lost + self.served;
        self.arrived == outside + u64::from(self.inside())
    }
}

/// How many arrivals fall into a window of fixed length, and the most there ever were.
#[derive(Clone, Debug, Default)]
pub struct Window {
    length: SimDuration,
    inside: VecDeque<SimTime>,
    pub peak: u32,
}

impl Window {
    fn of(length: SimDuration) -> Window {
        Window { length, ..Window::default() }
    }

    /// Two arrivals are in one window when less than its length lies between them.
    fn add(&mut self, now: SimTime) {
        while self.inside.front().is_some_and(|&first| first + self.length <= now) {
            self.inside.pop_front();
        }
        self.inside.push_back(now);
        self.peak = self.peak.max(self.inside.len() as u32);
    }

    /// How long between two instants the window that ends there held more than `limit`; forgets what is over.
    fn time_above(&mut self, limit: u32, from: SimTime, to: SimTime) -> u128 {
        let mut above = 0;
        let mut at = from;
        while let Some(&first) = self.inside.front() {
            let leaves = first + self.length;
            if self.inside.len() > limit as usize {
                above += u128::from(leaves.min(to).since(at).nanos());
                at = at.max(leaves.min(to));
            }
            if leaves > to {
                break;
            }
            at = at.max(leaves);
            self.inside.pop_front();
        }
        above
    }
}
