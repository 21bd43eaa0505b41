//! Restocks with their runs over time, orders with their credit, and shoppers' own decisions.

use serde_json::{Value, json};

use super::{confirm_optin, set_inventory, take_order, unsubscribe};
use crate::sandbox::reply::Reply;
use crate::sandbox::testing::{Bench, c, object, s, v};

const PORTLAND: i64 = 71_000_000_001;
const SEATTLE: i64 = 71_000_000_002;

fn stock(bench: &mut Bench, variant: i64, location: i64, available: i64) -> Reply {
    let body = object(json!({
        "shopify_variant_id": variant,
        "shopify_location_id": location,
        "available": available,
    }));
    bench.request(|scope| set_inventory(scope, &body))
}

/// Signups that the latest call alerted, in order.
fn alerted(bench: &Bench) -> Vec<String> {
    bench
        .effects
        .iter()
        .filter(|effect| effect["kind"] == "send")
        .map(|effect| effect["signup_id"].as_str().unwrap().to_owned())
        .collect()
}

fn labels(numbers: &[u32]) -> Vec<String> {
    numbers.iter().copied().map(s).collect()
}

fn settings(bench: &mut Bench, patch: Value) {
    bench.ok("back_in_stock_settings_delivery_update", patch);
}

/// Lets time pass and settles what became due.
fn wait(bench: &mut Bench, minutes: i64) -> Vec<String> {
    bench.advance(minutes);
    bench.ok("back_in_stock_settings_read", json!({}));
    alerted(bench)
}

#[test]
fn reaching_the_threshold_from_below_alerts_all_waiters_oldest_first() {
    let mut bench = Bench::fixture();
    let answer = stock(&mut bench, v(3), PORTLAND, 5).unwrap();
    assert_eq!(answer, json!({"countable": 5, "alerts_started": 5}));
    assert_eq!(alerted(&bench), labels(&[13, 14, 15, 16, 17]));
    assert_eq!(
        stock(&mut bench, v(3), SEATTLE, 5).unwrap(),
        json!({"countable": 10, "alerts_started": 0})
    );
    stock(&mut bench, v(3), PORTLAND, 0).unwrap();
    stock(&mut bench, v(3), SEATTLE, 0).unwrap();
    let again = stock(&mut bench, v(3), PORTLAND, 1).unwrap();
    assert_eq!(
        again,
        json!({"countable": 1, "alerts_started": 0}),
        "nobody waits any more"
    );
}

#[test]
fn a_blocked_signup_is_retried_and_opt_outs_are_passed_over() {
    let mut bench = Bench::fixture();
    stock(&mut bench, v(5), PORTLAND, 1).unwrap();
    assert_eq!(alerted(&bench), labels(&[4, 6]));
    stock(&mut bench, v(8), PORTLAND, 1).unwrap();
    assert_eq!(
        bench.kinds(),
        ["send_blocked"],
        "S22 waits by sms, S19 opted out"
    );
    let mut bench = Bench::fixture();
    bench.ok(
        "back_in_stock_settings_compliance_update",
        json!({"optin_required": true}),
    );
    bench.request(|scope| confirm_optin(scope, &s(15))).unwrap();
    stock(&mut bench, v(3), PORTLAND, 1).unwrap();
    assert_eq!(alerted(&bench), labels(&[15]));
    assert_eq!(
        bench.effects.len(),
        1,
        "unconfirmed ones are passed over in silence"
    );
}

#[test]
fn threshold_locations_and_any_variant_decide() {
    let mut bench = Bench::fixture();
    settings(
        &mut bench,
        json!({"stock_threshold": 3, "shopify_location_ids": [SEATTLE]}),
    );
    assert_eq!(
        stock(&mut bench, v(3), PORTLAND, 9).unwrap()["countable"],
        0
    );
    assert_eq!(
        stock(&mut bench, v(3), SEATTLE, 2).unwrap(),
        json!({"countable": 2, "alerts_started": 0})
    );
    settings(&mut bench, json!({"stock_threshold": 2}));
    assert_eq!(
        wait(&mut bench, 60),
        labels(&[]),
        "a setting starts nothing"
    );
    settings(
        &mut bench,
        json!({"stock_threshold": 3, "any_variant": {"enabled": true}}),
    );
    assert_eq!(
        stock(&mut bench, v(3), SEATTLE, 3).unwrap()["alerts_started"],
        5
    );
    assert_eq!(
        stock(&mut bench, v(5), SEATTLE, 3).unwrap()["alerts_started"],
        4
    );
    assert_eq!(
        alerted(&bench),
        labels(&[1, 4, 6, 7]),
        "the whole product's waiters"
    );
}

#[test]
fn portions_go_out_over_time_each_at_its_own_moment() {
    let mut bench = Bench::fixture();
    settings(
        &mut bench,
        json!({"batching": {"enabled": true, "batch_size": 2, "interval_minutes": 30}}),
    );
    assert_eq!(
        stock(&mut bench, v(3), PORTLAND, 1).unwrap(),
        json!({"countable": 1, "alerts_started": 5})
    );
    assert_eq!(alerted(&bench), labels(&[13, 14]));
    assert_eq!(wait(&mut bench, 29), labels(&[]));
    let args = json!({"channel": "email", "shopify_variant_id": v(3), "email": "late@example.com"});
    bench.ok("back_in_stock_signups_create", args);
    bench.ok("back_in_stock_signups_delete", json!({"id": s(15)}));
    assert_eq!(
        wait(&mut bench, 600),
        labels(&[16, 17]),
        "the late one is not part of the run"
    );
    let sent = bench.ok("back_in_stock_signups_read", json!({"id": s(17)}));
    assert_eq!(sent["last_notified_at"], "2026-03-31T12:30:00Z");
    assert_eq!(bench.number("SELECT count(*) FROM alert_runs"), 0);
    let mut bench = Bench::fixture();
    settings(
        &mut bench,
        json!({"batching": {"enabled": true, "batch_size": 2, "interval_minutes": 30}}),
    );
    stock(&mut bench, v(3), PORTLAND, 1).unwrap();
    assert_eq!(
        wait(&mut bench, 60),
        labels(&[15, 16, 17]),
        "two portions at once"
    );
    let sent = bench.ok("back_in_stock_signups_read", json!({"id": s(17)}));
    assert_eq!(sent["last_notified_at"], "2026-03-31T13:00:00Z");
}

#[test]
fn a_run_ends_without_stock_and_ignores_a_second_start() {
    let mut bench = Bench::fixture();
    settings(
        &mut bench,
        json!({"batching": {"enabled": true, "batch_size": 1, "interval_minutes": 60}}),
    );
    stock(&mut bench, v(3), PORTLAND, 1).unwrap();
    stock(&mut bench, v(3), PORTLAND, 0).unwrap();
    assert_eq!(
        stock(&mut bench, v(3), PORTLAND, 1).unwrap()["alerts_started"],
        0
    );
    assert_eq!(wait(&mut bench, 60), labels(&[14]), "the first run goes on");
    stock(&mut bench, v(3), PORTLAND, 0).unwrap();
    assert_eq!(
        wait(&mut bench, 600),
        labels(&[]),
        "sold out at the next portion"
    );
    assert_eq!(
        stock(&mut bench, v(3), PORTLAND, 1).unwrap()["alerts_started"],
        3
    );
    assert_eq!(alerted(&bench), labels(&[15]));
}

#[test]
fn a_run_crosses_the_month_with_a_new_budget() {
    let mut bench = Bench::fixture();
    bench.sql("UPDATE shops SET plan_monthly_limit = 7");
    settings(
        &mut bench,
        json!({"batching": {"enabled": true, "batch_size": 2, "interval_minutes": 720}}),
    );
    stock(&mut bench, v(3), PORTLAND, 1).unwrap();
    assert_eq!(bench.kinds(), ["send", "send_blocked"]);
    assert_eq!(wait(&mut bench, 3_000), labels(&[15, 16, 17]));
    assert_eq!(
        bench.number("SELECT plan_used FROM shops WHERE id LIKE '%1'"),
        3
    );
}

#[test]
fn inventory_bodies_are_checked() {
    let mut bench = Bench::fixture();
    let texts = |reply: Reply| reply.unwrap_err().body()["errors"].clone();
    let empty = bench.request(|scope| set_inventory(scope, &object(json!({}))));
    assert_eq!(
        texts(empty),
        json!([
            "shopify_variant_id is missing",
            "shopify_location_id is missing",
            "available is missing"
        ])
    );
    assert_eq!(
        texts(stock(&mut bench, 5, 72_000_000_001, i64::MAX)),
        json!([
            "available must be less than or equal to 1000000000",
            "shopify_variant_id is not a variant of this shop",
            "shopify_location_id is not a location of this shop",
        ])
    );
}

fn order(bench: &mut Bench, body: Value) -> Reply {
    let body = object(body);
    bench.request(|scope| take_order(scope, &body))
}

#[test]
fn an_order_is_credited_by_time_since_the_alert() {
    let mut bench = Bench::fixture();
    let mut credit = |at: &str, utm: bool| {
        let answer = order(
            &mut bench,
            json!({
                "email": "Ines.Costa@example.com", "created_at": at, "utm": utm,
                "lines": [{"shopify_variant_id": v(1), "quantity": 2}],
            }),
        )
        .unwrap();
        answer["attributions"]
            .as_array()
            .unwrap()
            .first()
            .map(|row| {
                (
                    row["notification_id"].as_str().unwrap()[35..].to_owned(),
                    row["confidence"].clone(),
                )
            })
    };
    let found = |log: &str, confidence: &str| Some((log.to_owned(), json!(confidence)));
    assert_eq!(
        credit("2026-03-20T00:00:00Z", true),
        None,
        "before any alert"
    );
    assert_eq!(credit("2026-03-21T07:00:00Z", false), found("6", "medium"));
    assert_eq!(credit("2026-04-01T09:12:44Z", false), found("9", "medium"));
    assert_eq!(credit("2026-04-01T09:12:45Z", false), found("9", "low"));
    assert_eq!(credit("2026-04-24T09:12:44Z", false), found("9", "low"));
    assert_eq!(credit("2026-04-24T09:12:45Z", false), None);
    assert_eq!(credit("2027-04-24T09:12:45Z", true), found("9", "high"));
}

#[test]
fn lines_add_up_and_the_order_is_tagged_when_counted() {
    let mut bench = Bench::fixture();
    bench.ok(
        "back_in_stock_settings_tagging_update",
        json!({"order_tag": {"enabled": true}}),
    );
    bench.ok("back_in_stock_signups_notify", json!({"id": s(1)}));
    let log_id = bench.effects[0]["notification_id"].clone();
    let answer = order(
        &mut bench,
        json!({
            "phone": "+1 503 555 0101",
            "lines": [
                {"shopify_variant_id": v(4), "quantity": 2},
                {"shopify_variant_id": v(4), "quantity": 1, "price": "100.50"},
                {"shopify_variant_id": v(1), "quantity": 1},
                {"shopify_variant_id": v(7), "quantity": 1},
            ],
        }),
    )
    .unwrap();
    assert_eq!(answer["shopify_order_id"], 6_120_000_000_101_i64);
    assert_eq!(
        answer["attributions"],
        json!([
            {"signup_id": s(1), "notification_id": log_id, "confidence": "medium", "revenue": "336.50",
                "tagged": true},
            {"signup_id": s(11), "notification_id": "07100000-0000-4000-8000-000000000007",
                "confidence": "low", "revenue": "89.00", "tagged": false},
        ])
    );
    assert_eq!(
        bench.kinds()[..4],
        ["attribution", "attribution", "order_tagged", "order_placed"],
        "V1 is on preorder"
    );
    assert_eq!(bench.effects[2]["tag"], "Back in stock");
    let summary = bench.ok("back_in_stock_reports_summary", json!({}));
    assert_eq!(summary["totals"]["recovered_revenue"], "957.50");
    let stranger = order(
        &mut bench,
        json!({
            "shopify_customer_id": 5, "lines": [{"shopify_variant_id": v(4), "quantity": 1}],
        }),
    );
    assert_eq!(
        stranger.unwrap(),
        json!({"shopify_order_id": 6_120_000_000_102_i64, "attributions": [], "preorder": null})
    );
}

#[test]
fn order_bodies_are_checked() {
    let mut bench = Bench::fixture();
    let mut texts = |body: Value| order(&mut bench, body).unwrap_err().body()["errors"].clone();
    assert_eq!(
        texts(json!({})),
        json!([
            "one of email, phone, shopify_customer_id must be filled",
            "lines is missing"
        ])
    );
    assert_eq!(
        texts(json!({
            "shopify_order_id": 6_120_000_000_001_i64, "email": "a@example.com", "utm": "yes", "created_at": "now",
            "lines": [7, {"quantity": 0}, {"shopify_variant_id": 5, "quantity": 1, "price": "1.234"}],
        })),
        json!([
            "lines.0 must be a hash",
            "lines.1.shopify_variant_id is missing",
            "lines.1.quantity must be greater than or equal to 1",
            "lines.2.price is in invalid format",
            "lines.2.shopify_variant_id is not a variant of this shop",
            "utm must be boolean",
            "created_at must be a timestamp",
            "shopify_order_id belongs to an order that was taken before",
        ])
    );
    assert_eq!(
        texts(json!({"email": "a@example.com", "lines": []})),
        json!(["lines size cannot be less than 1"])
    );
}

#[test]
fn shoppers_opt_out_of_one_signup_or_of_all() {
    let mut bench = Bench::fixture();
    let mut leave = |id: String, body: Value| {
        let body = object(body);
        bench.request(|scope| unsubscribe(scope, &id, &body))
    };
    assert_eq!(leave(s(18), json!({})), Ok(json!({})));
    assert_eq!(leave(s(13), json!({"scope": "customer"})), Ok(json!({})));
    assert_eq!(leave(s(99), json!({})).unwrap_err().status(), 404);
    assert_eq!(
        leave(s(1), json!({"scope": "all"})).unwrap_err().body(),
        json!({"errors": ["scope must be one of: signup, customer"]})
    );
    let gone = bench.ok(
        "back_in_stock_signups_list",
        json!({"status": "unsubscribed"}),
    );
    let ids: Vec<&Value> = gone["signups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    let expected: Vec<Value> = labels(&[20, 19, 18, 13, 9, 3])
        .into_iter()
        .map(Value::from)
        .collect();
    assert_eq!(ids, expected.iter().collect::<Vec<_>>());
    assert_eq!(
        bench.number(&format!(
            "SELECT count(*) FROM customers WHERE id = '{}' AND unsubscribed_at IS NOT NULL",
            c(3)
        )),
        1
    );
    assert_eq!(
        bench
            .request(|scope| confirm_optin(scope, &s(99)))
            .unwrap_err()
            .status(),
        404
    );
}
