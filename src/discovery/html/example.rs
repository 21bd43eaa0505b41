//! One example as each way in takes it: the protocol's call, the command line, the API itself.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use super::super::example::{self, Request};
use crate::registry::Action;
use crate::registry::entry::{Api, ParametersIn};

/// RFC 3986's unreserved characters stay as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// JSON as people read it.
pub(super) fn pretty(value: &Value) -> String {
    // Writing a value into memory does not fail.
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The message of the protocol; `tool` is the action's own tool, or the one that runs it.
pub(super) fn tools_call(action: &Action, tool: &str, arguments: &Map<String, Value>) -> String {
    let arguments = match action.is_called(tool) {
        true => json!(arguments),
        false => json!({"action": action.name(), "arguments": arguments}),
    };
    let message = json!({"method": "tools/call",
        "params": {"name": tool, "arguments": arguments}});
    pretty(&message)
}

/// The command, quoted for a shell.
pub(super) fn command(action: &Action, arguments: &Map<String, Value>) -> String {
    if arguments.is_empty() {
        return format!("stoq-mcp call {}", action.name());
    }
    let text = json!(arguments).to_string().replace('\'', r"'\''");
    format!("stoq-mcp call {} --json '{text}'", action.name())
}

/// The request to the API; `None` for what this program answers by itself.
pub(super) fn request(action: &Action, arguments: &Map<String, Value>) -> Option<String> {
    let entry = action.entry();
    let credential = match entry.api {
        Api::V2 | Api::V1 => "X-Auth-Token: $STOQ_API_KEY",
        Api::V1Public => "X-Shopify-Shop-Domain: $SHOP_DOMAIN",
        Api::Local => return None,
    };
    let Request {
        placeholders,
        parameters,
    } = example::request(action, arguments);
    let mut path = entry.api.base_path().to_owned();
    for segment in entry.path.split('/').filter(|segment| !segment.is_empty()) {
        path.push('/');
        match segment.strip_prefix(':') {
            Some(name) => match placeholders.get(name) {
                Some(value) => path.extend(utf8_percent_encode(&bare(value), SEGMENT)),
                None => path.push_str(segment),
            },
            None => path.push_str(segment),
        }
    }
    let mut body = None;
    match entry.parameters_in() {
        ParametersIn::Query => {
            let query = query(&parameters);
            if !query.is_empty() {
                path.push('?');
                path.push_str(&query);
            }
        }
        ParametersIn::Body => body = (!parameters.is_empty()).then(|| pretty(&json!(parameters))),
    }
    let head = format!("{} {path}\n{credential}", entry.method.as_str());
    Some(match body {
        Some(body) => format!("{head}\nContent-Type: application/json\n\n{body}"),
        None => head,
    })
}

fn query(parameters: &Map<String, Value>) -> String {
    let mut pairs = Serializer::new(String::new());
    for (name, value) in parameters {
        match value {
            Value::Array(values) => {
                for value in values {
                    pairs.append_pair(&format!("{name}[]"), &bare(value));
                }
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => {
                pairs.append_pair(name, &bare(value));
            }
        }
    }
    pairs.finish()
}

fn bare(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_call_names_the_actions_own_tool_or_the_one_that_runs_it() {
        let registry = Registry::bundled().unwrap();
        let action = registry.get("back_in_stock_signups_list").unwrap();
        let arguments = map(json!({"limit": 5}));
        let called = |tool: &str| -> Value {
            serde_json::from_str(&tools_call(action, tool, &arguments)).unwrap()
        };
        assert_eq!(
            called("back_in_stock_signups_list"),
            json!({"method": "tools/call", "params": {"name": "back_in_stock_signups_list",
                "arguments": {"limit": 5}}})
        );
        assert_eq!(
            called("run_read"),
            json!({"method": "tools/call", "params": {"name": "run_read",
                "arguments": {"action": "back_in_stock_signups_list", "arguments": {"limit": 5}}}})
        );
    }

    #[test]
    fn a_command_survives_the_shell() {
        let registry = Registry::bundled().unwrap();
        let action = registry.get("storefront_guide").unwrap();
        assert_eq!(
            command(action, &Map::new()),
            "stoq-mcp call storefront_guide"
        );
        assert_eq!(
            command(action, &map(json!({"topic": "it's"}))),
            r#"stoq-mcp call storefront_guide --json '{"topic":"it'\''s"}'"#
        );
    }

    #[test]
    fn a_request_is_the_apis_own() {
        let registry = Registry::bundled().unwrap();
        let told =
            |name: &str, arguments: Value| request(registry.get(name).unwrap(), &map(arguments));
        assert_eq!(told("storefront_guide", json!({})), None);
        assert_eq!(
            told(
                "back_in_stock_signups_list",
                json!({"email": "a b@c", "limit": 5, "detail": "full", "fields": ["id"]})
            )
            .unwrap(),
            "GET /api/v2/external/back_in_stock/signups?email=a+b%40c&per_page=5\nX-Auth-Token: $STOQ_API_KEY"
        );
        assert_eq!(
            told("back_in_stock_signups_read", json!({"id": "a/b"})).unwrap(),
            "GET /api/v2/external/back_in_stock/signups/a%2Fb\nX-Auth-Token: $STOQ_API_KEY"
        );
        assert_eq!(
            told(
                "back_in_stock_settings_channels_update",
                json!({"email": {"enabled": true}})
            )
            .unwrap(),
            "PATCH /api/v2/external/back_in_stock/settings/channels\nX-Auth-Token: $STOQ_API_KEY\nContent-Type: application/json\n\n{\n  \"email\": {\n    \"enabled\": true\n  }\n}"
        );
    }
}
