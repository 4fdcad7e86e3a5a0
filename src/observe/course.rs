//! The course of one run for pictures: what each pod was doing when, and what the Job controller waited for.
//!
//! One stretch for each change of what a pod does; waits for a dependency that last no time leave none.

use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{
    CallFact, ContainerRun, Decision, Observer, Phase, PodEnd, PodId, StatusFact,
};

/// What a pod was doing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Doing {
    /// Created, and not on a node.
    Unscheduled,
    /// On a node; its container does not run yet.
    Starting,
    /// Its container runs.
    Running,
    /// Its container runs and waits for a dependency.
    Waiting,
    /// Its container runs and does nothing any more.
    Hanging,
    /// The kubelet waits before it restarts the container.
    CrashBackOff,
    /// Somebody asked for its deletion.
    Terminating,
}

/// How a stretch ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum End {
    /// Something else followed.
    Went,
    /// The container exited 0, and the pod was not failed for another reason.
    Succeeded,
    /// The container exited otherwise, or the pod failed.
    Failed,
    /// It was still so when the run ended.
    Open,
}

/// A pod did one thing from here to there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Position in [`Course::pods`].
    pub pod: u32,
    pub doing: Doing,
    pub from: SimTime,
    /// [`SimTime::NEVER`] when it was still so.
    pub to: SimTime,
    pub end: End,
}

/// A pod of the course.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CoursePod {
    pub job: u32,
    /// Order of creation within the Job.
    pub ordinal: u32,
    pub index: Option<u32>,
    pub created: SimTime,
    /// When it reached its last phase.
    pub finished: Option<SimTime>,
    pub phase: Phase,
    /// When it was finished or removed: its place was free.
    pub gone: Option<SimTime>,
    /// When somebody asked for its deletion.
    pub deleted: Option<SimTime>,
    pub hangs_since: Option<SimTime>,
    /// It waits for this dependency when the run ends.
    pub waits_for: Option<u32>,
}

/// The controller creates no pod, of an index or at all, before `until`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pause {
    pub job: u32,
    pub index: Option<u32>,
    pub failures: u32,
    pub from: SimTime,
    pub until: SimTime,
}

/// A container that stopped with another exit code than 0, or a pod that failed without one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure {
    pub t: SimTime,
    pub pod: u32,
    /// Restarted in place; else the pod has failed.
    pub restarts: bool,
}

/// The condition Suspended of a Job was True.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Suspension {
    pub job: u32,
    pub from: SimTime,
    /// [`SimTime::NEVER`] when nobody resumed it.
    pub to: SimTime,
}

/// Collects the course.
#[derive(Default)]
pub struct Course {
    pub pods: Vec<CoursePod>,
    /// In the order in which they ended; open ones last, after [`Course::finish`].
    pub stretches: Vec<Stretch>,
    pub pauses: Vec<Pause>,
    pub failures: Vec<Failure>,
    pub suspensions: Vec<Suspension>,
    /// By Job: when activeDeadlineSeconds fails it, as the controller saw it last; a suspension starts it anew.
    deadlines: Vec<Option<SimTime>>,
    slots: Vec<Slot>,
    /// When each Job was created.
    pub created: Vec<Option<SimTime>>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    pod: u32,
    doing: Option<(Doing, SimTime)>,
    /// Where in the course the last run of the container ended.
    last_run: Option<usize>,
}

impl Course {
    /// Closes what is still open. Call it once, after the run.
    pub fn finish(&mut self) {
        for at in 0..self.slots.len() {
            self.go(at, SimTime::NEVER, End::Open, None);
        }
    }

    /// When a Job's activeDeadlineSeconds ends it, if it has one that is counting.
    pub fn deadline(&self, job: u32) -> Option<SimTime> {
        self.deadlines.get(job as usize).copied().flatten()
    }

    /// The pod in a slot does something else from now on.
    fn go(&mut self, slot: usize, t: SimTime, end: End, next: Option<Doing>) {
        let slot = &mut self.slots[slot];
        if let Some((doing, from)) = slot.doing.take()
            && t > from
        {
            self.stretches.push(Stretch { pod: slot.pod, doing, from, to: t, end });
        }
        slot.doing = next.map(|doing| (doing, t));
    }

    fn pod(&mut self, pod: PodId) -> &mut CoursePod {
        let at = self.slots[pod.slot as usize].pod;
        &mut self.pods[at as usize]
    }

    /// Stretches of the last run of a container end like this.
    fn end_run(&mut self, slot: usize, end: End) {
        let slot = self.slots[slot];
        let first = slot.last_run.unwrap_or(self.stretches.len());
        for stretch in self.stretches[first..].iter_mut().filter(|s| s.pod == slot.pod) {
            stretch.end = end;
        }
    }
}

impl Observer for Course {
    fn job_created(&mut self, t: SimTime, job: u32) {
        if self.created.len() <= job as usize {
            self.created.resize(job as usize + 1, None);
        }
        self.created[job as usize].get_or_insert(t);
    }

    fn job_status(&mut self, t: SimTime, job: u32, status: StatusFact<'_>) {
        let open = self.suspensions.iter_mut().rev().find(|s| s.job == job && s.to == SimTime::NEVER);
        match (status.counters.conditions.suspended(), open) {
            (Some(true), None) => self.suspensions.push(Suspension { job, from: t, to: SimTime::NEVER }),
            (Some(false), Some(open)) => open.to = t,
            _ => {}
        }
    }

    fn pod_created(&mut self, t: SimTime, pod: PodId, index: Option<u32>, _attempt: u32) {
        let at = pod.slot as usize;
        if at >= self.slots.len() {
            self.slots.resize(at + 1, Slot::default());
        }
        let doing = Some((Doing::Unscheduled, t));
        self.slots[at] = Slot { pod: self.pods.len() as u32, doing, last_run: None };
        self.pods.push(CoursePod {
            job: pod.job,
            ordinal: pod.ordinal,
            index,
            created: t,
            finished: None,
            phase: Phase::Pending,
            gone: None,
            deleted: None,
            hangs_since: None,
            waits_for: None,
        });
    }

    fn pod_scheduled(&mut self, t: SimTime, pod: PodId) {
        self.go(pod.slot as usize, t, End::Went, Some(Doing::Starting));
    }

    fn container_started(&mut self, t: SimTime, pod: PodId, _restarts: u32) {
        self.go(pod.slot as usize, t, End::Went, Some(Doing::Running));
        self.slots[pod.slot as usize].last_run = Some(self.stretches.len());
        self.pod(pod).phase = Phase::Running;
    }

    fn container_stopped(&mut self, t: SimTime, pod: PodId, run: ContainerRun) {
        let end = if run.exit_code == 0 { End::Succeeded } else { End::Failed };
        self.go(pod.slot as usize, t, end, Some(Doing::Starting));
        self.end_run(pod.slot as usize, end);
        self.pod(pod).waits_for = None;
        if end == End::Failed {
            let pod = self.slots[pod.slot as usize].pod;
            self.failures.push(Failure { t, pod, restarts: true });
        }
    }

    fn hang_began(&mut self, t: SimTime, pod: PodId) {
        self.go(pod.slot as usize, t, End::Went, Some(Doing::Hanging));
        self.pod(pod).hangs_since = Some(t);
    }

    fn call(&mut self, t: SimTime, pod: PodId, dependency: u32, what: CallFact) {
        let next = match what {
            CallFact::Sent => Doing::Waiting,
            CallFact::InDeadlock | CallFact::GaveUp => return,
            _ => Doing::Running,
        };
        let doing = self.slots[pod.slot as usize].doing.map(|(doing, _)| doing);
        if !matches!(doing, Some(Doing::Running | Doing::Waiting)) {
            return;
        }
        self.go(pod.slot as usize, t, End::Went, Some(next));
        self.pod(pod).waits_for = (next == Doing::Waiting).then_some(dependency);
    }

    fn pod_delete_requested(&mut self, t: SimTime, pod: PodId) {
        self.pod(pod).deleted = Some(t);
        if self.slots[pod.slot as usize].doing.is_some() {
            self.go(pod.slot as usize, t, End::Went, Some(Doing::Terminating));
        }
    }

    fn pod_terminal(&mut self, t: SimTime, pod: PodId, end: PodEnd) {
        self.go(pod.slot as usize, t, End::Went, None);
        let course = self.pod(pod);
        course.finished = Some(t);
        course.gone = Some(t);
        course.phase = end.phase;
        course.waits_for = None;
        if end.phase != Phase::Failed {
            return;
        }
        self.end_run(pod.slot as usize, End::Failed);
        let at = self.slots[pod.slot as usize].pod;
        match self.failures.last_mut().filter(|failure| failure.pod == at && failure.t == t) {
            Some(failure) => failure.restarts = false,
            None => self.failures.push(Failure { t, pod: at, restarts: false }),
        }
    }

    fn pod_removed(&mut self, t: SimTime, pod: PodId) {
        self.pod(pod).gone.get_or_insert(t);
        self.go(pod.slot as usize, t, End::Went, None);
    }

    fn decision(&mut self, t: SimTime, job: u32, decision: Decision) {
        let (index, failures, until) = match decision {
            Decision::BackOff { failures, until, .. } => (None, failures, until),
            Decision::IndexBackOff { index, failures, until, .. } => (Some(index), failures, until),
            Decision::ArmDeadline { at } => {
                if self.deadlines.len() <= job as usize {
                    self.deadlines.resize(job as usize + 1, None);
                }
                self.deadlines[job as usize] = Some(at);
                return;
            }
            _ => return,
        };
        let same = |pause: &&mut Pause| pause.job == job && pause.index == index;
        match self.pauses.iter_mut().rev().find(same) {
            // Told again, or prolonged by another failure before it was over.
            Some(pause) if pause.until >= t => {
                pause.until = pause.until.max(until);
                pause.failures = failures;
            }
            _ => self.pauses.push(Pause { job, index, failures, from: t, until }),
        }
    }

    fn crash_backoff(&mut self, t: SimTime, pod: PodId, wait: SimDuration) {
        if wait > SimDuration::ZERO {
            self.go(pod.slot as usize, t, End::Went, Some(Doing::CrashBackOff));
        }
    }
}
