//! From values to places on an axis, and where its ticks are.

use super::spec::{Axis, Scale, Unit};

/// An axis laid along a line of pixels.
pub(super) struct Placed<'a> {
    axis: &'a Axis,
    from: f64,
    to: f64,
}

/// Seconds that people count in.
const TIMES_S: [f64; 29] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0,
    300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10800.0, 21600.0, 43200.0, 86400.0, 172_800.0, 432_000.0,
];

impl<'a> Placed<'a> {
    /// Along pixels `from` to `to`; a y axis goes from the bottom up, but names from the top down.
    pub(super) fn new(axis: &'a Axis, from: f64, to: f64) -> Placed<'a> {
        Placed { axis, from, to }
    }

    /// Where a value is.
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = match &self.axis.scale {
            Scale::Linear { from, to } if from != to => (value - from) / (to - from),
            Scale::Linear { .. } => 0.5,
            Scale::Log { from, to } => {
                let log = |v: f64| libm::log(v.max(f64::MIN_POSITIVE));
                (log(value) - log(*from)) / (log(*to) - log(*from)).max(1e-9)
            }
            Scale::Names(names) => value / names.len().max(1) as f64,
        };
        self.from + share.clamp(-0.02, 1.02) * (self.to - self.from)
    }

    /// Values with their labels, some `apart` pixels from each other at least.
    pub(super) fn ticks(&self, apart: f64) -> Vec<(f64, String)> {
        let length = (self.to - self.from).abs();
        if !self.axis.at.is_empty() {
            return self.far_enough(self.axis.at.iter().copied(), apart);
        }
        match &self.axis.scale {
            Scale::Names(names) => {
                let each = length / names.len().max(1) as f64;
                let every = if each <= 0.0 { 1 } else { ((apart / each).ceil() as usize).max(1) };
                let named = names.iter().enumerate().filter(|(k, name)| k % every == 0 && !name.is_empty());
                named.map(|(k, name)| (k as f64 + 0.5, name.clone())).collect()
            }
            Scale::Linear { from, to } => {
                let (low, high) = (from.min(*to), from.max(*to));
                let step = step(self.axis.unit, (high - low) * apart / length.max(1.0));
                if !(high > low && step > 0.0) {
                    return vec![(low, value(low, self.axis.unit))];
                }
                let first = (low / step - 1e-9).ceil() as i64;
                let last = (high / step + 1e-9).floor() as i64;
                (first..=last)
                    .map(|k| k as f64 * step)
                    .map(|v| (v, tick_label(v, step, self.axis.unit)))
                    .collect()
            }
            Scale::Log { from, to } => self.log_ticks(*from, *to, apart),
        }
    }

    fn log_ticks(&self, from: f64, to: f64, apart: f64) -> Vec<(f64, String)> {
        let candidates: Vec<f64> = match self.axis.unit {
            Unit::Time => TIMES_S.to_vec(),
            _ => (-12..13).flat_map(|e| [1.0, 2.0, 5.0].map(|m| m * libm::pow(10.0, f64::from(e)))).collect(),
        };
        self.far_enough(candidates.into_iter().filter(|v| *v >= from * 0.999 && *v <= to * 1.001), apart)
    }

    /// Those that are not too near to the one before.
    fn far_enough(&self, values: impl Iterator<Item = f64>, apart: f64) -> Vec<(f64, String)> {
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for v in values {
            let far = ticks.last().is_none_or(|(last, _)| (self.at(v) - self.at(*last)).abs() >= apart);
            if far {
                ticks.push((v, value(v, self.axis.unit)));
            }
        }
        ticks
    }
}

/// The smallest step that people like and that is not below `least`.
fn step(unit: Unit, least: f64) -> f64 {
    if unit == Unit::Time
        && let Some(step) = TIMES_S.iter().find(|step| **step >= least)
    {
        return *step;
    }
    let power = libm::pow(10.0, libm::floor(libm::log10(least.max(1e-12))));
    let nice = [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|step| *step >= least * 0.999_999);
    let step = nice.unwrap_or(10.0 * power);
    if unit == Unit::Count { step.max(1.0) } else { step }
}

fn tick_label(v: f64, step: f64, unit: Unit) -> String {
    let digits = |scale: f64| (-libm::floor(libm::log10((step * scale).max(1e-12)) + 1e-9)).max(0.0) as usize;
    match unit {
        Unit::Share => format!("{} %", signed(v, &format!("{:.*}", digits(100.0), v.abs() * 100.0))),
        Unit::Points => signed(v, &format!("{:.*}", digits(100.0), v.abs() * 100.0)),
        Unit::Number if step < 1.0 => signed(v, &format!("{:.*}", digits(1.0), v.abs())),
        _ => value(v, unit),
    }
}

/// A value in words, as on an axis: `1m30s`, `12 000`, `40 %`, `0.25`.
pub fn value(v: f64, unit: Unit) -> String {
    match unit {
        Unit::Time => time(v),
        Unit::Count => count(v),
        Unit::Share => format!("{} %", signed(v, &hundredths(v.abs()))),
        Unit::Points => signed(v, &hundredths(v.abs())),
        Unit::Number => number(v),
    }
}

/// A share in hundredths, with more digits near to none and all.
fn hundredths(share: f64) -> String {
    let percent = share * 100.0;
    let text = if percent != 0.0 && percent < 1.0 || (99.0..100.0).contains(&percent) {
        format!("{percent:.2}")
    } else {
        format!("{percent:.1}")
    };
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() { "0" } else { short }.to_string()
}

/// The minus sign before what is below zero, of a text without sign; `-0` is 0.
fn signed(v: f64, text: &str) -> String {
    let is_zero = text.chars().all(|c| c == '0' || c == '.');
    if v < 0.0 && !is_zero { format!("\u{2212}{text}") } else { text.to_string() }
}

fn number(v: f64) -> String {
    if v.abs() >= 1000.0 || v.fract() == 0.0 {
        return count(v);
    }
    let places = if v.abs() >= 10.0 { 1 } else { 2 };
    let text = format!("{:.places$}", v.abs());
    signed(v, text.trim_end_matches('0').trim_end_matches('.'))
}

/// Whole, in groups of three digits.
fn count(v: f64) -> String {
    let digits = format!("{:.0}", v.abs());
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        // Five digits and more are hard to read in one piece.
        if k > 0 && digits.len() > 4 && (digits.len() - k).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    signed(v, &text)
}

/// A length of time: its two largest units, and nothing that is zero.
fn time(seconds: f64) -> String {
    if seconds < 0.0 {
        return format!("\u{2212}{}", time(-seconds));
    }
    if seconds == 0.0 {
        return "0".to_string();
    }
    if seconds < 0.0995 {
        return format!("{}ms", number((seconds * 1e4).round() / 10.0));
    }
    if seconds < 59.95 {
        let text = format!("{seconds:.1}");
        return format!("{}s", text.trim_end_matches('0').trim_end_matches('.'));
    }
    let whole = seconds.round() as u64;
    let units = [(86400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let mut text = String::new();
    let first = units.iter().position(|(size, _)| whole >= *size).unwrap_or(3);
    for &(size, name) in &units[first..(first + 2).min(4)] {
        let n = if size == 86400 { whole / size } else { whole / size % if size == 3600 { 24 } else { 60 } };
        if n > 0 {
            text.push_str(&match text.is_empty() {
                true => format!("{n}{name}"),
                false => format!("{n:02}{name}"),
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_for_people() {
        let table = [
            (0.0, Unit::Time, "0"),
            (0.005, Unit::Time, "5ms"),
            (0.5, Unit::Time, "0.5s"),
            (12.04, Unit::Time, "12s"),
            (60.0, Unit::Time, "1m"),
            (90.0, Unit::Time, "1m30s"),
            (158.2, Unit::Time, "2m38s"),
            (3600.0, Unit::Time, "1h"),
            (3900.0, Unit::Time, "1h05m"),
            (90000.0, Unit::Time, "1d01h"),
            (12.0, Unit::Count, "12"),
            (9999.0, Unit::Count, "9999"),
            (100_000.0, Unit::Count, "100\u{a0}000"),
            (0.603, Unit::Share, "60.3 %"),
            (1.0, Unit::Share, "100 %"),
            (0.9995, Unit::Share, "99.95 %"),
            (0.0012, Unit::Share, "0.12 %"),
            (0.0, Unit::Share, "0 %"),
            (-3.0, Unit::Count, "\u{2212}3"),
            (-0.43, Unit::Share, "\u{2212}43 %"),
            (-0.43, Unit::Points, "\u{2212}43"),
            (-0.25, Unit::Number, "\u{2212}0.25"),
            (-0.0, Unit::Number, "0"),
            (0.25, Unit::Number, "0.25"),
            (12.34, Unit::Number, "12.3"),
        ];
        for (v, unit, text) in table {
            assert_eq!(value(v, unit), text, "{v}");
        }
    }

    #[test]
    fn ticks_fall_on_round_values_inside_of_the_axis() {
        let ticks = |unit, from, to| -> Vec<String> {
            let axis = Axis::linear("", unit, from, to);
            Placed::new(&axis, 0.0, 600.0).ticks(80.0).into_iter().map(|tick| tick.1).collect()
        };
        assert_eq!(ticks(Unit::Time, 0.0, 400.0), ["0", "1m", "2m", "3m", "4m", "5m", "6m"]);
        assert_eq!(ticks(Unit::Share, 0.0, 1.0), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(ticks(Unit::Count, 0.0, 3.0), ["0", "1", "2", "3"]);
        assert_eq!(ticks(Unit::Number, 0.0, 0.6), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"]);
        assert_eq!(ticks(Unit::Points, -0.5, 0.5), ["\u{2212}40", "\u{2212}20", "0", "20", "40"]);
        // Nothing to divide: one tick, and no endless loop.
        assert_eq!(ticks(Unit::Count, 5.0, 5.0), ["5"]);
        assert_eq!(ticks(Unit::Time, 0.0, f64::NAN).len(), 1);
    }

    #[test]
    fn names_stand_in_the_middle_of_their_places() {
        let axis = Axis::names("", vec!["a".into(), "b".into()]);
        let placed = Placed::new(&axis, 0.0, 100.0);
        assert_eq!((placed.at(0.5), placed.at(1.5)), (25.0, 75.0));
    }
}
