//! The load on each dependency over the run that is shown: what arrived, was refused, timed out and was served in each
//! second, and how many calls were under way.
//!
//! Counts the calls of pods; other tenants are not observed. A hold counts until it begins.

use crate::engine::time::SimTime;
use crate::kubernetes::facts::{CallFact, ContainerRun, Observer, PodId};

/// What happened in one second in which anything did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Second {
    /// Whole seconds since the start of the simulation.
    pub second: u64,
    pub first_tries: u32,
    /// Tries that follow a failed one of the same pod.
    pub retries: u32,
    pub refused: u32,
    pub timed_out: u32,
    /// Served, or, of a hold, begun.
    pub served: u32,
}

impl Second {
    /// First tries and retries.
    pub fn arrivals(&self) -> u32 {
        self.first_tries + self.retries
    }
}

/// Changes that are kept one by one; of more, neighbours are merged into their maximum.
const MOST_LEVELS: usize = 8192;

/// One dependency.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DependencyLoad {
    /// In order of time, those in which something happened.
    pub seconds: Vec<Second>,
    /// From each instant on: the most calls under way until the next.
    pub under_way: Vec<(SimTime, u32)>,
    /// Some of its calls hold it for longer than the call.
    pub has_holds: bool,
    now: u32,
}

impl DependencyLoad {
    fn second(&mut self, t: SimTime) -> &mut Second {
        let second = t.whole_seconds().nanos() / 1_000_000_000;
        if self.seconds.last().is_none_or(|last| last.second != second) {
            self.seconds.push(Second { second, ..Second::default() });
        }
        let last = self.seconds.len() - 1;
        &mut self.seconds[last]
    }

    fn change(&mut self, t: SimTime, by: i32) {
        self.now = self.now.saturating_add_signed(by);
        match self.under_way.last_mut().filter(|last| last.0 == t) {
            Some(last) => last.1 = self.now,
            None => self.under_way.push((t, self.now)),
        }
        if self.under_way.len() > MOST_LEVELS {
            let pairs = self.under_way.chunks(2);
            self.under_way =
                pairs.map(|pair| (pair[0].0, pair.iter().map(|p| p.1).max().unwrap_or(0))).collect();
        }
    }
}

/// Collects the load.
pub struct Load {
    /// In the order of the scenario.
    pub of: Vec<DependencyLoad>,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    calls: Option<u32>,
    /// Its last try to this dependency failed.
    failed: Option<u32>,
}

impl Load {
    /// For a scenario with so many dependencies.
    pub fn new(dependencies: usize) -> Load {
        Load { of: vec![DependencyLoad::default(); dependencies], slots: Vec::new() }
    }

    fn slot(&mut self, pod: PodId) -> &mut Slot {
        let at = pod.slot as usize;
        if at >= self.slots.len() {
            self.slots.resize(at + 1, Slot::default());
        }
        &mut self.slots[at]
    }

    fn leave(&mut self, t: SimTime, pod: PodId) {
        if let Some(dependency) = self.slot(pod).calls.take() {
            self.of[dependency as usize].change(t, -1);
        }
    }
}

impl Observer for Load {
    fn call(&mut self, t: SimTime, pod: PodId, dependency: u32, what: CallFact) {
        let at = dependency as usize;
        if what == CallFact::InDeadlock || what == CallFact::GaveUp {
            return;
        }
        self.leave(t, pod);
        match what {
            CallFact::Sent => {
                let slot = self.slot(pod);
                slot.calls = Some(dependency);
                let retries = slot.failed.take() == Some(dependency);
                let second = self.of[at].second(t);
                second.first_tries += u32::from(!retries);
                second.retries += u32::from(retries);
                self.of[at].change(t, 1);
            }
            CallFact::Begun | CallFact::Done => {
                self.of[at].has_holds |= what == CallFact::Begun;
                self.of[at].second(t).served += 1;
            }
            CallFact::TimedOut => {
                self.of[at].second(t).timed_out += 1;
                self.slot(pod).failed = Some(dependency);
            }
            _ => {
                self.of[at].second(t).refused += 1;
                self.slot(pod).failed = Some(dependency);
            }
        }
    }

    fn container_stopped(&mut self, t: SimTime, pod: PodId, _run: ContainerRun) {
        self.leave(t, pod);
        self.slot(pod).failed = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POD: PodId = PodId { job: 0, ordinal: 0, slot: 0 };

    #[test]
    fn a_try_after_a_failed_one_is_a_retry() {
        let mut load = Load::new(1);
        let facts = [
            (0.2, CallFact::Sent),
            (0.4, CallFact::Refused),
            (0.9, CallFact::Sent),
            (1.5, CallFact::TimedOut),
            (1.5, CallFact::Sent),
            (1.8, CallFact::Done),
            (1.9, CallFact::Sent),
        ];
        for (t, what) in facts {
            load.call(SimTime::from_seconds(t), POD, 0, what);
        }
        load.container_stopped(
            SimTime::from_seconds(3.0),
            POD,
            ContainerRun { started: SimTime::ZERO, exit_code: 1 },
        );
        let zero = Second { second: 0, first_tries: 1, retries: 1, refused: 1, timed_out: 0, served: 0 };
        let one = Second { second: 1, first_tries: 1, retries: 1, refused: 0, timed_out: 1, served: 1 };
        assert_eq!(load.of[0].seconds, [zero, one]);
        assert_eq!(load.of[0].under_way.last(), Some(&(SimTime::from_seconds(3.0), 0)));
    }

    #[test]
    fn many_changes_are_merged_into_maxima() {
        let mut one = DependencyLoad::default();
        for k in 0..20_000u64 {
            one.change(SimTime::from_nanos(k), if k % 2 == 0 { 1 } else { -1 });
        }
        assert!(one.under_way.len() <= MOST_LEVELS);
        assert_eq!(one.under_way.iter().map(|level| level.1).max(), Some(1));
    }
}
