//! Lays a chart out and draws it: title, key, panels, ticks, marks, words.
//!
//! Words give way to each other: those above a panel get a line of their own, those inside move up or down.

use plotters_backend::DrawingBackend;

use super::axis::Placed;
use super::canvas::{Canvas, Type, width};
use super::colours::Ink;
use super::spec::{Anchor, Axis, Chart, Dot, Fill, Hue, Key, Mark, Panel, Path, Weight};

/// CSS pixels.
const EDGE: f64 = 14.0;
const RIGHT: f64 = 26.0;
const LINE: f64 = 15.0;
const TICK: Type = Type { size: 11.0, bold: false, hue: Hue::Quiet };
const WORD: Type = Type { size: 11.5, bold: false, hue: Hue::Ink };
const TITLE: Type = Type { size: 16.0, bold: true, hue: Hue::Ink };

/// A rectangle: x from, to; y from, to.
type Place = ((f64, f64), (f64, f64));

/// Draws the chart.
///
/// # Errors
/// The backend's text when it cannot.
pub(super) fn draw<B: DrawingBackend>(chart: &Chart, backend: &mut B, ink: Ink) -> Result<(), String> {
    let mut canvas = Canvas::new(backend, ink);
    let top = head(&mut canvas, chart);
    let bottom = f64::from(chart.height) - if chart.x.label.is_empty() { 30.0 } else { 46.0 };
    let left = EDGE + chart.panels.iter().map(label_width).fold(0.0, f64::max) + 8.0;
    let edge = f64::from(chart.width);
    let right = edge - end_labels(chart).max(RIGHT);
    let x = Placed::new(&chart.x, left, right);
    let heads: Vec<Vec<Option<f64>>> =
        chart.panels.iter().map(|panel| levels(panel, &x, left, (right, edge))).collect();
    let head_of = |k: usize| {
        let lines = heads[k].iter().flatten().fold(0.0, |most: f64, level| most.max(level + 1.0));
        let label = if chart.panels[k].y.label.is_empty() { 6.0 } else { LINE + 7.0 };
        // The labels of the x axis or the lowest tick of the panel above.
        let gap = if k > 0 { 14.0 } else { 0.0 };
        gap + label + lines * LINE
    };
    let weights: f64 = chart.panels.iter().map(|panel| panel.weight).sum();
    let free = bottom - top - (0..chart.panels.len()).map(head_of).sum::<f64>();
    let mut from = top;
    for (k, panel) in chart.panels.iter().enumerate() {
        let upper = from + head_of(k);
        from += if k > 0 { 14.0 } else { 0.0 };
        let words_at = from + if panel.y.label.is_empty() { 0.0 } else { LINE + 3.0 };
        let lower = upper + free.max(20.0) * panel.weight / weights;
        if !panel.y.label.is_empty() {
            canvas.text(EDGE, from + LINE - 2.0, &panel.y.label, TICK, Anchor::Start);
        }
        let frame = Frame { x: &x, y: y_axis(&panel.y, upper, lower), left, right, edge, upper, lower };
        frame.grid(&mut canvas, &chart.x, panel, k + 1 == chart.panels.len());
        frame.marks(&mut canvas, panel, &heads[k], words_at);
        from = lower;
    }
    if !chart.x.label.is_empty() {
        canvas.text(right, bottom + 36.0, &chart.x.label, TICK, Anchor::End);
    }
    canvas.fault.map_or(Ok(()), Err)
}

/// Title, subtitle and key; returns where the panels may begin.
fn head<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, chart: &Chart) -> f64 {
    let wide = f64::from(chart.width) - 2.0 * EDGE;
    let mut y = EDGE;
    for line in wrapped(&chart.title, TITLE, wide) {
        y += 20.0;
        canvas.text(EDGE, y - 6.0, &line, TITLE, Anchor::Start);
    }
    for line in wrapped(&chart.subtitle, TICK, wide) {
        y += LINE;
        canvas.text(EDGE, y - 4.0, &line, TICK, Anchor::Start);
    }
    if !chart.key.is_empty() {
        y += 4.0;
        let mut x = EDGE;
        for Key { hue, fill, text } in &chart.key {
            let long = 15.0 + width(text, TICK.size, false) + 14.0;
            if x > EDGE && x + long > EDGE + wide {
                x = EDGE;
                y += LINE;
            }
            canvas.rect((x, x + 10.0), (y + 2.0, y + 12.0), *hue, alpha(*fill));
            canvas.text(x + 15.0, y + 11.0, text, TICK, Anchor::Start);
            x += long;
        }
        y += LINE;
    }
    y + 6.0
}

/// The text in lines of at most so many pixels; none of an empty text.
fn wrapped(text: &str, look: Type, wide: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), look.size, look.bold) <= wide => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

fn label_width(panel: &Panel) -> f64 {
    let ticks = Placed::new(&panel.y, 300.0, 0.0).ticks(34.0);
    ticks.iter().map(|(_, label)| width(label, TICK.size, false)).fold(0.0, f64::max)
}

/// Room for words that begin at the right end of the panels, such as the name of a line.
fn end_labels(chart: &Chart) -> f64 {
    let x = Placed::new(&chart.x, 0.0, 1.0);
    let marks = chart.panels.iter().flat_map(|panel| &panel.marks);
    let words = marks.filter_map(|mark| match mark {
        Mark::Label { at, text, anchor: Anchor::Start, .. } if x.at(at.0) >= 0.9 => Some(text),
        _ => None,
    });
    words.map(|text| width(text, WORD.size, false) + 16.0).fold(0.0, f64::max)
}

fn y_axis(axis: &Axis, upper: f64, lower: f64) -> Placed<'_> {
    match axis.scale {
        super::spec::Scale::Names(_) => Placed::new(axis, upper, lower),
        _ => Placed::new(axis, lower, upper),
    }
}

fn alpha(fill: Fill) -> f64 {
    match fill {
        Fill::Solid => 1.0,
        Fill::Faint => 0.28,
    }
}

/// For each mark of the panel the line above it on which its word stands; none where it has none or no place.
fn levels(panel: &Panel, x: &Placed<'_>, left: f64, (right, edge): (f64, f64)) -> Vec<Option<f64>> {
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
fn rule_word(at: f64, text: &str, edge: f64) -> (f64, f64) {
    let long = width(text, WORD.size, false);
    if at + 4.0 + long <= edge - 6.0 { (at + 4.0, at + 4.0 + long) } else { (at - 4.0 - long, at - 4.0) }
}

/// Centred over the span, but not beyond the panel.
fn span_word(span: (f64, f64), text: &str, left: f64, right: f64) -> (f64, f64) {
    let long = width(text, WORD.size, false);
    let from = ((span.0 + span.1 - long) / 2.0).min(right - long).max(left);
    (from, from + long)
}

/// Where one panel is.
struct Frame<'a> {
    x: &'a Placed<'a>,
    y: Placed<'a>,
    left: f64,
    right: f64,
    /// Of the whole picture.
    edge: f64,
    upper: f64,
    lower: f64,
}

impl Frame<'_> {
    fn grid<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<'_, B>,
        x_axis: &Axis,
        panel: &Panel,
        is_last: bool,
    ) {
        let named = |axis: &Axis| matches!(axis.scale, super::spec::Scale::Names(_));
        for (value, label) in self.y.ticks(if named(&panel.y) { 11.0 } else { 28.0 }) {
            let y = self.y.at(value);
            if !named(&panel.y) {
                canvas.line(&[(self.left, y), (self.right, y)], Hue::Ink, 0.1, 0.75);
            }
            canvas.text(self.left - 7.0, y + 4.0, &label, TICK, Anchor::End);
        }
        let widest = self.x.ticks(50.0).iter().map(|t| width(&t.1, TICK.size, false)).fold(0.0, f64::max);
        for (value, label) in self.x.ticks((widest + 22.0).max(56.0)) {
            let x = self.x.at(value);
            if !named(x_axis) {
                canvas.line(&[(x, self.upper), (x, self.lower)], Hue::Ink, 0.06, 0.75);
                canvas.line(&[(x, self.lower), (x, self.lower + 4.0)], Hue::Quiet, 1.0, 0.75);
            }
            if is_last {
                canvas.text(x, self.lower + 18.0, &label, TICK, Anchor::Middle);
            }
        }
    }

    fn marks<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<'_, B>,
        panel: &Panel,
        words: &[Option<f64>],
        words_at: f64,
    ) {
        // What lies behind first, words last.
        for mark in &panel.marks {
            if let Mark::Span { from, to, hue, .. } = mark {
                canvas.rect((self.x.at(*from), self.x.at(*to)), (self.upper, self.lower), *hue, 0.28);
            }
        }
        for mark in &panel.marks {
            self.mark(canvas, mark);
        }
        canvas.line(&[(self.left, self.lower), (self.right, self.lower)], Hue::Quiet, 1.0, 0.75);
        let mut taken: Vec<Place> = Vec::new();
        for (mark, level) in panel.marks.iter().zip(words) {
            let base = words_at + level.map_or(0.0, |level| level * LINE) + 11.0;
            match (mark, level) {
                (Mark::RuleX { at, hue, text }, level) => {
                    let x = self.x.at(*at);
                    let top = if level.is_some() { base - 9.0 } else { self.upper };
                    canvas.dashed(&[(x, top), (x, self.lower)], *hue, 1.0);
                    if level.is_some() {
                        canvas.text(rule_word(x, text, self.edge).0, base, text, WORD, Anchor::Start);
                    }
                }
                (Mark::Span { from, to, text, .. }, Some(_)) => {
                    let span = (self.x.at(*from), self.x.at(*to));
                    let x = span_word(span, text, self.left, self.right).0;
                    canvas.text(x, base, text, TICK, Anchor::Start);
                }
                (Mark::RuleY { at, hue, text }, _) => {
                    let y = self.y.at(*at);
                    canvas.dashed(&[(self.left, y), (self.right, y)], *hue, 1.0);
                    self.word(canvas, (self.right, y - 5.0), text, WORD, Anchor::End, &mut taken);
                }
                _ => {}
            }
        }
        for mark in &panel.marks {
            if let Mark::Label { at, text, hue, anchor } = mark {
                let (x, y) = (self.x.at(at.0), self.y.at(at.1));
                if *anchor == Anchor::Within {
                    canvas.text(
                        x + 7.0,
                        y + 4.0,
                        text,
                        Type { hue: *hue, bold: true, ..WORD },
                        Anchor::Start,
                    );
                    continue;
                }
                if *anchor == Anchor::Inside {
                    canvas.text(x, y + 4.0, text, Type { hue: *hue, ..WORD }, Anchor::Middle);
                    continue;
                }
                let at = match anchor {
                    Anchor::Start | Anchor::Within => (x + 6.0, y + 4.0),
                    Anchor::Middle | Anchor::Inside => (x, y - 6.0),
                    Anchor::End => (x - 6.0, y + 4.0),
                };
                self.word(canvas, at, text, Type { hue: *hue, ..WORD }, *anchor, &mut taken);
            }
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
                match weight {
                    Weight::Thin => canvas.line(&line, *hue, 1.0, 1.0),
                    Weight::Normal => canvas.line(&line, *hue, 1.0, 2.0),
                    Weight::Dashed => canvas.dashed(&line, *hue, 1.5),
                }
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
                for (x, y) in points.iter().map(|p| at(*p)) {
                    match dot {
                        Dot::Disc => canvas.circle((x, y), 3.5, *hue),
                        Dot::Ring => {
                            canvas.circle((x, y), 4.5, *hue);
                            canvas.circle((x, y), 2.75, Hue::Ground);
                        }
                        Dot::Cross => {
                            canvas.line(&[(x - 3.0, y - 3.0), (x + 3.0, y + 3.0)], *hue, 1.0, 1.5);
                            canvas.line(&[(x - 3.0, y + 3.0), (x + 3.0, y - 3.0)], *hue, 1.0, 1.5);
                        }
                    }
                }
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

    /// A word at a place, or a little above or below it where another one stands.
    fn word<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<'_, B>,
        at: (f64, f64),
        text: &str,
        look: Type,
        anchor: Anchor,
        taken: &mut Vec<Place>,
    ) {
        if text.is_empty() {
            return;
        }
        let long = width(text, look.size, false);
        let from = match anchor {
            Anchor::Start | Anchor::Within => at.0,
            Anchor::Middle | Anchor::Inside => at.0 - long / 2.0,
            Anchor::End => at.0 - long,
        };
        // Not beyond the panel: what does not fit on one side stands on the other.
        let from =
            if from + long > self.edge - 6.0 && anchor == Anchor::Start { at.0 - 12.0 - long } else { from };
        let from = from.min(self.edge - 6.0 - long).max(self.left + 3.0);
        let free = |y: f64, taken: &[Place]| {
            y - 10.0 >= self.upper - 16.0
                && y <= self.lower - 2.0
                && taken.iter().all(|(x, other)| {
                    from + long < x.0 || from > x.1 || y + 2.0 < other.0 || y - 10.0 > other.1
                })
        };
        let steps = [0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 3.0, -4.0, 4.0];
        let y = steps.iter().map(|step| at.1 + step * (LINE - 1.0)).find(|y| free(*y, taken)).unwrap_or(at.1);
        taken.push(((from, from + long), (y - 10.0, y + 2.0)));
        canvas.rect((from - 2.0, from + long + 2.0), (y - 10.0, y + 3.0), Hue::Ground, 0.72);
        canvas.text(from, y, text, look, Anchor::Start);
    }
}

/// The corners of a line.
fn walked(points: &[(f64, f64)], path: Path) -> Vec<(f64, f64)> {
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
