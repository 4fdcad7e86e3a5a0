//! How far a long run is, on standard error, where that is a terminal; nothing otherwise.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Shorter runs say nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// One line that is written over and over.
pub(super) struct Progress {
    begin: Instant,
    last: Option<Instant>,
    is_terminal: bool,
}

impl Progress {
    pub(super) fn new() -> Progress {
        Progress { begin: Instant::now(), last: None, is_terminal: std::io::stderr().is_terminal() }
    }

    /// `done` of `all` replications are there.
    pub(super) fn tell(&mut self, done: u64, all: u64) {
        let spent = self.begin.elapsed();
        let due = self.last.map_or(spent > PATIENCE, |last| last.elapsed() > PATIENCE / 5);
        if !self.is_terminal || !due || done == 0 {
            return;
        }
        self.last = Some(Instant::now());
        let rest_s = spent.as_secs_f64() / done as f64 * all.saturating_sub(done) as f64;
        let _ = write!(std::io::stderr(), "\r\x1b[K{done} of {all} replications, about {rest_s:.0} s to go");
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        if self.last.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
