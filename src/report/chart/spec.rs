//! A chart as data: axes, marks, words, and the table behind it.
//!
//! Everything is in the units of the axes (seconds, pods, shares); nothing here knows pixels or colours, so figures are
//! tested as values. Drawing is [`super::svg`]'s and [`super::png`]'s.

/// One picture: panels above each other over one x axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Chart {
    /// Stem of its file names; letters, digits, dots and dashes.
    pub id: String,
    /// What one sees, not what is plotted.
    pub title: String,
    /// Which run or how many, in one line; may be empty.
    pub subtitle: String,
    /// One or two sentences for somebody who cannot see it.
    pub alt: String,
    /// CSS pixels.
    pub width: u32,
    pub height: u32,
    pub x: Axis,
    pub panels: Vec<Panel>,
    /// What the colours mean where no label in the picture says it.
    pub key: Vec<Key>,
    pub table: Table,
}

/// A part of the picture with its own y axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Panel {
    pub y: Axis,
    /// Share of the height, relative to the other panels.
    pub weight: f64,
    /// Drawn in this order.
    pub marks: Vec<Mark>,
}

/// What an axis shows.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    pub label: String,
    pub scale: Scale,
    pub unit: Unit,
    /// Where ticks are; round values when it is empty.
    pub at: Vec<f64>,
}

/// From value to place.
#[derive(Clone, PartialEq, Debug)]
pub enum Scale {
    /// `from` may be the greater one: then the axis runs the other way.
    Linear { from: f64, to: f64 },
    /// Both above zero.
    Log { from: f64, to: f64 },
    /// Name number k stands at k + 0.5, on a y axis from the top; empty names have no label.
    Names(Vec<String>),
}

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Seconds, written as 1m30s.
    Time,
    /// Whole things.
    Count,
    /// 0 to 1, written in per cent.
    Share,
    /// A difference of shares, -1 to 1, written in percentage points.
    Points,
    /// Any number.
    Number,
}

/// What a colour stands for; `colours` says which it is on which ground.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Hue {
    /// Text, and reference lines.
    Ink,
    /// Secondary text.
    Quiet,
    /// What is not there yet or not any more: pending, terminating.
    Pale,
    /// What is behind everything: text on a strong colour.
    Ground,
    Blue,
    Sky,
    Green,
    Orange,
    Red,
    Purple,
    Yellow,
    /// Step 0 to 8 of a scale from little to much.
    Heat(u8),
}

/// How a line goes from point to point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Path {
    Straight,
    /// A value holds until the next point.
    Steps,
}

/// How heavy a line is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    Thin,
    Normal,
    Dashed,
}

/// How full a colour is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fill {
    Solid,
    /// Behind other marks.
    Faint,
}

/// Where a text stands from its point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Anchor {
    /// Right of it.
    Start,
    /// Above it.
    Middle,
    /// Left of it.
    End,
    /// On it, in the middle.
    Inside,
    /// Right of it, on a bar.
    Within,
}

/// Form of a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dot {
    Disc,
    Ring,
    Cross,
    /// What it stands for lies beyond this end of the x axis.
    Left,
    Right,
}

/// Something drawn in a panel.
#[derive(Clone, PartialEq, Debug)]
pub enum Mark {
    /// Between two curves: (x, low, high), in order of x.
    Area {
        points: Vec<(f64, f64, f64)>,
        path: Path,
        hue: Hue,
        fill: Fill,
    },
    Line {
        points: Vec<(f64, f64)>,
        path: Path,
        hue: Hue,
        weight: Weight,
    },
    Bars {
        bars: Vec<Bar>,
        hue: Hue,
        fill: Fill,
    },
    Dots {
        points: Vec<(f64, f64)>,
        dot: Dot,
        hue: Hue,
    },
    /// Intervals that stand at an x: (x, low, high).
    Whiskers {
        points: Vec<(f64, f64, f64)>,
        hue: Hue,
    },
    /// Intervals that lie at a y: (y, low, high).
    Ranges {
        points: Vec<(f64, f64, f64)>,
        hue: Hue,
    },
    /// The whole height of the panel between two x, with a word at its top; the word may be empty.
    Span {
        from: f64,
        to: f64,
        hue: Hue,
        text: String,
    },
    /// A line through the panel at an x, with a word at its top.
    RuleX {
        at: f64,
        hue: Hue,
        text: String,
    },
    /// A line through the panel at a y, with a word at its right end.
    RuleY {
        at: f64,
        hue: Hue,
        text: String,
    },
    Label {
        at: (f64, f64),
        text: String,
        hue: Hue,
        anchor: Anchor,
    },
}

/// A rectangle.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bar {
    pub x: (f64, f64),
    pub y: (f64, f64),
    /// It goes on beyond its right end: drawn as an arrow.
    pub goes_on: bool,
}

/// One line of the key.
#[derive(Clone, PartialEq, Debug)]
pub struct Key {
    pub hue: Hue,
    pub sign: Sign,
    pub text: String,
}

/// What stands before the words of a key: what they explain, drawn small.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    Box(Fill),
    Line(Weight),
    Dot(Dot),
}

impl Key {
    /// Of areas and bars.
    pub fn solid(hue: Hue, text: &str) -> Key {
        Key { hue, sign: Sign::Box(Fill::Solid), text: text.to_string() }
    }

    /// Of bands and spans.
    pub fn faint(hue: Hue, text: &str) -> Key {
        Key { hue, sign: Sign::Box(Fill::Faint), text: text.to_string() }
    }

    pub fn line(hue: Hue, weight: Weight, text: &str) -> Key {
        Key { hue, sign: Sign::Line(weight), text: text.to_string() }
    }

    pub fn dot(hue: Hue, dot: Dot, text: &str) -> Key {
        Key { hue, sign: Sign::Dot(dot), text: text.to_string() }
    }
}

/// The numbers behind a chart.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// What was left out, and where it is; empty when nothing was.
    pub note: String,
}

/// A column's name, and its unit or nothing.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    pub name: String,
    pub unit: &'static str,
}

/// One value of the table.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    Number(f64),
    Text(String),
    Missing,
}

/// Most rows of a table.
pub const MOST_ROWS: usize = 200;

impl Axis {
    /// Linear.
    pub fn linear(label: &str, unit: Unit, from: f64, to: f64) -> Axis {
        Axis { label: label.to_string(), scale: Scale::Linear { from, to }, unit, at: Vec::new() }
    }

    /// Logarithmic, which its label says.
    pub fn log(label: &str, unit: Unit, from: f64, to: f64) -> Axis {
        let label = format!("{label} (logarithmic)");
        Axis { label, scale: Scale::Log { from, to }, unit, at: Vec::new() }
    }

    /// One place for each name.
    pub fn names(label: &str, names: Vec<String>) -> Axis {
        Axis { label: label.to_string(), scale: Scale::Names(names), unit: Unit::Count, at: Vec::new() }
    }
}

impl Table {
    /// With these columns (name, unit) and no rows.
    pub fn new(columns: &[(&str, &'static str)]) -> Table {
        let columns = columns.iter().map(|&(name, unit)| Column { name: name.to_string(), unit }).collect();
        Table { columns, rows: Vec::new(), note: String::new() }
    }

    /// So many rows, each made by its number; when there are more than [`MOST_ROWS`], some in between are left out, and
    /// `where_all` says where they are.
    pub fn filled(mut self, all: usize, where_all: &str, row: impl Fn(usize) -> Vec<Cell>) -> Table {
        if all <= MOST_ROWS {
            self.rows = (0..all).map(row).collect();
        } else {
            self.rows = (0..MOST_ROWS).map(|k| row(k * (all - 1) / (MOST_ROWS - 1))).collect();
            self.note = format!("{MOST_ROWS} of {all} rows; {where_all}");
        }
        self
    }

    /// Leaves out rows in between when there are more than [`MOST_ROWS`].
    pub fn thinned(self, where_all: &str) -> Table {
        let rows = self.rows.clone();
        self.filled(rows.len(), where_all, |k| rows[k].clone())
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Cell {
        if value.is_finite() { Cell::Number(value) } else { Cell::Missing }
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Cell {
        Cell::Number(f64::from(value))
    }
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Cell {
        value.map_or(Cell::Missing, Cell::from)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_string())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}
