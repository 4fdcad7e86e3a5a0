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

/// Starts the command with this folder twenty times and kills it (SIGKILL) at moments spread over its work, with the end
/// of the journal torn off on top; then lets it end. Its folder must hold the bytes of one that was never killed.
fn killed_again_and_again(name: &str, arguments: &[&str]) {
    let save = |folder: &Path| {
        let mut command = command();
        command.args(arguments).args(["--threads", "2", "--save"]).arg(folder).stdout(Stdio::null());
        command
    };
    let (whole, killed) = (fresh(&format!("{name}-whole")), fresh(&format!("{name}-killed")));
    let journal = |folder: &Path| folder.join("journal.jsonl");
    let length = |folder: &Path| std::fs::metadata(journal(folder)).map_or(0, |file| file.len());
    // How long the journal gets: the longest that is seen.
    let mut child = save(&whole).spawn().unwrap();
    let mut longest = 0;
    while child.try_wait().unwrap().is_none() {
        longest = longest.max(length(&whole));
    }
    assert!(child.wait().unwrap().success() && longest > 0);
    let mut kills = 0;
    for round in 1..=20 {
        let mut child = save(&killed).spawn().unwrap();
        // Neither even nor in order: 7 and 20 have no common factor.
        let moment = longest * (round * 7 % 20).min(round) / 21;
        while length(&killed) < moment && child.try_wait().unwrap().is_none() {}
        child.kill().unwrap();
        kills += u32::from(!child.wait().unwrap().success());
        if let Ok(file) = std::fs::OpenOptions::new().write(true).open(journal(&killed)) {
            file.set_len(length(&killed).saturating_sub(round * 37 % 150)).unwrap();
        }
    }
    assert!(kills >= 15, "only {kills} of 20 runs were killed before their end");
    assert!(save(&killed).status().unwrap().success());
    same_files(&whole, &killed);
}

fn same_files(whole: &Path, other: &Path) {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name());
        entries.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(names(whole), names(other));
    for name in names(whole) {
        let bytes = |folder: &Path| std::fs::read(folder.join(&name)).unwrap();
        assert!(bytes(whole) == bytes(other), "{name:?} differs");
    }
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_same_bytes() {
    killed_again_and_again("run", &["run", "scenarios/data-slicer", "-n", "6000"]);
}

#[test]
fn a_killed_sweep_goes_on_and_ends_with_the_same_bytes() {
    let axis = ["--vary", "parallelism=1..40"];
    killed_again_and_again(
        "sweep",
        &[&["sweep", "scenarios/queue-processor", "-n", "150"], &axis[..]].concat(),
    );
}

#[test]
fn a_killed_sweep_of_what_matters_goes_on_and_ends_with_the_same_bytes() {
    let arguments = ["sweep", "scenarios/queue-processor", "--vary", "parallelism=1..64:x2", "-n", "auto"];
    killed_again_and_again("auto", &[&arguments[..], &["--subject-to", "makespan<=15m"]].concat());
}

/// Ctrl-C, and the SIGTERM that a pod gets: a line that says how to go on, and exit code 130.
#[cfg(unix)]
#[test]
fn a_stopped_sweep_says_so_and_goes_on() {
    for signal in ["-INT", "-TERM"] {
        let folder = fresh("stopped");
        let save = |folder: &Path| {
            let mut command = command();
            command.args([
                "sweep",
                "scenarios/queue-processor",
                "-n",
                "150",
                "--vary",
                "parallelism=1..40",
                "--save",
            ]);
            command.arg(folder).stdout(Stdio::null()).stderr(Stdio::piped());
            command
        };
        let child = save(&folder).spawn().unwrap();
        while std::fs::metadata(folder.join("journal.jsonl")).map_or(0, |file| file.len()) < 4000 {}
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(sent.success());
        assert_eq!(output.status.code(), Some(130), "{signal}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("stopped") && text.contains("--save"), "{text}");
        assert!(!folder.join("summary.json").exists());
        assert!(save(&folder).status().unwrap().success());
        assert!(!folder.join("journal.jsonl").exists());
    }
}

/// Commands that keep nothing before their end do not promise to go on.
#[cfg(unix)]
#[test]
fn a_stopped_comparison_promises_nothing() {
    let compare =
        ["compare", "scenarios/queue-processor", "--variant", "spec.parallelism=5", "-n", "9000000"];
    let child = command().args(compare).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert_eq!(text, "jobsim: stopped; nothing was kept, the same command begins anew\n");
}

/// A journal that was torn while its first line was written is still ours.
#[test]
fn a_journal_torn_in_its_header_is_begun_again() {
    let arguments =
        ["sweep", "scenarios/queue-processor", "-n", "150", "--vary", "parallelism=1..40", "--save"];
    let (whole, torn) = (fresh("header-whole"), fresh("header-torn"));
    let save = |folder: &Path| command().args(arguments).arg(folder).stdout(Stdio::null()).spawn().unwrap();
    assert!(save(&whole).wait().unwrap().success());
    let journal = torn.join("journal.jsonl");
    let mut child = save(&torn);
    while std::fs::metadata(&journal).map_or(0, |file| file.len()) < 2000 {}
    child.kill().unwrap();
    child.wait().unwrap();
    for length in [40, 3, 0] {
        std::fs::OpenOptions::new().write(true).open(&journal).unwrap().set_len(length).unwrap();
        let mut child = save(&torn);
        while std::fs::metadata(&journal).map_or(0, |file| file.len()) < 2000 {}
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(save(&torn).wait().unwrap().success());
    same_files(&whole, &torn);
}

/// A file system that is full at some point, in the way of `ulimit -f`: an error that names the file, nothing half
/// written under a final name, and the run goes on when there is room again.
#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    let arguments = "run scenarios/queue-processor -n 400 --save";
    let whole = fresh("roomy");
    let all = command().args(arguments.split(' ')).arg(&whole).stdout(Stdio::null()).status().unwrap();
    assert!(all.success());
    for blocks in [1, 20, 60] {
        let folder = fresh("full");
        // Without the trap the signal would kill it; with it a write fails as on a full disk.
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec {} {arguments} {}",
            env!("CARGO_BIN_EXE_jobsim"),
            folder.display()
        );
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{blocks} blocks: {text}");
        assert!(text.contains("error: ") && text.contains("full/"), "{text}");
        assert!(output.stdout.is_empty() && !folder.join("summary.json").exists());
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.ends_with(".part"), "{name}");
            if name != "journal.jsonl" {
                assert_eq!(
                    std::fs::read(folder.join(&name)).unwrap(),
                    std::fs::read(whole.join(&name)).unwrap()
                );
            }
        }
        assert!(
            command()
                .args(arguments.split(' '))
                .arg(&folder)
                .stdout(Stdio::null())
                .status()
                .unwrap()
                .success()
        );
        same_files(&whole, &folder);
    }
}

#[test]
fn output_that_cannot_be_written_is_told_and_a_closed_pipe_is_a_clean_end() {
    let arguments = ["run", "scenarios/black-hole", "-n", "40", "-o", "csv"];
    if let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") {
        let output = command().args(arguments).stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("cannot write the output"));
    }
    let mut child = command().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // No folder can be made where a file stands.
    let file = fresh("file");
    std::fs::write(&file, "not a folder").unwrap();
    for command_name in ["run", "sweep"] {
        let mut command = command();
        command.args([command_name, "scenarios/black-hole", "-n", "40"]);
        if command_name == "sweep" {
            command.args(["--vary", "parallelism=1,2"]);
        }
        let output = command.arg("--save").arg(file.join("below")).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("--save"));
        assert!(output.stdout.is_empty());
    }
    std::fs::remove_file(&file).unwrap();
}

/// `confidence` of the document reaches every interval: wider at 99 %, and the output says it.
#[test]
fn intervals_have_the_confidence_that_is_asked_for() {
    let with = |confidence: &str, arguments: &[&str]| -> (Value, String) {
        let set = format!("simulation.replications={{confidence: {confidence}}}");
        let run = |form: &str| {
            let mut command = command();
            command.args(arguments).args(["-n", "100", "--set", &set, "-o", form]);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        (serde_json::from_slice(&run("json")).unwrap(), String::from_utf8(run("table")).unwrap())
    };
    let width = |value: &Value| value["high"].as_f64().unwrap() - value["low"].as_f64().unwrap();
    let at = |value: &Value, path: &str| width(value.pointer(path).unwrap_or_else(|| panic!("{path}")));
    let run = ["run", "scenarios/black-hole", "--gate", "stuck<=99%", "--done-by", "1h"];
    let compare = ["compare", "scenarios/black-hole", "--variant", "spec.parallelism=6"];
    let sweep = ["sweep", "scenarios/black-hole", "--vary", "parallelism=3,6", "--subject-to", "stuck<=99%"];
    let tables: [(&[&str], &[&str]); 3] = [
        (&run, &["/jobs/0/makespan_s", "/jobs/0/outcomes/0", "/jobs/0/done_by/0", "/gates/0"]),
        (&compare, &["/variants/0/jobs/0/makespan_s", "/variants/0/jobs/0/outcomes/0"]),
        (&sweep, &["/cells/0/jobs/0/makespan_s", "/cells/0/constraints/0"]),
    ];
    for (arguments, paths) in tables {
        let (usual, _) = with("95%", arguments);
        let (sure, text) = with("99%", arguments);
        assert_eq!(usual["confidence"], 0.95, "{arguments:?}");
        assert_eq!(sure["confidence"], 0.99, "{arguments:?}");
        assert!(text.contains("intervals are 99 %"), "{text}");
        for path in paths {
            // 2.58 against 1.96 standard errors; of shares and small numbers of values about that.
            let ratio = at(&sure, path) / at(&usual, path);
            assert!((1.2..1.45).contains(&ratio), "{arguments:?} {path}: {ratio}");
        }
    }
    // The stop rule needs more runs for the same width.
    let count = |confidence: &str| {
        let set =
            format!("simulation.replications={{relativeError: 20%, confidence: {confidence}, min: 30}}");
        let (_, answer) = self::run(&["scenarios/black-hole", "--set", &set]);
        answer["replications"].as_u64().unwrap()
    };
    assert!(count("99.9%") > count("80%"), "{} {}", count("99.9%"), count("80%"));
}
