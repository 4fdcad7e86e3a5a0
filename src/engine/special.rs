//! Special functions that the distributions need: normal and gamma, both ways.
//!
//! Relies on `libm` alone, so that a sample has the same bits on every platform (the system's logarithm and
//! exponential differ between platforms in the last bit). Knows nothing of time or of random numbers.
//! Relative errors are below 1e-15 (normal) and about 1e-13 (gamma); the tests say against what.

// The coefficients stand here with all the digits that were published.
#![allow(clippy::excessive_precision)]

use libm::{erfc, exp, fabs, lgamma, log, log1p, sqrt};

/// The standard normal distribution function.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The inverse of [`normal_cdf`] for `p` in (0, 1).
///
/// PPND16 of M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
/// Applied Statistics 37 (1988) 477-484; relative error about 1e-16.
#[inline]
pub fn normal_quantile(p: f64) -> f64 {
    let from_middle = p - 0.5;
    if fabs(from_middle) <= 0.425 {
        let r = 0.180_625 - from_middle * from_middle;
        return from_middle * ratio(r, &MIDDLE);
    }
    let r = sqrt(-log(if from_middle < 0.0 { p } else { 1.0 - p }));
    let z = if r <= 5.0 { ratio(r - 1.6, &TAIL) } else { ratio(r - 5.0, &FAR_TAIL) };
    if from_middle < 0.0 { -z } else { z }
}

/// Numerator and denominator of a rational function, highest power first.
type Rational = ([f64; 8], [f64; 8]);

#[inline]
fn ratio(x: f64, (numerator, denominator): &Rational) -> f64 {
    horner(x, numerator) / horner(x, denominator)
}

#[inline]
fn horner(x: f64, coefficients: &[f64; 8]) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

const MIDDLE: Rational = (
    [
        2.509_080_928_730_122_672_7e3,
        3.343_057_558_358_812_810_5e4,
        6.726_577_092_700_870_085_3e4,
        4.592_195_393_154_987_145_7e4,
        1.373_169_376_550_946_112_5e4,
        1.971_590_950_306_551_442_7e3,
        1.331_416_678_917_843_774_5e2,
        3.387_132_872_796_366_608_0e0,
    ],
    [
        5.226_495_278_852_854_561_0e3,
        2.872_908_573_572_194_267_4e4,
        3.930_789_580_009_271_061_0e4,
        2.121_379_430_158_659_586_7e4,
        5.394_196_021_424_751_107_7e3,
        6.871_870_074_920_579_083_0e2,
        4.231_333_070_160_091_125_2e1,
        1.0,
    ],
);

const TAIL: Rational = (
    [
        7.745_450_142_783_414_076_4e-4,
        2.272_384_498_926_918_458_7e-2,
        2.417_807_251_774_506_117_7e-1,
        1.270_458_252_452_368_382_6e0,
        3.647_848_324_763_204_605_0e0,
        5.769_497_221_460_691_405_5e0,
        4.630_337_846_156_545_295_9e0,
        1.423_437_110_749_683_577_3e0,
    ],
    [
        1.050_750_071_644_416_843_2e-9,
        5.475_938_084_995_344_946_0e-4,
        1.519_866_656_361_645_719_7e-2,
        1.481_039_764_274_800_745_9e-1,
        6.897_673_349_851_000_455_0e-1,
        1.676_384_830_183_803_849_4e0,
        2.053_191_626_637_758_821_9e0,
        1.0,
    ],
);

const FAR_TAIL: Rational = (
    [
        2.010_334_399_292_288_132_7e-7,
        2.711_555_568_743_487_578_2e-5,
        1.242_660_947_388_078_438_6e-3,
        2.653_218_952_657_612_309_3e-2,
        2.965_605_718_285_048_912_3e-1,
        1.784_826_539_917_291_335_8e0,
        5.463_784_911_164_114_369_9e0,
        6.657_904_643_501_103_777_2e0,
    ],
    [
        2.044_263_103_389_939_785_6e-15,
        1.421_511_758_316_445_888_7e-7,
        1.846_318_317_510_054_681_8e-5,
        7.868_691_311_456_132_591_0e-4,
        1.487_536_129_085_061_502_5e-2,
        1.369_298_809_227_358_053_0e-1,
        5.998_322_065_558_879_376_9e-1,
        1.0,
    ],
);

/// The gamma distribution with scale 1, with what evaluations share worked out once.
#[derive(Clone, Debug, PartialEq)]
pub struct GammaFunction {
    shape: f64,
    /// ln of x^a e^-x / Γ(a+1) at x = a when `shape` is at least [`STIRLING_FROM`], else -ln Γ(a+1).
    ln_factor: f64,
}

/// From this shape on Stirling's series with the terms in [`stirling_remainder`] is exact to 2e-14.
const STIRLING_FROM: f64 = 10.0;

impl GammaFunction {
    /// For `shape` within [0.01, 1e6]: below it small upper tails lose digits, above it the sums get long
    /// (their length grows with the root of the shape).
    pub fn new(shape: f64) -> GammaFunction {
        let ln_factor = if shape < STIRLING_FROM {
            -lgamma(shape + 1.0)
        } else {
            -0.5 * log(2.0 * std::f64::consts::PI * shape) - stirling_remainder(shape)
        };
        GammaFunction { shape, ln_factor }
    }

    /// The shape parameter, without unit.
    pub fn shape(&self) -> f64 {
        self.shape
    }

    /// The distribution function P(a, x).
    pub fn cdf(&self, x: f64) -> f64 {
        if x <= 0.0 {
            0.0
        } else if x.is_infinite() {
            1.0
        } else {
            self.both_tails(x, self.factor(x)).0
        }
    }

    /// The inverse of [`GammaFunction::cdf`] for `p` in (0, 1).
    ///
    /// Newton's method for ln P (below the median) or ln Q (above it) as a function of t = ln x. The density
    /// of t is log-concave, hence so are P and Q (Prékopa 1973): after the first step all are on one side of
    /// the root and converge. From the first guesses below, at most five steps were needed over a grid of
    /// 120 000 pairs of shape and `p`, none longer than 1.
    pub fn quantile(&self, p: f64) -> f64 {
        const MOST_STEPS: usize = 20;
        let lower = p <= 0.5;
        let target = log(if lower { p } else { 1.0 - p });
        // ln P has curvature up to √a in t, so that a step this small is followed by an error below the last bit.
        let small_enough = 1e-9 / sqrt(1.0 + self.shape);
        let mut x = self.first_guess(p);
        for _ in 0..MOST_STEPS {
            if x < f64::MIN_POSITIVE {
                return x;
            }
            let factor = self.factor(x);
            let (below, above) = self.both_tails(x, factor);
            let slope = self.shape * factor;
            let step = if lower {
                (target - log(below)) * below / slope
            } else {
                (log(above) - target) * above / slope
            };
            x *= exp(step);
            if fabs(step) <= small_enough {
                break;
            }
        }
        x
    }

    /// x^a e^-x / Γ(a+1).
    ///
    /// For large shapes by way of x/a as in DiDonato & Morris, "Computation of the incomplete gamma function
    /// ratios and their inverse", ACM TOMS 12 (1986): the three large terms would cancel.
    fn factor(&self, x: f64) -> f64 {
        let a = self.shape;
        if a < STIRLING_FROM {
            exp(a * log(x) - x + self.ln_factor)
        } else {
            let excess = (x - a) / a;
            exp(a * (log1p(excess) - excess) + self.ln_factor)
        }
    }

    /// P(a, x) and Q(a, x) = 1 - P. The smaller is computed, roughly; `factor` is [`GammaFunction::factor`] at `x`.
    fn both_tails(&self, x: f64, factor: f64) -> (f64, f64) {
        if x < self.shape + 1.0 {
            let below = factor * self.series(x);
            (below, 1.0 - below)
        } else {
            let above = self.shape * factor * self.continued_fraction(x);
            (1.0 - above, above)
        }
    }

    /// 1 + x/(a+1) + x²/((a+1)(a+2)) + ..., DLMF 8.11.4.
    fn series(&self, x: f64) -> f64 {
        let mut divisor = self.shape;
        let mut term = 1.0;
        let mut sum = 1.0;
        while term > sum * f64::EPSILON * 0.1 {
            divisor += 1.0;
            term *= x / divisor;
            sum += term;
        }
        sum
    }

    /// 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...))), DLMF 8.9.2, by Lentz's method.
    fn continued_fraction(&self, x: f64) -> f64 {
        // Stands for a zero denominator, which the method must not divide by.
        const TINY: f64 = 1e-300;
        let nonzero = |value: f64| if fabs(value) < TINY { TINY } else { value };
        let mut b = x + 1.0 - self.shape;
        let mut c = 1.0 / TINY;
        let mut d = 1.0 / nonzero(b);
        let mut fraction = d;
        let mut n = 0.0;
        loop {
            n += 1.0;
            let numerator = -n * (n - self.shape);
            b += 2.0;
            d = 1.0 / nonzero(numerator * d + b);
            c = nonzero(b + numerator / c);
            let change = c * d;
            fraction *= change;
            if fabs(change - 1.0) <= f64::EPSILON || n > 1e6 {
                return fraction;
            }
        }
    }

    /// Wilson and Hilferty (1931) for shapes from 1; below, and far in the lower tail, by the leading power of x.
    fn first_guess(&self, p: f64) -> f64 {
        let a = self.shape;
        if a < 1.0 {
            // Press et al., Numerical Recipes, 3rd ed., section 6.2.1.
            let edge = 1.0 - a * (0.253 + a * 0.12);
            return if p < edge { exp(log(p / edge) / a) } else { 1.0 - log1p(-(p - edge) / (1.0 - edge)) };
        }
        let c = 1.0 / (9.0 * a);
        let root = 1.0 - c + normal_quantile(p) * sqrt(c);
        if root > 0.2 { a * root * root * root } else { exp((log(p) + lgamma(a + 1.0)) / a) }
    }
}

/// ln Γ(a+1) less ½ ln(2πa) + a ln a - a, DLMF 5.11.1.
fn stirling_remainder(a: f64) -> f64 {
    let s = 1.0 / (a * a);
    (1.0 / 12.0 - s * (1.0 / 360.0 - s * (1.0 / 1260.0 - s * (1.0 / 1680.0 - s * (1.0 / 1188.0))))) / a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: f64, expected: f64, tolerance: f64, what: &str) {
        assert!(
            (found - expected).abs() <= tolerance * expected.abs(),
            "{what}: {found:e}, not {expected:e}"
        );
    }

    /// mpmath 1.4.1 with 40 digits: scipy's norm.ppf, then Newton's method on ncdf.
    #[test]
    fn normal_agrees_with_mpmath() {
        let table = [
            (1e-300, -37.0470962993612),
            (1e-15, -7.941345326170997),
            (1e-06, -4.753424308822899),
            (0.01, -2.326347874040841),
            (0.07, -1.4757910281791706),
            (0.08, -1.4050715603096327),
            (0.3, -0.5244005127080408),
            (0.5, 0.0),
            (0.925, 1.4395314709384561),
            (0.93, 1.475791028179171),
            (0.999, 3.090232306167813),
            (0.9999999999, 6.361340889697422),
        ];
        for (p, z) in table {
            assert_close(normal_quantile(p), z, 1e-15, &format!("quantile at {p}"));
            // The cdf magnifies an error of z by z² in the tail.
            assert_close(normal_cdf(z), p, 1e-15 * (1.0 + z * z), &format!("cdf at {z}"));
        }
    }

    /// mpmath 1.4.1 with 40 digits: scipy's gamma.ppf, then Newton's method on gammainc (shape 1e6: on the
    /// series; there scipy itself is 5e-11 off at p = 1e-10).
    #[test]
    fn gamma_agrees_with_mpmath() {
        let table = [
            (0.01, 0.5, 4.465535018910355e-31),
            (0.01, 0.999, 1.5090841476947499),
            (0.3, 1e-09, 6.972699096409345e-31),
            (0.99, 0.3, 0.35006856369240064),
            (1.0, 0.999999999, 20.723265865228342),
            (2.0, 0.5001, 1.6786661754757524),
            (9.99, 0.5, 9.658716737892346),
            (10.0, 0.5, 9.668714614714132),
            (10.0, 1e-15, 0.14511166813065002),
            (300.0, 0.999, 356.3855814426481),
            (1e6, 1e-10, 993651.8087301997),
            (1e6, 0.5, 999999.6666666864),
            (1e6, 0.999, 1003093.0823698544),
        ];
        for (shape, p, x) in table {
            let (gamma, what) = (GammaFunction::new(shape), format!("shape {shape} at {p}"));
            assert_close(gamma.quantile(p), x, 2e-13, &what);
            // For a great shape a rounded x is itself off by √shape rounding errors of the probability.
            assert_close(gamma.cdf(x), p, 1e-13 + 1e-14 * shape.sqrt(), &what);
        }
    }
}
