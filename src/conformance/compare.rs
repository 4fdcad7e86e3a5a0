//! Where a simulated trace differs from the recorded one.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::format::*;

/// One difference: when, what was recorded, what was simulated.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// Seconds; none where the difference has no time.
    pub at: Option<f64>,
    pub what: String,
    pub recorded: String,
    pub simulated: String,
}

/// Every difference, in the order of outcome, pods, status.
pub fn differences(recorded: &Trace, simulated: &Trace) -> Vec<Difference> {
    let mut found = Found(Vec::new());
    found.check(None, "outcome", &recorded.outcome, &simulated.outcome);
    found.check(simulated.end, "end", &recorded.end, &simulated.end);
    found.check(simulated.job_removed, "jobRemoved", &recorded.job_removed, &simulated.job_removed);
    let refusals = |trace: &Trace| {
        let mut times: Vec<f64> = trace.action_errors.iter().map(|e| e.at).collect();
        times.dedup();
        times
    };
    found.check(None, "actionErrors", &refusals(recorded), &refusals(simulated));
    found.check(None, "number of pods", &recorded.pods.len(), &simulated.pods.len());
    for (n, (r, s)) in recorded.pods.iter().zip(&simulated.pods).enumerate() {
        found.pod(n, r, s);
    }
    found.statuses(&recorded.status, &simulated.status);
    match (&recorded.sorted, &simulated.sorted) {
        (Some(r), Some(s)) => {
            found.times("created", &r.created, &s.created);
            found.times("terminal", &r.terminal, &s.terminal);
            found.times("finalizerRemoved", &r.finalizer_removed, &s.finalizer_removed);
            found.times("removed", &r.removed, &s.removed);
            found.check(None, "phases", &r.phases, &s.phases);
        }
        (None, None) => {}
        _ => found.check(None, "sorted", &recorded.sorted.is_some(), &simulated.sorted.is_some()),
    }
    found.0
}

/// What differs between two verdicts: an answer without fields is an acceptance. Fields and types count, in any
/// order and each once. Where the real validator crashed, and a real API server would have answered 500, there are no
/// fields to compare: any refusal will do.
pub fn verdict_differences(recorded: &[FieldError], simulated: &[FieldError]) -> Vec<Difference> {
    let crashed = |error: &FieldError| error.kind == "Error" && error.detail.starts_with("runtime error");
    if recorded.iter().any(crashed) && !simulated.is_empty() {
        return Vec::new();
    }
    let set = |errors: &[FieldError]| -> BTreeSet<(String, String)> {
        errors.iter().map(|error| (error.field.clone(), error.kind.clone())).collect()
    };
    let mut found = Found(Vec::new());
    found.check(None, "rejected", &set(recorded), &set(simulated));
    found.0
}

struct Found(Vec<Difference>);

impl Found {
    fn check<T: PartialEq + Debug>(&mut self, at: Option<f64>, what: &str, recorded: &T, simulated: &T) {
        if recorded != simulated {
            self.0.push(Difference {
                at,
                what: what.to_string(),
                recorded: format!("{recorded:?}"),
                simulated: format!("{simulated:?}"),
            });
        }
    }

    fn pod(&mut self, n: usize, r: &PodTrace, s: &PodTrace) {
        if r == s {
            return;
        }
        let mut field = |name: &str, at: Option<f64>, recorded: String, simulated: String| {
            if recorded != simulated {
                self.0.push(Difference { at, what: format!("pod {n} {name}"), recorded, simulated });
            }
        };
        let text = |v: Option<f64>| v.map_or_else(|| "-".to_string(), |v| v.to_string());
        field("index", Some(r.created), format!("{:?}", r.index), format!("{:?}", s.index));
        field("created", Some(r.created), r.created.to_string(), s.created.to_string());
        for (name, a, b) in [
            ("scheduled", r.scheduled, s.scheduled),
            ("running", r.running, s.running),
            ("deleteRequested", r.delete_requested, s.delete_requested),
            ("terminal", r.terminal, s.terminal),
            ("finalizerRemoved", r.finalizer_removed, s.finalizer_removed),
            ("removed", r.removed, s.removed),
        ] {
            field(name, a.or(b), text(a), text(b));
        }
        field("phase", r.terminal, r.phase.clone(), s.phase.clone());
        field("exit", r.terminal, format!("{:?}", r.exit), format!("{:?}", s.exit));
        field("restarts", r.terminal, r.restarts.to_string(), s.restarts.to_string());
    }

    fn statuses(&mut self, recorded: &[StatusTrace], simulated: &[StatusTrace]) {
        for i in 0..recorded.len().max(simulated.len()) {
            let (r, s) = (recorded.get(i), simulated.get(i));
            if r != s {
                let at = r.or(s).map(|x| x.t);
                let text =
                    |x: Option<&StatusTrace>| x.map_or_else(|| "nothing".to_string(), |x| format!("{x:?}"));
                self.0.push(Difference {
                    at,
                    what: format!("status {i}"),
                    recorded: text(r),
                    simulated: text(s),
                });
                // What follows is shifted.
                return;
            }
        }
    }

    fn times(&mut self, what: &str, recorded: &[f64], simulated: &[f64]) {
        for i in 0..recorded.len().max(simulated.len()) {
            let (r, s) = (recorded.get(i), simulated.get(i));
            if r != s {
                return self.check(r.or(s).copied(), &format!("{what}[{i}]"), &r, &s);
            }
        }
    }
}
