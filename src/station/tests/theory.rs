//! What queueing theory says of stations in the mean: M/M/1, M/M/c, M/G/1, processor sharing, Erlang B, machine repair.

use super::*;

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
