//! Wrong dependencies, calls and policies: what is said about them, and that it points at the place.

use jobsim::input::load;
use jobsim::model::dependency::{HoldCost, Kind, LimitRule, Order, TimeoutPer};

fn read(simulation: &str) -> Result<jobsim::input::Loaded, String> {
    let text = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec:\n  template:\n    spec:\n      restartPolicy: \
         Never\n      containers: [{{name: c, image: i}}]\n---\napiVersion: jobsim/v1alpha1\nkind: Simulation\nspec:\n{simulation}"
    );
    load(&["-".to_string()], &mut text.as_bytes(), &[]).map_err(|report| report.render())
}

fn dependency(text: &str) -> String {
    format!("  dependencies: {{it: {text}}}\n")
}

fn call(text: &str, kind: &str) -> String {
    format!(
        "  workload: {{default: {{steps: [{text}]}}}}\n  dependencies: {{orders-db: {kind}, row: {{lock: {{}}}}}}\n"
    )
}

#[test]
fn what_is_wrong_is_told() {
    let server = "{server: {}}";
    let table = [
        (dependency("{}"), "expected one of lock, rateLimit, pool or server"),
        (dependency("{lock: {}, pool: {connections: 1}}"), "`lock` and `pool` exclude each other"),
        (dependency("{lok: {}}"), "unknown field `lok`"),
        (dependency("{lock: {like: mysql}}"), "expected postgresRow or postgresAdvisory"),
        (dependency("{lock: {waitTimeout: 0s}}"), "found 0, expected more"),
        (dependency("{lock: {waitTimeout: 30}}"), "found 30 without a unit"),
        (dependency("{lock: {queueLimit: -1}}"), "found -1, expected 0"),
        (dependency("{pool: {connections: 0}}"), "found 0, expected 1"),
        (dependency("{pool: {}}"), "`connections` is missing"),
        (dependency("{server: {servers: 0}}"), "found 0, expected 1"),
        (dependency("{server: {load: {contention: -1}}}"), "found -1, expected 0"),
        (dependency("{server: {inFlightLimit: 5}}"), "inFlightLimit needs `discipline: sharing`"),
        (
            dependency("{server: {load: {table: [{inFlight: 5, throughput: 1}, {inFlight: 5, throughput: 2}]}}}"),
            "expected more than in the point before",
        ),
        (dependency("{rateLimit: {burst: 5}}"), "`rate` is missing"),
        (dependency("{rateLimit: {rate: 0/s}}"), "expected more than 0"),
        (dependency("{rateLimit: {rate: 50}}"), "expected a rate such as 50/s"),
        (dependency("{rateLimit: {rate: 1/s, burst: 0}}"), "found 0, expected 1"),
        (dependency("{rateLimit: {rate: 1/s, window: fixed, burst: 2}}"), "a window has no burst"),
        (dependency("{rateLimit: {rate: 1/min, window: sliding, length: 10s}}"), "expected at least 1"),
        (dependency("{server: {}, background: {arrivals: 0s}}"), "expected a time between arrivals above 0"),
        (call("{call: {to: order-db}}", server), "did you mean `orders-db`?"),
        (call("{call: {to: xyz}}", server), "the Simulation has: orders-db, row"),
        (call("{call: {}}", server), "`to` is missing"),
        (call("{call: {to: orders-db, times: 0}}", server), "found 0, expected 1"),
        (call("{call: {to: orders-db, timeout: 0s}}", server), "found 0, expected more"),
        (call("{call: {to: orders-db, retry: {attempts: 0}}}", server), "found 0, expected 1"),
        (call("{call: {to: orders-db, retry: {attempts: 3, backoff: {base: 1s, jitter: some}}}}", server), "none, full, equal or decorrelated"),
        (call("{call: {to: orders-db, giveUp: {exitCode: 0}}}", server), "found 0, expected 1 to 255"),
        (call("{call: {to: row, retry: {attempts: 3}}}", server), "error[retry-without-timeout]"),
        (call("{hold: {of: row, steps: []}}", server), "found an empty list"),
        (call("{hold: {of: row, steps: [{call: {to: row}}]}}", server), "error[hold-loop]"),
        (
            call("{hold: {of: row, steps: [{hold: {of: orders-db, steps: [{call: {to: row, timeout: 1s}}]}}]}}", "{pool: {connections: 1}}"),
            "would wait for itself",
        ),
        (call("{run: {byIndex: [1s]}}, {call: {to: row}}", server), "byIndex needs an Indexed Job"),
        (call("{call: {to: row, service: {byIndex: [1s]}}}", server), "byIndex needs an Indexed Job"),
        (call("{call: {to: orders-db, access: read}}", server), "orders-db is a server, only locks have readers"),
        (call("{repeat: {times: 0, steps: [{run: 1s}]}}", server), "found 0, expected 1"),
        (call("{repeat: {times: 3000, steps: [{run: 1s}, {run: 1s}]}}", server), "more than 4000 steps"),
        (call("{repeat: {times: 2, steps: [{call: {to: rwo}}]}}", server), "did you mean `row`?"),
        (dependency("{lock: {holdTimeout: 0s}}"), "found 0, expected more"),
        (dependency("{rateLimit: {rate: 1/s, queueLimit: 5}}"), "nobody waits: add `onLimit: delay`"),
        (dependency("{rateLimit: {rate: 1/s, length: 5s}}"), "only a window has a length"),
        ("  dependencies: {\"\": {lock: {}}}\n".to_string(), "a name without letters"),
        ("  timeline: [{at: 1s, down: {for: 1s}}]\n".to_string(), "`dependency` is missing, `down` befalls one"),
        (
            format!("{}  timeline: [{{at: 1s, dependency: itt, down: {{for: 1s}}}}]\n", dependency(server)),
            "did you mean `it`?",
        ),
        (
            format!("{}  timeline: [{{at: 1s, dependency: it, down: {{for: 1s}}, slow: {{for: 1s, factor: 2}}}}]\n", dependency(server)),
            "exactly one of down",
        ),
        (
            format!("{}  timeline: [{{at: 1s, dependency: it, slow: {{for: 1s, factor: 0}}}}]\n", dependency(server)),
            "expected more than 0",
        ),
        (
            format!("{}  timeline: [{{at: 1s, dependency: it, limit: {{for: 1s, rate: 1/s}}}}]\n", dependency(server)),
            "`servers` is missing",
        ),
        ("  policies: [{ramp: {parallelism: {from: 5, to: 2, add: 1, every: 1s}}}]\n".to_string(), "found from 5 above to 2"),
        ("  policies: [{ramp: {parallelism: {from: 0, to: 2, add: 1, every: 1s}}}]\n".to_string(), "found 0, expected 1"),
        ("  policies: [{ramp: {parallelism: {from: 1, to: 2, add: 1, every: 0s}}}]\n".to_string(), "found 0, expected more"),
        (
            "  policies: [{adapt: {parallelism: {from: 1, to: 2, add: 1, every: 1s, watch: db, backOffAt: {rejected: 1%}}}}]\n".to_string(),
            "there is no dependency \"db\"",
        ),
    ];
    for (text, expected) in table {
        match read(&text) {
            Ok(_) => panic!("no error in:\n{text}"),
            Err(report) => {
                assert!(report.contains(expected), "expected {expected}\nin {report}\nof {text}");
                assert!(report.contains("--> -:"), "no place: {report}");
            }
        }
    }
}

#[test]
fn likeness_and_what_overrides_it() {
    let loaded = read(&dependency("{lock: {like: postgresRow, waitTimeout: 500ms, order: fifo}}")).unwrap();
    let d = &loaded.scenario.shared.dependencies[0];
    let Kind::Lock(lock) = &d.kind else { panic!() };
    assert_eq!((lock.queue.order, lock.queue.timeout_per), (Order::Fifo, TimeoutPer::StepAtHead));
    assert_eq!((lock.queue.wait_timeout.seconds(), lock.hold), (0.5, HoldCost::POSTGRES_ROW));
    assert_eq!(d.deadlock_timeout.map(|t| t.seconds()), Some(1.0));
    let limit = |text: &str| {
        let loaded = read(&dependency(&format!("{{rateLimit: {text}}}"))).unwrap();
        let Kind::RateLimit(limit) = &loaded.scenario.shared.dependencies[0].kind else { panic!() };
        limit.rule
    };
    assert!(matches!(
        limit("{like: nginx, rate: 30/min, burst: 5, delay: nodelay}"),
        LimitRule::Nginx { rate_milli: 500, burst: 5, delay: u32::MAX }
    ));
    assert!(matches!(limit("{rate: 600/min, window: fixed}"),
        LimitRule::FixedWindow { requests: 600, length } if length.seconds() == 60.0));
}
