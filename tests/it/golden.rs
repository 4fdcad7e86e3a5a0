//! The result folder of a small scenario, byte for byte; `tests/golden/README.md` has the command that makes it again.

use std::path::Path;
use std::process::Command;

#[test]
fn the_result_folder_has_the_golden_bytes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let to = std::env::temp_dir().join(format!("jobsim-golden-{}", std::process::id()));
    let run = Command::new(env!("CARGO_BIN_EXE_jobsim"))
        .args(["run", "tests/golden/scenario", "--save"])
        .arg(&to)
        .current_dir(root)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    for file in ["summary.json", "replications.csv", "pods.csv", "timeline.csv"] {
        let want = std::fs::read_to_string(root.join("tests/golden/expected").join(file)).unwrap();
        let got = std::fs::read_to_string(to.join(file)).unwrap();
        let first = want.lines().zip(got.lines()).find(|(want, got)| want != got);
        assert!(want == got, "{file}: {first:?}; tests/golden/README.md says how to make it again");
    }
    std::fs::remove_dir_all(&to).unwrap();
}
