//! Ctrl-C, and the SIGTERM that a pod gets: the process ends at once, and says how to go on.
//!
//! Nothing has to be saved then: what run and sweep have finished is in the journal already, and what a stop tears off is
//! cut when the journal is opened again. The other commands keep nothing before their end. Without a handler the first
//! process of a container would not even hear SIGTERM.

use std::io::{IsTerminal, Write};

/// What a shell gives for a process that Ctrl-C ended.
const STOPPED: i32 = 130;

/// What a stopped command has left.
pub(super) enum Left {
    /// With --save a journal.
    Journal,
    Nothing,
}

/// From here on a stop ends the process with a line on standard error.
pub(super) fn end_cleanly(left: Left) {
    let stop = move || {
        let mut err = std::io::stderr();
        // Over the line of progress.
        let clear = if err.is_terminal() { "\r\x1b[K" } else { "" };
        let then = match left {
            Left::Journal => "with --save the same command goes on from here, without it nothing was kept",
            Left::Nothing => "nothing was kept, the same command begins anew",
        };
        let _ = writeln!(err, "{clear}jobsim: stopped; {then}");
        std::process::exit(STOPPED);
    };
    // Where there are no signals there is nothing to do.
    let _ = ctrlc::set_handler(stop);
}
