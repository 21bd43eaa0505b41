use super::*;
use crate::engine::Policy;
use crate::registry::Registry;
use crate::registry::entry::Class;

/// The document over a policy.
fn document(policy: &Policy) -> Value {
    let registry = Registry::bundled().unwrap();
    openapi(Offer {
        registry: &registry,
        policy,
        rules: None,
    })
}

fn whole() -> Value {
    document(&Policy::everything())
}

/// The operations with verb and path.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document.get("paths").and_then(Value::as_object).unwrap();
    let verbs = paths.iter().flat_map(|(path, verbs)| {
        let verbs = verbs.as_object().unwrap().iter();
        verbs.map(move |(verb, operation)| (format!("{verb} {path}"), operation.clone()))
    });
    verbs.collect()
}

/// Every reference in a value.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(target)) = map.get("$ref") {
                found.push(target.clone());
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_action_with_an_address_is_an_operation() {
    let registry = Registry::bundled().unwrap();
    let document = whole();
    let operations = operations(&document);
    let mut ids: Vec<&str> = operations
        .iter()
        .map(|(_, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    let mut wanted: Vec<String> = Vec::new();
    for action in registry
        .actions()
        .iter()
        .filter(|action| has_address(action))
    {
        wanted.push(action.name().to_owned());
        wanted.extend(
            action
                .entry()
                .keyed
                .as_ref()
                .map(|_| format!("{}_keyed", action.name())),
        );
    }
    ids.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
    assert_eq!(document["x-stoq-local"][0]["name"], "storefront_guide");
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_referred_to() {
    let document = whole();
    let mut found = Vec::new();
    references(&document, &mut found);
    for target in &found {
        let at = target.strip_prefix('#').unwrap();
        assert!(document.pointer(at).is_some(), "{target}");
    }
    for kind in ["schemas", "responses", "headers"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let target = format!("#/components/{kind}/{name}");
            assert!(found.contains(&target), "{target}");
        }
    }
}

#[test]
fn every_schema_is_one() {
    let document = whole();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let mut schema = schema.clone();
        schema["components"] = document["components"].clone();
        let compiled = jsonschema::validator_for(&schema);
        assert!(compiled.is_ok(), "{name}: {:?}", compiled.err());
    }
}

#[test]
fn what_is_not_offered_is_not_told_of() {
    let registry = Registry::bundled().unwrap();
    let document = document(&Policy::only(&[], ""));
    let operations = operations(&document);
    assert!(!operations.is_empty());
    for (_, operation) in operations {
        let id = operation["operationId"].as_str().unwrap();
        assert_eq!(registry.get(id).unwrap().entry().class, Class::Read, "{id}");
        for next in operation["x-stoq-next"].as_array().into_iter().flatten() {
            let next = registry.get(next.as_str().unwrap()).unwrap();
            assert_eq!(next.entry().class, Class::Read, "{id}");
        }
    }
    assert!(
        document["components"]["schemas"]
            .get("plan_request")
            .is_none()
    );
}

#[test]
fn a_read_has_its_query_and_a_list_in_brackets() {
    let document = whole();
    let read = &document["paths"]["/api/v2/external/back_in_stock/signups"]["get"];
    assert_eq!(
        read["parameters"][0],
        json!({"name": "channel", "in": "query", "description": "Alert channel.",
            "schema": {"type": "string", "enum": ["email", "sms", "push"]},
            "examples": {"example_3": {"summary": "SMS signups of a month, ids and contacts only", "value": "sms"}}})
    );
    assert!(read.get("requestBody").is_none());
    let plan = &document["paths"]["/api/v1/external/preorders/{id}/remove_variant"]["delete"];
    let names: Vec<&str> = plan["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"id") && names.contains(&"shopify_variant_ids[]"),
        "{names:?}"
    );
}

#[test]
fn a_change_has_its_body_and_refusals() {
    let document = whole();
    let change = &document["paths"]["/api/v2/external/preorders/offers/{id}/payment"]["patch"];
    assert_eq!(
        change["requestBody"]["content"]["application/json"]["schema"],
        json!({"$ref": "#/components/schemas/offer_payment_write", "minProperties": 1})
    );
    let codes: Vec<&String> = change["responses"].as_object().unwrap().keys().collect();
    assert_eq!(
        codes,
        [
            "202", "400", "401", "404", "409", "413", "422", "429", "500", "5XX"
        ]
    );
    assert_eq!(change["x-stoq-raises"][0]["class"], "money");
    let schedule = &document["paths"]["/api/v2/external/preorders/offers/{id}/schedule"]["post"];
    assert_eq!(
        schedule["requestBody"]["content"]["application/json"]["schema"]["anyOf"],
        json!([{"required": ["starts_at"]}, {"required": ["ends_at"]}])
    );
}

#[test]
fn the_public_call_takes_a_header_in_place_of_the_key() {
    let document = whole();
    let public = &document["paths"]["/api/v1/intents.json"]["post"];
    assert_eq!(public["security"], json!([]));
    assert_eq!(public["parameters"][0]["name"], "X-Shopify-Shop-Domain");
    let codes: Vec<&String> = public["responses"].as_object().unwrap().keys().collect();
    assert_eq!(
        codes,
        ["201", "200", "400", "401", "404", "413", "500", "5XX"]
    );
    let keyed = &document["paths"]["/api/v1/external/intents"]["post"];
    assert_eq!(keyed["operationId"], "v1_intents_create_keyed");
    assert_eq!(keyed["x-stoq-points"], 2);
}

#[test]
fn a_job_is_told_as_it_goes_over_the_wire() {
    let document = whole();
    let answer = |path: &str, verb: &str, code: &str| {
        let operation = &document["paths"][format!("/api/v2/external{path}")][verb];
        operation["responses"][code]["content"]["application/json"]["schema"]["$ref"].clone()
    };
    assert_eq!(
        answer("/preorders/reports/revenue/export", "post", "202"),
        "#/components/schemas/api_job_handle"
    );
    assert_eq!(
        answer("/preorders/orders/jobs/{job_id}", "get", "200"),
        "#/components/schemas/api_job"
    );
    // Nothing at all comes back.
    let transfer = &document["paths"]["/api/v1/external/intents/transfer_signups"]["post"];
    assert!(transfer["responses"]["200"].get("content").is_none());
}
