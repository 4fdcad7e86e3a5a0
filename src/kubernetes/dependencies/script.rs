//! Scripts that change a Job's parallelism: ramps, with or without an eye on a dependency.

use super::HerdEvent;
use crate::kubernetes::facts::Observer;
use crate::kubernetes::world::World;
use crate::model::patch::{Change, JobPatch};
use crate::model::shared::Trouble;

/// What a script remembers of its last look.
#[derive(Clone, Copy, Default)]
pub(super) struct Running {
    tries: u64,
    troubled: u64,
    sojourns: u64,
    sojourn_ns: u128,
}

impl<'a, O: Observer> World<'a, O> {
    /// A Job is about to be created: with the parallelism of the most careful of its scripts.
    pub(in crate::kubernetes) fn scripts_begin(&mut self, job: u32) {
        let scripts = self.scenario.shared.scripts.iter().enumerate();
        let mine = scripts.filter(|(_, script)| script.job == job as usize);
        if let Some(from) = mine.clone().map(|(_, script)| script.from).min() {
            self.jobs[job as usize].spec.parallelism = from;
        }
        for (number, script) in mine {
            let at = self.now + script.every;
            self.at(at, HerdEvent::Script(number as u32).pack());
        }
    }

    pub(super) fn script_looks(&mut self, number: u32) {
        let script = self.scenario.shared.scripts[number as usize];
        let j = &self.jobs[script.job];
        if !j.exists || j.counters.conditions.finished().is_some() {
            return;
        }
        let now_is = j.spec.parallelism;
        let troubled = script.watch.is_some_and(|watch| {
            let herd = self.herd.as_mut().expect("scripts make a herd");
            let numbers = &herd.desks[watch.dependency].numbers;
            let waiting = herd.desks[watch.dependency].station.meter().waiting;
            let last = herd.scripts[number as usize];
            let now = Running {
                tries: numbers.ended(),
                troubled: numbers.rejected + numbers.timeouts,
                sojourns: numbers.sojourns.count(),
                sojourn_ns: numbers.sojourns.sum_ns(),
            };
            herd.scripts[number as usize] = now;
            match watch.back_off_at {
                Trouble::Rejected(share) => {
                    let (of, bad) = (now.tries - last.tries, now.troubled - last.troubled);
                    bad > 0 && bad as f64 > share * of as f64
                }
                Trouble::Latency(limit) => {
                    let served = u128::from(now.sojourns - last.sojourns);
                    now.sojourn_ns - last.sojourn_ns > served * u128::from(limit.nanos())
                }
                Trouble::Waiting(limit) => waiting > limit,
            }
        });
        let factor = script.watch.map_or(1.0, |watch| watch.factor);
        let next = if troubled {
            ((f64::from(now_is) * factor) as u32).max(script.from)
        } else {
            now_is.saturating_add(script.add).min(script.to).max(now_is.min(script.to))
        };
        let patch = JobPatch { parallelism: Change::To(i64::from(next)), ..JobPatch::default() };
        self.patch_job(script.job as u32, &patch);
        let goes_on = match script.watch {
            None => next < script.to,
            // Nobody watches a Job that nothing can change any more.
            Some(_) => next != now_is || next < script.to || self.jobs_can_change(),
        };
        if goes_on {
            let at = self.now + script.every;
            self.at(at, HerdEvent::Script(number).pack());
        }
    }
}
