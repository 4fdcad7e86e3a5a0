//! `jobsim run`: replicate, answer, and with `--save` write the result folder.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::Exit;
use crate::experiment::replicate::{JobRun, median_replication, replicate_shared};
use crate::input::{Diagnostic, Loaded, Replications, load};
use crate::kubernetes::dependencies::numbers::DependencyNumbers;
use crate::kubernetes::simulate::{Seed, Until, simulate};
use crate::lint::{Advice, lint};
use crate::observe::pod_table::PodTable;
use crate::observe::timeline::Timeline;
use crate::report;
use crate::report::answer::{AdviceText, Answer, JobAnswer};
use crate::report::dependencies::dependency_answers;
use crate::report::diagnostics::render;

/// More would not fit the memory of an ordinary machine.
const MOST_REPLICATIONS: u64 = 10_000_000;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Manifests and Simulation document: files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// The same as PATH, as in kubectl
    #[arg(short = 'f', long = "filename", value_name = "PATH")]
    filenames: Vec<String>,
    /// Form of standard output
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
    /// Write the result folder
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Seed of the random numbers [default: the document's, else 42]
    #[arg(long)]
    seed: Option<u64>,
    /// Number of replications [default: the document's, else 1000]
    #[arg(short = 'n', long)]
    replications: Option<u64>,
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
    /// The run whose pods and timeline are saved [default: the one with the median makespan]
    #[arg(long, value_name = "K")]
    replication: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    Table,
    Json,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let paths: Vec<String> = args.paths.iter().chain(&args.filenames).cloned().collect();
    if paths.is_empty() {
        writeln!(err, "error: no PATH: name a Job manifest, a folder, or - for standard input")?;
        return Ok(Exit::Bad);
    }
    let loaded = match load(&paths, &mut io::stdin().lock(), &overrides(args)) {
        Ok(loaded) => loaded,
        Err(report) => {
            write!(err, "{}", report.render())?;
            return Ok(Exit::Bad);
        }
    };
    write!(err, "{}", render(&loaded.sources, &loaded.warnings))?;
    write!(err, "{}", render(&loaded.sources, &loaded.notes))?;
    let count = match (args.replications, &loaded.replications) {
        (Some(n), _) | (None, &Replications::Count(n)) => n,
        (None, _) => {
            writeln!(err, "error: this version runs a fixed number of replications: add -n 1000")?;
            return Ok(Exit::Bad);
        }
    };
    if count == 0 || count > MOST_REPLICATIONS {
        writeln!(err, "error: -n {count}: expected 1 to {MOST_REPLICATIONS} replications")?;
        return Ok(Exit::Bad);
    }
    if args.replication.is_some_and(|k| k >= count) {
        writeln!(err, "error: --replication: expected a number below {count}; the first one is 0")?;
        return Ok(Exit::Bad);
    }
    let seed = args.seed.unwrap_or(loaded.seed);
    let threads = args.threads.or(std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let (runs, shared): (Vec<_>, Vec<_>) = match replicate_shared(&loaded.scenario, seed, count, threads) {
        Ok(runs) => runs.into_iter().unzip(),
        Err(error) => {
            writeln!(err, "error: {error}")?;
            return Ok(Exit::Bad);
        }
    };
    let mut answer = answer(&loaded, seed, &runs);
    answer.dependencies = dependency_answers(&loaded.scenario, &shared);
    // What the command line says is not a default.
    let given = [("seed:", args.seed.is_some()), ("replications:", args.replications.is_some())];
    answer.defaults.retain(|d| !given.iter().any(|(name, given)| *given && d.starts_with(name)));
    if let Some(folder) = &args.save {
        let shown = args.replication.unwrap_or_else(|| median_replication(&runs));
        if let Err(error) = save(folder, &loaded, &answer, (&runs, &shared), shown) {
            writeln!(err, "error: --save {}: {error}", folder.display())?;
            return Ok(Exit::Bad);
        }
    }
    match args.output {
        Form::Table => write!(out, "{}", report::terminal::answer(&answer))?,
        Form::Json => writeln!(out, "{:#}", report::json::answer(&answer))?,
    }
    Ok(Exit::Done)
}

fn overrides(args: &Args) -> Vec<String> {
    let short = [
        ("spec.parallelism", &args.parallelism),
        ("spec.completions", &args.completions),
        ("spec.backoffLimit", &args.backoff_limit),
        ("spec.activeDeadlineSeconds", &args.active_deadline),
    ];
    let short = short.into_iter().filter_map(|(path, value)| Some(format!("{path}={}", value.as_ref()?)));
    args.sets.iter().cloned().chain(short).collect()
}

fn names(loaded: &Loaded) -> Vec<String> {
    loaded.scenario.jobs.iter().map(|job| job.name.clone()).collect()
}

fn answer(loaded: &Loaded, seed: u64, runs: &[Vec<JobRun>]) -> Answer {
    let mut jobs: Vec<JobAnswer> =
        names(loaded).iter().enumerate().map(|(i, name)| JobAnswer::new(name, i, runs)).collect();
    for Advice { job, diagnostic } in lint(loaded) {
        jobs[job].advice.push(AdviceText { code: diagnostic.code, text: in_words(&diagnostic) });
    }
    Answer {
        seed,
        replications: runs.len() as u64,
        inputs_sha256: loaded.sha256.clone(),
        defaults: loaded.defaults.clone(),
        jobs,
        dependencies: Vec::new(),
    }
}

/// A finding and its way out.
fn in_words(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.iter().map(|help| format!("; {help}"));
    std::iter::once(diagnostic.message.clone()).chain(help).collect()
}

/// Writes the result folder: everything beside it first, then by renaming, so that no file is ever half there.
fn save(
    folder: &Path,
    loaded: &Loaded,
    answer: &Answer,
    (runs, shared): (&[Vec<JobRun>], &[Vec<DependencyNumbers>]),
    shown: u64,
) -> Result<(), String> {
    let summary = format!("{:#}\n", report::json::answer(answer));
    if folder.exists() {
        let there = std::fs::read_dir(folder).map_err(|e| e.to_string())?.count();
        let same = std::fs::read_to_string(folder.join("summary.json")).is_ok_and(|old| old == summary);
        if there > 0 && !same {
            return Err(
                "the folder holds something else: other inputs, seed, options or version. Nothing was \
                        written; name another folder or remove it"
                    .to_string(),
            );
        }
    }
    let names = names(loaded);
    let mut table = (PodTable::default(), Timeline::new(names.len() as u32));
    let seed = Seed { seed: answer.seed, replication: shown };
    simulate(&loaded.scenario, seed, Until::AllJobsEnded, &mut table);
    let csv = |result: Result<(), csv::Error>| result.map_err(|e| e.to_string());
    let (mut replications, mut pods, mut timeline) = (Vec::new(), Vec::new(), Vec::new());
    csv(report::csv::replications(&mut replications, &names, runs))?;
    csv(report::csv::pods(&mut pods, &names, &table.0.rows))?;
    csv(report::csv::timeline(&mut timeline, &names, &table.1.rows))?;
    let mut meta = report::json::origin(answer);
    let mut files = vec![("replications.csv.meta.json", format!("{meta:#}\n").into_bytes())];
    meta["replication"] = shown.into();
    for name in ["pods.csv.meta.json", "timeline.csv.meta.json"] {
        files.push((name, format!("{meta:#}\n").into_bytes()));
    }
    files.push(("replications.csv", replications));
    if !answer.dependencies.is_empty() {
        let mut table = Vec::new();
        csv(report::dependencies::csv(&mut table, &loaded.scenario, shared))?;
        files.push(("dependencies.csv.meta.json", files[0].1.clone()));
        files.push(("dependencies.csv", table));
    }
    files.push(("pods.csv", pods));
    files.push(("timeline.csv", timeline));
    // Last: a folder with a summary is complete.
    files.push(("summary.json", summary.into_bytes()));
    std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    for (name, bytes) in files {
        let part = folder.join(format!("{name}.part"));
        std::fs::write(&part, bytes)
            .and_then(|()| std::fs::rename(&part, folder.join(name)))
            .map_err(|e| format!("{name}: {e}"))?;
    }
    Ok(())
}
