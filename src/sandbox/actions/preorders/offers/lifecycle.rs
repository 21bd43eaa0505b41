//! What changes the state of an offer. The clock does the same at planned times.

use serde_json::{Value, json};

use super::super::offer_row::{OfferRow, OfferState};
use super::super::upkeep::Change;
use super::{named, print_whole, products};
use crate::sandbox::actions::instant::{print_or_null, read};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Puts an offer live now; a planned start is spent, an end that lies behind is dropped.
pub(super) fn enable(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let offer = named(scope, args)?;
    if offer.state == OfferState::Enabled {
        return Err(Refusal::conflict(
            "Offer is already enabled. Call disable to stop it.",
        ));
    }
    let now = scope.now_ms();
    let offer = OfferRow {
        state: OfferState::Enabled,
        starts_at: None,
        ends_at: offer.ends_at.filter(|at| *at > now),
        ..offer
    };
    let offer = switch(scope, offer)?;
    print_whole(scope, &offer)
}

/// Takes an offer off the storefront, or drops its planned start.
pub(super) fn disable(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let offer = named(scope, args)?;
    let before = offer.state;
    let offer = OfferRow {
        state: OfferState::Disabled,
        starts_at: None,
        ..offer
    };
    let offer = match before {
        OfferState::Disabled => {
            return Err(Refusal::conflict(
                "Offer is already disabled. Call enable or schedule to start it.",
            ));
        }
        OfferState::Scheduled => stamped(scope, offer)?,
        OfferState::Enabled => switch(scope, offer)?,
    };
    if before == OfferState::Scheduled {
        tell(scope, "offer_disabled", &offer);
    }
    print_whole(scope, &offer)
}

/// Saves an offer that goes live or off, and what follows for its variants.
pub(in super::super) fn switch(
    scope: &mut Scope<'_>,
    offer: OfferRow,
) -> Result<OfferRow, Refusal> {
    let change = Change::begin(scope, offer.variants(scope)?)?;
    let offer = stamped(scope, offer)?;
    let kind = match offer.state {
        OfferState::Enabled => "offer_enabled",
        OfferState::Disabled | OfferState::Scheduled => "offer_disabled",
    };
    tell(scope, kind, &offer);
    change.finish(scope)?;
    Ok(offer)
}

/// Sets, moves or clears the planned start and end.
pub(super) fn schedule(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let before = named(scope, args)?;
    let starts_at = sent(args, "starts_at")?;
    let ends_at = sent(args, "ends_at")?;
    let is_enabled = before.state == OfferState::Enabled;
    if is_enabled && matches!(starts_at, Some(Some(_))) {
        return Err(Refusal::conflict(
            "Offer is enabled, a start cannot be set. Call disable first, or send only ends_at.",
        ));
    }
    let after = OfferRow {
        state: match (is_enabled, starts_at) {
            (true, _) => OfferState::Enabled,
            (false, Some(Some(_))) => OfferState::Scheduled,
            (false, Some(None)) => OfferState::Disabled,
            (false, None) => before.state,
        },
        starts_at: starts_at.unwrap_or(before.starts_at),
        ends_at: ends_at.unwrap_or(before.ends_at),
        ..before.clone()
    };
    let mut texts = Vec::new();
    for (name, at) in [("starts_at", starts_at), ("ends_at", ends_at)] {
        if at.flatten().is_some_and(|at| at <= scope.now_ms()) {
            texts.push(format!("{name} must be in the future"));
        }
    }
    if let (Some(start), Some(end)) = (after.starts_at, after.ends_at)
        && end <= start
    {
        texts.push("ends_at must be after starts_at".to_owned());
    }
    if !texts.is_empty() {
        return Err(Refusal::Invalid(texts));
    }
    if after == before {
        return print_whole(scope, &after);
    }
    let after = stamped(scope, after)?;
    scope.effects.push(json!({
        "kind": "offer_scheduled", "offer_id": after.id, "state": after.state.text(),
        "starts_at": print_or_null(after.starts_at), "ends_at": print_or_null(after.ends_at),
    }));
    print_whole(scope, &after)
}

/// Deletes an offer for good; its orders stay.
pub(super) fn delete(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let offer = named(scope, args)?;
    let change = Change::begin(scope, offer.variants(scope)?)?;
    products::detach_all(scope, &offer.id)?;
    let offer = OfferRow {
        state: OfferState::Disabled,
        deleted_at: Some(scope.now_ms()),
        ..offer
    };
    let offer = stamped(scope, offer)?;
    tell(scope, "offer_deleted", &offer);
    change.finish(scope)?;
    Ok(json!({"id": offer.id, "deleted": true}))
}

/// Saves an offer as changed now.
fn stamped(scope: &Scope<'_>, offer: OfferRow) -> Result<OfferRow, Refusal> {
    let offer = OfferRow {
        updated_at: scope.now_ms(),
        ..offer
    };
    offer.save(scope)?;
    Ok(offer)
}

/// A time that was sent: `None` = not sent, `Some(None)` = cleared.
fn sent(args: &Args, name: &str) -> Result<Option<Option<i64>>, Refusal> {
    match args.0.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(value) => match value.as_str().and_then(read) {
            Some(at) => Ok(Some(Some(at))),
            None => Err(Refusal::invalid(format!("{name} must be a date"))),
        },
    }
}

fn tell(scope: &mut Scope<'_>, kind: &str, offer: &OfferRow) {
    scope
        .effects
        .push(json!({"kind": kind, "offer_id": offer.id}));
}
