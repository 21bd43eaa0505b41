//! From schema to tool: the one documented way from an entry's schemas to what clients see.
//!
//! Input: placeholders become required properties; references are inlined; nullability is removed
//! (where null clears, `clear` names the dotted paths to set to null); open maps become lists of
//! `{key, value}`, with a `clear` of their own for each value; keywords that some client chokes on
//! are dropped. List actions take `limit` and `cursor` instead of the API's pages, and `detail` and
//! `fields` to choose what of a row is shown; reports that can be drawn take `chart`; jobs take
//! `wait_seconds`. The inverse, from a client's
//! arguments to the API's request, is [`to_request`].
//!
//! Output: one envelope for every way a call can end, with the shaped answer under `data`.

mod input;
mod inverse;
mod output;
mod sums;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::Action;
use super::entry::{Handler, Method};
use super::schema;

pub use input::{input_schema, nullable_paths};
pub use inverse::{cleared, texts, to_request};
pub use output::output_schema;
pub use sums::Additive;

/// Longest wait for a job within one call, in seconds; the whole call has 45.
pub const MAX_WAIT_SECONDS: u64 = 40;
/// Wait for a job when the caller names none, in seconds.
pub const DEFAULT_WAIT_SECONDS: u64 = 25;
/// Rows of a list when the caller names no limit (vendor docs: Back in Stock Signups).
pub const DEFAULT_LIMIT: u64 = 50;
/// Most rows of a list whose API has no pages.
const MAX_LOCAL_LIMIT: u64 = 500;

/// What the API says of its own pages beside the rows; results tell it in their envelope.
pub const OF_PAGES: [&str; 5] = ["meta", "page", "per_page", "has_next_page", "has_prev_page"];

/// The argument that asks for a picture.
pub const CHART: &str = "chart";
/// The argument that carries the handle of a plan.
pub const CONFIRM: &str = "confirm";
/// The argument under which a call has an effect once, however often it is made.
pub const IDEMPOTENCY_KEY: &str = "idempotency_key";
/// The argument that says how many records a call may touch, where its arguments do not name them.
pub const EXPECTED_COUNT: &str = "expected_count";
/// Most characters of a caller's idempotency key.
pub const MAX_KEY_CHARS: u64 = 128;

/// Arguments that clients have beside the API's own; the engine takes them out again.
pub const OURS: [&str; 10] = [
    "limit",
    "cursor",
    "detail",
    "fields",
    CHART,
    "clear",
    "wait_seconds",
    CONFIRM,
    IDEMPOTENCY_KEY,
    EXPECTED_COUNT,
];

/// Where the rows of a list answer stand and how they are paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Key of the array in the answer.
    pub key: String,
    /// Whether the API pages it (`page`, `per_page`); else pages are cut here.
    pub paged: bool,
    /// Most rows of one call.
    pub max: u64,
    /// Filters that the API applies only after it has cut the page (`x-after-paging`): pages may be
    /// short, and the API's total counts the rows before the filter.
    pub sparse: Vec<String>,
    /// Fields that can be added up over the rows.
    pub sums: Vec<Additive>,
    /// Whether a row says in `currency` what its money is.
    pub has_currency: bool,
}

/// The schema of a list's rows.
pub fn row_schema<'a>(action: &'a Action, rows: &Rows) -> Option<&'a Value> {
    schema::properties(action.response_schema())?
        .get(&rows.key)?
        .get("items")
}

/// Finds the rows of an answer: the one array of objects of a read or an export. A request whose path
/// ends in a placeholder reads one record, which is no list whatever it holds.
pub fn rows(action: &Action) -> Option<Rows> {
    let entry = action.entry();
    match (entry.method, entry.handler) {
        // What this program answers by itself is whole.
        (_, Handler::Local) => return None,
        (Method::Get, _) | (_, Handler::Export) => {}
        (
            Method::Post | Method::Put | Method::Patch | Method::Delete,
            Handler::Request | Handler::Job,
        ) => return None,
    }
    let ends_in_id = entry
        .path
        .rsplit('/')
        .next()
        .is_some_and(|segment| segment.starts_with(':'));
    if entry.handler == Handler::Request && ends_in_id {
        return None;
    }
    let mut arrays = schema::properties(action.response_schema())?
        .iter()
        .filter(|(_, piece)| {
            schema::scalar_type(piece) == Some("array")
                && piece
                    .get("items")
                    .is_some_and(|items| schema::scalar_type(items) == Some("object"))
        });
    let (key, list) = arrays.next()?;
    let key = key.clone();
    if arrays.next().is_some() {
        return None;
    }
    let per_page = schema::properties(action.request_schema())
        .and_then(|properties| properties.get("per_page"))
        .filter(|_| entry.method == Method::Get);
    Some(Rows {
        key,
        paged: per_page.is_some(),
        max: per_page
            .and_then(|piece| piece.get("maximum"))
            .and_then(Value::as_u64)
            .unwrap_or(MAX_LOCAL_LIMIT),
        sparse: sparse_filters(action),
        sums: sums::additive(action.response_schema(), list.get("items")),
        has_currency: list
            .get("items")
            .is_some_and(|row| schema::at(row, sums::CURRENCY).is_some()),
    })
}

fn sparse_filters(action: &Action) -> Vec<String> {
    schema::properties(action.request_schema())
        .into_iter()
        .flatten()
        .filter(|(_, piece)| piece.get("x-after-paging") == Some(&Value::Bool(true)))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Whether `null` in the body differs from absent: it clears the field. So it is in every PATCH and
/// PUT, and in other actions whose request schema says `"x-null-clears": true` at its root.
pub fn null_clears(action: &Action) -> bool {
    action.entry().method.is_partial()
        || action.request_schema().get("x-null-clears") == Some(&Value::Bool(true))
}

/// The API's paging keys; accepted from clients, but `limit` and `cursor` stand for them.
pub fn is_paging(name: &str) -> bool {
    matches!(name, "page" | "per_page")
}
