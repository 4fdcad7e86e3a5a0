//! The settings of a sweep: axes with their values, and their product.
//!
//! An axis is written `PATH=1,2,5`, `PATH=1..64:x2` or `PATH=0..100:+10`. A value is a text that `--set` reads, so that
//! anything can be an axis. Knows no files and simulates nothing.

use crate::input::difference::text_value;
use crate::input::duration::seconds;

/// Most values of one axis.
const MOST_VALUES: usize = 1_000_000;

/// A field, and what it is set to.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// As `--set` takes it.
    pub path: String,
    pub values: Vec<String>,
}

/// The product of axes; the last one changes fastest.
#[derive(Clone, PartialEq, Debug)]
pub struct Grid {
    pub axes: Vec<Axis>,
}

impl Axis {
    /// Reads `PATH=VALUES`.
    ///
    /// # Errors
    /// What was found and what was expected.
    pub fn parse(text: &str) -> Result<Axis, String> {
        const FORMS: &str = "expected PATH=1,2,5 or PATH=1..64:x2 or PATH=0..100:+10";
        let (path, values) = text.split_once('=').ok_or_else(|| format!("'{text}': no '='; {FORMS}"))?;
        let path = path.trim();
        if path.is_empty() || values.trim().is_empty() {
            return Err(format!("'{text}': {FORMS}"));
        }
        let values = match values.split_once("..") {
            Some((from, rest)) => range(from.trim(), rest.trim()),
            None => list(values),
        };
        let values = values.map_err(|message| format!("'{text}': {message}; {FORMS}"))?;
        different(&values).map_err(|message| format!("'{text}': {message}"))?;
        Ok(Axis { path: path.to_string(), values })
    }

    /// The values as numbers (lengths of time in seconds); none when one is something else.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        self.values.iter().map(|value| Amount::read(value).map(|amount| amount.number)).collect()
    }
}

impl Grid {
    /// # Errors
    /// When two axes are the same field.
    pub fn parse(vary: &[String]) -> Result<Grid, String> {
        let axes = vary.iter().map(|text| Axis::parse(text)).collect::<Result<Vec<_>, _>>()?;
        for (at, axis) in axes.iter().enumerate() {
            if axes[..at].iter().any(|other| other.path == axis.path) {
                return Err(format!("'{}' is varied twice", axis.path));
            }
        }
        Ok(Grid { axes })
    }

    /// Number of settings.
    pub fn len(&self) -> u128 {
        self.axes.iter().map(|axis| axis.values.len() as u128).product()
    }

    /// Whether there is no setting at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of each axis in setting number `cell`.
    pub fn values(&self, cell: usize) -> Vec<&str> {
        let mut rest = cell;
        let mut values: Vec<&str> = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            values.push(&axis.values[rest % axis.values.len()]);
            rest /= axis.values.len();
        }
        values.reverse();
        values
    }

    /// Settings that show what is wrong with an axis: all, when there are no more than `most`; else those with each value
    /// of each axis, where the other axes are at their first, and the last one.
    pub fn samples(&self, most: usize) -> Vec<usize> {
        let count = self.len() as usize;
        if count <= most {
            return (0..count).collect();
        }
        let mut step = 1;
        let mut samples = vec![0];
        for axis in self.axes.iter().rev() {
            samples.extend((1..axis.values.len()).map(|value| value * step));
            step *= axis.values.len();
        }
        samples.push(count - 1);
        samples
    }

    /// The same as `--set` options.
    pub fn sets(&self, cell: usize) -> Vec<String> {
        self.axes
            .iter()
            .zip(self.values(cell))
            .map(|(axis, value)| format!("{}={value}", axis.path))
            .collect()
    }
}

/// The axes, by number, of which no value makes a difference to any setting; `lengths`: values of each axis, the last
/// changes fastest; `same`: whether two settings gave the same runs.
pub fn without_effect(lengths: &[usize], same: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let count: usize = lengths.iter().product();
    let is_idle = |axis: &usize| {
        let step: usize = lengths[axis + 1..].iter().product();
        let place = |cell: usize| cell / step % lengths[*axis];
        lengths[*axis] > 1 && (0..count).all(|cell| place(cell) == 0 || same(cell - step, cell))
    };
    (0..lengths.len()).filter(is_idle).collect()
}

/// A value that stands twice, as a text or once it is read, would be one setting under two names.
fn different(values: &[String]) -> Result<(), String> {
    const MOST_COMPARED: usize = 1000;
    if values.len() > MOST_COMPARED {
        return Ok(());
    }
    let amounts: Vec<Option<f64>> =
        values.iter().map(|value| Amount::read(value).map(Amount::size)).collect();
    let near = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-12 * a.abs().max(b.abs());
    for (at, value) in values.iter().enumerate() {
        for before in 0..at {
            if values[before] == *value {
                return Err(format!("the value {value} stands there twice"));
            }
            if amounts[before].zip(amounts[at]).is_some_and(|(a, b)| near(a, b)) {
                return Err(format!("{} and {value} are the same value; name it once", values[before]));
            }
        }
    }
    Ok(())
}

/// Values between commas; commas within brackets and quotes belong to a value.
fn list(text: &str) -> Result<Vec<String>, String> {
    let (mut depth, mut quote) = (0i32, None);
    let mut values = vec![String::new()];
    for c in text.chars() {
        match (c, quote) {
            (',', None) if depth == 0 => {
                values.push(String::new());
                continue;
            }
            ('[' | '{', None) => depth += 1,
            (']' | '}', None) => depth -= 1,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
        if let Some(last) = values.last_mut() {
            last.push(c);
        }
    }
    let values: Vec<String> = values.iter().map(|value| value.trim().to_string()).collect();
    if values.iter().any(String::is_empty) { Err("an empty value".to_string()) } else { Ok(values) }
}

/// A number with what stands behind it.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Amount {
    number: f64,
    unit: Unit,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Unit {
    Plain,
    Percent,
    Seconds,
}

impl Amount {
    fn read(text: &str) -> Option<Amount> {
        let finite = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        if let Some(number) = finite(text) {
            return Some(Amount { number, unit: Unit::Plain });
        }
        if let Some(number) = text.strip_suffix('%').and_then(finite) {
            return Some(Amount { number, unit: Unit::Percent });
        }
        let number = seconds(text).ok().filter(|number| number.is_finite())?;
        Some(Amount { number, unit: Unit::Seconds })
    }

    /// What a field reads, whatever the unit: 1 % is 0.01, 1m is 60 (seconds).
    fn size(self) -> f64 {
        if self.unit == Unit::Percent { self.number / 100.0 } else { self.number }
    }

    fn text(self) -> String {
        // Sums of decimal steps: the digits that matter.
        let number = (self.number * 1e9).round() / 1e9;
        match self.unit {
            Unit::Plain => format!("{number}"),
            Unit::Percent => format!("{number}%"),
            Unit::Seconds => text_value(&format!("{number}s")),
        }
    }
}

/// `FROM..TO`, `FROM..TO:+STEP`, `FROM..TO:xFACTOR`; TO is a value when a step falls on it.
fn range(from: &str, rest: &str) -> Result<Vec<String>, String> {
    let (to, step) = rest.split_once(':').unwrap_or((rest, "+1"));
    let number = |text: &str| Amount::read(text.trim()).ok_or_else(|| format!("'{text}' is no number"));
    let (from, to, step) = (number(from)?, number(to)?, step.trim());
    if from.unit != to.unit {
        return Err("the two ends of the range have different units".to_string());
    }
    if from.number > to.number {
        return Err(format!("the range is empty: {} is above {}", from.text(), to.text()));
    }
    let at: Box<dyn Fn(usize) -> f64> = if let Some(factor) = step.strip_prefix('x') {
        let factor = number(factor)?;
        if factor.unit != Unit::Plain {
            return Err(format!(
                "the factor {} has a unit: a factor is a plain number, such as x2",
                &step[1..]
            ));
        }
        let factor = factor.number;
        if factor <= 1.0 || from.number <= 0.0 {
            return Err("a factor above 1 and a range above 0 are needed".to_string());
        }
        Box::new(move |k| from.number * factor.powi(k as i32))
    } else if let Some(step) = step.strip_prefix('+') {
        let step = number(step)?;
        if step.number <= 0.0
            || (step.unit != from.unit && from.number != to.number && step.unit != Unit::Plain)
        {
            return Err("a step above 0 with the unit of the range is needed".to_string());
        }
        Box::new(move |k| from.number + step.number * k as f64)
    } else {
        return Err(format!("'{step}' is neither a step such as +10 nor a factor such as x2"));
    };
    let end = to.number + 1e-9 * to.number.abs().max(1e-3);
    let mut values = Vec::new();
    while at(values.len()) <= end {
        if values.len() == MOST_VALUES {
            return Err(format!("more than {MOST_VALUES} values"));
        }
        values.push(Amount { number: at(values.len()), ..from }.text());
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes() {
        let table = [
            ("a=1,2,5", "1 2 5"),
            ("a=1..64:x2", "1 2 4 8 16 32 64"),
            ("a=0..100:+25", "0 25 50 75 100"),
            ("a=1..4", "1 2 3 4"),
            ("a=1..10:x3", "1 3 9"),
            ("a=10s..1m:+20s", "10s 30s 50s"),
            ("a=0%..1%:+0.5%", "0% 0.5% 1%"),
            ("a={x: 1, y: [2, 3]},never", "{x: 1, y: [2, 3]} never"),
            ("a=0.1..0.3:+0.1", "0.1 0.2 0.3"),
            ("a=7", "7"),
        ];
        for (text, want) in table {
            assert_eq!(Axis::parse(text).map(|axis| axis.values.join(" ")), Ok(want.to_string()), "{text}");
        }
        for (text, want) in [
            ("a", "no '='"),
            ("a=", "expected"),
            ("=1", "expected"),
            ("a=5..1", "empty"),
            ("a=1,,2", "empty value"),
            ("a=1..5:2", "neither"),
            ("a=0..8:x2", "above 0"),
            ("a=1..8:x1", "above 1"),
            ("a=1..8:+0", "above 0"),
            ("a=1..x", "no number"),
            ("a=1..5s", "units"),
            ("a=0..1e9:+1", "more than"),
            ("a=1,2,1", "twice"),
            ("a=1,01", "1 and 01 are the same value"),
            ("a=1m,30s,60s", "1m and 60s are the same value"),
            ("a=1%,0.01", "same value"),
            ("a=1..8:x200%", "200% has a unit"),
            ("a=1..64:x2s", "2s has a unit"),
        ] {
            let error = Axis::parse(text).unwrap_err();
            assert!(error.contains(want), "{text}: {error}");
        }
    }

    #[test]
    fn an_axis_without_effect_makes_no_difference_anywhere() {
        // Of 2 x 3 x 2 settings: what each gives.
        let idle = |gives: &[u32; 12]| without_effect(&[2, 3, 2], |a, b| gives[a] == gives[b]);
        assert_eq!(idle(&[1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]), [2]);
        assert_eq!(idle(&[1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]), [0, 1]);
        assert_eq!(idle(&[1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7]), [0; 0]);
        assert_eq!(without_effect(&[1, 2], |_, _| true), [1], "one value is no choice");
    }

    #[test]
    fn every_value_of_a_large_grid_is_in_its_samples() {
        let grid = Grid::parse(&["a=1..3".to_string(), "b=1..4".to_string(), "c=1..2".to_string()]).unwrap();
        assert_eq!(grid.samples(24), (0..24).collect::<Vec<_>>());
        let samples = grid.samples(23);
        assert_eq!(samples, [0, 1, 2, 4, 6, 8, 16, 23]);
        for (axis, values) in grid.axes.iter().map(|axis| &axis.values).enumerate() {
            assert!(values.iter().all(|value| samples.iter().any(|cell| grid.values(*cell)[axis] == value)));
        }
    }

    #[test]
    fn the_last_axis_changes_fastest() {
        let grid = Grid::parse(&["a=1,2".to_string(), "b=x,y,z".to_string()]).unwrap();
        assert_eq!(grid.len(), 6);
        let cells: Vec<String> = (0..6).map(|cell| grid.values(cell).concat()).collect();
        assert_eq!(cells.join(" "), "1x 1y 1z 2x 2y 2z");
        assert_eq!(grid.sets(4), ["a=2", "b=y"]);
        assert!(Grid::parse(&["a=1".to_string(), "a=2".to_string()]).unwrap_err().contains("twice"));
    }
}
