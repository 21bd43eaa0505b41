//! `weekly_waitlist_review`: the last seven days beside the seven before.

use chrono::{Days, NaiveDate, Utc};
use serde_json::{Value, json};

use super::live::{Live, Part, Read};
use crate::knowledge::figures::{changes, sum};

const SUMMARY: &str = "back_in_stock_reports_summary";
const NOTIFICATIONS: &str = "back_in_stock_reports_notifications";
const CONVERSIONS: &str = "back_in_stock_reports_conversions";
const RANKING: &str = "back_in_stock_reports_products_in_demand";

/// The totals that are compared.
const TOTALS: [&str; 6] = [
    "signups",
    "pending",
    "notified",
    "conversions",
    "conversion_rate",
    "recovered_revenue",
];
const RANKED: usize = 10;

/// Seven whole days.
struct Window {
    from: NaiveDate,
    to: NaiveDate,
}

impl Window {
    fn ending(to: NaiveDate) -> Self {
        let from = to.checked_sub_days(Days::new(6)).unwrap_or(to);
        Self { from, to }
    }

    fn before(&self) -> Self {
        Self::ending(self.from.pred_opt().unwrap_or(self.from))
    }

    fn arguments(&self) -> Value {
        json!({"from": self.from.to_string(), "to": self.to.to_string()})
    }

    fn ranking(&self) -> Value {
        json!({"from": self.from.to_string(), "to": self.to.to_string(), "limit": RANKED})
    }
}

pub(super) async fn gather(live: &Live<'_>) -> Vec<Part> {
    // The API's own day: it ends the window that it chooses by itself.
    let month = live.read(SUMMARY, json!({})).await;
    let today = month.data().pointer("/window/to").and_then(Value::as_str);
    let today = today.and_then(|day| day.parse().ok());
    let week = Window::ending(today.unwrap_or_else(|| Utc::now().date_naive()));
    let before = week.before();
    let stopped = json!({"status": "blocked", "from": week.from.to_string(), "limit": 20,
        "fields": ["created_at", "channel", "blocked_reason", "variant.shopify_variant_id", "variant.title"]});
    let (new, old, sent, sent_before, orders, orders_before, wanted, wanted_before, stopped) = tokio::join!(
        live.read(SUMMARY, week.arguments()),
        live.read(SUMMARY, before.arguments()),
        live.read(NOTIFICATIONS, week.arguments()),
        live.read(NOTIFICATIONS, before.arguments()),
        live.read(CONVERSIONS, week.arguments()),
        live.read(CONVERSIONS, before.arguments()),
        live.read(RANKING, week.ranking()),
        live.read(RANKING, before.ranking()),
        live.read("back_in_stock_notifications_list", stopped),
    );
    let mut lines = compared(&new, &old);
    lines.extend(summed("alerts sent", "total", &sent, &sent_before));
    lines.extend(summed(
        "orders won back",
        "conversions",
        &orders,
        &orders_before,
    ));
    lines.extend(summed(
        "their revenue",
        "recovered_revenue",
        &orders,
        &orders_before,
    ));
    let heading = format!(
        "This week ({} to {}) and the week before ({} to {})",
        week.from, week.to, before.from, before.to
    );
    vec![
        Part::computed(&heading, lines),
        new.part("Totals of this week"),
        old.part("Totals of the week before"),
        sent.part("Alerts sent this week"),
        sent_before.part("Alerts sent the week before"),
        orders.part("Orders and revenue of this week, by day of the order"),
        orders_before.part("Orders and revenue of the week before"),
        wanted.part("Wanted this week"),
        wanted_before.part("Wanted the week before"),
        stopped.part("Alerts stopped this week, newest first"),
        month.part("Totals of the last 30 days"),
    ]
}

/// The totals of two cohorts, line by line.
fn compared(new: &Read, old: &Read) -> Vec<String> {
    let totals = |read: &Read| read.data().get("totals").cloned().unwrap_or_default();
    let found = changes(&totals(new), &totals(old), &TOTALS);
    let lines = found.into_iter().map(|change| {
        let (new, old) = change.values;
        format!(
            "{}: {new}, before {old}, difference {}",
            change.name, change.difference
        )
    });
    lines.collect()
}

/// The sums of two series, if both could be read.
fn summed(name: &str, field: &str, new: &Read, old: &Read) -> Option<String> {
    let total = |read: &Read| {
        let series = read.rows()?;
        Some(json!({"sum": sum(series, field)}))
    };
    let change = changes(&total(new)?, &total(old)?, &["sum"]).pop()?;
    let (new, old) = change.values;
    let difference = change.difference;
    Some(format!(
        "{name}: {new}, before {old}, difference {difference}"
    ))
}
