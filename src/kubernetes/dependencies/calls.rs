//! What the client in a pod does, step by step: runs, thinks, calls, waits, tries again, gives up.
//!
//! Relies on [`super::client`] for its state and on [`super::visits`] for what happens at stations. One pending event a
//! pod, as everywhere: the end of a run, of a pause or of its own patience.

use super::client::{Draw, Held, Phase, Strike, pod_client};
use super::visits::{Leaving, Owner};
use crate::engine::streams::Purpose;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{CallFact, Observer};
use crate::kubernetes::world::World;
use crate::model::dependency::Kind;
use crate::model::steps::{Length, Op};
use crate::station::{Request, What};

impl<'a, O: Observer> World<'a, O> {
    /// The client's own event is due.
    pub(in crate::kubernetes) fn client_due(&mut self, slot: u32) {
        self.jobs[self.pods[slot as usize].job as usize].last_change = self.now;
        match self.client(slot).phase {
            Phase::Off | Phase::Hung => {}
            Phase::Running => {
                self.client(slot).op += 1;
                self.go_on(slot);
            }
            Phase::Thinking | Phase::BackingOff => self.send(slot),
            Phase::Striking => self.strike(slot),
            Phase::Calling { visit } => {
                let (now, desk) = (self.now, self.herd().visit(visit).desk);
                let (waiting, arrived) = (self.herd().is_waiting(visit), self.herd().visit(visit).arrived);
                let numbers = &mut self.herd().desks[desk as usize].numbers;
                numbers.timed_out(now);
                if waiting {
                    numbers.abandoned_waits.add(now.since(arrived));
                }
                self.leave(visit, Leaving::TimedOut);
                self.client(slot).phase = Phase::BackingOff;
                self.tell_call(slot, desk, CallFact::TimedOut);
                self.try_failed(slot, None);
            }
        }
        self.react();
    }

    /// The first step, once the container runs.
    pub(in crate::kubernetes) fn client_begins(&mut self, slot: u32) {
        self.go_on(slot);
        self.react();
    }

    /// Begins the step at which the client stands.
    fn go_on(&mut self, slot: u32) {
        loop {
            let client = self.client(slot);
            let (job, key, op) = (client.job, client.key, client.op);
            let steps = self.herd().jobs[job as usize].expect("it has steps");
            let draw = Draw { key, op, call: self.client(slot).done, attempt: 0 };
            match steps.program.ops.get(op as usize) {
                None => return self.client_exits(slot, 0),
                Some(Op::Run(law)) => {
                    let length = draw.length(&steps, Purpose::Run, law);
                    return self.work(slot, length, Phase::Running);
                }
                Some(Op::Call(call) | Op::Hold(call)) => {
                    let Some(law) = &call.think else { return self.send(slot) };
                    let length = draw.length(&steps, Purpose::Think, law);
                    return self.work(slot, length, Phase::Thinking);
                }
                Some(Op::Release { hold }) => {
                    let client = self.client(slot);
                    client.op += 1;
                    if client.held.last().is_some_and(|held| held.op == *hold as u32) {
                        let held = client.held.pop().expect("just seen");
                        let (now, visit) = (self.now, *self.herd().visit(held.visit));
                        self.herd().desks[visit.desk as usize].numbers.served(now.since(visit.arrived));
                        self.client(slot).used[visit.desk as usize] += now.since(visit.began).nanos();
                        self.tell_call(slot, visit.desk, CallFact::GaveBack);
                        self.release_visit(held.visit);
                    }
                }
            }
        }
    }

    /// A piece of own work.
    fn work(&mut self, slot: u32, length: SimDuration, phase: Phase) {
        let now = self.now;
        let client = self.client(slot);
        if !client.until_strike.is_never() && client.until_strike <= length {
            let at = now + client.until_strike;
            client.phase = Phase::Striking;
            return self.wake_client(slot, at);
        }
        if length.is_never() {
            return self.hang(slot);
        }
        client.phase = phase;
        if !client.until_strike.is_never() {
            client.until_strike = client.until_strike - length;
        }
        if length == SimDuration::ZERO && phase == Phase::Thinking {
            return self.send(slot);
        }
        self.wake_client(slot, now + length);
    }

    fn strike(&mut self, slot: u32) {
        match self.client(slot).strike {
            Strike::Fails(exit_code) => self.client_exits(slot, exit_code),
            Strike::Hangs | Strike::Nothing => self.hang(slot),
        }
    }

    fn hang(&mut self, slot: u32) {
        self.client(slot).phase = Phase::Hung;
        let id = self.pods[slot as usize].id(slot);
        self.observer.hang_began(self.now, id);
        self.jobs[id.job as usize].last_change = self.now;
        self.wake_client(slot, SimTime::NEVER);
    }

    /// One try.
    fn send(&mut self, slot: u32) {
        let now = self.now;
        let client = self.client(slot);
        let (job, key, op, call_number, failed) =
            (client.job, client.key, client.op, client.done, client.failed);
        let steps = self.herd().jobs[job as usize].expect("it has steps");
        let (call, held) = match &steps.program.ops[op as usize] {
            Op::Call(call) => (call, false),
            Op::Hold(call) => (call, true),
            _ => unreachable!("only calls are sent"),
        };
        if call.retry.breaker.is_some() && now < self.client(slot).breakers[call.to].open_until {
            self.herd().desks[call.to].numbers.short_circuited += 1;
            return self.try_failed(slot, None);
        }
        let dependency = &self.scenario.shared.dependencies[call.to];
        let draw = Draw { key, op, call: call_number, attempt: failed };
        let length = |law: &Option<Length>| {
            law.as_ref().map_or(SimDuration::ZERO, |law| draw.length(&steps, Purpose::Service, law))
        };
        let mut service = (!held).then(|| length(&call.service));
        let setup = match &dependency.kind {
            Kind::Pool(pool) => pool
                .setup
                .as_ref()
                .map_or(SimDuration::ZERO, |law| draw.sample(&steps, Purpose::Startup, law)),
            _ => SimDuration::ZERO,
        };
        let client = self.client(slot);
        client.strikes_when_served =
            service.is_some_and(|length| !client.until_strike.is_never() && client.until_strike <= length);
        if client.strikes_when_served {
            service = match (client.strike, &dependency.kind) {
                // Whoever hangs with a lock or a connection keeps it.
                (Strike::Hangs, Kind::Lock(_) | Kind::Pool(_)) => None,
                (Strike::Hangs, _) => service,
                _ => Some(client.until_strike),
            };
        }
        if failed == 0 {
            client.first_tries[call.to] += 1;
        }
        let numbers = &mut self.herd().desks[call.to].numbers;
        numbers.calls += 1;
        numbers.client_retries += u64::from(failed > 0);
        self.tell_call(slot, call.to as u32, CallFact::Sent);
        let request =
            Request { service, setup, access: call.access, client: u64::from(job) << 32 | pod_client(key) };
        let visit = self.come(Owner::Pod(slot), call.to as u32, request);
        self.client(slot).phase = Phase::Calling { visit };
        self.wake_client(slot, now + call.timeout);
        if !self.client(slot).held.is_empty() && self.herd().is_waiting(visit) {
            self.waits_with_something(slot, visit);
        }
    }

    /// A station has answered a call of this pod.
    pub(super) fn client_hears(&mut self, slot: u32, visit: u32, what: What) {
        let desk = self.herd().visit(visit).desk;
        self.jobs[self.pods[slot as usize].job as usize].last_change = self.now;
        if self.client(slot).calling() != Some(visit) {
            if what != What::Begun {
                self.lose(slot, visit);
            }
            return;
        }
        if what != What::Begun {
            // It is outside; what comes next is decided here.
            self.client(slot).phase = Phase::BackingOff;
        }
        match what {
            What::Begun => {
                self.tell_call(slot, desk, CallFact::Begun);
                let client = self.client(slot);
                if client.strikes_when_served {
                    // It is served, hangs on the way and keeps its place.
                    client.held.push(Held { op: client.op, visit, tries: client.failed });
                    client.phase = Phase::Striking;
                    let at = self.now + self.client(slot).until_strike;
                    return self.wake_client(slot, at);
                }
                client.held.push(Held { op: client.op, visit, tries: client.failed });
                self.call_succeeded(slot, desk);
                self.client(slot).op += 1;
                self.go_on(slot);
            }
            What::Done => {
                self.tell_call(slot, desk, CallFact::Done);
                if self.client(slot).strikes_when_served {
                    return self.strike(slot);
                }
                let client = self.client(slot);
                if !client.until_strike.is_never() {
                    let (job, draw) = (
                        client.job,
                        Draw { key: client.key, op: client.op, call: client.done, attempt: client.failed },
                    );
                    let steps = self.herd().jobs[job as usize].expect("it has steps");
                    let service = self.herd().call_of(slot).and_then(|call| call.service.clone());
                    let length =
                        service.map_or(SimDuration::ZERO, |s| draw.length(&steps, Purpose::Service, &s));
                    let client = self.client(slot);
                    client.until_strike = client.until_strike - length;
                }
                self.call_succeeded(slot, desk);
                let times = self.herd().call_of(slot).map_or(1, |call| call.times);
                let client = self.client(slot);
                client.done += 1;
                if client.done >= times {
                    client.op += 1;
                    client.done = 0;
                }
                self.go_on(slot);
            }
            What::Refused { retry_after } => {
                self.tell_call(slot, desk, CallFact::Refused);
                self.try_failed(slot, retry_after);
            }
            What::Lost => {
                self.tell_call(slot, desk, CallFact::Refused);
                self.try_failed(slot, None);
            }
            What::TimedOut => {
                self.tell_call(slot, desk, CallFact::TimedOut);
                self.try_failed(slot, None);
            }
        }
    }

    fn call_succeeded(&mut self, slot: u32, desk: u32) {
        let budget = self.herd().call_of(slot).and_then(|call| call.retry.budget);
        let client = self.client(slot);
        client.failed = 0;
        client.pause = SimDuration::ZERO;
        client.breakers[desk as usize].failures = 0;
        if let (Some(budget), Some(saved)) = (budget, &mut client.budgets[desk as usize]) {
            *saved = (*saved + (budget.ratio * 1000.0) as u64).min((budget.most * 1000.0) as u64);
        }
    }
}
