//! Which rows of a list are wanted: limit, page or cursor, put into the API's pages.

use super::cursor::Cursor;
use super::seal::Seal;
use super::{CallError, ErrorKind};
use crate::registry::Action;
use crate::registry::transform::{DEFAULT_LIMIT, Rows};

/// The rows wanted of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    /// Rows before the first one wanted.
    pub offset: u64,
    /// Most rows wanted; `None` = all that fit.
    pub limit: Option<u64>,
    /// Rows before the first one that the API's page holds.
    pub page_start: u64,
    /// The query, for the next cursor.
    pub query: String,
    /// The export job a cursor named.
    pub job_id: Option<String>,
    /// Where a walk over pages goes on, when the API filters after paging.
    pub walk: Option<Walk>,
}

/// Where a walk over the API's pages goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walk {
    /// The page to begin with.
    pub page: u64,
    /// Its rows that were given before.
    pub skip: u64,
    /// Rows given before in all.
    pub given: u64,
}

/// What a caller asked of a list.
pub(super) struct Asked<'a> {
    pub limit: Option<u64>,
    pub page: Option<u64>,
    pub cursor: Option<&'a str>,
}

impl Asked<'_> {
    /// The window of a query.
    ///
    /// # Errors
    /// When the cursor is not one of this query, or a page is asked for that cannot be told.
    pub(super) fn window(
        self,
        action: &Action,
        rows: &Rows,
        query: String,
        sparse: bool,
        seal: &Seal,
    ) -> Result<Window, CallError> {
        if let (true, Some(page @ 2..)) = (sparse, self.page) {
            return Err(CallError::new(
                ErrorKind::Arguments,
                format!(
                    "`{}` was not called: the API filters by {} only after it has cut its pages, so page {page} of the rows that match cannot be asked for.",
                    action.name(),
                    quoted(&rows.sparse)
                ),
                "Leave `page` out, and pass `page.next_cursor` of each answer as `cursor`.",
            ));
        }
        let limit = match (self.limit, rows.paged) {
            (Some(limit), _) => Some(limit),
            (None, true) => Some(DEFAULT_LIMIT),
            (None, false) => None,
        };
        let mut window = Window {
            offset: self.page.map_or(0, |page| {
                page.saturating_sub(1).saturating_mul(limit.unwrap_or(0))
            }),
            limit,
            page_start: 0,
            query,
            job_id: None,
            walk: None,
        };
        let mut walk = Walk {
            page: 1,
            skip: 0,
            given: 0,
        };
        if let Some(text) = self.cursor {
            let cursor =
                Cursor::decode(text, seal, &window.query).ok_or_else(|| foreign_cursor(action))?;
            match cursor {
                Cursor::Rows(offset) => window.offset = offset,
                Cursor::Job { offset, job_id } => {
                    window.offset = offset;
                    window.job_id = Some(job_id);
                }
                Cursor::Walk { page, skip, given } => walk = Walk { page, skip, given },
            }
        }
        if sparse {
            window.offset = (walk.page - 1) * rows.max;
            window.walk = Some(walk);
        }
        Ok(window)
    }
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" and ")
}

fn foreign_cursor(action: &Action) -> CallError {
    CallError::new(
        ErrorKind::Arguments,
        format!(
            "`{}` was not called: `cursor` does not belong to this query: it was cut or changed, or is of another action, other filters or another shop.",
            action.name()
        ),
        "Pass `page.next_cursor` of the answer before with the same filters, or leave `cursor` out to begin again.",
    )
}

/// The API's page that holds the row at `offset` and as many of the `limit` rows from there on as
/// one page can: exactly those when they lie on one, else more rows or fewer.
pub(super) fn page_of(offset: u64, limit: u64, max: u64) -> (u64, u64) {
    let limit = limit.clamp(1, max);
    let fits = (limit..=max).find(|size| offset / size == (offset + limit - 1) / size);
    let size = fits.unwrap_or(limit);
    (offset / size + 1, size)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::cursor;
    use crate::engine::request::build;
    use crate::engine::seal::tests::some;
    use crate::registry::Registry;

    #[test]
    fn no_cursor_but_the_shops_own_is_taken() {
        let registry = Registry::bundled().unwrap();
        let action = registry.get("preorders_orders_list").unwrap();
        let asked = |cursor: &str| {
            let arguments = json!({"state": "placed", "cursor": cursor});
            build(action, arguments.as_object().cloned().unwrap(), &some())
        };
        let filters = json!({"state": "placed"});
        let query = cursor::query(action.name(), filters.as_object().unwrap());
        let walk = Cursor::Walk {
            page: 3,
            skip: 2,
            given: 9,
        };
        let text = walk.encode(&some(), &query);
        let window = asked(&text).unwrap().window.unwrap();
        let wanted = Walk {
            page: 3,
            skip: 2,
            given: 9,
        };
        assert_eq!(window.walk, Some(wanted));
        let old = "eyJvIjo1MCwicSI6InlGUWRDZ0dNNFhjIn0";
        let other = walk.encode(&some(), "another");
        for bad in [&text[1..], "x", old, &other] {
            assert_eq!(
                asked(bad).unwrap_err().to_string(),
                "`preorders_orders_list` was not called: `cursor` does not belong to this query: it was cut or changed, or is of another action, other filters or another shop. Pass `page.next_cursor` of the answer before with the same filters, or leave `cursor` out to begin again."
            );
        }
    }

    #[test]
    fn a_page_holds_the_window_whenever_one_can() {
        assert_eq!(page_of(0, 50, 200), (1, 50));
        assert_eq!(page_of(50, 50, 200), (2, 50));
        // Rows 37 to 86 lie on the first page of 87.
        assert_eq!(page_of(37, 50, 200), (1, 87));
        for offset in 0..2_000 {
            for limit in [1, 7, 50, 200] {
                let (page, size) = page_of(offset, limit, 200);
                assert!(size <= 200);
                let start = (page - 1) * size;
                assert!(start <= offset && offset < start + size, "{offset} {limit}");
            }
        }
    }
}
