//! How often 95 % intervals hold the true value, where that is known: five distributions (and one too heavy for its mean),
//! shares, closed forms of Jobs, differences with the same luck, and `-n auto`.
//!
//! `examples/coverage.rs` prints the table of 2 000 experiments (`docs/coverage.md`); here it is run small. Relies on
//! nothing but the library, so that the example can take this file in.

use jobsim::engine::distribution::Distribution;
use jobsim::engine::streams::{Purpose, Stream};
use jobsim::experiment::interval::{TAIL, share_interval, summarise};
use jobsim::experiment::measure::Measure;
use jobsim::experiment::paired::paired;
use jobsim::experiment::replicate::{Run, Threads};
use jobsim::experiment::stop_rule::StopRule;
use jobsim::input::load;
use jobsim::model::scenario::Scenario;

/// Whether 93 to 97 % can be asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Promise {
    Kept,
    /// The interval is too narrow, and why.
    TooNarrow(&'static str),
}

/// One line of the table.
pub struct Row {
    pub what: String,
    pub estimate: &'static str,
    pub values: usize,
    pub promise: Promise,
    pub experiments: usize,
    /// Experiments whose interval holds the truth, and those without an interval.
    pub held: usize,
    pub none: usize,
}

impl Row {
    fn new(what: &str, estimate: &'static str, values: usize) -> Row {
        let what = what.to_string();
        Row { what, estimate, values, promise: Promise::Kept, experiments: 0, held: 0, none: 0 }
    }

    fn add(&mut self, interval: Option<(f64, f64)>, truth: f64) {
        self.experiments += 1;
        match interval {
            Some((low, high)) => self.held += usize::from(low <= truth && truth <= high),
            None => self.none += 1,
        }
    }

    /// Of the experiments with an interval; none when no experiment has one.
    pub fn coverage(&self) -> Option<f64> {
        let with = self.experiments - self.none;
        (with > 0).then(|| self.held as f64 / with as f64)
    }
}

/// Everything, by this many experiments.
pub fn table(experiments: usize, threads: &Threads) -> Vec<Row> {
    let mut rows = distributions(experiments, threads);
    rows.extend(shares(experiments, threads));
    rows.extend(models(experiments, threads));
    rows.extend(precise(experiments, threads));
    rows
}

const QUANTILES: [(f64, &str); 4] = [(0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99")];
const SKEWED: &str = "skewed: the t interval of a mean needs more values";
const HEAVY: &str = "no variance: the interval of the mean means nothing; its tail is warned of";

/// Draws from known distributions: the mean, and quantiles.
fn distributions(experiments: usize, threads: &Threads) -> Vec<Row> {
    let known = [
        ("uniform 10 to 50", Distribution::uniform(10.0, 50.0)),
        ("exponential, mean 30", Distribution::exponential(30.0)),
        ("gamma, shape 4, mean 60", Distribution::gamma(4.0, 60.0)),
        ("weibull, shape 1.5", Distribution::weibull(1.5, 60.0)),
        ("logNormal, sigma 0.8", Distribution::log_normal_sigma(60.0, 0.8)),
        ("pareto, alpha 1.5", Distribution::pareto(10.0, 1.5, None)),
    ];
    let mut rows = Vec::new();
    for (name, law) in known {
        let law = law.unwrap();
        for n in [30, 100, 1000] {
            let samples = threads.map(experiments, |experiment| {
                let mut stream = Stream::new(7, experiment as u64, Purpose::Run);
                let values: Vec<f64> = (0..n).map(|_| law.sample_seconds(stream.unit())).collect();
                summarise(&values, TAIL).unwrap()
            });
            let mut mean = Row::new(name, "mean (t)", n);
            mean.promise = match (name, n) {
                ("pareto, alpha 1.5", _) => Promise::TooNarrow(HEAVY),
                ("exponential, mean 30", 30) | ("logNormal, sigma 0.8", 30 | 100) => {
                    Promise::TooNarrow(SKEWED)
                }
                _ => Promise::Kept,
            };
            samples.iter().for_each(|s| mean.add(s.interval, law.mean()));
            rows.push(mean);
            for (k, (p, label)) in QUANTILES.iter().enumerate() {
                let mut row = Row::new(name, label, n);
                samples.iter().for_each(|s| row.add(s.quantile_intervals[k], law.quantile(*p)));
                rows.push(row);
            }
        }
    }
    rows
}

/// Coins: Wilson, and the rule of three where nothing was seen.
fn shares(experiments: usize, threads: &Threads) -> Vec<Row> {
    const STEPS: &str = "a share has steps of 1/n: one rare event more or less decides";
    let mut rows = Vec::new();
    for p in [0.5, 0.2, 0.05, 0.01, 0.001] {
        for n in [100, 1000, 10_000] {
            let counts = threads.map(experiments, |experiment| {
                let mut stream = Stream::new(8, experiment as u64, Purpose::FailCoin);
                (0..n).filter(|_| stream.unit() < p).count()
            });
            let mut row = Row::new(&format!("an event with probability {} %", 100.0 * p), "share", n);
            row.promise = match (p, n) {
                (0.01, 100) | (0.001, 100 | 1000) => Promise::TooNarrow(STEPS),
                _ => Promise::Kept,
            };
            counts.iter().for_each(|count| row.add(share_interval(*count, n, TAIL), p));
            rows.push(row);
        }
    }
    rows
}

/// A Job as a user writes it; `workload`: of the Simulation document.
fn job(spec: &str, workload: &str) -> Scenario {
    let text = format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{{spec}, template: {{spec: {{restartPolicy: Never, \
         containers: [{{name: c, image: i}}]}}}}}}\n---\napiVersion: jobsim/v1alpha1\nkind: Simulation\nmetadata: {{name: \
         j}}\nspec: {{controlPlane: {{preset: ideal}}, workload: {{default: {{{workload}}}}}}}\n"
    );
    load(&["-".to_string()], &mut text.as_bytes(), &[]).map_err(|report| report.render()).unwrap().scenario
}

/// Runs of one experiment: each has its own seed.
fn runs(threads: &Threads, scenario: &Scenario, experiment: usize, count: u64) -> Vec<Run> {
    threads.replicate(scenario, 1_000_000 + experiment as u64, 0..count)
}

fn harmonic(p: u32) -> f64 {
    (1..=p).map(|k| 1.0 / f64::from(k)).sum()
}

/// Mean makespan of n exponential tasks on p slots (form 2 of the project's list).
fn exponential_makespan_s(n: u32, p: u32, mean_s: f64) -> f64 {
    (f64::from(n - p) / f64::from(p) + harmonic(p)) * mean_s
}

const EACH: u64 = 200;
const EXPONENTIAL: &str = "steps: [run: {exponential: {mean: 30s}}]";

/// Jobs whose answer theory knows.
fn models(experiments: usize, threads: &Threads) -> Vec<Row> {
    let failing = "steps: [run: {exponential: {mean: 5s}}], failure: {probability: 10%}";
    let hanging = "steps: [run: 10s], failure: {probability: 10%}, hang: {probability: 1%}";
    let all_at_once: f64 = 1.0 - f64::exp(-120.0 / 30.0);
    let fifth = f64::powi(0.9, 20);
    // P(more than 3 failures before 20 successes): at least 4 of the first 23 attempts fail.
    let beyond_limit = 1.0 - (0..=3).map(|k| binomial(23, k, 0.1)).sum::<f64>();
    let success = 0.99 * 0.9;
    let cases: [(&str, &str, Scenario, &str, f64); 8] = [
        (
            "20 exponential tasks on 4 slots",
            "mean (t)",
            job("completions: 20, parallelism: 4", EXPONENTIAL),
            "makespan",
            exponential_makespan_s(20, 4, 30.0),
        ),
        (
            "20 exponential tasks at once",
            "p50",
            job("completions: 20, parallelism: 20", EXPONENTIAL),
            "p50.makespan",
            -30.0 * f64::ln(1.0 - f64::powf(0.5, 1.0 / 20.0)),
        ),
        (
            "20 exponential tasks at once",
            "p95",
            job("completions: 20, parallelism: 20", EXPONENTIAL),
            "p95.makespan",
            -30.0 * f64::ln(1.0 - f64::powf(0.95, 1.0 / 20.0)),
        ),
        (
            "20 gamma tasks one by one",
            "mean (t)",
            job("completions: 20, parallelism: 1", "steps: [run: {gamma: {shape: 2, mean: 10s}}]"),
            "makespan",
            200.0,
        ),
        (
            "failures of 20 tasks, 10 % each",
            "mean (t)",
            job("completions: 20, parallelism: 4, backoffLimit: 10000", failing),
            "pods_failed",
            20.0 * 0.1 / 0.9,
        ),
        (
            "waste of 20 tasks, 10 % each",
            "mean (t)",
            job(
                "completions: 20, parallelism: 1, backoffLimit: 10000",
                "steps: [run: 10s], failure: {probability: 10%}",
            ),
            "wasted_pod",
            20.0 * 0.1 / 0.9 * 5.0,
        ),
        (
            "more than backoffLimit 3 of 20 tasks fail",
            "share",
            job("completions: 20, parallelism: 1, backoffLimit: 3", failing),
            "failed",
            beyond_limit,
        ),
        (
            "20 tasks, one hangs for ever",
            "share",
            job("completions: 20, parallelism: 5, backoffLimit: 10000", hanging),
            "stuck",
            1.0 - f64::powi(success / (success + 0.01), 20),
        ),
    ];
    let mut rows: Vec<Row> = Vec::new();
    for (name, estimate, scenario, measure, truth) in &cases {
        let measure = Measure::parse(measure, scenario).unwrap();
        let mut row = Row::new(name, estimate, EACH as usize);
        for experiment in 0..experiments {
            row.add(measure.estimate(&runs(threads, scenario, experiment, EACH), TAIL).interval, *truth);
        }
        rows.push(row);
    }
    // P(all done by 2 min) is a share, the mean of a difference has pairs.
    let (all, one) = (f64::powi(all_at_once, 20), fifth);
    let at_once = job("completions: 20, parallelism: 20", EXPONENTIAL);
    let more = job("completions: 20, parallelism: 5", EXPONENTIAL);
    let mut done_by = Row::new("20 exponential tasks done by 2 min", "share", EACH as usize);
    let mut no_failure = Row::new("no failure in 20 tasks, 10 % each", "share", EACH as usize);
    let mut pairs = Row::new("5 slots instead of 4, the same luck", "difference (t)", EACH as usize);
    let clean = job("completions: 20, parallelism: 4, backoffLimit: 0", failing);
    for experiment in 0..experiments {
        let makespans = |scenario: &Scenario| -> Vec<Option<f64>> {
            runs(threads, scenario, experiment, EACH).iter().map(|run| run.jobs[0].makespan_s()).collect()
        };
        let count = |is: &dyn Fn(&Run) -> bool, scenario: &Scenario| {
            runs(threads, scenario, experiment, EACH).iter().filter(|run| is(run)).count()
        };
        let done = count(&|run| run.jobs[0].makespan_s().is_some_and(|s| s <= 120.0), &at_once);
        done_by.add(share_interval(done, EACH as usize, TAIL), all);
        let complete = count(&|run| run.jobs[0].ending.outcome.name() == "Complete", &clean);
        no_failure.add(share_interval(complete, EACH as usize, TAIL), one);
        let pair = paired(&makespans(&cases[0].2), &makespans(&more), TAIL).unwrap();
        pairs.add(pair.interval, exponential_makespan_s(20, 5, 30.0) - exponential_makespan_s(20, 4, 30.0));
    }
    rows.extend([done_by, no_failure, pairs]);
    rows
}

fn binomial(n: u32, k: u32, p: f64) -> f64 {
    let choose: f64 = (0..k).map(|j| f64::from(n - j) / f64::from(j + 1)).product();
    choose * p.powi(k as i32) * (1.0 - p).powi((n - k) as i32)
}

/// The stop rule looks at the data before it stops, which costs a little coverage.
fn precise(experiments: usize, threads: &Threads) -> Vec<Row> {
    let scenario = job("completions: 20, parallelism: 4", EXPONENTIAL);
    let measure = Measure::parse("makespan", &scenario).unwrap();
    let mut rows = Vec::new();
    for (percent, label) in
        [(0.1, "20 exponential tasks, -n auto to 10 %"), (0.02, "20 exponential tasks, -n auto to 2 %")]
    {
        let rule = StopRule::Precise { relative_error: percent, tail: TAIL, min: 30, max: 100_000 };
        let mut row = Row::new(label, "mean (t)", 0);
        let mut all = 0;
        for experiment in 0..experiments {
            let mut known = runs(threads, &scenario, experiment, rule.first());
            while let Some(count) = rule.next(&known) {
                let more =
                    threads.replicate(&scenario, 1_000_000 + experiment as u64, known.len() as u64..count);
                known.extend(more);
            }
            all += known.len();
            row.add(measure.estimate(&known, TAIL).interval, exponential_makespan_s(20, 4, 30.0));
        }
        row.values = all / experiments;
        rows.push(row);
    }
    rows
}

/// 400 experiments: a true 95 % lies between 91.9 and 98.1 % but for one time in 200; a band of 91 to 98.5 % holds for the
/// 130 rows of a fixed seed and still tells a 90 % or 99 % interval.
#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let threads = Threads::new(2).unwrap();
    for row in table(400, &threads) {
        let told = format!("{}, {}, n = {}: {:?}", row.what, row.estimate, row.values, row.coverage());
        match (row.coverage(), row.promise) {
            // Too few values on one side of the quantile: none, not a made-up one.
            (None, _) => {
                assert!(row.none == 400 && row.estimate.starts_with('p') && row.values < 300, "{told}")
            }
            (Some(share), Promise::Kept) => assert!((0.91..=0.985).contains(&share), "{told}"),
            (Some(share), Promise::TooNarrow(_)) => assert!(share < 0.945, "{told}"),
        }
    }
    // Another confidence is another interval.
    let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
    let (low, high) = jobsim::experiment::interval::quantile_interval(&sorted, 0.5, 0.005).unwrap();
    assert!(low < 40.0 && high > 60.0);
}
