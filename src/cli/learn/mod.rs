//! `jobsim learn`: the gallery. Lists it, or asks the question of one scenario, runs it, and tells the answer.
//!
//! The run is that of `jobsim run`, on the texts inside the program. Waits for Enter before the answer when somebody
//! sits at a terminal, and never otherwise.

mod gallery;
mod page;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::Exit;
use super::color::Color;
use super::common::bad;
use super::run::{answered, stop_rule};
use crate::input::suggest::closest;
use crate::input::{Replications, parse_texts};
use crate::report;
use crate::report::answer::Answer;
use crate::report::side_by_side::{Row, table};
use crate::report::terminal::Detail;
use gallery::{COURSE, Folder, folder, lessons, paths, variants};

#[derive(clap::Args)]
pub(super) struct Args {
    /// A scenario of the gallery, or one of its variants (black-hole/with-pod-deadline) [default: list them all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Only the table of the scenario beside its variants
    #[arg(long, requires = "name", conflicts_with = "write")]
    table: bool,
    /// Write the files of the scenario and its variants into a new folder instead, to change them
    #[arg(long, value_name = "DIR", requires = "name")]
    write: Option<PathBuf>,
    /// Number of replications [default: the scenario's]
    #[arg(short = 'n', long, value_name = "N|auto", requires = "name")]
    replications: Option<String>,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let Some(name) = &args.name else {
        write!(out, "{}", list())?;
        return Ok(Exit::Done);
    };
    let name = name.trim_end_matches('/');
    let Some(folder) = folder(name.strip_prefix("scenarios/").unwrap_or(name)) else {
        let near = closest(name, &paths()).map(|near| format!(", did you mean {near}?"));
        let near = near.unwrap_or_else(|| "; jobsim learn lists them all".to_string());
        return bad(err, format!("there is no scenario {name:?}{near}"));
    };
    let done = match &args.write {
        Some(to) => write_files(folder, to).map(|text| out.write_all(text.as_bytes())),
        None => taught(args, folder, out),
    };
    match done {
        Ok(written) => written.map(|()| Exit::Done),
        Err(message) => bad(err, message),
    }
}

/// Parts, and below each its lessons with their questions.
fn list() -> String {
    let lessons = lessons();
    let width = lessons.iter().map(|lesson| lesson.folder.path.len()).max().unwrap_or(0);
    let mut text = page::paragraph(COURSE);
    let mut part = "";
    for lesson in &lessons {
        if lesson.part != part {
            part = lesson.part;
            text.push_str(&format!("\n{part}\n"));
        }
        let question = page::first_question(lesson.folder.section("Question"));
        text.push_str(&page::entry(lesson.folder.path, width, &question));
    }
    text.push_str("\njobsim learn NAME asks its question, runs it, and tells the answer.\n");
    text
}

/// Question and prediction, then run and answer.
///
/// # Errors
/// A text when the scenario cannot be run so.
fn taught(args: &Args, folder: &Folder, out: &mut impl Write) -> Result<io::Result<()>, String> {
    let replications = args.replications.as_deref();
    // Before anything is asked.
    stop_rule(replications, &Replications::Count(1))?;
    if args.table {
        let answer = simulated(folder, replications)?;
        return Ok(out.write_all(beside(folder, answer, replications)?.as_bytes()));
    }
    let asked = page::asked(folder.path, folder.section("Question"), folder.section("Prediction"));
    if let Err(error) = shown(&asked, out).and_then(|()| wait_for_enter(out)) {
        return Ok(Err(error));
    }
    let answer = simulated(folder, replications)?;
    let count = replications.map_or(String::new(), |count| format!(" -n {count}"));
    let table = report::terminal::answer(&answer, Detail::Main, Color::Auto.ink());
    let run = format!("$ jobsim run scenarios/{}{count}\n\n{table}", folder.path);
    if let Err(error) = shown(&run, out) {
        return Ok(Err(error));
    }
    let mut text = String::new();
    if !variants(folder).is_empty() {
        text.push_str("\nBeside its variants:\n\n");
        text.push_str(&beside(folder, answer, replications)?);
    }
    text.push_str(&page::answered(folder.path, folder.section("Answer"), folder.section("What to change")));
    text.push_str(&format!("\nIts files: jobsim learn {} --write DIR\n", folder.path));
    Ok(out.write_all(text.as_bytes()))
}

/// A table of the scenario, whose answer is known, and its variants.
fn beside(folder: &Folder, answer: Answer, replications: Option<&str>) -> Result<String, String> {
    let mut answers = vec![("", answer)];
    for variant in variants(folder) {
        answers.push((variant.name(), simulated(variant, replications)?));
    }
    let rows = answers.iter().flat_map(|(variant, answer)| rows(variant, folder.name(), answer));
    Ok(table(&rows.collect::<Vec<Row>>()))
}

/// One row a Job; the name of a variant stands before that of its Job where there are several.
fn rows<'a>(variant: &'a str, base: &'a str, answer: &'a Answer) -> impl Iterator<Item = Row<'a>> {
    answer.jobs.iter().map(move |job| {
        let name = match (answer.jobs.len(), variant) {
            (1, "") => base.to_string(),
            (1, variant) => variant.to_string(),
            (_, "") => job.name.clone(),
            (_, variant) => format!("{variant}: {}", job.name),
        };
        Row { name, job }
    })
}

/// The same answer that `jobsim run` gives on the folder.
fn simulated(folder: &Folder, replications: Option<&str>) -> Result<Answer, String> {
    let texts = [("job.yaml", folder.job), ("simulation.yaml", folder.simulation)];
    let texts = texts.map(|(name, text)| (format!("scenarios/{}/{name}", folder.path), text));
    let loaded = parse_texts(&texts).load(&[]).map_err(|report| report.render())?;
    answered(&loaded, replications)
}

fn shown(text: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn wait_for_enter(out: &mut impl Write) -> io::Result<()> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return writeln!(out);
    }
    write!(out, "\nWrite your prediction down, then press Enter for the answer. ")?;
    out.flush()?;
    io::stdin().read_line(&mut String::new())?;
    writeln!(out)
}

/// # Errors
/// A text when there is something already, or it cannot be written.
fn write_files(folder: &Folder, to: &Path) -> Result<String, String> {
    if to.exists() {
        return Err(format!("{} is already there, nothing was written; choose another name", to.display()));
    }
    let failed = |path: &Path, error: io::Error| format!("cannot write {}: {error}", path.display());
    for part in std::iter::once(folder).chain(variants(folder)) {
        let below = part.path.strip_prefix(folder.path).unwrap_or("").trim_start_matches('/');
        let into = to.join(below);
        std::fs::create_dir_all(&into).map_err(|error| failed(&into, error))?;
        for (name, text) in part.files() {
            let path = into.join(name);
            std::fs::write(&path, text).map_err(|error| failed(&path, error))?;
        }
    }
    Ok(format!("wrote {0}; next:\n\n    jobsim run {0}\n", to.display()))
}
