//! The most frequent sync: pods of a plain Job have ended or become ready, the Job goes on, and others take the
//! places of those that ended.
//!
//! A short cut through `sync`, for speed alone: the facts that observers see and what is remembered are the same, one
//! by one, as the tests show with made-up Jobs and with every recorded trace. Whatever is not that case (a limit is
//! reached, the spec has more to say, something is under way) goes the long way, where the rules are.

use super::backoff::{Backoff, NewEnds, finished_time};
use super::judge::past_restart_limit;
use super::manage::MAX_PER_SYNC;
use super::track::MAX_UNCOUNTED;
use super::work_queue::BATCH_PERIOD;
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{Decision, Observer, Phase, StatusFact};
use crate::kubernetes::world::{Job, Pod, PodKey, World};
use crate::model::job::{Completion, JobSpec};

/// Whether nothing but numbers decides about a Job of this spec: no indexes, no policies.
pub(super) fn is_plain(spec: &JobSpec) -> bool {
    matches!(spec.completion, Completion::Counted(_))
        && spec.pod_failure_policy.is_none()
        && spec.success_policy.is_none()
        && !spec.suspend
        && !spec.managed_elsewhere
}

/// What a sync finds and does.
struct Turn {
    /// Pods that have ended since the last one.
    succeeded: u32,
    failed: u32,
    backoff: Backoff,
    /// Active pods wanted.
    want: u32,
    /// Pods missing.
    missing: u32,
    /// When the Job will have been active for too long.
    deadline_at: Option<SimTime>,
}

impl<'a, O: Observer> World<'a, O> {
    /// Does the whole sync. False: nothing was done, it has to go the long way.
    #[inline]
    pub(super) fn took_short_cut(&mut self, job: u32) -> bool {
        if !self.jobs[job as usize].memory.cache.usual {
            return false;
        }
        let Some(turn) = self.turn(job) else { return false };
        if let Some(at) = turn.deadline_at {
            self.observer.decision(self.now, job, Decision::ArmDeadline { at });
            self.enqueue_after(job, at.since(self.now));
        }
        if turn.missing > 0 {
            self.replace(job, &turn);
        }
        self.count_ended(job, &turn);
        true
    }

    /// What there is to do, if it is the usual thing.
    #[inline]
    fn turn(&mut self, job: u32) -> Option<Turn> {
        let now = self.now;
        let World { jobs, pods, .. } = self;
        let Job { memory, counters, uncounted_succeeded, uncounted_failed, .. } = &mut jobs[job as usize];
        let cache = &mut memory.cache;
        let spec = &cache.spec;
        let busy = cache.deleting
            || cache.terminating > 0
            || memory.expected_creations > 0
            || memory.expected_deletions > 0
            || cache.todo.len() >= MAX_UNCOUNTED
            || !uncounted_succeeded.is_empty()
            || !uncounted_failed.is_empty()
            || counters.conditions.any_is_true();
        let start = counters.start_time?;
        if busy || past_restart_limit(spec, cache.restarts) {
            return None;
        }
        if cache.todo.len() > 1 {
            cache.todo.sort_unstable();
        }
        let (succeeded, failed, backoff) = match cache.todo.is_empty() {
            true => (0, 0, memory.backoff),
            false => {
                let (succeeded, ends) = ends(&cache.todo, pods)?;
                (succeeded, ends.failures, memory.backoff.with(ends))
            }
        };
        let Completion::Counted(completions) = spec.completion else { return None };
        let left = completions.checked_sub(counters.succeeded + succeeded).filter(|&left| left > 0)?;
        let want = left.min(spec.parallelism);
        let missing = want.checked_sub(cache.active).filter(|&missing| missing <= MAX_PER_SYNC)?;
        let deadline_at = spec.active_deadline.map(|limit| start + limit);
        if counters.failed + failed > spec.backoff_limit || deadline_at.is_some_and(|at| at <= now) {
            return None;
        }
        Some(Turn { succeeded, failed, backoff, want, missing, deadline_at })
    }

    /// Creates what is missing, unless the back-off forbids it.
    #[inline]
    fn replace(&mut self, job: u32, turn: &Turn) {
        let now = self.now;
        let missing = turn.missing;
        let pause = if self.is_ideal() { SimDuration::ZERO } else { turn.backoff.remaining(now) };
        let Job { memory, counters, .. } = &mut self.jobs[job as usize];
        if pause > SimDuration::ZERO {
            if let Backoff { failures, last_failure: Some(last) } = turn.backoff {
                let decision = Decision::BackOff { failures, last, until: now + pause, missing };
                self.observer.decision(now, job, decision);
            }
            return self.enqueue_after(job, pause.max(BATCH_PERIOD));
        }
        let succeeded = counters.succeeded + turn.succeeded;
        memory.expected_creations = i64::from(missing);
        memory.expected_deletions = 0;
        memory.expected_since = now;
        let active = memory.cache.active;
        let decision = Decision::Create { succeeded, active, wanted: turn.want, creates: missing };
        self.observer.decision(now, job, decision);
        for _ in 0..missing {
            self.create_pod(job, None, 0, 0);
        }
    }

    /// Writes the status, takes the finalizers off those that ended, and writes the status again.
    #[inline]
    fn count_ended(&mut self, job: u32, turn: &Turn) {
        let j = &mut self.jobs[job as usize];
        let cache = &mut j.memory.cache;
        let (active, ready) = (cache.active, cache.ready);
        if cache.todo.is_empty() {
            let counters = &j.counters;
            if counters.active == active && counters.ready == Some(ready) && counters.terminating == Some(0) {
                return;
            }
        }
        j.memory.backoff = turn.backoff;
        j.counters.active = active;
        j.counters.ready = Some(ready);
        j.counters.terminating = Some(0);
        self.tell_status(job);
        let mut todo = std::mem::take(&mut self.jobs[job as usize].memory.cache.todo);
        for key in todo.drain(..) {
            self.pods[key.slot as usize].listed = false;
            self.release(key.slot);
        }
        let j = &mut self.jobs[job as usize];
        j.memory.cache.todo = todo;
        if turn.succeeded + turn.failed > 0 {
            j.counters.succeeded += turn.succeeded;
            j.counters.failed += turn.failed;
            self.tell_status(job);
        }
    }

    #[inline]
    fn tell_status(&mut self, job: u32) {
        let j = &mut self.jobs[job as usize];
        j.last_change = self.now;
        let fact = StatusFact { counters: &j.counters, completed_indexes: None, failed_indexes: None };
        self.observer.job_status(self.now, job, fact);
        // What notify_job comes to, where only the status has changed and the API answers at once.
        self.next_version(job);
        self.status_seen(job);
    }
}

/// How many of these pods have succeeded, and when they ended; none if one of them is not just finished.
#[inline(always)]
fn ends(todo: &[PodKey], pods: &[Pod]) -> Option<(u32, NewEnds)> {
    let mut ends = NewEnds::default();
    let mut succeeded = 0;
    for key in todo {
        let pod = &pods[key.slot as usize];
        let view = &pod.live;
        if pod.uid != key.uid || !view.exists || !view.finalizer || view.deleting {
            return None;
        }
        let ended = finished_time(pod, view);
        match view.phase {
            Phase::Succeeded => {
                succeeded += 1;
                ends.add_success(ended);
            }
            _ => ends.add_failure(ended),
        }
    }
    let failed =
        todo.iter().map(|key| &pods[key.slot as usize]).filter(|pod| pod.live.phase == Phase::Failed);
    ends.count_after_success(failed.map(|pod| finished_time(pod, &pod.live)));
    Some((succeeded, ends))
}

#[cfg(test)]
mod tests {
    use super::super::memory::Memory;
    use super::*;
    use crate::conformance::format::Line;
    use crate::conformance::replay::{self, read_job};
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
            self.0.push(format!("{t} {decision:?}"));
        }
    }

    /// Number `n` of a family in which every field that the short cut looks at takes several values.
    fn scenario(n: u64, control_plane: ControlPlane) -> Scenario {
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
            hang_probability: [0.0, 0.05][pick(216, &[0, 1]) as usize],
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
            control_plane,
            timeline,
            shared: Default::default(),
            horizon: SimTime::from_seconds(1e6),
        }
    }

    /// Every fact of a run, and what is remembered at its end.
    fn facts(scenario: &Scenario, seed: u64, until: Until, short_cuts: bool) -> Vec<String> {
        let mut facts = Facts::default();
        let seed = Seed { seed, replication: 0 };
        let mut world = World::new(scenario, seed, until, &mut facts);
        world.short_cuts &= short_cuts;
        world.run(until);
        let (version, free) = (world.version, std::mem::take(&mut world.free));
        let j = &world.jobs[0];
        let Memory { backoff, waiting, wake_ups, expected_creations, expected_deletions, .. } = &j.memory;
        let memory = format!(
            "{version} {free:?} {} {} {:?} {backoff:?} {waiting} {wake_ups:?} {expected_creations} \
             {expected_deletions} {:?}",
            j.version, j.memory.cache.version, j.counters, j.last_change
        );
        facts.0.push(memory);
        facts.0
    }

    fn assert_same_facts(name: &str, scenario: &Scenario, seed: u64, until: Until) {
        let (short, long) = (facts(scenario, seed, until, true), facts(scenario, seed, until, false));
        let first = short.iter().zip(&long).find(|(a, b)| a != b);
        assert!(short == long, "{name}: {first:?}");
    }

    #[test]
    fn the_short_cut_and_the_long_way_give_the_same_facts() {
        for n in 0..3456 {
            let preset = if n % 4 > 0 { ControlPlane::UNLIMITED } else { ControlPlane::IDEAL };
            let until = if n % 5 == 0 { Until::NothingHappens } else { Until::AllJobsEnded };
            assert_same_facts(&format!("scenario {n}"), &scenario(n / 4, preset), n, until);
        }
        // More than 500 pods at a time.
        for n in 0..24 {
            let mut large = scenario(36 + n, ControlPlane::UNLIMITED);
            large.jobs[0].spec.completion = Completion::Counted(1500);
            large.jobs[0].spec.parallelism = 1300;
            if let Workload::Sampled(workload) = &mut large.jobs[0].workload {
                workload.startup = Distribution::exponential(0.1).unwrap();
                workload.failure = workload.failure.filter(|_| n % 2 > 0);
            }
            assert_same_facts(&format!("large {n}"), &large, n, Until::AllJobsEnded);
        }
    }

    /// And so do the recorded traces; that the real controller did the same, `conformance` tests.
    #[test]
    fn the_short_cut_and_the_long_way_give_the_same_facts_in_traces() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut played = 0;
        for file in files.filter(|file| file.extension().is_some_and(|end| end == "jsonl")) {
            for line in std::fs::read_to_string(file).unwrap().lines() {
                let Line { scenario: text, .. } = serde_json::from_str(line).unwrap();
                let Ok(scenario) = read_job(&text).map(|job| replay::scenario(&text, job).unwrap()) else {
                    continue;
                };
                played += 1;
                assert_same_facts(&text.name, &scenario, 0, Until::NothingHappens);
            }
        }
        assert!(played > 500, "{played}");
    }
}
