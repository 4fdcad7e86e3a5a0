//! Facts → the story of one run, as data: what happened in order, with decisions that were told twice left out.
//!
//! Relies on the pod table for the life of each pod. Puts nothing into words (`report/story`).

use std::collections::BTreeMap;

use super::pod_table::{PodRow, PodTable};
use crate::engine::time::{SimDuration, SimTime};
use crate::kubernetes::facts::{CallFact, ContainerRun, Decision, Observer, PodEnd, PodId, Rule, StatusFact};
use crate::kubernetes::status::Condition;
use crate::model::patch::Refusal;

/// Something that happened to a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PodEvent {
    Created,
    Scheduled,
    /// `crashed`: the exit code of the run that ended at this very instant.
    Started {
        restarts: u32,
        crashed: Option<i32>,
    },
    Stopped {
        exit_code: i32,
        ran: SimDuration,
    },
    /// The container has crashed and is restarted after `wait`.
    CrashBackOff {
        exit_code: i32,
        wait: SimDuration,
    },
    HangBegan,
    /// A call that did not go well.
    Call {
        dependency: u32,
        what: CallFact,
    },
    DeleteRequested,
    /// `ran`: the last run of its container.
    Ended {
        end: PodEnd,
        ran: Option<SimDuration>,
    },
    /// Its finalizer is off.
    Released,
    Removed,
}

/// One thing that happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    JobCreated,
    JobRemoved,
    /// A condition appeared or changed.
    Condition(Condition),
    Decision(Decision),
    /// The API server refused a change of the Job: the first reason, and how many more. None: the Job was not there.
    ChangeRefused(Option<Refusal>, u32),
    /// Position in [`Story::pods`].
    Pod(u32, PodEvent),
}

/// One thing that happened, when, and to which Job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub t: SimTime,
    pub job: u32,
    pub what: What,
}

/// What the pod table does not say of a pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Life {
    pub hangs_since: Option<SimTime>,
    /// Somebody asked for its deletion.
    pub deleted: Option<SimTime>,
    /// It waits for this dependency, or is being served.
    pub calls: Option<(SimTime, u32)>,
    pub running_since: Option<SimTime>,
    /// Sum of its finished runs.
    pub ran: SimDuration,
    last_run: Option<(SimTime, SimDuration, i32)>,
}

/// Collects the story.
#[derive(Default)]
pub struct Story {
    pub entries: Vec<Entry>,
    table: PodTable,
    /// Beside the rows of the table.
    lives: Vec<Life>,
    by_slot: Vec<u32>,
    held: Vec<Held>,
    /// By Job and dependency: time that pods spent in calls, waiting or being served.
    in_calls: BTreeMap<(u32, u32), SimDuration>,
    told: BTreeMap<u32, Told>,
}

/// Something that a pod holds, at the end of the story.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    /// Position in [`Story::pods`].
    pub pod: u32,
    pub dependency: u32,
    pub since: SimTime,
}

/// What has been told of a Job already.
#[derive(Default)]
struct Told {
    conditions: Vec<Condition>,
    back_off: Option<Decision>,
    awaits: Option<Decision>,
    verdict: Option<Rule>,
    /// Where the deadline is told.
    deadline: Option<usize>,
    by_index: BTreeMap<u32, SimTime>,
}

impl Story {
    /// The pods of all Jobs, in order of creation.
    pub fn pods(&self) -> impl Iterator<Item = (&PodRow, &Life)> {
        self.table.rows.iter().zip(&self.lives)
    }

    /// The pod at a position.
    pub fn pod(&self, position: u32) -> (&PodRow, &Life) {
        (&self.table.rows[position as usize], &self.lives[position as usize])
    }

    /// What happened to one Job, in order.
    pub fn of_job(&self, job: u32) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.job == job)
    }

    /// What is held at the end, in the order in which it was got.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// By dependency: time that pods of one Job spent in calls, waiting or being served.
    pub fn in_calls(&self, job: u32) -> impl Iterator<Item = (u32, SimDuration)> + '_ {
        self.in_calls
            .range((job, 0)..=(job, u32::MAX))
            .map(|(&(_, dependency), &length)| (dependency, length))
    }

    fn call_ends(&mut self, t: SimTime, job: u32, position: u32) {
        if let Some((since, dependency)) = self.lives[position as usize].calls.take() {
            let sum = self.in_calls.entry((job, dependency)).or_default();
            *sum = *sum + t.since(since);
        }
    }

    fn tell(&mut self, t: SimTime, job: u32, what: What) {
        self.entries.push(Entry { t, job, what });
    }

    fn tell_pod(&mut self, t: SimTime, pod: PodId, event: PodEvent) -> &mut Life {
        let position = self.by_slot[pod.slot as usize];
        self.tell(t, pod.job, What::Pod(position, event));
        &mut self.lives[position as usize]
    }

    /// Whether it is news; remembers it.
    fn is_news(&mut self, job: u32, decision: Decision) -> bool {
        let told = self.told.entry(job).or_default();
        match decision {
            Decision::BackOff { .. } => told.back_off.replace(decision) != Some(decision),
            Decision::AwaitTermination { .. } => told.awaits.replace(decision) != Some(decision),
            Decision::IndexBackOff { index, until, .. } => told.by_index.insert(index, until) != Some(until),
            Decision::Verdict(rule) => {
                let same = told
                    .verdict
                    .is_some_and(|old| std::mem::discriminant(&old) == std::mem::discriminant(&rule));
                told.verdict = Some(rule);
                !same
            }
            Decision::ArmDeadline { at } => {
                let Some(place) = told.deadline else {
                    told.deadline = Some(self.entries.len());
                    return true;
                };
                // Later syncs know startTime as it was stored, cut to the second.
                let What::Decision(Decision::ArmDeadline { at: old }) = &mut self.entries[place].what else {
                    return false;
                };
                if at.since(*old).max(old.since(at)) <= SimDuration::SECOND {
                    *old = at;
                    return false;
                }
                told.deadline = Some(self.entries.len());
                true
            }
            _ => true,
        }
    }
}

impl Observer for Story {
    fn job_created(&mut self, t: SimTime, job: u32) {
        self.tell(t, job, What::JobCreated);
    }

    fn job_status(&mut self, t: SimTime, job: u32, status: StatusFact<'_>) {
        let now: Vec<Condition> = status.counters.conditions.iter().copied().collect();
        let told = &mut self.told.entry(job).or_default().conditions;
        let new: Vec<Condition> = now.iter().filter(|condition| !told.contains(condition)).copied().collect();
        *told = now;
        for condition in new {
            self.tell(t, job, What::Condition(condition));
        }
    }

    fn job_removed(&mut self, t: SimTime, job: u32) {
        self.tell(t, job, What::JobRemoved);
    }

    fn pod_created(&mut self, t: SimTime, pod: PodId, index: Option<u32>, attempt: u32) {
        let at = pod.slot as usize;
        if at >= self.by_slot.len() {
            self.by_slot.resize(at + 1, 0);
        }
        self.by_slot[at] = self.lives.len() as u32;
        self.lives.push(Life::default());
        self.table.pod_created(t, pod, index, attempt);
        self.tell_pod(t, pod, PodEvent::Created);
    }

    fn pod_scheduled(&mut self, t: SimTime, pod: PodId) {
        self.table.pod_scheduled(t, pod);
        self.tell_pod(t, pod, PodEvent::Scheduled);
    }

    fn container_started(&mut self, t: SimTime, pod: PodId, restarts: u32) {
        self.table.container_started(t, pod, restarts);
        let last = self.lives[self.by_slot[pod.slot as usize] as usize].last_run;
        let crashed = last.filter(|run| run.0 == t).map(|run| run.2);
        self.tell_pod(t, pod, PodEvent::Started { restarts, crashed }).running_since = Some(t);
    }

    fn container_stopped(&mut self, t: SimTime, pod: PodId, run: ContainerRun) {
        let position = self.by_slot[pod.slot as usize];
        self.held.retain(|held| held.pod != position);
        self.call_ends(t, pod.job, position);
        let (ran, exit_code) = (t.since(run.started), run.exit_code);
        let life = self.tell_pod(t, pod, PodEvent::Stopped { exit_code, ran });
        life.running_since = None;
        life.ran = life.ran + ran;
        life.last_run = Some((t, ran, exit_code));
    }

    fn hang_began(&mut self, t: SimTime, pod: PodId) {
        self.tell_pod(t, pod, PodEvent::HangBegan).hangs_since = Some(t);
    }

    fn call(&mut self, t: SimTime, pod: PodId, dependency: u32, what: CallFact) {
        let position = self.by_slot[pod.slot as usize];
        match what {
            CallFact::Sent => self.lives[position as usize].calls = Some((t, dependency)),
            CallFact::GaveBack => {
                let last = self.held.iter().rposition(|h| h.pod == position && h.dependency == dependency);
                last.map(|at| self.held.remove(at));
            }
            CallFact::InDeadlock => {}
            _ => self.call_ends(t, pod.job, position),
        }
        if what == CallFact::Begun {
            self.held.push(Held { pod: position, dependency, since: t });
        }
        if !matches!(what, CallFact::Sent | CallFact::Begun | CallFact::GaveBack | CallFact::Done) {
            self.tell(t, pod.job, What::Pod(position, PodEvent::Call { dependency, what }));
        }
    }

    fn pod_delete_requested(&mut self, t: SimTime, pod: PodId) {
        self.tell_pod(t, pod, PodEvent::DeleteRequested).deleted = Some(t);
    }

    fn pod_terminal(&mut self, t: SimTime, pod: PodId, end: PodEnd) {
        self.table.pod_terminal(t, pod, end);
        let life = self.lives[self.by_slot[pod.slot as usize] as usize];
        let ran = life.last_run.map(|run| run.1);
        self.tell_pod(t, pod, PodEvent::Ended { end, ran });
    }

    fn finalizer_removed(&mut self, t: SimTime, pod: PodId) {
        self.tell_pod(t, pod, PodEvent::Released);
    }

    fn pod_removed(&mut self, t: SimTime, pod: PodId) {
        self.table.pod_removed(t, pod);
        self.tell_pod(t, pod, PodEvent::Removed);
    }

    fn change_refused(&mut self, t: SimTime, job: u32, refusals: &[Refusal]) {
        self.tell(
            t,
            job,
            What::ChangeRefused(refusals.first().copied(), refusals.len().saturating_sub(1) as u32),
        );
    }

    fn decision(&mut self, t: SimTime, job: u32, decision: Decision) {
        if self.is_news(job, decision) {
            self.tell(t, job, What::Decision(decision));
        }
    }

    fn crash_backoff(&mut self, t: SimTime, pod: PodId, wait: SimDuration) {
        let life = self.lives[self.by_slot[pod.slot as usize] as usize];
        let exit_code = life.last_run.map_or(0, |run| run.2);
        self.tell_pod(t, pod, PodEvent::CrashBackOff { exit_code, wait });
    }
}
