//! What a Gantt chart says in words: its title, names of the pods that never end, the table behind it.

use crate::engine::time::SimTime;
use crate::kubernetes::facts::Phase;
use crate::observe::course::CoursePod;
use crate::report::chart::spec::{Anchor, Cell, Hue, Mark, Table, Unit};
use crate::report::chart::value;
use crate::report::figures::{RunView, several};

/// Troubled pods that have a label of their own.
const MOST_LABELS: usize = 3;

/// What one sees; `troubled`: the pods that hang or hung.
pub(super) fn title(view: &RunView, job: usize, troubled: &[(usize, &CoursePod)]) -> String {
    let name = &view.scenario.jobs[job].name;
    let mine: Vec<&CoursePod> = view.shown.course.pods.iter().filter(|pod| pod.job as usize == job).collect();
    let hang = troubled.iter().filter(|(_, pod)| pod.finished.is_none()).count();
    let failed = mine.iter().filter(|pod| pod.phase == Phase::Failed).count();
    let ended = mine.iter().filter(|pod| pod.finished.is_some()).count();
    let pods = several(mine.len(), "pod");
    let fail = match failed {
        0 if ended == 0 => "none ends".to_string(),
        0 => "none fails".to_string(),
        1 if mine.len() == 1 => "it fails".to_string(),
        1 => "one of them fails".to_string(),
        n if n == mine.len() => "all of them fail".to_string(),
        n => format!("{} of them fail", value(n as f64, Unit::Count)),
    };
    match (hang, failed) {
        (0, _) => format!("{name}: {pods}, {fail}"),
        (1, 0) if mine.len() == 1 => format!("{name}: its pod hangs and holds the Job"),
        (1, 0) => format!("{name}: one of {pods} hangs and holds the Job"),
        (n, 0) => format!("{name}: {n} of {pods} hang and hold the Job"),
        (1, _) => format!("{name}: {pods}, {fail}, one hangs"),
        (n, _) => format!("{name}: {pods}, {fail}, {n} hang"),
    }
}

/// Words at the pods that never end. `bars_until`: where the bars of pods that hang end, if they are thick enough to be written on.
pub(super) fn labels(
    view: &RunView,
    job: usize,
    lane_of: &[Option<usize>],
    troubled: &[(usize, &CoursePod)],
    bars_until: f64,
) -> Vec<Mark> {
    let shown = view.shown;
    let mut marks = Vec::new();
    let open: Vec<&(usize, &CoursePod)> = troubled.iter().filter(|(_, pod)| pod.finished.is_none()).collect();
    for (at, pod) in open.iter().take(MOST_LABELS) {
        let (Some(lane), Some(since)) = (lane_of[*at], pod.hangs_since) else { continue };
        let since = shown.at_s(since);
        let text = format!("pod {} hangs since {}", pod.ordinal, value(since, Unit::Time));
        let (hue, anchor) = match bars_until - since > 0.35 * bars_until {
            true => (Hue::Ground, Anchor::Within),
            false => (Hue::Purple, Anchor::Start),
        };
        marks.push(Mark::Label { at: (since, lane as f64 + 0.5), text, hue, anchor });
    }
    if open.len() > MOST_LABELS {
        let (at, pod) = open[0];
        if let (Some(lane), Some(since)) = (lane_of[*at], pod.hangs_since) {
            let text = format!(
                "{} hang; the first since {}",
                several(open.len(), "pod"),
                value(shown.at_s(since), Unit::Time)
            );
            marks.clear();
            marks.push(Mark::Label {
                at: (shown.at_s(since), lane as f64 + 0.5),
                text,
                hue: Hue::Purple,
                anchor: Anchor::Start,
            });
        }
    }
    let waiting: Vec<(usize, &CoursePod)> = (0..shown.course.pods.len())
        .map(|at| (at, &shown.course.pods[at]))
        .filter(|(_, pod)| pod.job as usize == job && pod.waits_for.is_some() && pod.finished.is_none())
        .collect();
    if let Some((at, pod)) = waiting.first()
        && let (Some(lane), Some(dependency)) = (lane_of[*at], pod.waits_for)
    {
        let name = &view.scenario.shared.dependencies[dependency as usize].name;
        let text = match waiting.len() {
            1 => format!("pod {} waits for {name}", pod.ordinal),
            n => format!("{n} pods wait for {name}"),
        };
        let end = shown.end_s(job);
        marks.push(Mark::Label { at: (end, lane as f64 + 0.5), text, hue: Hue::Ink, anchor: Anchor::End });
    }
    marks
}

/// The pods, remarkable ones first.
pub(super) fn table(view: &RunView, job: usize) -> Table {
    let columns = [
        ("pod", ""),
        ("index", ""),
        ("created", "s"),
        ("hangs since", "s"),
        ("finished", "s"),
        ("phase", ""),
    ];
    let mut table = Table::new(&columns);
    let mut pods: Vec<&CoursePod> =
        view.shown.course.pods.iter().filter(|pod| pod.job as usize == job).collect();
    let all = pods.len();
    pods.sort_by_key(|pod| (pod.hangs_since.is_none(), pod.phase == Phase::Succeeded, pod.ordinal));
    pods.truncate(crate::report::chart::spec::MOST_ROWS);
    pods.sort_by_key(|pod| pod.ordinal);
    let at = |t: Option<SimTime>| t.map(|t| view.shown.at_s(t));
    for pod in &pods {
        table.rows.push(vec![
            pod.ordinal.into(),
            pod.index.map_or(Cell::Missing, Cell::from),
            at(Some(pod.created)).into(),
            at(pod.hangs_since).into(),
            at(pod.finished).into(),
            pod.phase.as_str().into(),
        ]);
    }
    if all > pods.len() {
        table.note =
            format!("{} of {all} pods, those first that did not succeed; pods.csv has all", pods.len());
    }
    table
}
