//! The metafields of a variant: what STOQ would write, what Shopify holds, and where they differ
//! (vendor docs: Product Variant Level Metafields, Market Level Product Variant Metafields).

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};

use super::super::held::{Held, held};
use super::{counts, standing};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// The seven keys, in the order the API shows them.
pub(in crate::sandbox) const KEYS: [&str; 7] = [
    "selling_plan_ids",
    "preorder_count",
    "preorder_max_count",
    "shipping_text",
    "market_preorder_count",
    "market_preorder_max_count",
    "market_shipping_text",
];

/// The two keys that hold counts.
pub(in crate::sandbox::actions) const COUNT_KEYS: [&str; 2] =
    ["preorder_count", "market_preorder_count"];

/// What Shopify holds: all seven keys, null where there is nothing.
pub(in crate::sandbox) fn stored(
    db: &Connection,
    shop_id: &str,
    variant_id: i64,
) -> Result<Map<String, Value>, Refusal> {
    let mut out: Map<String, Value> = KEYS
        .into_iter()
        .map(|key| (key.to_owned(), Value::Null))
        .collect();
    let mut statement = db.prepare_cached(
        "SELECT key, value FROM variant_metafields WHERE shop_id = ? AND shopify_variant_id = ?",
    )?;
    let mut rows = statement.query(params![shop_id, variant_id])?;
    while let Some(row) = rows.next()? {
        let value = serde_json::from_str(&row.get::<_, String>(1)?)?;
        out.insert(row.get(0)?, value);
    }
    Ok(out)
}

/// What STOQ would write: all seven keys, null where there is nothing to write.
pub(in crate::sandbox::actions) fn expected(
    db: &Connection,
    shop_id: &str,
    variant_id: i64,
) -> Result<Map<String, Value>, Refusal> {
    let held = held(db, shop_id, variant_id)?;
    let plans: Vec<i64> = held.iter().map(|held| held.offer.selling_plan_id).collect();
    let text = held.first().and_then(Held::shipping_text);
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| out.insert(key.to_owned(), value);
    put("selling_plan_ids", json!(plans));
    put(
        "preorder_count",
        json!(counts::stored(db, shop_id, variant_id)?),
    );
    put("preorder_max_count", json!(standing::cap(&held)));
    let everywhere = match (text, primary_market(db, shop_id)?) {
        (Some(text), Some(market)) => json!({market.to_string(): text}),
        (Some(_) | None, _) => Value::Null,
    };
    put("shipping_text", everywhere);
    let [counts, caps, texts] = by_market(db, shop_id, variant_id, &held)?;
    put("market_preorder_count", counts);
    put("market_preorder_max_count", caps);
    put("market_shipping_text", texts);
    Ok(out)
}

/// Counts, caps and texts by market, over the offers that are limited to markets.
fn by_market(
    db: &Connection,
    shop_id: &str,
    variant_id: i64,
    held: &[Held],
) -> Result<[Value; 3], Refusal> {
    let markets: BTreeSet<i64> = held.iter().flat_map(markets_of).collect();
    let mut maps = [Map::new(), Map::new(), Map::new()];
    let [counts, caps, texts] = &mut maps;
    for market in markets {
        let here: Vec<&Held> = held
            .iter()
            .filter(|held| markets_of(held).contains(&market))
            .collect();
        let key = market.to_string();
        let count = counts::stored_in_market(db, shop_id, variant_id, market)?;
        counts.insert(key.clone(), json!(count));
        if let Some(cap) = standing::cap(here.iter().copied()) {
            caps.insert(key.clone(), json!(cap));
        }
        if let Some(text) = here.first().and_then(|held| held.shipping_text()) {
            texts.insert(key, json!(text));
        }
    }
    Ok(maps.map(|map| match map.is_empty() {
        true => Value::Null,
        false => Value::Object(map),
    }))
}

/// The markets an offer is limited to; none when it is for all.
fn markets_of(held: &Held) -> Vec<i64> {
    if !held.offer.flag("/markets/enabled") {
        return Vec::new();
    }
    let ids = held.offer.blocks.pointer("/markets/market_ids");
    ids.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect()
}

/// The shop's first market.
pub(in crate::sandbox) fn primary_market(
    db: &Connection,
    shop_id: &str,
) -> Result<Option<i64>, Refusal> {
    Ok(db
        .prepare_cached(
            "SELECT shopify_market_id FROM markets WHERE shop_id = ? ORDER BY rowid LIMIT 1",
        )?
        .query_row([shop_id], |row| row.get(0))
        .optional()?)
}

/// The keys under which Shopify holds something else than STOQ would write.
pub(in crate::sandbox::actions) fn drift(
    stored: &Map<String, Value>,
    expected: &Map<String, Value>,
) -> Vec<&'static str> {
    KEYS.into_iter()
        .filter(|key| stored.get(*key) != expected.get(*key))
        .collect()
}

/// Writes some keys of a variant; those that were already right are not touched.
pub(in crate::sandbox::actions) fn write(
    scope: &mut Scope<'_>,
    variant_id: i64,
    keys: &[&'static str],
) -> Result<(), Refusal> {
    let written = put(scope.db, &scope.shop_id, variant_id, keys)?;
    if !written.is_empty() {
        scope.effects.push(json!({
            "kind": "metafields_written", "owner": "variant", "shopify_variant_id": variant_id,
            "keys": written,
        }));
    }
    Ok(())
}

/// Brings some keys in step and tells which were not.
pub(super) fn put(
    db: &Connection,
    shop_id: &str,
    variant_id: i64,
    keys: &[&'static str],
) -> Result<Vec<&'static str>, Refusal> {
    let expected = expected(db, shop_id, variant_id)?;
    let mut written = drift(&stored(db, shop_id, variant_id)?, &expected);
    written.retain(|key| keys.contains(key));
    for key in &written {
        set(
            db,
            shop_id,
            variant_id,
            key,
            expected.get(*key).unwrap_or(&Value::Null),
        )?;
    }
    Ok(written)
}

/// Puts a value into Shopify, null deletes the key.
pub(in crate::sandbox) fn set(
    db: &Connection,
    shop_id: &str,
    variant_id: i64,
    key: &str,
    value: &Value,
) -> Result<(), Refusal> {
    if value.is_null() {
        db.prepare_cached(
            "DELETE FROM variant_metafields WHERE shop_id = ? AND shopify_variant_id = ? AND key = ?",
        )?
        .execute(params![shop_id, variant_id, key])?;
    } else {
        db.prepare_cached(
            "INSERT INTO variant_metafields (shop_id, shopify_variant_id, key, value)
             VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        )?
        .execute(params![shop_id, variant_id, key, value.to_string()])?;
    }
    Ok(())
}
