//! The console sessions of the README and of the gallery are run, and every scenario folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::pages::{blocks, session};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn jobsim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jobsim")).args(arguments).current_dir(root()).output().unwrap()
}

/// Pages with sessions, and what they should say; `JOBSIM_BLESS=1 cargo test console` writes that into them.
#[test]
fn the_pages_show_what_the_program_prints() {
    let bless = std::env::var_os("JOBSIM_BLESS").is_some();
    let mut pages = vec![root().join("README.md")];
    pages.extend(scenarios().into_iter().map(|folder| folder.join("README.md")));
    let mut sessions = 0;
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let now = played(&text, &mut sessions);
        if bless {
            std::fs::write(&page, now).unwrap();
        } else {
            let first = now.lines().zip(text.lines()).find(|(now, old)| now != old);
            assert!(
                now == text,
                "{}: {first:?}; run JOBSIM_BLESS=1 cargo test console, and read what changes",
                page.display()
            );
        }
    }
    assert!(sessions >= 60);
}

/// The page with every session as the program plays it now.
fn played(page: &str, sessions: &mut u32) -> String {
    let mut now = page.to_string();
    for block in blocks(page).into_iter().rev().filter(|block| block.words == ["console"]) {
        let command = block.text.lines().next().and_then(|line| line.strip_prefix("$ ")).unwrap();
        now.replace_range(block.range, &format!("$ {command}\n{}", session(command, root())));
        *sessions += 1;
    }
    now
}

/// The folders of `scenarios/`, in order.
pub fn scenarios() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    scenario_folders(&root().join("scenarios"), &mut folders);
    folders.sort();
    folders
}

fn scenario_folders(under: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.join("job.yaml").is_file() {
                out.push(path.clone());
            }
            scenario_folders(&path, out);
        }
    }
}

#[test]
fn every_scenario_runs_and_has_its_files() {
    let folders = scenarios();
    assert!(folders.len() >= 60);
    for folder in folders {
        for file in ["job.yaml", "simulation.yaml", "README.md"] {
            assert!(folder.join(file).is_file(), "{} lacks {file}", folder.display());
        }
        let output = jobsim(&["run", folder.to_str().unwrap(), "-n", "5", "-o", "json"]);
        assert!(output.status.success(), "{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let counted: u64 = answer["jobs"][0]["outcomes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| o["count"].as_u64().unwrap())
            .sum();
        assert_eq!(counted, 5);
    }
}

#[test]
fn the_black_hole_is_stuck_as_often_as_theory_says() {
    let output = jobsim(&["run", "scenarios/black-hole", "-n", "4000", "-o", "json"]);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let outcomes = answer["jobs"][0]["outcomes"].as_array().unwrap();
    let stuck = outcomes.iter().find(|o| o["outcome"] == "Stuck").unwrap();
    assert_eq!(stuck["reason"], "HungPod");
    let want = 1.0 - 0.95f64.powi(10);
    let error = (want * (1.0 - want) / 4000.0).sqrt();
    assert!((stuck["share"].as_f64().unwrap() - want).abs() < 5.0 * error);
}

#[test]
fn the_result_folder_is_the_same_for_any_number_of_threads_and_guards_itself() {
    let base = std::env::temp_dir().join(format!("jobsim-it-{}", std::process::id()));
    let folder = |name: &str| base.join(name).to_str().unwrap().to_string();
    for threads in ["1", "2", "8"] {
        let to = folder(threads);
        let output =
            jobsim(&["run", "scenarios/queue-processor", "-n", "60", "--threads", threads, "--save", &to]);
        assert!(output.status.success());
    }
    for file in ["summary.json", "replications.csv", "pods.csv", "timeline.csv"] {
        let bytes = |threads: &str| std::fs::read(base.join(threads).join(file)).unwrap();
        assert_eq!(bytes("1"), bytes("2"), "{file}");
        assert_eq!(bytes("1"), bytes("8"), "{file}");
        assert!(!bytes("1").is_empty());
    }
    let to = folder("1");
    let before = std::fs::read(base.join("1/summary.json")).unwrap();
    let other = jobsim(&["run", "scenarios/queue-processor", "-n", "61", "--save", &to]);
    assert_eq!(other.status.code(), Some(2));
    assert_eq!(std::fs::read(base.join("1/summary.json")).unwrap(), before);
    std::fs::remove_dir_all(&base).unwrap();
}

#[test]
fn bad_use_is_told() {
    for (arguments, want) in [
        (&["run"][..], "no PATH"),
        (&["run", "not-there.yaml"], "not-there.yaml"),
        (&["run", "scenarios/black-hole", "-n", "0"], "replications"),
        (&["run", "scenarios/black-hole", "--set", "spec.paralelism=3"], "paralelism"),
        (&["conformance", "not-there.jsonl"], "not-there.jsonl"),
        (&["conformance", "README.md"], "README.md:1"),
    ] {
        let output = jobsim(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(want), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_answer_fits_eighty_columns_and_has_colour_only_when_asked() {
    for folder in scenarios() {
        let folder = folder.to_str().unwrap();
        let text = String::from_utf8(jobsim(&["run", folder, "-n", "5", "--verbose"]).stdout).unwrap();
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{folder}: {wide:#?}");
        assert!(!text.contains('\x1b'), "{folder}: colour into a pipe");
    }
    let coloured = jobsim(&["run", "scenarios/black-hole", "-n", "20", "--color", "always"]);
    let coloured = String::from_utf8(coloured.stdout).unwrap();
    assert!(coloured.starts_with("\x1b[1;31mblack-hole hangs for ever"), "{coloured}");
}
