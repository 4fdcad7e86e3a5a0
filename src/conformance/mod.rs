//! Replays recorded traces of the real Job controller and says where the simulation differs.
//!
//! ```text
//! line of a .jsonl file → format (what was recorded) → manifest (the Job) → replay (simulate, record) → compare
//! ```
//!
//! The format is described beside the traces (tests/conformance/README.md). Nothing in here knows a trace by name.

pub mod compare;
pub mod format;
pub mod manifest;
pub mod replay;
