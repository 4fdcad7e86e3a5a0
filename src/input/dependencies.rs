//! `dependencies` of the Simulation document → [`Dependency`]: what pods share.
//!
//! Relies on [`super::reader`]. Calls to them are read by [`super::steps`], what befalls them by [`super::policies`].

use super::node::{Entry, Node, NodeKind, quoted};
use super::rate_limits::read_rate_limit;
use super::reader::{Reader, listed, present};
use super::source::Span;
use crate::engine::distribution::Distribution;
use crate::engine::time::SimDuration;
use crate::model::dependency::*;

const PATH: &str = "spec.dependencies";
const MOST: i64 = 1_000_000_000;
/// What PostgreSQL took to free the lock of a client that was killed while idle (measured: 2.3 to 3.0 ms).
const SEEN_AFTER: SimDuration = SimDuration::from_nanos(3_000_000);

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
            let diagnostic = super::diagnostic::Diagnostic::error("unknown-dependency", message).at(span);
            reader.diagnostics.push(match nearest(name, self.list.iter().map(|d| d.name.as_str())) {
                Some(near) => diagnostic.help(format!("did you mean {near}?")),
                None => diagnostic,
            });
        }
        found
    }
}

/// The most similar of the names, if it is at most a third of the letters away.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let most = name.chars().count().max(3) / 3;
    names.map(|n| (distance(name, n), n)).filter(|(d, _)| *d <= most).min().map(|(_, n)| n)
}

/// Letters to insert, remove, replace or swap with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let plain = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if swapped { plain.min(rows[i - 2][j - 2] + 1) } else { plain }
            };
        }
    }
    rows[a.len()][b.len()]
}

pub(super) fn read_dependencies(node: Option<&Node>, reader: &mut Reader) -> Dependencies {
    let mut dependencies = Dependencies::default();
    let Some(node) = node else { return dependencies };
    if !matches!(node.kind, NodeKind::Map(_)) {
        reader.expected(node, PATH, "a map of names");
    }
    for Entry { key, value, .. } in node.entries() {
        let path = format!("{PATH}.{key}");
        let read = read_dependency(key, value, &path, reader);
        dependencies.list.push(read.unwrap_or_else(|| Dependency {
            name: key.clone(),
            kind: Kind::Pool(Pool { connections: 1, queue: Queue::PLAIN, setup: None }),
            service: None,
            background: None,
            disconnect: Disconnect::After(SEEN_AFTER),
            deadlock_timeout: None,
        }));
    }
    dependencies
}

const KINDS: [&str; 4] = ["lock", "rateLimit", "pool", "server"];

fn read_dependency(name: &str, node: &Node, path: &str, reader: &mut Reader) -> Option<Dependency> {
    reader.map(node, path, &["lock", "rateLimit", "pool", "server", "background"], &[])?;
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

fn not_negative(node: &Node, path: &str, reader: &mut Reader) -> Option<f64> {
    let value = reader.number(node, path)?;
    if !(0.0..=1e9).contains(&value) {
        reader.invalid(node, path, format!("found {value}, expected 0 to 1e9"));
        return None;
    }
    Some(value)
}

pub(super) fn read_queue(node: &Node, path: &str, default: Queue, reader: &mut Reader) -> Option<Queue> {
    let order = or(node, path, "order", default.order, reader, |v, p, r| {
        word(v, p, &[("fifo", Order::Fifo), ("random", Order::Random)], r)
    });
    let limit = or(node, path, "queueLimit", default.limit, reader, |v, p, r| count(v, p, 0, r).map(Some));
    let wait_timeout = or(node, path, "waitTimeout", default.wait_timeout, reader, patience);
    let timeout_per = or(node, path, "timeoutPer", default.timeout_per, reader, |v, p, r| {
        word(v, p, &[("wait", TimeoutPer::Wait), ("step", TimeoutPer::Step)], r)
    });
    Some(Queue { order: order?, limit: limit?, wait_timeout: wait_timeout?, timeout_per: timeout_per? })
}

fn read_disconnect(node: &Node, path: &str, default: Disconnect, reader: &mut Reader) -> Option<Disconnect> {
    or(node, path, "releaseAfter", default, reader, |value, path, reader| {
        if value.as_str() == Some("finish") {
            return Some(Disconnect::Finish { idle: SEEN_AFTER });
        }
        if matches!(value.kind, NodeKind::Map(_)) {
            reader.map(value, path, &["check"], &[])?;
            let every = patience(reader.required(value, path, "check")?, &format!("{path}.check"), reader)?;
            return Some(Disconnect::Look { every, idle: SEEN_AFTER });
        }
        let seconds = reader.seconds(value, path)?;
        Some(Disconnect::After(SimDuration::from_seconds(seconds)))
    })
}

fn read_lock(node: &Node, path: &str, reader: &mut Reader) -> Option<Dependency> {
    const KNOWN: [&str; 8] = [
        "like",
        "order",
        "waitTimeout",
        "timeoutPer",
        "queueLimit",
        "holdCost",
        "releaseAfter",
        "deadlockTimeout",
    ];
    reader.map(node, path, &KNOWN, &[])?;
    #[derive(Clone, Copy)]
    enum Like {
        Row,
        Advisory,
    }
    let like = or(node, path, "like", None, reader, |v, p, r| {
        word(v, p, &[("postgresRow", Some(Like::Row)), ("postgresAdvisory", Some(Like::Advisory))], r)
    })?;
    let (queue, hold) = match like {
        None => (Queue::PLAIN, HoldCost::NONE),
        Some(Like::Advisory) => (Queue::PLAIN, HoldCost::POSTGRES_ADVISORY),
        Some(Like::Row) => {
            let queue = Queue { order: Order::Random, timeout_per: TimeoutPer::StepAtHead, ..Queue::PLAIN };
            (queue, HoldCost::POSTGRES_ROW)
        }
    };
    let (disconnect, deadlock_timeout) = match like {
        None => (Disconnect::After(SEEN_AFTER), None),
        Some(_) => (Disconnect::Finish { idle: SEEN_AFTER }, Some(SimDuration::SECOND)),
    };
    let queue = read_queue(node, path, queue, reader);
    let hold = or(node, path, "holdCost", hold, reader, |value, path, reader| {
        reader.map(value, path, &["fixed", "perWaiter"], &[])?;
        let mut nanos =
            |key: &str| or(value, path, key, 0.0, reader, |v, p, r| r.finite_seconds(v, p).map(|s| s * 1e9));
        let (fixed_ns, per_waiter_ns) = (nanos("fixed"), nanos("perWaiter"));
        Some(HoldCost { fixed_ns: fixed_ns?, per_waiter_ns: per_waiter_ns?, ..HoldCost::NONE })
    });
    let disconnect = read_disconnect(node, path, disconnect, reader);
    let deadlock_timeout = read_deadlock_timeout(node, path, deadlock_timeout, reader);
    Some(Dependency {
        disconnect: disconnect?,
        deadlock_timeout: deadlock_timeout?,
        ..plain(Kind::Lock(Lock { queue: queue?, hold: hold? }))
    })
}

fn read_deadlock_timeout(
    node: &Node,
    path: &str,
    default: Option<SimDuration>,
    reader: &mut Reader,
) -> Option<Option<SimDuration>> {
    or(node, path, "deadlockTimeout", default, reader, |v, p, r| {
        patience(v, p, r).map(|timeout| (!timeout.is_never()).then_some(timeout))
    })
}

fn read_pool(node: &Node, path: &str, reader: &mut Reader) -> Option<Dependency> {
    let known =
        ["connections", "queueLimit", "waitTimeout", "order", "setup", "releaseAfter", "deadlockTimeout"];
    reader.map(node, path, &known, &[])?;
    let connections = match reader.required(node, path, "connections") {
        Some(value) => count(value, &format!("{path}.connections"), 1, reader),
        None => None,
    };
    let queue = read_queue(node, path, Queue::PLAIN, reader);
    let setup = or(node, path, "setup", None, reader, |v, p, r| r.distribution(v, p).map(Some));
    let disconnect = read_disconnect(node, path, Disconnect::After(SEEN_AFTER), reader);
    let deadlock_timeout = read_deadlock_timeout(node, path, None, reader);
    Some(Dependency {
        disconnect: disconnect?,
        deadlock_timeout: deadlock_timeout?,
        ..plain(Kind::Pool(Pool { connections: connections?, queue: queue?, setup: setup? }))
    })
}

fn read_server(node: &Node, path: &str, reader: &mut Reader) -> Option<Dependency> {
    let known = [
        "servers",
        "service",
        "discipline",
        "queueLimit",
        "waitTimeout",
        "order",
        "inFlightLimit",
        "load",
        "crash",
        "releaseAfter",
    ];
    reader.map(node, path, &known, &[])?;
    let servers = or(node, path, "servers", 1, reader, |v, p, r| count(v, p, 1, r));
    let service = or(node, path, "service", None, reader, |v, p, r| r.distribution(v, p).map(Some));
    let most = or(node, path, "inFlightLimit", None, reader, |v, p, r| count(v, p, 1, r).map(Some))?;
    let sharing = Discipline::Sharing { most };
    let discipline = or(node, path, "discipline", Discipline::Fifo, reader, |v, p, r| {
        word(v, p, &[("fifo", Discipline::Fifo), ("sharing", sharing)], r)
    })?;
    if most.is_some() && discipline == Discipline::Fifo {
        reader.invalid(
            node,
            path,
            "inFlightLimit needs `discipline: sharing`; with fifo, `servers` is that limit",
        );
        return None;
    }
    let queue = read_queue(node, path, Queue::PLAIN, reader);
    let load = or(node, path, "load", LoadCurve::Flat, reader, read_load);
    let crash = or(node, path, "crash", None, reader, |v, p, r| read_crash(v, p, r).map(Some));
    let disconnect = read_disconnect(node, path, Disconnect::After(SEEN_AFTER), reader);
    let server = Server { servers: servers?, discipline, queue: queue?, load: load?, crash: crash? };
    Some(Dependency { service: service?, disconnect: disconnect?, ..plain(Kind::Server(server)) })
}

fn read_load(node: &Node, path: &str, reader: &mut Reader) -> Option<LoadCurve> {
    if let Some(table) = present(node, "table") {
        reader.map(node, path, &["table"], &[])?;
        let path = format!("{path}.table");
        let mut points: Vec<(u32, f64)> = Vec::new();
        for (n, item) in reader.list(table, &path)?.iter().enumerate() {
            let path = format!("{path}[{n}]");
            reader.map(item, &path, &["inFlight", "throughput"], &[])?;
            let at =
                count(reader.required(item, &path, "inFlight")?, &format!("{path}.inFlight"), 1, reader)?;
            let value = reader.required(item, &path, "throughput")?;
            let value = positive(value, &format!("{path}.throughput"), reader)?;
            if points.last().is_some_and(|&(last, _)| last >= at) {
                reader.invalid(
                    item,
                    &path,
                    format!("found inFlight {at}, expected more than in the point before"),
                );
                return None;
            }
            points.push((at, value));
        }
        return Some(LoadCurve::Table(points));
    }
    reader.map(node, path, &["contention", "coherency", "table"], &[])?;
    let contention = or(node, path, "contention", 0.0, reader, not_negative);
    let coherency = or(node, path, "coherency", 0.0, reader, not_negative);
    Some(LoadCurve::Scalability { contention: contention?, coherency: coherency? })
}

fn read_crash(node: &Node, path: &str, reader: &mut Reader) -> Option<Crash> {
    reader.map(node, path, &["above", "recovery", "cold"], &[])?;
    let in_flight = count(reader.required(node, path, "above")?, &format!("{path}.above"), 1, reader);
    let recovery = reader.required(node, path, "recovery");
    let recovery = recovery.and_then(|value| reader.distribution(value, &format!("{path}.recovery")));
    let cold = or(node, path, "cold", (SimDuration::ZERO, 1.0), reader, |value, path, reader| {
        reader.map(value, path, &["for", "factor"], &[])?;
        let length = reader.required(value, path, "for")?;
        let length = reader.duration(length, &format!("{path}.for"))?;
        let factor = reader.required(value, path, "factor")?;
        Some((length, positive(factor, &format!("{path}.factor"), reader)?))
    });
    let (cold_for, cold_factor) = cold?;
    Some(Crash { in_flight: in_flight?, recovery: recovery?, cold_for, cold_factor })
}

fn read_background(node: &Node, path: &str, reader: &mut Reader) -> Option<Background> {
    reader.map(node, path, &["arrivals", "service", "timeout"], &[])?;
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

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn near_names_are_found() {
        assert_eq!([distance("abc", "acb"), distance("", "ab"), distance("kitten", "sitting")], [1, 2, 3]);
        assert_eq!(nearest("order-db", ["payments", "orders-db"].into_iter()), Some("orders-db"));
        assert_eq!(nearest("db", ["payments", "orders-db"].into_iter()), None);
    }
}
