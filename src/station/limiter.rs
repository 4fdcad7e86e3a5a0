//! The arithmetic of rate limits: when a request that comes now may pass, in integers.
//!
//! A limiter is asked first ([`Limiter::offer`]) and told afterwards whether the request passes ([`Limiter::take`]): a
//! request that is refused leaves no trace. One that has to wait passes at its own instant, known when it comes.

use std::collections::VecDeque;

use crate::engine::time::{SimDuration, SimTime};
use crate::model::dependency::{LimitRule, Rate};

/// A token in units of the bucket: a rate of nano-requests a second times nanoseconds.
const TOKEN: i128 = 1_000_000_000_000_000_000;
/// A request in units of nginx.
const NGINX_REQUEST: u64 = 1000;

/// What a limiter remembers.
#[derive(Clone, Debug)]
pub enum Limiter {
    /// `level` at `since`, in parts of a token; below zero: promised to those who wait.
    TokenBucket { rate: Rate, burst: i128, level: i128, since: SimTime },
    /// `used` in the window that starts at `window` times `length`.
    FixedWindow { requests: u32, length: SimDuration, window: u64, used: u32 },
    /// When the last `requests` passed.
    SlidingWindow { requests: u32, length: SimDuration, passed: VecDeque<SimTime> },
    /// Excess in thousandths of a request at a whole millisecond; none before the first request.
    Nginx { rate_milli: u64, burst: u64, delay: u64, state: Option<(u64, u64)> },
}

/// When a request may pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    /// At this instant, which may be now.
    At(SimTime),
    /// Not at all; a request that comes at this instant might.
    Never { again: SimTime },
}

impl Limiter {
    /// As it is before the first request.
    pub fn new(rule: LimitRule) -> Limiter {
        match rule {
            LimitRule::TokenBucket { rate, burst } => {
                let burst = i128::from(burst) * TOKEN;
                Limiter::TokenBucket { rate, burst, level: burst, since: SimTime::ZERO }
            }
            LimitRule::FixedWindow { requests, length } => {
                Limiter::FixedWindow { requests, length, window: 0, used: 0 }
            }
            LimitRule::SlidingWindow { requests, length } => {
                Limiter::SlidingWindow { requests, length, passed: VecDeque::new() }
            }
            LimitRule::Nginx { rate_milli, burst, delay } => Limiter::Nginx {
                rate_milli: rate_milli.into(),
                burst: burst.into(),
                delay: delay.into(),
                state: None,
            },
        }
    }

    /// When a request that comes now passes.
    pub fn offer(&self, now: SimTime) -> Offer {
        match self {
            Limiter::TokenBucket { rate, burst, level, since } => {
                let level = refilled(*rate, *burst, *level, *since, now);
                let missing = (TOKEN - level).max(0);
                let wait = (missing + i128::from(rate.0) - 1) / i128::from(rate.0);
                let wait = SimDuration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX));
                Offer::At(now + wait)
            }
            Limiter::FixedWindow { requests, length, window, used } => {
                let current = now.nanos() / length.nanos();
                let free = match current.cmp(window) {
                    std::cmp::Ordering::Greater => return Offer::At(now),
                    // The windows up to `window` are full, or promised.
                    _ if used < requests => *window,
                    _ => window + 1,
                };
                Offer::At(now.max(SimTime::from_nanos(free.saturating_mul(length.nanos()))))
            }
            Limiter::SlidingWindow { requests, length, passed } => match passed.front() {
                Some(&first) if passed.len() >= *requests as usize => Offer::At(now.max(first + *length)),
                _ => Offer::At(now),
            },
            Limiter::Nginx { rate_milli, burst, delay, state } => {
                let excess = nginx_excess(*rate_milli, *state, now);
                let (over, delayed) = (
                    excess.saturating_sub(burst * NGINX_REQUEST),
                    excess.saturating_sub(delay * NGINX_REQUEST),
                );
                let millis =
                    |thousandths: u64| SimDuration::from_nanos(thousandths * 1000 / rate_milli * 1_000_000);
                if over > 0 {
                    let wait = (over * 1000).div_ceil(*rate_milli) * 1_000_000;
                    return Offer::Never { again: now + SimDuration::from_nanos(wait) };
                }
                Offer::At(now + millis(delayed))
            }
        }
    }

    /// The request that was offered something now passes.
    pub fn take(&mut self, now: SimTime) {
        let at = match self.offer(now) {
            Offer::At(at) => at,
            Offer::Never { .. } => return,
        };
        match self {
            Limiter::TokenBucket { rate, burst, level, since } => {
                *level = refilled(*rate, *burst, *level, *since, now) - TOKEN;
                *since = now;
            }
            Limiter::FixedWindow { length, window, used, .. } => {
                let its = at.nanos() / length.nanos();
                if its > *window {
                    *window = its;
                    *used = 0;
                }
                *used += 1;
            }
            Limiter::SlidingWindow { requests, passed, .. } => {
                passed.push_back(at);
                if passed.len() > *requests as usize {
                    passed.pop_front();
                }
            }
            Limiter::Nginx { rate_milli, state, .. } => {
                let millis = now.nanos() / 1_000_000;
                *state = Some((nginx_excess(*rate_milli, *state, now), millis));
            }
        }
    }

    /// From now on another rate; what was used stays used.
    pub fn set_rate(&mut self, now: SimTime, new: Rate) {
        match self {
            Limiter::TokenBucket { rate, burst, level, since } => {
                *level = refilled(*rate, *burst, *level, *since, now);
                *since = now;
                *rate = new;
            }
            Limiter::FixedWindow { requests, length, .. } => *requests = in_window(new, *length),
            Limiter::SlidingWindow { requests, length, passed } => {
                *requests = in_window(new, *length);
                while passed.len() > *requests as usize {
                    passed.pop_front();
                }
            }
            Limiter::Nginx { rate_milli, .. } => *rate_milli = (new.0 / 1_000_000).max(1),
        }
    }

    /// Its rate.
    pub fn rate(&self) -> Rate {
        let per_window = |requests: u32, length: SimDuration| {
            let nano = u128::from(requests) * 1_000_000_000_000_000_000 / u128::from(length.nanos());
            Rate(nano as u64)
        };
        match self {
            Limiter::TokenBucket { rate, .. } => *rate,
            Limiter::FixedWindow { requests, length, .. }
            | Limiter::SlidingWindow { requests, length, .. } => per_window(*requests, *length),
            Limiter::Nginx { rate_milli, .. } => Rate(rate_milli * 1_000_000),
        }
    }
}

fn in_window(rate: Rate, length: SimDuration) -> u32 {
    let requests = u128::from(rate.0) * u128::from(length.nanos()) / 1_000_000_000_000_000_000;
    u32::try_from(requests).unwrap_or(u32::MAX).max(1)
}

fn refilled(rate: Rate, burst: i128, level: i128, since: SimTime, now: SimTime) -> i128 {
    let more = i128::from(rate.0) * i128::from(now.since(since).nanos());
    (level + more).min(burst)
}

/// The excess that a request at `now` leads to (ngx_http_limit_req_module; checked against its measured decisions).
fn nginx_excess(rate_milli: u64, state: Option<(u64, u64)>, now: SimTime) -> u64 {
    let Some((excess, since)) = state else { return 0 };
    let millis = (now.nanos() / 1_000_000).saturating_sub(since);
    (excess + NGINX_REQUEST).saturating_sub(rate_milli.saturating_mul(millis) / 1000)
}
