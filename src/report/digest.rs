//! What happened to many pods, counted in windows of equal length: the part of a long story that nobody reads line by
//! line.
//!
//! Relies on the words of `story` for times. Every event of a kind that is counted stands in exactly one window.

use super::story::clock_of;
use crate::kubernetes::facts::Phase;
use crate::observe::explain::{PodEvent, What};

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Created,
    Running,
    Crashed,
    Succeeded,
    Failed,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Created, "created"),
    (Kind::Running, "started"),
    (Kind::Crashed, "crashed"),
    (Kind::Succeeded, "succeeded"),
    (Kind::Failed, "failed"),
];

/// Lengths of windows in tenths of a second that people count in; beyond the last, whole days.
const LENGTHS: [u64; 17] = [
    10, 20, 50, 100, 150, 300, 600, 1200, 3000, 6000, 9000, 18_000, 36_000, 72_000, 108_000, 216_000, 432_000,
];
const DAY: u64 = 864_000;

/// The counts of one window, `from` and `to` in tenths of a second since the Job's creation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Digest {
    pub(super) from: u64,
    to: u64,
    counts: [u64; KINDS.len()],
}

impl Digest {
    pub(super) fn text(&self) -> String {
        let counts = KINDS.iter().zip(self.counts).filter(|(_, n)| *n > 0);
        let counts: Vec<String> = counts.map(|((_, word), n)| format!("{n} {word}")).collect();
        format!("until {}, pods: {}", clock_of(self.to), counts.join(", "))
    }
}

/// How something counts, if it does. A restart counts as crash, not as running once more.
pub(super) fn kind(what: What) -> Option<Kind> {
    let What::Pod(_, event) = what else { return None };
    match event {
        PodEvent::Created => Some(Kind::Created),
        PodEvent::Started { restarts: 0, .. } => Some(Kind::Running),
        PodEvent::Started { crashed: Some(_), .. } | PodEvent::CrashBackOff { .. } => Some(Kind::Crashed),
        PodEvent::Ended { end, .. } if end.phase == Phase::Succeeded => Some(Kind::Succeeded),
        PodEvent::Ended { .. } => Some(Kind::Failed),
        _ => None,
    }
}

/// At most `most` windows, each with its counts; those in which nothing happened are left out. `events`: tenths of a
/// second, in order.
pub(super) fn windows(events: &[(u64, Kind)], most: usize) -> Vec<Digest> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Vec::new() };
    let fits = |length: &u64| last.0 / length - first.0 / length < most as u64;
    let mut days = (1u64..).map(|n| n * DAY);
    let length = LENGTHS.into_iter().find(fits).or_else(|| days.find(fits)).unwrap_or(DAY);
    let mut digests: Vec<Digest> = Vec::new();
    for (t, kind) in events {
        let from = t / length * length;
        if digests.last().is_none_or(|digest| digest.from != from) {
            digests.push(Digest { from, to: from + length, counts: [0; KINDS.len()] });
        }
        let place = KINDS.iter().position(|(known, _)| known == kind);
        if let (Some(digest), Some(place)) = (digests.last_mut(), place) {
            digest.counts[place] += 1;
        }
    }
    digests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_every_event_once_and_are_few() {
        for step in [1, 7, 130, 9_999, 2_000_000] {
            let events: Vec<(u64, Kind)> = (0..500).map(|n| (n * step, KINDS[(n % 5) as usize].0)).collect();
            let digests = windows(&events, 20);
            assert!(digests.len() <= 20 && digests.len() > 3, "{step}: {}", digests.len());
            for kind in 0..KINDS.len() {
                assert_eq!(digests.iter().map(|digest| digest.counts[kind]).sum::<u64>(), 100);
            }
            assert!(digests.windows(2).all(|pair| pair[0].to <= pair[1].from));
        }
    }

    #[test]
    fn a_window_says_what_happened_until_its_end() {
        let events = [(0, Kind::Created), (3, Kind::Created), (9, Kind::Running), (650, Kind::Failed)];
        let digests = windows(&events, 2);
        let told: Vec<String> = digests.iter().map(Digest::text).collect();
        assert_eq!(told, ["until 01:00.0, pods: 2 created, 1 started", "until 02:00.0, pods: 1 failed"]);
        assert!(windows(&[], 20).is_empty());
    }
}
