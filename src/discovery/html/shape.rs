//! Schemas as people read them: arguments one a line, and an answer as a sketch of its JSON.

use serde_json::{Map, Value};

use super::markup::Markup;
use crate::registry::schema::{is_nullable, open_map, properties, scalar_type};

/// Deeper than any schema of ours.
const MAX_DEPTH: usize = 12;

/// The arguments of an input schema: dotted names, types, what is required, what each is for.
pub(super) fn arguments(out: &mut Markup, schema: &Map<String, Value>) {
    let schema = Value::Object(schema.clone());
    if properties(&schema).is_none_or(Map::is_empty) {
        out.raw("<p>None.</p>");
        return;
    }
    out.raw("<dl class=args>");
    below(out, &schema, "", 0);
    out.raw("</dl>");
}

fn below(out: &mut Markup, schema: &Value, prefix: &str, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    let required = schema.get("required").and_then(Value::as_array);
    for (name, piece) in properties(schema).into_iter().flatten() {
        let path = format!("{prefix}{name}");
        let is_required = required.is_some_and(|names| names.iter().any(|other| other == name));
        argument(out, &path, piece, is_required);
        below(out, piece, &format!("{path}."), depth + 1);
        if let Some(items) = piece.get("items") {
            below(out, items, &format!("{path}[]."), depth + 1);
        }
    }
}

fn argument(out: &mut Markup, path: &str, piece: &Value, is_required: bool) {
    out.within("<div><dt><code>", path, "</code>");
    if is_required {
        out.raw(" <b>required</b>");
    }
    out.raw("</dt><dd><i>").prose(&kind(piece)).raw("</i>");
    if let Some(text) = piece.get("description").and_then(Value::as_str) {
        out.raw(" ").prose(text);
    }
    out.raw("</dd></div>");
}

/// A type in words, with its bounds and values.
fn kind(piece: &Value) -> String {
    if let Some(values) = piece.get("enum").and_then(Value::as_array) {
        let values: Vec<String> = values
            .iter()
            .map(|value| format!("`{}`", bare(value)))
            .collect();
        return values.join(" or ");
    }
    let number = |name: &str| piece.get(name).filter(|bound| bound.is_number());
    let name = match scalar_type(piece) {
        Some("string") => string(piece).to_owned(),
        Some("array") => {
            let items = piece.get("items").map_or("anything".to_owned(), kind);
            format!("list of {items}")
        }
        Some("boolean") => "`true` or `false`".to_owned(),
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    };
    let from = ["minimum", "minItems"].into_iter().find_map(number);
    let to = ["maximum", "maxItems", "maxLength"]
        .into_iter()
        .find_map(number);
    let unit = match scalar_type(piece) {
        Some("string") => " characters",
        Some(_) | None => "",
    };
    match (from, to) {
        (Some(from), Some(to)) => format!("{name}, {from} to {to}{unit}"),
        (Some(from), None) => format!("{name}, {from} or more"),
        (None, Some(to)) => format!("{name}, at most {to}{unit}"),
        (None, None) => name,
    }
}

/// What the letters of a text are.
fn string(piece: &Value) -> &'static str {
    let is = |key: &str, value: &str| piece.get(key).and_then(Value::as_str) == Some(value);
    if piece.get("x-decimal") == Some(&Value::Bool(true)) {
        "decimal number as text"
    } else if is("format", "date-time") {
        "time (ISO 8601)"
    } else if is("format", "date") {
        "date (ISO 8601)"
    } else {
        "text"
    }
}

fn bare(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A sketch of the JSON that an answer holds, with what each field says behind it.
pub(super) fn sketch(out: &mut Markup, schema: &Value) {
    out.raw("<pre class=shape>");
    value(out, schema, 0, None);
    out.raw("</pre>");
}

fn value(out: &mut Markup, piece: &Value, depth: usize, about: Option<&Value>) {
    let fields = properties(piece).filter(|fields| !fields.is_empty() && depth < MAX_DEPTH);
    if let Some(fields) = fields {
        out.raw("{");
        comment(out, about.unwrap_or(piece));
        for (name, field) in fields {
            indent(out, depth + 1);
            out.text(name).raw(": ");
            value(out, field, depth + 1, None);
        }
        indent(out, depth);
        out.raw("}");
        return;
    }
    if let Some(values) = open_map(piece) {
        out.raw("{");
        comment(out, about.unwrap_or(piece));
        indent(out, depth + 1);
        out.raw("(each key): ");
        value(out, values, depth + 1, None);
        indent(out, depth);
        out.raw("}");
        return;
    }
    let items = piece
        .get("items")
        .filter(|_| scalar_type(piece) == Some("array"));
    if let Some(items) = items.filter(|items| properties(items).is_some()) {
        out.raw("[");
        value(out, items, depth, Some(piece));
        out.raw("]");
        return;
    }
    out.text(&plain(piece));
    comment(out, about.unwrap_or(piece));
}

/// A type without fields.
fn plain(piece: &Value) -> String {
    let null = match is_nullable(piece) {
        true => " or null",
        false => "",
    };
    if let Some(values) = piece.get("enum").and_then(Value::as_array) {
        let values = values.iter().filter(|value| !value.is_null());
        let values: Vec<String> = values.map(Value::to_string).collect();
        return format!("{}{null}", values.join(" or "));
    }
    let name = match scalar_type(piece) {
        Some("string") => string(piece).to_owned(),
        Some("array") => format!("[{}]", piece.get("items").map_or_else(String::new, plain)),
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    };
    format!("{name}{null}")
}

/// What a field says, and whose text it is.
fn comment(out: &mut Markup, piece: &Value) {
    let said = piece.get("description").and_then(Value::as_str);
    let pii = piece.get("x-pii").and_then(Value::as_str);
    let foreign = piece.get("x-untrusted") == Some(&Value::Bool(true));
    if said.is_none() && pii.is_none() && !foreign {
        return;
    }
    out.raw("  <i>");
    out.text(said.unwrap_or_default());
    if let Some(pii) = pii {
        out.raw(" <b>personal: ").text(pii).raw("</b>");
    }
    if foreign {
        out.raw(" <b>written by others</b>");
    }
    out.raw("</i>");
}

fn indent(out: &mut Markup, depth: usize) {
    out.raw("\n");
    for _ in 0..depth {
        out.raw("  ");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_have_their_dotted_name_their_type_and_what_is_required() {
        let schema = json!({"type": "object", "required": ["id"], "properties": {
            "id": {"type": "string", "maxLength": 36, "description": "Offer `id`."},
            "limit": {"type": "integer", "minimum": 1, "maximum": 200, "description": "Most rows."},
            "rows": {"type": "array", "maxItems": 5, "items": {"type": "object", "required": ["on"],
                "properties": {"on": {"type": "boolean"}}}},
            "state": {"type": "string", "enum": ["a", "b"]},
            "at": {"type": "string", "format": "date-time"}}});
        let mut out = Markup::default();
        arguments(&mut out, schema.as_object().unwrap());
        assert_eq!(
            out.finish().replace("<div>", "\n<div>"),
            "<dl class=args>\n\
             <div><dt><code>id</code> <b>required</b></dt><dd><i>text, at most 36 characters</i> Offer <code>id</code>.</dd></div>\n\
             <div><dt><code>limit</code></dt><dd><i>integer, 1 to 200</i> Most rows.</dd></div>\n\
             <div><dt><code>rows</code></dt><dd><i>list of object, at most 5</i></dd></div>\n\
             <div><dt><code>rows[].on</code> <b>required</b></dt><dd><i><code>true</code> or <code>false</code></i></dd></div>\n\
             <div><dt><code>state</code></dt><dd><i><code>a</code> or <code>b</code></i></dd></div>\n\
             <div><dt><code>at</code></dt><dd><i>time (ISO 8601)</i></dd></div></dl>"
        );
        let mut none = Markup::default();
        arguments(&mut none, &Map::new());
        assert_eq!(none.finish(), "<p>None.</p>");
    }

    #[test]
    fn an_answer_is_sketched_with_whose_text_a_field_is() {
        let schema = json!({"type": "object", "properties": {
            "rows": {"type": "array", "description": "Newest first.", "items": {"type": "object",
                "properties": {
                    "email": {"type": ["string", "null"], "x-pii": "email", "x-untrusted": true},
                    "price": {"type": "string", "x-decimal": true, "description": "Price."},
                    "tags": {"type": "array", "items": {"type": "string"}}}}},
            "locales": {"type": "object", "additionalProperties": {"type": "string"}},
            "kind": {"type": ["string", "null"], "enum": ["a", "b", null]}}});
        let mut out = Markup::default();
        sketch(&mut out, &schema);
        assert_eq!(
            out.finish(),
            "<pre class=shape>{\n\
            \u{20} rows: [{  <i>Newest first.</i>\n\
            \u{20}   email: text or null  <i> <b>personal: email</b> <b>written by others</b></i>\n\
            \u{20}   price: decimal number as text  <i>Price.</i>\n\
            \u{20}   tags: [text]\n\
            \u{20} }]\n\
            \u{20} locales: {\n\
            \u{20}   (each key): text\n\
            \u{20} }\n\
            \u{20} kind: &quot;a&quot; or &quot;b&quot; or null\n\
            }</pre>"
        );
    }
}
