//! Offers that are deleted, and offers whose balances are charged by themselves from now on. v1's
//! selling plans are the same records (vendor docs: Preorders API).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::money::Sums;
use super::orders::{self, outstanding};
use super::reads::{Reads, id_of};
use super::words::{FIRST, count, fact, plural, quoted, shown};
use super::{Asked, Plan, Unit};
use crate::engine::CallError;

const OFFER: &str = "preorders_offers_read";
const ORDERS: &str = "preorders_orders_list";
const COLLECTS: &str = "/payment/remaining_balance/auto_collect";

/// The orders of an offer that owe something.
struct Owing {
    orders: Vec<Value>,
    /// Orders of the offer in all.
    all: u64,
    /// Orders that were not looked at.
    unseen: u64,
}

impl Owing {
    async fn of(reads: &mut Reads<'_>, offer: &str) -> Result<Self, CallError> {
        let filters = Map::from_iter([("offer_id".to_owned(), json!(offer))]);
        let (rows, all) = reads.all(ORDERS, &filters, 0).await?;
        let unseen = all.saturating_sub(count(rows.len()));
        let is_open = |order: &Value| {
            let is_closed = orders::in_state(order, &["cancelled", "refunded"]).is_some();
            !is_closed && orders::owes(order)
        };
        let mut orders: Vec<Value> = rows.into_iter().filter(is_open).collect();
        orders.sort_by_cached_key(|order| {
            let due = fact(order, "/payments/due_at").map(str::to_owned);
            (due.is_none(), due, orders::id(order))
        });
        Ok(Self {
            orders,
            all,
            unseen,
        })
    }

    fn sum(&self) -> Sums {
        let mut sums = Sums::default();
        self.orders
            .iter()
            .for_each(|order| sums.add(order, outstanding(order)));
        sums.is_unknown |= self.unseen > 0;
        sums
    }

    fn targets(&self) -> Value {
        let mut told: Vec<(String, Value)> = self
            .orders
            .iter()
            .filter_map(|order| {
                orders::id(order).map(|id| (id.clone(), orders::target(&id, order)))
            })
            .collect();
        told.sort_by(|(a, _), (b, _)| a.cmp(b));
        told.into_iter().map(|(_, target)| target).collect()
    }

    fn unseen_told(&self) -> String {
        match self.unseen {
            0 => String::new(),
            unseen => format!(
                " {unseen} of the offer's {} orders were not looked at and may owe more.",
                self.all
            ),
        }
    }
}

/// What would be charged from now on.
pub(super) async fn collecting(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    plan.undo = "It can be switched off again before a balance is due; what was charged can only be refunded.".to_owned();
    let Some(id) = asked.placeholder() else {
        plan.sentence = "Creates an offer that charges balances by itself when they are due. It has 0 orders yet; every later order is charged at its due time.".to_owned();
        return Ok(plan);
    };
    let offer = reads
        .record(OFFER, Map::from_iter([("id".to_owned(), json!(id))]))
        .await?;
    let owing = Owing::of(reads, &id).await?;
    let sums = owing.sum();
    plan.count = count(owing.orders.len()) + owing.unseen;
    plan.first = owing.orders.iter().take(FIRST).map(orders::short).collect();
    plan.amounts = sums.amounts();
    plan.amount_unknown = sums.is_unknown;
    plan.targets = owing.targets();
    let was_on = offer.pointer(COLLECTS) == Some(&Value::Bool(true));
    plan.state = json!({"offer": id, "updated_at": offer.get("updated_at"), "collects": offer.pointer(COLLECTS)});
    let title = quoted(&shown(&offer, "/name"));
    let what = match was_on {
        true => format!("Automatic charges for {title} are on already and stay on"),
        false => format!("Starts automatic charges for {title}"),
    };
    let orders = match plan.count {
        0 => "0 orders owe anything now".to_owned(),
        all => format!(
            "{all} {}, {} outstanding{}",
            Unit::Orders.noun(all),
            sums.told(),
            due(&owing)
        ),
    };
    plan.sentence = format!(
        "{what}: {orders}; every later order is charged at its due time.{}{}",
        overdue(&owing, reads.now()),
        owing.unseen_told()
    );
    Ok(plan)
}

/// When the first balance is due.
fn due(owing: &Owing) -> String {
    let first = owing
        .orders
        .first()
        .filter(|order| fact(order, "/payments/due_at").is_some());
    first.map_or(String::new(), |order| {
        format!(", due from {}", shown(order, "/payments/due_at"))
    })
}

/// The API does not say whether overdue balances are charged at once (inferred: they may be).
fn overdue(owing: &Owing, now: DateTime<Utc>) -> String {
    let is_late = |order: &&Value| {
        let due = fact(order, "/payments/due_at")
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        due.is_some_and(|due| due < now)
    };
    match count(owing.orders.iter().filter(is_late).count()) {
        0 => String::new(),
        late => format!(
            " {late} {} overdue and may be charged at once.",
            plural(late, "order is", "orders are")
        ),
    }
}

/// What would be lost.
pub(super) async fn deleted(
    reads: &mut Reads<'_>,
    asked: &Asked<'_>,
    mut plan: Plan,
) -> Result<Plan, CallError> {
    let id = asked.placeholder().unwrap_or_default();
    let offer = reads
        .record(OFFER, Map::from_iter([("id".to_owned(), json!(id))]))
        .await?;
    let owing = Owing::of(reads, &id).await?;
    let title = quoted(&shown(&offer, "/name"));
    let variants = offer
        .get("variants_count")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    plan.count = 1;
    plan.first = vec![format!(
        "{title} ({}, {})",
        id_of(offer.get("id")).unwrap_or_default(),
        shown(&offer, "/state")
    )];
    plan.targets = json!([{"id": id, "state": offer.get("state"), "updated_at": offer.get("updated_at"),
        "variants": variants}]);
    plan.state = json!({"orders": owing.all, "owing": owing.targets()});
    let off = match fact(&offer, "/state") {
        Some("enabled") => ", which is live now and goes off the storefront",
        Some("scheduled") => ", which is scheduled and will not start",
        Some(_) | None => "",
    };
    let owed = match (
        owing.orders.is_empty(),
        offer.pointer(COLLECTS) == Some(&Value::Bool(true)),
    ) {
        (true, _) => String::new(),
        (false, collects) => format!(
            "; {} of them owe {}{}",
            owing.orders.len(),
            owing.sum().told(),
            if collects {
                ", which is no longer charged automatically"
            } else {
                ""
            }
        ),
    };
    plan.sentence = format!(
        "Deletes the offer {title}{off}, with the settings, caps and texts of its {variants} {}. Its {} {} stay{owed}.{}",
        plural(variants, "variant", "variants"),
        owing.all,
        plural(owing.all, "order", "orders"),
        owing.unseen_told()
    );
    plan.undo = "A deleted offer cannot be restored; orders and reports stay. To pause it, disable it instead.".to_owned();
    Ok(plan)
}
