//! podFailurePolicy (pod_failure_policy.go).

use crate::kubernetes::facts::Phase;
use crate::kubernetes::world::{PodView, Ready};
use crate::marks::mark;
use crate::model::job::JobSpec;
use crate::model::policy::{ConditionStatus, FailureAction, FailureRequirement, PodConditionType};

/// The action of the first rule that matches; none: the failure counts (matchPodFailurePolicy).
pub(super) fn matching_action(spec: &JobSpec, view: &PodView) -> Option<FailureAction> {
    let rules = spec.pod_failure_policy.as_ref()?;
    mark!("2.8 the first rule that matches" if rules.iter().filter(|rule| matches(&rule.requirement, view)).count() > 1);
    mark!("2.8 no rule matches: the failure counts" if view.phase == Phase::Failed && !rules.iter().any(|rule| matches(&rule.requirement, view)));
    rules.iter().find(|rule| matches(&rule.requirement, view)).map(|rule| rule.action)
}

/// Whether the failure counts against the limits: everything but Ignore does.
pub(super) fn counts(spec: &JobSpec, view: &PodView) -> bool {
    matching_action(spec, view) != Some(FailureAction::Ignore)
}

/// Whether the pod is failed in the controller's eyes (isPodFailed).
#[inline]
pub(super) fn is_failed(spec: &JobSpec, view: &PodView) -> bool {
    mark!("2.3.2 a pod in deletion is a failure" if !spec.only_replace_failed() && view.deleting && !view.phase.is_terminal());
    mark!("2.3.2 onlyReplaceFailed: only phase Failed is a failure" if spec.only_replace_failed() && view.deleting && !view.phase.is_terminal());
    mark!("2.8 with a policy a terminating pod is not counted" if spec.pod_failure_policy.is_some() && view.deleting && !view.phase.is_terminal());
    view.phase == Phase::Failed
        || !spec.only_replace_failed() && view.deleting && view.phase != Phase::Succeeded
}

fn matches(requirement: &FailureRequirement, view: &PodView) -> bool {
    mark!("2.8 a running container has no exit code" if matches!(requirement, FailureRequirement::ExitCodes { .. }) && view.exit_code.is_none());
    mark!("2.8 exit codes: In" if matches!(requirement, FailureRequirement::ExitCodes { negated: false, values } if view.exit_code.is_some_and(|code| values.contains(&code))));
    mark!("2.8 exit codes: NotIn" if matches!(requirement, FailureRequirement::ExitCodes { negated: true, values } if view.exit_code.is_some_and(|code| code != 0 && !values.contains(&code))));
    mark!("2.8 the rule is about another container" if matches!(requirement, FailureRequirement::OtherContainer));
    mark!("2.8 a condition matches by type and status" if matches!(requirement, FailureRequirement::Conditions(patterns) if patterns.iter().any(|&(kind, status)| condition(view, kind) == Some(status))));
    mark!("2.8 a condition with another status does not match" if matches!(requirement, FailureRequirement::Conditions(patterns) if patterns.iter().any(|&(kind, status)| condition(view, kind).is_some_and(|s| s != status))));
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
