//! Stations against closed forms, tables and each other. [`Lab`] drives one station with the engine's event queue.

use super::limiter::{Limiter, Offer};
use super::{Access, Caller, Effect, Request, Station, What};
use crate::engine::distribution::Distribution;
use crate::engine::queue::{Class, EventQueue};
use crate::engine::streams::{Purpose, Stream};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::dependency::*;

/// One station, its callers and an event queue.
struct Lab {
    station: Station,
    queue: EventQueue,
    now: SimTime,
    effects: Vec<Effect>,
    /// When each caller came; by caller.
    came: Vec<SimTime>,
    free: Vec<Caller>,
}

const TIMER: u32 = 0;
const ARRIVAL: u32 = 1;

impl Lab {
    fn new(kind: Kind, replication: u64) -> Lab {
        let dependency = Dependency {
            name: "d".to_string(),
            kind,
            service: None,
            background: None,
            disconnect: Disconnect::After(SimDuration::ZERO),
            deadlock_timeout: None,
        };
        Lab {
            station: Station::new(&dependency, Stream::new(7, replication, Purpose::Order)),
            queue: EventQueue::default(),
            now: SimTime::ZERO,
            effects: Vec::new(),
            came: Vec::new(),
            free: Vec::new(),
        }
    }

    fn arrive(&mut self, service: SimDuration) -> Caller {
        self.arrive_with(Request::of(Some(service)))
    }

    fn arrive_with(&mut self, request: Request) -> Caller {
        let caller = self.free.pop().unwrap_or_else(|| {
            self.came.push(self.now);
            self.came.len() as Caller - 1
        });
        self.came[caller as usize] = self.now;
        self.station.arrive(self.now, caller, request, &mut self.effects);
        caller
    }

    fn timer(&mut self) {
        let at = self.station.next_event();
        self.queue.push(at.max(self.now), Class::Cluster, TIMER);
    }

    /// Open arrivals with the given laws until `count` have come; mean of wait and of sojourn of those served.
    fn open(mut self, between: &Distribution, service: &Distribution, count: u64, replication: u64) -> Open {
        let mut arrivals = Stream::new(11, replication, Purpose::Arrival);
        let mut services = Stream::new(11, replication, Purpose::Service);
        let mut came = 0;
        self.queue.push(SimTime::ZERO + between.sample(arrivals.unit()), Class::Cluster, ARRIVAL);
        let mut sojourns = 0u128;
        while let Some(due) = self.queue.take() {
            self.now = due.at;
            if due.payload == ARRIVAL {
                came += 1;
                self.arrive(service.sample(services.unit()));
                if came < count {
                    let next = self.now + between.sample(arrivals.unit());
                    self.queue.push(next, Class::Cluster, ARRIVAL);
                }
            } else if self.station.next_event() > self.now {
                continue;
            } else {
                self.station.on_timer(self.now, &mut self.effects);
            }
            for effect in std::mem::take(&mut self.effects) {
                self.free.push(effect.caller);
                if effect.what == What::Done {
                    sojourns += u128::from(self.now.since(self.came[effect.caller as usize]).nanos());
                }
            }
            self.timer();
        }
        let meter = self.station.meter();
        assert!(meter.is_conserved() && meter.inside() == 0);
        // Little's law, in integers: nobody is left, so every wait has ended.
        assert_eq!(meter.waiting_ns, meter.ended_waits_ns);
        assert_eq!(meter.in_service_ns, meter.ended_services_ns);
        assert_eq!(meter.waiting_ns + meter.in_service_ns, sojourns);
        let served = meter.served as f64;
        Open {
            wait: meter.waiting_ns as f64 / 1e9 / (served + meter.timed_out as f64),
            sojourn: sojourns as f64 / 1e9 / served,
            refused: meter.refused as f64 / meter.arrived as f64,
            busy: meter.busy_ns as f64 / self.now.nanos() as f64,
            in_service: meter.in_service_ns as f64 / self.now.nanos() as f64,
        }
    }
}

struct Open {
    wait: f64,
    sojourn: f64,
    refused: f64,
    busy: f64,
    in_service: f64,
}

/// Mean over replications within four standard errors of the truth; fixed seeds, so it always or never fails.
#[track_caller]
fn close(what: &str, truth: f64, run: impl Fn(u64) -> f64) {
    const RUNS: u64 = 40;
    let values: Vec<f64> = (0..RUNS).map(run).collect();
    let mean = values.iter().sum::<f64>() / RUNS as f64;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (RUNS - 1) as f64;
    let error = (variance / RUNS as f64).sqrt();
    assert!((mean - truth).abs() < 4.0 * error, "{what}: {mean} ± {error}, expected {truth}");
    // A test that would accept anything is none.
    assert!(error < 0.02 * truth, "{what}: error {error} of {truth} is too large to say anything");
}

fn exponential(mean: f64) -> Distribution {
    Distribution::exponential(mean).unwrap()
}

fn constant(seconds: f64) -> Distribution {
    Distribution::constant(seconds).unwrap()
}

fn seconds(s: f64) -> SimDuration {
    SimDuration::from_seconds(s)
}

fn at(s: f64) -> SimTime {
    SimTime::from_seconds(s)
}

fn servers(servers: u32, discipline: Discipline, limit: Option<u32>) -> Kind {
    Kind::Server(Server {
        servers,
        discipline,
        queue: Queue { limit, ..Queue::PLAIN },
        load: LoadCurve::Flat,
        crash: None,
    })
}

fn lock(order: Order, timeout: f64, per: TimeoutPer) -> Kind {
    let queue = Queue { order, limit: None, wait_timeout: seconds(timeout), timeout_per: per };
    Kind::Lock(Lock { queue, hold: HoldCost::NONE })
}

fn token_bucket(rate: f64, burst: u32, on_limit: OnLimit) -> Kind {
    let rule = LimitRule::TokenBucket { rate: Rate::per_second(rate), burst };
    Kind::RateLimit(RateLimit { rule, on_limit, scope: Scope::Global, retry_after: RetryAfter::Exact })
}

const DELAY: OnLimit = OnLimit::Delay { limit: None, wait_timeout: SimDuration::NEVER };

#[test]
fn mm1_and_mmc_waits() {
    // Wq = rho / (mu - lambda) for one server; C(c, a) / (c mu - lambda) for c, with C(10, 8) = 0.409180.
    let one = |r| Lab::new(servers(1, Discipline::Fifo, None), r);
    close("M/M/1 wait", 1.0, |r| one(r).open(&exponential(2.0), &exponential(1.0), 20_000, r).wait);
    close("M/M/1 busy", 0.5, |r| one(r).open(&exponential(2.0), &exponential(1.0), 20_000, r).busy);
    let ten = |r| Lab::new(servers(10, Discipline::Fifo, None), r);
    close("M/M/10 wait", 0.409_180 / 2.0, |r| {
        ten(r).open(&exponential(0.125), &exponential(1.0), 40_000, r).wait
    });
}

#[test]
fn random_order_changes_no_mean() {
    let open = |r| {
        Lab::new(lock(Order::Random, f64::INFINITY, TimeoutPer::Wait), r).open(
            &exponential(2.0),
            &exponential(1.0),
            20_000,
            r,
        )
    };
    close("M/M/1 wait in random order", 1.0, |r| open(r).wait);
}

/// Pollaczek 1930, Khinchine 1932: Wq = lambda E[S^2] / (2 (1 - rho)).
#[test]
fn mg1_waits() {
    let laws = [
        ("constant", constant(1.0), 1.0),
        ("uniform", Distribution::uniform(0.0, 2.0).unwrap(), 4.0 / 3.0),
        ("gamma", Distribution::gamma(4.0, 1.0).unwrap(), 1.25),
        ("logNormal", Distribution::log_normal_mean_cv(1.0, 1.2).unwrap(), 2.44),
    ];
    for (name, law, second_moment) in laws {
        let truth = 0.5 * second_moment / (2.0 * 0.5);
        close(name, truth, |r| {
            Lab::new(servers(1, Discipline::Fifo, None), r).open(&exponential(2.0), &law, 20_000, r).wait
        });
    }
}

/// Mean sojourn E[S] / (1 - rho), whatever the law of S.
#[test]
fn mg1_processor_sharing() {
    for law in [exponential(1.0), constant(1.0), Distribution::log_normal_mean_cv(1.0, 1.5).unwrap()] {
        close("M/G/1-PS sojourn", 2.0, |r| {
            Lab::new(servers(1, Discipline::Sharing { most: None }, None), r)
                .open(&exponential(2.0), &law, 20_000, r)
                .sojourn
        });
    }
}

/// Erlang 1917; the share lost does not depend on the law of service (Sevastyanov 1957). B(10, 8) = 0.121661.
#[test]
fn erlang_b_is_insensitive() {
    for law in [exponential(1.0), constant(1.0), Distribution::log_normal_mean_cv(1.0, 1.5).unwrap()] {
        close("Erlang B", 0.121_661, |r| {
            Lab::new(servers(10, Discipline::Fifo, Some(0)), r)
                .open(&exponential(0.125), &law, 20_000, r)
                .refused
        });
    }
}

#[test]
fn mg_infinity_serves_lambda_times_s_at_once() {
    close("M/G/inf", 8.0, |r| {
        Lab::new(servers(1_000_000, Discipline::Fifo, None), r)
            .open(&exponential(0.125), &Distribution::gamma(2.0, 1.0).unwrap(), 20_000, r)
            .in_service
    });
}

/// `count` clients that think and call for ever, until `end`.
fn closed(kind: Kind, count: u32, think: &Distribution, service: &Distribution, end: f64, r: u64) -> Lab {
    let mut lab = Lab::new(kind, r);
    let mut thinks = Stream::new(13, r, Purpose::Think);
    let mut services = Stream::new(13, r, Purpose::Service);
    let after = |lab: &mut Lab, client: u32, thinks: &mut Stream| {
        let at = lab.now + think.sample(thinks.unit());
        lab.queue.push(at, Class::Cluster, ARRIVAL + client);
    };
    for client in 0..count {
        after(&mut lab, client, &mut thinks);
    }
    while let Some(due) = lab.queue.take() {
        if due.at > at(end) {
            break;
        }
        lab.now = due.at;
        if due.payload >= ARRIVAL {
            let request = Request::of(Some(service.sample(services.unit())));
            lab.station.arrive(lab.now, due.payload - ARRIVAL, request, &mut lab.effects);
        } else if lab.station.next_event() <= lab.now {
            lab.station.on_timer(lab.now, &mut lab.effects);
        } else {
            continue;
        }
        for effect in std::mem::take(&mut lab.effects) {
            after(&mut lab, effect.caller, &mut thinks);
        }
        lab.timer();
    }
    lab.now = at(end);
    lab.station.settle(lab.now);
    assert!(lab.station.meter().is_conserved());
    lab
}

/// Form 12: M/M/1//8 with think 20 and service 1: idle share P0 = 1 / sum p!/(p-k)! r^k.
#[test]
fn machine_repair() {
    let r = 1.0 / 20.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 0..8 {
        term *= f64::from(8 - k) * r;
        sum += term;
    }
    let busy = 1.0 - 1.0 / sum;
    assert!((busy - 0.37302).abs() < 1e-5);
    close("machine repair", busy, |r| {
        let lab = closed(
            lock(Order::Fifo, f64::INFINITY, TimeoutPer::Wait),
            8,
            &exponential(20.0),
            &exponential(1.0),
            40_000.0,
            r,
        );
        lab.station.meter().busy_ns as f64 / 40_000e9
    });
}

/// Gunther: X(n) = n / (1 + s (n-1) + k n (n-1)), here with clients that never think.
#[test]
fn load_curves_give_the_throughput_they_say() {
    for n in [1, 5, 20, 100] {
        for (load, expected) in [
            (
                LoadCurve::Scalability { contention: 0.02, coherency: 0.0005 },
                f64::from(n) / (1.0 + 0.02 * f64::from(n - 1) + 0.0005 * f64::from(n * (n - 1))),
            ),
            (
                LoadCurve::Table(vec![(1, 1.0), (20, 10.0), (100, 2.0)]),
                [1.0, 1.0 + 9.0 * 4.0 / 19.0, 10.0, 2.0][match n {
                    1 => 0,
                    5 => 1,
                    20 => 2,
                    _ => 3,
                }],
            ),
        ] {
            let kind = Kind::Server(Server {
                servers: 1000,
                discipline: Discipline::Sharing { most: None },
                queue: Queue::PLAIN,
                load,
                crash: None,
            });
            let lab = closed(kind, n, &constant(0.0), &constant(1.0), 1000.0, 0);
            let rate = lab.station.meter().served as f64 / 1000.0;
            // All are in step, so up to n services are cut by the end.
            assert!(
                (rate - expected).abs() < 1e-3 + f64::from(n) / 1000.0,
                "{n}: {rate}, expected {expected}"
            );
        }
    }
}

/// Callers that came at once: what became of each, and when; in order of time.
fn herd(kind: Kind, count: u32, service: SimDuration, apart: SimDuration) -> Vec<(SimTime, Caller, What)> {
    let mut lab = Lab::new(kind, 0);
    let mut all = Vec::new();
    for client in 0..count {
        let at = SimTime::from_nanos(u64::from(client) * apart.nanos());
        lab.queue.push(at, Class::Cluster, ARRIVAL + client);
    }
    while let Some(due) = lab.queue.take() {
        lab.now = due.at;
        if due.payload >= ARRIVAL {
            lab.station.arrive(lab.now, due.payload - ARRIVAL, Request::of(Some(service)), &mut lab.effects);
        } else if lab.station.next_event() <= lab.now {
            lab.station.on_timer(lab.now, &mut lab.effects);
        } else {
            continue;
        }
        all.extend(std::mem::take(&mut lab.effects).into_iter().map(|e| (lab.now, e.caller, e.what)));
        lab.timer();
    }
    assert!(lab.station.meter().is_conserved() && lab.station.meter().inside() == 0);
    assert_eq!(lab.station.meter().waiting_ns, lab.station.meter().ended_waits_ns);
    all
}

/// Form 14: the k-th of a herd waits (k-1) S.
#[test]
fn a_herd_on_a_lock_is_served_one_by_one() {
    let all = herd(lock(Order::Fifo, f64::INFINITY, TimeoutPer::Wait), 100, seconds(0.02), SimDuration::ZERO);
    for (k, &(end, caller, what)) in all.iter().enumerate() {
        let expected = SimTime::from_nanos((k as u64 + 1) * 20_000_000);
        assert_eq!((end, caller, what), (expected, k as u32, What::Done));
    }
}

/// Form 14: the n-th of a herd passes a full bucket at max(0, n - b) / r, exactly.
#[test]
fn a_herd_on_a_token_bucket_passes_at_its_rate() {
    for (rate, burst) in [(50.0, 20), (3.0, 1), (7.0, 5), (1.0 / 60.0, 2)] {
        let all = herd(token_bucket(rate, burst, DELAY), 100, SimDuration::ZERO, SimDuration::ZERO);
        assert_eq!(all.len(), 100);
        let rate = Rate::per_second(rate);
        for (k, &(passed, caller, what)) in all.iter().enumerate() {
            let tokens = (k as u128 + 1).saturating_sub(burst.into());
            let expected = (tokens * 1_000_000_000_000_000_000).div_ceil(rate.0.into());
            assert_eq!((passed.nanos().into(), caller, what), (expected, k as u32, What::Done));
        }
    }
}

#[test]
fn a_bucket_that_rejects_lets_pass_what_it_has_and_says_when_to_come_again() {
    let all = herd(token_bucket(10.0, 3, OnLimit::Reject), 8, SimDuration::ZERO, seconds(0.04));
    // Tokens: 3 at 0, then 0.4 more with each request, at most 3.
    let passed: Vec<u32> = all.iter().filter(|e| e.2 == What::Done).map(|e| e.1).collect();
    assert_eq!(passed, [0, 1, 2, 3, 5]);
    let refused = all.iter().find(|e| e.1 == 4).unwrap();
    // Level after caller 3 at 0.12 s: 3 + 1.2 - 4 = 0.2; at 0.16 s 0.6.
    assert_eq!(refused.2, What::Refused { retry_after: Some(seconds(0.04)) });
}

#[test]
fn fixed_and_sliding_windows_differ_at_the_edge() {
    let passes = |rule: LimitRule, times: &[f64]| -> Vec<bool> {
        let mut limiter = Limiter::new(rule);
        times
            .iter()
            .map(|&t| {
                let passes = limiter.offer(at(t)) == Offer::At(at(t));
                if passes {
                    limiter.take(at(t));
                }
                passes
            })
            .collect()
    };
    let (requests, length) = (2, seconds(1.0));
    let times = [0.8, 0.9, 0.95, 1.0, 1.1, 1.2, 1.8];
    let fixed = passes(LimitRule::FixedWindow { requests, length }, &times);
    // Four in 0.3 s across the edge.
    assert_eq!(fixed, [true, true, false, true, true, false, false]);
    let sliding = passes(LimitRule::SlidingWindow { requests, length }, &times);
    assert_eq!(sliding, [true, true, false, false, false, false, true]);
}

#[test]
fn a_herd_that_waits_for_windows_passes_by_the_windowful() {
    for rule in [
        LimitRule::FixedWindow { requests: 3, length: seconds(2.0) },
        LimitRule::SlidingWindow { requests: 3, length: seconds(2.0) },
    ] {
        let kind = Kind::RateLimit(RateLimit {
            rule,
            on_limit: DELAY,
            scope: Scope::Global,
            retry_after: RetryAfter::Absent,
        });
        let times: Vec<f64> =
            herd(kind, 8, SimDuration::ZERO, SimDuration::ZERO).iter().map(|e| e.0.seconds()).collect();
        assert_eq!(times, [0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 4.0, 4.0]);
    }
}

/// The four settings of the measured herd of 100 on nginx 1.22: counts and instants of those let through.
#[test]
fn nginx_lets_through_what_was_measured() {
    let table: [(u32, u32, usize, f64); 4] =
        [(0, 0, 1, 0.0), (20, 0, 21, 2.0), (20, u32::MAX, 21, 0.0), (20, 8, 21, 1.2)];
    for (burst, delay, admitted, last) in table {
        let kind = Kind::RateLimit(RateLimit {
            rule: LimitRule::Nginx { rate_milli: 10_000, burst, delay },
            on_limit: OnLimit::Reject,
            scope: Scope::Global,
            retry_after: RetryAfter::Absent,
        });
        let all = herd(kind, 100, SimDuration::ZERO, SimDuration::ZERO);
        let passed: Vec<f64> = all.iter().filter(|e| e.2 == What::Done).map(|e| e.0.seconds()).collect();
        assert_eq!(
            (passed.len(), passed.last().copied()),
            (admitted, Some(last)),
            "burst {burst} delay {delay}"
        );
    }
}

#[test]
fn each_client_has_a_bucket_of_its_own() {
    let mut kind = token_bucket(1.0, 1, OnLimit::Reject);
    if let Kind::RateLimit(limit) = &mut kind {
        limit.scope = Scope::Client;
    }
    let mut lab = Lab::new(kind, 0);
    for client in [1, 2, 1, 3] {
        lab.arrive_with(Request { client, ..Request::of(Some(SimDuration::ZERO)) });
    }
    let done: Vec<bool> = lab.effects.iter().map(|e| e.what == What::Done).collect();
    assert_eq!(done, [true, true, false, true]);
}

/// What was measured on PostgreSQL with lock_timeout = 500 ms and 20 clients (holds of 2 s and of 300 ms), and what
/// the same settings do to a lock that counts the whole wait.
#[test]
fn lock_timeouts_by_wait_and_by_step() {
    let ends = |per, hold: f64| {
        let all = herd(lock(Order::Random, 0.5, per), 20, seconds(hold), SimDuration::ZERO);
        let out = |what| all.iter().filter(|e| e.2 == what).map(|e| e.0.seconds()).collect::<Vec<f64>>();
        (out(What::Done).len(), out(What::TimedOut))
    };
    let (served, timed_out) = ends(TimeoutPer::Wait, 0.3);
    assert_eq!((served, timed_out), (2, vec![0.5; 18]));
    assert_eq!(ends(TimeoutPer::Step, 0.3), (20, vec![]));
    assert_eq!(ends(TimeoutPer::StepAtHead, 0.3), (20, vec![]));
    assert_eq!(ends(TimeoutPer::Step, 2.0), (1, vec![0.5; 19]));
    let mut measured = vec![0.5; 18];
    measured.push(1.0);
    assert_eq!(ends(TimeoutPer::StepAtHead, 2.0), (1, measured));
    // The one at the head gets its turn when the holder ends in time.
    assert_eq!(ends(TimeoutPer::StepAtHead, 0.7), (2, vec![0.5; 18]));
}

/// A wait of exactly the time-out is too long.
#[test]
fn the_timeout_wins_at_its_own_instant() {
    let all = herd(lock(Order::Fifo, 0.5, TimeoutPer::Wait), 100, seconds(0.02), SimDuration::ZERO);
    assert_eq!(all.iter().filter(|e| e.2 == What::Done).count(), 25);
}

#[test]
fn random_order_prefers_nobody() {
    // Who of 10 waiters is served first, over many locks: chi-square with 9 degrees, 0.1 % point 27.9.
    const RUNS: u64 = 5000;
    let mut first = [0u32; 10];
    for r in 0..RUNS {
        let mut lab = Lab::new(lock(Order::Random, f64::INFINITY, TimeoutPer::Wait), r);
        let holder = lab.arrive_with(Request::of(None));
        (0..10).for_each(|_| {
            lab.arrive_with(Request::of(None));
        });
        lab.effects.clear();
        lab.station.release(lab.now, holder, &mut lab.effects);
        first[lab.effects[0].caller as usize - 1] += 1;
    }
    let expected = RUNS as f64 / 10.0;
    let chi: f64 = first.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
    assert!(chi < 27.9, "{first:?}");
}

#[test]
fn readers_share_and_no_reader_passes_a_waiting_writer() {
    let mut lab = Lab::new(lock(Order::Fifo, f64::INFINITY, TimeoutPer::Wait), 0);
    let read = Request { access: Access::Shared, ..Request::of(None) };
    let write = Request::of(None);
    let [a, b] = [lab.arrive_with(read), lab.arrive_with(read)];
    let w = lab.arrive_with(write);
    let c = lab.arrive_with(read);
    let begun = |lab: &mut Lab| lab.effects.drain(..).map(|e| e.caller).collect::<Vec<_>>();
    assert_eq!(begun(&mut lab), [a, b]);
    lab.station.release(lab.now, a, &mut lab.effects);
    assert!(begun(&mut lab).is_empty());
    lab.station.release(lab.now, b, &mut lab.effects);
    assert_eq!(begun(&mut lab), [w]);
    lab.station.release(lab.now, w, &mut lab.effects);
    assert_eq!(begun(&mut lab), [c]);
}

/// A waiting writer that gives up lets the readers behind it go on.
#[test]
fn a_writer_that_leaves_opens_the_way() {
    let mut lab = Lab::new(lock(Order::Fifo, f64::INFINITY, TimeoutPer::Wait), 0);
    let read = Request { access: Access::Shared, ..Request::of(None) };
    let _a = lab.arrive_with(read);
    let w = lab.arrive_with(Request::of(None));
    let c = lab.arrive_with(read);
    lab.effects.clear();
    lab.station.abandon(lab.now, w, &mut lab.effects);
    assert_eq!(lab.effects, [Effect { caller: c, what: What::Begun, began: lab.now }]);
}

#[test]
fn holds_grow_with_those_who_wait() {
    let hold = HoldCost { per_waiter_ns: 1_000_000.0, fixed_ns: 2_000_000.0, ..HoldCost::NONE };
    let kind = Kind::Lock(Lock { queue: Queue::PLAIN, hold });
    let ends: Vec<u64> =
        herd(kind, 4, seconds(0.01), SimDuration::ZERO).iter().map(|e| e.0.nanos() / 1_000_000).collect();
    // The first found nobody waiting behind it when it began; then 2, 1, 0 wait.
    assert_eq!(ends, [12, 26, 39, 51]);
}

#[test]
fn a_connection_is_set_up_before_it_serves() {
    let kind = Kind::Pool(Pool { connections: 2, queue: Queue::PLAIN, setup: None });
    let mut lab = Lab::new(kind, 0);
    let request = Request { setup: seconds(0.5), ..Request::of(Some(seconds(1.0))) };
    (0..3).for_each(|_| {
        lab.arrive_with(request);
    });
    let mut ends = Vec::new();
    loop {
        let next = lab.station.next_event();
        if next == SimTime::NEVER {
            break;
        }
        lab.station.on_timer(next, &mut lab.effects);
        ends.extend(lab.effects.drain(..).map(|_| next.seconds()));
    }
    assert_eq!(ends, [1.5, 1.5, 3.0]);
}

/// Work of 1 s; slow by 4 from 0.5 s to 2.5 s: 0.5 s done, then 0.5 s of work takes the 2 s exactly.
#[test]
fn faults_stretch_refuse_and_stop() {
    let run = |fault: Fault, from: f64, until: f64| {
        let mut lab = Lab::new(servers(1, Discipline::Fifo, None), 0);
        lab.arrive(seconds(1.0));
        lab.arrive(seconds(1.0));
        lab.station.fault(at(from), at(until), fault, &mut lab.effects);
        let mut all = lab.effects.drain(..).map(|e| (from, e.what)).collect::<Vec<_>>();
        loop {
            let next = lab.station.next_event();
            if next == SimTime::NEVER {
                break;
            }
            lab.station.on_timer(next, &mut lab.effects);
            all.extend(lab.effects.drain(..).map(|e| (next.seconds(), e.what)));
        }
        assert!(lab.station.meter().is_conserved());
        all
    };
    assert_eq!(run(Fault::Slow { factor: 4.0 }, 0.5, 2.5), [(2.5, What::Done), (3.5, What::Done)]);
    assert_eq!(run(Fault::Silent, 0.5, 2.5), [(3.0, What::Done), (4.0, What::Done)]);
    assert_eq!(run(Fault::Down, 0.5, 2.5), [(0.5, What::Lost), (0.5, What::Lost)]);
    assert_eq!(run(Fault::Limit(NewLimit::Places(2)), 0.5, 0.6), [(1.0, What::Done), (1.5, What::Done)]);
}

#[test]
fn a_crash_throws_everybody_out_and_comes_back_cold() {
    let kind = Kind::Server(Server {
        servers: 10,
        discipline: Discipline::Fifo,
        queue: Queue::PLAIN,
        load: LoadCurve::Flat,
        crash: Some(Crash {
            in_flight: 2,
            recovery: constant(5.0),
            cold_for: seconds(4.0),
            cold_factor: 2.0,
        }),
    });
    let mut lab = Lab::new(kind, 0);
    (0..3).for_each(|_| {
        lab.arrive(seconds(1.0));
    });
    assert_eq!(lab.effects.iter().filter(|e| e.what == What::Lost).count(), 3);
    lab.now = at(4.0);
    lab.effects.clear();
    lab.arrive_with(Request::of(Some(seconds(1.0))));
    assert!(matches!(lab.effects[0].what, What::Refused { .. }));
    let recovered = lab.station.next_event();
    assert_eq!(recovered, at(5.0));
    lab.station.on_timer(recovered, &mut lab.effects);
    lab.now = at(6.0);
    lab.arrive(seconds(3.0));
    // Until 9 s at half the speed: 1.5 s done, then 1.5 s more.
    assert_eq!(lab.station.next_event(), at(9.0));
    lab.station.on_timer(at(9.0), &mut lab.effects);
    assert_eq!(lab.station.next_event(), at(10.5));
}

/// Random operations on random stations: nobody is ever lost or doubled, and Little's law holds at every step.
#[test]
fn conservation_and_littles_law_at_all_times() {
    for round in 0..400u64 {
        let mut random = Stream::new(99, round, Purpose::Run);
        let mut die = move |n: u32| (random.unit() * f64::from(n)) as u32;
        let queue = Queue {
            order: [Order::Fifo, Order::Random][die(2) as usize],
            limit: [None, Some(3)][die(2) as usize],
            wait_timeout: [SimDuration::NEVER, SimDuration::from_nanos(30)][die(2) as usize],
            timeout_per: [TimeoutPer::Wait, TimeoutPer::Step, TimeoutPer::StepAtHead][die(3) as usize],
        };
        let rate = Rate::per_second(1e8);
        let rule = match die(3) {
            0 => LimitRule::TokenBucket { rate, burst: 2 },
            1 => LimitRule::FixedWindow { requests: 2, length: SimDuration::from_nanos(20) },
            _ => LimitRule::SlidingWindow { requests: 2, length: SimDuration::from_nanos(20) },
        };
        let crash = [
            None,
            Some(Crash {
                in_flight: 5,
                recovery: constant(20e-9),
                cold_for: SimDuration::from_nanos(40),
                cold_factor: 3.0,
            }),
        ][die(2) as usize]
            .clone();
        let load = LoadCurve::Scalability { contention: 0.3, coherency: 0.01 };
        let kind = match die(5) {
            0 => Kind::Lock(Lock { queue, hold: HoldCost { per_waiter_ns: 1.3, ..HoldCost::NONE } }),
            1 => Kind::Pool(Pool { connections: 1 + die(4), queue, setup: None }),
            2 => Kind::Server(Server { servers: 2, discipline: Discipline::Fifo, queue, load, crash }),
            3 => {
                let discipline = Discipline::Sharing { most: [None, Some(3)][die(2) as usize] };
                Kind::Server(Server { servers: 2, discipline, queue, load, crash })
            }
            _ => Kind::RateLimit(RateLimit {
                rule,
                on_limit: [
                    OnLimit::Reject,
                    OnLimit::Delay { limit: Some(4), wait_timeout: SimDuration::from_nanos(25) },
                ][die(2) as usize],
                scope: [Scope::Global, Scope::Client][die(2) as usize],
                retry_after: RetryAfter::Exact,
            }),
        };
        let mut lab = Lab::new(kind, round);
        let mut inside: Vec<Caller> = Vec::new();
        for _ in 0..200 {
            lab.now = lab.now + SimDuration::from_nanos(die(8).into());
            while lab.station.next_event() <= lab.now {
                let due = lab.station.next_event();
                lab.station.on_timer(due, &mut lab.effects);
                check(&mut lab, &mut inside, due);
            }
            let now = lab.now;
            match die(8) {
                0..=3 => {
                    let service =
                        [None, Some(SimDuration::from_nanos(die(20).into()))][(die(4) > 0) as usize];
                    let access = [Access::Exclusive, Access::Shared][die(2) as usize];
                    let setup = SimDuration::from_nanos(die(3).into());
                    let caller = (0..).find(|c| !inside.contains(c)).unwrap();
                    if lab.came.len() <= caller as usize {
                        lab.came.push(now);
                    }
                    lab.came[caller as usize] = now;
                    inside.push(caller);
                    let request = Request { service, setup, access, client: die(3).into() };
                    lab.station.arrive(now, caller, request, &mut lab.effects);
                }
                4 | 5 if !inside.is_empty() => {
                    let caller = inside[die(inside.len() as u32) as usize];
                    if !lab.station.is_waiting(caller) {
                        lab.station.release(now, caller, &mut lab.effects);
                        inside.retain(|&c| c != caller);
                    }
                }
                6 if !inside.is_empty() => {
                    let caller = inside.swap_remove(die(inside.len() as u32) as usize);
                    lab.station.abandon(now, caller, &mut lab.effects);
                }
                7 if die(4) == 0 => {
                    let fault = match die(5) {
                        0 => Fault::Down,
                        1 => Fault::Silent,
                        2 => Fault::Slow { factor: 2.5 },
                        3 => Fault::Limit(NewLimit::Places(1)),
                        _ => Fault::Limit(NewLimit::Rate(Rate::per_second(3e7))),
                    };
                    let until = now + SimDuration::from_nanos(1 + u64::from(die(30)));
                    lab.station.fault(now, until, fault, &mut lab.effects);
                }
                _ => {}
            }
            check(&mut lab, &mut inside, now);
        }
    }
}

fn check(lab: &mut Lab, inside: &mut Vec<Caller>, now: SimTime) {
    for effect in lab.effects.drain(..) {
        assert!(inside.contains(&effect.caller), "{effect:?} of a caller that is outside");
        if effect.what != What::Begun {
            inside.retain(|&c| c != effect.caller);
        }
    }
    assert!(lab.station.is_sound(now));
    let meter = lab.station.meter();
    assert_eq!(meter.inside() as usize, inside.len());
    let waiting = inside.iter().filter(|&&c| lab.station.is_waiting(c)).count();
    assert_eq!(meter.waiting as usize, waiting);
}
