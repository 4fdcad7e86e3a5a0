//! Reads values of the Simulation document out of a tree: each wrong value is one more diagnostic, and reading
//! goes on.
//!
//! Relies on [`super::node`] and the grammars of [`super::duration`]. Written by hand instead of with serde, so
//! that one pass finds every mistake, each with the place and the unit rules of our own grammar.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::duration;
use super::node::{Entry, Node, NodeKind, quoted};
use super::source::{Sources, Span};
use crate::engine::distribution::{Distribution, DistributionError, Percentile};
use crate::engine::time::SimDuration;

/// Where diagnostics go, and the texts beside which other files are found.
pub struct Reader<'a> {
    pub sources: &'a mut Sources,
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

/// The value of a key, unless it is absent or `null`.
pub fn present<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).filter(|value| !value.is_null())
}

/// Most values of an empirical distribution.
const MAX_EMPIRICAL: usize = 1_000_000;

const DISTRIBUTIONS: [&str; 10] = [
    "constant",
    "uniform",
    "exponential",
    "logNormal",
    "weibull",
    "gamma",
    "pareto",
    "empirical",
    "mixture",
    "shifted",
];

impl Reader<'_> {
    pub fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, message).at(span));
    }

    /// "found …, expected …" at a value.
    pub fn expected(&mut self, node: &Node, path: &str, expected: impl Display) {
        let message = format!("{path}: found {}, expected {expected}", node.describe());
        self.error("wrong-type", node.span, message);
    }

    /// A value of the right type that makes no sense.
    pub fn invalid(&mut self, node: &Node, path: &str, message: impl Display) {
        self.error("invalid-value", node.span, format!("{path}: {message}"));
    }

    /// What the contract has and this version does not.
    pub fn unsupported(&mut self, span: Span, what: impl Display) {
        let message = format!("{what}: not supported by this version yet");
        self.diagnostics.push(Diagnostic::error("unsupported", message).at(span).help("remove it"));
    }

    /// Checks that this is a map of known fields. `later`: known, but not yet supported.
    pub fn map<'n>(
        &mut self,
        node: &'n Node,
        path: &str,
        known: &[&str],
        later: &[&str],
    ) -> Option<&'n Node> {
        if !matches!(node.kind, NodeKind::Map(_)) {
            self.expected(node, path, format!("a map with {}", listed(known)));
            return None;
        }
        for Entry { key, key_span, .. } in node.entries() {
            if later.contains(&key.as_str()) {
                self.unsupported(*key_span, format!("`{key}` in {path}"));
            } else if !known.contains(&key.as_str()) {
                let message = format!("unknown field `{key}` in {path}, expected {}", listed(known));
                self.error("unknown-field", *key_span, message);
            }
        }
        Some(node)
    }

    /// The only entry of a map that holds exactly one of the known keys.
    pub fn one_of<'n>(
        &mut self,
        node: &'n Node,
        path: &str,
        known: &[&str],
        later: &[&str],
    ) -> Option<&'n Entry> {
        self.map(node, path, known, later)?;
        let mut named = node.entries().iter().filter(|e| known.contains(&e.key.as_str()));
        match (named.next(), named.next()) {
            (Some(entry), None) => Some(entry),
            (None, _) if node.entries().iter().any(|e| later.contains(&e.key.as_str())) => None,
            (None, _) => {
                self.expected(node, path, format!("one of {}", listed(known)));
                None
            }
            (Some(first), Some(second)) => {
                let message =
                    format!("{path}: `{}` and `{}` exclude each other, expected one", first.key, second.key);
                self.error("invalid-value", second.key_span, message);
                None
            }
        }
    }

    /// The elements of a list that is not empty.
    pub fn list<'n>(&mut self, node: &'n Node, path: &str) -> Option<&'n [Node]> {
        match &node.kind {
            NodeKind::Seq(items) if !items.is_empty() => Some(items),
            NodeKind::Seq(_) => {
                self.invalid(node, path, "found an empty list, expected at least one element");
                None
            }
            _ => {
                self.expected(node, path, "a list");
                None
            }
        }
    }

    /// A whole number within limits.
    pub fn whole(&mut self, node: &Node, path: &str, least: i64, most: i64) -> Option<i64> {
        let Some(value) = node.as_int() else {
            self.expected(node, path, "a whole number");
            return None;
        };
        if !(least..=most).contains(&value) {
            self.invalid(node, path, format!("found {value}, expected {least} to {most}"));
            return None;
        }
        Some(value)
    }

    /// Any number.
    pub fn number(&mut self, node: &Node, path: &str) -> Option<f64> {
        match node.kind {
            NodeKind::Int(value) => Some(value as f64),
            NodeKind::Float(value) => Some(value),
            _ => {
                self.expected(node, path, "a number");
                None
            }
        }
    }

    pub fn boolean(&mut self, node: &Node, path: &str) -> Option<bool> {
        if let NodeKind::Bool(value) = node.kind {
            return Some(value);
        }
        self.expected(node, path, "true or false");
        None
    }

    pub fn text<'n>(&mut self, node: &'n Node, path: &str) -> Option<&'n str> {
        if node.as_str().is_none() {
            self.expected(node, path, "text");
        }
        node.as_str()
    }

    /// A duration in seconds; `never` is infinity.
    pub fn seconds(&mut self, node: &Node, path: &str) -> Option<f64> {
        let read = match &node.kind {
            NodeKind::Str(text) => duration::seconds(text),
            NodeKind::Int(value) => Err(duration::without_unit(value)),
            NodeKind::Float(value) => Err(duration::without_unit(value)),
            _ => {
                self.expected(node, path, "a duration such as 90s");
                return None;
            }
        };
        self.good(node, path, read)
    }

    /// A duration that is not `never`, in seconds.
    pub fn finite_seconds(&mut self, node: &Node, path: &str) -> Option<f64> {
        let seconds = self.seconds(node, path)?;
        if seconds.is_infinite() {
            self.invalid(node, path, "found never, expected a duration");
            return None;
        }
        Some(seconds)
    }

    /// A duration that is not `never`.
    pub fn duration(&mut self, node: &Node, path: &str) -> Option<SimDuration> {
        self.finite_seconds(node, path).map(SimDuration::from_seconds)
    }

    /// A number in [0, 1].
    pub fn probability(&mut self, node: &Node, path: &str) -> Option<f64> {
        let read = match &node.kind {
            NodeKind::Str(text) => duration::probability(text),
            NodeKind::Int(value) => duration::within_one(*value as f64, &value.to_string()),
            NodeKind::Float(value) => duration::within_one(*value, &value.to_string()),
            _ => {
                self.expected(node, path, "a probability such as 0.5% or 0.005");
                return None;
            }
        };
        self.good(node, path, read)
    }

    /// A positive rate per second.
    pub fn rate(&mut self, node: &Node, path: &str) -> Option<f64> {
        let Some(text) = node.as_str() else {
            self.expected(node, path, "a rate such as 50/s");
            return None;
        };
        let rate = self.good(node, path, duration::rate(text))?;
        if rate <= 0.0 {
            self.invalid(node, path, format!("found {}, expected more than 0", quoted(text)));
            return None;
        }
        Some(rate)
    }

    fn good<T>(&mut self, node: &Node, path: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.invalid(node, path, message)).ok()
    }

    /// A bare duration, or a map with one key that names a distribution.
    pub fn distribution(&mut self, node: &Node, path: &str) -> Option<Distribution> {
        if !matches!(node.kind, NodeKind::Map(_)) {
            if matches!(node.kind, NodeKind::Seq(_) | NodeKind::Bool(_) | NodeKind::Null) {
                self.expected(
                    node,
                    path,
                    "a duration such as 90s, or a distribution such as {exponential: {mean: 20s}}",
                );
                return None;
            }
            let seconds = self.seconds(node, path)?;
            return self.constant(node, path, seconds);
        }
        let Entry { key, value, .. } = self.one_of(node, path, &DISTRIBUTIONS, &[])?;
        let path = format!("{path}.{key}");
        match key.as_str() {
            "constant" => {
                let seconds = self.seconds(value, &path)?;
                self.constant(value, &path, seconds)
            }
            "uniform" => {
                let [min, max] = self.lengths(value, &path, ["min", "max"], &[])?;
                self.made(value, &path, Distribution::uniform(min, max))
            }
            "exponential" => {
                let [mean] = self.lengths(value, &path, ["mean"], &[])?;
                self.made(value, &path, Distribution::exponential(mean))
            }
            "logNormal" => self.log_normal(value, &path),
            "weibull" => {
                let [scale] = self.lengths(value, &path, ["scale"], &["shape"])?;
                let shape = self.parameter(value, &path, "shape")?;
                self.made(value, &path, Distribution::weibull(shape, scale))
            }
            "gamma" => {
                let [mean] = self.lengths(value, &path, ["mean"], &["shape"])?;
                let shape = self.parameter(value, &path, "shape")?;
                self.made(value, &path, Distribution::gamma(shape, mean))
            }
            "pareto" => {
                let [min] = self.lengths(value, &path, ["min"], &["alpha", "max"])?;
                let alpha = self.parameter(value, &path, "alpha")?;
                let max = match present(value, "max") {
                    Some(max) => Some(self.finite_seconds(max, &format!("{path}.max"))?),
                    None => None,
                };
                self.made(value, &path, Distribution::pareto(min, alpha, max))
            }
            "empirical" => self.empirical(value, &path),
            "mixture" => self.mixture(value, &path),
            _ => {
                let [by] = self.lengths(value, &path, ["by"], &["of"])?;
                let of = self.required(value, &path, "of")?;
                let of = self.distribution(of, &format!("{path}.of"))?;
                self.made(value, &path, Distribution::shifted(by, of))
            }
        }
    }

    fn constant(&mut self, node: &Node, path: &str, seconds: f64) -> Option<Distribution> {
        if seconds.is_infinite() {
            return Some(Distribution::never());
        }
        self.made(node, path, Distribution::constant(seconds))
    }

    fn log_normal(&mut self, node: &Node, path: &str) -> Option<Distribution> {
        const SPREAD: [&str; 4] = ["sigma", "p90", "p95", "p99"];
        self.map(node, path, &["median", "sigma", "p90", "p95", "p99", "mean", "cv"], &[])?;
        let given: Vec<&str> = SPREAD.into_iter().filter(|key| present(node, key).is_some()).collect();
        let has = |key| present(node, key).is_some();
        match given.as_slice() {
            [] if has("mean") && has("cv") && !has("median") => {
                let mean = self.finite_seconds(node.get("mean")?, &format!("{path}.mean"))?;
                let cv = self.parameter(node, path, "cv")?;
                self.made(node, path, Distribution::log_normal_mean_cv(mean, cv))
            }
            [spread] if has("median") && !has("mean") && !has("cv") => {
                let median = self.finite_seconds(node.get("median")?, &format!("{path}.median"))?;
                if *spread == "sigma" {
                    let sigma = self.parameter(node, path, "sigma")?;
                    return self.made(node, path, Distribution::log_normal_sigma(median, sigma));
                }
                let percentile = match *spread {
                    "p90" => Percentile::P90,
                    "p95" => Percentile::P95,
                    _ => Percentile::P99,
                };
                let value = self.finite_seconds(node.get(spread)?, &format!("{path}.{spread}"))?;
                self.made(node, path, Distribution::log_normal_percentile(median, percentile, value))
            }
            _ => {
                let message = "expected median with one of sigma, p90, p95, p99, or mean with cv";
                self.invalid(node, path, message);
                None
            }
        }
    }

    fn empirical(&mut self, node: &Node, path: &str) -> Option<Distribution> {
        let values = if matches!(node.kind, NodeKind::Map(_)) {
            self.map(node, path, &["file"], &[])?;
            let file = self.required(node, path, "file")?;
            let name = self.text(file, &format!("{path}.file"))?;
            self.empirical_file(file, name)?
        } else {
            let items = self.list(node, path)?;
            let read = |(n, item): (usize, &Node)| self.finite_seconds(item, &format!("{path}[{n}]"));
            let values: Vec<Option<f64>> = items.iter().enumerate().map(read).collect();
            values.into_iter().collect::<Option<Vec<f64>>>()?
        };
        if values.len() > MAX_EMPIRICAL {
            let message = format!("found {} values, expected at most {MAX_EMPIRICAL}", values.len());
            self.invalid(node, path, message);
            return None;
        }
        self.made(node, path, Distribution::empirical(values))
    }

    /// One duration a line; empty lines and those that start with `#` are skipped.
    fn empirical_file(&mut self, node: &Node, name: &str) -> Option<Vec<f64>> {
        let beside = node.span.known().and_then(|span| {
            let file = Path::new(&self.sources.file(span.file).name);
            file.parent().map(Path::to_path_buf)
        });
        let path: PathBuf = beside.unwrap_or_default().join(name);
        let before = self.diagnostics.len();
        let Some(file) = self.sources.read_file(&path, self.diagnostics) else {
            for diagnostic in &mut self.diagnostics[before..] {
                diagnostic.span = diagnostic.span.or(node.span.known());
            }
            return None;
        };
        let (mut values, mut wrong, mut start) = (Vec::new(), Vec::new(), 0u32);
        for line in self.sources.file(file).text.split_inclusive('\n') {
            let text = line.trim();
            if !text.is_empty() && !text.starts_with('#') {
                let read = duration::seconds(text).and_then(|seconds| match seconds.is_finite() {
                    true => Ok(seconds),
                    false => Err("found never, expected a duration".to_string()),
                });
                match read {
                    Ok(seconds) => values.push(seconds),
                    Err(message) => {
                        let end = start + line.trim_end().len() as u32;
                        wrong.push(Diagnostic::error("invalid-value", message).at(Span { file, start, end }));
                    }
                }
            }
            start += line.len() as u32;
        }
        if values.is_empty() && wrong.is_empty() {
            let span = Span { file, start: 0, end: 0 };
            wrong.push(
                Diagnostic::error("invalid-value", "found no value, expected one duration a line").at(span),
            );
        }
        let good = wrong.is_empty();
        self.diagnostics.append(&mut wrong);
        good.then_some(values)
    }

    fn mixture(&mut self, node: &Node, path: &str) -> Option<Distribution> {
        let mut parts = Vec::new();
        let mut good = true;
        for (n, item) in self.list(node, path)?.iter().enumerate() {
            let path = format!("{path}[{n}]");
            let part = self.map(item, &path, &["weight", "of"], &[]).and_then(|item| {
                let weight = self.parameter(item, &path, "weight");
                let of = self.required(item, &path, "of")?;
                let of = self.distribution(of, &format!("{path}.of"));
                Some((weight?, of?))
            });
            good &= part.is_some();
            parts.extend(part);
        }
        if good { self.made(node, path, Distribution::mixture(parts)) } else { None }
    }

    fn required<'n>(&mut self, node: &'n Node, path: &str, key: &str) -> Option<&'n Node> {
        let value = present(node, key);
        if value.is_none() {
            self.error("missing-field", node.span, format!("{path}: `{key}` is missing"));
        }
        value
    }

    fn parameter(&mut self, node: &Node, path: &str, key: &str) -> Option<f64> {
        let value = self.required(node, path, key)?;
        self.number(value, &format!("{path}.{key}"))
    }

    /// Required durations of a map that has no other fields than these and `others`.
    fn lengths<const N: usize>(
        &mut self,
        node: &Node,
        path: &str,
        keys: [&str; N],
        others: &[&str],
    ) -> Option<[f64; N]> {
        let known: Vec<&str> = keys.iter().chain(others).copied().collect();
        self.map(node, path, &known, &[])?;
        let values = keys.map(|key| {
            let value = self.required(node, path, key)?;
            self.finite_seconds(value, &format!("{path}.{key}"))
        });
        if values.contains(&None) { None } else { Some(values.map(|v| v.unwrap_or_default())) }
    }

    fn made(
        &mut self,
        node: &Node,
        path: &str,
        made: Result<Distribution, DistributionError>,
    ) -> Option<Distribution> {
        made.map_err(|error| {
            let text = error.to_string();
            // The text begins with the parameter's name.
            let parameter = text.split(' ').next().and_then(|name| node.get(name)).unwrap_or(node);
            self.invalid(parameter, path, text);
        })
        .ok()
    }
}

/// `a, b or c`.
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_string(),
        [one] => one.to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
