//! From a response schema to the output schema that clients see.

use serde_json::{Map, Value, json};

use super::{OF_PAGES, sums};
use crate::registry::Action;
use crate::registry::entry::Class;

/// The output schema that clients see: the envelope of every result.
pub fn output_schema(action: &Action) -> Map<String, Value> {
    let mut data = output_form(action.response_schema());
    // `fields` may leave out any field of a row, and what the API sends outside its form is left
    // out rather than losing the whole answer: so nothing below `data` is required.
    drop_required(&mut data);
    if let (Some(rows), Some(Value::Object(properties))) =
        (action.rows(), data.get_mut("properties"))
        && rows.paged
    {
        for name in OF_PAGES {
            properties.shift_remove(name);
        }
    }
    let schema = json!({
        "type": "object",
        "properties": {
            "status": {"type": "string",
                "enum": ["ok", "accepted", "planned", "running", "replayed", "outcome_unknown"],
                "description": "How the call ended."},
            "data": data,
            "page": {"type": "object", "description": "Where a list stands.",
                "properties": {
                    "shown": {"type": "integer", "description": "Rows in this answer."},
                    "total": {"type": ["integer", "null"], "description": "Rows that match; null while not known."},
                    "next_cursor": {"type": ["string", "null"], "description": "Pass as `cursor` for the next rows; null at the end."}},
                "required": ["shown", "total", "next_cursor"]},
            "plan": {"type": "object", "description": "What the call would do."},
            "job": {"type": "object", "description": "A job on the API's side.",
                "properties": {
                    "job_id": {"type": "string", "description": "Id of the job."},
                    "status": {"type": "string", "description": "State of the job."},
                    "progress": {"type": "integer", "description": "Percent done."},
                    "total": {"type": "integer", "description": "Items in the job."},
                    "processed": {"type": "integer", "description": "Items done."},
                    "error": {"type": ["string", "null"], "description": "Why the job failed."},
                    "resume_action": {"type": ["string", "null"], "description": "Action that resumes the wait."},
                    "resume_arguments": {"type": "object", "description": "Its arguments."}},
                "required": ["job_id", "status"]},
            "note": {"type": "string", "description": "What to know or do next."}
        },
        "required": ["status"],
    });
    match schema {
        Value::Object(mut map) => {
            add_of_rows(action, &mut map);
            if action.entry().class != Class::Read {
                add_receipt(&mut map);
            }
            map
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// Adds what only some lists tell: that rows lack fields, and what all of them add up to.
fn add_of_rows(action: &Action, map: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = map.get_mut("properties") else {
        return;
    };
    if !action.entry().concise.is_empty()
        && let Some(Value::Object(page)) = properties
            .get_mut("page")
            .and_then(|page| page.get_mut("properties"))
    {
        page.insert(
            "detail".into(),
            json!({"type": "string", "enum": ["concise"], "description": "There when rows lack fields; `detail` full has all, `fields` the ones you name."}),
        );
    }
    if let Some(totals) = action.rows().and_then(sums::totals_schema) {
        properties.insert("totals".into(), totals);
    }
}

/// Adds the receipt of an effect.
fn add_receipt(map: &mut Map<String, Value>) {
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.insert(
            "receipt".into(),
            json!({"type": "string", "description": "Receipt of the effect; `stoq-mcp receipts` shows it."}),
        );
    }
}

/// Drops our own markers (`x-…`), which strict validators refuse.
fn output_form(piece: &Value) -> Value {
    match piece {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(key, _)| !key.starts_with("x-"))
                .map(|(key, value)| (key.clone(), output_form(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(output_form).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => piece.clone(),
    }
}

fn drop_required(piece: &mut Value) {
    if let Value::Object(map) = piece {
        map.shift_remove("required");
        if let Some(Value::Object(properties)) = map.get_mut("properties") {
            properties.values_mut().for_each(drop_required);
        }
        if let Some(items) = map.get_mut("items") {
            drop_required(items);
        }
    }
}
