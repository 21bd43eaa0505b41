//! Generated parts of a text that people write: whatever stands between a pair of marks is made anew.
//!
//! In Markdown the marks are comments, `<!-- begin NAME (generated: cargo run -- docs) -->` and
//! `<!-- end NAME -->`; in TOML, YAML and shell they are lines of their own, `# begin NAME (generated: cargo
//! run -- docs)` and `# end NAME`. A part whose opening mark ends its line is a block; any other stands
//! within the line.

/// Ends every opening mark.
const GENERATED: &str = " (generated: cargo run -- docs)";

/// How a mark looks: what is before and after its words.
const STYLES: [(&str, &str); 2] = [("<!-- ", " -->"), ("# ", "")];

/// A text whose generated parts cannot be placed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MarkError {
    /// Nobody makes a part of that name.
    #[error("{file}: no part is called `{name}`; there are {known}")]
    Unknown {
        /// The file.
        file: String,
        /// The name in the mark.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A part does not end.
    #[error("{file}: the part `{name}` does not end; add the mark `{end}` after it")]
    Open {
        /// The file.
        file: String,
        /// The name in the mark.
        name: String,
        /// The mark that is missing.
        end: String,
    },
}

/// The parts by their names.
#[derive(Debug, Default)]
pub struct Parts(Vec<(String, String)>);

impl Parts {
    /// Adds a part; lines of a block end in a line feed.
    pub fn add(&mut self, name: &str, text: impl Into<String>) {
        self.0.push((name.to_owned(), text.into()));
    }

    /// The text of a part.
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.as_str())
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    }
}

/// Whether a text has generated parts.
pub fn has_parts(text: &str) -> bool {
    next(text).is_some()
}

/// A text with every generated part made anew; `file` names it in errors.
///
/// # Errors
/// When a mark names a part that nobody makes, or a part does not end.
pub fn filled(file: &str, text: &str, parts: &Parts) -> Result<String, MarkError> {
    walk(text, |found, inner| {
        let name = found.name;
        let Some(inner) = inner else {
            return Err(MarkError::Open {
                file: file.to_owned(),
                name: name.to_owned(),
                end: found.end(),
            });
        };
        let part = parts.get(name).ok_or_else(|| MarkError::Unknown {
            file: file.to_owned(),
            name: name.to_owned(),
            known: parts.names(),
        })?;
        Ok(match inner.starts_with('\n') {
            true => format!("\n{}\n", part.trim_end_matches('\n')),
            false => part.trim().to_owned(),
        })
    })
}

/// A text with nothing between its marks: what people wrote.
pub fn emptied(text: &str) -> String {
    let kept = walk(
        text,
        |_, _| Ok::<_, std::convert::Infallible>(String::new()),
    );
    match kept {
        Ok(text) => text,
        Err(never) => match never {},
    }
}

/// An opening mark.
struct Found<'t> {
    name: &'t str,
    style: (&'static str, &'static str),
    /// Where the mark ends in the text looked at.
    at: usize,
}

impl Found<'_> {
    fn end(&self) -> String {
        let (before, after) = self.style;
        format!("{before}end {}{after}", self.name)
    }
}

/// Puts what `make` makes of each part, or of one that does not end, in its place.
fn walk<E>(
    text: &str,
    mut make: impl FnMut(&Found<'_>, Option<&str>) -> Result<String, E>,
) -> Result<String, E> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(found) = next(rest) {
        let (before, after) = rest.split_at(found.at);
        out.push_str(before);
        let Some((inner, _)) = after.split_once(&found.end()) else {
            out.push_str(&make(&found, None)?);
            rest = after;
            continue;
        };
        out.push_str(&make(&found, Some(inner))?);
        rest = after.get(inner.len()..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

/// The first opening mark.
fn next(text: &str) -> Option<Found<'_>> {
    let found = STYLES.iter().filter_map(|style| {
        let (before, after) = *style;
        let opening = format!("{before}begin ");
        let closing = format!("{GENERATED}{after}");
        let (start, _) = text.match_indices(&opening).find(|(start, _)| {
            let rest = text.get(start + opening.len()..).unwrap_or_default();
            let name = rest.split_once(&closing).map(|(name, _)| name);
            // A mark of lines begins its line.
            let begins = text
                .get(..*start)
                .is_some_and(|lines| lines.is_empty() || lines.ends_with('\n'));
            name.is_some_and(is_name) && (begins || !after.is_empty())
        })?;
        let rest = text.get(start + opening.len()..)?;
        let (name, _) = rest.split_once(&closing)?;
        let at = start + opening.len() + name.len() + closing.len();
        Some(Found {
            name,
            style: *style,
            at,
        })
    });
    found.min_by_key(|found| found.at)
}

fn is_name(name: &str) -> bool {
    let is_part =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    !name.is_empty() && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Result<String, String> {
        let mut parts = Parts::default();
        parts.add("table", "| new |\n");
        parts.add("count", "3");
        filled("A.md", text, &parts).map_err(|error| error.to_string())
    }

    #[test]
    fn a_block_replaces_what_stands_between_its_marks() {
        assert_eq!(
            made("a\n<!-- begin table (generated: cargo run -- docs) -->\nold\n<!-- end table -->\nb\n").unwrap(),
            "a\n<!-- begin table (generated: cargo run -- docs) -->\n| new |\n<!-- end table -->\nb\n"
        );
        assert_eq!(
            made("# begin count (generated: cargo run -- docs)\nold\n# end count\nb\n").unwrap(),
            "# begin count (generated: cargo run -- docs)\n3\n# end count\nb\n"
        );
    }

    #[test]
    fn a_figure_stands_within_its_line() {
        let mark = |inner: &str| {
            format!(
                "It has <!-- begin count (generated: cargo run -- docs) -->{inner}<!-- end count --> of them.\n"
            )
        };
        let twice = |inner: &str| format!("{}{}", mark(inner), mark(inner));
        assert_eq!(made(&twice("twelve")).unwrap(), twice("3"));
        assert_eq!(emptied(&mark("12")), mark(""));
    }

    #[test]
    fn a_mark_that_leads_nowhere_is_an_error() {
        assert_eq!(
            made("<!-- begin other (generated: cargo run -- docs) --><!-- end other -->")
                .unwrap_err(),
            "A.md: no part is called `other`; there are table, count"
        );
        assert_eq!(
            made("<!-- begin count (generated: cargo run -- docs) -->3\n").unwrap_err(),
            "A.md: the part `count` does not end; add the mark `<!-- end count -->` after it"
        );
    }

    #[test]
    fn what_only_looks_like_a_mark_is_text() {
        let text = "`<!-- begin NAME (generated: cargo run -- docs) -->`, x # begin count (generated: cargo run -- docs)\n";
        assert_eq!(made(text).unwrap(), text);
        assert!(!has_parts(text));
    }
}
