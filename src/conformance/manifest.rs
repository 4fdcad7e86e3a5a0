//! The Job of a trace. Its manifest was read and defaulted by the real API server, which accepted it, so this
//! reads what matters in time and checks nothing; manifests of users are `input`'s work.

use serde::Deserialize;
use serde_json::Value;

use crate::engine::time::SimDuration;
use crate::model::job::{Completion, JobSpec, PerIndexLimit};
use crate::model::patch::{Change, JobPatch};
use crate::model::pod::{PodTemplate, RestartPolicy};
use crate::model::policy::{
    ConditionStatus, FailureAction, FailureRequirement, FailureRule, PodConditionType, PodReplacementPolicy,
    SuccessRule,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpecText {
    parallelism: Option<u32>,
    completions: Option<u32>,
    completion_mode: Option<String>,
    backoff_limit: Option<u32>,
    backoff_limit_per_index: Option<u32>,
    max_failed_indexes: Option<u32>,
    active_deadline_seconds: Option<u64>,
    ttl_seconds_after_finished: Option<u64>,
    suspend: Option<bool>,
    managed_by: Option<String>,
    pod_replacement_policy: Option<String>,
    pod_failure_policy: Option<Rules<FailureRuleText>>,
    success_policy: Option<Rules<SuccessRuleText>>,
    template: TemplateText,
}

#[derive(Deserialize)]
struct Rules<T> {
    rules: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailureRuleText {
    action: String,
    on_exit_codes: Option<ExitCodesText>,
    on_pod_conditions: Option<Vec<ConditionText>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExitCodesText {
    container_name: Option<String>,
    operator: String,
    values: Vec<i32>,
}

#[derive(Deserialize)]
struct ConditionText {
    #[serde(rename = "type")]
    kind: String,
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SuccessRuleText {
    succeeded_indexes: Option<String>,
    succeeded_count: Option<u32>,
}

#[derive(Deserialize)]
struct TemplateText {
    spec: PodText,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodText {
    restart_policy: Option<String>,
    termination_grace_period_seconds: Option<i64>,
    active_deadline_seconds: Option<u64>,
    containers: Vec<ContainerText>,
}

#[derive(Deserialize)]
struct ContainerText {
    name: String,
}

/// The spec of a manifest that the API server has accepted.
///
/// # Errors
/// What serde says when the manifest does not have the shape of a Job.
pub fn job(manifest: &Value) -> Result<JobSpec, String> {
    let spec = SpecText::deserialize(&manifest["spec"]).map_err(|e| e.to_string())?;
    let indexed = spec.completion_mode.as_deref() == Some("Indexed");
    let completion = match (indexed, spec.completions, spec.parallelism) {
        (true, Some(n), _) => Completion::Indexed(n),
        (true, None, _) => return Err("an Indexed Job needs completions".to_string()),
        (false, Some(n), _) => Completion::Counted(n),
        (false, None, None) => Completion::Counted(1),
        (false, None, Some(_)) => Completion::WorkQueue,
    };
    let pod = &spec.template.spec;
    let container = pod.containers.first().map(|c| c.name.as_str()).unwrap_or_default();
    let failure_rules = spec
        .pod_failure_policy
        .as_ref()
        .map(|p| p.rules.iter().map(|r| failure_rule(r, container)).collect::<Result<Vec<_>, _>>())
        .transpose()?;
    let seconds = |s: u64| SimDuration::from_whole_seconds(s);
    let grace = pod.termination_grace_period_seconds.unwrap_or(30);
    Ok(JobSpec {
        parallelism: spec.parallelism.unwrap_or(1),
        completion,
        backoff_limit: spec.backoff_limit.unwrap_or(match spec.backoff_limit_per_index {
            Some(_) => i32::MAX as u32,
            None => 6,
        }),
        per_index: spec.backoff_limit_per_index.map(|backoff_limit| PerIndexLimit {
            backoff_limit,
            max_failed_indexes: spec.max_failed_indexes,
        }),
        pod_replacement: match spec.pod_replacement_policy.as_deref() {
            Some("Failed") => PodReplacementPolicy::Failed,
            None if failure_rules.is_some() => PodReplacementPolicy::Failed,
            _ => PodReplacementPolicy::TerminatingOrFailed,
        },
        pod_failure_policy: failure_rules,
        success_policy: spec.success_policy.map(|p| p.rules.iter().map(success_rule).collect()),
        active_deadline: spec.active_deadline_seconds.map(seconds),
        ttl_after_finished: spec.ttl_seconds_after_finished.map(seconds),
        suspend: spec.suspend.unwrap_or(false),
        managed_elsewhere: spec.managed_by.is_some_and(|m| m != "kubernetes.io/job-controller"),
        template: PodTemplate {
            restart_policy: match pod.restart_policy.as_deref() {
                Some("OnFailure") => RestartPolicy::OnFailure,
                _ => RestartPolicy::Never,
            },
            termination_grace: seconds(u64::try_from(grace).unwrap_or(1)),
            active_deadline: pod.active_deadline_seconds.map(seconds),
        },
    })
}

fn failure_rule(rule: &FailureRuleText, container: &str) -> Result<FailureRule, String> {
    let action = match rule.action.as_str() {
        "Count" => FailureAction::Count,
        "FailIndex" => FailureAction::FailIndex,
        "FailJob" => FailureAction::FailJob,
        "Ignore" => FailureAction::Ignore,
        other => return Err(format!("action {other}")),
    };
    let requirement = match (&rule.on_exit_codes, &rule.on_pod_conditions) {
        (Some(codes), _) => match &codes.container_name {
            Some(name) if name != container => FailureRequirement::OtherContainer,
            _ => FailureRequirement::ExitCodes {
                negated: codes.operator == "NotIn",
                values: codes.values.clone(),
            },
        },
        (None, Some(patterns)) => {
            FailureRequirement::Conditions(patterns.iter().map(condition_pattern).collect())
        }
        (None, None) => FailureRequirement::Conditions(Vec::new()),
    };
    Ok(FailureRule { action, requirement })
}

fn condition_pattern(pattern: &ConditionText) -> (PodConditionType, ConditionStatus) {
    let kind = match pattern.kind.as_str() {
        "ContainersReady" => PodConditionType::ContainersReady,
        "DisruptionTarget" => PodConditionType::DisruptionTarget,
        "Initialized" => PodConditionType::Initialized,
        "PodScheduled" => PodConditionType::PodScheduled,
        "Ready" => PodConditionType::Ready,
        _ => PodConditionType::Other,
    };
    let status = match pattern.status.as_deref() {
        None | Some("True") => ConditionStatus::True,
        Some("False") => ConditionStatus::False,
        Some(_) => ConditionStatus::Unknown,
    };
    (kind, status)
}

fn success_rule(rule: &SuccessRuleText) -> SuccessRule {
    let interval = |text: &str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        Some((first.parse().ok()?, last.parse().ok()?))
    };
    SuccessRule {
        indexes: rule.succeeded_indexes.as_ref().map(|t| t.split(',').filter_map(interval).collect()),
        count: rule.succeeded_count,
    }
}

/// A merge patch of `spec`, and which immutable fields it would change.
pub fn patch(manifest: &Value, set: &Value) -> JobPatch {
    let mut patch = JobPatch {
        parallelism: number(set, "parallelism"),
        completions: number(set, "completions"),
        suspend: change(set, "suspend", Value::as_bool),
        active_deadline_seconds: number(set, "activeDeadlineSeconds"),
        backoff_limit: number(set, "backoffLimit"),
        ttl_seconds_after_finished: number(set, "ttlSecondsAfterFinished"),
        max_failed_indexes: number(set, "maxFailedIndexes"),
        pod_replacement_policy: change(set, "podReplacementPolicy", |v| match v.as_str()? {
            "Failed" => Some(PodReplacementPolicy::Failed),
            _ => Some(PodReplacementPolicy::TerminatingOrFailed),
        }),
        immutable: Vec::new(),
    };
    let immutable = [
        ("completionMode", "spec.completionMode", Value::from("NonIndexed")),
        ("backoffLimitPerIndex", "spec.backoffLimitPerIndex", Value::Null),
        ("podFailurePolicy", "spec.podFailurePolicy", Value::Null),
        ("successPolicy", "spec.successPolicy", Value::Null),
        ("managedBy", "spec.managedBy", Value::Null),
        ("selector", "spec.selector", Value::Null),
        ("template", "spec.template", Value::Null),
    ];
    for (name, path, default) in immutable {
        let Some(wanted) = set.get(name) else { continue };
        let old = match &manifest["spec"][name] {
            Value::Null => &default,
            value => value,
        };
        let mut merged = old.clone();
        merge(&mut merged, wanted);
        if merged.is_null() {
            merged = default.clone();
        }
        if merged != *old {
            patch.immutable.push(path);
        }
    }
    patch
}

fn number(set: &Value, name: &str) -> Change<i64> {
    change(set, name, Value::as_i64)
}

fn change<T>(set: &Value, name: &str, read: impl Fn(&Value) -> Option<T>) -> Change<T> {
    match set.get(name) {
        None => Change::Keep,
        Some(Value::Null) => Change::Clear,
        Some(value) => read(value).map_or(Change::Keep, Change::To),
    }
}

fn merge(old: &mut Value, patch: &Value) {
    match (old, patch) {
        (Value::Object(old), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    old.remove(key);
                } else {
                    merge(old.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (old, patch) => *old = patch.clone(),
    }
}
