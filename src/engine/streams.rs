//! Where random numbers come from: one stream for each purpose, or a value keyed by what it is for.
//!
//! [`Stream`] (ChaCha8) is read in order; streams of different purposes and replications never meet, so one
//! more draw for failures leaves every run time as it was. [`Keyed`] (Philox2x64-10) gives the value that
//! belongs to, say, attempt 2 of index 7, whatever was drawn before. Both give the same bits on every platform.
//! This is the only file that names the generator's crate. Turning a uniform into a length of time is
//! [`super::distribution`]'s work, not done here.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a random number is for. The value is part of the stream number: changing one changes every result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// When a Job is created.
    Submit = 1,
    /// From a pod's creation until it is bound to a node.
    Schedule,
    /// From bound until its container runs.
    Startup,
    /// Lengths of the `run` steps.
    Run,
    /// Whether an attempt fails.
    FailCoin,
    /// At which point of its own work it fails.
    FailPoint,
    /// Whether an attempt hangs.
    HangCoin,
    /// At which point of its own work it hangs.
    HangPoint,
    /// How long a call occupies a dependency.
    Service,
    /// Pauses before calls.
    Think,
    /// Times between arrivals of background load.
    Arrival,
    /// Which waiter is served next, where the order is random.
    Order,
    /// Jitter of retries.
    Backoff,
}

/// A sequence of random numbers for one purpose in one replication.
///
/// ChaCha with 8 rounds (D. J. Bernstein, "ChaCha, a variant of Salsa20", 2008): 2^64 streams of 2^68 words.
#[derive(Clone, Debug)]
pub struct Stream {
    generator: ChaCha8Rng,
}

impl Stream {
    /// The stream of `purpose` in replication number `replication` (below 2^56) under `seed`.
    ///
    /// Costs about 100 ns and the first number a block of 256 bytes: make one for each purpose, not for each pod.
    pub fn new(seed: u64, replication: u64, purpose: Purpose) -> Stream {
        assert!(replication < 1 << 56, "replication {replication} does not fit a stream number");
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(replication << 8 | purpose as u64);
        Stream { generator }
    }

    /// Uniform strictly inside (0, 1): one of 2^52 evenly spaced values, symmetric about 1/2.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        unit(self.bits())
    }

    /// Fills `units` with what so many calls of [`Stream::unit`] would give, with less work for each.
    #[inline]
    pub fn fill(&mut self, units: &mut [f64]) {
        const AT_ONCE: usize = 32;
        let mut bytes = [0; 8 * AT_ONCE];
        for some in units.chunks_mut(AT_ONCE) {
            let bytes = &mut bytes[..8 * some.len()];
            self.generator.fill_bytes(bytes);
            for (one, bits) in some.iter_mut().zip(bytes.as_chunks().0) {
                *one = unit(u64::from_le_bytes(*bits));
            }
        }
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }
}

/// Random numbers by key: each depends on its key only, not on what was drawn before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyed {
    key: u64,
}

impl Keyed {
    /// The numbers of replication number `replication` under `seed`.
    ///
    /// Under one seed no two replications share a key: the mixer is a bijection.
    pub fn new(seed: u64, replication: u64) -> Keyed {
        Keyed { key: splitmix64(splitmix64(seed) ^ replication) }
    }

    /// Uniform strictly inside (0, 1), on the grid of [`Stream::unit`]; a function of seed, replication,
    /// `purpose`, `hi` and `lo` alone.
    #[inline]
    pub fn unit(&self, purpose: Purpose, hi: u64, lo: u32) -> f64 {
        unit(philox2x64([hi, (purpose as u64) << 32 | lo as u64], self.key)[0])
    }
}

/// The middle of one of 2^52 equal cells of (0, 1). Exact, and so is `1.0 - unit(bits)`: 0 and 1 never occur.
#[inline]
fn unit(bits: u64) -> f64 {
    const CELL: f64 = 1.0 / (1u64 << 52) as f64;
    ((bits >> 12) as f64 + 0.5) * CELL
}

/// The output step of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
fn splitmix64(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Philox2x64 with 10 rounds (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).
#[inline]
fn philox2x64(counter: [u64; 2], key: u64) -> [u64; 2] {
    const MULTIPLIER: u64 = 0xd2b7_4407_b1ce_6e93;
    const WEYL: u64 = 0x9e37_79b9_7f4a_7c15;
    let [mut left, mut right] = counter;
    let mut round_key = key;
    for _ in 0..10 {
        let product = MULTIPLIER as u128 * left as u128;
        left = (product >> 64) as u64 ^ round_key ^ right;
        right = product as u64;
        round_key = round_key.wrapping_add(WEYL);
    }
    [left, right]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random123 1.14, tests/kat_vectors, lines "philox2x64 10".
    #[test]
    fn philox_gives_the_published_answers() {
        let ones = u64::MAX;
        assert_eq!(philox2x64([0, 0], 0), [0xca00a0459843d731, 0x66c24222c9a845b5]);
        assert_eq!(philox2x64([ones, ones], ones), [0x65b021d60cd8310f, 0x4d02f3222f86df20]);
        assert_eq!(
            philox2x64([0x243f6a8885a308d3, 0x13198a2e03707344], 0xa4093822299f31d0),
            [0x0a5e742c2997341c, 0xb0f883d38000de5d]
        );
    }

    /// First outputs of the reference splitmix64.c for seed 1234567.
    #[test]
    fn splitmix_gives_the_published_answers() {
        assert_eq!(splitmix64(1_234_567), 6_457_827_717_110_365_317);
        assert_eq!(splitmix64(1_234_567u64.wrapping_add(0x9e37_79b9_7f4a_7c15)), 3_203_168_211_198_807_973);
    }

    #[test]
    fn units_stay_inside_and_are_symmetric() {
        assert_eq!(unit(0), 1.0 / (1u64 << 53) as f64);
        assert_eq!(unit(u64::MAX), 1.0 - unit(0));
        for bits in [0, 1 << 12, 0x1234_5678_9abc_def0, u64::MAX / 2, u64::MAX] {
            assert_eq!(1.0 - unit(bits), unit(!bits));
        }
    }

    /// A change here changes every result that users have published: it needs a new minor version.
    /// The same numbers came out of a separate 20-line ChaCha8 in Python (key by rand_core's PCG32, stream number
    /// in words 14 and 15).
    #[test]
    fn first_numbers_never_change() {
        let mut stream = Stream::new(42, 0, Purpose::Run);
        let found: [u64; 5] = std::array::from_fn(|_| stream.unit().to_bits());
        assert_eq!(
            found,
            [
                0x3fed270faaa14133,
                0x3fe748d3a664ae0f,
                0x3fe42a8ff44e9f59,
                0x3fe78b8b55c73d0f,
                0x3fcea34991dcbddc,
            ]
        );
        let mut other = Stream::new(42, 3, Purpose::Backoff);
        assert_eq!(other.bits(), 0x041c_03e0_adea_03d6);
    }

    #[test]
    fn many_at_once_are_the_same_numbers() {
        let (mut one_by_one, mut at_once) =
            (Stream::new(7, 3, Purpose::Run), Stream::new(7, 3, Purpose::Run));
        for count in [1, 8, 31, 32, 33, 64, 100] {
            let mut units = vec![0.0; count];
            at_once.fill(&mut units);
            assert!(units.iter().all(|&u| u == one_by_one.unit()));
            assert_eq!(at_once.unit(), one_by_one.unit());
        }
    }

    #[test]
    fn first_keyed_numbers_never_change() {
        let keyed = Keyed::new(42, 0);
        let found: [u64; 5] = std::array::from_fn(|k| keyed.unit(Purpose::Run, 7, k as u32).to_bits());
        assert_eq!(
            found,
            [
                0x3fd4e5bdb86cb8ee,
                0x3fe002ea803989df,
                0x3fe7436ef44f5cdd,
                0x3fe6374915dee8c7,
                0x3fbc74e2dd5d7978,
            ]
        );
    }

    #[test]
    fn every_part_of_a_key_matters() {
        let base = Keyed::new(42, 3).unit(Purpose::Run, 5, 2);
        assert_eq!(base, Keyed::new(42, 3).unit(Purpose::Run, 5, 2));
        let changed = [
            Keyed::new(43, 3).unit(Purpose::Run, 5, 2),
            Keyed::new(42, 4).unit(Purpose::Run, 5, 2),
            Keyed::new(42, 3).unit(Purpose::Startup, 5, 2),
            Keyed::new(42, 3).unit(Purpose::Run, 6, 2),
            Keyed::new(42, 3).unit(Purpose::Run, 5, 3),
            // Seed and replication are not simply added up.
            Keyed::new(41, 4).unit(Purpose::Run, 5, 2),
            Keyed::new(3, 42).unit(Purpose::Run, 5, 2),
        ];
        assert!(changed.iter().all(|value| *value != base), "{base} is among {changed:?}");
    }

    #[test]
    fn streams_of_other_purposes_and_replications_are_others() {
        let first = |seed, replication, purpose| Stream::new(seed, replication, purpose).bits();
        let base = first(42, 3, Purpose::Run);
        assert_eq!(base, first(42, 3, Purpose::Run));
        assert_ne!(base, first(43, 3, Purpose::Run));
        assert_ne!(base, first(42, 4, Purpose::Run));
        assert_ne!(base, first(42, 3, Purpose::Startup));
    }

    /// Neighbouring keys must look independent: mean and lag-1 correlation of 100 000 within 5 standard errors.
    #[test]
    fn neighbouring_keys_are_uncorrelated() {
        const COUNT: usize = 100_000;
        let keyed = Keyed::new(1, 1);
        let by_index: Vec<f64> = (0..COUNT).map(|k| keyed.unit(Purpose::Run, k as u64, 0) - 0.5).collect();
        let by_attempt: Vec<f64> = (0..COUNT).map(|k| keyed.unit(Purpose::Run, 0, k as u32) - 0.5).collect();
        let by_replication: Vec<f64> =
            (0..COUNT).map(|k| Keyed::new(1, k as u64).unit(Purpose::Run, 0, 0) - 0.5).collect();
        for values in [by_index, by_attempt, by_replication] {
            let bound = 5.0 / (COUNT as f64).sqrt();
            let mean = values.iter().sum::<f64>() / COUNT as f64;
            let lag = values.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / COUNT as f64;
            assert!(mean.abs() < bound * (1.0f64 / 12.0).sqrt(), "mean {mean}");
            assert!(lag.abs() < bound / 12.0, "lag-1 product {lag}");
        }
    }
}
