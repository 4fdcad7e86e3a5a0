//! The only way in which text gets into the page: markup is a constant of this program, everything else is escaped.
//!
//! Knows nothing of what the page says.

use std::fmt::Write;

use serde_json::Value;

/// HTML that is being written.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup. As it is `'static`, nothing that a user wrote can be in it.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Html {
        self.0.push_str(markup);
        self
    }

    /// Any text, between tags or in a quoted attribute.
    pub(super) fn text(&mut self, text: &str) -> &mut Html {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(c),
                // The end of a line in a file of Windows.
                '\r' => {}
                c if is_hidden(c) => {
                    let _ = write!(self.0, "\u{27e8}U+{:04X}\u{27e9}", u32::from(c));
                }
                c => self.0.push(c),
            }
        }
        self
    }

    /// Words of ours, in which no line ends between a number and its unit. Not for what is copied: the space is another.
    pub(super) fn sentence(&mut self, words: &str) -> &mut Html {
        let mut text = String::with_capacity(words.len());
        let mut before = ' ';
        for (at, c) in words.char_indices() {
            let unit = words[at + c.len_utf8()..].split(|c: char| !c.is_alphanumeric() && c != '%').next();
            let holds = c == ' ' && before.is_ascii_digit() && matches!(unit, Some("%" | "s" | "ms"));
            text.push(if holds { '\u{a0}' } else { c });
            before = c;
        }
        self.text(&text)
    }

    /// A number, as it is.
    pub(super) fn number(&mut self, number: impl Into<u64>) -> &mut Html {
        let _ = write!(self.0, "{}", number.into());
        self
    }

    /// An element with nothing but text in it.
    pub(super) fn element(&mut self, name: &'static str, text: &str) -> &mut Html {
        self.raw("<").raw(name).raw(">").text(text).raw("</").raw(name).raw(">")
    }

    /// An SVG element of `report::chart`, which escapes what it is given.
    pub(super) fn drawing(&mut self, svg: &str) -> &mut Html {
        let (head, body) = svg.split_once('>').unwrap_or(("", ""));
        // The style of the page gives it its size; the page's policy allows no other.
        let (before, rest) = head.split_once(" style=\"").unwrap_or((head, "\""));
        let (_, after) = rest.split_once('"').unwrap_or(("", ""));
        self.0.extend([before, after, ">", body]);
        self
    }

    /// A style or script of `assets`.
    pub(super) fn ours(&mut self, asset: &str) -> &mut Html {
        self.0.push_str(asset);
        self
    }

    /// Data for the scripts of the page: no browser takes it for code.
    pub(super) fn data(&mut self, id: &str, value: &Value) -> &mut Html {
        self.raw("<script type=\"application/json\" id=\"").text(id).raw("\">");
        let text = value.to_string();
        self.0.push_str(
            &text.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"),
        );
        self.raw("</script>\n")
    }

    /// The markup of another piece.
    pub(super) fn part(&mut self, other: Html) -> &mut Html {
        self.0.push_str(&other.0);
        self
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// What turns the order of letters around, has no width, or is not allowed in HTML: the reader sees its number, so that
/// no text looks like another.
fn is_hidden(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || matches!(code, 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfdd0..=0xfdef)
        || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text() {
        let shown = |text| {
            let mut html = Html::default();
            html.text(text);
            html.into_string()
        };
        assert_eq!(
            shown("<script>alert(\"x\")</script>&'"),
            "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;"
        );
        assert_eq!(shown("a\r\nb\tc"), "a\nb\tc");
        assert_eq!(shown("ok\u{202e}txt.exe\u{0}\u{fffe}"), "ok⟨U+202E⟩txt.exe⟨U+0000⟩⟨U+FFFE⟩");
        assert_eq!(shown("משרה κόσμος"), "משרה κόσμος");
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        let mut html = Html::default();
        html.sentence("in 43.0 % of runs, after 23.7 s, of 3 settings");
        assert_eq!(html.into_string(), "in 43.0\u{a0}% of runs, after 23.7\u{a0}s, of 3 settings");
    }

    #[test]
    fn data_cannot_end_its_element() {
        let mut html = Html::default();
        html.data("x\"", &serde_json::json!({"</script><!--": "\u{2028}"}));
        assert_eq!(
            html.into_string(),
            "<script type=\"application/json\" id=\"x&quot;\">{\"\\u003c/script>\\u003c!--\":\"\\u2028\"}</script>\n"
        );
    }
}
