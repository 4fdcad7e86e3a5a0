//! The folder of `--save` for answers that come at once, of `compare` and `recommend`: nothing in it is half written, the
//! summary comes last, and one that holds the same is left as it is. What cannot be written as a whole is taken away, so
//! that the same command can be tried again.

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
    match std::fs::read_dir(folder).map(|entries| entries.count()) {
        Ok(0) => {}
        Ok(_) => {
            let same = std::fs::read_to_string(folder.join("summary.json")).is_ok_and(|old| old == summary);
            return if same { Ok(()) } else { Err(failed(FOREIGN.to_string())) };
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error.to_string())),
    }
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    let mut all = pictures(charts, threads).map_err(failed)?;
    all.extend(files);
    all.push(("summary.json".to_string(), summary.into_bytes()));
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
