//! What the answer stands on: advice with its patch, the inputs as given, defaults, the model card, the command to repeat it.

use serde_json::{Value, json};

use super::markup::Html;
use super::patch::{PatchLine, patch};
use crate::input::source::{SourceFile, Sources};
use crate::input::{Diagnostic, Loaded};
use crate::report::model_card::{ModelCard, model_card};

/// Bytes of the inputs that are shown, of all texts together.
const MOST_BYTES: usize = 120_000;
/// Longer texts are folded.
const MOST_OPEN_LINES: usize = 60;
/// Letters of a command in one line.
const LONGEST_LINE: usize = 96;
/// What `--set` options are called among the texts.
const SET: &str = "--set ";

/// What to change.
pub(super) fn advice(sources: &Sources, advice: &[Diagnostic]) -> Html {
    let mut html = Html::default();
    if advice.is_empty() {
        html.raw("<p>Nothing that jobsim knows of: no finding of <code>jobsim check</code>.</p>\n");
        return html;
    }
    html.raw("<ol class=\"advice\">\n");
    for finding in advice {
        html.raw("<li><p><strong>")
            .text(finding.code)
            .raw("</strong> ")
            .text(&finding.message)
            .raw(".</p>\n");
        if let Some(help) = &finding.help {
            html.raw("<p class=\"cure\">").text(&capital(help)).raw(".</p>\n");
        }
        if let Some((file, lines)) = patch(sources, &finding.fix) {
            html.part(shown_patch(name(sources.file(file)), &lines));
        } else if let Some(span) = finding.span {
            let line = sources.line_column(span).0;
            html.raw("<p class=\"quiet\">")
                .text(&format!("{}, line {line}", name(sources.file(span.file))))
                .raw("</p>\n");
        }
        html.raw("</li>\n");
    }
    html.raw("</ol>\n");
    html
}

/// A patch under the name of what it changes.
pub(super) fn shown_patch(of: &str, lines: &[PatchLine]) -> Html {
    let mut html = Html::default();
    html.raw("<figure><figcaption>The change, in ").text(of).raw("</figcaption><pre class=\"patch\">");
    for line in lines {
        match line {
            PatchLine::Same(text) => html.raw("  ").text(text).raw("\n"),
            PatchLine::Gone(text) => html.raw("<del>- ").text(text).raw("</del>\n"),
            PatchLine::New(text) => html.raw("<ins>+ ").text(text).raw("</ins>\n"),
            PatchLine::Gap => html.raw("  …\n"),
        };
    }
    html.raw("</pre></figure>\n");
    html
}

/// The first word with a capital, unless it is the name of a field.
fn capital(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if !first.chars().all(|c| c.is_ascii_lowercase()) {
        return text.to_string();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The name of a text without its folders, so that the page is the same wherever it was made.
fn name(file: &SourceFile) -> &str {
    if file.name.starts_with(SET) {
        &file.name
    } else {
        file.name.rsplit(['/', '\\']).next().unwrap_or(&file.name)
    }
}

/// The inputs of a page, apart from the files that they were read from.
#[derive(Default)]
pub struct Given {
    /// Name and text of each input in order; of a `--set` option its path and its value.
    pub texts: Vec<(String, String)>,
    pub card: ModelCard,
}

impl Given {
    /// Of what was loaded.
    pub fn of(loaded: &Loaded) -> Given {
        let texts = loaded.sources.files().iter().map(|file| (name(file).to_string(), file.text.clone()));
        Given { texts: texts.collect(), card: model_card(loaded) }
    }

    /// For a file beside the results of a shard.
    pub fn to_json(&self) -> Value {
        let texts = self.texts.iter().map(|(name, text)| json!({"name": name, "text": text}));
        json!({
            "texts": texts.collect::<Vec<_>>(), "exact": self.card.exact, "approximated": self.card.approximated,
            "ignored": self.card.ignored,
        })
    }

    /// What [`Given::to_json`] wrote; what is not there is empty.
    pub fn from_json(value: &Value) -> Given {
        let list = |key: &str| value[key].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
        let sentences = |key: &str| list(key).iter().map(text).collect();
        Given {
            texts: list("texts").iter().map(|input| (text(&input["name"]), text(&input["text"]))).collect(),
            card: ModelCard {
                exact: sentences("exact"),
                approximated: sentences("approximated"),
                ignored: sentences("ignored"),
            },
        }
    }

    /// The texts as they were given.
    pub(super) fn texts(&self) -> Html {
        shown_texts(self.texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// How far to trust it, and the defaults that it stands on.
    pub(super) fn trust(&self, defaults: &[String]) -> Html {
        let mut html = list("Exact", &self.card.exact);
        html.part(list("Approximated", &self.card.approximated))
            .part(list("Not simulated", &self.card.ignored));
        html.part(list("Defaults used, because the input does not say", defaults));
        html
    }

    /// The files and `--set` options of a command.
    pub(super) fn arguments(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for (name, text) in &self.texts {
            match name.strip_prefix(SET) {
                Some(path) => words.extend(["--set".to_string(), format!("{path}={text}")]),
                None => words.push(name.clone()),
            }
        }
        words
    }
}

/// Texts with their names, long ones folded or cut.
pub(super) fn shown_texts<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Html {
    let mut html = Html::default();
    let mut left = MOST_BYTES;
    for (name, text) in files {
        let shown = &text[..text.floor_char_boundary(left.min(text.len()))];
        left -= shown.len();
        let open = shown.lines().count() <= MOST_OPEN_LINES;
        html.raw(if open { "<details open>" } else { "<details>" }).raw("<summary><bdi>").text(name);
        html.raw("</bdi></summary><pre class=\"input\" tabindex=\"0\">").text(shown).raw("</pre>");
        if shown.len() < text.len() {
            html.raw("<p class=\"note\">")
                .text(&format!("{} more bytes are not shown.", text.len() - shown.len()))
                .raw("</p>");
        }
        html.raw("</details>\n");
    }
    html
}

/// Sentences under a heading; nothing when there are none.
pub(super) fn list(heading: &'static str, sentences: &[String]) -> Html {
    let mut html = Html::default();
    if sentences.is_empty() {
        return html;
    }
    html.raw("<h3>").raw(heading).raw("</h3>\n<ul>");
    for sentence in sentences {
        html.raw("<li>").text(sentence).raw("</li>");
    }
    html.raw("</ul>\n");
    html
}

/// A command, quoted for a shell.
pub(super) fn command(words: &[String]) -> Html {
    let mut html = Html::default();
    html.raw("<pre class=\"command-line\">").text(&line(words)).raw("</pre>\n");
    html
}

/// As one line, or a long one as several that a shell reads as one: with an option each.
fn line(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let line = words.join(" ");
    if line.chars().count() <= LONGEST_LINE {
        return line;
    }
    let mut lines = String::new();
    for word in &words {
        if word.starts_with('-') && word != "-" {
            lines.push_str(" \\\n ");
        }
        if !lines.is_empty() {
            lines.push(' ');
        }
        lines.push_str(word);
    }
    lines
}

/// As a POSIX shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell() {
        assert_eq!(quoted("spec.parallelism=20"), "spec.parallelism=20");
        assert_eq!(quoted("stuck<=0.1%"), "'stuck<=0.1%'");
        assert_eq!(quoted("it's $(x)"), "'it'\\''s $(x)'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_long_command_has_an_option_a_line() {
        let words = |text: &str| text.split(' ').map(str::to_string).collect::<Vec<_>>();
        assert_eq!(line(&words("jobsim run job.yaml -n 10")), "jobsim run job.yaml -n 10");
        let long = format!("jobsim sweep job.yaml --vary {} -n 10", "x".repeat(90));
        let broken = format!("jobsim sweep job.yaml \\\n  --vary {} \\\n  -n 10", "x".repeat(90));
        assert_eq!(line(&words(&long)), broken);
    }
}
