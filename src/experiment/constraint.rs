//! `EXPR OP LIMIT`, the form of gates and of `--subject-to`: `stuck<=0.1%`, `p95.makespan<=2h`.
//!
//! A verdict needs the interval of the estimate on one side of the limit. Relies on [`super::measure`] for EXPR and on
//! the duration grammar of the input; runs nothing and prints nothing.

use std::fmt;

use super::measure::{Estimate, Measure};
use crate::input::duration::{probability, rate, seconds};
use crate::model::scenario::Scenario;

/// How a value must stand to its limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    AtMost,
    Below,
    AtLeast,
    Above,
}

/// Longer ones first: they begin like the shorter ones.
const RELATIONS: [(&str, Relation); 4] =
    [("<=", Relation::AtMost), (">=", Relation::AtLeast), ("<", Relation::Below), (">", Relation::Above)];

impl Relation {
    /// Whether a value is allowed.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Relation::AtMost => value <= limit,
            Relation::Below => value < limit,
            Relation::AtLeast => value >= limit,
            Relation::Above => value > limit,
        }
    }

    /// Whether small values are the good ones.
    pub fn is_upper(self) -> bool {
        matches!(self, Relation::AtMost | Relation::Below)
    }
}

/// What the runs say of a constraint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All of the interval is allowed.
    Pass,
    /// Nothing of the interval is allowed.
    Fail,
    /// The limit lies inside the interval, or the runs carry no interval.
    Undecided,
}

impl Verdict {
    /// As the output writes it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Undecided => "undecided",
        }
    }
}

/// A condition on a measure.
#[derive(Clone, PartialEq, Debug)]
pub struct Constraint {
    pub measure: Measure,
    pub relation: Relation,
    /// A share of 1, seconds, or a plain number, as the measure's values are.
    pub limit: f64,
    /// As it was written.
    text: String,
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Constraint {
    /// Reads `EXPR OP LIMIT`, with or without spaces.
    ///
    /// # Errors
    /// What was found and what there is: of measures, operators, or the unit that the limit needs.
    pub fn parse(text: &str, scenario: &Scenario) -> Result<Constraint, String> {
        let text = text.trim();
        let expected =
            "expected EXPR OP LIMIT with one of <= >= < >, such as 'stuck<=0.1%' or 'p95.makespan<=2h'";
        let at =
            text.find(['<', '>']).ok_or_else(|| format!("'{text}': there is no operator; {expected}"))?;
        let (expression, rest) = text.split_at(at);
        let found = RELATIONS.iter().find_map(|(sign, relation)| Some((*relation, rest.strip_prefix(sign)?)));
        let (relation, limit) = found.ok_or_else(|| format!("'{text}': {expected}"))?;
        let limit = limit.trim();
        if expression.trim().is_empty() || limit.is_empty() || limit.starts_with(['<', '>', '=']) {
            return Err(format!("'{text}': {expected}"));
        }
        let measure = Measure::parse(expression, scenario)?;
        let limit = limit_of(&measure, limit).map_err(|message| format!("'{text}': the limit: {message}"))?;
        Ok(Constraint { measure, relation, limit, text: text.to_string() })
    }

    /// What an estimate says: decided when its whole interval lies on one side of the limit. A largest value has no
    /// interval and is judged by what was seen; a mean is infinite, and no doubt about it, as soon as one run never
    /// ended.
    pub fn verdict(&self, estimate: &Estimate) -> Verdict {
        let certain = self.measure.is_max() || estimate.value.is_infinite();
        let seen = (certain && estimate.n > 0).then_some((estimate.value, estimate.value));
        self.verdict_of(estimate.interval.or(seen))
    }

    /// What an interval says; none decides nothing.
    pub(super) fn verdict_of(&self, interval: Option<(f64, f64)>) -> Verdict {
        let Some((low, high)) = interval else { return Verdict::Undecided };
        match (self.relation.holds(low, self.limit), self.relation.holds(high, self.limit)) {
            (true, true) => Verdict::Pass,
            (false, false) => Verdict::Fail,
            _ => Verdict::Undecided,
        }
    }
}

fn limit_of(measure: &Measure, text: &str) -> Result<f64, String> {
    if measure.is_share() || measure.key() == "utilisation" {
        return probability(text);
    }
    if measure.is_time() {
        let length = seconds(text)?;
        return if length.is_finite() { Ok(length) } else { Err("'never' is no limit".to_string()) };
    }
    if measure.key().ends_with("per_s")
        && let Ok(limit) = rate(text)
    {
        return Ok(limit);
    }
    let number = text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    number.ok_or_else(|| format!("found \"{text}\", expected a number such as 40"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A Job `j` with a pool `db`.
    pub(in crate::experiment) fn scenario() -> Scenario {
        let text = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: \
                    Never, containers: [{name: c, image: i}]}}}\n---\napiVersion: jobsim/v1alpha1\nkind: \
                    Simulation\nmetadata: {name: j}\nspec: {dependencies: {db: {pool: {connections: 2}}}}\n";
        crate::input::load(&["-".to_string()], &mut text.as_bytes(), &[]).unwrap().scenario
    }

    #[test]
    fn limits_have_the_unit_of_their_measure() {
        let s = scenario();
        let table = [
            ("stuck<=0.1%", Relation::AtMost, 0.001),
            ("complete > 0.99", Relation::Above, 0.99),
            ("p99.9.makespan<2h", Relation::Below, 7200.0),
            ("p95.makespan<=2h", Relation::AtMost, 7200.0),
            ("wasted_pod < 90s", Relation::Below, 90.0),
            ("db.peak_in_flight<=40", Relation::AtMost, 40.0),
            ("db.utilisation>=50%", Relation::AtLeast, 0.5),
            ("max.db.x<1", Relation::Below, f64::NAN),
            ("db.peak_arrivals_per_s<=600/min", Relation::AtMost, 10.0),
        ];
        for (text, relation, limit) in table {
            match Constraint::parse(text, &s) {
                Ok(c) => {
                    assert_eq!((c.relation, c.limit, c.to_string()), (relation, limit, text.to_string()))
                }
                Err(e) => assert!(limit.is_nan(), "{text}: {e}"),
            }
        }
        for (text, want) in [
            ("makespan<=7200", "without a unit"),
            ("makespan<=never", "no limit"),
            ("stuck<=150%", "between 0 and 1"),
            ("pods_created<=4x", "expected a number"),
            ("pods_created<=-4", "expected a number"),
            ("stuck", "operator"),
            ("stuck=0", "operator"),
            ("stuck<", "EXPR OP LIMIT"),
            ("stuck<<1", "EXPR OP LIMIT"),
            ("<=1", "EXPR OP LIMIT"),
            ("orders.calls<=1", "there is: "),
        ] {
            let error = Constraint::parse(text, &s).unwrap_err();
            assert!(error.contains(want), "{text}: {error}");
        }
    }

    #[test]
    fn an_interval_on_both_sides_decides_nothing() {
        let s = scenario();
        let verdict = |text: &str, value, interval| {
            Constraint::parse(text, &s).unwrap().verdict(&Estimate { value, interval, n: 10 })
        };
        assert_eq!(verdict("makespan<=10s", 9.0, Some((8.0, 10.0))), Verdict::Pass);
        assert_eq!(verdict("makespan<10s", 9.0, Some((8.0, 10.0))), Verdict::Undecided);
        assert_eq!(verdict("makespan<=10s", 12.0, Some((11.0, 13.0))), Verdict::Fail);
        assert_eq!(verdict("makespan>=10s", 12.0, Some((11.0, 13.0))), Verdict::Pass);
        assert_eq!(verdict("p99.makespan<=10s", 9.0, None), Verdict::Undecided);
        assert_eq!(verdict("max.makespan<=10s", 9.0, None), Verdict::Pass);
        assert_eq!(verdict("max.makespan<=10s", 11.0, None), Verdict::Fail);
        assert_eq!(verdict("makespan<=10s", f64::INFINITY, None), Verdict::Fail);
        assert_eq!(verdict("p50.makespan<=10s", 9.0, Some((8.0, f64::INFINITY))), Verdict::Undecided);
        assert_eq!(
            verdict("wait<=1s".replace("wait", "db.wait").as_str(), f64::NAN, None),
            Verdict::Undecided
        );
        let none = Estimate { value: f64::NAN, interval: None, n: 0 };
        assert_eq!(Constraint::parse("max.makespan<=10s", &s).unwrap().verdict(&none), Verdict::Undecided);
    }
}
