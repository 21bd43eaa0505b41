//! What the texts of an answer are, compiled from its schema once: which hold personal data, which were
//! written by others, which keep their lines.

use serde_json::Value;

use super::schema;

/// One piece of an answer's schema, as far as it decides how texts are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// The kind of personal data it holds (`x-pii`).
    pub pii: Option<String>,
    /// Whether others wrote it (`x-untrusted`).
    pub untrusted: bool,
    /// Whether lines and markup belong to it (`x-verbatim`).
    pub verbatim: bool,
    /// The fields it has, in the order of the schema.
    named: Vec<(String, Form)>,
    /// Fields of any other name.
    others: Option<Box<Form>>,
    /// Its entries.
    items: Option<Box<Form>>,
}

impl Form {
    /// Of a schema without references.
    pub fn of(piece: &Value) -> Self {
        let is = |mark: &str| piece.get(mark) == Some(&Value::Bool(true));
        let below = |name: &str| piece.get(name).map(|piece| Box::new(Self::of(piece)));
        let named = schema::properties(piece).into_iter().flatten();
        let is_open = piece
            .get("additionalProperties")
            .is_some_and(Value::is_object);
        Self {
            pii: piece
                .get("x-pii")
                .and_then(Value::as_str)
                .map(str::to_owned),
            untrusted: is("x-untrusted"),
            verbatim: is("x-verbatim"),
            named: named
                .map(|(name, piece)| (name.clone(), Self::of(piece)))
                .collect(),
            others: below("additionalProperties").filter(|_| is_open),
            items: below("items"),
        }
    }

    /// The form of a field, and where it stands among them; looked for from `hint` on, as answers have
    /// their fields in the order of the schema.
    pub fn field(&self, name: &str, hint: usize) -> Option<(usize, &Self)> {
        let (before, after) = self.named.split_at(hint.min(self.named.len()));
        let places = (hint..).zip(after).chain((0..).zip(before));
        places
            .map(|(place, (known, form))| (place, known, form))
            .find(|(_, known, _)| known.as_str() == name)
            .map(|(place, _, form)| (place, form))
    }

    /// The form of fields whose names are not known.
    pub fn others(&self) -> Option<&Self> {
        self.others.as_deref()
    }

    /// The form of its entries.
    pub fn items(&self) -> Option<&Self> {
        self.items.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_is_what_its_schema_says() {
        let form = Form::of(&json!({"properties": {
            "a": {"x-pii": "email", "x-untrusted": true},
            "b": {"x-verbatim": true, "additionalProperties": {"x-untrusted": true}},
            "c": {"items": {"properties": {"d": {"x-pii": "name"}}}, "additionalProperties": false}}}));
        let field = |name: &str, hint: usize| form.field(name, hint);
        let (place, a) = field("a", 0).unwrap();
        assert_eq!(
            (place, a.pii.as_deref(), a.untrusted),
            (0, Some("email"), true)
        );
        assert!(!a.verbatim && a.others().is_none() && a.items().is_none());
        for hint in 0..5 {
            let (place, b) = field("b", hint).unwrap();
            assert_eq!((place, b.verbatim, b.untrusted), (1, true, false));
            assert!(b.others().is_some_and(|others| others.untrusted));
            assert_eq!(field("e", hint), None);
        }
        let (place, c) = field("c", 1).unwrap();
        assert_eq!((place, c.others()), (2, None));
        let d = c.items().unwrap().field("d", 0).unwrap().1;
        assert_eq!(d.pii.as_deref(), Some("name"));
    }
}
