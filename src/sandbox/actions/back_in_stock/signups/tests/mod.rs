//! Lists and reads here, then one write at a time: answer, effects, refusals, repeat.

mod create;
mod delete;
mod notify;
mod transfer;

use serde_json::{Value, json};

use crate::sandbox::testing::{Bench, because, c, s, v};

fn ids(answer: &Value) -> Vec<&str> {
    answer["signups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap())
        .collect()
}

fn list(args: Value) -> Vec<String> {
    let answer = Bench::fixture().ok("back_in_stock_signups_list", args);
    ids(&answer).into_iter().map(str::to_owned).collect()
}

fn labels(numbers: &[u32]) -> Vec<String> {
    numbers.iter().copied().map(s).collect()
}

fn first() -> Value {
    json!({
        "id": s(1), "status": "pending", "channel": "email",
        "contact": "jane.okafor@example.com", "quantity": 1,
        "variant": {"shopify_variant_id": 44_021_000_000_301_i64,
            "shopify_product_id": 8_011_000_000_103_i64, "title": "Small / Olive"},
        "customer": {"id": c(1), "email": "jane.okafor@example.com", "name": "Jane Okafor",
            "phone": "15035550101"},
        "optin": {"required": false, "confirmed": null},
        "notifications_sent": 0, "last_notified_at": null,
        "created_at": "2026-03-02T09:15:27Z", "updated_at": "2026-03-02T09:15:27Z",
        "shopify_market_id": null, "source": "storefront",
    })
}

/// The object with more fields, or others.
fn with(base: Value, more: Value) -> Value {
    let mut base = base;
    for (name, value) in more.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

#[test]
fn the_list_example_of_the_contract_holds() {
    assert_eq!(
        Bench::fixture().ok(
            "back_in_stock_signups_list",
            json!({"variant_id": v(4), "status": "pending"})
        ),
        json!({
            "signups": [first()],
            "meta": {"total_count": 1, "page": 1, "per_page": 50, "total_pages": 1},
        })
    );
}

#[test]
fn filters_narrow_and_the_newest_come_first() {
    assert_eq!(list(json!({"variant_id": v(4)})), labels(&[3, 2, 1]));
    assert_eq!(
        list(json!({"product_id": 8_011_000_000_104_i64})),
        labels(&[20, 22, 19, 18])
    );
    assert_eq!(list(json!({"channel": "sms"})), labels(&[22]));
    assert_eq!(list(json!({"status": "unsubscribed"})), labels(&[19, 9]));
    assert_eq!(list(json!({"email": "JANE.Ok"})), labels(&[18, 11, 1]));
    assert_eq!(
        list(json!({"phone": "+1 (503) 555-0106"})),
        labels(&[22, 6])
    );
    assert_eq!(list(json!({"phone": "no digits"})), labels(&[]));
    assert_eq!(list(json!({"variant_id": 1})), labels(&[]));
    assert_eq!(
        list(json!({"variant_id": v(4), "product_id": 8_011_000_000_104_i64})),
        labels(&[])
    );
    assert_eq!(list(json!({"email": "%"})), labels(&[]));
}

#[test]
fn both_ends_of_the_window_count() {
    let window = |from: &str, to: &str| list(json!({"from": from, "to": to}));
    assert_eq!(window("2026-03-05", "2026-03-05"), labels(&[4, 3]));
    assert_eq!(
        window("2026-03-05T07:41:55Z", "2026-03-05T20:10:03Z"),
        labels(&[4, 3])
    );
    assert_eq!(
        window("2026-03-05T07:41:56Z", "2026-03-05T20:10:02Z"),
        labels(&[])
    );
    assert_eq!(
        window("2026-03-05T08:41:55+01:00", "2026-03-05"),
        labels(&[4, 3])
    );
    let refused = |args| Bench::fixture().refused("back_in_stock_signups_list", args);
    assert_eq!(
        refused(json!({"from": "2026-03-06", "to": "2026-03-05"})),
        because(422, "from must be on or before to")
    );
    assert_eq!(
        refused(json!({"from": "soon"})),
        because(422, "from must be a date")
    );
}

#[test]
fn pages_end_and_the_total_stays_true() {
    let mut bench = Bench::fixture();
    let mut page = |page: i64| {
        bench.ok(
            "back_in_stock_signups_list",
            json!({"page": page, "per_page": 10}),
        )
    };
    let third = page(3);
    assert_eq!(ids(&third), [s(1), s(21)]);
    assert_eq!(
        third["meta"],
        json!({"total_count": 22, "page": 3, "per_page": 10, "total_pages": 3})
    );
    let past = page(i64::MAX);
    assert_eq!(ids(&past), Vec::<&str>::new());
    assert_eq!(past["meta"]["total_pages"], 3);
}

#[test]
fn one_signup_is_read_and_other_shops_have_none_of_it() {
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.ok("back_in_stock_signups_read", json!({"id": s(1)})),
        first()
    );
    assert_eq!(
        bench.ok(
            "back_in_stock_signups_read",
            json!({"id": s(1).to_uppercase()})
        ),
        first()
    );
    let tenth = bench.ok("back_in_stock_signups_read", json!({"id": s(10)}));
    assert_eq!(tenth["notifications_sent"], 2);
    assert_eq!(tenth["last_notified_at"], "2026-03-25T09:12:44Z");
    assert_eq!(tenth["updated_at"], "2026-03-25T09:12:44Z");
    let push = bench.ok("back_in_stock_signups_read", json!({"id": s(8)}));
    assert_eq!(push["contact"], Value::Null);
    bench.shop(2);
    let refused = bench.refused("back_in_stock_signups_read", json!({"id": s(1)}));
    assert_eq!(refused, because(404, "Signup not found"));
    let quay = bench.ok("back_in_stock_signups_list", json!({}));
    assert_eq!(ids(&quay), [s(901)]);
}
