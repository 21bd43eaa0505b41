//! Paging of lists: `page`, `per_page` and the `meta` block.

use serde_json::{Value, json};

use crate::sandbox::scope::Args;

/// Rows a page of the waitlists' lists holds when the caller names no number.
pub(super) const WAITLIST_ROWS: i64 = 50;
/// The same for the preorders' lists.
pub(super) const PREORDER_ROWS: i64 = 25;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    number: i64,
    size: i64,
}

impl Page {
    /// Reads `page` and `per_page`; a page holds so many rows by default.
    pub(super) fn of(args: &Args, rows: i64) -> Self {
        Self {
            number: args.integer("page").unwrap_or(1).max(1),
            size: args.integer("per_page").unwrap_or(rows).max(1),
        }
    }

    /// Rows to hand out.
    pub(super) const fn limit(self) -> i64 {
        self.size
    }

    /// Rows to leave out before them.
    pub(super) const fn offset(self) -> i64 {
        self.number.saturating_sub(1).saturating_mul(self.size)
    }

    /// The page of a list that is at hand as a whole.
    pub(super) fn of_rows<T>(self, rows: Vec<T>) -> Vec<T> {
        let [skip, take] =
            [self.offset(), self.limit()].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        rows.into_iter().skip(skip).take(take).collect()
    }

    /// The `meta` block for so many rows in all.
    pub(super) fn meta(self, total: i64) -> Value {
        json!({
            "total_count": total,
            "page": self.number,
            "per_page": self.size,
            "total_pages": (total + self.size - 1) / self.size,
        })
    }
}
