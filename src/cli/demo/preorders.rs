//! The steps of the preorder afternoon.

use anyhow::{Context, anyhow};
use serde_json::{Value, json};

use super::client::Client;
use super::show::{field_of, heading, line, rows, table};

/// Debts shown.
const DEBTS: usize = 5;
/// Orders that ship in one wave.
const WAVE: u64 = 12;

/// Plays the afternoon; the steps count on from the morning's.
pub(super) async fn tell(client: &Client) -> anyhow::Result<()> {
    let offers = offers(client).await?;
    debts(client).await?;
    launch(client).await?;
    wave(client, &offers).await?;
    revenue(client).await
}

async fn offers(client: &Client) -> anyhow::Result<Vec<(String, String)>> {
    heading(10, "Which preorders run?");
    let answer = client
        .call(
            "preorders_offers_list",
            json!({"status": "enabled", "detail": "full"}),
        )
        .await?;
    let offers = rows(&answer, "offers");
    table(
        offers,
        &[
            ("offer", "name"),
            ("variants", "variants_count"),
            ("ends", "schedule.ends_at"),
        ],
    );
    let text = |row: &Value, field: &str| Some(field_of(row, field)?.as_str()?.to_owned());
    Ok(offers
        .iter()
        .filter_map(|row| Some((text(row, "id")?, text(row, "name")?)))
        .collect())
}

async fn debts(client: &Client) -> anyhow::Result<()> {
    heading(11, "Who still owes the balance of a deposit?");
    let answer = client
        .call(
            "preorders_reports_outstanding_balances",
            json!({"detail": "full"}),
        )
        .await?;
    let orders = rows(&answer, "orders");
    table(
        orders.get(..orders.len().min(DEBTS)).unwrap_or_default(),
        &[
            ("order", "name"),
            ("state", "state"),
            ("owed", "total_outstanding"),
            ("due", "due_at"),
            ("overdue", "overdue"),
            ("last failure", "last_failure_code"),
        ],
    );
    let text = |field: &str| field_of(&answer, field).and_then(Value::as_str);
    line(&format!(
        "  {} {} are owed by {} orders.",
        text("data.total_outstanding").context("the report has no total")?,
        text("data.currency").unwrap_or_default(),
        field_of(&answer, "page.total").unwrap_or(&Value::Null)
    ));
    Ok(())
}

/// The variant that is wanted most now goes on preorder, with a deposit and a date.
async fn launch(client: &Client) -> anyhow::Result<()> {
    heading(
        12,
        "What is still sold out and wanted most goes on preorder.",
    );
    let demand = client
        .call(
            "back_in_stock_reports_products_in_demand",
            json!({"limit": 1}),
        )
        .await?;
    let wanted = rows(&demand, "product_variants")
        .first()
        .ok_or_else(|| anyhow!("nobody is waiting for anything"))?;
    let title = field_of(wanted, "product_title")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let day = |days: u64| {
        let at = chrono::Utc::now().date_naive() + chrono::Days::new(days);
        format!("{at}T09:00:00Z")
    };
    let made = client
        .call(
            "preorders_offers_create",
            json!({
                "name": format!("{title}: next wave"),
                "payment": {"type": "partial", "deposit": {"type": "percentage", "percentage": 25},
                    "remaining_balance": {"due_type": "exact_time", "due_at": day(40)}},
                "delivery": {"type": "exact_time", "date": day(45),
                    "preorder_shipping_text": "Expected to ship on {{ date }}"},
            }),
        )
        .await?;
    let id = field_of(&made, "data.id").context("the new offer has no id")?;
    let variant = field_of(wanted, "shopify_variant_id");
    client
        .call(
            "preorders_offers_products_add_variants",
            json!({"id": id, "variant_ids": [variant]}),
        )
        .await?;
    let live = client
        .call("preorders_offers_enable", json!({"id": id}))
        .await?;
    table(
        std::slice::from_ref(live.get("data").context("the offer is empty")?),
        &[
            ("offer", "name"),
            ("state", "state"),
            ("variants", "variants_count"),
            ("deposit %", "payment.deposit.percentage"),
            ("balance due", "payment.remaining_balance.due_at"),
            ("ships", "delivery.date"),
        ],
    );
    Ok(())
}

/// The paid orders of an offer are released together, and read back: a job does not name the items
/// that failed.
async fn wave(client: &Client, offers: &[(String, String)]) -> anyhow::Result<()> {
    for (offer, name) in offers {
        let paid = json!({"offer_id": offer, "state": "balance_collected", "limit": WAVE,
            "fields": ["id", "name"]});
        let answer = client.call("preorders_orders_list", paid).await?;
        let ids: Vec<&Value> = rows(&answer, "orders")
            .iter()
            .filter_map(|row| field_of(row, "id"))
            .collect();
        let Some(first) = ids.first() else {
            continue;
        };
        heading(
            13,
            &format!(
                "The container is here: {} paid orders of {name} ship.",
                ids.len()
            ),
        );
        let job = client
            .call("preorders_orders_bulk_release", json!({"order_ids": ids}))
            .await?;
        line(&format!(
            "  The job is {}.",
            field_of(&job, "job.status")
                .and_then(Value::as_str)
                .unwrap_or("unknown")
        ));
        let read = client
            .call("preorders_orders_read", json!({"id": first}))
            .await?;
        table(
            std::slice::from_ref(read.get("data").context("the order is empty")?),
            &[
                ("order", "name"),
                ("state", "state"),
                ("released", "fulfillment.released_at"),
                ("paid", "payments.collected"),
                ("", "currency"),
            ],
        );
        return Ok(());
    }
    Err(anyhow!("no offer has paid orders that wait"))
}

async fn revenue(client: &Client) -> anyhow::Result<()> {
    heading(14, "Preorder revenue by week.");
    let answer = client
        .call("preorders_reports_revenue", json!({"granularity": "week"}))
        .await?;
    client.draw("preorders_reports_revenue", &answer, 8);
    Ok(())
}
