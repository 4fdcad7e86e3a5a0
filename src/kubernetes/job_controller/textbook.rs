//! The textbook's controller in its most frequent case: a pod of a plain Job has ended, the Job goes on, and one
//! pod at most takes the place of the one that ended.
//!
//! A short cut through `sync`, for speed alone: the facts that observers see are the same, one by one, as a test
//! shows. Whatever is not that case (a limit is reached, the spec has more to say, something is under way) goes
//! the long way. Only the `ideal` rules come here; the rules of Kubernetes have no short cut.

use crate::engine::time::SimTime;
use crate::kubernetes::facts::{Decision, Observer, Phase, StatusFact};
use crate::kubernetes::status::Counters;
use crate::kubernetes::world::{Job, World};
use crate::model::job::{Completion, JobSpec};

/// Whether nothing but numbers decides about a Job of this spec: no indexes, no policies.
pub(super) fn is_plain(spec: &JobSpec) -> bool {
    matches!(spec.completion, Completion::Counted(_))
        && spec.pod_failure_policy.is_none()
        && spec.success_policy.is_none()
        && !spec.suspend
        && !spec.managed_elsewhere
}

/// The status after a pod has ended, and whether another one takes its place.
struct Turn {
    status: Counters,
    succeeded: u32,
    replace: bool,
}

impl<'a, O: Observer> World<'a, O> {
    /// Deals with the end of the pod in `slot`, which the controller has just seen. False: nothing was done, the
    /// Job needs a sync.
    pub(super) fn took_short_cut(&mut self, job: u32, slot: u32) -> bool {
        if !self.short_cuts {
            return false;
        }
        let phase = self.pods[slot as usize].seen().phase;
        let Some(Turn { mut status, succeeded, replace }) = self.jobs[job as usize].turn(phase, self.now)
        else {
            return false;
        };
        let memory = &mut self.jobs[job as usize].memory;
        memory.cache.todo.clear();
        if replace {
            memory.expected_creations = 1;
            memory.expected_deletions = 0;
            memory.expected_since = self.now;
            let wanted = status.active;
            let decision = Decision::Create { succeeded, active: wanted - 1, wanted, creates: 1 };
            self.observer.decision(self.now, job, decision);
            self.create_pod(job, None, 0, 0);
        }
        self.tell_status(job, &status);
        let pod = &mut self.pods[slot as usize];
        pod.listed = false;
        pod.forget();
        let id = pod.id(slot);
        self.free.push(slot);
        self.observer.finalizer_removed(self.now, id);
        match phase {
            Phase::Succeeded => status.succeeded += 1,
            _ => status.failed += 1,
        }
        self.tell_status(job, &status);
        let j = &mut self.jobs[job as usize];
        j.memory.cache.tracked -= 1;
        j.counters = status;
        true
    }

    #[inline]
    fn tell_status(&mut self, job: u32, counters: &Counters) {
        let fact = StatusFact { counters, completed_indexes: None, failed_indexes: None };
        self.observer.job_status(self.now, job, fact);
    }
}

impl Job<'_> {
    /// What one ended pod changes, if it is the only thing to look at.
    fn turn(&self, phase: Phase, now: SimTime) -> Option<Turn> {
        let memory = &self.memory;
        let cache = &memory.cache;
        let spec = &cache.spec;
        let busy = memory.dirty
            || memory.processing
            || cache.deleting
            || cache.todo.len() != 1
            || memory.expected_creations > 0
            || memory.expected_deletions > 0
            || !self.uncounted_succeeded.is_empty()
            || !self.uncounted_failed.is_empty();
        if busy || !cache.plain || cache.terminating > 0 || self.counters.conditions.has_verdict() {
            return None;
        }
        let (succeeded, failed) = match phase {
            Phase::Succeeded => (self.counters.succeeded + 1, self.counters.failed),
            _ => (self.counters.succeeded, self.counters.failed + 1),
        };
        let Completion::Counted(completions) = spec.completion else { return None };
        let start = self.counters.start_time?;
        let past_deadline = spec.active_deadline.is_some_and(|limit| start + limit <= now);
        if failed > spec.backoff_limit || succeeded >= completions || past_deadline {
            return None;
        }
        let want = (completions - succeeded).min(spec.parallelism);
        if want < cache.active || want > cache.active + 1 {
            return None;
        }
        let status =
            Counters { active: want, ready: Some(cache.ready), terminating: Some(0), ..self.counters };
        Some(Turn { status, succeeded, replace: want > cache.active })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::distribution::Distribution;
    use crate::engine::time::SimDuration;
    use crate::kubernetes::facts::{ContainerRun, PodEnd, PodId};
    use crate::kubernetes::simulate::{Seed, Until};
    use crate::model::cluster::ControlPlane;
    use crate::model::patch::{Change, JobPatch};
    use crate::model::pod::{PodTemplate, RestartPolicy};
    use crate::model::policy::PodReplacementPolicy;
    use crate::model::scenario::{Action, JobCase, Scenario, TimedAction};
    use crate::model::workload::{Failure, FailureLaw, OnTerm, RunTime, SampledWorkload, Workload};

    /// Every fact of a run, slots included, in words.
    #[derive(Default)]
    struct Facts(Vec<String>);

    impl Observer for Facts {
        fn job_status(&mut self, t: SimTime, _job: u32, status: StatusFact<'_>) {
            self.0.push(format!("{t} status {:?}", status.counters));
        }
        fn pod_created(&mut self, t: SimTime, pod: PodId, index: Option<u32>, attempt: u32) {
            self.0.push(format!("{t} created {pod:?} {index:?} {attempt}"));
        }
        fn pod_scheduled(&mut self, t: SimTime, pod: PodId) {
            self.0.push(format!("{t} scheduled {pod:?}"));
        }
        fn container_started(&mut self, t: SimTime, pod: PodId, restarts: u32) {
            self.0.push(format!("{t} started {pod:?} {restarts}"));
        }
        fn container_stopped(&mut self, t: SimTime, pod: PodId, run: ContainerRun) {
            self.0.push(format!("{t} stopped {pod:?} {run:?}"));
        }
        fn pod_delete_requested(&mut self, t: SimTime, pod: PodId) {
            self.0.push(format!("{t} delete {pod:?}"));
        }
        fn pod_terminal(&mut self, t: SimTime, pod: PodId, end: PodEnd) {
            self.0.push(format!("{t} terminal {pod:?} {end:?}"));
        }
        fn finalizer_removed(&mut self, t: SimTime, pod: PodId) {
            self.0.push(format!("{t} released {pod:?}"));
        }
        fn pod_removed(&mut self, t: SimTime, pod: PodId) {
            self.0.push(format!("{t} removed {pod:?}"));
        }
        fn decision(&mut self, t: SimTime, _job: u32, decision: Decision) {
            // Told by every sync that looks at the deadline; the short cut makes no sync.
            if !matches!(decision, Decision::ArmDeadline { .. }) {
                self.0.push(format!("{t} {decision:?}"));
            }
        }
    }

    /// Number `n` of a family in which every field that the short cut looks at takes several values.
    fn scenario(n: u64) -> Scenario {
        let pick = |step: u64, from: &[u32]| from[(n / step % from.len() as u64) as usize];
        let completions = pick(1, &[1, 7, 40]);
        let parallelism = pick(3, &[1, 4, 60]);
        let restart_policy =
            if pick(9, &[0, 1]) == 0 { RestartPolicy::Never } else { RestartPolicy::OnFailure };
        let spec = JobSpec {
            parallelism,
            completion: Completion::Counted(completions),
            backoff_limit: pick(18, &[0, 3, 1000]),
            per_index: None,
            pod_failure_policy: None,
            success_policy: None,
            pod_replacement: match pick(54, &[0, 1]) {
                0 => PodReplacementPolicy::TerminatingOrFailed,
                _ => PodReplacementPolicy::Failed,
            },
            active_deadline: [None, Some(SimDuration::from_whole_seconds(200))][pick(108, &[0, 1]) as usize],
            ttl_after_finished: None,
            suspend: false,
            managed_elsewhere: false,
            template: PodTemplate {
                restart_policy,
                termination_grace: SimDuration::from_whole_seconds(pick(2, &[0, 30]).into()),
                active_deadline: None,
            },
        };
        let patch = |at: f64, patch: JobPatch| TimedAction {
            at: SimTime::from_seconds(at),
            action: Action::Patch { job: 0, patch },
        };
        let timeline = match n % 4 {
            0 => vec![
                patch(20.0, JobPatch { parallelism: Change::To(2), ..JobPatch::default() }),
                patch(90.0, JobPatch { parallelism: Change::To(9), ..JobPatch::default() }),
            ],
            1 => vec![
                patch(30.0, JobPatch { suspend: Change::To(true), ..JobPatch::default() }),
                patch(60.0, JobPatch { suspend: Change::To(false), ..JobPatch::default() }),
            ],
            _ => Vec::new(),
        };
        let run =
            if n.is_multiple_of(3) { Distribution::constant(10.0) } else { Distribution::exponential(20.0) };
        let workload = SampledWorkload {
            schedule: Distribution::constant(f64::from(pick(5, &[0, 1]))).unwrap(),
            startup: Distribution::exponential(2.0).unwrap(),
            run: RunTime::Steps(vec![run.unwrap()]),
            failure: Some(Failure { law: FailureLaw::Probability(0.2), exit_code: 1 }),
            hang_probability: 0.0,
            poison: None,
            on_term: OnTerm::DEFAULT,
        };
        Scenario {
            jobs: vec![JobCase {
                name: "job".to_string(),
                spec,
                submit: Distribution::constant(0.0).unwrap(),
                workload: Workload::Sampled(Box::new(workload)),
            }],
            control_plane: ControlPlane::IDEAL,
            timeline,
            shared: Default::default(),
            horizon: SimTime::from_seconds(1e6),
        }
    }

    fn facts(scenario: &Scenario, short_cuts: bool) -> Vec<String> {
        let mut facts = Facts::default();
        let seed = Seed { seed: 7, replication: 0 };
        let mut world = World::new(scenario, seed, Until::AllJobsEnded, &mut facts);
        assert!(world.short_cuts);
        world.short_cuts = short_cuts;
        world.run(Until::AllJobsEnded);
        facts.0
    }

    #[test]
    fn the_short_cut_and_the_long_way_give_the_same_facts() {
        for n in 0..432 {
            let scenario = scenario(n);
            let (short, long) = (facts(&scenario, true), facts(&scenario, false));
            let first = short.iter().zip(&long).find(|(a, b)| a != b);
            assert!(short == long, "scenario {n}: {first:?}");
        }
    }
}
