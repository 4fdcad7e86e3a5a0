//! `rateLimit` of a dependency → [`RateLimit`]: buckets, windows, and what nginx does.

use super::dependencies::{count, or, patience, plain, word};
use super::node::Node;
use super::reader::{Reader, present};
use super::stations::read_queue;
use crate::engine::time::SimDuration;
use crate::model::dependency::*;

pub(super) fn read_rate_limit(node: &Node, path: &str, reader: &mut Reader) -> Option<Dependency> {
    let nginx = match present(node, "like") {
        None => false,
        Some(value) => word(value, &format!("{path}.like"), &[("nginx", true)], reader)?,
    };
    let known: &[&str] = match nginx {
        true => &["like", "rate", "burst", "delay", "per"],
        false => &[
            "like",
            "rate",
            "burst",
            "window",
            "length",
            "onLimit",
            "queueLimit",
            "waitTimeout",
            "retryAfter",
            "per",
        ],
    };
    reader.map(node, path, known)?;
    let rate_path = format!("{path}.rate");
    let rate_node = reader.required(node, path, "rate")?;
    let rate = reader.rate(rate_node, &rate_path)?;
    let scope = or(node, path, "per", Scope::Global, reader, |v, p, r| {
        word(v, p, &[("client", Scope::Client), ("global", Scope::Global)], r)
    });
    if nginx {
        let rate_milli = (rate * 1000.0 + 1e-6) as u64;
        if !(1..=1_000_000_000).contains(&rate_milli) {
            reader.invalid(rate_node, &rate_path, "expected at least 0.001/s, at most 1000000/s");
            return None;
        }
        let burst = or(node, path, "burst", 0, reader, |v, p, r| count(v, p, 0, r));
        let delay = or(node, path, "delay", 0, reader, |v, p, r| {
            if v.as_str() == Some("nodelay") { Some(u32::MAX) } else { count(v, p, 0, r) }
        });
        let rule = LimitRule::Nginx { rate_milli: rate_milli as u32, burst: burst?, delay: delay? };
        return Some(plain(Kind::RateLimit(RateLimit {
            rule,
            on_limit: OnLimit::Reject,
            scope: scope?,
            retry_after: RetryAfter::Absent,
        })));
    }
    #[derive(Clone, Copy, PartialEq)]
    enum Window {
        Fixed,
        Sliding,
    }
    let window = or(node, path, "window", None, reader, |v, p, r| {
        word(v, p, &[("fixed", Some(Window::Fixed)), ("sliding", Some(Window::Sliding))], r)
    })?;
    let length = or(node, path, "length", unit_of(rate_node), reader, patience)?;
    if let (None, Some(length)) = (window, present(node, "length")) {
        reader.invalid(
            length,
            &format!("{path}.length"),
            "only a window has a length: add `window: fixed` or sliding",
        );
        return None;
    }
    let rule = match window {
        None => {
            let burst = or(node, path, "burst", 1, reader, |v, p, r| count(v, p, 1, r));
            LimitRule::TokenBucket { rate: Rate::per_second(rate), burst: burst? }
        }
        Some(window) => {
            if let Some(burst) = present(node, "burst") {
                reader.invalid(burst, &format!("{path}.burst"), "a window has no burst");
                return None;
            }
            let requests = (rate * length.seconds()).round();
            if !(1.0..=1e9).contains(&requests) {
                let message = format!("found {requests} requests in a window, expected at least 1");
                reader.invalid(rate_node, &rate_path, message);
                return None;
            }
            let requests = requests as u32;
            match window {
                Window::Fixed => LimitRule::FixedWindow { requests, length },
                Window::Sliding => LimitRule::SlidingWindow { requests, length },
            }
        }
    };
    let delays = or(node, path, "onLimit", false, reader, |v, p, r| {
        word(v, p, &[("reject", false), ("delay", true)], r)
    })?;
    for key in ["queueLimit", "waitTimeout"] {
        if let (false, Some(value)) = (delays, present(node, key)) {
            reader.invalid(
                value,
                &format!("{path}.{key}"),
                "nobody waits: add `onLimit: delay`, or remove it",
            );
            return None;
        }
    }
    let on_limit = match delays {
        true => {
            let queue = read_queue(node, path, Queue::PLAIN, reader)?;
            OnLimit::Delay { limit: queue.limit, wait_timeout: queue.wait_timeout }
        }
        false => OnLimit::Reject,
    };
    let retry_after = or(node, path, "retryAfter", RetryAfter::Absent, reader, |v, p, r| {
        let words = [
            ("absent", RetryAfter::Absent),
            ("exact", RetryAfter::Exact),
            ("wholeSeconds", RetryAfter::WholeSeconds),
        ];
        word(v, p, &words, r)
    });
    Some(plain(Kind::RateLimit(RateLimit { rule, on_limit, scope: scope?, retry_after: retry_after? })))
}

/// The length that a rate is written per: a minute for `600/min`.
fn unit_of(rate: &Node) -> SimDuration {
    let unit =
        rate.as_str().and_then(|text| text.split_once('/')).map(|(_, unit)| format!("1{}", unit.trim()));
    unit.and_then(|unit| super::duration::duration(&unit).ok()).unwrap_or(SimDuration::SECOND)
}
