//! CSV files open in pandas and DuckDB without options (`tests/csv/open.py`), and no cell is a formula for a spreadsheet.
//!
//! Needs a Python (JOBSIM_PYTHON, else python3) with both packages; without it the first test says so and is skipped. `.ci/run`
//! installs them and sets JOBSIM_PYTHON: then a skip is a failure.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Names that a spreadsheet would take for formulas, wherever the input lets somebody choose a name.
const SIMULATION: &str = "\
apiVersion: jobsim/v1alpha1
kind: Simulation
metadata: {name: formulas}
spec:
  replications: 5
  workload:
    default:
      steps:
      - call: {to: \"=HYPERLINK(1)\", service: 1s}
      - call: {to: \"@x\", service: 1s}
      - run: 10s
  dependencies:
    \"=HYPERLINK(1)\": {lock: {}}
    \"@x\": {server: {servers: 2}}
";

fn saved(folder: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let to = folder.join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_jobsim"))
        .args(arguments)
        .arg("--save")
        .arg(&to)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    to
}

fn fresh(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A folder with the names above.
fn formulas(folder: &Path) -> String {
    let inputs = folder.join("inputs");
    std::fs::create_dir_all(&inputs).unwrap();
    std::fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/queue-processor/job.yaml"),
        inputs.join("job.yaml"),
    )
    .unwrap();
    std::fs::write(inputs.join("simulation.yaml"), SIMULATION).unwrap();
    inputs.to_str().unwrap().to_string()
}

#[test]
fn csv_files_open_in_pandas_and_duckdb() {
    let given = std::env::var("JOBSIM_PYTHON");
    let python = given.clone().unwrap_or("python3".to_string());
    let folder = fresh("spreadsheets");
    let inputs = formulas(&folder);
    let folders = [
        saved(&folder, "stuck", &["run", "scenarios/black-hole", "-n", "20"]),
        saved(&folder, "shared", &["run", "scenarios/thundering-herd", "-n", "5"]),
        saved(&folder, "formulas", &["run", &inputs]),
        saved(
            &folder,
            "sweep",
            &["sweep", "scenarios/black-hole", "--vary", "parallelism=1,2,4", "-n", "10"],
        ),
        saved(&folder, "sweep-formulas", &["sweep", &inputs, "--vary", "parallelism=1,2", "-n", "5"]),
    ];
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/csv/open.py");
    let output = Command::new(&python).arg(script).args(&folders).output();
    let code = output.as_ref().ok().and_then(|output| output.status.code());
    if code.is_none_or(|code| code == 3) {
        assert!(given.is_err(), "{python}: {output:?}");
        eprintln!("skipped: {python} has not both pandas and duckdb");
        return;
    }
    let output = output.unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("13 files, 0 complaints"), "{out}");
}

#[test]
fn no_text_is_a_formula() {
    let folder = fresh("formulas");
    let inputs = formulas(&folder);
    let run = saved(&folder, "run", &["run", &inputs]);
    let sweep = saved(&folder, "sweep", &["sweep", &inputs, "--vary", "parallelism=1,2", "-n", "5"]);
    let dependencies = std::fs::read_to_string(run.join("dependencies.csv")).unwrap();
    assert!(dependencies.contains(",'=HYPERLINK(1),") && dependencies.contains(",'@x,"), "{dependencies}");
    let header = std::fs::read_to_string(sweep.join("sweep.csv")).unwrap();
    assert!(header.contains(",'=HYPERLINK(1).calls,") && header.contains(",'@x.calls,"), "{header}");
}
