//! Texts of others, made safe to show: in errors, notes and logs, and on a terminal.

/// Marks a text that was cut.
const CUT: char = '…';

/// What every key of a shop begins with (vendor docs: Getting Started).
pub(crate) const KEY_PREFIX: &str = "stoq_api_key_";

/// One visible line of at most `most` characters, with a mark at its end when it was cut.
pub(crate) fn line(text: &str, most: usize) -> String {
    let mut symbols = visible(text);
    let mut out: String = symbols.by_ref().take(most).collect();
    if symbols.next().is_some() {
        out.push(CUT);
    }
    out.trim().to_owned()
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
}
