//! Preorder orders: what each write leaves of the order, by the contract, one by one and in bulk.

use serde_json::{Map, Value, json};

use crate::bench::{Bench, NOW, at, list, map, number, text};
use crate::support::SHOP;

pub const ACTIONS: &[&str] = &["preorders_orders_"];

pub const ORDERS: &str = "preorders_orders_list";
pub const ORDER: &str = "preorders_orders_read";
const CHARGE: &str = "preorders_orders_payments_charge_balance";

/// The seven states of an order.
pub const STATES: [&str; 7] = [
    "placed",
    "awaiting_balance",
    "balance_collected",
    "released",
    "fulfilled",
    "cancelled",
    "refunded",
];

/// The id of an order of the fixture.
pub fn order(number: u64) -> u64 {
    6_130_000_000_000 + number
}

#[test]
fn every_example_does_what_it_says() {
    Bench::new("fixture").every_example(ACTIONS, verify);
}

/// The bulk actions and the single one each of them runs for its orders.
const BULK: [(&str, &str); 4] = [
    ("preorders_orders_bulk_release", "release"),
    ("preorders_orders_bulk_cancel", "cancel"),
    ("preorders_orders_bulk_set_tags", "tags_set_tags"),
    (
        "preorders_orders_bulk_send_payment_links",
        "payments_send_payment_link",
    ),
];

fn verify(bench: &mut Bench, name: &str, arguments: &Map<String, Value>) {
    if let Some((_, single)) = BULK.iter().find(|(bulk, _)| *bulk == name) {
        bulk(bench, name, single, arguments);
        return;
    }
    let id = json!({"id": arguments["id"]});
    let before = bench.data(ORDER, id.clone());
    let single = name.strip_prefix("preorders_orders_").unwrap();
    let expected = allowed(&before, single, arguments).then(|| after(&before, single, arguments));
    let done = match name {
        // Proven by reading back, too.
        "preorders_orders_tags_set_tags" => {
            bench.patched(name, arguments, &[]);
            bench.data(ORDER, id.clone())
        }
        _ => bench.write(name, Value::Object(arguments.clone())),
    };
    assert_eq!(Some(&done), expected.as_ref(), "{name} {arguments:?}");
    assert_eq!(bench.data(ORDER, id), done, "{name}");
    assert_eq!(bench.mails(), mails(&before, single, arguments), "{name}");
}

/// A job over some orders: each that the single action takes is as it leaves it, the others are as
/// they were, and the job tells neither.
fn bulk(bench: &mut Bench, name: &str, single: &str, arguments: &Map<String, Value>) {
    let ids = list(&arguments["order_ids"]).clone();
    let mut expected = Vec::new();
    let mut mailed = Vec::new();
    for id in &ids {
        // What is no order of the shop has nothing to compare.
        if number(id) > order(900) {
            continue;
        }
        let before = bench.data(ORDER, json!({"id": id}));
        expected.push(match allowed(&before, single, arguments) {
            true => {
                mailed.extend(mails(&before, single, arguments));
                after(&before, single, arguments)
            }
            false => before,
        });
    }
    let items = bench.job(name, Value::Object(arguments.clone()));
    assert_eq!(items, u64::try_from(ids.len()).unwrap(), "{name}");
    for order in expected {
        let found = bench.data(ORDER, json!({"id": order["id"]}));
        assert_eq!(found, order, "{name}");
    }
    assert_eq!(bench.mails(), mailed, "{name}");
}

/// Money of the API in its smallest unit.
fn cents(value: &Value) -> u64 {
    let (whole, part) = text(value).split_once('.').unwrap();
    assert_eq!(part.len(), 2, "{value}");
    whole.parse::<u64>().unwrap() * 100 + part.parse::<u64>().unwrap()
}

fn money(cents: u64) -> Value {
    json!(format!("{}.{:02}", cents / 100, cents % 100))
}

/// The state of an order by its own facts: the first test that holds.
pub fn derived(order: &Value) -> &'static str {
    let status = text(&order["financial_status"]);
    let shipped = text(at(order, "fulfillment.status"));
    let owes = cents(at(order, "payments.total_outstanding")) > 0;
    let charged = !at(order, "payments.charged_at").is_null();
    match () {
        () if !order["cancelled_at"].is_null() => "cancelled",
        () if status == "refunded" => "refunded",
        () if shipped == "fulfilled" => "fulfilled",
        () if shipped == "open" => "released",
        () if charged || (!owes && matches!(status, "paid" | "partially_refunded")) => {
            "balance_collected"
        }
        () if owes && matches!(status, "partially_paid" | "partially_refunded") => {
            "awaiting_balance"
        }
        () => "placed",
    }
}

fn is_on(arguments: &Map<String, Value>, name: &str) -> bool {
    arguments.get(name) == Some(&json!(true))
}

/// Whether an order's state lets a single action through.
fn allowed(order: &Value, single: &str, arguments: &Map<String, Value>) -> bool {
    let state = text(&order["state"]);
    let open = matches!(state, "placed" | "awaiting_balance");
    let owes = cents(at(order, "payments.total_outstanding")) > 0;
    let holds = cents(at(order, "payments.collected")) > cents(at(order, "payments.refunded"));
    match single {
        "release" => state == "balance_collected" || (open && is_on(arguments, "force")),
        "cancel" => open || matches!(state, "balance_collected" | "released"),
        "payments_charge_balance" | "payments_send_payment_link" => {
            open || (owes && matches!(state, "released" | "fulfilled"))
        }
        "payments_refund" => holds && state != "refunded",
        "tags_set_tags" => true,
        other => panic!("{other}"),
    }
}

/// The order as a single action leaves it.
fn after(before: &Value, single: &str, arguments: &Map<String, Value>) -> Value {
    let mut order = before.clone();
    let collected = cents(at(before, "payments.collected"));
    let refunded = cents(at(before, "payments.refunded"));
    let owed = cents(at(before, "payments.total_outstanding"));
    let payments = &mut order["payments"];
    match single {
        "release" => {
            order["fulfillment"]["status"] = json!("open");
            order["fulfillment"]["released_at"] = json!(NOW);
        }
        "cancel" => {
            payments["total_outstanding"] = money(0);
            if arguments.get("refund") != Some(&json!(false)) {
                payments["refunded"] = money(collected);
                order["financial_status"] = json!("refunded");
            }
            if collected == 0 {
                order["financial_status"] = json!("voided");
            }
            order["cancelled_at"] = json!(NOW);
            let reason = arguments.get("reason").cloned();
            order["cancel_reason"] = reason.unwrap_or_else(|| json!("other"));
        }
        "payments_charge_balance" => {
            payments["collected"] = money(collected + owed);
            payments["total_outstanding"] = money(0);
            payments["charged_at"] = json!(NOW);
            payments["last_failure"] = Value::Null;
            let status = if refunded > 0 {
                "partially_refunded"
            } else {
                "paid"
            };
            order["financial_status"] = json!(status);
        }
        "payments_send_payment_link" => payments["collection_url_sent_at"] = json!(NOW),
        "payments_refund" => {
            let amount = arguments.get("amount").and_then(Value::as_f64);
            let amount = amount.map(|amount| cents(&json!(format!("{amount:.2}"))));
            let given = refunded + amount.unwrap_or(collected - refunded);
            payments["refunded"] = money(given);
            if given == collected {
                payments["total_outstanding"] = money(0);
                order["financial_status"] = json!("refunded");
            } else {
                order["financial_status"] = json!("partially_refunded");
            }
        }
        "tags_set_tags" => order["tags"] = arguments["tags"].clone(),
        other => panic!("{other}"),
    }
    order["state"] = json!(derived(&order));
    order
}

/// The mails of a single action that goes through.
fn mails(before: &Value, single: &str, arguments: &Map<String, Value>) -> Vec<(String, u64)> {
    let notify = is_on(arguments, "notify_customer");
    let mail = match single {
        "cancel" if notify => "order_cancelled",
        "payments_refund" if notify => "order_refunded",
        "payments_send_payment_link" => "payment_link",
        _ => return Vec::new(),
    };
    vec![(mail.to_owned(), number(&before["id"]))]
}

/// Each action on an order of each state: taken or refused as the contract says, and a refusal leaves
/// the order as it was.
#[test]
fn every_state_takes_what_the_contract_lets_it_take() {
    let mut bench = Bench::new("fixture");
    let singles = [
        ("preorders_orders_release", json!({})),
        ("preorders_orders_release", json!({"force": true})),
        ("preorders_orders_cancel", json!({})),
        (CHARGE, json!({})),
        ("preorders_orders_payments_send_payment_link", json!({})),
        ("preorders_orders_payments_refund", json!({})),
        ("preorders_orders_tags_set_tags", json!({"tags": ["seen"]})),
    ];
    // One order of each state, and a released one that still owes.
    let orders = [9, 1, 3, 5, 6, 7, 8];
    bench.fresh();
    let found: Vec<String> = orders
        .iter()
        .map(|number| {
            let read = bench.data(ORDER, json!({"id": order(*number)}));
            text(&read["state"]).to_owned()
        })
        .collect();
    assert_eq!(found, STATES);
    for number in orders.into_iter().chain([2]) {
        for (name, more) in &singles {
            bench.fresh();
            let id = json!({"id": order(number)});
            if number == 2 {
                bench.write(
                    "preorders_orders_release",
                    json!({"id": order(2), "force": true}),
                );
                bench.shop(
                    "PATCH",
                    &format!("/orders/{}", order(2)),
                    json!({"decline_code": null}),
                );
            }
            let before = bench.data(ORDER, id.clone());
            let mut arguments = map(id.clone());
            arguments.extend(map(more.clone()));
            let single = name.strip_prefix("preorders_orders_").unwrap();
            if allowed(&before, single, &arguments) {
                verify(&mut bench, name, &arguments);
            } else {
                let told = bench.refusal(name, Value::Object(arguments));
                assert!(
                    told.contains("the record's state forbids it"),
                    "{name}: {told}"
                );
                assert_eq!(bench.data(ORDER, id), before, "{name}: {told}");
            }
        }
    }
}

/// A bulk job takes what it can and says nothing of the rest.
#[test]
fn a_bulk_job_passes_over_what_an_order_refuses() {
    let mut bench = Bench::new("fixture");
    let ids = [1, 3, 4, 5, 6, 7, 8, 9, 999].map(order);
    for ((name, single), more) in BULK.iter().zip([
        json!({}),
        json!({"reason": "staff", "notify_customer": true}),
        json!({"tags": ["wave-2", "checked"]}),
        json!({}),
    ]) {
        bench.fresh();
        let mut arguments = map(json!({"order_ids": ids}));
        arguments.extend(map(more));
        bulk(&mut bench, name, single, &arguments);
    }
}

/// A declined charge is told with the way out, is on record, mails both sides, and can be retried once
/// the card works.
#[test]
fn a_declined_charge_is_on_record() {
    let mut bench = Bench::new("fixture");
    bench.fresh();
    let id = json!({"id": order(2)});
    let before = bench.data(ORDER, id.clone());
    let told = bench.refusal(CHARGE, id.clone());
    let way_out = "Balance charge failed: card_declined. Call payments/send_payment_collection_url to let the shopper pay.";
    assert!(told.contains(way_out), "{told}");
    let mut expected = before.clone();
    let declined = bench.data(ORDER, id.clone());
    let failure = &declined["payments"]["last_failure"];
    assert_eq!(
        (&failure["code"], &failure["at"]),
        (&json!("card_declined"), &json!(NOW))
    );
    expected["payments"]["last_failure"] = failure.clone();
    assert_eq!(declined, expected);
    let mailed = |mail: &str| (mail.to_owned(), order(2));
    let both = [
        mailed("payment_failed_customer"),
        mailed("payment_failed_merchant"),
    ];
    assert_eq!(bench.mails(), both);
    let row = bench.data("preorders_reports_outstanding_balances", json!({}));
    let rows = list(&row["orders"]);
    let row = rows.iter().find(|row| row["order_id"] == json!(order(2)));
    assert_eq!(row.unwrap()["last_failure_code"], json!("card_declined"));
    bench.shop(
        "PATCH",
        &format!("/orders/{}", order(2)),
        json!({"decline_code": null}),
    );
    let paid = bench.write(CHARGE, id);
    assert_eq!(
        paid,
        after(&expected, "payments_charge_balance", &Map::new())
    );
}

/// An order placed in the shop is a preorder by the terms of its offer, and goes its way to the end.
#[test]
fn an_order_goes_from_the_cart_to_the_door() {
    let mut bench = Bench::new("fixture");
    bench.fresh();
    let placed = bench.shop(
        "POST",
        "/orders",
        json!({"email": "rosa.lind@example.com", "name": "Rosa Lind",
            "lines": [{"shopify_variant_id": 44_021_000_000_302_u64, "quantity": 2}]}),
    );
    let id = placed["preorder"]["id"].clone();
    let order = bench.data(ORDER, json!({"id": id}));
    assert_eq!(order, placed["preorder"], "{SHOP}");
    let facts = |order: &Value| {
        [
            at(order, "total_price").clone(),
            at(order, "payments.collected").clone(),
            at(order, "payments.total_outstanding").clone(),
            at(order, "state").clone(),
        ]
    };
    // 118.00 less 10 %, a quarter of it now.
    let owing = json!(["212.40", "53.10", "159.30", "awaiting_balance"]);
    assert_eq!(json!(facts(&order)), owing);
    let count = |bench: &mut Bench| {
        let variant = json!({"variant_id": 44_021_000_000_302_u64});
        let read = bench.data("preorders_product_variants_read", variant);
        number(&read["preorder_count"])
    };
    assert_eq!(count(&mut bench), 4);
    let one = json!({"id": id});
    let part = map(json!({"id": id, "amount": 3.1}));
    for (name, arguments) in [
        (
            "preorders_orders_payments_send_payment_link",
            map(one.clone()),
        ),
        ("preorders_orders_payments_refund", part),
        (CHARGE, map(one.clone())),
        ("preorders_orders_release", map(one.clone())),
    ] {
        let single = name.strip_prefix("preorders_orders_").unwrap();
        let before = bench.data(ORDER, one.clone());
        let done = bench.write(name, Value::Object(arguments.clone()));
        assert_eq!(done, after(&before, single, &arguments), "{name}");
    }
    let path = format!("/orders/{}", number(&id));
    bench.shop("POST", &format!("{path}/fulfill"), json!({}));
    let shipped = bench.data(ORDER, one.clone());
    let ended = json!(["212.40", "212.40", "0.00", "fulfilled"]);
    assert_eq!(json!(facts(&shipped)), ended);
    let late = bench.refusal("preorders_orders_cancel", one.clone());
    let way_out = "Order is fulfilled and cannot be cancelled. Call payments/refund instead.";
    assert!(late.contains(way_out), "{late}");
    assert_eq!(count(&mut bench), 4, "shipped units stay counted");
    let back = bench.write("preorders_orders_payments_refund", one);
    assert_eq!(back["state"], json!("refunded"));
    assert_eq!(at(&back, "payments.refunded"), &json!("212.40"));
    assert_eq!(count(&mut bench), 2, "what is given back is not");
}

/// The list by state is the list, however the API cuts its pages.
#[test]
fn each_state_has_exactly_its_orders() {
    let mut bench = Bench::new("shop");
    let all = bench.walk(ORDERS, &json!({}), 200);
    assert!(all.len() >= 900, "{}", all.len());
    for order in &all {
        assert_eq!(order["state"], json!(derived(order)), "{order}");
    }
    for state in STATES {
        let is_meant = |order: &&Value| order["state"] == json!(state);
        let wanted: Vec<&Value> = all.iter().filter(is_meant).collect();
        assert!(wanted.len() > 10, "{state}: {}", wanted.len());
        // The cursor stands within the API's pages, and between them.
        let limits: &[u64] = if wanted.len() < 150 {
            &[200, 33]
        } else {
            &[200]
        };
        for limit in limits {
            let limit = *limit;
            let found = bench.walk(ORDERS, &json!({"state": state}), limit);
            assert_eq!(
                found.iter().collect::<Vec<_>>(),
                wanted,
                "{state} by {limit}"
            );
        }
        let owner = wanted.iter().find(|order| order["customer"]["id"].is_u64());
        let filters = json!({"state": state, "customer_id": owner.unwrap()["customer"]["id"]});
        let of_one = |order: &&&Value| order["customer"]["id"] == filters["customer_id"];
        let wanted: Vec<&Value> = wanted.iter().filter(of_one).copied().collect();
        let found = bench.walk(ORDERS, &filters, 7);
        assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "{filters}");
    }
}
