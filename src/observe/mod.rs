//! Facts → one run in numbers, a table of its pods, its course in time, its story.

pub mod course;
pub mod explain;
pub mod load;
pub mod numbers;
pub mod pod_table;
pub mod slowness;
pub mod timeline;
