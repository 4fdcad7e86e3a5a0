//! Which input moves the answer most: each is made a tenth larger and a tenth smaller, with the same luck.
//!
//! So the user knows what to measure next. Relies on [`super::difference`].

use super::difference::difference;
use super::measure::Measure;
use super::replicate::{Run, Threads};
use crate::engine::distribution::Distribution;
use crate::engine::time::SimDuration;
use crate::model::dependency::{Kind, LimitRule, Rate};
use crate::model::scenario::Scenario;
use crate::model::steps::{Call, Op};
use crate::model::workload::{FailureLaw, RunTime, Workload};

/// What one input does to the answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Effect {
    /// As the Simulation document names it.
    pub input: String,
    /// Change of the measure when the input is a tenth smaller, and a tenth larger.
    pub smaller: Change,
    pub larger: Change,
}

/// A change of a measure with its interval.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Change {
    pub difference: f64,
    pub interval: Option<(f64, f64)>,
}

impl Effect {
    /// The larger of both changes.
    pub fn size(&self) -> f64 {
        let size = |change: &Change| if change.difference.is_nan() { 0.0 } else { change.difference.abs() };
        size(&self.smaller).max(size(&self.larger))
    }
}

type Edit = Box<dyn Fn(&mut Scenario, f64)>;

/// All effects, the largest first; `tail`: probability of error on either side of each interval.
pub fn sensitivity(
    scenario: &Scenario,
    measure: &Measure,
    seed: u64,
    count: u64,
    threads: &Threads,
    tail: f64,
) -> Vec<Effect> {
    let values = |scenario: &Scenario| -> Vec<Option<f64>> {
        let runs: Vec<Run> = threads.replicate(scenario, seed, 0..count);
        runs.iter().map(|run| measure.of(run)).collect()
    };
    let base = values(scenario);
    let estimate =
        |values: &[Option<f64>]| measure.estimate_of(values.iter().flatten().copied().collect(), tail).value;
    let change = |edit: &Edit, factor: f64| {
        let mut other = scenario.clone();
        edit(&mut other, factor);
        let values = values(&other);
        let (low, high) = difference(measure, &base, &values, tail);
        let interval = (low.is_finite() && high.is_finite()).then_some((low, high));
        Change { difference: estimate(&values) - estimate(&base), interval }
    };
    let mut effects: Vec<Effect> = inputs(scenario)
        .into_iter()
        .map(|(input, edit)| Effect { input, smaller: change(&edit, 0.9), larger: change(&edit, 1.1) })
        .collect();
    effects.sort_by(|a, b| b.size().total_cmp(&a.size()));
    effects
}

fn scale(of: &mut Distribution, factor: f64) {
    *of = of.scaled(factor);
}

fn calls(ops: &[Op]) -> impl Iterator<Item = &Call> {
    ops.iter().filter_map(|op| match op {
        Op::Call(call) | Op::Hold(call) => Some(&**call),
        _ => None,
    })
}

fn calls_mut(ops: &mut [Op]) -> impl Iterator<Item = &mut Call> {
    ops.iter_mut().filter_map(|op| match op {
        Op::Call(call) | Op::Hold(call) => Some(&mut **call),
        _ => None,
    })
}

/// A limit that lets so many times as many requests through.
fn faster(rule: LimitRule, factor: f64) -> LimitRule {
    let shorter = |length: SimDuration| SimDuration::from_seconds(length.seconds() / factor);
    match rule {
        LimitRule::TokenBucket { rate, burst } => {
            LimitRule::TokenBucket { rate: Rate::per_second(rate.as_f64() * factor), burst }
        }
        LimitRule::FixedWindow { requests, length } => {
            LimitRule::FixedWindow { requests, length: shorter(length) }
        }
        LimitRule::SlidingWindow { requests, length } => {
            LimitRule::SlidingWindow { requests, length: shorter(length) }
        }
        LimitRule::Nginx { rate_milli, burst, delay } => {
            let rate_milli = (f64::from(rate_milli) * factor).round().max(1.0) as u32;
            LimitRule::Nginx { rate_milli, burst, delay }
        }
    }
}

/// What the Simulation document says and nobody knows exactly.
fn inputs(scenario: &Scenario) -> Vec<(String, Edit)> {
    let mut inputs: Vec<(String, Edit)> = Vec::new();
    for (job, case) in scenario.jobs.iter().enumerate() {
        let Workload::Sampled(workload) = &case.workload else { continue };
        let name = |what: &str| match scenario.jobs.len() {
            1 => what.to_string(),
            _ => format!("{}: {what}", case.name),
        };
        let mut add = |what: &str, edit: fn(&mut crate::model::workload::SampledWorkload, f64)| {
            let edit: Edit = Box::new(move |scenario, factor| {
                if let Workload::Sampled(workload) = &mut scenario.jobs[job].workload {
                    edit(workload, factor);
                }
            });
            inputs.push((name(what), edit));
        };
        add("run time", |workload, factor| match &mut workload.run {
            RunTime::Steps(steps) | RunTime::ByIndex(steps) => {
                steps.iter_mut().for_each(|step| scale(step, factor))
            }
            RunTime::Program(program) => program.ops.iter_mut().for_each(|op| {
                if let Op::Run(run) = op {
                    run.laws_mut().iter_mut().for_each(|law| scale(law, factor));
                }
            }),
        });
        if let RunTime::Program(program) = &workload.run
            && calls(&program.ops).any(|call| call.think.is_some())
        {
            add("think", |workload, factor| {
                let RunTime::Program(program) = &mut workload.run else { return };
                let thinks = calls_mut(&mut program.ops).filter_map(|call| call.think.as_mut());
                thinks.for_each(|think| think.laws_mut().iter_mut().for_each(|law| scale(law, factor)));
            });
        }
        if workload.startup.mean() > 0.0 {
            add("startup", |workload, factor| scale(&mut workload.startup, factor));
        }
        if workload.schedule.mean() > 0.0 {
            add("schedule", |workload, factor| scale(&mut workload.schedule, factor));
        }
        if workload.failure.is_some() {
            add("failure probability", |workload, factor| {
                if let Some(failure) = &mut workload.failure {
                    failure.law = match failure.law {
                        FailureLaw::Probability(p) => FailureLaw::Probability((p * factor).min(1.0)),
                        FailureLaw::RatePerSecond(rate) => FailureLaw::RatePerSecond(rate * factor),
                    };
                }
            });
        }
        if workload.hang_probability > 0.0 {
            add("hang probability", |workload, factor| {
                workload.hang_probability = (workload.hang_probability * factor).min(1.0);
            });
        }
    }
    for (number, dependency) in scenario.shared.dependencies.iter().enumerate() {
        let edit: Edit = Box::new(move |scenario, factor| {
            if let Some(service) = &mut scenario.shared.dependencies[number].service {
                scale(service, factor);
            }
            for case in &mut scenario.jobs {
                let Workload::Sampled(workload) = &mut case.workload else { continue };
                let RunTime::Program(program) = &mut workload.run else { continue };
                for call in calls_mut(&mut program.ops).filter(|call| call.to == number) {
                    if let Some(service) = &mut call.service {
                        service.laws_mut().iter_mut().for_each(|law| scale(law, factor));
                    }
                }
            }
        });
        inputs.push((format!("{}: service", dependency.name), edit));
        if let Kind::RateLimit(_) = dependency.kind {
            let edit: Edit = Box::new(move |scenario, factor| {
                if let Kind::RateLimit(limit) = &mut scenario.shared.dependencies[number].kind {
                    limit.rule = faster(limit.rule, factor);
                }
            });
            inputs.push((format!("{}: rate", dependency.name), edit));
        }
        if dependency.background.is_some() {
            let edit: Edit = Box::new(move |scenario, factor| {
                if let Some(background) = &mut scenario.shared.dependencies[number].background {
                    scale(&mut background.arrivals, 1.0 / factor);
                }
            });
            inputs.push((format!("{}: background", dependency.name), edit));
        }
    }
    if scenario.control_plane.client_limit.is_some() {
        let edit: Edit = Box::new(|scenario, factor| {
            if let Some(limit) = &mut scenario.control_plane.client_limit {
                limit.qps *= factor;
            }
        });
        inputs.push(("controlPlane.qps".to_string(), edit));
    }
    inputs
}
