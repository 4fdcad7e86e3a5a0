//! `retry` of a call or a hold → [`Retry`]: how often, after which pauses, and what holds retries back.

use super::dependencies::{patience, positive};
use super::node::Node;
use super::reader::{Reader, present};
use crate::engine::time::SimDuration;
use crate::model::steps::*;

/// The client's keys of random numbers have room for so many.
const MOST_ATTEMPTS: i64 = 4000;

pub(super) fn read_retry(node: &Node, path: &str, reader: &mut Reader) -> Option<Retry> {
    let known = ["attempts", "backoff", "honourRetryAfter", "budget", "breaker"];
    reader.map(node, path, &known)?;
    let attempts = reader.required(node, path, "attempts");
    let attempts =
        attempts.and_then(|value| reader.whole(value, &format!("{path}.attempts"), 1, MOST_ATTEMPTS));
    let backoff = match present(node, "backoff") {
        Some(value) => read_backoff(value, &format!("{path}.backoff"), reader),
        None => Some(Retry::NONE.backoff),
    };
    let honour_retry_after = match present(node, "honourRetryAfter") {
        Some(value) => reader.boolean(value, &format!("{path}.honourRetryAfter")),
        None => Some(true),
    };
    let budget = match present(node, "budget") {
        Some(value) => read_budget(value, &format!("{path}.budget"), reader).map(Some),
        None => Some(None),
    };
    let breaker = match present(node, "breaker") {
        Some(value) => read_breaker(value, &format!("{path}.breaker"), reader).map(Some),
        None => Some(None),
    };
    Some(Retry {
        attempts: attempts? as u32,
        backoff: backoff?,
        honour_retry_after: honour_retry_after?,
        budget: budget?,
        breaker: breaker?,
    })
}

fn read_backoff(node: &Node, path: &str, reader: &mut Reader) -> Option<Backoff> {
    let none = Retry::NONE.backoff;
    if node.as_str().is_some() {
        let base = reader.duration(node, path)?;
        return Some(Backoff { base, ..none });
    }
    reader.map(node, path, &["base", "factor", "cap", "jitter"])?;
    let base = reader.required(node, path, "base").and_then(|v| reader.duration(v, &format!("{path}.base")));
    let factor = match present(node, "factor") {
        Some(value) => positive(value, &format!("{path}.factor"), reader),
        None => Some(2.0),
    };
    let cap = match present(node, "cap") {
        Some(value) => patience(value, &format!("{path}.cap"), reader),
        None => Some(SimDuration::NEVER),
    };
    let jitter = match present(node, "jitter") {
        None => Some(Jitter::None),
        Some(value) => match value.as_str() {
            Some("none") => Some(Jitter::None),
            Some("full") => Some(Jitter::Full),
            Some("equal") => Some(Jitter::Equal),
            Some("decorrelated") => Some(Jitter::Decorrelated),
            _ => {
                reader.expected(value, &format!("{path}.jitter"), "none, full, equal or decorrelated");
                None
            }
        },
    };
    Some(Backoff { base: base?, factor: factor?, cap: cap?, jitter: jitter? })
}

fn read_budget(node: &Node, path: &str, reader: &mut Reader) -> Option<Budget> {
    reader.map(node, path, &["ratio", "most"])?;
    let ratio = reader.required(node, path, "ratio")?;
    let ratio = reader.probability(ratio, &format!("{path}.ratio"));
    let most = match present(node, "most") {
        Some(value) => positive(value, &format!("{path}.most"), reader),
        None => Some(10.0),
    };
    Some(Budget { ratio: ratio?, most: most? })
}

fn read_breaker(node: &Node, path: &str, reader: &mut Reader) -> Option<Breaker> {
    reader.map(node, path, &["failures", "open"])?;
    let failures = reader.required(node, path, "failures");
    let failures =
        failures.and_then(|value| reader.whole(value, &format!("{path}.failures"), 1, MOST_ATTEMPTS));
    let open = reader.required(node, path, "open").and_then(|v| patience(v, &format!("{path}.open"), reader));
    Some(Breaker { failures: failures? as u32, open: open? })
}
