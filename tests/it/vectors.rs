//! The vectors, a test each: V1 to V12 (v01 to v12) and one rule of the controller each (x01 to x64). Their traces
//! were recorded from the real controller; `tests/conformance/README.md` says how.

use std::path::Path;

use jobsim::conformance::check;
use jobsim::conformance::format::Line;

fn vector(name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/vectors.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().map(|l| serde_json::from_str::<Line>(l).unwrap());
    let line = lines.into_iter().find(|l| l.scenario.name == name).unwrap();
    let found = check(&line).unwrap();
    assert!(found.is_empty(), "{found:#?}");
}

macro_rules! vectors {
    ($($test:ident = $name:literal,)*) => {
        $(#[test]
        fn $test() {
            vector($name);
        })*

        #[test]
        fn no_vector_lacks_a_test() {
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/vectors.jsonl");
            let there = std::fs::read_to_string(file).unwrap().lines().count();
            assert_eq!(there, [$($name),*].len());
        }
    };
}

vectors! {
    v01_never_sequential = "v01-never-sequential",
    v02_two_wide_waves = "v02-two-wide-waves",
    v03_onfailure_at_once = "v03-onfailure-at-once",
    v04_first_wave_kills = "v04-first-wave-kills",
    v05_five_together = "v05-five-together",
    v06_hang_index_0_two_slots = "v06-hang-index-0-two-slots",
    v07_hang_index_3_one_slot = "v07-hang-index-3-one-slot",
    v08_per_index_limit_1 = "v08-per-index-limit-1",
    v09_work_queue_one_success = "v09-work-queue-one-success",
    v10_deadline_all_pending = "v10-deadline-all-pending",
    v11_suspend_resume_deadline = "v11-suspend-resume-deadline",
    v12a_onfailure_limit_0 = "v12a-onfailure-limit-0",
    v12b_onfailure_limit_1 = "v12b-onfailure-limit-1",
    v12c_onfailure_limit_2 = "v12c-onfailure-limit-2",
    x01_complete_one = "x01-complete-one",
    x02_completions_zero = "x02-completions-zero",
    x03_parallelism_zero_raised = "x03-parallelism-zero-raised",
    x04_deadline_zero = "x04-deadline-zero",
    x05_deadline_running_grace = "x05-deadline-running-grace",
    x06_suspended_at_start = "x06-suspended-at-start",
    x07_scale_down_nonindexed = "x07-scale-down-nonindexed",
    x08_elastic_indexed = "x08-elastic-indexed",
    x09_delete_running_pod = "x09-delete-running-pod",
    x10_delete_running_pod_replace_failed = "x10-delete-running-pod-replace-failed",
    x11_evict_ignored = "x11-evict-ignored",
    x12_failjob_exit_42 = "x12-failjob-exit-42",
    x13_failindex = "x13-failindex",
    x14_success_policy_leader = "x14-success-policy-leader",
    x15_max_failed_indexes = "x15-max-failed-indexes",
    x16_pod_deadline = "x16-pod-deadline",
    x17_ttl = "x17-ttl",
    x18_delete_job_background = "x18-delete-job-background",
    x19_delete_job_foreground = "x19-delete-job-foreground",
    x20_controller_restart_forgets_backoff = "x20-controller-restart-forgets-backoff",
    x21_success_resets_backoff = "x21-success-resets-backoff",
    x22_crash_backoff_resets = "x22-crash-backoff-resets",
    x23_crash_cap = "x23-crash-cap",
    x24_head_of_line_per_index = "x24-head-of-line-per-index",
    x25_work_queue_failure_after_success = "x25-work-queue-failure-after-success",
    x26_seven_at_once_cap = "x26-seven-at-once-cap",
    x27_api_limits_100 = "x27-api-limits-100",
    x28_pending_pod_deleted = "x28-pending-pod-deleted",
    x29_pending_pod_deleted_replace_failed = "x29-pending-pod-deleted-replace-failed",
    x30_watch_delay_stale_cache = "x30-watch-delay-stale-cache",
    x31_delete_while_starting = "x31-delete-while-starting",
    x32_delete_while_starting_late = "x32-delete-while-starting-late",
    x33_suspended_completions_zero = "x33-suspended-completions-zero",
    x34_deadline_lowered = "x34-deadline-lowered",
    x35_deadline_lowered_into_past = "x35-deadline-lowered-into-past",
    x36_backoff_limit_lowered = "x36-backoff-limit-lowered",
    x37_600_at_once = "x37-600-at-once",
    x38_evict_counts_and_waits = "x38-evict-counts-and-waits",
    x39_managed_by_other = "x39-managed-by-other",
    x40_api_limit_and_watch_delay = "x40-api-limit-and-watch-delay",
    x41_ignored_failures_still_back_off = "x41-ignored-failures-still-back-off",
    x42_success_policy_with_terminating_pod = "x42-success-policy-with-terminating-pod",
    x43_failing_job_ignores_condition = "x43-failing-job-ignores-condition",
    x44_parallelism_to_zero_and_back = "x44-parallelism-to-zero-and-back",
    x45_update_inside_batch_window = "x45-update-inside-batch-window",
    x46_failed_during_suspend_resume = "x46-failed-during-suspend-resume",
    x47_onfailure_sum_falls_with_success = "x47-onfailure-sum-falls-with-success",
    x48_onfailure_pod_deadline = "x48-onfailure-pod-deadline",
    x49_replace_failed_hung_termination = "x49-replace-failed-hung-termination",
    x50_max_failed_zero_simultaneous = "x50-max-failed-zero-simultaneous",
    x51_600_finish_together_indexed = "x51-600-finish-together-indexed",
    x52_600_finish_together_nonindexed = "x52-600-finish-together-nonindexed",
    x53_grace_zero = "x53-grace-zero",
    x55_condition_ready_false = "x55-condition-ready-false",
    x56_condition_podscheduled = "x56-condition-podscheduled",
    x57_condition_status_true_does_not_match_false = "x57-condition-status-true-does-not-match-false",
    x59_slow_tokens = "x59-slow-tokens",
    x60_latency_and_deadline = "x60-latency-and-deadline",
    x61_watch_delay = "x61-watch-delay",
    x64_ttl_zero = "x64-ttl-zero",
}
