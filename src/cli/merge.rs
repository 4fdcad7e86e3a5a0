//! `jobsim merge`: the results of all shards of a sweep into one, the same bytes as an unsharded sweep.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::Value;

use super::Exit;
use super::common::{Form, bad};
use super::sweep_folder::{Found, SweepFolder, head_of, read_given, read_summary};
use crate::experiment::replicate::Threads;
use crate::report::sweep;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The result folders of all shards (sweep --shard K/N --save DIR), in any order
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Form of standard output
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
    /// Write the result folder of the whole sweep
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    match merged(args) {
        Ok(summary) => match args.output {
            Form::Table => write!(out, "{}", sweep::table(&summary))?,
            Form::Json => writeln!(out, "{summary:#}")?,
        },
        Err(message) => return bad(err, message),
    }
    Ok(Exit::Done)
}

fn merged(args: &Args) -> Result<Value, String> {
    let mut whole: Option<Value> = None;
    let mut given = None;
    let mut of = 0;
    let mut cells: Vec<Value> = Vec::new();
    let mut seen: Vec<u64> = Vec::new();
    for folder in &args.folders {
        let summary = read_summary(folder)?;
        let shard = summary["shard"]["index"].as_u64().zip(summary["shard"]["of"].as_u64());
        let (index, count) = shard.ok_or_else(|| format!("{}: this is no shard", folder.display()))?;
        if given.is_none() && args.save.is_some() {
            given = Some(read_given(folder)?);
        }
        let mut head = head_of(&summary);
        if let Some(head) = head.as_object_mut() {
            head.remove("shard");
        }
        if whole.get_or_insert_with(|| head.clone()) != &head || (of != 0 && of != count) {
            return Err(format!(
                "{}: a shard of another sweep: its inputs, seed, axes, replications or version differ",
                folder.display()
            ));
        }
        of = count;
        if seen.contains(&index) {
            return Err(format!("{}: shard {index}/{count} is there twice", folder.display()));
        }
        seen.push(index);
        cells.extend(summary["cells"].as_array().cloned().unwrap_or_default());
    }
    let missing: Vec<String> = (0..of).filter(|k| !seen.contains(k)).map(|k| format!("{k}/{of}")).collect();
    if !missing.is_empty() {
        return Err(format!("not all shards are there: {} missing", missing.join(", ")));
    }
    let head = whole.ok_or("no folder")?;
    cells.sort_by_key(|cell| cell["cell"].as_u64());
    let summary = sweep::summary(&head, &cells);
    if let Found::Begun(Some(place), _) = SweepFolder::look::<Value>(args.save.as_deref(), &head)? {
        place.go_on()?.finish(&summary, &given.unwrap_or_default(), &Threads::new(1)?)?;
    }
    Ok(summary)
}
