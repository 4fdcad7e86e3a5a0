//! The client in a pod: walks the steps of its container, one thing at a time.
//!
//! One pending event a pod, as everywhere: the end of a run, of a pause or of its own patience. What it has drawn
//! depends on pod, step, call and try only. Failures and hangs strike at a point of its own work (runs, pauses before
//! calls, times of service); waiting does not count.

use super::visits::{Leaving, Owner};
use super::{Herd, Steps};
use crate::engine::distribution::Distribution;
use crate::engine::streams::Purpose;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{CallFact, Observer};
use crate::kubernetes::luck::{Attempt, WHOLE};
use crate::kubernetes::world::{Step, World};
use crate::model::dependency::Kind;
use crate::model::steps::{Call, Op};
use crate::model::workload::FailureLaw;
use crate::station::{Request, What};

/// What a client is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    /// No container runs here, or it has no calls.
    #[default]
    Off,
    Running,
    Thinking,
    Calling {
        visit: u32,
    },
    BackingOff,
    /// On the last bit of work before it fails or hangs.
    Striking,
    Hung,
}

/// What strikes at a point of its own work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Strike {
    #[default]
    Nothing,
    Fails(i32),
    Hangs,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    op: u32,
    visit: u32,
    /// Tries that it took.
    tries: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Breaker {
    failures: u32,
    open_until: SimTime,
}

/// One container at work.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    phase: Phase,
    job: u32,
    /// Whose numbers it draws.
    key: u64,
    op: u32,
    /// Calls of this step that are done.
    done: u32,
    /// Tries of this call that have failed.
    failed: u32,
    pause: SimDuration,
    strike: Strike,
    /// Own work left until it strikes.
    until_strike: SimDuration,
    /// The service under way is the last.
    strikes_when_served: bool,
    held: Vec<Held>,
    /// By dependency: first tries of this container.
    first_tries: Vec<u32>,
    breakers: Vec<Breaker>,
    /// By dependency, thousandths of a retry.
    budgets: Vec<Option<u64>>,
}

impl Client {
    /// The call that it waits for or is being served with.
    pub(super) fn calling(&self) -> Option<u32> {
        match self.phase {
            Phase::Calling { visit } => Some(visit),
            _ => None,
        }
    }

    /// The visits of what it holds.
    pub(super) fn holding(&self) -> impl Iterator<Item = u32> + '_ {
        self.held.iter().map(|held| held.visit)
    }

    pub(super) fn is_hung(&self) -> bool {
        self.phase == Phase::Hung
    }

    pub(super) fn is_off(&self) -> bool {
        self.phase == Phase::Off
    }
}

/// Numbers of a step, a call and a try.
struct Draw {
    key: u64,
    op: u32,
    call: u32,
    attempt: u32,
}

impl Draw {
    fn unit(&self, steps: &Steps, purpose: Purpose) -> f64 {
        let hi = self.key ^ u64::from(self.attempt & 0xfff) << 32;
        steps.keyed.unit(purpose, hi, self.op << 20 | self.call & 0xf_ffff)
    }

    fn length(&self, steps: &Steps, purpose: Purpose, law: &Distribution) -> SimDuration {
        law.is_constant().unwrap_or_else(|| law.sample(self.unit(steps, purpose)))
    }
}

/// A pod's numbers; bits 32 to 43 are left for tries.
fn key(ordinal: u32, index: Option<u32>, attempt: u32, restarts: u32) -> u64 {
    let runs = u64::from(restarts & 0x7f) << 56 | u64::from(attempt & 0xfff) << 44;
    match index {
        Some(index) => runs | u64::from(index),
        None => 1 << 63 | runs | u64::from(ordinal),
    }
}

impl Herd<'_> {
    /// Own work of a container from start to end, as far as it ends.
    fn own_work(steps: &Steps, key: u64) -> SimDuration {
        let mut sum = SimDuration::ZERO;
        let mut add = |length: SimDuration| {
            if !length.is_never() {
                sum = sum + length;
            }
        };
        for (op, step) in steps.program.ops.iter().enumerate() {
            let draw = |call| Draw { key, op: op as u32, call, attempt: 0 };
            match step {
                Op::Run(law) => add(draw(0).length(steps, Purpose::Run, law)),
                Op::Call(c) => {
                    for call in 0..c.times {
                        let draw = draw(call);
                        c.think.iter().for_each(|law| add(draw.length(steps, Purpose::Think, law)));
                        c.service.iter().for_each(|law| add(draw.length(steps, Purpose::Service, law)));
                    }
                }
                Op::Hold(c) => {
                    c.think.iter().for_each(|law| add(draw(0).length(steps, Purpose::Think, law)));
                }
                Op::Release { .. } => {}
            }
        }
        sum
    }

    fn call_of(&self, slot: u32) -> Option<&Call> {
        let client = &self.clients[slot as usize];
        let steps = self.jobs[client.job as usize]?;
        match &steps.program.ops[client.op as usize] {
            Op::Call(call) | Op::Hold(call) => Some(call),
            _ => None,
        }
    }

    pub(in crate::kubernetes) fn waits_for_dependency(&self, slot: u32) -> bool {
        self.clients.get(slot as usize).and_then(Client::calling).is_some()
    }
}

impl<'a, O: Observer> World<'a, O> {
    /// A container starts. True: it has calls, and what it was dealt is now up to its client.
    pub(in crate::kubernetes) fn client_starts(&mut self, slot: u32) -> bool {
        let pod = &self.pods[slot as usize];
        let (job, index, dealt) = (pod.job, pod.index, pod.kubelet.attempt);
        let key = key(pod.ordinal, pod.index, pod.attempt, pod.kubelet.restarts);
        let herd = self.herd();
        let Some(steps) = herd.jobs[job as usize] else { return false };
        let (strike, until_strike) = match dealt {
            Attempt { hangs_after, .. } if !hangs_after.is_never() => {
                (Strike::Hangs, share(hangs_after, Herd::own_work(&steps, key)))
            }
            Attempt { exit_code: 0, .. } => (Strike::Nothing, SimDuration::NEVER),
            Attempt { run, exit_code, .. } => {
                let law = steps.workload.failure.map(|failure| failure.law);
                let poison = steps.workload.poison.as_ref();
                let poisoned = poison.zip(index).is_some_and(|(poison, index)| poison.has(index));
                let at = match law {
                    Some(FailureLaw::RatePerSecond(_)) if !poisoned => run,
                    _ => share(run, Herd::own_work(&steps, key)),
                };
                (Strike::Fails(exit_code), at)
            }
        };
        let herd = self.herd();
        let desks = herd.desks.len();
        if herd.clients.len() <= slot as usize {
            herd.clients.resize_with(slot as usize + 1, Client::default);
        }
        let client = &mut herd.clients[slot as usize];
        client.held.clear();
        client.first_tries.clear();
        client.first_tries.resize(desks, 0);
        client.breakers.clear();
        client.breakers.resize(desks, Breaker::default());
        client.budgets.clear();
        client.budgets.resize(desks, None);
        (client.job, client.key, client.strike, client.until_strike) = (job, key, strike, until_strike);
        (client.op, client.done, client.failed, client.pause) = (0, 0, 0, SimDuration::ZERO);
        client.strikes_when_served = false;
        client.phase = Phase::Running;
        self.pods[slot as usize].kubelet.attempt =
            Attempt { run: SimDuration::NEVER, exit_code: 0, hangs_after: SimDuration::NEVER };
        true
    }

    fn client(&mut self, slot: u32) -> &mut Client {
        &mut self.herd().clients[slot as usize]
    }

    fn wake_client(&mut self, slot: u32, at: SimTime) {
        self.plan_before_deadline(slot, at, Step::Client);
    }

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
                numbers.timeouts += 1;
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
                        let sojourn = self.now.since(self.herd().visit(held.visit).arrived);
                        let desk = self.herd().visit(held.visit).desk;
                        self.herd().desks[desk as usize].numbers.sojourns.add(sojourn);
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
        if client.until_strike <= length {
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
        let length = |law: &Option<Distribution>| {
            law.as_ref().map_or(SimDuration::ZERO, |law| draw.length(&steps, Purpose::Service, law))
        };
        let mut service = (!held).then(|| length(&call.service));
        let setup = match &dependency.kind {
            Kind::Pool(pool) => pool.setup.as_ref().map_or(SimDuration::ZERO, |law| {
                law.is_constant().unwrap_or_else(|| law.sample(draw.unit(&steps, Purpose::Startup)))
            }),
            _ => SimDuration::ZERO,
        };
        let client = self.client(slot);
        client.strikes_when_served = service.is_some_and(|length| client.until_strike <= length);
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

    /// The try under way has failed: another one after a pause, or it gives up.
    fn try_failed(&mut self, slot: u32, retry_after: Option<SimDuration>) {
        let now = self.now;
        let client = self.client(slot);
        client.failed += 1;
        client.strikes_when_served = false;
        let (job, failed) = (client.job, client.failed);
        let draw = Draw { key: client.key, op: client.op, call: client.done, attempt: failed };
        let steps = self.herd().jobs[job as usize].expect("it has steps");
        let (Op::Call(call) | Op::Hold(call)) = &steps.program.ops[draw.op as usize] else {
            unreachable!("only calls fail")
        };
        let retry = &call.retry;
        let client = self.client(slot);
        let breaker = &mut client.breakers[call.to];
        if let Some(rule) = retry.breaker
            && now >= breaker.open_until
        {
            breaker.failures += 1;
            if breaker.failures >= rule.failures {
                breaker.open_until = now + rule.open;
                // One failure after that opens it again.
                breaker.failures = rule.failures - 1;
            }
        }
        let mut allowed = failed < retry.attempts;
        if let Some(budget) = retry.budget
            && allowed
        {
            let saved = client.budgets[call.to].get_or_insert((budget.most * 1000.0) as u64);
            allowed = *saved >= 1000;
            *saved -= if allowed { 1000 } else { 0 };
        }
        if !allowed {
            self.herd().desks[call.to].numbers.gave_up += 1;
            self.tell_call(slot, call.to as u32, CallFact::GaveUp);
            return self.client_exits(slot, call.give_up);
        }
        let u = draw.unit(&steps, Purpose::Backoff);
        let client = self.client(slot);
        let mut pause = retry.backoff.pause(failed, client.pause, u);
        client.pause = pause;
        if retry.honour_retry_after {
            pause = pause.max(retry_after.unwrap_or_default());
        }
        client.phase = Phase::BackingOff;
        self.wake_client(slot, now + pause);
    }

    /// The station has gone down with something that the pod held: back to the step that got it.
    fn lose(&mut self, slot: u32, visit: u32) {
        let Some(at) = self.client(slot).held.iter().position(|held| held.visit == visit) else { return };
        if self.client(slot).is_hung() {
            // It does nothing any more, and does not notice either.
            self.client(slot).held.remove(at);
            return;
        }
        self.back_to(slot, at);
        self.try_failed(slot, None);
    }

    /// A deadlock is broken: the victim's outermost hold that can be tried again fails, and all that came with it.
    pub(super) fn deadlock_victim(&mut self, slot: u32, visit: u32) {
        let desk = self.herd().visit(visit).desk;
        self.herd().desks[desk as usize].numbers.rejected += 1;
        self.tell_call(slot, desk, CallFact::DeadlockVictim);
        self.back_to(slot, 0);
        self.try_failed(slot, None);
    }

    /// Gives back everything from the `at`-th thing held on, and whatever it is calling for.
    fn back_to(&mut self, slot: u32, at: usize) {
        if let Some(visit) = self.client(slot).calling() {
            self.throw_away(visit);
        }
        let held = self.client(slot).held.split_off(at);
        for held in held.iter().rev() {
            if self.herd().visit(held.visit).owner == Owner::Pod(slot) {
                self.throw_away(held.visit);
            }
        }
        let client = self.client(slot);
        client.phase = Phase::BackingOff;
        client.done = 0;
        if let Some(first) = held.first() {
            client.op = first.op;
            client.failed = first.tries;
        }
    }

    fn client_exits(&mut self, slot: u32, exit_code: i32) {
        let now = self.now;
        let kubelet = &mut self.pods[slot as usize].kubelet;
        kubelet.attempt.exit_code = exit_code;
        kubelet.end_at = now;
        self.container_exits(slot);
    }

    /// The container's process is gone, by itself or by a signal.
    pub(in crate::kubernetes) fn client_stops(&mut self, slot: u32, exit_code: i32) {
        let herd = self.herd();
        let Some(client) = herd.clients.get_mut(slot as usize).filter(|client| !client.is_off()) else {
            return;
        };
        let calling = client.calling();
        client.phase = Phase::Off;
        let held = std::mem::take(&mut client.held);
        for (desk, tries) in herd.desks.iter_mut().zip(&herd.clients[slot as usize].first_tries) {
            let count = if exit_code == 0 { &mut desk.numbers.needed } else { &mut desk.numbers.repeated };
            *count += u64::from(*tries);
        }
        if let Some(visit) = calling {
            let (now, desk) = (self.now, self.herd().visit(visit).desk);
            if self.herd().is_waiting(visit) {
                let arrived = self.herd().visit(visit).arrived;
                self.herd().desks[desk as usize].numbers.abandoned_waits.add(now.since(arrived));
            }
            self.leave(visit, Leaving::Ended);
        }
        for held in held.iter().rev() {
            self.leave(held.visit, Leaving::Ended);
        }
        self.client(slot).held = held;
        self.client(slot).held.clear();
        self.react();
    }

    fn tell_call(&mut self, slot: u32, desk: u32, what: CallFact) {
        let id = self.pods[slot as usize].id(slot);
        self.observer.call(self.now, id, desk, what);
    }
}

/// A point of all own work, from one of [`WHOLE`].
fn share(point: SimDuration, work: SimDuration) -> SimDuration {
    let share = point.nanos() as f64 / WHOLE.nanos() as f64;
    SimDuration::from_nanos((work.nanos() as f64 * share) as u64)
}

/// A client of its own limits: the pod without its tries.
fn pod_client(key: u64) -> u64 {
    key & 0xffff_ffff
}
