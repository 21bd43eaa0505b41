//! Deep partial patches, their rules and what they bring about.

use serde_json::{Value, json};

use crate::sandbox::testing::{Bench, because};

const UPDATE: &str = "back_in_stock_settings_update";
const CHANNELS: &str = "back_in_stock_settings_channels_update";
const DELIVERY: &str = "back_in_stock_settings_delivery_update";
const ALERTS: &str = "back_in_stock_settings_alerts_update";

fn fixture() -> Value {
    json!({
        "channels": {"email": {"enabled": true}, "sms": {"enabled": false}, "push": {"enabled": true}},
        "delivery": {"batching": {"enabled": false, "batch_size": 100, "interval_minutes": 60},
            "stock_threshold": 1, "shopify_location_ids": [], "any_variant": {"enabled": false}},
        "compliance": {"optin_required": false},
        "tagging": {"order_tag": {"enabled": false, "value": "Back in stock"}},
        "alerts": {"recipient_email": "ops@juniper-supply.example",
            "waitlist_alert": {"enabled": true, "threshold": 6},
            "scheduled_reports": {"enabled": true, "daily": false, "weekly": true, "monthly": false}},
    })
}

fn sms_check(bench: &Bench) -> String {
    bench
        .db
        .query_row(
            "SELECT sms_verification FROM shops WHERE id LIKE '%1'",
            [],
            |row| row.get(0),
        )
        .unwrap()
}

#[test]
fn root_and_blocks_are_read() {
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.ok("back_in_stock_settings_read", json!({})),
        fixture()
    );
    for block in ["channels", "delivery", "compliance", "tagging", "alerts"] {
        let name = format!("back_in_stock_settings_{block}_read");
        assert_eq!(bench.ok(&name, json!({})), fixture()[block]);
    }
}

#[test]
fn the_write_example_of_the_contract_holds_and_starts_one_check() {
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.ok(CHANNELS, json!({"sms": {"enabled": true}})),
        json!({"email": {"enabled": true}, "sms": {"enabled": true}, "push": {"enabled": true}})
    );
    assert_eq!(
        bench.effects,
        [json!({"kind": "settings_written", "blocks": ["channels"]})]
    );
    assert_eq!(sms_check(&bench), "pending");
    bench.ok(CHANNELS, json!({"sms": {"enabled": true}}));
    assert_eq!(
        bench.effects,
        Vec::<Value>::new(),
        "no change, nothing written"
    );
    bench.sql("UPDATE shops SET sms_verification = 'rejected'");
    bench.ok(CHANNELS, json!({"sms": {"enabled": false}}));
    bench.ok(CHANNELS, json!({"sms": {"enabled": true}}));
    assert_eq!(
        sms_check(&bench),
        "rejected",
        "only the first activation is checked"
    );
}

#[test]
fn a_root_patch_mixes_blocks_at_any_depth() {
    let mut bench = Bench::fixture();
    let mut expected = fixture();
    expected["delivery"]["batching"]["batch_size"] = json!(20);
    expected["delivery"]["shopify_location_ids"] = json!([71_000_000_002_i64]);
    expected["compliance"]["optin_required"] = json!(true);
    expected["alerts"]["scheduled_reports"]["daily"] = json!(true);
    let answer = bench.ok(
        UPDATE,
        json!({
            "delivery": {"batching": {"batch_size": 20, "nope": 1}, "shopify_location_ids": [71_000_000_002_i64]},
            "compliance": {"optin_required": true},
            "alerts": {"scheduled_reports": {"daily": true}},
            "nope": {"enabled": true},
        }),
    );
    assert_eq!(answer, expected);
    assert_eq!(
        bench.effects,
        [json!({"kind": "settings_written", "blocks": ["delivery", "compliance", "alerts"]})]
    );
    assert_eq!(bench.ok("back_in_stock_settings_read", json!({})), expected);
    bench.ok(
        DELIVERY,
        json!({"shopify_location_ids": [71_000_000_001_i64]}),
    );
    let delivery = bench.ok("back_in_stock_settings_delivery_read", json!({}));
    assert_eq!(
        delivery["shopify_location_ids"],
        json!([71_000_000_001_i64]),
        "arrays are replaced"
    );
}

#[test]
fn broken_rules_come_together_and_nothing_is_written() {
    let mut bench = Bench::fixture();
    let patch = json!({
        "delivery": {"shopify_location_ids": [71_000_000_001_i64, 72_000_000_001_i64], "stock_threshold": 5},
        "alerts": {"recipient_email": null},
    });
    assert_eq!(
        bench.refused(UPDATE, patch),
        (
            422,
            vec![
                "delivery.shopify_location_ids.1 is not a location of this shop".to_owned(),
                "alerts.recipient_email must be filled while alerts are enabled".to_owned(),
            ]
        )
    );
    assert_eq!(
        bench.ok("back_in_stock_settings_read", json!({})),
        fixture()
    );
    assert_eq!(
        bench.refused(DELIVERY, json!({"shopify_location_ids": [5]})),
        because(422, "shopify_location_ids.0 is not a location of this shop")
    );
    assert_eq!(
        bench.refused(
            ALERTS,
            json!({"recipient_email": null, "waitlist_alert": {"enabled": false}})
        ),
        because(
            422,
            "recipient_email must be filled while alerts are enabled"
        )
    );
    let quiet = json!({
        "recipient_email": null,
        "waitlist_alert": {"enabled": false},
        "scheduled_reports": {"enabled": false},
    });
    assert_eq!(bench.ok(ALERTS, quiet)["recipient_email"], Value::Null);
    assert_eq!(
        bench.ok(ALERTS, json!({"recipient_email": "Ops@Example.com"}))["recipient_email"],
        "ops@example.com"
    );
}

#[test]
fn writing_the_waitlist_alert_clears_its_memory() {
    let mut bench = Bench::fixture();
    let marks = "SELECT count(*) FROM waitlist_marks";
    bench.sql("INSERT INTO waitlist_marks SELECT id, 1 FROM shops");
    bench.ok(ALERTS, json!({"scheduled_reports": {"daily": true}}));
    assert_eq!(bench.number(marks), 2);
    bench.ok(ALERTS, json!({"waitlist_alert": {"threshold": 7}}));
    assert_eq!(bench.number(marks), 1, "the other shop keeps its own");
}
