//! A published request schema in the registry's own terms: typed, described, bounded.
//!
//! A property that is published as the registry prints it keeps the registry's form. One that
//! really differs takes the published form, in the words that the transform and every client can
//! read; an untyped one never weakens a type the registry knows (vendor docs: Dispatch & Discovery).

use serde_json::{Map, Value, json};

use crate::registry::schema;
use crate::text::line;

/// Levels that clients read.
const MAX_DEPTH: usize = 5;
const MAX_KEY: usize = 64;
const MAX_PROPERTIES: usize = 100;
const MAX_ENUM: usize = 50;
const MAX_ENUM_TEXT: usize = 100;
/// Most characters of a description that the manifest gives.
const MAX_DESCRIPTION: usize = 200;
/// 2^53: beyond it JavaScript clients lose digits.
const MAX_INTEGER: f64 = 9_007_199_254_740_992.0;
/// Keywords that a manifest is not said to print, so that its silence takes nothing away (vendor
/// docs: Dispatch & Discovery names enums and numeric bounds alone).
const QUIET: [&str; 7] = [
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "default",
];
/// Keywords that say what is in an object.
const MEMBERS: [&str; 4] = [
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
];
const FORMATS: [&str; 5] = ["date", "date-time", "uuid", "email", "phone"];

/// What the registry knows of the same request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    /// Its form, references inlined.
    pub form: &'a Value,
    /// As it is printed.
    pub printed: &'a Value,
}

impl<'a> Known<'a> {
    /// The same of a piece below; what is printed may have nothing there.
    fn below(self, step: impl Fn(&'a Value) -> Option<&'a Value>) -> Option<Self> {
        Some(Self {
            form: step(self.form)?,
            printed: step(self.printed).unwrap_or(&Value::Null),
        })
    }

    fn property(self, name: &str) -> Option<Self> {
        self.below(|piece| schema::properties(piece)?.get(name))
    }
}

/// Hears of every property that is left out.
pub(super) type Told<'a> = &'a mut dyn FnMut(String);

/// The request form of a published schema; `reserved` names cannot be arguments of the API.
///
/// # Errors
/// When what is left out is required, so that no call could succeed.
pub(super) fn request(
    published: &Map<String, Value>,
    known: Option<Known<'_>>,
    reserved: &[&str],
    told: Told<'_>,
) -> Result<Value, String> {
    let none = Map::new();
    let properties = published.get("properties").and_then(Value::as_object);
    let properties = properties.unwrap_or(&none);
    if properties.len() > MAX_PROPERTIES {
        return Err(format!("it has more than {MAX_PROPERTIES} properties"));
    }
    let required = names(published.get("required"));
    if let Some(name) = required.iter().find(|name| reserved.contains(*name)) {
        return Err(format!(
            "its required `{name}` is a placeholder or an argument of ours"
        ));
    }
    let mut properties = properties.clone();
    properties.retain(|name, _| {
        let free = !reserved.contains(&name.as_str());
        if !free {
            told(format!(
                "its argument `{name}` was left out: a placeholder or an argument of ours has that name"
            ));
        }
        free
    });
    let kept = members(&properties, &required, known, 1, told)?;
    let mut out = Map::new();
    if let Some(ours) = known.and_then(|known| known.form.as_object()) {
        let marks = ours.iter().filter(|(key, _)| key.starts_with("x-"));
        out.extend(marks.map(|(key, value)| (key.clone(), value.clone())));
    }
    out.insert("type".into(), json!("object"));
    out.insert("properties".into(), Value::Object(kept));
    require(&mut out, &required);
    Ok(Value::Object(out))
}

/// The properties of one level.
fn members(
    properties: &Map<String, Value>,
    required: &[&str],
    known: Option<Known<'_>>,
    depth: usize,
    told: Told<'_>,
) -> Result<Map<String, Value>, String> {
    let mut kept = Map::new();
    for (name, value) in properties {
        let known = known.and_then(|known| known.property(name));
        let form = if is_key(name) {
            piece(name, value, known, depth, told)
        } else {
            Err("is not a name that every client takes".to_owned())
        };
        let shown = line(name, MAX_KEY);
        match form {
            Ok(form) => {
                kept.insert(name.clone(), form);
            }
            Err(why) if required.contains(&name.as_str()) => {
                return Err(format!("its required `{shown}` {why}"));
            }
            Err(why) => told(format!("its argument `{shown}` was left out: it {why}")),
        }
    }
    Ok(kept)
}

fn piece(
    name: &str,
    value: &Value,
    known: Option<Known<'_>>,
    depth: usize,
    told: Told<'_>,
) -> Result<Value, String> {
    if let Some(known) = known
        && known.printed == value
    {
        return Ok(known.form.clone());
    }
    let published = Piece::of(value);
    let kind = match (published.kind, known) {
        (Some(kind), _) => kind,
        (None, Some(known)) => return Ok(narrowed(known.form, published.options)),
        (None, None) => published.kind_of_options().unwrap_or("string"),
    };
    let same = known.filter(|known| schema::scalar_type(known.form) == Some(kind));
    let mut out = Map::new();
    out.insert("type".into(), json!(kind));
    match kind {
        "object" => published.below(name, same, depth, told, &mut out)?,
        "array" => published.items(name, same, depth, told, &mut out)?,
        "integer" | "number" => published.bounds(kind, &mut out),
        "string" => published.text(&mut out),
        _ => {}
    }
    if published.nullable {
        out.insert("type".into(), json!([kind, "null"]));
    }
    describe(name, &published, same, &mut out);
    Ok(Value::Object(out))
}

/// The registry's typed form, with the values an untyped published form allows.
fn narrowed(form: &Value, options: Option<&[Value]>) -> Value {
    let mut form = form.clone();
    if let (Value::Object(map), Some(options)) = (&mut form, options.and_then(choices)) {
        let kept = map.get("enum").and_then(Value::as_array);
        let plain = |values: &[Value]| -> Vec<Value> {
            let values = values.iter().filter(|value| !value.is_null());
            values.cloned().collect()
        };
        let same = kept.is_some_and(|kept| plain(kept) == plain(&options));
        let text = map.get("type").is_none_or(|kind| kind == "string");
        if !same && text {
            map.insert("enum".into(), Value::Array(options));
        }
    }
    form
}

/// A published piece, its ways to say "or null" taken apart.
struct Piece<'a> {
    core: &'a Value,
    kind: Option<&'static str>,
    nullable: bool,
    options: Option<&'a [Value]>,
}

impl<'a> Piece<'a> {
    fn of(value: &'a Value) -> Self {
        let (core, or_null) = alternative(value);
        let named = schema::scalar_type(core).and_then(scalar);
        let kind = named.or_else(|| {
            if schema::properties(core).is_some() {
                Some("object")
            } else if core.get("items").is_some_and(Value::is_object) {
                Some("array")
            } else {
                None
            }
        });
        let options = core.get("enum").and_then(Value::as_array);
        Self {
            core,
            kind,
            nullable: or_null || (kind.is_some() && schema::is_nullable(core)),
            options: options.map(Vec::as_slice),
        }
    }

    /// The type that all values of an untyped list have.
    fn kind_of_options(&self) -> Option<&'static str> {
        let options = self.options.filter(|options| !options.is_empty())?;
        if options.iter().all(|value| value.is_i64() || value.is_u64()) {
            return Some("integer");
        }
        options.iter().all(Value::is_boolean).then_some("boolean")
    }

    fn below(
        &self,
        name: &str,
        known: Option<Known<'_>>,
        depth: usize,
        told: Told<'_>,
        out: &mut Map<String, Value>,
    ) -> Result<(), String> {
        let properties = schema::properties(self.core).filter(|members| !members.is_empty());
        if let Some(properties) = properties {
            // Clients read no deeper: there any object goes.
            if depth < MAX_DEPTH {
                let required = names(self.core.get("required"));
                let kept = members(properties, &required, known, depth + 1, told)?;
                out.insert("properties".into(), Value::Object(kept));
                require(out, &required);
            }
            return Ok(());
        }
        // An open map is a list of pairs to clients, which takes two levels.
        if let Some(values) = schema::open_map(self.core).filter(|_| depth + 2 <= MAX_DEPTH) {
            let known = known.and_then(|known| known.below(schema::open_map));
            let form = piece(name, values, known, depth + 2, told)?;
            out.insert("additionalProperties".into(), form);
            return Ok(());
        }
        // A bare object says nothing of what is in it.
        for (key, value) in known
            .and_then(|known| known.form.as_object())
            .into_iter()
            .flatten()
        {
            if MEMBERS.contains(&key.as_str()) {
                out.insert(key.clone(), value.clone());
            }
        }
        Ok(())
    }

    fn items(
        &self,
        name: &str,
        known: Option<Known<'_>>,
        depth: usize,
        told: Told<'_>,
        out: &mut Map<String, Value>,
    ) -> Result<(), String> {
        if depth >= MAX_DEPTH {
            return Err(format!("holds a list deeper than {MAX_DEPTH} levels"));
        }
        let known = known.and_then(|known| known.below(|piece| piece.get("items")));
        let items = match (self.core.get("items"), known) {
            (Some(items @ Value::Object(_)), _) => piece(name, items, known, depth + 1, told)?,
            (Some(Value::Bool(_)) | None, Some(known)) => known.form.clone(),
            (Some(Value::Bool(_)) | None, None) => json!({"type": "string"}),
            (Some(_), _) => return Err("holds a list whose items have no one form".to_owned()),
        };
        self.counts(&["minItems", "maxItems"], out);
        out.insert("items".into(), items);
        Ok(())
    }

    fn bounds(&self, kind: &str, out: &mut Map<String, Value>) {
        let exact = |key: &str| {
            let bound = self.core.get(key)?;
            let size = bound.as_f64()?.abs();
            let whole = bound.is_i64() || bound.is_u64() || kind == "number";
            (whole && size <= MAX_INTEGER).then(|| bound.clone())
        };
        for (key, exclusive, step) in [
            ("minimum", "exclusiveMinimum", 1),
            ("maximum", "exclusiveMaximum", -1),
        ] {
            let next = exact(exclusive)
                .and_then(|bound| bound.as_i64())
                .filter(|_| kind == "integer")
                .map(|bound| json!(bound + step));
            if let Some(bound) = exact(key).or(next) {
                out.insert(key.into(), bound);
            }
        }
    }

    fn text(&self, out: &mut Map<String, Value>) {
        self.counts(&["minLength", "maxLength"], out);
        let format = self.core.get("format").and_then(Value::as_str);
        if let Some(format) = format.filter(|format| FORMATS.contains(format)) {
            out.insert("format".into(), json!(format));
        }
        if let Some(options) = self.options.and_then(choices) {
            out.insert("enum".into(), Value::Array(options));
        }
    }

    fn counts(&self, keys: &[&str], out: &mut Map<String, Value>) {
        for key in keys {
            if let Some(count) = self.core.get(*key).and_then(Value::as_u64) {
                out.insert((*key).to_owned(), json!(count));
            }
        }
    }
}

/// The other of two alternatives when one is null; else the piece itself.
fn alternative(value: &Value) -> (&Value, bool) {
    let pair = ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| value.get(*key)?.as_array());
    let is_null = |value: &Value| value.get("type").is_some_and(|kind| kind == "null");
    match pair.map(Vec::as_slice) {
        Some([first, second]) if is_null(first) => (second, true),
        Some([first, second]) if is_null(second) => (first, true),
        Some(_) | None => (value, false),
    }
}

/// The values of an enum as every client takes them: short texts, not too many, `null` apart.
fn choices(options: &[Value]) -> Option<Vec<Value>> {
    let sound = |value: &Value| {
        value.is_null()
            || value
                .as_str()
                .is_some_and(|text| !text.is_empty() && line(text, MAX_ENUM_TEXT) == text)
    };
    let texts = options.iter().filter(|value| value.is_string()).count();
    ((1..=MAX_ENUM).contains(&texts) && options.iter().all(sound)).then(|| options.to_vec())
}

/// What a manifest does not print is the registry's where the type is the same; without it the
/// description is the manifest's, marked as such.
fn describe(
    name: &str,
    published: &Piece<'_>,
    same: Option<Known<'_>>,
    out: &mut Map<String, Value>,
) {
    if let Some(Value::Object(ours)) = same.map(|same| same.form) {
        for (key, value) in ours {
            let quiet = QUIET.contains(&key.as_str()) && !out.contains_key(key);
            if quiet || key == "description" || key.starts_with("x-") {
                out.insert(key.clone(), value.clone());
            }
        }
    }
    if out.contains_key("description") {
        return;
    }
    let text = published.core.get("description").and_then(Value::as_str);
    let text = text
        .map(|text| line(text, MAX_DESCRIPTION))
        .filter(|text| !text.is_empty());
    let mut told = match text {
        Some(text) => format!("The API's text: \"{}\"", text.replace('"', "'")),
        None => format!("`{name}`, as the API's manifest lists it."),
    };
    if published.kind.is_none() {
        told.push_str(" Its type is not stated.");
    }
    if !out.contains_key("enum")
        && let Some(options) = published.options
    {
        let some: Vec<String> = options
            .iter()
            .take(MAX_ENUM)
            .map(Value::to_string)
            .collect();
        told.push_str(&format!(
            " One of {}",
            line(&some.join(", "), MAX_DESCRIPTION)
        ));
    }
    out.insert("description".into(), json!(told));
}

/// Requires those of the names that the properties have.
fn require(out: &mut Map<String, Value>, required: &[&str]) {
    let known = out.get("properties").and_then(Value::as_object);
    let required: Vec<&&str> = required
        .iter()
        .filter(|name| known.is_some_and(|known| known.contains_key(**name)))
        .collect();
    if !required.is_empty() {
        let required = json!(required);
        out.insert("required".into(), required);
    }
}

fn names(list: Option<&Value>) -> Vec<&str> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let mut names: Vec<&str> = Vec::new();
    for name in list.filter_map(Value::as_str) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn is_key(name: &str) -> bool {
    (1..=MAX_KEY).contains(&name.len())
        && name
            .chars()
            .all(|symbol| symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '_')
}

fn scalar(name: &str) -> Option<&'static str> {
    ["string", "integer", "number", "boolean", "array", "object"]
        .into_iter()
        .find(|scalar| *scalar == name)
}
