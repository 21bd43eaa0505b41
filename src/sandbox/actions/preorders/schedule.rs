//! What the clock does to offers: planned starts and ends, and stock policies that were queued.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use super::offer_row::{OfferRow, OfferState};
use super::offers::switch;
use super::upkeep::policy::{self, Policy};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// Milliseconds until a queued stock policy is set.
const QUEUE_MS: i64 = 250;

/// The first offer that is to enable itself up to an instant, with its moment.
pub(in crate::sandbox::actions) const FIRST_START: &str = "SELECT starts_at, id FROM offers
 WHERE shop_id = ? AND state = 'scheduled' AND deleted_at IS NULL AND starts_at <= ?
 ORDER BY starts_at, id LIMIT 1";
/// The first offer that is to disable itself.
pub(in crate::sandbox::actions) const FIRST_END: &str = "SELECT ends_at, id FROM offers
 WHERE shop_id = ? AND state = 'enabled' AND deleted_at IS NULL AND ends_at <= ?
 ORDER BY ends_at, id LIMIT 1";
/// The first row of queued policies.
pub(in crate::sandbox::actions) const FIRST_POLICIES: &str =
    "SELECT due_at, rowid FROM queued_policies
     WHERE shop_id = ? AND due_at <= ? ORDER BY due_at, rowid LIMIT 1";

/// The offer enables itself.
pub(in crate::sandbox::actions) fn start(scope: &mut Scope<'_>, id: &str) -> Result<(), Refusal> {
    turn(scope, id, OfferState::Enabled)
}

/// The offer disables itself.
pub(in crate::sandbox::actions) fn end(scope: &mut Scope<'_>, id: &str) -> Result<(), Refusal> {
    turn(scope, id, OfferState::Disabled)
}

/// The same as the named action, but both times stay as history.
fn turn(scope: &mut Scope<'_>, id: &str, state: OfferState) -> Result<(), Refusal> {
    match OfferRow::find(scope, id)? {
        Some(offer) => switch(scope, OfferRow { state, ..offer }).map(drop),
        None => Ok(()),
    }
}

/// Puts off setting a stock policy of variants, in the name of an offer.
pub(in crate::sandbox::actions) fn queue_policy(
    scope: &Scope<'_>,
    offer_id: &str,
    policy: &str,
    variants: &[i64],
) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached(
            "INSERT INTO queued_policies (shop_id, offer_id, due_at, policy, variant_ids)
             VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            scope.shop_id,
            offer_id,
            scope.now_ms().saturating_add(QUEUE_MS),
            policy,
            json!(variants).to_string()
        ])?;
    Ok(())
}

/// Whether a stock policy was queued in the name of an offer and is not set yet.
pub(in crate::sandbox::actions) fn is_queued(
    scope: &Scope<'_>,
    offer_id: &str,
) -> Result<bool, Refusal> {
    Ok(scope
        .db
        .prepare_cached("SELECT 1 FROM queued_policies WHERE shop_id = ? AND offer_id = ?")?
        .exists(params![scope.shop_id, offer_id])?)
}

/// Sets the queued policies of a row.
pub(in crate::sandbox::actions) fn set_policies(
    scope: &mut Scope<'_>,
    row: i64,
) -> Result<(), Refusal> {
    let queued: Option<(String, String)> = scope
        .db
        .prepare_cached(
            "DELETE FROM queued_policies WHERE rowid = ? RETURNING policy, variant_ids",
        )?
        .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((text, variants)) = queued else {
        return Ok(());
    };
    let asked = Policy::parse(&text)
        .ok_or_else(|| Refusal::Broken(format!("a queued policy is called {text}")))?;
    for variant in serde_json::from_str::<Vec<i64>>(&variants)? {
        policy::set(scope, variant, asked)?;
    }
    Ok(())
}
