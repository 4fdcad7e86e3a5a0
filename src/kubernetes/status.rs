//! The status of a Job as the API server stores it.

use std::collections::BTreeMap;
use std::fmt;

use crate::engine::time::SimTime;

/// Type of a condition of a Job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConditionType {
    Suspended,
    FailureTarget,
    SuccessCriteriaMet,
    Failed,
    Complete,
}

impl ConditionType {
    fn bit(self) -> u8 {
        1 << self as u8
    }

    /// As Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            ConditionType::Suspended => "Suspended",
            ConditionType::FailureTarget => "FailureTarget",
            ConditionType::SuccessCriteriaMet => "SuccessCriteriaMet",
            ConditionType::Failed => "Failed",
            ConditionType::Complete => "Complete",
        }
    }
}

/// Reason of a condition of a Job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Reason {
    CompletionsReached,
    SuccessPolicy,
    BackoffLimitExceeded,
    DeadlineExceeded,
    PodFailurePolicy,
    MaxFailedIndexesExceeded,
    FailedIndexes,
    JobSuspended,
    JobResumed,
}

impl Reason {
    /// As Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::CompletionsReached => "CompletionsReached",
            Reason::SuccessPolicy => "SuccessPolicy",
            Reason::BackoffLimitExceeded => "BackoffLimitExceeded",
            Reason::DeadlineExceeded => "DeadlineExceeded",
            Reason::PodFailurePolicy => "PodFailurePolicy",
            Reason::MaxFailedIndexesExceeded => "MaxFailedIndexesExceeded",
            Reason::FailedIndexes => "FailedIndexes",
            Reason::JobSuspended => "JobSuspended",
            Reason::JobResumed => "JobResumed",
        }
    }
}

/// One condition; `at` is its lastTransitionTime as stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Condition {
    pub kind: ConditionType,
    pub is_true: bool,
    pub reason: Reason,
    pub at: SimTime,
}

/// Conditions in the order in which they appeared: at most Suspended, one interim, one final.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Conditions {
    list: [Option<Condition>; 3],
    /// The types that are True, a bit each: asked for several times a sync, while the list hardly ever changes.
    are_true: u8,
}

impl Conditions {
    /// In order of appearance.
    pub fn iter(&self) -> impl Iterator<Item = &Condition> {
        self.list.iter().flatten()
    }

    /// The condition of this type if it is True.
    #[inline]
    pub fn is_true(&self, kind: ConditionType) -> Option<Condition> {
        if self.are_true & kind.bit() == 0 {
            return None;
        }
        self.iter().find(|c| c.kind == kind).copied()
    }

    /// Complete or Failed is True.
    #[inline]
    pub fn finished(&self) -> Option<Condition> {
        self.is_true(ConditionType::Complete).or(self.is_true(ConditionType::Failed))
    }

    /// Any of them is True.
    #[inline]
    pub fn any_is_true(&self) -> bool {
        self.are_true != 0
    }

    /// An interim or final condition is True.
    #[inline]
    pub fn has_verdict(&self) -> bool {
        self.are_true & !ConditionType::Suspended.bit() != 0
    }

    /// Whether Suspended is True or False; none: it never appeared.
    pub fn suspended(&self) -> Option<bool> {
        self.iter().find(|c| c.kind == ConditionType::Suspended).map(|c| c.is_true)
    }

    /// Changes the time of every condition.
    pub fn map_times(&mut self, change: impl Fn(SimTime) -> SimTime) {
        for condition in self.list.iter_mut().flatten() {
            condition.at = change(condition.at);
        }
    }

    /// Adds the condition or changes the present one (controller: ensureJobConditionStatus). A condition that
    /// was never there does not start as False. Returns whether anything changed.
    pub fn ensure(&mut self, new: Condition) -> bool {
        let same_kind = |slot: &Option<Condition>| slot.is_none_or(|old| old.kind == new.kind);
        let Some(slot) = self.list.iter_mut().find(|slot| same_kind(slot)) else {
            unreachable!("a Job has at most three conditions")
        };
        let changes = match slot {
            Some(old) => old.is_true != new.is_true || old.reason != new.reason,
            None => new.is_true,
        };
        if changes {
            *slot = Some(new);
            self.are_true &= !new.kind.bit();
            self.are_true |= if new.is_true { new.kind.bit() } else { 0 };
        }
        changes
    }
}

/// The scalar part of `status`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    pub active: u32,
    /// None before the first write.
    pub ready: Option<u32>,
    /// None before the first write.
    pub terminating: Option<u32>,
    pub succeeded: u32,
    pub failed: u32,
    pub start_time: Option<SimTime>,
    pub completion_time: Option<SimTime>,
    pub conditions: Conditions,
}

impl Counters {
    /// What a sync counts: active, ready, terminating, succeeded, failed.
    #[inline]
    pub(super) fn numbers(&self) -> (u32, Option<u32>, Option<u32>, u32, u32) {
        (self.active, self.ready, self.terminating, self.succeeded, self.failed)
    }

    #[inline]
    pub(super) fn set_numbers(&mut self, numbers: (u32, Option<u32>, Option<u32>, u32, u32)) {
        (self.active, self.ready, self.terminating, self.succeeded, self.failed) = numbers;
    }
}

/// A set of completion indexes, kept as disjoint intervals that do not touch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IndexSet {
    /// First → last, both included.
    intervals: BTreeMap<u32, u32>,
    total: u32,
}

impl IndexSet {
    /// How many indexes.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// Whether it is in.
    pub fn has(&self, index: u32) -> bool {
        self.intervals.range(..=index).next_back().is_some_and(|(_, &last)| index <= last)
    }

    /// The intervals, ascending.
    pub fn intervals(&self) -> impl Iterator<Item = (u32, u32)> {
        self.intervals.iter().map(|(&first, &last)| (first, last))
    }

    /// Adds one; returns whether it was new.
    pub fn insert(&mut self, index: u32) -> bool {
        let before = self.intervals.range(..=index).next_back().map(|(&f, &l)| (f, l));
        if before.is_some_and(|(_, last)| index <= last) {
            return false;
        }
        self.total += 1;
        let joined_last = match index.checked_add(1).and_then(|next| self.intervals.remove(&next)) {
            Some(last) => last,
            None => index,
        };
        match before {
            Some((first, last)) if last + 1 == index => self.intervals.insert(first, joined_last),
            _ => self.intervals.insert(index, joined_last),
        };
        true
    }

    /// Drops every index that is not below `limit`; returns whether there was any.
    pub fn truncate(&mut self, limit: u32) -> bool {
        let mut cut = false;
        while let Some((&first, &last)) = self.intervals.iter().next_back() {
            if last < limit {
                break;
            }
            cut = true;
            self.intervals.pop_last();
            self.total -= last - first + 1;
            if first < limit {
                self.intervals.insert(first, limit - 1);
                self.total += limit - first;
            }
        }
        cut
    }

    /// How many are below `limit`.
    pub fn total_below(&self, limit: u32) -> u32 {
        match self.intervals.iter().next_back() {
            Some((_, &last)) if last >= limit => self
                .intervals()
                .take_while(|&(first, _)| first < limit)
                .map(|(first, last)| last.min(limit - 1) - first + 1)
                .sum(),
            _ => self.total,
        }
    }
}

/// As Kubernetes writes it: `0-2,5,7,8`.
impl fmt::Display for IndexSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (first, last)) in self.intervals().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            match last - first {
                0 => write!(f, "{comma}{first}")?,
                1 => write!(f, "{comma}{first},{last}")?,
                _ => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_written_as_kubernetes_writes_them() {
        let mut set = IndexSet::default();
        for i in [8, 0, 2, 5, 1, 7, 5] {
            set.insert(i);
        }
        assert_eq!(set.to_string(), "0-2,5,7,8");
        assert_eq!(set.total(), 6);
        assert_eq!(set.total_below(6), 4);
        assert!(set.has(7) && !set.has(6));
        assert!(set.truncate(2));
        assert_eq!(set.to_string(), "0,1");
        assert!(!set.truncate(2));
    }
}
