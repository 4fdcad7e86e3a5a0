//! Every form in which people have manifests, and places that are hard to get right: after non-ASCII text, in CRLF
//! files, under anchors, inside a List, inside an annotation.

use jobsim::input::diagnostic::{Diagnostic, Level};
use jobsim::input::source::Sources;
use jobsim::input::{Loaded, load};
use jobsim::lint::lint;
use jobsim::model::job::Completion;
use jobsim::model::workload::{FailureLaw, RunTime, SampledWorkload, Workload};

fn read(text: &str) -> Result<Loaded, (Sources, Vec<Diagnostic>)> {
    load(&["-".to_string()], &mut text.as_bytes(), &[]).map_err(|report| (report.sources, report.diagnostics))
}

#[track_caller]
fn good(text: &str) -> Loaded {
    read(text).unwrap_or_else(|(_, diagnostics)| panic!("{diagnostics:#?}"))
}

/// Errors as `CODE line:column marked text`.
#[track_caller]
fn errors(text: &str) -> Vec<String> {
    let (sources, diagnostics) = read(text).expect_err("this input is wrong");
    diagnostics
        .iter()
        .filter(|d| d.level == Level::Error)
        .map(|d| {
            let span = d.span.expect("every error has a place");
            let (line, column) = sources.line_column(span);
            let marked = &sources.file(span.file).text[span.start as usize..span.end as usize];
            format!("{} {line}:{column} {marked}", d.code)
        })
        .collect()
}

fn sampled(loaded: &Loaded) -> &SampledWorkload {
    match &loaded.scenario.jobs[0].workload {
        Workload::Sampled(workload) => workload,
        Workload::Scripted(_) => panic!("not sampled"),
    }
}

const JOB: &str = "\
apiVersion: batch/v1
kind: Job
metadata:
  name: work
spec:
  completions: 4
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: app:1
";

/// `kubectl get job work -o yaml` of a Job that has run.
const LIVE: &str = include_str!("fuzz/corpus/live.yaml");

#[test]
fn what_kubectl_prints_of_a_live_job() {
    let loaded = good(LIVE);
    assert_eq!(loaded.scenario.jobs[0].spec.completion, Completion::Indexed(4));
    assert_eq!(loaded.jobs[0].namespace, "shop");
    // The same as JSON, alone and in a List.
    let spec = r#"{"completions":4,"parallelism":2,"selector":{"matchLabels":{"controller-uid":"u"}},
        "template":{"metadata":{"creationTimestamp":null,"labels":{"controller-uid":"u"}},
        "spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"app:1","resources":{}}]}}}"#;
    let job = format!(
        r#"{{"apiVersion":"batch/v1","kind":"Job","metadata":{{"name":"work","uid":"u","managedFields":[{{"fieldsV1":{{"f:spec":{{}}}}}}]}},
        "spec":{spec},"status":{{"active":2}}}}"#
    );
    assert_eq!(good(&job).scenario.jobs[0].spec.completion, Completion::Counted(4));
    let list =
        format!(r#"{{"apiVersion":"v1","items":[{job}],"kind":"List","metadata":{{"resourceVersion":""}}}}"#);
    assert_eq!(good(&list).scenario.jobs.len(), 1);
}

#[test]
fn cron_jobs_keep_their_schedule_and_are_checked() {
    let cron = |rest: &str| {
        let template = JOB.split_once("spec:\n").unwrap().1.replace('\n', "\n    ");
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: nightly}}\nspec:\n{rest}  jobTemplate:\n    spec:\n    {template}\n"
        )
    };
    let loaded =
        good(&cron("  schedule: '30 2 * * 1-5'\n  timeZone: Europe/Berlin\n  concurrencyPolicy: Forbid\n"));
    assert_eq!(loaded.jobs[0].schedule.as_deref(), Some("30 2 * * 1-5 Europe/Berlin"));
    assert_eq!(loaded.scenario.jobs[0].spec.parallelism, 2);
    assert_eq!(
        errors(&cron("  schedule: '30 25 * * *'\n  concurencyPolicy: Forbid\n  concurrencyPolicy: forbid\n")),
        [
            "invalid-value 5:13 '30 25 * * *'",
            "unknown-field 6:3 concurencyPolicy",
            "invalid-value 7:22 forbid"
        ]
    );
    assert_eq!(
        errors(&cron("")),
        [
            "missing-field 5:3 jobTemplate:\n    spec:\n      completions: 4\n      parallelism: 2\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n          - name: main\n            image: app:1"
        ]
    );
}

#[test]
fn a_rendered_chart_with_comments_and_empty_documents() {
    let stream = format!(
        "---\n# Source: shop/templates/empty.yaml\n---\n# Source: shop/templates/service.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: shop\n---\n\n---\n# Source: shop/templates/job.yaml\n{JOB}---\n# only a comment\n"
    );
    let loaded = good(&stream);
    assert_eq!(loaded.scenario.jobs.len(), 1);
    let notes: Vec<&str> = loaded.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(notes, ["skipped Service shop"]);
}

#[test]
fn a_template_that_nobody_rendered_says_so_once() {
    for text in [
        JOB.replace("work", "{{ .Release.Name }}"),
        JOB.replace("work", "\"{{ .Release.Name }}\"")
            .replace("parallelism: 2", "parallelism: \"{{ .Values.n }}\""),
        JOB.replace("  parallelism: 2\n", "  {{- if .Values.wide }}\n  parallelism: 2\n  {{- end }}\n"),
        format!("{{{{- range .Values.jobs }}}}\n---\n{JOB}{{{{- end }}}}\n"),
    ] {
        let found = errors(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("template-not-rendered "), "{found:?}");
    }
    // Braces that belong to a text are nobody's template.
    good(&JOB.replace("image: app:1", "image: app:1\n        args: [\"--format={{ .Names }}\"]"));
}

#[test]
fn byte_order_mark_and_crlf() {
    let text = format!("\u{feff}{}", JOB.replace('\n', "\r\n"));
    assert_eq!(good(&text).scenario.jobs.len(), 1);
    assert_eq!(errors(&text.replace("parallelism: 2", "paralelism: 2")), ["unknown-field 7:3 paralelism"]);
    assert_eq!(errors(&text.replace("parallelism: 2", "parallelism: '2'")), ["wrong-type 7:16 '2'"]);
}

#[test]
fn places_after_text_that_is_not_ascii() {
    let text =
        JOB.replace("parallelism: 2", "parallelism: \"zwölf\"").replace("name: main", "nam\u{e9}: größe");
    assert_eq!(
        errors(&text),
        ["wrong-type 7:16 \"zwölf\"", "unknown-field 12:9 nam\u{e9}", "invalid-value 12:15 größe"]
    );
    let flow = JOB.replace("  parallelism: 2\n", "").replace(
        "spec:\n  completions: 4",
        "spec:\n  suspend: false # für später\n  selector: {matchLabels: {straße: \"süß\", größe: 5}}\n  completions: 4",
    );
    assert_eq!(errors(&flow)[0], "wrong-type 7:50 5");
}

#[test]
fn places_under_anchors_and_merge_keys() {
    let text = "\
apiVersion: v1
kind: List
items:
- apiVersion: batch/v1
  kind: Job
  metadata: {name: one}
  spec: &spec
    completions: 2
    template: &template
      spec:
        restartPolicy: Never
        containers:
        - &main {name: main, image: app:1}
- apiVersion: batch/v1
  kind: Job
  metadata: {name: two}
  spec:
    <<: *spec
    completions: 3
    parallelism: 3
";
    let loaded = good(text);
    let of =
        |n: usize| (loaded.scenario.jobs[n].spec.completions(), loaded.scenario.jobs[n].spec.parallelism);
    assert_eq!((of(0), of(1)), ((Some(2), 1), (Some(3), 3)));
    // A mistake in the anchored part is shown where it stands, once, although two Jobs have it.
    assert_eq!(errors(&text.replace("image: app:1", "imgae: app:1")), ["unknown-field 13:30 imgae"]);
    assert_eq!(errors(&text.replace("parallelism: 3", "parallelism: '3'")), ["wrong-type 20:18 '3'"]);
}

#[test]
fn places_inside_a_list() {
    let item = JOB.replace('\n', "\n  ");
    let list = format!("kind: List\napiVersion: v1\nitems:\n- {item}\n- {}", item.replace("work", "other"));
    assert_eq!(good(&list).scenario.jobs.len(), 2);
    let broken = list.replacen("completions: 4", "completion: 4", 2).replacen("app:1", "5", 1);
    assert_eq!(
        errors(&broken),
        ["unknown-field 9:5 completion", "wrong-type 16:18 5", "unknown-field 23:5 completion"]
    );
}

#[test]
fn several_files_and_all_their_errors_in_one_go() {
    let text = format!(
        "{}---\n{}---\nkind: Job\nmetadata: {{name: broken\n---\napiVersion: jobsim/v1alpha1\nkind: Simulation\nspec: {{sead: 1, horizon: 3}}\n",
        JOB.replace("parallelism: 2", "paralelism: -2\n  backoffLimit: '3'\n  completionMode: indexed"),
        JOB.replace("name: work", "name: Other")
    );
    let codes: Vec<String> =
        errors(&text).iter().map(|e| e.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        codes,
        [
            "unknown-field 7:3",
            "invalid-value 7:15",
            "wrong-type 8:17",
            "invalid-value 9:19",
            "invalid-value 20:9",
            "yaml-syntax 32:11",
            "unknown-field 36:8",
            "invalid-value 36:26"
        ]
    );
}

fn annotated(annotations: &str) -> String {
    JOB.replace("  template:\n", &format!("  template:\n    metadata:\n      annotations:\n{annotations}"))
}

#[test]
fn annotations_of_the_pod_template_are_a_workload() {
    let text = annotated(
        "        jobsim/run: \"logNormal median=60s p95=180s\"\n        jobsim/startup: 2s\n        jobsim/failure: \"0.5% exitCode=3\"\n        jobsim/hang: '0.1%'\n",
    );
    let loaded = good(&text);
    let workload = sampled(&loaded);
    assert!(matches!(&workload.run, RunTime::Steps(s) if s[0].as_text() == "logNormal median 60s p95 180s"));
    assert_eq!(workload.startup.as_text(), "2s");
    assert_eq!(workload.failure.map(|f| (f.law, f.exit_code)), Some((FailureLaw::Probability(0.005), 3)));
    assert_eq!(workload.hang_probability, 0.001);
    let said = |name: &str| loaded.defaults.iter().any(|d| d.starts_with(name));
    assert!(said("schedule") && !said("steps") && !said("startup"), "{:?}", loaded.defaults);
    // A named entry of the document goes before the annotation, `default` after it.
    let document = |entry: &str| {
        format!(
            "{text}---\napiVersion: jobsim/v1alpha1\nkind: Simulation\nspec: {{workload: {{{entry}: {{startup: 9s}}}}}}\n"
        )
    };
    assert_eq!(sampled(&good(&document("work"))).startup.as_text(), "9s");
    assert_eq!(sampled(&good(&document("default"))).startup.as_text(), "2s");
    let rate = good(&annotated("        jobsim/failure: 2/h\n"));
    assert_eq!(sampled(&rate).failure.map(|f| f.law), Some(FailureLaw::RatePerSecond(2.0 / 3600.0)));
}

#[test]
fn places_inside_an_annotation() {
    let table = [
        ("        jobsim/run: \"logNorma median=60s p95=180s\"\n", vec!["unknown-field 11:22 logNorma"]),
        ("        jobsim/run: \"logNormal median=60 p95=3m\"\n", vec!["invalid-value 11:39 60"]),
        (
            "        jobsim/run: logNormal medan=60s p95=3m\n",
            vec!["invalid-value 11:21 logNormal medan=60s p95=3m", "unknown-field 11:31 medan"],
        ),
        ("        jobsim/failure: 'ä 5'\n", vec!["invalid-value 11:26 ä", "unknown-field 11:28 5"]),
        ("        jobsim/failure: \"0.5% exitCode=300\"\n", vec!["invalid-value 11:40 300"]),
        ("        jobsim/hang: 150%\n", vec!["invalid-value 11:22 150%"]),
        ("        jobsim/rum: 5s\n", vec!["unknown-field 11:9 jobsim/rum"]),
        ("        jobsim/hang: 0.001\n", vec!["wrong-type 11:22 0.001"]),
        // Escapes: the place of the whole.
        ("        jobsim/run: \"5\\u0030\"\n", vec!["invalid-value 11:21 \"5\\u0030\""]),
    ];
    for (annotation, expected) in table {
        assert_eq!(errors(&annotated(annotation)), expected, "{annotation}");
    }
}

#[test]
fn a_repair_makes_the_input_good() {
    let broken = JOB
        .replace("parallelism: 2", "\"paralelism\": 2\n  completionMode: indexed\n  backoffLimit: \"3\"")
        .replace("image: app:1", "image: app:1\n        env: [{name: A, value: true}]")
        .replace("kind: Job", "kind: job");
    let mut text = broken;
    // The wrong kind hides the rest, so it takes two rounds.
    for _ in 0..2 {
        let Err((_, diagnostics)) = read(&text) else { break };
        let mut edits: Vec<_> = diagnostics.into_iter().flat_map(|d| d.fix).collect();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
    }
    let loaded = good(&text);
    let spec = &loaded.scenario.jobs[0].spec;
    assert_eq!((spec.parallelism, spec.backoff_limit, spec.completion), (2, 3, Completion::Indexed(4)));
}

/// Lints repair YAML blocks, brackets and JSON.
#[test]
fn a_repair_of_a_lint_fits_the_form() {
    let block = JOB.replace("completions: 4", "completions: 4\n  completionMode: Indexed").replace(
        "      containers:\n",
        "      volumes: [{name: out, persistentVolumeClaim: {claimName: c}}]\n      containers:\n",
    );
    let json = r#"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"work"},"spec":{"completionMode":"Indexed","completions":4,
        "template":{"spec":{"restartPolicy":"Never","volumes":[{"name":"out","nfs":{"server":"s","path":"/p"}}],
        "containers":[{"name":"main","image":"app:1"}]}}}}"#;
    let flow = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: work}\nspec: {completionMode: Indexed, completions: 4,\n  template: {spec: {restartPolicy: Never, volumes: [{name: out, hostPath: {path: /p}}],\n  containers: [{name: main, image: app:1}]}}}\n";
    for text in [block.as_str(), json, flow] {
        let found = lint(&good(text));
        let two = found.iter().find(|a| a.diagnostic.code == "two-writers").expect("two writers");
        let mut text = text.to_string();
        for edit in &two.diagnostic.fix {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        let repaired = lint(&good(&text));
        assert!(repaired.iter().all(|a| a.diagnostic.code != "two-writers"), "{text}");
    }
}
