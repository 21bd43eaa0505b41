//! The tool `find_actions`: from a merchant's words to actions. And one found action as a line.

use serde_json::{Map, Value, json};

use super::{Surface, executor, house};
use crate::engine::{CallError, Engine, ErrorKind, Outcome, Shown, Status};
use crate::registry::{Action, MOST_FOUND};

/// Runs one call of the tool.
pub(super) fn find(
    engine: &Engine,
    surface: &Surface,
    arguments: Map<String, Value>,
) -> Result<Outcome, CallError> {
    let arguments = house::arguments("find_actions", arguments)?;
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let query = text("query").unwrap_or_default();
    let scope = text("scope");
    let registry = engine.registry();
    if let Some(scope) = scope {
        registry.check_scope(scope).map_err(|error| CallError {
            kind: ErrorKind::Arguments,
            what: format!("`find_actions` was not called. {error}"),
            next: "Leave `scope` out to search everywhere.".to_owned(),
        })?;
    }
    let policy = engine.policy();
    let ranked = registry.ranked(query, scope).into_iter();
    let ranked = ranked.filter(|action| policy.switched_off(action).is_none());
    let ranked: Vec<&Action> = ranked.collect();
    let found = ranked.iter().filter(|action| policy.offers(action));
    let found: Vec<&Action> = found.take(MOST_FOUND).copied().collect();
    let mut outcome = Outcome::new(Status::Ok);
    if found.is_empty() {
        outcome.add_note("No such action: nothing here fits these words.");
    }
    // What is allowed must not look like what was asked for.
    let best = ranked.first().map(|best| best.entry());
    match best.filter(|best| !policy.allows(best.class)) {
        Some(best) => outcome.add_note(&format!(
            "Should `{}` be meant: it is of class `{}`, which this server does not allow. {}",
            best.name,
            best.class.as_str(),
            policy.hint()
        )),
        None if found.is_empty() => {
            outcome.add_note("Say it in other words; if it stays so, this server cannot do it.");
        }
        None => {}
    }
    let rows: Vec<Value> = found
        .into_iter()
        .map(|action| row(surface, action))
        .collect();
    outcome.data = Some(Shown::ours(json!({"actions": rows})));
    outcome.rows_key = Some("actions".to_owned());
    Ok(outcome)
}

fn row(surface: &Surface, action: &Action) -> Value {
    let entry = action.entry();
    json!({"name": entry.name, "class": entry.class.as_str(),
        "tool": surface.tool_of(&entry.name, entry.class), "title": entry.title,
        "required": required(action).join(" ")})
}

/// Names of the arguments without which an action cannot be called.
pub fn required(action: &Action) -> Vec<&str> {
    let names = action.input_schema().get("required");
    let names = names.and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).collect()
}

/// `name (class, executor): title. Required: a, b`, the executor being the tool that runs actions of
/// the class; without the last part when nothing is required.
pub fn line(action: &Action) -> String {
    let entry = action.entry();
    let required = match required(action).as_slice() {
        [] => String::new(),
        names => format!(" Required: {}", names.join(", ")),
    };
    format!(
        "{} ({}, {}): {}.{required}",
        entry.name,
        entry.class.as_str(),
        executor(entry.class),
        entry.title
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    #[test]
    fn a_line_names_class_executor_and_what_is_required() {
        let registry = Registry::bundled().unwrap();
        let lines = [
            "preorders_offers_list",
            "preorders_orders_cancel",
            "back_in_stock_signups_transfer",
        ]
        .map(|name| line(registry.get(name).unwrap()));
        assert_eq!(
            lines,
            [
                "preorders_offers_list (read, run_read): List preorder offers.",
                "preorders_orders_cancel (money, run_money): Cancel a preorder order. Required: id",
                "back_in_stock_signups_transfer (destroy, run_destroy): Move signups to another variant. Required: from_shopify_variant_id, from_shopify_product_id, to_shopify_variant_id, to_shopify_product_id",
            ]
        );
    }
}
