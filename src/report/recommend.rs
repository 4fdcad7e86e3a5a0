//! `recommend` as JSON and as text: the setting, how sure it is, what stands against it, and the manifest with it.

use std::fmt::Write;

use serde_json::{Value, json};

use super::answer::{JOBSIM, KUBERNETES};
use super::json::rounded;
use super::sweep::aligned;
use super::words::{confidence_level, duration, measured, several};
use crate::experiment::constraint::Verdict;
use crate::experiment::deadlines::Advice;
use crate::experiment::grid::{Grid, without_effect};
use crate::experiment::interval::RARE;
use crate::experiment::measure::{Estimate, Measure};
use crate::experiment::selection::{Candidate, Finding, Problem, Selection, Standing};
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
                signed(objective, low).trim_start_matches('+'),
                signed(objective, high).trim_start_matches('+'),
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
        let estimate = self.selection.candidates[leader].estimate(&self.problem, 0);
        if !estimate.value.is_finite() {
            return self.nothing_to_minimize(&name, estimate.value.is_infinite());
        }
        let value = with_interval(objective, &estimate);
        let within = format!("{} %", 100.0 * self.problem.indifference);
        match self.selection.finding {
            Finding::CannotTell => format!(
                "Cannot tell {} settings apart: {name} ({objective} {value}) and {} more give the same, as far as {} \
                 replications show; any other is not better, or by at most {within}.",
                self.same().len() + 1,
                self.same().len(),
                self.selection.replications
            ),
            Finding::Best if self.selection.candidates.len() == 1 => {
                format!("There is one setting, and it is allowed: {name}, {objective} {value}.")
            }
            Finding::Undecided => self.undecided(leader, &format!("{name} ({objective} {value})")),
            _ => format!(
                "Take {name}: {objective} {value}; every other setting is worse, not allowed, or better by at most \
                 {within}."
            ),
        }
    }

    /// What is open, when the replications did not suffice.
    fn undecided(&self, leader: usize, name: &str) -> String {
        let candidates = &self.selection.candidates;
        let within = format!("within {} replications", self.selection.replications);
        let open_constraint =
            |at: usize| candidates[at].verdicts.iter().position(|it| *it == Verdict::Undecided);
        if let Some(k) = open_constraint(leader) {
            return format!(
                "Cannot tell for sure {within}: {name} is the best guess, but whether it meets {} is undecided; give \
                 more with --budget.",
                self.problem.constraints[k]
            );
        }
        let open: Vec<usize> =
            (0..candidates.len()).filter(|&at| candidates[at].standing == Standing::Open).collect();
        let what = open.first().map_or(String::new(), |&at| {
            let question = match open_constraint(at) {
                Some(k) => format!("whether it meets {}", self.problem.constraints[k]),
                None => format!("by how much its {} differs", self.problem.objective),
            };
            format!(": of {} it is open {question}", self.setting(at))
        });
        format!(
            "Take {name}: it meets all constraints, but {} not decided {within}{what}; give more with --budget.",
            match open.len() {
                1 => "one setting that may be better is".to_string(),
                count => format!("{count} settings that may be better are"),
            }
        )
    }

    /// Of an objective that is infinite or has no value.
    fn nothing_to_minimize(&self, name: &str, endless: bool) -> String {
        let objective = &self.problem.objective;
        match endless {
            true => format!(
                "No setting has a finite {objective}: too many runs never end in any of them; in {name} the fewest do. \
                 'jobsim run' says what holds them."
            ),
            false => format!("No run of {name} has a value of {objective}: there is nothing to minimize."),
        }
    }

    /// Jobs that are not Complete in every run of every setting, and of which no constraint says so.
    pub(super) fn failing_jobs(&self) -> Vec<usize> {
        let candidates = &self.selection.candidates;
        let fails = |job: &usize| candidates.iter().any(|it| (it.completed[*job] as u64) < it.count());
        let jobs = candidates.first().map_or(0, |it| it.scenario.jobs.len());
        (0..jobs).filter(fails).filter(|job| !self.asks_for_complete(*job)).collect()
    }

    /// The name of a column with the share of runs in which a Job is Complete.
    pub(super) fn complete_name(&self, job: usize) -> String {
        match &self.selection.candidates[0].scenario.jobs[..] {
            [_] => "complete".to_string(),
            jobs => format!("{}:complete", jobs[job].name),
        }
    }

    pub(super) fn complete_share(&self, at: usize, job: usize) -> String {
        format!("{:.1} %", 100.0 * self.selection.candidates[at].complete(&self.problem, job).value)
    }

    fn asks_for_complete(&self, job: usize) -> bool {
        let measures = self.problem.constraints.iter().map(|it| &it.measure);
        measures.into_iter().any(|measure| measure.key() == "complete" && measure.job() == Some(job))
    }

    /// How the recommended setting ends, whatever was asked: a Job that fails early has a short makespan.
    pub(super) fn endings(&self) -> Vec<String> {
        let Some(leader) = self.selection.leader else { return Vec::new() };
        self.failing_jobs().into_iter().filter_map(|job| self.ending(leader, job)).collect()
    }

    /// None where every run of the leader is Complete.
    fn ending(&self, leader: usize, job: usize) -> Option<String> {
        let candidates = &self.selection.candidates;
        let jobs = &candidates[leader].scenario.jobs;
        let estimate = candidates[leader].complete(&self.problem, job);
        let (low, high) = estimate.interval.filter(|_| estimate.value < 1.0)?;
        let (enough, text) =
            [(0.99, "99%"), (0.999, "99.9%"), (0.9999, "99.99%")].into_iter().find(|(p, _)| *p > high)?;
        let name = if jobs.len() > 1 { format!("{}:", jobs[job].name) } else { String::new() };
        let mut sentence = format!(
            "With it {} is Complete in {:.1} % of the runs only [{:.1}, {:.1}]: ask for more with --subject-to \
             '{name}complete>={text}'",
            jobs[job].name,
            100.0 * estimate.value,
            100.0 * low,
            100.0 * high
        );
        let allowed = |at: &usize| {
            let candidate = &candidates[*at];
            !matches!(candidate.standing, Standing::NotAllowed(_))
                && candidate.complete(&self.problem, job).value >= enough
        };
        let value = |at: usize| self.selection.value(&self.problem, 0, at);
        let best = (0..candidates.len()).filter(allowed).min_by(|&a, &b| value(a).total_cmp(&value(b)));
        if let Some(best) = best {
            let _ = write!(
                sentence,
                "; of the settings that seem to give that the best is {} ({} {})",
                self.setting(best),
                self.problem.objective,
                show(&self.problem.objective, value(best))
            );
        }
        Some(sentence)
    }

    pub(super) fn guarantee(&self) -> String {
        format!(
            "With probability {} at least no setting was wrongly called allowed, not allowed or worse (simultaneous \
             intervals over all stages, settings and pairs; of what happens in fewer than {} % of the runs where all \
             others are alike nothing is known).",
            confidence_level(1.0 - self.problem.error),
            100.0 * RARE
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

/// A value; a time is not below zero.
pub(super) fn show(measure: &Measure, value: f64) -> String {
    measured(measure, if measure.is_time() && value < 0.0 { 0.0 } else { value })
}

/// An estimate with its interval.
fn with_interval(measure: &Measure, estimate: &Estimate) -> String {
    let value = show(measure, estimate.value);
    match estimate.interval {
        Some((low, high)) if low < high => {
            format!("{value} [{}, {}]", show(measure, low), show(measure, high))
        }
        _ => value,
    }
}

/// A change of a measure with its sign.
pub(super) fn signed(measure: &Measure, change: f64) -> String {
    let size = show(measure, change.abs());
    match change {
        _ if size == show(measure, 0.0) => size,
        ..0.0 => format!("-{size}"),
        _ => format!("+{size}"),
    }
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
    let complete = |candidate: &Candidate| -> Value {
        let jobs = candidate.scenario.jobs.iter().enumerate().map(|(job, case)| {
            let mut value = estimate_json(&candidate.complete(problem, job));
            value["job"] = case.name.clone().into();
            value
        });
        jobs.collect()
    };
    let cells = selection.candidates.iter().enumerate().map(|(cell, candidate)| {
        let constraints = problem.constraints.iter().enumerate().map(|(k, constraint)| {
            let estimate = candidate.estimate(problem, k + 1);
            let mut value = estimate_json(&estimate);
            value["constraint"] = constraint.to_string().into();
            value["verdict"] = candidate.verdicts[k].name().into();
            value
        });
        json!({
            "cell": cell, "setting": setting(cell), "replications": candidate.count(),
            "objective": estimate_json(&candidate.estimate(problem, 0)),
            "constraints": constraints.collect::<Vec<_>>(), "standing": standing(candidate.standing),
            "pareto": front[cell], "objective_beside_leader": finite(selection.value(problem, 0, cell)),
            "complete": complete(candidate),
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
    let mut text = format!("{}\n", answer.sentence());
    for sentence in answer.endings() {
        let _ = writeln!(text, "{sentence}.");
    }
    text.push('\n');
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
        let signed = |change: &Change| {
            let interval = change.interval.map(|(low, high)| {
                format!(" [{}, {}]", signed(&problem.objective, low), signed(&problem.objective, high))
            });
            format!("{}{}", signed(&problem.objective, change.difference), interval.unwrap_or_default())
        };
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
    let order = answer.order(&front);
    let failing = answer.failing_jobs();
    header.extend(failing.iter().map(|job| answer.complete_name(*job)));
    header.extend(["runs".to_string(), String::new()]);
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
        row.extend(failing.iter().map(|job| answer.complete_share(at, *job)));
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

/// What a pod or a run does that a deadline must not cut, in the singular and the plural.
pub(super) fn ended_well(what: &str) -> (&'static str, &'static str) {
    match what {
        "run" => ("is Complete", "are Complete"),
        _ => ("ends by itself", "ended by themselves"),
    }
}

fn deadline_text(text: &mut String, title: &str, what: &str, advice: &Advice) {
    let _ = writeln!(text, "\n{title}");
    if advice.ended == 0 {
        let _ = writeln!(text, "  no {what} {}: there is nothing to go by", ended_well(what).0);
        return;
    }
    let Some(best) = advice.recommended else {
        let ended = ended_well(what).1;
        let _ = writeln!(text, "  {} {what}s {ended}, none hung: it is not needed", advice.ended);
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
            if at == best { "<- wastes least".to_string() } else { String::new() },
        ]);
    }
    aligned(text, &rows, 0);
}
