//! A line of somebody's file, without what may be a secret in it.
//!
//! The lines around an entry hold other servers' entries, and these their keys.

use crate::text::without_keys;

/// Parts of names whose values are not shown.
const SECRET: [&str; 8] = [
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "auth",
    "credential",
    "cookie",
];
/// What says that a value refers to something and is none itself.
const REFERENCES: [char; 2] = ['$', '<'];

/// The line with `…` in place of each value whose name sounds like a secret, and of every key of a shop.
pub fn masked(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    // The name that a value would belong to.
    let mut name = String::new();
    let mut is_value = false;
    while let Some(first) = rest.chars().next() {
        if let Some((text, after)) = quoted(rest) {
            let is_reference = text.starts_with(REFERENCES) || text.starts_with("Bearer $");
            if is_value && is_secret(&name) && !text.is_empty() && !is_reference {
                out.push_str(&format!("{first}…{first}"));
            } else {
                out.push_str(rest.get(..rest.len() - after.len()).unwrap_or_default());
            }
            if !is_value {
                name = text.to_owned();
            }
            rest = after;
            continue;
        }
        match first {
            ':' | '=' => is_value = true,
            // A list belongs to its name; all else begins anew.
            '[' => {}
            ',' | '{' | '}' | ']' => {
                is_value = false;
                name.clear();
            }
            symbol if !is_value && !symbol.is_whitespace() => name.push(symbol),
            _ => {}
        }
        out.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    without_keys(&out)
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

/// The text of a string that begins here, and what comes after it. One that does not end counts as one
/// to the end of the line.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let mark = text.chars().next().filter(|first| "\"'".contains(*first))?;
    let inside = text.get(1..)?;
    let mut is_escaped = false;
    for (at, symbol) in inside.char_indices() {
        match symbol {
            _ if is_escaped => is_escaped = false,
            '\\' if mark == '"' => is_escaped = true,
            _ if symbol == mark => return Some((inside.get(..at)?, inside.get(at + 1..)?)),
            _ => {}
        }
    }
    Some((inside, ""))
}
