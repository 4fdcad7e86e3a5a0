//! `sweep -n auto`: settings that matter get the replications.
//!
//! A setting matters as long as it may be allowed and no other is as good in everything and surely better in something
//! (the front of [`Question::front`]). One that matters is simulated until its makespan is known well enough and its
//! constraints are decided; of the others the first runs suffice. What is asked for next depends on the runs of all
//! settings at the end of a stage only: never on threads, nor on where a killed sweep was taken up again. This decides
//! where to look and says nothing itself: each setting's intervals come from its own runs.

use super::constraint::{Constraint, Verdict};
use super::difference::difference;
use super::interval::{common_value, mean_is_known};
use super::measure::Measure;
use super::replicate::Run;
use super::stop_rule::grown;
use crate::model::scenario::Scenario;

/// What a sweep wants to know, and how well.
pub struct Question {
    /// Small is good; the makespans of the Jobs come first.
    pub front: Vec<Measure>,
    /// How many of them are makespans.
    pub jobs: usize,
    pub constraints: Vec<Constraint>,
    /// Half width of an interval over its mean.
    pub relative_error: f64,
    /// Probability of error on either side of an interval.
    pub tail: f64,
    /// Replications of each setting at least, and at most.
    pub min: u64,
    pub max: u64,
}

/// How long the Jobs take, what they waste, how much runs at once (pods, and calls at each dependency), and how often they
/// fail: a Job that fails early has a short makespan.
///
/// # Errors
/// Never for a scenario that was loaded: all of these exist.
pub fn front(scenario: &Scenario) -> Result<Vec<Measure>, String> {
    let of_jobs = |quantity: &'static str| {
        scenario.jobs.iter().map(move |job| match scenario.jobs.len() {
            1 => quantity.to_string(),
            _ => format!("{}:{quantity}", job.name),
        })
    };
    let dependencies = scenario.shared.dependencies.iter().map(|d| format!("{}.peak_in_flight", d.name));
    let all = ["makespan", "wasted_pod", "peak_running", "failed"].into_iter().flat_map(of_jobs);
    let all = all.chain(dependencies);
    all.map(|text| Measure::parse(&text, scenario)).collect()
}

/// How many replications each setting should have next, given what there is (`runs[setting]`); none where it is enough.
pub fn next(question: &Question, runs: &[Vec<Run>]) -> Vec<Option<u64>> {
    if let Some(count) = runs.iter().map(|runs| runs.len() as u64).min().filter(|count| *count < question.min)
    {
        debug_assert!(count == 0, "the first stage is whole");
        return vec![Some(question.min); runs.len()];
    }
    let verdicts: Vec<Vec<Verdict>> = runs.iter().map(|runs| question.verdicts(runs)).collect();
    let values: Vec<Vec<Vec<Option<f64>>>> = runs
        .iter()
        .map(|runs| {
            question.front.iter().map(|measure| runs.iter().map(|run| measure.of(run)).collect()).collect()
        })
        .collect();
    let is_allowed = |at: usize| verdicts[at].iter().all(|verdict| *verdict == Verdict::Pass);
    let beaten = |at: usize| {
        (0..runs.len()).any(|by| by != at && is_allowed(by) && question.beats(&values[by], &values[at]))
    };
    (0..runs.len())
        .map(|at| {
            let count = runs[at].len() as u64;
            let known = question.is_known(&values[at]) && !verdicts[at].contains(&Verdict::Undecided);
            let open =
                count < question.max && !known && !verdicts[at].contains(&Verdict::Fail) && !beaten(at);
            open.then(|| grown(count).min(question.max))
        })
        .collect()
}

impl Question {
    fn verdicts(&self, runs: &[Run]) -> Vec<Verdict> {
        self.constraints.iter().map(|c| c.verdict(&c.measure.estimate(runs, self.tail))).collect()
    }

    /// Whether the makespans are known as well as asked.
    fn is_known(&self, values: &[Vec<Option<f64>>]) -> bool {
        values[..self.jobs].iter().all(|values| {
            let values: Vec<f64> =
                values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
            mean_is_known(&values, self.relative_error, self.tail)
        })
    }

    /// Whether `a` is surely better than `b` in something, by more than the error asked for, and as good in all else as
    /// far as the same luck shows.
    fn beats(&self, a: &[Vec<Option<f64>>], b: &[Vec<Option<f64>>]) -> bool {
        let mut better = false;
        for (measure, (a, b)) in self.front.iter().zip(a.iter().zip(b)) {
            let count = a.len().min(b.len());
            let (a, b) = (&a[..count], &b[..count]);
            let alike = |values: &[Option<f64>]| common_value(values.iter().flatten().copied());
            // Nothing is stated here: what has been alike in all runs may pass for certain.
            let (low, high) = match alike(a).zip(alike(b)) {
                Some((a, b)) => (b - a, b - a),
                None => difference(measure, a, b, self.tail),
            };
            let mean = measure.estimate_of(a.iter().flatten().copied().collect(), self.tail).value.abs();
            let margin = if mean.is_finite() { self.relative_error * mean } else { 0.0 };
            // Neither a point where both are infinite nor one without a value says anything.
            if low.is_nan() || high.is_nan() || low + high < -2.0 * margin {
                return false;
            }
            better |= low > margin;
        }
        better
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        let text = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: \
                    Never, containers: [{name: c, image: i}]}}}\n";
        let scenario = crate::input::load(&["-".to_string()], &mut text.as_bytes(), &[]).unwrap().scenario;
        Question {
            front: front(&scenario).unwrap(),
            jobs: 1,
            constraints: Vec::new(),
            relative_error: 0.02,
            tail: 0.025,
            min: 30,
            max: 1000,
        }
    }

    /// Values of makespan, waste and peak in 100 runs.
    fn values(makespan: f64, peak: f64) -> Vec<Vec<Option<f64>>> {
        let noise = |k: i32| f64::from(k % 10);
        vec![
            (0..100).map(|k| Some(makespan + noise(k))).collect(),
            (0..100).map(|k| Some(5.0 + noise(k))).collect(),
            vec![Some(peak); 100],
            vec![Some(0.0); 100],
        ]
    }

    #[test]
    fn better_in_one_and_as_good_in_the_rest_beats() {
        let q = question();
        assert!(q.beats(&values(100.0, 4.0), &values(110.0, 4.0)));
        assert!(q.beats(&values(100.0, 4.0), &values(100.0, 8.0)));
        // Slower with less at once, within the error, the same.
        assert!(!q.beats(&values(100.0, 8.0), &values(110.0, 4.0)));
        assert!(!q.beats(&values(100.0, 4.0), &values(101.0, 4.0)));
        assert!(!q.beats(&values(100.0, 4.0), &values(100.0, 4.0)));
        assert!(q.is_known(&values(1000.0, 4.0)) && !q.is_known(&values(1.0, 4.0)));
        // Sooner over because it fails.
        let mut failing = values(50.0, 4.0);
        failing[3] = vec![Some(1.0); 100];
        assert!(!q.beats(&failing, &values(100.0, 4.0)) && !q.beats(&values(100.0, 4.0), &failing));
    }
}
