//! What the client in a pod does when a call has failed: pauses, budget, breaker, giving up; and when something that it
//! held is taken from it.

use super::client::Draw;
use super::client::Phase;
use super::visits::Owner;
use crate::engine::streams::Purpose;
use crate::engine::time::SimDuration;
use crate::kubernetes::facts::{CallFact, Observer};
use crate::kubernetes::world::World;
use crate::model::steps::Op;

impl<'a, O: Observer> World<'a, O> {
    /// The try under way has failed: another one after a pause, or it gives up.
    pub(super) fn try_failed(&mut self, slot: u32, retry_after: Option<SimDuration>) {
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

    /// It has been held for too long, and is taken away.
    pub(super) fn hold_expires(&mut self, slot: u32, visit: u32) {
        let (now, desk) = (self.now, self.herd().visit(visit).desk);
        let limited = self.scenario.shared.dependencies[desk as usize].hold_timeout.is_some();
        if !limited || !self.client(slot).holding().any(|held| held == visit) {
            // An old look for deadlocks, whose wait is over.
            return;
        }
        self.herd().desks[desk as usize].numbers.timed_out(now);
        self.tell_call(slot, desk, CallFact::TimedOut);
        self.throw_away(visit);
        self.lose(slot, visit);
    }

    /// Something that the pod held is gone: back to the step that got it.
    pub(super) fn lose(&mut self, slot: u32, visit: u32) {
        let Some(at) = self.client(slot).held.iter().position(|held| held.visit == visit) else { return };
        let desk = self.herd().visit(visit).desk;
        self.tell_call(slot, desk, CallFact::GaveBack);
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
        let (now, desk) = (self.now, self.herd().visit(visit).desk);
        self.herd().desks[desk as usize].numbers.refused(now);
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
            let visit = *self.herd().visit(held.visit);
            if visit.owner == Owner::Pod(slot) {
                self.tell_call(slot, visit.desk, CallFact::GaveBack);
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
}
