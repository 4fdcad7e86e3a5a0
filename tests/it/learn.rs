//! `jobsim learn`: the gallery inside the program, played in any folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::console::{jobsim, scenarios};

fn fresh(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// In a folder without scenarios.
fn elsewhere(arguments: &[&str]) -> Output {
    let folder = std::env::temp_dir();
    Command::new(env!("CARGO_BIN_EXE_jobsim")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_list_names_every_lesson_with_its_question_and_fits_the_terminal() {
    let list = text(&elsewhere(&["learn"]));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for folder in scenarios().iter().filter(|folder| folder.parent() == Some(&root)) {
        let name = format!("  {} ", folder.file_name().unwrap().to_str().unwrap());
        assert!(list.lines().any(|line| line.starts_with(&name)), "{name}");
    }
    assert!(list.matches('?').count() >= 20, "{list}");
    let wide: Vec<&str> = list.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:?}");
}

#[test]
fn a_lesson_asks_then_runs_as_run_does_then_answers() {
    let lesson = text(&elsewhere(&["learn", "black-hole", "-n", "30"]));
    let run = text(&jobsim(&["run", "scenarios/black-hole", "-n", "30"]));
    let at = |part: &str| lesson.find(part).unwrap_or_else(|| panic!("no {part:?} in {lesson}"));
    let order = [
        at("Ten indexes, three at a time"),
        at("Write down:"),
        at("$ jobsim run scenarios/black-hole -n 30\n"),
        at(&run),
        at("with-pod-deadline"),
        at("P(stuck) = 1 - 0.95^10"),
        at("The pairing to take"),
    ];
    assert!(order.is_sorted(), "{order:?}");
    // What was played is not shown again from the page.
    assert_eq!(lesson.matches("Job black-hole\n").count(), 1);
}

#[test]
fn a_variant_is_a_lesson_too_and_a_table_stands_alone() {
    let variant = text(&elsewhere(&["learn", "scenarios/black-hole/with-pod-deadline/", "-n", "5"]));
    assert!(variant.starts_with("black-hole/with-pod-deadline\n==="), "{variant}");
    let table = text(&elsewhere(&["learn", "doubling-pauses", "--table", "-n", "5"]));
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(table.lines().nth(1).unwrap().contains("doubling-pauses"));
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    for (arguments, want) in [
        (&["learn", "blackhole"][..], "did you mean black-hole?"),
        (&["learn", "wide-jobs"], "did you mean wide-job?"),
        (&["learn", "nonsense-at-all"], "jobsim learn lists them all"),
        (&["learn", "black-hole", "-n", "0"], "-n 0"),
        (&["learn", "--table"], "NAME"),
        (&["completions", "tcsh"], "possible values"),
    ] {
        let output = elsewhere(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(want), "{arguments:?}: {told}");
    }
}

#[test]
fn a_lesson_can_be_taken_home_and_runs_there_alike() {
    let folder = fresh("learn");
    let to = folder.join("mine");
    let to = to.to_str().unwrap();
    assert!(text(&elsewhere(&["learn", "doubling-pauses", "--write", to])).contains("jobsim run"));
    let mine = text(&elsewhere(&["run", to, "-n", "5"]));
    assert_eq!(mine, text(&jobsim(&["run", "scenarios/doubling-pauses", "-n", "5"])));
    assert!(Path::new(to).join("on-failure/job.yaml").is_file());
    let again = elsewhere(&["learn", "doubling-pauses", "--write", to]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8(again.stderr).unwrap().contains("already there"));
}

#[test]
fn every_shell_has_a_script_that_knows_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = text(&elsewhere(&["completions", shell]));
        for word in ["recommend", "why-not-started", "learn", "completions"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
