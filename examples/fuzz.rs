//! Fuzzing of the reader, without a nightly toolchain: random but reproducible.
//!
//! `cargo run --release --example fuzz -- bytes 600 [SEED]` reads texts made of pieces of manifests, YAML signs and noise;
//! `... -- manifests 600 [SEED]` changes real manifests at random places of their trees (values, names, types, order).
//! Each input goes through load, lint, and all three pictures of findings. A panic stops it with the input in
//! `target/fuzz-*.yaml`; an input that takes more than a few seconds does as well (the debug profile checks more).

use std::time::{Duration, Instant};

use jobsim::input::load;
use jobsim::lint::lint;
use jobsim::report::diagnostics::{as_github, as_json, render};

#[path = "../tests/it/fuzz/inputs.rs"]
mod inputs;

/// Longest time for one input, on a machine that does other things, too.
const SLOW: Duration = Duration::from_secs(10);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (kind, seconds) = match arguments.as_slice() {
        [kind, seconds, ..] if ["bytes", "manifests"].contains(&kind.as_str()) => (kind.clone(), seconds),
        _ => {
            eprintln!("usage: fuzz bytes|manifests SECONDS [SEED]");
            std::process::exit(2);
        }
    };
    let seconds: u64 = seconds.parse().expect("SECONDS is a number");
    let seed: u64 = arguments.get(2).map_or(1, |seed| seed.parse().expect("SEED is a number"));
    let (started, mut n, mut bad, mut longest) = (Instant::now(), 0u64, 0u64, Duration::ZERO);
    while started.elapsed() < Duration::from_secs(seconds) {
        let input = match kind.as_str() {
            "bytes" => inputs::bytes(seed, n),
            _ => inputs::manifest(seed, n),
        };
        // Left behind when what follows panics (the release profile aborts).
        let path = format!("target/fuzz-{kind}.yaml");
        std::fs::write(&path, &input).expect("target can be written");
        let began = Instant::now();
        bad += u64::from(!read(&input));
        longest = longest.max(began.elapsed());
        if began.elapsed() > SLOW {
            println!("{kind} seed {seed} number {n}: {:?}; the input is in {path}", began.elapsed());
            std::process::exit(1);
        }
        n += 1;
    }
    println!(
        "{kind} seed {seed}: {n} inputs in {seconds} s, {bad} refused, longest {longest:?}, {}",
        memory()
    );
}

/// Whether it was accepted.
fn read(input: &[u8]) -> bool {
    match load(&["-".to_string()], &mut &input[..], &[]) {
        Ok(loaded) => {
            let mut findings = loaded.warnings.clone();
            findings.extend(lint(&loaded).into_iter().map(|advice| advice.diagnostic));
            findings.extend(loaded.notes.iter().cloned());
            inputs::check(&loaded.sources, &findings);
            let shown =
                render(&loaded.sources, &findings).len() + as_github(&loaded.sources, &findings).len();
            assert!(shown + as_json(&loaded.sources, &findings).to_string().len() > 0);
            true
        }
        Err(report) => {
            inputs::check(&report.sources, &report.diagnostics);
            let shown = render(&report.sources, &report.diagnostics).len()
                + as_github(&report.sources, &report.diagnostics).len();
            assert!(shown + as_json(&report.sources, &report.diagnostics).to_string().len() > 0);
            false
        }
    }
}

/// Most memory of this process so far (Linux).
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    peak.map_or_else(String::new, |line| line.split_whitespace().collect::<Vec<_>>().join(" "))
}
