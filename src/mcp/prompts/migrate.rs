//! `migrate_from_v1`: the same shop as both versions of the API see it.

use serde_json::{Value, json};

use super::live::{Live, Part};

/// What is read, of v2 and, where the operator offers it, of v1.
const READS: [(&str, &str); 4] = [
    ("back_in_stock_signups_list", "Signups, as v2 counts them"),
    ("v1_intents_list", "The same as v1 counts them"),
    ("preorders_offers_list", "Offers, as v2 has them"),
    ("v1_preorders_list", "The same as v1 has them"),
];

pub(super) async fn gather(live: &Live<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    for (action, heading) in READS {
        if live.engine.find(action).is_some() {
            parts.push(live.read(action, arguments(action)).await.part(heading));
        }
    }
    parts
}

/// Of the shoppers' rows only how many there are; of the offers what tells them apart.
fn arguments(action: &str) -> Value {
    match action {
        "preorders_offers_list" => {
            json!({"limit": 50, "fields": ["id", "name", "state", "variants_count"]})
        }
        "v1_preorders_list" => json!({"limit": 50, "fields": ["id", "name", "enabled",
            "selling_plan_product_variants_count"]}),
        _ => json!({"limit": 1, "fields": ["id", "created_at"]}),
    }
}
