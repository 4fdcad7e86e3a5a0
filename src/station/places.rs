//! Locks, pools and servers: a number of places, a queue before them, and a speed at which those inside are served.
//!
//! Services end by a virtual clock that runs at the speed of each one served (all have the same): a request for S
//! ends when the clock has gone on by S, whatever the speed was meanwhile. So processor sharing, load curves and slow
//! phases cost O(log n) for each event. The clock counts 2^-48 of a nanosecond; at speed one it is exact.

mod upsets;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::meter::Meter;
use super::waiting::Waiting;
use super::{Access, Caller, Effect, MOST_WAITING, Request, What};
use crate::engine::streams::Stream;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::dependency::{Crash, Discipline, HoldCost, Kind, LoadCurve, Order, Queue};

const FRACTION_BITS: u32 = 48;
const FULL_SPEED: u64 = 1 << FRACTION_BITS;

#[derive(Clone, Copy, Debug)]
struct Entry {
    phase: Phase,
    request: Request,
    /// Tells a place in the heap from earlier ones of the same caller.
    serial: u64,
    began: SimTime,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Outside,
    Waiting,
    /// Its connection is being set up.
    Setup,
    Served,
}

const OUTSIDE: Entry = Entry {
    phase: Phase::Outside,
    request: Request { service: None, setup: SimDuration::ZERO, access: Access::Exclusive, client: 0 },
    serial: 0,
    began: SimTime::ZERO,
};

/// A lock, a pool or a server at work.
pub struct Places {
    pub meter: Meter,
    entries: Vec<Entry>,
    waiting: Waiting,
    /// Order is kept for reports only, so a set.
    inside: BTreeSet<Caller>,
    ends: BinaryHeap<Reverse<(u128, u64, Caller)>>,
    serials: u64,
    // Rules
    queue: Queue,
    places: u32,
    /// Servers that those inside share; none: each has its own.
    shared_servers: Option<u32>,
    hold: HoldCost,
    load: LoadCurve,
    crash: Option<Crash>,
    is_lock: bool,
    random: Stream,
    // The virtual clock
    clock: u128,
    clock_at: SimTime,
    speed: u64,
    // What befell it
    down_until: SimTime,
    silent_until: SimTime,
    slow: (f64, SimTime),
    limit: (u32, SimTime),
    /// A crash ends then, and a cold start follows.
    cold_at: SimTime,
}

impl Places {
    pub(super) fn new(kind: &Kind, random: Stream) -> Places {
        let unlimited = u32::MAX;
        let (places, queue, shared_servers) = match kind {
            Kind::Lock(lock) => (1, lock.queue, None),
            Kind::Pool(pool) => (pool.connections, pool.queue, None),
            Kind::Server(server) => match server.discipline {
                Discipline::Fifo => (server.servers, server.queue, None),
                Discipline::Sharing { most } => {
                    (most.unwrap_or(unlimited), server.queue, Some(server.servers))
                }
            },
            Kind::RateLimit(_) => unreachable!("a rate limit has no places"),
        };
        let (load, crash) = match kind {
            Kind::Server(server) => (server.load.clone(), server.crash.clone()),
            _ => (LoadCurve::Flat, None),
        };
        let hold = match kind {
            Kind::Lock(lock) => lock.hold,
            _ => HoldCost::NONE,
        };
        Places {
            meter: Meter::new(shared_servers.unwrap_or(places), None),
            entries: Vec::new(),
            waiting: Waiting::new(queue.wait_timeout, queue.timeout_per),
            inside: BTreeSet::new(),
            ends: BinaryHeap::new(),
            serials: 0,
            queue,
            places,
            shared_servers,
            hold,
            load,
            crash,
            is_lock: matches!(kind, Kind::Lock(_)),
            random,
            clock: 0,
            clock_at: SimTime::ZERO,
            speed: FULL_SPEED,
            down_until: SimTime::ZERO,
            silent_until: SimTime::ZERO,
            slow: (1.0, SimTime::ZERO),
            limit: (places, SimTime::ZERO),
            cold_at: SimTime::NEVER,
        }
    }

    pub(super) fn arrive(&mut self, now: SimTime, caller: Caller, request: Request, out: &mut Vec<Effect>) {
        self.meter.arrives(now);
        if self.entries.len() <= caller as usize {
            self.entries.resize(caller as usize + 1, OUTSIDE);
        }
        assert!(self.entries[caller as usize].phase == Phase::Outside, "caller {caller} is inside already");
        let refuse = Effect { caller, what: What::Refused { retry_after: None }, began: now };
        if now < self.down_until {
            self.meter.refused += 1;
            return out.push(refuse);
        }
        self.expire(now, out);
        let free =
            now >= self.silent_until && self.waiting.len() == 0 && self.has_place_for(now, request.access);
        if !free && self.waiting.len() >= self.queue.limit.unwrap_or(MOST_WAITING).min(MOST_WAITING) {
            self.meter.refused += 1;
            return out.push(refuse);
        }
        self.entries[caller as usize] = Entry { phase: Phase::Waiting, request, serial: 0, began: now };
        self.waiting.push(now, caller);
        self.meter.begins_to_wait();
        if free {
            self.admit(now, caller, out);
        }
        self.meter.notes_queue();
        self.crash_above_limit(now, out);
    }

    pub(super) fn release(&mut self, now: SimTime, caller: Caller, out: &mut Vec<Effect>) {
        self.expire(now, out);
        if self.leave(now, caller) {
            self.meter.served += 1;
            self.fill(now, out);
        }
    }

    pub(super) fn abandon(&mut self, now: SimTime, caller: Caller, out: &mut Vec<Effect>) {
        self.expire(now, out);
        let Some(entry) = self.entries.get(caller as usize) else { return };
        match entry.phase {
            Phase::Outside => return,
            Phase::Waiting => self.leave_queue(now, caller),
            Phase::Setup | Phase::Served => {
                self.leave(now, caller);
            }
        }
        self.meter.abandoned += 1;
        // Readers behind a writer that has gone may go on as well.
        self.fill(now, out);
    }

    pub(super) fn on_timer(&mut self, now: SimTime, out: &mut Vec<Effect>) {
        self.meter.settle(now);
        self.end_faults(now);
        self.expire(now, out);
        while let Some(caller) =
            self.next_end().filter(|&(end, _)| end <= self.clock).map(|(_, caller)| caller)
        {
            self.ends.pop();
            if self.entries[caller as usize].phase == Phase::Setup {
                self.begin_service(caller, out);
                continue;
            }
            let began = self.entries[caller as usize].began;
            self.leave(now, caller);
            self.meter.served += 1;
            out.push(Effect { caller, what: What::Done, began });
            self.fill(now, out);
        }
        self.fill(now, out);
    }

    /// Whoever has waited too long by now goes: a place that is free at the very same instant comes too late.
    fn expire(&mut self, now: SimTime, out: &mut Vec<Effect>) {
        while let Some(caller) = self.waiting.timed_out(now) {
            self.leave_queue(now, caller);
            self.meter.timed_out += 1;
            out.push(Effect { caller, what: What::TimedOut, began: now });
        }
    }

    pub(super) fn next_event(&mut self) -> SimTime {
        let mut next = self.waiting.next_timeout();
        if let Some((end, _)) = self.next_end()
            && self.speed > 0
        {
            let left = end.saturating_sub(self.clock);
            let nanos = left.div_ceil(u128::from(self.speed));
            let at = u128::from(self.clock_at.nanos()) + nanos;
            next = next.min(SimTime::from_nanos(u64::try_from(at).unwrap_or(u64::MAX)));
        }
        for fault_end in [self.down_until, self.silent_until, self.slow.1, self.limit.1, self.cold_at] {
            if fault_end > self.clock_at {
                next = next.min(fault_end);
            }
        }
        next
    }

    pub(super) fn is_waiting(&self, caller: Caller) -> bool {
        self.waiting.has(caller)
    }

    pub(super) fn served_since(&self, caller: Caller) -> Option<SimTime> {
        let entry = self.entries.get(caller as usize)?;
        matches!(entry.phase, Phase::Setup | Phase::Served).then_some(entry.began)
    }

    /// Since when those inside wait, or are served.
    pub(super) fn since_when(&self) -> (Vec<SimTime>, Vec<SimTime>) {
        let services = self.inside.iter().map(|&caller| self.entries[caller as usize].began);
        (self.waiting.since_when().collect(), services.collect())
    }

    pub(super) fn served(&self) -> &BTreeSet<Caller> {
        &self.inside
    }

    /// Whether one more may be served at once.
    fn has_place_for(&self, now: SimTime, access: Access) -> bool {
        if self.is_lock && access == Access::Shared {
            return self.is_open_to_readers();
        }
        let changed = now < self.limit.1 && self.shared_servers.is_none();
        self.meter.in_service < if changed { self.limit.0 } else { self.places }
    }

    /// Of a lock: all holders are readers, or none is there.
    fn is_open_to_readers(&self) -> bool {
        let shared = |&holder: &Caller| self.entries[holder as usize].request.access == Access::Shared;
        self.inside.first().is_none_or(shared)
    }

    /// Gives free places to those who wait. A writer whose turn it is lets no reader past.
    fn fill(&mut self, now: SimTime, out: &mut Vec<Effect>) {
        if now < self.silent_until || now < self.down_until {
            return;
        }
        while let Some(longest) = self.waiting.longest() {
            let open =
                self.has_place_for(now, Access::Exclusive) || self.is_lock && self.is_open_to_readers();
            if !open {
                return;
            }
            let caller = match self.queue.order {
                Order::Fifo => longest,
                Order::Random => {
                    let n = (self.random.unit() * f64::from(self.waiting.len())) as usize;
                    self.waiting.pick(n)
                }
            };
            if !self.has_place_for(now, self.entries[caller as usize].request.access) {
                return;
            }
            self.admit(now, caller, out);
        }
    }

    fn admit(&mut self, now: SimTime, caller: Caller, out: &mut Vec<Effect>) {
        self.leave_queue(now, caller);
        self.advance(now);
        self.meter.begins_service();
        self.inside.insert(caller);
        let entry = &mut self.entries[caller as usize];
        entry.phase = Phase::Setup;
        entry.began = now;
        let mut setup = entry.request.setup;
        if entry.request.service.is_none() {
            // How long it is held is not known here: what the hold costs comes first.
            setup = setup + self.hold.total(SimDuration::ZERO, self.waiting.len());
        }
        self.set_speed(now);
        if setup > SimDuration::ZERO {
            self.ends_after(caller, setup);
        } else {
            self.begin_service(caller, out);
        }
    }

    fn begin_service(&mut self, caller: Caller, out: &mut Vec<Effect>) {
        let waiters = self.waiting.len();
        let entry = &mut self.entries[caller as usize];
        entry.phase = Phase::Served;
        match entry.request.service {
            Some(service) => {
                let service = self.hold.total(service, waiters);
                self.ends_after(caller, service);
            }
            None => {
                let began = entry.began;
                out.push(Effect { caller, what: What::Begun, began });
            }
        }
    }

    fn ends_after(&mut self, caller: Caller, length: SimDuration) {
        self.serials += 1;
        self.entries[caller as usize].serial = self.serials;
        if length.is_never() {
            return;
        }
        let end = self.clock + (u128::from(length.nanos()) << FRACTION_BITS);
        self.ends.push(Reverse((end, self.serials, caller)));
    }

    /// The earliest end of a service that still counts.
    fn next_end(&mut self) -> Option<(u128, Caller)> {
        while let Some(&Reverse((end, serial, caller))) = self.ends.peek() {
            if self.entries[caller as usize].serial == serial {
                return Some((end, caller));
            }
            self.ends.pop();
        }
        None
    }

    /// Out of its place; false: it had none.
    fn leave(&mut self, now: SimTime, caller: Caller) -> bool {
        let Some(&entry) = self.entries.get(caller as usize) else { return false };
        if !matches!(entry.phase, Phase::Setup | Phase::Served) {
            return false;
        }
        self.advance(now);
        self.meter.ends_service(now, entry.began);
        self.inside.remove(&caller);
        self.entries[caller as usize] = OUTSIDE;
        self.waiting.released(now);
        self.set_speed(now);
        true
    }

    fn leave_queue(&mut self, now: SimTime, caller: Caller) {
        let arrived = self.waiting.remove(now, caller);
        self.meter.ends_wait(now, arrived);
        if self.entries[caller as usize].phase == Phase::Waiting {
            self.entries[caller as usize].phase = Phase::Outside;
        }
    }
}
