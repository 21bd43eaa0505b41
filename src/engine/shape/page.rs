//! Rows of a list: cut to what was asked and what fits, with where the list stands.

use serde_json::{Map, Value, json};

use super::{OfJob, chosen, fitted};
use crate::engine::cursor::Cursor;
use crate::engine::request::Prepared;
use crate::engine::totals::Tally;
use crate::engine::window::Window;
use crate::engine::{Page, Totals};
use crate::registry::Action;
use crate::registry::transform::{OF_PAGES, Rows};

/// A list that was narrowed to one record may be answered as that record (vendor docs: Preorders API
/// v1); it is a list of one.
pub(super) fn list_of_one(action: &Action, rows: &Rows, body: &mut Value) {
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

/// What was cut.
pub(super) struct Cut {
    pub page: Page,
    pub totals: Option<Totals>,
    /// Columns that hold text of others.
    pub columns: Vec<String>,
}

/// Cuts the rows to what was asked and what fits, and says where the list stands and, when every row
/// is at hand, what they add up to. `fit` makes rows fit to be shown; those of a job are.
pub(super) fn cut(
    rows: &Rows,
    window: &Window,
    prepared: &Prepared,
    job: Option<OfJob<'_>>,
    fit: impl FnOnce(Vec<Value>) -> (Vec<Value>, Vec<String>),
    body: &mut Value,
) -> Option<Cut> {
    let map = body.as_object_mut()?;
    let mut told = Map::new();
    for name in OF_PAGES.iter().filter(|_| rows.paged) {
        if let Some(value) = map.shift_remove(*name) {
            told.insert((*name).to_owned(), value);
        }
    }
    let all = map.get_mut(&rows.key)?.as_array_mut()?;
    let in_body = count(all.len());
    let total = total(&told, window.page_start + in_body);
    let totals = match &job {
        Some(job) => job.totals.clone(),
        None if total == Some(in_body) => {
            let mut tally = Tally::new(rows, &prepared.choice);
            all.iter().for_each(|row| tally.add_row(row));
            tally.finish()
        }
        None => None,
    };
    let skip = window.offset.saturating_sub(window.page_start);
    let wanted: Vec<Value> = std::mem::take(all)
        .into_iter()
        .skip(size(skip))
        .take(window.limit.map_or(usize::MAX, size))
        .collect();
    // The sums are over the rows as the API has them, the budget over what is shown of them.
    let (wanted, lacks) = chosen(wanted, &prepared.choice);
    let (wanted, columns) = match &job {
        Some(job) => (wanted, job.columns.clone()),
        None => fit(wanted),
    };
    let (kept, concise) = fitted(wanted, lacks);
    let shown = kept.len();
    *all = kept;
    let reached = window.offset + count(shown);
    let more = total.is_none_or(|total| reached < total);
    let next_cursor = (shown > 0 && more).then(|| {
        let cursor = match job {
            Some(job) => Cursor::Job {
                offset: reached,
                job_id: job.job_id.to_owned(),
            },
            None => Cursor::Rows(reached),
        };
        cursor.encode(&prepared.seal, &window.query)
    });
    let page = Page {
        shown,
        total,
        next_cursor,
        concise,
    };
    Some(Cut {
        page,
        totals,
        columns,
    })
}

/// Rows that match, by what the API says of its pages; `so_far` when it says nothing.
fn total(told: &Map<String, Value>, so_far: u64) -> Option<u64> {
    let counted = told
        .get("meta")
        .and_then(|meta| meta.get("total_count")?.as_u64());
    match (counted, told.get("has_next_page")) {
        (Some(total), _) => Some(total),
        // How many follow is not told.
        (None, Some(Value::Bool(true))) => None,
        (None, _) => Some(so_far),
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

fn size(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::seal::tests::some;
    use crate::engine::shape::Choice;

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
            sums: Vec::new(),
            has_currency: false,
        }
    }

    fn paged(window: &Window, choice: Choice, body: &mut Value) -> Page {
        let prepared = Prepared::of_choice(choice, some());
        let fit = |rows: Vec<Value>| (rows, Vec::new());
        cut(&rows(), window, &prepared, None, fit, body)
            .unwrap()
            .page
    }

    fn next(page: &Page) -> Option<Cursor> {
        Cursor::decode(page.next_cursor.as_ref()?, &some(), "q")
    }

    #[test]
    fn a_page_is_cut_to_the_window_and_says_where_it_stands() {
        let whole = json!({"rows": (0..10).map(|n| json!({"n": n, "m": 0})).collect::<Vec<_>>(),
            "meta": {"total_count": 25, "page": 1, "per_page": 10, "total_pages": 3}});
        let mut body = whole.clone();
        let page = paged(&window(3, 2, 0), Choice::All, &mut body);
        assert_eq!(body, json!({"rows": [{"n": 3, "m": 0}, {"n": 4, "m": 0}]}));
        assert_eq!((page.shown, page.total, page.concise), (2, Some(25), false));
        assert_eq!(next(&page), Some(Cursor::Rows(5)));
        let mut body = whole.clone();
        let page = paged(
            &window(3, 2, 0),
            Choice::Concise(vec!["n".into()]),
            &mut body,
        );
        assert_eq!(body, json!({"rows": [{"n": 3}, {"n": 4}]}));
        assert_eq!((page.shown, page.total, page.concise), (2, Some(25), true));
        // What was named is what was asked for.
        let mut body = whole;
        let page = paged(
            &window(3, 2, 0),
            Choice::Fields(vec!["n".into()]),
            &mut body,
        );
        assert_eq!(body, json!({"rows": [{"n": 3}, {"n": 4}]}));
        assert!(!page.concise);
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let mut body = json!({"rows": [{"n": 1}], "meta": {"total_count": 26}});
        let page = paged(&window(25, 50, 25), Choice::All, &mut body);
        assert_eq!(page.next_cursor, None);
    }

    #[test]
    fn pages_without_a_count_have_a_cursor_while_more_follow() {
        let body = |more: bool| {
            json!({"rows": [{"n": 1}, {"n": 2}], "page": 3, "per_page": 2,
                "has_next_page": more, "has_prev_page": true})
        };
        let (mut middle, mut last) = (body(true), body(false));
        let found = paged(&window(4, 2, 4), Choice::All, &mut middle);
        assert_eq!(middle, json!({"rows": [{"n": 1}, {"n": 2}]}));
        assert_eq!((found.shown, found.total), (2, None));
        assert_eq!(next(&found), Some(Cursor::Rows(6)));
        let found = paged(&window(4, 2, 4), Choice::All, &mut last);
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
}
