//! The variants of a plan: attached, detached, what they override, and their stock policy, which
//! can also be set whatever the plans say.

use serde_json::{Map, Value, json};

use super::super::reply::V1Answer;
use super::super::{V1Refusal, V1Reply, v2};
use super::{done, named};
use crate::sandbox::actions::preorders::{OfferRow, schedule};
use crate::sandbox::actions::{shop, variants};
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::{Args, Scope};

/// Attaches variants, all or none.
pub(super) fn add(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let plan = named(scope, args)?;
    let ids = args.distinct_integers("shopify_variant_ids");
    let of_v2 = of_v2(&plan, [("variant_ids", json!(ids))]);
    match v2(scope, "preorders_offers_products_add_variants", of_v2) {
        Ok(_) => Ok(done("Variants added", ("variants_added", json!(ids)))),
        Err(Refusal::Conflict(texts) | Refusal::Invalid(texts)) => {
            let attached = plan.variants(scope)?;
            let held: Vec<i64> = ids.into_iter().filter(|id| attached.contains(id)).collect();
            let body = json!({"error": first(&texts), "existing_variants": held});
            Err(V1Refusal::Own(V1Answer::new(422, body)))
        }
        Err(other) => Err(other.into()),
    }
}

/// The first text of v2 about variants, by the name v1 has for them.
fn first(texts: &[String]) -> String {
    let text = texts.first().cloned().unwrap_or_default();
    match text.strip_prefix("variant_ids ") {
        Some(rule) => format!("shopify_variant_ids {rule}"),
        None => text,
    }
}

/// Detaches variants, with a stock policy when one is asked for.
pub(super) fn remove(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let plan = named(scope, args)?;
    let ids = args.distinct_integers("shopify_variant_ids");
    let mut of_v2 = of_v2(&plan, [("variant_ids", json!(ids))]);
    if let Some(policy) = args.get("inventory_policy") {
        of_v2.insert("inventory_policy".to_owned(), policy.clone());
    }
    let removed = v2(scope, "preorders_offers_products_remove_variants", of_v2)?;
    let ids = removed.get("variants_removed").cloned().unwrap_or_default();
    Ok(done("Variants removed", ("variants_removed", ids)))
}

const OVERRIDES: [&str; 2] = ["shipping_text", "preorder_max_count"];

/// Overrides text or cap of one variant.
pub(super) fn override_settings(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let variant = args.integer("shopify_variant_id");
    // Null is a value here: it clears.
    let sent = OVERRIDES.map(|name| Some((name, args.0.get(name)?.clone())));
    if sent.iter().all(Option::is_none) {
        let text = format!("{} is required", OVERRIDES.join(" or "));
        return Err(V1Refusal::because(400, &text));
    }
    let plan = named(scope, args)?;
    let mut of_v2 = of_v2(&plan, sent.into_iter().flatten());
    of_v2.insert("variant_id".to_owned(), json!(variant));
    let row = v2(scope, "preorders_offers_products_variants_update", of_v2)?;
    let mut shown = Map::from_iter([("shopify_variant_id".to_owned(), json!(variant))]);
    for name in OVERRIDES {
        shown.insert(name.to_owned(), row.get(name).cloned().unwrap_or_default());
    }
    let variant = ("variant", Value::Object(shown));
    Ok(done("Variant settings updated", variant))
}

/// The variants of a plan with the units sold of each, or one of them alone.
pub(super) fn list(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let product = args.get("shopify_product_id").cloned();
    let variant = args.get("shopify_variant_id").cloned();
    if product.is_some() && variant.is_some() {
        return Err(V1Refusal::because(
            400,
            "shopify_product_id and shopify_variant_id exclude each other",
        ));
    }
    let plan = named(scope, args)?;
    if let Some(variant) = variant {
        let of_v2 = of_v2(&plan, [("variant_id", variant)]);
        let row = v2(scope, "preorders_offers_products_variants_read", of_v2)?;
        return Ok(V1Answer::new(200, row));
    }
    // There are no pages here: one holds them all.
    let all = plan.variants(scope)?.len();
    let mut of_v2 = of_v2(&plan, [("per_page", json!(all))]);
    if let Some(product) = product {
        of_v2.insert("product_id".to_owned(), product);
    }
    let listed = v2(scope, "preorders_offers_products_variants_list", of_v2)?;
    let rows = listed.get("variants").and_then(Value::as_array);
    let sold: i64 = rows
        .into_iter()
        .flatten()
        .filter_map(|row| row.get("preorder_units_sold")?.as_i64())
        .sum();
    let body = json!({
        "selling_plan_id": plan.id,
        "selling_plan_name": plan.name,
        "currency": shop::currency(scope)?,
        "product_variants": rows,
        "meta": {"total_variants": rows.map_or(0, Vec::len), "total_units_sold": sold},
    });
    Ok(V1Answer::new(200, body))
}

/// Queues a stock policy of variants; those the shop does not have are passed over.
pub(super) fn queue_policy(scope: &mut Scope<'_>, args: &Args) -> V1Reply {
    let plan = named(scope, args)?;
    let mut ids = Vec::new();
    for id in args.distinct_integers("shopify_variant_ids") {
        if variants::find(scope, id)?.is_some() {
            ids.push(id);
        }
    }
    if !ids.is_empty() {
        let policy = args.text("inventory_policy").unwrap_or_default();
        schedule::queue_policy(scope, &plan.id, policy, &ids)?;
    }
    Ok(done(
        "Inventory policy update queued",
        ("variants_queued", json!(ids)),
    ))
}

/// The arguments of v2 for something in a plan.
fn of_v2<'a>(
    plan: &OfferRow,
    args: impl IntoIterator<Item = (&'a str, Value)>,
) -> Map<String, Value> {
    let id = ("id", json!(plan.id));
    let all = std::iter::once(id).chain(args);
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// An unknown policy is told with another code than a parameter that is missing or malformed.
pub(in super::super) fn broken_policy(texts: Vec<String>) -> V1Refusal {
    let is_unknown = texts
        .first()
        .is_some_and(|first| first.starts_with("inventory_policy must be one of"));
    V1Refusal::first(if is_unknown { 422 } else { 400 }, texts)
}

/// Without a variant there is nothing to change; an override that cannot be is another matter.
pub(in super::super) fn broken_override(texts: Vec<String>) -> V1Refusal {
    let is_override = texts.first().is_some_and(|first| {
        let field = first.split(' ').next().unwrap_or_default();
        OVERRIDES.contains(&field)
    });
    V1Refusal::first(if is_override { 422 } else { 400 }, texts)
}
