//! Cursors: where the next rows begin, bound to the query they belong to.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// More rows than any list has; cursors are not signed, so what they carry is not trusted.
const MAX_OFFSET: u64 = 1 << 50;

/// What a cursor carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cursor {
    /// Rows before the next one.
    #[serde(rename = "o")]
    pub offset: u64,
    /// Digest of the query.
    #[serde(rename = "q")]
    pub query: String,
    /// The export job whose rows they are.
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// Where pages are walked: rows of the page at `offset` that were given before, and rows given in
    /// all.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub walked: Option<(u64, u64)>,
}

impl Cursor {
    pub(super) fn encode(&self) -> String {
        // A struct of numbers and strings always serialises.
        let json = serde_json::to_vec(self).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode(json)
    }

    pub(super) fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        let cursor: Self = serde_json::from_slice(&bytes).ok()?;
        let (skip, given) = cursor.walked.unwrap_or_default();
        (cursor.offset.max(skip).max(given) <= MAX_OFFSET).then_some(cursor)
    }
}

/// Digest of a query: the same filters in any order give the same one.
pub(super) fn digest(action: &str, arguments: &Map<String, Value>) -> String {
    let mut hash = Sha256::new();
    hash.update(action.as_bytes());
    hash.update([0]);
    hash.update(sorted(arguments).to_string().as_bytes());
    let bytes = hash.finalize();
    BASE64_URL_SAFE_NO_PAD.encode(bytes.get(..8).unwrap_or_default())
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
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let cursor = Cursor {
            offset: 150,
            query: "abc".into(),
            job_id: Some("exp_1".into()),
            walked: Some((3, 40)),
        };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        let far = Cursor {
            offset: u64::MAX,
            query: "abc".into(),
            job_id: None,
            walked: None,
        };
        assert_eq!(Cursor::decode(&far.encode()), None);
        for bad in ["", "%%%", "e30", "bm9uc2Vuc2U"] {
            assert_eq!(Cursor::decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_digest_tells_queries_apart_but_not_their_order() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let one = digest("a", &map(json!({"x": 1, "y": {"a": 1, "b": 2}})));
        assert_eq!(
            one,
            digest("a", &map(json!({"y": {"b": 2, "a": 1}, "x": 1})))
        );
        assert_ne!(
            one,
            digest("b", &map(json!({"x": 1, "y": {"a": 1, "b": 2}})))
        );
        assert_ne!(
            one,
            digest("a", &map(json!({"x": 1, "y": {"a": 1, "b": 3}})))
        );
    }
}
