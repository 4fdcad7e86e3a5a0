//! podFailurePolicy (pod_failure_policy.go).

use crate::kubernetes::facts::Phase;
use crate::kubernetes::world::{PodView, Ready};
use crate::model::job::JobSpec;
use crate::model::policy::{ConditionStatus, FailureAction, FailureRequirement, PodConditionType};

/// The action of the first rule that matches; none: the failure counts (matchPodFailurePolicy).
pub(super) fn matching_action(spec: &JobSpec, view: &PodView) -> Option<FailureAction> {
    let rules = spec.pod_failure_policy.as_ref()?;
    rules.iter().find(|rule| matches(&rule.requirement, view)).map(|rule| rule.action)
}

/// Whether the failure counts against the limits: everything but Ignore does.
pub(super) fn counts(spec: &JobSpec, view: &PodView) -> bool {
    matching_action(spec, view) != Some(FailureAction::Ignore)
}

/// Whether the pod is failed in the controller's eyes (isPodFailed).
#[inline]
pub(super) fn is_failed(spec: &JobSpec, view: &PodView) -> bool {
    view.phase == Phase::Failed
        || !spec.only_replace_failed() && view.deleting && view.phase != Phase::Succeeded
}

fn matches(requirement: &FailureRequirement, view: &PodView) -> bool {
    match requirement {
        FailureRequirement::OtherContainer => false,
        FailureRequirement::ExitCodes { negated, values } => match view.exit_code {
            // A container that is still running has no code to match, and 0 is never matched.
            None | Some(0) => false,
            Some(code) => values.contains(&code) != *negated,
        },
        FailureRequirement::Conditions(patterns) => {
            patterns.iter().any(|&(kind, status)| condition(view, kind) == Some(status))
        }
    }
}

fn condition(view: &PodView, kind: PodConditionType) -> Option<ConditionStatus> {
    let set = |present: bool| present.then_some(ConditionStatus::True);
    match kind {
        PodConditionType::DisruptionTarget => set(view.disrupted),
        PodConditionType::PodScheduled | PodConditionType::Initialized => set(view.bound),
        PodConditionType::Ready | PodConditionType::ContainersReady => match view.ready {
            Ready::Unset => None,
            Ready::False => Some(ConditionStatus::False),
            Ready::True => Some(ConditionStatus::True),
        },
        PodConditionType::Other => None,
    }
}
