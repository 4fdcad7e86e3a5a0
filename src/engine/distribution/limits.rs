//! Which parameters make a distribution, and how a refusal reads.

use std::fmt;

use Quantity::{Number, Seconds};

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
pub(super) const LEAST: f64 = 1e-12;
pub(super) const MOST: f64 = 1e12;
/// A gamma distribution's shape: see [`GammaFunction::new`].
pub(super) const GAMMA_SHAPE: (f64, f64) = (0.01, 1e6);

pub(super) fn within(
    parameter: &'static str,
    found: Quantity,
    least: f64,
    most: f64,
) -> Result<f64, DistributionError> {
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

pub(super) fn positive(parameter: &'static str, found: Quantity) -> Result<f64, DistributionError> {
    within(parameter, found, LEAST, MOST)
}

pub(super) fn length(parameter: &'static str, seconds: f64) -> Result<f64, DistributionError> {
    let found = Seconds(seconds);
    if seconds.is_nan() || seconds < 0.0 {
        Err(DistributionError::Negative { parameter, found })
    } else if seconds > MOST {
        Err(DistributionError::OutOfRange { parameter, found, least: Seconds(0.0), most: Seconds(MOST) })
    } else {
        Ok(seconds)
    }
}

pub(super) fn above(
    (parameter, found): (&'static str, f64),
    (bound_name, bound): (&'static str, f64),
) -> Result<(), DistributionError> {
    if found > bound {
        return Ok(());
    }
    Err(DistributionError::NotAbove { parameter, found: Seconds(found), bound_name, bound: Seconds(bound) })
}
