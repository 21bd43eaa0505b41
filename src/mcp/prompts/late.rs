//! `late_shipment_plan`: the promise as it stands, and the orders it was made to.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::arguments::Arguments;
use super::live::{Live, Part, Read, merged};
use crate::knowledge::Kind;
use crate::knowledge::figures::{counts, plain, sum};

const ORDERS: &str = "preorders_orders_list";

/// Orders are counted over this many pages of this many rows at most.
const PAGES: usize = 5;
const ROWS: usize = 200;
/// Orders that are shown.
const SHOWN: usize = 20;

/// Orders in these states wait for goods.
const WAITING: [&str; 3] = ["placed", "awaiting_balance", "balance_collected"];

pub(super) async fn gather(live: &Live<'_>, arguments: &Arguments) -> Vec<Part> {
    let id = arguments.text(Kind::Offer);
    let shown = json!({"offer_id": id, "limit": SHOWN, "fields": ["id", "name", "state",
        "created_at", "payments.total_outstanding", "payments.due_at", "tags"]});
    let (offer, newest, counted) = tokio::join!(
        live.read("preorders_offers_read", json!({"id": id})),
        live.read(ORDERS, shown),
        walk(live, id),
    );
    let (orders, total, failed) = counted;
    let mut lines: Vec<String> = counts(&orders, "state")
        .into_iter()
        .map(|(state, count)| format!("{state}: {count}"))
        .collect();
    let waiting: Vec<Value> = orders
        .iter()
        .filter(|order| {
            let state = order.get("state").and_then(Value::as_str);
            state.is_some_and(|state| WAITING.contains(&state))
        })
        .map(|order| order.get("payments").cloned().unwrap_or_default())
        .collect();
    lines.push(format!("orders that wait for goods: {}", waiting.len()));
    lines.push(format!(
        "money still owed on them: {}",
        sum(&waiting, "total_outstanding")
    ));
    let date = arguments.text(Kind::Date);
    let early = waiting
        .iter()
        .filter(|payments| falls_due_before(payments, date));
    lines.push(format!(
        "of these, balances that fall due before the new date: {}",
        early.count()
    ));
    if let Some(total) = total.filter(|total| usize::try_from(*total) != Ok(orders.len())) {
        lines.push(format!(
            "only {} of {total} orders were counted",
            orders.len()
        ));
    }
    let promised = offer.data().pointer("/delivery/date").map(plain);
    lines.push(format!(
        "promised date: {}",
        promised.unwrap_or_else(|| "not known".to_owned())
    ));
    lines.push(format!("new date: {date}"));
    let counted = match failed {
        Some(read) => read.part("Orders of the offer by state"),
        None => Part::computed("Orders of the offer by state", lines),
    };
    vec![
        counted,
        offer.part("The offer"),
        newest.part("Its newest orders"),
    ]
}

/// Whether something is owed that falls due before a day; times are ISO 8601 in UTC.
fn falls_due_before(payments: &Value, day: &str) -> bool {
    let due = payments.get("due_at").and_then(Value::as_str);
    let owed = payments.get("total_outstanding").map(plain);
    due.is_some_and(|due| due < day)
        && owed
            .and_then(|owed| owed.parse::<f64>().ok())
            .is_some_and(|owed| owed > 0.0)
}

/// Every order of the offer within the bound, each once; how many there are; the read that failed.
async fn walk(live: &Live<'_>, id: &str) -> (Vec<Value>, Option<u64>, Option<Read>) {
    let mut seen = HashSet::new();
    let mut orders = Vec::new();
    let mut total = None;
    let mut cursor = json!({});
    for _ in 0..PAGES {
        let wanted = json!({"offer_id": id, "limit": ROWS,
            "fields": ["id", "state", "payments.total_outstanding", "payments.due_at"]});
        let page = live.read(ORDERS, merged(&wanted, cursor)).await;
        if page.result.is_err() {
            return (orders, total, Some(page));
        }
        total = page.total();
        for order in page.rows().unwrap_or_default() {
            let key = order.get("id").map(plain).unwrap_or_default();
            // A new order shifts the pages.
            if seen.insert(key) {
                orders.push(order.clone());
            }
        }
        match page.next_cursor() {
            Some(next) => cursor = json!({"cursor": next}),
            None => break,
        }
    }
    (orders, total, None)
}
