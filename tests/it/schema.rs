//! The schema of the Simulation document: it is current, the reader and its tables agree, and editors find it.

use std::path::{Path, PathBuf};
use std::process::Command;

use jobsim::input::load;
use jobsim::input::schema::{DISTRIBUTION, Shape, Table, schema, tables};

const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: work}\nspec: {completionMode: Indexed, completions: 2, \
                   template: {spec: {restartPolicy: Never, containers: [{name: main, image: a}]}}}\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_schema_in_assets_is_current() {
    let path = root().join("assets/simulation.schema.json");
    let now = format!("{:#}\n", schema());
    if std::env::var_os("JOBSIM_BLESS").is_some() {
        std::fs::write(&path, now).unwrap();
        return;
    }
    let then = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(then == now, "run JOBSIM_BLESS=1 cargo test schema");
}

/// Findings of the reader about a Simulation document.
fn findings(document: &serde_json::Value) -> Vec<(String, String)> {
    // Names of dependencies in examples are `work`.
    let mut document = document.clone();
    if let Some(spec) = document.get_mut("spec").and_then(|spec| spec.as_object_mut()) {
        // Only locks have readers.
        let shared = match serde_json::Value::from(spec.clone()).to_string().contains("\"access\"") {
            true => serde_json::json!({"work": {"lock": {"waitTimeout": "9s"}}}),
            false => serde_json::json!({"work": {"pool": {"connections": 2, "waitTimeout": "9s"}}}),
        };
        spec.entry("dependencies").or_insert(shared);
    }
    let text = format!("{JOB}---\n{document}\n");
    match load(&["-".to_string()], &mut text.as_bytes(), &[]) {
        Ok(_) => Vec::new(),
        Err(report) => report
            .diagnostics
            .into_iter()
            .filter(|d| d.is_error())
            .map(|d| (d.code.to_string(), d.message))
            .collect(),
    }
}

/// A value that a shape allows.
fn example(shape: &Shape) -> serde_json::Value {
    use serde_json::json;
    match shape {
        Shape::Text => json!("work"),
        Shape::Bool => json!(true),
        Shape::Whole(least) => json!(least + 1),
        Shape::Number => json!(1.5),
        Shape::Duration | Shape::Patience => json!("90s"),
        Shape::Probability => json!("0.5%"),
        Shape::Rate => json!("50/s"),
        Shape::Distribution => json!({"exponential": {"mean": "2s"}}),
        Shape::Names(names) => json!(names[0]),
        Shape::Table(table) => filled(table, None),
        Shape::MapOf(shape) => json!({"work": example(shape)}),
        Shape::ListOf(shape) => json!([example(shape)]),
        Shape::Either(shapes) => example(&shapes[0]),
        Shape::Empty | Shape::Anything => json!({}),
    }
}

/// A map with the required fields of a table, and with `wanted`.
fn filled(table: &Table, wanted: Option<&str>) -> serde_json::Value {
    let mut map = serde_json::Map::new();
    for field in table.fields {
        let first = table.choice && wanted.is_none() && std::ptr::eq(field, &table.fields[0]);
        if table.required.contains(&field.name) || wanted == Some(field.name) || first {
            map.insert(field.name.to_string(), example(&field.shape));
        }
    }
    complete(table.name, wanted, &mut map);
    map.into()
}

/// What tables cannot say: fields that need or exclude others, and numbers that depend on others.
fn complete(table: &str, wanted: Option<&str>, map: &mut serde_json::Map<String, serde_json::Value>) {
    use serde_json::json;
    let mut put = |key: &str, value: serde_json::Value| {
        map.insert(key.to_string(), value);
    };
    match (table, wanted) {
        ("Uniform", _) => put("max", json!("100s")),
        ("Pareto", Some("max")) => put("max", json!("100s")),
        ("LogNormal", Some("mean" | "cv")) => {
            put("mean", json!("90s"));
            put("cv", json!(1.5));
        }
        ("LogNormal", Some(spread @ ("p90" | "p95" | "p99"))) => {
            put("median", json!("60s"));
            put(spread, json!("100s"));
        }
        ("LogNormal", _) => {
            put("median", json!("60s"));
            put("sigma", json!(1.5));
        }
        ("Failure", Some("exitCode") | None) => put("probability", json!(0.5)),
        ("Poison", _) => put("indexes", json!("0-1")),
        ("Replications", Some("max")) => put("max", json!(1000)),
        ("ByIndex", _) => put("byIndex", json!(["1s", "2s"])),
        ("File", _) => put("file", json!(root().join("tests/it/runs.txt").to_str().unwrap())),
        ("Timed", Some("at" | "job") | None) => put("suspend", json!({})),
        ("Fault", Some("at" | "dependency") | None) => put("down", json!({"for": "9s"})),
        ("Limit", Some("for") | None) => put("connections", json!(1)),
        ("Dependency", Some("background") | None) => {
            put("server", json!({"service": "1s"}));
        }
        ("Policy", Some("job") | None) => {
            put("ramp", json!({"parallelism": {"from": 1, "to": 2, "add": 1, "every": "9s"}}));
        }
        ("RateLimit", Some("queueLimit" | "waitTimeout")) => put("onLimit", json!("delay")),
        ("RateLimit", Some("delay")) => put("like", json!("nginx")),
        ("RateLimit", Some("length")) => put("window", json!("fixed")),
        ("Server", Some("inFlightLimit")) => put("discipline", json!("sharing")),
        // The pool of the examples has other limits.
        ("Load", Some("table")) => put("table", json!([{"inFlight": 1, "throughput": 1.5}])),
        _ => {}
    }
}

/// Every place of the document that has a table: the table, and a document around a value at that place.
/// Puts a value into its place in a document.
type Place = Box<dyn Fn(serde_json::Value) -> serde_json::Value>;

fn places() -> Vec<(&'static Table, Place)> {
    type Around = std::rc::Rc<dyn Fn(serde_json::Value) -> serde_json::Value>;
    fn walk(shape: &'static Shape, around: Around, seen: &mut Vec<(&'static Table, Around)>) {
        match shape {
            Shape::Table(table) => visit(table, around, seen),
            Shape::Distribution => visit(&DISTRIBUTION, around, seen),
            Shape::MapOf(shape) => {
                walk(shape, std::rc::Rc::new(move |v| around(serde_json::json!({"work": v}))), seen);
            }
            Shape::ListOf(shape) => {
                walk(shape, std::rc::Rc::new(move |v| around(serde_json::json!([v]))), seen)
            }
            Shape::Either(shapes) => shapes.iter().for_each(|shape| walk(shape, around.clone(), seen)),
            _ => {}
        }
    }
    fn visit(table: &'static Table, around: Around, seen: &mut Vec<(&'static Table, Around)>) {
        if seen.iter().any(|(known, _)| known.name == table.name) {
            return;
        }
        seen.push((table, around.clone()));
        for field in table.fields {
            let around = around.clone();
            let inner: Around = std::rc::Rc::new(move |value| {
                let mut map = filled(table, Some(field.name));
                map[field.name] = value;
                around(map)
            });
            walk(&field.shape, inner, seen);
        }
    }
    let mut seen = Vec::new();
    visit(tables()[0], std::rc::Rc::new(|value| value), &mut seen);
    assert_eq!(seen.len(), tables().len());
    seen.into_iter()
        .map(|(table, around)| -> (_, Box<dyn Fn(_) -> _>) { (table, Box::new(move |v| around(v))) })
        .collect()
}

/// An unknown field makes the reader say which ones it knows: exactly those of the table.
#[test]
fn tables_have_the_fields_that_the_reader_expects() {
    let mut compared = 0;
    for (table, around) in places() {
        let mut value = filled(table, None);
        value["zzzzzzzz"] = serde_json::json!(1);
        let found = findings(&around(value));
        let message = found
            .iter()
            .find_map(|(code, message)| {
                (code == "unknown-field" && message.contains("zzzzzzzz")).then_some(message)
            })
            .unwrap_or_else(|| panic!("{}: {found:?}", table.name));
        let (_, listed) = message.split_once(", expected ").unwrap();
        let mut read: Vec<&str> = listed.split(", ").flat_map(|part| part.split(" or ")).collect();
        let mut tabled: Vec<&str> = table.fields.iter().map(|field| field.name).collect();
        // With `like: nginx` only.
        tabled.retain(|name| (table.name, *name) != ("RateLimit", "delay"));
        read.sort_unstable();
        tabled.sort_unstable();
        assert_eq!(read, tabled, "{}", table.name);
        compared += 1;
    }
    assert!(compared >= 45, "{compared}");
}

/// Every field of every table is read with its example, and refused with something else.
#[test]
fn examples_are_read_and_mistakes_are_refused() {
    let (mut read, mut refused) = (0, 0);
    for (table, around) in places() {
        for field in table.fields {
            // They need a dependency of another kind than the examples'.
            if table.name == "Limit" && ["rate", "servers"].contains(&field.name) {
                continue;
            }
            let mut value = filled(table, Some(field.name));
            let found = findings(&around(value.clone()));
            // `spec: {}` of a patch, `job: work` and so on are good; names of dependencies are not there.
            assert!(found.is_empty(), "{}.{}: {value} {found:?}", table.name, field.name);
            read += 1;
            if matches!(field.shape, Shape::Anything) {
                continue;
            }
            value[field.name] = serde_json::json!([[true]]);
            let found = findings(&around(value));
            assert!(!found.is_empty(), "{}.{} takes anything", table.name, field.name);
            refused += 1;
        }
    }
    assert!(read >= 150 && refused >= 145, "{read} {refused}");
}

fn simulations(under: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            simulations(&path, out);
        } else if path.file_name().is_some_and(|name| name == "simulation.yaml") {
            out.push(path);
        }
    }
}

#[test]
fn scenario_files_name_the_schema() {
    let mut files = Vec::new();
    simulations(&root().join("scenarios"), &mut files);
    assert!(files.len() >= 10);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let named = text.lines().find_map(|line| line.strip_prefix("# yaml-language-server: $schema="));
        let named = named.unwrap_or_else(|| panic!("{} names no schema", file.display()));
        assert!(file.parent().unwrap().join(named).is_file(), "{}: {named}", file.display());
    }
}

#[test]
fn new_writes_a_scenario_that_works_and_overwrites_nothing() {
    let base = std::env::temp_dir().join(format!("jobsim-new-{}", std::process::id()));
    std::fs::create_dir_all(&base).unwrap();
    let jobsim = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_jobsim")).args(arguments).current_dir(&base).output().unwrap()
    };
    assert!(jobsim(&["new", "first-try"]).status.success());
    let check = jobsim(&["check", "--deny", "warnings", "first-try"]);
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    assert_eq!(check.stdout, b"1 Job in 2 files: no errors, no warnings\n");
    let run = jobsim(&["run", "first-try", "-n", "50", "-o", "json"]);
    let answer: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(answer["jobs"][0]["name"], "first-try");
    assert_eq!(answer["jobs"][0]["advice"], serde_json::json!([]));
    let text = std::fs::read_to_string(base.join("first-try/simulation.yaml")).unwrap();
    let named = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
    let beside: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(base.join("first-try").join(named)).unwrap()).unwrap();
    assert_eq!(beside, schema());

    std::fs::write(base.join("first-try/job.yaml"), "mine").unwrap();
    let again = jobsim(&["new", "first-try"]);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(base.join("first-try/job.yaml")).unwrap(), "mine");
    for bad in ["Upper", "a.b", "-a", ""] {
        assert_eq!(jobsim(&["new", "--", bad]).status.code(), Some(2), "{bad}");
    }
    std::fs::remove_dir_all(&base).unwrap();
}
