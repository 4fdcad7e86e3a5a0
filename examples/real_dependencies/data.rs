//! Cases as the measuring scripts write them, and rows of the comparison.

use std::io::Read;

use serde_json::Value;

/// One measured case.
pub struct Case {
    pub name: String,
    pub inputs: Value,
    pub stats: Value,
    columns: Vec<String>,
    observations: Vec<Vec<Value>>,
}

/// All cases of a folder, by name.
pub fn read(folder: &str) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| e.to_string())? {
        let path = entry.map_err(|e| e.to_string())?.path();
        if path.to_string_lossy().ends_with(".json.gz") {
            let text = std::fs::read(&path).map_err(|e| e.to_string())?;
            cases.push(parse(&text).map_err(|e| format!("{}: {e}", path.display()))?);
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

fn parse(gz: &[u8]) -> Result<Case, String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(gz).read_to_string(&mut text).map_err(|e| e.to_string())?;
    let value: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
    let list = |key: &str| value[key].as_array().cloned().unwrap_or_default();
    Ok(Case {
        name: value["case"].as_str().ok_or("no case")?.to_string(),
        inputs: value["inputs"].clone(),
        stats: value["stats"].clone(),
        columns: list("columns").iter().filter_map(|c| Some(c.as_str()?.to_string())).collect(),
        observations: list("observations").iter().filter_map(|row| row.as_array().cloned()).collect(),
    })
}

impl Case {
    pub fn number(&self, key: &str) -> f64 {
        self.inputs[key].as_f64().unwrap_or(0.0)
    }

    pub fn text(&self, key: &str) -> &str {
        self.inputs[key].as_str().unwrap_or("")
    }

    pub fn rows(&self) -> &[Vec<Value>] {
        &self.observations
    }

    /// The position of a column.
    pub fn at(&self, column: &str) -> usize {
        self.columns.iter().position(|c| c == column).unwrap_or(0)
    }

    /// A column, of the rows in which it is a number.
    pub fn column(&self, column: &str) -> Vec<f64> {
        let at = self.at(column);
        self.observations.iter().filter_map(|row| row[at].as_f64()).collect()
    }
}

/// What may differ.
pub enum Bound {
    /// In the number's own unit.
    By(f64),
    /// As a share of the measured.
    Share(f64),
    Unbounded,
}

/// One number.
pub struct Row {
    pub what: String,
    pub simulated: f64,
    pub measured: f64,
    pub bound: Bound,
}

impl Row {
    pub fn new(what: impl Into<String>, simulated: f64, measured: f64, bound: Bound) -> Row {
        Row { what: what.into(), simulated, measured, bound }
    }

    pub fn verdict(&self) -> Option<bool> {
        let off = (self.simulated - self.measured).abs();
        match self.bound {
            Bound::By(most) => Some(off <= most + 1e-9),
            Bound::Share(most) => Some(off <= most * self.measured.abs() + 1e-9),
            Bound::Unbounded => None,
        }
    }

    pub fn markdown(&self, case: &str) -> String {
        let show = |v: f64| if v.fract() == 0.0 { format!("{v}") } else { format!("{v:.4}") };
        let percent = match self.measured {
            0.0 => String::new(),
            measured => format!(" ({:+.1} %)", 100.0 * (self.simulated / measured - 1.0)),
        };
        let off = self.simulated - self.measured;
        let allowed = match self.bound {
            Bound::By(most) => format!("{most}"),
            Bound::Share(most) => format!("{} %", most * 100.0),
            Bound::Unbounded => String::new(),
        };
        let mark = match self.verdict() {
            Some(true) => "met",
            Some(false) => "**not met**",
            None => "",
        };
        let (simulated, measured) = (show(self.simulated), show(self.measured));
        format!(
            "| {case} | {} | {simulated} | {measured} | {off:+.4}{percent} | {allowed} | {mark} |",
            self.what
        )
    }
}

/// The value that a share `p` does not exceed, counted as the measuring scripts count.
pub fn quantile(values: &[f64], p: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(((p * sorted.len() as f64) as usize).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}
