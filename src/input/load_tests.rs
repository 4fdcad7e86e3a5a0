//! Tests of [`super::load`]: whole inputs, good and bad.

use super::*;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::patch::Change;
use crate::model::scenario::Action;
use crate::model::workload::{FailureLaw, OnTerm, RunTime, SampledWorkload, Workload};

const JOB: &str = "\
apiVersion: batch/v1
kind: Job
metadata:
  name: work
spec:
  completionMode: Indexed
  completions: 4
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: app:1
";

fn load_text(text: &[u8], sets: &[&str]) -> Result<Loaded, Box<Report>> {
    let sets: Vec<String> = sets.iter().map(|s| s.to_string()).collect();
    load(&["-".to_string()], &mut &text[..], &sets)
}

fn good(text: &str, sets: &[&str]) -> Loaded {
    load_text(text.as_bytes(), sets).unwrap_or_else(|report| panic!("{}", report.render()))
}

/// The Job and a Simulation with this `spec` (two blanks deep).
fn with(spec: &str) -> String {
    format!("{JOB}---\napiVersion: jobsim/v1alpha1\nkind: Simulation\nspec:\n{spec}")
}

fn sampled(loaded: &Loaded, job: usize) -> &SampledWorkload {
    match &loaded.scenario.jobs[job].workload {
        Workload::Sampled(workload) => workload,
        Workload::Scripted(_) => panic!("not sampled"),
    }
}

#[test]
fn a_bare_manifest_stands_on_named_defaults() {
    let loaded = good(JOB, &[]);
    assert_eq!((loaded.seed, loaded.replications), (42, Replications::Count(1000)));
    assert_eq!(loaded.scenario.horizon, SimTime::from_seconds(30.0 * 86_400.0));
    assert_eq!(loaded.scenario.jobs[0].submit.as_text(), "uniform min 0s max 1s");
    assert_eq!(
        loaded.defaults,
        [
            "seed: 42",
            "replications: 1000",
            "horizon: 30d",
            "controlPlane: preset kubernetes (20 requests/s, burst 30, 5ms latency, 5ms watch delay)",
            "submit: uniform min 0s max 1s",
            "schedule: 50ms",
            "startup: logNormal median 1.5s p99 5s",
            "steps: one run of logNormal median 60s p95 180s",
        ]
    );
    assert_eq!(loaded.sha256.len(), 64);
    assert_eq!(loaded.jobs[0].container, "main");
}

#[test]
fn every_field_of_the_simulation_is_read() {
    let loaded = good(
        &with(
            "  seed: 7
  replications: {relativeError: 1%, confidence: 99%, min: 50, max: 2000}
  horizon: 2d
  controlPlane: {preset: unlimited, qps: 5, apiLatency: 3ms, podGC: {first: 1s, period: 2s}}
  jobs:
    work: {submit: 5s}
  workload:
    default:
      schedule: never
      startup: {uniform: {min: 1s, max: 2s}}
      steps:
      - run: {exponential: {mean: 20s}}
      - run: 500ms
      failure: {rate: 2/h, exitCode: 3}
    work:
      schedule: 1s
      hang: {probability: 0.1%}
      poison: {indexes: \"1,3\", exitCode: 2}
  timeline:
  - at: 90s
    suspend: {}
  - {at: 1m, patch: {spec: {parallelism: 20}}}
  - {at: 2m, deletePod: {ordinal: 7}}
  - {at: 2m, evictPod: {index: 3}}
  - {at: 3m, restartController: {}}
  - {at: 4m, deleteJob: {propagation: Foreground}}
",
        ),
        &[],
    );
    let auto = Replications::Auto { relative_error: 0.01, confidence: 0.99, min: 50, max: 2000 };
    assert_eq!((loaded.seed, loaded.replications), (7, auto));
    let plane = loaded.scenario.control_plane;
    assert_eq!(plane.client_limit.map(|l| (l.qps, l.burst)), Some((5.0, 30)));
    assert_eq!(plane.api_latency, SimDuration::from_nanos(3_000_000));
    assert_eq!(loaded.scenario.jobs[0].submit.as_text(), "5s");
    let workload = sampled(&loaded, 0);
    assert_eq!(
        (workload.schedule.as_text(), workload.startup.as_text()),
        ("1s".into(), "uniform min 1s max 2s".into())
    );
    assert!(matches!(&workload.run, RunTime::Steps(steps) if steps.len() == 2));
    assert_eq!(workload.failure.map(|f| f.exit_code), Some(3));
    assert_eq!(workload.failure.map(|f| f.law), Some(FailureLaw::RatePerSecond(2.0 / 3600.0)));
    assert_eq!(workload.hang_probability, 0.001);
    assert_eq!(workload.poison.as_ref().map(|p| p.indexes.clone()), Some(vec![(1, 1), (3, 3)]));
    let timeline = &loaded.scenario.timeline;
    assert_eq!(
        timeline.iter().map(|t| t.at.seconds()).collect::<Vec<_>>(),
        [60.0, 90.0, 120.0, 120.0, 180.0, 240.0]
    );
    assert!(
        matches!(&timeline[0].action, Action::Patch { patch, .. } if patch.parallelism == Change::To(20))
    );
    assert!(matches!(&timeline[1].action, Action::Patch { patch, .. } if patch.suspend == Change::To(true)));
    assert!(loaded.defaults.is_empty(), "{:?}", loaded.defaults);
}

#[test]
fn every_distribution_is_read() {
    let table = [
        ("90s", "90s"),
        ("never", "never"),
        ("{constant: 50ms}", "50ms"),
        ("{uniform: {min: 1s, max: 2s}}", "uniform min 1s max 2s"),
        ("{exponential: {mean: 20ms}}", "exponential mean 20ms"),
        ("{logNormal: {median: 1.5s, sigma: 0.75}}", "logNormal median 1.5s sigma 0.75"),
        ("{logNormal: {median: 60s, p90: 120s}}", "logNormal median 60s p90 120s"),
        ("{logNormal: {mean: 30s, cv: 0.5}}", "logNormal mean 30s cv 0.5"),
        ("{weibull: {shape: 0.7, scale: 40s}}", "weibull shape 0.7 scale 40s"),
        ("{gamma: {shape: 4.5, mean: 30s}}", "gamma shape 4.5 mean 30s"),
        ("{pareto: {min: 3s, alpha: 2.5}}", "pareto min 3s alpha 2.5"),
        ("{pareto: {min: 3s, alpha: 2, max: 5m}}", "pareto min 3s alpha 2 max 300s"),
        ("{empirical: [4s, 1s]}", "empirical 2 values from 1s to 4s"),
        ("{shifted: {by: 5s, of: {exponential: {mean: 2s}}}}", "shifted by 5s (exponential mean 2s)"),
        ("{mixture: [{weight: 0.9, of: 2s}, {weight: 0.1, of: never}]}", "mixture 0.9 (2s) + 0.1 (never)"),
    ];
    for (text, expected) in table {
        let loaded = good(&with(&format!("  workload: {{default: {{startup: {text}}}}}\n")), &[]);
        assert_eq!(sampled(&loaded, 0).startup.as_text(), expected);
    }
}

#[test]
fn by_index_has_one_distribution_for_each_index() {
    let loaded =
        good(&with("  workload: {default: {steps: [{run: {byIndex: [1s, 2s, 3s, never]}}]}}\n"), &[]);
    assert!(matches!(&sampled(&loaded, 0).run, RunTime::ByIndex(list) if list.len() == 4));
}

#[test]
fn a_container_takes_its_time_on_sigterm() {
    let on_term = |text: &str| sampled(&good(&with(text), &[]), 0).on_term;
    assert_eq!(on_term("  workload: {default: {hang: {probability: 0}}}\n"), OnTerm::DEFAULT);
    let slow = on_term("  workload: {default: {onTerm: {after: 45s, exitCode: 0}}}\n");
    assert_eq!(slow, OnTerm { after: SimDuration::from_seconds(45.0), exit_code: 0 });
    let own = on_term("  workload: {default: {onTerm: {after: 45s}}, work: {onTerm: {after: 1s}}}\n");
    assert_eq!(own, OnTerm { after: SimDuration::from_seconds(1.0), exit_code: 143 });
}

#[test]
fn options_override_any_field() {
    let loaded = good(
        JOB,
        &[
            "spec.parallelism=4",
            "work:spec.template.spec.containers[0].image=other",
            "simulation.controlPlane.qps=50",
            "simulation.workload.default.steps=[{run: {exponential: {mean: 2s}}}]",
            "backoff-limit=9",
            "active-deadline=10m",
            "completions=3",
        ],
    );
    let spec = &loaded.scenario.jobs[0].spec;
    assert_eq!((spec.parallelism, spec.backoff_limit, spec.completions()), (4, 9, Some(3)));
    assert_eq!(spec.active_deadline, Some(SimDuration::from_whole_seconds(600)));
    assert_eq!(loaded.scenario.control_plane.client_limit.map(|l| l.qps), Some(50.0));
    assert_ne!(loaded.sha256, good(JOB, &[]).sha256);
    let wrong = [
        ("spec.parallelism", "there is no '='"),
        ("parralelism=3", "found the path \"parralelism\""),
        ("other:spec.parallelism=3", "there is no Job \"other\""),
        ("spec.paralelism=3", "unknown field `paralelism`"),
        ("spec.parallelism=\"4\"", "found the text \"4\""),
        ("spec.template.spec.containers[5].image=x", "spec.template.spec.containers[5] is not there"),
        ("simulation.horizon=30", "found 30 without a unit"),
        ("spec.parallelism=[", "yaml-syntax"),
    ];
    for (set, expected) in wrong {
        let text = load_text(JOB.as_bytes(), &[set]).unwrap_err().render();
        assert!(text.contains(expected), "{set}: {text}");
    }
}

#[test]
fn lists_cron_jobs_and_other_kinds() {
    let list = "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [\
        {\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"settings\"}},\
        {\"apiVersion\":\"batch/v1\",\"kind\":\"CronJob\",\"metadata\":{\"name\":\"nightly\"},\"spec\":{\"schedule\":\"0 0 * * *\",\
        \"jobTemplate\":{\"spec\":{\"template\":{\"spec\":{\"restartPolicy\":\"OnFailure\",\
        \"containers\":[{\"name\":\"a\",\"image\":\"b\"}]}}}}}}]}";
    let loaded = good(list, &["nightly:spec.parallelism=3"]);
    assert_eq!(
        (loaded.scenario.jobs[0].name.as_str(), loaded.scenario.jobs[0].spec.parallelism),
        ("nightly", 3)
    );
    assert_eq!(
        crate::report::diagnostics::render(&loaded.sources, &loaded.notes),
        "note[skipped-kind]: skipped ConfigMap settings (-:1:48)\n\
         note[cron-job]: CronJob nightly (schedule 0 0 * * *): one Job of its jobTemplate is simulated, not its schedule (-:1:118)\n"
    );
    assert_eq!(loaded.jobs[0].schedule.as_deref(), Some("0 0 * * *"));
}

#[test]
fn jobs_of_one_name_in_two_namespaces_are_told_apart() {
    let other = JOB.replace("  name: work", "  name: work\n  namespace: b");
    let loaded = good(&format!("{JOB}---\n{other}"), &[]);
    let names: Vec<&str> = loaded.scenario.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["default/work", "b/work"]);
}

/// Every bad input has a place and says what is wrong; none panics.
#[test]
fn bad_inputs() {
    let long_value = format!("{JOB}  ttlSecondsAfterFinished: {}\n", "9".repeat(40));
    let table: Vec<(String, &str)> = vec![
        (
            "".into(),
            "error[no-job]: no Job: found no document, expected at least one Job of batch/v1\n --> -:1:1",
        ),
        ("# nothing\n".into(), "error[no-job]"),
        ("just text\n".into(), "error[wrong-kind]: found the text \"just text\""),
        ("a: [1\nb: }".into(), "error[yaml-syntax]"),
        ("\u{0}\u{1}\u{2}".into(), "error["),
        ("a: b\n".into(), "error[wrong-kind]: kind is missing"),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n".into(),
            "error[no-job]: no Job: skipped Pod p (-:1:1)",
        ),
        (
            JOB.replace("kind: Job", "kind: job"),
            "error[wrong-kind]: found kind \"job\", expected Job, CronJob or Simulation\n --> -:2:7",
        ),
        (
            JOB.replace("batch/v1", "batch/v1beta1"),
            "found the text \"batch/v1beta1\", expected batch/v1\n --> -:1:13",
        ),
        (
            JOB.replace("parallelism", "paralelism"),
            "error[unknown-field]: unknown field `paralelism` in spec\n --> -:8:3\n  |\n8 |   paralelism: 2\n  |   ^^^^^^^^^^\n",
        ),
        (
            JOB.replace("image:", "imgae:"),
            "unknown field `imgae` in spec.template.spec.containers[0]\n  --> -:14:9",
        ),
        (
            JOB.replace("completions: 4", "completions: \"4\""),
            "error[wrong-type]: spec.completions: found the text \"4\", expected a whole number of 32 bits\n --> -:7:16",
        ),
        (
            JOB.replace("parallelism: 2", "parallelism: 2\n  completions: 5"),
            "error[duplicate-key]: `completions` is given twice in the same map\n --> -:9:3",
        ),
        (
            JOB.replace("parallelism: 2", "parallelism: 99999999999"),
            "found the number 99999999999, expected a whole number of 32 bits\n --> -:8:16",
        ),
        (
            JOB.replace("parallelism: 2", "parallelism: -2"),
            "error[invalid-value]: spec.parallelism: found -2, expected 0 or more\n --> -:8:16",
        ),
        (JOB.replace("Never", "Always"), "expected Never or OnFailure\n  --> -:11:22"),
        (
            JOB.replace("  name: work", "  name: 5"),
            "metadata.name: found the number 5, expected text\n --> -:4:9",
        ),
        (long_value, "spec.ttlSecondsAfterFinished: found the number 1e40"),
        (
            format!("{JOB}---\n{JOB}"),
            "error[duplicate-job]: a second Job \"work\" in namespace \"default\"\n  --> -:16:1",
        ),
        (
            with("  seed: 1\n---\napiVersion: jobsim/v1alpha1\nkind: Simulation\n"),
            "error[duplicate-simulation]",
        ),
        (with("  sead: 1\n"), "unknown field `sead` in spec, expected seed, replications"),
        (
            with("  horizon: 30\n"),
            "error[invalid-value]: spec.horizon: found 30 without a unit, expected a duration such as 30s, 30ms or 30m\n  --> -:19:12",
        ),
        (with("  horizon: never\n"), "spec.horizon: found never, expected a duration"),
        (with("  seed: -1\n"), "spec.seed: found -1, expected 0 to"),
        (with("  replications: 0\n"), "spec.replications: found 0, expected 1 to"),
        (
            with("  replications: 1e300\n"),
            "spec.replications: found the number 1e300, expected a whole number",
        ),
        (
            with("  controlPlane: {preset: kubernets}\n"),
            "found the text \"kubernets\", expected kubernetes, unlimited or ideal",
        ),
        (with("  controlPlane: {qps: .inf}\n"), "error["),
        (with("  controlPlane: {qps: 0}\n"), "spec.controlPlane.qps: found 0, expected more than 0"),
        (
            with("  jobs: {other: {submit: 1s}}\n"),
            "error[unknown-job]: spec.jobs: there is no Job \"other\", the input has: work\n  --> -:19:10",
        ),
        (
            with("  workload: {other: {startup: 1s}}\n"),
            "spec.workload: there is no Job \"other\", the input has: work",
        ),
        (
            with("  timeline: [{at: 1s, job: other, suspend: {}}]\n"),
            "spec.timeline[0].job: there is no Job \"other\"",
        ),
        (with("  timeline: [{at: 1s}]\n"), "spec.timeline[0]: found 0 actions"),
        (with("  timeline: [{suspend: {}}]\n"), "spec.timeline[0]: `at` is missing"),
        (with("  timeline: [{at: 1s, patch: {spec: {paralelism: 2}}}]\n"), "unknown field `paralelism`"),
        (
            with("  timeline: [{at: 1s, dependency: db, down: {for: 1s}}]\n"),
            "there is no dependency \"db\", the Simulation has no `dependencies`",
        ),
        (with("  dependencies: []\n"), "spec.dependencies: found a list, expected a map of names"),
        (with("  policies: {}\n"), "spec.policies: found a map, expected a list"),
        (
            with("  workload: {default: {steps: [{call: {to: db}}]}}\n"),
            "spec.workload.default.steps[0].call.to: there is no dependency \"db\"",
        ),
        (with("  workload: {default: {steps: []}}\n"), "found an empty list"),
        (with("  workload: {default: {onTerm: {}}}\n"), "spec.workload.default.onTerm: `after` is missing"),
        (with("  workload: {default: {onTerm: {after: 45}}}\n"), "found 45 without a unit"),
        (with("  workload: {default: {onTerm: {after: 1s, exitCode: 256}}}\n"), "onTerm.exitCode: found 256"),
        (
            with("  workload: {default: {steps: [{run: {byIndex: [1s]}}]}}\n"),
            "byIndex: found 1 distributions, expected as many as completions (4)",
        ),
        (
            with("  workload: {default: {failure: {probability: 1.5}}}\n"),
            "found 1.5, expected a probability between 0 and 1 (0% and 100%)\n  --> -:19:47",
        ),
        (
            with("  workload: {default: {failure: {probability: 150%}}}\n"),
            "found 150%, expected a probability",
        ),
        (
            with("  workload: {default: {failure: {probability: 1%, rate: 2/h}}}\n"),
            "expected exactly one of probability and rate",
        ),
        (
            with("  workload: {default: {failure: {probability: 1%, exitCode: 0}}}\n"),
            "exitCode: found 0, expected 1 to 255",
        ),
        (
            with("  workload: {default: {poison: {indexes: \"7\"}}}\n"),
            "poison: found index 7, expected less than the completions of work (4)",
        ),
        (with("  workload: {default: {startup: 5}}\n"), "found 5 without a unit"),
        (with("  workload: {default: {startup: \"5\"}}\n"), "found 5 without a unit"),
        (
            with("  workload: {default: {startup: {normal: {mean: 5s}}}}\n"),
            "unknown field `normal` in spec.workload.default.startup, expected constant, uniform",
        ),
        (
            with("  workload: {default: {startup: {uniform: {min: 5s, max: 1s}}}}\n"),
            "max must be greater than min (5s), found 1s\n  --> -:19:58",
        ),
        (
            with("  workload: {default: {startup: {uniform: {min: 5s}}}}\n"),
            "spec.workload.default.startup.uniform: `max` is missing",
        ),
        (
            with("  workload: {default: {startup: {logNormal: {median: 5s}}}}\n"),
            "expected median with one of sigma, p90, p95, p99, or mean with cv",
        ),
        (
            with("  workload: {default: {startup: {empirical: {file: /no/such/file}}}}\n"),
            "error[unreadable]: cannot read /no/such/file",
        ),
        (with("  workload: {default: {startup: {mixture: []}}}\n"), "found an empty list"),
        (with("  workload: 5\n"), "spec.workload: found the number 5, expected a map"),
        ("[".repeat(100_000), "error[too-large]: nested too deeply"),
        ("{a: ".repeat(100_000), "error["),
        (format!("{JOB}status: {}\n", "[".repeat(100_000)), "error["),
    ];
    for (text, expected) in table {
        let report = load_text(text.as_bytes(), &[]).expect_err(&text);
        let rendered = report.render();
        assert!(rendered.contains(expected), "{text:.2000}\nexpected {expected}\nfound {rendered}");
        let placed = |d: &Diagnostic| d.span.is_some();
        assert!(report.diagnostics.iter().all(placed), "{rendered}");
    }
}

#[test]
fn all_findings_of_all_documents_come_at_once() {
    let text = with("  seed: -1\n  horizon: 3\n  workload: {other: {startup: 5}}\n")
        .replace("parallelism: 2", "parallelism: -2\n  backoffLimit: -1");
    let report = load_text(text.as_bytes(), &[]).unwrap_err();
    let lines: Vec<String> =
        report.diagnostics.iter().map(|d| report.sources.location(d.span.unwrap())).collect();
    assert_eq!(lines, ["-:8:16", "-:9:17", "-:20:9", "-:21:12", "-:22:14", "-:22:31"]);
}

#[test]
fn bytes_that_are_not_utf8() {
    let mut text = JOB.as_bytes().to_vec();
    text.extend(b"# k\xe4se\n");
    let report = load_text(&text, &[]).unwrap_err().render();
    assert!(report.contains("error[not-utf8]: - is not UTF-8: byte 0xe4"), "{report}");
    assert!(report.contains("--> -:15:4"), "{report}");
}

#[test]
fn ten_megabytes_are_read_and_seventeen_are_refused() {
    let line = "  # a comment that makes this file long enough to be a test of it\n".repeat(1000);
    // Annotations would be refused above 256 KiB; nobody limits variables.
    let entry =
        |n: usize| format!("        - {{name: KEY_{n}, value: 'some text, so that the file gets longer'}}\n");
    let variables: String = (0..130_000).map(entry).collect();
    let big = format!(
        "{}        env:\n{variables}",
        JOB.replace("  name: work\n", &format!("  name: work\n{line}"))
    );
    assert!(big.len() > 9_000_000, "{}", big.len());
    assert_eq!(good(&big, &[]).scenario.jobs.len(), 1);
    let report = load_text("#".repeat(17 << 20).as_bytes(), &[]).unwrap_err().render();
    assert!(report.contains("error[too-large]: - is larger than 16 MiB\n --> -:1:1"), "{report}");
}

#[test]
fn folders_are_read_in_order_and_not_below() {
    let folder = std::env::temp_dir().join(format!("jobsim-load-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("below")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("job.yaml", JOB);
    write("below/job.yaml", "not: read");
    write("notes.txt", "not: read");
    write("runs.txt", "# seconds\n10s\n\n20s\n");
    write(
        "simulation.yaml",
        "apiVersion: jobsim/v1alpha1\nkind: Simulation\nspec:\n  workload:\n    default:\n      steps:\n      - run: {empirical: {file: runs.txt}}\n",
    );
    let path = folder.to_string_lossy().into_owned();
    let loaded = load(std::slice::from_ref(&path), &mut std::io::empty(), &[])
        .unwrap_or_else(|r| panic!("{}", r.render()));
    assert!(
        matches!(&sampled(&loaded, 0).run, RunTime::Steps(s) if s[0].as_text() == "empirical 2 values from 10s to 20s")
    );
    write("runs.txt", "10s\n20\n");
    let report = load(std::slice::from_ref(&path), &mut std::io::empty(), &[]).unwrap_err().render();
    assert!(report.contains("runs.txt:2:1") && report.contains("20 without a unit"), "{report}");
    let missing = format!("{path}/missing.yaml");
    let report =
        load(&[missing, format!("{path}/below/..//nothing")], &mut std::io::empty(), &[]).unwrap_err();
    assert_eq!(report.diagnostics.iter().filter(|d| d.code == "unreadable").count(), 2);
    std::fs::remove_dir_all(folder).unwrap();
}
