//! Circular waits: who waits for what, held by whom.
//!
//! A wait for a place is over when any of those inside leaves. So somebody is in a deadlock when everybody whom he can
//! reach by "waits for a place that … has" waits as well. A circle can only close when somebody who holds something
//! begins to wait; only then it is looked for.

use super::Herd;
use super::numbers::{Deadlock, DeadlockedPod};
use super::visits::Owner;
use crate::kubernetes::facts::{CallFact, Observer};
use crate::kubernetes::world::World;

/// Most pods of a circle that are named.
const MOST_NAMED: usize = 8;

impl Herd<'_> {
    /// All pods of the deadlock that the pod in this slot is part of, itself first; empty: it is in none.
    pub(super) fn deadlock(&self, slot: u32) -> Vec<u32> {
        let mut found = vec![slot];
        let mut next = 0;
        let mut circle = false;
        while next < found.len() {
            let client = &self.clients[found[next] as usize];
            next += 1;
            let Some(visit) = client.calling().filter(|&visit| self.is_waiting(visit)) else {
                return Vec::new();
            };
            for caller in self.desks[self.visit(visit).desk as usize].station.served() {
                let Owner::Pod(holder) = self.visit(caller).owner else { return Vec::new() };
                circle |= holder == slot;
                if !found.contains(&holder) {
                    found.push(holder);
                }
            }
        }
        if circle { found } else { Vec::new() }
    }
}

impl<'a, O: Observer> World<'a, O> {
    /// The pod, which holds something, has begun to wait.
    pub(super) fn waits_with_something(&mut self, slot: u32, visit: u32) {
        let desk = self.herd().visit(visit).desk;
        match self.scenario.shared.dependencies[desk as usize].deadlock_timeout {
            Some(timeout) => {
                let at = self.now + timeout;
                self.set_visit_timer(visit, at);
            }
            None => {
                if !self.herd().deadlock(slot).is_empty() {
                    self.tell_deadlock(slot, desk);
                }
            }
        }
    }

    /// The look at the end of the deadlock time-out: whoever finds himself in a circle then is the victim.
    pub(super) fn look_for_deadlock(&mut self, slot: u32, visit: u32) {
        let herd = self.herd();
        if herd.clients[slot as usize].calling() != Some(visit) || herd.deadlock(slot).is_empty() {
            return;
        }
        let desk = herd.visit(visit).desk;
        self.tell_deadlock(slot, desk);
        self.deadlock_victim(slot, visit);
    }

    fn tell_deadlock(&mut self, slot: u32, desk: u32) {
        let members = self.herd().deadlock(slot);
        let mut pods = Vec::new();
        for &member in members.iter().take(MOST_NAMED) {
            let id = self.pods[member as usize].id(member);
            let herd = self.herd();
            let client = &herd.clients[member as usize];
            let Some(visit) = client.calling() else { continue };
            let holds = client.holding().map(|held| herd.visit(held).desk).collect();
            let waits_for = herd.visit(visit).desk;
            pods.push(DeadlockedPod { job: id.job, ordinal: id.ordinal, waits_for, holds });
        }
        let at = self.now;
        let numbers = &mut self.herd().desks[desk as usize].numbers;
        numbers.deadlocks += 1;
        numbers.first_deadlock.get_or_insert(Deadlock { at, pods });
        for member in members {
            let Some(visit) = self.herd().clients[member as usize].calling() else { continue };
            let desk = self.herd().visit(visit).desk;
            let id = self.pods[member as usize].id(member);
            self.observer.call(self.now, id, desk, CallFact::InDeadlock);
        }
    }
}
