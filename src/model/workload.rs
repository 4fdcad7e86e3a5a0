//! What the manifest cannot say: how long pods take to start and run, how they fail, when they hang.

use super::steps::Program;
use crate::engine::distribution::Distribution;
use crate::engine::time::SimDuration;

/// Where the fate of a pod comes from.
#[derive(Clone, Debug)]
pub enum Workload {
    /// Drawn from distributions.
    Sampled(Box<SampledWorkload>),
    /// Written down pod by pod (recorded traces).
    Scripted(Box<Scripts>),
}

/// Distributions of one Job's pods.
#[derive(Clone, Debug)]
pub struct SampledWorkload {
    /// Created → bound to a node.
    pub schedule: Distribution,
    /// Bound → container running.
    pub startup: Distribution,
    /// The container's own work, in order; it exits 0 after the last.
    pub run: RunTime,
    pub failure: Option<Failure>,
    /// Probability that an attempt never ends by itself.
    pub hang_probability: f64,
    /// Indexes that fail in every attempt.
    pub poison: Option<Poison>,
    pub on_term: OnTerm,
}

/// Run time of an attempt.
#[derive(Clone, Debug)]
pub enum RunTime {
    /// The steps of every pod.
    Steps(Vec<Distribution>),
    /// One distribution for each completion index.
    ByIndex(Vec<Distribution>),
    /// Steps of which some call dependencies.
    Program(Box<Program>),
}

/// How an attempt fails.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Failure {
    pub law: FailureLaw,
    pub exit_code: i32,
}

/// When an attempt fails.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum FailureLaw {
    /// With this probability, at a uniform point of its own work.
    Probability(f64),
    /// After exponential own work with this rate per second, unless the work is done before.
    RatePerSecond(f64),
}

/// Indexes that always fail, as intervals with both ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Poison {
    pub indexes: Vec<(u32, u32)>,
    pub exit_code: i32,
}

impl Poison {
    /// Whether this index is poisoned.
    pub fn has(&self, index: u32) -> bool {
        self.indexes.iter().any(|&(first, last)| (first..=last).contains(&index))
    }
}

/// The script of one pod of a recorded trace. [`SimDuration::NEVER`]: does not happen.
#[derive(Clone, PartialEq, Debug)]
pub struct Script {
    pub schedule: SimDuration,
    pub start: SimDuration,
    /// Length and exit code of each run of the container; the last one repeats.
    pub runs: Vec<(SimDuration, i32)>,
    pub on_term: OnTerm,
}

/// What a container does when it receives SIGTERM.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OnTerm {
    pub after: SimDuration,
    pub exit_code: i32,
}

impl OnTerm {
    /// A process without a handler, with half a second for the container runtime.
    pub const DEFAULT: OnTerm = OnTerm { after: SimDuration::from_nanos(500_000_000), exit_code: 143 };
}

/// Which pod gets which script (conformance format).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scripts {
    pub default: Vec<Script>,
    /// Sorted by index.
    pub by_index: Vec<(u32, Vec<Script>)>,
    /// Sorted by creation ordinal.
    pub by_ordinal: Vec<(u32, Script)>,
}

impl Scripts {
    /// The script of pod number `ordinal`, the `attempt`-th of its index if it has one. None: never scheduled.
    pub fn choose(&self, ordinal: u32, index: Option<u32>, attempt: u32) -> Option<&Script> {
        let clamp = |list: &'_ [Script], i: u32| (i as usize).min(list.len().saturating_sub(1));
        if let Some(index) = index {
            if let Ok(at) = self.by_index.binary_search_by_key(&index, |e| e.0)
                && !self.by_index[at].1.is_empty()
            {
                let own = &self.by_index[at].1;
                return own.get(clamp(own, attempt));
            }
            return self.default.get(clamp(&self.default, attempt));
        }
        if let Ok(at) = self.by_ordinal.binary_search_by_key(&ordinal, |e| e.0) {
            return Some(&self.by_ordinal[at].1);
        }
        if self.default.is_empty() { None } else { self.default.get(ordinal as usize % self.default.len()) }
    }
}
