//! Mistakes of one field, made from calls that are right.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use stoq_mcp::engine::Engine;
use stoq_mcp::registry::{Action, schema};

use crate::spell::misspelt;
use crate::{calls, place, values};

/// Keys that clients make up.
const MADE_UP: [&str; 4] = ["zz_unknown", "dry_run", "verbose", "reason_for_call"];

/// A call with one mistake.
pub struct Slip {
    pub kind: &'static str,
    pub action: String,
    pub arguments: Map<String, Value>,
    meant: Meant,
}

/// Which repaired calls are still the call that was meant.
enum Meant {
    /// This very call.
    Call(String, Map<String, Value>),
    /// This call, with any value at the place.
    But(Map<String, Value>, Vec<String>),
    /// This call, with any value at the place, or none.
    Without(Map<String, Value>, Vec<String>),
    /// These arguments, and more of them.
    More(Map<String, Value>),
}

impl Slip {
    /// Whether a repaired call is the one meant.
    pub fn is_meant(&self, action: &str, arguments: &Map<String, Value>) -> bool {
        let same = |one: &Map<String, Value>, path: &[String]| {
            let (mut one, mut other) = (one.clone(), arguments.clone());
            place::set(&mut one, path, Value::Null);
            place::set(&mut other, path, Value::Null);
            one == other
        };
        match &self.meant {
            Meant::Call(name, call) => action == name && arguments == call,
            Meant::But(call, path) => {
                action == self.action && place::get(arguments, path).is_some() && same(call, path)
            }
            Meant::Without(call, path) => {
                let mut without = call.clone();
                place::take(&mut without, path);
                action == self.action && (arguments == &without || same(call, path))
            }
            Meant::More(call) => {
                let kept = |(name, value): (&String, &Value)| arguments.get(name) == Some(value);
                action == self.action && call.iter().all(kept) && arguments.len() > call.len()
            }
        }
    }
}

/// Every mistake over every action.
pub fn all(engine: &Engine) -> Vec<Slip> {
    let mut slips = Vec::new();
    for action in engine.registry().actions() {
        let calls = calls::of(action);
        for call in &calls {
            let checked = engine.check(action.name(), call.clone(), None);
            assert!(checked.is_ok(), "{}: {checked:?}", action.name());
        }
        let full = calls.last().unwrap();
        for call in &calls {
            Maker::new(action, call, &mut slips).keys_and_values();
        }
        Maker::new(action, full, &mut slips).whole();
    }
    slips
}

/// Makes the mistakes of one call.
struct Maker<'a> {
    action: &'a Action,
    call: &'a Map<String, Value>,
    slips: &'a mut Vec<Slip>,
}

/// The schema of one place: the one clients see, and the API's own.
#[derive(Clone, Copy)]
struct Piece<'a> {
    seen: &'a Value,
    own: Option<&'a Value>,
}

impl<'a> Maker<'a> {
    fn new(action: &'a Action, call: &'a Map<String, Value>, slips: &'a mut Vec<Slip>) -> Self {
        Self {
            action,
            call,
            slips,
        }
    }

    fn add(&mut self, kind: &'static str, arguments: Map<String, Value>, meant: Meant) {
        self.slips.push(Slip {
            kind,
            action: self.action.name().to_owned(),
            arguments,
            meant,
        });
    }

    /// This very call was meant.
    fn exactly(&mut self, kind: &'static str, arguments: Map<String, Value>) {
        let meant = Meant::Call(self.action.name().to_owned(), self.call.clone());
        self.add(kind, arguments, meant);
    }

    /// Another value stands at a place.
    fn wrong(&mut self, kind: &'static str, path: &[String], value: Value) {
        let mut arguments = self.call.clone();
        place::set(&mut arguments, path, value);
        self.add(
            kind,
            arguments,
            Meant::But(self.call.clone(), path.to_vec()),
        );
    }

    /// The mistakes at every place of the call.
    fn keys_and_values(&mut self) {
        let root = Value::Object(self.action.input_schema().as_ref().clone());
        let piece = Piece {
            seen: &root,
            own: Some(self.action.request_schema()),
        };
        self.level(piece, &Value::Object(self.call.clone()), &[]);
    }

    fn level(&mut self, piece: Piece<'_>, value: &Value, path: &[String]) {
        match value {
            Value::Object(map) => {
                let Some(properties) = schema::properties(piece.seen) else {
                    return;
                };
                let required = piece.seen.get("required").and_then(Value::as_array);
                let is_required = |name: &str| {
                    required.is_some_and(|names| names.iter().any(|other| other == name))
                };
                self.unknown(path);
                for (name, inner) in map {
                    let Some(seen) = properties.get(name) else {
                        continue;
                    };
                    let child = Piece {
                        seen,
                        own: piece
                            .own
                            .and_then(schema::properties)
                            .and_then(|own| own.get(name)),
                    };
                    let path = place::below(path, name);
                    self.misspell(&path, &|text| properties.contains_key(text));
                    if is_required(name) {
                        self.missing(&path);
                    }
                    self.value(child, inner, &path);
                    self.level(child, inner, &path);
                }
            }
            Value::Array(members) => {
                let (Some(seen), Some(first)) = (piece.seen.get("items"), members.first()) else {
                    return;
                };
                let child = Piece {
                    seen,
                    own: piece.own.and_then(|own| own.get("items")),
                };
                let path = place::below(path, "0");
                self.value(child, first, &path);
                self.level(child, first, &path);
            }
            _ => {}
        }
    }

    /// Wrong values at one place.
    fn value(&mut self, piece: Piece<'_>, value: &Value, path: &[String]) {
        for (kind, wrong) in values::wrong(piece.seen, piece.own, value) {
            // A name that is none can only be left out.
            if path.len() == 2 && path[0] == "fields" {
                let mut arguments = self.call.clone();
                place::set(&mut arguments, path, wrong);
                let meant = Meant::Without(self.call.clone(), path.to_vec());
                self.add(kind, arguments, meant);
            } else {
                self.wrong(kind, path, wrong);
            }
        }
    }

    fn misspell(&mut self, path: &[String], taken: &dyn Fn(&str) -> bool) {
        let (name, parents) = path.split_last().unwrap();
        let is_paging = |text: &str| matches!(text, "page" | "per_page");
        let text = misspelt(
            name,
            &format!("{}{parents:?}", self.action.name()),
            &|text| taken(text) || is_paging(text),
        );
        let mut arguments = self.call.clone();
        let value = place::take(&mut arguments, path).unwrap();
        place::set(&mut arguments, &place::below(parents, &text), value.clone());
        let kind = if parents.is_empty() {
            "misspelt key"
        } else {
            "misspelt key, nested"
        };
        self.exactly(kind, arguments);
        // A key at the root that belongs further down.
        if !parents.is_empty()
            && parents.iter().all(|part| part.parse::<usize>().is_err())
            && self.action.input_schema()["properties"].get(name).is_none()
        {
            let mut arguments = self.call.clone();
            place::take(&mut arguments, path);
            place::set(&mut arguments, std::slice::from_ref(name), value);
            self.exactly("key at the wrong level", arguments);
        }
    }

    fn unknown(&mut self, path: &[String]) {
        let kind = if path.is_empty() {
            "unknown key"
        } else {
            "unknown key, nested"
        };
        for (index, name) in MADE_UP.iter().enumerate() {
            if path.is_empty() || index < 2 {
                let mut arguments = self.call.clone();
                place::set(&mut arguments, &place::below(path, name), json!(true));
                self.exactly(kind, arguments);
            }
        }
    }

    fn missing(&mut self, path: &[String]) {
        let kind = if path.len() == 1 {
            "missing"
        } else {
            "missing, nested"
        };
        let mut arguments = self.call.clone();
        place::take(&mut arguments, path);
        self.add(
            kind,
            arguments,
            Meant::But(self.call.clone(), path.to_vec()),
        );
        self.wrong(kind, path, Value::Null);
    }

    /// The mistakes that concern the call as a whole, made once an action.
    fn whole(&mut self) {
        self.names();
        self.no_change();
        self.paging();
        if self.action.rows().is_some() {
            self.fields();
            self.cursors();
        }
    }

    fn names(&mut self) {
        let name = self.action.name();
        let mut texts: Vec<String> = (0..3)
            .map(|seed| misspelt(name, &format!("{seed}"), &|_| false))
            .collect();
        texts.sort();
        texts.dedup();
        for text in texts {
            let meant = Meant::Call(name.to_owned(), self.call.clone());
            self.slips.push(Slip {
                kind: "misspelt action",
                action: text,
                arguments: self.call.clone(),
                meant,
            });
        }
    }

    fn no_change(&mut self) {
        let any_of = self.action.request_schema().get("x-any-of");
        let any_of: Vec<&str> = any_of
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let ids: Vec<&str> = self.action.placeholders().collect();
        let changes = |name: &str| match any_of.is_empty() {
            true => !ids.contains(&name),
            false => any_of.contains(&name) || name == "clear",
        };
        if any_of.is_empty() && !self.action.entry().method.is_partial() {
            return;
        }
        let kept = self.call.iter().filter(|(name, _)| !changes(name));
        let only: Map<String, Value> = kept
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut nulls = self.call.clone();
        for (name, value) in &mut nulls {
            if changes(name) {
                *value = Value::Null;
            }
        }
        self.add("nothing to change", nulls, Meant::More(only.clone()));
        self.add("nothing to change", only.clone(), Meant::More(only));
    }

    fn paging(&mut self) {
        let input = &self.action.input_schema()["properties"];
        let paged = self.action.rows().filter(|rows| rows.paged);
        for (name, value) in [
            ("page", json!(0)),
            ("page", json!("first")),
            ("per_page", json!(100_000)),
            ("per_page", json!(0)),
        ] {
            if input.get(name).is_some() {
                continue;
            }
            let mut arguments = self.call.clone();
            arguments.insert(name.to_owned(), value);
            let path = vec![name.to_owned()];
            match paged {
                Some(_) => self.add(
                    "bad page",
                    arguments,
                    Meant::Without(self.call.clone(), path),
                ),
                None => self.exactly("pages where none are", arguments),
            }
        }
        if paged.is_some_and(|rows| !rows.sparse.is_empty()) {
            let mut arguments = self.call.clone();
            arguments.insert("page".to_owned(), json!(2));
            self.exactly("page of a sparse list", arguments);
        }
    }

    fn fields(&mut self) {
        for (index, name) in calls::row_fields(self.action).iter().enumerate() {
            let path = vec!["fields".to_owned(), index.to_string()];
            let near = misspelt(name, self.action.name(), &|_| false);
            for text in [near, "zz_nothing".to_owned()] {
                let mut arguments = self.call.clone();
                place::set(&mut arguments, &path, json!(text));
                let meant = Meant::Without(self.call.clone(), path.clone());
                self.add("bad field of rows", arguments, meant);
            }
        }
    }

    fn cursors(&mut self) {
        let foreign = BASE64_URL_SAFE_NO_PAD.encode(r#"{"o":50,"q":"AAAAAAAAAAA"}"#);
        for text in ["2", "next", foreign.as_str()] {
            let mut arguments = self.call.clone();
            arguments.insert("cursor".to_owned(), json!(text));
            self.exactly("bad cursor", arguments);
        }
    }
}
