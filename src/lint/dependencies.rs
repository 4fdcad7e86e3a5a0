//! Lints about what pods share.

use super::subject::Subject;
use crate::input::Diagnostic;
use crate::input::duration::rate;
use crate::input::node::{Entry, Node};

/// More pods for each place at a dependency than this only queue.
const FAR_ABOVE: u64 = 4;

/// `crowded-dependency`: far more pods at a time than a dependency serves at a time.
pub(super) fn crowded(subject: &Subject) -> Option<Diagnostic> {
    let width = u64::from(subject.width());
    let calls = called(subject.said("steps")?);
    let all = subject.simulation("dependencies")?.entries();
    let (name, entry, places) = calls
        .into_iter()
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

/// `crowded-dependency` of a rate limit: far more pods at a time than calls that it admits in a second.
pub(super) fn above_the_rate(subject: &Subject) -> Option<Diagnostic> {
    let width = u64::from(subject.width());
    let calls = called(subject.said("steps")?);
    let all = subject.simulation("dependencies")?.entries();
    let (name, entry, admitted) = calls
        .into_iter()
        .filter_map(|name| {
            let entry = all.iter().find(|entry| entry.key == name)?;
            admitted_per_s(entry).map(|admitted| (name, entry, admitted))
        })
        .filter(|(_, _, admitted)| width > FAR_ABOVE * *admitted)
        .max_by_key(|(_, _, admitted)| width / (*admitted).max(1))?;
    let message = format!(
        "{}: {width} pods at a time call {name}, which admits {admitted} calls in a second: pods that start together are \
         rejected or delayed, {} at once",
        subject.name(),
        width - admitted
    );
    let help = format!(
        "lower parallelism towards {}, spread the starts (ramp, jitter), or retry inside the container with back-off and jitter",
        FAR_ABOVE * admitted
    );
    let diagnostic = Diagnostic::warning("crowded-dependency", message)
        .at(subject.line_span("spec.parallelism"))
        .help(help)
        .related(entry.key_span, format!("admits {admitted} in a second"));
    Some(diagnostic)
}

/// What the steps call or hold, also within other steps.
fn called(steps: &Node) -> Vec<&str> {
    let mut names = Vec::new();
    for step in steps.items() {
        let within = |kind: &str, key: &str| step.get(kind).and_then(|it| it.get(key));
        names.extend(within("call", "to").or(within("hold", "of")).and_then(Node::as_str));
        names.extend(within("hold", "steps").or(within("repeat", "steps")).map_or(Vec::new(), called));
    }
    names
}

/// The greater of what a full bucket or window holds and what comes in a second; none of other dependencies.
fn admitted_per_s(dependency: &Entry) -> Option<u64> {
    let limit = dependency.value.get("rateLimit")?;
    let per_s = rate(limit.get("rate")?.as_str()?).ok()?;
    let burst = limit.get("burst").and_then(Node::as_int).and_then(|n| u64::try_from(n).ok()).unwrap_or(1);
    Some(burst.max(per_s.ceil() as u64).max(1))
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

#[cfg(test)]
mod tests {
    use crate::input::load;
    use crate::lint::lint;

    fn messages(parallelism: u32, limit: &str) -> Vec<String> {
        let text = format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{parallelism: {parallelism}, completions: 900, \
             backoffLimit: 900, activeDeadlineSeconds: 90000, template: {{spec: {{restartPolicy: Never, containers: [{{name: \
             c, image: i}}]}}}}}}\n---\napiVersion: jobsim/v1alpha1\nkind: Simulation\nmetadata: {{name: j}}\nspec:\n  \
             dependencies: {{api: {{rateLimit: {limit}}}}}\n  workload: {{default: {{steps: [{{call: {{to: api, service: \
             1ms, timeout: 1s}}}}]}}}}\n"
        );
        let loaded = load(&["-".to_string()], &mut text.as_bytes(), &[]).unwrap();
        let found = lint(&loaded).into_iter().map(|advice| advice.diagnostic);
        found.filter(|d| d.code == "crowded-dependency").map(|d| d.message).collect()
    }

    #[test]
    fn a_rate_limit_is_judged_by_its_burst_or_its_rate() {
        assert!(messages(41, "{rate: 2/s, burst: 10}")[0].contains("admits 10 calls in a second"));
        assert!(messages(81, "{rate: 1200/min, burst: 10}")[0].contains("admits 20 calls in a second"));
        assert_eq!(messages(40, "{rate: 2/s, burst: 10}"), Vec::<String>::new());
    }
}
