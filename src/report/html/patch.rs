//! The repair of a finding as a patch: which lines go, which come.
//!
//! Relies on the edits of a diagnostic being of one text and in order; what is not is left out.

use similar::{ChangeTag, TextDiff};

use crate::input::diagnostic::Edit;
use crate::input::source::Sources;

/// Lines shown before and after a change.
const CONTEXT: usize = 2;

/// A line of a patch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum PatchLine {
    Same(String),
    Gone(String),
    New(String),
    /// Lines that are not shown.
    Gap,
}

/// The patch of some edits, with the number of its file.
pub(super) fn patch(sources: &Sources, fix: &[Edit]) -> Option<(u32, Vec<PatchLine>)> {
    let file = fix.first()?.span.file;
    let text = &sources.file(file).text;
    let mut edits: Vec<&Edit> = fix.iter().filter(|edit| edit.span.file == file).collect();
    edits.sort_by_key(|edit| edit.span.start);
    let (mut after, mut from) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        if start < from {
            continue;
        }
        after.push_str(text.get(from..start)?);
        after.push_str(&edit.text);
        from = end;
    }
    after.push_str(text.get(from..)?);
    Some((file, difference(text, &after)))
}

/// Two texts line by line, each change among its neighbours; nothing where they are alike.
pub(super) fn difference(old: &str, new: &str) -> Vec<PatchLine> {
    // By lines without their ends: one at the end of a file is no change.
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let diff = TextDiff::from_slices(&old, &new);
    let mut patch = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        if !patch.is_empty() {
            patch.push(PatchLine::Gap);
        }
        patch.extend(group.iter().flat_map(|change| diff.iter_changes(change)).map(|change| {
            let line = change.value().to_string();
            match change.tag() {
                ChangeTag::Equal => PatchLine::Same(line),
                ChangeTag::Delete => PatchLine::Gone(line),
                ChangeTag::Insert => PatchLine::New(line),
            }
        }));
    }
    patch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::source::Span;

    #[test]
    fn a_change_stands_among_its_neighbours() {
        let mut sources = Sources::default();
        let file = sources.add("job.yaml", "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n");
        let edit = |start, end, text: &str| Edit { span: Span { file, start, end }, text: text.to_string() };
        let words = |fix: &[Edit]| -> Vec<String> {
            let line = |line: PatchLine| match line {
                PatchLine::Same(line) => format!(" {line}"),
                PatchLine::Gone(line) => format!("-{line}"),
                PatchLine::New(line) => format!("+{line}"),
                PatchLine::Gap => "...".to_string(),
            };
            patch(&sources, fix).map(|(_, lines)| lines.into_iter().map(line).collect()).unwrap_or_default()
        };
        assert_eq!(words(&[edit(13, 14, "9")]), [" a: 1", " b: 2", "-c: 3", "+c: 9", " d: 4", " e: 5"]);
        assert_eq!(words(&[edit(0, 0, "z: 0\n")]), ["+z: 0", " a: 1", " b: 2"]);
        assert_eq!(
            words(&[edit(3, 4, "7"), edit(13, 14, "9")]),
            ["-a: 1", "+a: 7", " b: 2", "-c: 3", "+c: 9", " d: 4", " e: 5"]
        );
        assert_eq!(words(&[edit(0, 5, "")]), ["-a: 1", " b: 2", " c: 3"]);
        assert_eq!(patch(&sources, &[]), None);
    }

    #[test]
    fn texts_keep_the_lines_that_stay() {
        let signs = |old: &str, new: &str| -> String {
            let sign = |line: &PatchLine| match line {
                PatchLine::Same(_) => '=',
                PatchLine::Gone(_) => '-',
                PatchLine::New(_) => '+',
                PatchLine::Gap => '.',
            };
            difference(old, new).iter().map(sign).collect()
        };
        assert_eq!(signs("a\nb\nc\n", "a\nb\nc\n"), "");
        assert_eq!(signs("a\nb", "a\r\nb\n"), "");
        assert_eq!(signs("a\nb\nc\nd\n", "a\nx\nc\nn\nd\n"), "=-+=+=");
        let many = (0..9).map(|k| format!("{k}\n")).collect::<String>();
        assert_eq!(signs(&format!("a\n{many}"), &format!("b\n{many}c\n")), "-+==.==+");
    }
}
