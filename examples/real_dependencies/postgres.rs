//! PostgreSQL: a hot row and an advisory lock, by clients that come at once (A1, A2) or in a loop (A3, X), and
//! refused connections (A4).

use jobsim::station::What;

use crate::data::{Bound, Case, Row, mean, quantile};
use crate::lab::{Answer, dependency, run};

/// Orders of service that are tried; the mean of their results is shown.
const ORDERS: u64 = 20;
/// From the start of a transaction until its UPDATE is at the row, and back, after a pause and without one (measured
/// with one client: 0.48 ms with pauses of 200 ms, 0.10 ms in a tight loop).
const ROUND_TRIPS_AFTER_PAUSE_S: f64 = 0.000_4;
const ROUND_TRIPS_S: f64 = 0.000_1;

struct Setting {
    lock: String,
    hold_s: f64,
    clients: usize,
    /// statement_timeout; lock_timeout is the lock's.
    patience_s: f64,
}

fn setting(case: &Case) -> Setting {
    let like = if case.text("lock").contains("advisory") { "postgresAdvisory" } else { "postgresRow" };
    let milliseconds = |name: &str| -> Option<f64> {
        let (_, after) = case.text("session_setup").split_once(name)?;
        let digits: String =
            after.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let timeout = milliseconds("lock_timeout").map_or(String::new(), |ms| format!(", waitTimeout: {ms}ms"));
    Setting {
        lock: format!("{{lock: {{like: {like}{timeout}}}}}"),
        hold_s: case.number("hold_ms") / 1000.0,
        clients: case.number("clients") as usize,
        patience_s: milliseconds("statement_timeout").map_or(f64::INFINITY, |ms| ms / 1000.0),
    }
}

/// Bounds hold for 20 to 200 clients and holds of 5 and 20 ms.
fn bounded(setting: &Setting, share: f64) -> Bound {
    let hold_ms = (setting.hold_s * 1000.0).round();
    let within = (20..=200).contains(&setting.clients) && (5.0..=20.0).contains(&hold_ms);
    if within { Bound::Share(share) } else { Bound::Unbounded }
}

/// One transaction of each client, all at once or one after the other.
pub fn one_each(case: &Case) -> Vec<Row> {
    let setting = setting(case);
    let apart = case.number("stagger_ms") / 1000.0;
    let first: Vec<f64> =
        (0..setting.clients).map(|k| k as f64 * apart + ROUND_TRIPS_AFTER_PAUSE_S / 2.0).collect();
    let lock = dependency(&setting.lock);
    let runs: Vec<Vec<Answer>> =
        (0..ORDERS).map(|r| run(&lock, r, &first, setting.hold_s, setting.patience_s, |_, _| None)).collect();
    let over = |f: &dyn Fn(&[Answer]) -> f64| mean(&runs.iter().map(|run| f(run)).collect::<Vec<f64>>());
    let back = ROUND_TRIPS_AFTER_PAUSE_S;
    let waits = |run: &[Answer]| -> Vec<f64> {
        run.iter().filter(|a| a.what == What::Done).map(|a| a.began - a.sent + back).collect()
    };
    let state = case.at("sqlstate");
    let good = |row: &&Vec<serde_json::Value>| row[state] == "00000";
    let (start, acquired) = (case.at("start"), case.at("client_lock_acquired"));
    let value = |row: &Vec<serde_json::Value>, at: usize| row[at].as_f64().unwrap_or(0.0);
    let measured: Vec<f64> =
        case.rows().iter().filter(good).map(|row| value(row, acquired) - value(row, start)).collect();
    let failed = |run: &[Answer]| run.iter().filter(|a| a.what == What::TimedOut).count() as f64;
    let measured_failed = (case.rows().len() - measured.len()) as f64;
    let end = case.column("commit_or_error").into_iter().fold(0.0, f64::max);
    let mut rows = vec![
        Row::new(
            "timed out",
            over(&|run| failed(run)),
            measured_failed,
            Bound::By(0.03 * setting.clients as f64),
        ),
        Row::new(
            "all answered after, s",
            over(&|run| run.iter().map(|a| a.ended).fold(0.0, f64::max)),
            end,
            if measured_failed == 0.0 { bounded(&setting, 0.05) } else { Bound::Unbounded },
        ),
    ];
    if measured.len() > 1 {
        rows.push(Row::new(
            "mean wait, s",
            over(&|run| mean(&waits(run))),
            mean(&measured),
            bounded(&setting, 0.05),
        ));
        rows.push(Row::new(
            "p95 of waits, s",
            over(&|run| quantile(&waits(run), 0.95)),
            quantile(&measured, 0.95),
            bounded(&setting, 0.15),
        ));
    }
    rows
}

/// Forty more runs of the staggered herd, ten times as slow (20 clients 50 ms apart, H = 200 ms; PostgreSQL 15.18 on another
/// machine, 2026-11-26: `herd PORT 20 200 one 0 0 50 '' 1`): the p95 of twenty waits, which is the longest, as a share of
/// the time until all were answered, which takes the machine's speed out.
pub fn staggered_again() -> Vec<Row> {
    let measured: Vec<f64> = include_str!("again.csv")
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .filter_map(|(longest, all)| Some(longest.parse::<f64>().ok()? / all.parse::<f64>().ok()?))
        .collect();
    let lock = dependency("{lock: {like: postgresRow}}");
    let first: Vec<f64> = (0..20).map(|k| f64::from(k) * 0.05 + ROUND_TRIPS_AFTER_PAUSE_S / 2.0).collect();
    let simulated: Vec<f64> = (0..400)
        .map(|order| {
            let answers = run(&lock, order, &first, 0.2, f64::INFINITY, |_, _| None);
            let waits: Vec<f64> =
                answers.iter().map(|a| a.began - a.sent + ROUND_TRIPS_AFTER_PAUSE_S).collect();
            quantile(&waits, 0.95) / answers.iter().map(|a| a.ended).fold(0.0, f64::max)
        })
        .collect();
    let percent =
        |p: f64| format!("p95 of waits / time until all were answered, {:.0} % of runs below", p * 100.0);
    vec![
        Row::new(
            "p95 of waits / time until all were answered, mean",
            mean(&simulated),
            mean(&measured),
            Bound::Share(0.05),
        ),
        Row::new(percent(0.1), quantile(&simulated, 0.1), quantile(&measured, 0.1), Bound::Unbounded),
        Row::new(percent(0.9), quantile(&simulated, 0.9), quantile(&measured, 0.9), Bound::Unbounded),
    ]
}

/// Clients that think, then lock, for some seconds; what has begun then is finished.
pub fn closed(case: &Case) -> Vec<Row> {
    let setting = setting(case);
    let (think, duration) = (case.number("think_mean_ms") / 1000.0, case.number("duration_s"));
    let herd_first = case.text("first_transaction") == "all at once" && think > 0.0;
    let trip = if think > 0.0 { ROUND_TRIPS_AFTER_PAUSE_S } else { ROUND_TRIPS_S };
    let lock = dependency(&setting.lock);
    let runs: Vec<Vec<Answer>> = (0..ORDERS)
        .map(|order| {
            let seed = case.number("seed") as u16;
            let mut draws: Vec<Erand48> =
                (0..setting.clients).map(|client| Erand48::new(seed, client as u16, 77)).collect();
            let first: Vec<f64> = draws
                .iter_mut()
                .map(|draw| if think > 0.0 && !herd_first { draw.exponential(think) + trip } else { trip })
                .collect();
            run(&lock, order, &first, setting.hold_s, setting.patience_s, |client, now| {
                if now >= duration {
                    return None;
                }
                let pause = if think > 0.0 { draws[client as usize].exponential(think) } else { 0.0 };
                let start = now + pause;
                (start <= duration).then_some(start + trip)
            })
        })
        .collect();
    let over = |f: &dyn Fn(&[Answer]) -> f64| mean(&runs.iter().map(|run| f(run)).collect::<Vec<f64>>());
    let waits = |run: &[Answer]| run.iter().map(|a| a.began - a.sent + trip).collect::<Vec<f64>>();
    let rate = |run: &[Answer]| {
        run.iter().filter(|a| (1.0..=duration).contains(&a.ended)).count() as f64 / (duration - 1.0)
    };
    let stat = |key: &str| case.stats[key].as_f64().unwrap_or(f64::NAN);
    vec![
        Row::new(
            "throughput, 1/s",
            over(&|run| rate(run)),
            stat("throughput_per_s"),
            bounded(&setting, 0.05),
        ),
        Row::new(
            "mean wait, s",
            over(&|run| mean(&waits(run))),
            stat("wait_mean_s"),
            bounded(&setting, 0.05),
        ),
        Row::new(
            "p95 of waits, s",
            over(&|run| quantile(&waits(run), 0.95)),
            stat("wait_p95_s"),
            bounded(&setting, 0.15),
        ),
    ]
}

/// The generator of the C library that the clients draw from.
struct Erand48(u64);

impl Erand48 {
    fn new(low: u16, middle: u16, high: u16) -> Erand48 {
        Erand48(u64::from(high) << 32 | u64::from(middle) << 16 | u64::from(low))
    }

    fn unit(&mut self) -> f64 {
        self.0 = (self.0.wrapping_mul(0x5_DEEC_E66D) + 0xB) & ((1 << 48) - 1);
        self.0 as f64 / (1u64 << 48) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
}

/// More clients than connections.
pub fn connections(case: &Case) -> Vec<Row> {
    let places = case.number("max_connections") - case.number("superuser_reserved_connections");
    let pool = dependency(&format!("{{pool: {{connections: {places}, queueLimit: 0}}}}"));
    let hold: f64 = case.text("hold").split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0.0);
    let for_long = case.text("hold").contains(" s idle");
    let first = vec![0.0; case.number("clients") as usize];
    let hold_s = if for_long { hold } else { hold / 1000.0 };
    let answers = run(&pool, 0, &first, hold_s, f64::INFINITY, |_, _| None);
    let refused = answers.iter().filter(|a| matches!(a.what, What::Refused { .. })).count() as f64;
    let state = case.at("sqlstate");
    let measured = case.rows().iter().filter(|row| row[state] != "00000").count() as f64;
    // With short holds the time that the server takes to fork decides; that is not modelled.
    let bound = if for_long { Bound::By(0.0) } else { Bound::Unbounded };
    vec![Row::new("refused", refused, measured, bound)]
}
