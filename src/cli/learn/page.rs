//! The Markdown of a scenario's page as text for a terminal.
//!
//! Knows no more Markdown than these pages use.

/// Columns of a line.
const WIDTH: usize = 78;

/// Paragraphs wrapped, tables as lists; fenced blocks and indented code as they are.
pub(super) fn wrapped(markdown: &str) -> String {
    let mut text = String::new();
    let mut in_fence = false;
    let mut table: Vec<&str> = Vec::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            in_fence = !in_fence;
        } else if in_fence || line.starts_with("    ") {
            text.push_str(line);
            text.push('\n');
        } else if let Some(row) = line.strip_prefix('|') {
            if table.is_empty() {
                table = cells(row);
            } else if !row.starts_with("---") {
                wrap(&mut text, &item(&table, &cells(row)), "  ", WIDTH);
            }
            continue;
        } else {
            let indent = if line.starts_with("- ") { "  " } else { "" };
            wrap(&mut text, line, indent, WIDTH);
        }
        table.clear();
    }
    text
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_end_matches('|').split('|').map(str::trim).collect()
}

/// A row of a table in words; cells that say nothing are left out.
fn item(heads: &[&str], row: &[&str]) -> String {
    let cells = heads.iter().zip(row).skip(1).filter(|(_, cell)| **cell != "-");
    let told: Vec<String> = cells.map(|(head, cell)| format!("{head}: {cell}")).collect();
    format!("- {}: {}", row.first().unwrap_or(&""), told.join("; "))
}

/// The text in lines of at most `width` columns, those after the first behind `indent`.
fn wrap(text: &mut String, line: &str, indent: &str, width: usize) {
    let mut length = 0;
    for word in line.split(' ') {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > width {
            text.push('\n');
            text.push_str(indent);
            length = 0;
        } else if length > 0 {
            text.push(' ');
            length += 1;
        }
        text.push_str(word);
        length += word_length;
    }
    text.push('\n');
}

/// The first paragraph below the title.
pub(super) fn paragraph(markdown: &str) -> String {
    let first = markdown.split("\n\n").nth(1).unwrap_or("");
    wrapped(first)
}

/// What is told, up to the first question.
pub(super) fn first_question(markdown: &str) -> String {
    let end = markdown.find('?').map_or(markdown.len(), |at| at + 1);
    markdown[..end].replace('\n', " ")
}

/// A name and what is said of it, in two columns.
pub(super) fn entry(name: &str, width: usize, words: &str) -> String {
    let indent = " ".repeat(width + 4);
    let mut text = String::new();
    wrap(&mut text, words, &indent, WIDTH - indent.len());
    format!("  {name:width$}  {text}")
}

/// What is asked.
pub(super) fn asked(name: &str, question: &str, prediction: &str) -> String {
    format!(
        "{name}\n{}\n\n{}\nBefore it runs:\n\n{}",
        "=".repeat(name.len()),
        wrapped(question),
        wrapped(prediction)
    )
}

/// What is answered. Sessions that `learn` has just played are not shown again.
pub(super) fn answered(path: &str, answer: &str, change: &str) -> String {
    let played = [format!("$ jobsim run scenarios/{path}"), format!("$ jobsim learn {path}")];
    let mut parts = answer.split("```console\n");
    let mut kept = parts.next().unwrap_or("").to_string();
    for part in parts {
        let (session, rest) = part.split_once("```\n").unwrap_or((part.trim_end_matches("```"), ""));
        let command = session.lines().next().unwrap_or("");
        let is_played = played.iter().any(|known| {
            command.strip_prefix(known.as_str()).is_some_and(|more| more.is_empty() || more.starts_with(' '))
        });
        match is_played {
            true => kept.push_str(rest.trim_start()),
            false => kept.push_str(&format!("```console\n{session}```\n{rest}")),
        }
    }
    let answer = kept.trim();
    format!(
        "\nThe answer\n----------\n\n{}\nWhat to change\n--------------\n\n{}",
        wrapped(answer),
        wrapped(change)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_blocks_are_not_and_tables_are_lists() {
        let long = "word ".repeat(40);
        let page = format!(
            "{long}\n\n```console\n$ {long}\n```\n\n| name | says |\n|---|---|\n| a | b |\n| c | {long} |\n"
        );
        let text = wrapped(&page);
        let (session, others): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('$'));
        assert!(session.len() == 1 && session[0].len() > WIDTH);
        assert!(others.iter().all(|line| line.chars().count() <= WIDTH + 2), "{text}");
        assert!(text.contains("- a: says: b\n- c: says: word word") && !text.contains('|'), "{text}");
    }

    #[test]
    fn a_session_that_was_played_is_not_shown_again() {
        let page = "So:\n\n```console\n$ jobsim run scenarios/a -n 9\nlong\n```\n\nAnd:\n\n```console\n$ jobsim explain scenarios/a\nstory\n```\n\nEnd.";
        let text = answered("a", page, "x");
        assert!(!text.contains("long") && text.contains("So:\n\nAnd:"), "{text}");
        assert!(
            text.contains("\n$ jobsim explain scenarios/a\nstory\n") && text.contains("\nEnd."),
            "{text}"
        );
        assert!(answered("a/b", page, "x").contains("long"));
    }

    #[test]
    fn the_first_question_ends_there() {
        assert_eq!(first_question("Ten pods. What happens? And then?"), "Ten pods. What happens?");
        assert_eq!(entry("a", 3, "What happens?"), "  a    What happens?\n");
    }
}
