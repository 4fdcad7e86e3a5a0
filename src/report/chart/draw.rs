//! Lays a chart out and draws it: title, key, panels.
//!
//! What is in a panel is `frame`'s, where its words stand `words`'.

use plotters_backend::DrawingBackend;

use super::axis::Placed;
use super::canvas::{Canvas, Type, width};
use super::colours::Ink;
use super::frame::{Frame, is_at_end, sign, stroke};
use super::spec::{Anchor, Axis, Chart, Fill, Hue, Key, Mark, Panel, Scale, Sign};
use super::words::{Bounds, LINE, SIZE, levels};

/// CSS pixels.
const EDGE: f64 = 14.0;
const RIGHT: f64 = 26.0;
/// Share of the width that names left of the panels may take, and words right of them.
const MOST_LEFT: f64 = 0.34;
const MOST_RIGHT: f64 = 0.3;
pub(super) const TICK: Type = Type { size: 11.0, bold: false, hue: Hue::Quiet };
const TITLE: Type = Type { size: 16.0, bold: true, hue: Hue::Ink };

/// Draws the chart.
///
/// # Errors
/// The backend's text when it cannot.
pub(super) fn draw<B: DrawingBackend>(chart: &Chart, backend: &mut B, ink: Ink) -> Result<(), String> {
    let mut canvas = Canvas::new(backend, ink);
    let top = head(&mut canvas, chart);
    let bottom = f64::from(chart.height) - if chart.x.label.is_empty() { 30.0 } else { 46.0 };
    let edge = f64::from(chart.width);
    let labels = chart.panels.iter().map(label_width).fold(0.0, f64::max).min(MOST_LEFT * edge);
    let left = EDGE + labels + 8.0;
    let right = edge - end_labels(chart).min(MOST_RIGHT * edge).max(RIGHT);
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
        let label = (EDGE, from + LINE - 2.0, width(&panel.y.label, TICK.size, false));
        canvas.text(label.0, label.1, &panel.y.label, TICK, Anchor::Start);
        let bounds = Bounds { left, right, edge, upper, lower };
        let frame = Frame { x: &x, y: y_axis(&panel.y, upper, lower), bounds };
        frame.grid(&mut canvas, &chart.x, panel, k + 1 == chart.panels.len(), labels);
        frame.marks(&mut canvas, panel, &heads[k], words_at, label);
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
        for key in &chart.key {
            let sign = if matches!(key.sign, Sign::Line(_)) { 24.0 } else { 15.0 };
            let long = sign + width(&key.text, TICK.size, false) + 14.0;
            if x > EDGE && x + long > EDGE + wide {
                x = EDGE;
                y += LINE;
            }
            key_sign(canvas, (x, y), key);
            canvas.text(x + sign, y + 11.0, &key.text, TICK, Anchor::Start);
            x += long;
        }
        y += LINE;
    }
    y + 6.0
}

/// What a line of the key explains, with its upper left corner here.
fn key_sign<B: DrawingBackend>(canvas: &mut Canvas<'_, B>, (x, y): (f64, f64), key: &Key) {
    match key.sign {
        Sign::Box(fill) => canvas.rect((x, x + 10.0), (y + 2.0, y + 12.0), key.hue, alpha(fill)),
        Sign::Line(weight) => stroke(canvas, &[(x, y + 7.0), (x + 18.0, y + 7.0)], key.hue, weight),
        Sign::Dot(dot) => sign(canvas, (x + 5.0, y + 7.0), dot, key.hue),
    }
}

/// The text in lines of at most so many pixels; none of an empty text. A word that is longer is broken.
fn wrapped(text: &str, look: Type, wide: f64) -> Vec<String> {
    let fits = |line: &str| width(line, look.size, look.bold) <= wide;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if fits(&format!("{line} {word}")) => {
                line.push(' ');
                line.push_str(word);
            }
            _ if fits(word) => lines.push(word.to_string()),
            _ => {
                let mut line = String::new();
                for letter in word.chars() {
                    if !fits(&format!("{line}{letter}")) && !line.is_empty() {
                        lines.push(std::mem::take(&mut line));
                    }
                    line.push(letter);
                }
                lines.push(line);
            }
        }
    }
    lines
}

/// Room for the labels of the y axis, whatever height the panel gets.
fn label_width(panel: &Panel) -> f64 {
    let wide = |label: &str| width(label, TICK.size, false);
    if let Scale::Names(names) = &panel.y.scale {
        return names.iter().map(|name| wide(name)).fold(0.0, f64::max);
    }
    let ticks = [80.0, 160.0, 320.0].map(|height| Placed::new(&panel.y, height, 0.0).ticks(28.0));
    ticks.iter().flatten().map(|(_, label)| wide(label)).fold(0.0, f64::max)
}

/// Room for words that begin at the right end of the panels, such as the name of a line.
fn end_labels(chart: &Chart) -> f64 {
    let x = Placed::new(&chart.x, 0.0, 1.0);
    let marks = chart.panels.iter().flat_map(|panel| &panel.marks);
    let words = marks.filter_map(|mark| match mark {
        Mark::Label { at, text, anchor: Anchor::Start, .. } if is_at_end(x.at(at.0)) => Some(text),
        _ => None,
    });
    words.map(|text| width(text, SIZE, false) + 16.0).fold(0.0, f64::max)
}

fn y_axis(axis: &Axis, upper: f64, lower: f64) -> Placed<'_> {
    match axis.scale {
        Scale::Names(_) => Placed::new(axis, upper, lower),
        _ => Placed::new(axis, lower, upper),
    }
}

pub(super) fn alpha(fill: Fill) -> f64 {
    match fill {
        Fill::Solid => 1.0,
        Fill::Faint => 0.28,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_titles_are_broken_wherever_they_have_to() {
        assert_eq!(wrapped("one two", TITLE, 1000.0), ["one two"]);
        assert_eq!(wrapped("one two", TITLE, 40.0), ["one", "two"]);
        let lines = wrapped(&"x".repeat(200), TITLE, 300.0);
        assert!(lines.len() > 5 && lines.iter().all(|line| width(line, TITLE.size, true) <= 300.0));
        assert!(wrapped("", TITLE, 300.0).is_empty());
    }
}
