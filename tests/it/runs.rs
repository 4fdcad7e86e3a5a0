//! Answers of `run` with their error: how many replications, gates, done-by; and runs that are killed and go on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(arguments: &[&str]) -> (Output, Value) {
    let output = command().args(["run", "-o", "json"]).args(arguments).output().unwrap();
    let answer = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output, answer)
}

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[test]
fn auto_stops_where_the_figures_are_known_and_threads_change_nothing() {
    let of = |threads| {
        let precise = "simulation.replications={relativeError: 20%, min: 40, max: 5000}";
        run(&["scenarios/black-hole", "-n", "auto", "--set", precise, "--threads", threads])
    };
    let (output, answer) = of("1");
    let count = answer["replications"].as_u64().unwrap();
    assert!(output.status.success() && count > 40 && count < 5000, "{count}");
    let makespan = &answer["jobs"][0]["makespan_s"];
    let half = (makespan["high"].as_f64().unwrap() - makespan["low"].as_f64().unwrap()) / 2.0;
    assert!(half <= 0.2 * makespan["mean"].as_f64().unwrap());
    for threads in ["2", "7"] {
        assert_eq!(of(threads).0.stdout, output.stdout, "{threads} threads");
    }
}

#[test]
fn gates_pass_fail_or_stay_open() {
    let code = |arguments: &[&str]| run(arguments).0.status.code();
    let healthy = ["scenarios/queue-processor", "-n", "50"];
    let with = |more: &[&'static str]| code(&[&healthy[..], more].concat());
    assert_eq!(with(&["--gate", "p95.makespan<=2h"]), Some(0));
    assert_eq!(with(&["--gate", "p95.makespan<=2m"]), Some(1));
    assert_eq!(with(&["--gate", "p95.makespan<=2m", "--gate", "stuck<=1%"]), Some(1));
    assert_eq!(with(&["--gate", "p95.makespan<=2"]), Some(2));
    // No run is stuck: 50 cannot show that it is at most one in a thousand, so more are run.
    let (output, answer) = run(&["scenarios/queue-processor", "-n", "50", "--gate", "stuck<=0.1%"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(answer["replications"].as_u64().unwrap() >= 3000);
    assert_eq!(answer["gates"][0]["verdict"], "pass");
    // A run whose hangs nobody ends: 40 % stuck; the limit is right there, and the cap is near.
    let cap = "simulation.replications={relativeError: 50%, min: 30, max: 60}";
    let (output, answer) = run(&["scenarios/black-hole", "--set", cap, "--gate", "stuck<=40%"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(answer["gates"][0]["verdict"], "undecided");
}

#[test]
fn done_by_counts_the_runs_that_are_complete_by_then() {
    let (_, answer) = run(&["scenarios/black-hole", "-n", "300", "--done-by", "5m", "--done-by", "2d"]);
    let job = &answer["jobs"][0];
    let done: Vec<f64> =
        job["done_by"].as_array().unwrap().iter().map(|d| d["share"].as_f64().unwrap()).collect();
    assert_eq!(job["done_by"][0]["t_s"], 300.0);
    assert!(0.0 < done[0] && done[0] < done[1]);
    assert_eq!(done[1], job["outcomes"][0]["share"].as_f64().unwrap());
    assert_eq!(job["outcomes"][0]["outcome"], "Complete");
    assert_eq!(run(&["scenarios/black-hole", "--done-by", "90"]).0.status.code(), Some(2));
}

#[test]
fn the_answer_comes_in_every_form() {
    let form = |form| {
        let output = command()
            .args(["run", "scenarios/black-hole", "-n", "40", "--gate", "stuck<=90%", "-o", form])
            .output()
            .unwrap();
        assert!(output.status.success(), "{form}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let csv = form("csv");
    assert!(csv.starts_with("replication,job,outcome,reason,makespan_s,"));
    assert_eq!(csv.lines().count(), 41);
    let markdown = form("markdown");
    let first = "- gate `stuck<=90%`: **pass**\n\n**black-hole hangs for ever in 35.0 % of runs ";
    assert!(markdown.starts_with(first), "{markdown}");
    assert!(markdown.contains("\n<details><summary>Figures</summary>\n\n### Job black-hole\n"), "{markdown}");
    let rows = markdown.lines().filter(|line| line.starts_with('|'));
    let columns = rows.map(|row| row.replace("\\|", "").matches('|').count());
    assert!(columns.clone().all(|n| n == 4 || n == 7) && columns.count() > 10);
    let json: Value = serde_json::from_str(&form("json")).unwrap();
    let yaml = form("yaml");
    for line in ["jobsim: ", "replications: 40", "seed: 42"] {
        assert!(yaml.lines().any(|have| have.starts_with(line)), "{line} in {yaml}");
    }
    assert!(yaml.contains("tail_index: null"), "{yaml}");
    assert_eq!(
        yaml.matches("quantile_intervals:").count(),
        json.to_string().matches("quantile_intervals").count()
    );
}

/// Killed twenty times while it writes, with the end of the journal torn off on top: the same bytes in the end.
#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_bytes() {
    let save = |folder: &Path| {
        let mut command = command();
        command.args(["run", "scenarios/data-slicer", "-n", "6000", "--threads", "2", "--save"]).arg(folder);
        command.stdout(Stdio::null());
        command
    };
    let (whole, killed) = (fresh("whole"), fresh("killed"));
    assert!(save(&whole).status().unwrap().success());
    let journal = killed.join("journal.jsonl");
    let length = || std::fs::metadata(&journal).map_or(0, |file| file.len());
    let mut kills = 0;
    for round in 1..=20 {
        let mut child = save(&killed).spawn().unwrap();
        while length() < round * 60_000 && child.try_wait().unwrap().is_none() {}
        child.kill().unwrap();
        kills += u32::from(!child.wait().unwrap().success());
        if let Ok(file) = std::fs::OpenOptions::new().write(true).open(&journal) {
            file.set_len(length().saturating_sub(round * 37 % 150)).unwrap();
        }
    }
    assert!(kills >= 15, "only {kills} of 20 runs were killed before their end");
    assert!(save(&killed).status().unwrap().success());
    let mut names: Vec<_> = std::fs::read_dir(&whole).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    let mut others: Vec<_> = std::fs::read_dir(&killed).unwrap().map(|e| e.unwrap().file_name()).collect();
    others.sort();
    assert_eq!(names, others);
    for name in names {
        assert!(
            std::fs::read(whole.join(&name)).unwrap() == std::fs::read(killed.join(&name)).unwrap(),
            "{name:?} differs"
        );
    }
}
