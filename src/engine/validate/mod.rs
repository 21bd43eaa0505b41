//! Checks arguments before anything costs anything, and says exactly what is wrong with them.

mod coerce;
mod explain;

use serde_json::{Map, Value, json};

use super::{CallError, ErrorKind};
use crate::registry::transform::is_paging;
use crate::registry::{Action, nearest, schema};

/// Mistakes told at once.
const MAX_MISTAKES: usize = 5;

/// What is wrong with one call's arguments: the first few in words, the rest counted, so that a
/// flood of mistakes costs no more than a handful.
#[derive(Debug, Default)]
struct Mistakes {
    told: Vec<String>,
    more: usize,
    /// The level whose valid keys were named already.
    listed: Option<String>,
}

impl Mistakes {
    fn add(&mut self, text: impl FnOnce() -> String) {
        if self.told.len() < MAX_MISTAKES {
            self.told.push(text());
        } else {
            self.more += 1;
        }
    }

    /// Adds one whose words end with the valid keys of a level, unless they were just named.
    fn add_listing(&mut self, level: &str, valid: &[String], text: impl FnOnce() -> String) {
        let listed = self.listed.as_deref() == Some(level);
        self.add(|| {
            let text = text();
            if listed {
                text
            } else if valid.is_empty() {
                format!("{text} (it takes none)")
            } else {
                format!("{text} (valid: {})", valid.join(", "))
            }
        });
        if !listed {
            self.listed = Some(level.to_owned());
        }
    }
}

/// The arguments in the form the schema wants: harmless slips of clients mended, null left out.
///
/// # Errors
/// With every mistake, the valid keys or values, the nearest of them, and an example.
pub(super) fn validate(
    action: &Action,
    mut arguments: Map<String, Value>,
) -> Result<Map<String, Value>, CallError> {
    let root = action.input_schema();
    let properties = root.get("properties").and_then(Value::as_object);
    let mut mistakes = Mistakes::default();
    let paging = take_paging(action, &mut arguments, &mut mistakes);
    unknown_keys(properties, &arguments, "", &mut mistakes);
    coerce::object(properties, &mut arguments);
    for (name, piece) in properties.into_iter().flatten() {
        if let Some(value) = arguments.get(name) {
            unknown_below(piece, value, name, &mut mistakes);
        }
    }
    check(action, &arguments, &mut mistakes)?;
    check_fields(action, &arguments, &mut mistakes);
    check_change(action, properties, &arguments, &mut mistakes);
    if mistakes.told.is_empty() {
        arguments.extend(paging);
        return Ok(arguments);
    }
    Err(refuse(action, mistakes))
}

fn refuse(action: &Action, mistakes: Mistakes) -> CallError {
    let mut told = mistakes.told;
    if mistakes.more > 0 {
        told.push(format!("{} more mistakes", mistakes.more));
    }
    let example = action.entry().examples.first().map_or_else(
        || "Correct the arguments and call again.".to_owned(),
        |example| {
            let arguments = Value::Object(example.arguments.clone());
            format!("Nothing was sent. Example arguments: {arguments}")
        },
    );
    CallError::new(
        ErrorKind::Arguments,
        format!("`{}` was not called: {}.", action.name(), told.join("; ")),
        example,
    )
}

/// Takes `page` and `per_page` out: accepted from clients who know the API, though the schema shows
/// `limit` and `cursor` in their place.
fn take_paging(
    action: &Action,
    arguments: &mut Map<String, Value>,
    mistakes: &mut Mistakes,
) -> Map<String, Value> {
    let mut taken = Map::new();
    let Some(rows) = action.rows().filter(|rows| rows.paged) else {
        return taken;
    };
    for (name, max) in [("page", u64::from(u32::MAX)), ("per_page", rows.max)] {
        let Some(mut value) = arguments.shift_remove(name) else {
            continue;
        };
        coerce::value(&json!({"type": "integer"}), &mut value);
        match value.as_u64() {
            Some(number) if (1..=max).contains(&number) => {
                taken.insert(name.to_owned(), json!(number));
            }
            _ if value.is_null() => {}
            _ => mistakes.add(|| format!("`{name}` must be an integer from 1 to {max}")),
        }
    }
    taken
}

/// Refuses the keys of one level that its schema does not have; `level` is its dotted path, with a
/// dot at the end unless it is the root.
fn unknown_keys(
    properties: Option<&Map<String, Value>>,
    map: &Map<String, Value>,
    level: &str,
    mistakes: &mut Mistakes,
) {
    let known = |name: &str| properties.is_some_and(|properties| properties.contains_key(name));
    let unknown: Vec<&String> = map.keys().filter(|name| !known(name)).collect();
    if unknown.is_empty() {
        return;
    }
    let names = || properties.into_iter().flatten().map(|(name, _)| name);
    let valid: Vec<String> = names().map(|name| format!("{level}{name}")).collect();
    for name in unknown {
        mistakes.add_listing(level, &valid, || {
            let shown = explain::short(name);
            let near = nearest(&shown, names().map(String::as_str))
                .map(|near| format!(", did you mean `{level}{near}`?"))
                .unwrap_or_default();
            let paging = if level.is_empty() && is_paging(name) {
                " (this action has no pages)"
            } else {
                ""
            };
            format!("there is no argument `{level}{shown}`{near}{paging}")
        });
    }
}

/// The same for everything below a value: the API ignores keys it does not know, so a setting with
/// a slip in its name would be lost without a word.
fn unknown_below(piece: &Value, value: &Value, path: &str, mistakes: &mut Mistakes) {
    match value {
        Value::Object(map) => {
            let Some(properties) = schema::properties(piece) else {
                return;
            };
            unknown_keys(Some(properties), map, &format!("{path}."), mistakes);
            for (name, child) in properties {
                if let Some(inner) = map.get(name) {
                    unknown_below(child, inner, &format!("{path}.{name}"), mistakes);
                }
            }
        }
        Value::Array(items) => {
            // Plain members have no keys.
            let Some(child) = piece.get("items").filter(|child| has_keys(child)) else {
                return;
            };
            for (index, item) in items.iter().enumerate() {
                unknown_below(child, item, &format!("{path}.{index}"), mistakes);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn has_keys(piece: &Value) -> bool {
    matches!(schema::scalar_type(piece), Some("object" | "array"))
}

fn check(
    action: &Action,
    arguments: &Map<String, Value>,
    mistakes: &mut Mistakes,
) -> Result<(), CallError> {
    let validator = action.input_validator().ok_or_else(|| {
        CallError::new(
            ErrorKind::Internal,
            format!("The schema of `{}` cannot be used.", action.name()),
            "Nothing was sent. Run `stoq-mcp registry lint` on the registry in use.",
        )
    })?;
    let instance = Value::Object(arguments.clone());
    if !validator.is_valid(&instance) {
        let errors = validator.iter_errors(&instance);
        for error in errors.filter(|error| !explain::is_told_elsewhere(error)) {
            mistakes.add(|| explain::mistake(action, &error));
        }
    }
    Ok(())
}

/// A settings write changes something: the API refuses an empty one, and null counts as absent.
fn check_change(
    action: &Action,
    properties: Option<&Map<String, Value>>,
    arguments: &Map<String, Value>,
    mistakes: &mut Mistakes,
) {
    let is_id = |name: &str| action.placeholders().any(|placeholder| placeholder == name);
    let changes = arguments
        .iter()
        .any(|(name, value)| !is_id(name) && says_something(name, value));
    if !action.entry().method.is_partial() || changes {
        return;
    }
    mistakes.add(|| {
        let names = properties.into_iter().flatten().map(|(name, _)| name);
        let names: Vec<&str> = names
            .map(String::as_str)
            .filter(|name| !is_id(name))
            .collect();
        let nulls = if names.contains(&"clear") {
            "; null counts as absent, `clear` sets fields to null"
        } else {
            ""
        };
        format!(
            "there is nothing to change; pass at least one of {}{nulls}",
            names.join(", ")
        )
    });
}

fn says_something(name: &str, value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(name, inner)| says_something(name, inner)),
        // An empty list is a value; only an empty list of fields to clear says nothing.
        Value::Array(items) => name != "clear" || !items.is_empty(),
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// Every field asked for is one the rows have.
fn check_fields(action: &Action, arguments: &Map<String, Value>, mistakes: &mut Mistakes) {
    let (Some(rows), Some(Value::Array(fields))) = (action.rows(), arguments.get("fields")) else {
        return;
    };
    let Some(row) = schema::properties(action.response_schema())
        .and_then(|properties| properties.get(&rows.key))
        .and_then(|piece| piece.get("items"))
        .filter(|row| schema::properties(row).is_some())
    else {
        return;
    };
    let mut valid = Vec::new();
    leaves(row, "", &mut valid);
    for field in fields.iter().filter_map(Value::as_str) {
        let mut piece = Some(row);
        for part in field.split('.') {
            piece = piece
                .and_then(schema::properties)
                .and_then(|properties| properties.get(part));
        }
        if piece.is_none() {
            mistakes.add_listing("fields", &valid, || {
                let field = explain::short(field);
                let near = nearest(&field, valid.iter().map(String::as_str))
                    .map(|near| format!(", did you mean `{near}`?"))
                    .unwrap_or_default();
                format!("`fields`: the rows have no field `{field}`{near}")
            });
        }
    }
}

fn leaves(piece: &Value, prefix: &str, found: &mut Vec<String>) {
    for (name, child) in schema::properties(piece).into_iter().flatten() {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if schema::properties(child).is_some_and(|inner| !inner.is_empty()) {
            leaves(child, &path, found);
        } else {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn mistakes(action: &str, arguments: Value) -> String {
        let registry = Registry::bundled().unwrap();
        let Value::Object(arguments) = arguments else {
            panic!("an object");
        };
        validate(registry.get(action).unwrap(), arguments)
            .unwrap_err()
            .what
    }

    #[test]
    fn a_slip_below_the_root_is_never_lost() {
        assert_eq!(
            mistakes(
                "back_in_stock_settings_delivery_update",
                json!({"batching": {"enabeld": true, "x": 1}, "stock_threshold": 2}),
            ),
            "`back_in_stock_settings_delivery_update` was not called: \
             there is no argument `batching.enabeld`, did you mean `batching.enabled`? \
             (valid: batching.enabled, batching.batch_size, batching.interval_minutes); \
             there is no argument `batching.x`."
        );
    }

    #[test]
    fn a_settings_write_changes_something() {
        for nothing in [json!({}), json!({"batching": {"enabled": null}})] {
            assert_eq!(
                mistakes("back_in_stock_settings_delivery_update", nothing),
                "`back_in_stock_settings_delivery_update` was not called: there is nothing to change; \
                 pass at least one of batching, stock_threshold, shopify_location_ids, any_variant."
            );
        }
    }

    #[test]
    fn a_flood_of_mistakes_is_counted_and_stays_short() {
        let flood: Map<String, Value> = (0..100_000)
            .map(|n| (format!("{}{n}", "key".repeat(20)), Value::Bool(true)))
            .collect();
        // Comparing names takes time that grows with their length; the caller's is cut first.
        let started = std::time::Instant::now();
        mistakes(
            "back_in_stock_signups_list",
            json!({"x".repeat(4 << 20): 1, "channel": "e".repeat(4 << 20)}),
        );
        assert!(started.elapsed() < std::time::Duration::from_secs(1));
        let text = mistakes("back_in_stock_signups_list", Value::Object(flood));
        assert!(text.ends_with("; 99995 more mistakes."), "{text}");
        let fields = vec!["nope"; 100_000];
        let more = mistakes("back_in_stock_signups_list", json!({"fields": fields}));
        assert!(text.len() < 1_500 && more.len() < 1_500, "{more}");
    }
}
