//! An example of the registry as the request that the API gets.

use serde_json::{Map, Value};

use crate::registry::entry::Example;
use crate::registry::transform::{OURS, to_request};
use crate::registry::{Action, schema};

/// The parts of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    /// Values of the placeholders.
    pub placeholders: Map<String, Value>,
    /// Parameters of query or body.
    pub parameters: Map<String, Value>,
}

/// What an example sends; our own arguments are no part of it.
pub(super) fn request(action: &Action, example: &Example) -> Request {
    let mut parameters = example.arguments.clone();
    let names: Vec<&str> = action.placeholders().collect();
    let placeholders = names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), parameters.shift_remove(name)?)))
        .collect();
    let clear: Vec<String> = parameters
        .get("clear")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|path| path.as_str().map(str::to_owned))
        .collect();
    let theirs = schema::properties(action.request_schema());
    let is_theirs = |name: &str| theirs.is_some_and(|theirs| theirs.contains_key(name));
    parameters.retain(|name, _| !OURS.contains(&name.as_str()) || is_theirs(name));
    Request {
        placeholders,
        parameters: to_request(action, parameters, &clear),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::Registry;

    fn of(name: &str, arguments: Value) -> Request {
        let registry = Registry::bundled().unwrap();
        let example = Example {
            title: "A".to_owned(),
            arguments: arguments.as_object().unwrap().clone(),
        };
        request(registry.get(name).unwrap(), &example)
    }

    #[test]
    fn placeholders_and_our_own_arguments_are_taken_out() {
        let found = of(
            "preorders_offers_schedule",
            json!({"id": "o1", "starts_at": "2026-05-01T00:00:00Z", "clear": ["ends_at"]}),
        );
        assert_eq!(
            (found.placeholders, found.parameters),
            (
                json!({"id": "o1"}).as_object().unwrap().clone(),
                json!({"starts_at": "2026-05-01T00:00:00Z", "ends_at": null})
                    .as_object()
                    .unwrap()
                    .clone()
            )
        );
    }

    #[test]
    fn what_the_api_calls_so_too_is_kept() {
        let found = of(
            "back_in_stock_signups_list",
            json!({"status": "pending", "limit": 5, "fields": ["id"]}),
        );
        assert_eq!(
            Value::Object(found.parameters),
            json!({"status": "pending"})
        );
    }
}
