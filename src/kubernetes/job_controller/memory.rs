//! What the Job controller keeps of one Job: its cache with counters, and its own memory.

use std::collections::{BTreeMap, BTreeSet};

use super::backoff::Backoff;
use super::orphans::Orphans;
use super::sync_state::Sync;
use crate::engine::time::SimTime;
use crate::kubernetes::controller_client::TokenBucket;
use crate::kubernetes::world::PodKey;
use crate::model::cluster::ClientLimit;
use crate::model::job::JobSpec;

/// How many pods of one completion index the cache holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct IndexPods {
    pub(super) active: u32,
    pub(super) terminating: u32,
}

/// The Job and its pods as the informers show them; counters follow every watch event.
pub(crate) struct Cache {
    pub(crate) exists: bool,
    pub(crate) deleting: bool,
    /// Last transition of Complete or Failed.
    pub(crate) finished_at: Option<SimTime>,
    pub(crate) generation: u64,
    pub(crate) version: u64,
    pub(crate) spec: JobSpec,
    /// The Job is there, goes on, and nothing but numbers decides about it: it may take short cuts.
    pub(crate) usual: bool,
    pub(crate) active: u32,
    pub(crate) ready: u32,
    pub(crate) terminating: u32,
    /// Pods that carry the finalizer.
    pub(crate) tracked: u32,
    /// Container restarts over pods in phase Pending or Running.
    pub(crate) restarts: u64,
    /// Failed pods that match a FailJob rule.
    pub(crate) fail_job_matches: u32,
    /// Pods to be counted: finished (or deleted) and with the finalizer, as far as known.
    pub(crate) todo: Vec<PodKey>,
    /// Indexed: pods by index; no entry where there is none.
    pub(crate) indexes: BTreeMap<u32, IndexPods>,
    /// Indexed: indexes below `fresh` that may be pending. May hold others; those are dropped when looked at.
    pub(crate) candidates: BTreeSet<u32>,
    /// Indexed: nothing is known of indexes from here on.
    pub(crate) fresh: u32,
}

/// Everything of one Job; the second part is lost when the controller restarts.
pub(crate) struct Memory {
    pub(crate) cache: Cache,
    // Work queue.
    /// When the delayed entry of this key is due; NEVER: there is none.
    pub(crate) waiting: SimTime,
    /// Instants for which a wake-up is in the event queue already: timers are armed anew in every sync.
    pub(crate) wake_ups: [SimTime; 3],
    pub(crate) dirty: bool,
    pub(crate) processing: bool,
    pub(crate) errors: u32,
    // Expectations.
    pub(crate) expected_creations: i64,
    pub(crate) expected_deletions: i64,
    pub(crate) expected_since: SimTime,
    pub(crate) backoff: Backoff,
    // The newest versions that the controller wrote for this Job.
    pub(crate) wrote_pod_version: u64,
    pub(crate) wrote_job_version: u64,
    pub(crate) sync: Sync,
    /// Spam filters of the event recorder for this Job: events of type Normal, and Warning.
    pub(crate) event_filters: [TokenBucket; 2],
    /// Pods without a controller that are having their finalizers removed.
    pub(crate) orphans: Orphans,
}

/// The event recorder lets 25 events of one type about an object through, then one in five minutes (client-go
/// events_cache.go, whose rate is a float32).
const EVENT_FILTER: ClientLimit = ClientLimit { qps: (1.0 / 300.0) as f32 as f64, burst: 25 };

impl Cache {
    pub(crate) fn empty(spec: JobSpec) -> Cache {
        Cache {
            exists: false,
            deleting: false,
            finished_at: None,
            generation: 0,
            version: 0,
            usual: false,
            spec,
            active: 0,
            ready: 0,
            terminating: 0,
            tracked: 0,
            restarts: 0,
            fail_job_matches: 0,
            todo: Vec::new(),
            indexes: BTreeMap::new(),
            candidates: BTreeSet::new(),
            fresh: 0,
        }
    }
}

impl Memory {
    pub(crate) fn new(spec: JobSpec) -> Memory {
        Memory {
            cache: Cache::empty(spec),
            waiting: SimTime::NEVER,
            wake_ups: [SimTime::NEVER; 3],
            dirty: false,
            processing: false,
            errors: 0,
            expected_creations: 0,
            expected_deletions: 0,
            expected_since: SimTime::ZERO,
            backoff: Backoff::default(),
            wrote_pod_version: 0,
            wrote_job_version: 0,
            sync: Sync::default(),
            event_filters: [TokenBucket::full(EVENT_FILTER); 2],
            orphans: Orphans::default(),
        }
    }
}
