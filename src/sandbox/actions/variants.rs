//! Variants of the catalogue and the units that count for their alerts.

use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// A variant as signups and log rows show it.
#[derive(Debug, Clone)]
pub(super) struct Variant {
    /// Shopify variant id.
    pub(super) variant_id: i64,
    /// Shopify product id.
    pub(super) product_id: i64,
    /// Variant title.
    pub(super) title: String,
}

impl Variant {
    /// The API's object.
    pub(super) fn print(&self) -> Value {
        json!({
            "shopify_variant_id": self.variant_id,
            "shopify_product_id": self.product_id,
            "title": self.title,
        })
    }
}

/// A variant of the shop.
pub(super) fn find(scope: &Scope<'_>, variant_id: i64) -> Result<Option<Variant>, Refusal> {
    Ok(scope
        .db
        .prepare_cached(
            "SELECT shopify_variant_id, shopify_product_id, title FROM variants
             WHERE shop_id = ? AND shopify_variant_id = ?",
        )?
        .query_row(params![scope.shop_id, variant_id], |row| {
            Ok(Variant {
                variant_id: row.get(0)?,
                product_id: row.get(1)?,
                title: row.get(2)?,
            })
        })
        .optional()?)
}

/// Units at the locations that count by the settings; none named means all.
pub(super) fn countable(
    scope: &Scope<'_>,
    settings: &Value,
    variant_id: i64,
) -> Result<i64, Refusal> {
    let locations = settings
        .pointer("/delivery/shopify_location_ids")
        .map_or_else(|| "[]".to_owned(), Value::to_string);
    Ok(scope
        .db
        .prepare_cached(
            "SELECT coalesce(sum(available), 0) FROM stock
             WHERE shop_id = ?1 AND shopify_variant_id = ?2 AND (json_array_length(?3) = 0
               OR shopify_location_id IN (SELECT value FROM json_each(?3)))",
        )?
        .query_row(params![scope.shop_id, variant_id, locations], |row| {
            row.get(0)
        })?)
}
