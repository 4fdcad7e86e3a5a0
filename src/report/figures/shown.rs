//! One run looked at closely: everything that pictures and tables of it need, from one simulation.

use crate::engine::time::SimTime;
use crate::kubernetes::simulate::{Ending, Outcome, Seed, Until, simulate};
use crate::model::scenario::Scenario;
use crate::observe::course::Course;
use crate::observe::load::Load;
use crate::observe::pod_table::PodTable;
use crate::observe::timeline::Timeline;
use crate::report::chart::spec::{Hue, Key, Mark, Unit};
use crate::report::chart::value;

/// A run with all that was seen of it.
pub struct Shown {
    pub replication: u64,
    /// Why this one: `median run`.
    pub what: String,
    pub course: Course,
    pub pods: PodTable,
    pub timeline: Timeline,
    pub load: Load,
    pub ending: Ending,
}

impl Shown {
    /// Simulates it; `what` says why this one.
    pub fn of(scenario: &Scenario, seed: Seed, what: &str) -> Shown {
        let tables = (PodTable::default(), Timeline::new(scenario.jobs.len() as u32));
        let courses = (Course::default(), Load::new(scenario.shared.dependencies.len()));
        let mut seen = (tables, courses);
        let ending = simulate(scenario, seed, Until::AllJobsEnded, &mut seen);
        let ((pods, timeline), (mut course, load)) = seen;
        course.finish();
        Shown { replication: seed.replication, what: what.to_string(), course, pods, timeline, load, ending }
    }

    /// When the first Job was created: the zero of the pictures.
    pub(super) fn origin(&self) -> SimTime {
        self.ending.jobs.iter().filter_map(|job| job.created_at).min().unwrap_or(SimTime::ZERO)
    }

    /// Seconds after the origin.
    pub(super) fn at_s(&self, t: SimTime) -> f64 {
        if t == SimTime::NEVER { f64::INFINITY } else { t.since(self.origin()).seconds() }
    }

    /// When a Job ended, or when something last happened to it.
    pub(super) fn end_s(&self, job: usize) -> f64 {
        let ending = &self.ending.jobs[job];
        self.at_s(ending.finished_at.unwrap_or(ending.last_change))
    }

    /// Where the pictures end: a little after all Jobs did, and well after a Job that never does.
    pub(super) fn until_s(&self) -> f64 {
        let end = (0..self.ending.jobs.len()).map(|job| self.end_s(job)).fold(0.0, f64::max);
        let never =
            self.ending.jobs.iter().any(|job| matches!(job.outcome, Outcome::Stuck(_) | Outcome::Suspended));
        (end * if never { 1.15 } else { 1.01 }).max(0.001)
    }

    /// The spans in which a Job made no pods, because of failures or of a suspension, and the keys that say so.
    pub(super) fn idle_spans(&self, job: usize) -> (Vec<Mark>, Vec<Key>) {
        let until = self.until_s();
        let span = |from: SimTime, to: SimTime, hue: Hue, what: &str| {
            let (from, to) = (self.at_s(from), self.at_s(to).min(until));
            Mark::Span { from, to, hue, text: format!("{what} {}", value(to - from, Unit::Time)) }
        };
        let pauses = self.course.pauses.iter().filter(|p| p.job as usize == job && p.index.is_none());
        let mut marks: Vec<Mark> = pauses.map(|p| span(p.from, p.until, Hue::Yellow, "back-off")).collect();
        let mut keys = Vec::new();
        if !marks.is_empty() {
            keys.push(Key::faint(Hue::Yellow, "failure back-off: no new pods"));
        }
        let suspensions = self.course.suspensions.iter().filter(|s| s.job as usize == job);
        let suspended: Vec<Mark> = suspensions.map(|s| span(s.from, s.to, Hue::Pale, "suspended")).collect();
        if !suspended.is_empty() {
            keys.push(Key::faint(Hue::Pale, "suspended"));
        }
        marks.extend(suspended);
        (marks, keys)
    }

    /// `median run, replication 12 of 1000, seed 42`.
    pub(super) fn in_words(&self, of: usize, seed: u64) -> String {
        format!("{}, replication {} (of {of}, counted from 0), seed {seed}", self.what, self.replication)
    }
}
