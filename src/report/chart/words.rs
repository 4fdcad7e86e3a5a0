//! Where the words of a panel stand: clear of each other, and of what is drawn as far as there is room.
//!
//! Words above a panel get lines of their own; words inside move up or down, or to the other side of what they name; those
//! at the right end are spread, in the order of what they name. A word that has no place beside the others is left out.

use super::axis::Placed;
use super::canvas::width;
use super::spec::{Anchor, Mark, Panel, Path};

/// Height of a line of text.
pub(super) const LINE: f64 = 15.0;
/// Size of the words.
pub(super) const SIZE: f64 = 11.5;
/// From line to line inside of a panel.
const STEP: f64 = LINE - 1.0;

/// A rectangle: x from, to; y from, to.
pub(super) type Place = ((f64, f64), (f64, f64));

/// Where a panel is, as far as words care: the panel, and the right edge of the picture.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub left: f64,
    pub right: f64,
    pub edge: f64,
    pub upper: f64,
    pub lower: f64,
}

/// For each mark of the panel the line above it on which its word stands; none where it has none or no place.
pub(super) fn levels(
    panel: &Panel,
    x: &Placed<'_>,
    left: f64,
    (right, edge): (f64, f64),
) -> Vec<Option<f64>> {
    let mut taken: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut place = |from: f64, to: f64, most: usize| {
        for level in 0..most {
            if taken.len() == level {
                taken.push(Vec::new());
            }
            if taken[level].iter().all(|(a, b)| to < *a || from > *b) {
                taken[level].push((from - 6.0, to + 6.0));
                return Some(level as f64);
            }
        }
        None
    };
    let mut found = vec![None; panel.marks.len()];
    // Rules first: their words are not left out.
    for (k, mark) in panel.marks.iter().enumerate() {
        if let Mark::RuleX { at, text, .. } = mark
            && !text.is_empty()
        {
            let (from, to) = rule_word(x.at(*at), text, edge);
            found[k] = place(from, to, 6);
        }
    }
    for (k, mark) in panel.marks.iter().enumerate() {
        if let Mark::Span { from, to, text, .. } = mark
            && !text.is_empty()
        {
            let (from, to) = span_word((x.at(*from), x.at(*to)), text, left, right);
            found[k] = place(from, to, 1);
        }
    }
    found
}

/// From where to where a rule's word goes: right of it if there is room.
pub(super) fn rule_word(at: f64, text: &str, edge: f64) -> (f64, f64) {
    let long = width(text, SIZE, false);
    if at + 4.0 + long <= edge - 6.0 {
        (at + 4.0, at + 4.0 + long)
    } else {
        let from = (at - 4.0 - long).max(6.0);
        (from, from + long)
    }
}

/// Centred over the span, but not beyond the panel.
pub(super) fn span_word(span: (f64, f64), text: &str, left: f64, right: f64) -> (f64, f64) {
    let long = width(text, SIZE, false);
    let from = ((span.0 + span.1 - long) / 2.0).min(right - long).max(left);
    (from, from + long)
}

/// Heights for words that want these, in ascending order, so that they are a line apart and stay near: what is too near
/// is pooled around its mean (the isotonic regression of what they want less what their neighbours take).
pub(super) fn spread(wanted: &[f64], (upper, lower): (f64, f64)) -> Vec<f64> {
    // Sum and number of each pool.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    let mean = |pool: &(f64, usize)| pool.0 / pool.1 as f64;
    for (k, y) in wanted.iter().enumerate() {
        pools.push((y - k as f64 * STEP, 1));
        while let [.., a, b] = pools[..]
            && mean(&a) >= mean(&b)
        {
            pools.truncate(pools.len() - 2);
            pools.push((a.0 + b.0, a.1 + b.1));
        }
    }
    let last = lower - wanted.len().saturating_sub(1) as f64 * STEP;
    let each = pools.iter().flat_map(|pool| std::iter::repeat_n(mean(pool), pool.1));
    each.enumerate().map(|(k, y)| y.min(last).max(upper) + k as f64 * STEP).collect()
}

/// What stands in a panel already.
pub(super) struct Room {
    bounds: Bounds,
    words: Vec<Place>,
    boxes: Vec<Place>,
    lines: Vec<[(f64, f64); 2]>,
}

impl Room {
    /// Of a panel in which its marks are drawn.
    pub(super) fn new(bounds: Bounds, panel: &Panel, x: &Placed<'_>, y: &Placed<'_>) -> Room {
        let mut room = Room { bounds, words: Vec::new(), boxes: Vec::new(), lines: Vec::new() };
        let at = |p: (f64, f64)| (x.at(p.0), y.at(p.1));
        for mark in &panel.marks {
            match mark {
                Mark::Line { points, path, .. } => {
                    let line: Vec<(f64, f64)> = walked(points, *path).into_iter().map(at).collect();
                    room.lines.extend(line.windows(2).map(|pair| [pair[0], pair[1]]));
                }
                Mark::Bars { bars, .. } => {
                    room.boxes.extend(bars.iter().map(|bar| {
                        let (a, b) = (at((bar.x.0, bar.y.0)), at((bar.x.1, bar.y.1)));
                        ((a.0.min(b.0), a.0.max(b.0)), (a.1.min(b.1), a.1.max(b.1)))
                    }));
                }
                Mark::Dots { points, .. } => {
                    let around = |(x, y): (f64, f64)| ((x - 3.5, x + 3.5), (y - 3.5, y + 3.5));
                    room.boxes.extend(points.iter().map(|p| around(at(*p))));
                }
                Mark::Whiskers { points, .. } => {
                    room.lines.extend(points.iter().map(|&(x, low, high)| [at((x, low)), at((x, high))]));
                }
                Mark::Ranges { points, .. } => {
                    room.lines.extend(points.iter().map(|&(y, low, high)| [at((low, y)), at((high, y))]));
                }
                Mark::RuleX { at, .. } => {
                    room.lines.push([(x.at(*at), bounds.upper), (x.at(*at), bounds.lower)]);
                }
                Mark::RuleY { at, .. } => {
                    room.lines.push([(bounds.left, y.at(*at)), (bounds.right, y.at(*at))]);
                }
                Mark::Area { .. } | Mark::Span { .. } | Mark::Label { .. } => {}
            }
        }
        room
    }

    /// A word stands here.
    pub(super) fn take(&mut self, place: Place) {
        self.words.push(place);
    }

    /// Where a word of this length may begin, beside its point, and the height of its letters' feet.
    pub(super) fn beside(&mut self, point: (f64, f64), long: f64, anchor: Anchor) -> Option<(f64, f64)> {
        let (right, left) = (point.0 + 6.0, point.0 - 6.0 - long);
        let middle = (point.0 - long / 2.0).min(self.bounds.edge - 6.0 - long).max(self.bounds.left + 1.0);
        let (sides, y) = match anchor {
            Anchor::End => ([left, right], point.1 + 4.0),
            Anchor::Middle => ([middle, right], point.1 - 6.0),
            Anchor::Start | Anchor::Inside | Anchor::Within => ([right, left], point.1 + 4.0),
        };
        let steps = |most: i32| (0..=most).flat_map(|k| [-k, k]).map(f64::from);
        let near = sides.into_iter().flat_map(|x| steps(2).map(move |step| (x, y + step * STEP)));
        let far = sides.into_iter().flat_map(|x| steps(5).map(move |step| (x, y + step * STEP)));
        self.first(near.chain(far), long)
    }

    /// The same at a line across the panel: at its right end, its left one, or between; above it or below.
    pub(super) fn along(&mut self, y: f64, long: f64) -> Option<(f64, f64)> {
        let (right, left) = (self.bounds.right - long, self.bounds.left + 3.0);
        let between = (1..8).map(|k| right + (left - right) * f64::from(k) / 8.0);
        let across: Vec<f64> = [right, left].into_iter().chain(between).collect();
        let places = [y - 5.0, y + 13.0].into_iter().flat_map(|y| across.iter().map(move |x| (*x, y)));
        self.first(places, long)
    }

    /// The first place that is clear of everything, else the first that is clear of other words.
    fn first(&mut self, places: impl Iterator<Item = (f64, f64)>, long: f64) -> Option<(f64, f64)> {
        let Bounds { left, edge, upper, lower, .. } = self.bounds;
        let inside = |&(x, y): &(f64, f64)| {
            x >= left + 1.0 && x + long <= edge - 6.0 && y - 10.0 >= upper - 16.0 && y <= lower - 2.0
        };
        let places: Vec<(f64, f64)> = places.filter(inside).collect();
        let found = places.iter().find(|at| self.is_clear(around(**at, long))).or_else(|| {
            places.iter().find(|at| self.words.iter().all(|word| !meet(word, &around(**at, long))))
        });
        let found = found.copied();
        self.words.extend(found.map(|at| around(at, long)));
        found
    }

    fn is_clear(&self, place: Place) -> bool {
        let boxes = self.words.iter().chain(&self.boxes);
        boxes.into_iter().all(|other| !meet(other, &place))
            && self.lines.iter().all(|line| !crosses(*line, place))
    }
}

/// What a word covers that begins here.
pub(super) fn around((x, y): (f64, f64), long: f64) -> Place {
    ((x - 1.0, x + long + 1.0), (y - 10.0, y + 2.0))
}

fn meet(a: &Place, b: &Place) -> bool {
    a.0.0 < b.0.1 && b.0.0 < a.0.1 && a.1.0 < b.1.1 && b.1.0 < a.1.1
}

/// Whether a line goes through a rectangle (Liang and Barsky, 1984).
fn crosses([a, b]: [(f64, f64); 2], ((left, right), (upper, lower)): Place) -> bool {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for (step, room) in [(-dx, a.0 - left), (dx, right - a.0), (-dy, a.1 - upper), (dy, lower - a.1)] {
        if step == 0.0 {
            if room < 0.0 {
                return false;
            }
        } else if step < 0.0 {
            from = from.max(room / step);
        } else {
            to = to.min(room / step);
        }
    }
    from <= to
}

/// The corners of a line.
pub(super) fn walked(points: &[(f64, f64)], path: Path) -> Vec<(f64, f64)> {
    match path {
        Path::Straight => points.to_vec(),
        Path::Steps => {
            let mut walked = Vec::with_capacity(points.len() * 2);
            for &(x, y) in points {
                if let Some(&(_, before)) = walked.last() {
                    walked.push((x, before));
                }
                walked.push((x, y));
            }
            walked
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::spec::{Axis, Bar, Fill, Hue, Unit, Weight};

    const BOUNDS: Bounds = Bounds { left: 0.0, right: 400.0, edge: 420.0, upper: 0.0, lower: 200.0 };

    fn room(marks: Vec<Mark>) -> Room {
        let axis = Axis::linear("", Unit::Number, 0.0, 400.0);
        let panel = Panel { y: Axis::linear("", Unit::Number, 0.0, 200.0), weight: 1.0, marks };
        let (x, y) = (Placed::new(&axis, 0.0, 400.0), Placed::new(&panel.y, 200.0, 0.0));
        Room::new(BOUNDS, &panel, &x, &y)
    }

    #[test]
    fn a_word_gives_way_to_a_line_and_to_a_bar() {
        let points = vec![(0.0, 100.0), (400.0, 100.0)];
        let line = Mark::Line { points, path: Path::Straight, hue: Hue::Blue, weight: Weight::Normal };
        assert_eq!(room(Vec::new()).beside((100.0, 100.0), 50.0, Anchor::Start), Some((106.0, 104.0)));
        assert_eq!(room(vec![line]).beside((100.0, 100.0), 50.0, Anchor::Start), Some((106.0, 90.0)));
        let bar = Bar { x: (300.0, 400.0), y: (0.0, 150.0), goes_on: false };
        let bars = Mark::Bars { bars: vec![bar], hue: Hue::Blue, fill: Fill::Solid };
        // A line at 140 of 200: the bar stands at its right end.
        assert_eq!(room(vec![bars]).along(60.0, 50.0), Some((3.0, 55.0)));
        assert_eq!(room(Vec::new()).along(60.0, 50.0), Some((350.0, 55.0)));
    }

    #[test]
    fn a_word_keeps_clear_of_words_and_is_left_out_where_there_is_no_room() {
        let mut room = room(Vec::new());
        let first = room.beside((100.0, 100.0), 50.0, Anchor::Start);
        let second = room.beside((100.0, 100.0), 50.0, Anchor::Start);
        assert!(first.is_some() && second.is_some() && first != second);
        room.take(((0.0, 420.0), (-20.0, 220.0)));
        assert_eq!(room.beside((100.0, 100.0), 50.0, Anchor::Start), None);
    }

    #[test]
    fn words_at_the_end_are_spread_in_their_order() {
        assert_eq!(spread(&[10.0, 100.0], (0.0, 200.0)), [10.0, 100.0]);
        assert_eq!(spread(&[100.0, 100.0], (0.0, 200.0)), [93.0, 107.0]);
        assert_eq!(spread(&[0.0, 0.0, 0.0], (0.0, 200.0)), [0.0, 14.0, 28.0]);
        assert_eq!(spread(&[199.0, 200.0], (0.0, 200.0)), [186.0, 200.0]);
    }

    #[test]
    fn lines_cross_rectangles_or_pass_them() {
        let place = ((10.0, 20.0), (10.0, 20.0));
        assert!(crosses([(0.0, 0.0), (30.0, 30.0)], place));
        assert!(crosses([(15.0, 0.0), (15.0, 30.0)], place));
        assert!(!crosses([(0.0, 5.0), (30.0, 5.0)], place));
        assert!(!crosses([(0.0, 25.0), (5.0, 30.0)], place));
    }
}
