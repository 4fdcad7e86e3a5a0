//! The folder of `--save` for answers that come at once, of `compare` and `recommend`: nothing in it is half written, the
//! summary comes last, and one that holds the same is left as it is. What cannot be written as a whole is taken away; what
//! a killed command left is written anew by the same command.

use std::io;
use std::path::Path;

use super::charts::pictures;
use super::result_folder::{FOREIGN, put};
use crate::experiment::replicate::Threads;
use crate::report::chart::Chart;

/// Writes the charts, the files and `summary.json`.
///
/// # Errors
/// When the folder holds something else, or cannot be written.
pub(super) fn write(
    folder: &Path,
    summary: String,
    charts: &[Chart],
    files: Vec<(String, Vec<u8>)>,
    threads: &Threads,
) -> Result<(), String> {
    let failed = |message: String| format!("--save {}: {message}", folder.display());
    let mut all = pictures(charts, threads).map_err(failed)?;
    all.extend(files);
    all.push(("summary.json".to_string(), summary.into_bytes()));
    match holds(folder, &all).map_err(|error| failed(error.to_string()))? {
        Holds::Everything => return Ok(()),
        Holds::Nothing | Holds::Part => {}
        Holds::SomethingElse => return Err(failed(FOREIGN.to_string())),
    }
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    for (at, (name, bytes)) in all.iter().enumerate() {
        put(folder, name, bytes).map_err(|message| {
            for (name, _) in &all[..at] {
                // The first error is the one to tell.
                let _ = std::fs::remove_file(folder.join(name));
            }
            failed(message)
        })?;
    }
    Ok(())
}

/// What a folder holds of these files.
enum Holds {
    Nothing,
    /// The same command was killed on its way: some of the files, and nothing else.
    Part,
    Everything,
    SomethingElse,
}

fn holds(folder: &Path, all: &[(String, Vec<u8>)]) -> io::Result<Holds> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Holds::Nothing),
        Err(error) => return Err(error),
    };
    let there = |name: &str| std::fs::read(folder.join(name)).ok();
    let is_ours = |entry: &str| {
        all.iter().any(|(name, bytes)| match entry.strip_suffix(".part") {
            Some(begun) => begun == name,
            None => entry == name && there(name).is_some_and(|old| old == *bytes),
        })
    };
    let names: Vec<String> = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    // Finished folders may hold what the user has put there since.
    let finished = all.last().is_some_and(|(name, bytes)| there(name).is_some_and(|old| old == *bytes));
    Ok(match () {
        () if names.is_empty() => Holds::Nothing,
        () if finished => Holds::Everything,
        () if names.iter().all(|name| is_ours(name)) => Holds::Part,
        () => Holds::SomethingElse,
    })
}
