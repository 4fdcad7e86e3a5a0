//! Whether a constraint holds in truth, with a stated probability of a wrong answer.
//!
//! Shares and quantiles are counts of runs, for which the binomial test is exact at any error, however small; a quantile
//! need not be told from the limit, which for whole numbers it may never be. Means have Student's t. Relies on
//! [`super::interval`]. Runs nothing.

use super::constraint::{Constraint, Relation, Verdict};
use super::interval::{Side, binomial_tail, mean_interval};
use super::measure::Statistic;

/// What the values of single runs say of a constraint; wrong with probability `error` at most.
pub fn feasibility<'a>(
    constraint: &Constraint,
    values: impl Iterator<Item = &'a f64> + Clone,
    error: f64,
) -> Verdict {
    let limit = constraint.limit;
    let n = values.clone().count();
    if n == 0 {
        return Verdict::Undecided;
    }
    match constraint.measure.statistic() {
        // The limit is the share of ones.
        None => {
            let count = values.filter(|value| **value == 1.0).count();
            counted(count, n, limit, constraint.relation.is_upper(), error)
        }
        // p95 <= 2h is the same as: in 95 % of the runs at least the value is 2h at most.
        Some(Statistic::Quantile(p)) => {
            let inclusive = matches!(constraint.relation, Relation::AtMost | Relation::Above);
            let below = |value: &&f64| if inclusive { **value <= limit } else { **value < limit };
            counted(values.filter(below).count(), n, p, !constraint.relation.is_upper(), error)
        }
        Some(Statistic::Mean) => {
            let values: Vec<f64> = values.copied().collect();
            let value = values.iter().sum::<f64>() / n as f64;
            // One run that never ended makes a mean infinite, without doubt.
            let interval = mean_interval(&values, error).or(value.is_infinite().then_some((value, value)));
            constraint.verdict_of(interval)
        }
        Some(Statistic::Max) => {
            let value = values.copied().fold(f64::NEG_INFINITY, f64::max);
            constraint.verdict_of(Some((value, value)))
        }
    }
}

/// `count` of `n` runs; the true share must be at most `share` (`upper`), or at least.
fn counted(count: usize, n: usize, share: f64, upper: bool, error: f64) -> Verdict {
    let few = binomial_tail(count, n, share, Side::AtMost) <= error;
    let many = binomial_tail(count, n, share, Side::AtLeast) <= error;
    match (few, many) {
        (true, _) if upper => Verdict::Pass,
        (_, true) if !upper => Verdict::Pass,
        (false, false) => Verdict::Undecided,
        _ => Verdict::Fail,
    }
}
