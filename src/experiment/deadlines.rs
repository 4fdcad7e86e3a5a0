//! Which deadline: false kills against wasted slot time, as a curve, for pods and for the Job.
//!
//! Everything is measured without the deadline in question: how long what ends by itself takes, and how often something
//! never ends. A deadline d then kills by mistake what takes longer, and waits d for what hangs. The cost of d is d times
//! the share of both: that much slot (or Job) time is spent for nothing.

use super::interval::{quantile, share_interval};
use super::replicate::Threads;
use crate::engine::time::SimTime;
use crate::kubernetes::facts::{Observer, PodEnd, PodId};
use crate::kubernetes::simulate::{Outcome, Seed, Until, simulate};
use crate::model::scenario::Scenario;

/// A curve and what follows from it.
pub struct Advice {
    /// Pods or runs that ended by themselves.
    pub ended: usize,
    /// Those that never would.
    pub hung: usize,
    pub curve: Vec<Point>,
    /// Position in the curve; none when nothing hangs: no deadline is needed.
    pub recommended: Option<usize>,
}

/// One deadline.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    pub deadline_s: f64,
    /// Share of what would have ended that is killed, with its interval.
    pub false_kills: f64,
    pub interval: Option<(f64, f64)>,
    /// Seconds spent for nothing, per pod (or run).
    pub wasted_s: f64,
}

/// Replications without the deadline in question.
const RUNS: u64 = 400;

/// For each Job: the pod's deadline, then the Job's; `tail`: probability of error on either side of an interval.
pub fn deadlines(scenario: &Scenario, seed: u64, threads: &Threads, tail: f64) -> Vec<(Advice, Advice)> {
    let mut without_pod = scenario.clone();
    let mut without_job = scenario.clone();
    for case in &mut without_pod.jobs {
        case.spec.active_deadline = None;
        case.spec.template.active_deadline = None;
    }
    for case in &mut without_job.jobs {
        case.spec.active_deadline = None;
    }
    let jobs = scenario.jobs.len();
    let pods = threads.map(RUNS as usize, |replication| {
        let mut pods = Pods { slots: Vec::new(), of: vec![(Vec::new(), 0); jobs] };
        let seed = Seed { seed, replication: replication as u64 };
        simulate(&without_pod, seed, Until::AllJobsEnded, &mut pods);
        pods.of
    });
    let runs = threads.replicate(&without_job, seed, 0..RUNS);
    (0..jobs)
        .map(|job| {
            let (mut lengths, mut hung) = (Vec::new(), 0);
            for of in &pods {
                lengths.extend_from_slice(&of[job].0);
                hung += of[job].1;
            }
            let complete = runs.iter().map(|run| &run.jobs[job]);
            let complete = complete.filter(|run| matches!(run.ending.outcome, Outcome::Complete(_)));
            let makespans: Vec<f64> = complete.filter_map(|run| run.makespan_s()).collect();
            let stuck =
                runs.iter().filter(|run| matches!(run.jobs[job].ending.outcome, Outcome::Stuck(_))).count();
            (advice(lengths, hung, tail), advice(makespans, stuck, tail))
        })
        .collect()
}

/// From the lengths of what ended by itself and the number of those that hung.
pub fn advice(mut lengths: Vec<f64>, hung: usize, tail: f64) -> Advice {
    lengths.sort_by(f64::total_cmp);
    let ended = lengths.len();
    let all = (ended + hung) as f64;
    let mut candidates: Vec<f64> = Vec::new();
    if let Some(longest) = lengths.last() {
        for p in [0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995] {
            candidates.push(quantile(&lengths, p));
        }
        candidates.extend([1.0, 1.25, 1.5, 2.0, 3.0].map(|factor| factor * longest));
    }
    // Deadlines are whole seconds.
    candidates.iter_mut().for_each(|d| *d = d.ceil().max(1.0));
    candidates.dedup();
    let point = |deadline_s: f64| {
        let killed = ended - lengths.partition_point(|length| *length <= deadline_s);
        Point {
            deadline_s,
            false_kills: killed as f64 / ended as f64,
            interval: share_interval(killed, ended, tail),
            wasted_s: deadline_s * (killed + hung) as f64 / all,
        }
    };
    let curve: Vec<Point> = candidates.into_iter().map(point).collect();
    // A deadline that kills every second by mistake is cheap only because nothing is ever done.
    let sensible = |at: &usize| curve[*at].false_kills <= 0.05;
    let recommended = (0..curve.len())
        .filter(sensible)
        .min_by(|&a, &b| curve[a].wasted_s.total_cmp(&curve[b].wasted_s))
        .filter(|_| hung > 0);
    Advice { ended, hung, curve, recommended }
}

/// How long pods live from their binding on: what a pod's deadline counts.
struct Pods {
    slots: Vec<Slot>,
    /// By Job: lengths of those that ended by themselves, and how many hung.
    of: Vec<(Vec<f64>, usize)>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    bound: Option<SimTime>,
    /// It hangs, or somebody deletes it.
    not_counted: bool,
}

impl Observer for Pods {
    fn pod_created(&mut self, _t: SimTime, pod: PodId, _index: Option<u32>, _attempt: u32) {
        let at = pod.slot as usize;
        if at >= self.slots.len() {
            self.slots.resize(at + 1, Slot::default());
        }
        self.slots[at] = Slot::default();
    }

    fn pod_scheduled(&mut self, t: SimTime, pod: PodId) {
        self.slots[pod.slot as usize].bound = Some(t);
    }

    fn hang_began(&mut self, _t: SimTime, pod: PodId) {
        self.slots[pod.slot as usize].not_counted = true;
        self.of[pod.job as usize].1 += 1;
    }

    fn pod_delete_requested(&mut self, _t: SimTime, pod: PodId) {
        self.slots[pod.slot as usize].not_counted = true;
    }

    fn pod_terminal(&mut self, t: SimTime, pod: PodId, _end: PodEnd) {
        let slot = self.slots[pod.slot as usize];
        if let Some(bound) = slot.bound.filter(|_| !slot.not_counted) {
            self.of[pod.job as usize].0.push(t.since(bound).seconds());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::interval::TAIL;

    #[test]
    fn the_cheapest_deadline_is_just_above_what_ends() {
        let lengths: Vec<f64> = (1..=1000).map(|k| 10.0 + f64::from(k) / 1000.0).collect();
        let a = advice(lengths.clone(), 10, TAIL);
        let best = a.curve[a.recommended.unwrap()];
        // 11 s kills nobody; 5 % killed by mistake would cost more than the seconds saved.
        assert_eq!((best.deadline_s, best.false_kills), (11.0, 0.0));
        assert!((best.wasted_s - 11.0 * 10.0 / 1010.0).abs() < 1e-12);
        assert_eq!(advice(lengths, 0, TAIL).recommended, None);
        assert_eq!(advice(Vec::new(), 5, TAIL).recommended, None);
    }
}
