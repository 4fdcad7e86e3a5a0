//! The load on each dependency over the run that is shown: what arrived, was refused, timed out and was served in each
//! second, and how many calls were under way.
//!
//! Counts the calls of pods; other tenants are not observed. A hold counts until it begins.

use crate::engine::time::{SimDuration, SimTime};
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

/// Parts of time in which the level is kept at most; with more they become twice as long.
const MOST_LEVELS: usize = 8192;
/// The first length of such a part.
const FIRST_PART: SimDuration = SimDuration::from_nanos(1 << 20);

/// How many calls were under way in a part of the time in which that changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// Number of the part; it begins at number times length.
    pub part: u64,
    pub most: u32,
    /// When it ended, and until the next.
    pub then: u32,
}

/// One dependency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DependencyLoad {
    /// In order of time, those in which something happened.
    pub seconds: Vec<Second>,
    /// In order of time.
    pub under_way: Vec<Level>,
    /// Length of a part.
    pub part: SimDuration,
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
        let before = self.now;
        self.now = self.now.saturating_add_signed(by);
        let part = t.nanos() / self.part.nanos();
        match self.under_way.last_mut().filter(|last| last.part == part) {
            Some(last) => (last.most, last.then) = (last.most.max(self.now), self.now),
            None => self.under_way.push(Level { part, most: before.max(self.now), then: self.now }),
        }
        if self.under_way.len() > MOST_LEVELS {
            self.part = self.part + self.part;
            let mut merged: Vec<Level> = Vec::with_capacity(MOST_LEVELS);
            for level in &self.under_way {
                let part = level.part / 2;
                match merged.last_mut().filter(|last| last.part == part) {
                    Some(last) => (last.most, last.then) = (last.most.max(level.most), level.then),
                    None => merged.push(Level { part, ..*level }),
                }
            }
            self.under_way = merged;
        }
    }
}

impl Default for DependencyLoad {
    fn default() -> DependencyLoad {
        DependencyLoad {
            seconds: Vec::new(),
            under_way: Vec::new(),
            part: FIRST_PART,
            has_holds: false,
            now: 0,
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
        assert_eq!(load.of[0].under_way.last().map(|level| (level.most, level.then)), Some((1, 0)));
    }

    #[test]
    fn of_many_changes_each_part_of_the_time_keeps_its_own_maximum() {
        let mut one = DependencyLoad::default();
        // One call at a time for 100 s, then ten for 100 s.
        for k in 0..40_000u64 {
            let t = SimTime::from_nanos(k * 5_000_000);
            let size = if k < 20_000 { 1 } else { 10 };
            one.change(t, if k % 2 == 0 { size } else { -size });
        }
        assert!(one.under_way.len() <= MOST_LEVELS);
        let most = |from: f64, to: f64| {
            let at = |level: &&Level| level.part as f64 * one.part.seconds();
            let inside = |level: &&Level| at(level) >= from && at(level) < to;
            one.under_way.iter().filter(inside).map(|level| level.most).max()
        };
        assert_eq!((most(0.0, 99.0), most(101.0, 200.0)), (Some(1), Some(10)));
        assert_eq!(one.under_way.last().map(|level| level.then), Some(0));
    }
}
