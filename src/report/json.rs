//! The answer as JSON (summary.json, `-o json`).

use serde_json::{Value, json};

use super::answer::{Answer, JOBSIM, KUBERNETES};
use super::dependencies;
use super::verdict;
use crate::experiment::interval::Summary;

/// Digits after the point: microseconds, and enough for a share.
pub(super) fn rounded(value: f64) -> Value {
    json!((value * 1e6).round() / 1e6)
}

fn interval(interval: Option<(f64, f64)>) -> (Value, Value) {
    interval.map_or((Value::Null, Value::Null), |(low, high)| (rounded(low), rounded(high)))
}

fn quantile_intervals(summary: &Summary) -> Value {
    let pairs = ["p50", "p90", "p95", "p99"].into_iter().zip(summary.quantile_intervals);
    let pairs = pairs.map(|(name, interval)| {
        (name.to_string(), interval.map_or(Value::Null, |(low, high)| json!([rounded(low), rounded(high)])))
    });
    Value::Object(pairs.collect())
}

pub(super) fn summary(summary: &Option<Summary>) -> Value {
    let Some(s) = summary else { return Value::Null };
    let (low, high) = interval(s.interval);
    json!({
        "n": s.n, "mean": rounded(s.mean), "low": low, "high": high, "sd": s.sd.map_or(Value::Null, rounded),
        "p50": rounded(s.p50), "p90": rounded(s.p90), "p95": rounded(s.p95), "p99": rounded(s.p99),
        "min": rounded(s.min), "max": rounded(s.max),
        "quantile_intervals": quantile_intervals(s), "tail_index": s.tail_index.map_or(Value::Null, rounded),
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
    value["confidence"] = rounded(answer.confidence);
    value["defaults"] = json!(answer.defaults);
    value["jobs"] = answer
        .jobs
        .iter()
        .map(|job| {
            let outcomes: Vec<Value> = job
                .outcomes
                .iter()
                .map(|o| {
                    let (low, high) = interval(o.interval);
                    json!({
                        "outcome": o.outcome, "reason": o.reason, "count": o.count, "share": rounded(o.share),
                        "low": low, "high": high,
                    })
                })
                .collect();
            let mut value = json!({"name": job.name, "outcomes": outcomes});
            let done_by = job.done_by.iter().map(|done| {
                let (low, high) = interval(done.interval);
                json!({"t_s": rounded(done.t_s), "share": rounded(done.share), "low": low, "high": high})
            });
            value["done_by"] = done_by.collect();
            for (name, s) in &job.quantities {
                value[*name] = summary(s);
            }
            let verdict = verdict::of_job(job);
            value["verdict"] = json!({"grade": verdict.grade.name(), "text": verdict.text()});
            value["advice"] = job.advice.iter().map(|a| json!({"code": a.code, "text": a.text})).collect();
            value
        })
        .collect();
    let gates = answer.gates.iter().map(|gate| {
        let finite = |value: f64| if value.is_finite() { rounded(value) } else { Value::Null };
        let (low, high) = gate.estimate.interval.unwrap_or((f64::NAN, f64::NAN));
        json!({
            "gate": gate.gate, "verdict": gate.verdict.name(), "value": finite(gate.estimate.value),
            "low": finite(low), "high": finite(high), "n": gate.estimate.n,
        })
    });
    value["gates"] = gates.collect();
    if let Some(error) = answer.missed_error {
        value["missed_relative_error"] = rounded(error);
    }
    value["dependencies"] = answer.dependencies.iter().map(dependencies::json).collect();
    value
}
