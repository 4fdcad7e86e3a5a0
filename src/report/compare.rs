//! `compare` as JSON and as text: what differs between the inputs, then what differs between the results.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::answer::{JOBSIM, KUBERNETES};
use super::json::rounded;
use super::words::{confidence_level, duration, number, several};
use crate::experiment::comparison::{Comparison, DependencyComparison};
use crate::experiment::paired::Paired;
use crate::input::difference::Difference;

/// Everything about one `compare`.
pub struct CompareAnswer {
    pub seed: u64,
    pub replications: u64,
    /// With what probability all intervals of a difference hold it.
    pub confidence: f64,
    pub base: Setting,
    pub variants: Vec<VariantAnswer>,
}

/// One side of a comparison.
pub struct Setting {
    /// As the user named it.
    pub name: String,
    pub inputs_sha256: String,
}

/// One variant against the base.
pub struct VariantAnswer {
    pub setting: Setting,
    /// By document: a Job's name, or Simulation.
    pub inputs: Vec<(String, Vec<Difference>)>,
    pub comparison: Comparison,
}

/// JSON: every difference with its interval, correlation and gain.
pub fn json(answer: &CompareAnswer) -> Value {
    let setting = |s: &Setting| json!({"name": s.name, "inputs": {"sha256": s.inputs_sha256}});
    let variants = answer.variants.iter().map(|variant| {
        let mut value = setting(&variant.setting);
        value["sentence"] = sentence(variant).into();
        value["input_differences"] = variant
            .inputs
            .iter()
            .flat_map(|(document, fields)| {
                fields
                    .iter()
                    .map(move |d| json!({"document": document, "field": d.field, "from": d.from, "to": d.to}))
            })
            .collect();
        let quantities = |name: &str, list: &[(&'static str, Option<Paired>)]| {
            let mut map = Map::from_iter([("name".to_string(), Value::from(name))]);
            map.extend(list.iter().map(|(key, p)| (key.to_string(), p.as_ref().map_or(Value::Null, paired))));
            Value::Object(map)
        };
        let jobs = variant.comparison.jobs.iter().map(|job| {
            let mut value = quantities(&job.name, &job.quantities);
            let outcomes = job.outcomes.iter().map(|(outcome, p)| {
                let mut value = paired(p);
                value["outcome"] = (*outcome).into();
                value
            });
            value["outcomes"] = outcomes.collect();
            value
        });
        value["jobs"] = jobs.collect();
        let dependencies = variant.comparison.dependencies.iter();
        value["dependencies"] = dependencies.map(|d| quantities(&d.name, &d.quantities)).collect();
        value["only_in_one"] = json!(variant.comparison.unmatched);
        value
    });
    json!({
        "jobsim": JOBSIM, "kubernetes": KUBERNETES, "seed": answer.seed, "replications": answer.replications,
        "confidence": rounded(answer.confidence), "intervals": intervals(answer), "base": setting(&answer.base), "variants": variants.collect::<Vec<_>>(),
    })
}

fn paired(p: &Paired) -> Value {
    let optional = |value: Option<f64>| value.map_or(Value::Null, rounded);
    json!({
        "n": p.n, "base": rounded(p.base), "variant": rounded(p.variant), "difference": rounded(p.difference),
        "low": optional(p.interval.map(|i| i.0)), "high": optional(p.interval.map(|i| i.1)),
        "sd": optional(p.sd), "correlation": optional(p.correlation), "gain": optional(p.gain),
    })
}

pub(super) fn intervals(answer: &CompareAnswer) -> String {
    let sure = confidence_level(answer.confidence);
    match answer.variants.len() {
        1 => format!("{sure} of each difference"),
        k => format!("{sure} of each difference for all {k} variants together (Bonferroni)"),
    }
}

/// Text, readable at 100 columns.
pub fn text(answer: &CompareAnswer) -> String {
    let mut text = String::new();
    for variant in &answer.variants {
        let _ = writeln!(text, "{} against {}\n", variant.setting.name, answer.base.name);
        if variant.inputs.iter().all(|(_, fields)| fields.is_empty()) {
            let _ = writeln!(text, "  The inputs are the same.");
        }
        for (document, fields) in &variant.inputs {
            for d in fields {
                let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "(not set)".to_string());
                let _ = writeln!(text, "  {document}: {}: {} → {}", d.field, side(&d.from), side(&d.to));
            }
        }
        for name in &variant.comparison.unmatched {
            let _ = writeln!(text, "  {name} is in one of the two only and not compared");
        }
        for job in &variant.comparison.jobs {
            header(&mut text, &format!("Job {}", job.name));
            for (outcome, p) in &job.outcomes {
                row(&mut text, outcome, p, share, points);
            }
            rows(&mut text, &job.quantities);
            let pairs = job.quantities.iter().find(|(key, _)| *key == "makespan_s");
            if let Some(p) = pairs.and_then(|(_, p)| *p).filter(|p| (p.n as u64) < answer.replications) {
                let pairs = several(p.n as u64, "replication");
                let _ = writeln!(text, "  makespan: of the {pairs} in which both ended");
            }
        }
        for dependency in &variant.comparison.dependencies {
            header(&mut text, &format!("Dependency {}", dependency.name));
            rows(&mut text, &dependency.quantities);
        }
        let _ = writeln!(text, "\n{}\n", sentence(variant));
    }
    let _ = writeln!(
        text,
        "corr.: correlation of both, run by run; gain: so many times as many replications would independent seeds need.\n{} of each, seed {}; \
         jobsim {JOBSIM}, Kubernetes {KUBERNETES}; intervals are {}",
        several(answer.replications, "replication"),
        answer.seed,
        intervals(answer)
    );
    text
}

fn header(text: &mut String, name: &str) {
    let _ = writeln!(
        text,
        "\n  {name:22} {:>10} {:>10} {:>11} {:24} {:>5} {:>6}",
        "base", "variant", "difference", " interval", "corr.", "gain"
    );
}

fn rows(text: &mut String, quantities: &[(&'static str, Option<Paired>)]) {
    for (key, p) in quantities {
        let Some(p) = p.filter(|p| p.base != 0.0 || p.variant != 0.0) else { continue };
        match key.strip_suffix("_s").filter(|label| !label.ends_with("per")) {
            Some(label) => row(text, label, &p, duration, duration),
            None => row(text, key, &p, number, number),
        }
    }
}

fn share(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The difference of two shares: percentage points.
fn points(difference: f64) -> String {
    format!("{:.1} pts", 100.0 * difference)
}

/// A line of the table; how values are shown, and how their differences.
fn row(text: &mut String, label: &str, p: &Paired, show: fn(f64) -> String, differ: fn(f64) -> String) {
    let interval = p.interval.map_or(" -".to_string(), |(low, high)| {
        format!(" [{}, {}]", signed(low, differ), signed(high, differ))
    });
    let line = format!(
        "  {:22} {:>10} {:>10} {:>11} {interval:24} {:>5} {:>6}",
        label.replace('_', " "),
        show(p.base),
        show(p.variant),
        signed(p.difference, differ),
        p.correlation.map_or(String::new(), |correlation| format!("{correlation:.2}")),
        p.gain.map_or(String::new(), |gain| format!("{gain:.1}"))
    );
    let _ = writeln!(text, "{}", line.trim_end());
}

pub(super) fn signed(value: f64, show: fn(f64) -> String) -> String {
    let text = show(value.abs());
    let zero = text.chars().all(|c| !c.is_ascii_digit() || c == '0');
    match value {
        _ if zero => text,
        v if v < 0.0 => format!("-{text}"),
        _ => format!("+{text}"),
    }
}

/// What a person can repeat.
pub(super) fn sentence(variant: &VariantAnswer) -> String {
    let mut parts = Vec::new();
    for job in &variant.comparison.jobs {
        let of = match variant.comparison.jobs.len() {
            1 => String::new(),
            _ => format!(" of {}", job.name),
        };
        let makespan_at = parts.len();
        // Of two outcomes the second says what the first does.
        let said = if job.outcomes.len() == 2 { 1 } else { job.outcomes.len() };
        for (outcome, p) in &job.outcomes[..said] {
            let Some((verb, by, low, high)) = sure(p, "more", "less") else { continue };
            let [by, low, high] = [by, low, high].map(|share| 100.0 * share);
            parts.push(format!("makes {outcome}{of} {by:.1} points {verb} frequent [{low:.1}, {high:.1}]"));
        }
        let ends_alike = parts.len() == makespan_at;
        if let Some((_, Some(p))) = job.quantities.iter().find(|(key, _)| *key == "makespan_s") {
            let runs = job.outcomes.first().map_or(p.n, |(_, share)| share.n);
            let of = if p.n < runs { format!("{of} where both end") } else { of.clone() };
            match ends_alike {
                true => parts.push(makespan(p, &of)),
                // Sooner over is no gain where it is over because it fails.
                false => parts.extend(end(p, &of)),
            }
        }
    }
    for dependency in &variant.comparison.dependencies {
        parts.extend(on_dependency(dependency));
    }
    if parts.is_empty() {
        let nothing =
            if variant.comparison.jobs.is_empty() { "no Job is in both" } else { "no run ended in both" };
        parts.push(format!("cannot be compared: {nothing}"));
    }
    let last = parts.pop().unwrap_or_default();
    let all = if parts.is_empty() { last } else { format!("{} and {last}", parts.join(", ")) };
    format!("{} {all}.", subject(variant))
}

/// What a dependency notices most: its peak, else calls that it rejects, else how long they wait.
fn on_dependency(dependency: &DependencyComparison) -> Option<String> {
    let of =
        |wanted: &str| dependency.quantities.iter().find(|(key, _)| *key == wanted).and_then(|(_, p)| *p);
    let name = &dependency.name;
    let peak = || times(&of("peak_in_flight")?, &format!("the peak on {name}"));
    let rejected = || {
        let (more, by, low, high) = sure(&of("rejected")?, "more", "fewer")?;
        let [by, low, high] = [by, low, high].map(number);
        Some(format!("has {by} {more} calls rejected by {name} [{low}, {high}]"))
    };
    let wait = || times(&of("wait_s")?, &format!("the wait at {name}"));
    peak().or_else(rejected).or_else(wait)
}

/// The change in words, when it is short; else the name of the variant.
fn subject(variant: &VariantAnswer) -> String {
    let fields: Vec<&Difference> = variant.inputs.iter().flat_map(|(_, fields)| fields).collect();
    let named = |d: &&Difference| {
        let field = d.field.strip_prefix("spec.").unwrap_or(&d.field);
        Some(match (&d.from, &d.to) {
            (Some(from), Some(to)) => format!("{field} {to} instead of {from}"),
            (None, Some(to)) => format!("{field} {to}"),
            (_, None) => format!("no {field}"),
        })
        .filter(|text| text.len() <= 60)
    };
    match fields.iter().map(named).collect::<Option<Vec<String>>>() {
        Some(named) if (1..=2).contains(&named.len()) => named.join(" with "),
        _ => variant.setting.name.clone(),
    }
}

fn makespan(p: &Paired, of: &str) -> String {
    let Some((low, high)) = p.interval else {
        return format!("changes the makespan{of} by {}", signed(p.difference, duration));
    };
    match (low > 0.0, high < 0.0) {
        (true, _) => {
            format!("costs {}{of} [{}, {}]", duration(p.difference), duration(low), duration(high))
        }
        (_, true) => {
            format!("saves {}{of} [{}, {}]", duration(-p.difference), duration(-high), duration(-low))
        }
        _ => format!(
            "shows no difference of makespan{of} [{}, {}]",
            signed(low, duration),
            signed(high, duration)
        ),
    }
}

/// The word for the sign of a difference, its size and the interval of that; none where it may be none.
fn sure(p: &Paired, more: &'static str, less: &'static str) -> Option<(&'static str, f64, f64, f64)> {
    match p.interval? {
        (low, high) if low > 0.0 => Some((more, p.difference, low, high)),
        (low, high) if high < 0.0 => Some((less, -p.difference, -high, -low)),
        _ => None,
    }
}

/// How much sooner or later the Job is over, however it ends; none where that is not sure.
fn end(p: &Paired, of: &str) -> Option<String> {
    let (when, by, low, high) = sure(p, "later", "sooner")?;
    let [by, low, high] = [by, low, high].map(duration);
    Some(format!("brings the end{of} {by} {when} [{low}, {high}]"))
}

/// None where a factor is not worth a word.
fn times(p: &Paired, what: &str) -> Option<String> {
    let factor = (p.base > 0.0).then(|| p.variant / p.base)?;
    let sure = p.interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0);
    match factor {
        _ if !sure => None,
        f if (1.9..=2.1).contains(&f) => Some(format!("doubles {what}")),
        f if (0.45..=0.55).contains(&f) => Some(format!("halves {what}")),
        f if f >= 10.0 => Some(format!("multiplies {what} by {f:.0}")),
        f if f > 1.25 || (0.1..0.8).contains(&f) => Some(format!("multiplies {what} by {f:.1}")),
        f if f < 0.1 => Some(format!("all but ends {what}")),
        _ => None,
    }
}
