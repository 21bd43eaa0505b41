//! Addresses and numbers inside other texts.

use std::borrow::Cow;

use super::mask::{FEWEST_DIGITS, Kind, MOST_DIGITS};

/// How addresses write their `@`: plainly, and in a path or a query.
const AT: [&str; 2] = ["@", "%40"];

/// A text with every e-mail address and every phone number with a `+` replaced.
pub(super) fn replace(text: &str, mut by: impl FnMut(Kind, &str) -> String) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    for (start, end, kind) in found(text) {
        // What overlaps is a part of what was replaced already.
        let (Some(before), Some(value)) = (text.get(done..start), text.get(start..end)) else {
            continue;
        };
        out.push_str(before);
        out.push_str(&by(kind, &value.replace(AT[1], AT[0])));
        done = end;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where they stand, in order.
fn found(text: &str) -> Vec<(usize, usize, Kind)> {
    let is_sign = |byte: u8| matches!(byte, b'@' | b'+' | b'%');
    if !text.bytes().any(is_sign) {
        return Vec::new();
    }
    let emails = AT
        .iter()
        .flat_map(|at| text.match_indices(at))
        .filter_map(|(at, sign)| {
            let (start, end) = email_around(text, at, at + sign.len())?;
            Some((start, end, Kind::Email))
        });
    let phones = text.match_indices('+').filter_map(|(plus, _)| {
        let end = phone_end(text, plus)?;
        Some((plus, end, Kind::Phone))
    });
    let mut all: Vec<(usize, usize, Kind)> = emails.chain(phones).collect();
    all.sort_by_key(|(start, _, _)| *start);
    all
}

/// The address around its sign.
fn email_around(text: &str, at: usize, after: usize) -> Option<(usize, usize)> {
    let (before, rest) = (text.get(..at)?, text.get(after..)?);
    let is_local = |symbol: char| symbol.is_alphanumeric() || ".!#$&'*+^_`{|}~-".contains(symbol);
    let local = before.rfind(|symbol| !is_local(symbol)).unwrap_or(0);
    let local = before.get(local..)?;
    // What ends it is no part of it; and quotes of all kinds stand before an address more often than
    // in it.
    let local = local.trim_start_matches(|symbol: char| !symbol.is_alphanumeric());
    let is_domain = |symbol: char| symbol.is_alphanumeric() || matches!(symbol, '.' | '-');
    let length = rest.find(|symbol| !is_domain(symbol)).unwrap_or(rest.len());
    let domain = rest.get(..length)?.trim_end_matches(['.', '-']);
    let is_email = !local.is_empty() && domain.trim_start_matches('.').contains('.');
    is_email.then(|| (at - local.len(), after + domain.len()))
}

/// Where the number after a plus ends.
fn phone_end(text: &str, plus: usize) -> Option<usize> {
    let before = text.get(..plus)?.chars().next_back();
    if before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let (mut digits, mut end, mut gap) = (0, plus, 0);
    for (at, symbol) in text.get(plus + 1..)?.char_indices() {
        if symbol.is_ascii_digit() {
            digits += 1;
            gap = 0;
            end = plus + 1 + at + 1;
        } else if " -.()/".contains(symbol) && gap < 2 {
            gap += 1;
        } else {
            break;
        }
    }
    (FEWEST_DIGITS..=MOST_DIGITS)
        .contains(&digits)
        .then_some(end)
}
