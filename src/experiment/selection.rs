//! The best of many settings under noise: who is surely worse or surely not allowed gets no more replications.
//!
//! All settings share their luck run by run, so that small differences show early. Replications of those in question
//! double from stage to stage. The probability of a wrong statement anywhere (a setting said to be worse, allowed or not
//! allowed that is not) is at most [`Problem::error`]: it is split over all stages, settings, constraints and pairs (Bonferroni;
//! compare Kim and Nelson, "A fully sequential procedure for indifference-zone selection in simulation", 2001). Means
//! are taken as normal, which the first stage's size is for. Results do not depend on threads. Prints nothing.

use super::constraint::{Constraint, Verdict};
use super::difference::{difference, interval};
use super::measure::{Estimate, Measure, Statistic};
use super::paired::paired;
use super::replicate::Threads;
use crate::model::scenario::Scenario;

/// Replications of every setting in the first stage.
pub const FIRST: u64 = 64;
/// A setting is never simulated more often.
pub const MOST_EACH: u64 = 64 << 10;
/// Stages with a decision at most: 64, 128, …, 65 536 replications.
const STAGES: f64 = 11.0;

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
    pub standing: Standing,
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
}

impl Problem {
    fn measure(&self, number: usize) -> &Measure {
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

    /// Simulates a setting further, to `to` replications.
    pub fn extend(&mut self, problem: &Problem, threads: &Threads, at: usize, to: u64) {
        let from = self.candidates[at].count();
        if from >= to {
            return;
        }
        let runs = threads.replicate(&self.candidates[at].scenario, problem.seed, from..to);
        for (number, values) in self.candidates[at].values.iter_mut().enumerate() {
            values.extend(runs.iter().map(|run| problem.measure(number).of(run)));
        }
        self.replications += to - from;
    }
}

/// Simulates until the best setting is known or the budget is spent; `tell` hears the replications so far.
pub fn select(
    problem: &Problem,
    scenarios: Vec<Scenario>,
    threads: &Threads,
    tell: impl FnMut(u64),
) -> Selection {
    let candidates = scenarios.into_iter().map(|scenario| Candidate {
        scenario,
        values: vec![Vec::new(); problem.constraints.len() + 1],
        standing: Standing::Open,
    });
    let known = Selection {
        candidates: candidates.collect(),
        leader: None,
        finding: Finding::Undecided,
        replications: 0,
    };
    Search { problem, threads, known, tell }.run()
}

struct Search<'a, T> {
    problem: &'a Problem,
    threads: &'a Threads,
    known: Selection,
    tell: T,
}

impl<T: FnMut(u64)> Search<'_, T> {
    fn run(mut self) -> Selection {
        for at in 0..self.known.candidates.len() {
            self.extend(at, FIRST);
        }
        loop {
            let (leader, asked) = self.judge();
            let more: Vec<usize> =
                asked.into_iter().filter(|&at| self.known.candidates[at].count() < MOST_EACH).collect();
            let cost: u64 = more.iter().map(|&at| self.known.candidates[at].count()).sum();
            if more.is_empty() || self.known.replications + cost > self.problem.budget {
                let finding = self.finding(leader);
                let leader = self.surely_allowed(leader);
                self.known.leader = leader;
                self.known.finding = finding;
                return self.known;
            }
            for at in more {
                self.extend(at, 2 * self.known.candidates[at].count());
            }
        }
    }

    fn extend(&mut self, at: usize, to: u64) {
        self.known.extend(self.problem, self.threads, at, to);
        (self.tell)(self.known.replications);
    }

    /// Gives every setting its standing; the leader, and the settings of which more must be known.
    fn judge(&mut self) -> (Option<usize>, Vec<usize>) {
        let verdicts: Vec<Vec<Verdict>> =
            (0..self.known.candidates.len()).map(|at| self.verdicts(at)).collect();
        for (candidate, verdicts) in self.known.candidates.iter_mut().zip(&verdicts) {
            candidate.standing = match verdicts.iter().position(|verdict| *verdict == Verdict::Fail) {
                Some(constraint) => Standing::NotAllowed(constraint),
                None => Standing::Open,
            };
        }
        let alive: Vec<usize> = (0..self.known.candidates.len())
            .filter(|&at| self.known.candidates[at].standing == Standing::Open)
            .collect();
        let seems: Vec<usize> = alive
            .iter()
            .copied()
            .filter(|&at| self.problem.seems_allowed(&self.known.candidates[at]))
            .collect();
        let among = if seems.is_empty() { &alive } else { &seems };
        let Some(leader) = self.smallest(among) else { return (None, Vec::new()) };
        self.known.candidates[leader].standing = Standing::Leader;
        let leader_open = verdicts[leader].contains(&Verdict::Undecided);
        let mut asked = Vec::new();
        for &at in alive.iter().filter(|&&at| at != leader) {
            let (low, high) = self.difference(leader, at);
            let limit = self.problem.indifference
                * self.known.candidates[leader].estimate(self.problem, 0).value.abs();
            let same = low <= 0.0 && high >= 0.0;
            // From here on nothing that could still be found out about it would matter.
            let settled = low >= -limit && (high <= limit || low > 0.0);
            self.known.candidates[at].standing = match (settled, same) {
                (_, true) => Standing::Same,
                (true, false) => Standing::Worse,
                (false, false) => Standing::Open,
            };
            if !settled {
                asked.push(at);
            }
        }
        if leader_open || !asked.is_empty() {
            asked.push(leader);
        }
        asked.sort_unstable();
        (Some(leader), asked)
    }

    /// Of each constraint, at the level of the whole search.
    fn verdicts(&self, at: usize) -> Vec<Verdict> {
        let candidate = &self.known.candidates[at];
        let statements =
            (self.known.candidates.len() * self.problem.constraints.len().max(1)) as f64 * STAGES;
        let tail = self.problem.error / 4.0 / statements;
        let of = |(k, constraint): (usize, &Constraint)| {
            let values: Vec<f64> = candidate.values[k + 1].iter().flatten().copied().collect();
            let mut estimate = constraint.measure.estimate_of(values.clone(), tail);
            if estimate.value.is_finite() && !constraint.measure.is_max() {
                estimate.interval = interval(&constraint.measure, values, tail);
            }
            constraint.verdict(&estimate)
        };
        self.problem.constraints.iter().enumerate().map(of).collect()
    }

    /// The one with the smallest objective, the first of equal ones; of settings in which runs never end, the one in
    /// which the fewest do.
    fn smallest(&self, among: &[usize]) -> Option<usize> {
        // All are measured against the one that is known best: pairs over what each two have in common could go round
        // in a circle.
        let most = |a: &usize, b: &usize| if self.count(*b) > self.count(*a) { *b } else { *a };
        let reference = among.iter().copied().reduce(|a, b| most(&a, &b))?;
        let keys: Vec<(f64, f64)> = among.iter().map(|&at| self.key(reference, at)).collect();
        let less = |a: (f64, f64), b: (f64, f64)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).is_lt();
        let best = (1..among.len()).fold(0, |best, at| if less(keys[at], keys[best]) { at } else { best });
        Some(among[best])
    }

    /// Share of runs that never end where those decide the objective, and the objective: the reference's, and what the
    /// same luck says of the difference over the runs that both have.
    fn key(&self, reference: usize, at: usize) -> (f64, f64) {
        let tail = self.problem.error;
        let estimate = |values: &[Option<f64>]| {
            self.problem.objective.estimate_of(values.iter().flatten().copied().collect(), tail).value
        };
        let own = &self.known.candidates[at].values[0];
        let value = estimate(own);
        if !value.is_finite() {
            let endless = own.iter().flatten().filter(|value| value.is_infinite()).count();
            return ((endless as f64 / own.len().max(1) as f64).max(f64::MIN_POSITIVE), 0.0);
        }
        let whole = estimate(&self.known.candidates[reference].values[0]);
        let shift = whole - estimate(self.prefix(reference, at));
        (0.0, if shift.is_finite() { value + shift } else { value })
    }

    fn count(&self, at: usize) -> u64 {
        self.known.candidates[at].count()
    }

    fn prefix(&self, at: usize, other: usize) -> &[Option<f64>] {
        let count = self.count(at).min(self.count(other));
        &self.known.candidates[at].values[0][..count as usize]
    }

    /// The interval of how much larger the objective of `at` is than the leader's, at the level of the whole search.
    fn difference(&self, leader: usize, at: usize) -> (f64, f64) {
        let count = self.known.candidates.len() as f64;
        let tail = self.problem.error / 4.0 / ((count * (count - 1.0) / 2.0).max(1.0) * STAGES);
        difference(&self.problem.objective, self.prefix(leader, at), self.prefix(at, leader), tail)
    }

    /// A leader of which a constraint is still undecided makes way for the best setting of which none is.
    fn surely_allowed(&mut self, leader: Option<usize>) -> Option<usize> {
        let first = leader?;
        if !self.verdicts(first).contains(&Verdict::Undecided) {
            return leader;
        }
        let passes = |at: &usize| self.verdicts(*at).iter().all(|verdict| *verdict == Verdict::Pass);
        let sure: Vec<usize> = (0..self.known.candidates.len()).filter(passes).collect();
        let Some(best) = self.smallest(&sure) else { return leader };
        self.known.candidates[first].standing = Standing::Open;
        self.known.candidates[best].standing = Standing::Leader;
        Some(best)
    }

    fn finding(&self, leader: Option<usize>) -> Finding {
        let Some(leader) = leader else { return Finding::NoneAllowed };
        let any = |standing| self.known.candidates.iter().any(|candidate| candidate.standing == standing);
        if self.verdicts(leader).contains(&Verdict::Undecided) || any(Standing::Open) {
            Finding::Undecided
        } else if any(Standing::Same) {
            Finding::CannotTell
        } else {
            Finding::Best
        }
    }
}
