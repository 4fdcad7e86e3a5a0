//! Quantities as Kubernetes writes them: `500m`, `2`, `1.5Gi`, `1e3`.
//!
//! Exact down to a billionth, where the real ones end, too (apimachinery, pkg/api/resource). It knows no
//! resource.

use super::node::{Node, NodeKind};

/// How a quantity was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notation {
    /// A plain number, or one with a suffix that means a power of ten.
    Decimal,
    /// A suffix such as Ki.
    Binary,
    /// An exponent: 1e3.
    Exponent,
}

/// An amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quantity {
    /// Billionths.
    pub nanos: i128,
    pub notation: Notation,
}

/// In words, for messages.
pub const FORM: &str = "a quantity such as 500m, 2 or 1.5Gi";

const NANO: i128 = 1_000_000_000;
/// Greater amounts are cut to this, as by the API server.
const MOST: i128 = i64::MAX as i128 * NANO;

/// The quantity of a node: text, or a number as YAML has it.
pub fn of_node(node: &Node) -> Option<Quantity> {
    match &node.kind {
        NodeKind::Str(text) => Quantity::parse(text),
        NodeKind::Int(number) => Quantity::parse(&number.to_string()),
        NodeKind::Float(number) => Quantity::parse(&number.to_string()),
        _ => None,
    }
}

impl Quantity {
    pub const ZERO: Quantity = Quantity { nanos: 0, notation: Notation::Decimal };

    /// Reads a quantity; blanks around it do not count.
    pub fn parse(text: &str) -> Option<Quantity> {
        let text = text.trim();
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let (base, exponent, notation) = scale(suffix)?;
        let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let magnitude = scaled(&digits, fraction.len(), base, exponent);
        Some(Quantity { nanos: if negative { -magnitude } else { magnitude }, notation })
    }

    /// The amount in whole units, rounded away from zero.
    pub fn units(self) -> i128 {
        let up = (self.nanos.abs() + NANO - 1) / NANO;
        if self.nanos < 0 { -up } else { up }
    }

    /// Rounded up to thousandths, as the API server does with resources.
    pub fn to_millis(self) -> Quantity {
        const MILLI: i128 = 1_000_000;
        let up = (self.nanos.abs() + MILLI - 1) / MILLI * MILLI;
        Quantity { nanos: if self.nanos < 0 { -up } else { up }, ..self }
    }

    /// Whether this is a whole number of units.
    pub fn is_whole(self) -> bool {
        self.nanos % NANO == 0
    }

    /// Whether the shortest way to write it is one digit 1 with at most a suffix for a power of 1000 or 1024, and
    /// no suffix below 1.
    pub fn is_one_of_its_unit(self) -> bool {
        let step: i128 = match self.notation {
            Notation::Decimal => 1000,
            Notation::Binary => 1024,
            Notation::Exponent => return self.nanos == NANO,
        };
        self.is_whole() && (0..=6).any(|power| self.nanos / NANO == step.pow(power))
    }
}

/// Base and exponent of a suffix.
fn scale(suffix: &str) -> Option<(i128, i32, Notation)> {
    const DECIMAL: [(&str, i32); 10] = [
        ("n", -9),
        ("u", -6),
        ("m", -3),
        ("", 0),
        ("k", 3),
        ("M", 6),
        ("G", 9),
        ("T", 12),
        ("P", 15),
        ("E", 18),
    ];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((10, *power, Notation::Decimal));
    }
    if let Some(at) = BINARY.iter().position(|name| *name == suffix) {
        return Some((2, 10 * (at as i32 + 1), Notation::Binary));
    }
    let digits = suffix.strip_prefix(['e', 'E'])?;
    let plain = digits.strip_prefix(['-', '+']).unwrap_or(digits);
    let number = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_digit());
    if !number {
        return None;
    }
    Some((10, digits.parse().ok()?, Notation::Exponent))
}

/// The digits, of which the last `fraction` stand behind the point, times `base^exponent`: in billionths, rounded
/// up, at most [`MOST`]. Digits after the nineteenth only say "a little more".
fn scaled(digits: &[u8], fraction: usize, base: i128, exponent: i32) -> i128 {
    const KEPT: usize = 19;
    let significant = &digits[digits.iter().position(|d| *d != 0).unwrap_or(digits.len())..];
    let kept = significant.len().min(KEPT);
    let (power_of_two, power_of_ten) = if base == 2 { (exponent, 0) } else { (0, i64::from(exponent)) };
    let tens = 9 - fraction as i64 + power_of_ten + (significant.len() - kept) as i64;
    let value = significant[..kept].iter().fold(0_i128, |value, d| value * 10 + i128::from(*d));
    // Below 10^19 × 2^60: no overflow.
    let value = value << power_of_two;
    if value == 0 {
        return 0;
    }
    let power = 10_i128.checked_pow(tens.unsigned_abs().min(39) as u32);
    let exact = match power {
        Some(power) if tens < 0 => (value - 1) / power + 1,
        Some(power) => value.saturating_mul(power),
        None if tens < 0 => 1,
        None => MOST,
    };
    let more = significant[kept..].iter().any(|d| *d != 0);
    exact.saturating_add(i128::from(more)).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_exactly() {
        let table: [(&str, i128); 18] = [
            ("0", 0),
            ("1", NANO),
            ("+1", NANO),
            ("-1.5", -1_500_000_000),
            (" 500m ", 500_000_000),
            ("1.", NANO),
            (".5", 500_000_000),
            ("1n", 1),
            ("0.1n", 1),
            ("1Ki", 1024 * NANO),
            ("1.5Gi", 1_610_612_736 * NANO),
            ("0.0001Ki", 102_400_000),
            ("1e3", 1000 * NANO),
            ("1E", 1_000_000_000_000_000_000 * NANO),
            ("1E-2", 10_000_000),
            ("99999999999999999999", MOST),
            ("1e99", MOST),
            ("1e-99", 1),
        ];
        for (text, nanos) in table {
            assert_eq!(Quantity::parse(text).map(|q| q.nanos), Some(nanos), "{text}");
        }
        for text in
            ["", " ", "m", "1x", "1 m", "1.2.3", "1mm", "1ki", "1e", "1e1.5", "--1", "1KI", "abc", ".", "1K"]
        {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }

    #[test]
    fn one_of_its_unit() {
        for text in ["1", "1000m", "1k", "1000", "1M", "1024Ki", "1Gi", "1e0"] {
            assert!(Quantity::parse(text).unwrap().is_one_of_its_unit(), "{text}");
        }
        for text in ["0", "2", "1024", "1m", "1e3", "1000Ki", "-1", "10"] {
            assert!(!Quantity::parse(text).unwrap().is_one_of_its_unit(), "{text}");
        }
    }
}
