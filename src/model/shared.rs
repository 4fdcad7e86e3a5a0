//! What the Jobs of a scenario share, and what an operator's script does about it.

use super::dependency::{Dependency, Fault};
use crate::engine::time::{SimDuration, SimTime};

/// Dependencies, what befalls them, and scripts. Empty: pods share nothing.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    pub dependencies: Vec<Dependency>,
    /// Sorted by time.
    pub faults: Vec<TimedFault>,
    pub scripts: Vec<Script>,
}

/// Something that befalls a dependency.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TimedFault {
    pub at: SimTime,
    /// Position in [`Shared::dependencies`].
    pub dependency: usize,
    pub fault: Fault,
    pub until: SimTime,
}

/// A script that changes a Job's parallelism while the Job runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Script {
    /// Position in the scenario's Jobs.
    pub job: usize,
    /// The Job is created with it.
    pub from: u32,
    pub to: u32,
    pub add: u32,
    pub every: SimDuration,
    /// None: up by `add` every time.
    pub watch: Option<Watch>,
}

/// A dependency whose trouble makes a script back off: parallelism times `factor`, at least `from`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Watch {
    pub dependency: usize,
    pub back_off_at: Trouble,
    pub factor: f64,
}

/// Trouble, looked at over the time since the script's last look.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Trouble {
    /// More than this share of the Jobs' tries that ended was refused or timed out.
    Rejected(f64),
    /// The mean of waiting and being served, of those served, was longer.
    Latency(SimDuration),
    /// More wait at the moment of the look.
    Waiting(u32),
}
