//! Every pod as a bar in time, by index or by slot, coloured by how it ended.
//!
//! Few pods are drawn one by one. Many are drawn as a raster: what most pods of a row did in a small part of the time.
//! What matters is drawn on top of it one by one in any case: pods that hang, and failures.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::{RunView, id, several};
use crate::engine::time::SimTime;
use crate::kubernetes::facts::Phase;
use crate::observe::course::{CoursePod, Doing, End, Stretch};
use crate::report::chart::spec::{
    Anchor, Axis, Bar, Cell, Chart, Dot, Fill, Hue, Key, Mark, Panel, Scale, Table, Unit,
};
use crate::report::chart::value;

/// Rows that have names of their own.
const MOST_NAMED: usize = 60;
/// Rows of a picture at most; more slots share rows.
const MOST_ROWS: usize = 100;
/// Parts of the time in a raster, from fine to coarse.
const PARTS: [usize; 4] = [300, 200, 120, 80];
/// Bars that are drawn one by one.
const MOST_BARS: usize = 1200;
/// Bars of a raster, which is made coarser until it has no more.
const MOST_CELLS: usize = 1800;
/// Troubled pods that have a label of their own.
const MOST_LABELS: usize = 3;
/// Failures that are marked one by one.
const MOST_CROSSES: usize = 250;

/// What a bar shows, from the most to the least remarkable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Hangs,
    Failed,
    Killed,
    BackOff,
    Waits,
    Pending,
    Runs,
    Succeeded,
}

const KINDS: [(Kind, Hue, Fill, &str); 8] = [
    (Kind::Succeeded, Hue::Green, Fill::Solid, "runs, and succeeds"),
    (Kind::Runs, Hue::Blue, Fill::Solid, "runs, and has not ended"),
    (Kind::Waits, Hue::Orange, Fill::Solid, "in a call to a dependency"),
    (Kind::Pending, Hue::Pale, Fill::Solid, "pending or starting"),
    (Kind::Failed, Hue::Red, Fill::Solid, "runs, and fails"),
    (Kind::BackOff, Hue::Yellow, Fill::Solid, "back-off before a restart or a new pod"),
    (Kind::Killed, Hue::Quiet, Fill::Solid, "runs, and is killed"),
    (Kind::Hangs, Hue::Purple, Fill::Solid, "hangs"),
];

fn kind(stretch: &Stretch, pod: &CoursePod) -> Kind {
    match stretch.doing {
        Doing::Hanging => Kind::Hangs,
        Doing::CrashBackOff => Kind::BackOff,
        Doing::Unscheduled | Doing::Starting => Kind::Pending,
        Doing::Terminating => Kind::Killed,
        Doing::Waiting => Kind::Waits,
        Doing::Running => match stretch.end {
            End::Failed if pod.deleted.is_some() => Kind::Killed,
            End::Failed => Kind::Failed,
            End::Open => Kind::Runs,
            // A run in several stretches ends as its pod does.
            End::Went if pod.phase == Phase::Running => Kind::Runs,
            End::Went | End::Succeeded => Kind::Succeeded,
        },
    }
}

/// A stretch in its lane, in seconds.
struct Laid {
    lane: usize,
    from: f64,
    to: f64,
    goes_on: bool,
    kind: Kind,
}

/// The pods of one Job; none when it never had any.
pub(super) fn gantt(view: &RunView, job: usize) -> Option<Chart> {
    let (shown, case) = (view.shown, &view.scenario.jobs[job]);
    let course = &shown.course;
    let pods = course.pods.iter().filter(|pod| pod.job as usize == job).count();
    if pods == 0 {
        return None;
    }
    let until = shown.until_s();
    let indexes = case.spec.completions().filter(|_| case.spec.is_indexed()).map(|n| n as usize);
    let by_index = indexes.filter(|n| *n <= MOST_NAMED);
    let (lane_of, lanes) = lanes(view, job, by_index);
    let lay = |stretch: &Stretch| -> Option<Laid> {
        let pod = &course.pods[stretch.pod as usize];
        let lane = lane_of[stretch.pod as usize]?;
        let (from, to) = (shown.at_s(stretch.from), shown.at_s(stretch.to).min(until));
        Some(Laid { lane, from, to, goes_on: stretch.to == SimTime::NEVER, kind: kind(stretch, pod) })
    };
    let mut laid: Vec<Laid> = course.stretches.iter().filter_map(lay).collect();
    if by_index.is_some() {
        for pause in course.pauses.iter().filter(|pause| pause.job as usize == job) {
            if let Some(index) = pause.index {
                let (from, to) = (shown.at_s(pause.from), shown.at_s(pause.until).min(until));
                laid.push(Laid { lane: index as usize, from, to, goes_on: false, kind: Kind::BackOff });
            }
        }
    }
    let per_row = lanes.div_ceil(if lanes <= MOST_NAMED { MOST_NAMED } else { MOST_ROWS }).max(1);
    let rows = lanes.div_ceil(per_row);
    let one_by_one = per_row == 1 && laid.len() <= MOST_BARS;
    let mut bars: BTreeMap<Kind, Vec<Bar>> = BTreeMap::new();
    let mut parts = PARTS[0];
    if one_by_one {
        for l in &laid {
            let thin = if l.kind == Kind::Pending || l.kind == Kind::BackOff { 0.32 } else { 0.12 };
            let y = (l.lane as f64 + thin, l.lane as f64 + 1.0 - thin);
            bars.entry(l.kind).or_default().push(Bar { x: (l.from, l.to), y, goes_on: l.goes_on });
        }
    } else {
        for coarser in PARTS {
            parts = coarser;
            bars = raster(&laid, lanes, (rows, per_row), until, parts);
            if bars.values().map(Vec::len).sum::<usize>() <= MOST_CELLS {
                break;
            }
        }
    }

    let troubled: Vec<(usize, &CoursePod)> = (0..course.pods.len())
        .map(|at| (at, &course.pods[at]))
        .filter(|(_, pod)| pod.job as usize == job && pod.hangs_since.is_some())
        .collect();
    let mut marks = Vec::new();
    let mut key = Vec::new();
    for (kind, hue, fill, text) in KINDS {
        let drawn = bars.remove(&kind);
        // Pods that hang are drawn in any case.
        if drawn.is_some() || kind == Kind::Hangs && !troubled.is_empty() {
            key.push(Key { hue, fill, text: text.to_string() });
        }
        marks.extend(drawn.map(|bars| Mark::Bars { bars, hue, fill }));
    }
    if !one_by_one && !troubled.is_empty() {
        marks.push(Mark::Bars {
            bars: hung_bars(view, &lane_of, &troubled, until, per_row),
            hue: Hue::Purple,
            fill: Fill::Solid,
        });
    }
    let failures = failures(view, job, &lane_of, until, rows, per_row);
    if !one_by_one && !failures.is_empty() {
        marks.push(Mark::Dots { points: failures, dot: Dot::Cross, hue: Hue::Red });
        key.push(Key { hue: Hue::Red, fill: Fill::Faint, text: "× a container or pod fails".to_string() });
    }
    marks.extend(labels(view, job, &lane_of, &troubled, if one_by_one { until } else { 0.0 }));
    if let Some(deadline) = case.spec.active_deadline {
        let created = shown.ending.jobs[job].created_at.map_or(0.0, |t| shown.at_s(t));
        let at = created + deadline.seconds();
        if at <= until {
            let text = format!("activeDeadlineSeconds {}", value(deadline.seconds(), Unit::Time));
            marks.push(Mark::RuleX { at, hue: Hue::Ink, text });
        }
    }

    let what = if by_index.is_some() { "index" } else { "slot" };
    let y = if per_row == 1 && rows <= MOST_NAMED {
        Axis::names("", (0..rows).map(|row| format!("{what} {row}")).collect())
    } else {
        let label = "slot: a pod takes the lowest free one";
        Axis {
            label: label.to_string(),
            scale: Scale::Linear { from: lanes as f64, to: 0.0 },
            unit: Unit::Count,
        }
    };
    let open = troubled.iter().filter(|(_, pod)| pod.finished.is_none()).count();
    let failed = course.pods.iter().filter(|p| p.job as usize == job && p.phase == Phase::Failed).count();
    let number = several(pods, "pod");
    let title = match (open, failed) {
        (0, 0) => format!("{}: {number}, none fails", case.name),
        (0, _) => format!("{}: {number}, {failed} of them fail", case.name),
        (1, 0) => format!("{}: one of {number} hangs and holds the Job", case.name),
        (_, 0) => format!("{}: {open} of {number} hang and hold the Job", case.name),
        (1, _) => format!("{}: {number}, {failed} of them fail, one hangs", case.name),
        _ => format!("{}: {number}, {failed} of them fail, {open} hang", case.name),
    };
    let mut subtitle = shown.in_words(view.runs.len(), view.seed);
    if !one_by_one {
        let slots = if per_row > 1 { format!(" of {per_row} slots") } else { String::new() };
        subtitle += &format!(
            "; each cell: what most pods of a row{slots} did in {}",
            value(until / parts as f64, Unit::Time)
        );
    }
    let alt = format!(
        "Each of {number} of Job {} as a bar in time, one row {}. {failed} failed, {open} hang.",
        case.name,
        match (what, per_row) {
            ("index", _) => "for each completion index".to_string(),
            (_, 1) => "for each slot, which one pod after the other takes".to_string(),
            _ => format!("for {per_row} slots, which one pod after the other takes"),
        }
    );
    let height = 120.0 + if per_row == 1 { (rows as f64 * 24.0).clamp(72.0, 480.0) } else { 480.0 };
    Some(Chart {
        id: id("gantt", view.scenario, job),
        title,
        subtitle,
        alt,
        width: 800,
        height: height as u32,
        x: Axis::linear("time since creation", Unit::Time, 0.0, until),
        panels: vec![Panel { y, weight: 1.0, marks }],
        key,
        table: table(view, job),
    })
}

/// For each pod of the course its lane, and how many there are: its index, or the lowest slot that is free.
fn lanes(view: &RunView, job: usize, by_index: Option<usize>) -> (Vec<Option<usize>>, usize) {
    let course = &view.shown.course;
    let mut lane_of = vec![None; course.pods.len()];
    let mine = course.pods.iter().enumerate().filter(|(_, pod)| pod.job as usize == job);
    if let Some(indexes) = by_index {
        for (at, pod) in mine {
            lane_of[at] = pod.index.map(|index| index as usize);
        }
        return (lane_of, indexes);
    }
    let mut free = BTreeSet::new();
    let mut busy: BinaryHeap<Reverse<(SimTime, usize)>> = BinaryHeap::new();
    let mut lanes = 0;
    for (at, pod) in mine {
        while let Some(&Reverse((end, lane))) = busy.peek()
            && end <= pod.created
        {
            busy.pop();
            free.insert(lane);
        }
        let lane = free.pop_first().unwrap_or_else(|| {
            lanes += 1;
            lanes - 1
        });
        lane_of[at] = Some(lane);
        busy.push(Reverse((pod.gone.unwrap_or(SimTime::NEVER), lane)));
    }
    (lane_of, lanes)
}

/// What most pods of a row did in each part of the time, equal neighbours in one bar.
fn raster(
    laid: &[Laid],
    lanes: usize,
    (rows, per_row): (usize, usize),
    until: f64,
    parts: usize,
) -> BTreeMap<Kind, Vec<Bar>> {
    let mut bars: BTreeMap<Kind, Vec<Bar>> = BTreeMap::new();
    let part = until / parts as f64;
    let mut sums = vec![[0.0f32; KINDS.len()]; rows * parts];
    for l in laid {
        let row = l.lane / per_row;
        let (first, last) = ((l.from / part) as usize, (l.to / part) as usize);
        for k in first..=last.min(parts - 1) {
            let (from, to) = (k as f64 * part, (k + 1) as f64 * part);
            let length = (l.to.min(to) - l.from.max(from)).max(0.0);
            sums[row * parts + k][l.kind as usize] += length as f32;
        }
    }
    let most = |row: usize, k: usize| -> Option<Kind> {
        let slots = per_row.min(lanes - row * per_row) as f32;
        let sums = &sums[row * parts + k];
        let busy: f32 = sums.iter().sum();
        if busy < 0.5 * slots * part as f32 {
            return None;
        }
        KINDS.iter().map(|kind| kind.0).max_by(|a, b| sums[*a as usize].total_cmp(&sums[*b as usize]))
    };
    for row in 0..rows {
        let y = ((row * per_row) as f64, ((row + 1) * per_row).min(lanes) as f64);
        let mut k = 0;
        while k < parts {
            let first = k;
            let kind = most(row, k);
            while k < parts && most(row, k) == kind {
                k += 1;
            }
            if let Some(kind) = kind {
                let x = (first as f64 * part, k as f64 * part);
                let gap = if per_row == 1 { 0.08 } else { 0.0 };
                bars.entry(kind).or_default().push(Bar { x, y: (y.0 + gap, y.1 - gap), goes_on: false });
            }
        }
    }
    bars
}

/// Hung pods over a raster: from when they hang, at least a line.
fn hung_bars(
    view: &RunView,
    lane_of: &[Option<usize>],
    troubled: &[(usize, &CoursePod)],
    until: f64,
    per_row: usize,
) -> Vec<Bar> {
    let bar = |(at, pod): &(usize, &CoursePod)| {
        let lane = lane_of[*at]? as f64;
        let from = view.shown.at_s(pod.hangs_since?);
        let to = pod.finished.map_or(until, |t| view.shown.at_s(t));
        let thick = (per_row as f64 * 0.5).max(0.8);
        let y = (lane + 0.5 - thick / 2.0, lane + 0.5 + thick / 2.0);
        Some(Bar { x: (from, to), y, goes_on: pod.finished.is_none() })
    };
    troubled.iter().filter_map(bar).take(MOST_CROSSES).collect()
}

/// Where failures are, each place once.
fn failures(
    view: &RunView,
    job: usize,
    lane_of: &[Option<usize>],
    until: f64,
    rows: usize,
    per_row: usize,
) -> Vec<(f64, f64)> {
    let course = &view.shown.course;
    let mut places = BTreeSet::new();
    let (across, down) = (120.0, (rows as f64 * 4.0).min(60.0));
    let lanes = (rows * per_row) as f64;
    let mut found = Vec::new();
    for failure in course.failures.iter().filter(|f| course.pods[f.pod as usize].job as usize == job) {
        let Some(lane) = lane_of[failure.pod as usize] else { continue };
        let (x, y) = (view.shown.at_s(failure.t), lane as f64 + 0.5);
        if places.insert(((x / until * across) as i64, (y / lanes * down) as i64)) {
            found.push((x, y));
        }
    }
    // So many that single ones say nothing: the raster shows where.
    if found.len() > MOST_CROSSES { Vec::new() } else { found }
}

/// Words at the pods that never end.
/// `bars_until`: where the bars of pods that hang end, if they are thick enough to be written on.
fn labels(
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
fn table(view: &RunView, job: usize) -> Table {
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
