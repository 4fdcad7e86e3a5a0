//! `jobsim sweep`: the same question over a grid of settings, with the same luck in each.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Exit;
use super::common::{Common, Form, load, read, replications, warn};
use super::emit_job::manifest;
use super::progress::Progress;
use super::sweep_folder::{Found, SweepFolder};
use crate::experiment::bounds::bounds;
use crate::experiment::grid::Grid;
use crate::experiment::replicate::Threads;
use crate::input::{Loaded, Parsed};
use crate::report::answer::{Answer, JobAnswer};
use crate::report::dependencies::dependency_answers;
use crate::report::html::inputs::Given;
use crate::report::sweep::{self, SweepHead};

/// More settings, or more time, need --yes.
const MANY_SETTINGS: u128 = 10_000;
const LONG: Duration = Duration::from_secs(600);
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
    /// Number of replications of each setting [default: the document's, else 1000]
    #[arg(short = 'n', long)]
    pub(super) replications: Option<u64>,
    /// Write the result folder (sweep.csv, summary.json, report.html); a killed sweep goes on where it stopped
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
    /// Really run a huge grid
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let paths: Vec<String> = args.paths.iter().chain(&args.common.filenames).cloned().collect();
    if paths.is_empty() {
        writeln!(err, "error: no PATH: name a Job manifest, a folder, or - for standard input")?;
        return Ok(Exit::Bad);
    }
    let grid = match grid(&args.vary) {
        Ok(grid) => grid,
        Err(message) => {
            writeln!(err, "error: {message}")?;
            return Ok(Exit::Bad);
        }
    };
    let parsed = read(&paths);
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
                what_there_is(&base)
            )?;
            return Ok(Exit::Bad);
        }
    }
    if args.emit_job {
        return match manifest(args, &grid, &base) {
            Ok(text) => write!(out, "{text}").map(|()| Exit::Done),
            Err(message) => writeln!(err, "error: {message}").map(|()| Exit::Bad),
        };
    }
    match carry_out(args, &grid, &parsed, &base) {
        Ok(summary) => match args.common.output {
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

/// What can be varied, for messages.
pub(super) fn what_there_is(base: &Loaded) -> String {
    let document = |name: &str, node: Option<&crate::input::node::Node>| -> Vec<String> {
        let entries = node.and_then(|node| node.get("spec")).map(|spec| spec.entries()).unwrap_or_default();
        entries.iter().map(|entry| format!("{name}.{}", entry.key)).collect()
    };
    let mut fields: Vec<String> =
        ["parallelism", "completions", "backoff-limit", "active-deadline"].map(String::from).to_vec();
    fields.extend(document("spec", base.jobs.first().map(|job| &job.manifest)));
    fields.extend(document("simulation", base.simulation.as_ref()));
    fields.retain(|field| field != "spec.template" && field != "simulation.workload");
    format!(
        "the input has: {}, fields of spec.template.… and of simulation.workload.…, and whatever else --set takes",
        fields.join(", ")
    )
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

/// Part K of N.
#[derive(Clone, Copy)]
pub(super) struct Shard {
    pub(super) index: usize,
    pub(super) of: usize,
}

impl Shard {
    /// # Errors
    /// What was found and what was expected; `environment`: JOB_COMPLETION_INDEX.
    pub(super) fn parse(text: &str, environment: Option<&str>) -> Result<Shard, String> {
        let wrong = || format!("--shard {text}: expected K/N with K from 0 to N - 1, such as 0/4, or /N");
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let of: usize = of.trim().parse().map_err(|_| wrong())?;
        let index = match index.trim() {
            "" => {
                let index = environment.ok_or_else(|| {
                    format!("--shard {text}: JOB_COMPLETION_INDEX is not set; outside an Indexed Job say K/N")
                })?;
                index
                    .parse()
                    .map_err(|_| format!("--shard {text}: JOB_COMPLETION_INDEX is {index:?}, no number"))?
            }
            digits => digits.parse().map_err(|_| wrong())?,
        };
        if index < of { Ok(Shard { index, of }) } else { Err(wrong()) }
    }
}

type Failure = (String, String);

fn carry_out(args: &Args, grid: &Grid, parsed: &Parsed, base: &Loaded) -> Result<Value, Failure> {
    let plain = |message: String| (String::new(), message);
    let count = replications(args.replications, base).map_err(plain)?;
    let seed = args.common.seed.unwrap_or(base.seed);
    let threads = args.common.threads().map_err(plain)?;
    let environment = std::env::var("JOB_COMPLETION_INDEX").ok();
    let shard = args.shard.as_ref().map(|text| Shard::parse(text, environment.as_deref())).transpose();
    let shard = shard.map_err(plain)?;
    let given = [("seed:", args.common.seed.is_some()), ("replications:", args.replications.is_some())];
    let is_given = |default: &&String| given.iter().any(|(name, given)| *given && default.starts_with(name));
    let defaults: Vec<String> = base.defaults.iter().filter(|default| !is_given(default)).cloned().collect();
    let mut head = sweep::head(&SweepHead {
        seed,
        replications: count,
        inputs_sha256: &base.sha256,
        defaults: &defaults,
        grid,
    });
    if let Some(shard) = shard {
        head["shard"] = json!({"index": shard.index, "of": shard.of});
    }
    let mine: Vec<usize> =
        (0..grid.len() as usize).filter(|cell| shard.is_none_or(|s| cell % s.of == s.index)).collect();
    let (mut folder, mut cells) = match &args.save {
        None => (None, Vec::new()),
        Some(path) => match SweepFolder::open(path, &head).map_err(plain)? {
            Found::Finished(summary) => return Ok(summary),
            Found::Begun(folder, cells) => (Some(folder), cells),
        },
    };
    let plan = Plan { grid, parsed, sets: args.common.sets(), seed, count, threads };
    if !args.yes {
        plan.refuse_when_huge(&mine[cells.len().min(mine.len())..]).map_err(|m| match m.0.is_empty() {
            true => plain(m.1),
            false => m,
        })?;
    }
    let mut progress = Progress::new();
    let all = count * mine.len() as u64;
    let before = cells.len() as u64;
    for (at, cell) in mine.iter().enumerate().skip(cells.len()) {
        let record = plan.record(*cell)?;
        if let Some(folder) = &mut folder {
            folder.keep(&record).map_err(plain)?;
        }
        cells.push(record);
        progress.tell(count * (at as u64 + 1 - before), all - count * before);
    }
    progress.end();
    let summary = sweep::summary(&head, &cells);
    if let Some(folder) = folder {
        folder.finish(&summary, &Given::of(base), &plan.threads).map_err(plain)?;
    }
    Ok(summary)
}

/// What is simulated.
struct Plan<'a> {
    grid: &'a Grid,
    parsed: &'a Parsed,
    sets: Vec<String>,
    seed: u64,
    count: u64,
    threads: Threads,
}

impl Plan<'_> {
    fn load(&self, cell: usize) -> Result<Loaded, Failure> {
        let sets = [self.sets.clone(), self.grid.sets(cell)].concat();
        let failed = |report: Box<crate::input::Report>| {
            let setting = self.grid.sets(cell).join(", ");
            (report.render(), format!("--vary: {setting} is no setting"))
        };
        self.parsed.load(&sets).map_err(failed)
    }

    fn record(&self, cell: usize) -> Result<Value, Failure> {
        let loaded = self.load(cell)?;
        let scenario = &loaded.scenario;
        let runs = self.threads.replicate(scenario, self.seed, 0..self.count);
        let names = scenario.jobs.iter().enumerate();
        let answer = Answer {
            seed: self.seed,
            replications: self.count,
            inputs_sha256: String::new(),
            defaults: Vec::new(),
            jobs: names.map(|(at, job)| JobAnswer::new(&job.name, at, &runs, &[])).collect(),
            dependencies: dependency_answers(scenario, &runs),
            gates: Vec::new(),
        };
        let bounds: Vec<_> = (0..scenario.jobs.len()).map(|job| bounds(scenario, job)).collect();
        Ok(sweep::record(cell, self.grid, &answer, &bounds))
    }

    /// A few runs of the first, the middle and the last setting say how long all will take.
    fn refuse_when_huge(&self, cells: &[usize]) -> Result<(), Failure> {
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return Ok(()) };
        const PILOT: u64 = 8;
        let begin = Instant::now();
        let pilots = [*first, cells[cells.len() / 2], *last];
        let mut loading = Duration::ZERO;
        for cell in pilots {
            let begin = Instant::now();
            let loaded = self.load(cell)?;
            loading += begin.elapsed();
            self.threads.replicate(&loaded.scenario, self.seed, 0..PILOT.min(self.count));
        }
        let spent = begin.elapsed() - loading;
        let runs = (PILOT.min(self.count) * pilots.len() as u64) as f64;
        let each_s = spent.as_secs_f64() / runs * self.count as f64 + loading.as_secs_f64() / 3.0;
        let estimate_s = each_s * cells.len() as f64;
        if cells.len() as u128 > MANY_SETTINGS || estimate_s > LONG.as_secs_f64() {
            let message = format!(
                "{} settings with {} replications each would take about {}; say --yes to run them, or fewer of them, \
                 fewer replications (-n), or a part (--shard K/N)",
                cells.len(),
                self.count,
                crate::report::words::duration(estimate_s)
            );
            return Err((String::new(), message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards() {
        let parse = |text, environment| Shard::parse(text, environment).map(|s| (s.index, s.of));
        assert_eq!(parse("1/4", None), Ok((1, 4)));
        assert_eq!(parse("/4", Some("3")), Ok((3, 4)));
        for (text, environment) in [
            ("4/4", None),
            ("/4", None),
            ("/4", Some("4")),
            ("/4", Some("x")),
            ("1", None),
            ("0/0", None),
            ("-1/2", None),
        ] {
            assert!(parse(text, environment).is_err(), "{text}");
        }
    }
}
