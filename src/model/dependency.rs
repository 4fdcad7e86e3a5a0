//! What pods share: locks, rate limits, pools, servers; as validated values.
//!
//! Lengths are in simulated time, rates in whole nano-requests per second, so that stations can count in integers.
//! Who calls them, and what callers do when they are refused, is [`super::steps`]'.

pub use super::hold_cost::HoldCost;
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
    /// Whoever holds it this long without giving it back loses it (a lease; PostgreSQL:
    /// idle_in_transaction_session_timeout). None: it is held for as long as the holder likes.
    pub hold_timeout: Option<SimDuration>,
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
