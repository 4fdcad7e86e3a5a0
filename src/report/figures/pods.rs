//! Pods over time: how many were in which state, the pauses of the failure back-off, and completions below.

use super::{RunView, id, several};
use crate::kubernetes::simulate::Outcome;
use crate::model::patch::{Change, JobPatch};
use crate::model::scenario::Action;
use crate::observe::timeline::TimelineRow;
use crate::report::chart::spec::{
    Anchor, Axis, Cell, Chart, Fill, Hue, Key, Mark, Panel, Path, Table, Unit, Weight,
};
use crate::report::chart::value;

/// Changes that are drawn one by one; more are averaged.
const MOST_CHANGES: usize = 500;
/// Equal parts of time over which more are averaged.
const PARTS: usize = 400;

/// Name, colour and value of a layer or a curve.
type Series = (&'static str, Hue, fn(&State) -> f64);

/// Counts from an instant on, in seconds and pods.
#[derive(Clone, Copy, Default)]
struct State {
    t: f64,
    pending: f64,
    running: f64,
    /// Active, neither pending nor running: between two runs of the container.
    restarting: f64,
    terminating: f64,
    succeeded: f64,
    failed: f64,
}

impl State {
    fn of(row: &TimelineRow, t: f64) -> State {
        // A terminating pod may still run; it is counted once, among those.
        let running = f64::from(row.running - row.running_terminating);
        let (active, pending) = (f64::from(row.active), f64::from(row.pending));
        State {
            t,
            pending,
            running,
            restarting: (active - pending - running).max(0.0),
            terminating: f64::from(row.terminating),
            succeeded: f64::from(row.succeeded),
            failed: f64::from(row.failed),
        }
    }
}

/// The pods of one Job; none when it never had any.
pub(super) fn pods_over_time(view: &RunView, job: usize) -> Option<Chart> {
    let (shown, case) = (view.shown, &view.scenario.jobs[job]);
    let of_job = shown.timeline.rows.iter().filter(|row| row.job as usize == job);
    let all: Vec<State> = of_job.map(|row| State::of(row, shown.at_s(row.t))).collect();
    let last = *all.last()?;
    let until = shown.until_s();
    let averaged = all.len() > MOST_CHANGES;
    let mut states = if averaged { means(&all, until) } else { all.clone() };
    states.insert(0, State { t: states[0].t, ..State::default() });
    states.push(State { t: until, ..states[states.len() - 1] });
    let of_job = shown.timeline.rows.iter().filter(|row| row.job as usize == job);
    let peak = of_job.map(|row| row.running).max().unwrap_or(0);
    let most = all.iter().map(|s| s.running + s.restarting + s.pending + s.terminating).fold(1.0, f64::max);

    let layers: [Series; 4] = [
        ("running", Hue::Blue, |s| s.running),
        ("waiting for a restart", Hue::Orange, |s| s.restarting),
        ("pending", Hue::Sky, |s| s.pending),
        ("terminating", Hue::Pale, |s| s.terminating),
    ];
    let (mut marks, spans) = shown.idle_spans(job);
    let mut key = Vec::new();
    let mut base = vec![0.0; states.len()];
    for (name, hue, of) in layers {
        if all.iter().all(|s| of(s) == 0.0) {
            continue;
        }
        let points = states.iter().zip(&mut base).map(|(s, base)| {
            let low = *base;
            *base += of(s);
            (s.t, low, *base)
        });
        marks.push(Mark::Area { points: points.collect(), path: Path::Steps, hue, fill: Fill::Solid });
        key.push(Key::solid(hue, name));
    }
    key.extend(spans);
    let limit = f64::from(case.spec.parallelism);
    let mut top = most;
    if limit > 0.0 && limit <= 3.0 * most {
        top = top.max(limit);
        let changes = changed(view, job, |patch| !matches!(patch.parallelism, Change::Keep));
        let text = format!("parallelism {}{changes}", value(limit, Unit::Count));
        marks.push(Mark::RuleY { at: limit, hue: Hue::Ink, text });
    }

    let mut done = Vec::new();
    let curves: [Series; 2] =
        [("succeeded", Hue::Green, |s| s.succeeded), ("failed", Hue::Red, |s| s.failed)];
    let mut most_done = last.succeeded.max(last.failed).max(1.0);
    for (name, hue, of) in curves {
        if of(&last) == 0.0 {
            continue;
        }
        let points = states.iter().map(|s| (s.t, of(s))).collect();
        done.push(Mark::Line { points, path: Path::Steps, hue, weight: Weight::Normal });
        let text = format!("{} {name}", value(of(&last), Unit::Count));
        done.push(Mark::Label { at: (until, of(&last)), text, hue, anchor: Anchor::Start });
    }
    if let Some(completions) = case.spec.completions() {
        most_done = most_done.max(f64::from(completions));
        let changes = changed(view, job, |patch| !matches!(patch.completions, Change::Keep));
        let text = format!("completions {}{changes}", value(f64::from(completions), Unit::Count));
        done.push(Mark::RuleY { at: f64::from(completions), hue: Hue::Ink, text });
    }

    let ending = &shown.ending.jobs[job];
    let end = value(shown.end_s(job), Unit::Time);
    let left = last.running + last.restarting + last.pending + last.terminating;
    let title = match ending.outcome {
        Outcome::Complete(_) => {
            let most = match peak {
                1 => "1 pod runs".to_string(),
                _ => format!("{} run", several(peak as usize, "pod")),
            };
            format!("{}: Complete after {end}, at most {most} at once", case.name)
        }
        Outcome::Failed(reason) => {
            format!(
                "{}: Failed after {end} ({}), {} failed",
                case.name,
                reason.as_str(),
                several(last.failed as usize, "pod")
            )
        }
        Outcome::Stuck(_) => format!(
            "{}: stuck from {end} on, {} left that never {}",
            case.name,
            several(left as usize, "pod"),
            if left == 1.0 { "ends" } else { "end" }
        ),
        Outcome::Horizon(_) => {
            let horizon = value(view.scenario.horizon.seconds(), Unit::Time);
            format!("{}: not ended at the horizon of {horizon}", case.name)
        }
        other => format!("{}: {} after {end}", case.name, other.name()),
    };
    let mean = format!("; means over {}", value(until / PARTS as f64, Unit::Time));
    let subtitle = shown.in_words(view.runs.len(), view.seed) + if averaged { &mean } else { "" };
    let alt = format!(
        "Pods of Job {} by state over {}: at most {peak} run at once; {} succeeded and {} failed in the end. {title}.",
        case.name,
        value(until, Unit::Time),
        last.succeeded,
        last.failed
    );
    let mut table = Table::new(&[
        ("time", "s"),
        ("running", "pods"),
        ("pending", "pods"),
        ("waiting for a restart", "pods"),
        ("terminating", "pods"),
        ("succeeded", "pods"),
        ("failed", "pods"),
    ]);
    let row = |s: &State| -> Vec<Cell> {
        [s.t, s.running, s.pending, s.restarting, s.terminating, s.succeeded, s.failed]
            .map(Cell::from)
            .to_vec()
    };
    table = table.filled(all.len(), "timeline.csv has all", |k| row(&all[k]));
    Some(Chart {
        id: id("pods-over-time", view.scenario, job),
        title,
        subtitle,
        alt,
        width: 800,
        height: 460,
        x: Axis::linear("time since creation", Unit::Time, 0.0, until),
        panels: vec![
            Panel { y: Axis::linear("pods", Unit::Count, 0.0, top * 1.02), weight: 3.0, marks },
            Panel {
                y: Axis::linear("finished pods", Unit::Count, 0.0, most_done * 1.05),
                weight: 1.6,
                marks: done,
            },
        ],
        key,
        table,
    })
}

/// ` at first`, when the timeline of the scenario changes a field of the running Job.
fn changed(view: &RunView, job: usize, of: impl Fn(&JobPatch) -> bool) -> &'static str {
    let changes = view.scenario.timeline.iter().any(|entry| match &entry.action {
        Action::Patch { job: patched, patch } => *patched == job && of(patch),
        _ => false,
    });
    if changes { " at first" } else { "" }
}

/// The means over equal parts of the time; counts of finished pods are those at the end of each part.
fn means(all: &[State], until: f64) -> Vec<State> {
    let part = until / PARTS as f64;
    let mut found = Vec::with_capacity(PARTS);
    let (mut next, mut now) = (0, State::default());
    for k in 0..PARTS {
        let (from, to) = (k as f64 * part, (k + 1) as f64 * part);
        let mut sum = State { t: from, ..State::default() };
        let mut since = from;
        let mut add = |now: &State, length: f64| {
            sum.pending += now.pending * length / part;
            sum.running += now.running * length / part;
            sum.restarting += now.restarting * length / part;
            sum.terminating += now.terminating * length / part;
        };
        while next < all.len() && all[next].t < to {
            add(&now, all[next].t - since);
            since = all[next].t;
            now = all[next];
            next += 1;
        }
        add(&now, to - since);
        (sum.succeeded, sum.failed) = (now.succeeded, now.failed);
        found.push(sum);
    }
    found
}
