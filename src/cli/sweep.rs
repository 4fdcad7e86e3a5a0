//! `jobsim sweep`: the same question over a grid of settings, with the same luck in each.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::Exit;
use super::axes;
use super::common::{Common, Form, NO_PATH, bad, load, read, warn};
use super::emit_job::manifest;
use super::run::stop_rule;
use super::shard::Shard;
use super::sweep_cells::{Cells, Failure, check, plain};
use super::sweep_folder::{Found, Place, SweepFolder};
use crate::experiment::adaptive::{Question, front};
use crate::experiment::constraint::Constraint;
use crate::experiment::grid::Grid;
use crate::experiment::stop_rule::StopRule;
use crate::input::{Loaded, Parsed};
use crate::report::html::inputs::Given;
use crate::report::sweep::{self, SweepHead};

/// What matters is decided over all settings.
pub(super) const NO_SHARDS: &str =
    "-n auto looks at all settings together and cannot be split into shards; say -n N";
/// No machine holds the results of more.
const MOST_SETTINGS: u128 = 10_000_000;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Manifests and Simulation document: files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// An axis (several make the product): a field as in --set with its values, PATH=1,2,5 or PATH=1..64:x2 or
    /// PATH=0..100:+10; parallelism, completions, backoff-limit and active-deadline are short for the usual four
    #[arg(long, value_name = "PATH=VALUES")]
    pub(super) vary: Vec<String>,
    /// Number of replications of each setting, or auto: settings near the Pareto front (makespan, waste, peaks) or near
    /// the limit of a constraint until the makespan is known to 2 %, of the others few [default: the document's, else
    /// 1000]
    #[arg(short = 'n', long, value_name = "N|auto")]
    pub(super) replications: Option<String>,
    /// Which settings are allowed (several): 'stuck<=0.1%', 'orders-db.peak_in_flight<=40', 'p95.makespan<=2h'
    #[arg(long, value_name = "EXPR OP LIMIT")]
    pub(super) subject_to: Vec<String>,
    /// Write the result folder (sweep.csv, summary.json, report.html, charts); a killed sweep goes on where it stopped
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Only part K (from 0) of N; /N takes K from JOB_COMPLETION_INDEX. jobsim merge puts the parts together
    #[arg(long, value_name = "K/N")]
    pub(super) shard: Option<String>,
    /// Print an Indexed Job that runs this sweep in shards (--shard /N: in so many), and do nothing else
    #[arg(long)]
    emit_job: bool,
    /// The container image of --emit-job
    #[arg(long, default_value = concat!("jobsim:", env!("CARGO_PKG_VERSION")))]
    pub(super) image: String,
    /// When the Job of --emit-job is ended, whatever hangs
    #[arg(long, value_name = "DURATION", default_value = "24h")]
    pub(super) deadline: String,
    /// Really run a huge grid
    #[arg(long)]
    yes: bool,
    /// Form of standard output
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let paths = args.common.paths(&args.paths);
    if paths.is_empty() {
        return bad(err, NO_PATH);
    }
    let grid = match grid(&args.vary) {
        Ok(grid) => grid,
        Err(message) => return bad(err, message),
    };
    let parsed = read(&paths);
    if let Err(message) = axes::refuse(&grid, &parsed, "-n N") {
        return bad(err, message);
    }
    let Some(base) = load(&parsed, &args.common.sets(), err)? else { return Ok(Exit::Bad) };
    warn(&base, err)?;
    // The first and the last setting: most mistakes in an axis show there, before anything is simulated.
    for cell in [0, grid.len() as usize - 1] {
        let sets = [args.common.sets(), grid.sets(cell)].concat();
        if load(&parsed, &sets, err)?.is_none() {
            writeln!(
                err,
                "error: --vary: {} is no setting; {}",
                grid.sets(cell).join(", "),
                axes::what_there_is(&base)
            )?;
            return Ok(Exit::Bad);
        }
    }
    if args.emit_job {
        if let Err((report, message)) = check(&parsed, &args.common.sets(), &grid) {
            write!(err, "{report}")?;
            return bad(err, message);
        }
        return match manifest(args, &grid, &base) {
            Ok(text) => write!(out, "{text}").map(|()| Exit::Done),
            Err(message) => bad(err, message),
        };
    }
    match carry_out(args, &grid, &parsed, &base) {
        Ok(summary) => match args.output {
            Form::Table => write!(out, "{}", sweep::table(&summary))?,
            Form::Json => writeln!(out, "{summary:#}")?,
        },
        Err(message) => {
            writeln!(err, "{}error: {}", message.0, message.1)?;
            return Ok(Exit::Bad);
        }
    }
    Ok(Exit::Done)
}

fn grid(vary: &[String]) -> Result<Grid, String> {
    if vary.is_empty() {
        return Err("no axis: say --vary parallelism=1,2,5 or --vary PATH=1..64:x2".to_string());
    }
    let grid = Grid::parse(vary).map_err(|message| format!("--vary {message}"))?;
    match grid.len() {
        count if count > MOST_SETTINGS => Err(format!("{count} settings are more than {MOST_SETTINGS}")),
        _ => Ok(grid),
    }
}

fn carry_out(args: &Args, grid: &Grid, parsed: &Parsed, base: &Loaded) -> Result<Value, Failure> {
    let rule = stop_rule(args.replications.as_deref(), &base.replications).map_err(plain)?;
    let environment = std::env::var("JOB_COMPLETION_INDEX").ok();
    let shard = args.shard.as_ref().map(|text| Shard::parse(text, environment.as_deref())).transpose();
    let shard = shard.map_err(plain)?;
    if shard.is_some() && !matches!(rule, StopRule::Fixed(_)) {
        return Err(plain(NO_SHARDS.to_string()));
    }
    let constraints = args.subject_to.iter().map(|text| {
        Constraint::parse(text, &base.scenario).map_err(|message| format!("--subject-to {message}"))
    });
    let constraints = constraints.collect::<Result<Vec<_>, _>>().map_err(plain)?;
    let given = [("seed:", args.common.seed.is_some()), ("replications:", args.replications.is_some())];
    let is_given = |default: &&String| given.iter().any(|(name, given)| *given && default.starts_with(name));
    let defaults: Vec<String> = base.defaults.iter().filter(|default| !is_given(default)).cloned().collect();
    let cells = Cells {
        grid,
        parsed,
        sets: args.common.sets(),
        constraints,
        seed: args.common.seed.unwrap_or(base.seed),
        confidence: base.replications.confidence(),
        threads: args.common.threads().map_err(plain)?,
        have_dependencies: !base.scenario.shared.dependencies.is_empty(),
    };
    let mut head = sweep::head(&SweepHead {
        seed: cells.seed,
        rule,
        confidence: cells.confidence,
        inputs_sha256: &base.sha256,
        defaults: &defaults,
        grid,
        constraints: &cells.constraints,
    });
    if let Some(shard) = shard {
        head["shard"] = json!({"index": shard.index, "of": shard.of});
    }
    let mine: Vec<usize> =
        (0..grid.len() as usize).filter(|cell| shard.is_none_or(|s| cell % s.of == s.index)).collect();
    // Nothing is written before everything that can be refused was looked at.
    let begin = |place: Option<Place>| -> Result<Option<SweepFolder>, Failure> {
        check(parsed, &cells.sets, grid)?;
        place.map(Place::go_on).transpose().map_err(plain)
    };
    let (folder, records) = match rule {
        StopRule::Fixed(count) => {
            let (place, records) = match SweepFolder::look(args.save.as_deref(), &head).map_err(plain)? {
                Found::Finished(summary) => return Ok(summary),
                Found::Begun(place, records) => (place, records),
            };
            if !args.yes {
                cells.refuse_when_huge(&mine[records.len().min(mine.len())..], count, "")?;
            }
            let mut folder = begin(place)?;
            let records = cells.fixed(&mine, count, records, folder.as_mut())?;
            (folder, records)
        }
        StopRule::Precise { relative_error, tail, min, max } => {
            let (place, kept) = match SweepFolder::look(args.save.as_deref(), &head).map_err(plain)? {
                Found::Finished(summary) => return Ok(summary),
                Found::Begun(place, kept) => (place, kept),
            };
            if !args.yes && kept.is_empty() {
                cells.refuse_when_huge(&mine, min, "at least ")?;
            }
            let front = front(&base.scenario).map_err(plain)?;
            let mut folder = begin(place)?;
            let (jobs, constraints) = (base.scenario.jobs.len(), cells.constraints.clone());
            let question = Question { front, jobs, constraints, relative_error, tail, min, max };
            let records = cells.adaptive(&question, kept, folder.as_mut())?;
            (folder, records)
        }
    };
    let summary = sweep::summary(&head, &records);
    if let Some(folder) = folder {
        folder.finish(&summary, &Given::of(base), &cells.threads).map_err(plain)?;
    }
    Ok(summary)
}
