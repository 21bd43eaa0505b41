//! Which fields of a row are shown.

use serde_json::{Map, Value};

use super::fitting;

/// The fields of a row that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Choice {
    /// All.
    All,
    /// The ones that matter most, by the registry.
    Concise(Vec<String>),
    /// The ones the caller named.
    Fields(Vec<String>),
}

impl Choice {
    /// Whether rows of which fields were read over lack some that nobody asked to leave out.
    pub(in crate::engine) const fn lacks(&self, is_narrowed: bool) -> bool {
        match self {
            Self::All | Self::Fields(_) => false,
            Self::Concise(_) => is_narrowed,
        }
    }

    /// Whether the caller wants to know of a field; one who named none wants to know of all.
    pub(in crate::engine) fn names(&self, path: &str) -> bool {
        match self {
            Self::All | Self::Concise(_) => true,
            Self::Fields(fields) => fields.iter().any(|field| {
                let rest = path.strip_prefix(field.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }),
        }
    }
}

/// The rows with the chosen fields alone; and of each whether it lacks fields that nobody asked to leave
/// out.
pub(in crate::engine) fn chosen(rows: Vec<Value>, choice: &Choice) -> (Vec<Value>, Vec<bool>) {
    match choice {
        Choice::All => (rows, Vec::new()),
        Choice::Fields(fields) => {
            let paths = Paths::of(fields);
            let rows = rows.into_iter().map(|row| select(row, &paths)).collect();
            (rows, Vec::new())
        }
        Choice::Concise(fields) => {
            let paths = Paths::of(fields);
            let rows = rows.into_iter().map(|row| {
                let before = leaves(&row);
                let row = select(row, &paths);
                let lacks = leaves(&row) < before;
                (row, lacks)
            });
            rows.unzip()
        }
    }
}

/// As many rows as fit; and whether they lack fields that nobody asked to leave out.
pub(in crate::engine) fn fitted(mut rows: Vec<Value>, lacks: Vec<bool>) -> (Vec<Value>, bool) {
    rows.truncate(fitting(&rows));
    let lacks = lacks.into_iter().take(rows.len()).any(|lacks| lacks);
    (rows, lacks)
}

/// Fields of a row, nested ones each by itself.
fn leaves(row: &Value) -> usize {
    match row {
        Value::Object(map) => map.values().map(leaves).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => 1,
    }
}

/// The names that dotted fields lead over.
struct Paths<'a> {
    paths: Vec<Vec<&'a str>>,
    /// Whether one lies below another, so that a value is shown twice.
    overlap: bool,
}

impl<'a> Paths<'a> {
    fn of(fields: &'a [String]) -> Self {
        let paths: Vec<Vec<&str>> = fields
            .iter()
            .map(|field| field.split('.').collect())
            .collect();
        let overlap = paths.iter().enumerate().any(|(nth, path)| {
            let others = paths.iter().enumerate().filter(|(other, _)| *other != nth);
            others.into_iter().any(|(_, other)| other.starts_with(path))
        });
        Self { paths, overlap }
    }
}

/// Keeps the chosen fields of a row, in the order they were asked for.
fn select(mut row: Value, paths: &Paths<'_>) -> Value {
    // What is no row must not turn into one.
    if !row.is_object() {
        return row;
    }
    let mut out = Map::with_capacity(paths.paths.len());
    for path in &paths.paths {
        let mut names = path.iter();
        let found = names.try_fold(&mut row, |value, name| value.get_mut(name));
        if let Some(value) = found {
            let value = match paths.overlap {
                true => value.clone(),
                false => value.take(),
            };
            put(&mut out, path, value);
        }
    }
    Value::Object(out)
}

/// Puts a value where names lead.
pub(in crate::engine) fn put(map: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            map.insert((*name).to_owned(), value);
        }
        [head, rest @ ..] => {
            let inner = map
                .entry(*head)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn chosen_fields_keep_their_nesting() {
        let row = json!({"id": 1, "customer": {"email": "a", "name": null}, "x": 2});
        let fields = ["customer.name".to_owned(), "id".to_owned()];
        assert_eq!(
            select(row, &Paths::of(&fields)),
            json!({"customer": {"name": null}, "id": 1})
        );
    }

    #[test]
    fn a_field_and_what_is_below_it_are_both_kept() {
        let row = json!({"customer": {"email": "a", "name": "b"}, "id": 1});
        for fields in [["customer", "customer.name"], ["customer.name", "customer"]] {
            let fields = fields.map(str::to_owned);
            let kept = select(row.clone(), &Paths::of(&fields));
            assert_eq!(kept["customer"]["name"], json!("b"), "{fields:?}");
        }
        let twice = ["id".to_owned(), "id".to_owned()];
        assert_eq!(select(row, &Paths::of(&twice)), json!({"id": 1}));
    }

    #[test]
    fn rows_that_lack_nothing_are_whole() {
        let rows = vec![json!({"id": 1, "name": "a"}), json!({"name": "b"})];
        let concise = |fields: &[&str]| {
            let fields = fields.iter().map(|field| (*field).to_owned()).collect();
            let (rows, lacks) = chosen(rows.clone(), &Choice::Concise(fields));
            fitted(rows, lacks)
        };
        assert_eq!(concise(&["id", "name", "sku"]), (rows.clone(), false));
        let names = vec![json!({"name": "a"}), json!({"name": "b"})];
        assert_eq!(concise(&["name"]), (names, true));
    }

    #[test]
    fn a_named_field_holds_what_is_below_it() {
        let fields = Choice::Fields(vec!["payments".into(), "id".into()]);
        assert!(fields.names("payments.collected") && fields.names("id"));
        assert!(!fields.names("identity") && !fields.names("payments_total"));
        assert!(Choice::Concise(Vec::new()).names("anything"));
    }
}
