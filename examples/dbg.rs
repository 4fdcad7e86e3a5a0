fn main() {
    let a: Vec<String> = std::env::args().collect();
    for l in std::fs::read_to_string(&a[1]).unwrap().lines() {
        if !l.contains(&format!("\"{}\"", a[2])) { continue; }
        let line: jobsim::conformance::format::Line = serde_json::from_str(l).unwrap();
        let t = jobsim::conformance::replay::play(&line.scenario).unwrap();
        for i in 0..line.trace.status.len().max(t.status.len()) {
            for (n, s) in [("rec", line.trace.status.get(i)), ("sim", t.status.get(i))] {
                if let Some(s) = s { println!("{i} {n} t {} a {} r {} term {} s {} f {} {:?}", s.t, s.active, s.ready, s.terminating, s.succeeded, s.failed, s.conditions.iter().map(|c| &c.kind).collect::<Vec<_>>()); }
            }
        }
        if let (Some(r), Some(s)) = (&line.trace.sorted, &t.sorted) {
            for i in 0..r.finalizer_removed.len() { if r.finalizer_removed.get(i) != s.finalizer_removed.get(i) { println!("fin {i} {:?} {:?}", r.finalizer_removed.get(i), s.finalizer_removed.get(i)); break; } }
            for i in 0..r.created.len() { if r.created.get(i) != s.created.get(i) { println!("cr {i} {:?} {:?}", r.created.get(i), s.created.get(i)); break; } }
        }
    }
}
