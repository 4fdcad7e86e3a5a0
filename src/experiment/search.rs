//! Finds the best of many settings under noise: who is surely worse or surely not allowed gets no more replications.
//!
//! All settings share their luck run by run, so that small differences show early. Replications of those in question
//! double from look to look; what is left of the budget in the end is shared out among them. The error that
//! [`Problem::error`] allows is split: one half over settings and constraints, one half over pairs of settings (Bonferroni;
//! compare Kim and Nelson, "A fully sequential procedure for indifference-zone selection in simulation", 2001), and of each
//! part a look spends what is new in √(replications / budget) (Lan and DeMets, "Discrete sequential boundaries for
//! clinical trials", Biometrika 70, 1983). Each statement can only be wrong on one side of its interval. Means are
//! taken as normal, which the first look's size is for. Results do not depend on threads. Prints nothing.

use super::constraint::{Constraint, Verdict};
use super::difference::difference;
use super::feasibility::feasibility;
use super::replicate::Threads;
use super::selection::{Candidate, FIRST, Finding, Problem, Selection, Standing};
use super::tradeoff;
use crate::model::scenario::Scenario;

/// Simulates until the best setting is known or the budget is spent; `tell` hears the replications so far.
pub fn select(
    problem: &Problem,
    scenarios: Vec<Scenario>,
    threads: &Threads,
    tell: impl FnMut(u64),
) -> Selection {
    let candidates =
        scenarios.into_iter().map(|scenario| Candidate::new(scenario, problem.constraints.len()));
    let known = Selection {
        candidates: candidates.collect(),
        leader: None,
        finding: Finding::Undecided,
        replications: 0,
    };
    Search { problem, threads, known, tell }.run()
}

/// The part of an error that a look at `n` replications spends: what is new in √(n / budget) since the look before, which
/// was at the last of [`FIRST`], twice [`FIRST`], four times, … below `n`.
fn spent(n: u64, budget: u64) -> f64 {
    let mut before = FIRST;
    while 2 * before < n {
        before *= 2;
    }
    let of = |n: u64| (n as f64 / budget as f64).min(1.0).sqrt();
    if n <= FIRST { of(FIRST) } else { of(n) - of(before) }
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
        let leader = loop {
            let (leader, asked) = self.judge();
            if asked.is_empty() {
                break leader;
            }
            let cost: u64 = asked.iter().map(|&at| self.count(at)).sum();
            let left = self.left();
            for &at in &asked {
                let count = self.count(at);
                self.extend(at, count + if cost <= left { count } else { count * left / cost });
            }
            if cost > left {
                break self.judge().0;
            }
        };
        self.known.finding = self.finding(leader);
        self.known.leader = self.surely_allowed(leader);
        self.known
    }

    /// Replications that may still be used for the search: some are kept to show what each constraint costs.
    fn left(&self) -> u64 {
        let kept = tradeoff::MOST_EACH * self.problem.constraints.len() as u64;
        self.problem.budget.saturating_sub(self.known.replications + kept)
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
            candidate.verdicts.clone_from(verdicts);
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
        let statements = (self.known.candidates.len() * self.problem.constraints.len().max(1)) as f64;
        let error = self.problem.error / 2.0 / statements * spent(candidate.count(), self.problem.budget);
        let of = |(k, constraint): (usize, &Constraint)| {
            feasibility(constraint, candidate.values[k + 1].iter().flatten(), error)
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
        let settings = self.known.candidates.len() as f64;
        let pairs = (settings * (settings - 1.0) / 2.0).max(1.0);
        let (own, leaders) = (self.prefix(at, leader), self.prefix(leader, at));
        let error = self.problem.error / 2.0 / pairs * spent(own.len() as u64, self.problem.budget);
        difference(&self.problem.objective, leaders, own, error)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at 64, 128, … and one last look anywhere: together no more than there is to spend.
    #[test]
    fn looks_do_not_spend_more_than_the_error() {
        for budget in [64, 1000, 40_000, 128_000] {
            for last in [1, 64, 65, 100, 1000, 5000, 100_000, 128_000].into_iter().filter(|n| *n <= budget) {
                let mut looks: Vec<u64> =
                    std::iter::successors(Some(FIRST), |n| Some(2 * n)).take_while(|n| *n < last).collect();
                looks.push(last);
                let sum: f64 = looks.iter().map(|n| spent(*n, budget)).sum();
                assert!(
                    looks.iter().all(|n| spent(*n, budget) > 0.0) && sum <= 1.0 + 1e-9,
                    "{looks:?}: {sum}"
                );
            }
        }
    }
}
