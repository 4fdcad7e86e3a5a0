//! Scheduler and kubelet: binding, starting, exits, restarts in place, termination.
//!
//! One pending event a pod: the earliest of what can happen to it next. A change of plan replaces the ticket, and
//! an event with an old ticket is ignored.

use super::event::Event;
use super::facts::{ContainerRun, Observer, Phase, PodEnd};
use super::job_controller::cache::LifeStep;
use super::luck::Whose;
use super::world::{Ready, Step, World};
use crate::engine::queue::Ticket;
use crate::engine::time::{SimDuration, SimTime};
use crate::marks::mark;
use crate::model::pod::RestartPolicy;
use crate::model::workload::{OnTerm, Workload};

/// Crash back-off (pkg/kubelet/kubelet.go, client-go util/flowcontrol/backoff.go).
const CRASH_BACKOFF_BASE: SimDuration = SimDuration::from_whole_seconds(10);
const CRASH_BACKOFF_MAX: SimDuration = SimDuration::from_whole_seconds(300);
const CRASH_BACKOFF_RESET: SimDuration = SimDuration::from_whole_seconds(600);
/// 128 + SIGKILL: what the kubelet reports for a container that it killed or that never ran.
pub(super) const EXIT_KILLED: i32 = 137;

impl<'a, O: Observer> World<'a, O> {
    /// The pod's next step is due.
    #[inline]
    pub(super) fn pod_due(&mut self, slot: u32, ticket: Ticket) {
        let kubelet = &self.pods[slot as usize].kubelet;
        if kubelet.next != ticket {
            return;
        }
        match kubelet.step {
            Step::Bind => {
                mark!("4.2 a pod in deletion is not bound" if self.pods[slot as usize].live.deleting);
                // A pod being deleted is not bound.
                if !self.pods[slot as usize].live.deleting {
                    self.bind(slot);
                }
            }
            Step::Start => self.start(slot),
            Step::HangBegins => {
                let id = self.pods[slot as usize].id(slot);
                self.observer.hang_began(self.now, id);
                self.jobs[id.job as usize].last_change = self.now;
                self.plan_end(slot);
            }
            Step::End => self.container_exits(slot),
            Step::Restart => {
                let kubelet = &mut self.pods[slot as usize].kubelet;
                kubelet.restarts += 1;
                kubelet.last_restart = self.now;
                self.start(slot);
            }
            Step::Client => self.client_due(slot),
            Step::Deadline => {
                mark!("4.2 the deadline of a pod is over");
                self.pods[slot as usize].kubelet.past_deadline = true;
                self.terminate(slot);
            }
        }
    }

    /// The time from which the cluster counts what it does next. The recorder's has a clock of microseconds.
    pub(super) fn cluster_clock(&self, job: u32) -> SimTime {
        match self.jobs[job as usize].case.workload {
            Workload::Scripted(_) => SimTime::from_nanos(self.now.micros_rounded() * 1000),
            Workload::Sampled(_) => self.now,
        }
    }

    #[inline(always)]
    fn plan(&mut self, slot: u32, at: SimTime, step: Step) {
        let ticket = self.at(at, Event::Pod(slot));
        let kubelet = &mut self.pods[slot as usize].kubelet;
        kubelet.next = ticket;
        kubelet.step = step;
    }

    /// The earlier of `step` and the pod's own deadline; at one instant the deadline, which was set first.
    #[inline]
    pub(super) fn plan_before_deadline(&mut self, slot: u32, at: SimTime, step: Step) {
        let deadline = self.pods[slot as usize].kubelet.deadline_at;
        if deadline <= at {
            self.plan(slot, deadline, Step::Deadline);
        } else {
            self.plan(slot, at, step);
        }
    }

    /// The pod has a node; the kubelet takes it: status.startTime, Ready = False.
    pub(super) fn bind(&mut self, slot: u32) {
        let now = self.now;
        let stamp = self.stamp(now);
        let clock = self.cluster_clock(self.pods[slot as usize].job);
        let pod = &mut self.pods[slot as usize];
        let limit = self.jobs[pod.job as usize].spec.template.active_deadline;
        pod.kubelet.deadline_at = clock + limit.unwrap_or(SimDuration::NEVER);
        mark!("4.2 the deadline of a pod counts from its node" if limit.is_some());
        let start_at = clock + pod.kubelet.startup;
        let id = pod.id(slot);
        self.observer.pod_scheduled(now, id);
        self.advance_pod(slot, LifeStep::Appears, |view| {
            if !view.exists {
                view.appear();
            }
            view.bound = true;
            view.ready = Ready::False;
            view.ready_since = stamp;
        });
        self.plan_before_deadline(slot, start_at, Step::Start);
    }

    /// The container runs.
    fn start(&mut self, slot: u32) {
        let now = self.now;
        let stamp = self.stamp(now);
        let pod = &mut self.pods[slot as usize];
        let kubelet = &mut pod.kubelet;
        let restarts = kubelet.restarts;
        kubelet.running = true;
        kubelet.started_at = now;
        if let Some(script) = kubelet.script {
            let last = script.runs.len().saturating_sub(1);
            let (run, exit_code) =
                script.runs.get((restarts as usize).min(last)).copied().unwrap_or((SimDuration::NEVER, 0));
            kubelet.attempt.run = run;
            kubelet.attempt.exit_code = exit_code;
        } else if restarts > 0 {
            let whose = match pod.index {
                Some(index) => Whose::Index { index, attempt: pod.attempt, restarts },
                None => Whose::Restart { ordinal: pod.ordinal, restarts },
            };
            if let Some(luck) = &self.jobs[pod.job as usize].luck {
                kubelet.attempt = luck.attempt(whose);
            }
        }
        let has_client = self.herd.is_some() && self.client_starts(slot);
        let pod = &mut self.pods[slot as usize];
        let kubelet = &mut pod.kubelet;
        kubelet.end_at = now + kubelet.attempt.run;
        let hang_at = now + kubelet.attempt.hangs_after;
        let id = pod.id(slot);
        self.observer.container_started(now, id, restarts);
        self.advance_pod(slot, LifeStep::Starts, |view| {
            if view.ready != Ready::True {
                view.ready = Ready::True;
                view.ready_since = stamp;
            }
            view.phase = Phase::Running;
            view.restarts = restarts;
        });
        if has_client {
            self.client_begins(slot);
        } else if hang_at < SimTime::NEVER {
            self.plan_before_deadline(slot, hang_at, Step::HangBegins);
        } else {
            self.plan_end(slot);
        }
    }

    fn plan_end(&mut self, slot: u32) {
        let end_at = self.pods[slot as usize].kubelet.end_at;
        self.plan_before_deadline(slot, end_at, Step::End);
    }

    /// The container has stopped: the pod ends, or the container is restarted in place.
    pub(super) fn container_exits(&mut self, slot: u32) {
        let now = self.now;
        let pod = &mut self.pods[slot as usize];
        let id = pod.id(slot);
        let kubelet = &mut pod.kubelet;
        let exit_code = kubelet.attempt.exit_code;
        kubelet.running = false;
        kubelet.last = Some((exit_code, now));
        let run = ContainerRun { started: kubelet.started_at, exit_code };
        self.observer.container_stopped(now, id, run);
        if self.herd.is_some() {
            self.client_stops(slot, exit_code);
        }
        let kubelet = &mut self.pods[slot as usize].kubelet;
        let policy = self.jobs[id.job as usize].spec.template.restart_policy;
        if kubelet.terminating || policy == RestartPolicy::Never || exit_code == 0 {
            return self.finish(slot);
        }
        let again = if kubelet.crash_backoff == SimDuration::ZERO
            || now.since(kubelet.last_restart) > CRASH_BACKOFF_RESET
        {
            mark!("4.1 the first restart is immediate" if kubelet.crash_backoff == SimDuration::ZERO);
            mark!("4.1 a long run resets the crash back-off" if kubelet.crash_backoff > SimDuration::ZERO);
            kubelet.crash_backoff = CRASH_BACKOFF_BASE;
            now
        } else {
            let wait = kubelet.crash_backoff;
            mark!("4.1 later restarts wait" if wait < CRASH_BACKOFF_MAX);
            mark!("4.1 a restart waits at most 300 s" if wait == CRASH_BACKOFF_MAX);
            kubelet.crash_backoff = wait.doubled(CRASH_BACKOFF_MAX);
            now + wait
        };
        let stamp = self.stamp(now);
        self.change_pod(slot, |view| view.stop_being_ready(stamp));
        if again == now {
            let kubelet = &mut self.pods[slot as usize].kubelet;
            kubelet.restarts += 1;
            kubelet.last_restart = now;
            self.start(slot);
        } else {
            self.observer.crash_backoff(now, id, again.since(now));
            self.plan_before_deadline(slot, again, Step::Restart);
        }
    }

    /// The kubelet was told to stop the pod, or its deadline is over.
    pub(super) fn terminate(&mut self, slot: u32) {
        let pod = &mut self.pods[slot as usize];
        let wanted = pod.live.deleting || pod.kubelet.past_deadline;
        if !wanted || !pod.live.exists || pod.live.phase.is_terminal() || pod.kubelet.terminating {
            return;
        }
        pod.kubelet.terminating = true;
        if !pod.kubelet.running {
            mark!("4.2 nothing runs: the pod ends at once");
            return self.finish(slot);
        }
        let job = pod.job;
        if self.herd.is_some() {
            self.client_stops(slot, EXIT_KILLED);
        }
        let grace = self.jobs[job as usize].spec.template.termination_grace;
        let told_at = self.cluster_clock(job);
        let usual = match &self.jobs[job as usize].case.workload {
            Workload::Sampled(workload) => workload.on_term,
            Workload::Scripted(_) => OnTerm::DEFAULT,
        };
        let kubelet = &mut self.pods[slot as usize].kubelet;
        let on_term = kubelet.script.map_or(usual, |s| s.on_term);
        for (after, exit_code) in [(on_term.after, on_term.exit_code), (grace, EXIT_KILLED)] {
            let end_at = told_at + after;
            if end_at < kubelet.end_at {
                kubelet.end_at = end_at;
                kubelet.attempt.exit_code = exit_code;
            }
        }
        mark!("4.2 the container ends on SIGTERM" if kubelet.end_at == told_at + on_term.after && on_term.after < grace);
        mark!("4.2 the grace is over: SIGKILL" if kubelet.end_at == told_at + grace && grace < on_term.after);
        mark!("4.2 the container ends by itself before" if kubelet.end_at < told_at + grace.min(on_term.after));
        let end_at = kubelet.end_at;
        self.plan(slot, end_at, Step::End);
    }

    /// The pod reaches its last phase; if it is being deleted, it goes.
    #[inline(always)]
    fn finish(&mut self, slot: u32) {
        let now = self.now;
        let stamp = self.stamp(now);
        let last_stamp = self.pods[slot as usize].kubelet.last.map(|(_, end)| self.stamp(end));
        let pod = &mut self.pods[slot as usize];
        pod.kubelet.next = Ticket::NONE;
        let id = pod.id(slot);
        let (exit_code, finished_at) = match (pod.kubelet.last, last_stamp) {
            (Some((exit_code, _)), Some(stamp)) => (exit_code, stamp),
            // It never ran: ContainerStatusUnknown, without a time (status_manager.go, TerminatePod).
            _ => (EXIT_KILLED, SimTime::NEVER),
        };
        mark!("4.2 never ran: exit 137 without a time" if pod.kubelet.last.is_none());
        mark!("4.2 past its deadline a pod fails whatever its exit" if exit_code == 0 && pod.kubelet.past_deadline);
        let succeeded = exit_code == 0 && !pod.kubelet.past_deadline;
        let phase = if succeeded { Phase::Succeeded } else { Phase::Failed };
        let reason = if pod.kubelet.past_deadline { "DeadlineExceeded" } else { "" };
        let end = PodEnd { phase, exit_code: Some(exit_code), reason };
        let deleting = pod.live.deleting;
        self.observer.pod_terminal(now, id, end);
        self.advance_pod(slot, LifeStep::Ends, |view| {
            view.exit_code = Some(exit_code);
            view.finished_at = finished_at;
            view.phase = phase;
            view.stop_being_ready(stamp);
        });
        if deleting {
            self.delete_pod_now(slot);
        }
    }
}
