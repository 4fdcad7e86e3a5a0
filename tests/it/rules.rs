//! Every rule with a coverage mark (`jobsim::marks`), and what hits it: mostly a trace of the real controller, which is
//! met while the rule acts; so a rule that no longer acts, or acts wrongly, fails a test of its own name.
//!
//! Rules without a mark, because nothing here can make them act: a creation that the API server refuses (quota:
//! the rest of the slow start is skipped), two active pods of one index, the five minutes of ExpectationsTimeout, and a
//! failed pod without container, Ready and deletion (its creation is its end).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jobsim::conformance::check;
use jobsim::conformance::format::Line;
use jobsim::kubernetes::simulate::{Seed, Until, simulate};
use jobsim::marks::{RULES, hits};
use jobsim::model::cluster::ControlPlane;
use jobsim::model::job::Completion;

use crate::workloads::{scenario, seconds, spec, workload};

type Hits = BTreeSet<&'static str>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(path.to_str().unwrap(), extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The rules that act in a trace of `tests/conformance`.
fn trace(name: &str) -> Hits {
    let mark = format!("\"name\":\"{name}\"");
    let texts =
        files("tests/conformance", "jsonl").into_iter().map(|file| std::fs::read_to_string(file).unwrap());
    let line = texts
        .flat_map(|text| text.lines().map(|line| line.replace("\": \"", "\":\"")).collect::<Vec<_>>())
        .find(|line| line.contains(&mark))
        .unwrap_or_else(|| panic!("no trace {name}"));
    let line: Line = serde_json::from_str(&line).unwrap();
    let mut found = Vec::new();
    let hits = hits(|| found = check(&line).unwrap());
    assert!(found.is_empty(), "{name}: {found:#?}");
    hits
}

/// More Jobs than workers, and calls that take time.
fn six_jobs_at_once() -> Hits {
    let job = spec(Completion::Counted(3), 3);
    let mut scenario = scenario(ControlPlane::KUBERNETES, job, workload(seconds(10.0)));
    scenario.jobs = vec![scenario.jobs[0].clone(); 6];
    let seed = Seed { seed: 1, replication: 0 };
    hits(|| {
        simulate(&scenario, seed, Until::AllJobsEnded, &mut ());
    })
}

macro_rules! rules {
    ($($test:ident: $rule:literal in $hits:expr;)*) => {
        $(#[test]
        fn $test() {
            assert!($hits.contains($rule));
        })*

        const TESTED: &[&str] = &[$($rule),*];
    };
}

#[test]
fn every_rule_has_one_test() {
    let mut tested = TESTED.to_vec();
    tested.sort_unstable();
    let mut rules = RULES.to_vec();
    rules.sort_unstable();
    assert_eq!(tested, rules);
    rules.dedup();
    assert_eq!(tested, rules, "a rule stands twice");
}

#[test]
fn every_rule_is_marked_at_one_place() {
    let mut marked = Vec::new();
    for file in files("src", "rs").into_iter().filter(|file| !file.ends_with("src/marks.rs")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for mark in text.split("mark!(").skip(1) {
            marked.push(mark.split('"').nth(1).unwrap().to_string());
        }
    }
    marked.sort();
    let mut rules = RULES.to_vec();
    rules.sort_unstable();
    assert_eq!(marked, rules);
}

rules! {
    rule_1_3_no_number_below_0:
        "1.3 no number below 0" in trace("lifecycle-s1-0262");
    rule_1_3_maxfailedindexes_needs_backofflimitperindex:
        "1.3 maxFailedIndexes needs backoffLimitPerIndex" in trace("own-s6-0072");
    rule_1_3_completions_of_a_nonindexed_job_stay:
        "1.3 completions of a NonIndexed Job stay" in trace("lifecycle-s1-0110");
    rule_1_3_a_podfailurepolicy_needs_podreplacementpolicy_failed:
        "1.3 a podFailurePolicy needs podReplacementPolicy Failed" in trace("r01-replacement-policy-stays-failed");
    rule_1_3_immutable_fields:
        "1.3 immutable fields" in trace("lifecycle-s1-0019");
    rule_1_3_completions_change_only_with_an_equal_parallelism:
        "1.3 completions change only with an equal parallelism" in trace("lifecycle-s1-0151");
    rule_1_3_an_indexed_job_is_elastic:
        "1.3 an Indexed Job is elastic" in trace("x08-elastic-indexed");
    rule_2_1_five_workers:
        "2.1 five workers" in six_jobs_at_once();
    rule_2_1_events_of_an_object_25_then_one_in_300_s:
        "2.1 events of an object: 25, then one in 300 s" in trace("lifecycle-s7-0128");
    rule_2_2_1_an_event_of_a_pod_after_a_second:
        "2.2.1 an event of a pod: after a second" in trace("x01-complete-one");
    rule_2_2_1_a_new_status_after_a_second:
        "2.2.1 a new status: after a second" in trace("x01-complete-one");
    rule_2_2_1_a_job_is_deleted_at_once:
        "2.2.1 a Job is deleted: at once" in trace("x18-delete-job-background");
    rule_2_2_1_a_job_is_created_at_once:
        "2.2.1 a Job is created: at once" in trace("x01-complete-one");
    rule_2_2_1_a_spec_is_changed_at_once:
        "2.2.1 a spec is changed: at once" in trace("x03-parallelism-zero-raised");
    rule_2_2_1_an_open_window_stays_open:
        "2.2.1 an open window stays open" in trace("x45-update-inside-batch-window");
    rule_2_2_2_the_deadline_of_the_job_is_armed:
        "2.2.2 the deadline of the Job is armed" in trace("v10-deadline-all-pending");
    rule_2_2_2_a_pending_back_off_after_the_rest:
        "2.2.2 a pending back-off: after the rest" in trace("v01-never-sequential");
    rule_2_2_2_a_pending_back_off_not_within_a_second:
        "2.2.2 a pending back-off: not within a second" in trace("x31-delete-while-starting");
    rule_2_2_2_activedeadlineseconds_is_changed_after_the_rest:
        "2.2.2 activeDeadlineSeconds is changed: after the rest" in trace("x34-deadline-lowered");
    rule_2_2_2_a_success_resets_the_delay_of_errors:
        "2.2.2 a success resets the delay of errors" in trace("x40-api-limit-and-watch-delay");
    rule_2_2_2_an_error_again_after_a_second:
        "2.2.2 an error: again after a second" in trace("x40-api-limit-and-watch-delay");
    rule_2_2_2_the_next_error_after_twice_the_time:
        "2.2.2 the next error: after twice the time" in trace("x30-watch-delay-stale-cache");
    rule_2_2_3_a_later_time_is_lost:
        "2.2.3 a later time is lost" in trace("v07-hang-index-3-one-slot");
    rule_2_2_3_the_earliest_time_wins:
        "2.2.3 the earliest time wins" in trace("v01-never-sequential");
    rule_2_2_4_added_while_it_is_processed_once_more:
        "2.2.4 added while it is processed: once more" in trace("x27-api-limits-100");
    rule_2_2_5_events_of_a_finished_job_nothing:
        "2.2.5 events of a finished Job: nothing" in trace("policy-s1-0169");
    rule_2_3_0_a_cache_older_than_own_writes_an_error:
        "2.3.0 a cache older than own writes: an error" in trace("x40-api-limit-and-watch-delay");
    rule_2_3_0_the_job_is_gone:
        "2.3.0 the Job is gone" in trace("x18-delete-job-background");
    rule_2_3_0_the_job_is_finished:
        "2.3.0 the Job is finished" in trace("x33-suspended-completions-zero");
    rule_2_3_0_managedby_another_controller:
        "2.3.0 managedBy another controller" in trace("x39-managed-by-other");
    rule_2_3_1_a_pending_pod_is_active:
        "2.3.1 a Pending pod is active" in trace("v10-deadline-all-pending");
    rule_2_3_1_an_unfinished_pod_in_deletion_is_terminating:
        "2.3.1 an unfinished pod in deletion is terminating" in trace("x05-deadline-running-grace");
    rule_2_3_1_an_active_pod_with_ready_true_is_ready:
        "2.3.1 an active pod with Ready True is ready" in trace("v07-hang-index-3-one-slot");
    rule_2_3_2_an_index_out_of_range_does_not_count:
        "2.3.2 an index out of range does not count" in trace("r02-finished-index-out-of-range");
    rule_2_3_2_a_pod_in_deletion_is_a_failure:
        "2.3.2 a pod in deletion is a failure" in trace("x28-pending-pod-deleted");
    rule_2_3_2_onlyreplacefailed_only_phase_failed_is_a_failure:
        "2.3.2 onlyReplaceFailed: only phase Failed is a failure" in trace("x10-delete-running-pod-replace-failed");
    rule_2_3_3_starttime_is_the_first_sync:
        "2.3.3 startTime is the first sync" in trace("x02-completions-zero");
    rule_2_3_3_starttime_is_stored_without_its_fraction:
        "2.3.3 startTime is stored without its fraction" in trace("x02-completions-zero");
    rule_2_3_5_failure_beats_success:
        "2.3.5 failure beats success" in trace("x25-work-queue-failure-after-success");
    rule_2_3_5a_successcriteriamet_stands:
        "2.3.5a SuccessCriteriaMet stands" in trace("x14-success-policy-leader");
    rule_2_3_5b_failuretarget_stands:
        "2.3.5b FailureTarget stands" in trace("x05-deadline-running-grace");
    rule_2_3_5c_a_failjob_rule_matches:
        "2.3.5c a FailJob rule matches" in trace("x12-failjob-exit-42");
    rule_2_3_5d_more_failures_than_backofflimit:
        "2.3.5d more failures than backoffLimit" in trace("v04-first-wave-kills");
    rule_2_3_5e_the_deadline_of_the_job_is_over:
        "2.3.5e the deadline of the Job is over" in trace("v10-deadline-all-pending");
    rule_2_3_5f_more_failed_indexes_than_maxfailedindexes:
        "2.3.5f more failed indexes than maxFailedIndexes" in trace("x15-max-failed-indexes");
    rule_2_3_5f_every_index_ended_and_one_failed:
        "2.3.5f every index ended and one failed" in trace("v08-per-index-limit-1");
    rule_2_3_5f_succeeded_is_the_number_of_indexes:
        "2.3.5f succeeded is the number of indexes" in trace("v07-hang-index-3-one-slot");
    rule_2_3_5g_successpolicy_is_met:
        "2.3.5g successPolicy is met" in trace("x14-success-policy-leader");
    rule_2_3_6_open_expectations_no_end_in_this_sync:
        "2.3.6 open expectations: no end in this sync" in trace("r11-expectations-open-at-the-deadline");
    rule_2_3_6_the_end_deletes_all_active_pods:
        "2.3.6 the end deletes all active pods" in trace("x05-deadline-running-grace");
    rule_2_3_6_the_end_knows_no_cap_of_500:
        "2.3.6 the end knows no cap of 500" in trace("r03-deadline-ends-600-running");
    rule_2_3_7_a_job_in_deletion_gets_no_pods:
        "2.3.7 a Job in deletion gets no pods" in trace("x19-delete-job-foreground");
    rule_2_3_7_all_completions_and_no_active_pod_complete:
        "2.3.7 all completions and no active pod: complete" in trace("x01-complete-one");
    rule_2_3_7_a_work_queue_with_a_success_and_no_active_pod_complete:
        "2.3.7 a work queue with a success and no active pod: complete" in trace("v09-work-queue-one-success");
    rule_2_3_7_surplus_pods_do_not_delay_the_end:
        "2.3.7 surplus pods do not delay the end" in trace("lifecycle-s7-0030");
    rule_2_3_7_suspended_the_condition_and_starttime_goes:
        "2.3.7 suspended: the condition, and startTime goes" in trace("v11-suspend-resume-deadline");
    rule_2_3_7_resumed_the_condition_and_starttime_is_now:
        "2.3.7 resumed: the condition, and startTime is now" in trace("v11-suspend-resume-deadline");
    rule_2_3_7_suspended_is_false_only_after_it_was_true:
        "2.3.7 Suspended is False only after it was True" in trace("v07-hang-index-3-one-slot");
    rule_2_3_8_nothing_changed_nothing_is_written:
        "2.3.8 nothing changed: nothing is written" in trace("v07-hang-index-3-one-slot");
    rule_2_4_open_expectations_no_pods_come_or_go:
        "2.4 open expectations: no pods come or go" in trace("r10-expectations-open");
    rule_2_4_suspended_all_active_pods_go:
        "2.4 suspended: all active pods go" in trace("v11-suspend-resume-deadline");
    rule_2_4_a_work_queue_wants_parallelism:
        "2.4 a work queue wants parallelism" in trace("v09-work-queue-one-success");
    rule_2_4_a_work_queue_with_a_success_gets_no_more_pods:
        "2.4 a work queue with a success gets no more pods" in trace("v09-work-queue-one-success");
    rule_2_4_at_most_as_many_pods_as_completions_remain:
        "2.4 at most as many pods as completions remain" in trace("v06-hang-index-0-two-slots");
    rule_2_4_at_most_500_pods_go_in_a_sync:
        "2.4 at most 500 pods go in a sync" in trace("r04-parallelism-600-to-0");
    rule_2_4_surplus_pods_go:
        "2.4 surplus pods go" in trace("x07-scale-down-nonindexed");
    rule_2_4_irregular_pods_go_without_a_surplus:
        "2.4 irregular pods go without a surplus" in trace("lifecycle-s1-0102");
    rule_2_4_a_sync_that_deletes_creates_none:
        "2.4 a sync that deletes creates none" in trace("lifecycle-s1-0102");
    rule_2_4_onlyreplacefailed_terminating_pods_hold_their_places:
        "2.4 onlyReplaceFailed: terminating pods hold their places" in trace("x10-delete-running-pod-replace-failed");
    rule_2_4_at_most_500_pods_come_in_a_sync:
        "2.4 at most 500 pods come in a sync" in trace("x37-600-at-once");
    rule_2_4_an_index_in_back_off_keeps_its_slot:
        "2.4 an index in back-off keeps its slot" in trace("x24-head-of-line-per-index");
    rule_2_4_one_index_can_start_no_timer_for_the_others:
        "2.4 one index can start: no timer for the others" in trace("retry-s1-0156");
    rule_2_4_no_index_can_start_after_the_shortest_rest:
        "2.4 no index can start: after the shortest rest" in trace("x24-head-of-line-per-index");
    rule_2_4_failed_indexes_leave_a_deficit:
        "2.4 failed indexes leave a deficit" in trace("x13-failindex");
    rule_2_4_slow_start_batches_double:
        "2.4 slow start: batches double" in trace("x27-api-limits-100");
    rule_2_4_finalizer_first_then_delete_not_counted:
        "2.4 finalizer first, then DELETE: not counted" in trace("x07-scale-down-nonindexed");
    rule_2_4_an_index_that_came_back_goes_first:
        "2.4 an index that came back goes first" in trace("x24-head-of-line-per-index");
    rule_2_4_onlyreplacefailed_a_terminating_pod_holds_its_index:
        "2.4 onlyReplaceFailed: a terminating pod holds its index" in trace("policy-s1-0080");
    rule_2_5_pods_out_of_range_go:
        "2.5 pods out of range go" in trace("x08-elastic-indexed");
    rule_2_5_unscheduled_go_before_scheduled:
        "2.5 unscheduled go before scheduled" in trace("r05-surplus-unscheduled-first");
    rule_2_5_pending_go_before_running:
        "2.5 Pending go before Running" in trace("lifecycle-s1-0156");
    rule_2_5_not_ready_go_before_ready:
        "2.5 not ready go before ready" in trace("r06-surplus-not-ready-first");
    rule_2_5_those_ready_for_a_shorter_time_go:
        "2.5 those ready for a shorter time go" in trace("lifecycle-s1-0262");
    rule_2_5_those_with_more_restarts_go:
        "2.5 those with more restarts go" in trace("r07-surplus-more-restarts-first");
    rule_2_5_younger_ones_go:
        "2.5 younger ones go" in trace("lifecycle-s7-0097");
    rule_2_5_of_equal_ones_the_first_goes:
        "2.5 of equal ones the first goes" in trace("x07-scale-down-nonindexed");
    rule_2_6_1_a_failed_pod_that_waits_for_its_replacement_is_not_counted:
        "2.6.1 a failed pod that waits for its replacement is not counted" in trace("v08-per-index-limit-1");
    rule_2_6_1_indexed_successes_go_straight_into_completedindexes:
        "2.6.1 Indexed successes go straight into completedIndexes" in trace("v07-hang-index-3-one-slot");
    rule_2_6_1_a_success_is_uncounted_first:
        "2.6.1 a success is uncounted first" in trace("x01-complete-one");
    rule_2_6_1_a_failing_job_counts_pods_that_still_run:
        "2.6.1 a failing Job counts pods that still run" in trace("x05-deadline-running-grace");
    rule_2_6_1_a_failing_job_leaves_out_what_ignore_matches:
        "2.6.1 a failing Job leaves out what Ignore matches" in trace("x43-failing-job-ignores-condition");
    rule_2_6_1_at_most_500_a_flush:
        "2.6.1 at most 500 a flush" in trace("x52-600-finish-together-nonindexed");
    rule_2_6_1_completedindexes_go_past_the_500:
        "2.6.1 completedIndexes go past the 500" in trace("x51-600-finish-together-indexed");
    rule_2_6_2_the_interim_condition_has_the_time_of_the_decision:
        "2.6.2 the interim condition has the time of the decision" in trace("x60-latency-and-deadline");
    rule_2_6_2_a_put_that_fails_is_an_error:
        "2.6.2 a PUT that fails is an error" in trace("x30-watch-delay-stale-cache");
    rule_2_6_2_a_put_against_an_old_version_fails:
        "2.6.2 a PUT against an old version fails" in trace("x30-watch-delay-stale-cache");
    rule_2_6_3_without_a_put_the_back_off_is_not_stored:
        "2.6.3 without a PUT the back-off is not stored" in trace("v08-per-index-limit-1");
    rule_2_6_4_a_deleted_pod_goes_with_its_finalizer:
        "2.6.4 a deleted pod goes with its finalizer" in trace("x09-delete-running-pod");
    rule_2_6_5_counted_once_the_finalizer_is_off:
        "2.6.5 counted once the finalizer is off" in trace("x01-complete-one");
    rule_2_6_5_indexed_successes_cost_one_put:
        "2.6.5 Indexed successes cost one PUT" in trace("v07-hang-index-3-one-slot");
    rule_2_6_6_the_end_waits_for_terminating_pods:
        "2.6.6 the end waits for terminating pods" in trace("x05-deadline-running-grace");
    rule_2_6_6_the_end_waits_for_the_rest_of_more_than_500:
        "2.6.6 the end waits for the rest of more than 500" in trace("x52-600-finish-together-nonindexed");
    rule_2_6_6_completiontime_is_before_the_puts_complete_after:
        "2.6.6 completionTime is before the PUTs, Complete after" in trace("x27-api-limits-100");
    rule_2_6_6_a_failed_job_has_no_completiontime:
        "2.6.6 a failed Job has no completionTime" in trace("v04-first-wave-kills");
    rule_2_7_a_pod_in_deletion_feeds_the_back_off:
        "2.7 a pod in deletion feeds the back-off" in trace("x28-pending-pod-deleted");
    rule_2_7_an_index_fails_with_its_annotation_at_the_limit:
        "2.7 an index fails with its annotation at the limit" in trace("v08-per-index-limit-1");
    rule_2_7_the_last_failed_pod_is_the_record_of_its_index:
        "2.7 the last failed pod is the record of its index" in trace("v08-per-index-limit-1");
    rule_2_7_ignored_failures_never_end_an_index:
        "2.7 ignored failures never end an index" in trace("policy-s1-0189");
    rule_2_7_a_suspended_job_keeps_its_back_off:
        "2.7 a suspended Job keeps its back-off" in trace("x46-failed-during-suspend-resume");
    rule_2_7_the_back_off_gates_every_creation:
        "2.7 the back-off gates every creation" in trace("v01-never-sequential");
    rule_2_7_the_back_off_of_an_index_survives_a_restart:
        "2.7 the back-off of an index survives a restart" in trace("retry-s1-0001");
    rule_2_7_a_replacement_carries_the_failures_of_its_index:
        "2.7 a replacement carries the failures of its index" in trace("v08-per-index-limit-1");
    rule_2_7_failures_add_up_over_syncs:
        "2.7 failures add up over syncs" in trace("v01-never-sequential");
    rule_2_7_failures_of_one_sync_are_pooled:
        "2.7 failures of one sync are pooled" in trace("v05-five-together");
    rule_2_7_the_latest_failure_of_this_sync_is_the_time:
        "2.7 the latest failure of this sync is the time" in trace("retry-s1-0229");
    rule_2_7_a_success_forgets_the_failures:
        "2.7 a success forgets the failures" in trace("x21-success-resets-backoff");
    rule_2_7_failures_after_the_success_stay:
        "2.7 failures after the success stay" in trace("x59-slow-tokens");
    rule_2_7_the_pause_doubles:
        "2.7 the pause doubles" in trace("v01-never-sequential");
    rule_2_7_the_pause_is_at_most_600_s:
        "2.7 the pause is at most 600 s" in trace("x26-seven-at-once-cap");
    rule_2_7_a_pod_ends_with_its_container:
        "2.7 a pod ends with its container" in trace("v01-never-sequential");
    rule_2_7_a_pod_without_a_container_ends_when_it_is_not_ready:
        "2.7 a pod without a container ends when it is not ready" in trace("x31-delete-while-starting");
    rule_2_7_a_pod_without_ready_ends_with_its_deletion:
        "2.7 a pod without Ready ends with its deletion" in trace("x28-pending-pod-deleted");
    rule_2_7_a_restart_forgets_the_back_off:
        "2.7 a restart forgets the back-off" in trace("x20-controller-restart-forgets-backoff");
    rule_2_8_ignore_not_counted_but_the_back_off_rises:
        "2.8 Ignore: not counted, but the back-off rises" in trace("x41-ignored-failures-still-back-off");
    rule_2_8_count_counted:
        "2.8 Count: counted" in trace("policy-s1-0284");
    rule_2_8_failindex_the_index_fails:
        "2.8 FailIndex: the index fails" in trace("x13-failindex");
    rule_2_8_the_first_rule_that_matches:
        "2.8 the first rule that matches" in trace("policy-s1-0042");
    rule_2_8_no_rule_matches_the_failure_counts:
        "2.8 no rule matches: the failure counts" in trace("x12-failjob-exit-42");
    rule_2_8_with_a_policy_a_terminating_pod_is_not_counted:
        "2.8 with a policy a terminating pod is not counted" in trace("x11-evict-ignored");
    rule_2_8_a_running_container_has_no_exit_code:
        "2.8 a running container has no exit code" in trace("x12-failjob-exit-42");
    rule_2_8_exit_codes_in:
        "2.8 exit codes: In" in trace("x12-failjob-exit-42");
    rule_2_8_exit_codes_notin:
        "2.8 exit codes: NotIn" in trace("policy-s1-0175");
    rule_2_8_the_rule_is_about_another_container:
        "2.8 the rule is about another container" in trace("r09-rule-of-another-container");
    rule_2_8_a_condition_matches_by_type_and_status:
        "2.8 a condition matches by type and status" in trace("x55-condition-ready-false");
    rule_2_8_a_condition_with_another_status_does_not_match:
        "2.8 a condition with another status does not match" in trace("x57-condition-status-true-does-not-match-false");
    rule_2_8_nothing_is_met_before_the_first_success:
        "2.8 nothing is met before the first success" in trace("x14-success-policy-leader");
    rule_2_8_an_empty_list_of_indexes_is_never_met:
        "2.8 an empty list of indexes is never met" in trace("r08-success-policy-empty-indexes");
    rule_2_8_all_of_the_indexes:
        "2.8 all of the indexes" in trace("x14-success-policy-leader");
    rule_2_8_a_count_of_the_indexes:
        "2.8 a count of the indexes" in trace("policy-s1-0189");
    rule_2_8_a_count_of_any_indexes:
        "2.8 a count of any indexes" in trace("x42-success-policy-with-terminating-pod");
    rule_2_10_elastic_successes_out_of_range_are_dropped:
        "2.10 elastic: successes out of range are dropped" in trace("x08-elastic-indexed");
    rule_2_10_a_pod_without_its_job_loses_its_finalizer:
        "2.10 a pod without its Job loses its finalizer" in trace("own-s3-0158");
    rule_2_10_pods_of_a_finished_or_deleted_job_lose_their_finalizers:
        "2.10 pods of a finished or deleted Job lose their finalizers" in trace("x18-delete-job-background");
    rule_2_10_background_the_job_goes_before_its_pods:
        "2.10 background: the Job goes before its pods" in trace("x18-delete-job-background");
    rule_2_10_foreground_the_job_goes_after_its_pods:
        "2.10 foreground: the Job goes after its pods" in trace("x19-delete-job-foreground");
    rule_2_10_the_ttl_is_over:
        "2.10 the TTL is over" in trace("x64-ttl-zero");
    rule_2_10_the_ttl_is_armed:
        "2.10 the TTL is armed" in trace("x17-ttl");
    rule_2_11_events_take_tokens:
        "2.11 events take tokens" in trace("own-s3-0323");
    rule_2_11_a_call_waits_for_its_token:
        "2.11 a call waits for its token" in trace("x59-slow-tokens");
    rule_2_11_a_write_takes_effect_after_its_latency:
        "2.11 a write takes effect after its latency" in trace("r10-expectations-open");
    rule_3_a_pod_that_fails_in_spite_of_onfailure_counts:
        "3 a pod that fails in spite of OnFailure counts" in trace("x48-onfailure-pod-deadline");
    rule_3_the_sum_of_restarts_reaches_backofflimit:
        "3 the sum of restarts reaches backoffLimit" in trace("v12b-onfailure-limit-1");
    rule_3_backofflimit_0_one_restart_ends_the_job:
        "3 backoffLimit 0: one restart ends the Job" in trace("v12a-onfailure-limit-0");
    rule_3_a_pod_that_ended_leaves_the_sum_of_restarts:
        "3 a pod that ended leaves the sum of restarts" in trace("x47-onfailure-sum-falls-with-success");
    rule_4_1_the_first_restart_is_immediate:
        "4.1 the first restart is immediate" in trace("v12a-onfailure-limit-0");
    rule_4_1_a_long_run_resets_the_crash_back_off:
        "4.1 a long run resets the crash back-off" in trace("x22-crash-backoff-resets");
    rule_4_1_later_restarts_wait:
        "4.1 later restarts wait" in trace("v03-onfailure-at-once");
    rule_4_1_a_restart_waits_at_most_300_s:
        "4.1 a restart waits at most 300 s" in trace("x23-crash-cap");
    rule_4_2_a_second_delete_changes_nothing:
        "4.2 a second DELETE changes nothing" in trace("r11-expectations-open-at-the-deadline");
    rule_4_2_a_pod_without_a_node_goes_without_grace:
        "4.2 a pod without a node goes without grace" in trace("x28-pending-pod-deleted");
    rule_4_2_a_finished_pod_goes_without_grace:
        "4.2 a finished pod goes without grace" in trace("x17-ttl");
    rule_4_2_podgc_fails_a_deleted_pod_without_a_node:
        "4.2 PodGC fails a deleted pod without a node" in trace("x29-pending-pod-deleted-replace-failed");
    rule_4_2_a_pod_in_deletion_is_not_bound:
        "4.2 a pod in deletion is not bound" in trace("own-s3-0158");
    rule_4_2_the_deadline_of_a_pod_is_over:
        "4.2 the deadline of a pod is over" in trace("x16-pod-deadline");
    rule_4_2_the_deadline_of_a_pod_counts_from_its_node:
        "4.2 the deadline of a pod counts from its node" in trace("x16-pod-deadline");
    rule_4_2_nothing_runs_the_pod_ends_at_once:
        "4.2 nothing runs: the pod ends at once" in trace("x31-delete-while-starting");
    rule_4_2_the_container_ends_on_sigterm:
        "4.2 the container ends on SIGTERM" in trace("x09-delete-running-pod");
    rule_4_2_the_grace_is_over_sigkill:
        "4.2 the grace is over: SIGKILL" in trace("x05-deadline-running-grace");
    rule_4_2_the_container_ends_by_itself_before:
        "4.2 the container ends by itself before" in trace("x26-seven-at-once-cap");
    rule_4_2_never_ran_exit_137_without_a_time:
        "4.2 never ran: exit 137 without a time" in trace("x31-delete-while-starting");
    rule_4_2_past_its_deadline_a_pod_fails_whatever_its_exit:
        "4.2 past its deadline a pod fails whatever its exit" in trace("own-s3-0158");
}
