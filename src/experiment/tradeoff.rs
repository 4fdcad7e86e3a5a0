//! What a finished search says beside its leader: which settings nobody beats in everything, and what each constraint
//! costs.

use super::difference::difference;
use super::replicate::Threads;
use super::selection::{Problem, Selection};

/// Settings for which no other is at least as good in the objective and in every constraint's measure, and better in
/// one; by their estimates.
pub fn pareto(problem: &Problem, selection: &Selection) -> Vec<bool> {
    let points: Vec<Vec<f64>> = (0..selection.candidates.len())
        .map(|at| {
            let mut point = vec![selection.value(problem, 0, at)];
            for (k, constraint) in problem.constraints.iter().enumerate() {
                let value = selection.value(problem, k + 1, at);
                point.push(if constraint.relation.is_upper() { value } else { -value });
            }
            point
        })
        .collect();
    let beats =
        |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b);
    points
        .iter()
        .map(|point| point.iter().all(|v| !v.is_nan()) && !points.iter().any(|other| beats(other, point)))
        .collect()
}

/// What a constraint costs.
pub struct Cost {
    /// The best setting without it; none: it costs nothing.
    pub without: Option<usize>,
    /// How much larger the objective is with it, with its interval.
    pub interval: Option<(f64, f64)>,
    pub difference: f64,
}

/// Replications of a setting that shows what a constraint costs.
const LOOK: u64 = 2048;
/// Settings that seem best without it and are looked at, at most.
const MOST_LOOKS: usize = 8;
/// Of the two settings that do so, at most.
pub(super) const MOST_EACH: u64 = 2 * LOOK;

/// The best setting that only has to meet the other constraints, by estimates; none when it is no better.
fn without(problem: &Problem, selection: &Selection, left_out: usize) -> Option<usize> {
    let leader = selection.leader?;
    let objective = |at: usize| selection.value(problem, 0, at);
    let allowed = |at: &usize| {
        let candidate = &selection.candidates[*at];
        problem.constraints.iter().enumerate().all(|(k, constraint)| {
            k == left_out
                || constraint.relation.holds(candidate.estimate(problem, k + 1).value, constraint.limit)
        })
    };
    let all = (0..selection.candidates.len()).filter(allowed);
    all.min_by(|&a, &b| objective(a).total_cmp(&objective(b)))
        .filter(|&best| objective(best) < objective(leader))
}

/// For each constraint: the leader against the best setting that only has to meet the others. Simulates those further,
/// as they were given up early. Without a leader there is nothing to compare: none.
pub fn costs(problem: &Problem, selection: &mut Selection, threads: &Threads) -> Vec<Cost> {
    let mut costs = Vec::new();
    if selection.leader.is_none() {
        return costs;
    }
    for constraint in 0..problem.constraints.len() {
        let nothing = Cost { without: None, interval: None, difference: 0.0 };
        // The best of a few runs may be so by luck: then another one comes first, which was not looked at either.
        for _ in 0..MOST_LOOKS {
            match without(problem, selection, constraint) {
                Some(best)
                    if selection.candidates[best].count() < LOOK
                        && selection.replications + MOST_EACH <= problem.budget =>
                {
                    selection.extend(problem, threads, best, LOOK);
                }
                _ => break,
            }
        }
        let best = without(problem, selection, constraint).zip(selection.leader);
        let cost = best.map_or(nothing, |(best, leader)| {
            if selection.replications + LOOK <= problem.budget {
                selection.extend(problem, threads, leader, LOOK);
            }
            let (a, b) = (&selection.candidates[best].values[0], &selection.candidates[leader].values[0]);
            let count = a.len().min(b.len());
            let (low, high) = difference(&problem.objective, &a[..count], &b[..count], problem.error / 2.0);
            let interval = (low.is_finite() && high.is_finite()).then_some((low, high));
            let value = |at: usize| selection.value(problem, 0, at);
            Cost { without: Some(best), interval, difference: value(leader) - value(best) }
        });
        costs.push(cost);
    }
    costs
}
