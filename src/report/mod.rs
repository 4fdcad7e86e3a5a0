//! Numbers → JSON, CSV, text. Writers are handed in; nothing is opened here.

pub mod answer;
pub mod compare;
pub mod csv;
pub mod dependencies;
pub mod diagnostics;
mod digest;
pub mod json;
pub mod markdown;
pub mod recommend;
pub mod side_by_side;
pub mod story;
mod story_words;
pub mod sweep;
pub mod terminal;
pub mod trace;
pub mod why;
