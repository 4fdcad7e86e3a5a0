//! Reading the JSON of sweeps, comparisons and recommendations: figures are made from what is written, so that a merged
//! or finished sweep shows the same as a fresh one.

use serde_json::Value;

use crate::report::chart::spec::Unit;
use crate::report::sweep::plain_number;

/// Mean, and its interval where there is one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Known {
    pub mean: f64,
    pub interval: Option<(f64, f64)>,
}

/// A summary's mean, or none.
pub(super) fn known(value: &Value) -> Option<Known> {
    let mean = value["mean"].as_f64().or(value["value"].as_f64()).or(value["share"].as_f64())?;
    Some(Known { mean, interval: value["low"].as_f64().zip(value["high"].as_f64()) })
}

/// How often a Job had this outcome; zero when it never had.
pub(super) fn share(job: &Value, outcome: &str, n: f64) -> f64 {
    let outcomes = list(&job["outcomes"]);
    let counts = outcomes.iter().filter(|o| o["outcome"] == outcome).filter_map(|o| o["count"].as_f64());
    // Of nothing the sum is -0.
    (0.0 + counts.sum::<f64>()) / n.max(1.0)
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A setting's value as a number: plain, per cent, or a duration in seconds.
pub(super) fn number(value: &Value) -> Option<f64> {
    plain_number(value.as_str()?)
}

/// How the values of an axis are written.
pub(super) fn axis_unit(values: &[Value]) -> Unit {
    let is_time = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.parse::<f64>().is_err() && crate::input::duration::seconds(text).is_ok())
    };
    if !values.is_empty() && values.iter().all(is_time) { Unit::Time } else { Unit::Number }
}

/// How a quantity is written, from its key or expression.
pub(super) fn unit_of(name: &str) -> Unit {
    let times = [
        "makespan",
        "wasted_pod",
        "running_pod",
        "stuck_since",
        "wait",
        "sojourn",
        "over_limit",
        "lost_work",
    ];
    match name {
        _ if name.ends_with("_s") || times.iter().any(|time| name.contains(time)) => Unit::Time,
        "complete" | "failed" | "stuck" | "horizon" | "suspended" => Unit::Share,
        _ => Unit::Number,
    }
}
