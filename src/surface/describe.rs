//! The tool `describe_actions`: how to call an action, in few words.

use serde_json::{Map, Value, json};

use super::{Surface, executor, house};
use crate::engine::{CallError, Engine, Outcome, Shown, Status};
use crate::registry::transform::{CONFIRM, IDEMPOTENCY_KEY, OURS};
use crate::registry::{Action, schema};
use crate::tokens::estimate;

/// Tokens of one answer, as of any other (clients warn at 10,000).
const BUDGET: usize = 8_000;
/// Examples shown of each.
const EXAMPLES: usize = 2;
/// Bytes that an example after the first may have: about 50 tokens.
const SHORT: usize = 160;
/// Objects within one record whose fields are named; those of deeper ones are counted when they are
/// more than a few.
const DEPTH: usize = 2;
const FEW: usize = 3;

/// Runs one call of the tool.
pub(super) fn describe(
    engine: &Engine,
    surface: &Surface,
    arguments: Map<String, Value>,
) -> Result<Outcome, CallError> {
    let arguments = house::arguments("describe_actions", arguments)?;
    let names = arguments.get("names").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    let mut described = Vec::new();
    let mut left = BUDGET;
    let mut left_out = Vec::new();
    for name in names {
        let action = engine
            .offered(name.trim())
            .map_err(|error| surface.unknown(error, name))?;
        let shown = one(engine, surface, action);
        let size = estimate(&shown.to_string());
        if described.is_empty() || size <= left {
            left = left.saturating_sub(size);
            described.push(shown);
        } else {
            left_out.push(format!("`{}`", action.name()));
        }
    }
    let mut outcome = Outcome::new(Status::Ok);
    if !left_out.is_empty() {
        outcome.add_note(&format!(
            "Too large to describe at once; ask again for {}.",
            left_out.join(", ")
        ));
    }
    outcome.data = Some(Shown::ours(json!({"actions": described})));
    Ok(outcome)
}

/// One action, as the tool shows it.
fn one(engine: &Engine, surface: &Surface, action: &Action) -> Value {
    let entry = action.entry();
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("name", json!(entry.name));
    put("tool", json!(surface.tool_of(&entry.name, entry.class)));
    put("class", json!(entry.class.as_str()));
    let raised: Vec<String> = entry.raises.iter().map(raised).collect();
    if !raised.is_empty() {
        put("raised", json!(raised));
    }
    put("points", json!(entry.points()));
    put("provenance", json!(entry.provenance.as_str()));
    put("description", json!(entry.description));
    if let Some(notes) = &entry.notes {
        put("notes", json!(notes));
    }
    put("input_schema", input(action));
    put("output", json!(output(action)));
    if !entry.preconditions.is_empty() {
        put("preconditions", json!(entry.preconditions));
    }
    put("examples", json!(examples(action)));
    let next = entry.next.iter();
    let next: Vec<&String> = next.filter(|name| engine.find(name).is_some()).collect();
    if !next.is_empty() {
        put("next", json!(next));
    }
    Value::Object(out)
}

fn raised(rule: &crate::registry::entry::Raise) -> String {
    let value = rule
        .equals
        .as_ref()
        .map_or_else(String::new, |value| format!(" = {value}"));
    format!(
        "{}{value}: {}, by {} ({})",
        rule.argument,
        rule.class.as_str(),
        executor(rule.class),
        rule.why
    )
}

/// The first example, and the second unless it is long.
fn examples(action: &Action) -> Vec<&Map<String, Value>> {
    let examples = action.entry().examples.iter().take(EXAMPLES);
    let examples = examples.map(|example| &example.arguments).enumerate();
    let shown =
        examples.filter(|(at, arguments)| *at == 0 || json!(arguments).to_string().len() <= SHORT);
    shown.map(|(_, arguments)| arguments).collect()
}

/// The input schema, without what the instructions say of every list and job once, and without what
/// another keyword of it says.
fn input(action: &Action) -> Value {
    let mut root = action.input_schema().as_ref().clone();
    root.shift_remove("additionalProperties");
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        properties.values_mut().for_each(thin);
        let theirs = schema::properties(action.request_schema());
        // The executor has these beside its `arguments`.
        for name in [CONFIRM, IDEMPOTENCY_KEY] {
            if !theirs.is_some_and(|theirs| theirs.contains_key(name)) {
                properties.shift_remove(name);
            }
        }
        for name in OURS {
            let is_theirs = theirs.is_some_and(|theirs| theirs.contains_key(name));
            if let Some(Value::Object(piece)) = properties.get_mut(name).filter(|_| !is_theirs) {
                piece
                    .retain(|key, _| matches!(key.as_str(), "type" | "items" | "maximum" | "enum"));
                if let Some(Value::Object(items)) = piece.get_mut("items") {
                    items.shift_remove("maxLength");
                }
            }
        }
    }
    Value::Object(root)
}

/// Takes out of a piece and all below it the types that its enum or its properties show.
fn thin(piece: &mut Value) {
    let Value::Object(map) = piece else { return };
    if map.contains_key("enum") || map.contains_key("properties") {
        map.shift_remove("type");
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(thin);
    }
    map.get_mut("items").into_iter().for_each(thin);
}

/// The fields of the answer: `[]` marks a list, parentheses hold what is nested.
fn output(action: &Action) -> String {
    let data = action.output_schema().get("properties");
    let data = data.and_then(|properties| properties.get("data"));
    data.map(|data| fields(data, DEPTH)).unwrap_or_default()
}

/// The fields of an object, and of the objects in it `depth` deep. The members of a list are as deep
/// as the list.
fn fields(piece: &Value, depth: usize) -> String {
    let Some(members) = schema::properties(piece) else {
        return String::new();
    };
    if depth == 0 && members.len() > FEW {
        return format!("{} fields", members.len());
    }
    let members: Vec<String> = members
        .iter()
        .map(|(name, child)| {
            let (mark, inner) = match child.get("items") {
                Some(items) => ("[]", fields(items, depth)),
                None => ("", fields(child, depth.saturating_sub(1))),
            };
            if inner.is_empty() {
                format!("{name}{mark}")
            } else {
                format!("{name}{mark}({inner})")
            }
        })
        .collect();
    members.join(" ")
}
