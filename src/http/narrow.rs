//! The headers by which a request narrows what it may do: `X-Stoq-Allow` and `X-Stoq-Read-Only`.

use http::HeaderMap;

use crate::registry::entry::Class;
use crate::safety::narrow::Narrow;

/// Names the classes that the request keeps, with commas between them.
pub(super) const ALLOW: &str = "x-stoq-allow";
/// `true` keeps reads alone.
pub(super) const READ_ONLY: &str = "x-stoq-read-only";

/// What the headers keep; `None` when there are none. A repeated header narrows further.
///
/// # Errors
/// With the valid words; never with what was sent.
pub(super) fn narrow(headers: &HeaderMap) -> Result<Option<Narrow>, &'static str> {
    let mut narrowed: Option<Narrow> = None;
    let mut keep = |next: Narrow| {
        narrowed = Some(match narrowed.take() {
            Some(before) => before.and(&next),
            None => next,
        });
    };
    for value in headers.get_all(ALLOW) {
        let text = value.to_str().map_err(|_| UNKNOWN_CLASS)?;
        keep(Narrow::to(&classes(text)?));
    }
    for value in headers.get_all(READ_ONLY) {
        match value.to_str().map(|text| text.trim().to_ascii_lowercase()) {
            Ok(text) if text == "true" => keep(Narrow::to(&[])),
            Ok(text) if text == "false" => {}
            Ok(_) | Err(_) => return Err(UNKNOWN_FLAG),
        }
    }
    Ok(narrowed)
}

const UNKNOWN_CLASS: &str = "The header X-Stoq-Allow holds a word that names no class. Nothing was done. Valid are read, write, send, money and destroy, with commas between them.";
const UNKNOWN_FLAG: &str =
    "The header X-Stoq-Read-Only is neither true nor false. Nothing was done. Send one of the two.";

fn classes(text: &str) -> Result<Vec<Class>, &'static str> {
    let words = text.split(',').map(str::trim);
    words
        .filter(|word| !word.is_empty())
        .map(|word| {
            let mut all = Class::ALL.into_iter();
            all.find(|class| class.as_str().eq_ignore_ascii_case(word))
                .ok_or(UNKNOWN_CLASS)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> Result<Option<Narrow>, &'static str> {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_str(value).unwrap())
        });
        let mut headers = HeaderMap::new();
        pairs.for_each(|(name, value)| {
            headers.append(name, value);
        });
        narrow(&headers)
    }

    #[test]
    fn headers_keep_the_classes_they_name() {
        assert_eq!(read(&[]), Ok(None));
        let kept = |classes: &[Class]| Ok(Some(Narrow::to(classes)));
        assert_eq!(
            read(&[(ALLOW, "read, Write ,send")]),
            kept(&[Class::Write, Class::Send])
        );
        assert_eq!(read(&[(ALLOW, "")]), kept(&[]));
        assert_eq!(read(&[(READ_ONLY, " TRUE ")]), kept(&[]));
        assert_eq!(read(&[(READ_ONLY, "false")]), Ok(None));
    }

    #[test]
    fn every_further_header_narrows_further() {
        let kept = |classes: &[Class]| Ok(Some(Narrow::to(classes)));
        let two = [(ALLOW, "write,send"), (ALLOW, "send,money")];
        assert_eq!(read(&two), kept(&[Class::Send]));
        let both = [(ALLOW, "write"), (READ_ONLY, "false"), (READ_ONLY, "true")];
        assert_eq!(read(&both), kept(&[]));
    }

    #[test]
    fn a_word_that_means_nothing_is_refused_and_not_repeated() {
        assert_eq!(read(&[(ALLOW, "read,sent")]), Err(UNKNOWN_CLASS));
        assert_eq!(read(&[(ALLOW, "\u{e9}")]), Err(UNKNOWN_CLASS));
        assert_eq!(read(&[(READ_ONLY, "1")]), Err(UNKNOWN_FLAG));
        assert_eq!(read(&[(READ_ONLY, "\u{e9}")]), Err(UNKNOWN_FLAG));
    }
}
