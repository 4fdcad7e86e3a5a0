//! Lints about the life of pods: what is left of them, and how they end.

use super::chance::time;
use super::subject::Subject;
use crate::input::Diagnostic;
use crate::input::node::Node;

/// Less is too short for somebody to look (s).
const TIME_TO_LOOK: f64 = 3600.0;

/// `ttl-deletes-evidence`: status, pods and logs of a failed Job go soon.
pub(super) fn ttl(subject: &Subject) -> Option<Diagnostic> {
    let ttl = subject.spec().ttl_after_finished?.seconds();
    if ttl >= TIME_TO_LOOK {
        return None;
    }
    let when = if ttl == 0.0 { "at once".to_string() } else { format!("{} after its end", time(ttl)) };
    let message = format!(
        "{}: the Job is deleted {when}, also when it failed: with its status, its pods and their logs",
        subject.name()
    );
    let help = "86400 keeps a day; or ship logs and events elsewhere first";
    let place = subject.line_span("spec.ttlSecondsAfterFinished");
    Some(Diagnostic::warning("ttl-deletes-evidence", message).at(place).help(help))
}

/// `grace-below-prestop`: the preStop hook eats the whole grace period, so the process never sees SIGTERM.
pub(super) fn grace(subject: &Subject) -> Option<Diagnostic> {
    let grace = subject.spec().template.termination_grace.seconds();
    let (path, seconds) = subject.containers().into_iter().find_map(|(path, container)| {
        let hook = container.get("lifecycle")?.get("preStop")?;
        let seconds = sleeps(hook)?;
        (seconds >= grace).then_some((path, seconds))
    })?;
    let message = format!(
        "{}: the preStop hook takes {}, the grace period is {}: the process is killed without time for its SIGTERM",
        subject.name(),
        time(seconds),
        time(grace)
    );
    let help = format!(
        "set terminationGracePeriodSeconds in spec.template.spec above {} by what the process needs to end, or shorten the hook",
        time(seconds)
    );
    let place = subject.span(&format!("{path}.lifecycle.preStop"));
    Some(Diagnostic::warning("grace-below-prestop", message).at(place).help(help))
}

/// How long a preStop hook sleeps (s), as far as it says so.
fn sleeps(hook: &Node) -> Option<f64> {
    if let Some(seconds) = hook.get("sleep").and_then(|sleep| sleep.get("seconds")) {
        return seconds.as_int().map(|seconds| seconds as f64);
    }
    let words = hook.get("exec")?.get("command")?.items().iter().filter_map(Node::as_str);
    let text = words.collect::<Vec<_>>().join(" ");
    let mut words = text.split(|c: char| c.is_whitespace() || c == ';' || c == '&');
    words.find(|word| word.rsplit('/').next() == Some("sleep"))?;
    let number = words.find(|word| !word.is_empty())?;
    let digits = number.trim_end_matches(['s', 'm', 'h']);
    let unit = match number.strip_prefix(digits)? {
        "" | "s" => 1.0,
        "m" => 60.0,
        _ => 3600.0,
    };
    digits.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| n * unit)
}

/// `misplaced-annotation`: workload parameters where nobody reads them.
pub(super) fn misplaced_annotation(subject: &Subject) -> Option<Diagnostic> {
    let annotations = subject.manifest().get("metadata")?.get("annotations")?;
    let entry = annotations.entries().iter().find(|entry| entry.key.starts_with("jobsim/"))?;
    let message = format!(
        "{}: annotation {} of the Job is not read: workload parameters stand in the pod template",
        subject.name(),
        entry.key
    );
    let diagnostic = Diagnostic::warning("misplaced-annotation", message)
        .at(entry.key_span)
        .help("move it to spec.template.metadata.annotations");
    Some(diagnostic)
}
