//! Whether a list says which fields of its rows matter most.

use std::collections::BTreeSet;

use crate::registry::transform::row_schema;
use crate::registry::{Action, Registry, schema};

/// Fields of a row that is short enough to be shown whole.
const SHORT: usize = 7;

pub(super) fn concise(action: &Action, _: &Registry) -> Vec<String> {
    let named = &action.entry().concise;
    let Some(row) = action.rows().and_then(|rows| row_schema(action, rows)) else {
        return match named.is_empty() {
            true => Vec::new(),
            false => vec!["there are no rows".to_owned()],
        };
    };
    let fields = schema::leaves(row);
    if named.is_empty() {
        return match fields.len() {
            0..=SHORT => Vec::new(),
            many => vec![format!("a row has {many} fields")],
        };
    }
    let mut seen = BTreeSet::new();
    let mut mistakes: Vec<String> = named
        .iter()
        .filter(|path| !fields.contains(path) || !seen.insert(path.as_str()))
        .map(|path| format!("`{path}` is no field of the rows, or stands twice"))
        .collect();
    if mistakes.is_empty() && seen.len() == fields.len() {
        mistakes.push("it leaves nothing out".to_owned());
    }
    mistakes
}
