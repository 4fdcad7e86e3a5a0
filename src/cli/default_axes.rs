//! The settings that `recommend` tries when nobody names any: what is usually worth a try, of the first Job.
//!
//! Parallelism, the limit of retries, and, where something hangs, the deadlines that the deadline advisor would take; the
//! Job's own only where a constraint says how often it may fail: a Job that is killed early has a short makespan. The
//! value that the Job has stands first, so that of equal settings the one without a change is taken.

use crate::experiment::constraint::Constraint;
use crate::experiment::deadlines::{Advice, deadlines};
use crate::experiment::grid::{Axis, Grid};
use crate::experiment::interval::tail_of;
use crate::experiment::replicate::Threads;
use crate::input::Loaded;
use crate::input::difference::one_line;
use crate::input::node::parse_path;

/// # Errors
/// A text when no axis makes sense.
pub(super) fn default_grid(
    base: &Loaded,
    constraints: &[Constraint],
    seed: u64,
    threads: &Threads,
) -> Result<Grid, String> {
    let (case, spec) = (&base.scenario.jobs[0], &base.scenario.jobs[0].spec);
    let prefix = match base.scenario.jobs.len() {
        1 => String::new(),
        _ => format!("{}:", case.name),
    };
    let axis = |path: &str, values: Vec<String>| {
        let mut distinct: Vec<String> = Vec::new();
        for value in values {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        Axis { path: format!("{prefix}{path}"), values: distinct }
    };
    let numbers = |path: &str, values: &[u32]| axis(path, values.iter().map(u32::to_string).collect());
    let now = spec.parallelism;
    let most = spec.completions().unwrap_or(u32::MAX).max(1);
    let mut parallelism = vec![now, now / 4, now / 2, now.saturating_mul(2), now.saturating_mul(4)];
    parallelism.retain(|p| *p == now || (1..=most).contains(p));
    let mut axes = vec![numbers("spec.parallelism", &parallelism)];
    axes.push(match spec.per_index {
        Some(limit) => {
            let limit = limit.backoff_limit;
            numbers("spec.backoffLimitPerIndex", &[limit, limit.saturating_mul(2) + 1])
        }
        None => {
            let more = spec.backoff_limit.saturating_mul(4).min(i32::MAX as u32);
            numbers("spec.backoffLimit", &[spec.backoff_limit, more])
        }
    });
    let tail = tail_of(base.replications.confidence());
    let Some((pod, job)) = deadlines(&base.scenario, seed, threads, tail).into_iter().next() else {
        unreachable!("a scenario has a Job");
    };
    let may_fail = constraints.iter().any(|it| ["complete", "failed"].contains(&it.measure.key()));
    let of_pod = ("spec.template.spec.activeDeadlineSeconds", pod);
    let of_job = may_fail.then_some(("spec.activeDeadlineSeconds", job));
    for (path, advice) in std::iter::once(of_pod).chain(of_job) {
        let now = parse_path(path).and_then(|path| base.jobs[0].manifest.at(&path).map(one_line));
        let now = now.unwrap_or("null".to_string());
        axes.push(axis(path, std::iter::once(now).chain(advised(&advice)).collect()));
    }
    axes.retain(|axis| axis.values.len() > 1);
    if axes.is_empty() {
        return Err("no default axis makes sense here: say --vary".to_string());
    }
    Ok(Grid { axes })
}

/// The advisor's deadline, and the first that killed nothing by mistake; none where nothing hangs.
fn advised(advice: &Advice) -> Vec<String> {
    let Some(best) = advice.recommended else { return Vec::new() };
    let harmless = advice.curve.iter().find(|point| point.false_kills == 0.0);
    let both = std::iter::once(&advice.curve[best]).chain(harmless);
    both.map(|point| format!("{:.0}", point.deadline_s)).collect()
}
