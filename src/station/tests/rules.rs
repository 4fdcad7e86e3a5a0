//! What stations do to the nanosecond: herds, buckets, windows, time-outs, readers, faults, crashes.

use super::*;

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
