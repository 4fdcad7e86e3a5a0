//! The herd and its cures, in whole runs: skew by index beside calls, items of a work queue, leases, several policies,
//! readers and clients with limits of their own, and what became of a load that something had upset.

use crate::dependencies::{input, one, outcome, run, scenario, with_ideal};
use jobsim::experiment::replicate::replicate_shared;
use jobsim::kubernetes::dependencies::recovery::{Recovery, Trigger, Verdict};

/// Each index has its own run before the call, its own pause, its own service.
#[test]
fn skew_by_index_works_beside_calls() {
    let text = |steps: &str| {
        input(
            "completions: 3\nparallelism: 3\ncompletionMode: Indexed",
            "",
            &with_ideal(&format!(
                "workload: {{default: {{steps: [{steps}]}}}}\ndependencies: {{db: {{server: {{servers: 3}}}}}}"
            )),
        )
    };
    let makespan = |steps: &str| one(&text(steps)).0.makespan_s();
    assert_eq!(makespan("{run: {byIndex: [1s, 2s, 10s]}}, {call: {to: db, service: 5s}}"), Some(15.0));
    assert_eq!(makespan("{call: {to: db, think: {byIndex: [1s, 7s, 2s]}, service: 5s}}"), Some(12.0));
    assert_eq!(makespan("{call: {to: db, times: 2, service: {byIndex: [8s, 1s, 1s]}}}"), Some(16.0));
    assert_eq!(makespan("{run: 1s}, {run: {byIndex: [1s, 2s, 10s]}}"), Some(11.0));
    // Own work of index 2 is 30 s: half of the failures strike before 15 s.
    let failing = input(
        "completions: 3\nparallelism: 3\ncompletionMode: Indexed\nbackoffLimit: 0",
        "",
        &with_ideal(
            "workload: {default: {steps: [{run: {byIndex: [0s, 0s, 20s]}}, {call: {to: db, service: {byIndex: [0s, 0s, \
             10s]}}}], poison: {indexes: \"2\"}}}\ndependencies: {db: {server: {}}}",
        ),
    );
    let ends: Vec<f64> = run(&failing, 400).iter().filter_map(|(job, _)| job.makespan_s()).collect();
    let early = ends.iter().filter(|&&end| end < 15.0).count() as f64 / ends.len() as f64;
    assert!(ends.iter().all(|&end| end <= 30.0) && (early - 0.5).abs() < 0.1, "{early}");
}

/// A work queue of 12 items for three pods against one pod an item: the same calls, and one start-up instead of four.
#[test]
fn rounds_are_the_items_of_a_work_queue() {
    let text = |job: &str, steps: &str| {
        input(
            job,
            "",
            &with_ideal(&format!(
                "workload: {{default: {{startup: 10s, steps: [{steps}]}}}}\n\
                 dependencies: {{api: {{server: {{servers: 3}}}}}}"
            )),
        )
    };
    let item = "{call: {to: api, service: 1s}}, {run: 4s}";
    let (each, apart) = one(&text("completions: 12\nparallelism: 3", item));
    let (queue, together) =
        one(&text("parallelism: 3", &format!("{{repeat: {{times: 4, steps: [{item}]}}}}")));
    assert_eq!((each.makespan_s(), queue.makespan_s()), (Some(60.0), Some(30.0)));
    assert_eq!((each.numbers.pods_created, queue.numbers.pods_created), (12, 3));
    assert_eq!((apart[0].calls, together[0].calls), (12, 12));
    // A hold within a round is given back in that round.
    let hold = "{repeat: {times: 3, steps: [{hold: {of: api, steps: [{run: 1s}]}}, {run: 1s}]}}";
    let (_, dependencies) = one(&text("parallelism: 1", hold));
    assert_eq!(dependencies[0].sojourns.sum_ns(), 3_000_000_000);
}

/// The black hole meets the lease: a hung holder loses the lock after its time, and the others go on.
#[test]
fn a_holder_that_hangs_loses_its_lease() {
    let text = |lease: &str| {
        input(
            "completions: 5\nparallelism: 5\ncompletionMode: Indexed",
            "",
            &with_ideal(&format!(
                "horizon: 1d\nworkload: {{default: {{steps: [{{hold: {{of: row, \
                 steps: [{{run: {{byIndex: [never, 1s, 1s, 1s, 30s]}}}}]}}}}]}}}}\n\
                 dependencies: {{row: {{lock: {{{lease}}}}}}}"
            )),
        )
    };
    let (job, dependencies) = one(&text(""));
    assert_eq!((outcome(&job).0, dependencies[0].sojourns.count()), ("Stuck", 0));
    let (job, dependencies) = one(&text("holdTimeout: 60s"));
    assert_eq!(outcome(&job), ("Stuck", "HungPod"));
    assert_eq!((dependencies[0].sojourns.count(), dependencies[0].timeouts), (4, 1));
    // 60 s of the one that hung.
    assert_eq!(dependencies[0].lost_work_s, 60.0);
    // Other tenants keep the run going; that nobody holds for ever is seen all the same.
    let busy = text("holdTimeout: 60s").replace("{row: {lock: {holdTimeout: 60s}}}",
        "{row: {lock: {holdTimeout: 60s}, background: {arrivals: {exponential: {mean: 100ms}}, service: 1ms}}}");
    let (job, dependencies) = one(&busy);
    assert_eq!((outcome(&job).0, dependencies[0].sojourns.count()), ("Stuck", 4));
    let slow = input(
        "backoffLimit: 0",
        "",
        &with_ideal(
            "workload: {default: {steps: [{hold: {of: row, timeout: 1h, retry: {attempts: 3, backoff: 5s}, steps: [{run: \
             30s}]}}]}}\ndependencies: {row: {lock: {holdTimeout: 20s}}}",
        ),
    );
    let (job, dependencies) = one(&slow);
    assert_eq!((outcome(&job).0, job.makespan_s()), ("Failed", Some(70.0)));
    assert_eq!((dependencies[0].timeouts, dependencies[0].lost_work_s), (3, 60.0));
}

/// Time of places that led to nothing: broken off, for nobody, or for a container that failed later.
#[test]
fn lost_work_is_what_nobody_had_anything_of() {
    let lost = |steps: &str, job: &str, more: &str| {
        let text = input(
            job,
            "",
            &with_ideal(&format!(
                "workload: {{default: {{steps: [{steps}]}}}}\ndependencies: {{db: {{server: {{{more}}}}}}}"
            )),
        );
        one(&text).1[0].lost_work_s
    };
    assert_eq!(lost("{call: {to: db, service: 3s}}", "backoffLimit: 0", ""), 0.0);
    assert_eq!(lost("{call: {to: db, service: 3s, timeout: 2s}}", "backoffLimit: 0", ""), 2.0);
    let works_on = "{call: {to: db, service: 3s, timeout: 2s, retry: {attempts: 2, backoff: 10s}}}";
    assert_eq!(lost(works_on, "backoffLimit: 0", "releaseAfter: finish"), 3.0);
    let later = "{call: {to: db, service: 3s}}, {call: {to: db, service: 5s, timeout: 1s}}";
    assert_eq!(lost(later, "backoffLimit: 0", ""), 4.0);
}

/// A ramp and an adaptive policy on one Job: it is created with the more careful start, and each acts on what it finds.
#[test]
fn two_policies_act_on_one_job() {
    let text = input(
        "completions: 40\nparallelism: 40",
        "",
        &with_ideal(
            "workload: {default: {steps: [{run: 100s}]}}\ndependencies: {api: {server: {}}}\n\
             policies:\n- ramp: {parallelism: {from: 6, to: 20, add: 4, every: 60s}}\n\
             - adapt: {parallelism: {from: 2, to: 50, add: 3, every: 40s, watch: api, backOffAt: {waiting: 5}}}",
        ),
    );
    let (job, _) = one(&text);
    // 2 at 0 s, 5 at 40 s, 9 at 60 s, 12 at 80 s, 16 and 19 at 120 s.
    assert_eq!(outcome(&job).0, "Complete");
    assert!(job.numbers.peak_active > 12);
}

/// Readers share the lock; a writer waits for all of them.
#[test]
fn pods_that_read_share_a_lock() {
    let text = |access: &str| {
        input(
            "completions: 8\nparallelism: 8",
            "",
            &with_ideal(&format!(
                "workload: {{default: {{steps: [{{call: {{to: table, access: {access}, service: 2s}}}}]}}}}\n\
                 dependencies: {{table: {{lock: {{}}}}}}"
            )),
        )
    };
    assert_eq!(one(&text("read")).0.makespan_s(), Some(2.0));
    assert_eq!(one(&text("write")).0.makespan_s(), Some(16.0));
}

/// With `per: client` every pod has a bucket of its own: two calls at once, the third half a second later.
#[test]
fn a_limit_per_client_does_not_make_a_herd() {
    let text = |per: &str| {
        input(
            "completions: 50\nparallelism: 50",
            "",
            &with_ideal(&format!(
                "workload: {{default: {{steps: [{{call: {{to: api, times: 3}}}}]}}}}\n\
                 dependencies: {{api: {{rateLimit: {{rate: 2/s, burst: 2, onLimit: delay, per: {per}}}}}}}"
            )),
        )
    };
    assert_eq!(one(&text("client")).0.makespan_s(), Some(0.5));
    assert_eq!(one(&text("global")).0.makespan_s(), Some(74.0));
}

/// A crash that the herd itself causes, again and again as long as it comes back at once; with pauses it stops.
#[test]
fn crashes_and_overload_have_a_verdict_too() {
    let text = |retry: &str, horizon: &str| {
        input(
            "completions: 30\nparallelism: 30\nbackoffLimit: 100000",
            "",
            &with_ideal(&format!(
                "horizon: {horizon}\nworkload: {{default: {{steps: [{{call: {{to: db, times: 20, service: 100ms, retry: \
                 {{attempts: 4000, {retry}}}}}}}]}}}}\n\
                 dependencies: {{db: {{server: {{servers: 4, crash: {{above: 20, recovery: 5s}}}}}}}}"
            )),
        )
    };
    let together = one(&text("backoff: 1s", "10min")).1.remove(0);
    let not_yet = Recovery { trigger: Trigger::Crash, verdict: Verdict::NotYet };
    assert!(together.crashes > 50 && together.recovery == Some(not_yet), "{:?}", together.recovery);
    let spread = "backoff: {base: 10s, factor: 2, cap: 60s, jitter: full}";
    let apart = one(&text(spread, "1d")).1.remove(0);
    let found = apart.recovery.unwrap();
    assert!(matches!(found, Recovery { trigger: Trigger::Crash, verdict: Verdict::After(_) }), "{found:?}");
    // Overload: a bucket that refuses for as long as pods come faster than it fills.
    let overload = input(
        "completions: 20\nparallelism: 20\nbackoffLimit: 0",
        "",
        &with_ideal(
            "workload: {default: {steps: [{call: {to: api, retry: {attempts: 100, backoff: 1s}}}, {run: 1min}]}}\n\
             dependencies: {api: {rateLimit: {rate: 2/s, burst: 1}}}",
        ),
    );
    let found = one(&overload).1[0].recovery.unwrap();
    assert!(matches!(
        found,
        Recovery { trigger: Trigger::Overload, verdict: Verdict::OnlyAtTheEnd | Verdict::After(_) }
    ));
    let quiet = overload.replace("burst: 1", "burst: 20");
    assert_eq!(one(&quiet).1[0].recovery, None);
}

/// Suspend and resume, and a start that is spread: the same Job on the same bucket, with fewer refusals.
#[test]
fn spreading_the_start_takes_the_peak_away() {
    let text = |more: &str, first: &str| {
        input(
            "completions: 60\nparallelism: 60\nbackoffLimit: 1000",
            "",
            &with_ideal(&format!(
                "workload: {{default: {{steps: [{first}{{call: {{to: api, retry: {{attempts: 50, backoff: 1s}}}}}}]}}}}\n\
                 dependencies: {{api: {{rateLimit: {{rate: 5/s, burst: 5}}}}}}\n{more}"
            )),
        )
    };
    let rejected = |more: &str, first: &str| {
        let all = run(&text(more, first), 20);
        all.iter().map(|(_, d)| d[0].rejected).sum::<u64>() / all.len() as u64
    };
    let plain = rejected("", "");
    let spread = rejected("", "{run: {uniform: {min: 0s, max: 30s}}}, ");
    assert!(plain > 300 && spread < 40, "{plain} against {spread}");
    // Suspended before the first pod and resumed after the outage: nobody is refused because of it.
    let outage = "timeline: [{at: 0s, dependency: api, down: {for: 1min}}";
    let through = rejected(&format!("{outage}]"), "");
    let waits = rejected(&format!("{outage}, {{at: 0s, suspend: {{}}}}, {{at: 61s, resume: {{}}}}]"), "");
    assert!(waits < through / 5, "{waits} against {through}");
}

/// The Simulation document that interface.md (section 2) prints, with nothing changed.
#[test]
fn the_documented_example_runs() {
    let text = input("completions: 10\nparallelism: 5\ncompletionMode: Indexed\nbackoffLimit: 1000", "", "");
    let job = text.split("---").next().unwrap().replace("name: j}", "name: queue-processor}");
    let document = format!("{job}---\n{}", include_str!("interface.yaml"));
    let all = replicate_shared(&scenario(&document), 42, 3, 1).unwrap();
    assert_eq!(all.len(), 3);
    for (jobs, dependencies) in &all {
        assert_eq!(dependencies.len(), 5);
        assert!(dependencies[4].calls >= 1000 || outcome(&jobs[0]).0 != "Complete");
        assert!(dependencies[4].recovery.is_none_or(|found| found.trigger == Trigger::Fault));
    }
}
