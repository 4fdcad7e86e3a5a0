//! What run, explain, compare, sweep and recommend have in common: their input and its changes, and how they refuse.

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

use super::Exit;
use crate::experiment::replicate::Threads;
use crate::input::{Loaded, Parsed, parse};
use crate::report::diagnostics::render;

/// What is said when no input is named.
pub(super) const NO_PATH: &str = "no PATH: name a Job manifest, a folder, or - for standard input";

#[derive(clap::Args, Default)]
pub(super) struct Common {
    /// The same as PATH, as in kubectl
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    filenames: Vec<String>,
    /// Seed of the random numbers [default: the document's, else 42]
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Threads [default: all cores]; they never change a result
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Override any field: spec.parallelism=20, JOB:spec.backoffLimit=3, simulation.controlPlane.qps=50
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Short for --set spec.parallelism=N
    #[arg(long, value_name = "N")]
    parallelism: Option<String>,
    /// Short for --set spec.completions=N
    #[arg(long, value_name = "N")]
    completions: Option<String>,
    /// Short for --set spec.backoffLimit=N
    #[arg(long, value_name = "N")]
    backoff_limit: Option<String>,
    /// Short for --set spec.activeDeadlineSeconds=N
    #[arg(long, value_name = "N")]
    active_deadline: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Form {
    Table,
    Json,
}

impl Common {
    /// Every PATH, those after `-f` as well.
    pub(super) fn paths(&self, named: &[String]) -> Vec<String> {
        named.iter().chain(&self.filenames).cloned().collect()
    }

    /// All `--set` options, the short ones as well.
    pub(super) fn sets(&self) -> Vec<String> {
        let short = [
            ("spec.parallelism", &self.parallelism),
            ("spec.completions", &self.completions),
            ("spec.backoffLimit", &self.backoff_limit),
            ("spec.activeDeadlineSeconds", &self.active_deadline),
        ];
        let short = short.into_iter().filter_map(|(path, value)| Some(format!("{path}={}", value.as_ref()?)));
        self.sets.iter().cloned().chain(short).collect()
    }

    /// # Errors
    /// A text when they cannot be started.
    pub(super) fn threads(&self) -> Result<Threads, String> {
        Threads::new(self.threads.or(std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get))
    }
}

/// Tells why nothing can be done.
pub(super) fn bad(err: &mut impl Write, message: impl Display) -> io::Result<Exit> {
    writeln!(err, "error: {message}")?;
    Ok(Exit::Bad)
}

/// Reads what the paths name; standard input once.
pub(super) fn read(paths: &[String]) -> Parsed {
    parse(paths, &mut io::stdin().lock() as &mut dyn Read)
}

/// Decodes with these options, or tells what is wrong.
pub(super) fn load(parsed: &Parsed, sets: &[String], err: &mut impl Write) -> io::Result<Option<Loaded>> {
    match parsed.load(sets) {
        Ok(loaded) => Ok(Some(loaded)),
        Err(report) => {
            write!(err, "{}", report.render())?;
            Ok(None)
        }
    }
}

/// Tells what the reader should know of an input that can be used.
pub(super) fn warn(loaded: &Loaded, err: &mut impl Write) -> io::Result<()> {
    write!(err, "{}", render(&loaded.sources, &loaded.warnings))?;
    write!(err, "{}", render(&loaded.sources, &loaded.notes))
}
