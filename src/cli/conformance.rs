//! `jobsim conformance`: replays trace files and prints one line a difference.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use super::Exit;
use crate::conformance::check;
use crate::conformance::compare::Difference;
use crate::conformance::format::Line;

/// Differences printed unless `--all` asks for every one.
const SHOWN: usize = 20;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Trace files: .jsonl or .jsonl.gz
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print every difference, not the first 20
    #[arg(long)]
    all: bool,
    /// Print the first difference of each scenario as JSON, one object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let (mut passed, mut failed, mut shown) = (0, 0, 0);
    for file in &args.files {
        let text = match read(file) {
            Ok(text) => text,
            Err(error) => {
                writeln!(err, "error: {}: cannot read it: {error}", file.display())?;
                return Ok(Exit::Bad);
            }
        };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let at = format!("{}:{}", file.display(), number + 1);
            let line: Line = match serde_json::from_str(line) {
                Ok(line) => line,
                Err(error) => {
                    writeln!(err, "error: {at}: not a trace: {error}")?;
                    writeln!(err, "  expected one object {{\"scenario\": ..., \"trace\": ...}} a line")?;
                    return Ok(Exit::Bad);
                }
            };
            match check(&line) {
                Ok(found) if found.is_empty() => passed += 1,
                Ok(found) => {
                    failed += 1;
                    let name = &line.scenario.name;
                    if args.json {
                        writeln!(out, "{}", as_json(name, &found[0]))?;
                        continue;
                    }
                    for difference in &found {
                        shown += 1;
                        if args.all || shown <= SHOWN {
                            writeln!(out, "{}", as_text(name, difference))?;
                        }
                    }
                }
                Err(error) => {
                    writeln!(err, "error: {at}: scenario {}: {error}", line.scenario.name)?;
                    return Ok(Exit::Bad);
                }
            }
        }
    }
    if shown > SHOWN && !args.all {
        writeln!(out, "... {} more differences; --all prints them", shown - SHOWN)?;
    }
    writeln!(out, "{passed} passed, {failed} failed")?;
    Ok(if failed > 0 { Exit::No } else { Exit::Done })
}

fn read(file: &PathBuf) -> io::Result<String> {
    let mut text = String::new();
    let mut source = std::fs::File::open(file)?;
    if file.extension().is_some_and(|e| e == "gz") {
        flate2::read::MultiGzDecoder::new(source).read_to_string(&mut text)?;
    } else {
        source.read_to_string(&mut text)?;
    }
    Ok(text)
}

fn as_text(name: &str, d: &Difference) -> String {
    let at = d.at.map_or_else(String::new, |t| format!(" at {t} s"));
    format!("{name}{at}: {}: recorded {}, simulated {}", d.what, d.recorded, d.simulated)
}

fn as_json(name: &str, d: &Difference) -> serde_json::Value {
    serde_json::json!({
        "scenario": name, "t": d.at, "what": d.what, "recorded": d.recorded, "simulated": d.simulated,
    })
}
