//! Lists that the API filters only after it has cut the page.
//!
//! Such a page may hold few rows, or none, while more follow (vendor docs: Orders, `state`). So pages
//! are walked until enough rows are found, within bounds; the cursor stands in the API's pages, and the
//! total is told once all of them were looked through.

use serde_json::Value;

use super::cursor::Cursor;
use super::request::Prepared;
use super::totals::Tally;
use super::window::{Walk, Window};
use super::{CallError, Engine, Outcome, Page, Run, Status, error, shape};
use crate::registry::transform::{DEFAULT_LIMIT, Rows};
use crate::upstream::{Foreign, Priority, Repeat};

/// Pages looked through in one call at most; each costs a point.
const PAGES: u64 = 5;

/// What the pages of one call held.
struct Found {
    /// The latest page's answer, for what stands beside the rows.
    body: Value,
    /// Rows with their page and their place among its rows.
    rows: Vec<(Value, u64, u64)>,
    /// Whether fields of the rows were read over.
    is_narrowed: bool,
    /// Rows of the list before the filter.
    unfiltered: u64,
    /// The page after the last one looked at; none at the end.
    next_page: Option<u64>,
}

impl Engine {
    /// Reads a list page by page until the wanted rows are found.
    pub(super) async fn walk(
        &self,
        run: &Run<'_>,
        prepared: Prepared,
        rows: &Rows,
        window: &Window,
        walk: Walk,
    ) -> Result<Outcome, CallError> {
        let limit = usize::try_from(window.limit.unwrap_or(DEFAULT_LIMIT)).unwrap_or(usize::MAX);
        let mut found = self.pages(run, &prepared, rows, walk, limit).await?;
        let all = found.rows.len();
        let is_whole = walk.given == 0 && found.next_page.is_none();
        let totals = is_whole.then(|| {
            let mut tally = Tally::new(rows, &prepared.choice);
            found.rows.iter().for_each(|(row, _, _)| tally.add_row(row));
            tally.finish()
        });
        let wanted = found.rows.iter().take(limit).map(|(row, _, _)| row.clone());
        let (wanted, lacks) = shape::chosen(wanted.collect(), &prepared.choice);
        let (wanted, columns) = shape::polished(run.action, &prepared, wanted);
        let (kept, concise) = shape::fitted(wanted, lacks);
        let shown = kept.len();
        let next = match found.rows.get(shown) {
            Some((_, page, place)) => Some((*page, *place)),
            None => found.next_page.map(|page| (page, 0)),
        };
        let given = walk.given + count(shown);
        let page = Page {
            shown,
            total: found.next_page.is_none().then(|| walk.given + count(all)),
            next_cursor: next.map(|(page, skip)| {
                Cursor::Walk { page, skip, given }.encode(&prepared.seal, &window.query)
            }),
            concise: concise || (shown > 0 && prepared.choice.lacks(found.is_narrowed)),
        };
        let mut outcome = Outcome::new(Status::Ok);
        if let Some(page) = found.next_page {
            outcome.add_note(&format!(
                "The API filters after paging: {} of {} rows were looked through so far; `cursor` goes on.",
                (page - 1) * rows.max,
                found.unfiltered
            ));
        }
        if let Value::Object(body) = &mut found.body {
            body.shift_remove("meta");
            body.insert(rows.key.clone(), Value::Array(kept));
        }
        outcome.page = Some(page);
        outcome.totals = totals.flatten();
        let body = Foreign::new(found.body);
        Ok(shape::shape_walked(
            run.action, &prepared, body, columns, outcome,
        ))
    }

    async fn pages(
        &self,
        run: &Run<'_>,
        prepared: &Prepared,
        rows: &Rows,
        walk: Walk,
        limit: usize,
    ) -> Result<Found, CallError> {
        let mut request = prepared.request.clone();
        let mut found = Found {
            body: Value::Null,
            rows: Vec::new(),
            is_narrowed: false,
            unfiltered: 0,
            next_page: None,
        };
        let mut skip = walk.skip;
        for page in walk.page..walk.page + PAGES {
            request.parameters.insert("page".into(), page.into());
            let answer = self
                .upstream
                .send(&request, Repeat::Safe, Priority::Normal, run.deadline)
                .await
                .map_err(|failure| error::from_upstream(run.action, failure))?;
            found.is_narrowed |= answer.is_narrowed;
            found.body = answer.body.into_unshown();
            let total = found
                .body
                .pointer("/meta/total_count")
                .and_then(Value::as_u64);
            found.unfiltered = total.unwrap_or_default();
            let matching = found.body.get_mut(&rows.key).map(Value::take);
            if let Some(Value::Array(matching)) = matching {
                let placed = matching.into_iter().zip(0_u64..);
                found.rows.extend(
                    placed
                        .filter(|(_, place)| *place >= skip)
                        .map(|(row, place)| (row, page, place)),
                );
            }
            skip = 0;
            found.next_page = (page * rows.max < found.unfiltered).then_some(page + 1);
            if found.next_page.is_none() || found.rows.len() > limit {
                break;
            }
        }
        Ok(found)
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
