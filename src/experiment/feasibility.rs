//! Whether a constraint holds in truth, with a stated probability of a wrong answer.
//!
//! Shares and quantiles are counts of runs, for which the binomial test is exact at any error, however small; a quantile
//! need not be told from the limit, which for whole numbers it may never be. Means have Student's t, wider where only a few
//! values differ. Values that were the same in every run, and a largest value that was not passed, count as certain once
//! anything else is surely rare ([`super::interval::RARE`]). Runs nothing.

use super::constraint::{Constraint, Relation, Verdict};
use super::interval::{Side, alike_is_certain, binomial_tail, common_value, hardly_seen, mean_interval};
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
            let mut values: Vec<f64> = values.copied().collect();
            let value = values.iter().sum::<f64>() / n as f64;
            // One run that never ended makes a mean infinite, without doubt.
            if value.is_infinite() {
                return constraint.verdict_of(Some((value, value)));
            }
            if common_value(values.iter().copied()).is_some() && !alike_is_certain(n, error) {
                return Verdict::Undecided;
            }
            let interval = mean_interval(&values, error);
            values.sort_by(f64::total_cmp);
            let most_frequent = values.chunk_by(|a, b| a == b).map(<[f64]>::len).max().unwrap_or(0);
            let unseen = hardly_seen(n - most_frequent, n, values[n - 1] - values[0], error);
            constraint.verdict_of(interval.map(|(low, high)| (low - unseen, high + unseen)))
        }
        Some(Statistic::Max) => {
            let value = values.copied().fold(f64::NEG_INFINITY, f64::max);
            // More runs can only make it larger.
            let holds = constraint.relation.holds(value, limit);
            let sure = holds != constraint.relation.is_upper() || alike_is_certain(n, error);
            match (sure, holds) {
                (false, _) => Verdict::Undecided,
                (true, true) => Verdict::Pass,
                (true, false) => Verdict::Fail,
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::constraint::tests::scenario;

    fn verdict(text: &str, values: &[f64]) -> Verdict {
        feasibility(&Constraint::parse(text, &scenario()).unwrap(), values.iter(), 0.01)
    }

    /// So many values of each.
    fn of(counts: &[(usize, f64)]) -> Vec<f64> {
        counts.iter().flat_map(|&(count, value)| std::iter::repeat_n(value, count)).collect()
    }

    /// Of 100 runs a share of 10 % gives 3 or fewer with probability 0.78 %, 4 or fewer 2.37 %, 17 or more 2.06 %, 19 or
    /// more 0.46 %.
    #[test]
    fn shares_are_decided_by_the_binomial_law() {
        let of = |ones: usize| of(&[(ones, 1.0), (100 - ones, 0.0)]);
        assert_eq!(verdict("stuck<=10%", &of(3)), Verdict::Pass);
        assert_eq!(verdict("stuck<=10%", &of(4)), Verdict::Undecided);
        assert_eq!(verdict("stuck<=10%", &of(17)), Verdict::Undecided);
        assert_eq!(verdict("stuck<=10%", &of(19)), Verdict::Fail);
        assert_eq!(verdict("stuck>=10%", &of(3)), Verdict::Fail);
        assert_eq!(verdict("stuck>=10%", &of(19)), Verdict::Pass);
        // Never seen is no proof of never.
        assert_eq!(verdict("stuck<=0%", &of(0)), Verdict::Undecided);
        assert_eq!(verdict("stuck<=0%", &of(1)), Verdict::Fail);
        assert_eq!(verdict("stuck<=0.1%", &[]), Verdict::Undecided);
    }

    /// A quantile that is a whole number stands at its limit however many runs there are: what counts is how many runs
    /// are above.
    #[test]
    fn quantiles_of_whole_numbers_are_decided_at_their_limit() {
        let of = |above: usize| of(&[(1000 - above, 8.0), (above, 9.0)]);
        assert_eq!(verdict("db.p95.peak_in_flight<=8", &of(30)), Verdict::Pass);
        assert_eq!(verdict("db.p95.peak_in_flight<=8", &of(45)), Verdict::Undecided);
        assert_eq!(verdict("db.p95.peak_in_flight<=8", &of(70)), Verdict::Fail);
        assert_eq!(verdict("db.p95.peak_in_flight<9", &of(30)), Verdict::Pass);
        assert_eq!(verdict("db.p95.peak_in_flight<8", &of(0)), Verdict::Fail);
        assert_eq!(verdict("db.p95.peak_in_flight>8", &of(70)), Verdict::Pass);
        assert_eq!(verdict("db.p95.peak_in_flight>=9", &of(30)), Verdict::Fail);
        assert_eq!(verdict("p95.makespan<=1m", &of(0)), Verdict::Pass);
    }

    #[test]
    fn means_and_largest_values() {
        let near = of(&[(250, 9.0), (250, 10.0)]);
        assert_eq!(verdict("makespan<=10s", &near), Verdict::Pass);
        assert_eq!(verdict("makespan<=9.5s", &near), Verdict::Undecided);
        assert_eq!(verdict("makespan<=9s", &near), Verdict::Fail);
        assert_eq!(verdict("makespan<=1h", &[1.0, f64::INFINITY]), Verdict::Fail);
        assert_eq!(verdict("max.makespan<=10s", &near), Verdict::Pass);
        assert_eq!(verdict("max.makespan<10s", &near), Verdict::Fail);
        assert_eq!(verdict("max.makespan<=10s", &near[..400]), Verdict::Undecided);
        assert_eq!(verdict("max.makespan<9s", &near[..2]), Verdict::Fail);
        assert_eq!(verdict("max.makespan>=9s", &near[..2]), Verdict::Pass);
    }

    /// Of 100 runs none hung: one in a hundred may.
    #[test]
    fn alike_runs_are_no_proof_before_there_are_many() {
        assert_eq!(verdict("wasted_pod<=10s", &of(&[(458, 0.0)])), Verdict::Undecided);
        assert_eq!(verdict("wasted_pod<=10s", &of(&[(459, 0.0)])), Verdict::Pass);
        // Two of 600 that take 1000 s: the mean is 3.3 s, and may well be 18 s.
        assert_eq!(verdict("wasted_pod<=10s", &of(&[(598, 0.0), (2, 1000.0)])), Verdict::Undecided);
        assert_eq!(verdict("wasted_pod<=40s", &of(&[(598, 0.0), (2, 1000.0)])), Verdict::Pass);
    }
}
