//! Simulates the settings of a sweep: each as often as was said, or (`-n auto`) those that matter until they are known.

use serde_json::Value;

use super::estimate::{LONG_S, Pace};
use super::progress::Progress;
use super::sweep_folder::SweepFolder;
use crate::experiment::adaptive::{Question, next};
use crate::experiment::bounds::bounds;
use crate::experiment::constraint::Constraint;
use crate::experiment::grid::Grid;
use crate::experiment::interval::tail_of;
use crate::experiment::replicate::{Run, Threads};
use crate::input::{Loaded, Parsed, Report};
use crate::model::scenario::Scenario;
use crate::report::answer::{Answer, JobAnswer};
use crate::report::dependencies::dependency_answers;
use crate::report::sweep;

/// More settings need --yes.
const MANY_SETTINGS: usize = 10_000;
/// Of more settings than these, not all are read before the first is simulated.
const MOST_CHECKED: usize = 4096;
/// Replications that are simulated, and kept, together.
const CHUNK: u64 = 256;
/// Settings that are simulated together, so that what they have in common is drawn once; fewer when that would hold
/// more runs than these in memory.
const CELLS_TOGETHER: u64 = 16;
const RUNS_TOGETHER: u64 = 50_000;

/// What is told before the message, and the message.
pub(super) type Failure = (String, String);

/// What is simulated.
pub(super) struct Cells<'a> {
    pub(super) grid: &'a Grid,
    pub(super) parsed: &'a Parsed,
    pub(super) sets: Vec<String>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) seed: u64,
    pub(super) confidence: f64,
    pub(super) threads: Threads,
    pub(super) have_dependencies: bool,
}

/// One replication of a setting, in the journal of `-n auto`.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct CellRun {
    cell: usize,
    run: Run,
}

impl Cells<'_> {
    /// The records of these settings, `count` replications of each; the first `records` are there already.
    ///
    /// # Errors
    /// When a setting is none, or what is finished cannot be kept.
    pub(super) fn fixed(
        &self,
        cells: &[usize],
        count: u64,
        mut records: Vec<Value>,
        mut folder: Option<&mut SweepFolder>,
    ) -> Result<Vec<Value>, Failure> {
        let mut progress = Progress::new();
        let begun = records.len();
        let all = count * (cells.len() - begun) as u64;
        // What pods share costs more than their draws do, and its waits take memory in each run.
        let together = match self.have_dependencies {
            true => 1,
            false => (RUNS_TOGETHER / count.max(1)).clamp(1, CELLS_TOGETHER) as usize,
        };
        for cells in cells[begun..].chunks(together) {
            let before = count * (records.len() - begun) as u64;
            let loaded: Vec<Loaded> = cells.iter().map(|cell| self.load(*cell)).collect::<Result<_, _>>()?;
            let settings: Vec<&Scenario> = loaded.iter().map(|loaded| &loaded.scenario).collect();
            let mut runs: Vec<Vec<Run>> = vec![Vec::new(); cells.len()];
            let mut from = 0;
            while from < count {
                let to = count.min(from + CHUNK);
                let new = self.threads.replicate_each(&settings, self.seed, from..to);
                runs.iter_mut().zip(new).for_each(|(runs, new)| runs.extend(new));
                from = to;
                progress.tell(before + to * cells.len() as u64, all);
            }
            let cells = cells.iter().zip(settings).zip(&runs);
            let new: Vec<Value> =
                cells.map(|((cell, scenario), runs)| self.record(*cell, scenario, runs)).collect();
            if let Some(folder) = &mut folder {
                folder.keep(&new).map_err(plain)?;
            }
            records.extend(new);
        }
        progress.end();
        Ok(records)
    }

    /// The records of all settings, each with as many replications as it deserves; `kept`: what an earlier life of this
    /// sweep has simulated.
    ///
    /// # Errors
    /// When a setting is none, or what is finished cannot be kept.
    pub(super) fn adaptive(
        &self,
        question: &Question,
        kept: Vec<CellRun>,
        mut folder: Option<&mut SweepFolder>,
    ) -> Result<Vec<Value>, Failure> {
        let cells = self.grid.len() as usize;
        let scenarios: Vec<Scenario> =
            (0..cells).map(|cell| self.load(cell).map(|loaded| loaded.scenario)).collect::<Result<_, _>>()?;
        let mut runs: Vec<Vec<Run>> = vec![Vec::new(); cells];
        let mut kept = kept.into_iter().peekable();
        let mut progress = Progress::new();
        let mut done = 0;
        loop {
            let wanted = next(question, &runs);
            let asked = wanted.iter().flatten().count();
            if asked == 0 {
                break;
            }
            for (cell, count) in
                wanted.into_iter().enumerate().filter_map(|(cell, count)| Some((cell, count?)))
            {
                while (runs[cell].len() as u64) < count {
                    if let Some(old) = kept.next_if(|old| old.cell == cell) {
                        runs[cell].push(old.run);
                        continue;
                    }
                    let from = runs[cell].len() as u64;
                    let new =
                        self.threads.replicate(&scenarios[cell], self.seed, from..count.min(from + CHUNK));
                    done += new.len() as u64;
                    if let Some(folder) = &mut folder {
                        let entries: Vec<CellRun> =
                            new.iter().map(|run| CellRun { cell, run: run.clone() }).collect();
                        folder.keep(&entries).map_err(plain)?;
                    }
                    runs[cell].extend(new);
                    progress.tell_open(done, &format!("{asked} of {cells} settings matter"));
                }
            }
        }
        progress.end();
        Ok((0..cells).map(|cell| self.record(cell, &scenarios[cell], &runs[cell])).collect())
    }

    fn load(&self, cell: usize) -> Result<Loaded, Failure> {
        load(self.parsed, &self.sets, self.grid, cell)
    }

    fn record(&self, cell: usize, scenario: &Scenario, runs: &[Run]) -> Value {
        let names = scenario.jobs.iter().enumerate();
        let tail = tail_of(self.confidence);
        let answer = Answer {
            seed: self.seed,
            replications: runs.len() as u64,
            confidence: self.confidence,
            missed_error: None,
            inputs_sha256: String::new(),
            defaults: Vec::new(),
            jobs: names.map(|(at, job)| JobAnswer::new(&job.name, at, runs, &[], tail)).collect(),
            dependencies: dependency_answers(scenario, runs, tail),
            gates: Vec::new(),
        };
        let bounds: Vec<_> = (0..scenario.jobs.len()).map(|job| bounds(scenario, job)).collect();
        let verdicts: Vec<_> = self
            .constraints
            .iter()
            .map(|constraint| {
                let estimate = constraint.measure.estimate(runs, tail);
                (constraint, constraint.verdict(&estimate), estimate)
            })
            .collect();
        sweep::record(cell, self.grid, &answer, &bounds, &verdicts)
    }

    /// Says how long all will take, by a few runs of the first, the middle and the last setting, when that is long.
    ///
    /// # Errors
    /// When it is long, or a setting is none.
    pub(super) fn refuse_when_huge(&self, cells: &[usize], count: u64, least: &str) -> Result<(), Failure> {
        let load = |cell: usize| self.load(cell).map(|loaded| loaded.scenario);
        let pace = Pace::of(cells, &load, (self.seed, count), &self.threads)?;
        let estimate_s = (pace.load_s + pace.run_s * count as f64) * cells.len() as f64;
        if cells.len() <= MANY_SETTINGS && estimate_s <= LONG_S {
            return Ok(());
        }
        Err(plain(format!(
            "{} settings with {least}{count} replications each would take {} {}; say --yes to run them, or fewer of them, \
             fewer replications (-n), or a part (--shard K/N)",
            cells.len(),
            if least.is_empty() { "about" } else { "at least" },
            crate::report::words::duration(estimate_s)
        )))
    }
}

/// Reads the settings, so that one that is none is told before anything is simulated or written.
///
/// # Errors
/// What is wrong with the first that is none.
pub(super) fn check(parsed: &Parsed, sets: &[String], grid: &Grid) -> Result<(), Failure> {
    grid.samples(MOST_CHECKED).into_iter().try_for_each(|cell| load(parsed, sets, grid, cell).map(|_| ()))
}

fn load(parsed: &Parsed, sets: &[String], grid: &Grid, cell: usize) -> Result<Loaded, Failure> {
    let all = [sets.to_vec(), grid.sets(cell)].concat();
    let failed = |report: Box<Report>| {
        (report.render(), format!("--vary: {} is no setting", grid.sets(cell).join(", ")))
    };
    parsed.load(&all).map_err(failed)
}

/// A message alone.
pub(super) fn plain(message: String) -> Failure {
    (String::new(), message)
}
