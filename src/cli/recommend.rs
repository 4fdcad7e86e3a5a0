//! `jobsim recommend`: which setting to take, how sure that is, and the manifest with it.

use std::io::{self, Write};
use std::path::PathBuf;

use super::Exit;
use super::answer_folder;
use super::axes::{self, what_there_is};
use super::common::{Common, Form, NO_PATH, bad, load, read, warn};
use super::default_axes::default_grid;
use super::estimate::{LONG_S, Pace};
use super::progress::Progress;
use crate::experiment::constraint::Constraint;
use crate::experiment::deadlines::deadlines;
use crate::experiment::grid::Grid;
use crate::experiment::interval::tail_of;
use crate::experiment::measure::Measure;
use crate::experiment::replicate::Threads;
use crate::experiment::search::select;
use crate::experiment::selection::{FIRST, Problem, default_budget};
use crate::experiment::sensitivity::sensitivity;
use crate::experiment::tradeoff::costs;
use crate::input::duration::probability;
use crate::input::emit::manifest;
use crate::input::{Loaded, Parsed};
use crate::model::scenario::Scenario;
use crate::report::figures::recommend_figures;
use crate::report::html;
use crate::report::html::inputs::Given;
use crate::report::html::recommend::RecommendPage;
use crate::report::recommend::{RecommendAnswer, json, text};
use crate::report::words::{duration, several};

/// More settings are a sweep.
const MOST_SETTINGS: u128 = 10_000;
/// More settings need --yes: what a search of them takes is no longer seen from their number.
const MANY_SETTINGS: usize = 1000;
/// And so does a search that may take longer, or surely takes more than ten minutes.
const LONG_SEARCH_S: f64 = 3600.0;
/// Replications that show which input matters.
const FOR_SENSITIVITY: u64 = 400;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Manifests and Simulation document: files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// What shall be small: makespan, p95.makespan, wasted_pod, orders-db.wait, …
    #[arg(long, value_name = "EXPR")]
    minimize: Option<String>,
    /// What must hold (several): 'stuck<=0.1%', 'orders-db.peak_in_flight<=40', 'p95.makespan<=2h'
    #[arg(long, value_name = "EXPR OP LIMIT")]
    subject_to: Vec<String>,
    /// An axis, as in sweep [default: parallelism, backoffLimit or its limit per index, and the deadlines that are advised]
    #[arg(long, value_name = "PATH=VALUES")]
    vary: Vec<String>,
    /// Settings that are worse than the best by no more than this are as good
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    indifference: String,
    /// Replications at most, of all settings together [default: 2000 a setting, at least 40000]
    #[arg(long, value_name = "N")]
    budget: Option<u64>,
    /// Only the setting: no advice on deadlines, no sensitivity
    #[arg(long)]
    brief: bool,
    /// Really search a huge grid, or a long time
    #[arg(long)]
    yes: bool,
    /// Write the result folder (summary.json, report.html, the manifest of the recommended setting as manifest.yaml, charts)
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Form of standard output
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let paths = args.common.paths(&args.paths);
    if paths.is_empty() {
        return bad(err, NO_PATH);
    }
    let parsed = read(&paths);
    let Some(base) = load(&parsed, &args.common.sets(), err)? else { return Ok(Exit::Bad) };
    warn(&base, err)?;
    let answer = Plan::new(args, &parsed, &base).and_then(|plan| plan.carry_out(args, &parsed, &base));
    let answer = match answer.and_then(|answer| save(args, &base, &answer).map(|()| answer)) {
        Ok(answer) => answer,
        Err(message) => return bad(err, message),
    };
    match args.output {
        Form::Table => write!(out, "{}", text(&answer))?,
        Form::Json => writeln!(out, "{:#}", json(&answer))?,
    }
    // No setting is allowed: the answer is no.
    Ok(if answer.selection.leader.is_none() { Exit::No } else { Exit::Done })
}

/// Writes the result folder, if one was asked for.
fn save(args: &Args, base: &Loaded, answer: &RecommendAnswer) -> Result<(), String> {
    let Some(folder) = &args.save else { return Ok(()) };
    let values = json(answer);
    let charts = recommend_figures(&values);
    let page = html::recommend::page(&RecommendPage {
        answer,
        given: &Given::of(base),
        defaults: &base.defaults,
        manifest: &manifests(base),
        charts: &charts,
        options: &options(args, answer),
    });
    let mut files = vec![("report.html".to_string(), page.into_bytes())];
    if answer.selection.leader.is_some() {
        files.push(("manifest.yaml".to_string(), answer.manifest.clone().into_bytes()));
    }
    answer_folder::write(folder, format!("{values:#}\n"), &charts, files, &args.common.threads()?)
}

/// The options that do the same again, whatever the documents and the defaults say.
fn options(args: &Args, answer: &RecommendAnswer) -> Vec<String> {
    let mut words = Vec::new();
    let mut say = |option: &str, value: String| words.extend([option.to_string(), value]);
    say("--minimize", answer.problem.objective.to_string());
    for constraint in &answer.problem.constraints {
        say("--subject-to", constraint.to_string());
    }
    for axis in &answer.grid.axes {
        say("--vary", format!("{}={}", axis.path, axis.values.join(",")));
    }
    say("--indifference", args.indifference.clone());
    say("--budget", answer.problem.budget.to_string());
    say("--seed", answer.problem.seed.to_string());
    if args.brief {
        words.push("--brief".to_string());
    }
    words
}

/// The manifests as YAML.
fn manifests(loaded: &Loaded) -> String {
    loaded.jobs.iter().map(|job| manifest(&job.manifest)).collect::<Vec<_>>().join("---\n")
}

struct Plan {
    grid: Grid,
    default_axes: bool,
    problem: Problem,
}

impl Plan {
    /// # Errors
    /// A text for the first option that makes no sense.
    fn new(args: &Args, parsed: &Parsed, base: &Loaded) -> Result<Plan, String> {
        let objective = args.minimize.as_deref().ok_or("no --minimize: say --minimize makespan")?;
        let objective =
            Measure::parse(objective, &base.scenario).map_err(|message| format!("--minimize {message}"))?;
        if objective.is_max() {
            return Err(format!(
                "--minimize '{objective}': a largest value has no error; take p99 or the mean"
            ));
        }
        let constraints = args.subject_to.iter().map(|text| {
            Constraint::parse(text, &base.scenario).map_err(|message| format!("--subject-to {message}"))
        });
        let constraints = constraints.collect::<Result<Vec<_>, _>>()?;
        let indifference =
            probability(&args.indifference).map_err(|message| format!("--indifference: {message}"))?;
        let seed = args.common.seed.unwrap_or(base.seed);
        let default_axes = args.vary.is_empty();
        let grid = match default_axes {
            true => default_grid(base, &constraints, seed, &args.common.threads()?)?,
            false => Grid::parse(&args.vary).map_err(|message| format!("--vary {message}"))?,
        };
        axes::refuse(&grid, parsed, "--budget N, how often all together are")?;
        let count = grid.len();
        if count > MOST_SETTINGS {
            return Err(format!("{count} settings are too many to choose from, at most {MOST_SETTINGS}"));
        }
        let settings = count as u64;
        let budget = args.budget.unwrap_or_else(|| default_budget(settings));
        if budget < settings * FIRST {
            return Err(format!(
                "--budget {budget}: expected {} at least for {}",
                settings * FIRST,
                several(settings, "setting")
            ));
        }
        let error = 2.0 * tail_of(base.replications.confidence());
        Ok(Plan {
            grid,
            default_axes,
            problem: Problem { objective, constraints, indifference, budget, error, seed },
        })
    }

    fn carry_out(self, args: &Args, parsed: &Parsed, base: &Loaded) -> Result<RecommendAnswer, String> {
        let threads = args.common.threads()?;
        let load = |cell: usize| {
            let sets = [args.common.sets(), self.grid.sets(cell)].concat();
            parsed.load(&sets).map_err(|report| {
                let setting = self.grid.sets(cell).join(", ");
                format!("--vary: {setting} is no setting; {}\n{}", what_there_is(base), report.render())
            })
        };
        if !args.yes {
            let load = |cell: usize| load(cell).map(|loaded| loaded.scenario);
            self.refuse_when_huge(&load, &threads)?;
        }
        let scenarios = (0..self.grid.len() as usize)
            .map(|cell| load(cell).map(|loaded| loaded.scenario))
            .collect::<Result<Vec<_>, _>>()?;
        let mut progress = Progress::new();
        let budget = self.problem.budget;
        let mut selection = select(&self.problem, scenarios, &threads, |done| progress.tell(done, budget));
        let costs = costs(&self.problem, &mut selection, &threads);
        let chosen = selection.leader.map(&load).transpose()?;
        let (mut advice, mut effects) = (Vec::new(), Vec::new());
        if let (false, Some(chosen)) = (args.brief, &chosen) {
            let scenario = &chosen.scenario;
            let names = scenario.jobs.iter().map(|job| job.name.clone());
            let both = deadlines(scenario, self.problem.seed, &threads, self.problem.error / 2.0);
            advice = names.zip(both).map(|(name, (pod, job))| (name, pod, job)).collect();
            effects = sensitivity(
                scenario,
                &self.problem.objective,
                self.problem.seed,
                FOR_SENSITIVITY,
                &threads,
                self.problem.error / 2.0,
            );
        }
        progress.end();
        Ok(RecommendAnswer {
            inputs_sha256: base.sha256.clone(),
            grid: self.grid,
            default_axes: self.default_axes,
            problem: self.problem,
            selection,
            costs,
            manifest: chosen.as_ref().map(manifests).unwrap_or_default(),
            deadlines: advice,
            sensitivity: effects,
        })
    }

    /// Says how long the search may take, when that is long.
    ///
    /// # Errors
    /// When it is long, or a setting is none.
    fn refuse_when_huge(
        &self,
        load: &dyn Fn(usize) -> Result<Scenario, String>,
        threads: &Threads,
    ) -> Result<(), String> {
        let cells: Vec<usize> = (0..self.grid.len() as usize).collect();
        let pace = Pace::of(&cells, load, (self.problem.seed, FIRST), threads)?;
        let (least, most) = (cells.len() as u64 * FIRST, self.problem.budget);
        let time_s = |runs: u64| pace.load_s * cells.len() as f64 + pace.run_s * runs as f64;
        if cells.len() <= MANY_SETTINGS && time_s(least) <= LONG_S && time_s(most) <= LONG_SEARCH_S {
            return Ok(());
        }
        Err(format!(
            "{}: {least} replications at least (about {}) and {most} at most (about {}); say --yes to run them, or \
             fewer settings (--vary), or fewer replications (--budget)",
            several(cells.len() as u64, "setting"),
            duration(time_s(least)),
            duration(time_s(most)),
        ))
    }
}
