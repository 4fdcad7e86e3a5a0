//! How a run ended, and what became of each Job: what is left in the event queue decides who is stuck.

use std::collections::BTreeMap;

use super::dependencies::HerdEvent;
use super::dependencies::numbers::DependencyNumbers;
use super::event::Event;
use super::facts::Observer;
use super::status::{ConditionType, Reason};
use super::world::{Pod, Step, World};
use crate::engine::time::SimTime;
use crate::model::scenario::Action;

/// How a run ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Ending {
    /// The last instant of the run.
    pub at: SimTime,
    /// In the order of the scenario.
    pub jobs: Vec<JobEnding>,
    /// In the order of the scenario.
    pub dependencies: Vec<DependencyNumbers>,
}

/// How one Job ended.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct JobEnding {
    pub outcome: Outcome,
    /// None: it was never created.
    pub created_at: Option<SimTime>,
    /// When Complete or Failed was written, not cut to the second.
    pub finished_at: Option<SimTime>,
    /// The last event of this Job or its pods.
    pub last_change: SimTime,
    /// Nothing of the cluster was pending for this Job at the end (timers of the controller aside).
    pub cluster_idle: bool,
    /// activeDeadlineSeconds is set and counting.
    pub deadline_ahead: bool,
}

/// What became of a Job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Outcome {
    Complete(Reason),
    Failed(Reason),
    /// Removed before it was finished.
    Deleted,
    /// No future event can change it.
    Stuck(Holder),
    /// Suspended, and nobody will resume it.
    Suspended,
    /// Cut by the horizon while things still happened.
    Horizon(Pending),
}

/// What holds a stuck Job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Holder {
    HungPod,
    WaitsForDependency,
    NeverScheduled,
    ImageNeverPulled,
    TerminatingForever,
    ZeroParallelism,
    ManagedElsewhere,
}

/// What still happened when the horizon cut the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
pub enum Pending {
    Running,
    CrashLoop,
}

impl Outcome {
    /// The outcome's name in the output.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Complete(_) => "Complete",
            Outcome::Failed(_) => "Failed",
            Outcome::Deleted => "Deleted",
            Outcome::Stuck(_) => "Stuck",
            Outcome::Suspended => "Suspended",
            Outcome::Horizon(_) => "Horizon",
        }
    }

    /// The reason's name in the output; empty where the outcome says it all.
    pub fn reason(self) -> &'static str {
        match self {
            Outcome::Complete(reason) | Outcome::Failed(reason) => reason.as_str(),
            Outcome::Deleted | Outcome::Suspended => "",
            Outcome::Stuck(holder) => match holder {
                Holder::HungPod => "HungPod",
                Holder::WaitsForDependency => "WaitsForDependency",
                Holder::NeverScheduled => "NeverScheduled",
                Holder::ImageNeverPulled => "ImageNeverPulled",
                Holder::TerminatingForever => "TerminatingForever",
                Holder::ZeroParallelism => "ZeroParallelism",
                Holder::ManagedElsewhere => "ManagedElsewhere",
            },
            Outcome::Horizon(Pending::Running) => "Running",
            Outcome::Horizon(Pending::CrashLoop) => "CrashLoop",
        }
    }
}

impl<'a, O: Observer> World<'a, O> {
    pub(super) fn ending(mut self) -> Ending {
        let Busy { any: busy, cluster: cluster_busy, all: all_busy } = self.busy();
        let jobs = (0..self.jobs.len())
            .map(|job| {
                let j = &self.jobs[job];
                JobEnding {
                    outcome: self.outcome(job as u32, busy[job] || all_busy),
                    created_at: j.created_at,
                    finished_at: j.finished_at,
                    last_change: j.last_change,
                    cluster_idle: !cluster_busy[job],
                    deadline_ahead: j.exists && j.spec.active_deadline.is_some() && !j.spec.suspend,
                }
            })
            .collect();
        Ending { at: self.now, jobs, dependencies: self.dependency_numbers() }
    }

    /// What is still going on, and for which Jobs.
    fn busy(&mut self) -> Busy {
        let mut cluster_busy = vec![false; self.jobs.len()];
        let mut any = vec![false; self.jobs.len()];
        let mut all = false;
        let waiting: Vec<_> = self.queue.waiting().collect();
        for due in waiting {
            match Event::unpack(due.payload) {
                // The entry that the horizon cut has a new ticket, but then it is at the horizon itself.
                Event::Pod(slot) => {
                    let pod = &self.pods[slot as usize];
                    if pod.live.exists && (pod.kubelet.next == due.ticket || due.at >= self.scenario.horizon)
                    {
                        any[pod.job as usize] = true;
                        cluster_busy[pod.job as usize] = true;
                    }
                }
                Event::Terminate(slot) => {
                    let job = self.pods[slot as usize].job as usize;
                    any[job] = true;
                    cluster_busy[job] = true;
                }
                Event::Submit(job) => any[job as usize] = true,
                Event::Wake(job) => {
                    any[job as usize] |= self.jobs[job as usize].memory.waiting == due.at;
                }
                Event::Collect(job) | Event::Poll(job) => {
                    any[job as usize] = true;
                    cluster_busy[job as usize] = true;
                }
                Event::Action(number) => match &self.scenario.timeline[number as usize].action {
                    Action::Patch { job, .. }
                    | Action::DeletePod { job, .. }
                    | Action::EvictPod { job, .. }
                    | Action::DeleteJob { job, .. } => any[*job] = true,
                    Action::RestartController => {}
                },
                Event::Tokens | Event::Call(_) | Event::Watch => all = true,
                Event::PodGc => all = true,
                // Pods that are being served, or will be, are looked at below; other tenants change no Job.
                Event::Ttl(_) => {}
                Event::Dependency(number) => match HerdEvent::unpack(number) {
                    HerdEvent::Fault(_) => all = true,
                    HerdEvent::Script(number) => {
                        let script = &self.scenario.shared.scripts[number as usize];
                        any[script.job] |= self.jobs[script.job].spec.parallelism < script.to;
                    }
                    HerdEvent::Station(_) | HerdEvent::Arrival(_) | HerdEvent::Visit(_) => {}
                },
            }
        }
        if let Some(herd) = &self.herd {
            for (slot, pod) in self.pods.iter().enumerate() {
                if pod.live.exists && pod.kubelet.running && herd.waits_for_dependency(slot as u32) {
                    let moves = herd.will_move(slot as u32);
                    any[pod.job as usize] |= moves;
                    cluster_busy[pod.job as usize] |= moves;
                }
            }
        }
        Busy { any, cluster: cluster_busy, all }
    }

    /// Whether anything but other tenants and scripts can still change a Job that has not ended.
    pub(super) fn jobs_can_change(&mut self) -> bool {
        let busy = self.busy();
        busy.all
            || self
                .jobs
                .iter()
                .zip(&busy.any)
                .any(|(job, busy)| *busy && job.counters.conditions.finished().is_none())
    }

    fn outcome(&self, job: u32, busy: bool) -> Outcome {
        let j = &self.jobs[job as usize];
        if let Some(end) = j.counters.conditions.finished() {
            return match end.kind {
                ConditionType::Complete => Outcome::Complete(end.reason),
                _ => Outcome::Failed(end.reason),
            };
        }
        if j.removed {
            return Outcome::Deleted;
        }
        let mine = |p: &&Pod| p.job == job && p.live.exists && !p.live.phase.is_terminal();
        let pods = self.pods.iter().filter(mine);
        if busy {
            let mut crashing = pods.filter(|p| p.kubelet.restarts > 0 || p.kubelet.step == Step::Restart);
            return Outcome::Horizon(match crashing.next() {
                Some(_) => Pending::CrashLoop,
                None => Pending::Running,
            });
        }
        if j.spec.suspend {
            return Outcome::Suspended;
        }
        let mut holders: BTreeMap<Holder, u32> = BTreeMap::new();
        for (slot, pod) in self.pods.iter().enumerate().filter(|(_, pod)| mine(pod)) {
            let holder = if pod.live.deleting {
                Holder::TerminatingForever
            } else if !pod.live.bound {
                Holder::NeverScheduled
            } else if !pod.kubelet.running {
                Holder::ImageNeverPulled
            } else if self.herd.as_ref().is_some_and(|herd| herd.waits_for_dependency(slot as u32)) {
                Holder::WaitsForDependency
            } else {
                Holder::HungPod
            };
            *holders.entry(holder).or_default() += 1;
        }
        let most = holders.iter().max_by_key(|&(holder, count)| (*count, std::cmp::Reverse(*holder)));
        let holder = match most {
            Some((&holder, _)) => holder,
            None if j.spec.managed_elsewhere => Holder::ManagedElsewhere,
            None => Holder::ZeroParallelism,
        };
        Outcome::Stuck(holder)
    }
}

/// What was still going on when a run ended.
struct Busy {
    /// By Job.
    any: Vec<bool>,
    /// By Job: of the cluster, timers of the controller aside.
    cluster: Vec<bool>,
    /// Something that may concern every Job.
    all: bool,
}
