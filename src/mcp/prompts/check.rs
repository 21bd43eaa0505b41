//! `check_offer`: the offer, its variants, and what the pre-flight check finds.

use serde_json::json;

use super::arguments::Arguments;
use super::live::{Live, Part};
use crate::knowledge::Kind;
use crate::knowledge::preflight::{Facts, Weight, check};

/// Variants that are checked at most.
const CHECKED: usize = 100;

pub(super) async fn gather(live: &Live<'_>, arguments: &Arguments) -> Vec<Part> {
    let id = arguments.text(Kind::Offer);
    let (offer, variants, policies) = tokio::join!(
        live.read("preorders_offers_read", json!({"id": id})),
        live.read(
            "preorders_offers_products_variants_list",
            json!({"id": id, "limit": CHECKED, "fields": ["shopify_variant_id", "product_title",
                "variant_title", "preorder_units_sold", "preorder_max_count", "shipping_text"]}),
        ),
        live.read(
            "preorders_product_variants_list",
            json!({"offer_id": id, "limit": CHECKED, "fields": ["shopify_variant_id",
                "preorder_count", "preorder_max_count", "inventory_policy"]}),
        ),
    );
    let mut parts = Vec::new();
    if offer.result.is_ok() {
        let found = check(Facts {
            offer: offer.data(),
            variants: variants.rows(),
            policies: policies.rows(),
        });
        let of = |weight: Weight| {
            let lines = found.iter().filter(move |finding| finding.weight == weight);
            lines.map(ToString::to_string)
        };
        let none = || std::iter::once("nothing".to_owned());
        let mut lines = vec!["must be mended:".to_owned()];
        lines.extend(of(Weight::Mend));
        if of(Weight::Mend).next().is_none() {
            lines.extend(none());
        }
        lines.push("worth knowing:".to_owned());
        lines.extend(of(Weight::Know));
        if of(Weight::Know).next().is_none() {
            lines.extend(none());
        }
        if let (Some(total), Some(rows)) = (variants.total(), variants.rows())
            && usize::try_from(total).is_ok_and(|total| total > rows.len())
        {
            lines.push(format!(
                "only the first {} of {total} variants were checked",
                rows.len()
            ));
        }
        parts.push(Part::computed("What the check found", lines));
    }
    parts.extend([
        offer.part("The offer"),
        variants.part("Its variants, with cap and text"),
        policies.part("The same variants as Shopify sells them"),
    ]);
    parts
}
