//! `sweep --save DIR`: finished settings are kept in a file as they come, so that a killed sweep goes on; the results
//! are written beside their place and renamed, the summary last.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::charts::pictures;
use super::common::{FOREIGN, write_whole};
use crate::experiment::replicate::Threads;
use crate::report::figures::sweep_figures;
use crate::report::html;
use crate::report::html::inputs::Given;
use crate::report::sweep;

const JOURNAL: &str = "cells.jsonl.part";
/// The inputs as they were given: a merge of shards tells of them as well.
const INPUTS: &str = "inputs.json";
/// A folder that may be written to.
pub(super) struct SweepFolder {
    path: PathBuf,
    journal: File,
}

/// What a folder holds.
pub(super) enum Found {
    /// The first so many settings are there.
    Begun(SweepFolder, Vec<Value>),
    /// Everything is there.
    Finished(Value),
}

impl SweepFolder {
    /// Makes the folder or takes up what it holds; `head`: what the sweep is about.
    ///
    /// # Errors
    /// When it holds something else, or cannot be used.
    pub(super) fn open(path: &Path, head: &Value) -> Result<Found, String> {
        let failed = |error: std::io::Error| format!("--save {}: {error}", path.display());
        let foreign = || format!("--save {}: {FOREIGN}", path.display());
        let there = match std::fs::read_dir(path) {
            Ok(entries) => entries.count(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(failed(error)),
        };
        let journal = path.join(JOURNAL);
        if there > 0 && !journal.exists() {
            let summary = read_summary(path).map_err(|_| foreign())?;
            return if head_of(&summary) == *head { Ok(Found::Finished(summary)) } else { Err(foreign()) };
        }
        std::fs::create_dir_all(path).map_err(failed)?;
        let (mut cells, mut good) = (Vec::new(), 0);
        if there > 0 {
            let mut reader = BufReader::new(File::open(&journal).map_err(failed)?);
            let mut line = String::new();
            let mut first = true;
            while reader.read_line(&mut line).map_err(failed)? > 0 {
                // A killed process may have written a part of its last line.
                let whole = line.ends_with('\n').then(|| serde_json::from_str::<Value>(&line).ok()).flatten();
                match whole {
                    Some(found) if first && found != *head => return Err(foreign()),
                    Some(_) if first => first = false,
                    Some(cell) => cells.push(cell),
                    None => break,
                }
                good += line.len() as u64;
                line.clear();
            }
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&journal).map_err(failed)?;
        file.set_len(good).map_err(failed)?;
        if good == 0 {
            writeln!(file, "{head}").map_err(failed)?;
        }
        Ok(Found::Begun(SweepFolder { path: path.to_path_buf(), journal: file }, cells))
    }

    /// Keeps a setting.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(&mut self, cell: &Value) -> Result<(), String> {
        let line = format!("{cell}\n");
        self.journal.write_all(line.as_bytes()).map_err(|e| format!("--save {}: {e}", self.path.display()))
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
            write_whole(&self.path.join(&name), &bytes)
                .map_err(|error| failed(format!("{name}: {error}")))?;
        }
        std::fs::remove_file(self.path.join(JOURNAL)).map_err(|error| failed(error.to_string()))
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

/// Everything but the settings.
pub(super) fn head_of(summary: &Value) -> Value {
    let mut head = summary.clone();
    if let Some(head) = head.as_object_mut() {
        head.remove("cells");
    }
    head
}

/// The summary of a finished folder.
///
/// # Errors
/// A text when there is none, or no sweep's.
pub(super) fn read_summary(folder: &Path) -> Result<Value, String> {
    let file = folder.join("summary.json");
    let text = std::fs::read_to_string(&file).map_err(|error| match folder.join(JOURNAL).exists() {
        true => {
            format!("{}: this sweep is not finished; run it again with the same --save", folder.display())
        }
        false => format!("{}: {error}", file.display()),
    })?;
    let summary: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    match summary["cells"].is_array() && summary["axes"].is_array() {
        true => Ok(summary),
        false => Err(format!("{}: not the summary of a sweep", file.display())),
    }
}
