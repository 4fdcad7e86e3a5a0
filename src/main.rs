fn main() {
    let mut pass = 0;
    let mut fail = 0;
    for f in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&f).unwrap();
        for l in text.lines() {
            let line: jobsim::conformance::format::Line = serde_json::from_str(l).unwrap();
            if !line.trace.rejected.is_empty() { continue; }
            let t = jobsim::conformance::replay::play(&line.scenario).unwrap();
            let d = jobsim::conformance::compare::differences(&line.trace, &t);
            if d.is_empty() { pass += 1 } else { fail += 1; println!("{} {}: {} recorded {} simulated {}", line.scenario.name, d[0].at.unwrap_or(-1.0), d[0].what, d[0].recorded, d[0].simulated); }
        }
    }
    println!("{pass} passed, {fail} failed");
}
