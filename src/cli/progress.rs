//! How far a long run is, on standard error, where that is a terminal; nothing otherwise.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::report::words::duration;

/// Shorter runs say nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// Characters of the bar.
const WIDTH: usize = 24;

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

    /// `done` of `all` replications are there. The time to go is what the rest takes at the speed so far.
    pub(super) fn tell(&mut self, done: u64, all: u64) {
        if done > 0 && self.is_due() {
            self.write(&line(done, all, self.begin.elapsed()));
        }
    }

    /// `done` replications are there, and nobody knows how many it will take; `what` is going on.
    pub(super) fn tell_open(&mut self, done: u64, what: &str) {
        if self.is_due() {
            self.write(&format!("{done} replications so far, {what}"));
        }
    }

    /// Takes the line away.
    pub(super) fn end(&self) {
        if self.last.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    fn is_due(&self) -> bool {
        let since = self.last.map_or(self.begin.elapsed() > PATIENCE, |last| last.elapsed() > PATIENCE / 5);
        self.is_terminal && since
    }

    fn write(&mut self, line: &str) {
        self.last = Some(Instant::now());
        let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
    }
}

fn line(done: u64, all: u64, spent: Duration) -> String {
    let share = (done as f64 / all.max(1) as f64).min(1.0);
    let rest_s = spent.as_secs_f64() * (1.0 / share - 1.0);
    let full = (share * WIDTH as f64) as usize;
    let bar = "#".repeat(full) + &"-".repeat(WIDTH - full);
    format!("[{bar}] {done} of {all} replications, about {} to go", duration(rest_s.ceil()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_what_is_done() {
        let at = |done| line(done, 1000, Duration::from_secs(30));
        assert_eq!(at(250), "[######------------------] 250 of 1000 replications, about 1m30s to go");
        assert_eq!(at(1000), "[########################] 1000 of 1000 replications, about 0.00s to go");
    }
}
