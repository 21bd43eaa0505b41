//! Ranking of variants by all their intents. The window is on the latest request: it keeps or drops
//! whole variants and cuts no count, unlike that of v2.

use rusqlite::{Row, params, params_from_iter};
use serde_json::{Value, json};

use super::super::reply::V1Answer;
use super::super::{ROWS, V1Reply, fields};
use super::span;
use crate::sandbox::actions::back_in_stock::TALLY;
use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::instant::print;
use crate::sandbox::actions::page::Page;
use crate::sandbox::scope::{Args, Scope};

/// The one kind of intents the sandbox has.
const KIND: &str = "restock";

/// One page of the ranking.
pub(super) fn ranking(scope: &Scope<'_>, args: &Args) -> V1Reply {
    let mut filter = Filter::new("d.shop_id = ?", scope.shop_id.clone());
    filter.and_span("d.latest", &span(args)?);
    if args.text("intent_type").is_some_and(|kind| kind != KIND) {
        filter.and("FALSE");
    }
    let counted = format!(
        "(SELECT s.shop_id AS shop_id, s.shopify_variant_id AS variant_id, {TALLY}
          FROM signups s GROUP BY s.shop_id, s.shopify_variant_id) d"
    );
    let total = filter.count(scope, &counted)?;
    let page = Page::of(args, ROWS);
    filter.cut(page);
    let mut rows: Vec<Value> = scope
        .db
        .prepare_cached(&format!(
            "SELECT d.variant_id, v.shopify_product_id, v.inventory_item_id, d.total, d.pending,
               d.latest, p.title, p.vendor, v.title, v.sku
             FROM {counted}
             CROSS JOIN variants v ON v.shop_id = d.shop_id AND v.shopify_variant_id = d.variant_id
             CROSS JOIN products p ON p.shop_id = d.shop_id
               AND p.shopify_product_id = v.shopify_product_id
             WHERE {} ORDER BY {}, d.variant_id LIMIT ? OFFSET ?",
            filter.text(),
            order(args)
        ))?
        .query_map(params_from_iter(filter.values()), wanted)?
        .collect::<rusqlite::Result<_>>()?;
    for row in &mut rows {
        add_variants(scope, row)?;
    }
    let mut body = fields(page.turns(total));
    body.shift_insert(0, "product_variants_in_demand".to_owned(), json!(rows));
    Ok(V1Answer::new(200, Value::Object(body)))
}

/// What is ranked by, and which way.
fn order(args: &Args) -> &'static str {
    let is_rising = args.text("direction") == Some("asc");
    match (args.text("sort_by"), is_rising) {
        (Some("total"), true) => "d.total",
        (Some("total"), false) => "d.total DESC",
        (Some("last_requested_at"), true) => "d.latest",
        (Some("last_requested_at"), false) => "d.latest DESC",
        (_, true) => "d.pending",
        (_, false) => "d.pending DESC",
    }
}

/// One variant of the ranking, its product still without variants.
fn wanted(row: &Row<'_>) -> rusqlite::Result<Value> {
    let (variant, product): (i64, i64) = (row.get(0)?, row.get(1)?);
    Ok(json!({
        "shopify_variant_id": variant,
        "shopify_product_id": product,
        "shopify_inventory_item_id": row.get::<_, i64>(2)?,
        "total": row.get::<_, i64>(3)?,
        "pending": row.get::<_, i64>(4)?,
        "last_requested_at": print(row.get(5)?),
        "product_data": {
            "id": product,
            "title": row.get::<_, String>(6)?,
            "vendor": row.get::<_, String>(7)?,
        },
        "variant_data": in_short(variant, row.get(8)?, row.get(9)?),
    }))
}

fn in_short(id: i64, title: String, sku: Option<String>) -> Value {
    json!({"id": id, "title": title, "sku": sku})
}

/// Adds all variants of the row's product.
fn add_variants(scope: &Scope<'_>, row: &mut Value) -> rusqlite::Result<()> {
    let product = row.get("shopify_product_id").and_then(Value::as_i64);
    let variants: Vec<Value> = scope
        .db
        .prepare_cached(
            "SELECT shopify_variant_id, title, sku FROM variants
             WHERE shop_id = ? AND shopify_product_id = ? ORDER BY shopify_variant_id",
        )?
        .query_map(params![scope.shop_id, product], |row| {
            Ok(in_short(row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    if let Some(Value::Object(data)) = row.get_mut("product_data") {
        data.insert("variants".to_owned(), json!(variants));
    }
    Ok(())
}
