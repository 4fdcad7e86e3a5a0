//! `jobsim check`: everything that can be said about the input without simulating it.
//!
//! Findings as text go to standard error and one line of counts to standard output; `-o json` and `-o github` put
//! the findings on standard output and nothing else. Exit: 0 fine (warnings are), 1 errors or denied warnings in
//! input that could be read, 2 input that could not be read, bad use.

use std::io::{self, IsTerminal, Write};

use super::Exit;
use super::common::{NO_PATH, bad};
use crate::input::catalogue;
use crate::input::diagnostic::{Diagnostic, Level};
use crate::input::source::Sources;
use crate::input::suggest::closest;
use crate::input::{Report, load};
use crate::lint;
use crate::report::diagnostics::{Colours, as_github, as_json, text};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Manifests and Simulation document: files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// The same as PATH, as in kubectl
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    filenames: Vec<String>,
    /// Form of the findings
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
    /// Treat a warning as an error; `warnings`: all of them
    #[arg(long, value_name = "CODE")]
    deny: Vec<String>,
    /// Leave a warning out
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,
    /// Print the page of a code
    #[arg(long, value_name = "CODE")]
    explain: Option<String>,
    /// Override any field: spec.parallelism=20, JOB:spec.backoffLimit=3, simulation.controlPlane.qps=50
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    #[value(alias = "table")]
    Text,
    Json,
    Github,
}

/// Codes of findings about input that could not be read at all.
const UNREADABLE: [&str; 5] = ["unreadable", "no-input", "not-utf8", "too-large", "bad-set"];
const ALL_WARNINGS: &str = "warnings";

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    for code in args.explain.iter().chain(&args.deny).chain(&args.allow) {
        let wanted = code != ALL_WARNINGS || !args.deny.contains(code);
        if wanted && let Err(message) = known(code) {
            return bad(err, message);
        }
    }
    if let Some(code) = &args.explain {
        let Some(page) = catalogue::page(code) else { return Ok(Exit::Bad) };
        writeln!(out, "{} ({})\n\n{}", page.code, page.level.name(), page.text)?;
        return Ok(Exit::Done);
    }
    if let Some(code) = args.allow.iter().find(|code| is_error(code)) {
        return bad(err, format!("--allow {code}: this is an error, only warnings can be allowed"));
    }
    let paths: Vec<String> = args.paths.iter().chain(&args.filenames).cloned().collect();
    if paths.is_empty() {
        return bad(err, NO_PATH);
    }
    let (sources, mut diagnostics, jobs) = findings(&paths, &args.sets);
    diagnostics.retain(|d| d.is_error() || !args.allow.iter().any(|code| code == d.code));
    for diagnostic in &mut diagnostics {
        let denied = |code: &String| code == diagnostic.code || code == ALL_WARNINGS;
        if diagnostic.level == Level::Warning && args.deny.iter().any(denied) {
            diagnostic.level = Level::Error;
        }
    }
    match args.output {
        Form::Text => {
            let terminal = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let colours = if terminal { Colours::Ansi } else { Colours::Plain };
            write!(err, "{}", text(&sources, &diagnostics, colours))?;
            writeln!(out, "{}", counts(&sources, &diagnostics, jobs))?;
        }
        Form::Json => writeln!(out, "{:#}", as_json(&sources, &diagnostics))?,
        Form::Github => write!(out, "{}", as_github(&sources, &diagnostics))?,
    }
    let unreadable = |d: &Diagnostic| d.is_error() && UNREADABLE.contains(&d.code);
    Ok(match diagnostics.iter().any(Diagnostic::is_error) {
        true if diagnostics.iter().any(unreadable) => Exit::Bad,
        true => Exit::No,
        false => Exit::Done,
    })
}

/// All findings, and the number of Jobs when there is no error.
fn findings(paths: &[String], sets: &[String]) -> (Sources, Vec<Diagnostic>, Option<usize>) {
    match load(paths, &mut io::stdin().lock(), sets) {
        Ok(loaded) => {
            let mut diagnostics = loaded.warnings.clone();
            diagnostics.extend(lint::lint(&loaded).into_iter().map(|advice| advice.diagnostic));
            diagnostics.extend(loaded.notes.iter().cloned());
            let jobs = loaded.jobs.len();
            (loaded.sources, diagnostics, Some(jobs))
        }
        Err(report) => {
            let Report { sources, diagnostics } = *report;
            (sources, diagnostics, None)
        }
    }
}

fn known(code: &str) -> Result<(), String> {
    let pages = catalogue::pages();
    if pages.iter().any(|page| page.code == code) {
        return Ok(());
    }
    let codes: Vec<&str> = pages.iter().map(|page| page.code).collect();
    let near = closest(code, &codes).map(|near| format!(", did you mean {near}?")).unwrap_or_default();
    Err(format!("there is no code {code:?}{near}\nthe codes are: {}", codes.join(", ")))
}

fn is_error(code: &str) -> bool {
    catalogue::page(code).is_some_and(|page| page.level == Level::Error)
}

/// `1 Job in 2 files: no errors, 2 warnings`.
fn counts(sources: &Sources, diagnostics: &[Diagnostic], jobs: Option<usize>) -> String {
    let number = |n: usize, what: &str| match n {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    };
    let count = |level| diagnostics.iter().filter(|d| d.level == level).count();
    let files = sources.files().iter().filter(|file| !file.name.starts_with("--set ")).count();
    let files = number(files, "file");
    let what = jobs.map_or(files.clone(), |jobs| format!("{} in {files}", number(jobs, "Job")));
    format!("{what}: {}, {}", number(count(Level::Error), "error"), number(count(Level::Warning), "warning"))
}
