//! The file format of the traces, as serde types. Times are seconds with at most six decimals.

use serde::Deserialize;
use std::collections::BTreeMap;

/// One line of a trace file.
#[derive(Deserialize, Debug)]
pub struct Line {
    pub scenario: ScenarioText,
    pub trace: Trace,
}

/// What was played.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioText {
    pub name: String,
    pub start: f64,
    pub job: serde_json::Value,
    #[serde(default)]
    pub pods: PodScripts,
    #[serde(default)]
    pub actions: Vec<ActionText>,
    pub api: Option<Api>,
    #[serde(rename = "podGC")]
    pub pod_gc: Option<PodGcText>,
    pub compare: Option<String>,
    pub horizon: f64,
}

#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase")]
pub struct PodScripts {
    #[serde(default)]
    pub default: Option<Vec<AttemptText>>,
    #[serde(default)]
    pub by_index: BTreeMap<String, Vec<AttemptText>>,
    #[serde(default)]
    pub by_ordinal: BTreeMap<String, Vec<AttemptText>>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct AttemptText {
    pub schedule: Option<f64>,
    pub start: Option<f64>,
    #[serde(default)]
    pub runs: Option<Vec<RunText>>,
    pub on_term: Option<OnTermText>,
}

#[derive(Deserialize, Debug)]
pub struct RunText {
    pub run: Option<f64>,
    #[serde(default)]
    pub exit: i32,
}

#[derive(Deserialize, Debug)]
pub struct OnTermText {
    pub after: f64,
    pub exit: i32,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct ActionText {
    pub at: f64,
    pub set: Option<serde_json::Value>,
    pub delete_pod: Option<PodRefText>,
    pub evict_pod: Option<PodRefText>,
    #[serde(default)]
    pub delete_job: bool,
    pub propagation: Option<String>,
    #[serde(default)]
    pub restart_controller: bool,
}

#[derive(Deserialize, Debug)]
pub struct PodRefText {
    pub ordinal: Option<u32>,
    pub index: Option<u32>,
}

#[derive(Deserialize, Debug)]
pub struct Api {
    #[serde(default)]
    pub qps: f64,
    #[serde(default)]
    pub burst: u32,
    #[serde(default)]
    pub latency: f64,
    #[serde(default)]
    pub watch: f64,
    #[serde(default)]
    pub events: bool,
}

#[derive(Deserialize, Debug)]
pub struct PodGcText {
    pub first: f64,
    pub period: f64,
}

/// What was recorded, or simulated.
#[derive(Deserialize, Debug, Default, Clone, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    #[serde(default)]
    pub rejected: Vec<FieldError>,
    #[serde(default)]
    pub outcome: String,
    pub end: Option<f64>,
    pub job_removed: Option<f64>,
    #[serde(default)]
    pub action_errors: Vec<ActionError>,
    #[serde(default)]
    pub pods: Vec<PodTrace>,
    #[serde(default)]
    pub status: Vec<StatusTrace>,
    pub sorted: Option<SortedTimes>,
}

#[derive(Deserialize, Debug, Clone, PartialEq, Default)]
pub struct FieldError {
    #[serde(default)]
    pub field: String,
    #[serde(rename = "type", default)]
    pub kind: String,
    /// For information; it tells an answer from a crash of the validator.
    #[serde(default)]
    pub detail: String,
}

#[derive(Deserialize, Debug, Clone, PartialEq)]
pub struct ActionError {
    pub at: f64,
}

#[derive(Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(rename_all = "camelCase")]
pub struct PodTrace {
    pub index: Option<u32>,
    pub created: f64,
    pub scheduled: Option<f64>,
    pub running: Option<f64>,
    pub delete_requested: Option<f64>,
    pub terminal: Option<f64>,
    pub phase: String,
    pub exit: Option<i32>,
    #[serde(default)]
    pub restarts: u32,
    pub finalizer_removed: Option<f64>,
    pub removed: Option<f64>,
}

#[derive(Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(rename_all = "camelCase")]
pub struct StatusTrace {
    pub t: f64,
    pub active: u32,
    pub ready: u32,
    pub terminating: u32,
    pub succeeded: u32,
    pub failed: u32,
    #[serde(default)]
    pub completed_indexes: String,
    pub failed_indexes: Option<String>,
    pub start_time: Option<f64>,
    pub completion_time: Option<f64>,
    #[serde(default)]
    pub conditions: Vec<ConditionTrace>,
}

#[derive(Deserialize, Debug, Clone, PartialEq)]
pub struct ConditionTrace {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
    pub reason: String,
    pub at: f64,
}

#[derive(Deserialize, Debug, Clone, PartialEq, Default)]
#[serde(rename_all = "camelCase")]
pub struct SortedTimes {
    pub created: Vec<f64>,
    pub terminal: Vec<f64>,
    pub finalizer_removed: Vec<f64>,
    pub removed: Vec<f64>,
    pub phases: BTreeMap<String, u32>,
}
