//! What follows from offers, counts and caps: stock policies and metafields, kept in step (vendor
//! help: "continue selling" is switched off at the cap; vendor docs: Preorder Metafields).
//!
//! Whoever changes an offer that holds variants opens a [`Change`] before and finishes it after;
//! whoever changes counts or caps does the same with a [`Watch`].

pub(super) mod counts;
pub(in crate::sandbox) mod metafields;
pub(super) mod policy;
mod selling_plans;
mod standing;

use std::collections::BTreeSet;

use rusqlite::Connection;
use serde_json::json;

use super::offer_row::OfferRow;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;
use metafields::KEYS;
use policy::Policy;
use standing::Standing;

/// An offer starts, ends, gets or loses variants, or goes.
#[derive(Debug)]
pub(super) struct Change {
    before: Vec<(i64, Standing)>,
}

impl Change {
    /// Remembers how the variants stand before it happens.
    pub(super) fn begin(
        scope: &Scope<'_>,
        variants: impl IntoIterator<Item = i64>,
    ) -> Result<Self, Refusal> {
        let before = standings(scope, variants)?;
        Ok(Self { before })
    }

    /// Sets the stock policies that follow, then writes the metafields.
    pub(super) fn finish(self, scope: &mut Scope<'_>) -> Result<(), Refusal> {
        for (variant, before) in &self.before {
            let after = Standing::of(scope.db, &scope.shop_id, *variant)?;
            if after.is_held && !after.at_cap() {
                policy::set(scope, *variant, Policy::Continue)?;
            } else if after.at_cap() || (before.is_held && !after.is_held) {
                policy::set(scope, *variant, Policy::Deny)?;
            }
        }
        self.write(scope)
    }

    /// Sets the policy that was asked for, whatever the offers say, then writes the metafields.
    pub(super) fn finish_as(self, scope: &mut Scope<'_>, asked: Policy) -> Result<(), Refusal> {
        for (variant, _) in &self.before {
            policy::set(scope, *variant, asked)?;
        }
        self.write(scope)
    }

    fn write(self, scope: &mut Scope<'_>) -> Result<(), Refusal> {
        for (variant, _) in self.before {
            metafields::write(scope, variant, &KEYS)?;
        }
        write_shop_metafield(scope)
    }
}

/// Counts or caps change.
#[derive(Debug)]
pub(super) struct Watch {
    before: Vec<(i64, Standing)>,
}

impl Watch {
    /// Remembers how the variants stand before it happens.
    pub(super) fn on(scope: &Scope<'_>, variants: &[i64]) -> Result<Self, Refusal> {
        let before = standings(scope, variants.iter().copied())?;
        Ok(Self { before })
    }

    /// Sets the stock policies of variants that reached or left their cap, then writes the
    /// metafields of all.
    pub(super) fn finish(self, scope: &mut Scope<'_>) -> Result<(), Refusal> {
        self.finish_writing(scope, &KEYS)
    }

    /// The same, for a change that concerns only some metafields.
    pub(super) fn finish_writing(
        self,
        scope: &mut Scope<'_>,
        keys: &[&'static str],
    ) -> Result<(), Refusal> {
        for (variant, before) in self.before {
            let after = Standing::of(scope.db, &scope.shop_id, variant)?;
            match (before.at_cap(), after.at_cap()) {
                (false, true) => policy::set(scope, variant, Policy::Deny)?,
                (true, false) if after.is_held => policy::set(scope, variant, Policy::Continue)?,
                (true | false, false) | (true, true) => {}
            }
            metafields::write(scope, variant, keys)?;
        }
        Ok(())
    }
}

fn standings(
    scope: &Scope<'_>,
    variants: impl IntoIterator<Item = i64>,
) -> Result<Vec<(i64, Standing)>, Refusal> {
    let variants: BTreeSet<i64> = variants.into_iter().collect();
    variants
        .into_iter()
        .map(|variant| Ok((variant, Standing::of(scope.db, &scope.shop_id, variant)?)))
        .collect()
}

/// Writes the shop metafield anew: one object for every enabled offer.
pub(super) fn write_shop_metafield(scope: &mut Scope<'_>) -> Result<(), Refusal> {
    if selling_plans::write(scope.db, &scope.shop_id)? {
        scope.effects.push(json!({
            "kind": "metafields_written", "owner": "shop", "keys": ["selling_plans"],
        }));
    }
    Ok(())
}

/// Writes all metafields of a shop from its records, as they are after a dataset was loaded.
pub(in crate::sandbox) fn refresh_metafields(
    db: &Connection,
    shop_id: &str,
) -> Result<(), Refusal> {
    let variants: Vec<i64> = db
        .prepare_cached(
            "SELECT DISTINCT shopify_variant_id FROM offer_variants WHERE shop_id = ?
             ORDER BY shopify_variant_id",
        )?
        .query_map([shop_id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for variant in variants {
        metafields::put(db, shop_id, variant, &KEYS)?;
    }
    selling_plans::write(db, shop_id).map(drop)
}

/// The effective cap of a variant; none when nothing limits it.
pub(super) fn effective_cap(scope: &Scope<'_>, variant_id: i64) -> Result<Option<i64>, Refusal> {
    Ok(Standing::of(scope.db, &scope.shop_id, variant_id)?.cap)
}

/// Whether the stock policy of an offer's variants follows the offer.
fn counts_for_policy(offer: &OfferRow) -> bool {
    offer.text("/inventory/provider") != Some("shopify")
}
