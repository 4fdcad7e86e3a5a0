//! When the Job is done, over all runs: a distribution function that stays below 100 % when some never end.

use super::{RunView, id, several};
use crate::kubernetes::simulate::Outcome;
use crate::report::chart::spec::{
    Anchor, Axis, Cell, Chart, Dot, Fill, Hue, Key, Mark, Panel, Path, Table, Unit, Weight,
};
use crate::report::chart::value;

/// Points of a curve at most.
const MOST_POINTS: usize = 250;

/// The makespans of one Job; none when no run ended.
pub(super) fn makespan(view: &RunView, job: usize) -> Option<Chart> {
    let case = &view.scenario.jobs[job];
    let n = view.runs.len();
    let mut complete = Vec::new();
    let mut failed = Vec::new();
    let (mut stuck, mut open) = (0usize, 0usize);
    for run in view.runs {
        let run = &run.jobs[job];
        match (run.ending.outcome, run.makespan_s()) {
            (Outcome::Complete(_), Some(t)) => complete.push(t),
            (Outcome::Failed(_), Some(t)) => failed.push(t),
            (Outcome::Stuck(_), _) => stuck += 1,
            _ => open += 1,
        }
    }
    complete.sort_by(f64::total_cmp);
    failed.sort_by(f64::total_cmp);
    let ended: Vec<f64> = complete.iter().chain(&failed).copied().collect();
    let (first, last) =
        (ended.iter().copied().fold(f64::INFINITY, f64::min), ended.iter().copied().fold(0.0, f64::max));
    if ended.is_empty() {
        return None;
    }
    let share = |count: usize| count as f64 / n as f64;
    // A suspension starts it anew, so that it has no place of its own on this axis.
    let suspended = view.shown.course.suspensions.iter().any(|s| s.job as usize == job);
    let deadline = case.spec.active_deadline.filter(|_| !suspended).map(|deadline| deadline.seconds());
    let asked = view.done_by_s.iter().copied().chain(deadline).filter(|t| *t <= 4.0 * last);
    let first = asked.clone().fold(first, f64::min);
    let to = asked.fold(last, f64::max) * 1.04 + if stuck + open > 0 { 0.06 * last } else { 0.0 };
    let from = if first < 0.5 * to { 0.0 } else { (first - 0.15 * (to - first)).max(0.0) };
    let to = if to > from { to } else { from + 1.0 };

    // Dvoretzky, Kiefer and Wolfowitz: the whole curve lies within so much of the true one in 95 % of all experiments.
    let band = (libm::log(2.0 / 0.05) / (2.0 * n as f64)).sqrt();
    let mut marks = Vec::new();
    let mut key = Vec::new();
    let mut labels = Vec::new();
    for (name, times, hue) in [("Complete", &complete, Hue::Green), ("Failed", &failed, Hue::Red)] {
        if times.is_empty() {
            continue;
        }
        let curve = curve(times, n, from, to);
        let near = curve.iter().map(|&(t, y)| (t, (y - band).max(0.0), (y + band).min(1.0))).collect();
        marks.push(Mark::Area { points: near, path: Path::Steps, hue, fill: Fill::Faint });
        marks.push(Mark::Line { points: curve, path: Path::Steps, hue, weight: Weight::Normal });
        let text = format!("{} {name}", value(share(times.len()), Unit::Share));
        labels.push(Mark::Label { at: (to, share(times.len())), text, hue, anchor: Anchor::Start });
        key.push(Key::faint(hue, &format!("{name}: 95 % band of the whole curve, {}", several(n, "run"))));
    }
    let never = stuck + open;
    if never > 0 {
        let kind = match (stuck, open) {
            (_, 0) => "stuck: never end",
            (0, _) => "not ended at the horizon",
            _ => "never end",
        };
        let (low, high) = (share(ended.len()), 1.0);
        marks.push(Mark::Area {
            points: vec![(from, low, high), (to, low, high)],
            path: Path::Straight,
            hue: Hue::Purple,
            fill: Fill::Faint,
        });
        let text = format!("{} {kind}", value(share(never), Unit::Share));
        labels.push(Mark::Label {
            at: (from + 0.02 * (to - from), (low + high) / 2.0),
            text,
            hue: Hue::Purple,
            anchor: Anchor::Start,
        });
    }
    let mut table = Table::new(&[("share of all runs Complete", "%"), ("by", "s")]);
    for p in [0.5, 0.9, 0.95, 0.99] {
        let rank = (p * n as f64).ceil() as usize;
        let t = complete.get(rank.max(1) - 1).copied();
        table.rows.push(vec![Cell::Number(p * 100.0), Cell::from(t)]);
        if let Some(t) = t
            && p != 0.9
        {
            marks.push(Mark::Dots { points: vec![(t, p)], dot: Dot::Disc, hue: Hue::Ink });
            let text = format!("{} by {}", value(p, Unit::Share), value(t, Unit::Time));
            let anchor = if t > from + 0.6 * (to - from) { Anchor::End } else { Anchor::Start };
            labels.push(Mark::Label { at: (t, p), text, hue: Hue::Ink, anchor });
        }
    }
    for (name, times) in [("Complete", &complete), ("Failed", &failed)] {
        if let (Some(low), Some(high)) = (times.first(), times.last()) {
            table.rows.push(vec![Cell::Text(format!("first {name}")), Cell::from(*low)]);
            table.rows.push(vec![Cell::Text(format!("last {name}")), Cell::from(*high)]);
        }
    }
    if let Some(deadline) = deadline.filter(|t| *t <= to) {
        let text = format!("activeDeadlineSeconds {}", value(deadline, Unit::Time));
        marks.push(Mark::RuleX { at: deadline, hue: Hue::Ink, text });
    }
    for &t in view.done_by_s.iter().filter(|t| **t <= to) {
        let done = share(complete.partition_point(|time| *time <= t));
        let text = format!("by {}: {}", value(t, Unit::Time), value(done, Unit::Share));
        marks.push(Mark::RuleX { at: t, hue: Hue::Ink, text });
    }
    marks.extend(labels);
    let title = match (complete.len(), never) {
        (0, _) => format!("{}: no run completes", case.name),
        (_, 0) if failed.is_empty() => {
            let p95 = complete[((0.95 * n as f64).ceil() as usize).max(1) - 1];
            format!("{}: done by {} in 95 % of runs", case.name, value(p95, Unit::Time))
        }
        (_, 0) => format!("{}: {} of runs fail", case.name, value(share(failed.len()), Unit::Share)),
        _ => format!("{}: {} of runs never end", case.name, value(share(never), Unit::Share)),
    };
    let alt = format!(
        "Share of {} in which Job {} has ended by a time after its creation. {} Complete, {} Failed, {} never ended; the first ended after {}, the last after {}.",
        several(n, "run"),
        case.name,
        value(share(complete.len()), Unit::Share),
        value(share(failed.len()), Unit::Share),
        value(share(never), Unit::Share),
        value(first, Unit::Time),
        value(last, Unit::Time)
    );
    Some(Chart {
        id: id("makespan", view.scenario, job),
        title,
        subtitle: format!(
            "{} with seed {}; time from the Job's creation until Complete or Failed is written",
            several(n, "run"),
            view.seed
        ),
        alt,
        width: 800,
        height: 380,
        x: Axis::linear("time since creation", Unit::Time, from, to),
        panels: vec![Panel {
            y: Axis::linear("share of all runs that have ended", Unit::Share, 0.0, 1.02),
            weight: 1.0,
            marks,
        }],
        key,
        table,
    })
}

/// Sorted times → the share of n at or below, thinned by rank.
fn curve(times: &[f64], n: usize, from: f64, to: f64) -> Vec<(f64, f64)> {
    let mut points = vec![(from, 0.0)];
    let step = times.len().div_ceil(MOST_POINTS).max(1);
    for (k, t) in times.iter().enumerate() {
        if (k + 1) % step == 0 || k + 1 == times.len() {
            points.push((*t, (k + 1) as f64 / n as f64));
        }
    }
    let last = points[points.len() - 1].1;
    points.push((to, last));
    points
}
