//! What the pages of the gallery claim beyond what they print: formulas against the simulation, and that `jobsim check`
//! finds the pitfall that a scenario is about.

use serde_json::Value;

use crate::console::jobsim;

fn run(scenario: &str, replications: u32) -> Value {
    let folder = format!("scenarios/{scenario}");
    let output = jobsim(&["run", &folder, "-n", &replications.to_string(), "-o", "json"]);
    assert!(output.status.success(), "{scenario}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Share of runs with this outcome.
fn share(answer: &Value, outcome: &str) -> f64 {
    let outcomes = answer["jobs"][0]["outcomes"].as_array().unwrap().iter();
    outcomes.filter(|o| o["outcome"] == outcome).map(|o| o["share"].as_f64().unwrap()).sum()
}

fn quantity(answer: &Value, key: &str, statistic: &str) -> f64 {
    answer["jobs"][0][key][statistic].as_f64().unwrap()
}

/// P(more than `limit` failures before the `n`-th success), attempts failing with `p`.
fn more_failures_than(limit: u32, n: u32, p: f64) -> f64 {
    let mut term = (1.0 - p).powi(n as i32);
    let mut sum = 0.0;
    for k in 0..=limit {
        sum += term;
        term *= p * f64::from(n + k) / f64::from(k + 1);
    }
    1.0 - sum
}

#[test]
fn shares_are_those_of_the_formulas() {
    let any = |p: f64, n: i32| 1.0 - (1.0 - p).powi(n);
    let table = [
        ("black-hole", "Stuck", any(0.05, 10), 1000),
        ("black-hole/more-parallelism", "Stuck", any(0.05, 10), 1000),
        ("black-hole/with-job-deadline", "Failed", any(0.05, 10), 1000),
        ("black-hole/with-pod-deadline", "Complete", 1.0, 1000),
        ("black-hole/with-all-three", "Complete", 1.0, 1000),
        ("work-queue/no-failure-allowed", "Failed", any(0.1, 5), 1000),
        ("ignoring-restarts/never", "Failed", more_failures_than(6, 100, 0.1), 400),
        ("ignoring-restarts/limit-one", "Failed", 0.1, 1000),
        ("ignoring-restarts/limit-one-never", "Failed", 0.01, 1000),
        ("wide-job", "Failed", more_failures_than(6, 1000, 0.01), 200),
    ];
    for (scenario, outcome, want, n) in table {
        let found = share(&run(scenario, n), outcome);
        let error = (want * (1.0 - want) / f64::from(n)).sqrt();
        assert!(
            (found - want).abs() <= 4.0 * error,
            "{scenario}: {outcome} {found}, the formula says {want}"
        );
    }
    // A hundred attempts of which one in fifty is slow; the fast ones are done after half an hour.
    let answer = jobsim(&["run", "scenarios/straggler", "-n", "400", "--done-by", "20m", "-o", "json"]);
    let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let (slow, want) = (1.0 - answer["jobs"][0]["done_by"][0]["share"].as_f64().unwrap(), any(0.02, 100));
    assert!((slow - want).abs() < 4.0 * (want * (1.0 - want) / 400.0).sqrt(), "{slow} {want}");
}

#[test]
fn times_are_those_of_the_formulas() {
    // Pauses, attempts between them, and how far off start-up, batches of a second and whole seconds may be.
    let table = [
        ("doubling-pauses", 630.0, 7.0, 7.0),
        ("doubling-pauses/limit-ten", 3030.0, 11.0, 11.0),
        ("doubling-pauses/fail-fast", 0.0, 1.0, 1.0),
    ];
    for (scenario, pauses_s, attempts, pods) in table {
        let answer = run(scenario, 50);
        let makespan = quantity(&answer, "makespan_s", "mean");
        let off = makespan - pauses_s;
        assert!(0.0 < off && off < 4.0 * attempts, "{scenario}: {makespan} s, pauses are {pauses_s} s");
        assert_eq!(quantity(&answer, "pods_created", "max"), pods, "{scenario}");
    }
    let on_failure = run("doubling-pauses/on-failure", 50);
    assert_eq!(quantity(&on_failure, "container_restarts", "min"), 6.0);
    assert_eq!(quantity(&on_failure, "pods_created", "max"), 1.0);
    // V10: to the second.
    let deadline = run("never-starts/no-node-job-deadline", 50);
    assert!((quantity(&deadline, "makespan_s", "max") - 901.0).abs() < 1.1);
    // The largest task bounds the makespan from below, with any number of slots and in the best order.
    for scenario in ["data-skew", "data-skew/more-slots", "data-skew/largest-first"] {
        assert!(quantity(&run(scenario, 20), "makespan_s", "min") >= 3600.0, "{scenario}");
    }
    assert!(quantity(&run("data-skew/split", 20), "makespan_s", "max") < 2400.0);
}

#[test]
fn parallelism_bounds_active_pods_and_not_containers() {
    let both = run("two-at-once", 50);
    assert_eq!(quantity(&both, "peak_active", "max"), 2.0);
    assert_eq!(quantity(&both, "peak_running", "max"), 3.0);
    let waits = run("two-at-once/wait-for-the-old-one", 50);
    assert_eq!(quantity(&waits, "peak_running", "max"), 2.0);
}

#[test]
fn outcomes_are_those_that_the_pages_tell() {
    for (scenario, outcome, reason) in [
        ("work-queue", "Complete", "CompletionsReached"),
        ("success-policy", "Complete", "SuccessPolicy"),
        ("success-policy/first-answers", "Complete", "SuccessPolicy"),
        ("success-policy/without", "Stuck", "HungPod"),
        ("blocked-queue", "Stuck", "HungPod"),
        ("blocked-queue/two-slots", "Stuck", "HungPod"),
        ("never-starts", "Stuck", "ImageNeverPulled"),
        ("never-starts/no-node-pod-deadline", "Stuck", "NeverScheduled"),
        ("never-starts/with-pod-deadline", "Failed", "BackoffLimitExceeded"),
        ("never-starts/no-node-job-deadline", "Failed", "DeadlineExceeded"),
        ("doubling-pauses/fail-fast", "Failed", "PodFailurePolicy"),
        ("dies-in-the-first-wave", "Failed", "BackoffLimitExceeded"),
        ("dies-in-the-first-wave/limit-above-parallelism", "Complete", "CompletionsReached"),
        ("dies-in-the-first-wave/limit-per-index", "Complete", "CompletionsReached"),
        ("dies-in-the-first-wave/retry-in-client", "Complete", "CompletionsReached"),
        ("wide-job/limit-per-index", "Complete", "CompletionsReached"),
        ("wide-job/limit-thirty", "Complete", "CompletionsReached"),
        ("head-of-line", "Failed", "FailedIndexes"),
        ("head-of-line/fail-index", "Failed", "FailedIndexes"),
        ("rolling-deadline", "Failed", "BackoffLimitExceeded"),
        ("rolling-deadline/job-deadline", "Failed", "DeadlineExceeded"),
        ("rolling-deadline/both", "Failed", "DeadlineExceeded"),
        ("suspend-and-resume", "Complete", "CompletionsReached"),
        ("elastic", "Complete", "CompletionsReached"),
        ("elastic/shrink", "Complete", "CompletionsReached"),
    ] {
        let answer = run(scenario, 20);
        let outcomes = answer["jobs"][0]["outcomes"].as_array().unwrap();
        assert_eq!(outcomes.len(), 1, "{scenario}: {outcomes:?}");
        assert_eq!(
            (&outcomes[0]["outcome"], &outcomes[0]["reason"]),
            (&outcome.into(), &reason.into()),
            "{scenario}"
        );
    }
}

#[test]
fn check_finds_the_pitfall_that_a_scenario_is_about() {
    for (scenario, code) in [
        ("work-queue", "work-queue"),
        ("data-slicer", "index-without-indexed"),
        ("two-at-once", "two-writers"),
        ("checkpoint-volume", "ephemeral-volume"),
        ("checkpoint-volume/shared-claim", "two-writers"),
        ("success-policy/without", "no-deadline"),
        ("black-hole", "no-deadline"),
        ("black-hole/with-failure-policy", "ignore-without-bound"),
        ("blocked-queue", "no-deadline"),
        ("never-starts", "no-deadline"),
        ("never-starts/no-node-job-deadline", "deadline-counts-pending"),
        ("ignoring-restarts", "restart-sum"),
        ("ignoring-restarts/never", "backoff-limit-too-low"),
        ("queue-processor", "restart-sum"),
        ("dies-in-the-first-wave", "parallelism-above-backoff-limit"),
        ("wide-job", "backoff-limit-too-low"),
        ("thundering-herd", "crowded-dependency"),
        ("rolling-deadline/job-deadline", "deadline-too-short"),
        ("rolling-deadline/both", "deadline-too-short"),
    ] {
        let output = jobsim(&["check", &format!("scenarios/{scenario}")]);
        let told = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
        assert!(told.contains(&format!("[{code}]")), "{scenario} does not show {code}: {told}");
    }
    for cured in [
        "black-hole/with-all-three",
        "wide-job/limit-per-index",
        "head-of-line/fail-index",
        "straggler",
        "data-skew",
    ] {
        let output = jobsim(&["check", &format!("scenarios/{cured}"), "--deny", "warnings"]);
        assert!(output.status.success(), "{cured}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
