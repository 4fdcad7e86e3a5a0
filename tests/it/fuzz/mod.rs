//! The reader on random inputs: a short part of what `examples/fuzz.rs` does for as long as one likes, what has been
//! found by it (`found/`), and inputs that are made to hold the machine.

mod inputs;

use std::time::{Duration, Instant};

use jobsim::input::load;
use jobsim::lint::lint;
use jobsim::report::diagnostics::{as_github, as_json, render};

/// Reads an input in all ways; nothing panics, and every finding has a place that exists.
fn read(input: &[u8]) {
    let (sources, findings) = match load(&["-".to_string()], &mut &input[..], &[]) {
        Ok(loaded) => {
            let mut findings = loaded.warnings.clone();
            findings.extend(lint(&loaded).into_iter().map(|advice| advice.diagnostic));
            findings.extend(loaded.notes.iter().cloned());
            (loaded.sources, findings)
        }
        Err(report) => (report.sources, report.diagnostics),
    };
    inputs::check(&sources, &findings);
    render(&sources, &findings);
    as_github(&sources, &findings);
    as_json(&sources, &findings);
}

#[test]
fn random_texts() {
    (0..400).for_each(|n| read(&inputs::bytes(2026, n)));
}

#[test]
fn random_changes_of_manifests() {
    (0..400).for_each(|n| read(&inputs::manifest(2026, n)));
}

#[test]
fn what_fuzzing_has_found() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fuzz/found");
    for entry in std::fs::read_dir(folder).unwrap() {
        read(&std::fs::read(entry.unwrap().path()).unwrap());
    }
}

/// Refused with a clear error, and soon: the time here is twenty times what it takes, so that a slow machine passes.
#[test]
fn inputs_that_are_made_to_hold_the_machine() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_string();
    for n in 1..12 {
        let uses = vec![format!("*a{}", n - 1); 10].join(",");
        bomb.push_str(&format!("a{n}: &a{n} [{uses}]\n"));
    }
    let merges: String = (1..2000).map(|n| format!("- &m{n} {{<<: *m{}, k{n}: 1}}\n", n - 1)).collect();
    let many_errors: String = (0..300_000).map(|n| format!("  x{n}: 1\n")).collect();
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n";
    let table: Vec<(&str, String, &str)> = vec![
        ("alias bomb", bomb, "error[too-large]"),
        ("merge keys", format!("- &m0 {{a: 1}}\n{merges}"), "error["),
        ("brackets", "[".repeat(100_000), "error[too-large]: nested too deeply"),
        ("maps", "{a: ".repeat(100_000), "error["),
        ("lists", "- ".repeat(100_000), "error["),
        ("quotes", "\"".repeat(16 << 20), "error["),
        ("one long line", format!("{job}  parallelism: \"{}\"\n", "9".repeat(15 << 20)), "error[wrong-type]"),
        ("one long key", format!("{job}  {}: 1\n", "k".repeat(1 << 20)), "error["),
        ("comments", "#".repeat(16 << 20), "error[no-job]"),
        ("too many bytes", " ".repeat((16 << 20) + 1), "error[too-large]: - is larger than 16 MiB"),
        ("unknown fields", format!("{job}{many_errors}"), "error[unknown-field]"),
        ("documents", "---\na: 1\n".repeat(200_000), "error["),
        ("broken documents", "---\na: [\n".repeat(20_000), "error["),
        (
            "wrong types",
            format!("{job}  template: {{spec: {{containers: [{}]}}}}\n", "5,".repeat(200_000)),
            "error[wrong-type]",
        ),
    ];
    for (name, text, expected) in table {
        let started = Instant::now();
        let report = load(&["-".to_string()], &mut text.as_bytes(), &[]).expect_err(name);
        inputs::check(&report.sources, &report.diagnostics);
        let shown = render(&report.sources, &report.diagnostics);
        let all = as_json(&report.sources, &report.diagnostics).to_string().len()
            + as_github(&report.sources, &report.diagnostics).len();
        assert!(shown.contains(expected), "{name}: {shown:.1000}");
        println!("{name}: {:?}, {all} bytes of JSON and annotations", started.elapsed());
        assert!(started.elapsed() < Duration::from_secs(20), "{name}: {:?}", started.elapsed());
    }
}
