//! Job manifests → model, with the API server's defaults and the most important of its rules.
//!
//! The only file that names k8s-openapi: the real types know every field of a Job at any depth, so a typo in
//! the pod template is found as well. Relies on [`super::decode`]. It does not read files, and it does not yet
//! check the whole pod template (images, volumes, resources …).

use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::decode::decode;
use super::diagnostic::Diagnostic;
use super::indexes;
use super::node::{Node, parse_path, quoted};
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

const MAX_PARALLELISM_INDEXED: i64 = 100_000;
const MAX_FAILED_INDEXES: i64 = 100_000;
const COMPLETIONS_SOFT_LIMIT: i64 = 100_000;
const LIMIT_FOR_HIGH_COMPLETIONS: i64 = 10_000;
const MAX_FAILURE_RULES: usize = 20;
const MAX_EXIT_CODES: usize = 255;
const MAX_PATTERNS: usize = 20;
const MAX_SUCCESS_RULES: usize = 20;
const MAX_INDEXES_BYTES: usize = 64 << 10;
const MAX_NAME: usize = 63;
/// `managedBy` of the built-in controller.
const BUILT_IN: &str = "kubernetes.io/job-controller";
const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";

/// The Job of a document, or nothing and at least one more error among the diagnostics.
pub fn job_from_node(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<ManifestJob> {
    let before = diagnostics.iter().filter(|d| d.is_error()).count();
    for entry in node.entries() {
        if !matches!(entry.key.as_str(), "apiVersion" | "kind" | "metadata" | "spec" | "status") {
            let message = format!("unknown field `{}` in the Job", entry.key);
            diagnostics.push(Diagnostic::error("unknown-field", message).at(entry.key_span));
        }
    }
    let metadata = match node.get("metadata") {
        Some(metadata) if !metadata.is_null() => decode::<ObjectMeta>(metadata, "metadata", diagnostics),
        _ => {
            diagnostics.push(missing("metadata", "with the name of the Job").at(node.span));
            None
        }
    };
    let spec_node = match node.get("spec") {
        Some(spec) if !spec.is_null() => spec,
        _ => {
            diagnostics.push(missing("spec", "").at(node.span));
            return None;
        }
    };
    let text = decode::<batch::JobSpec>(spec_node, "spec", diagnostics);
    let (metadata, text) = (metadata?, text?);
    let mut rules = Rules { spec: &text, node, diagnostics };
    let name = rules.name(&metadata);
    let spec = rules.spec();
    let reads_index = reads_completion_index(&text);
    let failed = diagnostics.iter().filter(|d| d.is_error()).count() > before;
    let (name, spec) = (name?, spec?);
    if failed {
        return None;
    }
    Some(ManifestJob {
        uses_completion_index_without_indexed: reads_index && !spec.is_indexed(),
        name,
        namespace: metadata.namespace.unwrap_or_else(|| "default".to_string()),
        spec,
        span: node.span,
        container: first_container(&text).map(|c| c.name.clone()).unwrap_or_default(),
    })
}

fn missing(field: &str, what: &str) -> Diagnostic {
    let message = format!("{field} is missing{}{what}", if what.is_empty() { "" } else { ", expected it " });
    Diagnostic::error("missing-field", message)
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

/// The rules of the API server (pkg/apis/batch/validation/validation.go), and the model that comes out.
struct Rules<'a> {
    spec: &'a batch::JobSpec,
    node: &'a Node,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Rules<'_> {
    /// An error at a path of the document.
    fn wrong(&mut self, path: &str, code: &'static str, message: &str) {
        let steps = parse_path(path).unwrap_or_default();
        let text = format!("{path}: {message}");
        self.diagnostics.push(Diagnostic::error(code, text).at(self.node.span_at(&steps)));
    }

    fn invalid(&mut self, path: &str, message: impl AsRef<str>) {
        self.wrong(path, "invalid-value", message.as_ref());
    }

    fn required(&mut self, path: &str, message: &str) {
        self.wrong(path, "missing-field", message);
    }

    fn name(&mut self, metadata: &ObjectMeta) -> Option<String> {
        let name = match (&metadata.name, &metadata.generate_name) {
            (Some(name), _) if !name.is_empty() => name.clone(),
            (_, Some(prefix)) if !prefix.is_empty() => prefix.trim_end_matches('-').to_string(),
            _ => {
                self.required("metadata.name", "a Job needs a name");
                return None;
            }
        };
        if name.len() > MAX_NAME {
            let message = format!("found {} characters, expected at most {MAX_NAME}", name.len());
            self.invalid("metadata.name", message);
        } else if !name.split('.').all(is_dns_label) {
            self.invalid("metadata.name", format!("found {}, expected {DNS}", quoted(&name)));
        } else if self.spec.completion_mode.as_deref() == Some("Indexed")
            && let Some(completions @ 1..) = self.completions()
        {
            let last = format!("{name}-{}", completions - 1);
            if last.len() > MAX_NAME || !is_dns_label(&last) {
                let message = format!(
                    "the host name of the last pod would be {}, expected {DNS} without points and at most {MAX_NAME} characters",
                    quoted(&last)
                );
                self.invalid("metadata.name", message);
            }
        }
        Some(name)
    }

    fn spec(&mut self) -> Option<JobSpec> {
        let spec = self.spec;
        let parallelism = self.count("spec.parallelism", spec.parallelism).unwrap_or(1);
        let completions = self.count("spec.completions", self.completions());
        let backoff_limit = self.count("spec.backoffLimit", spec.backoff_limit);
        let backoff_per_index = self.count("spec.backoffLimitPerIndex", spec.backoff_limit_per_index);
        let max_failed = self.count("spec.maxFailedIndexes", spec.max_failed_indexes);
        let ttl = self.count("spec.ttlSecondsAfterFinished", spec.ttl_seconds_after_finished);
        let deadline = self.seconds("spec.activeDeadlineSeconds", spec.active_deadline_seconds);
        let completion = self.completion(completions);
        let indexed = spec.completion_mode.as_deref() == Some("Indexed");
        if indexed && i64::from(parallelism) > MAX_PARALLELISM_INDEXED {
            let message =
                format!("found {parallelism}, expected at most {MAX_PARALLELISM_INDEXED} for an Indexed Job");
            self.invalid("spec.parallelism", message);
        }
        self.per_index_rules(indexed, completions, max_failed, parallelism);
        let template = self.template();
        let pod_failure_policy = self.pod_failure_policy();
        let success_policy = self.success_policy(indexed, completions);
        let pod_replacement = self.pod_replacement();
        if let Some(by) = &spec.managed_by {
            let path = by
                .split_once('/')
                .is_some_and(|(domain, name)| !name.is_empty() && domain.split('.').all(is_dns_label));
            if by.len() > MAX_NAME || !path {
                let message = format!(
                    "found {}, expected a domain and a path such as example.com/controller, at most {MAX_NAME} characters",
                    quoted(by)
                );
                self.invalid("spec.managedBy", message);
            }
        }
        let per_index = backoff_per_index
            .map(|limit| PerIndexLimit { backoff_limit: limit, max_failed_indexes: max_failed });
        let default_backoff = if per_index.is_some() { i32::MAX as u32 } else { 6 };
        Some(JobSpec {
            parallelism,
            completion: completion?,
            backoff_limit: backoff_limit.unwrap_or(default_backoff),
            per_index,
            pod_failure_policy,
            success_policy,
            pod_replacement,
            active_deadline: deadline,
            ttl_after_finished: ttl.map(|s| SimDuration::from_whole_seconds(u64::from(s))),
            suspend: spec.suspend.unwrap_or(false),
            managed_elsewhere: spec.managed_by.as_deref().is_some_and(|by| by != BUILT_IN),
            template: template?,
        })
    }

    fn count(&mut self, path: &str, value: Option<i32>) -> Option<u32> {
        let value = value?;
        let count = u32::try_from(value);
        if count.is_err() {
            self.invalid(path, format!("found {value}, expected 0 or more"));
        }
        count.ok()
    }

    fn seconds(&mut self, path: &str, value: Option<i64>) -> Option<SimDuration> {
        let value = value?;
        let seconds = u64::try_from(value);
        if seconds.is_err() {
            self.invalid(path, format!("found {value}, expected 0 or more"));
        }
        seconds.ok().map(SimDuration::from_whole_seconds)
    }

    /// `completions` with its default, which is 1 when `parallelism` is unset as well, in either mode.
    fn completions(&self) -> Option<i32> {
        self.spec.completions.or(if self.spec.parallelism.is_none() { Some(1) } else { None })
    }

    fn completion(&mut self, completions: Option<u32>) -> Option<Completion> {
        let unset = self.completions().is_none();
        match self.spec.completion_mode.as_deref() {
            Some("Indexed") => {
                if unset {
                    self.required("spec.completions", "an Indexed Job needs completions");
                }
                completions.map(Completion::Indexed)
            }
            None | Some("NonIndexed") if unset => Some(Completion::WorkQueue),
            None | Some("NonIndexed") => completions.map(Completion::Counted),
            Some(other) => {
                let message = format!("found {}, expected NonIndexed or Indexed", quoted(other));
                self.invalid("spec.completionMode", message);
                None
            }
        }
    }

    fn per_index_rules(
        &mut self,
        indexed: bool,
        completions: Option<u32>,
        max_failed: Option<u32>,
        parallelism: u32,
    ) {
        let spec = self.spec;
        if !indexed {
            for (field, set) in [
                ("spec.backoffLimitPerIndex", spec.backoff_limit_per_index.is_some()),
                ("spec.maxFailedIndexes", spec.max_failed_indexes.is_some()),
            ] {
                if set {
                    self.invalid(field, "needs completionMode: Indexed");
                }
            }
        }
        if spec.max_failed_indexes.is_some() && spec.backoff_limit_per_index.is_none() {
            self.required("spec.backoffLimitPerIndex", "maxFailedIndexes needs backoffLimitPerIndex");
        }
        let (Some(completions), true) = (completions, indexed) else { return };
        if let Some(most) = max_failed.map(i64::from) {
            if most > i64::from(completions) {
                let message = format!("found {most}, expected at most completions ({completions})");
                self.invalid("spec.maxFailedIndexes", message);
            } else if most > MAX_FAILED_INDEXES {
                let message = format!("found {most}, expected at most {MAX_FAILED_INDEXES}");
                self.invalid("spec.maxFailedIndexes", message);
            }
        }
        if i64::from(completions) > COMPLETIONS_SOFT_LIMIT && spec.backoff_limit_per_index.is_some() {
            match max_failed.map(i64::from) {
                None if spec.max_failed_indexes.is_none() => self.required(
                    "spec.maxFailedIndexes",
                    "backoffLimitPerIndex with more than 100000 completions needs maxFailedIndexes",
                ),
                Some(most) if most > LIMIT_FOR_HIGH_COMPLETIONS => self.invalid(
                    "spec.maxFailedIndexes",
                    "with backoffLimitPerIndex and more than 100000 completions at most 10000",
                ),
                _ => {}
            }
            if i64::from(parallelism) > LIMIT_FOR_HIGH_COMPLETIONS {
                let message = "with backoffLimitPerIndex and more than 100000 completions at most 10000";
                self.invalid("spec.parallelism", message);
            }
        }
    }

    fn template(&mut self) -> Option<PodTemplate> {
        const POD: &str = "spec.template.spec";
        let spec = self.spec;
        let Some(pod) = &spec.template.spec else {
            self.required(POD, "the pod template is missing");
            return None;
        };
        let restart_policy = match pod.restart_policy.as_deref() {
            Some("Never") => Some(RestartPolicy::Never),
            Some("OnFailure") => Some(RestartPolicy::OnFailure),
            found => {
                let found = found.map_or("nothing (which means Always)".to_string(), quoted);
                let message = format!("found {found}, expected Never or OnFailure");
                self.wrong(&format!("{POD}.restartPolicy"), "invalid-value", &message);
                if let Some(last) = self.diagnostics.last_mut() {
                    last.help = Some(
                        "a Job's pods end, so the template must say restartPolicy: Never or OnFailure"
                            .to_string(),
                    );
                }
                None
            }
        };
        self.containers(pod);
        let grace = pod.termination_grace_period_seconds.unwrap_or(30);
        if grace < -1 {
            let message = format!("found {grace}, expected 0 or more");
            self.invalid(&format!("{POD}.terminationGracePeriodSeconds"), message);
        }
        let deadline = pod.active_deadline_seconds;
        if deadline.is_some_and(|s| !(1..=i64::from(i32::MAX)).contains(&s)) {
            let message = format!("found {}, expected 1 to {}", deadline.unwrap_or(0), i32::MAX);
            self.invalid(&format!("{POD}.activeDeadlineSeconds"), message);
        }
        Some(PodTemplate {
            restart_policy: restart_policy?,
            termination_grace: SimDuration::from_whole_seconds(u64::try_from(grace).unwrap_or(1)),
            active_deadline: deadline
                .and_then(|s| u64::try_from(s).ok())
                .map(SimDuration::from_whole_seconds),
        })
    }

    fn containers(&mut self, pod: &core::PodSpec) {
        const POD: &str = "spec.template.spec";
        if pod.containers.is_empty() {
            self.required(&format!("{POD}.containers"), "a pod needs at least one container");
        }
        let init = pod.init_containers.as_deref().unwrap_or_default();
        let mut names: Vec<&str> = Vec::new();
        for (list, containers) in [("containers", pod.containers.as_slice()), ("initContainers", init)] {
            for (n, container) in containers.iter().enumerate() {
                let path = format!("{POD}.{list}[{n}]");
                if container.name.is_empty() {
                    self.required(&format!("{path}.name"), "a container needs a name");
                } else if container.name.len() > MAX_NAME || !is_dns_label(&container.name) {
                    let message = format!("found {}, expected {DNS} without points", quoted(&container.name));
                    self.invalid(&format!("{path}.name"), message);
                } else if names.contains(&container.name.as_str()) {
                    let message = format!("{} is the name of two containers", quoted(&container.name));
                    self.invalid(&format!("{path}.name"), message);
                }
                names.push(&container.name);
                if container.image.as_deref().unwrap_or_default().is_empty() {
                    self.required(&format!("{path}.image"), "a container needs an image");
                }
            }
        }
    }

    fn pod_replacement(&mut self) -> PodReplacementPolicy {
        const PATH: &str = "spec.podReplacementPolicy";
        let with_policy = self.spec.pod_failure_policy.is_some();
        match self.spec.pod_replacement_policy.as_deref() {
            None if with_policy => PodReplacementPolicy::Failed,
            None => PodReplacementPolicy::TerminatingOrFailed,
            Some("Failed") => PodReplacementPolicy::Failed,
            Some("TerminatingOrFailed") => {
                if with_policy {
                    self.invalid(PATH, "found TerminatingOrFailed, expected Failed with a podFailurePolicy");
                }
                PodReplacementPolicy::TerminatingOrFailed
            }
            Some(other) => {
                let message = format!("found {}, expected TerminatingOrFailed or Failed", quoted(other));
                self.invalid(PATH, message);
                PodReplacementPolicy::TerminatingOrFailed
            }
        }
    }

    fn pod_failure_policy(&mut self) -> Option<Vec<FailureRule>> {
        const PATH: &str = "spec.podFailurePolicy";
        let spec = self.spec;
        let policy = spec.pod_failure_policy.as_ref()?;
        let pod = spec.template.spec.as_ref();
        if pod.is_some_and(|pod| pod.restart_policy.as_deref() == Some("OnFailure")) {
            self.invalid(PATH, "needs restartPolicy: Never");
        }
        if policy.rules.len() > MAX_FAILURE_RULES {
            let message = format!("found {} rules, expected at most {MAX_FAILURE_RULES}", policy.rules.len());
            self.invalid(&format!("{PATH}.rules"), message);
        }
        let rules = policy.rules.iter().enumerate();
        Some(rules.filter_map(|(n, rule)| self.failure_rule(&format!("{PATH}.rules[{n}]"), rule)).collect())
    }

    fn failure_rule(&mut self, path: &str, rule: &batch::PodFailurePolicyRule) -> Option<FailureRule> {
        let action = match rule.action.as_str() {
            "FailJob" => Some(FailureAction::FailJob),
            "Ignore" => Some(FailureAction::Ignore),
            "Count" => Some(FailureAction::Count),
            "FailIndex" => {
                if self.spec.backoff_limit_per_index.is_none() {
                    self.invalid(&format!("{path}.action"), "FailIndex needs backoffLimitPerIndex");
                }
                Some(FailureAction::FailIndex)
            }
            "" => {
                self.required(&format!("{path}.action"), "a rule needs an action");
                None
            }
            other => {
                let message =
                    format!("found {}, expected FailJob, FailIndex, Ignore or Count", quoted(other));
                self.invalid(&format!("{path}.action"), message);
                None
            }
        };
        // The API server treats an empty list of patterns as none.
        let patterns = rule.on_pod_conditions.as_deref().filter(|patterns| !patterns.is_empty());
        let requirement = match (&rule.on_exit_codes, patterns) {
            (Some(codes), None) => self.exit_codes(&format!("{path}.onExitCodes"), codes),
            (None, Some(patterns)) => self.conditions(&format!("{path}.onPodConditions"), patterns),
            _ => {
                self.invalid(path, "expected exactly one of onExitCodes and onPodConditions");
                None
            }
        };
        Some(FailureRule { action: action?, requirement: requirement? })
    }

    fn exit_codes(
        &mut self,
        path: &str,
        codes: &batch::PodFailurePolicyOnExitCodesRequirement,
    ) -> Option<FailureRequirement> {
        let negated = match codes.operator.as_str() {
            "In" => Some(false),
            "NotIn" => Some(true),
            other => {
                let message = format!("found {}, expected In or NotIn", quoted(other));
                self.invalid(&format!("{path}.operator"), message);
                None
            }
        };
        let values = &codes.values;
        if values.is_empty() || values.len() > MAX_EXIT_CODES {
            let message = format!("found {} values, expected 1 to {MAX_EXIT_CODES}", values.len());
            self.invalid(&format!("{path}.values"), message);
        }
        if let Some(n) = values.windows(2).position(|pair| pair[0] >= pair[1]) {
            let message = format!("found {} after {}, expected ascending values", values[n + 1], values[n]);
            self.invalid(&format!("{path}.values[{}]", n + 1), message);
        }
        if negated == Some(false)
            && let Some(n) = values.iter().position(|value| *value == 0)
        {
            self.invalid(&format!("{path}.values[{n}]"), "0 is success and must not stand with In");
        }
        let requirement = FailureRequirement::ExitCodes { negated: negated?, values: values.clone() };
        let Some(name) = codes.container_name.as_deref() else { return Some(requirement) };
        let pod = self.spec.template.spec.as_ref()?;
        let mut all = pod.containers.iter().chain(pod.init_containers.iter().flatten());
        if pod.containers.first().is_some_and(|first| first.name == name) {
            Some(requirement)
        } else if all.any(|container| container.name == name) {
            Some(FailureRequirement::OtherContainer)
        } else {
            let message = format!("found {}, which is no container of the template", quoted(name));
            self.invalid(&format!("{path}.containerName"), message);
            None
        }
    }

    fn conditions(
        &mut self,
        path: &str,
        patterns: &[batch::PodFailurePolicyOnPodConditionsPattern],
    ) -> Option<FailureRequirement> {
        if patterns.len() > MAX_PATTERNS {
            self.invalid(path, format!("found {} patterns, expected at most {MAX_PATTERNS}", patterns.len()));
        }
        let mut conditions = Vec::new();
        for (n, pattern) in patterns.iter().enumerate() {
            let kind = match pattern.type_.as_str() {
                "ContainersReady" => PodConditionType::ContainersReady,
                "DisruptionTarget" => PodConditionType::DisruptionTarget,
                "Initialized" => PodConditionType::Initialized,
                "PodScheduled" => PodConditionType::PodScheduled,
                "Ready" => PodConditionType::Ready,
                "" => {
                    self.required(&format!("{path}[{n}].type"), "a pattern needs a type");
                    continue;
                }
                other => {
                    if !is_qualified_name(other) {
                        let message = format!("found {}, expected the type of a condition", quoted(other));
                        self.invalid(&format!("{path}[{n}].type"), message);
                    }
                    PodConditionType::Other
                }
            };
            let status = match pattern.status.as_deref() {
                None | Some("" | "True") => ConditionStatus::True,
                Some("False") => ConditionStatus::False,
                Some("Unknown") => ConditionStatus::Unknown,
                Some(other) => {
                    let message = format!("found {}, expected True, False or Unknown", quoted(other));
                    self.invalid(&format!("{path}[{n}].status"), message);
                    continue;
                }
            };
            conditions.push((kind, status));
        }
        Some(FailureRequirement::Conditions(conditions))
    }

    fn success_policy(&mut self, indexed: bool, completions: Option<u32>) -> Option<Vec<SuccessRule>> {
        const PATH: &str = "spec.successPolicy";
        let spec = self.spec;
        let policy = spec.success_policy.as_ref()?;
        if !indexed {
            self.invalid(PATH, "needs completionMode: Indexed");
            return None;
        }
        if policy.rules.is_empty() || policy.rules.len() > MAX_SUCCESS_RULES {
            let message = format!("found {} rules, expected 1 to {MAX_SUCCESS_RULES}", policy.rules.len());
            self.invalid(&format!("{PATH}.rules"), message);
        }
        let completions = completions?;
        let mut rules = Vec::new();
        for (n, rule) in policy.rules.iter().enumerate() {
            let path = format!("{PATH}.rules[{n}]");
            if rule.succeeded_count.is_none() && rule.succeeded_indexes.is_none() {
                self.required(&path, "a rule needs succeededIndexes or succeededCount or both");
                continue;
            }
            let intervals = match rule.succeeded_indexes.as_deref() {
                Some(text) if text.len() > MAX_INDEXES_BYTES => {
                    Some(Err(format!("found {} bytes, expected at most {MAX_INDEXES_BYTES}", text.len())))
                }
                Some(text) => Some(indexes::parse(text, completions)),
                None => None,
            };
            let intervals = match intervals.transpose() {
                Ok(intervals) => intervals,
                Err(message) => {
                    self.invalid(&format!("{path}.succeededIndexes"), message);
                    None
                }
            };
            let count = self.count(&format!("{path}.succeededCount"), rule.succeeded_count);
            if let Some(count) = count {
                let listed = intervals.as_deref().map(indexes::count);
                if count > completions {
                    let message = format!("found {count}, expected at most completions ({completions})");
                    self.invalid(&format!("{path}.succeededCount"), message);
                } else if listed.is_some_and(|listed| u64::from(count) > listed) {
                    let message = format!(
                        "found {count}, expected at most the number of listed indexes ({})",
                        listed.unwrap_or(0)
                    );
                    self.invalid(&format!("{path}.succeededCount"), message);
                }
            }
            rules.push(SuccessRule { indexes: intervals, count });
        }
        Some(rules)
    }
}

const DNS: &str = "lower-case letters, digits, '-' and points, as in DNS";

fn is_dns_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    !text.is_empty()
        && bytes.iter().all(|b| inner(*b) || *b == b'-')
        && inner(bytes[0])
        && inner(bytes[bytes.len() - 1])
}

/// `name` or `domain/name` (apimachinery: IsQualifiedName).
fn is_qualified_name(text: &str) -> bool {
    let (domain, name) = text.split_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    domain.is_none_or(|domain| domain.split('.').all(is_dns_label))
        && name.len() <= MAX_NAME
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
        && ends(bytes.first())
        && ends(bytes.last())
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
