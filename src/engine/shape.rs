//! Shapes an answer for its reader: chosen fields, whole rows within the token budget, and only what
//! conforms to the form that was promised.

use std::io;

use serde_json::{Map, Value, json};

use super::conform::{WHOLE, conform};
use super::cursor::Cursor;
use super::request::{Prepared, Window};
use super::{Outcome, Page};
use crate::registry::entry::Method;
use crate::registry::transform::{OF_PAGES, Rows};
use crate::registry::{Action, schema};

/// Tokens of one answer (clients warn at 10,000).
const TOKEN_BUDGET: usize = 8_000;
/// Bytes of compact JSON that stand for one token, conservatively.
const BYTES_PER_TOKEN: usize = 3;
/// Rows that fit into the budget at most: each takes two brackets and a comma.
pub(super) const MOST_ROWS: usize = TOKEN_BUDGET * BYTES_PER_TOKEN / 3;
/// Paths named when something was left out.
const NAMED: usize = 3;

/// Puts an answer into an outcome.
pub(super) fn shape(
    action: &Action,
    prepared: &Prepared,
    body: Value,
    outcome: Outcome,
) -> Outcome {
    finish(action, prepared, body, None, outcome)
}

/// The same for rows that were gathered from several pages and cut already.
pub(super) fn shape_walked(
    action: &Action,
    prepared: &Prepared,
    body: Value,
    mut outcome: Outcome,
) -> Outcome {
    outcome.rows_key = action.rows().map(|rows| rows.key.clone());
    explain_empty(action, prepared, &mut outcome);
    keep(action, prepared, body, outcome)
}

/// The same for the rows of an export, whose cursor leads back to its job.
pub(super) fn shape_job(
    action: &Action,
    prepared: &Prepared,
    body: Value,
    job_id: &str,
    outcome: Outcome,
) -> Outcome {
    finish(action, prepared, body, Some(job_id), outcome)
}

fn finish(
    action: &Action,
    prepared: &Prepared,
    mut body: Value,
    job_id: Option<&str>,
    mut outcome: Outcome,
) -> Outcome {
    if let (Some(rows), Some(window)) = (action.rows(), &prepared.window) {
        list_of_one(action, rows, &mut body);
        outcome.page = page(rows, window, &prepared.fields, job_id, &mut body);
        outcome.rows_key = outcome.page.is_some().then(|| rows.key.clone());
        explain_empty(action, prepared, &mut outcome);
    }
    keep(action, prepared, body, outcome)
}

/// Keeps what conforms, and says what does not.
fn keep(action: &Action, prepared: &Prepared, mut body: Value, mut outcome: Outcome) -> Outcome {
    let mut left_out = conform(action, &mut body);
    if body.is_null() && left_out.is_empty() && action.entry().method == Method::Get {
        left_out.push(WHOLE.to_owned());
    }
    if schema::properties(action.response_schema()).is_none() && !fits(&body) {
        outcome.add_note(
            "The answer is too large to show, and as its form is not known, no part of it can be chosen; narrow it with the action's own arguments.",
        );
        body = Value::Null;
    }
    if let (Some(rows), Some(_)) = (action.rows(), &prepared.window) {
        match (
            &mut outcome.page,
            body.get(&rows.key).and_then(Value::as_array),
        ) {
            // Rows that did not conform are gone; the cursor still stands where the API's page ends.
            (Some(page), Some(kept)) => page.shown = kept.len(),
            (Some(_), None) => outcome.page = None,
            // A list without its rows must not look like an empty one.
            (None, _) if !body.is_null() && !left_out.contains(&rows.key) => {
                left_out.push(rows.key.clone());
            }
            (None, _) => {}
        }
    }
    if !left_out.is_empty() {
        let named: Vec<&str> = left_out.iter().take(NAMED).map(String::as_str).collect();
        let more = left_out.len().saturating_sub(named.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        outcome.add_note(&format!(
            "Left out, as the API's answer does not have the registry's form there: {}{more}.",
            named.join(", ")
        ));
    }
    outcome.data = (!body.is_null()).then_some(body);
    outcome
}

/// A list that was narrowed to one record may be answered as that record (vendor docs: Preorders API
/// v1); it is a list of one.
fn list_of_one(action: &Action, rows: &Rows, body: &mut Value) {
    let row = format!("/properties/{}/items/required", rows.key);
    let named = action
        .response_schema()
        .pointer(&row)
        .and_then(Value::as_array);
    let is_row = body.get(&rows.key).is_none()
        && named.is_some_and(|names| {
            let mut names = names.iter().filter_map(Value::as_str);
            names.all(|name| body.get(name).is_some())
        });
    if is_row {
        *body = json!({&rows.key: [body.take()]});
    }
}

/// Cuts the rows to what was asked and what fits, and says where the list stands.
fn page(
    rows: &Rows,
    window: &Window,
    fields: &[String],
    job_id: Option<&str>,
    body: &mut Value,
) -> Option<Page> {
    let map = body.as_object_mut()?;
    let mut told = Map::new();
    for name in OF_PAGES.iter().filter(|_| rows.paged) {
        if let Some(value) = map.shift_remove(*name) {
            told.insert((*name).to_owned(), value);
        }
    }
    let all = map.get_mut(&rows.key)?.as_array_mut()?;
    let in_body = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let counted = told
        .get("meta")
        .and_then(|meta| meta.get("total_count")?.as_u64());
    let total = match (counted, told.get("has_next_page")) {
        (Some(total), _) => Some(total),
        // How many follow is not told.
        (None, Some(Value::Bool(true))) => None,
        (None, _) => Some(window.page_start + in_body),
    };
    let skip =
        usize::try_from(window.offset.saturating_sub(window.page_start)).unwrap_or(usize::MAX);
    let limit = window.limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let mut kept: Vec<Value> = std::mem::take(all)
        .into_iter()
        .skip(skip)
        .take(limit)
        .map(|row| select(row, fields))
        .collect();
    kept.truncate(fitting(&kept));
    let shown = kept.len();
    *all = kept;
    let reached = window.offset + u64::try_from(shown).unwrap_or(u64::MAX);
    let more = total.is_none_or(|total| reached < total);
    let next_cursor = (shown > 0 && more).then(|| {
        Cursor {
            offset: reached,
            query: window.query.clone(),
            job_id: job_id.map(str::to_owned),
            walked: None,
        }
        .encode()
    });
    Some(Page {
        shown,
        total,
        next_cursor,
    })
}

/// How many rows from the first on fit into the budget; one always does.
pub(super) fn fitting(rows: &[Value]) -> usize {
    let mut left = TOKEN_BUDGET * BYTES_PER_TOKEN;
    for (index, row) in rows.iter().enumerate() {
        let size = size(row) + 1;
        if size > left {
            return index.max(1);
        }
        left -= size;
    }
    rows.len()
}

/// Whether an answer of unknown form fits into the budget.
fn fits(body: &Value) -> bool {
    size(body) <= TOKEN_BUDGET * BYTES_PER_TOKEN
}

/// Bytes of a value as compact JSON.
fn size(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

/// Keeps the chosen fields of a row, in the order they were asked for.
pub(super) fn select(row: Value, fields: &[String]) -> Value {
    // What is no row must not turn into one.
    if fields.is_empty() || !row.is_object() {
        return row;
    }
    let mut out = Map::new();
    for field in fields {
        let pointer = format!("/{}", field.replace('.', "/"));
        if let Some(value) = row.pointer(&pointer) {
            put(&mut out, field, value.clone());
        }
    }
    Value::Object(out)
}

fn put(map: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            map.insert(path.to_owned(), value);
        }
        Some((head, rest)) => {
            let inner = map
                .entry(head.to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// An empty list says which filters made it so.
fn explain_empty(action: &Action, prepared: &Prepared, outcome: &mut Outcome) {
    let Some(page) = outcome.page.as_ref().filter(|page| page.shown == 0) else {
        return;
    };
    if page.next_cursor.is_some() {
        return;
    }
    if page.total.is_some_and(|total| total > 0) {
        outcome.add_note(
            "The list ends before this page; leave `cursor` and `page` out to begin again.",
        );
        return;
    }
    // A placeholder says which record is read; it filters nothing.
    let filters: Vec<String> = prepared
        .arguments
        .keys()
        .filter(|name| !action.placeholders().any(|id| id == name.as_str()))
        .map(|name| format!("`{name}`"))
        .collect();
    if filters.is_empty() {
        outcome.add_note("There are no rows.");
    } else {
        outcome.add_note(&format!("No row matches; relax {}.", filters.join(" or ")));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::Status;

    fn window(offset: u64, limit: u64, page_start: u64) -> Window {
        Window {
            offset,
            limit: Some(limit),
            page_start,
            query: "q".into(),
            job_id: None,
            walk: None,
        }
    }

    fn rows() -> Rows {
        Rows {
            key: "rows".into(),
            paged: true,
            max: 200,
            sparse: Vec::new(),
        }
    }

    #[test]
    fn a_page_is_cut_to_the_window_and_says_where_it_stands() {
        let mut body = json!({"rows": (0..10).map(|n| json!({"n": n})).collect::<Vec<_>>(),
            "meta": {"total_count": 25, "page": 1, "per_page": 10, "total_pages": 3}});
        let page = page(&rows(), &window(3, 5, 0), &[], None, &mut body).unwrap();
        assert_eq!(
            body,
            json!({"rows": [{"n": 3}, {"n": 4}, {"n": 5}, {"n": 6}, {"n": 7}]})
        );
        assert_eq!((page.shown, page.total), (5, Some(25)));
        let cursor = Cursor::decode(&page.next_cursor.unwrap()).unwrap();
        assert_eq!((cursor.offset, cursor.query.as_str()), (8, "q"));
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let mut body = json!({"rows": [{"n": 1}], "meta": {"total_count": 26}});
        let page = page(&rows(), &window(25, 50, 25), &[], None, &mut body).unwrap();
        assert_eq!(page.next_cursor, None);
    }

    #[test]
    fn pages_without_a_count_have_a_cursor_while_more_follow() {
        let body = |more: bool| {
            json!({"rows": [{"n": 1}, {"n": 2}], "page": 3, "per_page": 2,
                "has_next_page": more, "has_prev_page": true})
        };
        let (mut middle, mut last) = (body(true), body(false));
        let found = page(&rows(), &window(4, 2, 4), &[], None, &mut middle).unwrap();
        assert_eq!(middle, json!({"rows": [{"n": 1}, {"n": 2}]}));
        assert_eq!((found.shown, found.total), (2, None));
        let cursor = Cursor::decode(&found.next_cursor.unwrap()).unwrap();
        assert_eq!(cursor.offset, 6);
        let found = page(&rows(), &window(4, 2, 4), &[], None, &mut last).unwrap();
        assert_eq!((found.total, found.next_cursor), (Some(6), None));
    }

    #[test]
    fn a_bare_record_is_a_list_of_one() {
        let registry = crate::registry::Registry::bundled().unwrap();
        let action = registry.get("v1_preorders_product_variants").unwrap();
        let listed = |mut body: Value| {
            list_of_one(action, action.rows().unwrap(), &mut body);
            body
        };
        let row = json!({"shopify_product_id": 1, "shopify_variant_id": 2, "product_title": "A",
            "variant_title": "B", "preorder_units_sold": 3, "preorder_max_count": null,
            "shipping_text": null});
        assert_eq!(listed(row.clone()), json!({"product_variants": [row]}));
        let list = json!({"selling_plan_id": "a", "product_variants": [row]});
        assert_eq!(listed(list.clone()), list);
        assert_eq!(listed(json!({"error": "no"})), json!({"error": "no"}));
    }

    #[test]
    fn whole_rows_fill_the_budget() {
        let row = json!({"text": "x".repeat(1_000)});
        let each = row.to_string().len() + 1;
        let many: Vec<Value> = vec![row; 100];
        assert_eq!(fitting(&many), TOKEN_BUDGET * BYTES_PER_TOKEN / each);
        let huge = vec![json!("x".repeat(100_000)); 2];
        assert_eq!(fitting(&huge), 1);
    }

    #[test]
    fn an_answer_of_unknown_form_is_shown_whole_or_not_at_all() {
        let text = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [{
            "name": "a_go", "action": "go", "title": "A", "description": "A.",
            "phrases": [], "toolset": "a", "api": "v2", "method": "POST", "path": "/a",
            "request_schema": {"type": "object"}, "response_schema": {"type": "object"},
            "class": "send", "handler": "request", "idempotent": false, "retry": "once",
            "provenance": "live", "examples": []}]});
        let registry = crate::registry::Registry::parse(&text.to_string(), "test").unwrap();
        let action = registry.get("a_go").unwrap();
        let shaped = |body: Value| {
            let prepared = super::super::request::build(action, Map::new()).unwrap();
            shape(action, &prepared, body, Outcome::new(Status::Accepted))
        };
        let small = json!({"any": [1, {"thing": null}]});
        let shown = shaped(small.clone());
        assert_eq!((shown.data, shown.note), (Some(small), None));
        let large = shaped(json!({"any": "x".repeat(TOKEN_BUDGET * BYTES_PER_TOKEN)}));
        assert_eq!(
            (large.data, large.note.as_deref()),
            (
                None,
                Some(
                    "The answer is too large to show, and as its form is not known, no part of it can be chosen; narrow it with the action's own arguments."
                )
            )
        );
    }

    #[test]
    fn chosen_fields_keep_their_nesting() {
        let row = json!({"id": 1, "customer": {"email": "a", "name": null}, "x": 2});
        let fields = ["customer.name".to_owned(), "id".to_owned()];
        assert_eq!(
            select(row, &fields),
            json!({"customer": {"name": null}, "id": 1})
        );
    }
}
