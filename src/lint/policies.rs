//! Lints about podFailurePolicy.

use super::subject::Subject;
use crate::input::Diagnostic;
use crate::model::policy::{FailureAction, FailureRequirement, PodConditionType};

/// `ignore-without-bound`: disruptions that are not counted may go on for ever.
pub(super) fn ignore_without_bound(subject: &Subject) -> Option<Diagnostic> {
    let spec = subject.spec();
    if spec.active_deadline.is_some() {
        return None;
    }
    let rules = spec.pod_failure_policy.as_ref()?;
    let at = rules.iter().position(|rule| {
        let disruption = match &rule.requirement {
            FailureRequirement::Conditions(patterns) => {
                patterns.iter().any(|(kind, _)| *kind == PodConditionType::DisruptionTarget)
            }
            _ => false,
        };
        rule.action == FailureAction::Ignore && disruption
    })?;
    let message = format!(
        "{}: disruptions are ignored and nothing else bounds the Job: on nodes that go again and again it retries for \
         ever, every 10 minutes at last (back-off is still paid)",
        subject.name()
    );
    let place = subject.line_span(&format!("spec.podFailurePolicy.rules[{at}].action"));
    let diagnostic = Diagnostic::warning("ignore-without-bound", message)
        .at(place)
        .help("set activeDeadlineSeconds in spec as the outer bound");
    Some(diagnostic)
}
