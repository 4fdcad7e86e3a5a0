//! What a gate, a constraint or an objective speaks of: `stuck`, `p99.makespan`, `JOB:wasted_pod`,
//! `orders-db.peak_in_flight`; and its estimate from many runs.
//!
//! A run that never ended counts as infinitely long. Reads expressions, knows no files and prints nothing.

use std::fmt;

use super::interval::{
    alike_is_certain, common_value, mean_interval, quantile, quantile_interval, share_interval,
};
use super::replicate::{JobRun, Run};
use crate::kubernetes::dependencies::numbers::DependencyNumbers;
use crate::kubernetes::simulate::Outcome;
use crate::model::scenario::Scenario;

/// A number of one Job in one run, by its key in the output.
pub struct Quantity<T> {
    /// With its unit.
    pub key: &'static str,
    /// None where this run has no such number.
    pub of: fn(&T) -> Option<f64>,
}

/// Of a Job, in the order of the output.
pub const JOB_QUANTITIES: [Quantity<JobRun>; 9] = [
    Quantity { key: "makespan_s", of: JobRun::makespan_s },
    Quantity { key: "pods_created", of: |r| Some(r.numbers.pods_created as f64) },
    Quantity { key: "pods_failed", of: |r| Some(r.numbers.pods_failed as f64) },
    Quantity { key: "container_restarts", of: |r| Some(r.numbers.container_restarts as f64) },
    Quantity { key: "stuck_since_s", of: JobRun::stuck_since_s },
    Quantity { key: "peak_active", of: |r| Some(r.numbers.peak_active as f64) },
    Quantity { key: "peak_running", of: |r| Some(r.numbers.peak_running as f64) },
    Quantity { key: "wasted_pod_s", of: |r| Some(r.numbers.wasted_ns as f64 / 1e9) },
    Quantity { key: "running_pod_s", of: |r| Some(r.numbers.running_ns as f64 / 1e9) },
];

/// Of a dependency: plain numbers, and means of the waits of one run.
pub const DEPENDENCY_QUANTITIES: [Quantity<DependencyNumbers>; 13] = [
    Quantity { key: "calls", of: |n| Some(n.calls as f64) },
    Quantity { key: "rejected", of: |n| Some(n.rejected as f64) },
    Quantity { key: "timeouts", of: |n| Some(n.timeouts as f64) },
    Quantity { key: "peak_in_flight", of: |n| Some(f64::from(n.peak_in_flight)) },
    Quantity { key: "peak_waiting", of: |n| Some(f64::from(n.peak_waiting)) },
    Quantity { key: "peak_arrivals_per_s", of: |n| Some(f64::from(n.peak_arrivals_1s)) },
    Quantity { key: "over_limit_s", of: |n| Some(n.over_limit_s) },
    Quantity { key: "lost_work_s", of: |n| Some(n.lost_work_s) },
    Quantity { key: "utilisation", of: |n| Some(n.utilisation) },
    Quantity { key: "amplification", of: DependencyNumbers::amplification },
    Quantity { key: "wait_s", of: |n| n.waits.mean_s() },
    Quantity { key: "sojourn_s", of: |n| n.sojourns.mean_s() },
    Quantity { key: "abandoned_wait_s", of: |n| n.abandoned_waits.mean_s() },
];

/// Outcomes whose share can be asked for.
const OUTCOMES: [&str; 5] = ["complete", "failed", "stuck", "suspended", "horizon"];

/// How the values of many runs become one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Statistic {
    Mean,
    /// In (0, 1).
    Quantile(f64),
    Max,
}

/// What is measured. Numbers are positions in the scenario and in the lists above.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Subject {
    /// Share of runs with this outcome.
    Share {
        job: usize,
        outcome: &'static str,
    },
    Job {
        job: usize,
        quantity: usize,
        statistic: Statistic,
    },
    Dependency {
        dependency: usize,
        quantity: usize,
        statistic: Statistic,
    },
}

/// An expression that was understood.
#[derive(Clone, PartialEq, Debug)]
pub struct Measure {
    subject: Subject,
    /// As it was written.
    text: String,
}

/// A number from many runs, with its interval where the runs can carry one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// Infinite when runs that never ended decide it; not a number when no run has a value.
    pub value: f64,
    pub interval: Option<(f64, f64)>,
    /// Runs with a value.
    pub n: usize,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Measure {
    /// Reads an expression: an outcome, or `[mean.|pNN.|max.]QUANTITY`, of the Job or `JOB:…`, or `DEPENDENCY.…`.
    ///
    /// # Errors
    /// What was found, and the list of what there is.
    pub fn parse(text: &str, scenario: &Scenario) -> Result<Measure, String> {
        let subject = Parser { text, scenario }.subject()?;
        Ok(Measure { subject, text: text.trim().to_string() })
    }

    /// Whether values are seconds.
    pub fn is_time(&self) -> bool {
        self.key().ends_with("_s") && !self.key().ends_with("per_s")
    }

    /// Whether values are shares of runs.
    pub fn is_share(&self) -> bool {
        matches!(self.subject, Subject::Share { .. })
    }

    /// The Job that it speaks of.
    pub fn job(&self) -> Option<usize> {
        match self.subject {
            Subject::Share { job, .. } | Subject::Job { job, .. } => Some(job),
            Subject::Dependency { .. } => None,
        }
    }

    /// How values become one; none of shares.
    pub fn statistic(&self) -> Option<Statistic> {
        match self.subject {
            Subject::Share { .. } => None,
            Subject::Job { statistic, .. } | Subject::Dependency { statistic, .. } => Some(statistic),
        }
    }

    /// Whether it is the largest value of all runs.
    pub fn is_max(&self) -> bool {
        self.statistic() == Some(Statistic::Max)
    }

    /// The key of the output that it speaks of.
    pub fn key(&self) -> &'static str {
        match self.subject {
            Subject::Share { outcome, .. } => outcome,
            Subject::Job { quantity, .. } => JOB_QUANTITIES[quantity].key,
            Subject::Dependency { quantity, .. } => DEPENDENCY_QUANTITIES[quantity].key,
        }
    }

    /// The value of one run: of a share 1 or 0; none where the run has no such number.
    pub fn of(&self, run: &Run) -> Option<f64> {
        match self.subject {
            Subject::Share { job, outcome } => {
                let is = run.jobs[job].ending.outcome.name().eq_ignore_ascii_case(outcome);
                Some(if is { 1.0 } else { 0.0 })
            }
            Subject::Job { job, quantity, .. } => {
                let run = &run.jobs[job];
                let value = (JOB_QUANTITIES[quantity].of)(run);
                let endless = JOB_QUANTITIES[quantity].key == "makespan_s" && never_ended(run);
                if endless { Some(f64::INFINITY) } else { value }
            }
            Subject::Dependency { dependency, quantity, .. } => {
                (DEPENDENCY_QUANTITIES[quantity].of)(&run.dependencies[dependency])
            }
        }
    }

    /// The estimate from all runs; `tail`: probability of error on either side of its interval.
    pub fn estimate(&self, runs: &[Run], tail: f64) -> Estimate {
        self.estimate_of(self.values(runs), tail)
    }

    /// The values of the runs that have one.
    pub fn values(&self, runs: &[Run]) -> Vec<f64> {
        runs.iter().filter_map(|run| self.of(run)).collect()
    }

    /// The estimate from the values of single runs.
    pub fn estimate_of(&self, mut values: Vec<f64>, tail: f64) -> Estimate {
        let n = values.len();
        if n == 0 {
            return Estimate { value: f64::NAN, interval: None, n };
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let (value, interval) = match self.subject {
            Subject::Share { .. } => (mean, share_interval(values.iter().sum::<f64>() as usize, n, tail)),
            Subject::Job { statistic, .. } | Subject::Dependency { statistic, .. } => match statistic {
                // Alike as far as seen is no proof that others are rare.
                Statistic::Mean
                    if common_value(values.iter().copied()).is_some() && !alike_is_certain(n, tail) =>
                {
                    (mean, None)
                }
                Statistic::Mean => (mean, mean_interval(&values, tail)),
                Statistic::Max => (values.iter().copied().fold(f64::NEG_INFINITY, f64::max), None),
                Statistic::Quantile(p) => {
                    values.sort_by(f64::total_cmp);
                    (quantile(&values, p), quantile_interval(&values, p, tail))
                }
            },
        };
        Estimate { value, interval, n }
    }
}

/// Whether the Job was neither Complete nor Failed in the end.
pub fn never_ended(run: &JobRun) -> bool {
    !matches!(run.ending.outcome, Outcome::Complete(_) | Outcome::Failed(_))
}

struct Parser<'a> {
    text: &'a str,
    scenario: &'a Scenario,
}

impl Parser<'_> {
    fn subject(&self) -> Result<Subject, String> {
        let text = self.text.trim();
        let (job, rest) = match text.split_once(':') {
            Some((name, rest)) => {
                let names: Vec<&str> = self.scenario.jobs.iter().map(|j| j.name.as_str()).collect();
                let job = names.iter().position(|known| *known == name.trim());
                let job = job.ok_or_else(|| self.unknown("Job", name.trim(), &names))?;
                (Some(job), rest.trim())
            }
            None => (None, text),
        };
        let dependencies: Vec<&str> =
            self.scenario.shared.dependencies.iter().map(|d| d.name.as_str()).collect();
        if job.is_none()
            && let Some((dependency, rest)) = dependencies
                .iter()
                .enumerate()
                .find_map(|(at, name)| Some((at, rest.strip_prefix(name)?.strip_prefix('.')?)))
        {
            let (statistic, key) = self.statistic(rest)?;
            let keys: Vec<&str> = DEPENDENCY_QUANTITIES.iter().map(|q| q.key).collect();
            let quantity = self.quantity(key, &keys, &[])?;
            return Ok(Subject::Dependency { dependency, quantity, statistic });
        }
        let job = match job {
            Some(job) => job,
            None if self.scenario.jobs.len() == 1 => 0,
            None => {
                let names: Vec<&str> = self.scenario.jobs.iter().map(|j| j.name.as_str()).collect();
                return Err(format!(
                    "'{text}': there are {} Jobs, say which: JOB:{rest} ({})",
                    names.len(),
                    names.join(", ")
                ));
            }
        };
        if let Some(outcome) = OUTCOMES.iter().find(|outcome| **outcome == rest) {
            return Ok(Subject::Share { job, outcome });
        }
        let (statistic, key) = self.statistic(rest)?;
        let keys: Vec<&str> = JOB_QUANTITIES.iter().map(|q| q.key).collect();
        let quantity = self.quantity(key, &keys, &dependencies)?;
        Ok(Subject::Job { job, quantity, statistic })
    }

    fn statistic<'t>(&self, text: &'t str) -> Result<(Statistic, &'t str), String> {
        if let Some(key) = text.strip_prefix("mean.") {
            return Ok((Statistic::Mean, key));
        }
        if let Some(key) = text.strip_prefix("max.") {
            return Ok((Statistic::Max, key));
        }
        // p95. or p99.9.
        let quantile = text.strip_prefix('p').and_then(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (digits, key) = rest.split_at(end);
            let percent: f64 = digits.strip_suffix('.')?.parse().ok()?;
            (percent > 0.0 && percent < 100.0).then_some((Statistic::Quantile(percent / 100.0), key))
        });
        Ok(quantile.unwrap_or((Statistic::Mean, text)))
    }

    /// A key with or without its unit.
    fn quantity(&self, name: &str, keys: &[&str], dependencies: &[&str]) -> Result<usize, String> {
        if let Some(at) = keys.iter().position(|key| *key == name || key.strip_suffix("_s") == Some(name)) {
            return Ok(at);
        }
        let mut known: Vec<&str> = keys.iter().map(|key| key.strip_suffix("_s").unwrap_or(key)).collect();
        if keys.contains(&"makespan_s") {
            known.extend(OUTCOMES);
        }
        let mut message = self.unknown("quantity", name, &known);
        if !dependencies.is_empty() {
            message.push_str(&format!("; and DEPENDENCY.QUANTITY of {}", dependencies.join(", ")));
        }
        Err(message)
    }

    fn unknown(&self, what: &str, found: &str, known: &[&str]) -> String {
        format!("'{}': there is no {what} '{found}'; there is: {}", self.text.trim(), known.join(", "))
    }
}
