//! Numbers → JSON, CSV, text. Writers are handed in; nothing is opened here.

pub mod answer;
mod axes;
pub mod chart;
pub mod compare;
pub mod csv;
pub mod dependencies;
mod dependency_text;
pub mod diagnostics;
mod digest;
pub mod figures;
pub mod html;
pub mod json;
pub mod markdown;
pub mod model_card;
pub mod recommend;
pub mod side_by_side;
pub mod story;
mod story_words;
pub mod sweep;
pub mod terminal;
pub mod trace;
pub mod verdict;
pub mod why;
pub mod words;
