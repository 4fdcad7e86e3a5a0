//! Who waits at a station: in order of arrival, with a pick of anybody in constant time, and their time-outs.
//!
//! A doubly linked list in order of arrival carries the time-outs, which end in that order; beside it stands a plain
//! list to pick from at random. Where one waiter stands at the head ([`TimeoutPer::StepAtHead`]), it is outside the
//! linked list and has its own time-out.

use super::Caller;
use crate::engine::time::{SimDuration, SimTime};
use crate::model::dependency::TimeoutPer;

const NOBODY: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
    /// In the list to pick from; [`NOBODY`]: not here.
    pick: u32,
    arrived: SimTime,
}

const ABSENT: Link = Link { before: NOBODY, after: NOBODY, pick: NOBODY, arrived: SimTime::ZERO };

/// The waiting callers of one station.
pub(super) struct Waiting {
    links: Vec<Link>,
    first: u32,
    last: u32,
    picks: Vec<Caller>,
    timeout: SimDuration,
    per: TimeoutPer,
    last_release: SimTime,
    head: u32,
    head_since: SimTime,
}

impl Waiting {
    pub(super) fn new(timeout: SimDuration, per: TimeoutPer) -> Waiting {
        Waiting {
            links: Vec::new(),
            first: NOBODY,
            last: NOBODY,
            picks: Vec::new(),
            timeout,
            per,
            last_release: SimTime::ZERO,
            head: NOBODY,
            head_since: SimTime::ZERO,
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.picks.len() as u32
    }

    pub(super) fn has(&self, caller: Caller) -> bool {
        self.links.get(caller as usize).is_some_and(|link| link.pick != NOBODY)
    }

    pub(super) fn push(&mut self, now: SimTime, caller: Caller) {
        if self.links.len() <= caller as usize {
            self.links.resize(caller as usize + 1, ABSENT);
        }
        let pick = self.picks.len() as u32;
        self.picks.push(caller);
        self.links[caller as usize] = Link { before: NOBODY, after: NOBODY, pick, arrived: now };
        if self.per == TimeoutPer::StepAtHead && self.head == NOBODY {
            self.head = caller;
            self.head_since = now;
            return;
        }
        self.links[caller as usize].before = self.last;
        match self.last {
            NOBODY => self.first = caller,
            last => self.links[last as usize].after = caller,
        }
        self.last = caller;
    }

    pub(super) fn since_when(&self) -> impl Iterator<Item = SimTime> + '_ {
        self.picks.iter().map(|&caller| self.links[caller as usize].arrived)
    }

    /// The one that has waited longest.
    pub(super) fn longest(&self) -> Option<Caller> {
        match (self.head, self.first) {
            (NOBODY, NOBODY) => None,
            (NOBODY, first) => Some(first),
            (head, NOBODY) => Some(head),
            (head, first) => {
                let earlier = self.links[head as usize].arrived <= self.links[first as usize].arrived;
                Some(if earlier { head } else { first })
            }
        }
    }

    /// The `n`-th in an arbitrary order.
    pub(super) fn pick(&self, n: usize) -> Caller {
        self.picks[n]
    }

    /// Takes a waiter out; when it came.
    pub(super) fn remove(&mut self, now: SimTime, caller: Caller) -> SimTime {
        let link = self.links[caller as usize];
        self.picks.swap_remove(link.pick as usize);
        if let Some(&moved) = self.picks.get(link.pick as usize) {
            self.links[moved as usize].pick = link.pick;
        }
        self.links[caller as usize] = ABSENT;
        if self.head == caller {
            self.head = NOBODY;
            self.next_head(now);
        } else {
            self.unlink(link);
        }
        link.arrived
    }

    fn unlink(&mut self, link: Link) {
        match link.before {
            NOBODY => self.first = link.after,
            before => self.links[before as usize].after = link.after,
        }
        match link.after {
            NOBODY => self.last = link.before,
            after => self.links[after as usize].before = link.before,
        }
    }

    fn next_head(&mut self, now: SimTime) {
        if self.first != NOBODY {
            let caller = self.first;
            self.unlink(self.links[caller as usize]);
            self.head = caller;
            self.head_since = now;
        }
    }

    /// What they wait for was released: steps start again.
    pub(super) fn released(&mut self, now: SimTime) {
        self.last_release = now;
        self.head_since = now;
    }

    fn first_due(&self) -> SimTime {
        if self.first == NOBODY {
            return SimTime::NEVER;
        }
        let arrived = self.links[self.first as usize].arrived;
        let since = if self.per == TimeoutPer::Wait { arrived } else { arrived.max(self.last_release) };
        since + self.timeout
    }

    fn head_due(&self) -> SimTime {
        if self.head == NOBODY { SimTime::NEVER } else { self.head_since + self.timeout }
    }

    /// When the next waiter has waited too long.
    pub(super) fn next_timeout(&self) -> SimTime {
        self.first_due().min(self.head_due())
    }

    /// A waiter that has waited too long by now. The head goes first, and another comes to stand there.
    pub(super) fn timed_out(&self, now: SimTime) -> Option<Caller> {
        if self.head_due() <= now {
            return Some(self.head);
        }
        (self.first_due() <= now).then_some(self.first)
    }
}
