//! `jobsim compare`: the same luck in two or more settings, and what differs.

use std::io::{self, Write};
use std::path::PathBuf;

use super::Exit;
use super::answer_folder;
use super::common::{Common, Form, bad, load, read, warn};
use super::progress::Progress;
use super::run::stop_rule;
use crate::experiment::comparison::{Comparison, Samples, compare, extend};
use crate::experiment::interval::tail_of;
use crate::experiment::stop_rule::{StopRule, grown};
use crate::input::Loaded;
use crate::input::difference::{Difference, differences};
use crate::input::node::Node;
use crate::model::scenario::Scenario;
use crate::report::compare::{CompareAnswer, Setting, VariantAnswer, json, text};
use crate::report::figures::compare_figures;
use crate::report::html;
use crate::report::html::compare::ComparePage;
use crate::report::html::inputs::Given;

#[derive(clap::Args)]
pub(super) struct Args {
    /// BASE, then variants: files, folders, or - for standard input; each holds all of its documents
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// A variant of BASE (several): changes as in --set, separated by semicolons:
    /// --variant 'spec.parallelism=20; simulation.controlPlane.qps=50'
    #[arg(long, value_name = "PATH=VALUE;…")]
    variant: Vec<String>,
    /// Number of replications of each, or auto: until each difference of makespans is known to 2 % of the base's
    /// makespan [default: the base's document's, else 1000]
    #[arg(short = 'n', long, value_name = "N|auto")]
    replications: Option<String>,
    /// Write the result folder (summary.json, report.html, charts)
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Form of standard output
    #[arg(short, long, value_enum, default_value = "table")]
    output: Form,
    #[command(flatten)]
    common: Common,
}

/// A setting under its name.
struct Named {
    name: String,
    loaded: Loaded,
}

pub(super) fn run(args: &Args, out: &mut impl Write, err: &mut impl Write) -> io::Result<Exit> {
    let mut paths = args.common.paths(&args.paths);
    if paths.is_empty() {
        return bad(err, "no PATH: name the base, a Job manifest, a folder, or - for standard input");
    }
    let base = paths.remove(0);
    if paths.is_empty() && args.variant.is_empty() {
        return bad(err, "no variant: name a second PATH, or say --variant 'spec.parallelism=20'");
    }
    if paths.iter().chain([&base]).filter(|path| *path == "-").count() > 1 {
        writeln!(err, "error: standard input (-) can be read once")?;
        return Ok(Exit::Bad);
    }
    let sets = args.common.sets();
    let parsed = read(std::slice::from_ref(&base));
    let mut settings = Vec::new();
    let Some(loaded) = load(&parsed, &sets, err)? else { return Ok(Exit::Bad) };
    warn(&loaded, err)?;
    settings.push(Named { name: base, loaded });
    for path in paths {
        let Some(loaded) = load(&read(std::slice::from_ref(&path)), &sets, err)? else {
            return Ok(Exit::Bad);
        };
        warn(&loaded, err)?;
        settings.push(Named { name: path, loaded });
    }
    for changes in &args.variant {
        let more = changes.split(';').map(str::trim).filter(|change| !change.is_empty()).map(str::to_string);
        let more: Vec<String> = more.collect();
        if more.is_empty() {
            return bad(
                err,
                format!("--variant '{changes}': no change; expected PATH=VALUE, several between semicolons"),
            );
        }
        let sets: Vec<String> = sets.iter().cloned().chain(more).collect();
        let Some(loaded) = load(&parsed, &sets, err)? else { return Ok(Exit::Bad) };
        settings.push(Named { name: changes.trim().to_string(), loaded });
    }
    match answer(args, &settings).and_then(|answer| save(args, &settings, &answer).map(|()| answer)) {
        Ok(answer) => match args.output {
            Form::Table => write!(out, "{}", text(&answer))?,
            Form::Json => writeln!(out, "{:#}", json(&answer))?,
        },
        Err(message) => return bad(err, message),
    }
    Ok(Exit::Done)
}

fn answer(args: &Args, settings: &[Named]) -> Result<CompareAnswer, String> {
    let (base, variants) = settings.split_first().ok_or("no setting")?;
    let rule = stop_rule(args.replications.as_deref(), &base.loaded.replications)?;
    let seed = args.common.seed.unwrap_or(base.loaded.seed);
    let threads = args.common.threads()?;
    let mut progress = Progress::new();
    let confidence = base.loaded.replications.confidence();
    let tail = tail_of(confidence) / variants.len() as f64;
    let scenarios: Vec<&Scenario> = settings.iter().map(|setting| &setting.loaded.scenario).collect();
    let mut samples: Vec<Samples> = scenarios.iter().map(|scenario| Samples::none(scenario)).collect();
    let (mut count, mut wanted) = (0, rule.first());
    let comparisons = loop {
        extend(&mut samples, &scenarios, &threads, seed, count..wanted, |done| progress.tell(done, wanted));
        count = wanted;
        let of_variant = |variant: &Samples| compare(&samples[0], variant, tail);
        let comparisons: Vec<Comparison> = samples[1..].iter().map(of_variant).collect();
        wanted = match rule {
            StopRule::Precise { relative_error, max, .. }
                if count < max && !comparisons.iter().all(|c| c.is_precise(relative_error)) =>
            {
                grown(count).min(max)
            }
            _ => break comparisons,
        };
    };
    progress.end();
    let setting = |s: &Named| Setting { name: s.name.clone(), inputs_sha256: s.loaded.sha256.clone() };
    let answers = variants.iter().zip(comparisons).map(|(variant, comparison)| VariantAnswer {
        setting: setting(variant),
        inputs: input_differences(&base.loaded, &variant.loaded),
        comparison,
    });
    Ok(CompareAnswer {
        seed,
        replications: count,
        confidence,
        base: setting(base),
        variants: answers.collect(),
    })
}

/// Writes the result folder, if one was asked for.
fn save(args: &Args, settings: &[Named], answer: &CompareAnswer) -> Result<(), String> {
    let Some(folder) = &args.save else { return Ok(()) };
    let values = json(answer);
    let charts = compare_figures(&values);
    let given: Vec<Given> = settings.iter().map(|setting| Given::of(&setting.loaded)).collect();
    let command = repeated(args, settings, answer);
    let page =
        html::compare::page(&ComparePage { answer, given: &given, charts: &charts, command: &command });
    let files = vec![("report.html".to_string(), page.into_bytes())];
    answer_folder::write(folder, format!("{values:#}\n"), &charts, files, &args.common.threads()?)
}

/// The command that does the same again, whatever the documents say of seed and replications.
fn repeated(args: &Args, settings: &[Named], answer: &CompareAnswer) -> Vec<String> {
    let mut words = vec!["jobsim".to_string(), "compare".to_string()];
    let paths = settings.len() - args.variant.len();
    words.extend(settings[..paths].iter().map(|setting| setting.name.clone()));
    words.extend(args.variant.iter().flat_map(|changes| ["--variant".to_string(), changes.clone()]));
    words.extend(args.common.sets().into_iter().flat_map(|set| ["--set".to_string(), set]));
    let options = [("--seed", answer.seed), ("-n", answer.replications)];
    words.extend(options.iter().flat_map(|(name, value)| [name.to_string(), value.to_string()]));
    words
}

/// Field by field; Jobs are matched by name, single ones in any case.
fn input_differences(base: &Loaded, variant: &Loaded) -> Vec<(String, Vec<Difference>)> {
    let jobs = |loaded: &Loaded| -> Vec<(String, Node)> {
        let names = loaded.scenario.jobs.iter().map(|job| job.name.clone());
        names.zip(loaded.jobs.iter().map(|job| job.manifest.clone())).collect()
    };
    let (from, to) = (jobs(base), jobs(variant));
    let single = from.len() == 1 && to.len() == 1;
    let mut found = Vec::new();
    for (name, manifest) in &from {
        let other = to.iter().find(|(other, _)| single || other == name).map(|(_, manifest)| manifest);
        found.push((name.clone(), differences(Some(manifest), other)));
    }
    for (name, manifest) in to.iter().filter(|(name, _)| !single && from.iter().all(|f| f.0 != *name)) {
        found.push((name.clone(), differences(None, Some(manifest))));
    }
    let simulation = differences(base.simulation.as_ref(), variant.simulation.as_ref());
    // A --set makes a document where there is none.
    let said = simulation.into_iter().filter(|d| !["apiVersion", "kind"].contains(&d.field.as_str()));
    found.push(("Simulation".to_string(), said.collect()));
    found.retain(|(_, fields)| !fields.is_empty());
    found
}
