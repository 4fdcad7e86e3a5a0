//! Differences of a measure between two settings with the same luck, at the error that a whole search can afford: there
//! an interval must hold where Student's t is too sure, as for what was hardly seen.
//!
//! Relies on [`super::interval`] and [`super::paired`]. Runs nothing.

use super::interval::{alike_is_certain, common_value, hardly_seen, quantile, quantile_interval, t_quantile};
use super::measure::{Measure, Statistic};
use super::paired::{paired, paired_shares};

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
        // One run that never ended makes a mean infinite, without doubt.
        Some(Statistic::Mean) if endless(a) != endless(b) => {
            let infinite = if endless(b) { f64::INFINITY } else { f64::NEG_INFINITY };
            (infinite, infinite)
        }
        Some(_) if !may_be_compared(a, b, tail) => UNKNOWN,
        Some(statistic) => {
            let interval = match statistic {
                Statistic::Mean => paired(a, b, tail).and_then(|p| p.interval),
                Statistic::Quantile(p) => quantile_difference(a, b, p, tail),
                Statistic::Max => None,
            };
            let unseen = unseen(a, b, tail);
            interval.map_or(UNKNOWN, |(low, high)| (low - unseen, high + unseen))
        }
    }
}

/// Two settings in which every run was like every other say nothing of what is rare, unless there are many runs.
fn may_be_compared(a: &[Option<f64>], b: &[Option<f64>], tail: f64) -> bool {
    let differ = |values: &[Option<f64>]| common_value(values.iter().flatten().copied()).is_none();
    let count = |values: &[Option<f64>]| values.iter().flatten().count();
    differ(a) || differ(b) || alike_is_certain(count(a).min(count(b)), tail)
}

/// What runs in which the two differ, and which are too rare to have been seen often, may still add.
fn unseen(a: &[Option<f64>], b: &[Option<f64>], tail: f64) -> f64 {
    let both = |(a, b): (&Option<f64>, &Option<f64>)| (*a).zip(*b);
    let pairs: Vec<(f64, f64)> =
        a.iter().zip(b).filter_map(both).filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
    let differ = pairs.iter().filter(|(a, b)| a != b).count();
    let values = || pairs.iter().flat_map(|(a, b)| [*a, *b]);
    let range = values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min);
    hardly_seen(differ, pairs.len(), range, tail)
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
