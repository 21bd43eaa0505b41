//! Deep partial patches of settings.

use serde_json::{Map, Value};

/// Lays a patch over settings that have every key: objects are entered, everything else is
/// replaced, keys not sent stay, keys the settings do not have are ignored.
pub(super) fn overlay(current: &mut Value, patch: &Map<String, Value>) {
    let Value::Object(fields) = current else {
        return;
    };
    for (name, field) in fields {
        match (patch.get(name), &field) {
            (None, _) | (Some(Value::Null), Value::Object(_)) => {}
            (Some(Value::Object(inner)), Value::Object(_)) => overlay(field, inner),
            (Some(value), _) => *field = value.clone(),
        }
    }
}
