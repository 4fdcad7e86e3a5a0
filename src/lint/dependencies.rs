//! Lints about what pods share.

use super::subject::Subject;
use crate::input::Diagnostic;
use crate::input::node::{Entry, Node};

/// More pods for each place at a dependency than this only queue.
const FAR_ABOVE: u64 = 4;

/// `crowded-dependency`: far more pods at a time than a dependency serves at a time.
pub(super) fn crowded(subject: &Subject) -> Option<Diagnostic> {
    let width = u64::from(subject.width());
    let steps = subject.said("steps")?;
    let calls = steps.items().iter().filter_map(|step| step.get("call")?.get("to")?.as_str());
    let all = subject.simulation("dependencies")?.entries();
    let (name, entry, places) = calls
        .filter_map(|name| {
            let entry = all.iter().find(|entry| entry.key == name)?;
            places(entry).map(|places| (name, entry, places))
        })
        .filter(|(_, _, places)| width > FAR_ABOVE * *places)
        .max_by_key(|(_, _, places)| width / (*places).max(1))?;
    let message = format!(
        "{}: {width} pods at a time call {name}, which serves {places} at a time: up to {} pods hold a slot of the Job \
         only to wait",
        subject.name(),
        width - places
    );
    let help = format!(
        "lower parallelism towards {} and compare the makespan; waits beyond a timeout become failures of the Job",
        FAR_ABOVE * places
    );
    let diagnostic = Diagnostic::warning("crowded-dependency", message)
        .at(subject.line_span("spec.parallelism"))
        .help(help)
        .related(entry.key_span, format!("serves {places} at a time"));
    Some(diagnostic)
}

/// How many callers a dependency serves at a time; none when that is not what limits it.
fn places(dependency: &Entry) -> Option<u64> {
    let node = &dependency.value;
    let number = |node: Option<&Node>| node.and_then(Node::as_int).and_then(|n| u64::try_from(n).ok());
    if node.get("lock").is_some() {
        return Some(1);
    }
    number(node.get("pool").and_then(|pool| pool.get("connections")))
        .or_else(|| number(node.get("server").and_then(|server| server.get("servers"))))
        .filter(|places| *places > 0)
}
