//! What is finished, on disk, so that a killed run goes on where it stopped: replications of `run`, settings of `sweep`.
//!
//! An append-only file of lines: a header that names what the entries belong to, then one line an entry, in their
//! order, each behind its checksum. What a kill left half written is cut off when the file is opened again. The
//! journal is taken away when the results are there.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Name within the result folder.
pub const FILE: &str = "journal.jsonl";

/// An open journal.
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Opens the journal of a folder, or begins one, and returns the entries that it holds, in their order.
    ///
    /// # Errors
    /// When the file belongs to something else than `header` says, or cannot be read or written.
    pub fn open<T: DeserializeOwned>(folder: &Path, header: &str) -> Result<(Journal, Vec<T>), String> {
        let path = folder.join(FILE);
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let (mut entries, mut whole, mut has_header) = (Vec::new(), 0u64, false);
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(failed)? as u64;
            let Some(text) = intact(&line) else { break };
            if !has_header {
                if text != header {
                    return Err(format!(
                        "{}: begun with other inputs, seed, options or version. Nothing was written; name another \
                         folder or remove it",
                        path.display()
                    ));
                }
                has_header = true;
            } else {
                let Ok(entry) = serde_json::from_str(text) else { break };
                entries.push(entry);
            }
            whole += length;
        }
        file.set_len(whole).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        let mut journal = Journal { file, path };
        if !has_header {
            journal.write(&[header.to_string()])?;
        }
        Ok((journal, entries))
    }

    /// Adds entries.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append<T: Serialize>(&mut self, entries: &[T]) -> Result<(), String> {
        let lines: Result<Vec<String>, _> = entries.iter().map(serde_json::to_string).collect();
        self.write(&lines.map_err(|error| error.to_string())?)
    }

    fn write(&mut self, lines: &[String]) -> Result<(), String> {
        let mut text = String::new();
        for line in lines {
            text.push_str(&format!("{:08x} {line}\n", checksum(line)));
        }
        self.file.write_all(text.as_bytes()).map_err(|error| format!("{}: {error}", self.path.display()))
    }

    /// Takes the file away.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(self) -> Result<(), String> {
        drop(self.file);
        std::fs::remove_file(&self.path).map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

/// The text of a line that was written to its end.
fn intact(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (sum, text) = line.split_once(' ')?;
    (u32::from_str_radix(sum, 16).ok()? == checksum(text)).then_some(text)
}

fn checksum(text: &str) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(text.as_bytes());
    crc.sum()
}
