//! Facts → one run in numbers, a table of its pods, its course in time.

pub mod numbers;
pub mod pod_table;
pub mod timeline;
