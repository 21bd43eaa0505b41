//! A variant as the preorder actions show it.

use rusqlite::{Row, params, params_from_iter};
use serde_json::{Value, json};

use super::super::offer_row::OfferState;
use super::super::upkeep::{counts, effective_cap, metafields};
use crate::sandbox::actions::filter::Filter;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::Scope;

/// Variants, as `v`, that some offer holds.
pub(super) const IN_AN_OFFER: &str = "EXISTS (SELECT 1 FROM offer_variants a
  WHERE a.shop_id = v.shop_id AND a.shopify_variant_id = v.shopify_variant_id)";

/// A variant of the catalogue.
#[derive(Debug)]
pub(super) struct VariantRow {
    /// Shopify variant id.
    pub(super) variant_id: i64,
    product_id: i64,
    product_title: String,
    variant_title: String,
    count: i64,
    policy: String,
}

impl VariantRow {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            variant_id: row.get(0)?,
            product_id: row.get(1)?,
            product_title: row.get(2)?,
            variant_title: row.get(3)?,
            count: row.get(4)?,
            policy: row.get(5)?,
        })
    }

    /// A page of the variants that match, by their id; the filter ends in limit and offset.
    pub(super) fn matching(scope: &Scope<'_>, filter: &Filter) -> Result<Vec<Self>, Refusal> {
        Ok(scope
            .db
            .prepare_cached(&format!(
                "SELECT v.shopify_variant_id, v.shopify_product_id, p.title, v.title,
                 v.preorder_count, v.inventory_policy FROM variants v JOIN products p
                 ON p.shop_id = v.shop_id AND p.shopify_product_id = v.shopify_product_id
                 WHERE {} ORDER BY v.shopify_variant_id LIMIT ? OFFSET ?",
                filter.text()
            ))?
            .query_map(params_from_iter(filter.values()), Self::of)?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// A variant that some offer holds.
    ///
    /// # Errors
    /// When there is none of that id.
    pub(super) fn find(scope: &Scope<'_>, variant_id: i64) -> Result<Self, Refusal> {
        let mut filter = Filter::new("v.shop_id = ?", scope.shop_id.clone());
        filter.and_value("v.shopify_variant_id = ?", variant_id);
        filter.and(IN_AN_OFFER);
        filter.value(1);
        filter.value(0);
        Self::matching(scope, &filter)?
            .pop()
            .ok_or_else(|| Refusal::not_found("Product variant"))
    }

    /// As lists show it.
    pub(super) fn print(&self, scope: &Scope<'_>) -> Reply {
        Ok(json!({
            "shopify_variant_id": self.variant_id,
            "shopify_product_id": self.product_id,
            "product_title": self.product_title,
            "variant_title": self.variant_title,
            "preorder_count": self.count,
            "preorder_max_count": effective_cap(scope, self.variant_id)?,
            "inventory_policy": self.policy,
        }))
    }

    /// With its offers, newest first, and its metafields.
    pub(super) fn print_whole(&self, scope: &Scope<'_>) -> Reply {
        let mut out = self.print(scope)?;
        let stored = metafields::stored(scope.db, &scope.shop_id, self.variant_id)?;
        let expected = metafields::expected(scope.db, &scope.shop_id, self.variant_id)?;
        let keys = metafields::drift(&stored, &expected);
        if let Value::Object(fields) = &mut out {
            fields.insert("offers".into(), Value::Array(self.offers(scope)?));
            fields.insert("metafields".into(), Value::Object(stored));
            fields.insert(
                "metafield_drift".into(),
                json!({"detected": !keys.is_empty(), "keys": keys}),
            );
        }
        Ok(out)
    }

    fn offers(&self, scope: &Scope<'_>) -> Result<Vec<Value>, Refusal> {
        let mut statement = scope.db.prepare_cached(
            "SELECT o.id, o.name, o.state, a.preorder_max_count, a.shipping_text
             FROM offer_variants a JOIN offers o ON o.id = a.offer_id
             WHERE a.shop_id = ? AND a.shopify_variant_id = ?
             ORDER BY o.created_at DESC, o.id DESC",
        )?;
        let mut rows = statement.query(params![scope.shop_id, self.variant_id])?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            let sold = counts::sold_of_variant(scope, &id, self.variant_id)?;
            out.push(json!({
                "id": id,
                "name": row.get::<_, String>(1)?,
                "state": row.get::<_, OfferState>(2)?.text(),
                "preorder_units_sold": sold,
                "preorder_max_count": row.get::<_, Option<i64>>(3)?,
                "shipping_text": row.get::<_, Option<String>>(4)?,
            }));
        }
        Ok(out)
    }
}
