//! The house rules that a test can hold: which folder uses which, which file names which crate, what the core never does,
//! that everything says what it is for. ARCHITECTURE.md says why.
//!
//! Works on the text of `src`, line by line, without comments and without the tests at the end of a file; it does not
//! parse Rust.

use std::path::{Path, PathBuf};

/// Each folder of `src` with those that it may use. `marks` is nothing in a release build and open to all.
const FOLDERS: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("model", &["engine"]),
    ("station", &["engine", "model"]),
    ("kubernetes", &["engine", "model", "station"]),
    ("input", &["engine", "model"]),
    ("observe", &["engine", "model", "kubernetes"]),
    ("experiment", &["engine", "model", "kubernetes", "input", "observe"]),
    ("report", &["engine", "model", "kubernetes", "input", "observe", "experiment"]),
    ("lint", &["engine", "model", "kubernetes", "input", "observe", "experiment", "report"]),
    ("conformance", &["engine", "model", "kubernetes", "input"]),
    (
        "cli",
        &["engine", "model", "kubernetes", "input", "observe", "experiment", "report", "lint", "conformance"],
    ),
];

/// Each crate of Cargo.toml (as Rust writes it) with the files that may name it: paths below `src` begin so.
const CRATES: &[(&str, &[&str])] = &[
    ("rand_chacha", &["engine/streams.rs"]),
    ("annotate_snippets", &["report/diagnostics.rs"]),
    ("similar", &["report/html/patch.rs"]),
    ("strsim", &["input/suggest.rs"]),
    (
        "libm",
        &[
            "engine/",
            "experiment/",
            "lint/",
            "kubernetes/luck.rs",
            "model/hold_cost.rs",
            "model/steps.rs",
            "report/chart/axis.rs",
            "report/figures/makespan.rs",
        ],
    ),
    // What a killed run is continued from carries its derives: times, endings, numbers.
    (
        "serde",
        &[
            "input/",
            "conformance/format.rs",
            "engine/time.rs",
            "kubernetes/dependencies/numbers.rs",
            "kubernetes/dependencies/recovery.rs",
            "kubernetes/ending.rs",
            "kubernetes/status.rs",
            "observe/numbers.rs",
            "experiment/",
            // What the journal of a sweep holds.
            "cli/sweep_cells.rs",
            "cli/sweep_folder.rs",
        ],
    ),
    ("serde_json", &["input/", "report/", "conformance/format.rs", "cli/", "experiment/journal.rs"]),
    ("serde_saphyr", &["input/yaml.rs"]),
    ("k8s_openapi", &["input/manifest"]),
    ("sha2", &["input/mod.rs", "report/html/policy.rs"]),
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/completions.rs"]),
    ("flate2", &["cli/conformance.rs", "experiment/journal.rs", "report/chart/png.rs"]),
    ("csv", &["report/", "cli/"]),
    ("ctrlc", &["cli/interrupt.rs"]),
    ("rayon", &["experiment/replicate.rs"]),
    ("statrs", &["experiment/"]),
    ("annotate_snippets", &["report/diagnostics.rs"]),
    ("similar", &["report/html/patch.rs"]),
    ("strsim", &["input/suggest.rs"]),
    ("plotters", &["report/chart/"]),
    ("plotters_backend", &["report/chart/"]),
];

/// Folders that are a function of their input: same scenario and seed, same bytes.
const PURE: &[&str] = &["engine", "model", "station", "kubernetes", "observe"];

/// What those never use.
const IMPURE: &[&str] = &[
    "Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "RandomState",
    "print",
    "println",
    "eprint",
    "eprintln",
    "dbg",
    "thread",
    "thread_local",
    "fs",
    "env",
    "rayon",
];

struct File {
    /// Below `src`, with slashes.
    path: String,
    text: String,
}

impl File {
    fn folder(&self) -> &str {
        self.path.split_once('/').map_or("", |(folder, _)| folder)
    }

    /// Lines of code with their numbers, up to the tests at the end of the file.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(n, line)| (n + 1, line));
        lines
            .take_while(|(_, line)| line.trim() != "mod tests {")
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(n, line)| (n, line.split(" // ").next().unwrap_or(line)))
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs")
    }
}

fn files() -> Vec<File> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&src, &mut found);
    found.sort();
    assert!(found.len() > 50);
    let file = |path: PathBuf| File {
        path: path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/"),
        text: std::fs::read_to_string(&path).unwrap(),
    };
    found.into_iter().map(file).collect()
}

/// Whether the word stands in the line, alone.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(part)
            && !line[at + word.len()..].chars().next().is_some_and(part)
    })
}

#[track_caller]
fn nothing(wrong: Vec<String>, rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

#[test]
fn a_folder_uses_only_what_stands_above_it() {
    let mut wrong = Vec::new();
    for file in
        files().iter().filter(|file| !file.folder().is_empty() && file.folder() != "bin" && !file.is_test())
    {
        let Some((_, allowed)) = FOLDERS.iter().find(|(name, _)| *name == file.folder()) else {
            wrong.push(format!("{}: its folder has no place in FOLDERS", file.path));
            continue;
        };
        for (n, line) in file.code() {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if used != file.folder() && used != "marks" && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}:{n}: uses {used}", file.path));
                }
            }
        }
    }
    nothing(wrong, "data goes down and never back (FOLDERS in tests/it/tidy.rs, ARCHITECTURE.md)");
}

#[test]
fn no_path_climbs_out_of_its_folder() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| !file.folder().is_empty()) {
        let depth = file.path.trim_end_matches("/mod.rs").split('/').count();
        for (n, line) in file.code() {
            let highest = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            if highest.map(|path| path.matches("super::").count()).max().unwrap_or(0) >= depth {
                wrong.push(format!("{}:{n}: {}", file.path, line.trim()));
            }
        }
    }
    nothing(wrong, "what lies outside of a folder is named from `crate::`");
}

#[test]
fn a_crate_is_named_where_it_belongs() {
    let mut wrong = Vec::new();
    for file in files() {
        for (n, line) in file.code() {
            for (name, places) in CRATES {
                let named = line.contains(&format!("{name}::")) && has_word(line, name)
                    || line.trim_start().starts_with("use ") && has_word(line, name);
                // `report::csv` and the like are ours.
                let ours = line.contains(&format!("::{name}")) || line.contains(&format!("mod {name}"));
                if named && !ours && !places.iter().any(|place| file.path.starts_with(place)) {
                    wrong.push(format!("{}:{n}: names {name}", file.path));
                }
            }
        }
    }
    nothing(wrong, "each crate is named by few files (CRATES in tests/it/tidy.rs, ARCHITECTURE.md)");
}

#[test]
fn every_crate_has_its_place_and_its_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let architecture = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let list = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let crates: Vec<&str> =
        list.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    assert!(crates.len() > 5);
    let known = |name: &&str| CRATES.iter().any(|(known, _)| *known == name.replace('-', "_"));
    let placeless: Vec<String> =
        crates.iter().filter(|name| !known(name)).map(|name| name.to_string()).collect();
    nothing(placeless, "crates of Cargo.toml without a place in CRATES (tests/it/tidy.rs)");
    let told =
        |name: &&&str| !has_word(&architecture, name) && !has_word(&architecture, &name.replace('-', "_"));
    let untold: Vec<String> = crates.iter().filter(told).map(|name| name.to_string()).collect();
    nothing(untold, "crates of Cargo.toml without a line in ARCHITECTURE.md");
}

#[test]
fn the_core_has_no_clock_no_hash_order_no_thread_and_no_output() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| PURE.contains(&file.folder()) && !file.is_test()) {
        for (n, line) in file.code() {
            for word in IMPURE.iter().filter(|word| has_word(line, word)) {
                wrong.push(format!("{}:{n}: {word}", file.path));
            }
        }
    }
    nothing(wrong, "a result depends on scenario and seed only");
}

#[test]
fn every_public_item_of_the_core_says_what_it_is() {
    const ITEMS: &[&str] = &["fn", "const fn", "struct", "enum", "trait", "const", "static", "type", "union"];
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| PURE.contains(&file.folder()) && !file.is_test()) {
        let (mut above, mut in_attribute) = ("", false);
        for (n, line) in file.text.lines().enumerate() {
            let text = line.trim();
            let rest = text.strip_prefix("pub ").unwrap_or("");
            let is_item = ITEMS.iter().any(|item| rest.starts_with(&format!("{item} ")));
            if is_item && !above.starts_with("///") {
                wrong.push(format!("{}:{}: {text}", file.path, n + 1));
            }
            // Attributes stand between the words and the item.
            in_attribute |= text.starts_with("#[");
            if !in_attribute {
                above = text;
            }
            in_attribute &= !text.ends_with(']');
        }
    }
    nothing(wrong, "public items without a doc comment");
}

#[test]
fn every_file_opens_with_its_purpose() {
    let of = |folder: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
    };
    let mut opens: Vec<(String, String)> = files().into_iter().map(|file| (file.path, file.text)).collect();
    for path in of("tests").chain(of("tests/it")).chain(of("benches")) {
        if path.extension().is_some_and(|e| e == "rs") {
            opens.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    let silent =
        opens.into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect();
    nothing(silent, "files without an opening paragraph");
}
