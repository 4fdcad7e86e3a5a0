//! Quantiles, distribution functions, means and supports, and the text that describes a distribution.

use libm::{expm1, log, pow, tgamma};

use super::limits::Quantity::Seconds;
use super::{Component, Distribution, Empirical, LogNormalGiven, Mixture, Pareto};
use crate::engine::exp::exp;
use crate::engine::special::normal_cdf;
use crate::engine::time::SimDuration;

/// What a distribution is, apart from its draws.
impl Distribution {
    /// The least length (s) that is not exceeded with probability `p` in (0, 1); infinity where that never
    /// happens. Equal to [`Distribution::sample_seconds`] unless a mixture is involved, then about 64
    /// evaluations of [`Distribution::cdf`].
    pub fn quantile(&self, p: f64) -> f64 {
        match self {
            Distribution::Mixture(it) => it.quantile(p),
            Distribution::Shifted(it) => it.by + it.of.quantile(p),
            other => other.sample_seconds(p),
        }
    }

    /// The probability of at most `x` seconds. What never happens has no probability at any `x`, infinity included.
    pub fn cdf(&self, x: f64) -> f64 {
        let step = |reached: bool| if reached { 1.0 } else { 0.0 };
        match self {
            Distribution::Constant(it) => step(x >= it.seconds),
            Distribution::Exponential(it) => -expm1(-x.max(0.0) / it.mean),
            Distribution::LogNormal(_) if x <= 0.0 => 0.0,
            Distribution::LogNormal(it) => normal_cdf(log(x / it.median) / it.sigma),
            Distribution::Uniform(it) => ((x - it.min) / (it.max - it.min)).clamp(0.0, 1.0),
            Distribution::Weibull(it) => -expm1(-pow(x.max(0.0) / it.scale, it.shape)),
            Distribution::Gamma(it) => it.standard.cdf(x / it.scale),
            Distribution::Pareto(it) if x <= it.min => 0.0,
            Distribution::Pareto(it) if it.max.is_some_and(|max| x >= max) => 1.0,
            Distribution::Pareto(it) => -expm1(-it.alpha * log(x / it.min)) / it.kept,
            Distribution::Empirical(it) => it.cdf(x),
            Distribution::Mixture(it) => it.cdf(x),
            Distribution::Shifted(it) => it.of.cdf(x - it.by),
            Distribution::Never => 0.0,
        }
    }

    /// The mean (s); infinity where the tail is too heavy or where it may never happen.
    pub fn mean(&self) -> f64 {
        match self {
            Distribution::Constant(it) => it.seconds,
            Distribution::Exponential(it) => it.mean,
            Distribution::LogNormal(it) => match it.given {
                LogNormalGiven::MeanCv { mean, .. } => mean,
                _ => it.median * exp(0.5 * it.sigma * it.sigma),
            },
            Distribution::Uniform(it) => it.min + 0.5 * (it.max - it.min),
            Distribution::Weibull(it) => it.scale * tgamma(1.0 + 1.0 / it.shape),
            Distribution::Gamma(it) => it.mean,
            Distribution::Pareto(it) => it.mean(),
            Distribution::Empirical(it) => {
                it.values.iter().fold(0.0, |sum, x| sum + x) / it.values.len() as f64
            }
            Distribution::Mixture(it) => it.average(Distribution::mean),
            Distribution::Shifted(it) => it.by + it.of.mean(),
            Distribution::Never => f64::INFINITY,
        }
    }

    /// The law of `factor` times a length of this one; `factor` is positive.
    pub fn scaled(&self, factor: f64) -> Distribution {
        let mut scaled = self.clone();
        match &mut scaled {
            Distribution::Constant(it) => it.seconds *= factor,
            Distribution::Exponential(it) => it.mean *= factor,
            Distribution::LogNormal(it) => {
                it.median *= factor;
                match &mut it.given {
                    LogNormalGiven::Sigma => {}
                    LogNormalGiven::Percentile(_, value) => *value *= factor,
                    LogNormalGiven::MeanCv { mean, .. } => *mean *= factor,
                }
            }
            Distribution::Uniform(it) => {
                it.min *= factor;
                it.max *= factor;
            }
            Distribution::Weibull(it) => it.scale *= factor,
            Distribution::Gamma(it) => {
                it.mean *= factor;
                it.scale *= factor;
            }
            Distribution::Pareto(it) => {
                it.min *= factor;
                it.max = it.max.map(|max| max * factor);
            }
            Distribution::Empirical(it) => it.values.iter_mut().for_each(|value| *value *= factor),
            Distribution::Mixture(it) => {
                it.components.iter_mut().for_each(|component| component.of = component.of.scaled(factor));
            }
            Distribution::Shifted(it) => {
                it.by *= factor;
                *it.of = it.of.scaled(factor);
            }
            Distribution::Never => {}
        }
        scaled
    }

    /// The least and greatest possible length (s), infinite where there is no bound; (∞, ∞) for never.
    pub fn support(&self) -> (f64, f64) {
        match self {
            Distribution::Constant(it) => (it.seconds, it.seconds),
            Distribution::Exponential(_) | Distribution::LogNormal(_) => (0.0, f64::INFINITY),
            Distribution::Weibull(_) | Distribution::Gamma(_) => (0.0, f64::INFINITY),
            Distribution::Uniform(it) => (it.min, it.max),
            Distribution::Pareto(it) => (it.min, it.max.unwrap_or(f64::INFINITY)),
            Distribution::Empirical(it) => (it.values[0], it.values[it.values.len() - 1]),
            Distribution::Mixture(it) => it
                .components
                .iter()
                .map(|component| component.of.support())
                .fold((f64::INFINITY, 0.0), |(least, most), (from, to)| {
                    (least.min(from), f64::max(most, to))
                }),
            Distribution::Shifted(it) => {
                let (from, to) = it.of.support();
                (it.by + from, it.by + to)
            }
            Distribution::Never => (f64::INFINITY, f64::INFINITY),
        }
    }

    /// The only possible length, if there is only one ([`SimDuration::NEVER`] for never): no draw is needed.
    pub fn is_constant(&self) -> Option<SimDuration> {
        let (from, to) = self.support();
        (from == to).then(|| SimDuration::from_seconds(from))
    }

    /// The distribution in a few words, with the parameters it was made from: `logNormal median 60s p95 180s`.
    pub fn as_text(&self) -> String {
        let s = |seconds: f64| Seconds(seconds).to_string();
        match self {
            Distribution::Constant(it) => s(it.seconds),
            Distribution::Exponential(it) => format!("exponential mean {}", s(it.mean)),
            Distribution::LogNormal(it) => match it.given {
                LogNormalGiven::Sigma => format!("logNormal median {} sigma {}", s(it.median), it.sigma),
                LogNormalGiven::Percentile(percentile, value) => {
                    format!("logNormal median {} {} {}", s(it.median), percentile.name(), s(value))
                }
                LogNormalGiven::MeanCv { mean, cv } => format!("logNormal mean {} cv {cv}", s(mean)),
            },
            Distribution::Uniform(it) => format!("uniform min {} max {}", s(it.min), s(it.max)),
            Distribution::Weibull(it) => format!("weibull shape {} scale {}", it.shape, s(it.scale)),
            Distribution::Gamma(it) => format!("gamma shape {} mean {}", it.standard.shape(), s(it.mean)),
            Distribution::Pareto(it) => {
                let max = it.max.map_or(String::new(), |max| format!(" max {}", s(max)));
                format!("pareto min {} alpha {}{max}", s(it.min), it.alpha)
            }
            Distribution::Empirical(it) => {
                let (from, to) = self.support();
                let values = if it.values.len() == 1 { "value" } else { "values" };
                format!("empirical {} {values} from {} to {}", it.values.len(), s(from), s(to))
            }
            Distribution::Mixture(it) => {
                let part = |it: &Component| format!("{} ({})", it.weight, it.of.as_text());
                format!("mixture {}", it.components.iter().map(part).collect::<Vec<_>>().join(" + "))
            }
            Distribution::Shifted(it) => format!("shifted by {} ({})", s(it.by), it.of.as_text()),
            Distribution::Never => "never".to_string(),
        }
    }
}

impl Pareto {
    /// With a = alpha - 1 and L = ln(max/min): min alpha/kept (1 - e^(-aL))/a, where the last factor is L at a = 0.
    fn mean(&self) -> f64 {
        let a = self.alpha - 1.0;
        match self.max {
            None if a <= 0.0 => f64::INFINITY,
            None => self.min * self.alpha / a,
            Some(max) => {
                let span = log(max / self.min);
                let factor = if a == 0.0 { span } else { -expm1(-a * span) / a };
                self.min * self.alpha / self.kept * factor
            }
        }
    }
}

impl Empirical {
    fn cdf(&self, x: f64) -> f64 {
        self.values.partition_point(|value| *value <= x) as f64 / self.values.len() as f64
    }
}

impl Mixture {
    /// The weighted mean of `value` over the components; exactly 1 when each is 1.
    fn average(&self, value: impl Fn(&Distribution) -> f64) -> f64 {
        self.components.iter().fold(0.0, |sum, it| sum + it.weight * value(&it.of)) / self.total
    }

    fn cdf(&self, x: f64) -> f64 {
        self.average(|of| of.cdf(x))
    }

    /// The least x with cdf(x) >= p, by bisection over the floating-point numbers from 0 to infinity, which
    /// are ordered as their bit patterns are: 64 steps, and exact where the distribution has atoms.
    fn quantile(&self, p: f64) -> f64 {
        let (mut below, mut reached) = (0, f64::INFINITY.to_bits());
        if self.cdf(0.0) >= p {
            return 0.0;
        }
        while reached - below > 1 {
            let middle = below + (reached - below) / 2;
            if self.cdf(f64::from_bits(middle)) >= p { reached = middle } else { below = middle }
        }
        f64::from_bits(reached)
    }
}
