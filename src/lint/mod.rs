//! Legal but risky: what the API server accepts to somebody's regret, with the consequence in numbers where the
//! Simulation document gives them, and the cure.
//!
//! One small function a lint, over the model's Job, its manifest, and the scenario. Rules are those of the Job
//! controller (`shared/kubernetes/job-semantics.md` and the KEPs that the catalogue cites). Stands after
//! `report` in the order of folders, because two lints ask a small simulation; it reads no files and prints nothing.

mod chance;
mod deadlines;
mod dependencies;
mod indexes;
mod limits;
mod pods;
mod policies;
mod restarts;
mod subject;

use crate::input::{Diagnostic, Loaded};
use subject::{Shares, Subject};

/// What is said about one Job.
#[derive(Clone, PartialEq, Debug)]
pub struct Advice {
    /// Position in the scenario.
    pub job: usize,
    pub diagnostic: Diagnostic,
}

type Lint = fn(&Subject) -> Option<Diagnostic>;

/// All lints in the order in which they are asked.
const LINTS: [Lint; 19] = [
    deadlines::none,
    deadlines::too_short,
    deadlines::counts_pending,
    limits::parallelism_above,
    limits::too_low,
    limits::too_high,
    restarts::shared_sum,
    restarts::per_index,
    indexes::variable_without_index,
    indexes::work_queue,
    indexes::ephemeral_volume,
    indexes::two_writers,
    indexes::long_name,
    policies::ignore_without_bound,
    dependencies::crowded,
    dependencies::above_the_rate,
    pods::ttl,
    pods::grace,
    pods::misplaced_annotation,
];

/// Everything that is legal but risky, Job by Job, in the order of the texts.
pub fn lint(loaded: &Loaded) -> Vec<Advice> {
    let shares = Shares::new(&loaded.scenario);
    let mut advice = Vec::new();
    for job in 0..loaded.jobs.len() {
        let subject = Subject::new(loaded, job, &shares);
        let mut found: Vec<Diagnostic> = LINTS.iter().filter_map(|lint| lint(&subject)).collect();
        found.sort_by_key(|d| d.span.map(|span| (span.file, span.start)));
        advice.extend(found.into_iter().map(|diagnostic| Advice { job, diagnostic }));
    }
    advice
}
