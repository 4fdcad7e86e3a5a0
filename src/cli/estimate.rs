//! How long it will take, by a few runs, so that nobody starts days of work by mistake.

use std::time::{Duration, Instant};

use crate::experiment::replicate::Threads;
use crate::model::scenario::Scenario;

/// More time needs --yes.
pub(super) const LONG_S: f64 = 600.0;

/// What one setting takes.
pub(super) struct Pace {
    /// To read it (s).
    pub(super) load_s: f64,
    /// To simulate it once (s).
    pub(super) run_s: f64,
}

impl Pace {
    /// From a few runs of the first, the middle and the last of these settings, `most` of each.
    ///
    /// # Errors
    /// When a setting is none.
    pub(super) fn of<E>(
        cells: &[usize],
        load: &dyn Fn(usize) -> Result<Scenario, E>,
        (seed, most): (u64, u64),
        threads: &Threads,
    ) -> Result<Pace, E> {
        const PILOT: u64 = 8;
        let runs = PILOT.min(most).max(1);
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else {
            return Ok(Pace { load_s: 0.0, run_s: 0.0 });
        };
        let pilots = [*first, cells[cells.len() / 2], *last];
        let (mut loading, mut running) = (Duration::ZERO, Duration::ZERO);
        for cell in pilots {
            let begin = Instant::now();
            let scenario = load(cell)?;
            loading += begin.elapsed();
            let begin = Instant::now();
            threads.replicate(&scenario, seed, 0..runs);
            running += begin.elapsed();
        }
        let pilots = pilots.len() as f64;
        Ok(Pace {
            load_s: loading.as_secs_f64() / pilots,
            run_s: running.as_secs_f64() / (pilots * runs as f64),
        })
    }
}
