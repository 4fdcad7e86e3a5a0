//! Whether the answer on standard output is coloured.

use std::io::{self, IsTerminal};

use crate::report::terminal::Ink;

/// When text is coloured; NO_COLOR in the environment is honoured (no-color.org).
#[derive(Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// For standard output.
    pub(super) fn ink(self) -> Ink {
        let is_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Color::Auto if io::stdout().is_terminal() && !is_forbidden => Ink::Ansi,
            Color::Always => Ink::Ansi,
            _ => Ink::Plain,
        }
    }
}
