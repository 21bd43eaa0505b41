//! Offers: list, read, create, update, and what changes their state (vendor docs: Overview, Offer
//! capabilities).

mod attached;
mod lifecycle;
mod products;
mod settings;
#[cfg(test)]
mod tests;

use rusqlite::params_from_iter;
use serde_json::{Value, json};

use super::blocks::Capability;
use super::offer_row::{OfferRow, SELECT};
use super::upkeep::counts;
use crate::sandbox::actions::filter::Filter;
use crate::sandbox::actions::ids::id;
use crate::sandbox::actions::instant::{print, print_or_null};
use crate::sandbox::actions::page::{PREORDER_ROWS, Page};
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};
pub(super) use lifecycle::switch;

/// Runs an action by its name below `offers`; `None` when there is no such action.
pub(super) fn run(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    Some(match action {
        "list" => list(scope, args),
        "read" => read(scope, args),
        "create" => settings::create(scope, args),
        "update" => settings::update(scope, args),
        "enable" => lifecycle::enable(scope, args),
        "disable" => lifecycle::disable(scope, args),
        "schedule" => lifecycle::schedule(scope, args),
        "delete" => lifecycle::delete(scope, args),
        "products_add_variants" => products::add_variants(scope, args),
        "products_remove_variants" => products::remove_variants(scope, args),
        "products_variants_list" => attached::list(scope, args),
        "products_variants_read" => attached::read(scope, args),
        "products_variants_update" => attached::update(scope, args),
        "delivery_set_delivery_date" => settings::set_delivery_date(scope, args),
        _ => return capability(action, scope, args),
    })
}

fn capability(action: &str, scope: &mut Scope<'_>, args: &Args) -> Option<Reply> {
    let (block, verb) = action.split_once('_')?;
    let block = Capability::parse(block)?;
    match verb {
        "read" => Some(settings::read_block(scope, block, args)),
        "update" => Some(settings::update_block(scope, block, args)),
        named if block == Capability::Widget => settings::set_widget(scope, named, args),
        _ => None,
    }
}

/// Offers that match, newest first.
fn list(scope: &Scope<'_>, args: &Args) -> Reply {
    let mut filter = Filter::new("o.shop_id = ?", scope.shop_id.clone());
    filter.and("o.deleted_at IS NULL");
    filter.and_some("o.state = ?", args.text("status").map(str::to_owned));
    let total = filter.count(scope, "offers o")?;
    let page = Page::of(args, PREORDER_ROWS);
    let rows = newest(scope, filter, page.limit(), page.offset())?;
    Ok(json!({"offers": rows, "meta": page.meta(total)}))
}

/// List rows of the offers that match, newest first.
pub(super) fn newest(
    scope: &Scope<'_>,
    mut filter: Filter,
    limit: i64,
    offset: i64,
) -> Result<Vec<Value>, Refusal> {
    filter.value(limit);
    filter.value(offset);
    let offers: Vec<OfferRow> = scope
        .db
        .prepare_cached(&format!(
            "{SELECT} WHERE {} ORDER BY o.created_at DESC, o.id DESC LIMIT ? OFFSET ?",
            filter.text()
        ))?
        .query_map(params_from_iter(filter.values()), OfferRow::of)?
        .collect::<rusqlite::Result<_>>()?;
    offers.iter().map(|offer| print_row(scope, offer)).collect()
}

/// One offer with all its settings.
fn read(scope: &Scope<'_>, args: &Args) -> Reply {
    print_whole(scope, &named(scope, args)?)
}

/// The offer a call names.
fn named(scope: &Scope<'_>, args: &Args) -> Result<OfferRow, Refusal> {
    OfferRow::find(scope, &id(args, "id"))?.ok_or_else(|| Refusal::not_found("Offer"))
}

/// An offer as lists show it.
fn print_row(scope: &Scope<'_>, offer: &OfferRow) -> Reply {
    Ok(json!({
        "id": offer.id,
        "name": offer.name,
        "internal_name": offer.internal_name,
        "state": offer.state.text(),
        "schedule": {
            "starts_at": print_or_null(offer.starts_at),
            "ends_at": print_or_null(offer.ends_at),
        },
        "variants_count": offer.variants(scope)?.len(),
        "created_at": print(offer.created_at),
        "updated_at": print(offer.updated_at),
    }))
}

/// An offer as reads and writes answer it.
fn print_whole(scope: &Scope<'_>, offer: &OfferRow) -> Reply {
    let mut out = print_row(scope, offer)?;
    let Value::Object(fields) = &mut out else {
        return Ok(out);
    };
    fields.insert(
        "shopify_selling_plan_id".into(),
        json!(offer.selling_plan_id),
    );
    fields.insert(
        "shopify_selling_plan_group_id".into(),
        json!(offer.selling_plan_group_id),
    );
    for block in Capability::ALL {
        fields.insert(block.text().into(), print_block(scope, offer, block)?);
    }
    Ok(out)
}

/// A block of an offer; that of the products also tells how many there are and how many were sold.
fn print_block(scope: &Scope<'_>, offer: &OfferRow, block: Capability) -> Reply {
    let mut out = offer.blocks.get(block.text()).cloned().unwrap_or_default();
    if let (Capability::Products, Value::Object(fields)) = (block, &mut out) {
        let variants = offer.variants(scope)?.len();
        fields.insert("variants_count".into(), json!(variants));
        let sold = counts::sold_through(scope, &offer.id)?;
        fields.insert("units_sold".into(), json!(sold));
    }
    Ok(out)
}
