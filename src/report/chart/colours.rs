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
    (Hue::Pale, "pale", (190, 197, 206), (84, 91, 102)),
    (Hue::Blue, "blue", (0, 114, 178), (76, 165, 224)),
    (Hue::Sky, "sky", (86, 180, 233), (128, 200, 240)),
    (Hue::Green, "green", (0, 158, 115), (38, 190, 145)),
    (Hue::Orange, "orange", (230, 159, 0), (240, 178, 50)),
    (Hue::Red, "red", (213, 94, 0), (240, 122, 48)),
    (Hue::Purple, "purple", (170, 51, 119), (226, 120, 180)),
    (Hue::Yellow, "yellow", (240, 228, 66), (196, 184, 60)),
];

/// From little to much: light to dark blue on paper, dark to light on a dark ground; cividis-like in lightness only, so
/// that it prints.
const HEAT: [(Rgb, Rgb); 9] = [
    ((239, 244, 250), (30, 38, 50)),
    ((217, 230, 243), (28, 50, 72)),
    ((190, 214, 234), (26, 63, 94)),
    ((155, 194, 222), (26, 78, 118)),
    ((115, 170, 207), (32, 96, 144)),
    ((77, 145, 190), (56, 120, 170)),
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

/// The colour behind everything.
pub fn ground(ink: Ink) -> Rgb {
    if ink == Ink::Dark { DARK_GROUND } else { LIGHT_GROUND }
}

/// The CSS variable of a colour of the light ground.
pub(super) fn named(colour: Rgb) -> String {
    if let Some((_, name, ..)) = HUES.iter().find(|known| known.2 == colour) {
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
        let line = |(hue, name): (Hue, String)| format!("--chart-{name}:{};", hex(rgb(hue, ink)));
        named.chain(heat).map(line).collect()
    };
    (of(Ink::Light), of(Ink::Dark))
}
