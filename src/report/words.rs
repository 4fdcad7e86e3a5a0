//! Numbers as people read them: lengths of time, counts, shares, intervals, wrapped lines.

use std::fmt::Write;

use crate::experiment::measure::Measure;

/// Four digits that matter, or all of a whole number.
pub fn number(value: f64) -> String {
    match value.abs() {
        _ if value.fract() == 0.0 => format!("{value}"),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A confidence in words: `95 %`.
pub fn confidence_level(level: f64) -> String {
    format!("{} %", (level * 1e8).round() / 1e6)
}

/// A share with one digit after the point; two below one per cent.
pub fn percent(share: f64) -> String {
    let value = 100.0 * share;
    if value > 0.0 && value < 0.95 { format!("{value:.2} %") } else { format!("{value:.1} %") }
}

/// A value of a measure: a share in per cent, a time as a duration.
pub fn measured(measure: &Measure, value: f64) -> String {
    match () {
        () if value.is_nan() => "-".to_string(),
        () if value.is_infinite() => "never".to_string(),
        () if measure.is_share() => format!("{:.2} %", 100.0 * value),
        () if measure.is_time() => duration(value),
        () => number(value),
    }
}

/// `1 setting`, `2 settings`.
pub fn several(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `40 of 100 runs`.
pub fn of_runs(count: usize, runs: usize) -> String {
    if runs == 1 && count == 1 {
        "the only run".to_string()
    } else {
        format!("{count} of {}", several(runs as u64, "run"))
    }
}

/// An interval of a share.
pub fn percents((low, high): (f64, f64)) -> String {
    format!("[{}, {}]", percent(low), percent(high))
}

/// A length of time with the two units that matter: `1h05m`, `12m30s`, `4.25s`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (days, hours, minutes, rest) = (whole / 86400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds:.2}s"),
        (0, 0, _) => format!("{minutes}m{rest:02}s"),
        (0, _, _) => format!("{hours}h{minutes:02}m"),
        _ => format!("{days}d{hours:02}h"),
    }
}

/// Writes words in lines of at most 78 characters: `first` before the first line, `next` before the others.
pub fn wrap(text: &mut String, first: &str, next: &str, sentence: &str) {
    let mut line = String::from(first);
    let mut is_empty = true;
    for word in sentence.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > 78 {
            let _ = writeln!(text, "{line}");
            line = String::from(next);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(text, "{line}");
}
