//! HTML on its way: what is ours goes in as it is, every other text is escaped.

use crate::text::kept;

/// A piece of a document.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Markup that stands in the program; a text from anywhere else does not fit in here.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A text, in an element or between the quotes of an attribute. What hides is left out.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for symbol in kept(text).chars() {
            match symbol {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        self
    }

    /// A text between two pieces of markup.
    pub(super) fn within(&mut self, open: &'static str, text: &str, close: &'static str) {
        self.raw(open).text(text).raw(close);
    }

    /// A sentence in which backticks set code apart.
    pub(super) fn prose(&mut self, text: &str) -> &mut Self {
        let pieces: Vec<&str> = text.split('`').collect();
        // One that is never closed sets nothing apart.
        if pieces.len().is_multiple_of(2) {
            return self.text(text);
        }
        for (at, piece) in pieces.iter().enumerate() {
            match at % 2 {
                0 => self.text(piece),
                _ => self.raw("<code>").text(piece).raw("</code>"),
            };
        }
        self
    }

    /// The whole of it.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(write: impl FnOnce(&mut Markup)) -> String {
        let mut out = Markup::default();
        write(&mut out);
        out.finish()
    }

    #[test]
    fn a_text_is_no_markup_and_hides_nothing() {
        assert_eq!(
            made(|out| {
                out.text("<b title=\"x\" id='y'>&\u{202e}\u{200b}\n\u{e9}</b>");
            }),
            "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;\n\u{e9}&lt;/b&gt;"
        );
        assert_eq!(made(|out| out.within("<p>", "<", "</p>")), "<p>&lt;</p>");
    }

    #[test]
    fn backticks_set_code_apart() {
        let prose = |text: &str| {
            made(|out| {
                out.prose(text);
            })
        };
        assert_eq!(
            prose("Held back (`a<b`)."),
            "Held back (<code>a&lt;b</code>)."
        );
        assert_eq!(prose("one ` alone"), "one ` alone");
        assert_eq!(prose("plain"), "plain");
    }
}
