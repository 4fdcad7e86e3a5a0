//! After what upset a dependency: did its load come back to normal by itself, and when?
//!
//! What upset it is a fault of the timeline; where there is none, tries that failed (an overload, or a crash that it
//! led to). A metastable failure is one that outlives its trigger: the verdict then is [`Verdict::NotYet`], however far
//! the horizon is.

use crate::engine::time::{SimDuration, SimTime};
use crate::model::shared::TimedFault;
use crate::station::meter::Meter;

/// After a fault the load is looked at in windows of this length: their mean is free of single bursts.
const WINDOW: SimDuration = SimDuration::from_nanos(10_000_000_000);
/// What was normal before a fault is looked for in the last of these.
const WINDOWS_BEFORE: usize = 6;

/// The answer for one dependency in one run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Recovery {
    pub trigger: Trigger,
    pub verdict: Verdict,
}

/// How the run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RunEnd {
    /// Its horizon cut it, with Jobs still at work.
    Cut,
    /// A Job failed: whether the load would have come back, nobody knows.
    JobFailed,
    AllComplete,
}

/// What upset it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Trigger {
    /// An entry of the timeline; the time counts from the end of the last one.
    Fault,
    /// More inside than it stands; the time counts from the first try that failed.
    Crash,
    /// More tries than it can serve; the time counts from the first that failed.
    Overload,
}

/// Whether its load came back to normal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Verdict {
    /// By itself, after this time.
    After(SimDuration),
    /// It had not when the run ended.
    NotYet,
    /// It came down only because everybody had gone: the Jobs were over.
    OnlyAtTheEnd,
}

/// Watches one dependency during a run.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Watcher {
    fault: Option<FaultWatch>,
    failures: Option<Failures>,
}

impl Watcher {
    /// `faults`: of this dependency; `places`: how many it serves at a time.
    pub(super) fn new<'f>(faults: impl Iterator<Item = &'f TimedFault> + Clone, places: u32) -> Watcher {
        let begins = faults.clone().map(|fault| fault.at).min();
        let ends = faults.map(|fault| fault.until).max();
        let fault = begins.zip(ends).map(|(begins, ends)| FaultWatch::new(begins, ends, places));
        Watcher { fault, failures: None }
    }

    /// After everything that happens at the station.
    pub(super) fn look(&mut self, now: SimTime, meter: &Meter) {
        if let Some(fault) = &mut self.fault {
            fault.look(now, meter.inside());
        }
    }

    /// A try of a Job's pod was refused, timed out, or lost.
    pub(super) fn try_failed(&mut self, now: SimTime) {
        let none = Failures { first: now, last: now, widest: SimDuration::ZERO, served_since: false };
        let failures = self.failures.get_or_insert(none);
        failures.widest = failures.widest.max(now.since(failures.last));
        failures.last = now;
        failures.served_since = false;
    }

    /// A try of a Job's pod was served.
    pub(super) fn try_served(&mut self) {
        if let Some(failures) = &mut self.failures {
            failures.served_since = true;
        }
    }

    /// The verdict when the run is over. None: nothing upset it.
    pub(super) fn verdict(&mut self, now: SimTime, meter: &Meter, end: RunEnd) -> Option<Recovery> {
        if let Some(fault) = &mut self.fault {
            let over = fault.ends <= now;
            return over.then(|| Recovery { trigger: Trigger::Fault, verdict: fault.verdict(now) });
        }
        let trigger = if meter.crashes > 0 { Trigger::Crash } else { Trigger::Overload };
        self.failures.map(|failures| Recovery { trigger, verdict: failures.verdict(now, end) })
    }
}

/// When tries failed.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
struct Failures {
    first: SimTime,
    last: SimTime,
    /// The longest time between two that followed each other.
    widest: SimDuration,
    /// Somebody since the last.
    served_since: bool,
}

impl Failures {
    /// It is over when somebody was served since, and it has been quiet for longer than it ever was between two
    /// failures: waves of retries, whose pauses grow, do not look like peace, and neither does it when all have gone.
    fn verdict(&self, now: SimTime, end: RunEnd) -> Verdict {
        let quiet = self.served_since && now.since(self.last) > self.widest;
        match end {
            RunEnd::Cut | RunEnd::AllComplete if quiet => Verdict::After(self.last.since(self.first)),
            RunEnd::Cut => Verdict::NotYet,
            RunEnd::JobFailed | RunEnd::AllComplete => Verdict::OnlyAtTheEnd,
        }
    }
}

/// The number inside before and after faults. Normal is what there was at most in the minute before, or what the
/// dependency serves at a time. It is back to normal when the mean over windows stays at that or below.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
struct FaultWatch {
    begins: SimTime,
    ends: SimTime,
    normal: u32,
    /// The most inside in each of the last windows before the fault; and the number of the last one.
    before: [u32; WINDOWS_BEFORE],
    window: u64,
    knows_normal: bool,
    // After the fault
    inside: u32,
    at: SimTime,
    window_ends: SimTime,
    area: u128,
    /// Since when it is normal, unless a window says otherwise.
    back: Option<SimTime>,
    settled: bool,
    /// In some window after the fault.
    was_upset: bool,
}

impl FaultWatch {
    fn new(begins: SimTime, ends: SimTime, places: u32) -> FaultWatch {
        FaultWatch {
            begins,
            ends,
            normal: places,
            before: [0; WINDOWS_BEFORE],
            window: 0,
            knows_normal: false,
            inside: 0,
            at: ends,
            window_ends: ends + WINDOW,
            area: 0,
            back: None,
            settled: false,
            was_upset: false,
        }
    }

    fn look(&mut self, now: SimTime, inside: u32) {
        if now < self.begins {
            self.note_before(now);
            let slot = (self.window % WINDOWS_BEFORE as u64) as usize;
            self.before[slot] = self.before[slot].max(inside);
        } else {
            self.learn_normal();
        }
        if now >= self.ends {
            self.pass(now);
            if inside <= self.normal && self.back.is_none() {
                self.back = Some(now);
            }
        }
        self.inside = inside;
    }

    /// What is normal is known when the first fault begins.
    fn learn_normal(&mut self) {
        if !self.knows_normal {
            self.note_before(self.begins);
            self.normal = self.before.iter().copied().fold(self.normal, u32::max);
            self.knows_normal = true;
        }
    }

    /// Windows that have begun since the last look: so many were inside at their start.
    fn note_before(&mut self, now: SimTime) {
        let window = now.nanos() / WINDOW.nanos();
        for passed in (self.window + 1..=window).rev().take(WINDOWS_BEFORE) {
            self.before[(passed % WINDOWS_BEFORE as u64) as usize] = self.inside;
        }
        self.window = window;
    }

    /// On to `now` with the number inside that there was.
    fn pass(&mut self, now: SimTime) {
        if self.at == self.ends && self.inside <= self.normal && self.back.is_none() {
            self.back = Some(self.ends);
        }
        while self.window_ends <= now {
            self.area += u128::from(self.inside) * u128::from(self.window_ends.since(self.at).nanos());
            let normal = self.area <= u128::from(self.normal) * u128::from(WINDOW.nanos());
            self.settled = normal && self.back.is_some();
            self.at = self.window_ends;
            if !normal {
                self.was_upset = true;
                self.back = (self.inside <= self.normal).then_some(self.at);
            }
            // Whole windows without an event are all alike.
            let alike = (now.since(self.at).nanos() / WINDOW.nanos()).saturating_sub(1);
            self.at = self.at + SimDuration::from_nanos(alike * WINDOW.nanos());
            self.window_ends = self.at + WINDOW;
            self.area = 0;
        }
        self.area += u128::from(self.inside) * u128::from(now.since(self.at).nanos());
        self.at = now;
    }

    fn verdict(&mut self, now: SimTime) -> Verdict {
        self.learn_normal();
        self.pass(now);
        let passed = u128::from(WINDOW.nanos() - self.window_ends.since(now).nanos());
        let quiet = self.area <= u128::from(self.normal) * passed;
        match self.back {
            Some(back) if back < now && (self.settled || !self.was_upset && quiet) => {
                Verdict::After(back.since(self.ends))
            }
            _ if self.inside > self.normal => Verdict::NotYet,
            _ => Verdict::OnlyAtTheEnd,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::from_seconds(seconds)
    }

    /// The verdict for a number inside that changes at these seconds; a fault from 100 s to 130 s, two places.
    fn after_fault(changes: &[(f64, u32)], end: f64) -> Verdict {
        let mut watch = FaultWatch::new(at(100.0), at(130.0), 2);
        changes.iter().for_each(|&(t, inside)| watch.look(at(t), inside));
        watch.verdict(at(end))
    }

    #[test]
    fn load_is_back_when_it_stays_at_what_it_was_in_the_minute_before() {
        let seconds = |s| Verdict::After(SimDuration::from_seconds(s));
        // The herd at the start is not what is normal; four in the minute before is.
        let before = [(0.0, 50), (10.0, 3), (90.0, 4), (95.0, 1)];
        let with = |after: &[(f64, u32)]| [&before[..], after].concat();
        assert_eq!(after_fault(&with(&[(101.0, 20), (137.0, 4)]), 600.0), seconds(7.0));
        assert_eq!(after_fault(&with(&[(101.0, 4)]), 600.0), seconds(0.0));
        // A burst within a window is not a relapse; a window above is.
        assert_eq!(
            after_fault(&with(&[(101.0, 20), (137.0, 4), (200.0, 30), (201.0, 1)]), 600.0),
            seconds(7.0)
        );
        assert_eq!(
            after_fault(&with(&[(101.0, 20), (137.0, 4), (200.0, 30), (211.0, 1)]), 600.0),
            seconds(81.0)
        );
        assert_eq!(after_fault(&with(&[(101.0, 20)]), 600.0), Verdict::NotYet);
        // Waves are no peace: 30 inside for four of every ten seconds.
        let waves: Vec<(f64, u32)> = (0..40)
            .flat_map(|k| [(131.0 + 10.0 * f64::from(k), 30), (135.0 + 10.0 * f64::from(k), 0)])
            .collect();
        assert_eq!(after_fault(&with(&waves), 531.5), Verdict::OnlyAtTheEnd);
        assert_eq!(after_fault(&with(&[(101.0, 20), (600.0, 0)]), 600.0), Verdict::OnlyAtTheEnd);
    }

    #[test]
    fn failures_are_over_when_it_is_quieter_than_it_ever_was_between_them() {
        let verdict = |failed: &[f64], served: bool, end: f64, how: RunEnd| {
            let mut watcher = Watcher::default();
            failed.iter().for_each(|&t| watcher.try_failed(at(t)));
            if served {
                watcher.try_served();
            }
            watcher.failures.map(|failures| failures.verdict(at(end), how))
        };
        let failed = [3.0, 4.0, 9.0];
        let after = Some(Verdict::After(SimDuration::from_seconds(6.0)));
        assert_eq!(verdict(&[], true, 100.0, RunEnd::Cut), None);
        assert_eq!(verdict(&failed, true, 15.0, RunEnd::Cut), after);
        assert_eq!(verdict(&failed, true, 15.0, RunEnd::AllComplete), after);
        assert_eq!(verdict(&failed, true, 15.0, RunEnd::JobFailed), Some(Verdict::OnlyAtTheEnd));
        assert_eq!(verdict(&failed, false, 15.0, RunEnd::AllComplete), Some(Verdict::OnlyAtTheEnd));
        assert_eq!(verdict(&failed, true, 13.0, RunEnd::Cut), Some(Verdict::NotYet));
        assert_eq!(verdict(&failed, true, 13.0, RunEnd::AllComplete), Some(Verdict::OnlyAtTheEnd));
    }
}
