//! Which colour a meaning has on which ground: Okabe and Ito's palette, which colour-blind people can tell apart ("Color
//! Universal Design", 2008), lightened for a dark ground.

use super::spec::Hue;

/// The ground that a chart is drawn on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    Light,
    Dark,
    /// For an SVG inside of a page: colours are CSS variables (see [`page_css`]) and there is no ground.
    Page,
}

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// White paper.
const LIGHT_GROUND: Rgb = (255, 255, 255);
/// Nearly black.
const DARK_GROUND: Rgb = (22, 24, 28);

/// Every hue with its name in CSS, on a light and on a dark ground.
const HUES: [(Hue, &str, Rgb, Rgb); 11] = [
    (Hue::Ground, "ground", LIGHT_GROUND, DARK_GROUND),
    (Hue::Ink, "ink", (28, 32, 38), (232, 234, 237)),
    (Hue::Quiet, "quiet", (94, 101, 112), (160, 167, 178)),
    (Hue::Pale, "pale", (141, 149, 161), (104, 112, 124)),
    (Hue::Blue, "blue", (0, 114, 178), (76, 165, 224)),
    (Hue::Sky, "sky", (86, 180, 233), (128, 200, 240)),
    (Hue::Green, "green", (0, 158, 115), (38, 190, 145)),
    (Hue::Orange, "orange", (230, 159, 0), (240, 178, 50)),
    (Hue::Red, "red", (213, 94, 0), (240, 122, 48)),
    (Hue::Purple, "purple", (170, 51, 119), (226, 120, 180)),
    (Hue::Yellow, "yellow", (240, 228, 66), (196, 184, 60)),
];

/// Text in a hue that is too light to be read on paper, with its name in CSS; on a dark ground every hue can be read.
const TEXTS: [(Hue, &str, Rgb); 5] = [
    (Hue::Sky, "sky-text", (0, 104, 158)),
    (Hue::Green, "green-text", (0, 118, 86)),
    (Hue::Orange, "orange-text", (143, 94, 0)),
    (Hue::Red, "red-text", (183, 78, 0)),
    (Hue::Yellow, "yellow-text", (112, 102, 0)),
];

/// From little to much: light to dark blue on paper, dark to light on a dark ground; cividis-like in lightness only, so
/// that it prints.
const HEAT: [(Rgb, Rgb); 9] = [
    ((239, 244, 250), (30, 38, 50)),
    ((217, 230, 243), (28, 50, 72)),
    ((190, 214, 234), (26, 63, 94)),
    ((155, 194, 222), (26, 78, 118)),
    ((115, 170, 207), (32, 96, 144)),
    ((77, 145, 190), (44, 108, 156)),
    ((43, 118, 170), (92, 148, 196)),
    ((14, 90, 146), (136, 180, 218)),
    ((4, 60, 108), (190, 216, 238)),
];

/// The colour of a hue.
pub fn rgb(hue: Hue, ink: Ink) -> Rgb {
    let (light, dark) = match hue {
        Hue::Heat(step) => HEAT[usize::from(step.min(8))],
        _ => HUES.iter().find(|known| known.0 == hue).map_or(((0, 0, 0), (255, 255, 255)), |h| (h.2, h.3)),
    };
    if ink == Ink::Dark { dark } else { light }
}

/// The colour of text in a hue.
pub fn text_rgb(hue: Hue, ink: Ink) -> Rgb {
    match TEXTS.iter().find(|known| known.0 == hue) {
        Some((.., light)) if ink != Ink::Dark => *light,
        _ => rgb(hue, ink),
    }
}

/// What can be read on a step of the scale.
pub fn on_heat(step: u8) -> Hue {
    if step > 5 { Hue::Ground } else { Hue::Ink }
}

/// The colour behind everything.
pub fn ground(ink: Ink) -> Rgb {
    if ink == Ink::Dark { DARK_GROUND } else { LIGHT_GROUND }
}

/// The CSS variable of a colour of the light ground.
pub(super) fn named(colour: Rgb) -> String {
    if let Some((_, name, ..)) = HUES.iter().find(|known| known.2 == colour) {
        return format!("var(--chart-{name})");
    }
    if let Some((_, name, _)) = TEXTS.iter().find(|known| known.2 == colour) {
        return format!("var(--chart-{name})");
    }
    match HEAT.iter().position(|(light, _)| *light == colour) {
        Some(step) => format!("var(--chart-heat-{step})"),
        None => "var(--chart-ground)".to_string(),
    }
}

pub(super) fn hex((r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// The declarations that charts for a page ask for: on a light ground, and on a dark one; each goes into a rule of the
/// page.
pub fn page_css() -> (String, String) {
    let of = |ink: Ink| {
        let named = HUES.iter().map(|&(hue, name, ..)| (hue, name.to_string()));
        let heat = (0..9).map(|step| (Hue::Heat(step), format!("heat-{step}")));
        let colours = named.chain(heat).map(|(hue, name)| (name, rgb(hue, ink)));
        let texts = TEXTS.iter().map(|&(hue, name, _)| (name.to_string(), text_rgb(hue, ink)));
        colours.chain(texts).map(|(name, colour)| format!("--chart-{name}:{};", hex(colour))).collect()
    };
    (of(Ink::Light), of(Ink::Dark))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast of WCAG 2.2.
    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let part = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |(r, g, b): Rgb| 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_can_be_read_on_both_grounds() {
        for ink in [Ink::Light, Ink::Dark] {
            for (hue, ..) in HUES.iter().filter(|hue| !matches!(hue.0, Hue::Ground | Hue::Pale)) {
                let found = contrast(text_rgb(*hue, ink), ground(ink));
                assert!(found >= 4.5, "{hue:?} on {ink:?}: {found:.2}");
            }
            for step in 0..9 {
                let found = contrast(rgb(on_heat(step), ink), rgb(Hue::Heat(step), ink));
                assert!(found >= 4.5, "step {step} on {ink:?}: {found:.2}");
            }
            // Bars that mean little are still seen.
            let pale = contrast(rgb(Hue::Pale, ink), ground(ink));
            assert!(pale >= 3.0, "pale on {ink:?}: {pale:.2}");
        }
    }

    #[test]
    fn a_colour_of_a_page_has_one_name() {
        let mut colours: Vec<Rgb> = HUES.iter().map(|hue| hue.2).collect();
        colours.extend(TEXTS.iter().map(|text| text.2));
        colours.extend(HEAT.iter().map(|heat| heat.0));
        let all = colours.len();
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), all);
    }
}
