//! Estimates with their error: Student t for means, Wilson for shares, order statistics for quantiles. What the
//! data cannot carry is none.
//!
//! `tail` is everywhere the probability of error on either side: [`TAIL`] for 95 %. `docs/coverage.md` shows how often
//! these intervals hold what they should.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal, StudentsT};

/// A sample in numbers. Quantiles are exact: the smallest value with at least that share at or below it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Summary {
    pub n: usize,
    /// How many of the values are positive.
    pub positive: usize,
    pub mean: f64,
    /// Interval of the mean; none below two values.
    pub interval: Option<(f64, f64)>,
    /// Standard deviation of the sample; none below two values.
    pub sd: Option<f64>,
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    /// Intervals of p50, p90, p95, p99; none where there are too few values.
    pub quantile_intervals: [Option<(f64, f64)>; 4],
    pub min: f64,
    pub max: f64,
    /// How fast the upper tail falls: the share of values above x goes like x to the power of minus this. Below 2 the
    /// variance has no limit, and the interval of the mean means little; none below 200 values or when the greatest of
    /// them are hardly more than a few different ones.
    pub tail_index: Option<f64>,
}

impl Summary {
    /// The tail index, if it is surely below [`HEAVY_TAIL`]: its estimate has a standard deviation of itself over the root
    /// of the number of values that it is made from.
    pub fn heavy_tail(&self) -> Option<f64> {
        let positive = self.positive as f64;
        self.tail_index.filter(|index| index * (1.0 + 2.0 / (positive / 20.0).sqrt()) < HEAVY_TAIL)
    }
}

/// Probability of error on either side of a 95 % interval.
pub const TAIL: f64 = 0.025;

/// The same of an interval that holds with probability `confidence`.
pub fn tail_of(confidence: f64) -> f64 {
    (1.0 - confidence) / 2.0
}

/// Below this a mean is not to be relied on.
pub const HEAVY_TAIL: f64 = 2.0;

/// The summary of a sample; none when it is empty.
pub fn summarise(values: &[f64], tail: f64) -> Option<Summary> {
    if values.is_empty() {
        return None;
    }
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quantile = |p: f64| quantile(&sorted, p);
    let (mut sd, mut interval) = (None, None);
    if n >= 2 {
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1) as f64;
        let half = t_quantile(n - 1, tail) * (variance / n as f64).sqrt();
        sd = Some(variance.sqrt());
        interval = Some((mean - half, mean + half));
    }
    Some(Summary {
        n,
        positive: n - sorted.partition_point(|value| *value <= 0.0),
        mean,
        interval,
        sd,
        p50: quantile(0.5),
        p90: quantile(0.9),
        p95: quantile(0.95),
        p99: quantile(0.99),
        quantile_intervals: [0.5, 0.9, 0.95, 0.99].map(|p| quantile_interval(&sorted, p, tail)),
        min: sorted[0],
        max: sorted[n - 1],
        tail_index: tail_index(&sorted),
    })
}

/// Hill's estimator from the greatest twentieth of the sorted values (B. M. Hill, "A simple general approach to
/// inference about the tail of a distribution", Annals of Statistics 3 (1975) 1163-1174). It is made for values without
/// ties: the steps of small whole numbers, as of pods that failed, would pass for a heavy tail. And so would values most of
/// which are zero, as of wasted time: only the positive ones are looked at.
fn tail_index(sorted: &[f64]) -> Option<f64> {
    const LEAST_DISTINCT: usize = 10;
    let sorted = &sorted[sorted.partition_point(|value| *value <= 0.0)..];
    let count = sorted.len() / 20;
    let steps = sorted[sorted.len() - count..].windows(2).filter(|pair| pair[0] != pair[1]).count();
    if steps + 1 < LEAST_DISTINCT {
        return None;
    }
    let from = *sorted.get(sorted.len().checked_sub(count + 1)?)?;
    if sorted.len() < 200 || from <= 0.0 {
        return None;
    }
    let logs: f64 = sorted[sorted.len() - count..].iter().map(|value| libm::log(value / from)).sum();
    (logs > 0.0).then(|| count as f64 / logs)
}

/// What happens in fewer runs than this may have been missed where all runs were alike.
pub const RARE: f64 = 0.01;

/// Whether so many runs that were all alike say that any other is [`RARE`], with probability 1 - `error`.
pub fn alike_is_certain(n: usize, error: f64) -> bool {
    n as f64 * libm::log1p(-RARE) <= libm::log(error)
}

/// The value that all are; none when they differ or there are none.
pub fn common_value(mut values: impl Iterator<Item = f64>) -> Option<f64> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Whether a mean is known to a relative error, if there are values at all: half the width of its interval over its value;
/// where all are the same, whether any other is surely [`RARE`].
pub fn mean_is_known(values: &[f64], relative_error: f64, tail: f64) -> bool {
    if common_value(values.iter().copied()).is_some() {
        return alike_is_certain(values.len(), tail);
    }
    values.is_empty()
        || mean_interval(values, tail)
            .is_some_and(|(low, high)| high - low <= relative_error * (high + low).abs())
}

/// What values that were hardly seen may still move a mean by, at that probability of error: where only a few of `n`
/// differ from the rest, Student's t is too sure. Their share, as high as it may be, times the range.
pub fn hardly_seen(differ: usize, n: usize, range: f64, error: f64) -> f64 {
    const ENOUGH: usize = 20;
    if differ >= ENOUGH || n == 0 {
        return 0.0;
    }
    // Above the upper end of a Poisson interval.
    let most = differ as f64 + 2.0 * -libm::log(error);
    range * (most / n as f64).min(1.0)
}

/// Interval of a mean (Student 1908); none below two values, or when one is infinite.
pub fn mean_interval(values: &[f64], tail: f64) -> Option<(f64, f64)> {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    if n < 2 || !mean.is_finite() {
        return None;
    }
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1) as f64;
    let half = t_quantile(n - 1, tail) * (variance / n as f64).sqrt();
    Some((mean - half, mean + half))
}

/// The smallest of the sorted values with at least the share `p` at or below it.
///
/// # Panics
/// Without values.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let n = sorted.len();
    sorted[((p * n as f64).ceil() as usize).clamp(1, n) - 1]
}

/// Interval of a quantile between two of the sorted values (David and Nagaraja, "Order statistics", section 7.1); none
/// when there are too few values on either side.
pub fn quantile_interval(sorted: &[f64], p: f64, tail: f64) -> Option<(f64, f64)> {
    let n = sorted.len() as u64;
    let below = Binomial::new(p, n).ok()?;
    // The number of values below the quantile is binomial: low is the rank that it reaches all but surely.
    let rank = |enough: &dyn Fn(u64) -> bool| {
        let (mut no, mut yes) = (0, n + 1);
        while yes - no > 1 {
            let middle = no.midpoint(yes);
            if enough(middle) { yes = middle } else { no = middle }
        }
        yes
    };
    let mut low = rank(&|rank| below.cdf(rank - 1) > tail) - 1;
    let mut high = rank(&|rank| below.cdf(rank - 1) >= 1.0 - tail);
    if low < 1 || high > n {
        return None;
    }
    // Ranks are whole, so either side errs less than it may: what is left over narrows the interval.
    let holds = |low: u64, high: u64| below.cdf(high - 1) - below.cdf(low - 1);
    loop {
        let (without_low, without_high) = (holds(low + 1, high), holds(low, high - 1));
        if without_low.max(without_high) < 1.0 - 2.0 * tail {
            break;
        }
        if without_low > without_high {
            low += 1;
        } else {
            high -= 1;
        }
    }
    Some((sorted[low as usize - 1], sorted[high as usize - 1]))
}

/// Interval of a share: Wilson; when nothing was seen, the exact one-sided bound that is near 3/n for 95 % (the rule of
/// three).
pub fn share_interval(count: usize, n: usize, tail: f64) -> Option<(f64, f64)> {
    match count {
        0 if n > 0 => Some((0.0, 1.0 - libm::pow(2.0 * tail, 1.0 / n as f64))),
        _ => wilson(count, n, tail),
    }
}

/// What Student's t exceeds with probability `tail`.
pub fn t_quantile(freedom: usize, tail: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom as f64).map_or(f64::NAN, |t| t.inverse_cdf(1.0 - tail))
}

/// Which values a tail holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    AtMost,
    AtLeast,
}

/// The probability that of `n` runs, each of which counts with probability `share`, at most or at least `count` do.
pub fn binomial_tail(count: usize, n: usize, share: f64, side: Side) -> f64 {
    let Ok(law) = Binomial::new(share, n as u64) else { return f64::NAN };
    match (side, count) {
        (Side::AtMost, _) => law.cdf(count as u64),
        (Side::AtLeast, 0) => 1.0,
        (Side::AtLeast, _) => law.sf(count as u64 - 1),
    }
}

/// What a standard normal variable exceeds with probability `tail`.
pub fn z_quantile(tail: f64) -> f64 {
    Normal::new(0.0, 1.0).map_or(f64::NAN, |normal| normal.inverse_cdf(1.0 - tail))
}

/// Interval of a share (Wilson 1927); for 0 or all of n it is one-sided in effect, near the rule of three; none of no
/// runs.
pub fn wilson(count: usize, n: usize, tail: f64) -> Option<(f64, f64)> {
    if n == 0 {
        return None;
    }
    let z = z_quantile(tail);
    let (count, n) = (count as f64, n as f64);
    let share = count / n;
    let centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks of the binomial distribution, by hand: [x40, x60] holds the median of 100 values in 95.40 % of samples,
    /// [x84, x96] the 90 % quantile in 95.57 %; too few values carry nothing.
    #[test]
    fn quantiles_have_the_ranks_of_the_binomial() {
        let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantile_interval(&sorted, 0.5, TAIL), Some((40.0, 60.0)));
        assert_eq!(quantile_interval(&sorted, 0.9, TAIL), Some((84.0, 96.0)));
        assert_eq!(quantile_interval(&sorted, 0.99, TAIL), None);
        assert_eq!(quantile_interval(&sorted[..5], 0.5, TAIL), None);
        assert_eq!(quantile(&sorted, 0.95), 95.0);
        let (low, high) = share_interval(0, 1000, TAIL).unwrap();
        assert!(low == 0.0 && (high - 0.00299).abs() < 1e-5);
    }

    /// Quantiles of a Pareto distribution with index 1.5, and of an exponential one.
    #[test]
    fn a_heavy_tail_is_recognised() {
        let at = |k: i32| (f64::from(k) - 0.5) / 2000.0;
        let pareto: Vec<f64> = (1..=2000).map(|k| (1.0 - at(k)).powf(-1.0 / 1.5)).collect();
        let light: Vec<f64> = (1..=2000).map(|k| 10.0 - (1.0 - at(k)).ln()).collect();
        let index = |values: &[f64]| summarise(values, TAIL).unwrap().tail_index.unwrap();
        assert!((index(&pareto) - 1.5).abs() < 0.1, "{}", index(&pareto));
        assert!(index(&light) > 5.0);
        assert_eq!(summarise(&[3.0; 500], TAIL).unwrap().tail_index, None);
        // Failed pods, 0 to 3 a run, bounded by the number of pods: no tail at all.
        let counts = |k: usize| {
            [0.0, 1.0, 2.0, 3.0][usize::from(k > 740) + usize::from(k > 960) + usize::from(k > 995)]
        };
        let failed: Vec<f64> = (0..1000).map(counts).collect();
        assert_eq!(summarise(&failed, TAIL).unwrap().tail_index, None);
        // Every twentieth run wastes something, with an exponential tail.
        let waste =
            |k: usize| if k.is_multiple_of(20) { -(1.0 - (k as f64 + 0.5) / 1000.0).ln() } else { 0.0 };
        let wasted: Vec<f64> = (0..1000).map(waste).collect();
        assert_eq!(summarise(&wasted, TAIL).unwrap().heavy_tail(), None);
        assert!(summarise(&pareto, TAIL).unwrap().heavy_tail().is_some());
    }

    /// 0.99^368 = 2.48 %.
    #[test]
    fn alike_runs_need_a_number() {
        assert!(!alike_is_certain(367, TAIL) && alike_is_certain(368, TAIL));
        let common = |values: &[f64]| common_value(values.iter().copied());
        assert!(common(&[2.0, 2.0]) == Some(2.0) && common(&[2.0, 2.5]).is_none() && common(&[]).is_none());
        assert_eq!((hardly_seen(0, 100, 0.0, TAIL), hardly_seen(20, 100, 5.0, TAIL)), (0.0, 0.0));
        assert!((hardly_seen(3, 100, 5.0, TAIL) - 5.0 * 0.10378).abs() < 1e-3);
    }

    #[test]
    fn known_intervals() {
        let s = summarise(&[1.0, 2.0, 3.0, 4.0], TAIL).unwrap();
        let (low, high) = s.interval.unwrap();
        // t(0.975, 3) = 3.182446305
        assert!((low - (2.5 - 3.182446305 * 1.2909944487 / 2.0)).abs() < 1e-8);
        assert!((high - (2.5 + 3.182446305 * 1.2909944487 / 2.0)).abs() < 1e-8);
        assert_eq!((s.p50, s.p90, s.min, s.max), (2.0, 4.0, 1.0, 4.0));
        let (low, high) = wilson(5, 10, TAIL).unwrap();
        assert!((low - 0.236593).abs() < 1e-6 && (high - 0.763407).abs() < 1e-6);
        assert_eq!(summarise(&[], TAIL), None);
        assert_eq!(summarise(&[7.0], TAIL).unwrap().interval, None);
    }
}
