//! What the makespan cannot be shorter (or longer) than, by pencil and paper: work over parallelism, the longest task,
//! rates. In the mean over runs in which the Job is Complete.
//!
//! A bound is said only where it holds: no change of parallelism on the way, no pod deadline. Reads a scenario; it
//! simulates nothing.

use crate::engine::distribution::Distribution;
use crate::engine::time::SimDuration;
use crate::model::cluster::ControllerRules;
use crate::model::dependency::{Access, Fault, Kind, LimitRule, Scope};
use crate::model::job::Completion;
use crate::model::scenario::{Action, Scenario};
use crate::model::steps::{Length, Op};
use crate::model::workload::{FailureLaw, RunTime, SampledWorkload, Workload};

/// Bounds of a mean makespan.
#[derive(Clone, PartialEq, Debug)]
pub struct Bounds {
    pub lower_s: f64,
    /// What makes it so.
    pub lower_by: String,
    /// Only for the textbook's controller, where Graham's bound holds (R. Graham, "Bounds on multiprocessing timing
    /// anomalies", 1969).
    pub upper_s: Option<f64>,
}

/// Points of the integral of a longest of n.
const POINTS: usize = 2000;

/// The bounds of job number `job`; none where nothing can be said.
pub fn bounds(scenario: &Scenario, job: usize) -> Option<Bounds> {
    let case = &scenario.jobs[job];
    let changed = scenario.timeline.iter().any(|timed| match timed.action {
        Action::Patch { job: other, .. } => other == job,
        _ => true,
    });
    let scripted = scenario.shared.scripts.iter().any(|script| script.job == job);
    let spec = &case.spec;
    let Workload::Sampled(workload) = &case.workload else { return None };
    let by_rate = matches!(workload.failure.map(|failure| failure.law), Some(FailureLaw::RatePerSecond(_)));
    if changed || scripted || spec.suspend || spec.success_policy.is_some() || by_rate {
        return None;
    }
    let (Completion::Indexed(n) | Completion::Counted(n)) = spec.completion else { return None };
    if n == 0 || spec.parallelism == 0 || spec.template.active_deadline.is_some() {
        return None;
    }
    let count = f64::from(n);
    let slots = f64::from(spec.parallelism.min(n));
    let parts = Parts::of(workload, scenario);
    let mean: f64 = parts.random.iter().map(Distribution::mean).sum::<f64>() + parts.fixed_s;
    let mut lower = vec![(count * mean / slots, "work/parallelism".to_string())];
    let longest: Vec<f64> = parts.random.iter().map(|part| longest_s(part, n)).collect();
    let longest_whole = longest.iter().zip(&parts.random).map(|(longest, part)| longest + mean - part.mean());
    lower.push((longest_whole.fold(mean, f64::max), "longest task".to_string()));
    // A limit that the timeline sets may be a higher one.
    let moved = scenario.shared.faults.iter().any(|fault| matches!(fault.fault, Fault::Limit(_)));
    for (dependency, load) in parts.loads.iter().enumerate().filter(|_| !moved) {
        let shared = &scenario.shared.dependencies[dependency];
        let calls = count * load.calls;
        let least = match &shared.kind {
            Kind::RateLimit(limit) if limit.scope == Scope::Global => match limit.rule {
                LimitRule::TokenBucket { rate, burst } => (calls - f64::from(burst)) / rate.as_f64(),
                _ => 0.0,
            },
            Kind::RateLimit(_) => 0.0,
            Kind::Lock(_) => count * load.exclusive_s,
            Kind::Pool(pool) => count * load.busy_s / f64::from(pool.connections.max(1)),
            Kind::Server(server) => count * load.busy_s / f64::from(server.servers.max(1)),
        };
        lower.push((least, format!("{} ({})", shared.name, shared.kind.name())));
    }
    if let Some(limit) = scenario.control_plane.client_limit {
        // Each pod is created, and its finalizer removed, by one request.
        let least = (2.0 * count - f64::from(limit.burst)) / limit.qps;
        lower.push((least, "API requests".to_string()));
    }
    let (lower_s, lower_by) = lower
        .into_iter()
        .filter(|(s, _)| s.is_finite())
        .fold((0.0, String::new()), |best, next| if next.0 > best.0 { next } else { best });
    let textbook = scenario.control_plane.rules == ControllerRules::Ideal
        && scenario.control_plane.client_limit.is_none()
        && scenario.control_plane.api_latency == SimDuration::ZERO
        && scenario.control_plane.watch_delay == SimDuration::ZERO
        && workload.failure.is_none()
        && workload.poison.is_none()
        && parts.loads.iter().all(|load| load.calls == 0.0);
    let upper_s = (textbook && !matches!(workload.run, RunTime::ByIndex(_))).then(|| {
        let longest: f64 = longest.iter().sum::<f64>() + parts.fixed_s;
        // The integral of the longest leaves out the end of the tail.
        1.02 * (count * mean / slots + (1.0 - 1.0 / slots) * longest)
    });
    Some(Bounds { lower_s, lower_by, upper_s: upper_s.filter(|s| s.is_finite()) })
}

/// What a pod's time is made of.
struct Parts {
    random: Vec<Distribution>,
    /// Means that are added as they are.
    fixed_s: f64,
    /// By dependency.
    loads: Vec<Load>,
}

/// What one completion asks of a dependency.
#[derive(Clone, Default)]
struct Load {
    calls: f64,
    busy_s: f64,
    exclusive_s: f64,
}

impl Parts {
    fn of(workload: &SampledWorkload, scenario: &Scenario) -> Parts {
        let dependencies = &scenario.shared.dependencies;
        let mut parts = Parts {
            random: vec![workload.schedule.clone(), workload.startup.clone()],
            fixed_s: 0.0,
            loads: vec![Load::default(); dependencies.len()],
        };
        match &workload.run {
            RunTime::Steps(steps) => parts.random.extend(steps.iter().cloned()),
            RunTime::ByIndex(each) => {
                parts.fixed_s += each.iter().map(Distribution::mean).sum::<f64>() / each.len().max(1) as f64;
            }
            RunTime::Program(program) => {
                for op in &program.ops {
                    match op {
                        Op::Run(Length::Same(run)) => parts.random.push(run.clone()),
                        Op::Run(run) => parts.fixed_s += run.mean(),
                        Op::Call(call) => {
                            let service_s = call.service.as_ref().map_or(0.0, Length::mean);
                            let think_s = call.think.as_ref().map_or(0.0, Length::mean);
                            let times = f64::from(call.times);
                            let load = &mut parts.loads[call.to];
                            load.calls += times;
                            load.busy_s += times * service_s;
                            if call.access == Access::Exclusive {
                                load.exclusive_s += times * service_s;
                            }
                            parts.fixed_s += times * (service_s + think_s);
                        }
                        Op::Hold(hold) => parts.loads[hold.to].calls += 1.0,
                        Op::Release { .. } => {}
                    }
                }
            }
        }
        parts
    }
}

/// Mean of the longest of n: the integral of the quantile of u^(1/n) over u, from below.
fn longest_s(of: &Distribution, n: u32) -> f64 {
    if of.is_constant().is_some() {
        return of.mean();
    }
    let at = |k: usize| libm::pow((k as f64 + 0.5) / POINTS as f64, 1.0 / f64::from(n));
    (0..POINTS).map(|k| of.quantile(at(k))).sum::<f64>() / POINTS as f64
}
