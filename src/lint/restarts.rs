//! Lints about restartPolicy OnFailure: restarts in place have rules of their own.

use super::chance::percent;
use super::subject::Subject;
use crate::input::Diagnostic;
use crate::kubernetes::simulate::Outcome;
use crate::model::pod::RestartPolicy;

/// `restart-sum`: the restarts of all pods at a time are summed against backoffLimit, and reaching it is enough.
pub(super) fn shared_sum(subject: &Subject) -> Option<Diagnostic> {
    let spec = subject.spec();
    if spec.template.restart_policy != RestartPolicy::OnFailure || spec.per_index.is_some() {
        return None;
    }
    let (limit, width) = (spec.backoff_limit, subject.width());
    let restarts = limit.saturating_sub(1);
    let name = subject.name();
    let mut message = match (limit, width) {
        (0 | 1, _) => format!(
            "{name}: restartPolicy OnFailure with backoffLimit {limit}: the first restart ends the Job"
        ),
        (_, 0 | 1) => format!(
            "{name}: restartPolicy OnFailure with backoffLimit {limit} allows {restarts} restarts, one less than \
             restartPolicy Never: reaching the limit is enough"
        ),
        _ => format!(
            "{name}: restartPolicy OnFailure: the restarts of all {width} pods that run at a time are added up, and \
             the Job fails when the sum reaches backoffLimit {limit}: {restarts} restarts for {width} pods"
        ),
    };
    if let Some(p) = super::limits::failure(subject).filter(|p| *p > 0.0)
        && subject.run_is_said()
    {
        let died = |outcome: &Outcome| outcome.reason() == "BackoffLimitExceeded";
        if let Some((share, _, runs)) = subject.simulated(died) {
            message.push_str(&format!(
                "; with {} failures an attempt it does so in {} of {runs} simulated runs",
                percent(p),
                percent(share)
            ));
        }
    }
    let help = "restartPolicy: Never counts failed pods, keeps their logs, and gives backoffLimit retries";
    let place = subject.line_span("spec.template.spec.restartPolicy");
    Some(Diagnostic::warning("restart-sum", message).at(place).help(help))
}

/// `restart-per-index`: restarts in place never reach the counter of an index.
pub(super) fn per_index(subject: &Subject) -> Option<Diagnostic> {
    let spec = subject.spec();
    if spec.template.restart_policy != RestartPolicy::OnFailure {
        return None;
    }
    let limit = spec.per_index.as_ref()?.backoff_limit;
    let path = "spec.template.spec.restartPolicy";
    let endless = if spec.backoff_limit == i32::MAX as u32 {
        "and nothing else limits them: a container that always fails restarts for ever"
    } else {
        "only their sum is compared with backoffLimit"
    };
    let message = format!(
        "{}: backoffLimitPerIndex {limit} counts failed pods, but OnFailure restarts containers in place, {endless}",
        subject.name()
    );
    let value = subject.at(path)?.span;
    let diagnostic = Diagnostic::warning("restart-per-index", message)
        .at(subject.line_span(path))
        .help("let each failure be a failed pod of its index")
        .edit(value, "Never");
    Some(diagnostic)
}
