//! Closed forms (numbers as in the project's notes on engines, section 10), preset `ideal` unless said.
//!
//! Statistical ones have a fixed seed and allow five standard errors of the estimate.

use jobsim::engine::distribution::Distribution;
use jobsim::experiment::replicate::{JobRun, replicate};
use jobsim::kubernetes::simulate::Outcome;
use jobsim::model::cluster::ControlPlane;
use jobsim::model::job::Completion;
use jobsim::model::scenario::Scenario;
use jobsim::model::workload::{Failure, FailureLaw};

use crate::workloads::{scenario, seconds, spec, workload};

fn runs(scenario: &Scenario, count: u64) -> Vec<JobRun> {
    replicate(scenario, 42, count, 2).unwrap().into_iter().map(|jobs| jobs[0]).collect()
}

#[track_caller]
fn near(values: impl Iterator<Item = f64>, want: f64) {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let error = (variance / n).sqrt();
    assert!((mean - want).abs() < 5.0 * error, "mean {mean} of {n}, wanted {want} within 5 x {error}");
}

#[track_caller]
fn share_near(hits: usize, n: usize, want: f64) {
    let error = (want * (1.0 - want) / n as f64).sqrt();
    let share = hits as f64 / n as f64;
    assert!((share - want).abs() < 5.0 * error, "share {share} of {n}, wanted {want} within 5 x {error}");
}

fn fails_with(q: f64) -> Option<Failure> {
    Some(Failure { law: FailureLaw::Probability(q), exit_code: 1 })
}

#[test]
fn form_1_deterministic_waves() {
    for (n, p) in [(10, 3), (10, 10), (1, 5), (7, 1)] {
        let mut w = workload(seconds(60.0));
        w.startup = seconds(2.0);
        let s = scenario(ControlPlane::IDEAL, spec(Completion::Counted(n), p), w);
        let waves = f64::from(n.div_ceil(p));
        assert_eq!(runs(&s, 1)[0].makespan_s(), Some(waves * 62.0));
    }
}

#[test]
fn form_2_exponential_work() {
    let (n, p, mean) = (40u32, 8u32, 30.0);
    let w = workload(Distribution::exponential(mean).unwrap());
    let s = scenario(ControlPlane::IDEAL, spec(Completion::Counted(n), p), w);
    let harmonic: f64 = (1..=p).map(|k| 1.0 / f64::from(k)).sum();
    let want = (f64::from(n - p) / f64::from(p) + harmonic) * mean;
    near(runs(&s, 4000).iter().filter_map(JobRun::makespan_s), want);
}

#[test]
fn form_3_as_many_pods_as_completions() {
    let w = workload(Distribution::log_normal_sigma(60.0, 0.8).unwrap());
    let s = scenario(ControlPlane::IDEAL, spec(Completion::Counted(50), 50), w);
    near(runs(&s, 4000).iter().filter_map(JobRun::makespan_s), 390.84);
}

#[test]
fn form_4_one_slot_is_a_sum() {
    let w = workload(Distribution::gamma(2.0, 10.0).unwrap());
    let s = scenario(ControlPlane::IDEAL, spec(Completion::Counted(20), 1), w);
    near(runs(&s, 3000).iter().filter_map(JobRun::makespan_s), 200.0);
}

#[test]
fn form_5_failures_are_negative_binomial() {
    let (n, q) = (60u32, 0.1);
    for p in [1, 7, 60] {
        let mut w = workload(Distribution::exponential(5.0).unwrap());
        w.failure = fails_with(q);
        let s = scenario(ControlPlane::IDEAL, spec(Completion::Counted(n), p), w);
        let want = f64::from(n) * q / (1.0 - q);
        near(runs(&s, 3000).iter().map(|r| r.numbers.pods_failed as f64), want);
    }
}

#[test]
fn form_6_backoff_limit_ends_healthy_jobs() {
    let mut job = spec(Completion::Counted(60), 1);
    job.backoff_limit = 6;
    let mut w = workload(seconds(1.0));
    w.failure = fails_with(0.1);
    let runs = runs(&scenario(ControlPlane::IDEAL, job, w), 6000);
    let failed = runs.iter().filter(|r| matches!(r.ending.outcome, Outcome::Failed(_))).count();
    share_near(failed, runs.len(), 0.49409);
}

#[test]
fn form_7_black_hole_does_not_depend_on_parallelism() {
    for p in [1, 30] {
        let mut w = workload(seconds(10.0));
        w.failure = fails_with(0.1);
        w.hang_probability = 0.01;
        let runs = runs(&scenario(ControlPlane::IDEAL, spec(Completion::Counted(30), p), w), 6000);
        let stuck = runs.iter().filter(|r| matches!(r.ending.outcome, Outcome::Stuck(_))).count();
        share_near(stuck, runs.len(), 0.28454);
    }
}

#[test]
fn form_8_exponential_failures_of_exponential_work_change_nothing() {
    let (n, p, mean) = (30u32, 6u32, 20.0);
    let mut w = workload(Distribution::exponential(mean).unwrap());
    w.failure = Some(Failure { law: FailureLaw::RatePerSecond(0.02), exit_code: 1 });
    let s = scenario(ControlPlane::IDEAL, spec(Completion::Counted(n), p), w);
    let harmonic: f64 = (1..=p).map(|k| 1.0 / f64::from(k)).sum();
    let want = (f64::from(n - p) / f64::from(p) + harmonic) * mean;
    near(runs(&s, 4000).iter().filter_map(JobRun::makespan_s), want);
}

#[test]
fn form_9_fixed_work_with_a_failure_rate() {
    let (t, rate, cost) = (20.0, 0.05, 3.0);
    let mut w = workload(seconds(t));
    w.startup = seconds(cost);
    w.failure = Some(Failure { law: FailureLaw::RatePerSecond(rate), exit_code: 1 });
    let s = scenario(ControlPlane::IDEAL, spec(Completion::Counted(5), 1), w);
    let growth = f64::exp(rate * t);
    let want = 5.0 * ((growth - 1.0) / rate + cost * growth);
    near(runs(&s, 4000).iter().filter_map(JobRun::makespan_s), want);
}

#[test]
fn form_15_backoff_pauses_add_up() {
    // 7 pods that fail at once, one after the other: 10 + 20 + ... + 320 s between them.
    let mut job = spec(Completion::Counted(1), 1);
    job.backoff_limit = 6;
    let mut w = workload(seconds(0.0));
    w.failure = fails_with(1.0);
    let run = runs(&scenario(ControlPlane::UNLIMITED, job, w), 1)[0];
    assert_eq!(run.numbers.pods_failed, 7);
    // Each failure is seen by the sync one second later; the pauses count from the failure itself.
    assert_eq!(run.makespan_s(), Some(631.0));
}

#[test]
fn form_16_long_run() {
    let (n, p, q) = (100_000u32, 100u32, 0.05);
    let mut w = workload(Distribution::log_normal_sigma(60.0, 0.8).unwrap());
    w.startup = Distribution::exponential(2.0).unwrap();
    w.failure = fails_with(q);
    let run = runs(&scenario(ControlPlane::IDEAL, spec(Completion::Counted(n), p), w), 1)[0];
    let mean_run = 60.0 * f64::exp(0.32);
    let want = f64::from(n) * (2.0 + mean_run * (1.0 - q / 2.0)) / ((1.0 - q) * f64::from(p));
    let got = run.makespan_s().unwrap();
    assert!((got / want - 1.0).abs() < 0.01, "{got} against {want}");
}
