//! Estimates with their error: Student t for means, Wilson for shares. What the data cannot carry is none.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A sample in numbers. Quantiles are exact: the smallest value with at least that share at or below it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Summary {
    pub n: usize,
    pub mean: f64,
    /// 95 % interval of the mean; none below two values.
    pub interval: Option<(f64, f64)>,
    /// Standard deviation of the sample; none below two values.
    pub sd: Option<f64>,
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub min: f64,
    pub max: f64,
}

/// The summary of a sample; none when it is empty.
pub fn summarise(values: &[f64]) -> Option<Summary> {
    if values.is_empty() {
        return None;
    }
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quantile = |p: f64| sorted[((p * n as f64).ceil() as usize).clamp(1, n) - 1];
    let (mut sd, mut interval) = (None, None);
    if n >= 2 {
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1) as f64;
        let half = t_quantile(n - 1) * (variance / n as f64).sqrt();
        sd = Some(variance.sqrt());
        interval = Some((mean - half, mean + half));
    }
    Some(Summary {
        n,
        mean,
        interval,
        sd,
        p50: quantile(0.5),
        p90: quantile(0.9),
        p95: quantile(0.95),
        p99: quantile(0.99),
        min: sorted[0],
        max: sorted[n - 1],
    })
}

/// 97.5 % quantile of Student's t.
pub fn t_quantile(freedom: usize) -> f64 {
    StudentsT::new(0.0, 1.0, freedom as f64).map_or(f64::NAN, |t| t.inverse_cdf(0.975))
}

/// 95 % interval of a share (Wilson 1927); for 0 or all of n it is one-sided in effect, near the rule of three.
pub fn wilson(count: usize, n: usize) -> Option<(f64, f64)> {
    if n == 0 {
        return None;
    }
    const Z: f64 = 1.959_963_984_540_054;
    let (count, n) = (count as f64, n as f64);
    let share = count / n;
    let centre = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_intervals() {
        let s = summarise(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        let (low, high) = s.interval.unwrap();
        // t(0.975, 3) = 3.182446305
        assert!((low - (2.5 - 3.182446305 * 1.2909944487 / 2.0)).abs() < 1e-8);
        assert!((high - (2.5 + 3.182446305 * 1.2909944487 / 2.0)).abs() < 1e-8);
        assert_eq!((s.p50, s.p90, s.min, s.max), (2.0, 4.0, 1.0, 4.0));
        let (low, high) = wilson(5, 10).unwrap();
        assert!((low - 0.236593).abs() < 1e-6 && (high - 0.763407).abs() < 1e-6);
        assert_eq!(summarise(&[]), None);
        assert_eq!(summarise(&[7.0]).unwrap().interval, None);
    }
}
