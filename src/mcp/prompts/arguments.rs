//! The arguments of a prompt, checked by what they hold.

use chrono::NaiveDate;
use rmcp::ErrorData;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::knowledge::{Argument, Kind, Workflow};
use crate::registry::nearest;
use crate::text;

/// Most characters of a value in a message.
const SHOWN: usize = 64;

/// The arguments that were given, in the workflow's order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arguments(Vec<(&'static Argument, String)>);

impl Arguments {
    /// Reads what the client gave.
    ///
    /// # Errors
    /// When a name is unknown, a required one is missing, or a value is not what it should be.
    pub(super) fn read(workflow: &Workflow, given: &Map<String, Value>) -> Result<Self, ErrorData> {
        let known = workflow.arguments;
        let mut mistakes: Vec<String> = Vec::new();
        for name in given.keys() {
            if !known.iter().any(|argument| argument.name == name) {
                mistakes.push(unknown(name, known));
            }
        }
        let mut found = Vec::new();
        for argument in known {
            match value(given.get(argument.name)) {
                Some(text) => match meant(argument.kind, &text) {
                    Ok(value) => found.push((argument, value)),
                    Err(wanted) => mistakes.push(format!(
                        "`{}` must be {wanted}, not \"{}\"",
                        argument.name,
                        text::line(&text, SHOWN)
                    )),
                },
                None if argument.required => mistakes.push(format!(
                    "`{}` is required: {}",
                    argument.name,
                    argument.description.trim_end_matches('.')
                )),
                None => {}
            }
        }
        if mistakes.is_empty() {
            return Ok(Self(found));
        }
        let message = format!("{}: {}.", workflow.prompt(), mistakes.join("; "));
        Err(ErrorData::invalid_params(message, None))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0
            .iter()
            .map(|(argument, value)| (argument.name, value.as_str()))
    }

    /// The value of one that is required, or empty.
    pub(super) fn text(&self, kind: Kind) -> &str {
        let found = self.0.iter().find(|(argument, _)| argument.kind == kind);
        found.map_or("", |(_, value)| value)
    }

    /// The Shopify id it holds, if it was given.
    pub(super) fn id(&self, kind: Kind) -> Option<u64> {
        self.text(kind).parse().ok()
    }

    /// Filters of the back-in-stock reads that these arguments make.
    pub(super) fn filters(&self) -> Value {
        let mut filters = Map::new();
        for (name, kind) in [("variant_id", Kind::Variant), ("product_id", Kind::Product)] {
            if let Some(id) = self.id(kind) {
                filters.insert(name.to_owned(), json!(id));
            }
        }
        Value::Object(filters)
    }
}

/// What stands in an argument; an empty text is what clients send for one that was left out.
fn value(given: Option<&Value>) -> Option<String> {
    let text = match given? {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            other.to_string()
        }
    };
    (!text.is_empty()).then_some(text)
}

/// The value that is meant: of an id with its name, as completion gives it, the id. Else what it
/// should be.
fn meant(kind: Kind, text: &str) -> Result<String, &'static str> {
    let first = text.split_whitespace().next().unwrap_or_default();
    match kind {
        Kind::Variant | Kind::Product => match first.parse::<u64>() {
            Ok(id) if id > 0 => Ok(id.to_string()),
            Ok(_) | Err(_) => Err("a Shopify id, digits alone"),
        },
        Kind::Offer => Uuid::parse_str(first)
            .map(|id| id.to_string())
            .map_err(|_| "an offer's id, a UUID as `preorders_offers_list` gives it"),
        Kind::Date => NaiveDate::parse_from_str(first, "%Y-%m-%d")
            .map(|day| day.to_string())
            .map_err(|_| "a day, YYYY-MM-DD"),
    }
}

fn unknown(name: &str, known: &[Argument]) -> String {
    let shown = text::line(name, SHOWN);
    if known.is_empty() {
        return format!("there is no argument `{shown}`, it takes none");
    }
    let names: Vec<&str> = known.iter().map(|argument| argument.name).collect();
    match nearest(name, names.iter().copied()) {
        Some(near) => format!("there is no argument `{shown}`, did you mean `{near}`?"),
        None => format!(
            "there is no argument `{shown}`, valid: {}",
            names.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::knowledge::WORKFLOWS;

    fn read(prompt: &str, given: Value) -> Result<Vec<(&'static str, String)>, String> {
        let workflow = WORKFLOWS.iter().find(|found| found.prompt() == prompt);
        let read = Arguments::read(workflow.unwrap(), given.as_object().unwrap());
        let read = read.map_err(|error| error.message.to_string())?;
        Ok(read
            .iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect())
    }

    #[test]
    fn a_value_may_carry_the_name_that_completion_gave_it() {
        let offer = "0ffe0000-0000-4000-8000-000000000001";
        for (prompt, given, wanted) in [
            ("restock_plan", json!({}), vec![]),
            (
                "restock_plan",
                json!({"variant": " ", "product": null}),
                vec![],
            ),
            (
                "restock_plan",
                json!({"product": 8_011_000_000_103_u64}),
                vec![("product", "8011000000103")],
            ),
            (
                "restock_plan",
                json!({"variant": "44021000000201 Pour-Over Set"}),
                vec![("variant", "44021000000201")],
            ),
            (
                "late_shipment_plan",
                json!({"new_date": "2026-06-01", "offer_id": format!("{offer} Jacket")}),
                vec![("offer_id", offer), ("new_date", "2026-06-01")],
            ),
        ] {
            let wanted = wanted
                .into_iter()
                .map(|(name, value)| (name, value.to_owned()))
                .collect();
            assert_eq!(read(prompt, given), Ok(wanted));
        }
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        for (prompt, given, wanted) in [
            (
                "restock_plan",
                json!({"variants": "1", "variant": "first", "x": 1}),
                "restock_plan: there is no argument `variants`, did you mean `variant`?; there is no argument `x`, valid: variant, product; `variant` must be a Shopify id, digits alone, not \"first\".",
            ),
            (
                "weekly_waitlist_review",
                json!({"week": "1"}),
                "weekly_waitlist_review: there is no argument `week`, it takes none.",
            ),
            (
                "late_shipment_plan",
                json!({"offer_id": "Jacket", "new_date": ["2026-02-30"]}),
                "late_shipment_plan: `offer_id` must be an offer's id, a UUID as `preorders_offers_list` gives it, not \"Jacket\"; `new_date` must be a day, YYYY-MM-DD, not \"[\"2026-02-30\"]\".",
            ),
            (
                "check_offer",
                json!({}),
                "check_offer: `offer_id` is required: Id of the preorder offer.",
            ),
        ] {
            assert_eq!(read(prompt, given), Err(wanted.to_owned()));
        }
    }
}
