//! What a finished search says beside its leader: which settings nobody beats in everything, and what each constraint
//! costs. From the values that the search has; nothing more is simulated.

use super::interval::TAIL;
use super::selection::{Problem, Selection, difference};

/// Settings for which no other is at least as good in the objective and in every constraint's measure, and better in
/// one; by their estimates.
pub fn pareto(problem: &Problem, selection: &Selection) -> Vec<bool> {
    let points: Vec<Vec<f64>> = selection
        .candidates
        .iter()
        .map(|candidate| {
            let mut point = vec![candidate.estimate(problem, 0).value];
            for (k, constraint) in problem.constraints.iter().enumerate() {
                let value = candidate.estimate(problem, k + 1).value;
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
    /// How much larger the objective is with it, as a 95 % interval.
    pub interval: Option<(f64, f64)>,
    pub difference: f64,
}

/// For each constraint: the leader against the best setting that only has to meet the others, by their estimates.
pub fn costs(problem: &Problem, selection: &Selection) -> Vec<Cost> {
    let Some(leader) = selection.leader else { return Vec::new() };
    let objective = |at: usize| selection.candidates[at].estimate(problem, 0).value;
    let without = |left_out: usize| {
        let allowed = |at: &usize| {
            let candidate = &selection.candidates[*at];
            problem.constraints.iter().enumerate().all(|(k, constraint)| {
                k == left_out
                    || constraint.relation.holds(candidate.estimate(problem, k + 1).value, constraint.limit)
            })
        };
        (0..selection.candidates.len())
            .filter(allowed)
            .min_by(|&a, &b| objective(a).total_cmp(&objective(b)))
            .filter(|&best| objective(best) < objective(leader))
    };
    (0..problem.constraints.len())
        .map(|constraint| {
            let Some(best) = without(constraint) else {
                return Cost { without: None, interval: None, difference: 0.0 };
            };
            let (a, b) = (&selection.candidates[best].values[0], &selection.candidates[leader].values[0]);
            let count = a.len().min(b.len());
            let (low, high) = difference(&problem.objective, &a[..count], &b[..count], TAIL);
            let interval = (low.is_finite() && high.is_finite()).then_some((low, high));
            if interval.is_none_or(|(low, _)| low <= 0.0) {
                return Cost { without: None, interval, difference: 0.0 };
            }
            Cost { without: Some(best), interval, difference: objective(leader) - objective(best) }
        })
        .collect()
}
