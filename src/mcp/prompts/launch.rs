//! `launch_preorder`: who waits already, and which offers are in the way.

use serde_json::json;

use super::arguments::Arguments;
use super::live::{Live, Part, merged};
use crate::knowledge::Kind;

pub(super) async fn gather(live: &Live<'_>, arguments: &Arguments) -> Vec<Part> {
    let filters = arguments.filters();
    let held = match (arguments.id(Kind::Variant), arguments.id(Kind::Product)) {
        (Some(id), _) => json!({"variant_ids": [id], "limit": 50}),
        (None, Some(id)) => json!({"product_id": id, "limit": 50}),
        (None, None) => json!({"limit": 50}),
    };
    let (wanted, offers, held) = tokio::join!(
        live.read(
            "back_in_stock_reports_products_in_demand",
            merged(&filters, json!({"limit": 10})),
        ),
        live.read(
            "preorders_offers_list",
            json!({"limit": 50, "fields": ["id", "name", "state", "schedule", "variants_count"]}),
        ),
        live.read("preorders_product_variants_list", held),
    );
    vec![
        wanted.part("Who waits already: signups of the last 30 days"),
        offers.part("The shop's offers"),
        held.part("Variants that an offer holds already"),
    ]
}
