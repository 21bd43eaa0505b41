//! Offers and their orders; counts and metafields follow from them.

use std::collections::BTreeMap;

use rusqlite::{Connection, Result, params};
use uuid::Uuid;

use super::{Catalogue, ms};
use crate::sandbox::actions::preorders::{metafields, refresh_metafields};
use crate::sandbox::reply::Refusal;
use crate::sandbox::seed::model::{Dataset, Drift, Offer, Preorder, PreorderLine};

/// Writes the preorder part of a dataset over its shops, products and waitlists.
pub(super) fn load(
    db: &Connection,
    dataset: &Dataset,
    catalogue: &Catalogue<'_>,
) -> Result<(), Refusal> {
    offers(db, &dataset.offers)?;
    orders(db, &dataset.preorders)?;
    lines(db, &dataset.preorders, catalogue)?;
    counts(db, &dataset.preorders)?;
    for shop in &dataset.shops {
        refresh_metafields(db, &shop.id.to_string())?;
    }
    dataset.drifts.iter().try_for_each(|row| drift(db, row))
}

fn offers(db: &Connection, rows: &[Offer]) -> Result<()> {
    let mut offer = db.prepare(
        "INSERT INTO offers (id, shop_id, name, internal_name, state, starts_at, ends_at,
         shopify_selling_plan_id, shopify_selling_plan_group_id, blocks, auto_collect_since, created_at,
         updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut variant = db.prepare(
        "INSERT INTO offer_variants (offer_id, shop_id, shopify_variant_id, preorder_max_count, shipping_text)
         VALUES (?, ?, ?, ?, ?)",
    )?;
    for row in rows {
        let (id, shop_id) = (row.id.to_string(), row.shop_id.to_string());
        offer.execute(params![
            id,
            shop_id,
            row.name,
            row.internal_name,
            row.state,
            ms(row.starts_at),
            ms(row.ends_at),
            row.shopify_selling_plan_id,
            row.shopify_selling_plan_group_id,
            row.blocks.to_string(),
            ms(row.auto_collect_since),
            row.created_at.timestamp_millis(),
            row.updated_at.timestamp_millis()
        ])?;
        for held in &row.variants {
            variant.execute(params![
                id,
                shop_id,
                held.shopify_variant_id,
                held.preorder_max_count,
                held.shipping_text
            ])?;
        }
    }
    Ok(())
}

/// Orders, also among those no later order may take the id of.
fn orders(db: &Connection, rows: &[Preorder]) -> Result<()> {
    let mut insert = db.prepare(
        "INSERT INTO preorder_orders (shop_id, shopify_order_id, id, name, customer_id, email, customer_name,
         shopify_market_id, currency, total_minor, deposit_minor, balance_minor, outstanding_minor,
         collected_minor, refunded_minor, financial_status, charged_at, due_at, auto_attempted_at,
         collection_url_sent_at, last_failure, decline_code, offer_id, fulfillment_status, scheduled_at,
         released_at, fulfilled_at, cancelled_at, cancel_reason, tags, created_at) VALUES (?, ?, ?, ?, ?, ?, ?,
         ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut order =
        db.prepare("INSERT INTO orders (shop_id, shopify_order_id, ordered_at) VALUES (?, ?, ?)")?;
    for row in rows {
        let shop_id = row.shop_id.to_string();
        let sum = |part: fn(&PreorderLine) -> i64| row.lines.iter().map(part).sum::<i64>();
        let deposit = sum(|line| line.deposit_minor);
        let balance = sum(|line| line.balance_minor);
        let created_at = row.created_at.timestamp_millis();
        order.execute(params![shop_id, row.shopify_order_id, created_at])?;
        insert.execute(params![
            shop_id,
            row.shopify_order_id,
            row.id.to_string(),
            row.name,
            row.customer_id,
            row.email,
            row.customer_name,
            row.shopify_market_id,
            row.currency,
            deposit + balance,
            deposit,
            balance,
            row.outstanding_minor,
            row.collected_minor,
            row.refunded_minor,
            row.financial_status,
            ms(row.charged_at),
            ms(row.due_at),
            ms(row.auto_attempted_at),
            ms(row.collection_url_sent_at),
            row.last_failure.as_ref().map(ToString::to_string),
            row.decline_code,
            row.offer_id.to_string(),
            row.fulfillment_status,
            ms(row.scheduled_at),
            ms(row.released_at),
            ms(row.fulfilled_at),
            ms(row.cancelled_at),
            row.cancel_reason,
            serde_json::Value::from(row.tags.clone()).to_string(),
            created_at
        ])?;
    }
    Ok(())
}

fn lines(db: &Connection, rows: &[Preorder], catalogue: &Catalogue<'_>) -> Result<()> {
    let mut insert = db.prepare(
        "INSERT INTO preorder_lines (shop_id, id, shopify_order_id, offer_id, shopify_product_id,
         shopify_variant_id, product_title, variant_title, quantity, unit_price_minor, deposit_minor,
         balance_minor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for row in rows {
        let shop_id = row.shop_id.to_string();
        for line in &row.lines {
            // A variant outside the catalogue leaves these null, which the table refuses.
            let item = catalogue.get(&(row.shop_id, line.shopify_variant_id));
            insert.execute(params![
                shop_id,
                line.id,
                row.shopify_order_id,
                line.offer_id.to_string(),
                item.map(|item| item.product_id),
                line.shopify_variant_id,
                item.map(|item| item.product_title),
                item.map(|item| item.title),
                line.quantity,
                line.unit_price_minor,
                line.deposit_minor,
                line.balance_minor
            ])?;
        }
    }
    Ok(())
}

/// Units of active lines: of orders neither cancelled nor fully refunded.
fn counts(db: &Connection, rows: &[Preorder]) -> Result<()> {
    let mut units: BTreeMap<(Uuid, i64), i64> = BTreeMap::new();
    let mut by_market: BTreeMap<(Uuid, i64, i64), i64> = BTreeMap::new();
    let active = rows
        .iter()
        .filter(|row| row.cancelled_at.is_none() && row.financial_status != "refunded");
    for row in active {
        for line in &row.lines {
            let variant = line.shopify_variant_id;
            *units.entry((row.shop_id, variant)).or_default() += line.quantity;
            if let Some(market) = row.shopify_market_id {
                let count = by_market.entry((row.shop_id, variant, market));
                *count.or_default() += line.quantity;
            }
        }
    }
    let mut total = db.prepare(
        "UPDATE variants SET preorder_count = ? WHERE shop_id = ? AND shopify_variant_id = ?",
    )?;
    for ((shop_id, variant), count) in units {
        total.execute(params![count, shop_id.to_string(), variant])?;
    }
    let mut share = db.prepare(
        "INSERT INTO market_counts (shop_id, shopify_variant_id, shopify_market_id, preorder_count)
         VALUES (?, ?, ?, ?)",
    )?;
    for ((shop_id, variant, market), count) in by_market {
        share.execute(params![shop_id.to_string(), variant, market, count])?;
    }
    Ok(())
}

/// What Shopify holds against STOQ's value.
fn drift(db: &Connection, row: &Drift) -> Result<(), Refusal> {
    let shop_id = row.shop_id.to_string();
    metafields::set(db, &shop_id, row.shopify_variant_id, &row.key, &row.value)
}
