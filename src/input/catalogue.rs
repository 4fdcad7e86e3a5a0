//! The page of each code: what it means, the rule behind it, the way out. The pages are data, `catalogue.md`.
//!
//! `jobsim check --explain CODE` shows a page; `tests/cmd/CODE.md` shows the code at work, and a test keeps the two
//! in step.

use super::diagnostic::Level;

const TEXT: &str = include_str!("catalogue.md");

/// One code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    pub code: &'static str,
    pub level: Level,
    /// Paragraphs, Markdown; the first line is a summary.
    pub text: &'static str,
}

/// All pages, in the order of the file.
pub fn pages() -> Vec<Page> {
    TEXT.split("\n## ").skip(1).filter_map(read).collect()
}

fn read(section: &'static str) -> Option<Page> {
    let (title, text) = section.split_once('\n')?;
    let (code, level) = title.trim_end().strip_suffix(')')?.split_once(" (")?;
    let level = match level {
        "error" => Level::Error,
        "warning" => Level::Warning,
        _ => Level::Note,
    };
    Some(Page { code, level, text: text.trim() })
}

/// The page of a code.
pub fn page(code: &str) -> Option<Page> {
    pages().into_iter().find(|page| page.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_of_the_catalogue_is_a_page() {
        let codes: Vec<&str> = pages().iter().map(|page| page.code).collect();
        assert_eq!(codes.len(), TEXT.matches("\n## ").count());
        assert!(codes.iter().all(|code| codes.iter().filter(|c| c == &code).count() == 1), "{codes:?}");
        assert!(pages().iter().all(|page| page.text.len() > 80), "a page is more than a line");
    }
}
