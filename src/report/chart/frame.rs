//! One panel of a chart: its grid and ticks, its marks, its words.

use plotters_backend::DrawingBackend;

use super::axis::Placed;
use super::canvas::{Canvas, Type, fitted, width};
use super::draw::{TICK, alpha};
use super::spec::{Anchor, Axis, Dot, Hue, Mark, Panel, Scale, Weight};
use super::words::{Bounds, LINE, Room, SIZE, around, rule_word, span_word, spread, walked};

const WORD: Type = Type { size: SIZE, bold: false, hue: Hue::Ink };
/// Names of an x axis in less room are left out.
const LEAST_NAME: f64 = 26.0;

/// Where one panel is.
pub(super) struct Frame<'a> {
    pub x: &'a Placed<'a>,
    pub y: Placed<'a>,
    pub bounds: Bounds,
}

/// Whether a word at this share of the x axis stands at the end of the panel, among the other names of lines.
pub(super) fn is_at_end(share: f64) -> bool {
    share >= 0.95
}

impl Frame<'_> {
    /// `most`: pixels for a label of the y axis.
    pub(super) fn grid<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<'_, B>,
        x_axis: &Axis,
        panel: &Panel,
        is_last: bool,
        most: f64,
    ) {
        let Bounds { left, right, upper, lower, .. } = self.bounds;
        let named = |axis: &Axis| matches!(axis.scale, Scale::Names(_));
        for (value, label) in self.y.ticks(if named(&panel.y) { 11.0 } else { 28.0 }) {
            let y = self.y.at(value);
            if !named(&panel.y) {
                canvas.line(&[(left, y), (right, y)], Hue::Ink, 0.1, 0.75);
            }
            let label = if named(&panel.y) { fitted(&label, TICK.size, most) } else { label };
            canvas.text(left - 7.0, y + 4.0, &label, TICK, Anchor::End);
        }
        if let Scale::Names(names) = &x_axis.scale {
            let each = (right - left) / names.len().max(1) as f64;
            for (value, label) in self.x.ticks(LEAST_NAME).into_iter().filter(|_| is_last) {
                let label = fitted(&label, TICK.size, each.max(LEAST_NAME) - 6.0);
                canvas.text(self.x.at(value), lower + 18.0, &label, TICK, Anchor::Middle);
            }
            return;
        }
        let widest = self.x.ticks(50.0).iter().map(|t| width(&t.1, TICK.size, false)).fold(0.0, f64::max);
        let apart = if x_axis.at.is_empty() { (widest + 22.0).max(56.0) } else { widest + 10.0 };
        for (value, label) in self.x.ticks(apart) {
            let x = self.x.at(value);
            canvas.line(&[(x, upper), (x, lower)], Hue::Ink, 0.06, 0.75);
            canvas.line(&[(x, lower), (x, lower + 4.0)], Hue::Quiet, 1.0, 0.75);
            if is_last {
                canvas.text(x, lower + 18.0, &label, TICK, Anchor::Middle);
            }
        }
    }

    /// `levels`: the line above the panel for each mark that has its word there; `words_at`: the first of them; `label`:
    /// where the label of the y axis stands.
    pub(super) fn marks<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<'_, B>,
        panel: &Panel,
        levels: &[Option<f64>],
        words_at: f64,
        label: (f64, f64, f64),
    ) {
        let Bounds { left, right, edge, upper, lower } = self.bounds;
        // What lies behind first, words last.
        for mark in &panel.marks {
            if let Mark::Span { from, to, hue, .. } = mark {
                canvas.rect((self.x.at(*from), self.x.at(*to)), (upper, lower), *hue, 0.28);
            }
        }
        for mark in &panel.marks {
            self.mark(canvas, mark);
        }
        canvas.line(&[(left, lower), (right, lower)], Hue::Quiet, 1.0, 0.75);
        let mut room = Room::new(self.bounds, panel, self.x, &self.y);
        room.take(around((label.0, label.1), label.2));
        for (mark, level) in panel.marks.iter().zip(levels) {
            let base = words_at + level.map_or(0.0, |level| level * LINE) + 11.0;
            match (mark, level) {
                (Mark::RuleX { at, hue, text }, level) => {
                    let x = self.x.at(*at);
                    let top = if level.is_some() { base - 9.0 } else { upper };
                    canvas.dashed(&[(x, top), (x, lower)], *hue, 1.0);
                    if level.is_some() {
                        let (from, to) = rule_word(x, text, edge);
                        canvas.text(from, base, text, WORD, Anchor::Start);
                        room.take(around((from, base), to - from));
                    }
                }
                (Mark::Span { from, to, text, .. }, Some(_)) => {
                    let span = (self.x.at(*from), self.x.at(*to));
                    let (from, to) = span_word(span, text, left, right);
                    canvas.text(from, base, text, TICK, Anchor::Start);
                    room.take(around((from, base), to - from));
                }
                (Mark::RuleY { at, hue, .. }, _) => {
                    let y = self.y.at(*at);
                    canvas.dashed(&[(left, y), (right, y)], *hue, 1.0);
                }
                _ => {}
            }
        }
        self.ends(canvas, panel, &mut room);
        for mark in &panel.marks {
            match mark {
                Mark::RuleY { at, text, .. } if !text.is_empty() => {
                    let place = room.along(self.y.at(*at), width(text, WORD.size, false));
                    word(canvas, place, text, Hue::Ink);
                }
                Mark::Label { at, text, hue, anchor } if !text.is_empty() => {
                    let (x, y) = (self.x.at(at.0), self.y.at(at.1));
                    let look = Type { hue: *hue, ..WORD };
                    match anchor {
                        Anchor::Within => {
                            canvas.text(x + 7.0, y + 4.0, text, Type { bold: true, ..look }, Anchor::Start);
                        }
                        Anchor::Inside => canvas.text(x, y + 4.0, text, look, Anchor::Middle),
                        Anchor::Start if self.is_end(x) => {}
                        _ => {
                            let place = room.beside((x, y), width(text, WORD.size, false), *anchor);
                            word(canvas, place, text, *hue);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn is_end(&self, x: f64) -> bool {
        is_at_end((x - self.bounds.left) / (self.bounds.right - self.bounds.left))
    }

    /// The names at the right end, spread so that each can be read.
    fn ends<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, panel: &Panel, room: &mut Room) {
        let Bounds { edge, upper, lower, .. } = self.bounds;
        let mut ends: Vec<((f64, f64), &str, Hue)> = Vec::new();
        for mark in &panel.marks {
            if let Mark::Label { at, text, hue, anchor: Anchor::Start } = mark
                && !text.is_empty()
                && self.is_end(self.x.at(at.0))
            {
                ends.push(((self.x.at(at.0), self.y.at(at.1)), text, *hue));
            }
        }
        ends.sort_by(|a, b| a.0.1.total_cmp(&b.0.1));
        let wanted: Vec<f64> = ends.iter().map(|end| end.0.1 + 4.0).collect();
        for (((x, _), text, hue), y) in ends.into_iter().zip(spread(&wanted, (upper - 4.0, lower))) {
            let text = fitted(text, WORD.size, edge - 6.0 - (x + 6.0));
            room.take(around((x + 6.0, y), width(&text, WORD.size, false)));
            canvas.text(x + 6.0, y, &text, Type { hue, ..WORD }, Anchor::Start);
        }
    }

    fn mark<B: DrawingBackend>(&self, canvas: &mut Canvas<'_, B>, mark: &Mark) {
        let at = |p: (f64, f64)| (self.x.at(p.0), self.y.at(p.1));
        match mark {
            Mark::Area { points, path, hue, fill } => {
                let edge = |of: &dyn Fn(&(f64, f64, f64)) -> f64| {
                    let line: Vec<(f64, f64)> = points.iter().map(|p| (p.0, of(p))).collect();
                    walked(&line, *path).into_iter().map(at).collect::<Vec<_>>()
                };
                let mut outline = edge(&|p| p.2);
                outline.extend(edge(&|p| p.1).into_iter().rev());
                canvas.polygon(&outline, *hue, alpha(*fill));
            }
            Mark::Line { points, path, hue, weight } => {
                let line: Vec<(f64, f64)> = walked(points, *path).into_iter().map(at).collect();
                stroke(canvas, &line, *hue, *weight);
            }
            Mark::Bars { bars, hue, fill } => {
                for bar in bars {
                    let (x, y) =
                        ((self.x.at(bar.x.0), self.x.at(bar.x.1)), (self.y.at(bar.y.0), self.y.at(bar.y.1)));
                    if bar.goes_on {
                        let tip = (x.1 - 7.0).max(x.0);
                        canvas.rect((x.0, tip), y, *hue, alpha(*fill));
                        let reach = ((y.1 - y.0).abs() * 0.25).clamp(1.0, 3.0) * (y.1 - y.0).signum();
                        let head = [(tip, y.0 - reach), (x.1, (y.0 + y.1) / 2.0), (tip, y.1 + reach)];
                        canvas.polygon(&head, *hue, alpha(*fill));
                    } else {
                        canvas.rect(x, y, *hue, alpha(*fill));
                    }
                }
            }
            Mark::Dots { points, dot, hue } => {
                points.iter().for_each(|p| sign(canvas, at(*p), *dot, *hue));
            }
            Mark::Whiskers { points, hue } => {
                for &(x, low, high) in points {
                    let (x, low, high) = (self.x.at(x), self.y.at(low), self.y.at(high));
                    canvas.line(&[(x, low), (x, high)], *hue, 1.0, 1.25);
                    for y in [low, high] {
                        canvas.line(&[(x - 3.0, y), (x + 3.0, y)], *hue, 1.0, 1.25);
                    }
                }
            }
            Mark::Ranges { points, hue } => {
                for &(y, low, high) in points {
                    let (y, low, high) = (self.y.at(y), self.x.at(low), self.x.at(high));
                    canvas.line(&[(low, y), (high, y)], *hue, 1.0, 1.5);
                    for x in [low, high] {
                        canvas.line(&[(x, y - 4.0), (x, y + 4.0)], *hue, 1.0, 1.5);
                    }
                }
            }
            Mark::Span { .. } | Mark::RuleX { .. } | Mark::RuleY { .. } | Mark::Label { .. } => {}
        }
    }
}

/// A line of a weight.
pub(super) fn stroke<B: DrawingBackend>(
    canvas: &mut Canvas<'_, B>,
    line: &[(f64, f64)],
    hue: Hue,
    weight: Weight,
) {
    match weight {
        Weight::Thin => canvas.line(line, hue, 1.0, 1.0),
        Weight::Normal => canvas.line(line, hue, 1.0, 2.0),
        Weight::Dashed => canvas.dashed(line, hue, 1.5),
    }
}

/// A point.
pub(super) fn sign<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, (x, y): (f64, f64), dot: Dot, hue: Hue) {
    match dot {
        Dot::Disc => canvas.circle((x, y), 3.5, hue),
        Dot::Ring => {
            canvas.circle((x, y), 4.5, hue);
            canvas.circle((x, y), 2.75, Hue::Ground);
        }
        Dot::Cross => {
            // On a ground of its own: it is seen on bars and lines of any colour.
            canvas.circle((x, y), 4.25, Hue::Ground);
            canvas.line(&[(x - 3.0, y - 3.0), (x + 3.0, y + 3.0)], hue, 1.0, 1.5);
            canvas.line(&[(x - 3.0, y + 3.0), (x + 3.0, y - 3.0)], hue, 1.0, 1.5);
        }
        Dot::Left => canvas.polygon(&[(x + 4.0, y - 5.0), (x - 4.0, y), (x + 4.0, y + 5.0)], hue, 1.0),
        Dot::Right => canvas.polygon(&[(x - 4.0, y - 5.0), (x + 4.0, y), (x - 4.0, y + 5.0)], hue, 1.0),
    }
}

/// A word at its place, on a ground of its own: it may stand on something.
fn word<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, place: Option<(f64, f64)>, text: &str, hue: Hue) {
    let Some((x, y)) = place else { return };
    let long = width(text, WORD.size, false);
    canvas.rect((x - 2.0, x + long + 2.0), (y - 10.0, y + 3.0), Hue::Ground, 0.9);
    canvas.text(x, y, text, Type { hue, ..WORD }, Anchor::Start);
}
