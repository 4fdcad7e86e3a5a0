//! Against scipy, against itself, and bits that never change.

use super::super::streams::{Purpose, Stream};
use super::Percentile::{P90, P95, P99};
use super::limits::{GAMMA_SHAPE, LEAST, MOST};
use super::*;
use crate::engine::time::SimDuration;

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
            [8.941503089151352, 14.64714367824963, 26.832815729997474, 49.15634172887704, 80.52337429414632],
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
            [8.632173941437435, 18.89234874278652, 35.399881780020706, 52.820019138147416, 66.54905396800197],
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
            [0.3015100756050431, 3.160815469734791, 20.794415416798365, 69.07755278982138, 138.1551055796427],
        ),
        (
            ok(D::gamma(4.5, 30.0)),
            30.0,
            [6.959669119569091, 13.893863360487025, 27.80944230750985, 48.94552191086613, 72.21998111153975],
        ),
        (
            ok(D::gamma(250.0, 30.0)),
            30.0,
            [25.76325256647478, 27.595567195032004, 29.96000949533243, 32.455818492589, 34.58956875069927],
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
            [3.02999697000303, 3.329633740288568, 5.9405940594059405, 27.52293577981652, 150.75376884422087],
        ),
        (
            ok(D::pareto(3.0, 1.5, Some(30.0))),
            6.354910005268882,
            [3.019525194260346, 3.2107813224465076, 4.664380493136099, 11.783514802998145, 25.10587221152526],
        ),
        (ok(D::empirical(vec![4.0, 1.0, 2.5, 2.5, 10.0])), 4.0, [1.0, 1.0, 2.5, 10.0, 10.0]),
        (
            ok(D::mixture(vec![(3.0, ok(D::exponential(20.0))), (1.0, ok(D::uniform(2.0, 5.0)))])),
            15.875,
            [0.2684604066428138, 2.2445628153855433, 8.10930216216329, 40.29806041084531, 86.3497622707262],
        ),
        (
            ok(D::shifted(5.0, ok(D::exponential(20.0)))),
            25.0,
            [5.201006717070029, 7.107210313156527, 18.862943611198908, 51.05170185988092, 97.10340371976181],
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
        let mut draws: Vec<f64> = (0..DRAWS).map(|_| distribution.sample_seconds(stream.unit())).collect();
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
        let us: Vec<f64> =
            edges.into_iter().chain(inside).chain(edges.into_iter().rev().map(|edge| 1.0 - edge)).collect();
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
            made.extend([D::pareto(a, b, Some(a.next_up())), D::log_normal_percentile(a, P90, a.next_up())]);
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
