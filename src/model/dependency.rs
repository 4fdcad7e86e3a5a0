//! What pods share: locks, rate limits, pools, servers; as validated values.
//!
//! Lengths are in simulated time, rates in whole nano-requests per second, so that stations can count in integers.
//! Who calls them, and what callers do when they are refused, is [`super::steps`]'.

use crate::engine::distribution::Distribution;
use crate::engine::time::SimDuration;

/// One shared thing.
#[derive(Clone, Debug)]
pub struct Dependency {
    pub name: String,
    pub kind: Kind,
    /// How long a call occupies it unless the call says so itself. None: no time at all.
    pub service: Option<Distribution>,
    pub background: Option<Background>,
    /// What becomes of the place of a caller that is gone.
    pub disconnect: Disconnect,
    /// A wait that is part of a circle makes its caller the victim this long after it began. None: nobody looks.
    pub deadlock_timeout: Option<SimDuration>,
}

/// Which kind of thing.
#[derive(Clone, Debug)]
pub enum Kind {
    Lock(Lock),
    RateLimit(RateLimit),
    Pool(Pool),
    Server(Server),
}

impl Kind {
    /// As the input writes it.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Lock(_) => "lock",
            Kind::RateLimit(_) => "rateLimit",
            Kind::Pool(_) => "pool",
            Kind::Server(_) => "server",
        }
    }
}

/// What other tenants do on it, from the start until the last Job has ended.
#[derive(Clone, Debug)]
pub struct Background {
    /// Time between arrivals.
    pub arrivals: Distribution,
    /// None: the dependency's own.
    pub service: Option<Distribution>,
    /// How long they wait and are served at most.
    pub timeout: SimDuration,
}

/// What a server does with the place of a caller whose connection is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disconnect {
    /// It is free after this time, or when its service ends, whatever is earlier.
    After(SimDuration),
    /// Its service is finished first; what has no service of its own is free after this time.
    Finish { idle: SimDuration },
    /// Seen at the next of regular looks, counted from the start of the service.
    Look { every: SimDuration, idle: SimDuration },
}

/// Who waits for what, and how long. Of every kind but rate limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queue {
    pub order: Order,
    /// Most callers that wait. None: no limit.
    pub limit: Option<u32>,
    /// [`SimDuration::NEVER`]: for ever.
    pub wait_timeout: SimDuration,
    pub timeout_per: TimeoutPer,
}

impl Queue {
    /// First come, first served, without limits.
    pub const PLAIN: Queue = Queue {
        order: Order::Fifo,
        limit: None,
        wait_timeout: SimDuration::NEVER,
        timeout_per: TimeoutPer::Wait,
    };
}

/// Who is served next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    Fifo,
    /// Each waiter with the same probability.
    Random,
}

/// What a wait time-out counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeoutPer {
    /// The whole wait.
    Wait,
    /// It starts again at every release.
    Step,
    /// As `Step`; besides, one waiter stands at the head, and whoever comes to stand there starts again
    /// (PostgreSQL: the head waits for the holder's transaction, the others for the head).
    StepAtHead,
}

/// One holder, or one writer or any number of readers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lock {
    pub queue: Queue,
    pub hold: HoldCost,
}

/// What a lock adds to the time that its holder asked for.
///
/// With H the time asked for, w the callers that wait when the hold begins, and g = 1 - exp(-H / idle_scale):
/// H + slack·H + fixed + idle_fixed·g + w·(per_waiter + idle_per_waiter·g). The idle terms are what a machine
/// costs more after it had nothing to do for a while.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HoldCost {
    pub fixed_ns: f64,
    pub per_waiter_ns: f64,
    pub idle_fixed_ns: f64,
    pub idle_per_waiter_ns: f64,
    pub idle_scale_ns: f64,
    /// As a share of the time asked for.
    pub slack: f64,
}

impl HoldCost {
    /// Nothing is added.
    pub const NONE: HoldCost = HoldCost {
        fixed_ns: 0.0,
        per_waiter_ns: 0.0,
        idle_fixed_ns: 0.0,
        idle_per_waiter_ns: 0.0,
        idle_scale_ns: 1.0,
        slack: 0.0,
    };

    /// An UPDATE of one row, with BEGIN and COMMIT (PostgreSQL 15.20, measured for H = 0, 5, 20, 300 ms and up to 200
    /// clients; all means of the measured gaps between holders within 1.6 %).
    pub const POSTGRES_ROW: HoldCost = HoldCost {
        fixed_ns: 300_000.0,
        per_waiter_ns: 4_200.0,
        idle_fixed_ns: 1_690_000.0,
        idle_per_waiter_ns: 12_260.0,
        idle_scale_ns: 11_600_000.0,
        slack: 0.001,
    };

    /// pg_advisory_xact_lock (measured at H = 20 ms: 0.95 ms whatever the number of waiters; the form is the row's).
    pub const POSTGRES_ADVISORY: HoldCost = HoldCost {
        fixed_ns: 160_000.0,
        per_waiter_ns: 0.0,
        idle_fixed_ns: 940_000.0,
        idle_per_waiter_ns: 0.0,
        idle_scale_ns: 11_600_000.0,
        slack: 0.001,
    };

    /// The whole hold.
    pub fn total(&self, asked: SimDuration, waiters: u32) -> SimDuration {
        if asked.is_never() || *self == HoldCost::NONE {
            return asked;
        }
        let h = asked.nanos() as f64;
        let g = 1.0 - libm::exp(-h / self.idle_scale_ns);
        let per_waiter = self.per_waiter_ns + self.idle_per_waiter_ns * g;
        let added = h * self.slack + self.fixed_ns + self.idle_fixed_ns * g + f64::from(waiters) * per_waiter;
        asked + SimDuration::from_nanos(added.round() as u64)
    }
}

/// Whether others may hold a lock at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Exclusive,
    /// Together with other readers.
    Shared,
}

/// Requests a second at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimit {
    pub rule: LimitRule,
    pub on_limit: OnLimit,
    pub scope: Scope,
    /// Refusals say when to come again.
    pub retry_after: RetryAfter,
}

/// How requests are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitRule {
    /// A bucket of `burst` tokens, full at the start, refilled at `rate`.
    TokenBucket { rate: Rate, burst: u32 },
    /// At most `requests` between two multiples of `length`.
    FixedWindow { requests: u32, length: SimDuration },
    /// At most `requests` in any `length`.
    SlidingWindow { requests: u32, length: SimDuration },
    /// nginx limit_req: a whole number of thousandths of a request above the rate, on a clock of milliseconds.
    /// Requests beyond `delay` wait; [`u32::MAX`]: none does (nodelay).
    /// The rate in thousandths of a request a second.
    Nginx { rate_milli: u32, burst: u32, delay: u32 },
}

/// A rate as a whole number of nano-requests per second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rate(pub u64);

impl Rate {
    /// `per_second` requests a second, rounded to 1e-9; at least that.
    pub fn per_second(per_second: f64) -> Rate {
        Rate(((per_second * 1e9).round() as u64).max(1))
    }

    /// In requests a second.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

/// What happens to a request above the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnLimit {
    Reject,
    /// It waits for its turn, in order; at most so many, and at most so long.
    Delay {
        limit: Option<u32>,
        wait_timeout: SimDuration,
    },
}

/// What has a limit of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    Global,
    /// Each pod.
    Client,
}

/// Whether a refusal names a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetryAfter {
    Absent,
    /// Until the next request would pass.
    Exact,
    /// The same, rounded up to whole seconds, as in HTTP.
    WholeSeconds,
}

/// Connections.
#[derive(Clone, Debug)]
pub struct Pool {
    pub connections: u32,
    pub queue: Queue,
    /// Before each use: the connection is opened, and occupied meanwhile.
    pub setup: Option<Distribution>,
}

/// Servers that work.
#[derive(Clone, Debug)]
pub struct Server {
    pub servers: u32,
    pub discipline: Discipline,
    pub queue: Queue,
    pub load: LoadCurve,
    pub crash: Option<Crash>,
}

/// How the servers are shared out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Discipline {
    /// Each serves one, the others wait.
    Fifo,
    /// All inside are served at once and share the servers; `most` inside, the others wait.
    Sharing { most: Option<u32> },
}

/// How the speed of each of n that are served at once falls with n.
#[derive(Clone, PartialEq, Debug)]
pub enum LoadCurve {
    Flat,
    /// 1 / (1 + contention (n-1) + coherency n (n-1)) (N. Gunther, universal scalability law: throughput by n).
    Scalability {
        contention: f64,
        coherency: f64,
    },
    /// (n, throughput relative to that of one alone), rising n, linear between, constant beyond.
    Table(Vec<(u32, f64)>),
}

impl LoadCurve {
    /// Speed of each of `n`, relative to one alone.
    pub fn speed(&self, n: u32) -> f64 {
        let count = f64::from(n);
        match self {
            LoadCurve::Flat => 1.0,
            LoadCurve::Scalability { contention, coherency } => {
                1.0 / (1.0 + contention * (count - 1.0) + coherency * count * (count - 1.0))
            }
            LoadCurve::Table(points) => {
                let next = points.partition_point(|&(at, _)| at <= n);
                let throughput = match (next.checked_sub(1).map(|i| points[i]), points.get(next)) {
                    (None, Some(&(at, value))) => value * count / f64::from(at),
                    (Some((_, value)), None) => value,
                    (Some((a, low)), Some(&(b, high))) => {
                        low + (high - low) * (count - f64::from(a)) / f64::from(b - a)
                    }
                    (None, None) => count,
                };
                throughput / count
            }
        }
    }
}

/// Above `in_flight` callers the server crashes.
#[derive(Clone, Debug)]
pub struct Crash {
    pub in_flight: u32,
    /// Until it answers again.
    pub recovery: Distribution,
    /// For `cold_for` after that it works slower by `cold_factor`.
    pub cold_for: SimDuration,
    pub cold_factor: f64,
}

/// What the timeline does to a dependency.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Fault {
    /// Everybody inside is thrown out, and nobody gets in.
    Down,
    /// Everybody inside stays there without progress, and so do those who come: it does not answer.
    Silent,
    /// Work takes `factor` times as long.
    Slow { factor: f64 },
    /// Another rate, or another number of places.
    Limit(NewLimit),
}

/// A lower (or higher) limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewLimit {
    Rate(Rate),
    Places(u32),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Means of the measured gaps between two holders of a hot row, by time asked for and number of waiters
    /// (PostgreSQL 15.20: A1, A2 and A3 of the reference measurements, several hundred gaps each).
    #[test]
    fn a_hot_row_costs_what_was_measured() {
        let measured = [
            (5.0, 1.3, 5.862),
            (5.0, 18.3, 6.065),
            (5.0, 46.3, 6.392),
            (5.0, 98.1, 6.812),
            (5.0, 178.9, 7.341),
            (20.0, 10.5, 21.76),
            (20.0, 39.5, 22.265),
            (20.0, 96.1, 23.073),
            (20.0, 178.9, 24.294),
            (300.0, 9.0, 302.83),
        ];
        for (hold_ms, waiters, gap_ms) in measured {
            let hold = SimDuration::from_seconds(hold_ms / 1000.0);
            let got = HoldCost::POSTGRES_ROW.total(hold, f64::round(waiters) as u32).seconds() * 1000.0;
            assert!((got / gap_ms - 1.0).abs() < 0.02, "{hold_ms} ms, {waiters}: {got}, measured {gap_ms}");
        }
        let advisory = HoldCost::POSTGRES_ADVISORY.total(SimDuration::from_seconds(0.02), 90).seconds();
        assert!((advisory - 0.020_95).abs() < 0.000_1, "{advisory}");
    }

    #[test]
    fn nothing_is_added_to_a_plain_hold() {
        let hold = SimDuration::from_nanos(12_345);
        assert_eq!(HoldCost::NONE.total(hold, 1000), hold);
        assert!(HoldCost::POSTGRES_ROW.total(SimDuration::NEVER, 3).is_never());
    }
}
