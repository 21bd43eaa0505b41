//! Leaves out of an answer what does not have the form that was promised.

use serde_json::Value;

use crate::registry::Action;
use crate::text::line;

/// Rounds of leaving out what does not conform.
const ROUNDS: usize = 4;
/// Name of an answer of which nothing could be kept.
pub(super) const WHOLE: &str = "the whole answer";
/// Most characters of a path that was left out.
const PATH_CHARS: usize = 80;

/// Leaves out every value that does not have the promised form, so that strict clients never lose
/// the whole answer over one field. Gives back the paths left out.
pub(super) fn conform(action: &Action, body: &mut Value) -> Vec<String> {
    let mut left_out = Vec::new();
    let Some(validator) = action.data_validator().filter(|_| !body.is_null()) else {
        return left_out;
    };
    for _ in 0..ROUNDS {
        if validator.is_valid(body) {
            return left_out;
        }
        let mut paths: Vec<String> = validator
            .iter_errors(body)
            .map(|error| error.instance_path().as_str().to_owned())
            .collect();
        paths.sort_by(|a, b| place(a).cmp(place(b)));
        paths.dedup();
        // From the back, so that positions in arrays stay true.
        for path in paths.iter().rev() {
            remove(body, path);
            left_out.push(if path.is_empty() {
                WHOLE.to_owned()
            } else {
                line(&path.trim_start_matches('/').replace('/', "."), PATH_CHARS)
            });
        }
    }
    *body = Value::Null;
    vec![WHOLE.to_owned()]
}

/// The segments of a pointer in the order of the places they name: 2 before 10.
fn place(pointer: &str) -> impl Iterator<Item = (Option<usize>, &str)> {
    pointer
        .split('/')
        .map(|segment| (segment.parse().ok(), segment))
}

fn remove(body: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        *body = Value::Null;
        return;
    };
    match body.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.shift_remove(&name.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            if let Ok(index) = name.parse::<usize>()
                && index < items.len()
            {
                items.remove(index);
            }
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_conform_is_left_out_at_its_own_place() {
        let text = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [{
            "name": "a_list", "action": "list", "title": "A", "description": "A.",
            "phrases": [], "toolset": "a", "api": "v2", "method": "GET", "path": "/a",
            "request_schema": {"type": "object"},
            "response_schema": {"type": "object", "properties": {"rows": {"type": "array",
                "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}}},
            "class": "read", "handler": "request", "idempotent": true, "retry": "safe",
            "provenance": "inferred", "examples": []}]});
        let registry = crate::registry::Registry::parse(&text.to_string(), "test").unwrap();
        let action = registry.get("a_list").unwrap();
        let mut rows: Vec<Value> = (0..12).map(|n| json!({"n": n})).collect();
        rows[2] = json!("two");
        rows[10] = json!(["ten"]);
        rows[11] = json!({"n": "eleven"});
        let mut body = json!({"rows": rows});
        let left_out = conform(action, &mut body);
        assert_eq!(left_out, ["rows.11.n", "rows.10", "rows.2"]);
        let kept: Vec<Option<u64>> = body["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row.get("n").and_then(Value::as_u64))
            .collect();
        let mut wanted: Vec<Option<u64>> = [0, 1, 3, 4, 5, 6, 7, 8, 9].map(Some).to_vec();
        wanted.push(None);
        assert_eq!(kept, wanted);
        // A write that was answered without a word has nothing to leave out.
        assert_eq!(conform(action, &mut Value::Null), Vec::<String>::new());
    }
}
