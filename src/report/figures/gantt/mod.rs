//! Every pod as a bar in time, by index or by slot, coloured by how it ended.
//!
//! Few pods are drawn one by one. Many are drawn as a raster: what most pods of a row did in a small part of the time.
//! What matters is drawn on top of it one by one in any case: pods that hang, and failures.

mod lanes;
mod raster;
mod words;

use std::collections::BTreeMap;

use super::{RunView, id, several};
use crate::engine::time::SimTime;
use crate::observe::course::{CoursePod, Stretch};
use crate::report::chart::spec::{Axis, Bar, Chart, Dot, Fill, Hue, Key, Mark, Panel, Scale, Unit};
use crate::report::chart::value;
use lanes::{KINDS, Kind, Laid, kind, lanes};
use raster::{failures, hung_bars, raster};
use words::{labels, table, title};

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

/// The pods of one Job; none when it never had any.
pub(super) fn gantt(view: &RunView, job: usize) -> Option<Chart> {
    let (shown, case) = (view.shown, &view.scenario.jobs[job]);
    let course = &shown.course;
    let pods = course.pods.iter().filter(|pod| pod.job as usize == job).count();
    if pods == 0 {
        return None;
    }
    let until = shown.until_s();
    // A change of the running Job may add indexes.
    let seen = course.pods.iter().filter(|pod| pod.job as usize == job).filter_map(|pod| pod.index);
    let most = seen.max().map_or(0, |index| index as usize + 1);
    let indexes = case.spec.completions().filter(|_| case.spec.is_indexed()).map(|n| most.max(n as usize));
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
    let (mut marks, spans) = shown.idle_spans(job);
    let mut key = Vec::new();
    for (kind, hue, text) in KINDS {
        let drawn = bars.remove(&kind);
        // Pods that hang are drawn in any case.
        if drawn.is_some() || kind == Kind::Hangs && !troubled.is_empty() {
            key.push(Key::solid(hue, text));
        }
        marks.extend(drawn.map(|bars| Mark::Bars { bars, hue, fill: Fill::Solid }));
    }
    key.extend(spans);
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
        key.push(Key::dot(Hue::Red, Dot::Cross, "a container or pod fails"));
    }
    marks.extend(labels(view, job, &lane_of, &troubled, if one_by_one { until } else { 0.0 }));
    if let Some(deadline) = case.spec.active_deadline {
        // As the controller counts: from the start, anew after a suspension.
        let at = course.deadline(job as u32).map_or(f64::INFINITY, |t| shown.at_s(t));
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
            at: Vec::new(),
        }
    };
    let number = several(pods, "pod");
    let title = title(view, job, &troubled);
    let mut subtitle = shown.in_words(view.runs.len(), view.seed);
    if !one_by_one {
        let slots = if per_row > 1 { format!(" of {per_row} slots") } else { String::new() };
        subtitle += &format!(
            "; each cell: what most pods of a row{slots} did in {}",
            value(until / parts as f64, Unit::Time)
        );
    }
    let alt = format!(
        "Each of {number} of Job {} as a bar in time, one row {}. {title}.",
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
