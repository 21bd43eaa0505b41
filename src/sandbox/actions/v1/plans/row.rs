//! A plan as v1 prints it: the offer of v2, flat.

use rusqlite::params;
use serde_json::{Value, json};

use super::fields;
use crate::sandbox::actions::instant::{print_millis, print_millis_or_null};
use crate::sandbox::actions::preorders::schedule::is_queued;
use crate::sandbox::actions::preorders::{OfferRow, OfferState};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::Scope;

/// A plan as lists show it.
pub(super) fn print(scope: &Scope<'_>, plan: &OfferRow) -> Reply {
    let variants = plan.variants(scope)?;
    Ok(json!({
        "id": plan.id,
        "name": plan.name,
        "internal_name": plan.internal_name,
        "enabled": plan.state == OfferState::Enabled,
        "selling_plan_product_variants_count": variants.len(),
        "created_at": print_millis(plan.created_at),
        "updated_at": print_millis(plan.updated_at),
        "shopify_variant_ids": variants,
    }))
}

/// A plan as reads and writes answer it.
pub(super) fn print_whole(scope: &Scope<'_>, plan: &OfferRow) -> Reply {
    let mut out = print(scope, plan)?;
    let Value::Object(all) = &mut out else {
        return Ok(out);
    };
    all.extend(fields::print(&plan.blocks));
    for (name, value) in [
        ("shopify_selling_plan_id", json!(plan.selling_plan_id)),
        (
            "shopify_selling_plan_group_id",
            json!(plan.selling_plan_group_id),
        ),
        ("shop_id", json!(shop_number(scope)?)),
        ("market_id", market(plan)),
        ("discarded_at", print_millis_or_null(plan.deleted_at)),
        ("ongoing_job", json!(is_queued(scope, &plan.id)?)),
    ] {
        all.insert(name.to_owned(), value);
    }
    Ok(out)
}

/// v1 numbers shops in the order they came.
fn shop_number(scope: &Scope<'_>) -> Result<i64, Refusal> {
    Ok(scope
        .db
        .prepare_cached("SELECT rowid FROM shops WHERE id = ?")?
        .query_row(params![scope.shop_id], |row| row.get(0))?)
}

/// The first market of a plan that is limited to some.
fn market(plan: &OfferRow) -> Value {
    match plan.flag("/markets/enabled") {
        true => plan.number("/markets/market_ids/0").into(),
        false => Value::Null,
    }
}
