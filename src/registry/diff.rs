//! What sets two manifests apart: actions added and removed, and what changed in the others.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::live::{Listed, Published};
use super::schema;
use crate::text::line;

/// Most characters of one form in words.
const MAX_FORM: usize = 160;

/// The difference of two manifests, from the first to the second.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// Only in the second.
    pub added: Vec<Call>,
    /// Only in the first.
    pub removed: Vec<Call>,
    /// In both, but not the same.
    pub changed: Vec<Change>,
}

/// One action, by what identifies it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Verb.
    pub method: &'static str,
    /// Path below the base.
    pub path: String,
    /// Short name.
    pub action: String,
}

/// What changed in one action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The action, as the first has it.
    #[serde(flatten)]
    pub call: Call,
    /// Its short name in the second, when that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_to: Option<String>,
    /// Arguments of its request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<Argument>,
    /// Texts that differ: `description`, `notes`, `aliases`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<&'static str>,
}

/// What changed in one argument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Argument {
    /// Dotted path; `[]` stands for the items of a list, `{}` for the values of an open map.
    pub name: String,
    /// Its form in the first, in words; absent when it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its form in the second; absent when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// Tells two manifests apart.
pub fn diff(first: &Published, second: &Published) -> Diff {
    let mut others: HashMap<_, &Listed> = second
        .actions
        .iter()
        .map(|listed| (listed.shape(), listed))
        .collect();
    let mut out = Diff::default();
    for listed in &first.actions {
        match others.remove(&listed.shape()) {
            None => out.removed.push(Call::of(listed)),
            Some(other) => out.changed.extend(change(listed, other)),
        }
    }
    let new = second
        .actions
        .iter()
        .filter(|listed| others.contains_key(&listed.shape()));
    out.added.extend(new.map(Call::of));
    out
}

impl Diff {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Actions that differ.
    pub fn count(&self) -> usize {
        self.added.len() + self.removed.len() + self.changed.len()
    }
}

impl Call {
    fn of(listed: &Listed) -> Self {
        Self {
            method: listed.method.as_str(),
            path: listed.path.clone(),
            action: listed.action.clone(),
        }
    }
}

fn change(first: &Listed, second: &Listed) -> Option<Change> {
    let mut texts = Vec::new();
    if first.description != second.description {
        texts.push("description");
    }
    if first.notes != second.notes {
        texts.push("notes");
    }
    if first.aliases != second.aliases {
        texts.push("aliases");
    }
    let change = Change {
        call: Call::of(first),
        renamed_to: (first.action != second.action).then(|| second.action.clone()),
        arguments: arguments(first.request.as_ref(), second.request.as_ref()),
        texts,
    };
    let same =
        change.renamed_to.is_none() && change.arguments.is_empty() && change.texts.is_empty();
    (!same).then_some(change)
}

fn arguments(
    first: Option<&Map<String, Value>>,
    second: Option<&Map<String, Value>>,
) -> Vec<Argument> {
    let forms = |request: Option<&Map<String, Value>>| {
        let mut forms = Map::new();
        if let Some(request) = request {
            collect(&Value::Object(request.clone()), "", &mut forms);
        }
        forms
    };
    let (first, mut second) = (forms(first), forms(second));
    let text = |form: &Value| form.as_str().map(|form| line(form, MAX_FORM));
    let mut out = Vec::new();
    for (name, form) in &first {
        let to = second.shift_remove(name);
        if to.as_ref() != Some(form) {
            out.push(Argument {
                name: name.clone(),
                from: text(form),
                to: to.as_ref().and_then(text),
            });
        }
    }
    out.extend(second.iter().map(|(name, form)| Argument {
        name: name.clone(),
        from: None,
        to: text(form),
    }));
    out
}

/// The form of every argument below a schema, by dotted path.
fn collect(piece: &Value, path: &str, forms: &mut Map<String, Value>) {
    let required = piece.get("required").and_then(Value::as_array);
    for (name, child) in schema::properties(piece).into_iter().flatten() {
        let name = line(name, MAX_FORM);
        let below = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let needed =
            required.is_some_and(|names| names.iter().any(|other| *other == name.as_str()));
        let mut form = words(child);
        if needed {
            form.push_str(", required");
        }
        forms.insert(below.clone(), Value::String(form));
        collect(child, &below, forms);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(child @ Value::Object(_)) = piece.get(key) {
            let below = format!("{path}{mark}");
            forms.insert(below.clone(), Value::String(words(child)));
            collect(child, &below, forms);
        }
    }
}

/// One piece in words: its type, then every other keyword that narrows it.
fn words(piece: &Value) -> String {
    let mut parts = Vec::new();
    match piece.get("type") {
        Some(Value::String(name)) => parts.push(name.clone()),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str);
            parts.push(names.collect::<Vec<_>>().join(" or "));
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            parts.push("any".to_owned());
        }
    }
    for (key, value) in piece.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("type" | "properties" | "required" | "description", _)
            | ("items" | "additionalProperties", Value::Object(_)) => {}
            ("enum", Value::Array(values)) => {
                let values: Vec<String> = values
                    .iter()
                    .map(|value| {
                        value
                            .as_str()
                            .map_or_else(|| value.to_string(), str::to_owned)
                    })
                    .collect();
                parts.push(format!("one of {}", values.join(" ")));
            }
            _ => parts.push(format!("{key} {value}")),
        }
    }
    parts.join(", ")
}

impl fmt::Display for Diff {
    /// A table for people: one line an action, the arguments below it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = self.added.iter().chain(&self.removed);
        let calls = calls.chain(self.changed.iter().map(|change| &change.call));
        let width = calls.map(|call| call.path.len()).max().unwrap_or_default();
        let row = |out: &mut fmt::Formatter<'_>, what: &str, call: &Call| {
            let Call {
                method,
                path,
                action,
            } = call;
            write!(out, "{what:7}  {method:6}  {path:width$}  {action}")
        };
        for call in &self.added {
            row(out, "added", call)?;
            writeln!(out)?;
        }
        for call in &self.removed {
            row(out, "removed", call)?;
            writeln!(out)?;
        }
        for change in &self.changed {
            row(out, "changed", &change.call)?;
            if let Some(name) = &change.renamed_to {
                write!(out, " -> {name}")?;
            }
            writeln!(out)?;
            for Argument { name, from, to } in &change.arguments {
                match (from, to) {
                    (Some(from), Some(to)) => writeln!(out, "         ~ {name}: {from} -> {to}")?,
                    (Some(from), None) => writeln!(out, "         - {name}: {from}")?,
                    (None, Some(to)) => writeln!(out, "         + {name}: {to}")?,
                    (None, None) => {}
                }
            }
            if !change.texts.is_empty() {
                writeln!(out, "         text: {}", change.texts.join(", "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn published(actions: Value) -> Published {
        Published::read(&json!({"version": "v2", "actions": actions})).unwrap()
    }

    fn two() -> Diff {
        let first = published(json!([
            {"name": "list", "method": "GET", "path": "/things", "description": "List.",
                "request_schema": {"type": "object", "required": ["gone"], "properties": {
                    "gone": {"type": "string"}, "same": {"type": "boolean", "description": "a"},
                    "count": {"type": "integer", "minimum": 1},
                    "box": {"type": "object", "properties": {"size": {}}}}}},
            {"name": "read", "method": "GET", "path": "/things/:id"},
            {"name": "old", "method": "POST", "path": "/things/old"}]));
        let second = published(json!([
            {"name": "read", "method": "GET", "path": "/things/:thing_id"},
            {"name": "index", "method": "GET", "path": "/things", "description": "Other.",
                "notes": "N.", "aliases": ["a"],
                "request_schema": {"type": "object", "required": ["count"], "properties": {
                    "same": {"type": "boolean", "description": "b"},
                    "count": {"type": ["integer", "null"], "minimum": 1},
                    "box": {"type": "object", "properties": {"size": {"enum": ["s", "l"]}}},
                    "tags": {"type": "array", "items": {"type": "string", "maxLength": 9}}}}},
            {"name": "new", "method": "POST", "path": "/things/:id/new"}]));
        diff(&first, &second)
    }

    #[test]
    fn equal_manifests_have_no_difference() {
        let one = published(json!([{"name": "a", "method": "GET", "path": "/a"}]));
        let none = diff(&one, &one);
        assert_eq!(none, Diff::default());
        assert!(none.is_empty());
        assert_eq!(none.to_string(), "");
    }

    #[test]
    fn every_kind_of_difference_is_told_for_programs() {
        assert_eq!(
            serde_json::to_value(two()).unwrap(),
            json!({
                "added": [{"method": "POST", "path": "/things/:id/new", "action": "new"}],
                "removed": [{"method": "POST", "path": "/things/old", "action": "old"}],
                "changed": [{"method": "GET", "path": "/things", "action": "list",
                    "renamed_to": "index",
                    "arguments": [
                        {"name": "gone", "from": "string, required"},
                        {"name": "count", "from": "integer, minimum 1",
                            "to": "integer or null, minimum 1, required"},
                        {"name": "box.size", "from": "any", "to": "any, one of s l"},
                        {"name": "tags", "to": "array"},
                        {"name": "tags[]", "to": "string, maxLength 9"}],
                    "texts": ["description", "notes", "aliases"]}]})
        );
    }

    #[test]
    fn every_kind_of_difference_is_told_for_people() {
        assert_eq!(
            two().to_string(),
            "added    POST    /things/:id/new  new\n\
             removed  POST    /things/old      old\n\
             changed  GET     /things          list -> index\n\
             \x20        - gone: string, required\n\
             \x20        ~ count: integer, minimum 1 -> integer or null, minimum 1, required\n\
             \x20        ~ box.size: any -> any, one of s l\n\
             \x20        + tags: array\n\
             \x20        + tags[]: string, maxLength 9\n\
             \x20        text: description, notes, aliases\n"
        );
    }
}
