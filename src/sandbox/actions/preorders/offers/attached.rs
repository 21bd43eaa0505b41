//! The variants of an offer and what they override in it: cap and shipping text.

use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use serde_json::{Map, Value, json};

use super::super::upkeep::{Watch, counts};
use super::named;
use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::ids::shopify_id;
use crate::sandbox::actions::page::{PREORDER_ROWS, Page};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

const TABLES: &str = "offer_variants a
  JOIN variants v ON v.shop_id = a.shop_id AND v.shopify_variant_id = a.shopify_variant_id
  JOIN products p ON p.shop_id = v.shop_id AND p.shopify_product_id = v.shopify_product_id";

/// A variant with its overrides.
#[derive(Debug)]
struct Attached {
    product_id: i64,
    variant_id: i64,
    product_title: String,
    variant_title: String,
    cap: Option<i64>,
    shipping_text: Option<String>,
}

impl Attached {
    const SELECT: &str = "SELECT v.shopify_product_id, v.shopify_variant_id, p.title, v.title,
      a.preorder_max_count, a.shipping_text FROM";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            product_id: row.get(0)?,
            variant_id: row.get(1)?,
            product_title: row.get(2)?,
            variant_title: row.get(3)?,
            cap: row.get(4)?,
            shipping_text: row.get(5)?,
        })
    }

    fn print(&self, scope: &Scope<'_>, offer_id: &str) -> Reply {
        Ok(json!({
            "shopify_product_id": self.product_id,
            "shopify_variant_id": self.variant_id,
            "product_title": self.product_title,
            "variant_title": self.variant_title,
            "preorder_units_sold": counts::sold_of_variant(scope, offer_id, self.variant_id)?,
            "preorder_max_count": self.cap,
            "shipping_text": self.shipping_text,
        }))
    }
}

/// Variants of an offer, by their id.
pub(super) fn list(scope: &Scope<'_>, args: &Args) -> Reply {
    let offer = named(scope, args)?;
    let mut filter = Filter::new("a.offer_id = ?", offer.id.clone());
    filter.and_some("v.shopify_product_id = ?", args.integer("product_id"));
    let total = filter.count(scope, TABLES)?;
    let page = Page::of(args, PREORDER_ROWS);
    filter.cut(page);
    let rows: Vec<Attached> = scope
        .db
        .prepare_cached(&format!(
            "{} {TABLES} WHERE {} ORDER BY v.shopify_variant_id LIMIT ? OFFSET ?",
            Attached::SELECT,
            filter.text()
        ))?
        .query_map(params_from_iter(filter.values()), Attached::of)?
        .collect::<rusqlite::Result<_>>()?;
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| row.print(scope, &offer.id))
        .collect::<Result<_, _>>()?;
    Ok(json!({"variants": rows, "meta": page.meta(total)}))
}

/// One variant of an offer.
pub(super) fn read(scope: &Scope<'_>, args: &Args) -> Reply {
    let offer = named(scope, args)?;
    one(scope, &offer.id, args)?.print(scope, &offer.id)
}

/// Overrides text or cap of one variant; what is not sent stays.
pub(super) fn update(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let offer = named(scope, args)?;
    let before = one(scope, &offer.id, args)?;
    let variant_id = before.variant_id;
    let watch = Watch::on(scope, &[variant_id])?;
    let mut changed = Map::new();
    let cap = match args.0.get("preorder_max_count") {
        None => before.cap,
        Some(value) => value.as_i64(),
    };
    let text = match args.0.get("shipping_text") {
        None => before.shipping_text.clone(),
        Some(value) => value.as_str().map(str::to_owned),
    };
    if cap != before.cap {
        changed.insert("preorder_max_count".to_owned(), json!(cap));
    }
    if text != before.shipping_text {
        changed.insert("shipping_text".to_owned(), json!(text));
    }
    let after = Attached {
        cap,
        shipping_text: text,
        ..before
    };
    if changed.is_empty() {
        return after.print(scope, &offer.id);
    }
    scope
        .db
        .prepare_cached(
            "UPDATE offer_variants SET preorder_max_count = ?, shipping_text = ?
             WHERE offer_id = ? AND shopify_variant_id = ?",
        )?
        .execute(params![
            after.cap,
            after.shipping_text,
            offer.id,
            variant_id
        ])?;
    scope.effects.push(json!({
        "kind": "variant_settings_written", "offer_id": offer.id, "shopify_variant_id": variant_id,
        "settings": changed,
    }));
    watch.finish(scope)?;
    after.print(scope, &offer.id)
}

fn one(scope: &Scope<'_>, offer_id: &str, args: &Args) -> Result<Attached, Refusal> {
    scope
        .db
        .prepare_cached(&format!(
            "{} {TABLES} WHERE a.offer_id = ? AND a.shopify_variant_id = ?",
            Attached::SELECT
        ))?
        .query_row(
            params![offer_id, shopify_id(args, "variant_id")],
            Attached::of,
        )
        .optional()?
        .ok_or_else(|| Refusal::not_found("Product variant"))
}
