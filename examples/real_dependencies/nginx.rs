//! nginx: limit_req (B1, B2) and limit_conn (B3), at the arrival times on its own clock of milliseconds.

use jobsim::station::What;

use crate::data::{Bound, Case, Row};
use crate::lab::{dependency, run};

struct Arrival {
    at: f64,
    sent: f64,
    answered: f64,
    passed: bool,
}

/// When requests came, in order, and what was answered when, since the first one came.
fn arrivals(case: &Case) -> Vec<Arrival> {
    let (logged, sent) = (case.at("nginx_arrival_1ms"), case.at("t_sent"));
    let (answered, status) = (case.at("t_answer"), case.at("status"));
    let mut all: Vec<Arrival> = case
        .rows()
        .iter()
        .map(|row| {
            let value = |at: usize| row[at].as_f64().unwrap_or(0.0);
            // A request without a log line has a time of long ago.
            let at = if value(logged) > -1.0 { value(logged) } else { value(sent) };
            let at = (at * 1000.0).round() / 1000.0;
            Arrival { at, sent: value(sent), answered: value(answered), passed: row[status] == 200 }
        })
        .collect();
    all.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.sent.total_cmp(&b.sent)));
    let first = all.first().map_or(0.0, |a| a.at);
    all.iter_mut().for_each(|a| {
        a.at -= first;
        a.answered -= first;
    });
    all
}

pub fn limit_req(case: &Case) -> Vec<Row> {
    let limit = case.text("limit");
    let word = |name: &str| -> Option<String> {
        let (_, after) = limit.split_once(name)?;
        Some(after.chars().take_while(char::is_ascii_digit).collect())
    };
    let rate = word("rate=").unwrap_or("10".to_string());
    let per = if limit.contains("r/m") { "min" } else { "s" };
    let burst = word("burst=").map_or(String::new(), |n| format!(", burst: {n}"));
    let delay = match word("delay=") {
        Some(n) => format!(", delay: {n}"),
        None if limit.contains("nodelay") => ", delay: nodelay".to_string(),
        None => String::new(),
    };
    let text = format!("{{rateLimit: {{like: nginx, rate: {rate}/{per}{burst}{delay}}}}}");
    compare(case, &text, 0.0)
}

pub fn limit_conn(case: &Case) -> Vec<Row> {
    let most: String = case.text("limit").chars().filter(char::is_ascii_digit).collect();
    let text = format!("{{pool: {{connections: {most}, queueLimit: 0}}}}");
    compare(case, &text, case.number("backend_ms") / 1000.0)
}

fn compare(case: &Case, text: &str, service: f64) -> Vec<Row> {
    let measured = arrivals(case);
    // A small step after the millisecond, so that no rounding falls below it.
    let first: Vec<f64> = measured.iter().map(|arrival| arrival.at + 1e-6).collect();
    let answers = run(&dependency(text), 0, &first, service, f64::INFINITY, |_, _| None);
    let mut ended = vec![None; measured.len()];
    for answer in answers.iter().filter(|a| a.what == What::Done) {
        ended[answer.client as usize] = Some(answer.ended);
    }
    let at_once = measured.last().is_some_and(|last| last.at < 0.05);
    let passed = ended.iter().flatten().count() as f64;
    let measured_passed = measured.iter().filter(|m| m.passed).count() as f64;
    // Of limit_conn the time that a place is occupied is the backend's, which takes 1 to 3 ms longer than it says.
    let bound = if service > 0.0 && !at_once { Bound::Share(0.01) } else { Bound::By(0.0) };
    let mut rows = vec![Row::new("let through", passed, measured_passed, bound)];
    // Which of those that come in one millisecond goes first is chance: the same answers, request by request or in
    // order of time, whichever fits better.
    let mut simulated: Vec<f64> = ended.iter().flatten().copied().collect();
    let mut real: Vec<f64> = measured.iter().filter(|m| m.passed).map(|m| m.answered).collect();
    simulated.sort_by(f64::total_cmp);
    real.sort_by(f64::total_cmp);
    let in_order = worst(simulated.into_iter().zip(real));
    let both = ended.iter().zip(&measured).filter(|(_, m)| m.passed);
    let by_request = worst(both.filter_map(|(ended, m)| Some(((*ended)?, m.answered))));
    let worst = if at_once || in_order.abs() < by_request.abs() { in_order } else { by_request };
    let same = ended.iter().zip(&measured).filter(|(ended, m)| ended.is_some() == m.passed).count() as f64;
    if !at_once {
        rows.push(Row::new("decisions that are the same", same, measured.len() as f64, Bound::Unbounded));
    }
    rows.push(Row::new("largest difference of an answer's time, s", 0.0, worst, Bound::By(0.010)));
    rows
}

fn worst(times: impl Iterator<Item = (f64, f64)>) -> f64 {
    times.map(|(s, m)| m - s).fold(0.0f64, |worst, off| if off.abs() > worst.abs() { off } else { worst })
}
