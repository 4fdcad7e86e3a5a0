//! Stations against closed forms, tables and each other. [`Lab`] drives one station with the engine's event queue.

mod rules;
mod theory;

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
            hold_timeout: None,
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
