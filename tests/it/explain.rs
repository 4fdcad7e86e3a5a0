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
