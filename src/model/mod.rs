//! Validated values: what is simulated. No input, no serde, no spans; whatever exists here is consistent.

pub mod cluster;
pub mod dependency;
mod hold_cost;
pub mod job;
pub mod patch;
pub mod pod;
pub mod policy;
pub mod scenario;
pub mod shared;
pub mod steps;
pub mod workload;
