//! Writes a dataset into the empty tables of a fresh database.

mod preorders;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Result, params};
use uuid::Uuid;

use super::model::{Attribution, Customer, Dataset, Notification, Product, Shop, Signup};
use crate::sandbox::reply::Refusal;

/// Writes all rows in one transaction; on failure nothing is written.
///
/// # Errors
///
/// Fails when the tables are not empty, are missing, or are busy in another transaction.
pub fn load(db: &Connection, dataset: &Dataset) -> Result<(), Refusal> {
    let transaction = db.unchecked_transaction()?;
    let month = dataset.now.format("%Y-%m").to_string();
    shops(&transaction, &dataset.shops, &month)?;
    let catalogue = products(&transaction, &dataset.products)?;
    customers(&transaction, &dataset.customers)?;
    signups(&transaction, &dataset.signups)?;
    notifications(&transaction, &dataset.notifications, &catalogue)?;
    attributions(&transaction, &dataset.attributions)?;
    preorders::load(&transaction, dataset, &catalogue)?;
    Ok(transaction.commit()?)
}

/// What log rows and order lines copy of their variants, by shop and variant id.
type Catalogue<'a> = HashMap<(Uuid, i64), Item<'a>>;

/// A variant of the catalogue.
struct Item<'a> {
    product_id: i64,
    product_title: &'a str,
    title: &'a str,
}

fn shops(db: &Connection, rows: &[Shop], month: &str) -> Result<()> {
    let mut shop = db.prepare(
        "INSERT INTO shops (id, domain, name, currency, plan_monthly_limit, plan_used, plan_month,
         sms_verification, settings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut key = db.prepare("INSERT INTO api_keys (key, shop_id) VALUES (?, ?)")?;
    let mut location =
        db.prepare("INSERT INTO locations (shop_id, shopify_location_id, name) VALUES (?, ?, ?)")?;
    let mut market =
        db.prepare("INSERT INTO markets (shop_id, shopify_market_id, name) VALUES (?, ?, ?)")?;
    for row in rows {
        let id = row.id.to_string();
        shop.execute(params![
            id,
            row.domain,
            row.name,
            row.currency,
            row.plan_monthly_limit,
            row.plan_used,
            month,
            row.sms_verification,
            row.settings.to_string()
        ])?;
        key.execute(params![row.api_key, id])?;
        for (number, name) in &row.locations {
            location.execute(params![id, number, name])?;
        }
        for (number, name) in &row.markets {
            market.execute(params![id, number, name])?;
        }
    }
    Ok(())
}

fn products<'a>(db: &Connection, rows: &'a [Product]) -> Result<Catalogue<'a>> {
    let mut product = db.prepare(
        "INSERT INTO products (shop_id, shopify_product_id, title, vendor) VALUES (?, ?, ?, ?)",
    )?;
    let mut variant = db.prepare(
        "INSERT INTO variants (shop_id, shopify_variant_id, id, shopify_product_id, title, sku,
         inventory_item_id, price_minor, inventory_policy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut stock = db.prepare(
        "INSERT INTO stock (shop_id, shopify_variant_id, shopify_location_id, available)
         VALUES (?, ?, ?, ?)",
    )?;
    let mut collection = db.prepare(
        "INSERT INTO collections (shop_id, shopify_collection_id, shopify_product_id) VALUES (?, ?, ?)",
    )?;
    let mut catalogue = Catalogue::new();
    for row in rows {
        let shop_id = row.shop_id.to_string();
        product.execute(params![
            shop_id,
            row.shopify_product_id,
            row.title,
            row.vendor
        ])?;
        for id in &row.collections {
            collection.execute(params![shop_id, id, row.shopify_product_id])?;
        }
        for item in &row.variants {
            variant.execute(params![
                shop_id,
                item.shopify_variant_id,
                item.id.to_string(),
                row.shopify_product_id,
                item.title,
                item.sku,
                item.inventory_item_id,
                item.price_minor,
                item.inventory_policy
            ])?;
            for (location, available) in &item.stock {
                stock.execute(params![
                    shop_id,
                    item.shopify_variant_id,
                    location,
                    available
                ])?;
            }
            catalogue.insert(
                (row.shop_id, item.shopify_variant_id),
                Item {
                    product_id: row.shopify_product_id,
                    product_title: &row.title,
                    title: &item.title,
                },
            );
        }
    }
    Ok(catalogue)
}

fn customers(db: &Connection, rows: &[Customer]) -> Result<()> {
    let mut insert = db.prepare(
        "INSERT INTO customers (id, shop_id, email, phone, push, name, country, country_code, locale,
         accepts_marketing, shopify_customer_id, shopify_market_id, unsubscribed_at, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for row in rows {
        let updated = row.unsubscribed_at.unwrap_or(row.created_at);
        insert.execute(params![
            row.id.to_string(),
            row.shop_id.to_string(),
            row.email,
            row.phone,
            row.push,
            row.name,
            row.country,
            row.country_code,
            row.locale,
            row.accepts_marketing,
            row.shopify_customer_id,
            row.shopify_market_id,
            ms(row.unsubscribed_at),
            row.created_at.timestamp_millis(),
            updated.timestamp_millis()
        ])?;
    }
    Ok(())
}

fn signups(db: &Connection, rows: &[Signup]) -> Result<()> {
    let mut insert = db.prepare(
        "INSERT INTO signups (id, shop_id, customer_id, shopify_variant_id, channel, email, phone, push,
         quantity, shopify_market_id, source, optin_confirmed, notified_at, blocked_at, unsubscribed_at,
         created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for row in rows {
        insert.execute(params![
            row.id.to_string(),
            row.shop_id.to_string(),
            row.customer_id.to_string(),
            row.shopify_variant_id,
            row.channel,
            row.email,
            row.phone,
            row.push,
            row.quantity,
            row.shopify_market_id,
            row.source,
            row.optin_confirmed,
            ms(row.notified_at),
            ms(row.blocked_at),
            ms(row.unsubscribed_at),
            row.created_at.timestamp_millis(),
            row.updated_at.timestamp_millis()
        ])?;
    }
    Ok(())
}

fn notifications(db: &Connection, rows: &[Notification], catalogue: &Catalogue<'_>) -> Result<()> {
    let mut insert = db.prepare(
        "INSERT INTO notifications (id, shop_id, signup_id, customer_id, shopify_variant_id,
         shopify_product_id, variant_title, channel, contact, status, blocked_reason, sent_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for row in rows {
        // A variant outside the catalogue leaves both null, which the table refuses.
        let variant = catalogue.get(&(row.shop_id, row.shopify_variant_id));
        insert.execute(params![
            row.id.to_string(),
            row.shop_id.to_string(),
            row.signup_id.to_string(),
            row.customer_id.to_string(),
            row.shopify_variant_id,
            variant.map(|variant| variant.product_id),
            variant.map(|variant| variant.title),
            row.channel,
            row.contact,
            row.status,
            row.blocked_reason,
            ms(row.sent_at),
            row.created_at.timestamp_millis()
        ])?;
    }
    Ok(())
}

/// Attributions, and the orders they belong to, so that no later order takes the same id.
fn attributions(db: &Connection, rows: &[Attribution]) -> Result<()> {
    let mut insert = db.prepare(
        "INSERT INTO attributions (shop_id, shopify_order_id, signup_id, notification_id, confidence,
         revenue_minor, ordered_at, tagged) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut order =
        db.prepare("INSERT INTO orders (shop_id, shopify_order_id, ordered_at) VALUES (?, ?, ?)")?;
    let mut taken = BTreeSet::new();
    for row in rows {
        insert.execute(params![
            row.shop_id.to_string(),
            row.shopify_order_id,
            row.signup_id.to_string(),
            row.notification_id.to_string(),
            row.confidence,
            row.revenue_minor,
            row.ordered_at.timestamp_millis(),
            row.tagged
        ])?;
        if taken.insert((row.shop_id, row.shopify_order_id)) {
            order.execute(params![
                row.shop_id.to_string(),
                row.shopify_order_id,
                row.ordered_at.timestamp_millis()
            ])?;
        }
    }
    Ok(())
}

fn ms(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(|at| at.timestamp_millis())
}
