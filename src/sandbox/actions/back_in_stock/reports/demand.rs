//! Ranking of variants by how many signups of the window wait.

use rusqlite::params_from_iter;
use serde_json::{Value, json};

use super::cohort::cohort;
use crate::sandbox::actions::instant::print;
use crate::sandbox::actions::page::Page;
use crate::sandbox::actions::window::Window;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Variants with at least one signup in the window, most wanted first; one page, or all.
pub(super) fn ranking(
    scope: &Scope<'_>,
    window: &Window,
    args: &Args,
    page: Option<Page>,
) -> Result<Vec<Value>, Refusal> {
    let mut cohort = cohort(scope, window, args);
    let sql = format!(
        "SELECT d.variant_id, v.shopify_product_id, p.title, v.title, v.sku, d.total, d.pending, d.latest
         FROM (
           SELECT s.shop_id AS shop_id, s.shopify_variant_id AS variant_id, count(*) AS total,
             count(*) - count(s.notified_at) AS pending, max(s.created_at) AS latest
           FROM signups s WHERE {} GROUP BY s.shopify_variant_id
         ) d
         CROSS JOIN variants v ON v.shop_id = d.shop_id AND v.shopify_variant_id = d.variant_id
         CROSS JOIN products p ON p.shop_id = d.shop_id AND p.shopify_product_id = v.shopify_product_id
         ORDER BY d.pending DESC, d.total DESC, d.latest DESC, d.variant_id LIMIT ? OFFSET ?",
        cohort.text()
    );
    // A negative limit is none.
    cohort.value(page.map_or(-1, Page::limit));
    cohort.value(page.map_or(0, Page::offset));
    let rows = scope
        .db
        .prepare_cached(&sql)?
        .query_map(params_from_iter(cohort.values()), |row| {
            Ok(json!({
                "shopify_variant_id": row.get::<_, i64>(0)?,
                "shopify_product_id": row.get::<_, i64>(1)?,
                "product_title": row.get::<_, String>(2)?,
                "variant_title": row.get::<_, String>(3)?,
                "sku": row.get::<_, Option<String>>(4)?,
                "total": row.get::<_, i64>(5)?,
                "pending": row.get::<_, i64>(6)?,
                "last_requested_at": print(row.get(7)?),
            }))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// How many variants the ranking has.
pub(super) fn count(scope: &Scope<'_>, window: &Window, args: &Args) -> Result<i64, Refusal> {
    let cohort = cohort(scope, window, args);
    Ok(scope
        .db
        .prepare_cached(&format!(
            "SELECT count(DISTINCT s.shopify_variant_id) FROM signups s WHERE {}",
            cohort.text()
        ))?
        .query_row(params_from_iter(cohort.values()), |row| row.get(0))?)
}
