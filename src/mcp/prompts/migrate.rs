//! `migrate_from_v1`: the same shop as both versions of the API count it.

use serde_json::json;

use super::live::{Live, Part};

pub(super) async fn gather(live: &Live<'_>) -> Vec<Part> {
    let offers = json!({"limit": 50, "fields": ["id", "name", "state", "variants_count"]});
    let (signups, offers) = tokio::join!(
        live.read(
            "back_in_stock_signups_list",
            json!({"limit": 1, "fields": ["id", "status", "channel", "created_at"]}),
        ),
        live.read("preorders_offers_list", offers),
    );
    vec![
        signups.part("The newest signup as v2 has it, and how many there are"),
        offers.part("The offers as v2 has them"),
    ]
}
