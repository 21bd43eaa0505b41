//! A request as the API knows it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::sieve::Sieve;
use crate::registry::entry::{Api, Method, ParametersIn};

/// One request below a base.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiRequest {
    /// The API whose base it goes below.
    pub api: Api,
    /// Verb.
    pub method: Method,
    /// Path below the base, percent-encoded, with leading slash.
    pub path: String,
    /// The same with placeholders in place of ids, for traces; `None` when it is not known.
    pub template: Option<Arc<str>>,
    /// Where the parameters travel.
    pub parameters_in: ParametersIn,
    /// Parameters.
    pub parameters: Map<String, Value>,
    /// What is wanted of a list; all of it when absent.
    pub sieve: Option<Sieve>,
}

impl ApiRequest {
    /// A request of v2 with its parameters where the verb has them.
    pub fn v2(method: Method, path: impl Into<String>, parameters: Map<String, Value>) -> Self {
        Self {
            api: Api::V2,
            method,
            path: path.into(),
            template: None,
            parameters_in: method.parameters_in(),
            parameters,
            sieve: None,
        }
    }

    /// What it costs of the shop's budget.
    pub const fn points(&self) -> u32 {
        self.api.points(self.method)
    }

    /// Query pairs: arrays repeat as `name[]`, nulls are left out, objects are written as
    /// `name[key]`.
    pub fn query(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (name, value) in &self.parameters {
            push(&mut pairs, name, value);
        }
        pairs
    }
}

fn push(pairs: &mut Vec<(String, String)>, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => pairs.push((name.to_owned(), value.to_string())),
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        Value::Array(items) => {
            let member = format!("{name}[]");
            items.iter().for_each(|item| push(pairs, &member, item));
        }
        Value::Object(map) => {
            for (key, inner) in map {
                push(pairs, &format!("{name}[{key}]"), inner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_spells_arrays_and_leaves_out_nulls() {
        let Value::Object(parameters) =
            json!({"ids": [1, 2], "name": "a b&c", "off": false, "none": null})
        else {
            panic!("an object");
        };
        let request = ApiRequest::v2(Method::Get, "/x", parameters);
        let pairs = request.query();
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("ids[]", "1"),
                ("ids[]", "2"),
                ("name", "a b&c"),
                ("off", "false")
            ]
        );
    }
}
