//! Independent replications of a scenario, on all cores, collected in replication order: the number of threads
//! never changes a result.

use std::ops::Range;

use rayon::prelude::*;

use crate::kubernetes::dependencies::background::background_alone;
use crate::kubernetes::dependencies::numbers::DependencyNumbers;
use crate::kubernetes::simulate::{
    JobEnding, KeptLuck, Outcome, Seed, Until, has_same_luck, simulate, simulate_with,
};
use crate::model::scenario::Scenario;
use crate::observe::numbers::{JobNumbers, Numbers};

/// One Job in one replication.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct JobRun {
    pub ending: JobEnding,
    pub numbers: JobNumbers,
}

impl JobRun {
    /// Creation of the Job → Complete or Failed written, in seconds; none when that never happened.
    pub fn makespan_s(&self) -> Option<f64> {
        match self.ending.outcome {
            Outcome::Complete(_) | Outcome::Failed(_) => {
                Some(self.ending.finished_at?.since(self.ending.created_at?).seconds())
            }
            _ => None,
        }
    }

    /// Creation of the Job → its last event, in seconds, if it is stuck.
    pub fn stuck_since_s(&self) -> Option<f64> {
        match self.ending.outcome {
            Outcome::Stuck(_) => Some(self.ending.last_change.since(self.ending.created_at?).seconds()),
            _ => None,
        }
    }
}

/// One run: its Jobs and its dependencies, in the order of the scenario.
pub type SharedRun = (Vec<JobRun>, Vec<DependencyNumbers>);

/// All that one replication leaves, in the order of the scenario.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Run {
    pub jobs: Vec<JobRun>,
    pub dependencies: Vec<DependencyNumbers>,
}

/// Threads that run replications.
pub struct Threads(rayon::ThreadPool);

impl Threads {
    /// # Errors
    /// A text when the threads cannot be started.
    pub fn new(count: usize) -> Result<Threads, String> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
        pool.map(Threads).map_err(|e| format!("threads: {e}"))
    }

    /// Runs the replications of a range, in their order.
    pub fn replicate(&self, scenario: &Scenario, seed: u64, range: Range<u64>) -> Vec<Run> {
        let run = |replication| run_once(scenario, seed, replication, None);
        self.0.install(|| range.into_par_iter().map(run).collect())
    }

    /// Runs the replications of a range under several settings; `result[setting][replication]`. The same as
    /// [`Threads::replicate`] of each, but what they have in common is drawn once.
    pub fn replicate_each(&self, settings: &[&Scenario], seed: u64, range: Range<u64>) -> Vec<Vec<Run>> {
        let pairs = settings.windows(2).map(|pair| has_same_luck(pair[0], pair[1]));
        let same_luck: Vec<bool> = std::iter::once(false).chain(pairs).collect();
        let run = |replication| {
            let mut luck = KeptLuck::default();
            let settings = settings.iter().zip(&same_luck);
            let runs = settings.map(|(scenario, same)| {
                if !same {
                    luck = KeptLuck::default();
                }
                run_once(scenario, seed, replication, Some(&mut luck))
            });
            runs.collect()
        };
        let by_replication: Vec<Vec<Run>> = self.0.install(|| range.into_par_iter().map(run).collect());
        let mut by_setting: Vec<Vec<Run>> = settings.iter().map(|_| Vec::new()).collect();
        for runs in by_replication {
            runs.into_iter().zip(&mut by_setting).for_each(|(run, list)| list.push(run));
        }
        by_setting
    }

    /// Runs so many independent tasks, results in their order.
    pub fn map<T: Send>(&self, count: usize, task: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
        self.0.install(|| (0..count).into_par_iter().map(task).collect())
    }
}

/// Runs replications 0 to `count` - 1; `result[replication][job]`.
///
/// # Errors
/// A text when the threads cannot be started.
pub fn replicate(
    scenario: &Scenario,
    seed: u64,
    count: u64,
    threads: usize,
) -> Result<Vec<Vec<JobRun>>, String> {
    Ok(replicate_shared(scenario, seed, count, threads)?.into_iter().map(|(jobs, _)| jobs).collect())
}

/// Runs replications 0 to `count` - 1, with the dependencies of each.
///
/// # Errors
/// A text when the threads cannot be started.
pub fn replicate_shared(
    scenario: &Scenario,
    seed: u64,
    count: u64,
    threads: usize,
) -> Result<Vec<SharedRun>, String> {
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|e| format!("threads: {e}"))?;
    let run = |replication| {
        let Run { jobs, dependencies } = run_once(scenario, seed, replication, None);
        (jobs, dependencies)
    };
    Ok(pool.install(|| (0..count).into_par_iter().map(run).collect()))
}

fn run_once(scenario: &Scenario, seed: u64, replication: u64, luck: Option<&mut KeptLuck>) -> Run {
    let mut numbers = Numbers::new(scenario.jobs.len());
    let from = Seed { seed, replication };
    let until = Until::AllJobsEnded;
    let mut ending = match luck {
        Some(luck) => simulate_with(scenario, from, until, &mut numbers, luck),
        None => simulate(scenario, from, until, &mut numbers),
    };
    let numbers = numbers.finish(&ending);
    let mut dependencies = std::mem::take(&mut ending.dependencies);
    if scenario.shared.dependencies.iter().any(|dependency| dependency.background.is_some()) {
        let alone = background_alone(scenario, Seed { seed, replication }, ending.at);
        for ((numbers, alone), dependency) in
            dependencies.iter_mut().zip(alone).zip(&scenario.shared.dependencies)
        {
            numbers.background_alone = dependency.background.is_some().then_some(alone);
        }
    }
    let jobs = ending.jobs.into_iter().zip(numbers).map(|(ending, numbers)| JobRun { ending, numbers });
    Run { jobs: jobs.collect(), dependencies }
}

/// The replication whose first Job has the median makespan; one that never ended counts as infinitely long, of
/// equal ones the first is taken.
pub fn median_replication(runs: &[Run]) -> u64 {
    let mut order: Vec<usize> = (0..runs.len()).collect();
    let key = |r: usize| runs[r].jobs.first().and_then(JobRun::makespan_s).unwrap_or(f64::INFINITY);
    order.sort_by(|&a, &b| key(a).total_cmp(&key(b)));
    order.get(runs.len().saturating_sub(1) / 2).copied().unwrap_or(0) as u64
}

/// The replication that went worst for its first Job: one that never ended comes before one that failed, that before
/// one that completed, and of alike ones the longest; of equal ones the first.
pub fn worst_replication(runs: &[Run]) -> u64 {
    let badness = |run: &Run| {
        let Some(job) = run.jobs.first() else { return (0, 0.0) };
        let kind = match job.ending.outcome {
            Outcome::Complete(_) => 0,
            Outcome::Failed(_) => 1,
            _ => 2,
        };
        (kind, job.makespan_s().or(job.stuck_since_s()).unwrap_or(f64::INFINITY))
    };
    let mut worst = 0;
    for (number, run) in runs.iter().enumerate() {
        let (a, b) = (badness(run), badness(&runs[worst]));
        if a.0 > b.0 || a.0 == b.0 && a.1 > b.1 {
            worst = number;
        }
    }
    worst as u64
}
