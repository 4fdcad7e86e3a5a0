//! What an event costs at a station with many callers waiting.
//!
//! ```text
//! cargo run --release --example waiting
//! ```
//!
//! A fixed number of callers is inside; whoever is served comes again at once. Every event is an arrival, an end of a
//! service and what follows from them; the figure is wall time over events, so the number waiting must hardly matter.

use std::time::Instant;

use jobsim::engine::streams::{Purpose, Stream};
use jobsim::engine::time::{SimDuration, SimTime};
use jobsim::model::dependency::*;
use jobsim::station::{Request, Station};

const EVENTS: u64 = 400_000;

fn main() {
    let queue = |order, timeout_s: u64| Queue {
        order,
        limit: None,
        wait_timeout: SimDuration::from_whole_seconds(timeout_s),
        timeout_per: TimeoutPer::Wait,
    };
    let lock = |order, timeout_s, hold| Kind::Lock(Lock { queue: queue(order, timeout_s), hold });
    let server = |discipline, load| {
        Kind::Server(Server { servers: 8, discipline, queue: Queue::PLAIN, load, crash: None })
    };
    let curve = LoadCurve::Scalability { contention: 0.02, coherency: 0.0005 };
    let rate = LimitRule::TokenBucket { rate: Rate::per_second(1000.0), burst: 10 };
    let delay = OnLimit::Delay { limit: None, wait_timeout: SimDuration::NEVER };
    let kinds = [
        ("lock, fifo", lock(Order::Fifo, 1_000_000, HoldCost::NONE)),
        ("lock, random, like postgresRow", lock(Order::Random, 1_000_000, HoldCost::POSTGRES_ROW)),
        ("server, fifo, 8 servers", server(Discipline::Fifo, LoadCurve::Flat)),
        ("server, sharing, load curve", server(Discipline::Sharing { most: None }, curve)),
        (
            "rate limit, delay",
            Kind::RateLimit(RateLimit {
                rule: rate,
                on_limit: delay,
                scope: Scope::Global,
                retry_after: RetryAfter::Absent,
            }),
        ),
    ];
    println!("| ns an event, so many inside | 100 | 1 000 | 10 000 | 100 000 |");
    println!("|---|---|---|---|---|");
    for (name, kind) in kinds {
        print!("| {name} |");
        for inside in [100, 1_000, 10_000, 100_000] {
            print!(" {:.0} |", nanos_an_event(&kind, inside));
        }
        println!();
    }
}

fn nanos_an_event(kind: &Kind, inside: u32) -> f64 {
    let dependency = Dependency {
        name: String::new(),
        kind: kind.clone(),
        service: None,
        background: None,
        disconnect: Disconnect::After(SimDuration::ZERO),
        deadlock_timeout: None,
        hold_timeout: None,
    };
    let mut station = Station::new(&dependency, Stream::new(1, 0, Purpose::Order));
    let mut random = Stream::new(1, 0, Purpose::Service);
    let mut effects = Vec::new();
    let mut request = || Request::of(Some(SimDuration::from_nanos(1_000_000 + random.bits() % 1_000_000)));
    for caller in 0..inside {
        station.arrive(SimTime::ZERO, caller, request(), &mut effects);
    }
    let (mut events, mut now) = (0, SimTime::ZERO);
    // The first callers settle in.
    let mut start = Instant::now();
    let warm_up = u64::from(inside);
    while events < EVENTS + warm_up {
        if events <= warm_up {
            start = Instant::now();
        }
        now = station.next_event().max(now);
        station.on_timer(now, &mut effects);
        events += 1;
        for effect in std::mem::take(&mut effects) {
            events += 1;
            station.arrive(now, effect.caller, request(), &mut effects);
        }
    }
    start.elapsed().as_nanos() as f64 / EVENTS as f64
}
