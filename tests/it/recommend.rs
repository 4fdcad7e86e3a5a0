//! recommend: the committed cases, equal settings, constraints that must surely hold, and bad use. The cases of
//! tests/recommend have 64 settings each; truth.csv beside them is what 20 000 replications of each setting say
//! (`examples/recommend_truth.rs`, `docs/recommend.md`: 100 seeds of each case).

use serde_json::Value;

use crate::console::jobsim;
use crate::settings::{json, refused};

fn recommend(case: &str, rest: &[&str]) -> Value {
    let path = format!("tests/recommend/{case}");
    json(&[&["recommend", path.as_str(), "-o", "json", "--brief"], rest].concat())
}

/// The options of a case.
fn question(case: &str) -> Vec<String> {
    let file = format!("{}/tests/recommend/{case}/question.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).unwrap();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .flat_map(|(a, b)| [a.to_string(), b.to_string()])
        .collect()
}

fn answered(case: &str, rest: &[&str]) -> Value {
    let question = question(case);
    let question: Vec<&str> = question.iter().map(String::as_str).collect();
    recommend(case, &[&question[..], rest].concat())
}

/// By setting: its axes, the objective, whether it is allowed.
fn truth(case: &str, axes: usize) -> Vec<(Vec<String>, f64, bool)> {
    let file = format!("{}/tests/recommend/{case}/truth.csv", env!("CARGO_MANIFEST_DIR"));
    let mut table = csv::Reader::from_path(file).unwrap();
    let of = |row: csv::StringRecord| {
        let setting = row.iter().take(axes).map(str::to_string).collect();
        (setting, row[axes].parse().unwrap(), row.iter().next_back() == Some("true"))
    };
    table.records().map(|row| of(row.unwrap())).collect()
}

/// A small version of the 100 seeds of `docs/recommend.md`, for the cases whose full grid was simulated.
#[test]
fn the_optimum_of_a_full_grid_is_found_with_a_tenth_of_its_replications() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recommend");
    let known = |case: &&str| folder.join(case).join("truth.csv").is_file();
    let cases: Vec<&str> =
        ["peak", "stuck", "waste", "deadline", "backoff", "two-axes"].into_iter().filter(known).collect();
    assert!(!cases.is_empty());
    for case in cases {
        let answer = answered(case, &["--seed", "1001"]);
        let axes: Vec<&str> =
            answer["axes"].as_array().unwrap().iter().map(|axis| axis["path"].as_str().unwrap()).collect();
        let truth = truth(case, axes.len());
        assert_eq!(truth.len(), 64, "{case}");
        let best = truth
            .iter()
            .filter(|(_, _, allowed)| *allowed)
            .map(|(_, value, _)| *value)
            .fold(f64::INFINITY, f64::min);
        let pick: Vec<&str> =
            axes.iter().map(|path| answer["recommended"][*path].as_str().unwrap()).collect();
        let (_, value, allowed) = truth.iter().find(|(setting, _, _)| *setting == pick).unwrap();
        assert!(*allowed && *value <= 1.02 * best, "{case}: {pick:?} has {value}, the best {best}");
        assert!(answer["replications"].as_u64().unwrap() <= 64 * 20_000 / 10, "{case}");
    }
}

/// Settings that are the same in every run (more parallelism than completions), and two that have the same law with other
/// luck (two steps in either order).
#[test]
fn equal_settings_are_not_told_apart() {
    let answer = answered("equal", &[]);
    assert_eq!(answer["finding"], "cannot tell");
    assert_eq!(answer["same"].as_array().unwrap().len(), 63);
    assert!(answer["sentence"].as_str().unwrap().starts_with("Cannot tell 64 settings apart"));
    // Equal in every run that was seen is no proof: it takes more than the first 64.
    assert!(answer["replications"].as_u64().unwrap() >= 64 * 1000);
    for seed in ["1001", "1002", "1003"] {
        let answer = answered("twins", &["--seed", seed]);
        assert_eq!(answer["finding"], "cannot tell");
        assert!(answer["sentence"].as_str().unwrap().starts_with("Cannot tell 2 settings apart"));
    }
}

/// What 100 pods share decides more than their start-up.
#[test]
fn sensitivity_knows_what_is_shared() {
    let answer = json(&[
        "recommend",
        "scenarios/thundering-herd",
        "--minimize",
        "makespan",
        "--subject-to",
        "complete>=99%",
        "--vary",
        "parallelism=25,50",
        "-o",
        "json",
    ]);
    let inputs: Vec<&str> =
        answer["sensitivity"].as_array().unwrap().iter().map(|it| it["input"].as_str().unwrap()).collect();
    let at = |input: &str| inputs.iter().position(|it| *it == input).unwrap_or_else(|| panic!("{inputs:?}"));
    assert!(at("payments: rate") < at("startup"), "{inputs:?}");
}

/// Fewer retries let the Job fail early; that is told, with the best of the settings that complete.
#[test]
fn a_setting_that_fails_early_is_not_taken_in_silence() {
    let arguments = ["recommend", "scenarios/thundering-herd", "--minimize", "makespan", "--brief"];
    let text = String::from_utf8(jobsim(&arguments).stdout).unwrap();
    for want in [
        "is Complete in 0.0 % of the runs only",
        "complete>=99%'",
        "the best is spec.parallelism=100 spec.backoffLimit=120",
    ] {
        assert!(text.contains(want), "{want}: {text}");
    }
    let asked =
        String::from_utf8(jobsim(&[&arguments[..], &["--subject-to", "complete>=99%"]].concat()).stdout)
            .unwrap();
    assert!(asked.starts_with("Take spec.parallelism=100 spec.backoffLimit=120:"), "{asked}");
}

#[test]
fn an_axis_that_changes_nothing_is_told() {
    let idle = "spec.ttlSecondsAfterFinished";
    let common = ["recommend", "scenarios/queue-processor", "--minimize", "makespan", "--brief"];
    let axes = ["--vary", "parallelism=10,20", "--vary", "spec.ttlSecondsAfterFinished=10,60"];
    let text = String::from_utf8(jobsim(&[&common[..], &axes].concat()).stdout).unwrap();
    assert!(text.contains(&format!("{idle}: no value of it makes a difference to what is asked")), "{text}");
    let answer = json(&[&common[..], &axes, &["-o", "json"]].concat());
    assert_eq!(answer["without_effect"], serde_json::json!([idle]));
    let other = json(&[&common[..], &axes[..2], &["-o", "json"]].concat());
    assert!(other.get("without_effect").is_none());
}

#[test]
fn a_setting_is_only_taken_when_its_constraints_surely_hold() {
    let vary = ["--vary", "spec.template.spec.activeDeadlineSeconds=null,300"];
    let none = recommend("stuck", &["--minimize", "makespan", "--vary", "parallelism=3,6"]);
    assert_eq!(
        none["settings"][0]["objective"]["value"],
        Value::Null,
        "a run that never ends is infinitely long"
    );
    let answer =
        recommend("stuck", &[&["--minimize", "makespan", "--subject-to", "stuck<=0.1%"], &vary[..]].concat());
    assert_eq!(answer["recommended"]["spec.template.spec.activeDeadlineSeconds"], "300");
    assert_eq!(answer["settings"][0]["standing"], "not allowed");
    assert!(answer["manifest"].as_str().unwrap().contains("activeDeadlineSeconds: 300"));
    // Zero of n runs: 0.1 % at a level of 5 % over all statements takes some thousand.
    assert!(answer["settings"][1]["replications"].as_u64().unwrap() >= 8192);
    let output = jobsim(&[
        "recommend",
        "tests/recommend/stuck",
        "--minimize",
        "makespan",
        "--subject-to",
        "complete>=99%",
        "--vary",
        "parallelism=3,6",
        "--brief",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("No setting meets all constraints"));
}

#[test]
fn the_answer_does_not_depend_on_threads_and_is_read_by_run() {
    let arguments =
        ["recommend", "scenarios/black-hole", "--minimize", "makespan", "--subject-to", "stuck<=1%"];
    let one = jobsim(&[&arguments[..], &["--threads", "1"]].concat());
    assert!(one.status.success(), "{}", String::from_utf8_lossy(&one.stderr));
    assert_eq!(one.stdout, jobsim(&[&arguments[..], &["--threads", "3"]].concat()).stdout);
    let text = String::from_utf8(one.stdout).unwrap();
    for want in ["Measure ", "<- wastes least", "killed by mistake", "The manifest with it"] {
        assert!(text.contains(want), "{want}: {text}");
    }
    let manifest = text.split("The manifest with it:\n\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let file = std::env::temp_dir().join(format!("jobsim-recommended-{}.yaml", std::process::id()));
    std::fs::write(&file, manifest).unwrap();
    json(&["run", file.to_str().unwrap(), "-n", "5", "-o", "json"]);
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_huge_search_asks_first() {
    let search = ["recommend", "scenarios/queue-processor", "--minimize", "makespan", "--brief"];
    refused(
        &[&search[..], &["--vary", "parallelism=1..10000"]].concat(),
        "10000 settings: 640000 replications at least (about ",
    );
    refused(&[&search[..], &["--vary", "parallelism=1..10000"]].concat(), "say --yes to run them");
    let long = ["--vary", "parallelism=5,10", "--budget", "100000000000"];
    refused(&[&search[..], &long].concat(), "100000000000 at most (about ");
    let output = jobsim(&[&search[..], &long, &["--yes"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn bad_recommendations_are_told() {
    let recommend = |extra: &[&str], want: &str| {
        refused(&[&["recommend", "scenarios/black-hole"], extra].concat(), want);
    };
    refused(&["recommend"], "no PATH");
    recommend(&[], "--minimize makespan");
    recommend(&["--minimize", "duration"], "there is: makespan, pods_created");
    recommend(&["--minimize", "max.makespan"], "largest value");
    recommend(&["--minimize", "makespan", "--subject-to", "broken<=1%"], "there is: ");
    recommend(&["--minimize", "makespan", "--subject-to", "makespan<=7200"], "without a unit");
    recommend(&["--minimize", "makespan", "--vary", "spec.paralelism=1,2"], "the input has");
    recommend(&["--minimize", "makespan", "--vary", "parallelism=5..1"], "empty");
    recommend(&["--minimize", "makespan", "--vary", "parallelism=1..100000"], "too many");
    recommend(&["--minimize", "makespan", "--vary", "parallelism=1,2", "--budget", "10"], "--budget");
}

/// The folder of --save: summary, manifest, charts; the same again is fine, something else is refused and changes nothing.
#[test]
fn a_recommendation_is_saved_with_its_manifest_and_its_charts() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("recommend-saved");
    let _ = std::fs::remove_dir_all(&folder);
    let to = folder.to_str().unwrap();
    let with = |limit: &str| {
        let options = ["--minimize", "makespan", "--vary", "parallelism=5,10,20", "--brief", "--save", to];
        jobsim(&[&["recommend", "scenarios/queue-processor", "--subject-to", limit], &options[..]].concat())
    };
    assert!(with("peak_running<=10").status.success());
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let summary = read("summary.json");
    assert!(read("manifest.yaml").contains("parallelism: 10\n"));
    assert!(read("pareto.svg").starts_with("<svg"));
    assert!(std::fs::read(folder.join("pareto.png")).unwrap().starts_with(b"\x89PNG"));
    assert!(with("peak_running<=10").status.success());
    let other = with("peak_running<=20");
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8(other.stderr).unwrap().contains("something else"));
    assert_eq!(read("summary.json"), summary);
}

/// Without axes: what is usually worth a try, and of deadlines what the advisor takes. The Job's own deadline only where
/// a constraint says how often it may fail: a Job that is killed early has a short makespan.
#[test]
fn default_axes_follow_the_deadline_advisor() {
    let axes = |limit: &str| -> Vec<(String, Vec<String>)> {
        let options = ["--minimize", "makespan", "--subject-to", limit, "--budget", "5000"];
        let answer = json(&[&["recommend", "scenarios/black-hole", "-o", "json"], &options[..]].concat());
        let advice = &answer["deadlines"][0];
        assert!(advice["pod"]["curve"].as_array().is_some_and(|curve| !curve.is_empty()));
        let text = |value: &Value| value.as_str().unwrap().to_string();
        let axes = answer["axes"].as_array().unwrap().iter();
        axes.map(|axis| (text(&axis["path"]), axis["values"].as_array().unwrap().iter().map(text).collect()))
            .collect()
    };
    let stuck = axes("stuck<=1%");
    let paths: Vec<&str> = stuck.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["spec.parallelism", "spec.backoffLimit", "spec.template.spec.activeDeadlineSeconds"]);
    assert_eq!(stuck[2].1[0], "null", "what the Job has stands first");
    assert_eq!(stuck[2].1.len(), 3, "{:?}", stuck[2]);
    let complete = axes("complete>=90%");
    assert_eq!(complete[3].0, "spec.activeDeadlineSeconds");
}
