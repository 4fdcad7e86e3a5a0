//! One dependency as lines of the terminal: its numbers, the first deadlock, and what became of its load.

use super::dependencies::{DependencyAnswer, Quantities, RecoveryAnswer};
use super::terminal::{Detail, bullet, head, row};
use super::words::{duration, number, of_runs, several};
use crate::kubernetes::dependencies::recovery::Trigger;

/// What the terminal leaves out unless it is asked for everything.
const DETAILS: [&str; 9] = [
    "mean_in_flight",
    "mean_waiting",
    "arrivals_per_s",
    "peak_arrivals_per_10s",
    "amplification_by_clients",
    "amplification_by_job",
    "short_circuited",
    "unheard",
    "gave_up",
];

/// The lines of one dependency.
pub(super) fn text(text: &mut String, answer: &DependencyAnswer, detail: Detail) {
    head(text, &format!("{} ({})", answer.name, answer.kind));
    let rows = |text: &mut String, label: fn(&str) -> String, quantities: &Quantities| {
        for (name, summary) in quantities {
            let is_shown = detail == Detail::All || !DETAILS.contains(name);
            let Some(s) = summary.filter(|s| is_shown && s.max != 0.0) else { continue };
            let (name, show): (&str, fn(f64) -> String) = match name.strip_suffix("_s") {
                Some(name) if !name.ends_with("per") && !name.ends_with("10") => (name, duration),
                _ => (name, number),
            };
            row(text, &label(&name.replace("amplification", "amplif.")), &s, show);
        }
    };
    rows(text, str::to_string, &answer.quantities);
    if let Some((with, without)) = &answer.background {
        for pair in with.iter().zip(without) {
            rows(text, |name| format!("others' {name}"), &vec![*pair.0]);
            rows(text, |_| "  without the Jobs".to_string(), &vec![*pair.1]);
        }
    }
    if let Some((replication, t_s, circle)) = &answer.deadlock {
        bullet(text, &format!("Deadlock in run {replication} after {}: {circle}", duration(*t_s)));
    }
    if let Some(r) = &answer.recovery {
        bullet(text, &recovery_text(r));
    }
    text.push('\n');
}

/// What became of the load, in a sentence.
pub(super) fn recovery_text(r: &RecoveryAnswer) -> String {
    let after = |since: &str| {
        r.after_s.as_ref().map_or(String::new(), |s| format!(", {} {since} (median)", duration(s.p50)))
    };
    let rest =
        format!("only because the Jobs had ended in {}, not at all in {}.", r.only_at_the_end, r.not_yet);
    match r.trigger {
        Trigger::Fault => format!(
            "After the fault the load came back to normal by itself in {}{}; {rest}",
            of_runs(r.recovered, r.runs),
            after("after its end")
        ),
        Trigger::Crash | Trigger::Overload => format!(
            "Tries failed{} in {}: that stopped by itself in {}{}; {rest}",
            if r.trigger == Trigger::Crash { ", with crashes," } else { "" },
            several(r.runs as u64, "run"),
            r.recovered,
            after("after the first")
        ),
    }
}
