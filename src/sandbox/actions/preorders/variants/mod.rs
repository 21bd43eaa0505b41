//! The variant's side of offers: which offers hold it, how far it is sold, and the upkeep of its
//! metafields (vendor docs: Product variants).

mod row;

use serde_json::{Value, json};

use super::offers;
use super::upkeep::metafields::{self, COUNT_KEYS, KEYS};
use super::upkeep::{Watch, counts};
use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::ids::{id, shopify_id};
use crate::sandbox::actions::page::{PREORDER_ROWS, Page};
use crate::sandbox::reply::Reply;
use crate::sandbox::scope::{Args, Scope};
use row::VariantRow;

/// Runs an action by its name below `product_variants`; `None` when there is no such action.
pub(super) fn run(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    Some(match action {
        "list" => list(scope, args),
        "read" => read(scope, shopify_id(args, "variant_id")),
        "offers" => offers_of(scope, args),
        _ => return item(action, scope, shopify_id(args, "variant_id")),
    })
}

/// Runs one of the three writes on a variant, as single calls and bulk jobs do; `None` when there is
/// no such write.
pub(super) fn item(action: &str, scope: &mut Scope<'_>, variant_id: i64) -> Option<Reply> {
    match action {
        "recalculate_count" => Some(recalculate(scope, variant_id)),
        "reset_metafields" => Some(reset(scope, variant_id)),
        "sync_metafields" => Some(sync(scope, variant_id)),
        _ => None,
    }
}

/// Variants in any offer, by their id.
fn list(scope: &Scope<'_>, args: &Args) -> Reply {
    let mut filter = Filter::new("v.shop_id = ?", scope.shop_id.clone());
    filter.and(row::IN_AN_OFFER);
    if args.get("offer_id").is_some() {
        filter.and_value(
            "v.shopify_variant_id IN (SELECT shopify_variant_id FROM offer_variants WHERE offer_id = ?)",
            id(args, "offer_id"),
        );
    }
    filter.and_some("v.shopify_product_id = ?", args.integer("product_id"));
    if args.get("variant_ids").is_some() {
        let ids = json!(args.distinct_integers("variant_ids")).to_string();
        filter.and_value(
            "v.shopify_variant_id IN (SELECT value FROM json_each(?))",
            ids,
        );
    }
    let total = filter.count(scope, "variants v")?;
    let page = Page::of(args, PREORDER_ROWS);
    filter.cut(page);
    let rows: Vec<Value> = VariantRow::matching(scope, &filter)?
        .iter()
        .map(|row| row.print(scope))
        .collect::<Result<_, _>>()?;
    Ok(json!({"product_variants": rows, "meta": page.meta(total)}))
}

/// One variant with its offers, counts and metafields.
fn read(scope: &Scope<'_>, variant_id: i64) -> Reply {
    VariantRow::find(scope, variant_id)?.print_whole(scope)
}

/// The offers a variant is attached to, newest first.
fn offers_of(scope: &Scope<'_>, args: &Args) -> Reply {
    let row = VariantRow::find(scope, shopify_id(args, "variant_id"))?;
    let mut filter = Filter::new(
        "o.id IN (SELECT offer_id FROM offer_variants WHERE shop_id = ? AND shopify_variant_id = ?)",
        scope.shop_id.clone(),
    );
    filter.value(row.variant_id);
    filter.and_some("o.state = ?", args.text("state").map(str::to_owned));
    let rows = offers::newest(scope, filter, i64::MAX, 0)?;
    Ok(json!({"offers": rows}))
}

/// Counts the units anew from the orders.
fn recalculate(scope: &mut Scope<'_>, variant_id: i64) -> Reply {
    let row = VariantRow::find(scope, variant_id)?;
    let watch = Watch::on(scope, &[row.variant_id])?;
    counts::recount(scope, row.variant_id)?;
    watch.finish_writing(scope, &COUNT_KEYS)?;
    read(scope, row.variant_id)
}

/// Forgets the counts.
fn reset(scope: &mut Scope<'_>, variant_id: i64) -> Reply {
    let row = VariantRow::find(scope, variant_id)?;
    let watch = Watch::on(scope, &[row.variant_id])?;
    counts::zero(scope, row.variant_id)?;
    watch.finish(scope)?;
    read(scope, row.variant_id)
}

/// Brings Shopify's metafields in step with STOQ; counts stay.
fn sync(scope: &mut Scope<'_>, variant_id: i64) -> Reply {
    let row = VariantRow::find(scope, variant_id)?;
    metafields::write(scope, row.variant_id, &KEYS)?;
    read(scope, row.variant_id)
}

#[cfg(test)]
mod tests;
