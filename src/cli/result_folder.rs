//! The result folder of `--save`: taken up where a killed run stopped, never half written.
//!
//! A folder is ours when it is empty, or holds the journal of the same run, or its results. Results are written beside
//! their place and renamed, the summary last: a folder with a summary and no journal is complete.

use std::path::{Path, PathBuf};

use super::charts::pictures;
use crate::experiment::journal::{self, Journal};
use crate::experiment::replicate::{Run, Threads};
use crate::input::{Diagnostic, Loaded};
use crate::kubernetes::simulate::Seed;
use crate::lint::lint;
use crate::observe::pod_table::PodRow;
use crate::report;
use crate::report::answer::{Answer, JOBSIM, KUBERNETES};
use crate::report::chart::Chart;
use crate::report::figures::{RunView, Shown, run_figures, shown_figures};
use crate::report::html;
use crate::report::html::run::{Role, RunPage, ShownRun};

pub(super) const FOREIGN: &str = "the folder holds something else: other inputs, seed, options or version. Nothing was written; \
                       name another folder or remove it";

/// A folder that may be written to.
pub(super) struct ResultFolder {
    path: PathBuf,
    /// None: the folder holds finished results, which must turn out to be the same.
    journal: Option<(Journal, Vec<Run>)>,
}

impl ResultFolder {
    /// Makes the folder, or looks at what it holds.
    ///
    /// # Errors
    /// When it holds something else, or cannot be used.
    pub(super) fn open(path: &Path, seed: u64, inputs_sha256: &str) -> Result<ResultFolder, String> {
        let failed = |message: String| format!("--save {}: {message}", path.display());
        let header = serde_json::json!({
            "jobsim": JOBSIM, "kubernetes": KUBERNETES, "seed": seed, "inputs": {"sha256": inputs_sha256},
        });
        let there = match std::fs::read_dir(path) {
            Ok(entries) => entries.count(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(failed(error.to_string())),
        };
        let has_journal = path.join(journal::FILE).exists();
        if there > 0 && !has_journal {
            let summary = std::fs::read_to_string(path.join("summary.json")).ok();
            let summary = summary.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
            let same = summary.is_some_and(|summary| {
                ["jobsim", "kubernetes", "seed", "inputs"].iter().all(|key| summary[*key] == header[*key])
            });
            return match same {
                true => Ok(ResultFolder { path: path.to_path_buf(), journal: None }),
                false => Err(failed(FOREIGN.to_string())),
            };
        }
        let (found, runs) = journal::look(path, &header.to_string()).map_err(failed)?;
        let journal = found.go_on().map_err(failed)?;
        Ok(ResultFolder { path: path.to_path_buf(), journal: Some((journal, runs)) })
    }

    /// The journal, and what it holds.
    pub(super) fn take_journal(&mut self) -> (Option<Journal>, Vec<Run>) {
        match self.journal.take() {
            Some((journal, runs)) => (Some(journal), runs),
            None => (None, Vec::new()),
        }
    }

    /// Writes the results.
    ///
    /// # Errors
    /// When something cannot be written, or the folder holds other results.
    pub(super) fn write(
        self,
        loaded: &Loaded,
        answer: &Answer,
        runs: &[Run],
        asked: Option<u64>,
        threads: &Threads,
        journal: Option<Journal>,
    ) -> Result<(), String> {
        let failed = |message: String| format!("--save {}: {message}", self.path.display());
        let summary = format!("{:#}\n", report::json::answer(answer));
        let Some(journal) = journal else {
            let holds =
                |file: &str, text| std::fs::read_to_string(self.path.join(file)).is_ok_and(|old| old == text);
            let shown = ShownRun::choose(runs, asked)[0].1;
            let same = holds("summary.json", summary) && holds("pods.csv.meta.json", of_one(answer, shown));
            return if same { Ok(()) } else { Err(failed(FOREIGN.to_string())) };
        };
        let scenario = &loaded.scenario;
        let told = ShownRun::choose(runs, asked).into_iter();
        let mut told: Vec<ShownRun> =
            told.map(|(role, k)| ShownRun::new(scenario, answer.seed, role, k)).collect();
        let charts = charts(loaded, answer, runs, &mut told);
        let mut files = tables(loaded, answer, runs, &told[0]).map_err(|error| failed(error.to_string()))?;
        files.extend(pictures(&charts, threads).map_err(failed)?);
        let advice: Vec<Diagnostic> = lint(loaded).into_iter().map(|advice| advice.diagnostic).collect();
        let page = RunPage { answer, loaded, advice: &advice, shown: &told, charts: &charts, asked };
        files.push(("report.html".to_string(), html::run::page(&page).into_bytes()));
        files.push(("summary.json".to_string(), summary.into_bytes()));
        for (name, bytes) in files {
            put(&self.path, &name, &bytes).map_err(failed)?;
        }
        journal.remove().map_err(failed)
    }
}

/// The charts of the page; those of the worst run go to it.
fn charts(loaded: &Loaded, answer: &Answer, runs: &[Run], told: &mut [ShownRun]) -> Vec<Chart> {
    let (scenario, seed) = (&loaded.scenario, answer.seed);
    let done_by = answer.jobs.first().map(|job| job.done_by.as_slice()).unwrap_or_default();
    let done_by_s: Vec<f64> = done_by.iter().map(|done| done.t_s).collect();
    let mut charts = Vec::new();
    for told in told {
        let (what, figures): (&str, fn(&RunView) -> Vec<Chart>) = match told.role {
            Role::Asked => ("run asked for", run_figures),
            Role::Median => ("median run", run_figures),
            Role::Worst => ("worst run", shown_figures),
            Role::Stuck | Role::Failed => continue,
        };
        let shown = Shown::of(scenario, Seed { seed, replication: told.replication }, what);
        let found = figures(&RunView { scenario, seed, runs, shown: &shown, done_by_s: &done_by_s });
        if told.role == Role::Worst { told.charts = found } else { charts = found }
    }
    charts
}

/// Writes a file beside its place and renames it, so that its name never stands for a part of it.
///
/// # Errors
/// When it cannot be written; what was written of it is taken away.
pub(super) fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
    let part = folder.join(format!("{name}.part"));
    std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, folder.join(name))).map_err(|error| {
        // The first error is the one to tell.
        let _ = std::fs::remove_file(&part);
        format!("{name}: {error}")
    })
}

/// The CSV files, and beside each what it belongs to.
fn tables(
    loaded: &Loaded,
    answer: &Answer,
    runs: &[Run],
    shown: &ShownRun,
) -> Result<Vec<(String, Vec<u8>)>, csv::Error> {
    let names: Vec<String> = loaded.scenario.jobs.iter().map(|job| job.name.clone()).collect();
    let rows: Vec<PodRow> = shown.story.pods().map(|(row, _)| row.clone()).collect();
    let (mut replications, mut pods, mut timeline) = (Vec::new(), Vec::new(), Vec::new());
    report::csv::replications(&mut replications, &names, runs)?;
    report::csv::pods(&mut pods, &names, &rows)?;
    report::csv::timeline(&mut timeline, &names, &shown.timeline)?;
    let of_all = format!("{:#}\n", report::json::origin(answer)).into_bytes();
    let of_one = of_one(answer, shown.replication).into_bytes();
    let mut files = vec![
        ("replications.csv.meta.json", of_all.clone()),
        ("pods.csv.meta.json", of_one.clone()),
        ("timeline.csv.meta.json", of_one),
        ("replications.csv", replications),
        ("pods.csv", pods),
        ("timeline.csv", timeline),
    ];
    if !answer.dependencies.is_empty() {
        let mut table = Vec::new();
        report::dependencies::csv(&mut table, &loaded.scenario, runs)?;
        files.push(("dependencies.csv.meta.json", of_all));
        files.push(("dependencies.csv", table));
    }
    Ok(files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect())
}

/// What a table of one run belongs to.
fn of_one(answer: &Answer, replication: u64) -> String {
    let mut origin = report::json::origin(answer);
    origin["replication"] = replication.into();
    format!("{origin:#}\n")
}
