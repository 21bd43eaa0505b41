//! Automatic alerts: a restock starts them, all at once or in portions over time.

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::send::Sender;
use super::signup_row::SignupRow;
use super::terms::WAITING;
use crate::sandbox::actions::shop::{is_on, number, settings};
use crate::sandbox::actions::variants::{Variant, countable, find};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// What a change of stock led to.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Restock {
    /// Units that count after the change.
    pub(in crate::sandbox) countable: i64,
    /// Signups that stand to be alerted because of it.
    pub(in crate::sandbox) started: usize,
}

/// Sets the units of a variant at a location; reaching the threshold from below starts its alerts.
pub(in crate::sandbox) fn restock(
    scope: &mut Scope<'_>,
    variant_id: i64,
    location_id: i64,
    available: i64,
) -> Result<Restock, Refusal> {
    let settings = settings(scope)?;
    let threshold = number(&settings, "/delivery/stock_threshold")?;
    let before = countable(scope, &settings, variant_id)?;
    scope
        .db
        .prepare_cached(
            "INSERT INTO stock (shop_id, shopify_variant_id, shopify_location_id, available)
             VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET available = excluded.available",
        )?
        .execute(params![scope.shop_id, variant_id, location_id, available])?;
    let after = countable(scope, &settings, variant_id)?;
    let mut started = 0;
    if before < threshold
        && after >= threshold
        && !is_running(scope, variant_id)?
        && let Some(variant) = find(scope, variant_id)?
    {
        let waiting = candidates(scope, &settings, &variant)?;
        started = waiting.len();
        send_portion(scope, &variant, waiting)?;
    }
    Ok(Restock {
        countable: after,
        started,
    })
}

/// The next portion of a run.
#[derive(Debug)]
pub(in crate::sandbox) struct Portion {
    variant_id: i64,
    /// The signups that were not tried yet, as the table holds them.
    remaining: String,
}

/// The first portion that is due up to an instant, with its own; both in unix milliseconds.
pub(in crate::sandbox) fn next_due(
    scope: &Scope<'_>,
    until: i64,
) -> Result<Option<(i64, Portion)>, Refusal> {
    Ok(scope
        .db
        .prepare_cached(
            "SELECT next_at, shopify_variant_id, remaining FROM alert_runs
             WHERE shop_id = ? AND next_at <= ? ORDER BY next_at, shopify_variant_id LIMIT 1",
        )?
        .query_row(params![scope.shop_id, until], |row| {
            let portion = Portion {
                variant_id: row.get(1)?,
                remaining: row.get(2)?,
            };
            Ok((row.get(0)?, portion))
        })
        .optional()?)
}

/// Sends a portion; sold out by now, the run ends.
pub(in crate::sandbox) fn send(scope: &mut Scope<'_>, portion: &Portion) -> Result<(), Refusal> {
    let settings = settings(scope)?;
    let threshold = number(&settings, "/delivery/stock_threshold")?;
    match find(scope, portion.variant_id)? {
        Some(variant) if countable(scope, &settings, portion.variant_id)? >= threshold => {
            send_portion(scope, &variant, serde_json::from_str(&portion.remaining)?)
        }
        Some(_) | None => end(scope, portion.variant_id),
    }
}

/// Alerts the first of the waiting, as many as a portion holds, and puts the rest off. Who cannot
/// be alerted takes no place in the portion.
fn send_portion(
    scope: &mut Scope<'_>,
    variant: &Variant,
    waiting: Vec<String>,
) -> Result<(), Refusal> {
    let settings = settings(scope)?;
    let is_batched = is_on(&settings, "/delivery/batching/enabled");
    let size = number(&settings, "/delivery/batching/batch_size")?;
    let mut sender = Sender::of(scope)?;
    let mut tried = 0;
    let mut waiting = waiting.into_iter();
    while !is_batched || tried < size {
        let Some(id) = waiting.next() else {
            break;
        };
        let row = SignupRow::find(scope.db, &scope.shop_id, &id)?
            .filter(|row| is_meant(row, variant, &settings))
            .filter(|row| sender.refusal(row, false).is_none());
        if let Some(row) = row {
            sender.attempt(scope, &row)?;
            tried += 1;
        }
    }
    let rest: Vec<String> = waiting.collect();
    if rest.is_empty() {
        return end(scope, variant.variant_id);
    }
    let pause = number(&settings, "/delivery/batching/interval_minutes")?.saturating_mul(60_000);
    scope
        .db
        .prepare_cached(
            "INSERT INTO alert_runs (shop_id, shopify_variant_id, next_at, remaining)
             VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET next_at = excluded.next_at, remaining = excluded.remaining",
        )?
        .execute(params![
            scope.shop_id,
            variant.variant_id,
            scope.now_ms().saturating_add(pause),
            serde_json::to_string(&rest)?
        ])?;
    Ok(())
}

/// Waiting signups of the variant, or of its whole product, oldest first.
fn candidates(
    scope: &Scope<'_>,
    settings: &Value,
    variant: &Variant,
) -> Result<Vec<String>, Refusal> {
    let (variants, key) = if is_on(settings, "/delivery/any_variant/enabled") {
        (
            "(SELECT shopify_variant_id FROM variants WHERE shop_id = ?1 AND shopify_product_id = ?2)",
            variant.product_id,
        )
    } else {
        ("(?2)", variant.variant_id)
    };
    let ids = scope
        .db
        .prepare_cached(&format!(
            "SELECT s.id FROM signups s CROSS JOIN customers c ON c.id = s.customer_id
             WHERE s.shop_id = ?1 AND s.shopify_variant_id IN {variants} AND {WAITING}
             ORDER BY s.created_at, s.id"
        ))?
        .query_map(params![scope.shop_id, key], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// Whether a signup still waits for what came back; it may have been moved since the run began.
fn is_meant(row: &SignupRow, variant: &Variant, settings: &Value) -> bool {
    row.variant.variant_id == variant.variant_id
        || (is_on(settings, "/delivery/any_variant/enabled")
            && row.variant.product_id == variant.product_id)
}

fn is_running(scope: &Scope<'_>, variant_id: i64) -> Result<bool, Refusal> {
    Ok(scope
        .db
        .prepare_cached("SELECT 1 FROM alert_runs WHERE shop_id = ? AND shopify_variant_id = ?")?
        .exists(params![scope.shop_id, variant_id])?)
}

fn end(scope: &Scope<'_>, variant_id: i64) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached("DELETE FROM alert_runs WHERE shop_id = ? AND shopify_variant_id = ?")?
        .execute(params![scope.shop_id, variant_id])?;
    Ok(())
}
