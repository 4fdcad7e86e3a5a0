//! `output/`: samples of results, made again by the commands of `output/commands.txt` and compared byte for byte.
//! `JOBSIM_BLESS=1 cargo test output` writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::console::{jobsim, scenarios};

/// All samples together stay small enough for a repository.
const MOST_BYTES: usize = 2 << 20;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("output")
}

/// One line of the list: `FOLDER FILE... = ARGUMENTS`. The first file takes standard output (`-`: nobody does), the
/// others are what the command writes into `@`. `{}` is every folder of `scenarios/` that has no line of its own.
struct Line {
    folder: String,
    files: Vec<String>,
    arguments: Vec<String>,
}

fn lines() -> Vec<Line> {
    let text = std::fs::read_to_string(folder().join("commands.txt")).unwrap();
    let rows: Vec<(Vec<&str>, &str)> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(" = ").unwrap_or_else(|| panic!("{line}: no ` = `")))
        .map(|(left, command)| (left.split_whitespace().collect(), command))
        .collect();
    let own: Vec<&str> = rows.iter().map(|(left, _)| left[0]).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut lines = Vec::new();
    for (left, command) in &rows {
        let folders: Vec<String> = match left[0] {
            "{}" => scenarios()
                .iter()
                .map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"))
                .filter(|name| !own.contains(&name.as_str()))
                .collect(),
            name => vec![name.to_string()],
        };
        lines.extend(folders.into_iter().map(|folder| Line {
            files: left[1..].iter().map(|file| file.to_string()).collect(),
            arguments: command.replace("{}", &folder).split_whitespace().map(str::to_string).collect(),
            folder,
        }));
    }
    lines
}

/// Runs a line; its files by name.
fn made(line: &Line, number: usize) -> Vec<(String, Vec<u8>)> {
    let to = std::env::temp_dir().join(format!("jobsim-output-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&to).unwrap();
    let place = to.to_str().unwrap();
    let arguments: Vec<String> = line.arguments.iter().map(|word| word.replace('@', place)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = jobsim(&arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let file = |(n, name): (usize, &String)| {
        let bytes = if n == 0 { output.stdout.clone() } else { std::fs::read(to.join(name)).unwrap() };
        (format!("{}/{name}", line.folder), bytes)
    };
    let files = line.files.iter().enumerate().filter(|(n, name)| *n > 0 || *name != "-").map(file).collect();
    std::fs::remove_dir_all(&to).unwrap();
    files
}

fn committed(below: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            committed(&path, found);
        } else {
            let name = path.strip_prefix(folder()).unwrap().to_str().unwrap().replace('\\', "/");
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

#[test]
fn the_samples_are_what_their_commands_make() {
    let mut want: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (number, line) in lines().iter().enumerate() {
        for (name, bytes) in made(line, number) {
            assert!(want.insert(name.clone(), bytes).is_none(), "{name}: made twice");
        }
    }
    assert!(want.len() >= 120);
    assert!(want.values().map(Vec::len).sum::<usize>() < MOST_BYTES);
    let mut there = BTreeMap::new();
    committed(&folder(), &mut there);
    there.retain(|name, _| name.contains('/'));
    if std::env::var_os("JOBSIM_BLESS").is_some() {
        for name in there.keys() {
            std::fs::remove_file(folder().join(name)).unwrap();
        }
        for (name, bytes) in &want {
            let path = folder().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        return;
    }
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&there), names(&want), "JOBSIM_BLESS=1 cargo test output");
    let differ: Vec<&String> =
        want.iter().filter(|(name, bytes)| there[*name] != **bytes).map(|(name, _)| name).collect();
    assert!(differ.is_empty(), "{differ:?}: run JOBSIM_BLESS=1 cargo test output, and read what changes");
}
