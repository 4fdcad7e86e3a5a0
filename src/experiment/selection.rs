//! The best of many settings under noise: what is looked for, and what is known of each setting in the end.
//!
//! [`super::search`] finds it. The probability of a wrong statement anywhere (a setting said to be worse, allowed or not
//! allowed that is not) is at most [`Problem::error`]. Prints nothing.

use super::constraint::{Constraint, Verdict};
use super::interval::share_interval;
use super::measure::{Estimate, Measure, Statistic};
use super::paired::paired;
use super::replicate::{Run, Threads};
use crate::kubernetes::simulate::Outcome;
use crate::model::scenario::Scenario;

/// Replications of every setting in the first stage.
pub const FIRST: u64 = 64;

/// Replications of a full look at one setting, and the share of that which a search may use.
const FULL_LOOK: u64 = 20_000;
const SHARE: u64 = 10;
/// A search of a few settings may use so many at least.
const LEAST_BUDGET: u64 = 40_000;

/// Replications of all settings together, when nobody says how many.
pub fn default_budget(settings: u64) -> u64 {
    (settings * FULL_LOOK / SHARE).max(LEAST_BUDGET)
}

/// What is looked for.
pub struct Problem {
    /// Small is good.
    pub objective: Measure,
    pub constraints: Vec<Constraint>,
    /// Settings within this share of the best are as good.
    pub indifference: f64,
    /// Replications of all settings together.
    pub budget: u64,
    /// Probability that any statement is wrong, at most.
    pub error: f64,
    pub seed: u64,
}

/// What is known of a setting in the end.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Standing {
    /// The best, or one that cannot be told from the best.
    Leader,
    /// Its objective cannot be told from the leader's.
    Same,
    /// Surely worse, or surely within the indifference of the leader.
    Worse,
    /// A constraint surely does not hold: its number.
    NotAllowed(usize),
    /// It may be better, but whether the constraints hold is not decided, or by how much it is.
    Open,
}

/// One setting and its values so far.
pub struct Candidate {
    pub scenario: Scenario,
    /// Of the objective, then of each constraint: `[measure][replication]`.
    pub values: Vec<Vec<Option<f64>>>,
    /// Runs in which a Job was Complete in the end, by Job, whatever was asked.
    pub completed: Vec<usize>,
    pub standing: Standing,
    /// Of the constraints, as the search has found them.
    pub verdicts: Vec<Verdict>,
}

/// How the search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// The leader is the best, or within the indifference of it.
    Best,
    /// Others are as good, as far as can be told.
    CannotTell,
    /// No setting meets all constraints.
    NoneAllowed,
    /// The replications did not suffice to decide a constraint.
    Undecided,
}

/// A finished search.
pub struct Selection {
    pub candidates: Vec<Candidate>,
    /// None when no setting is allowed.
    pub leader: Option<usize>,
    pub finding: Finding,
    pub replications: u64,
}

impl Candidate {
    /// Nothing is known of it yet.
    pub(super) fn new(scenario: Scenario, constraints: usize) -> Candidate {
        Candidate {
            values: vec![Vec::new(); constraints + 1],
            completed: vec![0; scenario.jobs.len()],
            standing: Standing::Open,
            verdicts: vec![Verdict::Undecided; constraints],
            scenario,
        }
    }

    /// Replications so far.
    pub fn count(&self) -> u64 {
        self.values[0].len() as u64
    }

    /// The usual estimate of measure 0 (objective), 1, … (constraints).
    pub fn estimate(&self, problem: &Problem, measure: usize) -> Estimate {
        problem
            .measure(measure)
            .estimate_of(self.values[measure].iter().flatten().copied().collect(), problem.error / 2.0)
    }

    /// In how many runs a Job is Complete in the end: the share, with its interval.
    pub fn complete(&self, problem: &Problem, job: usize) -> Estimate {
        let n = self.values[0].len();
        let value = self.completed[job] as f64 / n.max(1) as f64;
        Estimate { value, interval: share_interval(self.completed[job], n, problem.error / 2.0), n }
    }
}

impl Problem {
    pub(super) fn measure(&self, number: usize) -> &Measure {
        match number.checked_sub(1) {
            Some(constraint) => &self.constraints[constraint].measure,
            None => &self.objective,
        }
    }

    /// Whether the estimates of a setting meet all constraints.
    pub fn seems_allowed(&self, candidate: &Candidate) -> bool {
        self.constraints.iter().enumerate().all(|(k, constraint)| {
            constraint.relation.holds(candidate.estimate(self, k + 1).value, constraint.limit)
        })
    }
}

impl Selection {
    /// The value of a measure as if the setting had been simulated as often as the leader: the leader's, and what the
    /// same luck says of the difference. Of quantiles and extremes the plain estimate.
    pub fn value(&self, problem: &Problem, measure: usize, at: usize) -> f64 {
        let own = self.candidates[at].estimate(problem, measure).value;
        let Some(leader) = self.leader.filter(|leader| *leader != at) else { return own };
        if !matches!(problem.measure(measure).statistic(), None | Some(Statistic::Mean)) {
            return own;
        }
        let (a, b) = (&self.candidates[leader].values[measure], &self.candidates[at].values[measure]);
        let count = a.len().min(b.len());
        let finite = |values: &[Option<f64>]| values[..count].iter().flatten().all(|value| value.is_finite());
        let base = self.candidates[leader].estimate(problem, measure).value;
        match paired(&a[..count], &b[..count], problem.error) {
            Some(p) if finite(a) && finite(b) && base.is_finite() && b.len() < a.len() => base + p.difference,
            _ => own,
        }
    }

    /// Whether two settings gave the same values of every measure, run by run, as far as both were simulated.
    pub fn same_values(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.candidates[a], &self.candidates[b]);
        let both = a.count().min(b.count()) as usize;
        a.values.iter().zip(&b.values).all(|(a, b)| a[..both] == b[..both])
    }

    /// Simulates a setting further, to `to` replications.
    pub fn extend(&mut self, problem: &Problem, threads: &Threads, at: usize, to: u64) {
        let from = self.candidates[at].count();
        if from >= to {
            return;
        }
        let runs = threads.replicate(&self.candidates[at].scenario, problem.seed, from..to);
        for (job, completed) in self.candidates[at].completed.iter_mut().enumerate() {
            let is_complete = |run: &&Run| matches!(run.jobs[job].ending.outcome, Outcome::Complete(_));
            *completed += runs.iter().filter(is_complete).count();
        }
        for (number, values) in self.candidates[at].values.iter_mut().enumerate() {
            values.extend(runs.iter().map(|run| problem.measure(number).of(run)));
        }
        self.replications += to - from;
    }
}
