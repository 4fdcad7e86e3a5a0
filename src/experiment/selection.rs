//! The best of many settings under noise: who is surely worse or surely not allowed gets no more replications.
//!
//! All settings share their luck run by run, so that small differences show early. Replications of those in question
//! double from stage to stage. The probability of a wrong statement anywhere (a setting said to be worse, allowed or not
//! allowed that is not) is at most [`Problem::error`]: it is split over all stages, settings, constraints and pairs (Bonferroni;
//! compare Kim and Nelson, "A fully sequential procedure for indifference-zone selection in simulation", 2001). Means
//! are taken as normal, which the first stage's size is for. Results do not depend on threads. Prints nothing.

use super::constraint::{Constraint, Verdict};
use super::interval::{mean_interval, quantile, quantile_interval, t_quantile, wilson};
use super::measure::{Estimate, Measure, Statistic};
use super::paired::{paired, paired_shares};
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

    /// The one with the smallest objective, the first of equal ones. Pairs are compared over the replications that
    /// both have.
    fn smallest(&self, among: &[usize]) -> Option<usize> {
        let first = *among.first()?;
        Some(among[1..].iter().fold(first, |best, &at| {
            let (a, b) = (self.prefix(best, at), self.prefix(at, best));
            let value = |values: &[Option<f64>]| {
                self.problem
                    .objective
                    .estimate_of(values.iter().flatten().copied().collect(), self.problem.error)
                    .value
            };
            let (x, y) = (value(a), value(b));
            let smaller = if x.is_infinite() && y.is_infinite() {
                paired(a, b, self.problem.error).is_some_and(|p| p.difference < 0.0)
            } else {
                y < x || x.is_nan()
            };
            if smaller { at } else { best }
        }))
    }

    fn prefix(&self, at: usize, other: usize) -> &[Option<f64>] {
        let count = self.known.candidates[at].count().min(self.known.candidates[other].count());
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

/// The interval of how much larger measure is in `b` than in `a`, run by run; without bounds where the runs cannot say.
pub fn difference(measure: &Measure, a: &[Option<f64>], b: &[Option<f64>], tail: f64) -> (f64, f64) {
    const UNKNOWN: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
    let endless = |values: &[Option<f64>]| values.iter().flatten().any(|value| value.is_infinite());
    match measure.statistic() {
        None => {
            let is = |values: &[Option<f64>]| values.iter().map(|v| *v == Some(1.0)).collect::<Vec<bool>>();
            let (a, b) = (is(a), is(b));
            // The same in every run is the same, whatever an interval of shares says of runs not seen.
            if a == b {
                return (0.0, 0.0);
            }
            paired_shares(&a, &b, tail).and_then(|p| p.interval).unwrap_or(UNKNOWN)
        }
        Some(Statistic::Mean) => match (endless(a), endless(b)) {
            // One run that never ended makes a mean infinite, without doubt.
            (false, true) => (f64::INFINITY, f64::INFINITY),
            (true, false) => (f64::NEG_INFINITY, f64::NEG_INFINITY),
            _ => {
                let (low, high) = paired(a, b, tail).and_then(|p| p.interval).unwrap_or(UNKNOWN);
                let unseen = unseen(a, b, tail);
                (low - unseen, high + unseen)
            }
        },
        Some(Statistic::Quantile(p)) => {
            let (low, high) = quantile_difference(a, b, p, tail).unwrap_or(UNKNOWN);
            let unseen = unseen(a, b, tail);
            (low - unseen, high + unseen)
        }
        Some(Statistic::Max) => UNKNOWN,
    }
}

/// What runs in which the two differ, and which are too rare to have been seen often, may still add: where only a few
/// pairs differ, Student's t is too sure (of none, it is certain). Their share, as high as it may be, times the range of
/// the values.
fn unseen(a: &[Option<f64>], b: &[Option<f64>], tail: f64) -> f64 {
    const ENOUGH: usize = 20;
    let both = |(a, b): (&Option<f64>, &Option<f64>)| (*a).zip(*b);
    let pairs: Vec<(f64, f64)> =
        a.iter().zip(b).filter_map(both).filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
    let differ = pairs.iter().filter(|(a, b)| a != b).count();
    if differ >= ENOUGH || pairs.is_empty() {
        return 0.0;
    }
    let values = || pairs.iter().flat_map(|(a, b)| [*a, *b]);
    let range = values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min);
    // Above the upper end of a Poisson interval.
    let most = differ as f64 + 2.0 * -libm::log(tail);
    range * (most / pairs.len() as f64).min(1.0)
}

/// The difference of two quantiles by their influence functions, which keep step as the runs do: a value moves the
/// quantile by (p - [value <= quantile]) / density (van der Vaart, "Asymptotic statistics", 1998, section 21).
fn quantile_difference(a: &[Option<f64>], b: &[Option<f64>], p: f64, tail: f64) -> Option<(f64, f64)> {
    let pairs: Vec<(f64, f64)> = a.iter().zip(b).filter_map(|(a, b)| (*a).zip(*b)).collect();
    let n = pairs.len() as f64;
    if n * p.min(1.0 - p) < 10.0 {
        return None;
    }
    let side = |of: fn(&(f64, f64)) -> f64| {
        let mut sorted: Vec<f64> = pairs.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        let q = quantile(&sorted, p);
        let h = (p * (1.0 - p) / n).sqrt();
        let slope = (quantile(&sorted, (p + h).min(1.0)) - quantile(&sorted, (p - h).max(0.0))) / (2.0 * h);
        let ends = quantile_interval(&sorted, p, tail);
        (q, slope, ends)
    };
    let ((qa, sa, ends_a), (qb, sb, ends_b)) = (side(|p| p.0), side(|p| p.1));
    let influence: Vec<f64> = pairs
        .iter()
        .map(|(x, y)| {
            let of = |value: f64, q: f64, slope: f64| slope * (p - if value <= q { 1.0 } else { 0.0 });
            of(*y, qb, sb) - of(*x, qa, sa)
        })
        .collect();
    let mean = influence.iter().sum::<f64>() / n;
    let variance = influence.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if !(qa.is_finite() && qb.is_finite() && variance.is_finite()) {
        // Only where the intervals do not touch is anything sure.
        let ((low_a, high_a), (low_b, high_b)) = (ends_a?, ends_b?);
        let minus = |x: f64, y: f64| if x.is_infinite() && y.is_infinite() { f64::NAN } else { x - y };
        let (low, high) = (minus(low_b, high_a), minus(high_b, low_a));
        return (!low.is_nan() && !high.is_nan()).then_some((low, high));
    }
    let half = t_quantile(pairs.len() - 1, tail) * (variance / n).sqrt();
    Some((qb - qa - half, qb - qa + half))
}

/// The interval of a measure with probability `tail` of error on either side.
fn interval(measure: &Measure, mut values: Vec<f64>, tail: f64) -> Option<(f64, f64)> {
    match measure.statistic() {
        None => wilson_exact(values.iter().filter(|v| **v == 1.0).count(), values.len(), tail),
        Some(Statistic::Mean) => mean_interval(&values, tail),
        Some(Statistic::Quantile(p)) => {
            values.sort_by(f64::total_cmp);
            quantile_interval(&values, p, tail)
        }
        Some(Statistic::Max) => None,
    }
}

/// Wilson, but exact where nothing or everything was seen: the normal law is far off there.
fn wilson_exact(count: usize, n: usize, tail: f64) -> Option<(f64, f64)> {
    let (low, high) = wilson(count, n, tail)?;
    let rare = 1.0 - libm::pow(tail, 1.0 / n as f64);
    Some(match count {
        0 => (0.0, rare),
        _ if count == n => (1.0 - rare, 1.0),
        _ => (low, high),
    })
}
