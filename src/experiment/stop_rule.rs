//! How many replications are enough.
//!
//! The rule is asked only when a batch is done, and batches have fixed sizes, so that the answer never depends on
//! threads or on where a killed run was taken up again.

use super::interval::{mean_is_known, quantile, quantile_interval, share_interval};
use super::measure::{DEPENDENCY_QUANTITIES, JOB_QUANTITIES};
use super::replicate::Run;

/// When to stop.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum StopRule {
    /// After so many.
    Fixed(u64),
    /// When every reported mean, and of the makespan the quantiles up to 95 %, are known to `relative_error` (half width of
    /// the interval over the value; `tail`: probability of error on either side), and every share of outcomes to as many
    /// percentage points; after `min` and before `max` replications. A 99 % quantile would need many times as many.
    Precise { relative_error: f64, tail: f64, min: u64, max: u64 },
}

impl StopRule {
    /// Size of the first batch.
    pub fn first(self) -> u64 {
        match self {
            StopRule::Fixed(count) => count,
            StopRule::Precise { min, .. } => min,
        }
    }

    /// How many replications there should be in all, given those that there are; none: it is enough.
    pub fn next(self, runs: &[Run]) -> Option<u64> {
        let StopRule::Precise { max, .. } = self else { return None };
        let count = runs.len() as u64;
        (count < max && self.missed_error(runs).is_some()).then(|| grown(count).min(max))
    }

    /// The relative error that was asked for and is not reached by so many replications; none of a fixed number.
    pub fn missed_error(self, runs: &[Run]) -> Option<f64> {
        match self {
            StopRule::Fixed(_) => None,
            StopRule::Precise { relative_error, tail, .. } => {
                (!is_precise(runs, relative_error, tail)).then_some(relative_error)
            }
        }
    }
}

/// The size after `count`: half as many again.
pub fn grown(count: u64) -> u64 {
    count + (count / 2).max(1)
}

/// Whether every reported mean and share is known well enough.
fn is_precise(runs: &[Run], relative_error: f64, tail: f64) -> bool {
    let Some(first) = runs.first() else { return false };
    let known = |values: Vec<f64>| mean_is_known(&values, relative_error, tail);
    let quantiles = |job: usize| {
        let mut sorted: Vec<f64> = runs.iter().filter_map(|run| run.jobs[job].makespan_s()).collect();
        sorted.sort_by(f64::total_cmp);
        [0.5, 0.9, 0.95].into_iter().all(|p| {
            sorted.is_empty()
                || quantile_interval(&sorted, p, tail)
                    .is_some_and(|(low, high)| (high - low) / 2.0 <= relative_error * quantile(&sorted, p))
        })
    };
    let jobs = (0..first.jobs.len()).all(|job| {
        let quantities = JOB_QUANTITIES
            .iter()
            .all(|q| known(runs.iter().filter_map(|run| (q.of)(&run.jobs[job])).collect()));
        let kinds: Vec<_> = runs.iter().map(|run| run.jobs[job].ending.outcome.name()).collect();
        let shares = ["Complete", "Failed", "Stuck", "Suspended", "Horizon"].iter().all(|kind| {
            let count = kinds.iter().filter(|name| *name == kind).count();
            share_interval(count, runs.len(), tail)
                .is_some_and(|(low, high)| high - low <= 2.0 * relative_error)
        });
        quantities && shares && quantiles(job)
    });
    jobs && (0..first.dependencies.len()).all(|dependency| {
        DEPENDENCY_QUANTITIES
            .iter()
            .all(|q| known(runs.iter().filter_map(|run| (q.of)(&run.dependencies[dependency])).collect()))
    })
}
