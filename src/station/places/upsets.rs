//! What befalls locks, pools and servers (faults, crashes, cold starts), and how fast they work at any time.

use super::{FULL_SPEED, Places};
use crate::engine::time::SimTime;
use crate::model::dependency::{Fault, LoadCurve, NewLimit};
use crate::station::{Effect, What};

impl Places {
    pub(in crate::station) fn fault(
        &mut self,
        now: SimTime,
        until: SimTime,
        fault: Fault,
        out: &mut Vec<Effect>,
    ) {
        self.meter.settle(now);
        self.advance(now);
        match fault {
            Fault::Down => {
                self.down_until = self.down_until.max(until);
                self.throw_out(now, out);
            }
            Fault::Silent => self.silent_until = self.silent_until.max(until),
            Fault::Slow { factor } => self.slow = (factor, until),
            Fault::Limit(NewLimit::Places(places)) => {
                self.limit = (places, until);
                self.meter.set_places(now, places);
                self.fill(now, out);
            }
            Fault::Limit(NewLimit::Rate(_)) => {}
        }
        self.set_speed(now);
    }

    pub(super) fn throw_out(&mut self, now: SimTime, out: &mut Vec<Effect>) {
        while let Some(caller) = self.waiting.longest() {
            self.leave_queue(now, caller);
            self.meter.lost += 1;
            out.push(Effect { caller, what: What::Lost, began: now });
        }
        for caller in std::mem::take(&mut self.inside) {
            let began = self.entries[caller as usize].began;
            self.leave(now, caller);
            self.meter.lost += 1;
            out.push(Effect { caller, what: What::Lost, began });
        }
    }

    pub(super) fn crash_above_limit(&mut self, now: SimTime, out: &mut Vec<Effect>) {
        let Some(crash) = &self.crash else { return };
        if self.meter.inside() <= crash.in_flight {
            return;
        }
        let recovered = now + crash.recovery.sample(self.random.unit());
        self.meter.crashes += 1;
        self.down_until = self.down_until.max(recovered);
        self.cold_at = self.down_until;
        self.throw_out(now, out);
    }

    pub(super) fn end_faults(&mut self, now: SimTime) {
        if self.cold_at <= now
            && let Some(crash) = &self.crash
        {
            let until = self.cold_at + crash.cold_for;
            self.slow = (crash.cold_factor, until);
            self.cold_at = SimTime::NEVER;
        }
        if self.limit.1 <= now && self.limit.1 > self.clock_at {
            self.meter.set_places(now, self.shared_servers.unwrap_or(self.places));
        }
        // The clock must have stood or crept until now at the old speed.
        self.advance(now);
        self.set_speed(now);
    }

    /// The clock goes on to `now` at the speed that it had.
    pub(super) fn advance(&mut self, now: SimTime) {
        let length = now.since(self.clock_at).nanos();
        self.clock += u128::from(length) * u128::from(self.speed);
        self.clock_at = self.clock_at.max(now);
    }

    pub(super) fn set_speed(&mut self, now: SimTime) {
        if now < self.silent_until || now < self.down_until {
            self.speed = 0;
            return;
        }
        let n = self.meter.in_service;
        let slow = if now < self.slow.1 { self.slow.0 } else { 1.0 };
        if slow == 1.0 && (self.shared_servers.is_none() && self.load == LoadCurve::Flat || n == 0) {
            self.speed = FULL_SPEED;
            return;
        }
        let mut speed = self.load.speed(n) / slow;
        if let Some(servers) = self.shared_servers {
            let servers = if now < self.limit.1 { self.limit.0 } else { servers };
            if n > servers {
                speed *= f64::from(servers) / f64::from(n);
            }
        }
        self.speed = (speed * FULL_SPEED as f64).round().max(1.0) as u64;
    }
}
