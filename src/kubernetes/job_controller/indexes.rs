//! Which completion indexes get a pod next (indexed_job_utils.go: firstPendingIndexes).
//!
//! Every index below `fresh` is settled or on the list of candidates; every index from `fresh` on is looked at when
//! its turn comes. So a sync pays for what came back and for what it starts, not for all indexes.

use super::memory::Cache;
use crate::kubernetes::status::IndexSet;
use crate::marks::mark;

/// What makes an index not pending, apart from pods.
pub(super) struct Settled<'a> {
    pub(super) completed: &'a IndexSet,
    /// Succeeded in this sync; ascending.
    pub(super) new_completed: &'a [u32],
    pub(super) failed: &'a IndexSet,
    /// Failed in this sync; ascending.
    pub(super) new_failed: &'a [u32],
}

impl Settled<'_> {
    pub(super) fn has(&self, index: u32) -> bool {
        self.completed.has(index)
            || self.failed.has(index)
            || self.new_completed.binary_search(&index).is_ok()
            || self.new_failed.binary_search(&index).is_ok()
    }
}

/// The lowest `count` indexes below `completions` without success, failure or active pod (nor, if asked, a
/// terminating one).
pub(super) fn first_pending(
    cache: &mut Cache,
    settled: &Settled,
    count: u32,
    completions: u32,
    terminating_holds: bool,
    out: &mut Vec<u32>,
) {
    out.clear();
    let indexes = &cache.indexes;
    let pending = |index: u32| {
        !settled.has(index)
            && indexes
                .get(&index)
                .is_none_or(|pods| pods.active == 0 && !(terminating_holds && pods.terminating > 0))
    };
    mark!("2.4 onlyReplaceFailed: a terminating pod holds its index" if terminating_holds && indexes.values().any(|pods| pods.terminating > 0));
    let count = count as usize;
    let mut stale = Vec::new();
    for &index in &cache.candidates {
        if out.len() >= count || index >= completions {
            break;
        }
        if pending(index) {
            mark!("2.4 an index that came back goes first");
            out.push(index);
        } else {
            stale.push(index);
        }
    }
    for index in stale {
        cache.candidates.remove(&index);
    }
    while out.len() < count && cache.fresh < completions {
        let index = cache.fresh;
        cache.fresh += 1;
        if pending(index) {
            out.push(index);
            cache.candidates.insert(index);
        }
    }
}
