//! The shop metafield: the settings of every enabled offer as a theme reads them (vendor docs: Shop
//! Level Metafields).

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::super::offer_row::{OfferRow, variants};
use crate::sandbox::reply::Refusal;

/// Brings the metafield in step with the offers; tells whether it was not.
pub(super) fn write(db: &Connection, shop_id: &str) -> Result<bool, Refusal> {
    let plans: Vec<Value> = OfferRow::enabled(db, shop_id)?
        .iter()
        .map(|offer| plan(db, offer))
        .collect::<Result<_, _>>()?;
    let text = Value::Array(plans).to_string();
    let changed = db
        .prepare_cached(
            "UPDATE shops SET selling_plans = ?1 WHERE id = ?2 AND selling_plans <> ?1",
        )?
        .execute(params![text, shop_id])?;
    Ok(changed > 0)
}

/// One offer under the theme's field names.
fn plan(db: &Connection, offer: &OfferRow) -> Result<Value, Refusal> {
    let at = |pointer: &str| offer.blocks.pointer(pointer).cloned().unwrap_or_default();
    let percent = |pointer: &str| match offer.blocks.pointer(pointer).and_then(Value::as_f64) {
        Some(number) => json!(format!("{number:?}")),
        None => Value::Null,
    };
    Ok(json!({
        "shopify_selling_plan_group_id": offer.selling_plan_group_id,
        "shopify_selling_plan_id": offer.selling_plan_id,
        "enabled": true,
        "variant_ids": variants(db, &offer.id)?,
        "name": offer.name,
        "preorder_button_text": at("/widget/button/text"),
        "preorder_button_description": at("/widget/disclaimer/text"),
        "preorder_button_description_background_color": at("/widget/disclaimer/background_color"),
        "preorder_button_description_text_color": at("/widget/disclaimer/text_color"),
        "preorder_button_description_border_radius": at("/widget/disclaimer/border_radius"),
        "preorder_button_description_show_quantity_limit": at("/widget/disclaimer/show_quantity_limit"),
        "preorder_button_description_quantity_limit_suffix": at("/widget/disclaimer/quantity_limit_suffix"),
        "preorder_button_description_show_shipping": at("/widget/disclaimer/show_shipping"),
        "preorder_button_description_shipping_text_prefix": at("/widget/disclaimer/shipping_text_prefix"),
        "quantity_limit_text": at("/limits/total/text"),
        "delivery_exact_time": at("/delivery/date"),
        "preorder_shipping_text": at("/delivery/preorder_shipping_text"),
        "shipping_text": at("/delivery/shipping_text"),
        "shipping_applies_to_all_products": at("/delivery/applies_to_all_products"),
        "payment_type": at("/payment/type"),
        "billing_checkout_charge_type": at("/payment/deposit/type"),
        "billing_checkout_charge_amount": at("/payment/deposit/amount"),
        "billing_checkout_charge_percentage": percent("/payment/deposit/percentage"),
        "pricing_type": at("/pricing/type"),
        "pricing_amount": at("/pricing/amount"),
        "pricing_percentage": percent("/pricing/percentage"),
        "discount_text": at("/pricing/discount_text"),
        "enable_billing_widget": at("/widget/billing_widget/enabled"),
        "billing_title": at("/widget/billing_widget/title"),
        "billing_description": at("/widget/billing_widget/description"),
        "inventory_provider": at("/inventory/provider"),
        "preorder_badge_enabled": at("/widget/badge/enabled"),
        "preorder_badge_text": at("/widget/badge/text"),
        "preorder_badge_text_color": at("/widget/badge/text_color"),
        "preorder_badge_background_color": at("/widget/badge/background_color"),
        "translations": at("/translations/locales"),
    }))
}
