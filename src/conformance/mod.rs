//! Replays recorded traces of the real Job controller and says where the simulation differs.
//!
//! ```text
//! line of a .jsonl file → format (what was recorded) → input::manifest (the Job, or why it is refused)
//!                       → replay (simulate, record) → compare
//! ```
//!
//! The format is described beside the traces (tests/conformance/README.md). Nothing in here knows a trace by name.

pub mod compare;
pub mod format;
pub mod replay;

use compare::{Difference, differences, verdict_differences};
use format::Line;

/// Plays a line and compares what it says is to be compared: a refusal with the fields and types of the answer, of
/// an accepted Job everything unless the line asks for the verdict only.
///
/// # Errors
/// A text when the scenario cannot be read.
pub fn check(line: &Line) -> Result<Vec<Difference>, String> {
    let job = match replay::read_job(&line.scenario) {
        Ok(job) => job,
        Err(refusal) => return Ok(verdict_differences(&line.trace.rejected, &refusal)),
    };
    if !line.trace.rejected.is_empty() || line.scenario.compare.as_deref() == Some("verdict") {
        return Ok(verdict_differences(&line.trace.rejected, &[]));
    }
    Ok(differences(&line.trace, &replay::play(&line.scenario, job)?))
}
