//! The reference workload of the yardstick: `cargo bench --bench reference -- PRESET N P [REPLICATIONS [THREADS]]`.
//!
//! PRESET is `ideal` or `unlimited`; N completions, parallelism P; start latency exponential with mean 2 s, run time
//! log-normal with median 60 s and sigma 0.8, one pod in twenty fails on its way. Replications run one after the other
//! without any observer; with THREADS they go through `experiment`, as in `jobsim run`. README.md beside this file
//! says what to compare with. One measurement a call: medians, and turns with the yardstick, are the caller's.

use std::process::ExitCode;
use std::time::Instant;

use jobsim::engine::distribution::Distribution;
use jobsim::experiment::replicate::replicate;
use jobsim::kubernetes::simulate::{JobEnding, Seed, Until, simulate};
use jobsim::model::cluster::ControlPlane;
use jobsim::model::job::Completion;
use jobsim::model::scenario::Scenario;
use jobsim::model::workload::{Failure, FailureLaw};

#[path = "../tests/it/workloads.rs"]
mod workloads;

const USAGE: &str = "usage: cargo bench --bench reference -- ideal|unlimited COMPLETIONS PARALLELISM [REPLICATIONS [THREADS]]";
const SEED: u64 = 42;

fn main() -> ExitCode {
    // Cargo adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if arguments.is_empty() {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let Some((scenario, replications, threads)) = read(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let last = run(&scenario, replications, threads);
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds().zip(cpu).map(|(now, then)| now - then));
    let makespan = last.finished_at.zip(last.created_at).map(|(end, start)| end.since(start).seconds());
    println!(
        "{} | {} {} | makespan of the last run {} s | cpu {} s | wall {wall:.3} s | {:.3} ms a run",
        arguments.join(" "),
        last.outcome.name(),
        last.outcome.reason(),
        makespan.map_or("-".to_string(), |s| format!("{s:.2}")),
        cpu.map_or("-".to_string(), |s| format!("{s:.2}")),
        wall * 1e3 / replications as f64,
    );
    ExitCode::SUCCESS
}

/// Scenario, replications, and threads if they were named.
fn read(arguments: &[String]) -> Option<(Scenario, u64, Option<usize>)> {
    let control_plane = match arguments.first()?.as_str() {
        "ideal" => ControlPlane::IDEAL,
        "unlimited" => ControlPlane::UNLIMITED,
        _ => return None,
    };
    let completions = arguments.get(1)?.parse().ok()?;
    let parallelism = arguments.get(2)?.parse().ok()?;
    let replications = arguments.get(3).map_or(Some(1), |n| n.parse().ok()).filter(|&n| n > 0)?;
    let threads = match arguments.get(4) {
        Some(n) => Some(n.parse().ok().filter(|&n| n > 0)?),
        None => None,
    };
    let spec = workloads::spec(Completion::Counted(completions), parallelism);
    let mut workload = workloads::workload(Distribution::log_normal_sigma(60.0, 0.8).ok()?);
    workload.startup = Distribution::exponential(2.0).ok()?;
    workload.failure = Some(Failure { law: FailureLaw::Probability(0.05), exit_code: 1 });
    Some((workloads::scenario(control_plane, spec, workload), replications, threads))
}

/// How the last replication ended.
fn run(scenario: &Scenario, replications: u64, threads: Option<usize>) -> JobEnding {
    if let Some(threads) = threads {
        let runs = replicate(scenario, SEED, replications, threads).expect("threads start");
        return runs[runs.len() - 1][0].ending;
    }
    let mut last = None;
    for replication in 0..replications {
        let seed = Seed { seed: SEED, replication };
        last = Some(simulate(scenario, seed, Until::AllJobsEnded, &mut ()).jobs[0]);
    }
    last.expect("at least one replication")
}

/// CPU time of this process so far, user and system, all threads, in seconds (Linux, in steps of 10 ms); none
/// elsewhere.
fn cpu_seconds() -> Option<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}
