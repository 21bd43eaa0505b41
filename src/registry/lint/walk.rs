//! Every place of a schema, with its dotted path.

use serde_json::Value;

use crate::registry::schema;

/// One place of a schema.
pub(super) struct Place<'a> {
    /// Dotted path; `[]` stands for the items of an array, `{}` for the values of an open map.
    pub path: String,
    /// Name, when it is a property.
    pub name: Option<&'a str>,
    /// Edges from the root.
    pub depth: usize,
    /// The schema there.
    pub piece: &'a Value,
}

/// All places of a schema, the root first.
pub(super) fn places(root: &Value) -> Vec<Place<'_>> {
    let mut found = vec![Place {
        path: String::new(),
        name: None,
        depth: 0,
        piece: root,
    }];
    let mut next = 0;
    while let Some(place) = found.get(next) {
        let below = below(place);
        found.extend(below);
        next += 1;
    }
    found
}

fn below<'a>(place: &Place<'a>) -> Vec<Place<'a>> {
    let depth = place.depth + 1;
    let named = schema::properties(place.piece).into_iter().flatten();
    let mut found: Vec<Place<'a>> = named
        .map(|(name, piece)| Place {
            path: if place.path.is_empty() {
                name.clone()
            } else {
                format!("{}.{name}", place.path)
            },
            name: Some(name),
            depth,
            piece,
        })
        .collect();
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if let Some(piece @ Value::Object(_)) = place.piece.get(key) {
            found.push(Place {
                path: format!("{}{mark}", place.path),
                name: None,
                depth,
                piece,
            });
        }
    }
    found
}

/// Whether a schema says something about itself.
pub(super) fn is_described(piece: &Value) -> bool {
    piece
        .get("description")
        .and_then(Value::as_str)
        .is_some_and(|text| !text.trim().is_empty())
}

/// Paths of the properties that no description explains.
pub(super) fn undescribed(root: &Value) -> Vec<String> {
    places(root)
        .into_iter()
        .filter(|place| place.name.is_some() && !is_described(place.piece))
        .map(|place| place.path)
        .collect()
}
