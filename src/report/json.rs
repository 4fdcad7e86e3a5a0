//! The answer as JSON (summary.json, `-o json`).

use serde_json::{Value, json};

use super::answer::{Answer, JOBSIM, KUBERNETES};
use super::dependencies;
use crate::experiment::interval::Summary;

/// Digits after the point: microseconds, and enough for a share.
pub(super) fn rounded(value: f64) -> Value {
    json!((value * 1e6).round() / 1e6)
}

pub(super) fn summary(summary: &Option<Summary>) -> Value {
    let Some(s) = summary else { return Value::Null };
    let (low, high) = s.interval.map_or((Value::Null, Value::Null), |(l, h)| (rounded(l), rounded(h)));
    json!({
        "n": s.n, "mean": rounded(s.mean), "low": low, "high": high, "sd": s.sd.map_or(Value::Null, rounded),
        "p50": rounded(s.p50), "p90": rounded(s.p90), "p95": rounded(s.p95), "p99": rounded(s.p99),
        "min": rounded(s.min), "max": rounded(s.max),
    })
}

/// What every file and answer says of its origin.
pub fn origin(answer: &Answer) -> Value {
    json!({
        "jobsim": JOBSIM, "kubernetes": KUBERNETES, "seed": answer.seed, "replications": answer.replications,
        "inputs": {"sha256": answer.inputs_sha256},
    })
}

/// The whole answer.
pub fn answer(answer: &Answer) -> Value {
    let mut value = origin(answer);
    value["defaults"] = json!(answer.defaults);
    value["jobs"] = answer
        .jobs
        .iter()
        .map(|job| {
            let outcomes: Vec<Value> = job
                .outcomes
                .iter()
                .map(|o| {
                    let (low, high) =
                        o.interval.map_or((Value::Null, Value::Null), |(l, h)| (rounded(l), rounded(h)));
                    json!({
                        "outcome": o.outcome, "reason": o.reason, "count": o.count, "share": rounded(o.share),
                        "low": low, "high": high,
                    })
                })
                .collect();
            let mut value = json!({"name": job.name, "outcomes": outcomes});
            for (name, s) in &job.quantities {
                value[*name] = summary(s);
            }
            value["advice"] = job.advice.iter().map(|a| json!({"code": a.code, "text": a.text})).collect();
            value
        })
        .collect();
    value["dependencies"] = answer.dependencies.iter().map(dependencies::json).collect();
    value
}
