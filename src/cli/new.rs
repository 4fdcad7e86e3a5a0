//! `jobsim new NAME`: a commented scenario that works, to start from.
//!
//! Writes `job.yaml`, `simulation.yaml` and `README.md` into a folder NAME, and the schema for editors into
//! `.jobsim` below it, where no command reads. An existing folder is never touched.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Exit;
use super::common::bad;
use crate::input::schema::schema;

const JOB: &str = include_str!("new/job.yaml");
const SIMULATION: &str = include_str!("new/simulation.yaml");
const README: &str = include_str!("new/README.md");
/// In the templates.
const PLACEHOLDER: &str = "NAME";
/// So that the host name of the last pod, NAME-19, has room to grow.
const MAX_NAME: usize = 52;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Folder to make; its last part is the name of the Job
    #[arg(value_name = "NAME")]
    name: PathBuf,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let folder = &args.name;
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if let Err(message) = good_name(name) {
        return bad(err, message);
    }
    if folder.exists() {
        let there = folder.display();
        return bad(err, format!("{there} is already there, nothing was written; choose another name"));
    }
    if let Err((path, error)) = write(folder, name) {
        writeln!(err, "error: cannot write {}: {error}", path.display())?;
        return Ok(Exit::Bad);
    }
    writeln!(out, "wrote {}/job.yaml, simulation.yaml and README.md; next:\n", folder.display())?;
    writeln!(out, "    jobsim check {0}\n    jobsim run {0}", folder.display())?;
    Ok(Exit::Done)
}

fn good_name(name: &str) -> Result<(), String> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = name.as_bytes();
    let good = !bytes.is_empty()
        && bytes.len() <= MAX_NAME
        && bytes.iter().all(|b| inner(*b) || *b == b'-')
        && inner(bytes[0])
        && inner(bytes[bytes.len() - 1]);
    let message = || {
        format!(
            "{name:?} is no name for a Job, expected lower-case letters, digits and '-', at most {MAX_NAME} characters"
        )
    };
    good.then_some(()).ok_or_else(message)
}

fn write(folder: &Path, name: &str) -> Result<(), (PathBuf, io::Error)> {
    let editor = folder.join(".jobsim");
    std::fs::create_dir_all(&editor).map_err(|error| (editor.clone(), error))?;
    let filled = |text: &str| text.replace(PLACEHOLDER, name);
    let files = [
        (folder.join("job.yaml"), filled(JOB)),
        (folder.join("simulation.yaml"), filled(SIMULATION)),
        (folder.join("README.md"), filled(README)),
        (editor.join("simulation.schema.json"), format!("{:#}\n", schema())),
    ];
    for (path, text) in files {
        std::fs::write(&path, text).map_err(|error| (path, error))?;
    }
    Ok(())
}
