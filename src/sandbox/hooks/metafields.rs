//! Somebody writes a variant's metafields in Shopify, past STOQ: drift.

use serde_json::{Map, Value};

use super::form;
use crate::sandbox::actions::metafields;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::Scope;

/// Sets some of the seven keys of a variant, null deletes one; answers all as Shopify holds them.
pub(in crate::sandbox) fn set_metafields(
    scope: &mut Scope<'_>,
    variant: &str,
    body: &Map<String, Value>,
) -> Reply {
    let variant = match variant.parse() {
        Ok(id) if form::is_variant(scope, id)? => id,
        Ok(_) | Err(_) => return Err(Refusal::not_found("Product variant")),
    };
    let strange: Vec<String> = body
        .keys()
        .filter(|key| !metafields::KEYS.contains(&key.as_str()))
        .map(|key| format!("{key} is not a field here"))
        .collect();
    if !strange.is_empty() {
        return Err(Refusal::Invalid(strange));
    }
    for (key, value) in body {
        metafields::set(scope.db, &scope.shop_id, variant, key, value)?;
    }
    metafields::stored(scope.db, &scope.shop_id, variant).map(Value::Object)
}
