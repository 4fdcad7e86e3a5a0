//! The repair of a finding as a patch: which lines go, which come.
//!
//! Relies on the edits of a diagnostic being of one text and in order; what is not is left out.

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
    let (old, new): (Vec<&str>, Vec<&str>) = (text.lines().collect(), after.lines().collect());
    Some((file, difference(&old, &new)))
}

/// Line by line. Edits are short and few, so what is equal at both ends is taken off and the rest compared in place.
fn difference(old: &[&str], new: &[&str]) -> Vec<PatchLine> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (gone, come) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let same = |lines: &[&str]| -> Vec<PatchLine> {
        lines.iter().map(|line| PatchLine::Same(line.to_string())).collect()
    };
    let mut patch = same(&old[head.saturating_sub(CONTEXT)..head]);
    if gone.len() == come.len() {
        let mut equal = Vec::new();
        for (a, b) in gone.iter().zip(come) {
            if a == b {
                equal.push(*a);
                continue;
            }
            let shown = if equal.len() > 2 * CONTEXT {
                let mut shown = same(&equal[..CONTEXT]);
                shown.push(PatchLine::Gap);
                shown.extend(same(&equal[equal.len() - CONTEXT..]));
                shown
            } else {
                same(&equal)
            };
            patch.extend(shown);
            equal.clear();
            patch.extend([PatchLine::Gone(a.to_string()), PatchLine::New(b.to_string())]);
        }
    } else {
        patch.extend(gone.iter().map(|line| PatchLine::Gone(line.to_string())));
        patch.extend(come.iter().map(|line| PatchLine::New(line.to_string())));
    }
    let end = old.len() - tail;
    patch.extend(same(&old[end..(end + CONTEXT).min(old.len())]));
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
}
