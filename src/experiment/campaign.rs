//! Replications of one scenario that grow until somebody says enough, and are kept on disk meanwhile.

use std::collections::VecDeque;

use super::journal::Journal;
use super::replicate::{Run, Threads};
use crate::model::scenario::Scenario;

/// Replications that are written to the journal together.
const CHUNK: u64 = 256;

/// Replications 0 to `runs.len()` - 1 of a scenario.
pub struct Campaign<'a> {
    pub scenario: &'a Scenario,
    pub seed: u64,
    pub threads: &'a Threads,
    pub runs: Vec<Run>,
    /// Replications of an earlier life of this run that are not among `runs` yet; the journal holds them.
    pub kept: VecDeque<Run>,
    pub journal: Option<Journal>,
}

impl Campaign<'_> {
    /// Runs what is missing to `count` replications; `progress` is told how many there are.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn extend_to(&mut self, count: u64, mut progress: impl FnMut(u64)) -> Result<(), String> {
        while (self.runs.len() as u64) < count {
            if let Some(run) = self.kept.pop_front() {
                self.runs.push(run);
                continue;
            }
            let begin = self.runs.len() as u64;
            let new = self.threads.replicate(self.scenario, self.seed, begin..count.min(begin + CHUNK));
            if let Some(journal) = &mut self.journal {
                journal.append(&new)?;
            }
            self.runs.extend(new);
            progress(self.runs.len() as u64);
        }
        Ok(())
    }
}
