//! A rate limit as a station: requests pass, wait for their turn, or are refused; who has passed is served for as
//! long as the call says, beside any number of others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::limiter::{Limiter, Offer};
use super::meter::Meter;
use super::{Caller, Effect, MOST_WAITING, Request, What};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::dependency::{Fault, NewLimit, OnLimit, Rate, RateLimit, RetryAfter, Scope};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Outside,
    Waiting,
    /// It will wait until its time is over, and no turn comes before that.
    Hopeless,
    Served,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    phase: Phase,
    serial: u64,
    since: SimTime,
    service: SimDuration,
    held: bool,
}

const OUTSIDE: Entry =
    Entry { phase: Phase::Outside, serial: 0, since: SimTime::ZERO, service: SimDuration::ZERO, held: false };

/// A rate limit at work.
pub struct Limiting {
    pub meter: Meter,
    limit: RateLimit,
    global: Limiter,
    clients: BTreeMap<u64, Limiter>,
    normal_rate: Rate,
    rate_now: Rate,
    entries: Vec<Entry>,
    serials: u64,
    next: BinaryHeap<Reverse<(SimTime, u64, Caller)>>,
    down_until: SimTime,
    silent_until: SimTime,
    slow: (f64, SimTime),
    limit_until: SimTime,
    /// Those that came while it did not answer, in order.
    silent: Vec<(Caller, Request)>,
    at: SimTime,
}

impl Limiting {
    pub(super) fn new(limit: &RateLimit) -> Limiting {
        let global = Limiter::new(limit.rule);
        let rate = global.rate();
        let per_s = u32::try_from(rate.0.div_ceil(1_000_000_000)).unwrap_or(u32::MAX);
        Limiting {
            meter: Meter::new(u32::MAX, Some(per_s)),
            limit: *limit,
            normal_rate: rate,
            rate_now: rate,
            global,
            clients: BTreeMap::new(),
            entries: Vec::new(),
            serials: 0,
            next: BinaryHeap::new(),
            down_until: SimTime::ZERO,
            silent_until: SimTime::ZERO,
            slow: (1.0, SimTime::ZERO),
            limit_until: SimTime::ZERO,
            silent: Vec::new(),
            at: SimTime::ZERO,
        }
    }

    pub(super) fn arrive(&mut self, now: SimTime, caller: Caller, request: Request, out: &mut Vec<Effect>) {
        self.meter.arrives(now);
        if self.entries.len() <= caller as usize {
            self.entries.resize(caller as usize + 1, OUTSIDE);
        }
        assert!(self.entries[caller as usize].phase == Phase::Outside, "caller {caller} is inside already");
        if now < self.down_until {
            return self.refuse(now, caller, None, out);
        }
        if now < self.silent_until {
            self.silent.push((caller, request));
            self.wait(now, caller, request, Phase::Hopeless);
            return;
        }
        self.ask(now, caller, request, out);
    }

    fn ask(&mut self, now: SimTime, caller: Caller, request: Request, out: &mut Vec<Effect>) {
        let limiter = match self.limit.scope {
            Scope::Global => &mut self.global,
            Scope::Client => {
                let (rule, rate, normal) = (self.limit.rule, self.rate_now, self.normal_rate);
                self.clients.entry(request.client).or_insert_with(|| {
                    let mut limiter = Limiter::new(rule);
                    if rate != normal {
                        limiter.set_rate(now, rate);
                    }
                    limiter
                })
            }
        };
        let is_nginx = matches!(limiter, Limiter::Nginx { .. });
        let at = match limiter.offer(now) {
            Offer::Never { again } => return self.refuse(now, caller, Some(again), out),
            Offer::At(at) => at,
        };
        if at <= now {
            limiter.take(now);
            return self.begin(now, caller, request, out);
        }
        let (most, timeout) = match self.limit.on_limit {
            OnLimit::Reject if !is_nginx => return self.refuse(now, caller, Some(at), out),
            OnLimit::Reject => (None, SimDuration::NEVER),
            OnLimit::Delay { limit, wait_timeout } => (limit, wait_timeout),
        };
        if self.meter.waiting >= most.unwrap_or(MOST_WAITING).min(MOST_WAITING) {
            return self.refuse(now, caller, Some(at), out);
        }
        if now + timeout <= at {
            // A turn that comes too late is not reserved.
            self.wait(now, caller, request, Phase::Hopeless);
            return self.plan(now + timeout, caller);
        }
        limiter.take(now);
        self.wait(now, caller, request, Phase::Waiting);
        self.plan(at, caller);
    }

    fn wait(&mut self, now: SimTime, caller: Caller, request: Request, phase: Phase) {
        self.meter.begins_to_wait();
        self.meter.notes_queue();
        let service = request.service.unwrap_or(SimDuration::ZERO);
        let held = request.service.is_none();
        self.entries[caller as usize] = Entry { phase, serial: 0, since: now, service, held };
    }

    fn refuse(&mut self, now: SimTime, caller: Caller, again: Option<SimTime>, out: &mut Vec<Effect>) {
        self.meter.refused += 1;
        let wait = again.map(|again| again.since(now));
        let retry_after = match self.limit.retry_after {
            RetryAfter::Absent => None,
            RetryAfter::Exact => wait,
            RetryAfter::WholeSeconds => {
                wait.map(|w| SimDuration::from_whole_seconds(w.nanos().div_ceil(1_000_000_000)))
            }
        };
        out.push(Effect { caller, what: What::Refused { retry_after }, began: now });
    }

    fn begin(&mut self, now: SimTime, caller: Caller, request: Request, out: &mut Vec<Effect>) {
        self.meter.begins_service();
        let service = request.service.unwrap_or(SimDuration::ZERO);
        let held = request.service.is_none();
        self.entries[caller as usize] = Entry { phase: Phase::Served, serial: 0, since: now, service, held };
        self.serve(now, caller, out);
    }

    fn serve(&mut self, now: SimTime, caller: Caller, out: &mut Vec<Effect>) {
        let entry = self.entries[caller as usize];
        if entry.held {
            return out.push(Effect { caller, what: What::Begun, began: now });
        }
        let mut service = entry.service;
        if now < self.slow.1 && !service.is_never() {
            service = SimDuration::from_nanos((service.nanos() as f64 * self.slow.0).round() as u64);
        }
        if service == SimDuration::ZERO {
            self.end(now, caller);
            self.meter.served += 1;
            return out.push(Effect { caller, what: What::Done, began: now });
        }
        self.plan(now + service, caller);
    }

    fn plan(&mut self, at: SimTime, caller: Caller) {
        self.serials += 1;
        self.entries[caller as usize].serial = self.serials;
        if at < SimTime::NEVER {
            self.next.push(Reverse((at, self.serials, caller)));
        }
    }

    fn end(&mut self, now: SimTime, caller: Caller) {
        let entry = std::mem::replace(&mut self.entries[caller as usize], OUTSIDE);
        match entry.phase {
            Phase::Outside => {}
            Phase::Waiting | Phase::Hopeless => self.meter.ends_wait(now, entry.since),
            Phase::Served => self.meter.ends_service(now, entry.since),
        }
    }

    /// Leaves. A turn that was reserved stays used.
    pub(super) fn abandon(&mut self, now: SimTime, caller: Caller) {
        let Some(entry) = self.entries.get(caller as usize) else { return };
        if entry.phase == Phase::Outside {
            return;
        }
        let done = entry.phase == Phase::Served && entry.held;
        self.silent.retain(|(other, _)| *other != caller);
        self.end(now, caller);
        if done {
            self.meter.served += 1;
        } else {
            self.meter.abandoned += 1;
        }
    }

    pub(super) fn on_timer(&mut self, now: SimTime, out: &mut Vec<Effect>) {
        self.meter.settle(now);
        if self.limit_until <= now && self.limit_until > self.at {
            self.set_rate(now, self.normal_rate);
        }
        if self.silent_until <= now && !self.silent.is_empty() {
            for (caller, request) in std::mem::take(&mut self.silent) {
                self.end(now, caller);
                self.ask(now, caller, request, out);
            }
        }
        self.at = now;
        while let Some(&Reverse((at, serial, caller))) = self.next.peek() {
            if at > now && self.entries[caller as usize].serial == serial {
                break;
            }
            self.next.pop();
            if self.entries[caller as usize].serial != serial {
                continue;
            }
            match self.entries[caller as usize].phase {
                Phase::Outside => {}
                Phase::Waiting => {
                    let entry = self.entries[caller as usize];
                    self.meter.ends_wait(now, entry.since);
                    self.meter.begins_service();
                    self.entries[caller as usize] = Entry { phase: Phase::Served, since: now, ..entry };
                    self.serve(now, caller, out);
                }
                Phase::Hopeless => {
                    self.end(now, caller);
                    self.meter.timed_out += 1;
                    out.push(Effect { caller, what: What::TimedOut, began: now });
                }
                Phase::Served => {
                    let began = self.entries[caller as usize].since;
                    self.end(now, caller);
                    self.meter.served += 1;
                    out.push(Effect { caller, what: What::Done, began });
                }
            }
        }
    }

    pub(super) fn next_event(&mut self) -> SimTime {
        let mut next = SimTime::NEVER;
        while let Some(&Reverse((at, serial, caller))) = self.next.peek() {
            if self.entries[caller as usize].serial == serial {
                next = at;
                break;
            }
            self.next.pop();
        }
        for fault_end in [self.limit_until, self.silent_until] {
            if fault_end > self.at {
                next = next.min(fault_end);
            }
        }
        next
    }

    pub(super) fn fault(&mut self, now: SimTime, until: SimTime, fault: Fault, out: &mut Vec<Effect>) {
        self.meter.settle(now);
        self.at = self.at.max(now);
        match fault {
            Fault::Down => {
                self.down_until = self.down_until.max(until);
                self.silent.clear();
                for caller in 0..self.entries.len() as Caller {
                    if self.entries[caller as usize].phase != Phase::Outside {
                        self.end(now, caller);
                        self.meter.lost += 1;
                        out.push(Effect { caller, what: What::Lost, began: now });
                    }
                }
            }
            Fault::Silent => self.silent_until = self.silent_until.max(until),
            Fault::Slow { factor } => self.slow = (factor, until),
            Fault::Limit(NewLimit::Rate(rate)) => {
                self.limit_until = until;
                self.set_rate(now, rate);
            }
            Fault::Limit(NewLimit::Places(_)) => {}
        }
    }

    fn set_rate(&mut self, now: SimTime, rate: Rate) {
        self.rate_now = rate;
        self.global.set_rate(now, rate);
        self.clients.values_mut().for_each(|limiter| limiter.set_rate(now, rate));
    }

    pub(super) fn served_since(&self, caller: Caller) -> Option<SimTime> {
        let entry = self.entries.get(caller as usize)?;
        (entry.phase == Phase::Served).then_some(entry.since)
    }

    /// Since when those inside wait, or are served.
    pub(super) fn since_when(&self) -> (Vec<SimTime>, Vec<SimTime>) {
        let of = |served: bool| {
            let inside = self.entries.iter().filter(|entry| entry.phase != Phase::Outside);
            inside.filter(|entry| (entry.phase == Phase::Served) == served).map(|entry| entry.since).collect()
        };
        (of(false), of(true))
    }

    pub(super) fn is_waiting(&self, caller: Caller) -> bool {
        let phase = self.entries.get(caller as usize).map(|entry| entry.phase);
        matches!(phase, Some(Phase::Waiting | Phase::Hopeless))
    }
}
