//! Tests of [`super`]: what a manifest becomes, and what is refused, as tables.

use super::*;
use crate::model::patch::{Change, JobPatch};

/// A Job whose `spec` gets these fields on top of a small template.
fn job(fields: &str) -> Node {
    let mut job: serde_json::Value = serde_json::json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [
            {"name": "main", "image": "app:1"}, {"name": "side", "image": "side:1"}]}}}
    });
    let fields: serde_json::Value = serde_json::from_str(fields).unwrap();
    for (key, value) in fields.as_object().unwrap() {
        let at = format!("/{}", key.replace('.', "/"));
        let (above, last) = at.rsplit_once('/').unwrap();
        job.pointer_mut(above).unwrap()[last] = value.clone();
    }
    Node::from_json(&job)
}

fn good(fields: &str) -> JobSpec {
    let mut diagnostics = Vec::new();
    let read = job_from_node(&job(fields), &mut diagnostics);
    read.unwrap_or_else(|| panic!("{fields}: {diagnostics:?}")).spec
}

#[test]
fn defaults_are_those_of_the_api_server() {
    let plain = good("{}");
    assert_eq!((plain.parallelism, plain.completion), (1, Completion::Counted(1)));
    assert_eq!((plain.backoff_limit, plain.per_index), (6, None));
    assert_eq!(plain.pod_replacement, PodReplacementPolicy::TerminatingOrFailed);
    assert_eq!((plain.active_deadline, plain.ttl_after_finished), (None, None));
    assert!(!plain.suspend && !plain.managed_elsewhere);
    assert_eq!(plain.template.termination_grace, SimDuration::from_whole_seconds(30));
    assert_eq!(plain.template.restart_policy, RestartPolicy::Never);
    assert_eq!(good(r#"{"spec.parallelism":3}"#).completion, Completion::WorkQueue);
    assert_eq!(good(r#"{"spec.completions":3}"#).parallelism, 1);
    assert_eq!(good(r#"{"spec.completionMode":"Indexed"}"#).completion, Completion::Indexed(1));
    assert_eq!(
        good(r#"{"spec.parallelism":null,"spec.completions":null}"#).completion,
        Completion::Counted(1)
    );
    let per_index =
        good(r#"{"spec.completionMode":"Indexed","spec.completions":2,"spec.backoffLimitPerIndex":1}"#);
    assert_eq!(per_index.backoff_limit, i32::MAX as u32);
    assert_eq!(per_index.per_index, Some(PerIndexLimit { backoff_limit: 1, max_failed_indexes: None }));
    let grace = good(r#"{"spec.template.spec.terminationGracePeriodSeconds":-1}"#);
    assert_eq!(grace.template.termination_grace, SimDuration::SECOND);
    assert!(good(r#"{"spec.managedBy":"example.com/other"}"#).managed_elsewhere);
    assert!(!good(r#"{"spec.managedBy":"kubernetes.io/job-controller"}"#).managed_elsewhere);
}

#[test]
fn policies_become_rules() {
    let spec = good(
        r#"{"spec.podFailurePolicy":{"rules":[
            {"action":"FailJob","onExitCodes":{"containerName":"main","operator":"In","values":[3,42]}},
            {"action":"Ignore","onPodConditions":[{"type":"DisruptionTarget"}]},
            {"action":"Count","onExitCodes":{"containerName":"side","operator":"NotIn","values":[0]}},
            {"action":"Count","onPodConditions":[{"type":"ConfigIssue","status":"False"}]}]}}"#,
    );
    let rules = spec.pod_failure_policy.unwrap();
    assert_eq!(spec.pod_replacement, PodReplacementPolicy::Failed);
    assert_eq!(
        rules.into_iter().map(|rule| rule.requirement).collect::<Vec<_>>(),
        vec![
            FailureRequirement::ExitCodes { negated: false, values: vec![3, 42] },
            FailureRequirement::Conditions(vec![(PodConditionType::DisruptionTarget, ConditionStatus::True)]),
            FailureRequirement::OtherContainer,
            FailureRequirement::Conditions(vec![(PodConditionType::Other, ConditionStatus::False)]),
        ]
    );
    let spec = good(
        r#"{"spec.completionMode":"Indexed","spec.completions":8,
            "spec.successPolicy":{"rules":[{"succeededIndexes":"0-3,7","succeededCount":2},{"succeededIndexes":""}]}}"#,
    );
    assert_eq!(
        spec.success_policy.unwrap(),
        vec![
            SuccessRule { indexes: Some(vec![(0, 3), (7, 7)]), count: Some(2) },
            SuccessRule { indexes: Some(vec![]), count: None },
        ]
    );
}

#[test]
fn what_the_api_server_refuses_is_refused() {
    let table = [
        (r#"{"spec.parallelism":-1}"#, "spec.parallelism: found -1, expected 0 or more"),
        (r#"{"spec.activeDeadlineSeconds":-1}"#, "spec.activeDeadlineSeconds: found -1, expected 0 or more"),
        (
            r#"{"spec.completions":"4"}"#,
            "spec.completions: found the text \"4\", expected a whole number of 32 bits",
        ),
        (
            r#"{"spec.backoffLimit":3000000000}"#,
            "spec.backoffLimit: found the number 3000000000, expected a whole number of 32 bits",
        ),
        (r#"{"spec.paralelism":1}"#, "unknown field `paralelism` in spec"),
        (
            r#"{"spec.template.spec.restartpolicy":"Never"}"#,
            "unknown field `restartpolicy` in spec.template.spec",
        ),
        (
            r#"{"spec.template.spec.containers":[{"name":"a","image":"b","imagePulPolicy":"Always"}]}"#,
            "unknown field `imagePulPolicy` in spec.template.spec.containers[0]",
        ),
        (
            r#"{"spec.template.spec.restartPolicy":"Always"}"#,
            "spec.template.spec.restartPolicy: found \"Always\", expected Never or OnFailure",
        ),
        (
            r#"{"spec.template.spec.restartPolicy":null}"#,
            "spec.template.spec.restartPolicy: found nothing (which means Always), expected Never or OnFailure",
        ),
        (
            r#"{"spec.template.spec.containers":[]}"#,
            "spec.template.spec.containers: a pod needs at least one container",
        ),
        (
            r#"{"spec.template.spec.containers":[{"name":"a"}]}"#,
            "spec.template.spec.containers[0].image: a container needs an image",
        ),
        (
            r#"{"spec.completionMode":"Indexed","spec.parallelism":2}"#,
            "spec.completions: an Indexed Job needs completions",
        ),
        (
            r#"{"spec.completionMode":"indexed","spec.completions":1}"#,
            "spec.completionMode: found \"indexed\", expected NonIndexed or Indexed",
        ),
        (r#"{"spec.backoffLimitPerIndex":1}"#, "spec.backoffLimitPerIndex: needs completionMode: Indexed"),
        (
            r#"{"spec.successPolicy":{"rules":[{"succeededCount":1}]}}"#,
            "spec.successPolicy: needs completionMode: Indexed",
        ),
        (
            r#"{"spec.completionMode":"Indexed","spec.completions":5,"spec.successPolicy":{"rules":[{"succeededIndexes":"5"}]}}"#,
            "spec.successPolicy.rules[0].succeededIndexes: found index 5, expected less than completions (5)",
        ),
        (
            r#"{"spec.completionMode":"Indexed","spec.completions":5,"spec.parallelism":100001}"#,
            "spec.parallelism: found 100001, expected at most 100000 for an Indexed Job",
        ),
        (
            r#"{"spec.completionMode":"Indexed","spec.completions":5,"spec.maxFailedIndexes":2}"#,
            "spec.backoffLimitPerIndex: maxFailedIndexes needs backoffLimitPerIndex",
        ),
        (
            r#"{"spec.template.spec.restartPolicy":"OnFailure","spec.podFailurePolicy":{"rules":[]}}"#,
            "spec.template.spec.restartPolicy: found \"OnFailure\", expected Never: a podFailurePolicy needs it",
        ),
        (
            r#"{"spec.podReplacementPolicy":"TerminatingOrFailed","spec.podFailurePolicy":{"rules":[]}}"#,
            "spec.podReplacementPolicy: found TerminatingOrFailed, expected Failed with a podFailurePolicy",
        ),
        (
            r#"{"spec.podFailurePolicy":{"rules":[{"action":"Fail","onPodConditions":[{"type":"Ready"}]}]}}"#,
            "spec.podFailurePolicy.rules[0].action: found \"Fail\", expected FailJob, FailIndex, Ignore or Count",
        ),
        (
            r#"{"spec.podFailurePolicy":{"rules":[{"action":"Count"}]}}"#,
            "spec.podFailurePolicy.rules[0]: expected exactly one of onExitCodes and onPodConditions",
        ),
        (
            r#"{"spec.podFailurePolicy":{"rules":[{"action":"FailIndex","onPodConditions":[{"type":"Ready"}]}]}}"#,
            "spec.podFailurePolicy.rules[0].action: FailIndex needs backoffLimitPerIndex",
        ),
        (
            r#"{"spec.podFailurePolicy":{"rules":[{"action":"Count","onExitCodes":{"operator":"In","values":[0]}}]}}"#,
            "spec.podFailurePolicy.rules[0].onExitCodes.values[0]: 0 is success and must not stand with In",
        ),
        (
            r#"{"spec.podFailurePolicy":{"rules":[{"action":"Count","onExitCodes":{"operator":"In","values":[2,1]}}]}}"#,
            "spec.podFailurePolicy.rules[0].onExitCodes.values[1]: found 1 after 2, expected ascending values",
        ),
        (
            r#"{"spec.podFailurePolicy":{"rules":[{"action":"Count","onExitCodes":{"containerName":"x","operator":"In","values":[1]}}]}}"#,
            "spec.podFailurePolicy.rules[0].onExitCodes.containerName: found \"x\", which is no container of the template",
        ),
        (
            r#"{"metadata.name":"A_b"}"#,
            "metadata.name: found \"A_b\", expected lower-case letters, digits, '-' and points, as in DNS, at most 253 characters",
        ),
        (r#"{"metadata.name":""}"#, "metadata.name: a Job needs a name"),
        (r#"{"metadata.lables":{}}"#, "unknown field `lables` in metadata"),
    ];
    for (fields, expected) in table {
        let mut diagnostics = Vec::new();
        assert!(job_from_node(&job(fields), &mut diagnostics).is_none(), "{fields}");
        assert_eq!(diagnostics[0].message, expected, "{diagnostics:?}");
    }
    let mut diagnostics = Vec::new();
    let long = format!(r#"{{"metadata.name":"{}"}}"#, "a".repeat(64));
    assert!(job_from_node(&job(&long), &mut diagnostics).is_none());
}

#[test]
fn what_kubectl_prints_is_accepted() {
    let mut diagnostics = Vec::new();
    let fields = r#"{"metadata.creationTimestamp":"2026-01-01T00:00:00Z","metadata.managedFields":[{"manager":"kubectl",
        "fieldsV1":{"f:spec":{}}}],"metadata.uid":"6d1b","status":{"whatever":1},
        "spec.template.metadata":{"creationTimestamp":null,"labels":{"batch.kubernetes.io/controller-uid":"6d1b",
        "batch.kubernetes.io/job-name":"job","controller-uid":"6d1b","job-name":"job"}},
        "spec.selector":{"matchLabels":{"batch.kubernetes.io/controller-uid":"6d1b"}}}"#;
    assert!(job_from_node(&job(fields), &mut diagnostics).is_some(), "{diagnostics:?}");
}

#[test]
fn a_job_that_reads_its_index_without_having_one_is_seen() {
    let of = |mode: &str| {
        let fields = format!(
            r#"{{{mode}"spec.template.spec.containers":[{{"name":"a","image":"b","args":["echo $JOB_COMPLETION_INDEX"]}}]}}"#
        );
        job_from_node(&job(&fields), &mut Vec::new()).unwrap().uses_completion_index_without_indexed
    };
    assert!(of(""));
    assert!(!of(r#""spec.completionMode":"Indexed","spec.completions":2,"#));
}

#[test]
fn patches_tell_what_can_never_change() {
    let manifest = job(r#"{"spec.backoffLimitPerIndex":null,"spec.parallelism":2}"#);
    let spec = manifest.get("spec").unwrap();
    let patch = |text: &str| {
        let node = Node::from_json(&serde_json::from_str(text).unwrap());
        let mut diagnostics = Vec::new();
        patch_from_node(&node, spec, &mut diagnostics).ok_or_else(|| diagnostics[0].message.clone())
    };
    let read = patch(
        r#"{"parallelism":-5,"suspend":true,"backoffLimit":null,"scheduling":{},"manualSelector":true}"#,
    );
    let expected = JobPatch {
        parallelism: Change::To(-5),
        suspend: Change::To(true),
        backoff_limit: Change::Clear,
        ..JobPatch::default()
    };
    assert_eq!(read, Ok(expected));
    let immutable = |text: &str| patch(text).unwrap().immutable;
    assert_eq!(
        immutable(r#"{"completionMode":"NonIndexed","template":{},"managedBy":null}"#),
        Vec::<&str>::new()
    );
    assert_eq!(
        immutable(r#"{"completionMode":"Indexed","template":{"spec":{"restartPolicy":"OnFailure"}}}"#),
        vec!["spec.completionMode", "spec.template"]
    );
    assert_eq!(
        patch(r#"{"paralelism":1}"#),
        Err("unknown field `paralelism` in the spec of a Job".to_string())
    );
    assert_eq!(
        patch(r#"{"parallelism":"1"}"#),
        Err("spec.parallelism: found the text \"1\", expected a whole number".to_string())
    );
}
