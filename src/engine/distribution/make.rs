//! The constructors: every parameter is checked.

use libm::{expm1, log, log1p, sqrt};

use super::limits::Quantity::{Number, Seconds};
use super::limits::{DistributionError, GAMMA_SHAPE, above, length, positive, within};
use super::{
    Component, Constant, Distribution, Empirical, Exponential, Gamma, LogNormal, LogNormalGiven, Mixture,
    Pareto, Percentile, Shifted, Uniform, Weibull,
};
use crate::engine::special::GammaFunction;

/// Constructors. Durations are in seconds, from 0 or 1e-12 to 1e12; other numbers from 1e-12 to 1e12.
impl Distribution {
    /// Always `seconds`, which may be 0.
    pub fn constant(seconds: f64) -> Result<Distribution, DistributionError> {
        Ok(Distribution::Constant(Constant { seconds: length("constant", seconds)? }))
    }

    /// Does not happen.
    pub fn never() -> Distribution {
        Distribution::Never
    }

    /// Between `min` and `max`, which is greater.
    pub fn uniform(min: f64, max: f64) -> Result<Distribution, DistributionError> {
        let (min, max) = (length("min", min)?, length("max", max)?);
        above(("max", max), ("min", min))?;
        Ok(Distribution::Uniform(Uniform { min, max }))
    }

    /// Without memory, with the given mean.
    pub fn exponential(mean: f64) -> Result<Distribution, DistributionError> {
        Ok(Distribution::Exponential(Exponential { mean: positive("mean", Seconds(mean))? }))
    }

    /// Log-normal; `sigma` is the standard deviation of the logarithm.
    pub fn log_normal_sigma(median: f64, sigma: f64) -> Result<Distribution, DistributionError> {
        let median = positive("median", Seconds(median))?;
        let sigma = positive("sigma", Number(sigma))?;
        Ok(Distribution::LogNormal(LogNormal { median, sigma, given: LogNormalGiven::Sigma }))
    }

    /// Log-normal by its median and a percentile, which must be greater.
    pub fn log_normal_percentile(
        median: f64,
        percentile: Percentile,
        value: f64,
    ) -> Result<Distribution, DistributionError> {
        let median = positive("median", Seconds(median))?;
        let value = positive(percentile.name(), Seconds(value))?;
        above((percentile.name(), value), ("median", median))?;
        // Not ln(value/median): the quotient may round to 1, and sigma must not be 0.
        let sigma = log1p((value - median) / median) / percentile.normal();
        let given = LogNormalGiven::Percentile(percentile, value);
        Ok(Distribution::LogNormal(LogNormal { median, sigma, given }))
    }

    /// Log-normal by its mean and coefficient of variation (standard deviation over mean).
    pub fn log_normal_mean_cv(mean: f64, cv: f64) -> Result<Distribution, DistributionError> {
        let mean = positive("mean", Seconds(mean))?;
        let cv = positive("cv", Number(cv))?;
        let sigma = sqrt(log1p(cv * cv));
        let median = mean / sqrt(1.0 + cv * cv);
        Ok(Distribution::LogNormal(LogNormal { median, sigma, given: LogNormalGiven::MeanCv { mean, cv } }))
    }

    /// Weibull: `shape` below 1 is a falling hazard, above 1 a rising one; `scale` is the 63.2 % quantile.
    pub fn weibull(shape: f64, scale: f64) -> Result<Distribution, DistributionError> {
        let shape = positive("shape", Number(shape))?;
        let scale = positive("scale", Seconds(scale))?;
        Ok(Distribution::Weibull(Weibull { shape, scale }))
    }

    /// Gamma by shape (from 0.01 to 1e6) and mean; its coefficient of variation is 1/√shape.
    pub fn gamma(shape: f64, mean: f64) -> Result<Distribution, DistributionError> {
        let shape = within("shape", Number(shape), GAMMA_SHAPE.0, GAMMA_SHAPE.1)?;
        let mean = positive("mean", Seconds(mean))?;
        Ok(Distribution::Gamma(Gamma { mean, scale: mean / shape, standard: GammaFunction::new(shape) }))
    }

    /// Pareto from `min` on with tail index `alpha`; with `max`, conditioned on not exceeding it.
    pub fn pareto(min: f64, alpha: f64, max: Option<f64>) -> Result<Distribution, DistributionError> {
        let min = positive("min", Seconds(min))?;
        let alpha = positive("alpha", Number(alpha))?;
        let mut kept = 1.0;
        if let Some(max) = max {
            let max = positive("max", Seconds(max))?;
            above(("max", max), ("min", min))?;
            kept = -expm1(-alpha * log(max / min));
        }
        Ok(Distribution::Pareto(Pareto { min, alpha, max, kept }))
    }

    /// One of `values`, each with probability 1/n; the order given does not matter. No interpolation.
    pub fn empirical(mut values: Vec<f64>) -> Result<Distribution, DistributionError> {
        if values.is_empty() {
            return Err(DistributionError::Empty { list: "empirical" });
        }
        for value in &values {
            length("empirical value", *value)?;
        }
        values.sort_by(f64::total_cmp);
        Ok(Distribution::Empirical(Empirical { values }))
    }

    /// One of the distributions, chosen with probability weight over sum of weights.
    pub fn mixture(parts: Vec<(f64, Distribution)>) -> Result<Distribution, DistributionError> {
        if parts.is_empty() {
            return Err(DistributionError::Empty { list: "mixture" });
        }
        let mut total = 0.0;
        let mut components = Vec::with_capacity(parts.len());
        for (weight, of) in parts {
            components.push(Component { weight: positive("weight", Number(weight))?, before: total, of });
            total += weight;
        }
        Ok(Distribution::Mixture(Mixture { components, total }))
    }

    /// `of` plus a fixed length, which may be 0.
    pub fn shifted(by: f64, of: Distribution) -> Result<Distribution, DistributionError> {
        Ok(Distribution::Shifted(Shifted { by: length("by", by)?, of: Box::new(of) }))
    }
}

impl Percentile {
    /// The name in a scenario file.
    pub fn name(self) -> &'static str {
        match self {
            Percentile::P90 => "p90",
            Percentile::P95 => "p95",
            Percentile::P99 => "p99",
        }
    }

    /// The standard normal distribution's percentile.
    fn normal(self) -> f64 {
        match self {
            Percentile::P90 => 1.281_551_565_544_600_4,
            Percentile::P95 => 1.644_853_626_951_472_2,
            Percentile::P99 => 2.326_347_874_040_840_8,
        }
    }
}
