//! Draws: one uniform gives one length.

use libm::{ceil, log, log1p, pow};

use super::{Distribution, Empirical, Exponential, LogNormal, Mixture};
use crate::engine::exp::exp;
use crate::engine::special::normal_quantile;
use crate::engine::time::SimDuration;

/// Sampling.
impl Distribution {
    /// The length drawn by `u` in (0, 1), rounded to the nanosecond. Beyond 584 years it is
    /// [`SimDuration::NEVER`].
    #[inline]
    pub fn sample(&self, u: f64) -> SimDuration {
        SimDuration::from_seconds(self.sample_seconds(u))
    }

    /// Draws a length by each of the numbers: as [`Distribution::sample`], several at a time.
    #[inline]
    pub fn sample_each<'l>(&self, units: &[f64], lengths: impl Iterator<Item = &'l mut SimDuration>) {
        let both = units.iter().zip(lengths);
        // A match within the loop would keep the processor from working on several at once.
        match self {
            Distribution::Exponential(it) => {
                both.for_each(|(&u, length)| *length = SimDuration::from_seconds(it.length(u)));
            }
            Distribution::LogNormal(it) => {
                both.for_each(|(&u, length)| *length = SimDuration::from_seconds(it.length(u)));
            }
            _ => both.for_each(|(&u, length)| *length = self.sample(u)),
        }
    }

    /// The length drawn by `u` in (0, 1) (s); infinity for never.
    ///
    /// Non-decreasing in `u` (gamma: up to its last digits) unless a mixture is involved. A mixture's `u` first
    /// selects the component, by its place in the list, and what is left of it, rescaled, draws from that
    /// component: the right distribution, but not its quantile function. That would need a search per draw.
    #[inline]
    pub fn sample_seconds(&self, u: f64) -> f64 {
        debug_assert!(0.0 < u && u < 1.0, "uniform {u} is not inside (0, 1)");
        match self {
            Distribution::Constant(it) => it.seconds,
            Distribution::Exponential(it) => it.length(u),
            Distribution::LogNormal(it) => it.length(u),
            other => other.sample_rare(u),
        }
    }

    fn sample_rare(&self, u: f64) -> f64 {
        match self {
            Distribution::Uniform(it) => (it.min + u * (it.max - it.min)).min(it.max),
            Distribution::Weibull(it) => it.scale * pow(-log(1.0 - u), 1.0 / it.shape),
            Distribution::Gamma(it) => it.scale * it.standard.quantile(u),
            Distribution::Pareto(it) => {
                let x = it.min * exp(-log1p(-u * it.kept) / it.alpha);
                it.max.map_or(x, |max| x.min(max))
            }
            Distribution::Empirical(it) => it.quantile(u),
            Distribution::Mixture(it) => it.sample_seconds(u),
            Distribution::Shifted(it) => it.by + it.of.sample_seconds(u),
            Distribution::Never => f64::INFINITY,
            Distribution::Constant(_) | Distribution::Exponential(_) | Distribution::LogNormal(_) => {
                unreachable!("sample_seconds answers these")
            }
        }
    }
}

impl Exponential {
    #[inline]
    fn length(&self, u: f64) -> f64 {
        // ln(1 - u), not ln u, so that the length grows with u. On the streams' grid 1 - u is exact.
        -self.mean * log(1.0 - u)
    }
}

impl LogNormal {
    #[inline]
    fn length(&self, u: f64) -> f64 {
        self.median * exp(self.sigma * normal_quantile(u))
    }
}

impl Empirical {
    /// The inverse of the empirical distribution function: the k-th smallest value for u in ((k-1)/n, k/n].
    fn quantile(&self, u: f64) -> f64 {
        let n = self.values.len();
        let rank = ceil(u * n as f64) as usize;
        self.values[rank.clamp(1, n) - 1]
    }
}

impl Mixture {
    fn sample_seconds(&self, u: f64) -> f64 {
        // Rescaling rounds; what it returns must stay inside (0, 1).
        const EDGE: f64 = f64::EPSILON / 2.0;
        let place = u * self.total;
        let next = self.components.partition_point(|component| component.before < place);
        let chosen = &self.components[next.max(1) - 1];
        chosen.of.sample_seconds(((place - chosen.before) / chosen.weight).clamp(EDGE, 1.0 - EDGE))
    }
}
