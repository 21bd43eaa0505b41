//! Cursors: where the next rows begin, sealed for the shop and the query they belong to.
//!
//! A cursor is paid for with every page a model reads and writes, so it holds numbers in as few bytes
//! as they take, and of the query nothing: the seal knows it.

use serde_json::{Map, Value};

use super::seal::{Kind, Seal};

/// Where the next rows begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cursor {
    /// After this many rows.
    Rows(u64),
    /// After this many rows of an export job's file.
    Job { offset: u64, job_id: String },
    /// On a page of a list whose pages are walked: the page, its rows that were given before, and the
    /// rows given in all.
    Walk { page: u64, skip: u64, given: u64 },
}

/// The highest number a cursor holds: no list is so long, and what is reckoned with such numbers does
/// not overflow.
const MOST: u64 = 1 << 40;

const ROWS: u8 = 0;
const JOB: u8 = 1;
const WALK: u8 = 2;

impl Cursor {
    /// The text of it; `query` is what it belongs to.
    pub(super) fn encode(&self, seal: &Seal, query: &str) -> String {
        let mut bytes = Vec::new();
        match self {
            Self::Rows(offset) => {
                bytes.push(ROWS);
                put(*offset, &mut bytes);
            }
            Self::Job { offset, job_id } => {
                bytes.push(JOB);
                put(*offset, &mut bytes);
                bytes.extend(job_id.bytes());
            }
            Self::Walk { page, skip, given } => {
                bytes.push(WALK);
                for number in [page, skip, given] {
                    put(*number, &mut bytes);
                }
            }
        }
        seal.seal(Kind::Cursor, query, &bytes)
    }

    /// Reads a text that was given out for the same query.
    pub(super) fn decode(text: &str, seal: &Seal, query: &str) -> Option<Self> {
        let bytes = seal.open(Kind::Cursor, query, text)?;
        let (form, mut rest) = bytes.split_first()?;
        match *form {
            ROWS => Some(Self::Rows(take(&mut rest)?)),
            JOB => Some(Self::Job {
                offset: take(&mut rest)?,
                job_id: String::from_utf8(rest.to_vec()).ok()?,
            }),
            WALK => Some(Self::Walk {
                // Pages are counted from 1.
                page: take(&mut rest).filter(|page| *page > 0)?,
                skip: take(&mut rest)?,
                given: take(&mut rest)?,
            }),
            _ => None,
        }
    }
}

/// Appends a number, seven bits to a byte, the lowest first.
fn put(mut number: u64, bytes: &mut Vec<u8>) {
    loop {
        let low = number.to_le_bytes().first().copied().unwrap_or_default() & 0x7f;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

/// Takes such a number off the front.
fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return (number <= MOST).then_some(number);
        }
    }
    None
}

/// What a cursor of a query belongs to: the same filters in any order give the same text.
pub(super) fn query(action: &str, arguments: &Map<String, Value>) -> String {
    format!("{action} {}", sorted(arguments))
}

fn sorted(map: &Map<String, Value>) -> Value {
    let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
    pairs.sort_by_key(|(name, _)| name.as_str());
    Value::Array(
        pairs
            .into_iter()
            .map(|(name, value)| {
                let value = match value {
                    Value::Object(inner) => sorted(inner),
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_) => value.clone(),
                };
                Value::Array(vec![Value::String(name.clone()), value])
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::engine::seal::tests::some;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_was(
            offset in 1..=MOST, skip in 0..=MOST, given in 0..9_000_u64, job_id in ".{0,30}",
        ) {
            let seal = some();
            for cursor in [
                Cursor::Rows(offset),
                Cursor::Job { offset, job_id },
                Cursor::Walk { page: offset, skip, given },
            ] {
                let text = cursor.encode(&seal, "q");
                prop_assert_eq!(Cursor::decode(&text, &seal, "q"), Some(cursor));
                prop_assert_eq!(Cursor::decode(&text, &seal, "r"), None);
            }
        }
    }

    #[test]
    fn a_cursor_holds_numbers_that_can_be_reckoned_with() {
        let read = |cursor: &Cursor| Cursor::decode(&cursor.encode(&some(), "q"), &some(), "q");
        let walk = |page, skip, given| Cursor::Walk { page, skip, given };
        for good in [
            Cursor::Rows(0),
            Cursor::Rows(MOST),
            walk(1, 0, 0),
            walk(MOST, MOST, MOST),
        ] {
            assert_eq!(read(&good), Some(good));
        }
        for bad in [
            Cursor::Rows(MOST + 1),
            Cursor::Rows(u64::MAX),
            walk(0, 1, 1),
            walk(1, MOST + 1, 0),
            walk(1, 0, MOST + 1),
        ] {
            assert_eq!(read(&bad), None, "{bad:?}");
        }
    }

    #[test]
    fn cursors_are_short() {
        let length = |cursor: Cursor| cursor.encode(&some(), "q").len();
        assert_eq!(length(Cursor::Rows(50)), 24);
        assert_eq!(length(Cursor::Rows(5_000)), 26);
        let walk = Cursor::Walk {
            page: 3,
            skip: 17,
            given: 40,
        };
        assert_eq!(length(walk), 27);
        let job = Cursor::Job {
            offset: 98,
            job_id: "exp_07873485c695a969".to_owned(),
        };
        assert_eq!(length(job), 51);
    }

    #[test]
    fn no_other_text_is_a_cursor() {
        // The last ones are cursors as they were before they were sealed.
        for bad in [
            "",
            "%%%",
            "e30",
            "bm9uc2Vuc2U",
            "eyJvIjo1MCwicSI6InlGUWRDZ0dNNFhjIn0",
            "eyJvIjo5OCwicSI6IiIsImoiOiJleHBfMDc4NzM0ODVjNjk1YTk2OSJ9",
        ] {
            assert_eq!(Cursor::decode(bad, &some(), "q"), None, "{bad}");
        }
    }

    #[test]
    fn a_query_is_known_by_its_filters_but_not_their_order() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let one = query("a", &map(json!({"x": 1, "y": {"a": 1, "b": 2}})));
        let same = query("a", &map(json!({"y": {"b": 2, "a": 1}, "x": 1})));
        assert_eq!(one, same);
        let another = query("b", &map(json!({"x": 1, "y": {"a": 1, "b": 2}})));
        assert_ne!(one, another);
        let narrower = query("a", &map(json!({"x": 1, "y": {"a": 1, "b": 3}})));
        assert_ne!(one, narrower);
    }
}
