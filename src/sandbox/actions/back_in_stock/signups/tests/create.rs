//! Creating: the example, the order of refusals, who the customer is, and what it sets off.

use serde_json::{Value, json};

use super::with;
use crate::sandbox::testing::{Bench, because, c, s, v};

const CREATE: &str = "back_in_stock_signups_create";

fn rosa() -> Value {
    json!({"channel": "email", "shopify_variant_id": v(3), "email": "Rosa.Lind@example.com", "name": "Rosa Lind"})
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
