//! `jobsim explain`: the same run as `run --save` shows, numbers that follow the rules, filters, and a trace that viewers
//! take.

use std::path::Path;
use std::process::Command;

fn jobsim(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    let output = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_trace_has_every_pod_of_the_run_that_is_shown_with_its_times() {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("explain");
    let _ = std::fs::remove_dir_all(&base);
    let (folder, trace) = (base.join("saved"), base.join("trace.json"));
    let scenario = "scenarios/black-hole/with-pod-deadline";
    jobsim(&["run", scenario, "-n", "30", "--save", folder.to_str().unwrap()]);
    jobsim(&["explain", scenario, "-n", "30", "--trace", trace.to_str().unwrap()]);
    let trace: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(trace).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let pods = std::fs::read_to_string(folder.join("pods.csv")).unwrap();
    let mut seen = 0;
    for row in pods.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let of = |name: &str| {
            events
                .iter()
                .find(|e| e["name"] == name && e["args"]["pod"].as_u64() == cells[1].parse().ok())
                .unwrap()
        };
        let at = |event: &serde_json::Value| event["ts"].as_f64().unwrap() / 1e6;
        assert!((at(of("pending")) - cells[4].parse::<f64>().unwrap()).abs() < 2e-6, "{row}");
        assert!((at(of("running")) - cells[6].parse::<f64>().unwrap()).abs() < 2e-6, "{row}");
        seen += 1;
    }
    assert!(seen >= 10);
}

#[test]
fn a_stuck_run_names_the_pod_that_hangs_and_what_would_free_it() {
    let text = jobsim(&["explain", "scenarios/black-hole", "-n", "50", "--why", "stuck"]);
    assert!(text.contains("pod 6 (index 6) runs since 02:30.5 and hangs since 02:37.7."), "{text}");
    assert!(text.contains("activeDeadlineSeconds in spec.template.spec"), "{text}");
}

/// Seconds of `mm:ss.s` or `h:mm:ss.s`.
fn seconds(clock: &str) -> f64 {
    clock.trim_matches(';').split(':').fold(0.0, |sum, part| 60.0 * sum + part.parse::<f64>().unwrap())
}

fn refused(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobsim"));
    let output = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Each line against pods.csv of the same run, and each pause against the rule.
#[test]
fn a_story_agrees_with_the_pod_table_and_with_the_rules() {
    let mut pauses = 0;
    for scenario in [
        "black-hole/with-pod-deadline",
        "doubling-pauses",
        "doubling-pauses/limit-ten",
        "dies-in-the-first-wave/limit-above-parallelism",
        "head-of-line",
        "rolling-deadline",
        "ignoring-restarts/limit-one-never",
    ] {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("story").join(scenario.replace('/', "-"));
        let _ = std::fs::remove_dir_all(&folder);
        let path = format!("scenarios/{scenario}");
        jobsim(&["run", &path, "-n", "20", "--save", folder.to_str().unwrap()]);
        let story = jobsim(&["explain", &path, "-n", "20", "--all"]);
        let zero: f64 =
            story.split("from its creation, ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let table = std::fs::read_to_string(folder.join("pods.csv")).unwrap();
        let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let cell = |pod: &str, column: usize| -> f64 {
            rows[pod.parse::<usize>().unwrap()][column].parse::<f64>().unwrap() - zero
        };
        let mut checked = 0;
        for line in story.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some(at) = words.first().filter(|word| word.contains(':') && !word.ends_with(':')) else {
                continue;
            };
            let at = seconds(at);
            // created_s, started_s and finished_s of pods.csv.
            let column = match &words[1..] {
                ["pod", _, .., "created"] => 4,
                ["pod", _, .., "running"] => 6,
                ["pod", _, ..] if line.contains(" succeeded (") || line.contains(" failed ") => 7,
                _ => 0,
            };
            if column > 0 && !words[2].contains([',', '-']) {
                assert!((at - cell(words[2], column)).abs() <= 0.051, "{scenario}: {line}");
                checked += 1;
            }
            if let Some(rest) = line.split("back-off ").nth(1).filter(|_| line.contains("sync: ")) {
                let length: f64 = match rest.split(' ').next().unwrap() {
                    "10m00s" => 600.0,
                    other => other.parse().unwrap(),
                };
                let from = seconds(rest.split("from ").nth(1).unwrap().split([';', ' ']).next().unwrap());
                let until = seconds(line.rsplit(' ').next().unwrap());
                // "N pods failed since the last success", "index I has failed N times".
                let n: i32 = match words[2] {
                    "index" => words[6].parse().unwrap(),
                    n => n.parse().unwrap(),
                };
                assert!((length - (10.0 * 2f64.powi(n - 1)).min(600.0)).abs() < 1e-9, "{scenario}: {line}");
                assert!((until - from - length).abs() <= 0.101, "{scenario}: {line}");
                pauses += 1;
            }
        }
        assert!(checked >= 2 * rows.len().min(8), "{scenario}: {checked} lines checked\n{story}");
    }
    assert!(pauses >= 25, "{pauses}");
}

#[test]
fn a_long_story_is_short_and_counts_every_pod() {
    let story = jobsim(&["explain", "scenarios/start-low-ramp-up", "--replication", "0"]);
    assert!(story.lines().count() <= 70, "{story}");
    let counted = |what: &str| -> u64 {
        let lines = story.lines().filter(|line| line.contains(", pods: "));
        let parts = lines.flat_map(|line| line.split(", pods: ").nth(1).unwrap().split(", "));
        parts.filter_map(|part| part.strip_suffix(what)).map(|n| n.trim().parse::<u64>().unwrap()).sum()
    };
    for what in ["created", "started", "succeeded"] {
        assert_eq!(counted(what), 2000, "{what}: {story}");
    }
    assert!(story.contains("2000 of 2000 succeeded"));
}

#[test]
fn filters_choose_lines_of_the_whole_story() {
    let scenario = "scenarios/doubling-pauses/limit-ten";
    let story = |more: &[&str]| {
        let text = jobsim(&[&["explain", scenario, "--replication", "0", "--all"], more].concat());
        let head = text.find("\n\n").unwrap() + 2;
        text[head..text.rfind("\n\n").unwrap()]
            .lines()
            .map(|line| line.trim().to_string())
            .collect::<Vec<_>>()
    };
    let whole = story(&[]);
    assert!(whole.len() > 60);
    let at = |line: &str| seconds(line.split(' ').next().unwrap());
    let window = story(&["--from", "10m", "--to", "31m"]);
    let wanted: Vec<String> =
        whole.iter().filter(|line| (600.0..=1860.0).contains(&at(line))).cloned().collect();
    assert_eq!(window, wanted);
    assert!(window.len() > 5 && window.len() < whole.len());
    for line in story(&["--pod", "7"]) {
        assert!(whole.contains(&line), "{line}");
        assert!(
            line.contains("pod 7") || line.contains("Job created") || line.contains("BackoffLimit"),
            "{line}"
        );
    }
    // A run of more than an hour tells hours, in one column.
    let long = jobsim(&["explain", "scenarios/rolling-deadline", "--replication", "0"]);
    assert!(long.contains("1:4") && long.lines().any(|line| line.starts_with("  00:00.0 ")), "{long}");
    let index = jobsim(&["explain", "scenarios/head-of-line", "--replication", "0", "--index", "1"]);
    assert!(index.contains("index 1 has failed 2 times → its back-off 20 s"), "{index}");
    assert!(!index.contains("(index 2)"), "{index}");
}

#[test]
fn options_that_find_nothing_are_mistakes() {
    let indexed = "scenarios/black-hole";
    for (arguments, want) in [
        (&[indexed, "--replication", "x"][..], "--replication x: expected a number from 0, median or worst"),
        (&[indexed, "--replication", "0", "--pod", "99"], "--pod 99: replication 0 has pods 0 to 9"),
        (&[indexed, "--replication", "0", "--index", "10"], "--index 10: there are indexes 0 to 9"),
        (&[indexed, "--replication", "0", "--pod", "3", "--index", "2"], "the index of pod 3 is 3"),
        (&["scenarios/queue-processor", "--replication", "0", "--index", "1"], "no Job is Indexed"),
        (&["scenarios/queue-processor", "--replication", "0", "--why-not-started", "1"], "is not Indexed"),
        (&[indexed, "--replication", "0", "--why-not-started", "10"], "indexes 0 to 9"),
        (&[indexed, "--from", "5m", "--to", "1m"], "--to is before --from"),
        (&[indexed, "--from", "90"], "--from 90: found 90 without a unit"),
        (&[indexed, "--why", "stuck", "--pod", "1"], "cannot be used with"),
        (&[indexed, "--why", "slow", "--why-not-started", "1"], "cannot be used with"),
        (&[indexed, "--why", "unlucky"], "possible values: stuck, failed, slow"),
        (&[indexed, "--replication", "0", "--trace", "scenarios"], "--trace scenarios: is a folder"),
        (&[indexed, "--replication", "0", "--trace", "not/there.json"], "--trace not/there.json: "),
    ] {
        let told = refused(&[&["explain"], arguments].concat());
        assert!(told.contains(want), "{arguments:?}: {told}");
    }
    assert!(!Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios.part").exists());
}

/// Through a link, so that a mistake would cost the link and not the device.
#[cfg(target_os = "linux")]
#[test]
fn a_trace_on_a_full_device_is_an_error_and_the_device_stays() {
    let link = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trace-on-full");
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink("/dev/full", &link).unwrap();
    let place = link.to_str().unwrap();
    let told = refused(&["explain", "scenarios/black-hole", "--replication", "0", "--trace", place]);
    assert!(told.contains("No space left"), "{told}");
    assert!(link.is_symlink() && !link.with_file_name("trace-on-full.part").exists());
}

#[test]
fn a_trace_is_what_viewers_expect() {
    let trace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("viewers.json");
    for scenario in [
        "dies-in-the-first-wave/limit-above-parallelism",
        "cron-at-midnight",
        "suspend-and-resume",
        "two-at-once",
        "success-policy/without",
    ] {
        jobsim(&[
            "explain",
            &format!("scenarios/{scenario}"),
            "--replication",
            "0",
            "--trace",
            trace.to_str().unwrap(),
        ]);
        let trace: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&trace).unwrap()).unwrap();
        let mut named = std::collections::BTreeSet::new();
        let mut spans: std::collections::BTreeMap<(u64, u64), Vec<(f64, f64)>> = Default::default();
        for event in trace["traceEvents"].as_array().unwrap() {
            let track = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
            assert!(track.0 >= 1 && track.1 >= 1 && !event["name"].as_str().unwrap().is_empty(), "{event}");
            assert!(event["ts"].as_f64().unwrap() >= 0.0, "{event}");
            match event["ph"].as_str().unwrap() {
                "M" if event["name"] == "thread_name" => {
                    assert!(named.insert(track), "{event}");
                }
                "M" => assert_eq!(event["name"], "process_name"),
                "i" => assert!(["t", "p"].contains(&event["s"].as_str().unwrap()), "{event}"),
                "X" => {
                    let (from, length) = (event["ts"].as_f64().unwrap(), event["dur"].as_f64().unwrap());
                    assert!(length >= 0.0, "{event}");
                    spans.entry(track).or_default().push((from, from + length));
                }
                other => panic!("{other}: {event}"),
            }
        }
        assert!(!spans.is_empty());
        for (track, mut list) in spans {
            assert!(named.contains(&track), "{track:?} has no name");
            list.sort_by(|a, b| a.0.total_cmp(&b.0));
            let apart = list.windows(2).all(|pair| pair[1].0 >= pair[0].1 - 1e-3);
            assert!(apart, "{scenario}: spans of one track overlap: {track:?}");
        }
    }
}

/// Two Jobs that take two rows in opposite order: each is told who has what it waits for.
#[test]
fn a_deadlock_is_told_with_who_holds_what() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deadlock.yaml");
    let job = |name: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{restartPolicy: Never, \
             containers: [{{name: c, image: i}}]}}}}}}\n---\n"
        )
    };
    let steps = |first: &str, second: &str| {
        format!("{{steps: [{{hold: {{of: {first}, steps: [{{run: 10s}}, {{call: {{to: {second}}}}}]}}}}]}}")
    };
    let text = format!(
        "{}{}apiVersion: jobsim/v1alpha1\nkind: Simulation\nspec:\n  workload: {{a: {}, b: {}}}\n  dependencies: {{one: {{lock: \
         {{}}}}, two: {{lock: {{}}}}}}\n",
        job("a"),
        job("b"),
        steps("one", "two"),
        steps("two", "one")
    );
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let why = jobsim(&["explain", file, "-n", "3", "--why", "stuck"]);
    assert!(
        why.contains(
            "pod 0 waits for two since 00:11.3: pod 0 of b holds it since 00:01.8 and waits for one."
        ),
        "{why}"
    );
    let run = jobsim(&["run", file, "-n", "3"]);
    let one_line = run.split_whitespace().collect::<Vec<&str>>().join(" ");
    let circle = "pod 0 of b holds two and waits for one; pod 0 of a holds one and waits for two";
    assert!(one_line.contains(circle), "{run}");
    let json: serde_json::Value =
        serde_json::from_str(&jobsim(&["run", file, "-n", "3", "-o", "json"])).unwrap();
    assert_eq!(json["dependencies"][0]["first_deadlock"]["circle"], circle);
}

/// What made a herd slow is the row that its pods wait for, not the number of slots.
#[test]
fn a_slow_herd_is_told_what_it_waited_for() {
    let why = jobsim(&["explain", "scenarios/thundering-herd/row-lock", "-n", "3", "--why", "slow"]);
    let line =
        why.lines().find(|line| line.starts_with("In calls of hot-row")).unwrap_or_else(|| panic!("{why}"));
    assert!(line.ends_with("more pods at a time only make that longer."), "{line}");
}
