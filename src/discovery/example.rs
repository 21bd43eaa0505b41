//! An example of the registry as the request that the API gets.

use serde_json::{Map, Value};

use crate::registry::transform::{OURS, cleared, to_request};
use crate::registry::{Action, schema};

/// The parts of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    /// Values of the placeholders.
    pub placeholders: Map<String, Value>,
    /// Parameters of query or body.
    pub parameters: Map<String, Value>,
}

/// What arguments are to the API; our own are no part of it, but for the size of a page.
pub(super) fn request(action: &Action, arguments: &Map<String, Value>) -> Request {
    let mut parameters = arguments.clone();
    let names: Vec<&str> = action.placeholders().collect();
    let placeholders = names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), parameters.shift_remove(name)?)))
        .collect();
    let clear = cleared(&parameters);
    let limit = parameters.get("limit").cloned();
    let theirs = schema::properties(action.request_schema());
    let is_theirs = |name: &str| {
        action.rows().is_none() && theirs.is_some_and(|theirs| theirs.contains_key(name))
    };
    parameters.retain(|name, _| !OURS.contains(&name.as_str()) || is_theirs(name));
    let mut parameters = to_request(action, parameters, &clear);
    if let (Some(limit), Some(true)) = (limit, action.rows().map(|rows| rows.paged)) {
        parameters.insert("per_page".to_owned(), limit);
    }
    Request {
        placeholders,
        parameters,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::Registry;

    fn of(name: &str, arguments: Value) -> Request {
        let registry = Registry::bundled().unwrap();
        let arguments = arguments.as_object().unwrap();
        request(registry.get(name).unwrap(), arguments)
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
    fn the_size_of_a_page_is_told_in_the_apis_own_word() {
        let found = of(
            "back_in_stock_signups_list",
            json!({"status": "pending", "limit": 5, "fields": ["id"]}),
        );
        assert_eq!(
            Value::Object(found.parameters),
            json!({"status": "pending", "per_page": 5})
        );
    }
}
