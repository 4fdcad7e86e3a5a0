//! The Job controller of Kubernetes 1.37 (pkg/controller/job).
//!
//! ```text
//! watch events → cache (counters kept up to date) → work queue → sync → writes → watch events
//! ```
//!
//! A sync looks at counters and at the list of pods that changed their class, never at all pods, unless it has to
//! delete some. `cache` keeps the counters, `work_queue` decides when, `sync` has the order of things, `judge` says
//! whether the Job ends, `manage` how many pods there should be, `track` counts them; `writes` are what comes of it.
//! `short_cut` does all of that at once in the most frequent case. The policies have a file each.

mod backoff;
pub(super) mod cache;
pub(super) mod events;
mod failure_policy;
mod go_sort;
mod indexes;
mod judge;
mod manage;
pub(super) mod memory;
mod orphans;
mod short_cut;
mod stop;
mod success_policy;
mod sync;
mod sync_state;
mod track;
mod work_queue;
pub(super) mod writes;
