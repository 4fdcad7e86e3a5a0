//! Does `recommend` take the right setting? The cases of `tests/recommend`, each a grid of 64 settings.
//!
//! ```text
//! cargo run --release --example recommend_truth -- truth CASE…          writes CASE/truth.csv: 20 000 replications a setting
//! cargo run --release --example recommend_truth -- seeds 100 CASE…      prints one line a case: what 100 seeds took
//! ```
//!
//! A case is a folder with its input and `question.txt`, the options of `recommend`, one a line. The truth is estimated
//! with seed 42; the seeds of the searches begin at 1001. A case without truth.csv has settings that are all the same:
//! there "cannot tell" is right. `docs/recommend.md` holds the table.

use std::fs;
use std::path::PathBuf;

use jobsim::experiment::constraint::Constraint;
use jobsim::experiment::grid::Grid;
use jobsim::experiment::interval::TAIL;
use jobsim::experiment::measure::Measure;
use jobsim::experiment::replicate::Threads;
use jobsim::experiment::search::select;
use jobsim::experiment::selection::{Finding, Problem, default_budget};
use jobsim::experiment::tradeoff::costs;
use jobsim::input::{Parsed, parse};
use jobsim::model::scenario::Scenario;

const FULL_LOOK: u64 = 20_000;
const TRUTH_SEED: u64 = 42;
const FIRST_SEED: u64 = 1001;
/// A pick that is worse than the optimum by no more than this is right.
const WITHIN: f64 = 0.02;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = Threads::new(threads).expect("threads");
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["truth", cases @ ..] => cases.iter().for_each(|case| truth(&Case::read(case), &threads)),
        ["seeds", count, cases @ ..] => {
            let count = count.parse().expect("a number of seeds");
            println!(
                "| case | optimum | right | optimum itself | not allowed | cannot tell | undecided | replications, mean (most) |"
            );
            println!("|---|---|--:|--:|--:|--:|--:|--:|");
            cases.iter().for_each(|case| seeds(&Case::read(case), count, &threads));
        }
        _ => eprintln!("say: truth CASE… or seeds COUNT CASE…"),
    }
}

/// A case with all of its settings.
struct Case {
    name: String,
    folder: PathBuf,
    grid: Grid,
    objective: Measure,
    constraints: Vec<Constraint>,
    scenarios: Vec<Scenario>,
}

impl Case {
    fn read(name: &str) -> Case {
        let folder = PathBuf::from("tests/recommend").join(name);
        let question = fs::read_to_string(folder.join("question.txt")).expect("question.txt");
        let of = |option: &str| -> Vec<String> {
            let lines = question.lines().filter_map(|line| line.strip_prefix(option));
            lines.map(|rest| rest.trim().to_string()).collect()
        };
        let grid = Grid::parse(&of("--vary")).expect("axes");
        let parsed: Parsed = parse(&[folder.to_str().expect("a name").to_string()], &mut std::io::empty());
        let load = |cell: usize| parsed.load(&grid.sets(cell)).map_err(|r| r.render()).expect("a setting");
        let scenarios: Vec<Scenario> = (0..grid.len() as usize).map(|cell| load(cell).scenario).collect();
        let measure = |text: &String| Measure::parse(text, &scenarios[0]).expect("a measure");
        let constraint = |text: &String| Constraint::parse(text, &scenarios[0]).expect("a constraint");
        let (objective, constraints) = (of("--minimize"), of("--subject-to"));
        let objective = measure(&objective[0]);
        let constraints = constraints.iter().map(constraint).collect();
        Case { name: name.to_string(), folder, grid, objective, constraints, scenarios }
    }

    fn setting(&self, cell: usize) -> String {
        let short = |path: &str| path.rsplit('.').next().unwrap_or(path).to_string();
        let values = self.grid.axes.iter().zip(self.grid.values(cell));
        values.map(|(axis, value)| format!("{}={value}", short(&axis.path))).collect::<Vec<_>>().join(" ")
    }
}

fn truth(case: &Case, threads: &Threads) {
    let measures: Vec<&Measure> =
        std::iter::once(&case.objective).chain(case.constraints.iter().map(|c| &c.measure)).collect();
    let mut table = csv::Writer::from_path(case.folder.join("truth.csv")).expect("truth.csv");
    let mut header: Vec<String> = case.grid.axes.iter().map(|axis| axis.path.clone()).collect();
    for measure in &measures {
        header.extend(["", "_low", "_high"].map(|end| format!("{measure}{end}")));
    }
    header.push("allowed".to_string());
    table.write_record(&header).expect("truth.csv");
    for (cell, scenario) in case.scenarios.iter().enumerate() {
        let runs = threads.replicate(scenario, TRUTH_SEED, 0..FULL_LOOK);
        let mut row: Vec<String> = case.grid.values(cell).into_iter().map(str::to_string).collect();
        for measure in &measures {
            let estimate = measure.estimate(&runs, TAIL);
            let (low, high) = estimate.interval.unwrap_or((f64::NAN, f64::NAN));
            row.extend([estimate.value, low, high].map(|value| format!("{value:.6}")));
        }
        let holds = |c: &Constraint| c.relation.holds(c.measure.estimate(&runs, TAIL).value, c.limit);
        row.push(case.constraints.iter().all(holds).to_string());
        table.write_record(&row).expect("truth.csv");
    }
    table.flush().expect("truth.csv");
    eprintln!("{}: done", case.name);
}

/// By setting: the objective, and whether the constraints hold; none where all settings are the same.
fn known_truth(case: &Case) -> Option<Vec<(f64, bool)>> {
    let mut table = csv::Reader::from_path(case.folder.join("truth.csv")).ok()?;
    let axes = case.grid.axes.len();
    let of = |row: csv::StringRecord| {
        (row[axes].parse().expect("a number"), row.iter().next_back() == Some("true"))
    };
    Some(table.records().map(|row| of(row.expect("a row"))).collect())
}

/// The allowed setting with the smallest objective.
fn optimum(truth: &[(f64, bool)]) -> usize {
    let allowed = truth.iter().enumerate().filter(|(_, (_, allowed))| *allowed);
    allowed.min_by(|a, b| a.1.0.total_cmp(&b.1.0)).expect("an allowed setting").0
}

fn seeds(case: &Case, count: u64, threads: &Threads) {
    let truth = known_truth(case);
    let optimum = truth.as_deref().map(optimum);
    let (mut right, mut itself, mut wrong, mut cannot_tell, mut undecided) = (0, 0, 0, 0, 0);
    let (mut all, mut most) = (0, 0);
    for seed in FIRST_SEED..FIRST_SEED + count {
        let problem = Problem {
            objective: case.objective.clone(),
            constraints: case.constraints.clone(),
            indifference: 0.01,
            budget: default_budget(case.scenarios.len() as u64),
            error: 2.0 * TAIL,
            seed,
        };
        let mut found = select(&problem, case.scenarios.clone(), threads, |_| {});
        costs(&problem, &mut found, threads);
        let good = match (&truth, optimum, found.leader) {
            (Some(truth), Some(optimum), Some(pick)) => {
                let (value, allowed) = truth[pick];
                itself += u64::from(pick == optimum);
                wrong += u64::from(!allowed);
                allowed && value <= truth[optimum].0 * (1.0 + WITHIN)
            }
            _ => found.finding == Finding::CannotTell,
        };
        if !good {
            let pick = found.leader.map_or("none".to_string(), |pick| case.setting(pick));
            eprintln!("{}, seed {seed}: {pick}, {:?}", case.name, found.finding);
        }
        right += u64::from(good);
        cannot_tell += u64::from(found.finding == Finding::CannotTell);
        undecided += u64::from(found.finding == Finding::Undecided);
        all += found.replications;
        most = most.max(found.replications);
    }
    let optimum = optimum.map_or("all are the same".to_string(), |optimum| case.setting(optimum));
    println!(
        "| {} | {optimum} | {right} | {itself} | {wrong} | {cannot_tell} | {undecided} | {} ({most}) |",
        case.name,
        all / count
    );
}
