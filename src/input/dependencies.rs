//! `dependencies` of the Simulation document → [`Dependency`]: what pods share.
//!
//! Relies on [`super::reader`]. Calls to them are read by [`super::steps`], what befalls them by [`super::policies`].

use super::diagnostic::Diagnostic;
use super::node::{Entry, Node, NodeKind, quoted};
use super::rate_limits::read_rate_limit;
use super::reader::{Reader, did_you_mean, listed, present};
use super::source::Span;
use super::stations::{read_lock, read_pool, read_server};
use crate::engine::distribution::Distribution;
use crate::engine::time::SimDuration;
use crate::model::dependency::*;

const PATH: &str = "spec.dependencies";
const MOST: i64 = 1_000_000_000;
/// What PostgreSQL took to free the lock of a client that was killed while idle (measured: 2.3 to 3.0 ms).
pub(super) const SEEN_AFTER: SimDuration = SimDuration::from_nanos(3_000_000);

/// All dependencies; a wrong one is there all the same, so that calls to it are not called unknown.
#[derive(Default)]
pub(super) struct Dependencies {
    pub(super) list: Vec<Dependency>,
}

impl Dependencies {
    /// The position of a dependency, or an error that names those that exist.
    pub(super) fn named(&self, name: &str, span: Span, path: &str, reader: &mut Reader) -> Option<usize> {
        let found = self.list.iter().position(|d| d.name == name);
        if found.is_none() {
            const SHOWN: usize = 10;
            let names: Vec<&str> = self.list.iter().take(SHOWN).map(|d| d.name.as_str()).collect();
            let more = if self.list.len() > SHOWN { ", …" } else { "" };
            let known = match names.as_slice() {
                [] => "the Simulation has no `dependencies`".to_string(),
                names => format!("the Simulation has: {}{more}", names.join(", ")),
            };
            let message = format!("{path}: there is no dependency {}, {known}", quoted(name));
            let diagnostic = Diagnostic::error("unknown-dependency", message).at(span);
            let all: Vec<&str> = self.list.iter().map(|d| d.name.as_str()).collect();
            reader.diagnostics.push(did_you_mean(diagnostic, name, span, &all));
        }
        found
    }
}

pub(super) fn read_dependencies(node: Option<&Node>, reader: &mut Reader) -> Dependencies {
    let mut dependencies = Dependencies::default();
    let Some(node) = node else { return dependencies };
    if !matches!(node.kind, NodeKind::Map(_)) {
        reader.expected(node, PATH, "a map of names");
    }
    for Entry { key, key_span, value } in node.entries() {
        let path = format!("{PATH}.{key}");
        if key.trim().is_empty() {
            reader.error("invalid-value", *key_span, format!("{PATH}: found a name without letters"));
        }
        let read = read_dependency(key, value, &path, reader);
        dependencies.list.push(read.unwrap_or_else(|| Dependency {
            name: key.clone(),
            kind: Kind::Pool(Pool { connections: 1, queue: Queue::PLAIN, setup: None }),
            service: None,
            background: None,
            disconnect: Disconnect::After(SEEN_AFTER),
            deadlock_timeout: None,
            hold_timeout: None,
        }));
    }
    dependencies
}

const KINDS: [&str; 4] = ["lock", "rateLimit", "pool", "server"];

fn read_dependency(name: &str, node: &Node, path: &str, reader: &mut Reader) -> Option<Dependency> {
    reader.map(node, path, &["lock", "rateLimit", "pool", "server", "background"])?;
    let mut kinds = node.entries().iter().filter(|entry| KINDS.contains(&entry.key.as_str()));
    let (first, second) = (kinds.next(), kinds.next());
    let Some(entry) = first else {
        reader.expected(node, path, format!("one of {}", listed(&KINDS)));
        return None;
    };
    if let Some(second) = second {
        let message =
            format!("{path}: `{}` and `{}` exclude each other, expected one", entry.key, second.key);
        reader.error("invalid-value", second.key_span, message);
        return None;
    }
    let below = format!("{path}.{}", entry.key);
    let background = match present(node, "background") {
        Some(value) => Some(read_background(value, &format!("{path}.background"), reader)?),
        None => None,
    };
    let mut dependency = match entry.key.as_str() {
        "lock" => read_lock(&entry.value, &below, reader),
        "rateLimit" => read_rate_limit(&entry.value, &below, reader),
        "pool" => read_pool(&entry.value, &below, reader),
        _ => read_server(&entry.value, &below, reader),
    }?;
    dependency.name = name.to_string();
    dependency.background = background;
    Some(dependency)
}

pub(super) fn plain(kind: Kind) -> Dependency {
    Dependency {
        name: String::new(),
        kind,
        service: None,
        background: None,
        disconnect: Disconnect::After(SEEN_AFTER),
        deadlock_timeout: None,
        hold_timeout: None,
    }
}

/// The value of a key read by `read`; `default` when it is absent, nothing when it is wrong.
pub(super) fn or<T>(
    node: &Node,
    path: &str,
    key: &str,
    default: T,
    reader: &mut Reader,
    read: impl FnOnce(&Node, &str, &mut Reader) -> Option<T>,
) -> Option<T> {
    match present(node, key) {
        Some(value) => read(value, &format!("{path}.{key}"), reader),
        None => Some(default),
    }
}

/// One of some words.
pub(super) fn word<T: Copy>(node: &Node, path: &str, words: &[(&str, T)], reader: &mut Reader) -> Option<T> {
    let found = node.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
    if found.is_none() {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        reader.expected(node, path, listed(&names));
    }
    found.map(|(_, value)| *value)
}

pub(super) fn count(node: &Node, path: &str, least: i64, reader: &mut Reader) -> Option<u32> {
    reader.whole(node, path, least, MOST).map(|n| n as u32)
}

/// A duration or `never`, more than zero.
pub(super) fn patience(node: &Node, path: &str, reader: &mut Reader) -> Option<SimDuration> {
    let seconds = reader.seconds(node, path)?;
    if seconds <= 0.0 {
        reader.invalid(node, path, "found 0, expected more");
        return None;
    }
    Some(SimDuration::from_seconds(seconds))
}

/// A number above zero.
pub(super) fn positive(node: &Node, path: &str, reader: &mut Reader) -> Option<f64> {
    let value = reader.number(node, path)?;
    if !(value > 0.0 && value <= 1e9) {
        reader.invalid(node, path, format!("found {value}, expected more than 0, at most 1e9"));
        return None;
    }
    Some(value)
}

fn read_background(node: &Node, path: &str, reader: &mut Reader) -> Option<Background> {
    reader.map(node, path, &["arrivals", "service", "timeout"])?;
    let path_of = |key: &str| format!("{path}.{key}");
    let arrivals_node = reader.required(node, path, "arrivals")?;
    let arrivals = reader.distribution(arrivals_node, &path_of("arrivals"))?;
    if arrivals == Distribution::Never || arrivals.mean() <= 0.0 {
        reader.invalid(arrivals_node, &path_of("arrivals"), "expected a time between arrivals above 0");
        return None;
    }
    let service = or(node, path, "service", None, reader, |v, p, r| r.distribution(v, p).map(Some));
    let timeout = or(node, path, "timeout", SimDuration::NEVER, reader, patience);
    Some(Background { arrivals, service: service?, timeout: timeout? })
}
