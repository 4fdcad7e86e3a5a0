//! The texts that were read, and where in them a byte is.
//!
//! Reads files, folders and standard input within a size limit, and turns byte offsets into line and column.
//! Relies on std only. It does not parse anything.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;

/// Largest input file in bytes.
pub const MAX_FILE_BYTES: usize = 16 << 20;
/// Most files that one command reads.
const MAX_FILES: usize = 10_000;

/// A stretch of bytes in one of the [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: u32,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// Of a node that was not read from a text.
    pub const NONE: Span = Span { file: u32::MAX, start: 0, end: 0 };

    /// `None` when this is [`Span::NONE`].
    pub fn known(self) -> Option<Span> {
        (self.file != u32::MAX).then_some(self)
    }
}

/// One text with its name as the user wrote it.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub name: String,
    /// Without a byte order mark.
    pub text: String,
    line_starts: Vec<u32>,
}

/// Every text that was read, in the order of reading. A [`Span`] names a text by its position.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Takes a text and returns its number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> u32 {
        let mut text = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at as u32 + 1))
            .collect();
        self.files.push(SourceFile { name: name.into(), text, line_starts });
        (self.files.len() - 1) as u32
    }

    /// The text with this number.
    pub fn file(&self, number: u32) -> &SourceFile {
        &self.files[number as usize]
    }

    /// All texts in order.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// `file:line:column`, both from 1; the column counts characters.
    pub fn location(&self, span: Span) -> String {
        let (line, column) = self.line_column(span);
        format!("{}:{line}:{column}", self.file(span.file).name)
    }

    /// Line and column of the start of a span, both from 1; the column counts characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let file = self.file(span.file);
        let start = file.boundary(span.start);
        let line = file.line_starts.partition_point(|at| *at as usize <= start);
        let column = file.text[file.line_starts[line - 1] as usize..start].chars().count() + 1;
        (line, column)
    }

    /// Reads what the paths of a command name: a file, a folder (every .yaml, .yml, .json in it, sorted, not
    /// below it), or `-`. Returns the numbers of the texts.
    pub fn read(
        &mut self,
        paths: &[String],
        stdin: &mut dyn Read,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<u32> {
        let mut numbers = Vec::new();
        for path in paths {
            if path == "-" {
                numbers.extend(self.take("-".to_string(), stdin, diagnostics));
                continue;
            }
            let files =
                if Path::new(path).is_dir() { folder(path, diagnostics) } else { vec![PathBuf::from(path)] };
            for file in files {
                numbers.extend(self.read_file(&file, diagnostics));
            }
        }
        numbers
    }

    /// Reads one file.
    pub fn read_file(&mut self, path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Option<u32> {
        let name = path.to_string_lossy().into_owned();
        match File::open(path) {
            Ok(mut file) => self.take(name, &mut file, diagnostics),
            Err(error) => {
                diagnostics.push(Diagnostic::error("unreadable", format!("cannot read {name}: {error}")));
                None
            }
        }
    }

    fn take(
        &mut self,
        name: String,
        reader: &mut dyn Read,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<u32> {
        let mut bytes = Vec::new();
        if let Err(error) = reader.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes) {
            diagnostics.push(Diagnostic::error("unreadable", format!("cannot read {name}: {error}")));
            return None;
        }
        if bytes.len() > MAX_FILE_BYTES {
            let message = format!("{name} is larger than {} MiB", MAX_FILE_BYTES >> 20);
            let number = self.add(name, "");
            diagnostics.push(Diagnostic::error("too-large", message).at(Span {
                file: number,
                start: 0,
                end: 0,
            }));
            return None;
        }
        match String::from_utf8(bytes) {
            Ok(text) => Some(self.add(name, text)),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let byte = error.as_bytes()[valid];
                let message = format!("{name} is not UTF-8: byte 0x{byte:02x} at offset {valid}");
                let mut bytes = error.into_bytes();
                bytes.truncate(valid);
                let text = String::from_utf8(bytes).unwrap_or_default();
                let number = self.add(name, text);
                let end = self.file(number).text.len() as u32;
                diagnostics.push(
                    Diagnostic::error("not-utf8", message)
                        .at(Span { file: number, start: end, end })
                        .help("save the file as UTF-8"),
                );
                None
            }
        }
    }
}

impl SourceFile {
    /// Line `number` (from 1) without its line end.
    pub fn line(&self, number: usize) -> &str {
        let start = self.line_starts[number - 1] as usize;
        let end = self.line_starts.get(number).map_or(self.text.len(), |at| *at as usize);
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }

    /// Byte offset of the start of line `number`, from 1.
    pub fn line_start(&self, number: usize) -> usize {
        self.line_starts.get(number.saturating_sub(1)).map_or(self.text.len(), |at| *at as usize)
    }

    /// `offset`, or the next lower one that is between two characters of the text.
    fn boundary(&self, offset: u32) -> usize {
        self.text.floor_char_boundary(offset as usize)
    }
}

fn folder(path: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            diagnostics.push(Diagnostic::error("unreadable", format!("cannot read folder {path}: {error}")));
            return Vec::new();
        }
    };
    let wanted = |path: &PathBuf| {
        let extension = path.extension().and_then(|e| e.to_str());
        matches!(extension, Some("yaml" | "yml" | "json")) && !path.is_dir()
    };
    let mut files: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|e| e.path())).filter(wanted).collect();
    // A file of this folder is called by its name alone, as editors and GitHub know it.
    for file in files.iter_mut().filter(|file| file.starts_with(".")) {
        *file = file.strip_prefix(".").map(Path::to_path_buf).unwrap_or_default();
    }
    files.sort();
    if files.is_empty() {
        let message = format!("folder {path} holds no .yaml, .yml or .json file");
        diagnostics.push(Diagnostic::error("no-input", message).help("a PATH never reads below its folder"));
    }
    if files.len() > MAX_FILES {
        let message = format!("folder {path} holds {} files, at most {MAX_FILES} are read", files.len());
        diagnostics.push(Diagnostic::error("too-large", message));
        files.clear();
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_with_lf_or_crlf() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "\u{feff}käse: 1\r\nb: 2\n");
        let at = |start| sources.location(Span { file, start, end: start + 1 });
        assert_eq!(at(0), "a.yaml:1:1");
        assert_eq!(at(7), "a.yaml:1:7");
        assert_eq!(at(10), "a.yaml:2:1");
        assert_eq!(at(999), "a.yaml:3:1");
        assert_eq!(sources.file(file).line(1), "käse: 1");
    }
}
