//! Strokes on any of plotters' backends, in CSS pixels: the same for SVG and PNG.
//!
//! Backends count in whole pixels, so everything is drawn at [`SCALE`] times its size and scaled down by them.

use std::borrow::Cow;
use std::sync::Once;

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, IntoFont, ShapeStyle, TextStyle, register_font};
use plotters_backend::{BackendColor, DrawingBackend};

use super::colours::{Ink, rgb, text_rgb};
use super::spec::{Anchor, Hue};

/// Backend pixels to a CSS pixel.
pub(super) const SCALE: f64 = 4.0;
/// Plotters' size of a font is its height from the highest to the lowest letter; this is that of DejaVu Sans for one em.
pub(super) const HEIGHT_PER_EM: f64 = (1901.0 + 483.0) / 2048.0;
/// The name under which the font is registered.
const FONT: &str = "jobsim";

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub size: f64,
    pub bold: bool,
    pub hue: Hue,
}

/// Draws on a backend; the first error is kept, and nothing is drawn after it.
pub(super) struct Canvas<'b, B: DrawingBackend> {
    backend: &'b mut B,
    ink: Ink,
    pub(super) fault: Option<String>,
}

impl<'b, B: DrawingBackend> Canvas<'b, B> {
    pub(super) fn new(backend: &'b mut B, ink: Ink) -> Canvas<'b, B> {
        Canvas { backend, ink, fault: None }
    }

    fn style(&self, hue: Hue, alpha: f64, width: f64) -> ShapeStyle {
        let color = BackendColor { alpha, rgb: rgb(hue, self.ink) };
        ShapeStyle {
            color: plotters::style::RGBAColor(color.rgb.0, color.rgb.1, color.rgb.2, alpha),
            filled: true,
            stroke_width: (width * SCALE).round().max(1.0) as u32,
        }
    }

    fn try_to<E: std::fmt::Display>(&mut self, draw: impl FnOnce(&mut B) -> Result<(), E>) {
        if self.fault.is_none()
            && let Err(error) = draw(self.backend)
        {
            self.fault = Some(error.to_string());
        }
    }

    pub(super) fn rect(&mut self, x: (f64, f64), y: (f64, f64), hue: Hue, alpha: f64) {
        let style = self.style(hue, alpha, 1.0);
        let (a, b) = (pixel(x.0.min(x.1), y.0.min(y.1)), pixel(x.0.max(x.1), y.0.max(y.1)));
        // What is there is seen: nothing is thinner than a pixel.
        let thin = SCALE as i32;
        let b = (b.0.max(a.0 + thin), b.1.max(a.1 + thin));
        self.try_to(|backend| backend.draw_rect(a, b, &style, true));
    }

    pub(super) fn line(&mut self, points: &[(f64, f64)], hue: Hue, alpha: f64, width: f64) {
        let style = self.style(hue, alpha, width);
        let path = simplified(points);
        if path.len() > 1 {
            self.try_to(|backend| backend.draw_path(path, &style));
        }
    }

    pub(super) fn dashed(&mut self, points: &[(f64, f64)], hue: Hue, width: f64) {
        const DASH: [f64; 2] = [6.0, 4.0];
        let (mut on, mut left) = (0, DASH[0]);
        for pair in points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let length = (b.0 - a.0).hypot(b.1 - a.1);
            let mut done = 0.0;
            while done < length - 1e-9 {
                let next = (done + left).min(length);
                let at = |d: f64| (a.0 + (b.0 - a.0) * d / length, a.1 + (b.1 - a.1) * d / length);
                if on == 0 {
                    self.line(&[at(done), at(next)], hue, 1.0, width);
                }
                left -= next - done;
                done = next;
                if left <= 1e-9 {
                    on = 1 - on;
                    left = DASH[on];
                }
            }
        }
    }

    pub(super) fn polygon(&mut self, points: &[(f64, f64)], hue: Hue, alpha: f64) {
        let style = self.style(hue, alpha, 1.0);
        let path = simplified(points);
        if path.len() > 2 {
            self.try_to(|backend| backend.fill_polygon(path, &style));
        }
    }

    pub(super) fn circle(&mut self, at: (f64, f64), radius: f64, hue: Hue) {
        let style = self.style(hue, 1.0, 1.0);
        let radius = (radius * SCALE).round() as u32;
        self.try_to(|backend| backend.draw_circle(pixel(at.0, at.1), radius, &style, true));
    }

    /// `y`: where the letters stand.
    pub(super) fn text(&mut self, x: f64, y: f64, text: &str, look: Type, anchor: Anchor) {
        let size = look.size * SCALE * HEIGHT_PER_EM;
        let horizontal = match anchor {
            Anchor::Start | Anchor::Within => HPos::Left,
            Anchor::Middle | Anchor::Inside => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = TextStyle {
            font: font(size, look.bold),
            color: BackendColor { alpha: 1.0, rgb: text_rgb(look.hue, self.ink) },
            pos: Pos::new(horizontal, VPos::Top),
        };
        let at = pixel(x, y);
        // With ab_glyph letters stand half the size below the position.
        let at = (at.0, at.1 - (size / 2.0) as i32);
        let text = visible(text);
        self.try_to(|backend| backend.draw_text(&text, &style, at));
    }
}

/// How wide a text is, in CSS pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let text = visible(text);
    let found = font(size * SCALE * HEIGHT_PER_EM, bold).layout_box(&text);
    found.map_or(0.6 * size * text.chars().count() as f64, |(a, b)| f64::from(b.0 - a.0) / SCALE)
}

/// Without letters that only turn others around or have no width: fonts have no sign for them and draw a box.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| {
        c.is_control()
            || matches!(u32::from(c), 0xad | 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff)
    };
    match text.contains(hidden) {
        true => Cow::Owned(text.chars().filter(|c| !hidden(*c)).collect()),
        false => Cow::Borrowed(text),
    }
}

/// The text, or as much of its ends as so many pixels hold.
pub(super) fn fitted(text: &str, size: f64, most: f64) -> String {
    if width(text, size, false) <= most {
        return text.to_string();
    }
    let letters: Vec<char> = text.chars().collect();
    for left in (2..letters.len()).rev() {
        let (head, tail) = (left.div_ceil(2), left / 2);
        let short: String =
            letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect();
        if width(&short, size, false) <= most {
            return short;
        }
    }
    "…".to_string()
}

fn font(size: f64, bold: bool) -> FontDesc<'static> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let regular = include_bytes!("../../../assets/fonts/DejaVuSans-subset.ttf");
        let heavy = include_bytes!("../../../assets/fonts/DejaVuSans-Bold-subset.ttf");
        // A test draws text; a font that cannot be read would be seen there.
        let _ = register_font(FONT, FontStyle::Normal, regular);
        let _ = register_font(FONT, FontStyle::Bold, heavy);
    });
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    (FontFamily::Name(FONT), size, style).into_font()
}

fn pixel(x: f64, y: f64) -> (i32, i32) {
    ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
}

/// In backend pixels, without points that are twice the same or lie within a straight line along an axis.
fn simplified(points: &[(f64, f64)]) -> Vec<(i32, i32)> {
    let mut path: Vec<(i32, i32)> = Vec::with_capacity(points.len());
    for &(x, y) in points.iter().filter(|p| p.0.is_finite() && p.1.is_finite()) {
        let next = pixel(x, y);
        if let [.., a, b] = path[..] {
            let flat = a.1 == b.1 && b.1 == next.1 && (a.0 <= b.0) == (b.0 <= next.0);
            let upright = a.0 == b.0 && b.0 == next.0 && (a.1 <= b.1) == (b.1 <= next.1);
            if flat || upright {
                path.pop();
            }
        }
        if path.last() != Some(&next) {
            path.push(next);
        }
    }
    path
}
