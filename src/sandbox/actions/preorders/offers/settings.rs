//! Names and capabilities: created, patched block by block or together, and set by named actions.

use rusqlite::params;
use serde_json::{Map, Value, json};

use super::super::blocks::{self, Capability};
use super::super::offer_row::{OfferRow, OfferState};
use super::super::upkeep::{Watch, write_shop_metafield};
use super::{named, print_block, print_whole, products};
use crate::sandbox::actions::shop::is_on;
use crate::sandbox::reply::{Refusal, Reply};
use crate::sandbox::scope::{Args, Scope};

const AUTO_COLLECT: &str = "/payment/remaining_balance/auto_collect";
/// Selling plans and their groups are numbered from here in a sandbox without any.
const FIRST_PLAN: i64 = 15_000_000_001;
const FIRST_GROUP: i64 = 16_000_000_001;

/// A new offer, disabled.
pub(super) fn create(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let blocks = blocks::patched(scope, &blocks::defaults(), &args.0, None)?;
    let now = scope.now_ms();
    let (plan, group) = next_plan(scope)?;
    let offer = OfferRow {
        id: scope.ids.uuid().to_string(),
        name: args.text("name").unwrap_or_default().to_owned(),
        internal_name: args.text("internal_name").map(str::to_owned),
        state: OfferState::Disabled,
        starts_at: None,
        ends_at: None,
        selling_plan_id: plan,
        selling_plan_group_id: group,
        auto_collect_since: is_on(&blocks, AUTO_COLLECT).then_some(now),
        blocks,
        deleted_at: None,
        created_at: now,
        updated_at: now,
    };
    insert(scope, &offer)?;
    scope
        .effects
        .push(json!({"kind": "offer_created", "offer_id": offer.id}));
    products::follow_source(scope, &offer)?;
    print_whole(scope, &offer)
}

/// Selling plan and group of the next offer; Shopify numbers them over all shops.
fn next_plan(scope: &Scope<'_>) -> Result<(i64, i64), Refusal> {
    Ok(scope
        .db
        .prepare_cached(
            "SELECT coalesce(max(shopify_selling_plan_id) + 1, ?),
             coalesce(max(shopify_selling_plan_group_id) + 1, ?) FROM offers",
        )?
        .query_row([FIRST_PLAN, FIRST_GROUP], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?)
}

fn insert(scope: &Scope<'_>, offer: &OfferRow) -> Result<(), Refusal> {
    scope
        .db
        .prepare_cached(
            "INSERT INTO offers (id, shop_id, name, internal_name, state, shopify_selling_plan_id,
             shopify_selling_plan_group_id, blocks, auto_collect_since, created_at, updated_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            offer.id,
            scope.shop_id,
            offer.name,
            offer.internal_name,
            offer.state,
            offer.selling_plan_id,
            offer.selling_plan_group_id,
            offer.blocks.to_string(),
            offer.auto_collect_since,
            offer.created_at,
            offer.updated_at
        ])?;
    Ok(())
}

/// Lays a patch over the names and any mix of blocks; writes all of it or nothing.
pub(super) fn update(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let before = named(scope, args)?;
    let blocks = blocks::patched(scope, &before.blocks, &args.0, None)?;
    let after = OfferRow {
        name: args.text("name").unwrap_or(&before.name).to_owned(),
        internal_name: match args.0.get("internal_name") {
            None => before.internal_name.clone(),
            Some(label) => label.as_str().map(str::to_owned),
        },
        blocks,
        ..before.clone()
    };
    let after = write(scope, &before, after)?;
    print_whole(scope, &after)
}

/// One block.
pub(super) fn read_block(scope: &Scope<'_>, block: Capability, args: &Args) -> Reply {
    print_block(scope, &named(scope, args)?, block)
}

/// Lays a patch over one block.
pub(super) fn update_block(scope: &mut Scope<'_>, block: Capability, args: &Args) -> Reply {
    let before = named(scope, args)?;
    lay(scope, before, block, Value::Object(args.0.clone()))
}

/// Sets some fields of the widget together; `None` when there is no such action.
pub(super) fn set_widget(scope: &mut Scope<'_>, action: &str, args: &Args) -> Option<Reply> {
    let sent = |names: &[&str]| -> Map<String, Value> {
        names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), args.get(name)?.clone())))
            .collect()
    };
    let colors = ["text_color", "background_color"];
    let style = ["text_color", "background_color", "border_radius"];
    let patch = match action {
        "set_badge_colors" => json!({"badge": sent(&colors)}),
        "set_badge_text" => json!({"badge": sent(&["text"])}),
        "set_billing_widget_text" => json!({"billing_widget": sent(&["title", "description"])}),
        "set_button_colors" => {
            let mut button = sent(&colors);
            button.insert("colors_enabled".to_owned(), Value::Bool(true));
            json!({"button": button})
        }
        "set_button_text" => json!({"button": sent(&["text"])}),
        "set_disclaimer_style" => json!({"disclaimer": sent(&style)}),
        "set_disclaimer_text" => json!({"disclaimer": sent(&["text"])}),
        _ => return None,
    };
    Some(named(scope, args).and_then(|before| lay(scope, before, Capability::Widget, patch)))
}

/// Promises delivery on a fixed date.
pub(super) fn set_delivery_date(scope: &mut Scope<'_>, args: &Args) -> Reply {
    let before = named(scope, args)?;
    if !before.flag("/checkout/purchase_option/enabled") {
        return Err(Refusal::conflict(
            "The Shopify purchase option is off. PATCH checkout with purchase_option.enabled true first.",
        ));
    }
    let patch = json!({"type": "exact_time", "date": args.text("date")});
    lay(scope, before, Capability::Delivery, patch)
}

fn lay(scope: &mut Scope<'_>, before: OfferRow, block: Capability, patch: Value) -> Reply {
    let patch = Map::from_iter([(block.text().to_owned(), patch)]);
    let blocks = blocks::patched(scope, &before.blocks, &patch, Some(block))?;
    let after = OfferRow {
        blocks,
        ..before.clone()
    };
    let after = write(scope, &before, after)?;
    print_block(scope, &after, block)
}

/// Stores changed names and settings, and what their change brings about.
fn write(scope: &mut Scope<'_>, before: &OfferRow, after: OfferRow) -> Result<OfferRow, Refusal> {
    if after == *before {
        return Ok(after);
    }
    let now = scope.now_ms();
    let is_collected = is_on(&after.blocks, AUTO_COLLECT);
    let after = OfferRow {
        auto_collect_since: is_collected.then(|| before.auto_collect_since.unwrap_or(now)),
        updated_at: now,
        ..after
    };
    let changed = blocks::changed(&before.blocks, &after.blocks);
    let is_live = after.state == OfferState::Enabled;
    // Caps and texts of the variants hang on these; everything else is on the shop's metafield.
    let reaches_variants = is_live && changed.iter().any(|block| concerns_variants(*block));
    let variants = match reaches_variants {
        true => after.variants(scope)?,
        false => Vec::new(),
    };
    let watch = Watch::on(scope, &variants)?;
    after.save(scope)?;
    let names: Vec<&str> = changed.iter().map(|block| block.text()).collect();
    scope
        .effects
        .push(json!({"kind": "offer_updated", "offer_id": after.id, "blocks": names}));
    watch.finish(scope)?;
    if changed.contains(&Capability::Products) {
        products::follow_source(scope, &after)?;
    }
    if is_live {
        write_shop_metafield(scope)?;
    }
    Ok(after)
}

const fn concerns_variants(block: Capability) -> bool {
    match block {
        Capability::Delivery | Capability::Inventory | Capability::Markets => true,
        Capability::Widget
        | Capability::Products
        | Capability::Pricing
        | Capability::Payment
        | Capability::Fulfillment
        | Capability::Limits
        | Capability::Translations
        | Capability::Tagging
        | Capability::Checkout => false,
    }
}
