//! One dependency as lines of the terminal: its numbers, the first deadlock, and what became of its load.

use std::fmt::Write;

use super::dependencies::{DependencyAnswer, Quantities, RecoveryAnswer};
use super::terminal::{duration, number, row, wrap};
use crate::kubernetes::dependencies::recovery::Trigger;

/// The lines of one dependency.
pub(super) fn text(text: &mut String, answer: &DependencyAnswer) {
    let _ = writeln!(text, "Dependency {} ({})\n", answer.name, answer.kind);
    let _ = writeln!(
        text,
        "  {:20} {:>10} {:>10} {:>10} {:>10}  mean's interval",
        "", "mean", "p50", "p95", "max"
    );
    let rows = |text: &mut String, prefix: &str, quantities: &Quantities| {
        for (name, summary) in quantities {
            let Some(s) = summary else { continue };
            if s.max == 0.0 {
                continue;
            }
            let (label, show): (&str, fn(f64) -> String) = match name.strip_suffix("_s") {
                Some(label) if !label.ends_with("per") && !label.ends_with("10") => (label, duration),
                _ => (name, number),
            };
            row(text, &format!("{prefix}{label}").replace("amplification", "amplif."), s, show);
        }
    };
    rows(text, "", &answer.quantities);
    if let Some((with, without)) = &answer.background {
        rows(text, "others' ", with);
        rows(text, "no Jobs: others' ", without);
    }
    if let Some((replication, t_s, circle)) = &answer.deadlock {
        wrap(text, &format!("Deadlock in run {replication} after {}: {circle}", duration(*t_s)));
    }
    if let Some(r) = &answer.recovery {
        wrap(text, &recovery_text(r));
    }
    text.push('\n');
}

/// What became of the load, in a sentence.
fn recovery_text(r: &RecoveryAnswer) -> String {
    let after = |since: &str| {
        r.after_s.as_ref().map_or(String::new(), |s| format!(", {} {since} (median)", duration(s.p50)))
    };
    let rest =
        format!("only because the Jobs had ended in {}, not at all in {}.", r.only_at_the_end, r.not_yet);
    match r.trigger {
        Trigger::Fault => format!(
            "After the fault the load came back to normal by itself in {} of {} runs{}; {rest}",
            r.recovered,
            r.runs,
            after("after its end")
        ),
        Trigger::Crash | Trigger::Overload => format!(
            "Tries failed{} in {} runs: that stopped by itself in {}{}; {rest}",
            if r.trigger == Trigger::Crash { ", with crashes," } else { "" },
            r.runs,
            r.recovered,
            after("after the first")
        ),
    }
}
