//! The steps of the restock morning.

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use super::client::Client;
use super::show::{bars, field_of, heading, line, rows, table};
use crate::sandbox::Sandbox;
use crate::sandbox::seed::{SHOP_DOMAIN, SHOP_LOCATION};

/// Waiting shoppers alerted by hand.
const BY_HAND: usize = 5;

/// The shop's back door: what the merchant's warehouse does, not what an agent may do.
pub(super) struct Shop<'a> {
    sandbox: &'a Sandbox,
}

impl<'a> Shop<'a> {
    pub(super) fn new(sandbox: &'a Sandbox) -> Self {
        Self { sandbox }
    }

    /// Puts units of a variant on the shelf of the first location; says how many alerts that began.
    fn restock(&self, variant: i64, units: u64) -> anyhow::Result<u64> {
        let path = format!("/shops/{SHOP_DOMAIN}/inventory");
        let body = json!({"shopify_variant_id": variant, "shopify_location_id": SHOP_LOCATION, "available": units});
        line(&format!("▹ (warehouse) POST /sandbox{path} {body}"));
        let (status, answer) = self.sandbox.control("POST", &path, &body);
        if status != 200 {
            return Err(anyhow!("the sandbox refused the restock: {answer}"));
        }
        Ok(answer
            .get("alerts_started")
            .and_then(Value::as_u64)
            .unwrap_or(0))
    }
}

/// A variant of the demand ranking.
struct Wanted {
    variant: i64,
    product: i64,
    name: String,
    pending: u64,
}

/// Plays the morning.
pub(super) async fn tell(client: &Client, shop: &Shop<'_>) -> anyhow::Result<()> {
    line(&format!(
        "A restock morning at a sandbox shop. MCP server: {}.",
        client.greet()
    ));
    let ranking = demand(client).await?;
    let best = ranking
        .first()
        .ok_or_else(|| anyhow!("nobody is waiting for anything"))?;
    forecast(client, best).await?;
    waiting(client, best).await?;
    transfer(client, &ranking).await?;
    restock(client, shop, best).await?;
    by_hand(client, best).await?;
    send_log(client, best).await?;
    summary(client).await?;
    export(client).await
}

async fn demand(client: &Client) -> anyhow::Result<Vec<Wanted>> {
    heading(1, "What are shoppers waiting for?");
    let answer = client
        .call(
            "back_in_stock_reports_products_in_demand",
            json!({"limit": 60, "detail": "full"}),
        )
        .await?;
    let rows = rows(&answer, "product_variants");
    table(
        rows.get(..rows.len().min(8)).unwrap_or_default(),
        &[
            ("product", "product_title"),
            ("variant", "variant_title"),
            ("waiting", "pending"),
            ("signups", "total"),
            ("latest", "last_requested_at"),
        ],
    );
    let ranking: Vec<Wanted> = rows.iter().filter_map(wanted).collect();
    client.draw("back_in_stock_reports_products_in_demand", &answer, 8);
    Ok(ranking)
}

fn wanted(row: &Value) -> Option<Wanted> {
    let text = |field: &str| field_of(row, field).and_then(Value::as_str);
    Some(Wanted {
        variant: field_of(row, "shopify_variant_id")?.as_i64()?,
        product: field_of(row, "shopify_product_id")?.as_i64()?,
        name: format!("{} / {}", text("product_title")?, text("variant_title")?),
        pending: field_of(row, "pending")?.as_u64()?,
    })
}

async fn forecast(client: &Client, best: &Wanted) -> anyhow::Result<()> {
    heading(2, "What would sell if it came back?");
    let answer = client
        .call("back_in_stock_reports_summary", json!({}))
        .await?;
    let rate = field_of(&answer, "data.totals.conversion_rate")
        .and_then(Value::as_f64)
        .unwrap_or(0.0);
    line(&format!(
        "  In the last 30 days {:.0} % of alerted signups bought: of the {} newest that wait for {}, about {:.0} would.",
        rate * 100.0,
        best.pending,
        best.name,
        rate * u32::try_from(best.pending).map_or(0.0, f64::from)
    ));
    Ok(())
}

async fn waiting(client: &Client, best: &Wanted) -> anyhow::Result<()> {
    heading(3, &format!("Who waits for {}?", best.name));
    let answer = client
        .call(
            "back_in_stock_signups_list",
            json!({"variant_id": best.variant, "status": "pending", "limit": 5, "detail": "full"}),
        )
        .await?;
    table(
        rows(&answer, "signups"),
        &[
            ("who", "customer.name"),
            ("contact", "contact"),
            ("channel", "channel"),
            ("units", "quantity"),
            ("since", "created_at"),
        ],
    );
    line(&format!("  {} are waiting in all.", total(&answer)));
    Ok(())
}

async fn transfer(client: &Client, ranking: &[Wanted]) -> anyhow::Result<()> {
    let (from, to) = siblings(ranking)
        .ok_or_else(|| anyhow!("no product has two variants that shoppers wait for"))?;
    heading(
        4,
        &format!(
            "{} is discontinued: its waiters move to {}.",
            from.name, to.name
        ),
    );
    let answer = client
        .call(
            "back_in_stock_signups_transfer",
            json!({"from_shopify_variant_id": from.variant, "from_shopify_product_id": from.product,
                "to_shopify_variant_id": to.variant, "to_shopify_product_id": to.product}),
        )
        .await?;
    let count = |field: &str| {
        field_of(&answer, &format!("data.{field}"))
            .and_then(Value::as_u64)
            .unwrap_or(0)
    };
    line(&format!(
        "  {} signups moved, {} stayed because the shopper waits there already.",
        count("transferred_count"),
        count("skipped_count")
    ));
    Ok(())
}

/// Two wanted variants of one product, neither of them the most wanted of all.
fn siblings(ranking: &[Wanted]) -> Option<(&Wanted, &Wanted)> {
    let others = ranking.get(1..)?;
    others.iter().rev().find_map(|from| {
        let to = others
            .iter()
            .find(|to| to.product == from.product && to.variant != from.variant)?;
        (from.pending > 0).then_some((from, to))
    })
}

async fn restock(client: &Client, shop: &Shop<'_>, best: &Wanted) -> anyhow::Result<()> {
    heading(5, &format!("The truck is here: {} is back.", best.name));
    let settings = client
        .call("back_in_stock_settings_delivery_read", json!({}))
        .await?;
    let started = shop.restock(best.variant, best.pending)?;
    let batch = field_of(&settings, "data.batching.batch_size").and_then(Value::as_u64);
    let pause = field_of(&settings, "data.batching.interval_minutes").and_then(Value::as_u64);
    let portions = match (batch, pause) {
        (Some(batch), Some(pause)) => {
            format!(", in portions of {batch}, one every {pause} minutes")
        }
        _ => String::new(),
    };
    line(&format!(
        "  Automatic alerts began for {started} waiting signups{portions}."
    ));
    Ok(())
}

async fn by_hand(client: &Client, best: &Wanted) -> anyhow::Result<()> {
    heading(6, "Some were not reached yet: alert the next ones by hand.");
    let answer = client
        .call(
            "back_in_stock_signups_list",
            json!({"variant_id": best.variant, "status": "pending", "limit": BY_HAND,
                "fields": ["id", "contact", "channel"]}),
        )
        .await?;
    let ids: Vec<Value> = rows(&answer, "signups")
        .iter()
        .filter_map(|row| row.get("id").cloned())
        .collect();
    if ids.is_empty() {
        line("  Everybody who waits was reached.");
        return Ok(());
    }
    let answer = client
        .call(
            "back_in_stock_signups_bulk_notify",
            json!({"signup_ids": ids}),
        )
        .await?;
    let count = |field: &str| {
        field_of(&answer, &format!("data.{field}"))
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
    };
    line(&format!(
        "  {} alerts sent, {} held back, {} refused.",
        count("success"),
        count("blocked"),
        count("failed")
    ));
    Ok(())
}

async fn send_log(client: &Client, best: &Wanted) -> anyhow::Result<()> {
    heading(7, "What went out?");
    let answer = client
        .call(
            "back_in_stock_notifications_list",
            json!({"variant_id": best.variant, "limit": 6, "detail": "full"}),
        )
        .await?;
    table(
        rows(&answer, "notifications"),
        &[
            ("when", "created_at"),
            ("who", "customer.name"),
            ("contact", "contact"),
            ("channel", "channel"),
            ("status", "status"),
            ("reason", "blocked_reason"),
        ],
    );
    line(&format!("  {} entries in all.", total(&answer)));
    Ok(())
}

async fn summary(client: &Client) -> anyhow::Result<()> {
    heading(8, "Where does the month stand?");
    let answer = client
        .call("back_in_stock_reports_summary", json!({}))
        .await?;
    let data = answer.get("data").context("the summary is empty")?;
    table(
        std::slice::from_ref(data),
        &[
            ("from", "window.from"),
            ("to", "window.to"),
            ("signups", "totals.signups"),
            ("waiting", "totals.pending"),
            ("alerted", "totals.notified"),
            ("bought", "totals.conversions"),
            ("rate", "totals.conversion_rate"),
            ("recovered", "totals.recovered_revenue"),
            ("", "currency"),
        ],
    );
    Ok(())
}

async fn export(client: &Client) -> anyhow::Result<()> {
    heading(9, "Signups by week, as a CSV file for the team.");
    let to = chrono::Utc::now().date_naive();
    let from = to - chrono::Days::new(83);
    let answer = client
        .call(
            "back_in_stock_reports_signups_export",
            json!({"granularity": "week", "from": from.to_string(), "to": to.to_string()}),
        )
        .await?;
    let weeks: Vec<(String, u64)> = rows(&answer, "rows")
        .iter()
        .filter_map(|row| {
            Some((
                row.get("date")?.as_str()?.to_owned(),
                row.get("signups")?.as_u64()?,
            ))
        })
        .collect();
    bars(&weeks);
    let uri = answer
        .get("resource")
        .and_then(Value::as_str)
        .ok_or_else(|| anyhow!("the export names no file"))?;
    let file = client.read(uri).await?;
    for row in file.lines().take(3) {
        line(&format!("  {row}"));
    }
    line(&format!("  … {} lines", file.lines().count()));
    Ok(())
}

fn total(answer: &Value) -> u64 {
    field_of(answer, "page.total")
        .and_then(Value::as_u64)
        .unwrap_or(0)
}
