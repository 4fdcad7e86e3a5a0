//! The scalar grammars of the Simulation document: durations, rates, probabilities.
//!
//! A number without a unit is an error, so that nobody has to guess seconds or milliseconds. Exact for whole
//! units. Relies on the engine's time only; it knows neither trees nor files.

use crate::engine::time::SimDuration;

const UNITS: [(&str, f64); 13] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("sec", 1.0),
    ("m", 60.0),
    ("min", 60.0),
    ("h", 3600.0),
    ("hour", 3600.0),
    ("d", 86_400.0),
    ("day", 86_400.0),
];

/// Reads `90s`, `1h30m`, `1.5h`, `500ms`, `2d`, `10us` as seconds, or `never` as infinity.
pub fn seconds(text: &str) -> Result<f64, String> {
    let text = text.trim();
    if text == "never" {
        return Ok(f64::INFINITY);
    }
    if text.is_empty() {
        return Err("found nothing, expected a duration such as 90s".to_string());
    }
    if text.parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(without_unit(text));
    }
    let wrong = || {
        format!("found \"{text}\", expected a duration such as 90s, 1h30m, 1.5h, 500ms, 2d, 10us or never")
    };
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        // Units below the second are divided by a whole number, which rounds once.
        total += if *length < 1.0 { number / (1.0 / length).round() } else { number * length };
        rest = after.trim_start();
    }
    // The engine holds 584 years; a century is far beyond every horizon.
    const MOST: f64 = 100.0 * 365.25 * 86_400.0;
    if total > MOST {
        return Err(format!("found \"{text}\", expected at most 100 years (or never)"));
    }
    Ok(total)
}

/// What is said of a number where a duration belongs.
pub fn without_unit(number: impl std::fmt::Display) -> String {
    format!("found {number} without a unit, expected a duration such as {number}s, {number}ms or {number}m")
}

/// Reads a duration; `never` gives [`SimDuration::NEVER`].
pub fn duration(text: &str) -> Result<SimDuration, String> {
    seconds(text).map(SimDuration::from_seconds)
}

/// Reads `50/s`, `600/min`, `2/h` as a rate per second.
pub fn rate(text: &str) -> Result<f64, String> {
    let wrong = || format!("found \"{text}\", expected a rate such as 50/s, 600/min or 2/h");
    let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
    let number: f64 = plain_number(number.trim()).ok_or_else(wrong)?;
    let unit = unit.trim();
    let (_, length) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    Ok(number / length)
}

/// Reads `0.5%` or `0.005` as a number in [0, 1].
pub fn probability(text: &str) -> Result<f64, String> {
    let wrong = || format!("found \"{text}\", expected a probability such as 0.5% or 0.005");
    let value = match text.strip_suffix('%') {
        Some(percent) => plain_number(percent.trim()).ok_or_else(wrong)? / 100.0,
        None => plain_number(text).ok_or_else(wrong)?,
    };
    within_one(value, text)
}

/// The value when it is a probability.
pub fn within_one(value: f64, text: &str) -> Result<f64, String> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(format!("found {text}, expected a probability between 0 and 1 (0% and 100%)"))
    }
}

/// A number without sign and exponent: `inf`, `nan` and `1e999` are not.
fn plain_number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { text.parse().ok().filter(|value: &f64| value.is_finite()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let table = [
            ("90s", 90.0),
            ("1h30m", 5400.0),
            ("1h 30m", 5400.0),
            ("1.5h", 5400.0),
            ("500ms", 0.5),
            ("2d", 172_800.0),
            ("10us", 1e-5),
            ("10µs", 1e-5),
            ("3ns", 3e-9),
            ("0s", 0.0),
            ("never", f64::INFINITY),
        ];
        for (text, expected) in table {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "60",
            "0",
            "1.5",
            "-5s",
            "5",
            "s",
            "5x",
            "5M",
            "1e3s",
            "1..5s",
            "5s3",
            "inf",
            "nan",
            "9e9d",
            "99999999999d",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert!(seconds("60").unwrap_err().contains("without a unit"));
        assert_eq!(duration("290ms"), Ok(SimDuration::from_nanos(290_000_000)));
        assert_eq!(duration("never"), Ok(SimDuration::NEVER));
    }

    #[test]
    fn rates_and_probabilities() {
        assert_eq!((rate("50/s"), rate("600/min"), rate("2/h")), (Ok(50.0), Ok(10.0), Ok(2.0 / 3600.0)));
        for text in ["50", "/s", "-1/s", "50/x", "inf/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
        assert_eq!(
            (probability("0.5%"), probability("0.005"), probability("100%")),
            (Ok(0.005), Ok(0.005), Ok(1.0))
        );
        for text in ["1.5", "150%", "-1%", "x", "%", "nan"] {
            assert!(probability(text).is_err(), "{text}");
        }
    }
}
