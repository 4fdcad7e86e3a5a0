//! Settings along one axis as lines, with their intervals.

use serde_json::Value;

use super::Sweep;
use crate::report::chart::spec::{Anchor, Axis, Dot, Fill, Hue, Mark, Path, Unit, Weight};
use crate::report::figures::numbers::{Known, axis_unit, list, number, text};

/// Lines in one panel at most; the others are in the table.
pub(super) const MOST_LINES: usize = 6;
const LINE_HUES: [Hue; MOST_LINES] = [Hue::Blue, Hue::Red, Hue::Green, Hue::Purple, Hue::Orange, Hue::Sky];
/// Settings whose values are the ticks of the axis.
const MOST_TICKS: usize = 16;

/// One point of a line: the cell, and where it is along the axis.
pub(super) struct Point<'a> {
    pub x: f64,
    pub cell: &'a Value,
}

/// Settings that differ in one axis only.
pub(super) struct Line<'a> {
    /// The number of that axis.
    pub along: usize,
    /// The others: `backoffLimit 6`, or of several `200, 6`; empty when there is one line.
    pub name: String,
    pub points: Vec<Point<'a>>,
}

/// The lines of a sweep along one of its axes.
pub(super) fn lines<'a>(sweep: &Sweep<'a>, along: usize) -> Vec<Line<'a>> {
    let mut lines: Vec<Line> = Vec::new();
    for cell in sweep.cells {
        let Some(x) = list(&cell["setting"]).get(along).and_then(|s| number(&s["value"])) else { continue };
        let name = sweep.without(cell, along);
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.points.push(Point { x, cell }),
            None => lines.push(Line { along, name, points: vec![Point { x, cell }] }),
        }
    }
    lines.iter_mut().for_each(|line| line.points.sort_by(|a, b| a.x.total_cmp(&b.x)));
    lines
}

/// Linear, or logarithmic when the values span more than a factor of twenty; ticks are the values themselves.
pub(super) fn x_axis(axis: &Value) -> Axis {
    let values = list(&axis["values"]);
    let mut numbers: Vec<f64> = values.iter().filter_map(number).collect();
    numbers.sort_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (numbers.first(), numbers.last()) else {
        return Axis::linear("", Unit::Number, 0.0, 1.0);
    };
    let (label, unit) = (text(&axis["path"]), axis_unit(values));
    let whole = numbers.iter().all(|v| v.fract() == 0.0);
    let unit = if unit == Unit::Number && whole { Unit::Count } else { unit };
    let mut x = if low > 0.0 && high / low > 20.0 {
        Axis::log(&label, unit, low / 1.08, high * 1.08)
    } else {
        let pad = 0.03 * (high - low);
        let from = if low >= 0.0 && low < 0.3 * high { 0.0 } else { low - pad };
        Axis::linear(&label, unit, from, high + pad)
    };
    if numbers.len() <= MOST_TICKS {
        x.at = numbers;
    }
    x
}

/// Curves of one quantity with their intervals; returns the marks, and the largest value.
pub(super) fn curves(lines: &[Line], of: &dyn Fn(&Value) -> Option<Known>) -> (Vec<Mark>, f64) {
    let mut marks = Vec::new();
    let mut top: f64 = 0.0;
    for (line, hue) in lines.iter().zip(LINE_HUES) {
        let points: Vec<(f64, Known)> = line.points.iter().filter_map(|p| Some((p.x, of(p.cell)?))).collect();
        let band: Vec<(f64, f64, f64)> = points
            .iter()
            .filter_map(|(x, k)| k.interval.map(|(low, high)| (*x, low.max(0.0), high)))
            .collect();
        top = points.iter().map(|(_, k)| k.interval.map_or(k.mean, |i| i.1.max(k.mean))).fold(top, f64::max);
        // Bands of several lines on each other cannot be told apart; whiskers can.
        if lines.len() == 1 && band.len() == points.len() {
            marks.push(Mark::Area { points: band.clone(), path: Path::Straight, hue, fill: Fill::Faint });
        }
        marks.push(Mark::Whiskers { points: band, hue });
        let means: Vec<(f64, f64)> = points.iter().map(|(x, k)| (*x, k.mean)).collect();
        marks.push(Mark::Line { points: means.clone(), path: Path::Straight, hue, weight: Weight::Normal });
        marks.push(Mark::Dots { points: means.clone(), dot: Dot::Disc, hue });
        if let Some(last) = means.last()
            && !line.name.is_empty()
        {
            marks.push(Mark::Label { at: *last, text: line.name.clone(), hue, anchor: Anchor::Start });
        }
    }
    (marks, top)
}
