//! What is finished, on disk, so that a killed run goes on where it stopped: replications of `run`, settings of `sweep`.
//!
//! An append-only file of lines: a header that names what the entries belong to, then one line an entry, in their
//! order, each behind its checksum. What a kill left half written is cut off when the file is opened again. The
//! journal is taken away when the results are there.
//!
//! A file of that name may be anybody's. It is ours when its first line is the header, or, where a kill came even earlier,
//! when all of it is the beginning of that line and nothing else was written beside it. Nothing is touched before that
//! is known.

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

/// A journal that was looked at, and not touched yet.
pub struct Found {
    folder: PathBuf,
    header: String,
    /// Bytes up to the end of the last whole line; 0: not even the header.
    whole: u64,
}

/// Looks at the journal of a folder, and returns the entries that it holds, in their order. There may be neither journal
/// nor folder yet.
///
/// # Errors
/// When the file belongs to something else than `header` says, or cannot be read.
pub fn look<T: DeserializeOwned>(folder: &Path, header: &str) -> Result<(Found, Vec<T>), String> {
    let path = folder.join(FILE);
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let mut found = Found { folder: folder.to_path_buf(), header: header.to_string(), whole: 0 };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((found, Vec::new())),
        Err(error) => return Err(failed(error)),
    };
    let mut reader = BufReader::new(file);
    let (mut entries, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(failed)? as u64;
        match intact(&line) {
            Some(text) if found.whole == 0 && text != header => {
                return Err(format!(
                    "{}: begun with other inputs, seed, options or version. Nothing was written; name another folder \
                     or remove it",
                    path.display()
                ));
            }
            None if found.whole == 0
                && !(in_line(header).as_bytes().starts_with(&line) && is_alone(folder)) =>
            {
                return Err(format!(
                    "{}: no journal of jobsim. Nothing was written; name another folder or remove it",
                    path.display()
                ));
            }
            Some(_) if found.whole == 0 => {}
            Some(text) => match serde_json::from_str(text) {
                Ok(entry) => entries.push(entry),
                Err(_) => break,
            },
            None => break,
        }
        found.whole += length;
    }
    Ok((found, entries))
}

/// Whether nothing else is in its folder; what was begun beside its place and not renamed yet does not count.
fn is_alone(folder: &Path) -> bool {
    let is_ours =
        |name: &std::ffi::OsStr| name == FILE || Path::new(name).extension().is_some_and(|end| end == "part");
    std::fs::read_dir(folder)
        .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| is_ours(&entry.file_name()))))
}

impl Found {
    /// Makes the folder and the journal where they are not there, and cuts off what is half written.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn go_on(self) -> Result<Journal, String> {
        let path = self.folder.join(FILE);
        std::fs::create_dir_all(&self.folder).map_err(|error| error.to_string())?;
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        file.set_len(self.whole).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        let mut journal = Journal { file, path };
        if self.whole == 0 {
            journal.write(&[self.header])?;
        }
        Ok(journal)
    }
}

impl Journal {
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
            text.push_str(&in_line(line));
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

/// A text as it is written.
fn in_line(text: &str) -> String {
    format!("{:08x} {text}\n", checksum(text))
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
