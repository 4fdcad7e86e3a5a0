//! One dependency in one run, in numbers: counts in integers, waits as a histogram that can be pooled over runs.

use std::collections::BTreeMap;

use super::recovery::{Recovery, RunEnd, Watcher};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::dependency::Kind;
use crate::model::shared::Shared;
use crate::station::meter::Meter;

/// Lengths of time with their exact count, sum and extremes, and quantiles within 1/128 of their value.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Lengths {
    count: u64,
    sum_ns: u128,
    /// In microseconds: squares of nanoseconds could overflow.
    sum_of_squares_us: u128,
    min_ns: u64,
    max_ns: u64,
    buckets: BTreeMap<u32, u64>,
}

/// Buckets to each doubling of the length.
const PER_OCTAVE_BITS: u32 = 7;

impl Lengths {
    /// One more length.
    pub fn add(&mut self, length: SimDuration) {
        let nanos = length.nanos();
        self.min_ns = if self.count == 0 { nanos } else { self.min_ns.min(nanos) };
        self.max_ns = self.max_ns.max(nanos);
        self.count += 1;
        self.sum_ns += u128::from(nanos);
        let micros = u128::from(nanos / 1000);
        self.sum_of_squares_us += micros * micros;
        *self.buckets.entry(bucket(nanos)).or_default() += 1;
    }

    /// Both together.
    pub fn merge(&mut self, other: &Lengths) {
        if other.count == 0 {
            return;
        }
        self.min_ns = if self.count == 0 { other.min_ns } else { self.min_ns.min(other.min_ns) };
        self.max_ns = self.max_ns.max(other.max_ns);
        self.count += other.count;
        self.sum_ns += other.sum_ns;
        self.sum_of_squares_us += other.sum_of_squares_us;
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// All together, in nanoseconds.
    pub fn sum_ns(&self) -> u128 {
        self.sum_ns
    }

    /// In seconds; none of nothing.
    pub fn mean_s(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum_ns as f64 / self.count as f64 / 1e9)
    }

    /// Standard deviation of the values in seconds, to the microsecond; none below two.
    pub fn sd_s(&self) -> Option<f64> {
        let n = self.count as f64;
        let mean = self.mean_s()?;
        let variance = (self.sum_of_squares_us as f64 / 1e12 - n * mean * mean) / (n - 1.0);
        (self.count > 1).then(|| variance.max(0.0).sqrt())
    }

    /// The shortest, in seconds; 0 of nothing.
    pub fn min_s(&self) -> f64 {
        self.min_ns as f64 / 1e9
    }

    /// The longest, in seconds; 0 of nothing.
    pub fn max_s(&self) -> f64 {
        self.max_ns as f64 / 1e9
    }

    /// The value that a share `p` of all does not exceed, in seconds: the upper end of its bucket, at most the largest.
    pub fn quantile_s(&self, p: f64) -> Option<f64> {
        let rank = ((p * self.count as f64).ceil() as u64).max(1);
        let mut below = 0;
        for (&bucket, &count) in &self.buckets {
            below += count;
            if below >= rank {
                let end = upper_end(bucket).clamp(self.min_ns, self.max_ns);
                return Some(end as f64 / 1e9);
            }
        }
        None
    }
}

fn bucket(nanos: u64) -> u32 {
    let bits = 64 - nanos.leading_zeros();
    match bits.checked_sub(PER_OCTAVE_BITS + 1) {
        None | Some(0) => nanos as u32,
        Some(shift) => (shift << PER_OCTAVE_BITS) + (nanos >> shift) as u32,
    }
}

fn upper_end(bucket: u32) -> u64 {
    let shift = (bucket >> PER_OCTAVE_BITS).saturating_sub(1);
    let mantissa = u64::from(bucket) - (u64::from(shift) << PER_OCTAVE_BITS);
    (((u128::from(mantissa) + 1) << shift) - 1) as u64
}

/// A circle of waits: who waits for what, and holds what.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Deadlock {
    pub at: SimTime,
    pub pods: Vec<DeadlockedPod>,
}

/// One pod of a circle of waits. Jobs and dependencies are positions in the scenario.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct DeadlockedPod {
    pub job: u32,
    pub ordinal: u32,
    pub waits_for: u32,
    pub holds: Vec<u32>,
}

/// What other tenants met.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct BackgroundNumbers {
    pub calls: u64,
    pub served: u64,
    pub rejected: u64,
    pub timeouts: u64,
    pub waits: Lengths,
    pub sojourns: Lengths,
}

/// One dependency in one run.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct DependencyNumbers {
    /// Tries of the Jobs' pods that were sent.
    pub calls: u64,
    /// Of these, tries after the first of a call.
    pub client_retries: u64,
    /// First tries of containers that exited 0.
    pub needed: u64,
    /// First tries of containers that did not: the Job controller (or the kubelet) has somebody do them again.
    pub repeated: u64,
    pub rejected: u64,
    pub timeouts: u64,
    /// Calls that failed without being sent, behind an open circuit breaker.
    pub short_circuited: u64,
    pub gave_up: u64,
    /// Services that ended when nobody waited for them any more.
    pub unheard: u64,
    pub deadlocks: u64,
    pub first_deadlock: Option<Deadlock>,
    pub crashes: u64,
    pub waits: Lengths,
    pub sojourns: Lengths,
    pub abandoned_waits: Lengths,
    pub background: BackgroundNumbers,
    /// The same without any Job; none where there are no other tenants.
    pub background_alone: Option<BackgroundNumbers>,
    pub peak_in_flight: u32,
    pub peak_waiting: u32,
    pub peak_arrivals_1s: u32,
    pub peak_arrivals_10s: u32,
    pub over_limit_s: f64,
    /// Time of its places that led to nothing: services that were broken off, or ended for nobody, and all of containers
    /// that did not exit 0.
    pub lost_work_s: f64,
    /// All arrivals, other tenants' too, over the length of the run.
    pub arrivals_per_s: f64,
    /// Time-weighted.
    pub mean_in_flight: f64,
    pub mean_waiting: f64,
    /// Time-weighted: share of the places in use (of a rate limit: share of the time with somebody being served).
    pub utilisation: f64,
    /// None: nothing upset it.
    pub recovery: Option<Recovery>,
    limits_rate: bool,
    places: u32,
    watcher: Watcher,
}

impl DependencyNumbers {
    pub(super) fn new(shared: &Shared, number: usize) -> DependencyNumbers {
        let (limits_rate, places) = match &shared.dependencies[number].kind {
            Kind::RateLimit(_) => (true, 1),
            Kind::Lock(_) => (false, 1),
            Kind::Pool(pool) => (false, pool.connections),
            Kind::Server(server) => (false, server.servers),
        };
        let faults = shared.faults.iter().filter(|fault| fault.dependency == number);
        let watcher = Watcher::new(faults, places);
        DependencyNumbers { limits_rate, places, watcher, ..DependencyNumbers::default() }
    }

    /// Tries that have ended in some way.
    pub(super) fn ended(&self) -> u64 {
        self.sojourns.count() + self.rejected + self.timeouts
    }

    /// Attempts for each needed call: 1 + client retries + what failed containers had done. None: nothing was needed.
    pub fn amplification(&self) -> Option<f64> {
        (self.needed > 0).then(|| self.calls as f64 / self.needed as f64)
    }

    /// After everything that happens at the station.
    pub(super) fn look(&mut self, now: SimTime, meter: &Meter) {
        self.watcher.look(now, meter);
    }

    /// A try of a Job's pod did not get in, or was thrown out.
    pub(super) fn refused(&mut self, now: SimTime) {
        self.rejected += 1;
        self.watcher.try_failed(now);
    }

    /// A try of a Job's pod was served, or what it held was given back.
    pub(super) fn served(&mut self, sojourn: SimDuration) {
        self.sojourns.add(sojourn);
        self.watcher.try_served();
    }

    /// It was busy for so long, and nothing came of it.
    pub(super) fn lose_work(&mut self, length: SimDuration) {
        self.lost_work_s += length.seconds();
    }

    /// A try of a Job's pod took too long.
    pub(super) fn timed_out(&mut self, now: SimTime) {
        self.timeouts += 1;
        self.watcher.try_failed(now);
    }

    /// The run is over.
    pub(super) fn finish(&mut self, now: SimTime, from: SimTime, meter: &Meter, end: RunEnd) {
        self.peak_in_flight = meter.peak_in_flight;
        self.peak_waiting = meter.peak_waiting;
        self.peak_arrivals_1s = meter.arrivals_1s.peak;
        self.peak_arrivals_10s = meter.arrivals_10s.peak;
        self.crashes = meter.crashes;
        self.over_limit_s = meter.over_limit_ns as f64 / 1e9;
        let length = now.since(from).nanos() as f64;
        let per_time = |sum: f64| if length > 0.0 { sum / length } else { 0.0 };
        self.arrivals_per_s = per_time(meter.arrived as f64) * 1e9;
        self.mean_waiting = per_time(meter.waiting_ns as f64);
        self.mean_in_flight = per_time((meter.waiting_ns + meter.in_service_ns) as f64);
        let used = if self.limits_rate { meter.busy_ns } else { meter.used_places_ns };
        self.utilisation = if length > 0.0 { used as f64 / length / f64::from(self.places) } else { 0.0 };
        self.recovery = self.watcher.verdict(now, meter, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_bucket() {
        let mut lengths = Lengths::default();
        let mut all: Vec<u64> = (1..=10_000u64).map(|k| k * k * 37).collect();
        all.iter().for_each(|&ns| lengths.add(SimDuration::from_nanos(ns)));
        all.sort_unstable();
        for p in [0.001, 0.5, 0.9, 0.95, 0.99, 1.0] {
            let exact = all[((p * 10_000.0_f64).ceil() as usize).max(1) - 1] as f64 / 1e9;
            let got = lengths.quantile_s(p).unwrap();
            assert!(got >= exact && got <= exact * (1.0 + 1.0 / 128.0), "{p}: {got}, exactly {exact}");
        }
        for nanos in (0..5000).chain([1 << 20, u64::MAX / 3, u64::MAX]) {
            assert!(upper_end(bucket(nanos)) >= nanos);
            assert!(nanos == 0 || upper_end(bucket(nanos - 1)) >= nanos - 1);
        }
    }

    #[test]
    fn merging_is_adding() {
        let s = SimDuration::from_seconds;
        let (mut a, mut b, mut both) = (Lengths::default(), Lengths::default(), Lengths::default());
        for (k, seconds) in [0.5, 1.0, 3.0, 0.0, 7.25].into_iter().enumerate() {
            if k % 2 == 0 {
                a.add(s(seconds))
            } else {
                b.add(s(seconds))
            }
            both.add(s(seconds));
        }
        a.merge(&b);
        assert_eq!(a, both);
        assert_eq!(both.mean_s(), Some(2.35));
        assert!((both.sd_s().unwrap() - 2.966_479_3).abs() < 1e-6);
    }
}
