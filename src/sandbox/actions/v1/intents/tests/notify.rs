//! Alerts sent by hand, one or many.

use serde_json::json;

use super::{BULK_NOTIFY, error, table};
use crate::sandbox::testing::{Bench, s};
const NOTIFY: &str = "v1_intents_notify";
const ALREADY: &str = "Signup was already notified; pass allow_resend: true to send again";

#[test]
fn an_alert_is_sent_or_refused_with_its_reason() {
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.v1(NOTIFY, json!({"id": s(1).to_uppercase()})),
        (200, json!({"success": true, "intent_id": s(1)}))
    );
    assert_eq!(bench.kinds(), ["send"]);
    assert_eq!(bench.v1(NOTIFY, json!({"id": s(1)})), error(422, ALREADY));
    assert_eq!(
        bench
            .v1(NOTIFY, json!({"id": s(1), "allow_resend": true}))
            .0,
        200
    );
    table(
        NOTIFY,
        vec![
            (json!({}), error(404, "Intent not found")),
            (json!({"id": ""}), error(404, "Intent not found")),
            (json!({"id": s(99)}), error(404, "Intent not found")),
            (json!({"id": 5}), error(400, "id must be a string")),
            (
                json!({"id": s(1), "allow_resend": "often"}),
                error(400, "allow_resend must be boolean"),
            ),
            (json!({"id": s(2)}), error(422, ALREADY)),
            (
                json!({"id": s(9), "allow_resend": true}),
                error(422, "Signup is unsubscribed and cannot be notified"),
            ),
        ],
    );
    bench.sql("UPDATE shops SET settings = json_set(settings, '$.compliance.optin_required', json('true'))");
    assert_eq!(
        bench.v1(NOTIFY, json!({"id": s(4)})),
        error(422, "Signup has not confirmed its opt-in")
    );
}

#[test]
fn an_alert_held_back_by_a_gate_is_refused_and_stays_on_record() {
    let mut bench = Bench::fixture();
    let rows = "SELECT count(*) FROM notifications";
    let before = bench.number(rows);
    assert_eq!(
        bench.v1(NOTIFY, json!({"id": s(22)})),
        error(422, "Notification blocked: channel_disabled")
    );
    assert_eq!(bench.kinds(), ["send_blocked"]);
    assert_eq!(bench.number(rows), before + 1);
    let (_, intent) = bench.v1("v1_intents_read", json!({"id": s(22)}));
    assert_eq!(
        (
            &intent["blocked_at"],
            &intent["notified_at"],
            &intent["notifications_count"],
            &intent["sent_notifications_count"]
        ),
        (
            &json!("2026-03-31T12:00:00.000Z"),
            &json!(null),
            &json!(1),
            &json!(0)
        )
    );
    bench.sql("UPDATE shops SET plan_monthly_limit = 0");
    assert_eq!(
        bench.v1(NOTIFY, json!({"id": s(1)})),
        error(422, "Notification blocked: plan_limit_reached")
    );
}

#[test]
fn many_alerts_succeed_in_part_with_207() {
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.v1(BULK_NOTIFY, json!({"intent_ids": [s(13), s(22)]})),
        (
            207,
            json!({"success": [s(13)],
                "failed": [{"intent_id": s(22), "error": "Notification blocked: channel_disabled"}]})
        )
    );
    assert_eq!(bench.kinds(), ["send", "send_blocked"]);
    assert_eq!(
        bench.v1(BULK_NOTIFY, json!({"intent_ids": [s(14), s(15), s(14)]})),
        (200, json!({"success": [s(14), s(15)], "failed": []}))
    );
    assert_eq!(bench.kinds(), ["send", "send"]);
    // None of them sent, in the order asked for.
    assert_eq!(
        bench.v1(
            BULK_NOTIFY,
            json!({"intent_ids": [s(13), s(99), s(22), s(9)]})
        ),
        (
            207,
            json!({"success": [], "failed": [
                {"intent_id": s(13), "error": ALREADY},
                {"intent_id": s(99), "error": "Intent not found"},
                {"intent_id": s(22), "error": "Notification blocked: channel_disabled"},
                {"intent_id": s(9), "error": "Signup is unsubscribed and cannot be notified"},
            ]})
        )
    );
    assert_eq!(
        bench.v1(
            BULK_NOTIFY,
            json!({"intent_ids": [s(13)], "allow_resend": true})
        ),
        (200, json!({"success": [s(13)], "failed": []}))
    );
}
