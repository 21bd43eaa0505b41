//! What the fixture adds up to, and what holds after any sequence of writes.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::sandbox::hooks::set_inventory;
use crate::sandbox::seed::Kind;
use crate::sandbox::testing::{Bench, c, object, s, v};

#[test]
fn check_sums_of_the_fixture() {
    let mut bench = Bench::fixture();
    let mut count =
        |args: Value| bench.ok("back_in_stock_signups_list", args)["meta"]["total_count"].clone();
    assert_eq!(count(json!({"status": "pending"})), 12);
    assert_eq!(count(json!({"status": "notified"})), 7);
    assert_eq!(count(json!({"status": "unsubscribed"})), 2);
    assert_eq!(count(json!({})), 22);
    let rows = bench.ok("back_in_stock_signups_list", json!({}));
    let blocked: Vec<&Value> = rows["signups"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["status"] == "blocked")
        .map(|row| &row["id"])
        .collect();
    assert_eq!(blocked, [&json!(s(6))]);
}

#[test]
fn an_empty_shop_answers_everything_with_nothing() {
    let mut bench = Bench::of(Kind::Empty);
    assert_eq!(
        bench.ok("back_in_stock_signups_list", json!({})),
        json!({"signups": [], "meta": {"total_count": 0, "page": 1, "per_page": 50, "total_pages": 0}})
    );
    assert_eq!(
        bench.ok("back_in_stock_reports_summary", json!({}))["totals"],
        json!({"signups": 0, "pending": 0, "notified": 0, "conversions": 0, "conversion_rate": 0,
            "recovered_revenue": "0.00"})
    );
    assert_eq!(
        bench.ok("back_in_stock_settings_alerts_read", json!({}))["waitlist_alert"],
        json!({"enabled": false, "threshold": 50})
    );
}

/// One step of a random day at the shop.
#[derive(Debug, Clone)]
enum Step {
    Create {
        customer: u32,
        variant: usize,
        channel: usize,
        market: Option<i64>,
    },
    Notify {
        signups: Vec<u32>,
        allow_resend: bool,
    },
    Transfer {
        from: usize,
        to: usize,
        kind: usize,
    },
    Delete {
        signup: u32,
    },
    Restock {
        variant: usize,
        available: i64,
    },
    Wait {
        minutes: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let variant = || 1..9_usize;
    prop_oneof![
        (
            1..11_u32,
            variant(),
            0..3_usize,
            prop::option::of(Just(91_000_000_001))
        )
            .prop_map(|(customer, variant, channel, market)| Step::Create {
                customer,
                variant,
                channel,
                market
            }),
        (prop::collection::vec(1..23_u32, 1..6), any::<bool>()).prop_map(
            |(signups, allow_resend)| Step::Notify {
                signups,
                allow_resend
            }
        ),
        (variant(), variant(), 0..3_usize).prop_map(|(from, to, kind)| Step::Transfer {
            from,
            to,
            kind
        }),
        (1..23_u32).prop_map(|signup| Step::Delete { signup }),
        (variant(), 0..3_i64).prop_map(|(variant, available)| Step::Restock { variant, available }),
        (1..5_000_i64).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

/// Product of the variant V`n`.
fn product(label: usize) -> i64 {
    8_011_000_000_100 + [1, 1, 2, 3, 3, 3, 4, 4][label - 1]
}

fn take(bench: &mut Bench, step: Step) {
    let _ = match step {
        Step::Create {
            customer,
            variant,
            channel,
            market,
        } => bench.call(
            "back_in_stock_signups_create",
            json!({
                "channel": (["email", "sms", "push"][channel]),
                "customer_id": c(customer),
                "shopify_variant_id": v(variant),
                "email": format!("shopper{customer}@example.com"),
                "phone": format!("150355501{customer:02}"),
                "push": format!("token-{customer}"),
                "shopify_market_id": market,
            }),
        ),
        Step::Notify {
            signups,
            allow_resend,
        } => bench.call(
            "back_in_stock_signups_bulk_notify",
            json!({
                "signup_ids": signups.into_iter().map(s).collect::<Vec<_>>(),
                "allow_resend": allow_resend,
            }),
        ),
        Step::Transfer { from, to, kind } => bench.call(
            "back_in_stock_signups_transfer",
            json!({
                "from_shopify_variant_id": v(from), "from_shopify_product_id": product(from),
                "to_shopify_variant_id": v(to), "to_shopify_product_id": product(to),
                "signup_type": (["unsent", "sent", "all"][kind]),
            }),
        ),
        Step::Delete { signup } => {
            bench.call("back_in_stock_signups_delete", json!({"id": s(signup)}))
        }
        Step::Restock { variant, available } => bench.request(|scope| {
            set_inventory(
                scope,
                &object(json!({
                    "shopify_variant_id": v(variant),
                    "shopify_location_id": 71_000_000_001_i64,
                    "available": available,
                })),
            )
        }),
        Step::Wait { minutes } => {
            bench.advance(minutes);
            Ok(Value::Null)
        }
    };
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_books_balance_after_any_sequence(steps in prop::collection::vec(step(), 1..40)) {
        let mut bench = Bench::fixture();
        bench.sql("UPDATE shops SET plan_monthly_limit = 12, settings = json_set(settings,
            '$.delivery.batching.enabled', json('true'), '$.delivery.batching.batch_size', 2)");
        for step in steps {
            take(&mut bench, step);
        }
        let summary = bench.ok("back_in_stock_reports_summary", json!({"from": "2026-01-01"}));
        let totals = |name: &str| summary["totals"][name].as_i64().unwrap();
        prop_assert_eq!(totals("pending") + totals("notified"), totals("signups"));
        let series = bench.ok(
            "back_in_stock_reports_signups",
            json!({"from": "2026-01-01", "granularity": "month"}),
        );
        let sum: i64 = series["series"].as_array().unwrap().iter()
            .map(|bucket| bucket["signups"].as_i64().unwrap()).sum();
        prop_assert_eq!(sum, totals("signups"));
        prop_assert_eq!(totals("signups"), bench.number(
            "SELECT count(*) FROM signups WHERE shop_id LIKE '%1'"));
        prop_assert_eq!(0, bench.number(
            "SELECT count(*) FROM (SELECT 1 FROM signups WHERE notified_at IS NULL AND unsubscribed_at IS NULL
             GROUP BY customer_id, shopify_variant_id, channel, shopify_market_id HAVING count(*) > 1)"));
        prop_assert_eq!(0, bench.number(
            "SELECT count(*) FROM signups s WHERE s.notified_at IS NOT (SELECT max(n.sent_at)
             FROM notifications n WHERE n.signup_id = s.id AND n.status = 'sent')"));
        let month = bench.now.format("%Y-%m").to_string();
        let counted = bench.number(&format!(
            "SELECT count(*) FROM notifications WHERE status = 'sent' AND channel <> 'push'
             AND shop_id LIKE '%1' AND strftime('%Y-%m', sent_at / 1000, 'unixepoch') = '{month}'"));
        let used = bench.number("SELECT plan_used FROM shops WHERE id LIKE '%1'");
        prop_assert_eq!(used, counted);
        prop_assert!(used <= 12);
    }
}
