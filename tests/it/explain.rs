//! `jobsim explain`: the same run as `run --save` shows, and a trace that is well-formed.

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
