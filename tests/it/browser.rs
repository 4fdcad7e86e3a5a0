//! report.html in a real browser: `tests/browser/check.mjs` opens pages that are made here, hostile ones among them.
//!
//! Needs node, Chromium (or CHROMIUM=path) and `npm ci` in tests/browser; without one of them it says so and is skipped.
//! `.ci/run` installs all three and sets JOBSIM_BROWSER=required: then a skip is a failure. JOBSIM_PICTURES=DIR keeps
//! pictures of the pages.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A manifest in which somebody put markup wherever the API server lets them.
const HOSTILE_JOB: &str = "\
# <script>globalThis.hacked = 1</script> \u{202e}txt.exe שלום
apiVersion: batch/v1
kind: Job
metadata:
  name: hostile
  annotations:
    note: \"</pre></details><img src=x onerror='globalThis.hacked = 2'>\"
    more: |
      \"'><svg onload=globalThis.hacked=3>
      --></script><script>globalThis.hacked = 4</script>
spec:
  completionMode: Indexed
  completions: 4
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: main, image: \"x<y>&amp;\"}
";
const HOSTILE_SIMULATION: &str = "\
apiVersion: jobsim/v1alpha1
kind: Simulation
metadata: {name: hostile}
spec:
  replications: 20
  workload:
    default:
      steps:
      - call: {to: \"\\\"><script>globalThis.hacked=5</script>\"}
      - run: 10s
      hang: {probability: 20%}
  dependencies:
    \"\\\"><script>globalThis.hacked=5</script>\": {lock: {}}
";
/// What has to be seen as text, as a JSON list.
const HOSTILE_TEXTS: &str = r#"[
  "<script>globalThis.hacked = 1</script>", "⟨U+202E⟩txt.exe", "שלום",
  "</pre></details><img src=x onerror='globalThis.hacked = 2'>", "\"'><svg onload=globalThis.hacked=3>",
  "--></script><script>globalThis.hacked = 4</script>", "\"><script>globalThis.hacked=5</script>",
  "\"><img src=x onerror=globalThis.hacked=6>.yaml", "x<y>&amp;"
]"#;

fn save(folder: &Path, name: &str, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_jobsim"))
        .args(arguments)
        .arg("--save")
        .arg(folder.join(name))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Why the pages cannot be opened here.
fn missing(scripts: &Path) -> Option<String> {
    if Command::new("node").arg("--version").output().is_err() {
        return Some("node is not there".to_string());
    }
    if !scripts.join("node_modules/playwright-core").exists() {
        return Some("tests/browser/node_modules is not there (npm ci)".to_string());
    }
    let chromium = std::env::var("CHROMIUM").unwrap_or("/usr/bin/chromium".to_string());
    (!Path::new(&chromium).exists()).then(|| format!("{chromium} is not there"))
}

#[test]
fn pages_are_valid_accessible_alive_and_harmless() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    if let Some(reason) = missing(&scripts) {
        assert!(std::env::var("JOBSIM_BROWSER").is_err(), "{reason}");
        eprintln!("skipped: {reason}");
        return;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("browser");
    let _ = std::fs::remove_dir_all(&folder);
    let inputs = folder.join("inputs");
    std::fs::create_dir_all(&inputs).unwrap();
    let job = inputs.join("\"><img src=x onerror=globalThis.hacked=6>.yaml");
    std::fs::write(&job, HOSTILE_JOB).unwrap();
    std::fs::write(inputs.join("simulation.yaml"), HOSTILE_SIMULATION).unwrap();
    std::fs::write(folder.join("hostile.json"), HOSTILE_TEXTS).unwrap();
    for name in ["black-hole", "thundering-herd", "queue-processor"] {
        save(
            &folder,
            name,
            &["run", &format!("scenarios/{name}"), "-n", "60", "--done-by", "6m", "--gate", "stuck<=90%"],
        );
    }
    save(&folder, "sweep", &["sweep", "scenarios/black-hole", "--vary", "parallelism=1..10:+1", "-n", "20"]);
    let cure = "scenarios/black-hole/with-pod-deadline";
    save(
        &folder,
        "compare",
        &["compare", "scenarios/black-hole", cure, "--variant", "spec.parallelism=5", "-n", "40"],
    );
    let deadline = "spec.template.spec.activeDeadlineSeconds=null,300,600";
    save(
        &folder,
        "recommend",
        &[
            "recommend",
            "scenarios/black-hole",
            "--minimize",
            "makespan",
            "--subject-to",
            "stuck<=5%",
            "--vary",
            deadline,
        ],
    );
    let hostile = inputs.to_str().unwrap();
    save(&folder, "hostile", &["run", hostile]);
    save(&folder, "hostile-sweep", &["sweep", hostile, "--vary", "parallelism=1,2", "-n", "10"]);
    let variant = "spec.template.metadata.annotations={a: \"<script>globalThis.hacked=7</script>\"}";
    save(&folder, "hostile-compare", &["compare", hostile, "--variant", variant, "-n", "10"]);
    let recommend =
        ["recommend", hostile, "--minimize", "wasted_pod", "--vary", "parallelism=1,2", "--brief"];
    save(&folder, "hostile-recommend", &recommend);

    let mut command = Command::new("node");
    command.arg(scripts.join("check.mjs")).arg(&folder);
    if let Some(pictures) = std::env::var_os("JOBSIM_PICTURES") {
        command.arg("--pictures").arg(pictures);
    }
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("10 pages"), "{out}");
}
