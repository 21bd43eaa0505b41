//! The enabled offers that hold a variant, with what they say of it alone.

use rusqlite::{Connection, params};

use super::offer_row::{OfferRow, SELECT};
use crate::sandbox::reply::Refusal;

/// An enabled offer that holds the variant, with the variant's overrides in it.
#[derive(Debug)]
pub(super) struct Held {
    /// The offer.
    pub(super) offer: OfferRow,
    /// Cap in this offer.
    pub(super) cap: Option<i64>,
    /// Shipping text in this offer.
    shipping_text: Option<String>,
}

impl Held {
    /// The shipping text shoppers see: the variant's own when the offer lets it win.
    pub(super) fn shipping_text(&self) -> Option<&str> {
        let own = self.shipping_text.as_deref();
        let is_shared = self.offer.flag("/delivery/applies_to_all_products");
        own.filter(|_| !is_shared)
            .or_else(|| self.offer.text("/delivery/shipping_text"))
    }
}

/// The enabled offers that hold a variant, newest first.
pub(super) fn held(db: &Connection, shop_id: &str, variant_id: i64) -> Result<Vec<Held>, Refusal> {
    // The two columns of the link come behind those of the offer.
    let select = SELECT.replacen(" FROM ", ", a.preorder_max_count, a.shipping_text FROM ", 1);
    Ok(db
        .prepare_cached(&format!(
            "{select} JOIN offer_variants a ON a.offer_id = o.id
             WHERE a.shop_id = ? AND a.shopify_variant_id = ? AND o.state = 'enabled'
             ORDER BY o.created_at DESC, o.id DESC"
        ))?
        .query_map(params![shop_id, variant_id], |row| {
            Ok(Held {
                offer: OfferRow::of(row)?,
                cap: row.get("preorder_max_count")?,
                shipping_text: row.get("shipping_text")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}
