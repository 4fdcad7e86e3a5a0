//! Random lengths of time: the distributions a scenario can name, each sampled from exactly one uniform.
//!
//! Sampling inverts the distribution function, so that variants of a scenario stay in step (common random
//! numbers) and `1 - u` mirrors `u` (antithetic runs). Relies on `libm` and `super::special` only: the same
//! bits on every platform. Constructors check every parameter, so a [`Distribution`] cannot be wrong.
//! Parameters are seconds. It draws nothing itself (see [`super::streams`]) and does not read scenario files.
//!
//! The types are here; `limits` says which parameters there are, `make` makes them, `sample` draws, `law` is what can be
//! said without drawing.

mod law;
mod limits;
mod make;
mod sample;
#[cfg(test)]
mod tests;

use super::special::GammaFunction;
pub use limits::{DistributionError, Quantity};

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
