//! What the recorded answers of the real validator cannot show: words, places, and where we deliberately differ. The
//! rules themselves are tested by `tests/conformance`.

use super::super::source::Sources;
use super::super::yaml;
use super::*;
use crate::input::manifest::{job_for, job_from_node};

const JOB: &str = "\
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: app}]
";

/// The messages, each with the text that is marked.
fn findings(text: &str) -> Vec<(String, String)> {
    let mut sources = Sources::default();
    let file = sources.add("job.yaml", text);
    let node = yaml::read(&sources, file).unwrap().remove(0);
    let mut diagnostics = Vec::new();
    job_from_node(&node, &mut diagnostics);
    let marked = |d: &Diagnostic| {
        d.span.map_or(String::new(), |span| text[span.start as usize..span.end as usize].to_string())
    };
    diagnostics.iter().map(|d| (d.message.clone(), marked(d))).collect()
}

fn with(old: &str, new: &str) -> String {
    assert!(JOB.contains(old));
    JOB.replace(old, new)
}

#[test]
fn findings_mark_what_is_wrong() {
    let table = [
        (
            with("main, image: app", "main, image: app, resources: {requests: {cpu: 2}, limits: {cpu: 1}}"),
            "spec.template.spec.containers[0].resources.requests[cpu]: found 2, expected at most the limit of cpu (1)",
            "2",
        ),
        (
            with("restartPolicy: Never", "restartPolicy: Never\n      nodeSelector: {Fläche: x}"),
            "spec.template.spec.nodeSelector: found the key \"Fläche\", expected a name of at most",
            "Fläche",
        ),
        (
            with("name: main, ", ""),
            "spec.template.spec.containers[0].name: a container needs a name",
            "{image: app",
        ),
        (
            with("image: app", "image: app, volumeMounts: [{name: data, mountPath: /d}]"),
            "spec.template.spec.containers[0].volumeMounts[0].name: found \"data\", which is no volume of the pod",
            "data",
        ),
        (
            with("{name: job}", "{name: a.b}").replace("spec:\n  t", "spec:\n  completionMode: Indexed\n  t"),
            "metadata.name: the host name of the last pod would be \"a.b-0\", expected at most 63 characters and no points",
            "a.b",
        ),
    ];
    for (text, message, marked) in table {
        let found = findings(&text);
        assert!(found[0].0.starts_with(message), "{found:#?}");
        assert_eq!((found.len(), found[0].1.as_str()), (1, marked), "{found:#?}");
    }
    assert_eq!(findings(JOB), []);
}

#[test]
fn a_wrong_type_is_reported_once_and_hides_nothing_else() {
    let text = with("{name: main, image: app}", "{name: 5, image: [], ports: [{containerPort: '80'}]}")
        .replace(
            "spec:\n  t",
            "spec:\n  completions: four\n  completionMode: Indexed\n  backoffLimit: -1\n  t",
        );
    let places: Vec<String> = findings(&text)
        .into_iter()
        .map(|(message, _)| message.split(": ").next().unwrap().to_string())
        .collect();
    assert_eq!(
        places,
        [
            "spec.completions",
            "spec.template.spec.containers[0].name",
            "spec.template.spec.containers[0].image",
            "spec.template.spec.containers[0].ports[0].containerPort",
            "spec.backoffLimit",
        ]
    );
}

#[test]
fn a_job_from_a_cluster_and_a_generated_name_are_good() {
    let live = with("{name: job}", "{name: job, uid: u-1, resourceVersion: '7'}").replace(
        "spec:\n  template:",
        "spec:\n  selector: {matchLabels: {batch.kubernetes.io/controller-uid: u-1}}\n  template:\n    \
         metadata: {labels: {controller-uid: u-1, batch.kubernetes.io/controller-uid: u-1, job-name: job}}",
    );
    assert_eq!(findings(&live), []);
    assert_eq!(findings(&with("{name: job}", "{generateName: job-}")), []);
    let long = format!("{{generateName: {}}}", "x".repeat(80));
    assert_eq!(findings(&with("{name: job}", &long)), []);
}

#[test]
fn a_success_policy_without_completions_is_an_error_of_its_own() {
    // The real validator crashes on this one.
    let text = with(
        "spec:\n  t",
        "spec:\n  completionMode: Indexed\n  parallelism: 2\n  successPolicy: {rules: [{succeededIndexes: 0-2, succeededCount: 9}]}\n  t",
    );
    let messages: Vec<String> = findings(&text).into_iter().map(|(message, _)| message).collect();
    assert_eq!(messages, ["spec.completions: an Indexed Job needs completions"]);
}

#[test]
fn privileged_containers_depend_on_the_api_server() {
    let text = with("image: app", "image: app, securityContext: {privileged: true}");
    assert_eq!(findings(&text), []);
    let mut sources = Sources::default();
    let file = sources.add("job.yaml", &text);
    let node = yaml::read(&sources, file).unwrap().remove(0);
    let mut diagnostics = Vec::new();
    assert!(job_for(Privileged::Refused, &node, &mut diagnostics).is_none());
    let cause = diagnostics[0].api.clone().unwrap();
    assert_eq!(cause.field, "spec.template.spec.containers[0].securityContext.privileged");
    assert_eq!(cause.kind.as_str(), "FieldValueForbidden");
}

/// A hostile manifest must not cost more than its length: many of everything that is compared with everything.
#[test]
fn long_lists_are_checked_in_one_pass() {
    const MANY: usize = 20_000;
    let list = |element: &dyn Fn(usize) -> String| (0..MANY).map(element).collect::<Vec<_>>().join(", ");
    let mounts = list(&|n| format!("{{name: v{n}, mountPath: /{n}}}"));
    let devices = list(&|n| format!("{{name: w{n}, devicePath: /{n}}}"));
    let claims = list(&|n| format!("{{name: c{n}}}"));
    let amounts = list(&|n| format!("r{n}: 1"));
    let spread = list(&|n| format!("{{maxSkew: 1, topologyKey: k{n}, whenUnsatisfiable: DoNotSchedule}}"));
    let codes = list(&|n| format!("{}", n + 1));
    let text = with(
        "image: app",
        &format!(
            "image: app, volumeMounts: [{mounts}], volumeDevices: [{devices}], \
             resources: {{claims: [{claims}], limits: {{{amounts}}}, requests: {{{amounts}}}}}"
        ),
    )
    .replace("restartPolicy: Never", &format!("restartPolicy: Never\n      topologySpreadConstraints: [{spread}]"))
    .replace("spec:\n  t", &format!("spec:\n  podFailurePolicy: {{rules: [{{action: Count, onExitCodes: {{operator: In, values: [{codes}]}}}}]}}\n  t"));
    assert!(findings(&text).len() > 3 * MANY);
}
