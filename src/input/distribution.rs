//! Distributions of the Simulation document → [`Distribution`].
//!
//! A bare duration, or a map with one key that names the distribution. An `empirical` file is found beside the
//! document that names it.

use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::duration;
use super::node::{Entry, Node, NodeKind};
use super::reader::{Reader, present};
use super::source::Span;
use crate::engine::distribution::{Distribution, DistributionError, Percentile};

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
        let Entry { key, value, .. } = self.one_of(node, path, &DISTRIBUTIONS)?;
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
        self.map(node, path, &["median", "sigma", "p90", "p95", "p99", "mean", "cv"])?;
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
            self.map(node, path, &["file"])?;
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
            let part = self.map(item, &path, &["weight", "of"]).and_then(|item| {
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
        self.map(node, path, &known)?;
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
