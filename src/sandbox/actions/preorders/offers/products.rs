//! Which variants an offer holds: attached by hand, or all of a source.

use std::collections::BTreeSet;

use rusqlite::params;
use serde_json::{Value, json};

use super::super::blocks::Capability;
use super::super::offer_row::OfferRow;
use super::super::upkeep::Change;
use super::super::upkeep::policy::Policy;
use super::{named, print_block};
use crate::sandbox::actions::variants::find;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

/// Attaches variants, all or none.
pub(super) fn add_variants(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let offer = named(scope, args)?;
    let ids = args.distinct_integers("variant_ids");
    refuse_source(&offer)?;
    let attached = offer.variants(scope)?;
    let mut texts = Vec::new();
    let held: Vec<i64> = ids
        .iter()
        .copied()
        .filter(|id| attached.contains(id))
        .collect();
    let mut unknown = Vec::new();
    for id in &ids {
        if find(scope, *id)?.is_none() {
            unknown.push(*id);
        }
    }
    if !held.is_empty() {
        texts.push(format!("variant_ids already attached: {}", joined(&held)));
    }
    if !unknown.is_empty() {
        texts.push(format!("variant_ids not found: {}", joined(&unknown)));
    }
    if !texts.is_empty() {
        return Err(Refusal::Invalid(texts));
    }
    let change = Change::begin(scope, ids.iter().copied())?;
    attach(scope, &offer.id, &ids)?;
    change.finish(scope)?;
    let products = print_block(scope, &offer, Capability::Products)?;
    Ok(json!({"variants_added": ids, "products": products}))
}

/// Detaches variants, what they override in the offer with them.
pub(super) fn remove_variants(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let offer = named(scope, args)?;
    let attached = offer.variants(scope)?;
    let mut ids = args.distinct_integers("variant_ids");
    ids.retain(|id| attached.contains(id));
    if ids.is_empty() {
        return Err(Refusal::not_found("Product variant"));
    }
    refuse_source(&offer)?;
    let change = Change::begin(scope, ids.iter().copied())?;
    detach(scope, &offer.id, &ids)?;
    match args.text("inventory_policy").and_then(Policy::parse) {
        Some(asked) => change.finish_as(scope, asked)?,
        None => change.finish(scope)?,
    }
    let products = print_block(scope, &offer, Capability::Products)?;
    Ok(json!({"variants_removed": ids, "products": products}))
}

/// Variants of a source cannot be picked by hand.
fn refuse_source(offer: &OfferRow) -> Result<(), Refusal> {
    match offer.text("/products/source").unwrap_or("custom") {
        "custom" => Ok(()),
        source => Err(Refusal::conflict(format!(
            "Offer takes its variants from source {source}. PATCH products with source custom first."
        ))),
    }
}

fn joined(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    ids.join(", ")
}

/// Attaches every variant in the scope of the offer's source and detaches the rest; picked ones
/// stay as they are.
pub(super) fn follow_source(scope: &mut Scope<'_>, offer: &OfferRow) -> Result<(), Refusal> {
    let Some(wanted) = in_source(scope, offer)? else {
        return Ok(());
    };
    let attached: BTreeSet<i64> = offer.variants(scope)?.into_iter().collect();
    let change = Change::begin(scope, wanted.union(&attached).copied())?;
    let gone: Vec<i64> = attached.difference(&wanted).copied().collect();
    let new: Vec<i64> = wanted.difference(&attached).copied().collect();
    if !gone.is_empty() {
        detach(scope, &offer.id, &gone)?;
    }
    if !new.is_empty() {
        attach(scope, &offer.id, &new)?;
    }
    change.finish(scope)
}

/// The variants in the scope of the source; none when they are picked by hand.
fn in_source(scope: &Scope<'_>, offer: &OfferRow) -> Result<Option<BTreeSet<i64>>, Refusal> {
    // A collection's number is null for the whole catalogue.
    let collection = match offer.text("/products/source") {
        Some("all") => None,
        Some("collection") => offer.number("/products/collection_id"),
        Some(_) | None => return Ok(None),
    };
    let ids = scope
        .db
        .prepare_cached(
            "SELECT shopify_variant_id FROM variants v WHERE v.shop_id = ?1 AND (?2 IS NULL OR EXISTS
             (SELECT 1 FROM collections c WHERE c.shop_id = v.shop_id AND c.shopify_collection_id = ?2
              AND c.shopify_product_id = v.shopify_product_id))",
        )?
        .query_map(params![scope.shop_id, collection], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(ids))
}

fn attach(scope: &mut Scope<'_>, offer_id: &str, ids: &[i64]) -> Result<(), Refusal> {
    let mut insert = scope.db.prepare_cached(
        "INSERT INTO offer_variants (offer_id, shop_id, shopify_variant_id) VALUES (?, ?, ?)",
    )?;
    for id in ids {
        insert.execute(params![offer_id, scope.shop_id, id])?;
    }
    tell(scope, "variants_attached", offer_id, ids);
    Ok(())
}

fn detach(scope: &mut Scope<'_>, offer_id: &str, ids: &[i64]) -> Result<(), Refusal> {
    let mut delete = scope.db.prepare_cached(
        "DELETE FROM offer_variants WHERE offer_id = ? AND shopify_variant_id = ?",
    )?;
    for id in ids {
        delete.execute(params![offer_id, id])?;
    }
    tell(scope, "variants_detached", offer_id, ids);
    Ok(())
}

/// Detaches what a deleted offer held; its deletion is told, not each variant.
pub(super) fn detach_all(scope: &Scope<'_>, offer_id: &str) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached("DELETE FROM offer_variants WHERE offer_id = ?")?
        .execute([offer_id])?;
    Ok(())
}

fn tell(scope: &mut Scope<'_>, kind: &str, offer_id: &str, ids: &[i64]) {
    let effect: Value = json!({"kind": kind, "offer_id": offer_id, "variant_ids": ids});
    scope.effects.push(effect);
}
