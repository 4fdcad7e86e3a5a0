//! `recommend` as JSON and as text: the setting, how sure it is, what stands against it, and the manifest with it.

use std::fmt::Write;

use serde_json::{Value, json};

use super::answer::{JOBSIM, KUBERNETES};
use super::json::rounded;
use super::sweep::aligned;
use super::words::{confidence_level, duration, number, several};
use crate::experiment::constraint::Verdict;
use crate::experiment::deadlines::Advice;
use crate::experiment::grid::{Grid, without_effect};
use crate::experiment::measure::{Estimate, Measure};
use crate::experiment::selection::{Finding, Problem, Selection, Standing};
use crate::experiment::sensitivity::{Change, Effect};
use crate::experiment::tradeoff::{Cost, pareto};

/// Most settings that the table shows.
const SHOWN: usize = 12;

/// Everything about one `recommend`.
pub struct RecommendAnswer {
    pub inputs_sha256: String,
    pub grid: Grid,
    /// The axes were not asked for.
    pub default_axes: bool,
    pub problem: Problem,
    pub selection: Selection,
    /// By constraint.
    pub costs: Vec<Cost>,
    /// With the recommended setting, as YAML.
    pub manifest: String,
    /// By Job: its name, the pod's deadline, the Job's.
    pub deadlines: Vec<(String, Advice, Advice)>,
    pub sensitivity: Vec<Effect>,
}

impl RecommendAnswer {
    pub(super) fn setting(&self, cell: usize) -> String {
        let values = self.grid.axes.iter().zip(self.grid.values(cell));
        values.map(|(axis, value)| format!("{}={value}", axis.path)).collect::<Vec<_>>().join(" ")
    }

    /// The others that cannot be told from the leader.
    fn same(&self) -> Vec<usize> {
        let is = |at: &usize| self.selection.candidates[*at].standing == Standing::Same;
        (0..self.selection.candidates.len()).filter(is).collect()
    }

    /// Axes of which no value makes a difference to the objective or a constraint.
    fn idle_axes(&self) -> impl Iterator<Item = &str> {
        let lengths: Vec<usize> = self.grid.axes.iter().map(|axis| axis.values.len()).collect();
        let idle = without_effect(&lengths, |a, b| self.selection.same_values(a, b));
        idle.into_iter().map(|axis| self.grid.axes[axis].path.as_str())
    }

    /// A sentence for each axis without effect.
    pub(super) fn idle(&self) -> impl Iterator<Item = String> {
        let runs = self.selection.candidates.iter().map(|candidate| candidate.count()).min().unwrap_or(0);
        self.idle_axes().map(move |path| {
            format!(
                "{path}: no value of it makes a difference to what is asked, in {runs} runs of each setting"
            )
        })
    }

    /// The settings, those first that matter: the leader, what is as good, what is open, the Pareto front.
    pub(super) fn order(&self, front: &[bool]) -> Vec<usize> {
        let candidates = &self.selection.candidates;
        let rank = |at: usize| match candidates[at].standing {
            Standing::Leader => 0,
            Standing::Same => 1,
            Standing::Open => 2,
            _ if front[at] => 3,
            _ => 4,
        };
        let value = |at: usize| self.selection.value(&self.problem, 0, at);
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        order.sort_by(|&a, &b| rank(a).cmp(&rank(b)).then(value(a).total_cmp(&value(b))));
        order
    }

    /// What one constraint costs.
    pub(super) fn cost(&self, constraint: &str, cost: &Cost) -> String {
        let objective = &self.problem.objective;
        let costs = show(objective, cost.difference);
        match (cost.without, cost.interval) {
            (Some(other), Some((low, high))) => format!(
                "{constraint} costs {costs} of {objective} [{}, {}]: without it {}",
                show(objective, low.max(0.0)),
                show(objective, high),
                self.setting(other)
            ),
            (Some(other), None) => {
                format!("{constraint} costs about {costs} of {objective}: without it {}", self.setting(other))
            }
            _ => format!("{constraint} costs nothing that can be seen"),
        }
    }

    /// How many settings, how many replications, which seed.
    pub(super) fn extent(&self) -> String {
        format!(
            "{}{}, {} in all (at most {}), same luck in each, seed {}",
            several(self.selection.candidates.len() as u64, "setting"),
            if self.default_axes { " of the default axes" } else { "" },
            several(self.selection.replications, "replication"),
            self.problem.budget,
            self.problem.seed
        )
    }

    fn finding(&self) -> &'static str {
        match self.selection.finding {
            Finding::Best => "best",
            Finding::CannotTell => "cannot tell",
            Finding::NoneAllowed => "none allowed",
            Finding::Undecided => "undecided",
        }
    }

    pub(super) fn sentence(&self) -> String {
        let objective = &self.problem.objective;
        let Some(leader) = self.selection.leader else {
            return "No setting meets all constraints: each fails at least one, surely.".to_string();
        };
        let name = self.setting(leader);
        let value = show(objective, self.selection.candidates[leader].estimate(&self.problem, 0).value);
        let within = format!("{} %", 100.0 * self.problem.indifference);
        match self.selection.finding {
            Finding::CannotTell => format!(
                "Cannot tell {} settings apart: {name} ({objective} {value}) and {} more give the same, as far as {} \
                 replications show; any other is not better, or by at most {within}.",
                self.same().len() + 1,
                self.same().len(),
                self.selection.replications
            ),
            Finding::Undecided => format!(
                "Cannot tell for sure within {} replications: {name} ({objective} {value}) is the best guess, but a \
                 constraint or a difference is undecided (see below); give more with --budget.",
                self.selection.replications
            ),
            _ => format!(
                "Take {name}: {objective} {value}; every other setting is worse, not allowed, or better by at most \
                 {within}."
            ),
        }
    }

    pub(super) fn guarantee(&self) -> String {
        format!(
            "With probability {} at least no setting was wrongly called allowed, not allowed or worse (simultaneous \
             intervals over all stages, settings and pairs).",
            confidence_level(1.0 - self.problem.error)
        )
    }
}

pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Leader => "recommended",
        Standing::Same => "the same",
        Standing::Worse => "worse",
        Standing::NotAllowed(_) => "not allowed",
        Standing::Open => "open",
    }
}

pub(super) fn show(measure: &Measure, value: f64) -> String {
    match () {
        () if value.is_nan() => "-".to_string(),
        () if value.is_infinite() => "never".to_string(),
        () if measure.is_share() => format!("{:.2} %", 100.0 * value),
        () if measure.is_time() => duration(value.max(0.0)),
        () => number(value),
    }
}

/// A change of a measure with its sign.
pub(super) fn signed(measure: &Measure, change: f64) -> String {
    format!("{}{}", if change < 0.0 { "-" } else { "+" }, show(measure, change.abs()))
}

fn finite(value: f64) -> Value {
    if value.is_finite() { rounded(value) } else { Value::Null }
}

fn estimate_json(estimate: &Estimate) -> Value {
    let (low, high) = estimate.interval.unwrap_or((f64::NAN, f64::NAN));
    json!({"value": finite(estimate.value), "low": finite(low), "high": finite(high), "n": estimate.n})
}

/// JSON: every setting that was looked at.
pub fn json(answer: &RecommendAnswer) -> Value {
    let (problem, selection) = (&answer.problem, &answer.selection);
    let front = pareto(problem, selection);
    let setting = |cell: usize| -> Value {
        let values = answer.grid.axes.iter().zip(answer.grid.values(cell));
        values
            .map(|(axis, value)| (axis.path.clone(), Value::from(value)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let cells = selection.candidates.iter().enumerate().map(|(cell, candidate)| {
        let constraints = problem.constraints.iter().enumerate().map(|(k, constraint)| {
            let estimate = candidate.estimate(problem, k + 1);
            let mut value = estimate_json(&estimate);
            value["constraint"] = constraint.to_string().into();
            value["verdict"] = match candidate.standing {
                Standing::NotAllowed(failed) if failed == k => Verdict::Fail.name(),
                _ => constraint.verdict(&estimate).name(),
            }
            .into();
            value
        });
        json!({
            "cell": cell, "setting": setting(cell), "replications": candidate.count(),
            "objective": estimate_json(&candidate.estimate(problem, 0)),
            "constraints": constraints.collect::<Vec<_>>(), "standing": standing(candidate.standing),
            "pareto": front[cell], "objective_beside_leader": finite(selection.value(problem, 0, cell)),
        })
    });
    let costs = problem.constraints.iter().zip(&answer.costs).map(|(constraint, cost)| {
        let (low, high) = cost.interval.unwrap_or((f64::NAN, f64::NAN));
        json!({
            "constraint": constraint.to_string(), "costs": rounded(cost.difference), "low": finite(low),
            "high": finite(high), "without_it": cost.without.map_or(Value::Null, setting),
        })
    });
    let change = |change: &Change| {
        let (low, high) = change.interval.unwrap_or((f64::NAN, f64::NAN));
        json!({"difference": finite(change.difference), "low": finite(low), "high": finite(high)})
    };
    let sensitivity = answer.sensitivity.iter().map(|effect| {
        json!({"input": effect.input, "minus_10_percent": change(&effect.smaller), "plus_10_percent": change(&effect.larger)})
    });
    let deadlines = answer.deadlines.iter().map(
        |(job, pod, whole)| json!({"job": job, "pod": advice_json(pod), "whole_job": advice_json(whole)}),
    );
    let mut value = json!({
        "jobsim": JOBSIM, "kubernetes": KUBERNETES, "seed": problem.seed,
        "inputs": {"sha256": answer.inputs_sha256}, "minimize": problem.objective.to_string(),
        "subject_to": problem.constraints.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "axes": answer.grid.axes.iter().map(|a| json!({"path": a.path, "values": a.values})).collect::<Vec<_>>(),
        "replications": selection.replications, "budget": problem.budget, "indifference": problem.indifference,
        "finding": answer.finding(), "sentence": answer.sentence(), "guarantee": answer.guarantee(),
        "recommended": selection.leader.map_or(Value::Null, setting),
        "same": answer.same().into_iter().map(setting).collect::<Vec<_>>(),
        "settings": cells.collect::<Vec<_>>(), "constraint_costs": costs.collect::<Vec<_>>(),
        "manifest": answer.manifest, "deadlines": deadlines.collect::<Vec<_>>(),
        "sensitivity": sensitivity.collect::<Vec<_>>(),
    });
    let idle: Vec<&str> = answer.idle_axes().collect();
    if !idle.is_empty() {
        value["without_effect"] = idle.into();
    }
    value
}

fn advice_json(advice: &Advice) -> Value {
    let points = advice.curve.iter().map(|point| {
        let (low, high) = point.interval.unwrap_or((f64::NAN, f64::NAN));
        json!({
            "deadline_s": rounded(point.deadline_s), "false_kills": rounded(point.false_kills), "low": finite(low),
            "high": finite(high), "wasted_s": rounded(point.wasted_s),
        })
    });
    let recommended = advice.recommended.map(|at| advice.curve[at].deadline_s);
    json!({
        "ended": advice.ended, "never_ended": advice.hung, "recommended_s": recommended.map_or(Value::Null, rounded),
        "curve": points.collect::<Vec<_>>(),
    })
}

/// Text: the sentence first, the manifest last.
pub fn text(answer: &RecommendAnswer) -> String {
    let (problem, selection) = (&answer.problem, &answer.selection);
    let mut text = format!("{}\n\n", answer.sentence());
    settings_table(&mut text, answer);
    for (constraint, cost) in problem.constraints.iter().zip(&answer.costs) {
        let _ = writeln!(text, "{}", answer.cost(&constraint.to_string(), cost));
    }
    for sentence in answer.idle() {
        let _ = writeln!(text, "{sentence}");
    }
    if let Some(first) = answer.sensitivity.first().filter(|first| first.size() > 0.0) {
        let _ = writeln!(
            text,
            "\nMeasure {} first; {} changes, when an input is 10 % off:",
            first.input, problem.objective
        );
        let signed = |change: &Change| signed(&problem.objective, change.difference);
        let rows: Vec<Vec<String>> = answer
            .sensitivity
            .iter()
            .map(|e| {
                vec![
                    e.input.clone(),
                    format!("-10 %: {}", signed(&e.smaller)),
                    format!("+10 %: {}", signed(&e.larger)),
                ]
            })
            .collect();
        aligned(&mut text, &rows, 1);
    }
    for (job, pod, whole) in &answer.deadlines {
        deadline_text(
            &mut text,
            &format!("Deadline of a pod of {job} (spec.template.spec.activeDeadlineSeconds)"),
            "pod",
            pod,
        );
        deadline_text(&mut text, &format!("Deadline of {job} (spec.activeDeadlineSeconds)"), "run", whole);
    }
    if selection.leader.is_some() {
        let _ = write!(text, "\nThe manifest with it:\n\n{}", answer.manifest);
    }
    let _ = writeln!(
        text,
        "\n{}\n{}; jobsim {JOBSIM}, Kubernetes {KUBERNETES}",
        answer.guarantee(),
        answer.extent()
    );
    text
}

fn settings_table(text: &mut String, answer: &RecommendAnswer) {
    let (problem, selection) = (&answer.problem, &answer.selection);
    let front = pareto(problem, selection);
    let mut header: Vec<String> = answer.grid.axes.iter().map(|axis| axis.path.clone()).collect();
    header.push(problem.objective.to_string());
    header.extend(problem.constraints.iter().map(ToString::to_string));
    header.extend(["runs".to_string(), String::new()]);
    let order = answer.order(&front);
    let value = |at: usize| selection.value(problem, 0, at);
    let mut rows = vec![header];
    for &at in order.iter().take(SHOWN) {
        let candidate = &selection.candidates[at];
        let mut row: Vec<String> = answer.grid.values(at).into_iter().map(str::to_string).collect();
        row.push(show(&problem.objective, value(at)));
        row.extend(
            problem
                .constraints
                .iter()
                .enumerate()
                .map(|(k, constraint)| show(&constraint.measure, candidate.estimate(problem, k + 1).value)),
        );
        row.push(candidate.count().to_string());
        let mark = if front[at] { ", Pareto" } else { "" };
        row.push(format!("{}{mark}", standing(candidate.standing)));
        rows.push(row);
    }
    aligned(text, &rows, answer.grid.axes.len());
    text.push_str("  Pareto: no other is as good in everything and better in something.\n");
    if order.len() > SHOWN {
        let _ = writeln!(text, "  … {} more (-o json)", order.len() - SHOWN);
    }
    text.push('\n');
}

fn deadline_text(text: &mut String, title: &str, what: &str, advice: &Advice) {
    let _ = writeln!(text, "\n{title}");
    if advice.ended == 0 {
        let _ = writeln!(text, "  no {what} ends by itself: there is nothing to go by");
        return;
    }
    let Some(best) = advice.recommended else {
        let _ = writeln!(text, "  nothing hangs in {} {what}s: it is not needed", advice.ended);
        return;
    };
    let mut rows = vec![vec![
        "deadline".to_string(),
        "killed by mistake".to_string(),
        format!("wasted per {what}"),
        String::new(),
    ]];
    let from = best.saturating_sub(3);
    for (at, point) in advice.curve.iter().enumerate().skip(from).take(7) {
        let high = point.interval.map_or(1.0, |(_, high)| high);
        rows.push(vec![
            format!("{}s", point.deadline_s),
            format!("{:.2} % (at most {:.2} %)", 100.0 * point.false_kills, 100.0 * high),
            duration(point.wasted_s),
            if at == best { "<- take this".to_string() } else { String::new() },
        ]);
    }
    aligned(text, &rows, 0);
}
