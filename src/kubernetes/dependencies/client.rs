//! The client in a pod: what it remembers, what it draws, how it starts and stops. What it does is in [`super::calls`].
//!
//! What it has drawn depends on pod, step, call and try only. Failures and hangs strike at a point of its own work (runs,
//! pauses before calls, times of service); waiting does not count.

use super::visits::Leaving;
use super::{Herd, Steps};
use crate::engine::distribution::Distribution;
use crate::engine::streams::Purpose;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{CallFact, Observer};
use crate::kubernetes::luck::{Attempt, WHOLE};
use crate::kubernetes::world::{Step, World};
use crate::model::steps::{Call, Length, Op};
use crate::model::workload::FailureLaw;

/// What a client is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Phase {
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
pub(super) enum Strike {
    #[default]
    Nothing,
    Fails(i32),
    Hangs,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) op: u32,
    pub(super) visit: u32,
    /// Tries that it took.
    pub(super) tries: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breaker {
    pub(super) failures: u32,
    pub(super) open_until: SimTime,
}

/// One container at work.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub(super) phase: Phase,
    pub(super) job: u32,
    /// Whose numbers it draws.
    pub(super) key: u64,
    pub(super) op: u32,
    /// Calls of this step that are done.
    pub(super) done: u32,
    /// Tries of this call that have failed.
    pub(super) failed: u32,
    pub(super) pause: SimDuration,
    pub(super) strike: Strike,
    /// Own work left until it strikes.
    pub(super) until_strike: SimDuration,
    /// The service under way is the last.
    pub(super) strikes_when_served: bool,
    pub(super) held: Vec<Held>,
    /// By dependency: first tries of this container.
    pub(super) first_tries: Vec<u32>,
    /// By dependency: nanoseconds of service of this container.
    pub(super) used: Vec<u64>,
    pub(super) breakers: Vec<Breaker>,
    /// By dependency, thousandths of a retry.
    pub(super) budgets: Vec<Option<u64>>,
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
pub(super) struct Draw {
    pub(super) key: u64,
    pub(super) op: u32,
    pub(super) call: u32,
    pub(super) attempt: u32,
}

impl Draw {
    pub(super) fn unit(&self, steps: &Steps, purpose: Purpose) -> f64 {
        let hi = self.key ^ u64::from(self.attempt & 0xfff) << 32;
        steps.keyed.unit(purpose, hi, self.op << 20 | self.call & 0xf_ffff)
    }

    pub(super) fn length(&self, steps: &Steps, purpose: Purpose, length: &Length) -> SimDuration {
        self.sample(steps, purpose, length.of(index_of(self.key)))
    }

    pub(super) fn sample(&self, steps: &Steps, purpose: Purpose, law: &Distribution) -> SimDuration {
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

/// The completion index in a key; none of a Job that has none.
fn index_of(key: u64) -> Option<u32> {
    (key >> 63 == 0).then_some(key as u32)
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

    pub(super) fn call_of(&self, slot: u32) -> Option<&Call> {
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
        client.used.clear();
        client.used.resize(desks, 0);
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

    pub(super) fn client(&mut self, slot: u32) -> &mut Client {
        &mut self.herd().clients[slot as usize]
    }

    pub(super) fn wake_client(&mut self, slot: u32, at: SimTime) {
        self.plan_before_deadline(slot, at, Step::Client);
    }

    pub(super) fn client_exits(&mut self, slot: u32, exit_code: i32) {
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
        let client = &herd.clients[slot as usize];
        for (desk, (tries, used)) in herd.desks.iter_mut().zip(client.first_tries.iter().zip(&client.used)) {
            if exit_code == 0 {
                desk.numbers.needed += u64::from(*tries);
            } else {
                desk.numbers.repeated += u64::from(*tries);
                desk.numbers.lose_work(SimDuration::from_nanos(*used));
            }
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

    pub(super) fn tell_call(&mut self, slot: u32, desk: u32, what: CallFact) {
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
pub(super) fn pod_client(key: u64) -> u64 {
    key & 0xffff_ffff
}
