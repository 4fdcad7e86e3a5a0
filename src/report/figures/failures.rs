//! Failures and retries of one Job: when containers failed, how the count neared its limit, and how long each pause was.

use super::{RunView, id, several};
use crate::engine::time::SimTime;
use crate::observe::course::{Doing, Failure};
use crate::report::chart::spec::{
    Anchor, Axis, Bar, Cell, Chart, Dot, Fill, Hue, Key, Mark, Panel, Path, Table, Unit, Weight,
};
use crate::report::chart::value;

/// Failures that are marked one by one.
const MOST_CROSSES: usize = 60;
/// Pauses whose length is written at their bar.
const MOST_LABELS: usize = 8;
/// Pauses that are drawn one by one.
const MOST_PAUSES: usize = 400;

/// The failures of one Job; none when it had none.
pub(super) fn failures(view: &RunView, job: usize) -> Option<Chart> {
    let (shown, case) = (view.shown, &view.scenario.jobs[job]);
    let course = &shown.course;
    let mine: Vec<&Failure> =
        course.failures.iter().filter(|f| course.pods[f.pod as usize].job as usize == job).collect();
    if mine.is_empty() {
        return None;
    }
    let until = shown.until_s();
    let (mut pods, mut restarts) = (vec![(0.0, 0.0)], vec![(0.0, 0.0)]);
    for failure in &mine {
        let line = if failure.restarts { &mut restarts } else { &mut pods };
        let count = line[line.len() - 1].1;
        line.push((shown.at_s(failure.t), count + 1.0));
    }
    let mut marks = Vec::new();
    let mut top: f64 = 1.0;
    for (line, hue, one) in
        [(&mut pods, Hue::Red, "failed pod"), (&mut restarts, Hue::Orange, "container restart")]
    {
        let count = line[line.len() - 1].1;
        if count == 0.0 {
            continue;
        }
        top = top.max(count);
        line.push((until, count));
        let crosses = line[1..line.len() - 1].to_vec();
        marks.push(Mark::Line { points: thinned(line), path: Path::Steps, hue, weight: Weight::Normal });
        if crosses.len() <= MOST_CROSSES {
            marks.push(Mark::Dots { points: crosses, dot: Dot::Cross, hue });
        }
        let text = several(count as usize, one);
        marks.push(Mark::Label { at: (until, count), text, hue, anchor: Anchor::Start });
    }
    if case.spec.per_index.is_none() {
        let limit = f64::from(case.spec.backoff_limit);
        if limit <= 4.0 * top + 6.0 {
            top = top.max(limit);
            let text = format!("backoffLimit {}", value(limit, Unit::Count));
            marks.push(Mark::RuleY { at: limit, hue: Hue::Ink, text });
        }
    }

    let mut controller = Vec::new();
    let mut kubelet = Vec::new();
    for pause in course.pauses.iter().filter(|pause| pause.job as usize == job) {
        controller.push((shown.at_s(pause.from), shown.at_s(pause.until)));
    }
    for stretch in course.stretches.iter().filter(|s| s.doing == Doing::CrashBackOff) {
        if course.pods[stretch.pod as usize].job as usize == job && stretch.to != SimTime::NEVER {
            kubelet.push((shown.at_s(stretch.from), shown.at_s(stretch.to)));
        }
    }
    let mut panels =
        vec![Panel { y: Axis::linear("failures so far", Unit::Count, 0.0, top * 1.08), weight: 1.5, marks }];
    let mut key = Vec::new();
    let longest = controller.iter().chain(&kubelet).map(|(from, to)| to - from).fold(0.0, f64::max);
    if longest > 0.0 {
        let mut marks = Vec::new();
        let kinds = [
            (&controller, Hue::Yellow, "pause of the Job controller before new pods"),
            (&kubelet, Hue::Orange, "pause of the kubelet before a restart (crash back-off)"),
        ];
        for (pauses, hue, text) in kinds {
            if pauses.is_empty() {
                continue;
            }
            let bar = |&(from, to): &(f64, f64)| Bar {
                x: (from, to.min(until)),
                y: (0.0, to - from),
                goes_on: to > until,
            };
            marks.push(Mark::Bars {
                bars: pauses.iter().take(MOST_PAUSES).map(bar).collect(),
                hue,
                fill: Fill::Solid,
            });
            key.push(Key::solid(hue, text));
            // Words at bars on each other would name the wrong one: then the longest is named.
            let overlap = pauses.windows(2).any(|pair| pair[1].0 < pair[0].1);
            let named: Vec<(f64, f64)> = match overlap {
                true => pauses
                    .iter()
                    .copied()
                    .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))
                    .into_iter()
                    .collect(),
                false => pauses.clone(),
            };
            if pauses.len() <= MOST_LABELS {
                for (from, to) in named {
                    let cut = if to > until { ", cut short by the end" } else { "" };
                    let text = format!("{}{cut}", value(to - from, Unit::Time));
                    let at = ((from + to.min(until)) / 2.0, to - from);
                    marks.push(Mark::Label { at, text, hue: Hue::Ink, anchor: Anchor::Middle });
                }
            }
        }
        panels.push(Panel {
            y: Axis::linear("length of each pause", Unit::Time, 0.0, longest * 1.2),
            weight: 1.0,
            marks,
        });
    }
    let sum: f64 = controller.iter().chain(&kubelet).map(|(from, to)| to.min(until) - from).sum();
    let failed = pods[pods.len() - 1].1 as usize;
    let restarted = restarts[restarts.len() - 1].1 as usize;
    let what = match (failed, restarted) {
        (_, 0) => several(failed, "failed pod"),
        (0, _) => several(restarted, "container restart"),
        _ => format!("{} and {}", several(failed, "failed pod"), several(restarted, "container restart")),
    };
    let pauses = controller.len() + kubelet.len();
    let title = match pauses {
        0 => format!("{}: {what}, no pause", case.name),
        _ => format!(
            "{}: {what}; {} of back-off, {} in sum",
            case.name,
            several(pauses, "pause"),
            value(sum, Unit::Time)
        ),
    };
    let alt = format!(
        "Failures of Job {} over time and the pauses after them: {what}; {}, the longest {}.",
        case.name,
        several(pauses, "pause"),
        value(longest, Unit::Time)
    );
    let mut table = Table::new(&[("time", "s"), ("pod", ""), ("index", ""), ("what followed", "")]);
    let row = |failure: &&Failure| -> Vec<Cell> {
        let pod = &course.pods[failure.pod as usize];
        let then = if failure.restarts { "the container is restarted" } else { "the pod has failed" };
        vec![
            shown.at_s(failure.t).into(),
            pod.ordinal.into(),
            pod.index.map_or(Cell::Missing, Cell::from),
            then.into(),
        ]
    };
    table = table.filled(mine.len(), "pods.csv has all pods", |k| row(&mine[k]));
    Some(Chart {
        id: id("failures", view.scenario, job),
        title,
        subtitle: shown.in_words(view.runs.len(), view.seed),
        alt,
        width: 800,
        height: if panels.len() > 1 { 420 } else { 300 },
        x: Axis::linear("time since creation", Unit::Time, 0.0, until),
        panels,
        key,
        table,
    })
}

/// At most some hundred points of a rising count, the first and the last among them.
fn thinned(line: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let step = line.len().div_ceil(300);
    let keep = |(k, _): &(usize, &(f64, f64))| k % step == 0 || k + 1 == line.len();
    line.iter().enumerate().filter(keep).map(|(_, point)| *point).collect()
}
