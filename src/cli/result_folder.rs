//! The result folder of `--save`: taken up where a killed run stopped, never half written.
//!
//! A folder is ours when it is empty, or holds the journal of the same run, or its results. Results are written beside
//! their place and renamed, the summary last: a folder with a summary and no journal is complete.

use std::path::{Path, PathBuf};

use super::charts::pictures;
use crate::experiment::journal::{self, Journal};
use crate::experiment::replicate::{Run, Threads};
use crate::input::Loaded;
use crate::report;
use crate::report::answer::{Answer, JOBSIM, KUBERNETES};
use crate::report::figures::{RunView, Shown, run_figures};

const FOREIGN: &str = "the folder holds something else: other inputs, seed, options or version. Nothing was written; \
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
        std::fs::create_dir_all(path).map_err(|error| failed(error.to_string()))?;
        let journal = Journal::open(path, &header.to_string()).map_err(failed)?;
        Ok(ResultFolder { path: path.to_path_buf(), journal: Some(journal) })
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
        shown: &Shown,
        threads: &Threads,
        journal: Option<Journal>,
    ) -> Result<(), String> {
        let failed = |message: String| format!("--save {}: {message}", self.path.display());
        let summary = format!("{:#}\n", report::json::answer(answer));
        let Some(journal) = journal else {
            let same =
                std::fs::read_to_string(self.path.join("summary.json")).is_ok_and(|old| old == summary);
            return if same { Ok(()) } else { Err(failed(FOREIGN.to_string())) };
        };
        let mut files = tables(loaded, answer, runs, shown).map_err(|error| failed(error.to_string()))?;
        let done_by_s: Vec<f64> = answer.jobs.iter().flat_map(|job| &job.done_by).map(|by| by.t_s).collect();
        let view =
            RunView { scenario: &loaded.scenario, seed: answer.seed, runs, shown, done_by_s: &done_by_s };
        files.extend(pictures(&run_figures(&view), threads).map_err(failed)?);
        files.push(("summary.json".to_string(), summary.into_bytes()));
        for (name, bytes) in files {
            let part = self.path.join(format!("{name}.part"));
            std::fs::write(&part, bytes)
                .and_then(|()| std::fs::rename(&part, self.path.join(&name)))
                .map_err(|error| failed(format!("{name}: {error}")))?;
        }
        journal.remove().map_err(failed)
    }
}

/// The CSV files, and beside each what it belongs to.
fn tables(
    loaded: &Loaded,
    answer: &Answer,
    runs: &[Run],
    shown: &Shown,
) -> Result<Vec<(String, Vec<u8>)>, csv::Error> {
    let names: Vec<String> = loaded.scenario.jobs.iter().map(|job| job.name.clone()).collect();
    let (mut replications, mut pods, mut timeline) = (Vec::new(), Vec::new(), Vec::new());
    report::csv::replications(&mut replications, &names, runs)?;
    report::csv::pods(&mut pods, &names, &shown.pods.rows)?;
    report::csv::timeline(&mut timeline, &names, &shown.timeline.rows)?;
    let mut origin = report::json::origin(answer);
    let of_all = format!("{origin:#}\n").into_bytes();
    origin["replication"] = shown.replication.into();
    let of_one = format!("{origin:#}\n").into_bytes();
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
