//! Texts of others, made safe to show: in data, errors, notes and logs, and on a terminal.
//!
//! Nothing hides in them (characters without a shape, those that turn the line around, control
//! characters), and nothing in them is markup. This room knows nothing of who shows them and where.

use std::borrow::Cow;
use std::fmt;

/// Marks a text that was cut.
const CUT: char = '…';

/// What every key of a shop begins with (vendor docs: Getting Started).
pub(crate) const KEY_PREFIX: &str = "stoq_api_key_";

/// Most characters of a text that nobody here answers for.
pub(crate) const FOREIGN_CHARS: usize = 120;
/// Most characters of one text of the API.
const API_CHARS: usize = 200;
/// Bytes of one that are kept: markup takes room that is not shown.
const API_BYTES: usize = 4_000;
/// Rounds of taking markup out of what is left by taking it out; after them no `<` and `&` stays.
const ROUNDS: usize = 4;
/// Longest name of an entity, in bytes (HTML: `CounterClockwiseContourIntegral`).
const ENTITY: usize = 31;

/// A text that the API wrote, or that a shopper wrote and the API repeats. It has no `Display`: it
/// reaches a reader through [`ForeignText::shown`] alone.
#[derive(Clone, PartialEq, Eq)]
pub struct ForeignText(Box<str>);

impl ForeignText {
    /// A text as it came.
    pub(crate) fn new(text: &str) -> Self {
        let mut end = text.len().min(API_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(text.get(..end).unwrap_or_default().into())
    }

    /// One visible line of it, without markup.
    pub fn shown(&self) -> String {
        line(&clean(&self.0), API_CHARS)
    }

    /// Several of them, in one line.
    pub fn joined(texts: &[Self]) -> String {
        let shown: Vec<String> = texts.iter().map(Self::shown).collect();
        shown.join("; ")
    }

    /// Whether it begins so; what it says may decide what it means.
    pub(crate) fn begins_with(&self, beginning: &str) -> bool {
        self.0.starts_with(beginning)
    }
}

impl fmt::Debug for ForeignText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ForeignText")
    }
}

/// One visible line of at most `most` characters, with a mark at its end when it was cut.
pub(crate) fn line(text: &str, most: usize) -> String {
    short(text, most).into_owned()
}

/// The same; one that needs nothing done comes back as it is.
pub(crate) fn short(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most && is_plain(text) && text.trim_ascii() == text {
        return Cow::Borrowed(text);
    }
    let mut symbols = visible(text);
    let mut out: String = symbols.by_ref().take(most).collect();
    if symbols.next().is_some() {
        out.push(CUT);
    }
    Cow::Owned(out.trim().to_owned())
}

/// The characters that show; a text that has no others comes back as it is.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    match is_plain(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(visible(text).collect()),
    }
}

/// Whether a text is of ASCII characters that show and blanks alone.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The characters that show, with every kind of white space as a blank.
pub(crate) fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .map(|symbol| if symbol.is_whitespace() { ' ' } else { symbol })
        .filter(|symbol| !symbol.is_control() && !is_hidden(*symbol))
}

/// A text without the shop's keys that somebody put where no key belongs (vendor docs: Getting
/// Started has their form).
pub(crate) fn without_keys(text: &str) -> String {
    let mut parts = text.split(KEY_PREFIX);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push(CUT);
        out.push_str(part.trim_start_matches(|symbol: char| symbol.is_ascii_alphanumeric()));
    }
    out
}

/// A text without anything that hides, without markup, and with every kind of white space as a blank.
/// Most texts are clean and come back as they are.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let mut now: String = visible(text).collect();
    for _ in 0..ROUNDS {
        let next: String = visible(&without_markup(&now)).collect();
        if next == now {
            return Cow::Owned(now);
        }
        now = next;
    }
    now.retain(|symbol| !matches!(symbol, '<' | '&'));
    Cow::Owned(now)
}

/// A text that keeps its lines and its markup, but nothing that hides.
pub(crate) fn kept(text: &str) -> Cow<'_, str> {
    let stays = |symbol: char| matches!(symbol, ' '..='~' | '\n' | '\t');
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let whole = text.chars().filter_map(|symbol| match symbol {
        '\n' | '\t' => Some(symbol),
        '\r' => None,
        _ => visible(symbol.encode_utf8(&mut [0; 4])).next(),
    });
    Cow::Owned(whole.collect())
}

/// Whether a text needs nothing done: the ASCII ones, which most are, are told by their bytes.
fn is_clean(text: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'<' && byte != b'&';
    if text.is_ascii() {
        return text.bytes().all(is_plain);
    }
    text.chars().all(|symbol| match symbol {
        ' ' => true,
        '<' | '&' => false,
        _ => !symbol.is_whitespace() && !symbol.is_control() && !is_hidden(symbol),
    })
}

/// A text without its tags and comments, its entities as what they stand for: one round.
fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // What was once looked for in vain stands nowhere further on.
    let (mut tags_end, mut comments_end) = (true, true);
    while let Some(at) = rest.find(['<', '&']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let (mark, inner) = found.split_at(1);
        rest = inner;
        if mark == "&" {
            let (stands_for, after) = entity(inner);
            out.push_str(&stands_for);
            rest = after;
        } else if !inner.starts_with(|symbol: char| {
            symbol.is_ascii_alphabetic() || matches!(symbol, '/' | '!' | '?')
        }) {
            out.push('<');
        } else if let Some(after) = past(inner, "-->", &mut comments_end)
            .filter(|_| inner.starts_with("!--"))
            .or_else(|| past(inner, ">", &mut tags_end))
        {
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// What follows the next mark; notes when there is none.
fn past<'a>(text: &'a str, mark: &str, is_there: &mut bool) -> Option<&'a str> {
    let found = is_there.then(|| text.split_once(mark)).flatten();
    *is_there = found.is_some();
    Some(found?.1)
}

/// What an entity stands for, and what follows it; `text` begins after its `&`. One that is none is
/// the `&` alone; one that is not known stands for nothing.
fn entity(text: &str) -> (String, &str) {
    let is_part = |symbol: char| symbol.is_ascii_alphanumeric() || symbol == '#';
    let length = text.find(|symbol| !is_part(symbol)).unwrap_or(text.len());
    let (name, after) = text.split_at(length);
    let closed = after.strip_prefix(';');
    let rest = closed.unwrap_or(after);
    if let Some(number) = name.strip_prefix('#') {
        let symbol = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        };
        return (
            symbol
                .and_then(char::from_u32)
                .map_or_else(String::new, String::from),
            rest,
        );
    }
    // Browsers take these without their end, and with anything behind them.
    for (begin, symbol) in [("lt", "<"), ("LT", "<"), ("gt", ">"), ("GT", ">")] {
        if closed.is_none()
            && let Some(after) = text.strip_prefix(begin)
        {
            return (symbol.to_owned(), after);
        }
    }
    let known = match name.to_ascii_lowercase().as_str() {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        "nbsp" => " ",
        _ if closed.is_some() && (1..=ENTITY).contains(&length) => "",
        _ => return ("&".to_owned(), text),
    };
    (known.to_owned(), rest)
}

/// Characters that show nothing but change what a reader or a model sees.
fn is_hidden(symbol: char) -> bool {
    matches!(symbol,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_visible_and_says_when_it_was_cut() {
        assert_eq!(
            line("a\n\u{202e}b\u{0000}\u{1b}[31m\u{e0041}", 9),
            "a b[31m"
        );
        assert_eq!(line(&"é".repeat(9), 9), "é".repeat(9));
        assert_eq!(line(&"é".repeat(10), 9), format!("{}…", "é".repeat(9)));
        assert_eq!(line(" \t ", 9), "");
    }

    #[test]
    fn keys_are_taken_out_of_a_text() {
        assert_eq!(without_keys("no key"), "no key");
        assert_eq!(
            without_keys("`https://h/stoq_api_key_5a0d?x` and stoq_api_key_1, or stoq_api_key_"),
            "`https://h/…?x` and …, or …"
        );
    }

    #[test]
    fn a_clean_text_comes_back_as_it_is() {
        for text in [
            "",
            "Rosa Lind",
            "Zoë 1 > 0 \u{1F600}",
            "a***@example.com",
            "x;y",
        ] {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text));
        }
        for text in [
            "a < b",
            "Rock & Roll",
            "R&D",
            "x <3",
            "&",
            "<",
            "&;",
            "a &# b",
        ] {
            assert_eq!(clean(text), text.replace("&# ", " "), "{text}");
        }
    }

    #[test]
    fn nothing_hides_in_a_clean_text() {
        let hidden = [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{17b5}',
            '\u{180b}',
            '\u{180f}',
            '\u{200b}',
            '\u{200f}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{206f}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff0}',
            '\u{fffb}',
            '\u{1bca0}',
            '\u{1bca3}',
            '\u{1d173}',
            '\u{1d17a}',
            '\u{e0000}',
            '\u{e0041}',
            '\u{e01ef}',
            '\u{e0fff}',
            '\0',
            '\u{7f}',
            '\u{9b}',
        ];
        for symbol in hidden {
            let text = format!("a{symbol}b");
            assert_eq!((&*clean(&text), &*kept(&text)), ("ab", "ab"), "{symbol:?}");
        }
        for blank in ['\n', '\r', '\t', '\u{a0}', '\u{2028}', '\u{3000}'] {
            assert_eq!(clean(&format!("a{blank}b")), "a b", "{blank:?}");
        }
        assert_eq!(kept("<b>a</b>\r\n\tb\u{2028}c"), "<b>a</b>\n\tb c");
    }

    #[test]
    fn markup_is_gone_and_does_not_come_back() {
        for (text, wanted) in [
            ("<script>alert(1)</script>", "alert(1)"),
            ("Small / <u>Red</u>", "Small / Red"),
            ("a<!-- <b> x > y -->b", "ab"),
            ("a<!-- b>c", "ac"),
            ("a<!DOCTYPE x>b<?php x?>c", "abc"),
            ("<img src=x onerror=alert(1)", "img src=x onerror=alert(1)"),
            ("<<b>script>x</<i>script>", "xscript>"),
            ("&lt;img src=x&gt;y", "y"),
            ("&amp;lt;img src=x&amp;gt;y", "y"),
            ("&#60;b&#62;y", "y"),
            ("&#x3C;b&#X3e;y", "y"),
            ("&ltimg src=x&gty", "y"),
            ("&LTb&GTy", "y"),
            (
                "AT&amp;T &quot;x&quot; it&apos;s&nbsp;5 &lt; 6",
                "AT&T \"x\" it's 5 < 6",
            ),
            ("a&NewLine;b&#x202e;c&#1114112;d&copy;", "abcd"),
            ("<\u{200b}b>y", "y"),
            ("AT&T and R&D", "AT&T and R&D"),
            ("&amp", "&"),
        ] {
            assert_eq!(clean(text), wanted, "{text}");
        }
        // Deeper than the rounds go, nothing is left that could become markup.
        let deep = format!("&{}lt;b>", "amp;".repeat(9));
        assert!(!clean(&deep).contains(['<', '&']), "{}", clean(&deep));
        let name = |length: usize| format!("&{};", "x".repeat(length));
        assert_eq!(clean(&name(ENTITY)), "");
        assert_eq!(clean(&name(ENTITY + 1)), name(ENTITY + 1));
    }

    #[test]
    fn a_foreign_text_is_shown_as_one_short_line() {
        let text = ForeignText::new(&format!("<b>a</b>\n\u{202e}b{}", "é".repeat(3_000)));
        assert_eq!(text.shown(), format!("a b{}…", "é".repeat(API_CHARS - 3)));
        assert_eq!(format!("{text:?}"), "ForeignText");
        assert!(text.begins_with("<b>a") && !text.begins_with("a"));
        let two = [ForeignText::new("a"), ForeignText::new("b")];
        assert_eq!(ForeignText::joined(&two), "a; b");
    }

    proptest! {
        #[test]
        fn what_was_cleaned_is_clean(text in "([a-z <>&;#/!-]|&lt;|&amp;|<b>|-->|&#60;|\\PC){0,40}") {
            let once = clean(&text).into_owned();
            prop_assert_eq!(&*clean(&once), &once);
            let held = kept(&text).into_owned();
            prop_assert_eq!(&*kept(&held), &held);
            let tag = once.split('<').skip(1).any(|rest| {
                rest.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c))
            });
            prop_assert!(!tag, "{}", once);
            prop_assert!(!once.contains(|c: char| c.is_control() || is_hidden(c)));
            // What the quick look lets pass needs nothing done.
            if is_clean(&text) {
                prop_assert_eq!(visible(&without_markup(&text)).collect::<String>(), text);
            }
        }
    }
}
