//! Charts: specs as data, and one drawing of them as SVG and as PNG, with plotters.
//!
//! The only folder that knows plotters, fonts and colours. What each chart shows is `report/figures`'.

mod axis;
mod canvas;
mod colours;
mod draw;
mod frame;
mod png;
pub mod spec;
mod svg;
mod words;

pub use axis::value;
pub use colours::{Ink, on_heat, page_css};
pub use png::png;
pub use spec::Chart;
pub use svg::svg;
