//! The token budget of one answer: whole rows fill it, and what is larger is cut where it shows.

use std::fmt;

use serde_json::Value;

use crate::tokens::estimate;

/// Tokens of one answer (clients warn at 10,000).
const TOKEN_BUDGET: usize = 8_000;
/// Tokens that a byte is estimated at, at most.
const MOST_OF_BYTE: usize = 2;
/// Rows that fit into the budget at most: each takes a token.
pub(in crate::engine) const MOST_ROWS: usize = TOKEN_BUDGET;
/// Lists of one answer that are cut at most.
const MOST_CUTS: usize = 8;

/// How many rows from the first on fit into the budget; one always does.
pub(in crate::engine) fn fitting(rows: &[Value]) -> usize {
    fitting_into(rows, TOKEN_BUDGET)
}

fn fitting_into(rows: &[Value], budget: usize) -> usize {
    let mut left = budget;
    for (index, row) in rows.iter().enumerate() {
        let size = size(row).max(1);
        if size > left {
            return index.max(1);
        }
        left -= size;
    }
    rows.len()
}

/// Whether an answer fits into the budget.
pub(super) fn fits(body: &Value) -> bool {
    is_small(body) || size(body) <= TOKEN_BUDGET
}

/// Tokens of a value as compact JSON.
fn size(value: &Value) -> usize {
    // Writing a value into memory does not fail.
    estimate(&serde_json::to_string(value).unwrap_or_default())
}

/// Whether a value is so small that it certainly fits: it is not written to be counted then.
fn is_small(value: &Value) -> bool {
    bytes(value, TOKEN_BUDGET / MOST_OF_BYTE).is_some()
}

/// What is left of so many bytes when a value is written; `None` when it may take more.
fn bytes(value: &Value, left: usize) -> Option<usize> {
    // A number takes twenty-five bytes at most; a comma or a colon follows.
    match value {
        Value::Null | Value::Bool(_) => left.checked_sub(6),
        Value::Number(_) => left.checked_sub(26),
        Value::String(text) => left.checked_sub(quoted(text)),
        Value::Array(items) => {
            let left = left.checked_sub(3)?;
            items.iter().try_fold(left, |left, item| bytes(item, left))
        }
        Value::Object(map) => {
            let left = left.checked_sub(3)?;
            map.iter().try_fold(left, |left, (name, value)| {
                bytes(value, left.checked_sub(quoted(name))?)
            })
        }
    }
}

/// Bytes of a text in its quotes, with what follows it; an escape takes six at most.
fn quoted(text: &str) -> usize {
    let is_escaped = |byte: &u8| matches!(byte, 0..=0x1f | b'"' | b'\\');
    text.len() + text.bytes().filter(is_escaped).count() * 5 + 3
}

/// A list that is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    path: String,
    shown: usize,
    of: usize,
}

impl fmt::Display for Cut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, shown, of } = self;
        write!(out, "`{path}` has {shown} of {of} entries")
    }
}

/// Cuts the longest lists inside an answer until it fits, and says which. The rows of a list, at
/// `rows`, were cut before: only of one that does not fit by itself what is inside is cut.
pub(super) fn cut(body: &mut Value, rows: Option<&str>) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let count = |key: &str| body.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    if rows.is_some_and(|key| count(key) != 1) || is_small(body) {
        return cuts;
    }
    for _ in 0..MOST_CUTS {
        let whole = size(body);
        if whole <= TOKEN_BUDGET {
            break;
        }
        let rows = rows.map(|key| format!("/{}", escaped(key)));
        let mut longest = None;
        find_longest(body, String::new(), rows.as_deref(), &mut longest);
        let Some((path, size)) = longest else { break };
        let Some(Value::Array(items)) = body.pointer_mut(&path) else {
            break;
        };
        let of = items.len();
        let left = size.saturating_sub(whole - TOKEN_BUDGET);
        items.truncate(fitting_into(items, left));
        if items.len() == of {
            break;
        }
        cuts.push(Cut {
            path: path.trim_start_matches('/').replace('/', "."),
            shown: items.len(),
            of,
        });
    }
    cuts
}

/// The list of two or more entries that takes the most tokens, by its pointer.
fn find_longest(
    value: &Value,
    path: String,
    rows: Option<&str>,
    longest: &mut Option<(String, usize)>,
) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let path = format!("{path}/{}", escaped(name));
                find_longest(inner, path, rows, longest);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_longest(item, format!("{path}/{index}"), rows, longest);
            }
            if items.len() > 1 && rows != Some(path.as_str()) {
                let size = size(value);
                if longest.as_ref().is_none_or(|(_, most)| size > *most) {
                    *longest = Some((path, size));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_rows_fill_the_budget() {
        let row = json!({"text": "word ".repeat(200)});
        let many: Vec<Value> = vec![row.clone(); 100];
        assert_eq!(fitting(&many), TOKEN_BUDGET / size(&row));
        let huge = vec![json!("x1".repeat(50_000)); 2];
        assert_eq!(fitting(&huge), 1);
        assert_eq!(fitting(&vec![json!({}); 9_000]), MOST_ROWS);
    }

    #[test]
    fn the_longest_lists_are_cut_until_an_answer_fits() {
        let id = |n: usize| json!(format!("51900000-0000-4000-8000-{n:012}"));
        let ids = |many: usize| (0..many).map(id).collect::<Vec<Value>>();
        let mut small = json!({"success": ids(20), "failed": []});
        let same = small.clone();
        assert_eq!((cut(&mut small, None), small), (Vec::new(), same));

        let mut bulk = json!({"success": ids(500), "blocked": ids(40), "failed": []});
        let cuts = cut(&mut bulk, None);
        let shown = bulk["success"].as_array().unwrap();
        assert_eq!(shown[..], ids(500)[..shown.len()]);
        assert!((50..500).contains(&shown.len()), "{}", shown.len());
        let told: Vec<String> = cuts.iter().map(ToString::to_string).collect();
        let wanted = format!("`success` has {} of 500 entries", shown.len());
        assert_eq!(told, [wanted]);
        assert_eq!(bulk["blocked"], json!(ids(40)));
        assert!(fits(&bulk));

        let mut both = json!({"a": {"b": ids(900)}, "c": ids(900)});
        assert_eq!(cut(&mut both, None).len(), 2);
        assert!(fits(&both));
    }

    #[test]
    fn the_rows_of_a_list_stay_and_what_is_inside_is_cut() {
        let row = json!({"id": 1, "variants": vec![json!(44_021_000_000_101_u64); 4_000]});
        let mut list = json!({"rows": [row]});
        let cuts = cut(&mut list, Some("rows"));
        let shown = list["rows"][0]["variants"].as_array().unwrap().len();
        let told: Vec<String> = cuts.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [format!("`rows.0.variants` has {shown} of 4000 entries")]
        );
        assert!(fits(&list));
        // Rows that fit one by one stay whole.
        let many = vec![json!({"id": 1, "tags": ["a", "b"]}); 3_000];
        let mut list = json!({"rows": many[..fitting(&many)]});
        let same = list.clone();
        assert_eq!((cut(&mut list, Some("rows")), list), (Vec::new(), same));
    }

    #[test]
    fn what_has_no_list_stays_as_it_is() {
        let mut text = json!({"text": "x1".repeat(50_000)});
        let same = text.clone();
        assert_eq!((cut(&mut text, None), text), (Vec::new(), same));
    }
}
