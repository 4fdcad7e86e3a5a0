//! Two settings with the same luck: differences run by run, their intervals, and what the pairing gained.
//!
//! Replication r of both draws the same numbers, so that most of the noise is common and drops out of the difference.
//! Relies on [`super::interval`]. Runs nothing.

use super::interval::{t_quantile, z_quantile};

/// A difference of means over pairs of runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Paired {
    /// Pairs in which both have a value.
    pub n: usize,
    pub base: f64,
    pub variant: f64,
    /// Variant minus base.
    pub difference: f64,
    /// None below two pairs.
    pub interval: Option<(f64, f64)>,
    /// Standard deviation of the difference of one pair.
    pub sd: Option<f64>,
    /// None where one of the two does not vary.
    pub correlation: Option<f64>,
    /// How many times as many runs independent seeds would need for the same error; none where the difference does not
    /// vary.
    pub gain: Option<f64>,
}

/// From the values of run 0, 1, … of both; `tail`: probability of error on either side of the interval. None without
/// a pair of finite values.
pub fn paired(base: &[Option<f64>], variant: &[Option<f64>], tail: f64) -> Option<Paired> {
    let both = |(a, b): (&Option<f64>, &Option<f64>)| (*a).zip(*b);
    let pairs: Vec<(f64, f64)> =
        base.iter().zip(variant).filter_map(both).filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
    let count = pairs.len() as f64;
    if pairs.is_empty() {
        return None;
    }
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    let (a, b) = (mean(&|p| p.0), mean(&|p| p.1));
    // Not b - a: the mean of differences keeps the digits of small ones.
    let difference = mean(&|p| p.1 - p.0);
    let mut result = Paired {
        n: pairs.len(),
        base: a,
        variant: b,
        difference,
        interval: None,
        sd: None,
        correlation: None,
        gain: None,
    };
    if pairs.len() < 2 {
        return Some(result);
    }
    let moment = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / (count - 1.0);
    let of_a = moment(&|p| (p.0 - a).powi(2));
    let of_b = moment(&|p| (p.1 - b).powi(2));
    let together = moment(&|p| (p.0 - a) * (p.1 - b));
    let of_difference = moment(&|p| (p.1 - p.0 - difference).powi(2));
    let half = t_quantile(pairs.len() - 1, tail) * (of_difference / count).sqrt();
    result.interval = Some((difference - half, difference + half));
    result.sd = Some(of_difference.sqrt());
    result.correlation = (of_a > 0.0 && of_b > 0.0).then(|| together / (of_a.sqrt() * of_b.sqrt()));
    result.gain = (of_difference > 0.0).then(|| (of_a + of_b) / of_difference);
    Some(result)
}

/// A difference of shares over pairs of runs, with the interval of Agresti and Min ("Simple improved confidence
/// intervals for comparing matched proportions", Statistics in Medicine 24 (2005) 729-740): half a run is added to each
/// of the four cells, so that it is never a point.
pub fn paired_shares(base: &[bool], variant: &[bool], tail: f64) -> Option<Paired> {
    let n = base.len().min(variant.len());
    if n == 0 {
        return None;
    }
    let cell = |a: bool, b: bool| base.iter().zip(variant).filter(|pair| *pair == (&a, &b)).count() as f64;
    let (only_variant, only_base, both) = (cell(false, true), cell(true, false), cell(true, true));
    let count = n as f64;
    let (plus, minus, all) = (only_variant + 0.5, only_base + 0.5, count + 2.0);
    let centre = (plus - minus) / all;
    let half = z_quantile(tail) * (plus + minus - (plus - minus).powi(2) / all).max(0.0).sqrt() / all;
    let (a, b) = ((only_base + both) / count, (only_variant + both) / count);
    let (of_a, of_b) = (a * (1.0 - a), b * (1.0 - b));
    let together = both / count - a * b;
    let of_difference = of_a + of_b - 2.0 * together;
    Some(Paired {
        n,
        base: a,
        variant: b,
        difference: b - a,
        interval: Some(((centre - half).max(-1.0), (centre + half).min(1.0))),
        sd: Some(of_difference.max(0.0).sqrt()),
        correlation: (of_a > 0.0 && of_b > 0.0).then(|| together / (of_a * of_b).sqrt()),
        gain: (of_difference > 1e-12).then(|| (of_a + of_b) / of_difference),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::interval::TAIL;

    #[test]
    fn a_hand_made_table() {
        let base = [Some(1.0), Some(2.0), Some(3.0), None, Some(9.0)];
        let variant = [Some(2.0), Some(3.5), Some(4.0), Some(1.0), Some(f64::INFINITY)];
        let p = paired(&base, &variant, TAIL).unwrap();
        assert_eq!((p.n, p.base), (3, 2.0));
        // Differences 1, 1.5, 1: mean 7/6, variance 1/12; t(0.975, 2) = 4.302652730.
        assert!((p.difference - 7.0 / 6.0).abs() < 1e-12);
        let half = 4.302652730 * (1.0f64 / 36.0).sqrt();
        assert!((p.interval.unwrap().1 - p.difference - half).abs() < 1e-8);
        // Variances 1 and 13/12 of the two.
        assert!((p.gain.unwrap() - 25.0).abs() < 1e-9, "{p:?}");
        assert_eq!(paired(&[None], &[Some(1.0)], TAIL), None);
        assert_eq!(paired(&[Some(1.0)], &[Some(1.0)], TAIL).unwrap().interval, None);
    }

    #[test]
    fn equal_shares_still_have_an_error() {
        let same = paired_shares(&[true; 100], &[true; 100], TAIL).unwrap();
        let (low, high) = same.interval.unwrap();
        assert!(same.difference == 0.0 && low < 0.0 && low > -0.03 && (low + high).abs() < 1e-12);
        let base: Vec<bool> = (0..100).map(|k| k < 40).collect();
        let variant: Vec<bool> = (0..100).map(|k| k < 60).collect();
        let p = paired_shares(&base, &variant, TAIL).unwrap();
        assert!((p.difference - 0.2).abs() < 1e-12 && p.interval.unwrap().0 > 0.1);
        // Cells 40, 20, 0, 40: variances 0.24 and 0.24, covariance 0.16.
        assert!((p.gain.unwrap() - 3.0).abs() < 1e-9);
    }
}
