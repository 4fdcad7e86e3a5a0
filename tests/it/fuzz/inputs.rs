//! Inputs for fuzzing, each a function of (seed, number).

use jobsim::input::diagnostic::Diagnostic;
use jobsim::input::source::{Sources, Span};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

/// Real texts.
pub const CORPUS: [&str; 6] = [
    include_str!("../../../scenarios/black-hole/with-all-three/job.yaml"),
    include_str!("../../../scenarios/black-hole/with-failure-policy/job.yaml"),
    include_str!("../../../scenarios/data-slicer/job.yaml"),
    include_str!("../../../scenarios/queue-processor/simulation.yaml"),
    include_str!("corpus/live.yaml"),
    include_str!("corpus/everything.yaml"),
];

const PIECES: [&str; 48] = [
    "\n",
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    "\r\n",
    ": ",
    "- ",
    "---\n",
    "...\n",
    "? ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!!binary ",
    "|\n  ",
    ">-\n ",
    "\"",
    "'",
    "#",
    "%YAML 1.2\n",
    "\u{feff}",
    "\0",
    "ä",
    "\u{1f980}",
    "\u{202e}",
    "{{ .Values.x }}",
    "kind: Job\n",
    "apiVersion: batch/v1\n",
    "kind: List\nitems:\n- ",
    "spec:\n",
    "metadata: {name: a}\n",
    "kind: CronJob\n",
    "kind: Simulation\napiVersion: jobsim/v1alpha1\n",
    "jobsim/run: \"logNormal median=60s\"",
    "999999999999999999999",
    "-1",
    "1e400",
    ".nan",
    "0x",
    "1_0",
    "null",
];

fn rng(seed: u64, number: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number)
}

fn pick<'a, T>(rng: &mut ChaCha8Rng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}

/// A real text with pieces cut, doubled, moved and put in, or nothing but pieces.
pub fn bytes(seed: u64, number: u64) -> Vec<u8> {
    let mut rng = rng(seed, number);
    let mut text: Vec<u8> =
        if rng.random_range(0..4) == 0 { Vec::new() } else { pick(&mut rng, &CORPUS).as_bytes().to_vec() };
    for _ in 0..rng.random_range(1..24) {
        let at = rng.random_range(0..=text.len());
        match rng.random_range(0..7) {
            0..=2 => {
                let piece = pick(&mut rng, &PIECES);
                text.splice(at..at, piece.bytes());
            }
            3 => {
                let end = (at + rng.random_range(0..40)).min(text.len());
                text.drain(at..end);
            }
            4 => {
                let end = (at + rng.random_range(0..200)).min(text.len());
                let copy = text[at..end].to_vec();
                let to = rng.random_range(0..=text.len());
                text.splice(to..to, copy);
            }
            5 => {
                if let Some(byte) = text.get_mut(at) {
                    *byte = rng.random_range(0..=255);
                }
            }
            _ => {
                let piece = pick(&mut rng, &PIECES).repeat(rng.random_range(1..400));
                text.splice(at..at, piece.bytes());
            }
        }
    }
    text
}

const NAMES: [&str; 30] = [
    "spec",
    "metadata",
    "name",
    "template",
    "containers",
    "parallelism",
    "completions",
    "completionMode",
    "backoffLimit",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
    "podFailurePolicy",
    "successPolicy",
    "rules",
    "activeDeadlineSeconds",
    "env",
    "volumes",
    "annotations",
    "jobsim/run",
    "jobsim/failure",
    "workload",
    "default",
    "steps",
    "run",
    "logNormal",
    "timeline",
    "byIndex",
    "schedule",
    "suspend",
    "paralelism",
];

fn value(rng: &mut ChaCha8Rng) -> Value {
    match rng.random_range(0..22) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(0),
        4 => json!(1),
        5 => json!(7),
        6 => json!(i64::from(i32::MAX)),
        7 => json!(i64::MAX),
        8 => json!(u64::MAX),
        9 => json!(1.5),
        10 => json!(1e300),
        11 => json!(""),
        12 => json!("4"),
        13 => json!("Indexed"),
        14 => json!("OnFailure"),
        15 => json!("0-3,7"),
        16 => json!("never"),
        17 => json!("90s"),
        18 => json!("0.5% exitCode=3"),
        19 => json!(pick(rng, &PIECES)),
        20 => json!([]),
        _ => json!({}),
    }
}

/// Changes a tree at one random place.
fn mutate(tree: &mut Value, rng: &mut ChaCha8Rng) {
    let down = rng.random_range(0..5) > 0;
    match tree {
        Value::Object(map) if down && !map.is_empty() => {
            let at = rng.random_range(0..map.len());
            if let Some((_, below)) = map.iter_mut().nth(at) {
                mutate(below, rng);
            }
        }
        Value::Array(items) if down && !items.is_empty() => {
            let at = rng.random_range(0..items.len());
            mutate(&mut items[at], rng);
        }
        Value::Object(map) => match rng.random_range(0..4) {
            0 => {
                map.insert(pick(rng, &NAMES).to_string(), value(rng));
            }
            1 if !map.is_empty() => {
                let key = map.keys().nth(rng.random_range(0..map.len())).cloned().unwrap_or_default();
                map.remove(&key);
            }
            2 if !map.is_empty() => {
                let key = map.keys().nth(rng.random_range(0..map.len())).cloned().unwrap_or_default();
                let old = map.remove(&key).unwrap_or_default();
                let mut new = key.clone();
                let cut = rng.random_range(0..=key.chars().count());
                new = new.chars().enumerate().filter(|(n, _)| *n != cut).map(|(_, c)| c).collect();
                map.insert(new, old);
            }
            _ => *tree = value(rng),
        },
        Value::Array(items) => match rng.random_range(0..3) {
            0 => items.push(value(rng)),
            1 if !items.is_empty() => {
                let copy = items[rng.random_range(0..items.len())].clone();
                items.push(copy);
            }
            _ => *tree = value(rng),
        },
        other => *other = value(rng),
    }
}

/// A real manifest, or a Job and a Simulation, with some places changed; as JSON or as YAML.
pub fn manifest(seed: u64, number: u64) -> Vec<u8> {
    let mut rng = rng(seed, number);
    let mut documents: Vec<Value> = trees();
    let keep = rng.random_range(1..=documents.len());
    while documents.len() > keep {
        documents.remove(rng.random_range(0..documents.len()));
    }
    for _ in 0..rng.random_range(1..8) {
        let at = rng.random_range(0..documents.len());
        mutate(&mut documents[at], &mut rng);
    }
    let mut text = String::new();
    match rng.random_range(0..3) {
        0 => text = json!({"apiVersion": "v1", "kind": "List", "items": documents}).to_string(),
        1 => {
            for document in &documents {
                text.push_str(&format!("---\n{document:#}\n"));
            }
        }
        _ => {
            for document in &documents {
                text.push_str("---\n");
                yaml(document, 0, &mut text);
            }
        }
    }
    if rng.random_range(0..8) == 0 {
        text = text.replace('\n', "\r\n");
    }
    text.into_bytes()
}

/// The corpus as trees.
fn trees() -> Vec<Value> {
    let mut trees = Vec::new();
    for text in CORPUS {
        let mut sources = Sources::default();
        let file = sources.add("corpus", text);
        for node in jobsim::input::yaml::read_all(&sources, file, &mut Vec::new()) {
            trees.push(plain(&node));
        }
    }
    assert!(trees.len() >= CORPUS.len());
    trees
}

fn plain(node: &jobsim::input::node::Node) -> Value {
    use jobsim::input::node::NodeKind;
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Bool(value) => json!(value),
        NodeKind::Int(value) => json!(value),
        NodeKind::Float(value) => json!(value),
        NodeKind::Str(text) => json!(text),
        NodeKind::Seq(items) => items.iter().map(plain).collect(),
        NodeKind::Map(entries) => {
            let map: Map<String, Value> = entries.iter().map(|e| (e.key.clone(), plain(&e.value))).collect();
            map.into()
        }
    }
}

/// In block style; scalars as JSON.
fn yaml(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                out.push_str(&format!("{indent}{}:", json!(key)));
                below(value, depth, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&format!("{indent}-"));
                below(item, depth, out);
            }
        }
        other => out.push_str(&format!("{indent}{other}\n")),
    }
}

fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            yaml(value, depth + 1, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            yaml(value, depth + 1, out);
        }
        other => out.push_str(&format!(" {other}\n")),
    }
}

/// What holds for the findings of any input: places are inside their texts and on character boundaries.
pub fn check(sources: &Sources, findings: &[Diagnostic]) {
    let good = |span: Span| {
        let text = &sources.file(span.file).text;
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(start <= end && end <= text.len(), "{span:?} in {} bytes", text.len());
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{span:?}");
    };
    for finding in findings {
        finding.span.into_iter().for_each(good);
        finding.related.iter().for_each(|(span, _)| good(*span));
        finding.fix.iter().for_each(|edit| good(edit.span));
        assert!(jobsim::input::catalogue::page(finding.code).is_some(), "{} has no page", finding.code);
    }
}
