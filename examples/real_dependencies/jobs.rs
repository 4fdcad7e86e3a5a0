//! Killed holders (A5) and deadlocks (A6), as Jobs: what a Simulation document of jobsim makes of them.

use jobsim::engine::time::SimTime;
use jobsim::kubernetes::facts::{CallFact, Observer, PodId};
use jobsim::kubernetes::simulate::{Seed, Until, simulate};

use crate::data::{Bound, Case, Row, mean};

/// Everything that happened to calls: when, to which Job, at which dependency, what.
#[derive(Default)]
struct Calls(Vec<(f64, u32, u32, CallFact)>);

impl Observer for Calls {
    fn call(&mut self, t: SimTime, pod: PodId, dependency: u32, what: CallFact) {
        self.0.push((t.seconds(), pod.job, dependency, what));
    }
}

/// Runs one Job of one pod for each name, in that order, with this `spec` of the Simulation.
fn run(jobs: &[&str], spec: &str) -> Calls {
    let mut text = String::new();
    for name in jobs {
        text.push_str(&format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec:\n  backoffLimit: 0\n  template:\n    \
             spec:\n      restartPolicy: Never\n      terminationGracePeriodSeconds: 0\n      \
             containers: [{{name: c, image: i}}]\n---\n"
        ));
    }
    text.push_str("apiVersion: jobsim/v1alpha1\nkind: Simulation\nspec:\n  controlPlane: {preset: ideal}\n");
    text.push_str(spec);
    let loaded = match jobsim::input::load(&["-".to_string()], &mut text.as_bytes(), &[]) {
        Ok(loaded) => loaded,
        Err(report) => panic!("{}", report.render()),
    };
    let mut calls = Calls::default();
    simulate(&loaded.scenario, Seed { seed: 1, replication: 0 }, Until::AllJobsEnded, &mut calls);
    calls
}

/// A client is killed 0.5 s after it got the row; when does the next one get it?
pub fn killed_holder(case: &Case) -> Vec<Row> {
    if let Some(timeout_ms) = case.inputs["idle_in_transaction_session_timeout_ms"].as_f64() {
        return hung_holder(case, timeout_ms);
    }
    let mut rows = Vec::new();
    let mut seen: Vec<(String, i64)> = Vec::new();
    for row in case.rows() {
        let key = (row[0].as_str().unwrap_or("").to_string(), row[1].as_i64().unwrap_or(0));
        if seen.contains(&key) {
            continue;
        }
        let of = case.rows().iter().filter(|r| r[0] == row[0] && r[1] == row[1]);
        let measured: Vec<f64> = of.filter_map(|r| r[4].as_f64()).collect();
        let running = key.0.contains("pg_sleep");
        let check = match key.1 {
            0 => String::new(),
            ms => format!(", releaseAfter: {{check: {ms}ms}}"),
        };
        let holder = match running {
            true => "      - call: {to: row, service: 3s}\n",
            false => "      - hold: {of: row, steps: [{run: 6s}]}\n",
        };
        let spec = format!(
            "  workload:\n    holder:\n      steps:\n{holder}    waiter:\n      steps:\n      - run: 1ms\n      \
             - call: {{to: row, service: 0s}}\n  dependencies:\n    row: {{lock: {{like: postgresRow{check}}}}}\n  \
             timeline:\n  - {{at: 500ms, job: holder, deletePod: {{ordinal: 0}}}}\n"
        );
        let calls = run(&["holder", "waiter"], &spec);
        let got = calls.0.iter().find(|c| c.1 == 1 && c.3 == CallFact::Done).map_or(f64::NAN, |c| c.0);
        let what = format!("{}, check {} ms: next one gets it after, s", key.0, key.1);
        rows.push(Row::new(what, got - 0.5, mean(&measured), Bound::By(0.010)));
        seen.push(key);
    }
    rows
}

/// A client gets the row and hangs; the server throws it out after its idle time. When does the next one get the row?
fn hung_holder(case: &Case, timeout_ms: f64) -> Vec<Row> {
    let spec = format!(
        "  workload:\n    holder:\n      steps:\n      - hold: {{of: row, steps: [{{run: never}}]}}\n    waiter:\n      \
         steps:\n      - run: 1ms\n      - call: {{to: row, service: 0s}}\n  dependencies:\n    row: {{lock: {{like: \
         postgresRow, holdTimeout: {timeout_ms}ms}}}}\n"
    );
    let calls = run(&["holder", "waiter"], &spec);
    let got = calls.0.iter().find(|c| c.1 == 1 && c.3 == CallFact::Done).map_or(f64::NAN, |c| c.0);
    let measured = mean(&case.column("waiter_got_lock_after_lock_taken"));
    let what = format!("holder hangs, thrown out after {timeout_ms} ms: next one gets it after, s");
    vec![Row::new(what, got, measured, Bound::By(0.010))]
}

/// A holds row 1, B holds row 2; A asks for row 2 after 0.1 s, B for row 1 later. Who is the victim, and when?
pub fn deadlock(case: &Case) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut asks: Vec<f64> = case.column("b_asks_second_row_at");
    asks.dedup();
    for ask in asks {
        let spec = format!(
            "  workload:\n    a:\n      steps:\n      - hold: {{of: one, steps: [{{run: 100ms}}, {{call: {{to: two}}}}]}}\n    \
             b:\n      steps:\n      - hold: {{of: two, steps: [{{run: {}ms}}, {{call: {{to: one}}}}]}}\n  dependencies:\n    \
             one: {{lock: {{like: postgresRow}}}}\n    two: {{lock: {{like: postgresRow}}}}\n",
            ask * 1000.0
        );
        let calls = run(&["a", "b"], &spec);
        let victim = calls.0.iter().find(|c| c.3 == CallFact::DeadlockVictim);
        let (when, who) = victim.map_or((f64::NAN, 9), |c| (c.0, c.1));
        let of: Vec<_> =
            case.rows().iter().filter(|r| r[0].as_f64() == Some(ask) && r[5] == "40P01").collect();
        let b_share = of.iter().filter(|r| r[2] == "B").count() as f64 / of.len() as f64;
        let measured = mean(&of.iter().filter_map(|r| r[4].as_f64()).collect::<Vec<f64>>());
        // In a tie chance decides on the real system; jobsim takes the first to have asked.
        let bound = if ask > 0.15 { Bound::By(0.0) } else { Bound::Unbounded };
        rows.push(Row::new(format!("B asks at {ask} s: victim is B"), f64::from(who), b_share, bound));
        rows.push(Row::new(format!("B asks at {ask} s: victim told, s"), when, measured, Bound::By(0.010)));
    }
    rows
}
