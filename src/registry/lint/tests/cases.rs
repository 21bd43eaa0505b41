//! One mistake for each rule.

use serde_json::{Value, json};

/// One mistake put into a copy of the waitlist's part of the registry: the rule and the text expected, the action
/// it is put into (without its common prefix) and how. A subject that begins with `$` or `+` is a
/// shared piece or an action of its own; the whole registry is changed then.
pub(super) type Case = (&'static str, &'static str, &'static str, fn(&mut Value));

/// One mistake put into the schema of a tool with one argument `a`: rule, text and how.
pub(super) type ByHand = (&'static str, &'static str, fn(&mut Value));

const PREFIX: &str = "back_in_stock_";

/// The entry of that name, without the common prefix.
pub(super) fn entry<'a>(registry: &'a mut Value, name: &str) -> &'a mut Value {
    let full = format!("{PREFIX}{name}");
    let actions = registry["actions"].as_array_mut().unwrap();
    actions
        .iter_mut()
        .find(|entry| entry["name"] == full.as_str())
        .unwrap()
}

/// The entry of that name among those of v1.
fn of_v1<'a>(registry: &'a mut Value, name: &str) -> &'a mut Value {
    let actions = registry["actions"].as_array_mut().unwrap();
    let found = actions.iter_mut().find(|entry| entry["name"] == name);
    found.unwrap()
}

pub(super) const NAMES: &[Case] = &[
    (
        "name",
        "`x__y` is not of the form of a name",
        "signups_list",
        |entry| {
            entry["also_known_as"] = json!(["x__y"]);
        },
    ),
    (
        "vendor-name",
        "path and action make `back_in_stock_reports_signups`",
        "reports_signups",
        |entry| {
            entry["name"] = json!("back_in_stock_reports_newcomers");
        },
    ),
    (
        "vendor-name",
        "toolset and action make `v1_intents_show`",
        "+v1_intents_read",
        |registry| of_v1(registry, "v1_intents_read")["action"] = json!("show"),
    ),
    (
        "one-call",
        "`v1_intents_create` calls POST /intents/notify_intent too",
        "+v1_intents_notify",
        |registry| {
            let entry = of_v1(registry, "v1_intents_create");
            entry["keyed"]["path"] = json!("/intents/notify_intent");
        },
    ),
    ("title", "the title is \"List.\"", "signups_list", |entry| {
        entry["title"] = json!("List.");
    }),
    (
        "toolset",
        "the toolset is `signups`",
        "signups_list",
        |entry| {
            entry["toolset"] = json!("signups");
        },
    ),
    (
        "one-call",
        "`back_in_stock_signups_list` calls GET /back_in_stock/signups too",
        "+back_in_stock_signups_index",
        |registry| {
            let mut twin = entry(registry, "signups_list").clone();
            twin["name"] = json!("back_in_stock_signups_index");
            twin["action"] = json!("index");
            twin["aliases"] = json!([]);
            twin["phrases"] = json!(["a b", "c d", "e f", "g h", "i j"]);
            registry["actions"].as_array_mut().unwrap().push(twin);
        },
    ),
];

pub(super) const TEXTS: &[Case] = &[
    (
        "description",
        "the description has 1080 characters",
        "signups_read",
        |entry| {
            entry["description"] =
                json!(format!("Reads one; use it to look. {}.", "x".repeat(1052)));
        },
    ),
    (
        "first-sentence",
        "the first sentence does not say when to use it",
        "signups_read",
        |entry| {
            entry["description"] = json!("Reads one signup. Use it to look.");
        },
    ),
    (
        "manifest-texts",
        "`manifest_description` repeats `description`",
        "signups_read",
        |entry| {
            entry["manifest_description"] = entry["description"].clone();
        },
    ),
    ("phrases", "there are 4 phrases", "signups_read", |entry| {
        entry["phrases"].as_array_mut().unwrap().truncate(4);
    }),
    (
        "phrases-unique",
        "\"Blocked Restock Notifications\" is a phrase of `back_in_stock_notifications_list` already",
        "notifications_read",
        |entry| {
            let phrases = entry["phrases"].as_array_mut().unwrap();
            *phrases.last_mut().unwrap() = json!("Blocked Restock Notifications");
        },
    ),
    (
        "descriptions",
        "`deleted` of the answer has no description",
        "signups_delete",
        |entry| {
            entry["response_schema"]["properties"]["deleted"] = json!({"type": "boolean"});
        },
    ),
    (
        "client-descriptions",
        "`email` has no description",
        "signups_list",
        |entry| {
            entry["request_schema"]["properties"]["email"] = json!({"type": "string"});
        },
    ),
];

pub(super) const REQUESTS: &[Case] = &[
    (
        "placeholders",
        "`other` is not in the path",
        "signups_read",
        |entry| {
            entry["path_schema"]["other"] = json!({"type": "string", "description": "Other."});
        },
    ),
    (
        "reserved",
        "`clear` cannot be an argument of the API",
        "signups_create",
        |entry| {
            entry["request_schema"]["properties"]["clear"] =
                json!({"type": "boolean", "description": "Clear."});
        },
    ),
    (
        "request-keywords",
        "`name` has `oneOf`",
        "signups_create",
        |entry| {
            entry["request_schema"]["properties"]["name"]["oneOf"] = json!([{"type": "string"}]);
        },
    ),
    (
        "request-format",
        "`email` has the format \"mail\"",
        "signups_create",
        |entry| {
            entry["request_schema"]["properties"]["email"]["format"] = json!("mail");
        },
    ),
    (
        "required",
        "`totals` requires `sum`, which it lacks",
        "reports_summary",
        |entry| {
            entry["response_schema"]["properties"]["totals"]["required"] = json!(["sum"]);
        },
    ),
    (
        "parameters-in",
        "`parameters_in` says what DELETE does",
        "signups_delete",
        |entry| entry["parameters_in"] = json!("body"),
    ),
    (
        "wire-schema",
        "`page` stands in only one of the two",
        "notifications_list",
        |entry| {
            entry["wire_schema"]["properties"]
                .as_object_mut()
                .unwrap()
                .remove("page");
        },
    ),
    (
        "examples",
        "there are 1 examples",
        "signups_read",
        |entry| {
            entry["examples"].as_array_mut().unwrap().truncate(1);
        },
    ),
    (
        "examples",
        "\"Email only\", `sms.enabled`: \"no\" is not of type \"boolean\"",
        "settings_channels_update",
        |entry| entry["examples"][1]["arguments"]["sms"]["enabled"] = json!("no"),
    ),
];

pub(super) const ANSWERS: &[Case] = &[
    (
        "response-root",
        "the root of the answer is not an object with properties",
        "settings_update",
        |entry| {
            entry["response_schema"] = json!({"type": "object"});
        },
    ),
    (
        "response-root",
        "the root of the answer is not an object with properties",
        "+v1_intents_read",
        |registry| {
            let entry = of_v1(registry, "v1_intents_read");
            entry["response_schema"] = json!({"type": "object", "properties": {}});
        },
    ),
    (
        "schemas-compile",
        "the output schema: \"flag\" is not valid under any of the schemas listed in the 'anyOf' keyword",
        "signups_delete",
        |entry| entry["response_schema"]["properties"]["deleted"]["type"] = json!("flag"),
    ),
    (
        "markers",
        "`id` cannot have `x-pii`: \"iban\"",
        "signups_delete",
        |entry| {
            entry["response_schema"]["properties"]["id"]["x-pii"] = json!("iban");
        },
    ),
    (
        "markers",
        "`deleted` cannot have `x-untrusted`: true",
        "signups_delete",
        |entry| {
            entry["response_schema"]["properties"]["deleted"]["x-untrusted"] = json!(true);
        },
    ),
    (
        "markers",
        "`deleted` cannot have `x-sum`: true",
        "signups_delete",
        |entry| {
            entry["response_schema"]["properties"]["deleted"]["x-sum"] = json!(true);
        },
    ),
    (
        "markers",
        "`series[].date` cannot have `x-sum`: true",
        "reports_conversions",
        |entry| {
            let row = &mut entry["response_schema"]["properties"]["series"]["items"];
            row["properties"]["date"]["x-sum"] = json!(true);
        },
    ),
    (
        "markers",
        "`granularity` cannot have `x-sum`: true",
        "reports_conversions",
        |entry| {
            entry["response_schema"]["properties"]["granularity"] =
                json!({"type": "integer", "description": "Days.", "x-sum": true});
        },
    ),
    ("concise", "there are no rows", "signups_read", |entry| {
        entry["concise"] = json!(["id"]);
    }),
    ("concise", "a row has 20 fields", "signups_list", |entry| {
        entry["concise"] = json!([]);
    }),
    (
        "concise",
        "`customer` is no field of the rows, or stands twice",
        "signups_list",
        |entry| {
            entry["concise"] = json!(["id", "customer"]);
        },
    ),
    (
        "concise",
        "`id` is no field of the rows, or stands twice",
        "signups_list",
        |entry| {
            entry["concise"] = json!(["id", "id"]);
        },
    ),
    (
        "concise",
        "it leaves nothing out",
        "reports_signups",
        |entry| {
            entry["concise"] = json!(["date", "signups", "pending", "notified"]);
        },
    ),
    (
        "chart",
        "its answer has no rows to draw",
        "signups_read",
        |entry| {
            entry["chart"] = json!({"kind": "timeline", "panels": [
                {"title": "Units", "series": [{"field": "quantity", "name": "quantity"}]}]});
        },
    ),
    (
        "chart",
        "only a read that one request answers is drawn",
        "reports_signups_export",
        |entry| {
            entry["chart"] = json!({"kind": "timeline", "panels": [
                {"title": "Signups", "series": [{"field": "signups", "name": "signups"}]}]});
        },
    ),
    (
        "chart",
        "`notified` of `Signups` is no figure that is shown",
        "reports_products_in_demand",
        |entry| {
            entry["chart"]["panels"] = json!([
                {"title": "Signups", "series": [{"field": "notified", "name": "notified"}]}]);
        },
    ),
    (
        "chart",
        "`Signups` has figures of two units",
        "reports_conversions",
        |entry| {
            entry["chart"]["panels"] = json!([{"title": "Signups", "series": [
                {"field": "conversions", "name": "conversions"},
                {"field": "recovered_revenue", "name": "revenue"}]}]);
        },
    ),
    (
        "chart",
        "a ranking has a `label`, nothing else has one",
        "reports_signups",
        |entry| {
            entry["chart"]["label"] = json!(["date"]);
        },
    ),
];

pub(super) const EFFECTS: &[Case] = &[
    (
        "class",
        "the class of this POST is `read`",
        "signups_create",
        |entry| {
            entry["class"] = json!("read");
            entry["retry"] = json!("safe");
            entry["idempotent"] = json!(true);
            entry["read_back"] = Value::Null;
            entry["targets"] = Value::Null;
        },
    ),
    (
        "local",
        "only one of `api` and `handler` is `local`",
        "settings_read",
        |entry| {
            entry["handler"] = json!("local");
        },
    ),
    (
        "raises",
        "there is no argument `sms.now`",
        "settings_channels_update",
        |entry| {
            entry["raises"] = json!([{"argument": "sms.now", "class": "send", "why": "messages"}]);
            entry["targets"] = json!({"kind": "one", "subject": "alerts"});
        },
    ),
    (
        "retry",
        "a PATCH of class `write` cannot be `once`",
        "settings_update",
        |entry| {
            entry["retry"] = json!("once");
            entry["read_back"]["proof"] = json!("inspect");
        },
    ),
    (
        "idempotent",
        "`idempotent` is true",
        "signups_create",
        |entry| {
            entry["idempotent"] = json!(true);
        },
    ),
];

pub(super) const REFERENCES: &[Case] = &[
    (
        "read-back",
        "there is no `read_back`",
        "signups_delete",
        |entry| {
            entry["read_back"] = Value::Null;
        },
    ),
    (
        "read-back",
        "`nobody` is not a read of the registry",
        "signups_delete",
        |entry| {
            entry["read_back"]["action"] = json!("nobody");
        },
    ),
    (
        "read-back",
        "the proof does not fit `retry`",
        "signups_delete",
        |entry| {
            entry["read_back"]["proof"] = json!("created");
        },
    ),
    (
        "read-back",
        "`back_in_stock_settings_tagging_read` cannot show that proof",
        "settings_channels_update",
        |entry| entry["read_back"]["action"] = json!("back_in_stock_settings_tagging_read"),
    ),
    (
        "read-back",
        "`back_in_stock_signups_read` has no argument `signup`",
        "signups_notify",
        |entry| entry["read_back"]["arguments"]["signup"] = json!("x"),
    ),
    (
        "read-back",
        "`{ids}` is not an argument of this action",
        "signups_notify",
        |entry| {
            entry["read_back"]["arguments"]["id"] = json!("{ids}");
        },
    ),
    (
        "read-back",
        "`{signup_ids}` is of another type than `from`",
        "signups_bulk_notify",
        |entry| {
            entry["read_back"]["arguments"]["from"] = json!("{signup_ids}");
        },
    ),
    (
        "read-back",
        "with \"Alert one waiting shopper\": \"id\" is a required property",
        "signups_notify",
        |entry| entry["read_back"]["arguments"] = json!({}),
    ),
    (
        "read-back",
        "`back_in_stock_settings_channels_read` does not show `sms.loud`",
        "settings_channels_update",
        |entry| entry["read_back"]["holds"] = json!({"sms": {"loud": true}}),
    ),
    (
        "read-back",
        "`{mail}` is not an argument of this action",
        "signups_create",
        |entry| entry["read_back"]["holds"] = json!({"contact": "{mail}"}),
    ),
    (
        "read-back",
        "`key` names `mail`, which is no argument",
        "signups_create",
        |entry| entry["read_back"]["key"] = json!(["mail"]),
    ),
    (
        "read-back",
        "`{customer.mail}` is not an argument of this action",
        "+v1_intents_create",
        |registry| {
            let entry = of_v1(registry, "v1_intents_create");
            entry["read_back"]["arguments"]["email"] = json!("{customer.mail}");
        },
    ),
    (
        "successors",
        "an action of v2 has no successors",
        "signups_list",
        |entry| entry["successors"] = json!([{"actions": [], "provenance": "documented"}]),
    ),
    (
        "successors",
        "`successors` does not say what v2 has",
        "+v1_intents_read",
        |registry| of_v1(registry, "v1_intents_read")["successors"] = json!([]),
    ),
    (
        "successors",
        "there is no action `nobody`",
        "+v1_intents_create",
        |registry| {
            let entry = of_v1(registry, "v1_intents_create");
            entry["keyed"]["successors"][0]["actions"] = json!(["nobody"]);
        },
    ),
    (
        "successors",
        "`v1_intents_list` is not of v2",
        "+v1_intents_read",
        |registry| {
            let entry = of_v1(registry, "v1_intents_read");
            entry["successors"][0]["actions"] = json!(["v1_intents_list"]);
        },
    ),
    (
        "successors",
        "`keyed` is of an action without a key",
        "+v1_intents_read",
        |registry| {
            let entry = of_v1(registry, "v1_intents_read");
            entry["keyed"] = json!({"path": "/more", "successors": []});
        },
    ),
    (
        "targets",
        "there are no `targets`",
        "signups_transfer",
        |entry| {
            entry["targets"] = Value::Null;
        },
    ),
    (
        "targets",
        "`targets` are of no use",
        "settings_update",
        |entry| {
            entry["targets"] = json!({"kind": "one"});
        },
    ),
    (
        "targets",
        "`targets` has no `subject`",
        "signups_transfer",
        |entry| {
            entry["targets"]["subject"] = Value::Null;
        },
    ),
    (
        "targets",
        "the subject is of class `send`, the call of `destroy`",
        "signups_transfer",
        |entry| {
            entry["targets"]["subject"] = json!("alerts");
        },
    ),
    (
        "targets",
        "`allow_resend` is not a list among the arguments",
        "signups_bulk_notify",
        |entry| {
            entry["targets"]["argument"] = json!("allow_resend");
        },
    ),
    (
        "targets",
        "`back_in_stock_reports_list` is not a list with a total count",
        "signups_transfer",
        |entry| entry["targets"]["action"] = json!("back_in_stock_reports_list"),
    ),
    (
        "next",
        "there is no action `nobody`",
        "signups_transfer",
        |entry| {
            entry["next"] = json!(["nobody"]);
        },
    ),
    (
        "next",
        "`back_in_stock_signups_transfer` says nothing new",
        "signups_transfer",
        |entry| {
            entry["next"] = json!(["back_in_stock_signups_transfer"]);
        },
    ),
    (
        "unused-defs",
        "no schema refers to it",
        "$defs.colour",
        |registry| {
            registry["$defs"]["colour"] = json!({"type": "string"});
        },
    ),
];

pub(super) const CLIENTS: &[Case] = &[
    (
        "client-types",
        "`name` has not one scalar type",
        "signups_create",
        |entry| {
            entry["request_schema"]["properties"]["name"] = json!({"description": "Name."});
        },
    ),
    (
        "client-items",
        "`name` has no typed items",
        "signups_create",
        |entry| {
            entry["request_schema"]["properties"]["name"] =
                json!({"type": "array", "description": "Names."});
            entry["examples"][0]["arguments"]
                .as_object_mut()
                .unwrap()
                .remove("name");
        },
    ),
    (
        "client-enums",
        "the values of `locale` are not usable",
        "signups_create",
        |entry| {
            entry["request_schema"]["properties"]["locale"]["enum"] = json!(["en", ""]);
        },
    ),
    (
        "client-depth",
        "`a.b.c.d.e.f` lies 6 levels deep",
        "signups_create",
        |entry| {
            let mut piece = json!({"type": "string", "description": "Deep."});
            for name in ["f", "e", "d", "c", "b"] {
                piece =
                    json!({"type": "object", "description": "Deep.", "properties": {name: piece}});
            }
            entry["request_schema"]["properties"]["a"] = piece;
        },
    ),
    (
        "client-integers",
        "`maximum` of `quantity` loses digits",
        "signups_create",
        |entry| {
            entry["request_schema"]["properties"]["quantity"]["maximum"] = json!(1_u64 << 54);
        },
    ),
    (
        "client-keys",
        "`giftWrap` is not a key every client takes",
        "signups_create",
        |entry| {
            entry["request_schema"]["properties"]["giftWrap"] =
                json!({"type": "boolean", "description": "Gift wrap."});
        },
    ),
];

/// What the transform never lets through is tried on schemas made by hand.
pub(super) const BY_HAND: &[ByHand] = &[
    ("client-root", "the root has `anyOf`", |root| {
        root["anyOf"] = json!([])
    }),
    ("client-root", "the root is not of type object", |root| {
        root["type"] = json!(["object"])
    }),
    ("client-types", "`a` has a null default", |root| {
        root["properties"]["a"]["default"] = Value::Null;
    }),
    ("client-keywords", "`a` has `const`", |root| {
        root["properties"]["a"]["const"] = json!("x");
    }),
    ("client-keywords", "`a` has `format`", |root| {
        root["properties"]["a"]["format"] = json!("uuid");
    }),
    ("client-closed", "the root is not closed", |root| {
        root.as_object_mut().unwrap().remove("additionalProperties");
    }),
    ("client-closed", "`a` has `additionalProperties`", |root| {
        root["properties"]["a"]["additionalProperties"] = json!(true);
    }),
];
