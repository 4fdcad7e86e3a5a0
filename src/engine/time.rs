//! Virtual time: integer nanoseconds since the start of the simulation.
//!
//! Two types, so that an instant and a length are never mixed up. Integers make ties exact and integrals
//! exact; there is no epsilon anywhere. Time 0 is a whole second of the wall clock, so cutting an instant to
//! its second (what the API server does when it stores a time) is [`SimTime::whole_seconds`] and nothing else.

use std::fmt;
use std::ops::{Add, Sub};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// An instant: nanoseconds since the start of the simulation.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct SimTime(u64);

/// A length of time in nanoseconds. [`SimDuration::NEVER`] stands for "does not happen".
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct SimDuration(u64);

impl SimTime {
    /// The start of the simulation.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than everything: what an event that never happens is due at.
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> SimTime {
        SimTime(nanos)
    }

    /// The instant `seconds` after the start, rounded to the nanosecond.
    pub fn from_seconds(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_seconds(seconds)
    }

    /// Nanoseconds since the start.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, for output only.
    pub fn seconds(self) -> f64 {
        seconds(self.0)
    }

    /// Rounded to the nearest microsecond, in microseconds: the resolution of the recorded traces.
    pub const fn micros_rounded(self) -> u64 {
        self.0.saturating_add(500) / 1000
    }

    /// Cut to the whole second, as the API server stores every time (metav1.Time has no fraction).
    pub const fn whole_seconds(self) -> SimTime {
        SimTime(self.0 - self.0 % NANOS_PER_SECOND)
    }

    /// Time from `earlier` to `self`; zero when `earlier` is not earlier.
    pub const fn since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);
    /// Longer than everything; adding it gives [`SimTime::NEVER`].
    pub const NEVER: SimDuration = SimDuration(u64::MAX);
    /// One second.
    pub const SECOND: SimDuration = SimDuration(NANOS_PER_SECOND);

    /// `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> SimDuration {
        SimDuration(nanos)
    }

    /// `seconds` whole seconds; [`SimDuration::NEVER`] when that overflows.
    pub const fn from_whole_seconds(seconds: u64) -> SimDuration {
        SimDuration(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// `seconds`, rounded to the nanosecond. Negative and NaN give zero, infinity gives [`SimDuration::NEVER`].
    pub fn from_seconds(seconds: f64) -> SimDuration {
        SimDuration((seconds * 1e9 + 0.5) as u64)
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds, for output only.
    pub fn seconds(self) -> f64 {
        seconds(self.0)
    }

    /// Whether this stands for "does not happen".
    pub const fn is_never(self) -> bool {
        self.0 == u64::MAX
    }

    /// Twice as long, at most `cap`.
    pub const fn doubled(self, cap: SimDuration) -> SimDuration {
        let twice = self.0.saturating_mul(2);
        SimDuration(if twice < cap.0 { twice } else { cap.0 })
    }
}

fn seconds(nanos: u64) -> f64 {
    if nanos == u64::MAX { f64::INFINITY } else { nanos as f64 / 1e9 }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    /// Saturates: an instant plus [`SimDuration::NEVER`] is [`SimTime::NEVER`].
    fn add(self, length: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(length.0))
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(other.0))
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    /// Saturates at zero.
    fn sub(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_server_cuts_to_whole_seconds() {
        assert_eq!(SimTime::from_seconds(1.999_999_999).whole_seconds(), SimTime::from_seconds(1.0));
        assert_eq!(SimTime::from_seconds(2.0).whole_seconds(), SimTime::from_seconds(2.0));
    }

    #[test]
    fn never_absorbs_every_sum() {
        assert_eq!(SimTime::from_seconds(5.0) + SimDuration::NEVER, SimTime::NEVER);
        assert_eq!(SimDuration::from_seconds(f64::INFINITY), SimDuration::NEVER);
        assert_eq!(SimDuration::from_seconds(-3.0), SimDuration::ZERO);
    }

    #[test]
    fn microseconds_are_rounded_to_the_nearest() {
        assert_eq!(SimTime::from_nanos(1_499).micros_rounded(), 1);
        assert_eq!(SimTime::from_nanos(1_500).micros_rounded(), 2);
    }
}
