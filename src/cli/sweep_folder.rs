//! `sweep --save DIR`: what is finished is kept in a journal as it comes, so that a killed sweep goes on; the results are
//! written beside their place and renamed, the summary last.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::charts::pictures;
use super::result_folder::{FOREIGN, put};
use crate::experiment::journal::{self, Journal};
use crate::experiment::replicate::Threads;
use crate::report::figures::sweep_figures;
use crate::report::html;
use crate::report::html::inputs::Given;
use crate::report::sweep;

/// The inputs as they were given: a merge of shards tells of them as well.
const INPUTS: &str = "inputs.json";

/// A folder that may be written to.
pub(super) struct SweepFolder {
    path: PathBuf,
    journal: Journal,
}

/// A folder that was looked at: nothing is made or changed before all that can be refused was looked at too.
pub(super) struct Place {
    path: PathBuf,
    journal: journal::Found,
}

/// What a folder holds.
pub(super) enum Found<T> {
    /// The first so many entries are there; no place: nothing is kept.
    Begun(Option<Place>, Vec<T>),
    /// Everything is there.
    Finished(Value),
}

impl Place {
    /// Makes the folder or takes it up.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn go_on(self) -> Result<SweepFolder, String> {
        let Place { path, journal } = self;
        let journal = journal.go_on().map_err(|message| format!("--save {}: {message}", path.display()))?;
        Ok(SweepFolder { path, journal })
    }
}

impl SweepFolder {
    /// Looks at what a folder holds; `head`: what the sweep is about.
    ///
    /// # Errors
    /// When it holds something else, or cannot be read.
    pub(super) fn look<T: DeserializeOwned>(path: Option<&Path>, head: &Value) -> Result<Found<T>, String> {
        let Some(path) = path else { return Ok(Found::Begun(None, Vec::new())) };
        let failed = |message: String| format!("--save {}: {message}", path.display());
        let there = match std::fs::read_dir(path) {
            Ok(entries) => entries.count(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(failed(error.to_string())),
        };
        if there > 0 && !path.join(journal::FILE).exists() {
            let summary = read_summary(path).map_err(|_| failed(FOREIGN.to_string()))?;
            return match head_of(&summary) == *head {
                true => Ok(Found::Finished(summary)),
                false => Err(failed(FOREIGN.to_string())),
            };
        }
        let (journal, entries) = journal::look(path, &head.to_string()).map_err(failed)?;
        Ok(Found::Begun(Some(Place { path: path.to_path_buf(), journal }), entries))
    }

    /// Keeps what is finished.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep<T: Serialize>(&mut self, entries: &[T]) -> Result<(), String> {
        self.journal.append(entries).map_err(|message| format!("--save {message}"))
    }

    /// Writes the results and removes what was kept.
    ///
    /// # Errors
    /// When something cannot be written.
    pub(super) fn finish(self, summary: &Value, given: &Given, threads: &Threads) -> Result<(), String> {
        let failed = |message: String| format!("--save {}: {message}", self.path.display());
        let mut table = Vec::new();
        sweep::csv(&mut table, summary).map_err(|error| failed(error.to_string()))?;
        let mut origin = head_of(summary);
        if let Some(origin) = origin.as_object_mut() {
            origin.remove("defaults");
        }
        let mut inputs = origin.clone();
        inputs["given"] = given.to_json();
        // A part shows nothing.
        let charts = if summary["shard"].is_null() { sweep_figures(summary) } else { Vec::new() };
        let mut files = vec![
            ("sweep.csv.meta.json".to_string(), format!("{origin:#}\n").into_bytes()),
            (INPUTS.to_string(), format!("{inputs:#}\n").into_bytes()),
            ("sweep.csv".to_string(), table),
            ("report.html".to_string(), html::sweep::page(summary, given, &charts).into_bytes()),
        ];
        files.extend(pictures(&charts, threads).map_err(failed)?);
        files.push(("summary.json".to_string(), format!("{summary:#}\n").into_bytes()));
        for (name, bytes) in files {
            put(&self.path, &name, &bytes).map_err(failed)?;
        }
        self.journal.remove().map_err(failed)
    }
}

/// The inputs that a finished folder keeps.
///
/// # Errors
/// A text when there are none.
pub(super) fn read_given(folder: &Path) -> Result<Given, String> {
    let file = folder.join(INPUTS);
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(&file).map_err(|error| failed(&error))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    Ok(Given::from_json(&value["given"]))
}

/// Everything but the settings and what they say together: what a sweep is about, before it has begun.
pub(super) fn head_of(summary: &Value) -> Value {
    let mut head = summary.clone();
    if let Some(head) = head.as_object_mut() {
        head.remove("cells");
        head.remove("without_effect");
    }
    head
}

/// The summary of a finished folder.
///
/// # Errors
/// A text when there is none, or no sweep's.
pub(super) fn read_summary(folder: &Path) -> Result<Value, String> {
    let file = folder.join("summary.json");
    if folder.join(journal::FILE).exists() {
        return Err(format!(
            "{}: this sweep is not finished; run it again with the same --save",
            folder.display()
        ));
    }
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let summary: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    match summary["cells"].is_array() && summary["axes"].is_array() {
        true => Ok(summary),
        false => Err(format!("{}: not the summary of a sweep", file.display())),
    }
}
