//! Lists and reads, then one write at a time: answer, effects, refusals, repeat.

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

const CREATE: &str = "back_in_stock_signups_create";

fn rosa() -> Value {
    json!({"channel": "email", "shopify_variant_id": v(3), "email": "Rosa.Lind@example.com", "name": "Rosa Lind"})
}

fn with(base: Value, more: Value) -> Value {
    let mut base = base;
    for (name, value) in more.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

#[test]
fn the_create_example_of_the_contract_holds() {
    let mut bench = Bench::fixture();
    bench.sql("UPDATE shops SET settings = json_set(settings, '$.alerts.waitlist_alert.enabled', json('false'))");
    let answer = bench.ok(CREATE, rosa());
    let (id, customer) = (answer["id"].clone(), answer["customer"]["id"].clone());
    assert_eq!(
        answer,
        json!({
            "id": id, "status": "pending", "channel": "email", "contact": "rosa.lind@example.com",
            "quantity": 1,
            "variant": {"shopify_variant_id": v(3), "shopify_product_id": 8_011_000_000_102_i64,
                "title": "Default Title"},
            "customer": {"id": customer, "email": "rosa.lind@example.com", "name": "Rosa Lind",
                "phone": null},
            "optin": {"required": false, "confirmed": null},
            "notifications_sent": 0, "last_notified_at": null,
            "created_at": "2026-03-31T12:00:00Z", "updated_at": "2026-03-31T12:00:00Z",
            "shopify_market_id": null, "source": "api",
        })
    );
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "customer_created", "customer_id": customer}),
            json!({"kind": "signup_created", "signup_id": id}),
        ]
    );
    let text = format!("signup already exists: {}", id.as_str().unwrap());
    assert_eq!(bench.refused(CREATE, rosa()), because(422, &text));
}

#[test]
fn create_refuses_in_the_order_of_the_contract() {
    let mut bench = Bench::fixture();
    let mut args = json!({
        "channel": "sms", "shopify_variant_id": 5, "customer_id": s(1),
        "shopify_product_id": 8_011_000_000_101_i64, "shopify_market_id": 92_000_000_001_i64,
        "email": "jane.okafor@example.com", "phone": null,
    });
    let mut expect = |repair: Value, status: u16, text: &str| {
        assert_eq!(bench.refused(CREATE, args.clone()), because(status, text));
        args = with(args.clone(), repair);
    };
    expect(
        json!({"phone": "15035550102"}),
        422,
        "phone must be filled when channel is sms",
    );
    expect(
        json!({"shopify_variant_id": v(3)}),
        404,
        "Product variant not found",
    );
    expect(json!({"customer_id": c(9)}), 404, "Customer not found");
    expect(
        json!({"shopify_product_id": 8_011_000_000_102_i64}),
        422,
        "shopify_product_id does not match shopify_variant_id",
    );
    expect(
        json!({"shopify_market_id": null}),
        422,
        "shopify_market_id is not a market of this shop",
    );
    expect(
        json!({"channel": "email"}),
        422,
        "channel sms is not enabled",
    );
    assert_eq!(
        bench.refused(CREATE, args.clone()),
        (
            422,
            vec![
                "email belongs to another customer".to_owned(),
                "phone belongs to another customer".to_owned(),
            ]
        )
    );
    args = with(
        args,
        json!({"email": "sam.wood@example.com", "phone": null}),
    );
    assert_eq!(
        bench.refused(CREATE, args.clone()),
        because(422, "contact has unsubscribed from alerts")
    );
    args = with(
        args,
        json!({"customer_id": null, "email": "priya.nair@example.com"}),
    );
    let text = format!("signup already exists: {}", s(13));
    assert_eq!(bench.refused(CREATE, args), because(422, &text));
    for (channel, contact) in [("email", "email"), ("push", "push")] {
        assert_eq!(
            bench.refused(
                CREATE,
                json!({"channel": channel, "shopify_variant_id": v(3)})
            ),
            because(
                422,
                &format!("{contact} must be filled when channel is {channel}")
            )
        );
    }
}

#[test]
fn only_a_waiting_row_of_the_same_kind_is_a_duplicate() {
    let mut bench = Bench::fixture();
    let mut create = |email: &str, variant: usize, more: Value| {
        let args = json!({"channel": "email", "shopify_variant_id": v(variant), "email": email});
        bench
            .call(CREATE, with(args, more))
            .map(|answer| answer["id"].clone())
    };
    assert!(
        create("mateo.ruiz@example.com", 4, json!({})).is_ok(),
        "the old row is notified"
    );
    assert!(
        create("mateo.ruiz@example.com", 8, json!({})).is_ok(),
        "the old row is unsubscribed"
    );
    assert!(
        create("noor.haddad@example.com", 5, json!({})).is_err(),
        "a blocked row waits"
    );
    let market = json!({"shopify_market_id": 91_000_000_002_i64});
    assert!(create("noor.haddad@example.com", 5, market.clone()).is_ok());
    assert!(create("noor.haddad@example.com", 5, market).is_err());
    let push = json!({"channel": "push", "push": "token"});
    assert!(create("noor.haddad@example.com", 5, push).is_ok());
}

#[test]
fn the_first_key_that_hits_names_the_customer_who_is_updated() {
    let mut bench = Bench::fixture();
    bench.sql(&format!(
        "UPDATE customers SET shopify_customer_id = 77 WHERE id = '{}'",
        c(4)
    ));
    let mut create = |more: Value| {
        let args = with(
            json!({"channel": "email", "shopify_variant_id": v(8)}),
            more,
        );
        let answer = bench.ok(CREATE, args);
        (answer["customer"].clone(), bench.kinds().join(" "))
    };
    assert_eq!(
        create(json!({"shopify_customer_id": 77, "email": "lena@example.org", "name": "Lena F."})),
        (
            json!({"id": c(4), "email": "lena@example.org", "name": "Lena F.", "phone": null}),
            "customer_updated signup_created".to_owned()
        )
    );
    assert_eq!(
        create(json!({"email": "TOM.BAKER@example.com"})),
        (
            json!({"id": c(5), "email": "tom.baker@example.com", "name": "Tom Baker", "phone": null}),
            "signup_created".to_owned()
        )
    );
    assert_eq!(
        create(json!({"phone": "15035550106", "email": "noor@example.net"})).0["id"],
        json!(c(6))
    );
    assert_eq!(
        create(json!({"push": "push-demo-08", "email": "eight@example.net"})).0,
        json!({"id": c(8), "email": "eight@example.net", "name": null, "phone": null})
    );
    let quay = json!({"email": "bo.lindqvist@example.com"});
    assert_ne!(
        create(quay).0["id"],
        json!(c(901)),
        "another shop's customer"
    );
}

#[test]
fn a_double_opt_in_asks_and_holds_the_alert() {
    let mut bench = Bench::fixture();
    bench.ok(
        "back_in_stock_settings_compliance_update",
        json!({"optin_required": true}),
    );
    let args = json!({"channel": "email", "shopify_variant_id": v(8), "email": "a@example.com"});
    let answer = bench.ok(CREATE, args);
    assert_eq!(
        answer["optin"],
        json!({"required": true, "confirmed": false})
    );
    assert_eq!(
        bench.kinds(),
        ["customer_created", "signup_created", "optin_message"]
    );
    assert_eq!(bench.effects[2]["contact"], "a@example.com");
    let id = answer["id"].clone();
    assert_eq!(
        bench.refused("back_in_stock_signups_notify", json!({"id": id})),
        because(409, "Signup has not confirmed its opt-in")
    );
    assert_eq!(
        bench.refused(
            "back_in_stock_signups_notify",
            json!({"id": s(2), "allow_resend": true})
        ),
        because(409, "Signup has not confirmed its opt-in")
    );
    bench
        .request(|scope| crate::sandbox::hooks::confirm_optin(scope, id.as_str().unwrap()))
        .unwrap();
    let sent = bench.ok("back_in_stock_signups_notify", json!({"id": id}));
    assert_eq!(sent["notification"]["status"], "sent");
    assert_eq!(
        sent["signup"]["optin"],
        json!({"required": true, "confirmed": true})
    );
}

#[test]
fn the_merchant_is_told_once_when_a_waitlist_reaches_the_threshold() {
    let mut bench = Bench::fixture();
    let join = |bench: &mut Bench, number: u32| {
        let email = format!("new{number}@example.com");
        let args = json!({"channel": "email", "shopify_variant_id": v(3), "email": email});
        bench.ok(CREATE, args)["id"].clone()
    };
    let sixth = join(&mut bench, 6);
    assert_eq!(
        bench.effects.last().unwrap(),
        &json!({"kind": "merchant_alert", "shopify_variant_id": v(3), "waiting": 6,
            "recipient_email": "ops@juniper-supply.example"})
    );
    bench.ok("back_in_stock_signups_delete", json!({"id": sixth}));
    join(&mut bench, 7);
    assert_eq!(bench.kinds(), ["customer_created", "signup_created"]);
    bench.ok(
        "back_in_stock_settings_alerts_update",
        json!({"waitlist_alert": {"threshold": 7}}),
    );
    join(&mut bench, 8);
    assert_eq!(
        bench.kinds(),
        ["customer_created", "signup_created", "merchant_alert"]
    );
    join(&mut bench, 9);
    assert_eq!(bench.kinds(), ["customer_created", "signup_created"]);
}

#[test]
fn delete_removes_what_was_not_notified() {
    const DELETE: &str = "back_in_stock_signups_delete";
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.ok(DELETE, json!({"id": s(12)})),
        json!({"id": s(12), "deleted": true})
    );
    assert_eq!(
        bench.effects,
        [json!({"kind": "signup_deleted", "signup_id": s(12)})]
    );
    assert_eq!(
        bench.refused(DELETE, json!({"id": s(12)})),
        because(404, "Signup not found")
    );
    assert_eq!(
        bench.refused(DELETE, json!({"id": s(2)})),
        because(
            409,
            "Signup has already been notified and cannot be deleted"
        )
    );
    bench.ok(DELETE, json!({"id": s(6)}));
    let log = bench.ok(
        "back_in_stock_notifications_list",
        json!({"status": "blocked"}),
    );
    assert_eq!(
        log["notifications"][0]["signup_id"],
        json!(s(6)),
        "log rows stay"
    );
}

#[test]
fn bulk_delete_is_all_or_nothing() {
    const DELETE: &str = "back_in_stock_signups_bulk_delete";
    let mut bench = Bench::fixture();
    assert_eq!(
        bench.refused(DELETE, json!({"signup_ids": [s(4), s(2), s(3)]})),
        (
            409,
            vec![
                format!("Signup {} has already been notified", s(2)),
                format!("Signup {} has already been notified", s(3)),
            ]
        )
    );
    let ids = json!({"signup_ids": [s(4), s(7), s(4).to_uppercase(), s(999), s(901)]});
    assert_eq!(bench.ok(DELETE, ids.clone()), json!({"deleted_count": 2}));
    assert_eq!(bench.kinds(), ["signup_deleted", "signup_deleted"]);
    assert_eq!(
        bench.refused(DELETE, ids),
        because(404, "No valid signups found")
    );
}

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

const TRANSFER: &str = "back_in_stock_signups_transfer";

fn pour_over_to_cedar() -> Value {
    json!({
        "from_shopify_variant_id": v(3), "from_shopify_product_id": 8_011_000_000_102_i64,
        "to_shopify_variant_id": v(7), "to_shopify_product_id": 8_011_000_000_104_i64,
    })
}

#[test]
fn the_transfer_example_of_the_contract_holds() {
    let mut bench = Bench::fixture();
    let answer = bench.ok(TRANSFER, pour_over_to_cedar());
    assert_eq!(
        answer,
        json!({"transferred_count": 4, "skipped_count": 1, "skipped_ids": [s(13)]})
    );
    assert_eq!(
        bench.effects[0],
        json!({"kind": "signup_moved", "signup_id": s(14), "from_shopify_variant_id": v(3),
            "to_shopify_variant_id": v(7)})
    );
    assert_eq!(bench.kinds(), ["signup_moved"; 4]);
    let moved = bench.ok("back_in_stock_signups_read", json!({"id": s(14)}));
    assert_eq!(moved["variant"]["title"], "Cedar");
    assert_eq!(moved["created_at"], "2026-03-16T13:37:00Z");
    assert_eq!(moved["updated_at"], "2026-03-31T12:00:00Z");
    assert_eq!(
        bench.ok(TRANSFER, pour_over_to_cedar()),
        json!({"transferred_count": 0, "skipped_count": 1, "skipped_ids": [s(13)]})
    );
}

#[test]
fn transfer_moves_the_wanted_type_and_never_an_opt_out() {
    let move_all =
        |kind: &str| {
            let mut bench = Bench::fixture();
            let answer = bench.ok(TRANSFER, json!({
            "from_shopify_variant_id": v(5), "from_shopify_product_id": 8_011_000_000_103_i64,
            "to_shopify_variant_id": v(6), "to_shopify_product_id": 8_011_000_000_103_i64,
            "signup_type": kind,
        }));
            let moved: Vec<String> = bench
                .effects
                .iter()
                .map(|effect| effect["signup_id"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(answer["transferred_count"], moved.len());
            moved
        };
    assert_eq!(move_all("unsent"), labels(&[4, 6]));
    assert_eq!(move_all("sent"), labels(&[5]));
    assert_eq!(move_all("all"), labels(&[4, 5, 6]));
    let mut bench = Bench::fixture();
    let answer = bench.ok(
        TRANSFER,
        json!({
            "from_shopify_variant_id": v(1), "from_shopify_product_id": 8_011_000_000_101_i64,
            "to_shopify_variant_id": v(2), "to_shopify_product_id": 8_011_000_000_101_i64,
            "signup_type": "all",
        }),
    );
    assert_eq!(answer["transferred_count"], 3, "S9 opted out");
    let log = bench.ok(
        "back_in_stock_notifications_list",
        json!({"variant_id": v(1)}),
    );
    assert_eq!(
        log["meta"]["total_count"], 4,
        "the log keeps the variant of the attempt"
    );
}

#[test]
fn transfer_refuses_in_the_order_of_the_contract() {
    let mut bench = Bench::fixture();
    let mut refused = |more: Value| bench.refused(TRANSFER, with(pour_over_to_cedar(), more));
    assert_eq!(
        refused(json!({"from_shopify_variant_id": 5, "to_shopify_variant_id": 6})),
        because(404, "Product variant not found: 5")
    );
    assert_eq!(
        refused(json!({"to_shopify_variant_id": 44_022_000_000_101_i64})),
        because(404, "Product variant not found: 44022000000101")
    );
    assert_eq!(
        refused(json!({"from_shopify_product_id": 1, "to_shopify_product_id": 1})),
        (
            422,
            vec![
                "from_shopify_product_id does not match from_shopify_variant_id".to_owned(),
                "to_shopify_product_id does not match to_shopify_variant_id".to_owned(),
            ]
        )
    );
    assert_eq!(
        refused(
            json!({"to_shopify_variant_id": v(3), "to_shopify_product_id": 8_011_000_000_102_i64})
        ),
        because(
            422,
            "to_shopify_variant_id must differ from from_shopify_variant_id"
        )
    );
}
