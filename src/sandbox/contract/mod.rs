//! The contract of an action: what it was sent against its request schema, coerced, with the API's
//! texts for what is wrong. It knows no records; whether an id exists is the action's business.

mod forms;
#[cfg(test)]
mod tests;

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::reply::Refusal;
use crate::registry::Action;
use crate::registry::entry::Method;
use crate::registry::{schema, transform};
use forms::{as_boolean, digits, is_date, is_email, is_phone, is_uuid, matches_pattern};

/// Longest text where the schema names no other bound.
const MAX_TEXT: u64 = 255;

/// Checks and coerces what an action was sent; unknown names are left out.
///
/// # Errors
/// All broken rules, in the order the schema declares its fields.
pub(super) fn check(
    action: &Action,
    sent: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let request = action.request_schema();
    needs_any(request, &sent)?;
    if action.entry().method == Method::Patch {
        return check_patch(request, sent);
    }
    check_schema(request, sent, transform::null_clears(action))
}

/// `x-any-of` at the root names fields of which a body must have one.
fn needs_any(request: &Value, sent: &Map<String, Value>) -> Result<(), Refusal> {
    let names = request.get("x-any-of").and_then(Value::as_array);
    let names: Vec<&str> = names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if names.is_empty() || names.iter().any(|name| sent.contains_key(*name)) {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "{} is required",
        names.join(" or ")
    )))
}

/// Checks a body in which `null` differs from absent, as settings writes read it.
///
/// # Errors
/// All broken rules, in the order the schema declares its fields.
pub(super) fn check_patch(
    request: &Value,
    sent: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let known =
        |name: &String| schema::properties(request).is_some_and(|all| all.contains_key(name));
    // Where something is required, that is what is missing.
    if request.get("required").is_none() && !sent.keys().any(known) {
        return Err(Refusal::invalid("body must be filled"));
    }
    check_schema(request, sent, true)
}

fn check_schema(
    request: &Value,
    sent: Map<String, Value>,
    nulls: bool,
) -> Result<Map<String, Value>, Refusal> {
    let mut check = Check {
        nulls,
        errors: Vec::new(),
    };
    let out = check.members(request, sent, "");
    if check.errors.is_empty() {
        Ok(out)
    } else {
        Err(Refusal::Invalid(check.errors))
    }
}

struct Check {
    /// Whether `null` clears a nullable field; else it counts as absent.
    nulls: bool,
    errors: Vec<String>,
}

impl Check {
    fn fail(&mut self, path: &str, rule: &str) -> Option<Value> {
        self.errors.push(format!("{path} {rule}"));
        None
    }

    fn members(
        &mut self,
        piece: &Value,
        mut sent: Map<String, Value>,
        prefix: &str,
    ) -> Map<String, Value> {
        let required = |name: &str| {
            piece
                .get("required")
                .and_then(Value::as_array)
                .is_some_and(|names| names.iter().any(|required| required == name))
        };
        let mut out = Map::new();
        for (name, child) in schema::properties(piece).into_iter().flatten() {
            let path = format!("{prefix}{name}");
            let value = match sent.shift_remove(name) {
                None => {
                    if required(name) {
                        self.fail(&path, "is missing");
                    }
                    continue;
                }
                Some(value) if is_blank(child, &value) => self.blank(child, required(name), &path),
                Some(value) => self.value(child, value, &path),
            };
            if let Some(value) = value {
                out.insert(name.clone(), value);
            }
        }
        if let Some(values) = schema::open_map(piece) {
            for (name, value) in sent {
                let path = format!("{prefix}{name}");
                if let Some(value) = self.entry(piece, values, &name, value, &path) {
                    out.insert(name, value);
                }
            }
        } else if piece.get("additionalProperties") == Some(&Value::Bool(false)) {
            for name in sent.keys() {
                self.fail(&format!("{prefix}{name}"), "is not allowed");
            }
        }
        out
    }

    /// A member of an open map, whose name has a rule of its own.
    fn entry(
        &mut self,
        map: &Value,
        piece: &Value,
        name: &str,
        value: Value,
        path: &str,
    ) -> Option<Value> {
        let names = map.get("propertyNames").unwrap_or(&Value::Null);
        if !matches_pattern(names, &Value::String(name.to_owned())) {
            return self.fail(path, "is in invalid format");
        }
        if is_blank(piece, &value) {
            return self.blank(piece, false, path);
        }
        self.value(piece, value, path)
    }

    /// What was sent without a value: null where that means something, else absent or a failure.
    fn blank(&mut self, piece: &Value, is_required: bool, path: &str) -> Option<Value> {
        if self.nulls && schema::is_nullable(piece) {
            Some(Value::Null)
        } else if self.nulls || is_required {
            self.fail(path, "must be filled")
        } else {
            None
        }
    }

    /// One filled value, coerced; `None` when a rule is broken.
    fn value(&mut self, piece: &Value, value: Value, path: &str) -> Option<Value> {
        match schema::scalar_type(piece) {
            Some("integer") => self.integer(piece, &value, path),
            Some("number") => self.number(piece, value, path),
            Some("boolean") => match as_boolean(&value) {
                Some(flag) => Some(Value::Bool(flag)),
                None => self.fail(path, "must be boolean"),
            },
            Some("string") => match value {
                Value::String(text) if is_verbatim(piece) => self.text(piece, &text, path),
                Value::String(text) => self.text(piece, text.trim(), path),
                _ => self.fail(path, "must be a string"),
            },
            Some("array") => match value {
                Value::Array(items) => self.items(piece, items, path),
                _ => self.fail(path, "must be an array"),
            },
            Some("object") => match value {
                Value::Object(map) => {
                    Some(Value::Object(self.members(piece, map, &format!("{path}."))))
                }
                _ => self.fail(path, "must be a hash"),
            },
            Some(_) | None => {
                let value = match value {
                    Value::String(text) => Value::String(text.trim().to_owned()),
                    other => other,
                };
                self.one_of(piece, value, path)
            }
        }
    }

    fn integer(&mut self, piece: &Value, value: &Value, path: &str) -> Option<Value> {
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => digits(text.trim()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        match number {
            Some(number) => {
                let value = self.one_of(piece, json!(number), path)?;
                self.bounds(piece, value, path)
            }
            None => self.fail(path, "must be an integer"),
        }
    }

    fn number(&mut self, piece: &Value, value: Value, path: &str) -> Option<Value> {
        match value {
            Value::Number(_) => self.bounds(piece, value, path),
            Value::String(text) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => self.bounds(piece, json!(number), path),
                Ok(_) | Err(_) => self.fail(path, "must be a number"),
            },
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.fail(path, "must be a number")
            }
        }
    }

    fn bounds(&mut self, piece: &Value, value: Value, path: &str) -> Option<Value> {
        let number = value.as_f64();
        let bound = |name: &str| {
            piece
                .get(name)
                .map(|bound| (bound.to_string(), bound.as_f64()))
        };
        if let Some((text, least)) = bound("minimum")
            && number < least
        {
            return self.fail(path, &format!("must be greater than or equal to {text}"));
        }
        if let Some((text, most)) = bound("maximum")
            && number > most
        {
            return self.fail(path, &format!("must be less than or equal to {text}"));
        }
        Some(value)
    }

    fn text(&mut self, piece: &Value, text: &str, path: &str) -> Option<Value> {
        let format = piece.get("format").and_then(Value::as_str);
        let kept = match format {
            Some("phone") => text
                .chars()
                .filter(|symbol| !"+.-() ".contains(*symbol))
                .collect(),
            Some(_) | None => text.to_owned(),
        };
        let value = self.one_of(piece, Value::String(kept.clone()), path)?;
        let length = u64::try_from(kept.chars().count()).unwrap_or(u64::MAX);
        let most = bound(piece, "maxLength").unwrap_or(MAX_TEXT);
        if length > most {
            return self.fail(path, &format!("length cannot be greater than {most}"));
        }
        if let Some(least) = bound(piece, "minLength")
            && length < least
        {
            return self.fail(path, &format!("length cannot be less than {least}"));
        }
        let rule = match format {
            Some("date") if !is_date(&kept) => "must be a date",
            Some("date-time") if DateTime::parse_from_rfc3339(&kept).is_err() => "must be a date",
            Some("uuid") if !is_uuid(&kept) => "is not a valid UUID",
            Some("email") if !is_email(&kept) => "is in invalid format",
            Some("phone") if !is_phone(&kept) => "is in invalid format",
            Some(_) | None if !matches_pattern(piece, &value) => "is in invalid format",
            Some(_) | None => return Some(value),
        };
        self.fail(path, rule)
    }

    fn items(&mut self, piece: &Value, items: Vec<Value>, path: &str) -> Option<Value> {
        let size = u64::try_from(items.len()).unwrap_or(u64::MAX);
        if let Some(most) = bound(piece, "maxItems")
            && size > most
        {
            return self.fail(path, &format!("size cannot be greater than {most}"));
        }
        if let Some(least) = bound(piece, "minItems")
            && size < least
        {
            return self.fail(path, &format!("size cannot be less than {least}"));
        }
        let Some(child) = piece.get("items") else {
            return Some(Value::Array(items));
        };
        let mut out = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let path = format!("{path}.{index}");
            let item = if is_blank(child, &item) {
                self.fail(&path, "must be filled")
            } else {
                self.value(child, item, &path)
            };
            out.extend(item);
        }
        Some(Value::Array(out))
    }

    fn one_of(&mut self, piece: &Value, value: Value, path: &str) -> Option<Value> {
        let Some(values) = piece.get("enum").and_then(Value::as_array) else {
            return Some(value);
        };
        if values.contains(&value) {
            return Some(value);
        }
        let names: Vec<String> = values
            .iter()
            .filter(|value| !value.is_null())
            .map(|value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
        self.fail(path, &format!("must be one of: {}", names.join(", ")))
    }
}

/// Null and texts without a letter count as not sent; a text that is kept as it is may be blanks.
fn is_blank(piece: &Value, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) if is_verbatim(piece) => text.is_empty(),
        Value::String(text) => text.trim().is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether a text is kept as sent: the blanks around a prefix or suffix belong to it.
fn is_verbatim(piece: &Value) -> bool {
    piece.get("x-verbatim") == Some(&Value::Bool(true))
}

fn bound(piece: &Value, name: &str) -> Option<u64> {
    piece.get(name).and_then(Value::as_u64)
}
