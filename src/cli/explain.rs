//! `jobsim explain`: the story of one run, or why it ended as it did.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Exit;
use super::common::{Common, NO_PATH, bad, load, read};
use super::run::stop_rule;
use crate::engine::time::SimDuration;
use crate::experiment::campaign::Campaign;
use crate::experiment::replicate::{Run, median_replication, worst_replication};
use crate::input::Loaded;
use crate::input::duration::seconds;
use crate::kubernetes::simulate::{Outcome, Seed, Until, simulate};
use crate::model::scenario::Scenario;
use crate::observe::explain::Story;
use crate::report::story::{self, Filter};
use crate::report::trace::trace;
use crate::report::why::{self, Subject};
use crate::report::words::several;

/// Options that choose from the story; a reason is told whole.
const FILTERS: [&str; 5] = ["pod", "index", "from", "to", "all"];

#[derive(clap::Args)]
pub(super) struct Args {
    /// Manifests and Simulation document: files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Which run [default: median, or with --why the first that is stuck or failed, or the worst]
    #[arg(long, value_name = "K|median|worst")]
    replication: Option<String>,
    /// Only this pod, by order of creation from 0
    #[arg(long)]
    pod: Option<u32>,
    /// Only pods of this completion index
    #[arg(long)]
    index: Option<u32>,
    /// Only from this time after the Job's creation
    #[arg(long, value_name = "DURATION")]
    from: Option<String>,
    /// Only up to this time after the Job's creation
    #[arg(long, value_name = "DURATION")]
    to: Option<String>,
    /// Not the story but the reason
    #[arg(long, value_enum, conflicts_with_all = FILTERS)]
    why: Option<Why>,
    /// Why a completion index got no pod, or when it got one
    #[arg(long, value_name = "INDEX", conflicts_with_all = FILTERS, conflicts_with = "why")]
    why_not_started: Option<u32>,
    /// Write the run as Chrome/Perfetto trace (JSON); an existing file is replaced
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Every line
    #[arg(long)]
    all: bool,
    /// Number of replications to choose from, as for run
    #[arg(short = 'n', long, value_name = "N|auto")]
    replications: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Why {
    Stuck,
    Failed,
    Slow,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let paths = args.common.paths(&args.paths);
    if paths.is_empty() {
        return bad(err, NO_PATH);
    }
    let Some(loaded) = load(&read(&paths), &args.common.sets(), err)? else { return Ok(Exit::Bad) };
    match told(args, &loaded) {
        Ok(text) => {
            out.write_all(text.as_bytes())?;
            Ok(Exit::Done)
        }
        Err(message) => bad(err, message),
    }
}

fn told(args: &Args, loaded: &Loaded) -> Result<String, String> {
    let filter = Filter {
        pod: args.pod,
        index: args.index,
        from: moment("--from", args.from.as_deref())?.unwrap_or(SimDuration::ZERO),
        to: moment("--to", args.to.as_deref())?,
        all: args.all,
    };
    if filter.to.is_some_and(|to| to < filter.from) {
        return Err("--to is before --from: nothing lies between them".to_string());
    }
    let seed = args.common.seed.unwrap_or(loaded.seed);
    let replication = match chosen(args, loaded, seed)? {
        Choice::Run(replication) => replication,
        Choice::None(text) => return Ok(text),
    };
    let mut story = Story::default();
    let scenario = &loaded.scenario;
    let ending = simulate(scenario, Seed { seed, replication }, Until::AllJobsEnded, &mut story);
    has_pods(&filter, &story, scenario, replication)?;
    if let Some(path) = &args.trace {
        let trace = trace(&story, scenario, Seed { seed, replication }, ending.at);
        write_trace(path, &trace.to_string())?;
    }
    let mut text = String::new();
    for (job, ending) in (0u32..).zip(&ending.jobs) {
        let name = &scenario.jobs[job as usize].name;
        text.push_str(&format!("Job {name}, replication {replication}, seed {seed}\n"));
        let Some(zero) = ending.created_at else {
            text.push_str("It was never created.\n\n");
            continue;
        };
        let subject = Subject { story: &story, scenario, job, ending, zero };
        text.push_str(&format!("Times are from its creation, {:.6} s after the start.\n\n", zero.seconds()));
        let body = match (args.why_not_started, args.why) {
            (Some(index), _) => why::not_started(&subject, index)?,
            (None, Some(Why::Stuck)) => why::stuck(&subject),
            (None, Some(Why::Failed)) => why::failed(&subject),
            (None, Some(Why::Slow)) => why::slow(&subject),
            (None, None) => story::text(&story, scenario, job, zero, &filter),
        };
        text.push_str(&body);
        let reason = ending.outcome.reason();
        let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        let last = story::clock(ending.finished_at.unwrap_or(ending.last_change), zero);
        let phases = story::phases(&story, job);
        text.push_str(&format!("\nEnd: {}{reason} at {last}; pods: {phases}\n\n", ending.outcome.name()));
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    Ok(text)
}

/// A pod or index that nobody has is a mistake of the command line, not a story without lines.
fn has_pods(filter: &Filter, story: &Story, scenario: &Scenario, replication: u64) -> Result<(), String> {
    if let Some(index) = filter.index {
        let indexes =
            scenario.jobs.iter().filter(|job| job.spec.is_indexed()).filter_map(|job| job.spec.completions());
        match indexes.max() {
            None => {
                return Err(format!("--index {index}: no Job is Indexed, so no pod has a completion index"));
            }
            Some(n) if index >= n && !story.pods().any(|(row, _)| row.index == Some(index)) => {
                return Err(format!("--index {index}: there are indexes 0 to {}", n.saturating_sub(1)));
            }
            Some(_) => {}
        }
    }
    let Some(pod) = filter.pod else { return Ok(()) };
    let Some(row) = story.pods().map(|(row, _)| row).find(|row| row.pod == pod) else {
        let last = story.pods().map(|(row, _)| row.pod).max();
        let there = last.map_or("no pods".to_string(), |last| format!("pods 0 to {last}"));
        return Err(format!("--pod {pod}: replication {replication} has {there}"));
    };
    let has_index = |index| story.pods().any(|(row, _)| row.pod == pod && row.index == Some(index));
    match filter.index {
        Some(index) if !has_index(index) => {
            let of = row.index.map_or("none".to_string(), |index| index.to_string());
            Err(format!("--pod {pod} --index {index}: the index of pod {pod} is {of}; give one of the two"))
        }
        _ => Ok(()),
    }
}

/// Beside its place first, so that no half of it is ever under its name, and nothing is left when it cannot be.
fn write_trace(path: &Path, text: &str) -> Result<(), String> {
    if path.is_dir() {
        return Err(format!("--trace {}: is a folder, expected the name of a file", path.display()));
    }
    // A pipe or a device is written to; a file under its name would take its place.
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return std::fs::write(path, text).map_err(|error| format!("--trace {}: {error}", path.display()));
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let written = std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, path));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&part);
        format!("--trace {}: {error}", path.display())
    })
}

fn moment(option: &str, text: Option<&str>) -> Result<Option<SimDuration>, String> {
    let Some(text) = text else { return Ok(None) };
    let value = seconds(text).map_err(|message| format!("{option} {text}: {message}"))?;
    Ok(Some(SimDuration::from_seconds(value)))
}

/// Which run is told.
enum Choice {
    Run(u64),
    /// There is none of the kind that was asked for.
    None(String),
}

fn chosen(args: &Args, loaded: &Loaded, seed: u64) -> Result<Choice, String> {
    let named = args.replication.as_deref();
    if let Some(text) = named.filter(|text| !["median", "worst"].contains(text)) {
        let number = text.parse();
        let message = |_| format!("--replication {text}: expected a number from 0, median or worst");
        return number.map(Choice::Run).map_err(message);
    }
    let rule = stop_rule(args.replications.as_deref(), &loaded.replications)?;
    let threads = args.common.threads()?;
    let mut campaign = Campaign {
        scenario: &loaded.scenario,
        seed,
        threads: &threads,
        runs: Vec::new(),
        kept: Vec::new().into(),
        journal: None,
    };
    let mut wanted = Some(rule.first());
    while let Some(count) = wanted {
        campaign.extend_to(count, |_| {})?;
        wanted = rule.next(&campaign.runs);
    }
    let runs = &campaign.runs;
    let first = |kind: fn(&Outcome) -> bool, did: &str| {
        let has = |run: &Run| run.jobs.iter().any(|job| kind(&job.ending.outcome));
        match runs.iter().position(has) {
            Some(number) => Choice::Run(number as u64),
            None => Choice::None(format!("None of {} {did}.\n", several(runs.len() as u64, "run"))),
        }
    };
    Ok(match (named, args.why) {
        (Some("worst"), _) => Choice::Run(worst_replication(runs)),
        (None, Some(Why::Stuck)) => first(|outcome| matches!(outcome, Outcome::Stuck(_)), "is stuck"),
        (None, Some(Why::Failed)) => first(|outcome| matches!(outcome, Outcome::Failed(_)), "failed"),
        _ => Choice::Run(median_replication(runs)),
    })
}
