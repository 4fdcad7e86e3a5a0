//! Numbers → JSON, CSV, text. Writers are handed in; nothing is opened here.

pub mod answer;
pub mod csv;
pub mod dependencies;
pub mod diagnostics;
pub mod json;
pub mod story;
pub mod terminal;
pub mod trace;
pub mod why;
