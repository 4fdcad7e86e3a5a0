//! Dependencies over all runs: JSON, CSV and terminal lines.
//!
//! Counts and shares are summarised over runs. Waits and sojourns are pooled over the calls of all runs; the interval
//! of their mean is that of a ratio of two sums by run, so that calls of one run need not be independent.

use std::io;

use serde_json::{Value, json};

use super::csv::safe;
use super::json::{rounded, summary};
use crate::experiment::interval::{Summary, summarise, t_quantile, wilson};
use crate::experiment::replicate::Run;
use crate::kubernetes::dependencies::numbers::{BackgroundNumbers, Deadlock, DependencyNumbers, Lengths};
use crate::kubernetes::dependencies::recovery::{Recovery, Trigger, Verdict};
use crate::model::scenario::Scenario;

pub(super) type Quantities = Vec<(&'static str, Option<Summary>)>;

/// One dependency over all replications.
pub struct DependencyAnswer {
    pub name: String,
    pub kind: &'static str,
    /// By key of the output; none where no run has a value.
    pub quantities: Quantities,
    /// What other tenants met, and what they would have met without the Jobs.
    pub background: Option<(Quantities, Quantities)>,
    pub recovery: Option<RecoveryAnswer>,
    /// The first circle of waits: in which replication, when, and a sentence.
    pub deadlock: Option<(usize, f64, String)>,
}

impl DependencyAnswer {
    /// By key of the output; none where no run has a value.
    pub fn quantity(&self, key: &str) -> Option<&Summary> {
        self.quantities.iter().find(|(name, _)| *name == key).and_then(|(_, summary)| summary.as_ref())
    }
}

/// How often the load came back to normal after what had upset it.
pub struct RecoveryAnswer {
    /// In at least one run.
    pub trigger: Trigger,
    /// In which there was one.
    pub runs: usize,
    pub recovered: usize,
    /// Of the share that recovered.
    pub interval: Option<(f64, f64)>,
    pub only_at_the_end: usize,
    pub not_yet: usize,
    /// From the end of the fault, or from the first try that failed; of those that recovered.
    pub after_s: Option<Summary>,
}

/// From all replications; `tail`: probability of error on either side of intervals.
pub fn dependency_answers(scenario: &Scenario, runs: &[Run], tail: f64) -> Vec<DependencyAnswer> {
    let dependencies = scenario.shared.dependencies.iter().enumerate();
    dependencies
        .map(|(at, dependency)| {
            let of: Vec<&DependencyNumbers> = runs.iter().map(|run| &run.dependencies[at]).collect();
            let background = dependency.background.as_ref().map(|_| {
                let with: Vec<&BackgroundNumbers> = of.iter().map(|n| &n.background).collect();
                let without: Vec<&BackgroundNumbers> =
                    of.iter().filter_map(|n| n.background_alone.as_ref()).collect();
                (background(&with, tail), background(&without, tail))
            });
            DependencyAnswer {
                name: dependency.name.clone(),
                kind: dependency.kind.name(),
                quantities: quantities(&of, tail),
                background,
                recovery: recovery(&of, tail),
                deadlock: of.iter().enumerate().find_map(|(replication, n)| {
                    let deadlock = n.first_deadlock.as_ref()?;
                    Some((replication, deadlock.at.seconds(), deadlock_text(scenario, deadlock)))
                }),
            }
        })
        .collect()
}

/// The numbers of one run that are plain values, by key.
fn values(n: &DependencyNumbers) -> Vec<(&'static str, Option<f64>)> {
    let per_needed = |count: u64| (n.needed > 0).then(|| count as f64 / n.needed as f64);
    vec![
        ("calls", Some(n.calls as f64)),
        ("rejected", Some(n.rejected as f64)),
        ("timeouts", Some(n.timeouts as f64)),
        ("gave_up", Some(n.gave_up as f64)),
        ("mean_in_flight", Some(n.mean_in_flight)),
        ("peak_in_flight", Some(n.peak_in_flight.into())),
        ("mean_waiting", Some(n.mean_waiting)),
        ("peak_waiting", Some(n.peak_waiting.into())),
        ("arrivals_per_s", Some(n.arrivals_per_s)),
        ("peak_arrivals_per_s", Some(n.peak_arrivals_1s.into())),
        ("peak_arrivals_per_10s", Some(n.peak_arrivals_10s.into())),
        ("over_limit_s", Some(n.over_limit_s)),
        ("lost_work_s", Some(n.lost_work_s)),
        ("utilisation", Some(n.utilisation)),
        ("amplification", n.amplification()),
        ("amplification_by_clients", per_needed(n.client_retries)),
        ("amplification_by_job", per_needed(n.repeated)),
        ("short_circuited", Some(n.short_circuited as f64)),
        ("unheard", Some(n.unheard as f64)),
        ("deadlocks", Some(n.deadlocks as f64)),
        ("crashes", Some(n.crashes as f64)),
    ]
}

fn lengths(n: &DependencyNumbers) -> [(&'static str, &Lengths); 3] {
    [("wait_s", &n.waits), ("sojourn_s", &n.sojourns), ("abandoned_wait_s", &n.abandoned_waits)]
}

fn quantities(runs: &[&DependencyNumbers], tail: f64) -> Quantities {
    let Some(first) = runs.first() else { return Vec::new() };
    let plain = values(first).into_iter().enumerate().map(|(k, (name, _))| {
        let all: Vec<f64> = runs.iter().filter_map(|n| values(n)[k].1).collect();
        (name, summarise(&all, tail))
    });
    let pooled = lengths(first).into_iter().enumerate().map(|(k, (name, _))| {
        let all: Vec<&Lengths> = runs.iter().map(|n| lengths(n)[k].1).collect();
        (name, pooled(&all, tail))
    });
    plain.chain(pooled).collect()
}

fn background(runs: &[&BackgroundNumbers], tail: f64) -> Quantities {
    let over = |value: fn(&BackgroundNumbers) -> u64| {
        summarise(&runs.iter().map(|n| value(n) as f64).collect::<Vec<f64>>(), tail)
    };
    vec![
        ("calls", over(|n| n.calls)),
        ("rejected", over(|n| n.rejected)),
        ("timeouts", over(|n| n.timeouts)),
        ("wait_s", pooled(&runs.iter().map(|n| &n.waits).collect::<Vec<_>>(), tail)),
        ("sojourn_s", pooled(&runs.iter().map(|n| &n.sojourns).collect::<Vec<_>>(), tail)),
    ]
}

/// Lengths of all runs together.
fn pooled(runs: &[&Lengths], tail: f64) -> Option<Summary> {
    let mut all = Lengths::default();
    runs.iter().for_each(|lengths| all.merge(lengths));
    let mean = all.mean_s()?;
    let with: Vec<(f64, f64)> =
        runs.iter().map(|l| (l.count() as f64, l.sum_ns() as f64 / 1e9)).filter(|(n, _)| *n > 0.0).collect();
    let interval = (with.len() >= 2).then(|| {
        // Cochran, "Sampling techniques" (1977), 2.11: the error of a ratio of sums.
        let count = with.len() as f64;
        let calls = with.iter().map(|(n, _)| n).sum::<f64>() / count;
        let squares: f64 = with.iter().map(|(n, sum)| (sum - mean * n).powi(2)).sum();
        let error = (squares / (count - 1.0) / count).sqrt() / calls;
        let half = t_quantile(with.len() - 1, tail) * error;
        (mean - half, mean + half)
    });
    let quantile = |p| all.quantile_s(p).unwrap_or(mean);
    Some(Summary {
        quantile_intervals: [None; 4],
        tail_index: None,
        positive: 0,
        n: all.count() as usize,
        mean,
        interval,
        sd: all.sd_s(),
        p50: quantile(0.5),
        p90: quantile(0.9),
        p95: quantile(0.95),
        p99: quantile(0.99),
        min: all.min_s(),
        max: all.max_s(),
    })
}

fn recovery(runs: &[&DependencyNumbers], tail: f64) -> Option<RecoveryAnswer> {
    let found: Vec<Recovery> = runs.iter().filter_map(|n| n.recovery).collect();
    let count = |wanted: Verdict| found.iter().filter(|r| r.verdict == wanted).count();
    let after: Vec<f64> = found
        .iter()
        .filter_map(|recovery| match recovery.verdict {
            Verdict::After(after) => Some(after.seconds()),
            _ => None,
        })
        .collect();
    let crashed = found.iter().find(|r| r.trigger == Trigger::Crash);
    crashed.or(found.first()).map(|first| RecoveryAnswer {
        trigger: first.trigger,
        runs: found.len(),
        recovered: after.len(),
        interval: wilson(after.len(), found.len(), tail),
        only_at_the_end: count(Verdict::OnlyAtTheEnd),
        not_yet: count(Verdict::NotYet),
        after_s: summarise(&after, tail),
    })
}

fn trigger_name(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Fault => "fault",
        Trigger::Crash => "crash",
        Trigger::Overload => "overload",
    }
}

/// Who holds what and waits for what.
fn deadlock_text(scenario: &Scenario, deadlock: &Deadlock) -> String {
    let name = |dependency: &u32| scenario.shared.dependencies[*dependency as usize].name.as_str();
    let pods = deadlock.pods.iter().map(|pod| {
        let job = &scenario.jobs[pod.job as usize].name;
        let holds: Vec<&str> = pod.holds.iter().map(name).collect();
        format!(
            "pod {} of {job} holds {} and waits for {}",
            pod.ordinal,
            holds.join(", "),
            name(&pod.waits_for)
        )
    });
    pods.collect::<Vec<String>>().join("; ")
}

/// One element of `dependencies`.
pub(super) fn json(answer: &DependencyAnswer) -> Value {
    let fill = |value: &mut Value, quantities: &Quantities| {
        for (name, s) in quantities {
            value[*name] = summary(s);
        }
    };
    let mut value = json!({"name": answer.name, "kind": answer.kind});
    fill(&mut value, &answer.quantities);
    if let Some((with, without)) = &answer.background {
        let (mut both, mut alone) = (json!({}), json!({}));
        fill(&mut both, with);
        fill(&mut alone, without);
        both["without_jobs"] = alone;
        value["background"] = both;
    }
    if let Some((replication, t_s, circle)) = &answer.deadlock {
        value["first_deadlock"] = json!({"replication": replication, "t_s": rounded(*t_s), "circle": circle});
    }
    if let Some(r) = &answer.recovery {
        let (low, high) = r.interval.unwrap_or((0.0, 1.0));
        value["recovery"] = json!({
            "trigger": trigger_name(r.trigger), "runs": r.runs, "recovered": r.recovered, "share": rounded(r.recovered as f64 / r.runs as f64),
            "low": rounded(low), "high": rounded(high), "only_at_the_end": r.only_at_the_end,
            "not_yet": r.not_yet, "after_s": summary(&r.after_s),
        });
    }
    value
}

/// One row is one dependency in one run; of waits, the mean and the 95 % quantile.
///
/// # Errors
/// When the writer fails.
pub fn csv(out: impl io::Write, scenario: &Scenario, runs: &[Run]) -> Result<(), csv::Error> {
    let mut csv = csv::Writer::from_writer(out);
    let empty = DependencyNumbers::default();
    let mut header: Vec<String> = vec!["replication".to_string(), "dependency".to_string()];
    header.extend(values(&empty).iter().map(|(name, _)| name.to_string()));
    for (name, _) in lengths(&empty) {
        header.push(name.to_string());
        header.push(name.replace("_s", "_p95_s"));
    }
    header.extend(
        [
            "background_calls",
            "background_rejected",
            "background_wait_s",
            "recovery",
            "recovered_after_s",
            "upset_by",
        ]
        .map(String::from),
    );
    csv.write_record(&header)?;
    let optional = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.6}"));
    for (replication, run) in runs.iter().enumerate() {
        for (dependency, n) in scenario.shared.dependencies.iter().zip(&run.dependencies) {
            let mut row = vec![replication.to_string(), safe(&dependency.name)];
            row.extend(values(n).into_iter().map(|(_, value)| match value {
                Some(value) if value.fract() == 0.0 => value.to_string(),
                value => optional(value),
            }));
            for (_, lengths) in lengths(n) {
                row.push(optional(lengths.mean_s()));
                row.push(optional(lengths.quantile_s(0.95)));
            }
            row.push(n.background.calls.to_string());
            row.push(n.background.rejected.to_string());
            row.push(optional(n.background.waits.mean_s()));
            let (verdict, after) = match n.recovery.map(|recovery| recovery.verdict) {
                None => ("", None),
                Some(Verdict::After(after)) => ("recovered", Some(after.seconds())),
                Some(Verdict::OnlyAtTheEnd) => ("only_at_the_end", None),
                Some(Verdict::NotYet) => ("not_yet", None),
            };
            row.push(verdict.to_string());
            row.push(optional(after));
            row.push(n.recovery.map_or("", |recovery| trigger_name(recovery.trigger)).to_string());
            csv.write_record(&row)?;
        }
    }
    Ok(csv.flush()?)
}
