//! Job manifests → model, with the API server's defaults.
//!
//! The only file that names k8s-openapi: the real types know every field of a Job at any depth, so a typo in
//! the pod template is found as well. Relies on [`super::decode`] for types and [`super::api_rules`] for what the
//! API server refuses; what passes both becomes the model without a further check. It does not read files.

use std::borrow::Cow;

use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::api_rules::{self, Privileged};
use super::decode::decode;
use super::diagnostic::Diagnostic;
use super::indexes;
use super::node::{Node, NodeKind};
use super::source::Span;
use crate::engine::time::SimDuration;
use crate::model::job::{Completion, JobSpec, PerIndexLimit};
use crate::model::pod::{PodTemplate, RestartPolicy};
use crate::model::policy::{
    ConditionStatus, FailureAction, FailureRequirement, FailureRule, PodConditionType, PodReplacementPolicy,
    SuccessRule,
};

pub use super::patch::patch_from_node;

/// A Job as its manifest says it.
#[derive(Clone, Debug)]
pub struct ManifestJob {
    pub name: String,
    /// `default` when the manifest names none.
    pub namespace: String,
    pub spec: JobSpec,
    /// Of the document.
    pub span: Span,
    /// The container whose exits are simulated: the first.
    pub container: String,
    /// A container reads JOB_COMPLETION_INDEX although the Job is not Indexed, so nobody sets it.
    pub uses_completion_index_without_indexed: bool,
}

/// `managedBy` of the built-in controller.
const BUILT_IN: &str = "kubernetes.io/job-controller";
const DEFAULT_GRACE_SECONDS: i64 = 30;
const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";

/// The Job of a document, or nothing and at least one more error among the diagnostics.
pub fn job_from_node(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<ManifestJob> {
    job_for(Privileged::Allowed, node, diagnostics)
}

/// The same for an API server that may refuse privileged containers.
pub fn job_for(
    privileged: Privileged,
    node: &Node,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ManifestJob> {
    let before = diagnostics.iter().filter(|d| d.is_error()).count();
    for entry in node.entries() {
        if !matches!(entry.key.as_str(), "apiVersion" | "kind" | "metadata" | "spec" | "status") {
            let message = format!("unknown field `{}` in the Job", entry.key);
            diagnostics.push(Diagnostic::error("unknown-field", message).at(entry.key_span));
        }
    }
    let empty = Node { kind: NodeKind::Map(Vec::new()), span: node.span };
    let part = |field| Cow::Borrowed(node.get(field).filter(|part| !part.is_null()).unwrap_or(&empty));
    let (mut metadata_node, mut spec_node) = (part("metadata"), part("spec"));
    let mut mistyped = Vec::new();
    let metadata = decode::<ObjectMeta>(&mut metadata_node, "metadata", &mut mistyped, diagnostics);
    let spec = decode::<batch::JobSpec>(&mut spec_node, "spec", &mut mistyped, diagnostics);
    let meant = with_corrected_names(node, [("metadata", metadata_node), ("spec", spec_node)]);
    api_rules::check(&meant, privileged, &mistyped, diagnostics);
    let failed = diagnostics.iter().filter(|d| d.is_error()).count() > before;
    let (metadata, spec) = (metadata?, spec?);
    if failed {
        return None;
    }
    let model = model(&spec);
    Some(ManifestJob {
        uses_completion_index_without_indexed: reads_completion_index(&spec) && !model.is_indexed(),
        name: name(&metadata),
        namespace: metadata.namespace.unwrap_or_else(|| "default".to_string()),
        spec: model,
        span: node.span,
        container: first_container(&spec).map(|c| c.name.clone()).unwrap_or_default(),
    })
}

/// The document with the parts in which misspelt fields have their right names.
fn with_corrected_names<'a>(node: &'a Node, parts: [(&str, Cow<Node>); 2]) -> Cow<'a, Node> {
    let mut meant = Cow::Borrowed(node);
    for (field, part) in parts {
        let Cow::Owned(part) = part else { continue };
        if let NodeKind::Map(entries) = &mut meant.to_mut().kind {
            entries
                .iter_mut()
                .filter(|entry| entry.key == field)
                .for_each(|entry| entry.value = part.clone());
        }
    }
    meant
}

/// The name, or the beginning of the one that would be generated.
fn name(metadata: &ObjectMeta) -> String {
    let given = metadata.name.as_deref().filter(|name| !name.is_empty());
    let generated = || metadata.generate_name.as_deref().map(|prefix| prefix.trim_end_matches('-'));
    given.or_else(generated).unwrap_or_default().to_string()
}

fn first_container(spec: &batch::JobSpec) -> Option<&core::Container> {
    spec.template.spec.as_ref()?.containers.first()
}

fn reads_completion_index(spec: &batch::JobSpec) -> bool {
    let Some(pod) = &spec.template.spec else { return false };
    let init = pod.init_containers.iter().flatten();
    pod.containers.iter().chain(init).any(|container| {
        let words = container.command.iter().flatten().chain(container.args.iter().flatten());
        let own = container.env.iter().flatten().any(|v| v.name == INDEX_VARIABLE);
        let values = container.env.iter().flatten().filter_map(|v| v.value.as_ref());
        !own && words.chain(values).any(|text| text.contains(INDEX_VARIABLE))
    })
}

/// The model of a spec that the API server accepts.
fn model(spec: &batch::JobSpec) -> JobSpec {
    let seconds = |s: i64| SimDuration::from_whole_seconds(u64::try_from(s).unwrap_or(0));
    let per_index = spec.backoff_limit_per_index.map(|limit| PerIndexLimit {
        backoff_limit: count(limit),
        max_failed_indexes: spec.max_failed_indexes.map(count),
    });
    let default_backoff = if per_index.is_some() { i32::MAX as u32 } else { 6 };
    let completions = completions(spec);
    JobSpec {
        parallelism: spec.parallelism.map_or(1, count),
        completion: match (spec.completion_mode.as_deref(), completions) {
            (Some("Indexed"), completions) => Completion::Indexed(completions.unwrap_or(0)),
            (_, Some(completions)) => Completion::Counted(completions),
            (_, None) => Completion::WorkQueue,
        },
        backoff_limit: spec.backoff_limit.map_or(default_backoff, count),
        per_index,
        pod_failure_policy: failure_policy(spec),
        success_policy: success_policy(spec, completions.unwrap_or(0)),
        pod_replacement: match spec.pod_replacement_policy.as_deref() {
            Some("Failed") => PodReplacementPolicy::Failed,
            None if spec.pod_failure_policy.is_some() => PodReplacementPolicy::Failed,
            _ => PodReplacementPolicy::TerminatingOrFailed,
        },
        active_deadline: spec.active_deadline_seconds.map(seconds),
        ttl_after_finished: spec.ttl_seconds_after_finished.map(i64::from).map(seconds),
        suspend: spec.suspend.unwrap_or(false),
        managed_elsewhere: spec.managed_by.as_deref().is_some_and(|by| by != BUILT_IN),
        template: template(spec),
    }
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// `completions` with its default, which is 1 when `parallelism` is unset as well, in either mode.
fn completions(spec: &batch::JobSpec) -> Option<u32> {
    spec.completions.map(count).or(if spec.parallelism.is_none() { Some(1) } else { None })
}

fn template(spec: &batch::JobSpec) -> PodTemplate {
    let pod = spec.template.spec.as_ref();
    let grace = pod.and_then(|pod| pod.termination_grace_period_seconds).unwrap_or(DEFAULT_GRACE_SECONDS);
    let deadline = pod.and_then(|pod| pod.active_deadline_seconds).and_then(|s| u64::try_from(s).ok());
    PodTemplate {
        restart_policy: match pod.and_then(|pod| pod.restart_policy.as_deref()) {
            Some("OnFailure") => RestartPolicy::OnFailure,
            _ => RestartPolicy::Never,
        },
        // The API server accepts a negative grace and makes it 1.
        termination_grace: SimDuration::from_whole_seconds(u64::try_from(grace).unwrap_or(1)),
        active_deadline: deadline.map(SimDuration::from_whole_seconds),
    }
}

fn failure_policy(spec: &batch::JobSpec) -> Option<Vec<FailureRule>> {
    let rules = spec.pod_failure_policy.as_ref()?.rules.iter();
    let simulated = first_container(spec).map(|container| container.name.as_str());
    Some(rules.map(|rule| failure_rule(rule, simulated)).collect())
}

fn failure_rule(rule: &batch::PodFailurePolicyRule, simulated: Option<&str>) -> FailureRule {
    let action = match rule.action.as_str() {
        "FailJob" => FailureAction::FailJob,
        "FailIndex" => FailureAction::FailIndex,
        "Ignore" => FailureAction::Ignore,
        _ => FailureAction::Count,
    };
    let requirement = match &rule.on_exit_codes {
        Some(codes) if codes.container_name.is_some() && codes.container_name.as_deref() != simulated => {
            FailureRequirement::OtherContainer
        }
        Some(codes) => {
            FailureRequirement::ExitCodes { negated: codes.operator == "NotIn", values: codes.values.clone() }
        }
        None => {
            FailureRequirement::Conditions(rule.on_pod_conditions.iter().flatten().map(condition).collect())
        }
    };
    FailureRule { action, requirement }
}

fn condition(pattern: &batch::PodFailurePolicyOnPodConditionsPattern) -> (PodConditionType, ConditionStatus) {
    let kind = match pattern.type_.as_str() {
        "ContainersReady" => PodConditionType::ContainersReady,
        "DisruptionTarget" => PodConditionType::DisruptionTarget,
        "Initialized" => PodConditionType::Initialized,
        "PodScheduled" => PodConditionType::PodScheduled,
        "Ready" => PodConditionType::Ready,
        _ => PodConditionType::Other,
    };
    let status = match pattern.status.as_deref() {
        Some("False") => ConditionStatus::False,
        Some("Unknown") => ConditionStatus::Unknown,
        _ => ConditionStatus::True,
    };
    (kind, status)
}

fn success_policy(spec: &batch::JobSpec, completions: u32) -> Option<Vec<SuccessRule>> {
    let rules = spec.success_policy.as_ref()?.rules.iter();
    let indexes = |text: &String| indexes::parse(text, completions).unwrap_or_default();
    Some(
        rules
            .map(|rule| SuccessRule {
                indexes: rule.succeeded_indexes.as_ref().map(indexes),
                count: rule.succeeded_count.map(count),
            })
            .collect(),
    )
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
