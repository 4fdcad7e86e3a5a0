//! A backend of plotters that writes small SVG: numbers in quarters of a pixel, text as text, rectangles of one colour in
//! one path, colours by name where a page has two grounds.
//!
//! Plotters' own knows neither titles nor CSS variables, and writes an element for each rectangle.

use std::convert::Infallible;
use std::fmt::Write;

use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};

use super::canvas::{SCALE, visible};
use super::colours::{Ink, ground, hex, named};
use super::draw::draw;
use super::spec::Chart;

type Done = Result<(), DrawingErrorKind<Infallible>>;

/// The chart as one `svg` element, without an XML declaration: for a file or for inside of a page.
pub fn svg(chart: &Chart, ink: Ink) -> String {
    let mut backend = Svg { size: (chart.width, chart.height), ink, text: String::new(), pending: None };
    let mut text = String::new();
    let (id, width, height) = (escaped(&chart.id), chart.width, chart.height);
    let _ = write!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
         viewBox=\"0 0 {width} {height}\" style=\"max-width:{width}px;width:100%;height:auto\" \
         font-family=\"'DejaVu Sans',Verdana,system-ui,sans-serif\">\
         <title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>",
        escaped(&chart.title),
        escaped(&chart.alt)
    );
    if ink != Ink::Page {
        let _ = write!(text, "<path fill=\"{}\" d=\"M0 0h{width}v{height}H0z\"/>", hex(ground(ink)));
    }
    // Nothing of it can fail.
    let _ = draw(chart, &mut backend, ink);
    backend.flush();
    text + &backend.text + "</svg>\n"
}

struct Svg {
    size: (u32, u32),
    ink: Ink,
    text: String,
    /// Rectangles of one colour that are not written yet.
    pending: Option<(String, String)>,
}

impl Svg {
    fn flush(&mut self) {
        if let Some((colour, path)) = self.pending.take() {
            let _ = write!(self.text, "<path{colour} d=\"{path}\"/>");
        }
    }

    /// The attributes of a colour.
    fn colour(&self, attribute: &str, color: BackendColor) -> String {
        let name = match self.ink {
            Ink::Page => named(color.rgb),
            _ => hex(color.rgb),
        };
        let mut text = format!(" {attribute}=\"{name}\"");
        if color.alpha < 1.0 {
            let _ = write!(text, " {attribute}-opacity=\"{}\"", (color.alpha * 100.0).round() / 100.0);
        }
        text
    }
}

/// Without its quarters, if there are none.
fn length(pixels: i32) -> f64 {
    f64::from(pixels) / SCALE
}

/// Absolute start, then relative moves.
fn path(points: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut text = String::new();
    let mut last: Option<BackendCoord> = None;
    let mut command = ' ';
    for point in points {
        match last {
            None => {
                let _ = write!(text, "M{} {}", length(point.0), length(point.1));
            }
            Some(from) => {
                let (dx, dy) = (length(point.0 - from.0), length(point.1 - from.1));
                let next = match (dx == 0.0, dy == 0.0) {
                    (_, true) => 'h',
                    (true, _) => 'v',
                    _ => 'l',
                };
                // One letter serves several moves.
                if next != command || next != 'l' {
                    text.push(next);
                } else if dx >= 0.0 {
                    text.push(' ');
                }
                command = next;
                let _ = match next {
                    'h' => write!(text, "{dx}"),
                    'v' => write!(text, "{dy}"),
                    _ if dy < 0.0 => write!(text, "{dx}{dy}"),
                    _ => write!(text, "{dx} {dy}"),
                };
            }
        }
        last = Some(point);
    }
    text
}

/// Text in XML: nothing in it is markup, and what XML does not know is left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = text.replace(['\n', '\t', '\r'], " ");
    for c in visible(&text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

impl DrawingBackend for Svg {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }

    fn present(&mut self) -> Done {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Done {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &color, true)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        a: BackendCoord,
        b: BackendCoord,
        style: &S,
        _fill: bool,
    ) -> Done {
        let colour = self.colour("fill", style.color());
        if self.pending.as_ref().is_none_or(|pending| pending.0 != colour) {
            self.flush();
            self.pending = Some((colour, String::new()));
        }
        if let Some((_, path)) = &mut self.pending {
            let (w, h) = (length(b.0 - a.0), length(b.1 - a.1));
            let _ = write!(path, "M{} {}h{w}v{h}h{}z", length(a.0), length(a.1), -w);
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Done {
        self.flush();
        let colour = self.colour("stroke", style.color());
        let width = length(style.stroke_width() as i32);
        let path = path(points);
        let _ = write!(self.text, "<path fill=\"none\"{colour} stroke-width=\"{width}\" d=\"{path}\"/>");
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done {
        self.draw_path([from, to], style)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Done {
        self.flush();
        let colour = self.colour("fill", style.color());
        let path = path(points);
        let _ = write!(self.text, "<path{colour} d=\"{path}z\"/>");
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        at: BackendCoord,
        radius: u32,
        style: &S,
        _fill: bool,
    ) -> Done {
        self.flush();
        let colour = self.colour("fill", style.color());
        let (x, y, r) = (length(at.0), length(at.1), length(radius as i32));
        let _ = write!(self.text, "<circle{colour} cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>");
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Done {
        self.flush();
        let colour = self.colour("fill", style.color());
        let anchor = match style.anchor().h_pos {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        let weight = if matches!(style.style(), FontStyle::Bold) { " font-weight=\"bold\"" } else { "" };
        let (x, y) = (length(at.0), length(at.1 + (style.size() / 2.0) as i32));
        let size = (style.size() / SCALE / super::canvas::HEIGHT_PER_EM * 10.0).round() / 10.0;
        let text = escaped(text);
        let _ = write!(
            self.text,
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{weight}{anchor}{colour}>{text}</text>"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_short() {
        assert_eq!(path([(0, 0), (40, 0), (40, 20), (44, 26), (48, 23)]), "M0 0h10v5l1 1.5 1-0.75");
    }

    #[test]
    fn names_stay_text() {
        let text = escaped("<script>alert(\"a\" & 'b')</script>\u{202e}\u{2066}\u{2069}\u{200b}\u{7}\n");
        assert_eq!(text, "&lt;script&gt;alert(&quot;a&quot; &amp; &apos;b&apos;)&lt;/script&gt; ");
    }
}
