//! The repair of a finding as a patch: which lines go, which come.
//!
//! Relies on the edits of a diagnostic being of one text and in order; what is not is left out.

use crate::input::diagnostic::Edit;
use crate::input::source::Sources;

/// Lines shown before and after a change.
const CONTEXT: usize = 2;
/// Pairs of lines that are compared at most.
const MOST_PAIRS: usize = 250_000;

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

/// Two texts line by line, or nothing where they are alike.
pub(super) fn of_texts(old: &str, new: &str) -> Vec<PatchLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old == new { Vec::new() } else { difference(&old, &new) }
}

/// Line by line. Changes are short and few, so what is equal at both ends is taken off and only the rest is compared.
fn difference(old: &[&str], new: &[&str]) -> Vec<PatchLine> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (gone, come) = (&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]);
    let same = |line: &&str| PatchLine::Same(line.to_string());
    let mut patch: Vec<PatchLine> = old[head.saturating_sub(CONTEXT)..head].iter().map(same).collect();
    patch.extend(shortened(match gone.len() == come.len() {
        true => in_place(gone, come),
        false => in_order(gone, come),
    }));
    let end = old.len() - tail;
    patch.extend(old[end..(end + CONTEXT).min(old.len())].iter().map(same));
    patch
}

/// As many lines as before: each against the one in its place.
fn in_place(gone: &[&str], come: &[&str]) -> Vec<PatchLine> {
    let pair = |(a, b): (&&str, &&str)| match a == b {
        true => vec![PatchLine::Same(a.to_string())],
        false => vec![PatchLine::Gone(a.to_string()), PatchLine::New(b.to_string())],
    };
    gone.iter().zip(come).flat_map(pair).collect()
}

/// Lines that stay, in their order: the longest common subsequence; where that is much work, everything goes and comes.
fn in_order(gone: &[&str], come: &[&str]) -> Vec<PatchLine> {
    let mut patch = Vec::new();
    if gone.len() * come.len() > MOST_PAIRS {
        patch.extend(gone.iter().map(|line| PatchLine::Gone(line.to_string())));
        patch.extend(come.iter().map(|line| PatchLine::New(line.to_string())));
        return patch;
    }
    // common[i][j]: of gone[i..] and come[j..].
    let mut common = vec![vec![0usize; come.len() + 1]; gone.len() + 1];
    for i in (0..gone.len()).rev() {
        for j in (0..come.len()).rev() {
            common[i][j] = match gone[i] == come[j] {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < gone.len() || j < come.len() {
        if i < gone.len() && j < come.len() && gone[i] == come[j] {
            patch.push(PatchLine::Same(gone[i].to_string()));
            (i, j) = (i + 1, j + 1);
        } else if j == come.len() || i < gone.len() && common[i + 1][j] >= common[i][j + 1] {
            patch.push(PatchLine::Gone(gone[i].to_string()));
            i += 1;
        } else {
            patch.push(PatchLine::New(come[j].to_string()));
            j += 1;
        }
    }
    patch
}

/// Without the middle of long stretches that stay.
fn shortened(lines: Vec<PatchLine>) -> Vec<PatchLine> {
    let is_same = |line: &PatchLine| matches!(line, PatchLine::Same(_));
    let mut patch = Vec::new();
    for stretch in lines.chunk_by(|a, b| is_same(a) == is_same(b)) {
        if is_same(&stretch[0]) && stretch.len() > 2 * CONTEXT {
            patch.extend_from_slice(&stretch[..CONTEXT]);
            patch.push(PatchLine::Gap);
            patch.extend_from_slice(&stretch[stretch.len() - CONTEXT..]);
        } else {
            patch.extend_from_slice(stretch);
        }
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
            of_texts(old, new).iter().map(sign).collect()
        };
        assert_eq!(signs("a\nb\nc\n", "a\nb\nc\n"), "");
        assert_eq!(signs("a\nb\nc\nd\n", "a\nx\nc\nn\nd\n"), "=-+=+=");
        let many = (0..9).map(|k| format!("{k}\n")).collect::<String>();
        assert_eq!(signs(&format!("a\n{many}"), &format!("b\n{many}c\n")), "-+==.==+");
    }
}
