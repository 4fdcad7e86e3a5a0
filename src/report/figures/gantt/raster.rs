//! Many pods: what most of a row did in each part of the time, and on top of it, one by one, what matters.

use std::collections::{BTreeMap, BTreeSet};

use super::lanes::{KINDS, Kind, Laid};
use crate::observe::course::CoursePod;
use crate::report::chart::spec::Bar;
use crate::report::figures::RunView;

/// Failures that are marked one by one.
const MOST_CROSSES: usize = 150;

/// What most pods of a row did in each part of the time, equal neighbours in one bar.
pub(super) fn raster(
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
pub(super) fn hung_bars(
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
pub(super) fn failures(
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
