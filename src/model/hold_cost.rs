//! What holding a lock costs beyond the time that its holder asked for: nothing, what the input says, or what was measured
//! on PostgreSQL (docs/real-systems.md has every case).

use crate::engine::time::SimDuration;

/// What a lock adds to the time that its holder asked for.
///
/// With H the time asked for, w the callers that wait when the hold begins, and g = 1 - exp(-H / idle_scale):
/// H + slack·H + fixed + idle_fixed·g + w·(per_waiter + idle_per_waiter·g). The idle terms are what a machine
/// costs more after it had nothing to do for a while.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HoldCost {
    pub fixed_ns: f64,
    pub per_waiter_ns: f64,
    pub idle_fixed_ns: f64,
    pub idle_per_waiter_ns: f64,
    pub idle_scale_ns: f64,
    /// As a share of the time asked for.
    pub slack: f64,
}

impl HoldCost {
    /// Nothing is added.
    pub const NONE: HoldCost = HoldCost {
        fixed_ns: 0.0,
        per_waiter_ns: 0.0,
        idle_fixed_ns: 0.0,
        idle_per_waiter_ns: 0.0,
        idle_scale_ns: 1.0,
        slack: 0.0,
    };

    /// An UPDATE of one row, with BEGIN and COMMIT (PostgreSQL 15.20, measured for H = 0, 5, 20, 300 ms and up to 200
    /// clients; all means of the measured gaps between holders within 1.6 %).
    pub const POSTGRES_ROW: HoldCost = HoldCost {
        fixed_ns: 300_000.0,
        per_waiter_ns: 4_200.0,
        idle_fixed_ns: 1_690_000.0,
        idle_per_waiter_ns: 12_260.0,
        idle_scale_ns: 11_600_000.0,
        slack: 0.001,
    };

    /// pg_advisory_xact_lock (measured at H = 20 ms: 0.95 ms whatever the number of waiters; the form is the row's).
    pub const POSTGRES_ADVISORY: HoldCost = HoldCost {
        fixed_ns: 160_000.0,
        per_waiter_ns: 0.0,
        idle_fixed_ns: 940_000.0,
        idle_per_waiter_ns: 0.0,
        idle_scale_ns: 11_600_000.0,
        slack: 0.001,
    };

    /// The whole hold.
    pub fn total(&self, asked: SimDuration, waiters: u32) -> SimDuration {
        if asked.is_never() || *self == HoldCost::NONE {
            return asked;
        }
        let h = asked.nanos() as f64;
        let g = 1.0 - libm::exp(-h / self.idle_scale_ns);
        let per_waiter = self.per_waiter_ns + self.idle_per_waiter_ns * g;
        let added = h * self.slack + self.fixed_ns + self.idle_fixed_ns * g + f64::from(waiters) * per_waiter;
        asked + SimDuration::from_nanos(added.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Means of the measured gaps between two holders of a hot row, by time asked for and number of waiters
    /// (PostgreSQL 15.20: A1, A2 and A3 of the reference measurements, several hundred gaps each).
    #[test]
    fn a_hot_row_costs_what_was_measured() {
        let measured = [
            (5.0, 1.3, 5.862),
            (5.0, 18.3, 6.065),
            (5.0, 46.3, 6.392),
            (5.0, 98.1, 6.812),
            (5.0, 178.9, 7.341),
            (20.0, 10.5, 21.76),
            (20.0, 39.5, 22.265),
            (20.0, 96.1, 23.073),
            (20.0, 178.9, 24.294),
            (300.0, 9.0, 302.83),
        ];
        for (hold_ms, waiters, gap_ms) in measured {
            let hold = SimDuration::from_seconds(hold_ms / 1000.0);
            let got = HoldCost::POSTGRES_ROW.total(hold, f64::round(waiters) as u32).seconds() * 1000.0;
            assert!((got / gap_ms - 1.0).abs() < 0.02, "{hold_ms} ms, {waiters}: {got}, measured {gap_ms}");
        }
        let advisory = HoldCost::POSTGRES_ADVISORY.total(SimDuration::from_seconds(0.02), 90).seconds();
        assert!((advisory - 0.020_95).abs() < 0.000_1, "{advisory}");
    }

    #[test]
    fn nothing_is_added_to_a_plain_hold() {
        let hold = SimDuration::from_nanos(12_345);
        assert_eq!(HoldCost::NONE.total(hold, 1000), hold);
        assert!(HoldCost::POSTGRES_ROW.total(SimDuration::NEVER, 3).is_never());
    }
}
