//! One page a code in `tests/cmd`: the bad input in fenced blocks, and a console session that is run in a folder
//! with these files. `JOBSIM_BLESS=1 cargo test pages` writes what the program prints into the pages.

use std::path::{Path, PathBuf};
use std::process::Command;

use jobsim::input::catalogue::{page, pages};
use jobsim::input::diagnostic::Level;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd")
}

/// A fenced block: the words after the fence, the text, and where the text is in the page.
pub struct Block<'a> {
    pub words: Vec<&'a str>,
    pub text: &'a str,
    pub range: std::ops::Range<usize>,
}

/// The fenced blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(fence) = page[at..].find("```").map(|found| at + found) {
        let first = fence + page[fence..].find('\n').expect("a fence has a line") + 1;
        let end = first + page[first..].find("```").expect("a fence is closed");
        let words = page[fence + 3..first].split_whitespace().collect();
        blocks.push(Block { words, text: &page[first..end], range: first..end });
        at = end + 3;
    }
    blocks
}

/// What the command prints: standard error, standard output, and the exit code when it is not 0.
pub fn session(command: &str, folder: &Path) -> String {
    let arguments: Vec<&str> =
        command.strip_prefix("jobsim ").expect("a jobsim command").split(' ').collect();
    let output =
        Command::new(env!("CARGO_BIN_EXE_jobsim")).args(arguments).current_dir(folder).output().unwrap();
    let mut text = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    match output.status.code() {
        Some(0) => {}
        code => text.push_str(&format!("? {}\n", code.expect("an exit code"))),
    }
    text
}

/// Runs a page; the page as it should be.
fn played(name: &str, text: &str) -> String {
    let folder = std::env::temp_dir().join(format!("jobsim-page-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut out = text.to_string();
    let mut sessions: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    for block in blocks(text) {
        match block.words.as_slice() {
            ["console"] => {
                let command = block.text.lines().next().and_then(|line| line.strip_prefix("$ ")).unwrap();
                sessions.push((block.range, format!("$ {command}\n{}", session(command, &folder))));
            }
            ["latin1", file] => {
                let bytes: Vec<u8> = block.text.chars().map(|c| u8::try_from(c as u32).unwrap()).collect();
                std::fs::write(folder.join(file), bytes).unwrap();
            }
            [_, file] => std::fs::write(folder.join(file), block.text).unwrap(),
            _ => panic!("{name}: a block is a file or a console session"),
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(!sessions.is_empty(), "{name}: a page has a session");
    for (range, session) in sessions.into_iter().rev() {
        out.replace_range(range, &session);
    }
    out
}

#[test]
fn pages_show_what_the_program_prints() {
    let bless = std::env::var_os("JOBSIM_BLESS").is_some();
    for page in pages() {
        let path = folder().join(format!("{}.md", page.code));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let now = played(page.code, &text);
        if bless {
            std::fs::write(&path, &now).unwrap();
        } else {
            assert_eq!(
                now, text,
                "{}: run JOBSIM_BLESS=1 cargo test pages, and read what changes",
                page.code
            );
        }
        let shown = format!("{}[{}]", page.level.name(), page.code);
        assert!(now.contains(&shown), "tests/cmd/{}.md does not show {shown}", page.code);
        let exit = now.lines().rev().find_map(|line| line.strip_prefix("? "));
        assert_eq!(exit.is_some(), page.level == Level::Error, "{}", page.code);
    }
}

#[test]
fn pages_and_catalogue_have_the_same_codes() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let code = path.file_stem().unwrap().to_str().unwrap();
        assert!(page(code).is_some(), "{} is no code of the catalogue", path.display());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&format!("# {code}\n")), "{}", path.display());
    }
}

/// Every code that the source can give has its page: literals in calls that make a finding.
#[test]
fn every_code_of_the_source_is_in_the_catalogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for folder in ["input", "input/api_rules", "lint"] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // Tests make findings of their own.
            let text = text.split("#[cfg(test)]").next().unwrap();
            for call in
                ["Diagnostic::error(", "Diagnostic::warning(", "Diagnostic::note(", ".error(", "wrong("]
            {
                for (at, _) in text.match_indices(call) {
                    let rest = text[at + call.len()..].trim_start();
                    if let Some(code) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                        found.push(code.to_string());
                    }
                }
            }
        }
    }
    assert!(found.len() > 50, "the search itself works");
    for code in &found {
        let known = page(code).is_some() || code.contains(['.', ' ']);
        assert!(known, "{code} has no page in src/input/catalogue.md");
    }
    for page in pages() {
        assert!(found.iter().any(|code| code == page.code), "nothing gives {}", page.code);
    }
}

#[test]
fn explain_prints_the_page_and_knows_near_names() {
    let run =
        |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_jobsim")).args(arguments).output().unwrap();
    for page in pages() {
        let output = run(&["check", "--explain", page.code]);
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.starts_with(&format!("{} ({})\n\n{}", page.code, page.level.name(), page.text)),
            "{text}"
        );
    }
    let output = run(&["check", "--explain", "no-dedline"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("did you mean no-deadline?"));
}
