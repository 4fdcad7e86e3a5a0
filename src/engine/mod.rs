//! Time and order; nothing of Kubernetes.

pub mod distribution;
pub mod queue;
mod special;
pub mod streams;
pub mod time;
