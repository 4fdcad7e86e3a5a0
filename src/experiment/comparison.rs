//! Base against variant: every quantity of Jobs and dependencies as a paired difference.
//!
//! Things are matched by name; of a single Job on either side the names do not matter. Relies on [`super::paired`].

use std::ops::Range;

use super::measure::{DEPENDENCY_QUANTITIES, JOB_QUANTITIES};
use super::paired::{Paired, paired, paired_shares};
use super::replicate::{Run, Threads};
use crate::model::scenario::Scenario;

/// Runs of all settings at a time: what waits of dependencies take in memory is dropped after each.
const BATCH: u64 = 2048;

/// Values of one Job or dependency: `[quantity][replication]`.
type Columns = Vec<Vec<Option<f64>>>;

/// The values of all replications of one setting.
pub struct Samples {
    jobs: Vec<(String, Vec<&'static str>, Columns)>,
    dependencies: Vec<(String, Columns)>,
}

impl Samples {
    /// Of a setting that was not simulated yet.
    pub fn none(scenario: &Scenario) -> Samples {
        let empty = |quantities: usize| vec![Vec::new(); quantities];
        let jobs =
            scenario.jobs.iter().map(|job| (job.name.clone(), Vec::new(), empty(JOB_QUANTITIES.len())));
        let dependencies = scenario.shared.dependencies.iter();
        Samples {
            jobs: jobs.collect(),
            dependencies: dependencies
                .map(|d| (d.name.clone(), empty(DEPENDENCY_QUANTITIES.len())))
                .collect(),
        }
    }

    fn take(&mut self, run: &Run) {
        for ((_, outcomes, columns), job) in self.jobs.iter_mut().zip(&run.jobs) {
            outcomes.push(job.ending.outcome.name());
            columns.iter_mut().zip(&JOB_QUANTITIES).for_each(|(column, q)| column.push((q.of)(job)));
        }
        for ((_, columns), numbers) in self.dependencies.iter_mut().zip(&run.dependencies) {
            columns
                .iter_mut()
                .zip(&DEPENDENCY_QUANTITIES)
                .for_each(|(column, q)| column.push((q.of)(numbers)));
        }
    }
}

/// Simulates replications of each setting that come next; `tell` hears how many there are.
pub fn extend(
    samples: &mut [Samples],
    settings: &[&Scenario],
    threads: &Threads,
    seed: u64,
    replications: Range<u64>,
    mut tell: impl FnMut(u64),
) {
    let batch = (BATCH / settings.len().max(1) as u64).max(64);
    let mut done = replications.start;
    while done < replications.end {
        let end = (done + batch).min(replications.end);
        for (samples, runs) in samples.iter_mut().zip(threads.replicate_each(settings, seed, done..end)) {
            runs.iter().for_each(|run| samples.take(run));
        }
        done = end;
        tell(done);
    }
}

/// One Job in both settings.
pub struct JobComparison {
    pub name: String,
    /// By outcome, of those that were seen.
    pub outcomes: Vec<(&'static str, Paired)>,
    /// By key of the output; none where there is no pair.
    pub quantities: Vec<(&'static str, Option<Paired>)>,
}

/// One dependency in both settings.
pub struct DependencyComparison {
    pub name: String,
    pub quantities: Vec<(&'static str, Option<Paired>)>,
}

/// Base against one variant.
pub struct Comparison {
    pub jobs: Vec<JobComparison>,
    pub dependencies: Vec<DependencyComparison>,
    /// Jobs and dependencies that only one of the two has.
    pub unmatched: Vec<String>,
}

const OUTCOMES: [&str; 6] = ["Complete", "Failed", "Stuck", "Suspended", "Horizon", "Deleted"];

impl Comparison {
    /// Whether each difference of makespans is known to this share of the base's makespan; one that no pair of runs
    /// shows is not waited for.
    pub fn is_precise(&self, relative_error: f64) -> bool {
        let makespans =
            self.jobs.iter().flat_map(|job| &job.quantities).filter(|(key, _)| *key == "makespan_s");
        makespans.filter_map(|(_, pair)| *pair).all(|pair| {
            pair.interval.is_some_and(|(low, high)| high - low <= 2.0 * relative_error * pair.base.abs())
        })
    }
}

/// All differences; `tail`: probability of error on either side of each interval.
pub fn compare(base: &Samples, variant: &Samples, tail: f64) -> Comparison {
    let mut comparison = Comparison { jobs: Vec::new(), dependencies: Vec::new(), unmatched: Vec::new() };
    let single = base.jobs.len() == 1 && variant.jobs.len() == 1;
    for (name, outcomes, columns) in &base.jobs {
        let like = |other: &&(String, Vec<&'static str>, Columns)| single || other.0 == *name;
        let Some((_, other_outcomes, others)) = variant.jobs.iter().find(like) else {
            comparison.unmatched.push(name.clone());
            continue;
        };
        let shares = OUTCOMES.iter().filter_map(|outcome| {
            let is = |seen: &[&'static str]| seen.iter().map(|o| o == outcome).collect::<Vec<bool>>();
            let (a, b) = (is(outcomes), is(other_outcomes));
            let seen = a.iter().chain(&b).any(|is| *is);
            Some((*outcome, paired_shares(&a, &b, tail).filter(|_| seen)?))
        });
        let keys = JOB_QUANTITIES.iter().map(|q| q.key);
        comparison.jobs.push(JobComparison {
            name: name.clone(),
            outcomes: shares.collect(),
            quantities: columns_compared(keys, columns, others, tail),
        });
    }
    for (name, columns) in &base.dependencies {
        let Some((_, others)) = variant.dependencies.iter().find(|other| other.0 == *name) else {
            comparison.unmatched.push(name.clone());
            continue;
        };
        let keys = DEPENDENCY_QUANTITIES.iter().map(|q| q.key);
        let quantities = columns_compared(keys, columns, others, tail);
        comparison.dependencies.push(DependencyComparison { name: name.clone(), quantities });
    }
    let new_jobs =
        variant.jobs.iter().map(|job| &job.0).filter(|name| base.jobs.iter().all(|b| b.0 != **name));
    let dependencies = variant.dependencies.iter().map(|d| &d.0);
    let new = dependencies.filter(|name| base.dependencies.iter().all(|b| b.0 != **name));
    comparison.unmatched.extend(new_jobs.filter(|_| !single).chain(new).cloned());
    comparison
}

fn columns_compared(
    keys: impl Iterator<Item = &'static str>,
    base: &Columns,
    variant: &Columns,
    tail: f64,
) -> Vec<(&'static str, Option<Paired>)> {
    keys.zip(base.iter().zip(variant)).map(|(key, (a, b))| (key, paired(a, b, tail))).collect()
}
