//! The Job controller of Kubernetes 1.37 (pkg/controller/job).
//!
//! ```text
//! watch events → cache (counters kept up to date) → work queue → sync → writes → watch events
//! ```
//!
//! A sync looks at counters and at the list of pods that changed their class, never at all pods, unless it has to
//! delete some. `cache` keeps the counters, `work_queue` decides when, `sync` what, `manage` how many pods,
//! `track` counts and writes; the policies have a file each.

mod backoff;
pub(super) mod cache;
pub(super) mod events;
mod failure_policy;
mod go_sort;
mod indexes;
mod manage;
pub(super) mod memory;
mod orphans;
mod short_cut;
mod stop;
mod success_policy;
pub(super) mod sync;
mod track;
mod work_queue;
