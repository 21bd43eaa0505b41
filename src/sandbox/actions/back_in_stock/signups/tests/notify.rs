//! Sending by hand: log, counter, gates, partial success.

use serde_json::{Value, json};

use super::{first, with};
use crate::sandbox::testing::{Bench, because, s};

const NOTIFY: &str = "back_in_stock_signups_notify";
const BULK_NOTIFY: &str = "back_in_stock_signups_bulk_notify";

#[test]
fn notify_sends_logs_and_counts() {
    let mut bench = Bench::fixture();
    let answer = bench.ok(NOTIFY, json!({"id": s(1)}));
    let log_id = answer["notification"]["id"].clone();
    assert_eq!(
        answer["signup"],
        with(
            first(),
            json!({"status": "notified", "notifications_sent": 1,
            "last_notified_at": "2026-03-31T12:00:00Z", "updated_at": "2026-03-31T12:00:00Z"})
        )
    );
    assert_eq!(
        answer["notification"],
        json!({
            "id": log_id, "signup_id": s(1), "status": "sent", "blocked_reason": null,
            "channel": "email", "contact": "jane.okafor@example.com",
            "variant": first()["variant"], "customer": first()["customer"],
            "sent_at": "2026-03-31T12:00:00Z", "created_at": "2026-03-31T12:00:00Z",
        })
    );
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "send", "signup_id": s(1), "notification_id": log_id, "channel": "email",
            "contact": "jane.okafor@example.com"})
        ]
    );
    assert_eq!(
        bench.number("SELECT plan_used FROM shops WHERE id LIKE '%1'"),
        7
    );
    assert_eq!(
        bench.refused(NOTIFY, json!({"id": s(1)})),
        because(
            409,
            "Signup was already notified; pass allow_resend: true to send again"
        )
    );
    let again = bench.ok(NOTIFY, json!({"id": s(1), "allow_resend": true}));
    assert_eq!(again["signup"]["notifications_sent"], 2);
    for id in [s(9), s(19)] {
        assert_eq!(
            bench.refused(NOTIFY, json!({"id": id, "allow_resend": true})),
            because(409, "Signup is unsubscribed and cannot be notified")
        );
    }
    assert_eq!(
        bench.refused(NOTIFY, json!({"id": s(99)})),
        because(404, "Signup not found")
    );
}

#[test]
fn gates_stop_a_send_and_leave_a_log_row() {
    let mut bench = Bench::fixture();
    let mut stopped = |prepare: &str, id: String| {
        bench.sql(prepare);
        let answer = bench.ok(NOTIFY, json!({"id": id, "allow_resend": true}));
        assert_eq!(bench.kinds(), ["send_blocked"]);
        assert_eq!(answer["notification"]["status"], "blocked");
        assert_eq!(answer["notification"]["sent_at"], Value::Null);
        (
            answer["notification"]["blocked_reason"].clone(),
            answer["signup"]["status"].clone(),
        )
    };
    let blocked = |reason: &str| (json!(reason), json!("blocked"));
    assert_eq!(stopped("", s(22)), blocked("channel_disabled"));
    let on =
        "UPDATE shops SET settings = json_set(settings, '$.channels.sms.enabled', json('true'))";
    assert_eq!(stopped(on, s(22)), blocked("sms_verification_pending"));
    let pending = "UPDATE shops SET sms_verification = 'pending'";
    assert_eq!(stopped(pending, s(22)), blocked("sms_verification_pending"));
    let rejected = "UPDATE shops SET sms_verification = 'rejected'";
    assert_eq!(
        stopped(rejected, s(22)),
        blocked("sms_verification_rejected")
    );
    let used_up = "UPDATE shops SET sms_verification = 'verified', plan_monthly_limit = 6";
    assert_eq!(stopped(used_up, s(22)), blocked("plan_limit_reached"));
    assert_eq!(stopped("", s(1)), blocked("plan_limit_reached"));
    assert_eq!(
        stopped("", s(2)),
        (json!("plan_limit_reached"), json!("notified"))
    );
    let push = bench.ok(NOTIFY, json!({"id": s(8), "allow_resend": true}));
    assert_eq!(push["notification"]["status"], "sent", "push is free");
    assert_eq!(
        bench.number("SELECT plan_used FROM shops WHERE id LIKE '%1'"),
        6
    );
    bench.advance(12 * 60);
    let april = bench.ok(NOTIFY, json!({"id": s(1)}));
    assert_eq!(
        april["signup"]["status"], "notified",
        "a new month, a new budget"
    );
    assert_eq!(
        bench.number("SELECT plan_used FROM shops WHERE id LIKE '%1'"),
        1
    );
}

#[test]
fn the_bulk_notify_example_of_the_contract_holds() {
    let mut bench = Bench::fixture();
    let ids = json!({"signup_ids": [s(13), s(14), s(22), s(2), s(13), s(99)]});
    let answer = bench.ok(BULK_NOTIFY, ids.clone());
    let log_id = answer["blocked"][0]["notification_id"].clone();
    let failed = |number: u32, error: &str| json!({"signup_id": s(number), "error": error});
    let repeated = "Signup was already notified; pass allow_resend: true to send again";
    assert_eq!(
        answer,
        json!({
            "success": [s(13), s(14)],
            "blocked": [{"signup_id": s(22), "notification_id": log_id,
                "blocked_reason": "channel_disabled"}],
            "failed": [failed(2, repeated), failed(99, "Signup not found")],
        })
    );
    assert_eq!(bench.kinds(), ["send", "send", "send_blocked"]);
    let again = bench.ok(BULK_NOTIFY, ids);
    assert_eq!(again["success"], json!([]));
    assert_eq!(again["blocked"][0]["signup_id"], json!(s(22)));
    assert_ne!(
        again["blocked"][0]["notification_id"], log_id,
        "every try is a new row"
    );
    assert_eq!(
        again["failed"],
        json!([
            failed(13, repeated),
            failed(14, repeated),
            failed(2, repeated),
            failed(99, "Signup not found")
        ])
    );
}

#[test]
fn a_plan_limit_hit_midway_blocks_the_rest() {
    let mut bench = Bench::fixture();
    bench.sql("UPDATE shops SET plan_monthly_limit = 8");
    let ids: Vec<String> = (13..18).map(s).collect();
    let answer = bench.ok(BULK_NOTIFY, json!({"signup_ids": ids}));
    assert_eq!(answer["success"], json!([s(13), s(14)]));
    let blocked: Vec<(&Value, &Value)> = answer["blocked"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["signup_id"], &row["blocked_reason"]))
        .collect();
    let reason = json!("plan_limit_reached");
    assert_eq!(
        blocked,
        [
            (&json!(s(15)), &reason),
            (&json!(s(16)), &reason),
            (&json!(s(17)), &reason)
        ]
    );
}
