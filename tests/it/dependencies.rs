//! Dependencies in whole simulations: what the Job controller makes of a herd, and what the herd makes of a Job.

use jobsim::engine::time::SimTime;
use jobsim::experiment::replicate::{JobRun, replicate_shared};
use jobsim::input::load;
use jobsim::kubernetes::dependencies::numbers::DependencyNumbers;
use jobsim::kubernetes::dependencies::recovery::{Recovery, Trigger, Verdict};
use jobsim::kubernetes::facts::{CallFact, Observer, PodId};
use jobsim::kubernetes::simulate::{Seed, Until, simulate};

/// A Job named j with these lines in its spec and in its pod template's spec, and this Simulation.
pub(crate) fn input(job: &str, pod: &str, simulation: &str) -> String {
    let indent = |text: &str, by: &str| {
        text.lines().filter(|l| !l.trim().is_empty()).map(|l| format!("{by}{l}\n")).collect::<String>()
    };
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec:\n{}  template:\n    spec:\n      \
         restartPolicy: Never\n      containers: [{{name: c, image: i}}]\n{}---\napiVersion: jobsim/v1alpha1\nkind: \
         Simulation\nspec:\n{}",
        indent(job, "  "),
        indent(pod, "      "),
        indent(simulation, "  ")
    )
}

pub(crate) fn scenario(text: &str) -> jobsim::model::scenario::Scenario {
    match load(&["-".to_string()], &mut text.as_bytes(), &[]) {
        Ok(loaded) => loaded.scenario,
        Err(report) => panic!("{}\n{text}", report.render()),
    }
}

/// Job j and the dependencies, in each of some runs.
pub(crate) fn run(text: &str, runs: u64) -> Vec<(JobRun, Vec<DependencyNumbers>)> {
    let all = replicate_shared(&scenario(text), 42, runs, 1).unwrap();
    all.into_iter().map(|(jobs, dependencies)| (jobs[0], dependencies)).collect()
}

pub(crate) fn one(text: &str) -> (JobRun, Vec<DependencyNumbers>) {
    run(text, 1).remove(0)
}

pub(crate) fn outcome(run: &JobRun) -> (&'static str, &'static str) {
    (run.ending.outcome.name(), run.ending.outcome.reason())
}

#[derive(Default)]
struct Calls(Vec<(f64, u32, u32, CallFact)>);

impl Observer for Calls {
    fn call(&mut self, t: SimTime, pod: PodId, dependency: u32, what: CallFact) {
        self.0.push((t.seconds(), pod.ordinal, dependency, what));
    }
}

fn calls(text: &str) -> Vec<(f64, u32, u32, CallFact)> {
    let mut calls = Calls::default();
    simulate(&scenario(text), Seed { seed: 42, replication: 0 }, Until::AllJobsEnded, &mut calls);
    calls.0
}

const HERD: &str = "completions: 100\nparallelism: 100\nbackoffLimit: 100000";
const IDEAL: &str = "controlPlane: {preset: ideal}\n";

pub(crate) fn with_ideal(simulation: &str) -> String {
    format!("{IDEAL}{simulation}")
}

/// Form 14, through pods: the k-th of a herd waits (k-1) S.
#[test]
fn a_herd_of_pods_is_served_one_by_one() {
    let text = input(
        HERD,
        "",
        &with_ideal(
            "workload: {default: {steps: [{call: {to: row, service: 20ms}}]}}\ndependencies: {row: {lock: {}}}",
        ),
    );
    let (job, dependencies) = one(&text);
    let row = &dependencies[0];
    assert_eq!(job.makespan_s(), Some(2.0));
    assert_eq!((row.calls, row.needed, row.waits.count()), (100, 100, 100));
    assert_eq!(row.waits.sum_ns(), (0..100u128).map(|k| k * 20_000_000).sum());
    assert_eq!(row.sojourns.sum_ns(), row.waits.sum_ns() + 100 * 20_000_000);
    assert_eq!((row.peak_in_flight, row.peak_arrivals_1s, row.over_limit_s), (100, 100, 1.98));
    assert_eq!((row.utilisation, row.amplification()), (1.0, Some(1.0)));
    assert_eq!((row.arrivals_per_s, row.mean_waiting, row.mean_in_flight), (50.0, 49.5, 50.5));
}

/// A bucket of 20 that rejects: 80 pods fail at once, and the Job controller tries again until all have passed.
#[test]
fn refusals_become_failed_pods() {
    let text = input(
        HERD,
        "",
        "controlPlane: {preset: unlimited}\nworkload: {default: {steps: [{call: {to: api}}]}}\n\
         dependencies: {api: {rateLimit: {rate: 50/s, burst: 20}}}",
    );
    let (job, dependencies) = one(&text);
    let api = &dependencies[0];
    assert_eq!(outcome(&job), ("Complete", "CompletionsReached"));
    assert!(api.rejected >= 80 && api.rejected == job.numbers.pods_failed);
    assert_eq!((api.needed, api.repeated, api.client_retries), (100, api.rejected, 0));
    assert_eq!(api.amplification(), Some((100 + api.rejected) as f64 / 100.0));
}

#[test]
fn what_giving_up_exits_with_reaches_the_failure_policy() {
    let text = input(
        "podFailurePolicy:\n  rules:\n  - action: FailJob\n    onExitCodes: {operator: In, values: [75]}",
        "",
        &with_ideal(
            "workload: {default: {steps: [{call: {to: api, giveUp: {exitCode: 75}}}]}}\n\
             dependencies: {api: {server: {servers: 1, queueLimit: 0}}}\n\
             timeline: [{at: 0s, dependency: api, down: {for: 1h}}]",
        ),
    );
    assert_eq!(outcome(&one(&text).0), ("Failed", "PodFailurePolicy"));
}

/// Down for 10 s; tries at 0, 3, 6, 9 and 12 s: the fifth is served.
#[test]
fn retries_come_when_the_backoff_says() {
    let text = |attempts: u32| {
        input(
            "backoffLimit: 0",
            "",
            &with_ideal(&format!(
                "workload: {{default: {{steps: [{{call: {{to: api, service: 1s, retry: {{attempts: {attempts}, \
                 backoff: 3s}}}}}}]}}}}\ndependencies: {{api: {{server: {{}}}}}}\n\
                 timeline: [{{at: 0s, dependency: api, down: {{for: 10s}}}}]"
            )),
        )
    };
    let (job, dependencies) = one(&text(5));
    assert_eq!((outcome(&job).0, job.makespan_s()), ("Complete", Some(13.0)));
    assert_eq!((dependencies[0].calls, dependencies[0].client_retries, dependencies[0].rejected), (5, 4, 4));
    let (job, dependencies) = one(&text(4));
    assert_eq!((outcome(&job), job.makespan_s()), (("Failed", "BackoffLimitExceeded"), Some(9.0)));
    assert_eq!(dependencies[0].gave_up, 1);
}

#[test]
fn retry_after_is_honoured_if_the_client_honours_it() {
    let makespan = |honour: bool| {
        let text = input(
            "completions: 2\nparallelism: 2\nbackoffLimit: 0",
            "",
            &with_ideal(&format!(
                "workload: {{default: {{steps: [{{call: {{to: api, retry: {{attempts: 100, backoff: 300ms, \
                 honourRetryAfter: {honour}}}}}}}]}}}}\n\
                 dependencies: {{api: {{rateLimit: {{rate: 6/min, burst: 1, retryAfter: exact}}}}}}"
            )),
        );
        let (job, dependencies) = one(&text);
        (job.makespan_s().unwrap(), dependencies[0].calls)
    };
    assert_eq!(makespan(true), (10.0, 3));
    // 34 pauses of 300 ms reach the next token at 10 s.
    assert_eq!(makespan(false), (10.2, 36));
}

/// A budget of two retries is used up at once; a breaker lets nothing through while it is open.
#[test]
fn budgets_and_breakers_keep_calls_away() {
    let text = |retry: &str| {
        input(
            "backoffLimit: 0",
            "",
            &with_ideal(&format!(
                "workload: {{default: {{steps: [{{call: {{to: api, retry: {{attempts: 50, backoff: 1s, {retry}}}}}}}]}}}}\n\
                 dependencies: {{api: {{server: {{}}}}}}\ntimeline: [{{at: 0s, dependency: api, down: {{for: 20s}}}}]"
            )),
        )
    };
    let (job, dependencies) = one(&text("budget: {ratio: 10%, most: 2}"));
    assert_eq!((outcome(&job).0, dependencies[0].calls, dependencies[0].gave_up), ("Failed", 3, 1));
    let (job, dependencies) = one(&text("breaker: {failures: 3, open: 10s}"));
    // Tries at 0, 1, 2 s; then open until 12 s; one try that fails; open until 22 s; served.
    assert_eq!((outcome(&job).0, job.makespan_s()), ("Complete", Some(22.0)));
    assert_eq!((dependencies[0].calls, dependencies[0].rejected), (5, 4));
    assert_eq!(dependencies[0].short_circuited, 18);
}

/// Whoever hangs with the lock makes all others wait for ever; a pod deadline frees the lock.
#[test]
fn the_black_hole_and_the_herd_meet() {
    let simulation = with_ideal(
        "workload: {default: {steps: [{call: {to: row, service: 1s}}], hang: {probability: 100%}}}\n\
         dependencies: {row: {lock: {}}}",
    );
    let (job, _) = one(&input("completions: 10\nparallelism: 10", "", &simulation));
    assert_eq!(outcome(&job), ("Stuck", "WaitsForDependency"));
    assert!(job.stuck_since_s().unwrap() < 1.0);
    let (job, dependencies) = one(&input(
        "completions: 10\nparallelism: 10\nbackoffLimit: 3",
        "activeDeadlineSeconds: 30",
        &simulation,
    ));
    assert_eq!(outcome(&job), ("Failed", "BackoffLimitExceeded"));
    assert!(dependencies[0].calls >= 10);
}

/// With other tenants on the dependency the event queue is never empty; a stuck Job is seen all the same.
#[test]
fn other_tenants_do_not_hide_a_stuck_job() {
    let text = input(
        "completions: 10\nparallelism: 10",
        "",
        &with_ideal(
            "workload: {default: {steps: [{call: {to: row, service: 1s}}], hang: {probability: 100%}}}\n\
             dependencies: {row: {lock: {}, background: {arrivals: {exponential: {mean: 1s}}, service: 10ms}}}",
        ),
    );
    let (job, dependencies) = one(&text);
    assert_eq!(outcome(&job), ("Stuck", "WaitsForDependency"));
    assert!(dependencies[0].background.calls < 10_000);
}

/// Failures strike at a uniform point of own work; the time in the queue does not count. Own work: 1 s and 3 s of
/// service behind another one's 100 s.
#[test]
fn failures_strike_at_a_point_of_own_work() {
    let text = input(
        "backoffLimit: 0",
        "",
        &with_ideal(
            "workload: {default: {steps: [{run: 1s}, {call: {to: db, service: 3s}}], failure: {probability: 100%, \
             exitCode: 7}}}\ndependencies: {db: {server: {}, background: {arrivals: {constant: 1ms}, service: 0s}}}",
        ),
    );
    let ends: Vec<f64> = run(&text, 2000).iter().map(|(job, _)| job.makespan_s().unwrap()).collect();
    let mean = ends.iter().sum::<f64>() / ends.len() as f64;
    // Uniform on (0, 4): mean 2, standard error 4 / sqrt(12 * 2000) = 0.026.
    assert!((mean - 2.0).abs() < 0.11, "{mean}");
    let early = ends.iter().filter(|&&end| end < 1.0).count() as f64 / 2000.0;
    assert!((early - 0.25).abs() < 0.04, "{early}");
}

/// Two pods take two rows in opposite order.
fn crossing(lock: &str) -> String {
    let job = |name: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec:\n  backoffLimit: 0\n  template:\n    \
             spec:\n      restartPolicy: Never\n      containers: [{{name: c, image: i}}]\n---\n"
        )
    };
    let steps = |first: &str, second: &str, pause: &str| {
        format!(
            "{{steps: [{{hold: {{of: {first}, steps: [{{run: {pause}}}, {{call: {{to: {second}}}}}]}}}}]}}"
        )
    };
    format!(
        "{}{}apiVersion: jobsim/v1alpha1\nkind: Simulation\nspec:\n  {IDEAL}  workload:\n    a: {}\n    b: {}\n  \
         dependencies: {{one: {{lock: {lock}}}, two: {{lock: {lock}}}}}\n",
        job("a"),
        job("b"),
        steps("one", "two", "100ms"),
        steps("two", "one", "300ms")
    )
}

#[test]
fn a_circle_of_waits_is_found_and_broken_if_the_dependency_breaks_it() {
    let all = replicate_shared(&scenario(&crossing("{}")), 42, 1, 1).unwrap().remove(0);
    for job in &all.0 {
        assert_eq!(outcome(job), ("Stuck", "WaitsForDependency"));
    }
    assert_eq!(all.1.iter().map(|d| d.deadlocks).sum::<u64>(), 1);
    let found = all.1.iter().find_map(|d| d.first_deadlock.as_ref()).unwrap();
    assert_eq!((found.at, found.pods.len()), (SimTime::from_seconds(0.3), 2));
    for pod in &found.pods {
        assert_eq!((pod.holds.len(), pod.holds[0] + pod.waits_for), (1, 1));
    }
    let broken = crossing("{deadlockTimeout: 1s}");
    let all = replicate_shared(&scenario(&broken), 42, 1, 1).unwrap().remove(0);
    // The first to have waited a second with the circle complete: a, at 1.1 s.
    assert_eq!([outcome(&all.0[0]).0, outcome(&all.0[1]).0], ["Failed", "Complete"]);
    assert_eq!([all.0[0].makespan_s(), all.0[1].makespan_s()], [Some(1.1), Some(1.1)]);
}

/// A killed holder's lock is free after the server's time-out, not at once.
#[test]
fn a_killed_holder_keeps_the_lock_for_a_while() {
    let text = input(
        "completions: 2\nparallelism: 2",
        "terminationGracePeriodSeconds: 5",
        &with_ideal(
            "workload: {default: {steps: [{hold: {of: row, steps: [{run: 20s}]}}]}}\n\
             dependencies: {row: {lock: {releaseAfter: 30s}}}\n\
             timeline: [{at: 10s, deletePod: {ordinal: 0}}]",
        ),
    );
    let begun: Vec<(f64, u32)> =
        calls(&text).into_iter().filter(|c| c.3 == CallFact::Begun).map(|c| (c.0, c.1)).collect();
    assert_eq!(begun, [(0.0, 0), (40.0, 1), (60.0, 2)]);
}

/// restartPolicy OnFailure: the container that gave up starts again in the same pod, after the kubelet's pauses.
#[test]
fn a_container_that_gave_up_starts_again_in_its_pod() {
    let text = input(
        "",
        "",
        &with_ideal(
            "workload: {default: {steps: [{run: 1s}, {call: {to: api, giveUp: {exitCode: 9}}}]}}\n\
             dependencies: {api: {server: {}}}\ntimeline: [{at: 0s, dependency: api, down: {for: 20s}}]",
        ),
    )
    .replace("restartPolicy: Never", "restartPolicy: OnFailure");
    let (job, dependencies) = one(&text);
    // Runs end at 1 s, 2 s (again at once), 13 s (after 10 s) and, after 20 s, at 34 s.
    assert_eq!((outcome(&job).0, job.makespan_s()), ("Complete", Some(34.0)));
    assert_eq!((job.numbers.container_restarts, job.numbers.pods_created), (3, 1));
    assert_eq!((dependencies[0].calls, dependencies[0].repeated, dependencies[0].needed), (4, 3, 1));
}

/// A connection is held while the server works: three connections, five servers, so three at a time.
#[test]
fn holding_a_connection_limits_what_reaches_the_server() {
    let text = input(
        "completions: 9\nparallelism: 9",
        "",
        &with_ideal(
            "workload: {default: {steps: [{hold: {of: pool, steps: [{call: {to: db, times: 2, service: 1s}}]}}]}}\n\
             dependencies: {pool: {pool: {connections: 3}}, db: {server: {servers: 5}}}",
        ),
    );
    let (job, dependencies) = one(&text);
    assert_eq!(job.makespan_s(), Some(6.0));
    assert_eq!((dependencies[1].peak_in_flight, dependencies[1].waits.sum_ns()), (3, 0));
    assert_eq!((dependencies[0].peak_in_flight, dependencies[0].utilisation), (9, 1.0));
}

/// What goes in comes out: sent = served + refused + timed out + left, in runs with everything at once.
#[test]
fn every_call_is_accounted_for() {
    let text = input(
        "completions: 60\nparallelism: 20\nbackoffLimit: 100000",
        "activeDeadlineSeconds: 60",
        "controlPlane: {preset: unlimited}\nhorizon: 2h\n\
         workload: {default: {steps: [{run: {exponential: {mean: 1s}}}, {call: {to: db, times: 5, timeout: 2s, think: \
         {exponential: {mean: 300ms}}, retry: {attempts: 3, backoff: {base: 100ms, jitter: full}}}}, {hold: {of: \
         pool, timeout: 5s, steps: [{call: {to: api, retry: {attempts: 4, backoff: {base: 1s, jitter: \
         decorrelated, cap: 10s}}}}]}}], failure: {probability: 10%}, hang: {probability: 2%}}}\n\
         dependencies:\n  db: {server: {releaseAfter: finish, servers: 2, service: {exponential: {mean: 150ms}}, load: {contention: 0.1}, crash: \
         {above: 18, recovery: 3s, cold: {for: 5s, factor: 2}}}, background: {arrivals: {exponential: {mean: 200ms}}, timeout: 1s}}\n  \
         pool: {pool: {connections: 3, queueLimit: 10, setup: 20ms}}\n  api: {rateLimit: {rate: 4/s, burst: 5}}\n\
         timeline: [{at: 20s, dependency: db, down: {for: 5s}}, {at: 40s, dependency: pool, down: {for: 1s}}]",
    );
    let all = run(&text, 30);
    assert!(all.iter().any(|(_, d)| d[0].timeouts > 0 && d[0].unheard > 0));
    assert!(all.iter().any(|(_, d)| d[0].crashes > 0));
    for (job, dependencies) in &all {
        for d in &dependencies[..] {
            let sent_first = d.calls - d.client_retries;
            // Everybody has ended: tries of containers that succeeded and of those that did not.
            if job.ending.cluster_idle {
                assert_eq!(sent_first, d.needed + d.repeated);
            }
            let answered = d.sojourns.count() + d.rejected + d.timeouts;
            assert!(answered <= d.calls, "{answered} of {}", d.calls);
        }
    }
}

/// Other tenants come as they would have come without the Job, and wait longer with it.
#[test]
fn harm_to_other_tenants_is_against_the_same_tenants_alone() {
    let text = input(
        "completions: 50\nparallelism: 50",
        "",
        &with_ideal(
            "workload: {default: {steps: [{call: {to: db, times: 20}}]}}\n\
             dependencies: {db: {server: {service: {exponential: {mean: 50ms}}, queueLimit: 45}, background: \
             {arrivals: {exponential: {mean: 200ms}}}}}",
        )
        .replace("times: 20}", "times: 20, retry: {attempts: 1000, backoff: 1s}}"),
    );
    for (_, dependencies) in run(&text, 20) {
        let (with, alone) = (&dependencies[0].background, dependencies[0].background_alone.as_ref().unwrap());
        assert_eq!(with.calls, alone.calls);
        assert!(with.waits.mean_s() > alone.waits.mean_s());
        assert_eq!(alone.rejected, 0);
        assert!(with.rejected > 0);
    }
}

#[test]
fn a_ramp_adds_pods_and_an_adaptive_one_takes_them_away_again() {
    #[derive(Default)]
    struct Started(Vec<f64>);
    impl Observer for Started {
        fn container_started(&mut self, t: SimTime, _: PodId, _: u32) {
            self.0.push(t.seconds());
        }
    }
    let started = |text: &str| {
        let mut started = Started::default();
        simulate(&scenario(text), Seed { seed: 1, replication: 0 }, Until::AllJobsEnded, &mut started);
        started.0
    };
    let ramp = input(
        "completions: 20\nparallelism: 20",
        "",
        &with_ideal(
            "workload: {default: {steps: [{run: 100s}]}}\n\
             policies: [{ramp: {parallelism: {from: 2, to: 10, add: 4, every: 60s}}}]",
        ),
    );
    let times = started(&ramp);
    let at = |t: f64| times.iter().filter(|&&s| s == t).count();
    assert_eq!([at(0.0), at(60.0), at(100.0), at(120.0)], [2, 4, 2, 4]);
    let peak = |policy: &str| {
        let text = input(
            "completions: 2000\nparallelism: 50\nbackoffLimit: 100000",
            "",
            &with_ideal(&format!(
                "workload: {{default: {{steps: [{{call: {{to: api, times: 20, think: {{exponential: {{mean: 1s}}}}, retry: \
                 {{attempts: 1000, backoff: 1s}}}}}}]}}}}\n\
                 dependencies: {{api: {{rateLimit: {{rate: 10/s, burst: 10}}}}}}\n{policy}"
            )),
        );
        let (job, dependencies) = one(&text);
        assert_eq!(outcome(&job).0, "Complete");
        dependencies[0].rejected
    };
    let adapt = "policies: [{adapt: {parallelism: {from: 2, to: 50, add: 1, every: 10s, watch: api, backOffAt: \
                 {rejected: 5%}, factor: 0.5}}}]";
    let (at_once, adaptive) = (peak(""), peak(adapt));
    assert!(adaptive * 5 < at_once, "{adaptive} rejections against {at_once}");
}

/// A server that works on for clients that have given up, and clients that come again at once: after an outage of
/// 30 s the queue never goes. With a queue limit it goes by itself.
#[test]
fn a_metastable_failure_is_told_from_one_that_heals() {
    let text = |queue: &str| {
        input(
            "completions: 40\nparallelism: 40\nbackoffLimit: 100000",
            "",
            &with_ideal(&format!(
                "horizon: 30min\nworkload: {{default: {{steps: [{{call: {{to: db, times: 100000, think: {{exponential: \
                 {{mean: 10s}}}}, timeout: 1s, retry: {{attempts: 4000}}}}}}]}}}}\n\
                 dependencies: {{db: {{server: {{releaseAfter: finish, service: 200ms{queue}}}}}}}\n\
                 timeline: [{{at: 5min, dependency: db, silent: {{for: 30s}}}}]"
            )),
        )
    };
    let verdict = |queue: &str| one(&text(queue)).1[0].recovery.unwrap();
    assert_eq!(verdict(""), Recovery { trigger: Trigger::Fault, verdict: Verdict::NotYet });
    assert!(matches!(verdict(", queueLimit: 4").verdict, Verdict::After(_)));
}
