//! Random lengths of time: the distributions a scenario can name, each sampled from exactly one uniform.
//!
//! Sampling inverts the distribution function, so that variants of a scenario stay in step (common random
//! numbers) and `1 - u` mirrors `u` (antithetic runs). Relies on `libm` and `super::special` only: the same
//! bits on every platform. Constructors check every parameter, so a [`Distribution`] cannot be wrong.
//! Parameters are seconds. It draws nothing itself (see [`super::streams`]) and does not read scenario files.

use std::fmt;

use libm::{ceil, expm1, log, log1p, pow, sqrt, tgamma};

use Quantity::{Number, Seconds};

use super::exp::exp;
use super::special::{GammaFunction, normal_cdf, normal_quantile};
use super::time::SimDuration;

/// A random length of time. Made by the constructors, which validate; the frequent kinds stand first.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    Constant(Constant),
    Exponential(Exponential),
    LogNormal(LogNormal),
    Uniform(Uniform),
    Weibull(Weibull),
    Gamma(Gamma),
    Pareto(Pareto),
    Empirical(Empirical),
    Mixture(Mixture),
    Shifted(Shifted),
    Never,
}

/// Always the same length (s).
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    seconds: f64,
}

/// Without memory; mean (s).
#[derive(Clone, Debug, PartialEq)]
pub struct Exponential {
    mean: f64,
}

/// exp(ln median + sigma z) with a standard normal z; median (s).
#[derive(Clone, Debug, PartialEq)]
pub struct LogNormal {
    median: f64,
    sigma: f64,
    given: LogNormalGiven,
}

/// How the user described a log-normal, for [`Distribution::as_text`].
#[derive(Clone, Debug, PartialEq)]
enum LogNormalGiven {
    Sigma,
    Percentile(Percentile, f64),
    MeanCv { mean: f64, cv: f64 },
}

/// The percentile that fixes a log-normal's spread, beside its median.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Percentile {
    P90,
    P95,
    P99,
}

/// Every length between min and max alike (s).
#[derive(Clone, Debug, PartialEq)]
pub struct Uniform {
    min: f64,
    max: f64,
}

/// 1 - F(x) = exp(-(x/scale)^shape); scale (s).
#[derive(Clone, Debug, PartialEq)]
pub struct Weibull {
    shape: f64,
    scale: f64,
}

/// Density proportional to x^(shape-1) e^(-x shape/mean); mean (s).
#[derive(Clone, Debug, PartialEq)]
pub struct Gamma {
    mean: f64,
    scale: f64,
    standard: GammaFunction,
}

/// 1 - F(x) = (min/x)^alpha, given that x is at most max; min and max (s).
#[derive(Clone, Debug, PartialEq)]
pub struct Pareto {
    min: f64,
    alpha: f64,
    max: Option<f64>,
    /// Probability of at most max before the cut.
    kept: f64,
}

/// The given values (s), sorted, each with probability 1/n.
#[derive(Clone, Debug, PartialEq)]
pub struct Empirical {
    values: Vec<f64>,
}

/// One of several distributions, chosen by weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    components: Vec<Component>,
    /// Sum of the weights.
    total: f64,
}

#[derive(Clone, Debug, PartialEq)]
struct Component {
    weight: f64,
    /// Sum of the weights of the components before this one.
    before: f64,
    of: Distribution,
}

/// Another distribution moved up by a fixed length (s).
#[derive(Clone, Debug, PartialEq)]
pub struct Shifted {
    by: f64,
    of: Box<Distribution>,
}

/// Why a distribution cannot be made. The text names the parameter as in the scenario file.
#[derive(Clone, Debug, PartialEq)]
pub enum DistributionError {
    /// Zero, negative or not a number where only a positive value makes sense.
    NotPositive { parameter: &'static str, found: Quantity },
    /// Negative or not a number.
    Negative { parameter: &'static str, found: Quantity },
    /// Outside the limits within which formulas neither overflow nor lose their digits.
    OutOfRange { parameter: &'static str, found: Quantity, least: Quantity, most: Quantity },
    /// `parameter` must be greater than `bound_name`, which is `bound`.
    NotAbove { parameter: &'static str, found: Quantity, bound_name: &'static str, bound: Quantity },
    /// A list without elements.
    Empty { list: &'static str },
}

/// A parameter's value with its unit, as error texts show it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    Number(f64),
    Seconds(f64),
}

impl std::error::Error for DistributionError {}

impl fmt::Display for DistributionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DistributionError::NotPositive { parameter, found } => {
                write!(f, "{parameter} must be positive, found {found}")
            }
            DistributionError::Negative { parameter, found } => {
                write!(f, "{parameter} must not be negative, found {found}")
            }
            DistributionError::OutOfRange { parameter, found, least, most } => {
                write!(f, "{parameter} must be between {least} and {most}, found {found}")
            }
            DistributionError::NotAbove { parameter, found, bound_name, bound } => {
                write!(f, "{parameter} must be greater than {bound_name} ({bound}), found {found}")
            }
            DistributionError::Empty { list } => write!(f, "{list} must not be empty"),
        }
    }
}

impl fmt::Display for Quantity {
    /// A number, or a duration in the largest unit up to the second that keeps it at least 1: `1.5s`, `50ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match *self {
            Number(value) => (value, ""),
            Seconds(value) => (value, "s"),
        };
        // Whole nanoseconds first: 0.29 * 1000 would print as 290.00000000000006 or the like.
        let nanos = (value * 1e9).round();
        match (value.abs(), unit) {
            (size, _) if size.is_nan() => write!(f, "NaN"),
            (f64::INFINITY, _) => write!(f, "{}infinity", if value < 0.0 { "-" } else { "" }),
            (0.0, _) => write!(f, "0{unit}"),
            (..1e-9, "s") | (..1e-3, "") | (1e9.., _) => write!(f, "{value:e}{unit}"),
            (..1e-6, "s") => write!(f, "{nanos}ns"),
            (..1e-3, "s") => write!(f, "{}us", nanos / 1e3),
            (..1.0, "s") => write!(f, "{}ms", nanos / 1e6),
            _ => write!(f, "{value}{unit}"),
        }
    }
}

/// Least and greatest value of a positive parameter, in seconds or without a unit.
const LEAST: f64 = 1e-12;
const MOST: f64 = 1e12;
/// A gamma distribution's shape: see [`GammaFunction::new`].
const GAMMA_SHAPE: (f64, f64) = (0.01, 1e6);

fn within(parameter: &'static str, found: Quantity, least: f64, most: f64) -> Result<f64, DistributionError> {
    let (value, unit): (f64, fn(f64) -> Quantity) = match found {
        Number(value) => (value, Number),
        Seconds(value) => (value, Seconds),
    };
    if value.is_nan() || value <= 0.0 {
        Err(DistributionError::NotPositive { parameter, found })
    } else if value < least || value > most {
        Err(DistributionError::OutOfRange { parameter, found, least: unit(least), most: unit(most) })
    } else {
        Ok(value)
    }
}

fn positive(parameter: &'static str, found: Quantity) -> Result<f64, DistributionError> {
    within(parameter, found, LEAST, MOST)
}

fn length(parameter: &'static str, seconds: f64) -> Result<f64, DistributionError> {
    let found = Seconds(seconds);
    if seconds.is_nan() || seconds < 0.0 {
        Err(DistributionError::Negative { parameter, found })
    } else if seconds > MOST {
        Err(DistributionError::OutOfRange { parameter, found, least: Seconds(0.0), most: Seconds(MOST) })
    } else {
        Ok(seconds)
    }
}

fn above(
    (parameter, found): (&'static str, f64),
    (bound_name, bound): (&'static str, f64),
) -> Result<(), DistributionError> {
    if found > bound {
        return Ok(());
    }
    Err(DistributionError::NotAbove { parameter, found: Seconds(found), bound_name, bound: Seconds(bound) })
}

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

    fn cdf(&self, x: f64) -> f64 {
        self.values.partition_point(|value| *value <= x) as f64 / self.values.len() as f64
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

#[cfg(test)]
mod tests {
    use super::super::streams::{Purpose, Stream};
    use super::Percentile::{P90, P95, P99};
    use super::*;

    type Made = Result<Distribution, DistributionError>;

    fn ok(made: Made) -> Distribution {
        made.unwrap_or_else(|error| panic!("{error}"))
    }

    // Short names, so that the tables below stay readable.
    use Distribution as D;

    /// Distribution, mean, quantiles at 1, 10, 50, 90 and 99 %.
    ///
    /// From scipy 1.17.1 (uniform, expon, lognorm, weibull_min, gamma, pareto, truncpareto; `.mean()` and
    /// `.ppf()`; log-normal sigma = ln(p/median)/norm.ppf; mixture by optimize.brentq on the sum of cdfs;
    /// empirical by numpy.quantile(method="inverted_cdf"); the mean of pareto with alpha 1 is 3 ln 100/0.99).
    fn references() -> Vec<(Distribution, f64, [f64; 5])> {
        vec![
            (ok(D::uniform(2.0, 5.0)), 3.5, [2.03, 2.3, 3.5, 4.7, 4.97]),
            (
                ok(D::exponential(20.0)),
                20.0,
                [
                    0.20100671707002885,
                    2.1072103131565263,
                    13.862943611198906,
                    46.05170185988092,
                    92.10340371976181,
                ],
            ),
            (
                ok(D::log_normal_sigma(60.0, 0.75)),
                79.48708552373193,
                [10.481205036603956, 22.94685495375213, 60.0, 156.8842443661915, 343.471956461835],
            ),
            (
                ok(D::log_normal_percentile(60.0, P90, 120.0)),
                69.45036821359406,
                [17.049194849593754, 30.0, 60.0, 120.0, 211.1536663026513],
            ),
            (
                ok(D::log_normal_percentile(60.0, P95, 180.0)),
                74.9930674939894,
                [12.686725835793869, 25.492516393457645, 60.0, 141.2179144826949, 283.7611568654767],
            ),
            (
                ok(D::log_normal_percentile(1.5, P99, 5.0)),
                1.714956576581394,
                [0.44999999999999996, 0.7727604433540955, 1.5, 2.911639718816458, 5.000000000000001],
            ),
            (
                ok(D::log_normal_mean_cv(30.0, 0.5)),
                30.0,
                [
                    8.941503089151352,
                    14.64714367824963,
                    26.832815729997474,
                    49.15634172887704,
                    80.52337429414632,
                ],
            ),
            (
                ok(D::weibull(0.7, 40.0)),
                50.63294024229134,
                [
                    0.055979915832498346,
                    1.6065178112854417,
                    23.69560451808535,
                    131.67731888659762,
                    354.44905770956774,
                ],
            ),
            (
                ok(D::weibull(3.0, 40.0)),
                35.719180462769955,
                [
                    8.632173941437435,
                    18.89234874278652,
                    35.399881780020706,
                    52.820019138147416,
                    66.54905396800197,
                ],
            ),
            (
                ok(D::gamma(0.05, 30.0)),
                30.0,
                [
                    3.506779234371947e-38,
                    3.506779234371903e-18,
                    0.00033443270644477536,
                    45.79026834551343,
                    652.5764400550856,
                ],
            ),
            (
                ok(D::gamma(0.5, 30.0)),
                30.0,
                [
                    0.004712635737291055,
                    0.47372322280293666,
                    13.64809269358716,
                    81.16630362286212,
                    199.04689803063644,
                ],
            ),
            (
                ok(D::gamma(1.0, 30.0)),
                30.0,
                [
                    0.3015100756050431,
                    3.160815469734791,
                    20.794415416798365,
                    69.07755278982138,
                    138.1551055796427,
                ],
            ),
            (
                ok(D::gamma(4.5, 30.0)),
                30.0,
                [
                    6.959669119569091,
                    13.893863360487025,
                    27.80944230750985,
                    48.94552191086613,
                    72.21998111153975,
                ],
            ),
            (
                ok(D::gamma(250.0, 30.0)),
                30.0,
                [
                    25.76325256647478,
                    27.595567195032004,
                    29.96000949533243,
                    32.455818492589,
                    34.58956875069927,
                ],
            ),
            (
                ok(D::gamma(1e4, 30.0)),
                30.0,
                [
                    29.306510570089774,
                    29.616182625149207,
                    29.999000005926142,
                    30.38510212102253,
                    30.702313137474164,
                ],
            ),
            (
                ok(D::pareto(3.0, 2.5, None)),
                5.0,
                [
                    3.012084677762722,
                    3.1291346445318977,
                    3.9585237323186826,
                    7.535659294528742,
                    18.928720334405792,
                ],
            ),
            (
                ok(D::pareto(3.0, 1.0, Some(300.0))),
                13.955061169660885,
                [
                    3.02999697000303,
                    3.329633740288568,
                    5.9405940594059405,
                    27.52293577981652,
                    150.75376884422087,
                ],
            ),
            (
                ok(D::pareto(3.0, 1.5, Some(30.0))),
                6.354910005268882,
                [
                    3.019525194260346,
                    3.2107813224465076,
                    4.664380493136099,
                    11.783514802998145,
                    25.10587221152526,
                ],
            ),
            (ok(D::empirical(vec![4.0, 1.0, 2.5, 2.5, 10.0])), 4.0, [1.0, 1.0, 2.5, 10.0, 10.0]),
            (
                ok(D::mixture(vec![(3.0, ok(D::exponential(20.0))), (1.0, ok(D::uniform(2.0, 5.0)))])),
                15.875,
                [
                    0.2684604066428138,
                    2.2445628153855433,
                    8.10930216216329,
                    40.29806041084531,
                    86.3497622707262,
                ],
            ),
            (
                ok(D::shifted(5.0, ok(D::exponential(20.0)))),
                25.0,
                [
                    5.201006717070029,
                    7.107210313156527,
                    18.862943611198908,
                    51.05170185988092,
                    97.10340371976181,
                ],
            ),
        ]
    }

    const PROBABILITIES: [f64; 5] = [0.01, 0.1, 0.5, 0.9, 0.99];

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= 1e-9 * expected.abs()
    }

    #[test]
    fn means_and_quantiles_agree_with_scipy() {
        for (distribution, mean, quantiles) in references() {
            let name = distribution.as_text();
            assert!(close(distribution.mean(), mean), "{name}: mean {} not {mean}", distribution.mean());
            for (p, expected) in PROBABILITIES.into_iter().zip(quantiles) {
                let found = distribution.quantile(p);
                assert!(close(found, expected), "{name}: quantile at {p} is {found}, not {expected}");
            }
        }
    }

    #[test]
    fn cdf_inverts_the_quantile() {
        for (distribution, ..) in references() {
            for p in [1e-6, 0.003, 0.25, 0.5, 0.77, 0.999, 1.0 - 1e-9] {
                let (name, x) = (distribution.as_text(), distribution.quantile(p));
                let (below, at) = (distribution.cdf(x * (1.0 - 1e-9)), distribution.cdf(x * (1.0 + 1e-9)));
                assert!(below <= p && p <= at, "{name}: {p} is not between {below} and {at}");
            }
            assert_eq!((distribution.cdf(-1.0), distribution.cdf(f64::INFINITY)), (0.0, 1.0));
        }
    }

    #[test]
    fn draws_have_the_stated_mean_and_stay_in_the_support() {
        const DRAWS: usize = 200_000;
        for (distribution, mean, _) in references() {
            let mut stream = Stream::new(7, 1, Purpose::Run);
            let draws: Vec<f64> = (0..DRAWS).map(|_| distribution.sample_seconds(stream.unit())).collect();
            let average = draws.iter().sum::<f64>() / DRAWS as f64;
            let variance = draws.iter().map(|x| (x - average).powi(2)).sum::<f64>() / DRAWS as f64;
            let error = (variance / DRAWS as f64).sqrt();
            let name = distribution.as_text();
            assert!((average - mean).abs() < 5.0 * error, "{name}: {average} ± {error}, mean {mean}");
            let (from, to) = distribution.support();
            assert!(draws.iter().all(|x| (from..=to).contains(x)), "{name}: outside {from}..{to}");
        }
    }

    /// A mixture's draws are not monotone; that they follow its cdf is tested by Kolmogorov and Smirnov's bound.
    #[test]
    fn draws_follow_the_cdf() {
        const DRAWS: usize = 20_000;
        let atoms = ok(D::mixture(vec![(0.25, ok(D::constant(3.0))), (0.75, ok(D::exponential(2.0)))]));
        for distribution in references().into_iter().map(|(it, ..)| it).chain([atoms]) {
            let mut stream = Stream::new(11, 0, Purpose::Think);
            let mut draws: Vec<f64> =
                (0..DRAWS).map(|_| distribution.sample_seconds(stream.unit())).collect();
            draws.sort_by(f64::total_cmp);
            let farthest = draws.iter().fold(0.0f64, |far, x| {
                let at_most = draws.partition_point(|it| it <= x) as f64 / DRAWS as f64;
                far.max((at_most - distribution.cdf(*x)).abs())
            });
            // Exceeded with probability 2 exp(-2 * 2.5²) = 7e-6 by a correct sampler.
            assert!(farthest * (DRAWS as f64).sqrt() < 2.5, "{}: {farthest}", distribution.as_text());
        }
    }

    #[test]
    fn a_greater_uniform_never_gives_a_shorter_length() {
        for (distribution, ..) in references() {
            if matches!(distribution, D::Mixture(_)) {
                continue;
            }
            let edges = [1.0 / (1u64 << 53) as f64, 1e-12, 1e-6];
            let inside = (1..20_000).map(|k| k as f64 / 20_000.0);
            let us: Vec<f64> = edges
                .into_iter()
                .chain(inside)
                .chain(edges.into_iter().rev().map(|edge| 1.0 - edge))
                .collect();
            for pair in us.windows(2) {
                let (a, b) = (distribution.sample(pair[0]), distribution.sample(pair[1]));
                assert!(a <= b, "{}: {a:?} at {}, {b:?} at {}", distribution.as_text(), pair[0], pair[1]);
            }
        }
    }

    /// A change here changes every result that users have published: it needs a new minor version.
    /// The same nanoseconds came out of scipy 1.17.1's ppf at the same uniforms.
    #[test]
    fn first_draws_never_change() {
        let golden: Vec<(Distribution, [u64; 5])> = vec![
            (ok(D::constant(0.05)), [50_000_000; 5]),
            (D::never(), [u64::MAX; 5]),
            (
                ok(D::uniform(2.0, 5.0)),
                [4_733_054_638, 4_182_919_955, 3_890_586_788, 4_207_352_641, 2_718_074_406],
            ),
            (
                ok(D::exponential(20.0)),
                [48_386_471_316, 26_012_610_071, 19_895_621_014, 26_619_782_738, 5_471_852_870],
            ),
            (
                ok(D::log_normal_sigma(60.0, 0.75)),
                [164_783_642_319, 94_501_219_109, 76_985_965_233, 96_268_974_978, 35_271_242_521],
            ),
            (
                ok(D::log_normal_percentile(60.0, P90, 120.0)),
                [124_327_414_613, 83_257_810_485, 71_816_398_546, 84_378_054_894, 40_903_361_185],
            ),
            (
                ok(D::log_normal_percentile(60.0, P95, 180.0)),
                [147_533_065_716, 89_917_346_006, 74_913_819_639, 91_413_728_108, 37_383_101_966],
            ),
            (
                ok(D::log_normal_percentile(1.5, P99, 5.0)),
                [3_012_032_810, 2_052_242_303, 1_781_543_040, 2_078_656_878, 1_039_622_361],
            ),
            (
                ok(D::log_normal_mean_cv(30.0, 0.5)),
                [50_701_063_085, 35_721_127_211, 31_394_460_630, 36_140_545_626, 19_201_834_929],
            ),
            (
                ok(D::weibull(0.7, 40.0)),
                [141_316_936_410, 58_228_692_952, 39_702_108_176, 60_179_995_340, 6_279_476_540],
            ),
            (
                ok(D::weibull(3.0, 40.0)),
                [53_697_983_435, 43_662_771_896, 39_930_292_602, 43_999_880_296, 25_967_379_793],
            ),
            (ok(D::gamma(0.05, 30.0)), [59_654_236_776, 607_656_776, 34_232_554, 759_348_340, 0]),
            (
                ok(D::gamma(0.5, 30.0)),
                [86_780_946_566, 36_144_664_007, 24_129_649_097, 37_395_974_908, 2_784_129_581],
            ),
            (
                ok(D::gamma(1.0, 30.0)),
                [72_579_706_974, 39_018_915_107, 29_843_431_520, 39_929_674_107, 8_207_779_305],
            ),
            (
                ok(D::gamma(4.5, 30.0)),
                [50_239_426_477, 36_830_253_903, 32_551_526_139, 37_234_353_296, 19_303_269_262],
            ),
            (
                ok(D::gamma(250.0, 30.0)),
                [32_586_956_452, 31_123_052_714, 30_594_575_441, 31_171_129_966, 28_637_013_734],
            ),
            (
                ok(D::gamma(1e4, 30.0)),
                [30_404_924_242, 30_181_070_787, 30_098_819_997, 30_188_514_557, 29_786_994_991],
            ),
            (
                ok(D::pareto(3.0, 2.5, None)),
                [7_895_884_821, 5_047_355_739, 4_466_140_929, 5_109_021_729, 3_346_949_540],
            ),
            (
                ok(D::pareto(3.0, 1.0, Some(300.0))),
                [30_583_543_317, 10_728_216_503, 7_976_467_081, 11_046_727_975, 3_931_665_319],
            ),
            (
                ok(D::pareto(3.0, 1.5, Some(30.0))),
                [12_484_770_250, 6_764_104_700, 5_622_677_572, 6_887_254_752, 3_576_576_849],
            ),
            (
                ok(D::empirical(vec![4.0, 1.0, 2.5, 2.5, 10.0])),
                [10_000_000_000, 4_000_000_000, 4_000_000_000, 4_000_000_000, 2_500_000_000],
            ),
            (
                ok(D::mixture(vec![(3.0, ok(D::exponential(20.0))), (1.0, ok(D::uniform(2.0, 5.0)))])),
                [3_932_218_551, 70_255_977_812, 36_684_255_188, 79_314_402_790, 7_688_094_283],
            ),
            (
                ok(D::shifted(5.0, ok(D::exponential(20.0)))),
                [53_386_471_316, 31_012_610_071, 24_895_621_014, 31_619_782_738, 10_471_852_870],
            ),
        ];
        for (distribution, expected) in golden {
            let mut stream = Stream::new(42, 0, Purpose::Run);
            let found: [u64; 5] = std::array::from_fn(|_| distribution.sample(stream.unit()).nanos());
            assert_eq!(found, expected, "{}", distribution.as_text());
        }
    }

    /// Infinity is a length that does not happen within any horizon; not-a-number would pass as zero.
    #[test]
    fn extreme_parameters_never_give_nan() {
        let extremes = [LEAST, 1e-3, 1.0, 1e3, MOST];
        let mut made = vec![];
        for a in extremes {
            for b in extremes {
                let part = |of: &Made| (b, of.clone().unwrap_or(D::Never));
                let mixture = vec![part(&D::exponential(a)), (a, D::never()), part(&D::constant(a))];
                made.extend([D::uniform(a, b), D::log_normal_sigma(a, b), D::log_normal_mean_cv(a, b)]);
                made.extend([D::log_normal_percentile(a, P99, b), D::weibull(a, b), D::mixture(mixture)]);
                made.extend([D::pareto(a, b, None), D::pareto(a, b, Some(MOST))]);
                made.extend([
                    D::pareto(a, b, Some(a.next_up())),
                    D::log_normal_percentile(a, P90, a.next_up()),
                ]);
            }
            made.extend([D::gamma(GAMMA_SHAPE.0, a), D::gamma(GAMMA_SHAPE.1, a), D::gamma(1.0, a)]);
        }
        let least = 1.0 / (1u64 << 53) as f64;
        for distribution in made.into_iter().flatten() {
            let name = distribution.as_text();
            assert!(distribution.mean() >= 0.0, "{name}: mean {}", distribution.mean());
            let (from, to) = distribution.support();
            for u in [least, 1e-9, 0.25, 0.5, 0.75, 1.0 - 1e-9, 1.0 - least] {
                let (drawn, quantile) = (distribution.sample_seconds(u), distribution.quantile(u));
                assert!(from <= drawn && drawn <= to, "{name}: {drawn} at {u}");
                assert!(quantile >= 0.0, "{name}: quantile {quantile} at {u}");
                assert!((0.0..=1.0).contains(&distribution.cdf(drawn)), "{name}: cdf at {drawn}");
            }
        }
    }

    #[test]
    fn a_mixture_has_the_quantiles_of_the_whole() {
        let hang = ok(D::mixture(vec![(3.0, ok(D::constant(10.0))), (1.0, D::never())]));
        assert_eq!((hang.quantile(0.75), hang.quantile(0.751)), (10.0, f64::INFINITY));
        assert_eq!((hang.mean(), hang.support()), (f64::INFINITY, (10.0, f64::INFINITY)));
        assert_eq!(
            (hang.sample(0.75), hang.sample(0.751)),
            (SimDuration::from_seconds(10.0), SimDuration::NEVER)
        );
        // The order of the components decides which u selects which, not the distribution.
        let nested = ok(D::mixture(vec![(1.0, ok(D::constant(20.0))), (1.0, ok(D::shifted(1.0, hang)))]));
        assert_eq!(nested.quantile(0.3), 11.0);
        assert_eq!(nested.quantile(0.4), 20.0);
        assert_eq!(nested.quantile(0.9), f64::INFINITY);
        assert_eq!(nested.sample(0.3), SimDuration::from_seconds(20.0));
    }

    #[test]
    fn a_single_possible_length_needs_no_draw() {
        let five = SimDuration::from_seconds(5.0);
        let is_constant = |made: Made| ok(made).is_constant();
        assert_eq!(is_constant(D::constant(5.0)), Some(five));
        assert_eq!(D::never().is_constant(), Some(SimDuration::NEVER));
        assert_eq!(is_constant(D::shifted(2.0, ok(D::constant(3.0)))), Some(five));
        assert_eq!(is_constant(D::empirical(vec![5.0, 5.0])), Some(five));
        assert_eq!(is_constant(D::mixture(vec![(2.0, ok(D::constant(5.0)))])), Some(five));
        assert_eq!(is_constant(D::mixture(vec![(2.0, ok(D::constant(5.0))), (1.0, D::never())])), None);
        assert_eq!(is_constant(D::exponential(5.0)), None);
    }

    #[test]
    fn heavy_tails_have_no_mean() {
        assert_eq!(ok(D::pareto(1.0, 1.0, None)).mean(), f64::INFINITY);
        assert_eq!(D::never().mean(), f64::INFINITY);
        assert_eq!(ok(D::shifted(1.0, D::never())).mean(), f64::INFINITY);
    }

    #[test]
    fn invalid_parameters_are_named() {
        let nan = f64::NAN;
        let table: Vec<(Made, &str)> = vec![
            (D::constant(-1.0), "constant must not be negative, found -1s"),
            (D::constant(nan), "constant must not be negative, found NaN"),
            (D::constant(f64::INFINITY), "constant must be between 0s and 1e12s, found infinity"),
            (D::uniform(-0.05, 2.0), "min must not be negative, found -50ms"),
            (D::uniform(1.0, -2.0), "max must not be negative, found -2s"),
            (D::uniform(2.0, 2.0), "max must be greater than min (2s), found 2s"),
            (D::exponential(0.0), "mean must be positive, found 0s"),
            (D::exponential(1e13), "mean must be between 1e-12s and 1e12s, found 1e13s"),
            (D::log_normal_sigma(0.0, 1.0), "median must be positive, found 0s"),
            (D::log_normal_sigma(60.0, -1.0), "sigma must be positive, found -1"),
            (D::log_normal_percentile(-1.0, P90, 2.0), "median must be positive, found -1s"),
            (D::log_normal_percentile(1.0, P90, 0.0), "p90 must be positive, found 0s"),
            (D::log_normal_percentile(60.0, P95, 60.0), "p95 must be greater than median (60s), found 60s"),
            (D::log_normal_percentile(0.06, P99, 0.05), "p99 must be greater than median (60ms), found 50ms"),
            (D::log_normal_mean_cv(0.0, 1.0), "mean must be positive, found 0s"),
            (D::log_normal_mean_cv(1.0, nan), "cv must be positive, found NaN"),
            (D::weibull(0.0, 1.0), "shape must be positive, found 0"),
            (D::weibull(1.0, -1.0), "scale must be positive, found -1s"),
            (D::gamma(-2.0, 1.0), "shape must be positive, found -2"),
            (D::gamma(0.001, 1.0), "shape must be between 0.01 and 1000000, found 0.001"),
            (D::gamma(2.0, 0.0), "mean must be positive, found 0s"),
            (D::pareto(0.0, 1.0, None), "min must be positive, found 0s"),
            (D::pareto(1.0, 0.0, None), "alpha must be positive, found 0"),
            (D::pareto(1.0, 1.0, Some(0.5)), "max must be greater than min (1s), found 500ms"),
            (D::pareto(1.0, 1.0, Some(-1.0)), "max must be positive, found -1s"),
            (D::empirical(vec![]), "empirical must not be empty"),
            (D::empirical(vec![1.0, -1.0]), "empirical value must not be negative, found -1s"),
            (D::mixture(vec![]), "mixture must not be empty"),
            (D::mixture(vec![(0.0, D::never())]), "weight must be positive, found 0"),
            (D::shifted(-1.0, D::never()), "by must not be negative, found -1s"),
        ];
        for (made, expected) in table {
            assert_eq!(made.map_err(|error| error.to_string()), Err(expected.to_string()));
        }
    }

    #[test]
    fn text_shows_what_was_given() {
        let table = [
            (D::constant(0.05), "50ms"),
            (Ok(D::never()), "never"),
            (D::uniform(0.0, 1.0), "uniform min 0s max 1s"),
            (D::exponential(0.29), "exponential mean 290ms"),
            (D::exponential(3e-8), "exponential mean 30ns"),
            (D::exponential(86400.0), "exponential mean 86400s"),
            (D::log_normal_sigma(1.5, 0.75), "logNormal median 1.5s sigma 0.75"),
            (D::log_normal_percentile(60.0, P95, 180.0), "logNormal median 60s p95 180s"),
            (D::log_normal_mean_cv(30.0, 0.5), "logNormal mean 30s cv 0.5"),
            (D::weibull(0.7, 40.0), "weibull shape 0.7 scale 40s"),
            (D::gamma(4.5, 0.0005), "gamma shape 4.5 mean 500us"),
            (D::pareto(3.0, 2.5, None), "pareto min 3s alpha 2.5"),
            (D::pareto(3.0, 2.5, Some(300.0)), "pareto min 3s alpha 2.5 max 300s"),
            (D::empirical(vec![4.0, 1.0]), "empirical 2 values from 1s to 4s"),
            (
                D::mixture(vec![(0.9, ok(D::exponential(2.0))), (0.1, ok(D::shifted(5.0, D::never())))]),
                "mixture 0.9 (exponential mean 2s) + 0.1 (shifted by 5s (never))",
            ),
        ];
        for (made, expected) in table {
            assert_eq!(ok(made).as_text(), expected);
        }
    }
}
