//! What a container does, where it is more than to run for a while: calls, retries, things held meanwhile.
//!
//! Steps within steps are written one after the other: a [`Op::Hold`] lasts until the [`Op::Release`] that names it.

use super::dependency::Access;
use crate::engine::distribution::Distribution;
use crate::engine::time::SimDuration;

/// The steps of a container, in order; it exits 0 after the last.
#[derive(Clone, Debug)]
pub struct Program {
    pub ops: Vec<Op>,
}

impl Program {
    /// The lists that have one law for each completion index.
    pub fn by_index(&self) -> impl Iterator<Item = &[Distribution]> {
        let lengths = self.ops.iter().flat_map(|op| match op {
            Op::Run(run) => [Some(run), None],
            Op::Call(call) | Op::Hold(call) => [call.think.as_ref(), call.service.as_ref()],
            Op::Release { .. } => [None, None],
        });
        lengths.flatten().filter_map(|length| match length {
            Length::Same(_) => None,
            Length::ByIndex(laws) => Some(laws.as_slice()),
        })
    }
}

/// How long something takes: one law for all pods, or one for each completion index (data skew).
#[derive(Clone, Debug)]
pub enum Length {
    Same(Distribution),
    ByIndex(Vec<Distribution>),
}

impl Length {
    /// The law of a pod with this index. More indexes than laws can only come from an elastic Job: the last repeats.
    pub fn of(&self, index: Option<u32>) -> &Distribution {
        match (self, index) {
            (Length::Same(law), _) => law,
            (Length::ByIndex(laws), Some(index)) => &laws[(index as usize).min(laws.len() - 1)],
            (Length::ByIndex(_), None) => unreachable!("byIndex needs an Indexed Job, which input checks"),
        }
    }

    /// All laws, each for the same share of the pods.
    pub fn laws(&self) -> &[Distribution] {
        match self {
            Length::Same(law) => std::slice::from_ref(law),
            Length::ByIndex(laws) => laws,
        }
    }

    /// The same, to be changed.
    pub fn laws_mut(&mut self) -> &mut [Distribution] {
        match self {
            Length::Same(law) => std::slice::from_mut(law),
            Length::ByIndex(laws) => laws,
        }
    }

    /// In seconds, over all pods.
    pub fn mean(&self) -> f64 {
        self.mean_of(Distribution::mean)
    }

    /// The mean of a property over all pods.
    pub fn mean_of(&self, property: impl Fn(&Distribution) -> f64) -> f64 {
        let laws = self.laws();
        laws.iter().map(property).sum::<f64>() / laws.len() as f64
    }
}

/// One step.
#[derive(Clone, Debug)]
pub enum Op {
    Run(Length),
    Call(Box<Call>),
    /// Gets something and goes on to the next step with it.
    Hold(Box<Call>),
    /// Gives back what the hold at this position got.
    Release {
        hold: usize,
    },
}

/// Calls to a dependency.
#[derive(Clone, Debug)]
pub struct Call {
    /// Position in [`super::scenario::Scenario::dependencies`].
    pub to: usize,
    /// How many, one after the other. Of a hold: one.
    pub times: u32,
    pub access: Access,
    /// Before each.
    pub think: Option<Length>,
    /// How long each occupies the dependency. None: no time at all. Of a hold: not used.
    pub service: Option<Length>,
    /// How long the client waits and is served at most; [`SimDuration::NEVER`]: for ever.
    pub timeout: SimDuration,
    pub retry: Retry,
    /// Exit code after the last try.
    pub give_up: i32,
}

/// When a call is tried again.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Retry {
    /// Tries in all; 1: it is not tried again.
    pub attempts: u32,
    pub backoff: Backoff,
    /// The pause is at least what the refusal asks for.
    pub honour_retry_after: bool,
    pub budget: Option<Budget>,
    pub breaker: Option<Breaker>,
}

impl Retry {
    /// One try.
    pub const NONE: Retry = Retry {
        attempts: 1,
        backoff: Backoff {
            base: SimDuration::ZERO,
            factor: 1.0,
            cap: SimDuration::NEVER,
            jitter: Jitter::None,
        },
        honour_retry_after: true,
        budget: None,
        breaker: None,
    };
}

/// The pause before the n-th retry: base · factor^(n-1), at most `cap`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Backoff {
    pub base: SimDuration,
    /// 1: a constant pause.
    pub factor: f64,
    pub cap: SimDuration,
    pub jitter: Jitter,
}

impl Backoff {
    /// The pause before retry number `retry` (from 1), given the one before and a uniform number in (0, 1).
    ///
    /// Jitter as in M. Brooker, "Exponential backoff and jitter" (2015): full: uniform up to the pause; equal: half of
    /// it and uniform up to the other half; decorrelated: uniform between base and three times the one before.
    pub fn pause(&self, retry: u32, before: SimDuration, u: f64) -> SimDuration {
        let base = self.base.seconds();
        let cap = self.cap.seconds();
        let plain = (base * libm::pow(self.factor, f64::from(retry.saturating_sub(1)))).min(cap);
        SimDuration::from_seconds(match self.jitter {
            Jitter::None => plain,
            Jitter::Full => plain * u,
            Jitter::Equal => plain / 2.0 + plain / 2.0 * u,
            Jitter::Decorrelated => {
                let before = if retry <= 1 { base } else { before.seconds() };
                (base + (3.0 * before - base).max(0.0) * u).min(cap)
            }
        })
    }
}

/// How pauses are spread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Jitter {
    None,
    Full,
    Equal,
    Decorrelated,
}

/// A client's allowance for retries: each first try earns `ratio`, each retry costs one; `most` can be saved up, and
/// that is what it starts with.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Budget {
    pub ratio: f64,
    pub most: f64,
}

/// After `failures` failed tries in a row a client calls no more for `open`; every call fails at once meanwhile. Then
/// one is let through: if it fails, the same again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Breaker {
    pub failures: u32,
    pub open: SimDuration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_cap_and_jitter_stays_in_its_range() {
        let s = SimDuration::from_seconds;
        let backoff = |jitter| Backoff { base: s(0.1), factor: 2.0, cap: s(1.0), jitter };
        let plain: Vec<f64> =
            (1..=6).map(|n| backoff(Jitter::None).pause(n, s(9.0), 0.5).seconds()).collect();
        assert_eq!(plain, [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]);
        assert_eq!(backoff(Jitter::Full).pause(3, s(0.0), 0.25), s(0.1));
        assert_eq!(backoff(Jitter::Equal).pause(3, s(0.0), 0.25), s(0.25));
        assert_eq!(backoff(Jitter::Decorrelated).pause(1, s(0.0), 0.5), s(0.2));
        assert_eq!(backoff(Jitter::Decorrelated).pause(2, s(0.3), 0.5), s(0.5));
        assert_eq!(backoff(Jitter::Decorrelated).pause(2, s(0.9), 0.9999), s(1.0));
    }
}
