//! `jobsim run`: replicate, answer, and with `--save` write the result folder.

use std::io::{self, Write};
use std::path::PathBuf;

use super::Exit;
use super::color::Color;
use super::common::{Common, NO_PATH, bad, load, read, warn};
use super::progress::Progress;
use super::result_folder::ResultFolder;
use crate::experiment::campaign::Campaign;
use crate::experiment::constraint::{Constraint, Verdict};
use crate::experiment::interval::{summarise, tail_of};
use crate::experiment::measure::Statistic;
use crate::experiment::replicate::{Run, Threads};
use crate::experiment::stop_rule::StopRule;
use crate::input::duration::seconds;
use crate::input::emit::yaml;
use crate::input::node::Node;
use crate::input::{Diagnostic, Loaded, Replications};
use crate::lint::{Advice, lint};
use crate::report;
use crate::report::answer::{AdviceText, Answer, GateAnswer, JobAnswer};
use crate::report::dependencies::dependency_answers;
use crate::report::terminal::Detail;

/// More would not fit the memory of an ordinary machine.
const MOST_REPLICATIONS: u64 = 10_000_000;
/// More replications are not run to decide a gate, unless the document allows them.
const MOST_FOR_GATES: u64 = 100_000;

#[derive(clap::Args, Default)]
pub(super) struct Args {
    /// Manifests and Simulation document: files, folders, or - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Form of standard output
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
    /// Write the result folder
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Number of replications, or auto: until every mean and the quantiles of the makespan up to 95 % are known to 2 %, and
    /// every share to 2 points [default: the document's, else 1000]
    #[arg(short = 'n', long, value_name = "N|auto")]
    replications: Option<String>,
    /// Share of runs in which the Job is Complete that long after its creation (may be given several times)
    #[arg(long, value_name = "DURATION")]
    done_by: Vec<String>,
    /// A condition for CI, such as 'stuck<=0.1%' or 'p99.makespan<=2h' (several): exit code 0 when all hold, 1 when
    /// one does not, 3 when 100 000 replications (or as many as the document allows) cannot tell
    #[arg(long, value_name = "EXPR OP LIMIT")]
    gate: Vec<String>,
    /// The run whose pods and timeline are saved [default: the one with the median makespan]
    #[arg(long, value_name = "K")]
    replication: Option<u64>,
    /// Show every figure, not only those that decide
    #[arg(short, long)]
    verbose: bool,
    /// Colour the verdict
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    color: Color,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Form {
    #[default]
    Table,
    Json,
    Yaml,
    /// One row is one Job in one replication
    Csv,
    Markdown,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let paths = args.common.paths(&args.paths);
    if paths.is_empty() {
        return bad(err, NO_PATH);
    }
    let Some(loaded) = load(&read(&paths), &args.common.sets(), err)? else { return Ok(Exit::Bad) };
    warn(&loaded, err)?;
    let (answer, runs) = match Plan::new(args, &loaded).and_then(|plan| carry_out(&plan, args, &loaded)) {
        Ok(found) => found,
        Err(message) => return bad(err, message),
    };
    match args.output {
        Form::Table => {
            let detail = if args.verbose { Detail::All } else { Detail::Main };
            write!(out, "{}", report::terminal::answer(&answer, detail, args.color.ink()))?;
        }
        Form::Json => writeln!(out, "{:#}", report::json::answer(&answer))?,
        Form::Yaml => write!(out, "{}", yaml(&Node::from_json(&report::json::answer(&answer))))?,
        Form::Csv => {
            let names: Vec<String> = loaded.scenario.jobs.iter().map(|job| job.name.clone()).collect();
            // In memory first: the writer of CSV would hide that a pipe was closed.
            let mut table = Vec::new();
            report::csv::replications(&mut table, &names, &runs).map_err(io::Error::other)?;
            out.write_all(&table)?;
        }
        Form::Markdown => write!(out, "{}", report::markdown::answer(&answer))?,
    }
    Ok(exit_of(&answer))
}

/// What `jobsim run` answers without any option but `-n`.
///
/// # Errors
/// A text for a number of replications that makes no sense.
pub(super) fn answered(loaded: &Loaded, replications: Option<&str>) -> Result<Answer, String> {
    let args = Args { replications: replications.map(str::to_string), ..Args::default() };
    let plan = Plan::new(&args, loaded)?;
    carry_out(&plan, &args, loaded).map(|(answer, _)| answer)
}

/// One gate that fails is a no; else one that is undecided keeps the answer open.
fn exit_of(answer: &Answer) -> Exit {
    let any = |verdict| answer.gates.iter().any(|gate| gate.verdict == verdict);
    match (any(Verdict::Fail), any(Verdict::Undecided)) {
        (true, _) => Exit::No,
        (false, true) => Exit::Undecided,
        (false, false) => Exit::Done,
    }
}

/// What is to be found out.
struct Plan {
    seed: u64,
    threads: Threads,
    rule: StopRule,
    /// With what probability an interval holds the true value.
    confidence: f64,
    /// Replications at most, when gates ask for more.
    most: u64,
    done_by_s: Vec<f64>,
    gates: Vec<Constraint>,
}

impl Plan {
    /// # Errors
    /// A text for the first option that makes no sense.
    fn new(args: &Args, loaded: &Loaded) -> Result<Plan, String> {
        let rule = stop_rule(args.replications.as_deref(), &loaded.replications)?;
        if let (Some(k), StopRule::Fixed(count)) = (args.replication, rule)
            && k >= count
        {
            return Err(format!("--replication: expected a number below {count}; the first one is 0"));
        }
        let most = match rule {
            StopRule::Fixed(count) => count.max(MOST_FOR_GATES),
            StopRule::Precise { max, .. } => max,
        };
        let done_by_s = args
            .done_by
            .iter()
            .map(|text| match seconds(text) {
                Ok(t) if t.is_finite() => Ok(t),
                Ok(_) => Err(format!("--done-by {text}: expected a length of time")),
                Err(message) => Err(format!("--done-by {text}: {message}")),
            })
            .collect::<Result<_, _>>()?;
        let gates = args.gate.iter().map(|text| {
            Constraint::parse(text, &loaded.scenario).map_err(|message| format!("--gate {message}"))
        });
        Ok(Plan {
            seed: args.common.seed.unwrap_or(loaded.seed),
            threads: args.common.threads()?,
            rule,
            confidence: loaded.replications.confidence(),
            most,
            done_by_s,
            gates: gates.collect::<Result<_, _>>()?,
        })
    }

    /// What the runs say of a gate at the `look`-th look, from 1 on. Looks at 1000, 2000, 4000, … runs may all be wrong:
    /// the first has half of the error that a single one could have, each later one half of what the one before had.
    fn verdict(&self, gate: &Constraint, runs: &[Run], look: i32) -> Verdict {
        let tail = tail_of(self.confidence) / 2f64.powi(look);
        gate.verdict(&gate.measure.estimate(runs, tail))
    }
}

/// How many replications: as `-n` says, else as the document does.
///
/// # Errors
/// A text for a number that makes no sense.
pub(super) fn stop_rule(wanted: Option<&str>, of_document: &Replications) -> Result<StopRule, String> {
    let rule = match (wanted, of_document) {
        (Some("auto"), Replications::Auto { .. }) | (None, Replications::Auto { .. }) => precise(of_document),
        (Some("auto"), _) => precise(&Replications::AUTO),
        (Some(text), _) => match text.parse() {
            Ok(count) if (1..=MOST_REPLICATIONS).contains(&count) => StopRule::Fixed(count),
            _ => {
                return Err(format!("-n {text}: expected 1 to {MOST_REPLICATIONS} replications, or auto"));
            }
        },
        (None, &Replications::Count(count)) => StopRule::Fixed(count),
    };
    if matches!(rule, StopRule::Fixed(0)) || rule.first() > MOST_REPLICATIONS {
        return Err(format!("replications: expected 1 to {MOST_REPLICATIONS}"));
    }
    Ok(rule)
}

fn precise(replications: &Replications) -> StopRule {
    match *replications {
        Replications::Auto { relative_error, confidence, min, max } => {
            StopRule::Precise { relative_error, tail: tail_of(confidence), min: min.max(2), max }
        }
        Replications::Count(count) => StopRule::Fixed(count),
    }
}

/// Runs what it takes, and writes the result folder.
fn carry_out(plan: &Plan, args: &Args, loaded: &Loaded) -> Result<(Answer, Vec<Run>), String> {
    let mut folder = match &args.save {
        Some(path) => Some(ResultFolder::open(path, plan.seed, &loaded.sha256)?),
        None => None,
    };
    let (journal, kept) = folder.as_mut().map_or((None, Vec::new()), ResultFolder::take_journal);
    let mut campaign = Campaign {
        scenario: &loaded.scenario,
        seed: plan.seed,
        threads: &plan.threads,
        runs: Vec::new(),
        kept: kept.into(),
        journal,
    };
    let mut looks = 0;
    let mut progress = Progress::new();
    let mut wanted = plan.rule.first();
    loop {
        campaign
            .extend_to(wanted, |done| progress.tell(done, wanted))
            .map_err(|message| format!("--save {message}"))?;
        let count = campaign.runs.len() as u64;
        if let Some(more) = plan.rule.next(&campaign.runs) {
            wanted = more;
            continue;
        }
        looks += 1;
        let undecided =
            plan.gates.iter().any(|gate| plan.verdict(gate, &campaign.runs, looks) == Verdict::Undecided);
        if !undecided || count >= plan.most {
            break;
        }
        wanted = (2 * count).min(plan.most);
    }
    progress.end();
    let (runs, journal) = (campaign.runs, campaign.journal);
    let answer = answer(plan, args, loaded, &runs, looks);
    if let Some(folder) = folder {
        if args.replication.is_some_and(|k| k >= runs.len() as u64) {
            return Err(format!("--replication: expected a number below {}; the first one is 0", runs.len()));
        }
        folder.write(loaded, &answer, &runs, args.replication, &plan.threads, journal)?;
    }
    Ok((answer, runs))
}

fn answer(plan: &Plan, args: &Args, loaded: &Loaded, runs: &[Run], looks: i32) -> Answer {
    let tail = tail_of(plan.confidence);
    let names = loaded.scenario.jobs.iter().map(|job| job.name.as_str()).enumerate();
    let mut jobs: Vec<JobAnswer> =
        names.map(|(job, name)| JobAnswer::new(name, job, runs, &plan.done_by_s, tail)).collect();
    for Advice { job, diagnostic } in lint(loaded) {
        jobs[job].advice.push(AdviceText { code: diagnostic.code, text: in_words(&diagnostic) });
    }
    let gates = plan.gates.iter().map(|gate| {
        let estimate = gate.measure.estimate(runs, tail);
        GateAnswer {
            gate: gate.to_string(),
            verdict: plan.verdict(gate, runs, looks),
            measure: gate.measure.clone(),
            estimate,
            heavy_tail: gate.measure.statistic() == Some(Statistic::Mean)
                && summarise(&gate.measure.values(runs), tail).is_some_and(|s| s.heavy_tail().is_some()),
        }
    });
    // What the command line says is not a default.
    let given = [("seed:", args.common.seed.is_some()), ("replications:", args.replications.is_some())];
    let is_given = |default: &&String| given.iter().any(|(name, given)| *given && default.starts_with(name));
    Answer {
        seed: plan.seed,
        replications: runs.len() as u64,
        confidence: plan.confidence,
        missed_error: plan.rule.missed_error(runs),
        inputs_sha256: loaded.sha256.clone(),
        defaults: loaded.defaults.iter().filter(|default| !is_given(default)).cloned().collect(),
        jobs,
        dependencies: dependency_answers(&loaded.scenario, runs, tail),
        gates: gates.collect(),
    }
}

/// A finding and its way out.
fn in_words(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.iter().map(|help| format!("; {help}"));
    std::iter::once(diagnostic.message.clone()).chain(help).collect()
}
