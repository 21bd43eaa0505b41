//! JSON and JSON with comments: the syntax tree is changed where the entry stands, and nowhere else.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::{Map, Value};

use super::entry::{Entry, question_ids};
use super::merge::{INPUTS, MergeError, reference};
use super::table::Form;

/// The text with the entry in it.
pub(super) fn put(
    text: &str,
    form: Form,
    servers: &str,
    name: &str,
    entry: &Entry,
) -> Result<String, MergeError> {
    let root = parse(text, form)?;
    let object = match root.value() {
        None => root.object_value_or_set(),
        Some(_) => root_object(&root)?,
    };
    if let Some(input) = &entry.input {
        put_input(&object, input)?;
    }
    let all = match member(&object, servers)? {
        Some(held) => as_object(servers, &held)?,
        None => append(&object, servers, CstInputValue::Object(Vec::new()))
            .object_value()
            .ok_or(MergeError::Harm)?,
    };
    match member(&all, name)? {
        Some(held) if data(&held).as_ref() == Some(&entry.server) => {}
        Some(held) => held.set_value(written(&entry.server)),
        None => {
            append(&all, name, written(&entry.server));
        }
    }
    let mut new = root.to_string();
    if text.trim().is_empty() && !new.ends_with('\n') {
        new.push('\n');
    }
    Ok(new)
}

/// The text without the entry, and without what was asked for it alone.
pub(super) fn take(
    text: &str,
    form: Form,
    servers: &str,
    name: &str,
) -> Result<String, MergeError> {
    let root = parse(text, form)?;
    let object = root_object(&root)?;
    if let Some(held) = member(&object, servers)?
        && let Some(held) = member(&as_object(servers, &held)?, name)?
    {
        held.remove();
    }
    let rest = root.to_string();
    if let Some(inputs) = inputs(&object)? {
        for id in question_ids(name) {
            if !rest.contains(&reference(&id))
                && let Some(node) = question(&inputs, &id)
            {
                node.remove();
            }
        }
    }
    Ok(root.to_string())
}

/// The data of a text.
pub(super) fn value(text: &str, form: Form) -> Result<Value, MergeError> {
    let root = parse(text, form)?;
    match root.value() {
        None => Ok(Value::Object(Map::new())),
        Some(_) => {
            root_object(&root)?;
            root.to_serde_value().ok_or(MergeError::Harm)
        }
    }
}

fn parse(text: &str, form: Form) -> Result<CstRootNode, MergeError> {
    // The tree takes comments whatever it is told.
    if form == Form::Json && !text.trim().is_empty() {
        strictly(text)?;
    }
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    CstRootNode::parse(text, &options).map_err(|error| MergeError::Broken {
        line: error.line_display(),
        column: error.column_display(),
        reason: error.kind().to_string(),
    })
}

/// Whether the strictest reader takes a text.
fn strictly(text: &str) -> Result<(), MergeError> {
    let read = serde_json::from_str::<Value>(text);
    read.map(drop).map_err(|error| {
        let told = error.to_string();
        let reason = told.split(" at line ").next().unwrap_or_default();
        MergeError::Broken {
            line: error.line(),
            column: error.column(),
            reason: reason.to_owned(),
        }
    })
}

fn root_object(root: &CstRootNode) -> Result<CstObject, MergeError> {
    root.object_value().ok_or_else(|| {
        MergeError::Shape("it holds something else than an object at the top".to_owned())
    })
}

/// The member of a name; one that is there twice is not touched, as clients differ in which they take.
fn member(object: &CstObject, name: &str) -> Result<Option<CstObjectProp>, MergeError> {
    let mut named = object
        .properties()
        .into_iter()
        .filter(|held| held.decoded_name().as_deref() == Some(name));
    let first = named.next();
    match named.next() {
        None => Ok(first),
        Some(_) => Err(MergeError::Shape(format!(
            "it has `{name}` twice in one object; take one of them out"
        ))),
    }
}

fn as_object(name: &str, held: &CstObjectProp) -> Result<CstObject, MergeError> {
    held.object_value().ok_or_else(|| {
        MergeError::Shape(format!("`{name}` in it is something else than an object"))
    })
}

fn data(held: &CstObjectProp) -> Option<Value> {
    held.value()?.to_serde_value()
}

fn append(object: &CstObject, name: &str, value: CstInputValue) -> CstObjectProp {
    object.append(name, value)
}

fn inputs(object: &CstObject) -> Result<Option<CstArray>, MergeError> {
    let Some(held) = member(object, INPUTS)? else {
        return Ok(None);
    };
    match held.array_value() {
        Some(inputs) => Ok(Some(inputs)),
        None => Err(MergeError::Shape(format!(
            "`{INPUTS}` in it is something else than a list"
        ))),
    }
}

fn put_input(object: &CstObject, input: &Value) -> Result<(), MergeError> {
    let inputs = match inputs(object)? {
        Some(inputs) => inputs,
        None => append(object, INPUTS, CstInputValue::Array(Vec::new()))
            .array_value()
            .ok_or(MergeError::Harm)?,
    };
    let id = input.get("id").and_then(Value::as_str).unwrap_or_default();
    // One that is there may have been worded by somebody; it asks for the same.
    if question(&inputs, id).is_none() {
        inputs.append(written(input));
    }
    Ok(())
}

fn question(inputs: &CstArray, id: &str) -> Option<CstNode> {
    inputs.elements().into_iter().find(|node| {
        let value = node.to_serde_value();
        value
            .as_ref()
            .and_then(|value| value.get("id"))
            .and_then(Value::as_str)
            == Some(id)
    })
}

/// A value as the tree takes it.
fn written(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(is) => CstInputValue::Bool(*is),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(written).collect()),
        Value::Object(map) => CstInputValue::Object(
            map.iter()
                .map(|(name, value)| (name.clone(), written(value)))
                .collect(),
        ),
    }
}
