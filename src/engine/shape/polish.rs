//! Makes an answer fit to be shown: nothing hides in its texts, nothing in them is markup, personal
//! data is as the operator wants it, and text that others wrote is short and marked.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::registry::form::Form;
use crate::safety::personal::{Kind, Masker};
use crate::text::{FOREIGN_CHARS, clean, kept, line, short};

/// Polishes the parts of one answer.
pub(in crate::engine) struct Polish<'a> {
    masker: &'a Masker,
    /// Dotted paths of text that others wrote, as far as it was met.
    foreign: Vec<String>,
}

impl<'a> Polish<'a> {
    pub(in crate::engine) const fn new(masker: &'a Masker) -> Self {
        Self {
            masker,
            foreign: Vec::new(),
        }
    }

    /// A value and all below it.
    pub(in crate::engine) fn value(&mut self, form: Option<&Form>, value: &mut Value) {
        self.walk(form, value, &mut Vec::new());
    }

    /// An answer without its rows, which were polished before.
    pub(super) fn beside(&mut self, form: &Form, value: &mut Value, rows: Option<&str>) {
        let Value::Object(map) = value else {
            return self.value(Some(form), value);
        };
        let taken = rows.and_then(|key| Some((key, map.get_mut(key)?.take())));
        self.value(Some(form), value);
        if let (Some((key, rows)), Value::Object(map)) = (taken, value) {
            map.insert(key.to_owned(), rows);
        }
    }

    /// One text, by the name and the form of its field; says whether others wrote it. `None` when it is
    /// shown as it is.
    pub(in crate::engine) fn text(
        &self,
        form: Option<&Form>,
        name: &str,
        text: &str,
    ) -> (Option<String>, bool) {
        let safe = match form.is_some_and(|form| form.verbatim) {
            true => kept(text),
            false => clean(text),
        };
        let shown = match kind(form, name) {
            Some(kind) => self.masker.field(kind, &safe),
            None => self.masker.text(&safe),
        };
        let is_foreign = form.is_none_or(|form| form.untrusted);
        let shown = match form.is_some_and(|form| form.untrusted) {
            true => short(&shown, FOREIGN_CHARS),
            false => Cow::Borrowed(shown.as_ref()),
        };
        match shown == text {
            true => (None, is_foreign),
            false => (Some(shown.into_owned()), is_foreign),
        }
    }

    /// Where text of others was met.
    pub(in crate::engine) fn into_foreign(self) -> Vec<String> {
        self.foreign
    }

    fn walk<'v>(&mut self, form: Option<&Form>, value: &'v mut Value, path: &mut Vec<&'v str>) {
        match value {
            Value::Object(map) => {
                self.names(form, map);
                let mut next = 0;
                for (name, inner) in map {
                    let known = form.and_then(|form| form.field(name, next));
                    if let Some((place, _)) = known {
                        next = place + 1;
                    }
                    let others = || form.and_then(Form::others);
                    path.push(name);
                    self.walk(known.map(|(_, form)| form).or_else(others), inner, path);
                    path.pop();
                }
            }
            Value::Array(items) => {
                let form = form.and_then(Form::items);
                for item in items {
                    self.walk(form, item, path);
                }
            }
            Value::String(text) => {
                let name = path.last().copied().unwrap_or_default();
                let (shown, is_foreign) = self.text(form, name, text);
                if let Some(shown) = shown {
                    *text = shown;
                }
                if is_foreign {
                    self.note(path);
                }
            }
            Value::Number(number) => {
                let name = path.last().copied().unwrap_or_default();
                if let Some(kind) = kind(form, name) {
                    let number = number.to_string();
                    let shown = self.masker.field(kind, &number);
                    if shown != number {
                        *value = Value::String(shown.into_owned());
                    }
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Names are texts of the API too, but for those that the registry knows.
    fn names(&self, form: Option<&Form>, map: &mut Map<String, Value>) {
        let mut next = 0;
        let are_fit = map.keys().all(|name| {
            if let Some((place, _)) = form.and_then(|form| form.field(name, next)) {
                next = place + 1;
                return true;
            }
            self.name(name) == name.as_str()
        });
        if !are_fit {
            *map = std::mem::take(map)
                .into_iter()
                .map(|(name, value)| (self.name(&name).into_owned(), value))
                .collect();
        }
    }

    /// A name of a field or a column.
    pub(in crate::engine) fn name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match clean(name) {
            Cow::Borrowed(name) if name.len() <= FOREIGN_CHARS => self.masker.text(name),
            name => Cow::Owned(line(&self.masker.text(&name), FOREIGN_CHARS)),
        }
    }

    fn note(&mut self, path: &[&str]) {
        let is_known = |known: &String| known.split('.').eq(path.iter().copied());
        // A name may hold a dot itself; then it is only compared once more.
        if self.foreign.iter().any(is_known) {
            return;
        }
        let path = path.join(".");
        if !self.foreign.contains(&path) {
            self.foreign.push(path);
        }
    }
}

/// What kind of personal data a field holds: by its form, or else by its name.
fn kind(form: Option<&Form>, name: &str) -> Option<Kind> {
    match form {
        // A kind that is not known shows nothing.
        Some(form) => {
            let kind = form.pii.as_deref()?;
            Some(Kind::parse(kind).unwrap_or(Kind::Token))
        }
        None => Kind::of_field(name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HOSTILE: &str = "a\u{202e}<b>b</b>\nc";

    fn polished(masker: &Masker, schema: &Value, mut value: Value) -> (Value, Vec<String>) {
        let mut polish = Polish::new(masker);
        polish.value(Some(&Form::of(schema)), &mut value);
        (value, polish.into_foreign())
    }

    fn text(marks: Value) -> Value {
        let mut piece = json!({"type": "string"});
        let Value::Object(marks) = marks else {
            panic!("an object");
        };
        piece.as_object_mut().unwrap().extend(marks);
        piece
    }

    #[test]
    fn every_text_is_made_safe_by_what_its_field_holds() {
        let schema = json!({"properties": {
            "title": text(json!({})),
            "terms": text(json!({"x-verbatim": true})),
            "note": text(json!({"x-untrusted": true})),
            "tags": {"items": text(json!({"x-untrusted": true}))},
            "texts": {"additionalProperties": text(json!({}))},
            "email": text(json!({"x-pii": "email", "x-untrusted": true})),
            "iban": text(json!({"x-pii": "iban"})),
            "rows": {"items": {"properties": {"name": text(json!({"x-pii": "name"}))}}}}});
        let value = json!({"title": HOSTILE, "terms": HOSTILE, "note": "x".repeat(121),
            "tags": [HOSTILE], "texts": {HOSTILE: HOSTILE}, "email": "rosa@x.io", "iban": "DE1",
            "rows": [{"name": "Rosa"}, {"name": null}, {"name": 7}], "new": HOSTILE,
            "phone": 15_035_550_177_u64, "count": 3, "flag": true});
        let (full, foreign) = polished(&Masker::full(), &schema, value.clone());
        assert_eq!(
            full,
            json!({"title": "ab c", "terms": "a<b>b</b>\nc", "note": format!("{}…", "x".repeat(120)),
                "tags": ["ab c"], "texts": {"ab c": "ab c"}, "email": "rosa@x.io", "iban": "DE1",
                "rows": [{"name": "Rosa"}, {"name": null}, {"name": 7}], "new": "ab c",
                "phone": 15_035_550_177_u64, "count": 3, "flag": true})
        );
        assert_eq!(foreign, ["note", "tags", "email", "new"]);
        let (masked, _) = polished(&Masker::masked(), &schema, value);
        assert_eq!(masked["email"], "r***@x.io");
        assert_eq!(masked["iban"], "***");
        assert_eq!(
            masked["rows"],
            json!([{"name": "R***"}, {"name": null}, {"name": "7***"}])
        );
        assert_eq!(
            (&masked["phone"], &masked["count"]),
            (&json!("+1***77"), &json!(3))
        );
    }

    #[test]
    fn addresses_in_other_texts_are_masked_too() {
        let schema = json!({"properties": {"error": text(json!({})),
            "terms": text(json!({"x-verbatim": true}))}});
        let value = json!({"error": "<b>rosa@x.io</b> failed", "terms": "Ask\nrosa@x.io",
            "customer_name": "Rosa", "a@x.io": 1, "below": [{"city": "Rome"}]});
        let (masked, foreign) = polished(&Masker::masked(), &schema, value);
        assert_eq!(
            masked,
            json!({"error": "r***@x.io failed", "terms": "Ask\nr***@x.io",
                "customer_name": "R***", "a***@x.io": 1, "below": [{"city": "***"}]})
        );
        assert_eq!(foreign, ["customer_name", "below.city"]);
        let name = |length: usize| {
            Polish::new(&Masker::full())
                .name(&"é".repeat(length))
                .into_owned()
        };
        assert_eq!(name(120), "é".repeat(120));
        assert_eq!(name(121), format!("{}…", "é".repeat(120)));
    }

    #[test]
    fn rows_that_were_polished_stay_as_they_are() {
        let schema = json!({"properties": {"rows": {"items": text(json!({}))}}});
        let form = Form::of(&schema);
        let masker = Masker::masked();
        let mut polish = Polish::new(&masker);
        let mut value = json!({"rows": [HOSTILE], "a": HOSTILE});
        polish.beside(&form, &mut value, Some("rows"));
        assert_eq!(value, json!({"rows": [HOSTILE], "a": "ab c"}));
        polish.beside(&form, &mut value, None);
        assert_eq!(value, json!({"rows": ["ab c"], "a": "ab c"}));
        let mut bare = json!(HOSTILE);
        polish.beside(&form, &mut bare, Some("rows"));
        assert_eq!(bare, json!("ab c"));
    }

    #[test]
    fn every_kind_in_the_registry_is_known() {
        fn kinds(piece: &Value, found: &mut Vec<String>) {
            match piece {
                Value::Object(map) => {
                    found.extend(map.get("x-pii").and_then(Value::as_str).map(str::to_owned));
                    map.values().for_each(|value| kinds(value, found));
                }
                Value::Array(items) => items.iter().for_each(|item| kinds(item, found)),
                _ => {}
            }
        }
        let registry = crate::registry::Registry::bundled().unwrap();
        let mut found = Vec::new();
        for action in registry.actions() {
            kinds(action.response_schema(), &mut found);
        }
        assert!(found.len() > 10);
        assert!(found.iter().all(|kind| Kind::parse(kind).is_some()));
    }
}
