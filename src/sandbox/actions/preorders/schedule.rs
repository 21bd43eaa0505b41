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

/// One piece of due work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox::actions) enum Due {
    /// The offer of this id enables itself.
    Start(String),
    /// The offer of this id disables itself.
    End(String),
    /// The queued policies of this row are set.
    Policy(i64),
}

/// The first piece that is due up to an instant, with its own; starts before ends before policies
/// when they fall together. Both in unix milliseconds.
pub(in crate::sandbox::actions) fn next_due(
    scope: &Scope<'_>,
    until: i64,
) -> Result<Option<(i64, Due)>, Refusal> {
    Ok(scope
        .db
        .prepare_cached(
            "SELECT starts_at AS at, 0 AS kind, id, 0 AS row FROM offers
             WHERE shop_id = ?1 AND state = 'scheduled' AND starts_at <= ?2 AND deleted_at IS NULL
             UNION ALL SELECT ends_at, 1, id, 0 FROM offers
             WHERE shop_id = ?1 AND state = 'enabled' AND ends_at <= ?2 AND deleted_at IS NULL
             UNION ALL SELECT due_at, 2, '', rowid FROM queued_policies
             WHERE shop_id = ?1 AND due_at <= ?2
             ORDER BY 1, 2, 3, 4 LIMIT 1",
        )?
        .query_row(params![scope.shop_id, until], |row| {
            let due = match row.get(1)? {
                0 => Due::Start(row.get(2)?),
                1 => Due::End(row.get(2)?),
                _ => Due::Policy(row.get(3)?),
            };
            Ok((row.get(0)?, due))
        })
        .optional()?)
}

/// Does one piece; `scope.now` is its moment.
pub(in crate::sandbox::actions) fn run_due(
    scope: &mut Scope<'_>,
    due: &Due,
) -> Result<(), Refusal> {
    match due {
        Due::Start(id) => turn(scope, id, OfferState::Enabled),
        Due::End(id) => turn(scope, id, OfferState::Disabled),
        Due::Policy(row) => set_policies(scope, *row),
    }
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

fn set_policies(scope: &mut Scope<'_>, row: i64) -> Result<(), Refusal> {
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
