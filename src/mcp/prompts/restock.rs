//! `restock_plan`: what is wanted, who waits, who was missed, and the settings that decide.

use futures::future::join_all;
use serde_json::{Value, json};

use super::arguments::Arguments;
use super::live::{Live, Part, merged, variant};
use crate::knowledge::Kind;

const RANKING: &str = "back_in_stock_reports_products_in_demand";
const SIGNUPS: &str = "back_in_stock_signups_list";

/// Variants of the ranking that are shown, and those whose waiting shoppers are counted.
const RANKED: usize = 10;
const COUNTED: usize = 5;

pub(super) async fn gather(live: &Live<'_>, arguments: &Arguments) -> Vec<Part> {
    let filters = arguments.filters();
    let stopped = json!({"status": "blocked", "limit": 20,
        "fields": ["created_at", "channel", "blocked_reason", "variant.shopify_variant_id", "variant.title"]});
    let (ranking, all, stopped, settings) = tokio::join!(
        live.read(RANKING, merged(&filters, json!({"limit": RANKED}))),
        live.read(SIGNUPS, merged(&filters, waiting())),
        live.read(
            "back_in_stock_notifications_list",
            merged(&filters, stopped)
        ),
        live.read("back_in_stock_settings_read", json!({})),
    );
    let ranked = ranking.rows().unwrap_or_default();
    let counted = ranked.iter().take(COUNTED).map(|row| async {
        let id = row.get("shopify_variant_id").cloned().unwrap_or_default();
        let read = live
            .read(SIGNUPS, merged(&waiting(), json!({"variant_id": id})))
            .await;
        format!("{}: {}", variant(row), read.count())
    });
    // Of one variant the first line says it all.
    let counted = match arguments.id(Kind::Variant) {
        Some(_) => Vec::new(),
        None => join_all(counted).await,
    };
    let in_all = format!("all that match: {}", all.count());
    vec![
        ranking.part("What is wanted: signups of the last 30 days"),
        Part::computed(
            "Signups that wait now, of any age (status pending)",
            std::iter::once(in_all).chain(counted),
        ),
        stopped.part("Alerts that were stopped, newest first"),
        settings.part("The settings that decide who is alerted"),
    ]
}

/// Asks for nothing but the number of those who wait.
fn waiting() -> Value {
    json!({"status": "pending", "limit": 1, "fields": ["id"]})
}
