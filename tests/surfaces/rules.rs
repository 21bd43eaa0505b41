//! The rules that clients set, over every surface and every preset.

use std::collections::HashSet;

use serde_json::{Map, Value};
use stoq_mcp::mcp;
use stoq_mcp::registry::entry::Class;
use stoq_mcp::surface::{Kind, Tool};

use crate::{presets, surface};

/// Keys that some client chokes on.
const REFUSED: [&str; 18] = [
    "$ref",
    "$defs",
    "$schema",
    "$id",
    "const",
    "examples",
    "readOnly",
    "nullable",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
    "if",
    "then",
    "else",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "definitions",
];
/// Integers beyond this one are not exact everywhere.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The mistakes of one tool list.
struct Lint {
    place: String,
    found: Vec<String>,
}

impl Lint {
    fn must(&mut self, holds: bool, rule: impl FnOnce() -> String) {
        if !holds {
            self.found.push(format!("{}: {}", self.place, rule()));
        }
    }

    fn list(&mut self, tools: &[Value]) {
        let mut names = HashSet::new();
        for tool in tools {
            let name = tool["name"].as_str().unwrap().to_owned();
            self.must(names.insert(name.clone()), || {
                format!("{name}: listed twice")
            });
            self.tool(&name, tool);
        }
    }

    fn tool(&mut self, name: &str, tool: &Value) {
        let well_formed = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name
                .chars()
                .all(|symbol| matches!(symbol, 'a'..='z' | '0'..='9' | '_'))
            && !name.contains("__")
            && name.len() <= 48;
        self.must(well_formed, || format!("{name}: the name breaks a rule"));
        let text = tool["description"].as_str().unwrap_or_default();
        self.must(text.len() <= 1_024, || {
            format!("{name}: description too long")
        });
        let sentence = text.split_inclusive(['.', ';']).next().unwrap_or_default();
        self.must(
            sentence.chars().count() <= 200 && sentence.split_whitespace().count() >= 4,
            || format!("{name}: the first 200 characters are not sufficient alone: {sentence}"),
        );
        let hints = &tool["annotations"];
        for hint in [
            "readOnlyHint",
            "destructiveHint",
            "idempotentHint",
            "openWorldHint",
        ] {
            self.must(hints[hint].is_boolean(), || {
                format!("{name}: {hint} is not said")
            });
        }
        self.must(hints["title"] == tool["title"], || {
            format!("{name}: two titles")
        });
        self.input(name, &tool["inputSchema"]);
        self.must(tool["outputSchema"]["type"] == "object", || {
            format!("{name}: the output schema's root is no object")
        });
        self.must(
            tool["outputSchema"]["required"] == serde_json::json!(["status"]),
            || format!("{name}: the output schema is not the envelope"),
        );
    }

    fn input(&mut self, name: &str, root: &Value) {
        self.must(
            root["type"] == "object" && root["properties"].is_object(),
            || format!("{name}: the input schema's root is no object with properties"),
        );
        self.must(root["additionalProperties"] == Value::Bool(false), || {
            format!("{name}: the root is open")
        });
        let is_executor = name.starts_with("run_");
        for (key, piece) in root["properties"].as_object().into_iter().flatten() {
            let path = format!("{name}.{key}");
            self.key(key, &path);
            let is_free = is_executor && key == "arguments";
            self.piece(&path, piece, 1, is_free);
        }
        self.required(name, root);
        self.keywords(name, root);
    }

    fn key(&mut self, key: &str, path: &str) {
        let fits = key.len() <= 64
            && !key.is_empty()
            && key
                .chars()
                .all(|symbol| matches!(symbol, 'a'..='z' | '0'..='9' | '_'));
        self.must(fits, || format!("{path}: the key breaks a rule"));
    }

    fn required(&mut self, path: &str, piece: &Value) {
        for name in piece["required"].as_array().into_iter().flatten() {
            let key = name.as_str().unwrap_or_default();
            self.must(piece["properties"].get(key).is_some(), || {
                format!("{path}: `{key}` is required and not described")
            });
        }
    }

    fn keywords(&mut self, path: &str, piece: &Value) {
        let keys = piece.as_object().into_iter().flatten().map(|(key, _)| key);
        for key in keys {
            let refused = REFUSED.contains(&key.as_str()) || key.starts_with("x-");
            self.must(!refused, || format!("{path}: holds `{key}`"));
        }
    }

    fn piece(&mut self, path: &str, piece: &Value, depth: usize, is_free: bool) {
        let Some(map) = piece.as_object().filter(|map| !map.is_empty()) else {
            self.found
                .push(format!("{}: {path}: no schema", self.place));
            return;
        };
        self.keywords(path, piece);
        self.must(depth <= 5, || format!("{path}: deeper than 5"));
        let described = map.get("description").and_then(Value::as_str);
        self.must(
            described.is_some_and(|text| !text.trim().is_empty()),
            || format!("{path}: not described"),
        );
        self.must(map.get("default") != Some(&Value::Null), || {
            format!("{path}: default null")
        });
        self.must(
            map.get("format").is_none_or(|format| format == "date-time"),
            || format!("{path}: a format beside date-time"),
        );
        self.must(map.get("additionalProperties").is_none(), || {
            format!("{path}: additionalProperties below the root")
        });
        for limit in ["minimum", "maximum"] {
            let exact = map
                .get(limit)
                .is_none_or(|limit| limit.as_f64().unwrap().abs() <= EXACT);
            self.must(exact, || format!("{path}: {limit} beyond 2^53"));
        }
        self.options(path, map);
        match map.get("type").and_then(Value::as_str) {
            Some("string" | "integer" | "number" | "boolean") => {}
            Some("array") => match map.get("items") {
                Some(items) => self.member(&format!("{path}[]"), items, depth),
                None => self.found.push(format!("{path}: an array without items")),
            },
            Some("object") if is_free => {}
            Some("object") => self.members(path, piece, depth),
            other => self
                .found
                .push(format!("{}: {path}: type {other:?}", self.place)),
        }
    }

    /// The members of an array carry no description of their own.
    fn member(&mut self, path: &str, items: &Value, depth: usize) {
        self.keywords(path, items);
        match items["type"].as_str() {
            Some("string" | "integer" | "number" | "boolean") => {}
            Some("object") => self.members(path, items, depth + 1),
            other => self
                .found
                .push(format!("{}: {path}: items of type {other:?}", self.place)),
        }
    }

    fn members(&mut self, path: &str, piece: &Value, depth: usize) {
        let members = piece["properties"].as_object();
        self.must(members.is_some_and(|members| !members.is_empty()), || {
            format!("{path}: an open map")
        });
        self.required(path, piece);
        for (key, child) in members.into_iter().flatten() {
            let path = format!("{path}.{key}");
            self.key(key, &path);
            self.piece(&path, child, depth + 1, false);
        }
    }

    fn options(&mut self, path: &str, map: &Map<String, Value>) {
        let Some(options) = map.get("enum").and_then(Value::as_array) else {
            return;
        };
        let fits = !options.is_empty()
            && options.len() <= 50
            && options
                .iter()
                .all(|option| option.as_str().is_some_and(|text| !text.is_empty()));
        self.must(fits, || {
            format!("{path}: an enum of other than 1 to 50 strings")
        });
    }
}

#[test]
fn every_list_keeps_the_rules_of_clients() {
    let mut found = Vec::new();
    let mut lists = 0;
    for kind in Kind::ALL {
        for preset in presets() {
            let surface = surface(kind, preset.policy);
            let tools: Vec<Value> = surface
                .tools()
                .iter()
                .map(|tool| serde_json::to_value(mcp::tool(tool)).unwrap())
                .collect();
            let mut lint = Lint {
                place: format!("{}, {}", kind.as_str(), preset.name),
                found: Vec::new(),
            };
            lint.list(&tools);
            let told = surface.instructions();
            lint.must(told.len() <= 2_048, || {
                format!("instructions of {} bytes", told.len())
            });
            found.extend(lint.found);
            lists += 1;
        }
    }
    assert_eq!(lists, Kind::ALL.len() * presets().len());
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_lint_finds_what_clients_choke_on() {
    let good = || {
        let surface = surface(Kind::Compact, presets().remove(0).policy);
        serde_json::to_value(mcp::tool(surface.get("find_actions").unwrap())).unwrap()
    };
    let found = |pointer: &str, value: Value| {
        let mut tool = good();
        *tool.pointer_mut(pointer).unwrap() = value;
        let mut lint = Lint {
            place: "a list".to_owned(),
            found: Vec::new(),
        };
        lint.list(&[tool]);
        lint.found
    };
    let query = |piece: Value| found("/inputSchema/properties/query", piece);
    assert_eq!(found("/name", "find_actions".into()), Vec::<String>::new());
    for (pointer, value) in [
        ("/name", serde_json::json!("find__actions")),
        (
            "/description",
            serde_json::json!(format!("Finds what there is. {}", "x".repeat(1_025))),
        ),
        ("/description", serde_json::json!("Finds.")),
        ("/annotations/readOnlyHint", Value::Null),
        ("/inputSchema/type", serde_json::json!("array")),
        ("/inputSchema/additionalProperties", Value::Bool(true)),
        ("/inputSchema/required", serde_json::json!(["nothing"])),
        ("/outputSchema/type", serde_json::json!("array")),
    ] {
        let lint = found(pointer, value.clone());
        assert_eq!(lint.len(), 1, "{pointer} = {value}: {lint:?}");
    }
    for piece in [
        serde_json::json!({}),
        serde_json::json!(true),
        serde_json::json!({"type": ["string", "null"], "description": "Words."}),
        serde_json::json!({"type": "string"}),
        serde_json::json!({"type": "string", "description": "Words.", "default": null}),
        serde_json::json!({"type": "string", "description": "Words.", "format": "email"}),
        serde_json::json!({"type": "string", "description": "Words.", "const": "a"}),
        serde_json::json!({"type": "string", "description": "Words.", "enum": ["a", ""]}),
        serde_json::json!({"type": "integer", "description": "Words.", "maximum": 1e300}),
        serde_json::json!({"type": "array", "description": "Words."}),
        serde_json::json!({"type": "array", "description": "Words.", "items": {}}),
        serde_json::json!({"type": "object", "description": "Words."}),
        serde_json::json!({"type": "object", "description": "Words.", "properties": {"A": {"type": "string", "description": "Words."}}}),
    ] {
        let lint = query(piece.clone());
        assert_eq!(lint.len(), 1, "{piece}: {lint:?}");
    }
}

/// Words with which a text says what it does to the shop.
const CHANGES: [&str; 24] = [
    "changes",
    "sets",
    "turns",
    "puts",
    "takes",
    "deletes",
    "sends",
    "mails",
    "moves",
    "creates",
    "replaces",
    "attaches",
    "detaches",
    "charges",
    "refunds",
    "gives back",
    "cancels",
    "lifts",
    "writes",
    "resets",
    "adds",
    "removes",
    "limits",
    "promises",
];
const LOOKS: [&str; 10] = [
    "reads", "lists", "gives", "counts", "ranks", "exports", "finds", "shows", "waits", "runs",
];

/// What is wrong with a description, by rules that need no reader.
fn quality(tool: &Tool) -> Vec<String> {
    let text = tool.description.to_lowercase();
    let mut found = Vec::new();
    let first = text.split_whitespace().next().unwrap_or_default();
    let own: HashSet<&str> = tool.name.split('_').collect();
    let said: HashSet<&str> = text
        .split(|symbol: char| !symbol.is_alphanumeric())
        .filter(|word| word.len() > 3)
        .collect();
    if said.iter().filter(|word| !own.contains(*word)).count() < 5 {
        found.push("says no more than the name".to_owned());
    }
    if text == tool.title.to_lowercase() {
        found.push("is the title".to_owned());
    }
    let looks = LOOKS.contains(&first);
    let warns = ["irreversible", "cannot be undone", "final"]
        .iter()
        .any(|warning| text.contains(warning));
    match tool.class {
        Class::Read if !looks => found.push(format!("begins as a change: {first}")),
        Class::Read if warns => found.push("warns of a read".to_owned()),
        Class::Write | Class::Send | Class::Money | Class::Destroy
            if looks && first != "runs" && !CHANGES.iter().any(|word| text.contains(word)) =>
        {
            found.push(format!("begins as a read: {first}"));
        }
        Class::Send | Class::Money | Class::Destroy if !warns => {
            found.push("does not say that it is irreversible".to_owned());
        }
        Class::Read | Class::Write | Class::Send | Class::Money | Class::Destroy => {}
    }
    if text.contains("changes nothing") && tool.class != Class::Read {
        found.push("says that it changes nothing".to_owned());
    }
    found
}

#[test]
fn descriptions_say_more_than_the_name_and_fit_the_class() {
    for kind in Kind::ALL {
        let surface = surface(kind, presets().remove(0).policy);
        for tool in surface.tools() {
            assert_eq!(
                quality(tool),
                Vec::<String>::new(),
                "{}: {}",
                tool.name,
                tool.description
            );
        }
    }
}

#[test]
fn the_quality_rules_find_bad_descriptions() {
    let surface = surface(Kind::Full, presets().remove(0).policy);
    let bad = |name: &str, text: &str| {
        let mut tool = surface.get(name).unwrap().clone();
        tool.description = text.to_owned();
        quality(&tool)
    };
    assert_eq!(
        bad("preorders_offers_list", "Lists preorders offers."),
        ["says no more than the name"]
    );
    let long = "with name, state, schedule and number of variants, newest first";
    assert_eq!(
        bad("preorders_offers_list", &format!("Deletes offers {long}.")),
        ["begins as a change: deletes"]
    );
    assert_eq!(
        bad(
            "preorders_offers_delete",
            &format!("Deletes an offer {long}.")
        ),
        ["does not say that it is irreversible"]
    );
    assert_eq!(
        bad(
            "preorders_offers_enable",
            &format!("Lists offers {long}; changes nothing.")
        ),
        ["says that it changes nothing"]
    );
}
