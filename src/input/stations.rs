//! `lock`, `pool` and `server` of a dependency: who waits how, what is served at what speed, what becomes of places.
//! `rateLimit` is read by [`super::rate_limits`].

use super::dependencies::{SEEN_AFTER, count, or, patience, plain, positive, word};
use super::node::{Node, NodeKind};
use super::reader::{Reader, present};
use crate::engine::time::SimDuration;
use crate::model::dependency::*;

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
            reader.map(value, path, &["check"])?;
            let every = patience(reader.required(value, path, "check")?, &format!("{path}.check"), reader)?;
            return Some(Disconnect::Look { every, idle: SEEN_AFTER });
        }
        let seconds = reader.seconds(value, path)?;
        Some(Disconnect::After(SimDuration::from_seconds(seconds)))
    })
}

pub(super) fn read_lock(node: &Node, path: &str, reader: &mut Reader) -> Option<Dependency> {
    const KNOWN: [&str; 9] = [
        "like",
        "order",
        "waitTimeout",
        "timeoutPer",
        "queueLimit",
        "holdCost",
        "releaseAfter",
        "deadlockTimeout",
        "holdTimeout",
    ];
    reader.map(node, path, &KNOWN)?;
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
        reader.map(value, path, &["fixed", "perWaiter"])?;
        let mut nanos =
            |key: &str| or(value, path, key, 0.0, reader, |v, p, r| r.finite_seconds(v, p).map(|s| s * 1e9));
        let (fixed_ns, per_waiter_ns) = (nanos("fixed"), nanos("perWaiter"));
        Some(HoldCost { fixed_ns: fixed_ns?, per_waiter_ns: per_waiter_ns?, ..HoldCost::NONE })
    });
    let disconnect = read_disconnect(node, path, disconnect, reader);
    let deadlock_timeout = optional_timeout(node, path, "deadlockTimeout", deadlock_timeout, reader);
    let hold_timeout = optional_timeout(node, path, "holdTimeout", None, reader);
    Some(Dependency {
        disconnect: disconnect?,
        deadlock_timeout: deadlock_timeout?,
        hold_timeout: hold_timeout?,
        ..plain(Kind::Lock(Lock { queue: queue?, hold: hold? }))
    })
}

/// A duration; `never`: none.
fn optional_timeout(
    node: &Node,
    path: &str,
    key: &str,
    default: Option<SimDuration>,
    reader: &mut Reader,
) -> Option<Option<SimDuration>> {
    or(node, path, key, default, reader, |v, p, r| {
        patience(v, p, r).map(|timeout| (!timeout.is_never()).then_some(timeout))
    })
}

pub(super) fn read_pool(node: &Node, path: &str, reader: &mut Reader) -> Option<Dependency> {
    let known = [
        "connections",
        "queueLimit",
        "waitTimeout",
        "order",
        "setup",
        "releaseAfter",
        "deadlockTimeout",
        "holdTimeout",
    ];
    reader.map(node, path, &known)?;
    let connections = match reader.required(node, path, "connections") {
        Some(value) => count(value, &format!("{path}.connections"), 1, reader),
        None => None,
    };
    let queue = read_queue(node, path, Queue::PLAIN, reader);
    let setup = or(node, path, "setup", None, reader, |v, p, r| r.distribution(v, p).map(Some));
    let disconnect = read_disconnect(node, path, Disconnect::After(SEEN_AFTER), reader);
    let deadlock_timeout = optional_timeout(node, path, "deadlockTimeout", None, reader);
    let hold_timeout = optional_timeout(node, path, "holdTimeout", None, reader);
    Some(Dependency {
        disconnect: disconnect?,
        deadlock_timeout: deadlock_timeout?,
        hold_timeout: hold_timeout?,
        ..plain(Kind::Pool(Pool { connections: connections?, queue: queue?, setup: setup? }))
    })
}

pub(super) fn read_server(node: &Node, path: &str, reader: &mut Reader) -> Option<Dependency> {
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
    reader.map(node, path, &known)?;
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
        reader.map(node, path, &["table"])?;
        let path = format!("{path}.table");
        let mut points: Vec<(u32, f64)> = Vec::new();
        for (n, item) in reader.list(table, &path)?.iter().enumerate() {
            let path = format!("{path}[{n}]");
            reader.map(item, &path, &["inFlight", "throughput"])?;
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
    reader.map(node, path, &["contention", "coherency", "table"])?;
    let contention = or(node, path, "contention", 0.0, reader, not_negative);
    let coherency = or(node, path, "coherency", 0.0, reader, not_negative);
    Some(LoadCurve::Scalability { contention: contention?, coherency: coherency? })
}

fn read_crash(node: &Node, path: &str, reader: &mut Reader) -> Option<Crash> {
    reader.map(node, path, &["above", "recovery", "cold"])?;
    let in_flight = count(reader.required(node, path, "above")?, &format!("{path}.above"), 1, reader);
    let recovery = reader.required(node, path, "recovery");
    let recovery = recovery.and_then(|value| reader.distribution(value, &format!("{path}.recovery")));
    let cold = or(node, path, "cold", (SimDuration::ZERO, 1.0), reader, |value, path, reader| {
        reader.map(value, path, &["for", "factor"])?;
        let length = reader.required(value, path, "for")?;
        let length = reader.duration(length, &format!("{path}.for"))?;
        let factor = reader.required(value, path, "factor")?;
        Some((length, positive(factor, &format!("{path}.factor"), reader)?))
    });
    let (cold_for, cold_factor) = cold?;
    Some(Crash { in_flight: in_flight?, recovery: recovery?, cold_for, cold_factor })
}
