//! The Job controller's client: its token bucket, and calls that take time.

use super::event::Event;
use super::facts::Observer;
use super::job_controller::writes::Op;
use super::world::{World, put};
use crate::engine::time::{SimDuration, SimTime};
use crate::marks::mark;
use crate::model::cluster::ClientLimit;

/// A write of the Job controller that has not taken effect yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) epoch: u32,
    pub(super) rank: i64,
    pub(super) op: Op,
}

/// Token bucket of golang.org/x/time/rate: float64 tokens, waits cut to the nanosecond.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenBucket {
    qps: f64,
    burst: f64,
    tokens: f64,
    last: SimTime,
}

impl TokenBucket {
    pub(super) fn full(limit: ClientLimit) -> TokenBucket {
        let burst = f64::from(limit.burst);
        TokenBucket { qps: limit.qps, burst, tokens: burst, last: SimTime::ZERO }
    }

    fn refill(&mut self, now: SimTime) {
        let elapsed = now.since(self.last).nanos();
        let seconds = (elapsed / 1_000_000_000) as f64 + (elapsed % 1_000_000_000) as f64 / 1e9;
        self.tokens = (self.tokens + seconds * self.qps).min(self.burst);
        self.last = now;
    }

    /// Takes a token, now or in advance; returns how long to wait for it (Limiter.reserveN).
    pub(super) fn reserve(&mut self, now: SimTime) -> SimDuration {
        self.refill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            return SimDuration::ZERO;
        }
        SimDuration::from_nanos((-self.tokens / self.qps * 1e9) as u64)
    }

    /// Takes a token if there is one (Limiter.AllowN).
    pub(super) fn try_take(&mut self, now: SimTime) -> bool {
        let before = *self;
        // A wait that is cut to 0 ns is none.
        if self.reserve(now) == SimDuration::ZERO {
            return true;
        }
        *self = before;
        false
    }
}

impl<'a, O: Observer> World<'a, O> {
    /// Whether the controller's writes take effect at the instant at which they are made.
    #[inline]
    pub(super) fn api_is_immediate(&self) -> bool {
        self.bucket.is_none() && self.scenario.control_plane.api_latency == SimDuration::ZERO
    }

    /// Makes a write. With an immediate API it has taken effect when this returns.
    #[inline(always)]
    pub(super) fn write(&mut self, rank: i64, op: Op) {
        if self.api_is_immediate() {
            return self.take_effect(op);
        }
        self.make_call(rank, op);
    }

    #[inline(never)]
    fn make_call(&mut self, rank: i64, op: Op) {
        if let Some(job) = op.is_waited_for() {
            self.jobs[job as usize].memory.sync.outstanding += 1;
        }
        let call = Call { epoch: self.epoch, rank, op };
        let number = put(&mut self.calls, &mut self.free_calls, call);
        if self.bucket.is_none() {
            let latency = self.scenario.control_plane.api_latency;
            mark!("2.11 a write takes effect after its latency");
            self.call_at(self.now + latency, Event::Call(number));
            return;
        }
        self.at_gate.push(number);
        if self.at_gate.len() == 1 {
            self.call_at(self.now + SimDuration::from_nanos(1), Event::Tokens);
        }
    }

    /// Calls made at one instant get their tokens in the order of their rank.
    pub(super) fn hand_out_tokens(&mut self) {
        let mut calls = std::mem::take(&mut self.at_gate);
        calls.sort_by_key(|&c| self.calls[c as usize].rank);
        let latency = self.scenario.control_plane.api_latency;
        let mut times = std::mem::take(&mut self.call_times);
        for &number in &calls {
            let wait = match &mut self.bucket {
                Some(bucket) => bucket.reserve(self.now),
                None => SimDuration::ZERO,
            };
            times.push((self.now + wait + latency, number));
            mark!("2.11 a call waits for its token" if wait > SimDuration::ZERO);
        }
        // Of calls that come back at one instant an event is done first: its sender waits for no cache.
        times.sort_by_key(|&(_, number)| !matches!(self.calls[number as usize].op, Op::Event));
        for (at, number) in times.drain(..) {
            self.call_at(at, Event::Call(number));
        }
        self.call_times = times;
        calls.clear();
        self.at_gate = calls;
    }

    /// A call's time has come.
    pub(super) fn call_due(&mut self, number: u32) {
        let call = self.calls[number as usize];
        self.free_calls.push(number);
        if call.epoch == self.epoch {
            self.take_effect(call.op);
            self.came_back(call.op);
        }
    }
}
