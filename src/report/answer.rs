//! What a `run` has to say, as values: JSON, CSV and terminal show the same.

use std::collections::BTreeMap;

use super::dependencies::DependencyAnswer;
use super::words::measured;
use crate::experiment::constraint::Verdict;
use crate::experiment::interval::{Summary, share_interval, summarise, wilson};
use crate::experiment::measure::{Estimate, JOB_QUANTITIES, Measure};
use crate::experiment::replicate::{JobRun, Run};
use crate::kubernetes::simulate::Outcome;

/// The Kubernetes version that is modelled.
pub const KUBERNETES: &str = "1.37";
/// This version of jobsim.
pub const JOBSIM: &str = env!("CARGO_PKG_VERSION");

/// Everything about one `run`.
pub struct Answer {
    pub seed: u64,
    pub replications: u64,
    /// With what probability an interval holds the true value.
    pub confidence: f64,
    /// The relative error that `-n auto` was to reach and has not, within the replications that it may use.
    pub missed_error: Option<f64>,
    pub inputs_sha256: String,
    /// Sentences: what the answer stood on that the input did not say.
    pub defaults: Vec<String>,
    pub jobs: Vec<JobAnswer>,
    pub dependencies: Vec<DependencyAnswer>,
    /// For each gate that was asked for.
    pub gates: Vec<GateAnswer>,
}

/// What the runs say of a gate.
pub struct GateAnswer {
    /// As it was written.
    pub gate: String,
    pub verdict: Verdict,
    pub measure: Measure,
    pub estimate: Estimate,
    /// Rare runs decide this mean.
    pub heavy_tail: bool,
}

impl Answer {
    /// What is to be said of the number of replications.
    pub(super) fn missed(&self) -> Option<String> {
        let percent = 100.0 * self.missed_error?;
        Some(format!(
            "The {} replications that 'auto' may use were not enough to know every figure to {percent} %.",
            self.replications
        ))
    }
}

impl GateAnswer {
    /// The estimate and its interval, as far as there are any.
    pub(super) fn in_words(&self) -> String {
        let show = |value: f64| measured(&self.measure, value);
        let Estimate { value, interval, n } = self.estimate;
        let mut words = match interval {
            _ if value.is_nan() => return "no run has a value".to_string(),
            Some((low, high)) => format!("{} [{}, {}]", show(value), show(low), show(high)),
            None if self.measure.is_max() => format!("{}, the largest of {n} runs", show(value)),
            None => format!("{}, no interval", show(value)),
        };
        if self.heavy_tail {
            words.push_str("; heavy tail: rare runs decide this mean, go by a quantile");
        }
        words
    }
}

/// One Job over all replications.
pub struct JobAnswer {
    pub name: String,
    /// Most frequent first.
    pub outcomes: Vec<OutcomeShare>,
    /// By key of the output; none where no run has a value.
    pub quantities: Vec<(&'static str, Option<Summary>)>,
    /// For each time that was asked for.
    pub done_by: Vec<DoneBy>,
    /// What is legal but risky about it.
    pub advice: Vec<AdviceText>,
    /// Probability of error on either side of an interval.
    pub tail: f64,
}

/// In how many runs a Job was Complete so long after its creation.
pub struct DoneBy {
    pub t_s: f64,
    pub share: f64,
    pub interval: Option<(f64, f64)>,
}

/// A lint in words.
pub struct AdviceText {
    pub code: &'static str,
    /// The finding and its cure.
    pub text: String,
}

/// How often a Job ended in one way.
pub struct OutcomeShare {
    pub outcome: &'static str,
    pub reason: &'static str,
    pub count: usize,
    pub share: f64,
    pub interval: Option<(f64, f64)>,
}

impl JobAnswer {
    /// Of job number `job`; `done_by`: after how many seconds somebody wants it to be done; `tail`: probability of error
    /// on either side of intervals.
    pub fn new(name: &str, job: usize, runs: &[Run], done_by: &[f64], tail: f64) -> JobAnswer {
        let runs: Vec<&JobRun> = runs.iter().map(|run| &run.jobs[job]).collect();
        let mut counts: BTreeMap<(&'static str, &'static str), usize> = BTreeMap::new();
        for run in &runs {
            let outcome = run.ending.outcome;
            *counts.entry((outcome.name(), outcome.reason())).or_default() += 1;
        }
        let mut outcomes: Vec<OutcomeShare> = counts
            .into_iter()
            .map(|((outcome, reason), count)| OutcomeShare {
                outcome,
                reason,
                count,
                share: count as f64 / runs.len() as f64,
                interval: wilson(count, runs.len(), tail),
            })
            .collect();
        outcomes.sort_by_key(|o| std::cmp::Reverse(o.count));
        let quantities = JOB_QUANTITIES
            .iter()
            .map(|q| (q.key, summarise(&runs.iter().filter_map(|r| (q.of)(r)).collect::<Vec<_>>(), tail)))
            .collect();
        let done_by = done_by
            .iter()
            .map(|&t_s| {
                let done = |run: &&JobRun| {
                    matches!(run.ending.outcome, Outcome::Complete(_))
                        && run.makespan_s().is_some_and(|makespan_s| makespan_s <= t_s)
                };
                let count = runs.iter().copied().filter(done).count();
                let share = count as f64 / runs.len() as f64;
                DoneBy { t_s, share, interval: share_interval(count, runs.len(), tail) }
            })
            .collect();
        JobAnswer { name: name.to_string(), outcomes, quantities, done_by, advice: Vec::new(), tail }
    }

    /// By key of the output; none where no run has a value.
    pub fn quantity(&self, key: &str) -> Option<&Summary> {
        self.quantities.iter().find(|(name, _)| *name == key).and_then(|(_, summary)| summary.as_ref())
    }
}
