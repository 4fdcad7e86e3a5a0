//! Failure back-off (backoff_utils.go): 10 s doubling to 10 min, from the end of the latest failure.

use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::world::{Pod, PodView, Ready};
use crate::marks::mark;

/// DefaultJobPodFailureBackOff and MaxJobPodFailureBackOff.
const BASE: SimDuration = SimDuration::from_whole_seconds(10);
const MAX: SimDuration = SimDuration::from_whole_seconds(600);

/// Failures since the last success, and when the latest of them ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Backoff {
    pub(crate) failures: u32,
    pub(crate) last_failure: Option<SimTime>,
}

/// What one sync adds: the ends of the pods that it counts for the first time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NewEnds {
    pub(crate) failures: u32,
    pub(crate) last_failure: Option<SimTime>,
    pub(crate) last_success: Option<SimTime>,
    /// Failures that ended after `last_success`.
    pub(crate) failures_after_success: u32,
}

impl NewEnds {
    #[inline]
    pub(super) fn add_success(&mut self, ended: SimTime) {
        self.last_success = self.last_success.max(Some(ended));
    }

    #[inline]
    pub(super) fn add_failure(&mut self, ended: SimTime) {
        self.failures += 1;
        self.last_failure = self.last_failure.max(Some(ended));
    }

    /// When all are added; `failed`: the ends of the failures again.
    #[inline]
    pub(super) fn count_after_success(&mut self, failed: impl Iterator<Item = SimTime>) {
        if let (Some(success), true) = (self.last_success, self.failures > 0) {
            self.failures_after_success = failed.filter(|ended| *ended > success).count() as u32;
        }
    }
}

impl Backoff {
    /// The record after a sync (newBackoffRecord): failures add up, a success forgets those that did not end
    /// after it. The time is that of this sync's latest failure, even if an earlier sync saw a later one.
    pub(crate) fn with(self, new: NewEnds) -> Backoff {
        mark!("2.7 failures add up over syncs" if new.last_success.is_none() && new.failures > 0 && self.failures > 0);
        mark!("2.7 failures of one sync are pooled" if new.last_success.is_none() && new.failures > 1);
        mark!("2.7 the latest failure of this sync is the time" if new.last_failure.is_some() && new.last_failure < self.last_failure && new.last_success.is_none());
        mark!("2.7 a success forgets the failures" if new.last_success.is_some() && new.failures_after_success == 0 && self.failures > 0);
        mark!("2.7 failures after the success stay" if new.last_success.is_some() && new.failures_after_success > 0);
        match (new.last_success, new.failures) {
            (None, 0) => self,
            (None, n) => Backoff { failures: self.failures + n, last_failure: new.last_failure },
            (Some(_), _) if new.failures_after_success == 0 => Backoff::default(),
            (Some(_), _) => Backoff { failures: new.failures_after_success, last_failure: new.last_failure },
        }
    }

    /// How long nothing may be created yet.
    pub(crate) fn remaining(self, now: SimTime) -> SimDuration {
        match self.last_failure {
            Some(last) => remaining(self.failures, last, now),
            None => SimDuration::ZERO,
        }
    }
}

/// What is left of the pause after `failures` failures, the last at `last` (getRemainingTimeForFailuresCount).
pub(crate) fn remaining(failures: u32, last: SimTime, now: SimTime) -> SimDuration {
    if failures == 0 {
        return SimDuration::ZERO;
    }
    let mut pause = BASE;
    for _ in 1..failures {
        pause = pause.doubled(MAX);
        mark!("2.7 the pause doubles" if pause < MAX);
        mark!("2.7 the pause is at most 600 s" if pause == MAX);
        if pause == MAX {
            break;
        }
    }
    (last + pause).since(now)
}

/// When a pod ended (getFinishedTime): its container's end; else when it stopped being ready; else when its
/// deletion was requested; else its creation.
pub(crate) fn finished_time(pod: &Pod, view: &PodView) -> SimTime {
    if view.exit_code.is_some() && view.finished_at != SimTime::NEVER {
        mark!("2.7 a pod ends with its container");
        view.finished_at
    } else if view.ready == Ready::False {
        mark!("2.7 a pod without a container ends when it is not ready" if view.phase.is_terminal() || view.deleting);
        view.ready_since
    } else if view.deleting {
        mark!("2.7 a pod without Ready ends with its deletion");
        view.deleted_at
    } else {
        pod.created
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_ten_seconds_to_ten_minutes() {
        let last = SimTime::from_seconds(100.0);
        let pauses: Vec<f64> = (0..9).map(|n| remaining(n, last, last).seconds()).collect();
        assert_eq!(pauses, [0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 600.0, 600.0]);
        assert_eq!(remaining(1, last, SimTime::from_seconds(111.0)), SimDuration::ZERO);
    }
}
