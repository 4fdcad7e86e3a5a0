//! The closed forms behind the numbers of lints, and how numbers are written.

use libm::{exp, expm1, lgamma, log, log1p};

use crate::report::words::duration;

/// P(more than `limit` failures before the `successes`-th success) when each attempt fails with probability `p`,
/// independently: the tail of the negative binomial distribution.
pub(super) fn more_failures_than(limit: u64, successes: u64, p: f64) -> f64 {
    if p <= 0.0 || successes == 0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let n = successes as f64;
    let (mean, sd) = (n * p / (1.0 - p), (n * p).sqrt() / (1.0 - p));
    // Beyond, the tail is below what is ever shown.
    if limit as f64 > mean + 40.0 * sd + 100.0 {
        return 0.0;
    }
    let (ln_p, ln_q) = (log(p), log1p(-p));
    let term = |k: u64| {
        let k = k as f64;
        exp(lgamma(n + k) - lgamma(n) - lgamma(k + 1.0) + n * ln_q + k * ln_p)
    };
    let at_most: f64 = (0..=limit).map(term).sum();
    (1.0 - at_most).clamp(0.0, 1.0)
}

/// The smallest limit with which that probability is at most `wanted`.
pub(super) fn limit_for(successes: u64, p: f64, wanted: f64) -> Option<u64> {
    const MOST: u64 = 100_000;
    let (mut low, mut high) = (0, 1);
    while more_failures_than(high, successes, p) > wanted {
        (low, high) = (high, high * 2);
        if high > MOST {
            return None;
        }
    }
    while low + 1 < high {
        let middle = (low + high) / 2;
        if more_failures_than(middle, successes, p) > wanted { low = middle } else { high = middle }
    }
    Some(high)
}

/// P(at least one of `n`) of independent events with probability `p`.
pub(super) fn at_least_one(n: u64, p: f64) -> f64 {
    if p >= 1.0 { f64::from(u8::from(n > 0)) } else { -expm1(n as f64 * log1p(-p)) }
}

/// P(more than `limit` of `n`) of independent events with probability `p`.
pub(super) fn more_of(limit: u64, n: u64, p: f64) -> f64 {
    if limit >= n || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let (all, ln_p, ln_q) = (n as f64, log(p), log1p(-p));
    let term = |k: u64| {
        let k = k as f64;
        let ways = lgamma(all + 1.0) - lgamma(k + 1.0) - lgamma(all - k + 1.0);
        exp(ways + k * ln_p + (all - k) * ln_q)
    };
    (1.0 - (0..=limit).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

/// The Job's back-off pauses when every pod fails in waves of `width` until more than `limit` have failed, in
/// seconds with their number: min(600, 10 * 2^(n - 1)) after n failures in a row (backoff_utils.go).
pub(super) fn pauses(limit: u64, width: u64) -> (f64, u64) {
    const MOST_SINGLE: u64 = 7;
    let width = width.max(1);
    let (mut failures, mut seconds, mut number) = (width, 0.0, 0);
    while failures <= limit && failures < MOST_SINGLE {
        seconds += (10.0 * 2f64.powi(failures as i32 - 1)).min(600.0);
        number += 1;
        failures += width;
    }
    if failures <= limit {
        let more = (limit - failures) / width + 1;
        seconds += 600.0 * more as f64;
        number += more;
    }
    (seconds, number)
}

/// `50s`, `6m00s`, `2h30m`.
pub(super) fn time(seconds: f64) -> String {
    if seconds < 60.0 && seconds.fract() == 0.0 { format!("{seconds}s") } else { duration(seconds) }
}

/// `40.1 %`.
pub(super) fn percent(p: f64) -> String {
    match 100.0 * p {
        x if x > 99.9 && p < 1.0 => "more than 99.9 %".to_string(),
        x if x > 0.0 && x < 0.1 => "less than 0.1 %".to_string(),
        x => format!("{x:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        // job-semantics section 6h: 1 000 pods, 1 %, more than 6 failures: about 0.87.
        let p = more_failures_than(6, 1000, 0.01);
        // By the other road: fewer than 1 000 successes in 1 006 attempts, that is 7 or more failures in them.
        assert!((p - more_of(6, 1006, 0.01)).abs() < 1e-9 && (p - 0.875).abs() < 0.001, "{p}");
        // Two successes, limit 0: both attempts succeed or the Job is dead.
        assert!((more_failures_than(0, 2, 0.1) - (1.0 - 0.81)).abs() < 1e-12);
        assert_eq!((more_failures_than(3, 5, 0.0), more_failures_than(3, 5, 1.0)), (0.0, 1.0));
        assert!(more_failures_than(1_000_000, 1000, 0.01) < 1e-9);
        let limit = limit_for(1000, 0.01, 0.001).unwrap();
        assert!(
            more_failures_than(limit, 1000, 0.01) <= 0.001
                && more_failures_than(limit - 1, 1000, 0.01) > 0.001
        );
        assert!((at_least_one(10, 0.05) - (1.0 - 0.95f64.powi(10))).abs() < 1e-12);
        assert!((more_of(1, 3, 0.5) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn pauses_are_those_of_the_controller() {
        // Section 6h: 630 s for 6, 3 030 s for 10.
        assert_eq!(pauses(6, 1), (630.0, 6));
        assert_eq!(pauses(10, 1), (3030.0, 10));
        // V2: waves of two: 20, 80, 320 s; V5: five together: 160 s; V4: ten together: none.
        assert_eq!(pauses(6, 2), (420.0, 3));
        assert_eq!(pauses(6, 5), (160.0, 1));
        assert_eq!(pauses(6, 10), (0.0, 0));
        assert_eq!(pauses(0, 1), (0.0, 0));
    }
}
