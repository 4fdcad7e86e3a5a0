//! Several settings of one input: compare, sweep, merge, recommend.

use serde_json::Value;

use crate::console::jobsim;

pub fn json(arguments: &[&str]) -> Value {
    let output = jobsim(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn refused(arguments: &[&str], want: &str) {
    let output = jobsim(arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert!(text.contains(want), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty());
}

/// The whole measurement: -n 4000 in the release profile gives gains of 100 and more (README).
#[test]
fn common_random_numbers_pay_on_the_reference_workload() {
    for (preset, least) in [("ideal", 80.0), ("unlimited", 40.0)] {
        let preset = format!("simulation.controlPlane.preset={preset}");
        let arguments = ["compare", "examples/reference", "-n", "1000", "-o", "json", "--set", &preset];
        let variants = ["--variant", "spec.parallelism=60"];
        let answer = json(&[&arguments[..], &variants].concat());
        let makespan = &answer["variants"][0]["jobs"][0]["makespan_s"];
        assert!(makespan["gain"].as_f64().unwrap() >= least, "{preset}: {makespan}");
        assert!(makespan["correlation"].as_f64().unwrap() > 0.97);
        let (low, high) = (makespan["low"].as_f64().unwrap(), makespan["high"].as_f64().unwrap());
        assert!(low < makespan["difference"].as_f64().unwrap() && high < 0.0 && high - low < 10.0);
    }
}

#[test]
fn another_failure_probability_keeps_step() {
    let change = "simulation.workload.default.failure.probability=6%";
    let arguments = ["compare", "examples/reference", "-n", "1500", "-o", "json"];
    let answer = json(
        &[&arguments[..], &["--set", "simulation.controlPlane.preset=ideal", "--variant", change]].concat(),
    );
    let gain = &answer["variants"][0]["jobs"][0]["makespan_s"]["gain"];
    // One stream for all draws loses step, and gains 3.
    assert!(gain.as_f64().unwrap() > 10.0, "{gain}");
}

#[test]
fn compare_says_first_what_differs_and_does_not_depend_on_threads() {
    let hole = "scenarios/black-hole";
    let deadline = "scenarios/black-hole/with-pod-deadline";
    let arguments =
        ["compare", hole, deadline, "--variant", "spec.parallelism=6; spec.backoffLimit=2", "-n", "300"];
    let one = jobsim(&[&arguments[..], &["--threads", "1"]].concat());
    for threads in ["2", "7"] {
        assert_eq!(one.stdout, jobsim(&[&arguments[..], &["--threads", threads]].concat()).stdout);
    }
    let text = String::from_utf8(one.stdout).unwrap();
    assert!(text.contains("black-hole: spec.parallelism: 3 → 6"), "{text}");
    assert!(text.contains("(not set) → 2"), "{text}");
    assert!(text.contains("for all 2 variants together"), "{text}");
    let answer = json(&[&arguments[..], &["-o", "json"]].concat());
    let stuck = answer["variants"][0]["jobs"][0]["outcomes"].as_array().unwrap();
    let stuck = stuck.iter().find(|o| o["outcome"] == "Stuck").unwrap();
    assert!(stuck["high"].as_f64().unwrap() < -0.3);
    // Two variants at once: each interval is wider than it would be alone.
    let alone = json(&["compare", hole, deadline, "-n", "300", "-o", "json"]);
    let width = |p: &Value| p["high"].as_f64().unwrap() - p["low"].as_f64().unwrap();
    let both = width(&answer["variants"][0]["jobs"][0]["pods_created"]);
    assert!(both > 1.1 * width(&alone["variants"][0]["jobs"][0]["pods_created"]));
}

#[test]
fn bad_comparisons_are_told() {
    refused(&["compare"], "no PATH");
    refused(&["compare", "scenarios/black-hole"], "no variant");
    refused(&["compare", "scenarios/black-hole", "not-there"], "not-there");
    refused(&["compare", "scenarios/black-hole", "--variant", "spec.paralelism=1"], "paralelism");
    refused(
        &["compare", "scenarios/black-hole", "--variant", "spec.parallelism=1", "-n", "0"],
        "replications",
    );
}

fn folder(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("jobsim-settings-{}-{name}", std::process::id()))
}

fn column(table: &str, row: usize, name: &str) -> String {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let at = reader
        .headers()
        .unwrap()
        .iter()
        .position(|h| h == name)
        .unwrap_or_else(|| panic!("no column {name}"));
    reader.records().nth(row).unwrap().unwrap()[at].to_string()
}

const SWEEP: [&str; 8] = [
    "sweep",
    "scenarios/queue-processor",
    "--vary",
    "parallelism=2,5,10",
    "--vary",
    "spec.backoffLimit=2..6:+4",
    "-n",
    "40",
];

#[test]
fn shards_and_threads_give_the_same_bytes() {
    let base = folder("sweep");
    let at = |name: &str| base.join(name).to_str().unwrap().to_string();
    let sweep = |extra: &[&str]| {
        let output = jobsim(&[&SWEEP[..], extra].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let whole = sweep(&["--save", &at("whole"), "--threads", "1"]);
    for threads in ["2", "7"] {
        assert_eq!(whole, sweep(&["--save", &at(threads), "--threads", threads]));
    }
    let mut shards = Vec::new();
    for k in 0..4 {
        let name = format!("shard-{k}");
        sweep(&["--save", &at(&name), "--shard", &format!("{k}/4")]);
        shards.push(at(&name));
    }
    let of = |folders: &[&str], extra: &[&str]| jobsim(&[&["merge"], folders, extra].concat());
    let (a, b, c, d) = (&*shards[2], &*shards[0], &*shards[3], &*shards[1]);
    let merged = of(&[a, b, c, d], &["--save", &at("merged")]);
    assert_eq!(merged.stdout, whole);
    for name in ["summary.json", "sweep.csv", "sweep.csv.meta.json"] {
        let bytes = |folder: &str| std::fs::read(base.join(folder).join(name)).unwrap();
        for folder in ["2", "7", "merged"] {
            assert_eq!(bytes("whole"), bytes(folder), "{folder}/{name}");
        }
        assert!(!base.join("whole").join(format!("{name}.part")).exists());
    }
    refused(&["merge", a, b, c], "1/4 missing");
    refused(&["merge", a, a], "twice");
    refused(&["merge", &at("whole")], "no shard");
    // A folder with something else is left alone; the same sweep is done at once.
    refused(&[&SWEEP[..7], &["41", "--save", &at("whole")]].concat(), "something else");
    assert_eq!(whole, sweep(&["--save", &at("whole")]));
    let table = std::fs::read_to_string(base.join("whole/sweep.csv")).unwrap();
    assert_eq!(table.lines().count(), 7);
    assert_eq!(
        (column(&table, 2, "parallelism"), column(&table, 2, "spec.backoffLimit")),
        ("5".into(), "2".into())
    );
    for name in [
        "replications",
        "complete",
        "failed",
        "stuck",
        "horizon",
        "makespan_s",
        "makespan_s_low",
        "makespan_s_high",
    ] {
        column(&table, 0, name).parse::<f64>().unwrap();
    }
    for name in ["makespan_s_p50", "makespan_s_p95", "makespan_s_p99", "wasted_pod_s", "peak_running_high"] {
        column(&table, 0, name).parse::<f64>().unwrap();
    }
    std::fs::remove_dir_all(&base).unwrap();
}

/// A cell is what `run` says of the same setting.
#[test]
fn a_cell_is_a_run_and_lies_within_its_bounds() {
    let arguments =
        ["examples/reference", "-n", "30", "-o", "json", "--set", "simulation.controlPlane.preset=ideal"];
    let none = ["--set", "simulation.workload.default.failure=null"];
    let sweep = json(&[&["sweep"], &arguments[..], &none, &["--vary", "parallelism=5..640:x2"]].concat());
    let run = json(&[&["run"], &arguments[..], &none, &["--parallelism", "40"]].concat());
    let cells = sweep["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 8);
    assert_eq!(cells[3]["jobs"][0]["makespan_s"], run["jobs"][0]["makespan_s"]);
    let mut last = f64::INFINITY;
    for cell in cells {
        let (mean, bounds) =
            (cell["jobs"][0]["makespan_s"]["mean"].as_f64().unwrap(), &cell["jobs"][0]["makespan_bounds"]);
        let (lower, upper) = (bounds["lower_s"].as_f64().unwrap(), bounds["upper_s"].as_f64().unwrap());
        assert!(lower <= mean * 1.05 && mean <= upper && bounds["left"] == false, "{mean} {bounds}");
        assert!(mean <= last);
        last = mean;
    }
    assert_eq!(cells[0]["jobs"][0]["makespan_bounds"]["by"], "work/parallelism");
    assert_eq!(cells[7]["jobs"][0]["makespan_bounds"]["by"], "longest task");
    assert_eq!(cells.iter().filter(|cell| cell["knee"] == true).count(), 1);
}

/// `-n auto`: what surely does not matter gets few replications, the same bytes from any number of threads, and each cell
/// says what `run` says of so many replications.
#[test]
fn settings_that_matter_get_the_replications() {
    let arguments = ["sweep", "scenarios/queue-processor", "--vary", "parallelism=1..64:x2", "-n", "auto"];
    let arguments = [&arguments[..], &["--subject-to", "makespan<=10m"]].concat();
    let base = folder("auto");
    let at = |name: &str| base.join(name).to_str().unwrap().to_string();
    let mut outputs = Vec::new();
    for threads in ["1", "2", "7"] {
        let output = jobsim(&[&arguments[..], &["--threads", threads, "--save", &at(threads)]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        outputs.push(output.stdout);
    }
    assert!(outputs.iter().all(|output| *output == outputs[0]));
    for name in ["summary.json", "sweep.csv"] {
        let bytes = |folder: &str| std::fs::read(base.join(folder).join(name)).unwrap();
        assert!(bytes("1") == bytes("2") && bytes("1") == bytes("7"), "{name}");
    }
    let summary: Value =
        serde_json::from_slice(&std::fs::read(base.join("1/summary.json")).unwrap()).unwrap();
    let cells = summary["cells"].as_array().unwrap();
    let count = |at: usize| cells[at]["replications"].as_u64().unwrap();
    // An hour with one pod at a time is far from 10 minutes; with 8 at a time (9m52s) it is.
    assert_eq!((count(0), cells[0]["allowed"].as_str()), (30, Some("no")));
    assert!(count(3) > 300 && count(6) > 300, "{} {}", count(3), count(6));
    assert_eq!(cells[6]["allowed"], "yes");
    for cell in &cells[3..] {
        let makespan = &cell["jobs"][0]["makespan_s"];
        let width = makespan["high"].as_f64().unwrap() - makespan["low"].as_f64().unwrap();
        assert!(width <= 0.04 * makespan["mean"].as_f64().unwrap(), "{makespan}");
    }
    let run = ["run", "scenarios/queue-processor", "--parallelism", "64", "-o", "json", "-n"];
    let run = json(&[&run[..], &[&count(6).to_string()]].concat());
    assert_eq!(run["jobs"][0]["makespan_s"], cells[6]["jobs"][0]["makespan_s"]);
    let table = std::fs::read_to_string(base.join("1/sweep.csv")).unwrap();
    assert_eq!((column(&table, 0, "replications"), column(&table, 0, "allowed")), ("30".into(), "no".into()));
    std::fs::remove_dir_all(&base).unwrap();
}

#[test]
fn compare_goes_on_until_the_difference_is_known() {
    let arguments =
        ["compare", "scenarios/queue-processor", "--variant", "parallelism=20", "-n", "auto", "-o", "json"];
    let answer = json(&arguments);
    let makespan = &answer["variants"][0]["jobs"][0]["makespan_s"];
    let width = makespan["high"].as_f64().unwrap() - makespan["low"].as_f64().unwrap();
    let base = makespan["base"].as_f64().unwrap();
    assert!(answer["replications"].as_u64().unwrap() > 30 && width <= 0.04 * base, "{makespan}");
}

#[test]
fn the_sentence_speaks_of_what_is_shared() {
    let arguments =
        ["compare", "scenarios/thundering-herd", "-n", "50", "--variant", "parallelism=10", "-o", "json"];
    let answer = json(&arguments);
    let sentence = answer["variants"][0]["sentence"].as_str().unwrap();
    let name = answer["variants"][0]["dependencies"][0]["name"].as_str().unwrap();
    assert!(sentence.contains("the peak on ") && sentence.contains(name), "{sentence}");
}

/// The time to live begins when the Job has ended; nobody calls the pool.
#[test]
fn an_axis_that_changes_nothing_is_told() {
    let common = ["sweep", "scenarios/queue-processor", "-n", "20", "--vary", "parallelism=10,20"];
    let idle = "spec.ttlSecondsAfterFinished";
    let varied = [&common[..], &["--vary", "spec.ttlSecondsAfterFinished=10,60"]].concat();
    let as_json = [&varied[..], &["-o", "json"]].concat();
    assert_eq!(json(&as_json)["without_effect"], serde_json::json!([idle]));
    let table = String::from_utf8(jobsim(&varied).stdout).unwrap();
    assert!(table.contains(&format!("{idle}: no value of it makes a difference to any run.")), "{table}");
    let set = ["--set", "simulation.dependencies.idle={pool: {connections: 2}}"];
    let pool = ["--vary", "simulation.dependencies.idle.pool.connections=1,2", "-o", "json"];
    let answer = json(&[&common[..], &set, &pool].concat());
    assert_eq!(
        answer["without_effect"],
        serde_json::json!(["simulation.dependencies.idle.pool.connections"])
    );
    assert!(json(&[&common[..], &["-o", "json"]].concat()).get("without_effect").is_none());
}

/// What all settings say together is in the summary and not in what is compared.
#[test]
fn a_sweep_with_an_axis_without_effect_is_done_at_once() {
    let base = folder("idle");
    let at = |name: &str| base.join(name).to_str().unwrap().to_string();
    let sweep = |extra: &[&str]| {
        let axis = ["sweep", "scenarios/queue-processor", "--vary", "spec.ttlSecondsAfterFinished=10,20,30"];
        let output = jobsim(&[&axis[..], &["-n", "20"], extra].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let first = sweep(&["--save", &at("whole")]);
    assert!(String::from_utf8_lossy(&first).contains("no value of it makes a difference"));
    assert_eq!(first, sweep(&["--save", &at("whole")]));
    for k in ["0", "1"] {
        sweep(&["--shard", &format!("{k}/2"), "--save", &at(k)]);
    }
    let merge = || jobsim(&["merge", &at("0"), &at("1"), "--save", &at("merged")]);
    for output in [merge(), merge()] {
        assert_eq!(output.stdout, first, "{}", String::from_utf8_lossy(&output.stderr));
    }
    // One shard is all of it.
    sweep(&["--shard", "0/1", "--save", &at("alone")]);
    for _ in 0..2 {
        assert_eq!(jobsim(&["merge", &at("alone"), "--save", &at("of-one")]).stdout, first);
    }
    std::fs::remove_dir_all(&base).unwrap();
}

/// A folder that is neither empty nor jobsim's: nothing in it is touched, whatever its files are called.
#[test]
fn a_journal_of_somebody_else_is_left_alone() {
    let base = folder("notes");
    let sweep = ["sweep", "scenarios/queue-processor", "--vary", "parallelism=1,2", "-n", "10"];
    let run = ["run", "scenarios/queue-processor", "-n", "10"];
    let files: [&[(&str, &str)]; 5] = [
        &[("journal.jsonl", "my notes\n"), ("report.html", "x\n")],
        &[("journal.jsonl", "my notes\n")],
        &[("journal.jsonl", "no line at all")],
        &[("journal.jsonl", ""), ("report.html", "x\n")],
        &[("journal.jsonl", "00000000 {\"jobsim\": 1}\n")],
    ];
    for files in files {
        for command in [&sweep[..], &run] {
            let _ = std::fs::remove_dir_all(&base);
            std::fs::create_dir_all(&base).unwrap();
            for (name, text) in files {
                std::fs::write(base.join(name), text).unwrap();
            }
            refused(
                &[command, &["--save", base.to_str().unwrap()]].concat(),
                "no journal of jobsim. Nothing was written; name another folder",
            );
            for (name, text) in files {
                assert_eq!(std::fs::read_to_string(base.join(name)).unwrap(), *text, "{command:?} {name}");
            }
            assert_eq!(std::fs::read_dir(&base).unwrap().count(), files.len());
        }
    }
    std::fs::remove_dir_all(&base).unwrap();
}

/// A sweep that was refused has made no folder, so that the corrected command finds none.
#[test]
fn what_is_refused_leaves_no_folder() {
    let base = folder("refused");
    let save = base.to_str().unwrap();
    let sweep = |extra: &[&str], want: &str| {
        let all = [&["sweep", "scenarios/queue-processor", "--save", save][..], extra].concat();
        refused(&all, want);
        assert!(!base.exists(), "{extra:?}");
    };
    sweep(&["--vary", "parallelism=1..20000", "-n", "1000"], "--yes");
    sweep(&["--vary", "parallelism=1,-8,16", "-n", "10"], "parallelism=-8 is no setting");
    sweep(&["--vary", "parallelism=1,-8,16", "-n", "auto"], "parallelism=-8 is no setting");
    sweep(&["--vary", "parallelism=1,-8,16", "-n", "10", "--shard", "0/2"], "parallelism=-8 is no setting");
    let corrected = ["sweep", "scenarios/queue-processor", "--save", save, "--vary", "parallelism=1,8,16"];
    assert!(jobsim(&[&corrected[..], &["-n", "10"]].concat()).status.success());
    std::fs::remove_dir_all(&base).unwrap();
}

#[test]
fn a_sweep_as_a_job_can_be_loaded() {
    let output = jobsim(&[&SWEEP[..], &["--emit-job", "--shard", "/3"]].concat());
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("completions: 3")
            && text.contains("\"/3\"")
            && text.contains("$(JOB_COMPLETION_INDEX)")
    );
    let file = folder("emitted.yaml");
    std::fs::write(&file, &text).unwrap();
    let answer = json(&["run", file.to_str().unwrap(), "-n", "5", "-o", "json"]);
    assert_eq!(answer["jobs"][0]["name"], "jobsim-sweep");
    let check = jobsim(&["check", "--deny", "warnings", file.to_str().unwrap()]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    assert!(text.contains("podReplacementPolicy: Failed") && text.contains("activeDeadlineSeconds: 86400"));
    assert!(text.contains("must exist before, and be ReadWriteMany"));
    let hour = jobsim(&[&SWEEP[..], &["--emit-job", "--deadline", "1h"]].concat()).stdout;
    assert!(String::from_utf8(hour).unwrap().contains("activeDeadlineSeconds: 3600\n"));
    for (extra, want) in [
        (["--shard", "/200000"], "100000 at most"),
        (["--image", " "], "the name of a container image"),
        (["--deadline", "0s"], "whole seconds"),
        (["--deadline", "soon"], "--deadline soon"),
        (["--vary", "spec.completions=5,-1,7"], "spec.completions=-1 is no setting"),
    ] {
        refused(&[&SWEEP[..], &["--emit-job"], &extra].concat(), want);
    }
    std::fs::remove_file(&file).unwrap();
}

/// How many of what: one is no plural, and several Jobs have columns of their own.
#[test]
fn a_sweep_says_how_much_it_simulated() {
    let text = |arguments: &[&str]| String::from_utf8(jobsim(arguments).stdout).unwrap();
    let sweep = ["sweep", "scenarios/queue-processor", "--vary"];
    let one = text(&[&sweep[..], &["parallelism=5", "-n", "1"]].concat());
    assert!(one.contains("\n1 setting, 1 replication, seed 42"), "{one}");
    let two = text(&[&sweep[..], &["parallelism=5,6", "-n", "2"]].concat());
    assert!(two.contains("\n2 settings, 2 replications of each with the same luck, seed 42"), "{two}");
    let run = text(&["run", "scenarios/queue-processor", "-n", "1"]);
    assert!(run.contains("in the only run") && run.contains("1 replication, seed 42"), "{run}");
    let compare =
        text(&["compare", "scenarios/queue-processor", "--variant", "spec.parallelism=5", "-n", "1"]);
    assert!(compare.contains("\n1 replication of each, seed 42"), "{compare}");
    let recommend = ["recommend", "scenarios/queue-processor", "--minimize", "makespan", "--brief"];
    let recommend = text(&[&recommend[..], &["--vary", "parallelism=5"]].concat());
    assert!(recommend.contains("\n1 setting, 64 replications in all"), "{recommend}");
    let metastable = text(&["run", "scenarios/metastable", "-n", "1"]);
    assert!(metastable.contains("in the only run (metastable"), "{metastable}");
    let file = two_jobs("columns");
    let jobs = ["--vary", "a:parallelism=1,2", "--vary", "b:parallelism=1,2", "-n", "2"];
    let table = text(&[&["sweep", file.to_str().unwrap()][..], &jobs].concat());
    let columns: Vec<&str> = table.lines().next().unwrap().split_whitespace().take(2).collect();
    assert_eq!(columns, ["a:parallelism", "b:parallelism"]);
    std::fs::remove_file(file).unwrap();
}

/// A file with the Jobs a and b.
fn two_jobs(name: &str) -> std::path::PathBuf {
    let file = folder(&format!("{name}.yaml"));
    let job = std::fs::read_to_string("scenarios/queue-processor/job.yaml").unwrap();
    let named = |name: &str| job.replacen("name: queue-processor", &format!("name: {name}"), 1);
    std::fs::write(&file, format!("{}\n---\n{}", named("a"), named("b"))).unwrap();
    file
}

/// Aliases, the Job's name and the form of a list's index change nothing: a field is one axis.
#[test]
fn a_field_is_one_axis_and_a_value_stands_once() {
    let two = |a: &str, b: &str, want: &str| {
        let axes = ["--vary", a, "--vary", b, "-n", "5"];
        refused(&[&["sweep", "scenarios/black-hole"][..], &axes].concat(), want);
        let recommend = ["recommend", "scenarios/black-hole", "--minimize", "makespan"];
        refused(&[&recommend[..], &axes[..4]].concat(), want);
    };
    two("parallelism=5,10", "spec.parallelism=5,10", "parallelism and spec.parallelism are the same field");
    two("backoff-limit=5", "spec.backoffLimit=6,7", "are the same field");
    two("spec.parallelism=5", "black-hole:parallelism=6", "are the same field");
    two("simulation.horizon=1d,2d", "simulation.spec.horizon=3d", "are the same field");
    two(
        "spec.template.spec.containers.0.name=a",
        "spec.template.spec.containers[0].name=b",
        "are the same field",
    );
    two("parallelism=5", "simulation.seed=1,2,3", "say --seed N");
    let one = |axis: &str, want: &str| {
        refused(&["sweep", "scenarios/black-hole", "--vary", axis, "-n", "5"], want);
    };
    one("simulation.spec.seed=1,2,3", "say --seed N");
    one("simulation.replications=1,2", "say -n N");
    one("simulation.replications.min=1,2", "say -n N");
    one("parallelism=1,01", "1 and 01 are the same value");
    one("simulation.horizon=60m,1h", "60m and 1h are the same value");
    one("spec.parallelism=1..8:x200%", "has a unit");
}

#[test]
fn bad_sweeps_are_told() {
    let sweep =
        |extra: &[&str], want: &str| refused(&[&["sweep", "scenarios/black-hole"], extra].concat(), want);
    refused(&["sweep"], "no PATH");
    sweep(&[], "no axis");
    sweep(&["--vary", "spec.paralelism=1,2"], "the input has: parallelism");
    sweep(&["--vary", "simulation.controlPlane.speed=1,2"], "the input has: parallelism");
    sweep(&["--vary", "nonsense=1,2"], "the input has: parallelism");
    sweep(&["--vary", "parallelism=1,two"], "parallelism");
    sweep(&["--vary", "parallelism=9..2"], "empty");
    sweep(&["--vary", "parallelism=1,2", "--vary", "parallelism=3"], "twice");
    sweep(&["--vary", "parallelism=1..1000", "--vary", "backoff-limit=1..1000"], "--yes");
    sweep(&["--vary", "parallelism=1..20000", "-n", "1"], "20000 settings");
    sweep(&["--vary", "parallelism=1,2", "--shard", "2/2"], "expected K/N");
    sweep(&["--vary", "parallelism=1,2", "--shard", "/2"], "JOB_COMPLETION_INDEX");
    let file = two_jobs("bad");
    let several = ["sweep", file.to_str().unwrap(), "--vary", "parallelism=1,2"];
    refused(&several, "the input has: a:parallelism, a:completions");
    refused(&several, "(and the same of b)");
    std::fs::remove_file(file).unwrap();
    let auto = ["--vary", "parallelism=1,2", "-n", "auto"];
    sweep(&[&auto[..], &["--shard", "0/2"]].concat(), "cannot be split into shards");
    sweep(&[&auto[..], &["--emit-job"]].concat(), "cannot be split into shards");
    sweep(&["--vary", "parallelism=1,2", "-n", "few"], "or auto");
    sweep(&["--vary", "parallelism=1,2", "--subject-to", "broken<=1%"], "there is: makespan, pods_created");
    sweep(
        &["--vary", "parallelism=1,2", "--subject-to", "orders-db.peak_in_flight<=1"],
        "there is: makespan",
    );
    let million = ["--vary", "parallelism=1..1000", "--vary", "backoff-limit=1..1000"];
    sweep(&million, "1000000 settings with 1000 replications each would take about");
}
