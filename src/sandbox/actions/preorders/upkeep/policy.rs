//! The stock policy of a variant in Shopify: whether it goes on selling at no stock.

use rusqlite::params;
use serde_json::json;

use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// The two policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox::actions) enum Policy {
    /// Sells on.
    Continue,
    /// Shows as sold out.
    Deny,
}

impl Policy {
    /// Reads the API's word.
    pub(in crate::sandbox::actions) fn parse(text: &str) -> Option<Self> {
        match text {
            "CONTINUE" => Some(Self::Continue),
            "DENY" => Some(Self::Deny),
            _ => None,
        }
    }

    /// The API's word.
    pub(in crate::sandbox::actions) const fn text(self) -> &'static str {
        match self {
            Self::Continue => "CONTINUE",
            Self::Deny => "DENY",
        }
    }
}

/// Sets the policy of a variant; a variant the shop does not have stays unknown.
pub(in crate::sandbox::actions) fn set(
    scope: &mut Scope<'_>,
    variant_id: i64,
    policy: Policy,
) -> Result<(), Refusal> {
    let changed = scope
        .db
        .prepare_cached(
            "UPDATE variants SET inventory_policy = ?1
             WHERE shop_id = ?2 AND shopify_variant_id = ?3 AND inventory_policy <> ?1",
        )?
        .execute(params![policy.text(), scope.shop_id, variant_id])?;
    if changed > 0 {
        scope.effects.push(json!({
            "kind": "policy_set", "shopify_variant_id": variant_id, "inventory_policy": policy.text(),
        }));
    }
    Ok(())
}
