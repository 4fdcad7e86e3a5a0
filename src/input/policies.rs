//! `policies` of the Simulation document, and what its `timeline` does to dependencies.

use super::dependencies::{Dependencies, patience, positive};
use super::node::{Entry, Node, NodeKind};
use super::reader::{Reader, present};
use super::simulation::{NamedJob, job_named};
use crate::engine::time::{SimDuration, SimTime};
use crate::model::dependency::{Fault, Kind, NewLimit, Rate};
use crate::model::shared::{Script, TimedFault, Trouble, Watch};

const MOST_PODS: i64 = 1_000_000;
/// What can befall a dependency.
pub(super) const FAULTS: [&str; 5] = ["down", "silent", "slow", "limit", "flap"];
/// Flaps of one entry of the timeline.
const MOST_FLAPS: u64 = 100_000;

/// The scripts.
pub(super) fn read_policies(
    node: Option<&Node>,
    jobs: &[NamedJob],
    dependencies: &Dependencies,
    reader: &mut Reader,
) -> Vec<Script> {
    const PATH: &str = "spec.policies";
    let Some(node) = node else { return Vec::new() };
    if !matches!(node.kind, NodeKind::Seq(_)) {
        reader.expected(node, PATH, "a list");
    }
    let mut scripts: Vec<Script> = Vec::new();
    for (n, item) in node.items().iter().enumerate() {
        let Some(script) = read_policy(item, &format!("{PATH}[{n}]"), jobs, dependencies, reader) else {
            continue;
        };
        scripts.push(script);
    }
    scripts
}

fn read_policy(
    node: &Node,
    path: &str,
    jobs: &[NamedJob],
    dependencies: &Dependencies,
    reader: &mut Reader,
) -> Option<Script> {
    reader.map(node, path, &["job", "ramp", "adapt"])?;
    let job = match present(node, "job") {
        Some(name) => {
            let text = reader.text(name, &format!("{path}.job"))?;
            job_named(text, name.span, &format!("{path}.job"), jobs, reader)?
        }
        None if jobs.len() == 1 => 0,
        None => {
            reader.error(
                "missing-field",
                node.span,
                format!("{path}: there are several Jobs, say which: `job`"),
            );
            return None;
        }
    };
    let (name, policy) = match (present(node, "ramp"), present(node, "adapt")) {
        (Some(ramp), None) => ("ramp", ramp),
        (None, Some(adapt)) => ("adapt", adapt),
        _ => {
            reader.expected(node, path, "one of ramp or adapt");
            return None;
        }
    };
    let path = format!("{path}.{name}");
    reader.map(policy, &path, &["parallelism"])?;
    let value = reader.required(policy, &path, "parallelism")?;
    let path = format!("{path}.parallelism");
    let known: &[&str] = match name {
        "ramp" => &["from", "to", "add", "every"],
        _ => &["from", "to", "add", "every", "watch", "backOffAt", "factor"],
    };
    reader.map(value, &path, known)?;
    let mut number = |key: &str, least: i64| {
        let node = reader.required(value, &path, key)?;
        reader.whole(node, &format!("{path}.{key}"), least, MOST_PODS).map(|n| n as u32)
    };
    let (from, to, add) = (number("from", 1), number("to", 1), number("add", 1));
    let every =
        reader.required(value, &path, "every").and_then(|v| patience(v, &format!("{path}.every"), reader));
    let watch = match name {
        "adapt" => Some(read_watch(value, &path, dependencies, reader)?),
        _ => None,
    };
    let (from, to) = (from?, to?);
    if from > to {
        reader.invalid(value, &path, format!("found from {from} above to {to}"));
        return None;
    }
    Some(Script { job, from, to, add: add?, every: every?, watch })
}

fn read_watch(node: &Node, path: &str, dependencies: &Dependencies, reader: &mut Reader) -> Option<Watch> {
    let name = reader.required(node, path, "watch")?;
    let text = reader.text(name, &format!("{path}.watch"))?;
    let dependency = dependencies.named(text, name.span, &format!("{path}.watch"), reader);
    let trouble = reader.required(node, path, "backOffAt")?;
    let below = format!("{path}.backOffAt");
    let Entry { key, value, .. } = reader.one_of(trouble, &below, &["rejected", "latency", "waiting"])?;
    let below = format!("{below}.{key}");
    let back_off_at = match key.as_str() {
        "rejected" => reader.probability(value, &below).map(Trouble::Rejected),
        "latency" => patience(value, &below, reader).map(Trouble::Latency),
        _ => reader.whole(value, &below, 0, MOST_PODS).map(|n| Trouble::Waiting(n as u32)),
    };
    let factor = match present(node, "factor") {
        Some(value) => reader.probability(value, &format!("{path}.factor")),
        None => Some(0.5),
    };
    Some(Watch { dependency: dependency?, back_off_at: back_off_at?, factor: factor? })
}

/// The entries of `timeline` that name a dependency.
pub(super) fn read_faults(
    node: Option<&Node>,
    dependencies: &Dependencies,
    reader: &mut Reader,
) -> Vec<TimedFault> {
    let mut faults = Vec::new();
    for (n, item) in node.map_or(&[][..], Node::items).iter().enumerate() {
        if item.get("dependency").is_some() {
            read_fault(item, &format!("spec.timeline[{n}]"), dependencies, &mut faults, reader);
        }
    }
    faults.sort_by_key(|fault| fault.at);
    faults
}

fn read_fault(
    node: &Node,
    path: &str,
    dependencies: &Dependencies,
    faults: &mut Vec<TimedFault>,
    reader: &mut Reader,
) -> Option<()> {
    reader.map(node, path, &["at", "dependency", "down", "silent", "slow", "limit", "flap"])?;
    let at = reader.required(node, path, "at").and_then(|v| reader.duration(v, &format!("{path}.at")));
    let name = reader.required(node, path, "dependency")?;
    let text = reader.text(name, &format!("{path}.dependency"))?;
    let dependency = dependencies.named(text, name.span, &format!("{path}.dependency"), reader)?;
    let mut named = node.entries().iter().filter(|entry| FAULTS.contains(&entry.key.as_str()));
    let (Some(Entry { key, value, .. }), None) = (named.next(), named.next()) else {
        reader.expected(node, path, "exactly one of down, silent, slow, limit or flap");
        return None;
    };
    let below = format!("{path}.{key}");
    let known: &[&str] = match key.as_str() {
        "slow" => &["for", "factor"],
        "limit" => &["for", "rate", "connections", "servers"],
        "flap" => &["for", "down", "up"],
        _ => &["for"],
    };
    reader.map(value, &below, known)?;
    let length = |key: &str, reader: &mut Reader| {
        let node = reader.required(value, &below, key)?;
        patience(node, &format!("{below}.{key}"), reader)
    };
    let lasts = length("for", reader);
    let fault = match key.as_str() {
        "down" => Fault::Down,
        "silent" => Fault::Silent,
        "slow" => {
            let factor = reader.required(value, &below, "factor")?;
            Fault::Slow { factor: positive(factor, &format!("{below}.factor"), reader)? }
        }
        "limit" => read_limit(value, &below, &dependencies.list[dependency].kind, reader)?,
        _ => {
            let (down, up) = (length("down", reader)?, length("up", reader)?);
            let (mut from, end) = (SimTime::ZERO + at?, SimTime::ZERO + at? + lasts?);
            if lasts?.nanos() / (down + up).nanos().max(1) > MOST_FLAPS {
                reader.invalid(value, &below, format!("more than {MOST_FLAPS} times down and up"));
                return None;
            }
            while from < end {
                let until = (from + down).min(end);
                faults.push(TimedFault { at: from, dependency, fault: Fault::Down, until });
                from = until + up;
            }
            return Some(());
        }
    };
    let at = SimTime::ZERO + at?;
    faults.push(TimedFault { at, dependency, fault, until: at + lasts.unwrap_or(SimDuration::NEVER) });
    Some(())
}

fn read_limit(node: &Node, path: &str, kind: &Kind, reader: &mut Reader) -> Option<Fault> {
    let key = match kind {
        Kind::RateLimit(_) => "rate",
        Kind::Pool(_) => "connections",
        Kind::Server(_) => "servers",
        Kind::Lock(_) => {
            reader.invalid(node, path, "a lock has one holder, whatever happens");
            return None;
        }
    };
    let value = reader.required(node, path, key)?;
    let path = format!("{path}.{key}");
    Some(Fault::Limit(match kind {
        Kind::RateLimit(_) => NewLimit::Rate(Rate::per_second(reader.rate(value, &path)?)),
        _ => NewLimit::Places(reader.whole(value, &path, 1, MOST_PODS)? as u32),
    }))
}
