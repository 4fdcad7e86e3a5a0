//! Replays `tests/conformance` and, where it is there, the whole set beside the repository.

use std::path::Path;

use jobsim::conformance::check;
use jobsim::conformance::format::Line;

fn replay_folder(folder: &Path) -> usize {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let mut played = 0;
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines() {
            let line: Line = serde_json::from_str(line).unwrap();
            played += 1;
            let found = check(&line).unwrap();
            if let Some(first) = found.first() {
                wrong.push(format!("{}: {first:?}", line.scenario.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {played} traces differ:\n{}", wrong.len(), wrong.join("\n"));
    played
}

#[test]
fn every_trace_of_the_repository_is_met() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    assert!(replay_folder(&folder) >= 1200);
}

#[test]
fn every_trace_beside_the_repository_is_met() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    assert!(replay_folder(&folder) > 2000);
}
