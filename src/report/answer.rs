//! What a `run` has to say, as values: JSON, CSV and terminal show the same.

use std::collections::BTreeMap;

use super::dependencies::DependencyAnswer;
use crate::experiment::interval::{Summary, summarise, wilson};
use crate::experiment::replicate::JobRun;

/// The Kubernetes version that is modelled.
pub const KUBERNETES: &str = "1.37";
/// This version of jobsim.
pub const JOBSIM: &str = env!("CARGO_PKG_VERSION");

/// Everything about one `run`.
pub struct Answer {
    pub seed: u64,
    pub replications: u64,
    pub inputs_sha256: String,
    /// Sentences: what the answer stood on that the input did not say.
    pub defaults: Vec<String>,
    pub jobs: Vec<JobAnswer>,
    pub dependencies: Vec<DependencyAnswer>,
}

/// One Job over all replications.
pub struct JobAnswer {
    pub name: String,
    /// Most frequent first.
    pub outcomes: Vec<OutcomeShare>,
    /// By key of the output; none where no run has a value.
    pub quantities: Vec<(&'static str, Option<Summary>)>,
    /// What is legal but risky about it.
    pub advice: Vec<AdviceText>,
}

/// A lint in words.
pub struct AdviceText {
    pub code: &'static str,
    /// The finding and its cure.
    pub text: String,
}

/// How often a Job ended in one way.
pub struct OutcomeShare {
    pub outcome: &'static str,
    pub reason: &'static str,
    pub count: usize,
    pub share: f64,
    pub interval: Option<(f64, f64)>,
}

impl JobAnswer {
    /// From `runs[replication][job]`.
    pub fn new(name: &str, job: usize, runs: &[Vec<JobRun>]) -> JobAnswer {
        let runs: Vec<&JobRun> = runs.iter().map(|r| &r[job]).collect();
        let mut counts: BTreeMap<(&'static str, &'static str), usize> = BTreeMap::new();
        for run in &runs {
            let outcome = run.ending.outcome;
            *counts.entry((outcome.name(), outcome.reason())).or_default() += 1;
        }
        let mut outcomes: Vec<OutcomeShare> = counts
            .into_iter()
            .map(|((outcome, reason), count)| OutcomeShare {
                outcome,
                reason,
                count,
                share: count as f64 / runs.len() as f64,
                interval: wilson(count, runs.len()),
            })
            .collect();
        outcomes.sort_by_key(|o| std::cmp::Reverse(o.count));
        let some = |value: fn(&JobRun) -> Option<f64>| {
            summarise(&runs.iter().filter_map(|r| value(r)).collect::<Vec<_>>())
        };
        let quantities = vec![
            ("makespan_s", some(JobRun::makespan_s)),
            ("pods_created", some(|r| Some(r.numbers.pods_created as f64))),
            ("pods_failed", some(|r| Some(r.numbers.pods_failed as f64))),
            ("container_restarts", some(|r| Some(r.numbers.container_restarts as f64))),
            ("stuck_since_s", some(JobRun::stuck_since_s)),
            ("peak_active", some(|r| Some(r.numbers.peak_active as f64))),
            ("peak_running", some(|r| Some(r.numbers.peak_running as f64))),
            ("wasted_pod_s", some(|r| Some(r.numbers.wasted_ns as f64 / 1e9))),
            ("running_pod_s", some(|r| Some(r.numbers.running_ns as f64 / 1e9))),
        ];
        JobAnswer { name: name.to_string(), outcomes, quantities, advice: Vec::new() }
    }
}
