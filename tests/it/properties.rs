//! What holds in every run, whatever the numbers.

use jobsim::engine::distribution::Distribution;
use jobsim::engine::time::SimTime;
use jobsim::experiment::replicate::{Threads, replicate};
use jobsim::kubernetes::facts::{ContainerRun, Observer, PodId};
use jobsim::kubernetes::simulate::{Seed, Until, simulate};
use jobsim::model::cluster::ControlPlane;
use jobsim::model::job::Completion;
use jobsim::model::scenario::Scenario;
use jobsim::model::workload::{Failure, FailureLaw, RunTime};
use jobsim::observe::numbers::Numbers;

use crate::workloads::{scenario, spec, workload};

fn cases() -> Vec<(Scenario, u32, u32)> {
    let mut cases = Vec::new();
    for plane in [ControlPlane::IDEAL, ControlPlane::UNLIMITED, ControlPlane::KUBERNETES] {
        for (n, p) in [(1, 1), (20, 3), (50, 50), (120, 40)] {
            for completion in [Completion::Counted(n), Completion::Indexed(n)] {
                let mut w = workload(Distribution::log_normal_sigma(20.0, 0.8).unwrap());
                w.startup = Distribution::exponential(2.0).unwrap();
                w.failure = Some(Failure { law: FailureLaw::Probability(0.1), exit_code: 1 });
                cases.push((scenario(plane, spec(completion, p), w), n, p));
            }
        }
    }
    cases
}

/// Adds up run times on its own.
#[derive(Default)]
struct RunTimes(u128);

impl Observer for RunTimes {
    fn container_stopped(&mut self, t: SimTime, _pod: PodId, run: ContainerRun) {
        self.0 += u128::from(t.since(run.started).nanos());
    }
}

#[test]
fn active_pods_never_exceed_parallelism_and_the_integral_is_exact() {
    for (scenario, n, p) in cases() {
        for replication in 0..20 {
            let mut seen = (Numbers::new(1), RunTimes::default());
            let seed = Seed { seed: 7, replication };
            let ending = simulate(&scenario, seed, Until::AllJobsEnded, &mut seen);
            let numbers = seen.0.finish(&ending)[0];
            assert!(numbers.peak_active <= u64::from(p.min(n)));
            assert!(numbers.peak_running <= numbers.peak_active);
            assert_eq!(numbers.pods_created, u64::from(n) + numbers.pods_failed, "form 11");
            assert_eq!(numbers.running_ns, seen.1.0, "form 11");
        }
    }
}

#[test]
fn form_10_makespan_lies_between_grahams_bounds_and_never_grows_with_parallelism() {
    for replication in 0..200 {
        let mut last = u64::MAX;
        for p in 1..=24 {
            let w = workload(Distribution::log_normal_sigma(60.0, 0.8).unwrap());
            let s = scenario(ControlPlane::IDEAL, spec(Completion::Counted(60), p), w);
            let mut longest = Longest::default();
            let seed = Seed { seed: 3, replication };
            let end =
                simulate(&s, seed, Until::AllJobsEnded, &mut longest).jobs[0].finished_at.unwrap().nanos();
            let (work, longest, p64) = (longest.sum, longest.max, u64::from(p));
            assert!(end >= longest.max(work.div_ceil(p64)));
            assert!(end <= work / p64 + longest - longest / p64 + p64);
            assert!(end <= last, "replication {replication}: {p} slots took longer than {}", p - 1);
            last = end;
        }
    }
}

#[derive(Default)]
struct Longest {
    sum: u64,
    max: u64,
}

impl Observer for Longest {
    fn container_stopped(&mut self, t: SimTime, _pod: PodId, run: ContainerRun) {
        let length = t.since(run.started).nanos();
        self.sum += length;
        self.max = self.max.max(length);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for (scenario, _, _) in cases() {
        let one = replicate(&scenario, 42, 20, 1).unwrap();
        for threads in [2, 8] {
            assert_eq!(one, replicate(&scenario, 42, 20, threads).unwrap());
        }
    }
}

/// Settings with and without the same luck side by side; one with more pods than fates are kept.
#[test]
fn luck_that_settings_share_changes_no_run() {
    let build = |completion: Completion, parallelism: u32, failing: f64, steps: usize| {
        let run = Distribution::log_normal_sigma(60.0, 0.8).unwrap();
        let mut workload = workload(run.clone());
        workload.startup = Distribution::exponential(2.0).unwrap();
        workload.run = RunTime::Steps(vec![run; steps]);
        workload.failure = Some(Failure { law: FailureLaw::Probability(failing), exit_code: 1 });
        workload.hang_probability = 0.001;
        scenario(ControlPlane::UNLIMITED, spec(completion, parallelism), workload)
    };
    let counted = Completion::Counted;
    let settings = [
        build(counted(40), 5, 0.05, 1),
        build(counted(300), 9, 0.05, 1),
        build(counted(300), 9, 0.10, 1),
        build(counted(60), 9, 0.10, 2),
        build(counted(61), 8, 0.10, 2),
        build(Completion::Indexed(30), 8, 0.10, 2),
        build(counted(17_000), 10_000, 0.10, 2),
        build(counted(60), 7, 0.10, 2),
    ];
    let threads = Threads::new(2).unwrap();
    let together = threads.replicate_each(&settings.each_ref(), 7, 3..6);
    for (number, (setting, together)) in settings.iter().zip(together).enumerate() {
        assert!(together == threads.replicate(setting, 7, 3..6), "setting {number}");
    }
}
