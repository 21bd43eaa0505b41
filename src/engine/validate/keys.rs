//! Keys that no schema has, at every level: the API ignores them, so a setting with a slip in its
//! name would be lost without a word.

use serde_json::{Map, Value};

use super::explain;
use super::mistakes::Mistakes;
use crate::registry::template::lookup;
use crate::registry::transform::is_paging;
use crate::registry::{nearest, schema};

type Properties = Map<String, Value>;

/// The arguments as a whole, to look in for the place of a key that stands at the wrong level.
#[derive(Clone, Copy)]
struct Whole<'a> {
    properties: &'a Properties,
    arguments: &'a Map<String, Value>,
}

impl Whole<'_> {
    /// The dotted path that a key of that name can be meant for: the only one there is, or the only
    /// one that is free where the caller gave the object around it.
    fn place(self, name: &str) -> Option<String> {
        let mut found = Vec::new();
        places(self.properties, "", name, &mut found);
        if let [only] = found.as_slice() {
            return Some(only.clone());
        }
        found.retain(|path| self.is_free(path));
        match found.as_slice() {
            [only] => Some(only.clone()),
            [] | [_, _, ..] => None,
        }
    }

    fn is_free(self, path: &str) -> bool {
        let Some((parent, name)) = path.rsplit_once('.') else {
            return !self.arguments.contains_key(path);
        };
        lookup(self.arguments, parent)
            .and_then(Value::as_object)
            .is_some_and(|map| !map.contains_key(name))
    }
}

/// Refuses the unknown keys of the arguments themselves.
pub(super) fn check(
    properties: &Properties,
    arguments: &Map<String, Value>,
    mistakes: &mut Mistakes,
) {
    let whole = Whole {
        properties,
        arguments,
    };
    unknown_at(properties, Some(whole), arguments, "", mistakes);
}

/// Refuses the unknown keys of everything below the arguments.
pub(super) fn check_below(
    properties: &Properties,
    arguments: &Map<String, Value>,
    mistakes: &mut Mistakes,
) {
    let whole = Whole {
        properties,
        arguments,
    };
    for (name, piece) in properties {
        if let Some(value) = arguments.get(name) {
            unknown_below(piece, Some(whole), value, name, mistakes);
        }
    }
}

/// Refuses the unknown keys of one level; `level` is its dotted path, with a dot at the end unless it
/// is the root.
fn unknown_at(
    properties: &Properties,
    whole: Option<Whole<'_>>,
    map: &Map<String, Value>,
    level: &str,
    mistakes: &mut Mistakes,
) {
    let unknown: Vec<&String> = map
        .keys()
        .filter(|name| !properties.contains_key(*name))
        .collect();
    if unknown.is_empty() {
        return;
    }
    let names = || properties.keys().map(String::as_str);
    let valid: Vec<String> = names().map(|name| format!("{level}{name}")).collect();
    for name in unknown {
        mistakes.add_listing(level, &valid, || {
            let shown = explain::short(name);
            if level.is_empty() && is_path(properties, name) {
                return format!(
                    "there is no argument `{shown}`: a dot means nesting, so pass {}",
                    nested(name)
                );
            }
            let near = whole
                .and_then(|whole| whole.place(name))
                .or_else(|| Some(format!("{level}{}", nearest(name, names())?)))
                .map(|near| format!(", did you mean `{near}`?"))
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

/// Whether a key is written as a path to what the schema has: errors and `clear` name fields so.
fn is_path(properties: &Properties, key: &str) -> bool {
    match key.split_once('.') {
        None => properties.contains_key(key),
        Some((head, rest)) => properties
            .get(head)
            .and_then(schema::properties)
            .is_some_and(|inner| is_path(inner, rest)),
    }
}

/// The objects that a path stands for.
fn nested(path: &str) -> String {
    match path.split_once('.') {
        None => format!("{{\"{path}\": …}}"),
        Some((head, rest)) => format!("{{\"{head}\": {}}}", nested(rest)),
    }
}

fn places(properties: &Properties, prefix: &str, name: &str, found: &mut Vec<String>) {
    for (key, piece) in properties {
        if key == name {
            found.push(format!("{prefix}{key}"));
        }
        if let Some(inner) = schema::properties(piece) {
            places(inner, &format!("{prefix}{key}."), name, found);
        }
    }
}

/// Refuses the unknown keys of everything below a value.
fn unknown_below(
    piece: &Value,
    whole: Option<Whole<'_>>,
    value: &Value,
    path: &str,
    mistakes: &mut Mistakes,
) {
    match value {
        Value::Object(map) => {
            let Some(properties) = schema::properties(piece) else {
                return;
            };
            unknown_at(properties, whole, map, &format!("{path}."), mistakes);
            for (name, child) in properties {
                if let Some(inner) = map.get(name) {
                    unknown_below(child, whole, inner, &format!("{path}.{name}"), mistakes);
                }
            }
        }
        Value::Array(items) => {
            // Plain members have no keys.
            let Some(child) = piece.get("items").filter(|child| has_keys(child)) else {
                return;
            };
            for (index, item) in items.iter().enumerate() {
                // What one of many members holds has no place outside of it.
                unknown_below(child, None, item, &format!("{path}.{index}"), mistakes);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn has_keys(piece: &Value) -> bool {
    matches!(schema::scalar_type(piece), Some("object" | "array"))
}
