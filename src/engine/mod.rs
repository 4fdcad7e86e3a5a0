//! Time and order; nothing of Kubernetes.

pub mod distribution;
mod exp;
pub mod queue;
mod special;
pub mod streams;
pub mod time;
