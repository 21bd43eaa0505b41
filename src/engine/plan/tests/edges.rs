//! What is left out, refused or not known, one rule at a time.

use serde_json::{Value, json};

use super::super::{Plan, Unit, light};
use super::{Bench, o, object, p, s, v};
use crate::engine::ErrorKind;
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::safety::caps::Caps;
use crate::sandbox::seed::Kind;

/// Count, sentence, and whether nothing would happen.
fn told(plan: &Plan) -> (u64, &str, bool) {
    (plan.count, plan.sentence.as_str(), plan.idle)
}

#[test]
fn every_unit_has_its_cap_and_its_words() {
    let caps = Caps {
        recipients: 1,
        destroyed: 2,
        released: 3,
        money_orders: 4,
        money_per_day: None,
    };
    for (unit, cap, one, many) in [
        (Unit::Shoppers, 1, "shopper", "shoppers"),
        (Unit::Signups, 2, "signup", "signups"),
        (Unit::Offers, 2, "offer", "offers"),
        (Unit::Variants, 2, "variant", "variants"),
        (Unit::Records, 2, "record", "records"),
        (Unit::Releases, 3, "order", "orders"),
        (Unit::Orders, 4, "order", "orders"),
    ] {
        assert_eq!(
            (
                caps.most(unit.cap()),
                unit.noun(1),
                unit.noun(0),
                unit.noun(2)
            ),
            (cap, one, many, many)
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_the_call_itself_is() {
    let bench = Bench::of(Kind::Fixture).await;
    let none = "ffffffff-ffff-4fff-8fff-ffffffffffff";
    for (action, arguments, what, next) in [
        (
            "back_in_stock_signups_notify",
            json!({"id": s(99)}),
            "Signup not found.",
            "Check `id`; a",
        ),
        (
            "back_in_stock_signups_bulk_delete",
            json!({"signup_ids": [s(98), s(99)]}),
            "Signup not found.",
            "Check the ids in the arguments; a",
        ),
        (
            "preorders_orders_cancel",
            json!({"id": p(99)}),
            "Order not found.",
            "Check `id`; a",
        ),
        (
            "preorders_offers_delete",
            json!({"id": none}),
            "Offer not found.",
            "Check `id`; a",
        ),
        (
            "preorders_offers_payment_update",
            json!({"id": none, "remaining_balance": {"auto_collect": true}}),
            "Offer not found.",
            "Check `id`; a",
        ),
        (
            "preorders_product_variants_reset_metafields",
            json!({"variant_id": v(999)}),
            "Product variant not found.",
            "Check `variant_id`; a",
        ),
        (
            "v1_preorders_send_shipping_update",
            json!({"shopify_order_ids": [p(99)], "subject": "a",
            "header": "b", "description": "c"}),
            "Order not found.",
            "Check the ids in the arguments; a",
        ),
    ] {
        let error = bench.plan(action, arguments).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert_eq!(
            error.to_string(),
            format!(
                "`{action}` failed: {what} Nothing was done. {next} list action shows the valid ones."
            )
        );
    }
    assert!(bench.asked().iter().all(|(method, _)| method == "GET"));
}

#[tokio::test]
async fn a_call_that_the_api_would_refuse_is_told_to_do_nothing() {
    let bench = Bench::of(Kind::Fixture).await;
    for (action, arguments, sentence) in [
        (
            "back_in_stock_signups_notify",
            json!({"id": s(2)}),
            "Nobody gets an alert; 1 skipped: already notified. `allow_resend` true notifies again.",
        ),
        (
            "back_in_stock_signups_notify",
            json!({"id": s(9), "allow_resend": true}),
            "Nobody gets an alert; 1 skipped: unsubscribed.",
        ),
        (
            "back_in_stock_signups_notify",
            json!({"id": s(22)}),
            "Nobody gets an alert; 1 skipped: SMS is switched off.",
        ),
        (
            "back_in_stock_signups_bulk_notify",
            json!({"signup_ids": [s(99)]}),
            "Nobody gets an alert; 1 skipped: not found.",
        ),
        (
            "back_in_stock_signups_delete",
            json!({"id": s(2)}),
            "Nothing is deleted: 1 of 1 signup was already notified, and the API deletes all or none.",
        ),
        (
            "back_in_stock_signups_create",
            json!({"channel": "sms", "shopify_variant_id": v(201), "phone": "15035550199"}),
            "Nobody is put on the waitlist: the channel SMS is switched off.",
        ),
        (
            "back_in_stock_signups_transfer",
            json!({"from_shopify_variant_id": v(302),
            "from_shopify_product_id": 8_011_000_000_103_u64, "to_shopify_variant_id": v(401),
            "to_shopify_product_id": 8_011_000_000_104_u64, "signup_type": "sent"}),
            "Moves 1 signup (1 notified) from “Canvas Field Jacket / Medium / Olive” to “Beeswax Candle Trio / Cedar”; 2 skipped: still waiting. The shopper waits for the other variant then, and no message goes out now.",
        ),
        (
            "preorders_orders_release",
            json!({"id": p(1)}),
            "No order is released; 1 skipped: balance still open. `force` true ships goods that are not paid for.",
        ),
        (
            "preorders_orders_release",
            json!({"id": p(5)}),
            "No order is released; 1 skipped: already released.",
        ),
        (
            "preorders_orders_cancel",
            json!({"id": p(6)}),
            "No order is cancelled; 1 skipped: already fulfilled.",
        ),
        (
            "preorders_orders_payments_charge_balance",
            json!({"id": p(3)}),
            "Nothing is charged; 1 skipped: nothing is owed.",
        ),
        (
            "preorders_orders_payments_charge_balance",
            json!({"id": p(7)}),
            "Nothing is charged; 1 skipped: cancelled.",
        ),
        (
            "preorders_orders_payments_send_payment_link",
            json!({"id": p(8)}),
            "No payment link is mailed; 1 skipped: refunded.",
        ),
        (
            "preorders_orders_payments_refund",
            json!({"id": p(9)}),
            "Nothing is given back; 1 skipped: no payment is held.",
        ),
        (
            "preorders_orders_payments_refund",
            json!({"id": p(1), "amount": 26.56}),
            "Nothing is given back; 1 skipped: 26.56 is more than the 26.55 USD that can be given back.",
        ),
        (
            "preorders_product_variants_bulk_reset_metafields",
            json!({"variant_ids": [v(301)]}),
            "No counter is reset; 1 skipped: in no offer.",
        ),
    ] {
        let plan = bench.plan(action, arguments).await.unwrap();
        let moves = u64::from(sentence.starts_with("Moves"));
        assert_eq!(told(&plan), (moves, sentence, moves == 0), "{action}");
        assert_eq!(
            (plan.amounts, plan.amount_unknown),
            (Vec::new(), false),
            "{action}"
        );
    }
}

#[tokio::test]
async fn the_whole_of_what_is_held_is_given_back_unless_an_amount_is_named() {
    let bench = Bench::of(Kind::Fixture).await;
    let amounts =
        async |action: &str, arguments: Value| bench.plan(action, arguments).await.unwrap().amounts;
    let usd = |amount: &str| vec![("USD".to_owned(), amount.to_owned())];
    let refund = "preorders_orders_payments_refund";
    assert_eq!(amounts(refund, json!({"id": p(1)})).await, usd("26.55"));
    assert_eq!(
        amounts(refund, json!({"id": p(1), "amount": 26.55})).await,
        usd("26.55")
    );
    assert_eq!(
        amounts(refund, json!({"id": p(1), "amount": 0.5})).await,
        usd("0.50")
    );
    let cancel = "preorders_orders_cancel";
    assert_eq!(amounts(cancel, json!({"id": p(3)})).await, usd("106.20"));
    assert_eq!(
        amounts(cancel, json!({"id": p(3), "refund": false})).await,
        Vec::new()
    );
    assert_eq!(
        bench
            .sentence(
                cancel,
                json!({"id": p(3), "refund": false, "restock": false})
            )
            .await,
        "Cancels 1 order, keeps what was collected (106.20 USD), puts no units back in stock and mails nobody."
    );
}

#[tokio::test]
async fn an_opt_in_that_is_on_is_told_and_keeps_who_did_not_confirm() {
    let bench = Bench::of(Kind::Fixture).await;
    let on = json!({"optin_required": true});
    let request = crate::upstream::ApiRequest::v2(
        crate::registry::entry::Method::Patch,
        "/back_in_stock/settings/compliance",
        object(on),
    );
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(9);
    let upstream = bench.engine.upstream();
    let (repeat, priority) = (
        crate::upstream::Repeat::Never,
        crate::upstream::Priority::Normal,
    );
    upstream
        .send(&request, repeat, priority, deadline)
        .await
        .unwrap();
    assert_eq!(
        bench
            .sentence("back_in_stock_signups_notify", json!({"id": s(1)}))
            .await,
        "Nobody gets an alert; 1 skipped: opt-in not confirmed."
    );
    assert_eq!(
        bench
            .sentence(
                "back_in_stock_signups_create",
                json!({"channel": "email",
            "shopify_variant_id": v(201), "email": "rosa.lind@example.com"})
            )
            .await,
        "Puts 1 shopper (email r***@example.com) on the waitlist of “Stoneware Pour-Over Set”. An opt-in message goes out at once, as the double opt-in is on."
    );
}

#[tokio::test]
async fn whatever_changes_a_target_changes_what_the_digest_holds() {
    let bench = Bench::of(Kind::Fixture).await;
    let alert = json!({"id": s(1)});
    let charge = json!({"id": p(2)});
    let before = bench
        .plan("back_in_stock_signups_notify", alert.clone())
        .await
        .unwrap();
    let owed = bench
        .plan("preorders_orders_payments_charge_balance", charge.clone())
        .await
        .unwrap();
    let again = bench
        .plan("back_in_stock_signups_notify", alert.clone())
        .await
        .unwrap();
    assert_eq!(before, again);
    let shop = format!("/shops/{}", bench.sandbox.shop_domain());
    bench.control(
        "POST",
        &format!("{shop}/orders/{}/pay_link", p(2)),
        Value::Null,
    );
    bench.control(
        "POST",
        &format!("{shop}/signups/{}/unsubscribe", s(1)),
        Value::Null,
    );
    let after = bench
        .plan("back_in_stock_signups_notify", alert)
        .await
        .unwrap();
    let paid = bench
        .plan("preorders_orders_payments_charge_balance", charge)
        .await
        .unwrap();
    assert_ne!(before.targets, after.targets);
    assert_ne!(owed.targets, paid.targets);
    assert_eq!(
        told(&paid),
        (0, "Nothing is charged; 1 skipped: nothing is owed.", true)
    );
}

#[tokio::test]
async fn texts_of_others_and_addresses_are_shown_safely() {
    let bench = Bench::of(Kind::Hostile).await;
    let ids: Vec<String> = (1..=20).map(s).collect();
    let orders: Vec<u64> = (1..=9).map(p).collect();
    for (action, arguments) in [
        (
            "back_in_stock_signups_bulk_notify",
            json!({"signup_ids": ids, "allow_resend": true}),
        ),
        ("preorders_offers_delete", json!({"id": o(1)})),
        ("preorders_orders_bulk_cancel", json!({"order_ids": orders})),
        (
            "preorders_product_variants_bulk_reset_metafields",
            json!({"variant_ids": [v(101), v(302), v(303)]}),
        ),
    ] {
        let plan = bench.plan(action, arguments).await.unwrap();
        let shown = serde_json::to_value(&plan).unwrap();
        let texts =
            std::iter::once(plan.sentence.as_str()).chain(plan.first.iter().map(String::as_str));
        for text in texts {
            let visible: String = crate::text::visible(text).collect();
            assert_eq!(text, visible, "{action}");
            assert!(text.chars().count() < 600, "{action}: {text}");
        }
        for name in ["jane.okafor", "mateo.ruiz", "priya.nair", "15035550"] {
            assert!(!shown.to_string().contains(name), "{action}: {shown}");
        }
        assert!(plan.count > 0 && !plan.first.is_empty(), "{action}");
    }
}

#[tokio::test]
async fn without_its_reads_an_action_is_planned_by_its_arguments() {
    let mut text: Value =
        serde_json::from_str(include_str!("../../../../tools.registry.json")).unwrap();
    let actions = text["actions"].as_array_mut().unwrap();
    actions.retain(|action| action["name"] != "preorders_orders_list");
    let registry = Registry::parse(&text.to_string(), "test").unwrap();
    let bench = Bench::with(Kind::Fixture, registry).await;
    let cancel = "preorders_orders_bulk_cancel";
    let plan = bench
        .plan(cancel, json!({"order_ids": [p(2), p(1), p(2)]}))
        .await
        .unwrap();
    let expected = Plan {
        action: cancel.to_owned(),
        class: Class::Money,
        sentence: "Runs `preorders_orders_bulk_cancel`, which can move money, on 2 records. What it touches could not be read beforehand.".to_owned(),
        count: 2,
        unit: Unit::Records,
        amounts: Vec::new(),
        amount_unknown: true,
        first: vec![p(1).to_string(), p(2).to_string()],
        skipped: Vec::new(),
        idle: false,
        undo: "Whether it can be undone is not known.".to_owned(),
        points: 2,
        read_points: 0,
        targets: json!([p(1).to_string(), p(2).to_string()]),
        state: Value::Null,
    };
    assert_eq!(plan, expected);
    assert_eq!(bench.asked(), []);
}

#[test]
fn a_plan_without_reads_counts_what_the_arguments_name() {
    let registry = Registry::bundled().unwrap();
    let plan = |action: &str, class, arguments: Value| {
        light(registry.get(action).unwrap(), class, &object(arguments))
    };
    let alerts = plan(
        "back_in_stock_signups_bulk_notify",
        Class::Send,
        json!({"signup_ids": [s(2), s(1), s(2)]}),
    );
    assert_eq!(
        told(&alerts),
        (
            2,
            "Runs `back_in_stock_signups_bulk_notify`, which can message shoppers, on 2 shoppers by its arguments. Nothing was read beforehand: who is left out and how much it moves is not known.",
            false
        )
    );
    assert_eq!(
        (alerts.unit, alerts.amount_unknown, alerts.read_points),
        (Unit::Shoppers, false, 0)
    );
    assert_eq!(
        (alerts.first, alerts.targets),
        (vec![s(1), s(2)], json!([s(1), s(2)]))
    );
    let charge = plan(
        "preorders_orders_payments_charge_balance",
        Class::Money,
        json!({"id": p(1)}),
    );
    assert_eq!(
        (charge.count, charge.unit, charge.amount_unknown),
        (1, Unit::Orders, true)
    );
    let create = plan(
        "back_in_stock_signups_create",
        Class::Send,
        json!({"email": "a@example.com"}),
    );
    assert_eq!((create.count, create.unit), (1, Unit::Shoppers));
    // What the arguments do not tell is more than any cap.
    for (action, class) in [
        ("back_in_stock_signups_transfer", Class::Destroy),
        ("preorders_offers_update", Class::Money),
    ] {
        let unknown = plan(action, class, json!({"id": o(1)}));
        assert_eq!(unknown.count, u64::MAX, "{action}");
        assert!(
            unknown.sentence.contains("on an unknown number of"),
            "{}",
            unknown.sentence
        );
    }
}

/// The plan over an API that answers by a script.
async fn scripted(
    answers: &[(&'static str, &'static str)],
    action: &str,
    arguments: Value,
) -> Plan {
    let registry = Registry::bundled().unwrap();
    let engine = crate::engine::tests::engine_of(registry, answers).await;
    super::plan(&engine, action, arguments).await.unwrap()
}

#[tokio::test]
async fn a_waitlist_too_long_to_look_at_moves_at_most_as_a_whole() {
    let page = (
        "200 OK",
        r#"{"signups": [], "meta": {"total_count": 5000}}"#,
    );
    let transfer = json!({"from_shopify_variant_id": 1, "from_shopify_product_id": 3,
        "to_shopify_variant_id": 2, "to_shopify_product_id": 4});
    let plan = scripted(&[page; 12], "back_in_stock_signups_transfer", transfer).await;
    let sentence = "Moves at most 5000 signups (5000 of them not looked at) from variant 1 to variant 2. The shoppers wait for the other variant then, and no message goes out now. 5000 signups of the target were not looked at: who waits there already stays where they are.";
    assert_eq!(
        (told(&plan), plan.read_points),
        ((5_000, sentence, false), 12)
    );
}

#[tokio::test]
async fn an_offer_of_too_many_orders_to_look_at_charges_an_unknown_amount() {
    let mut answers = vec![("200 OK", r#"{"name": "Mug", "updated_at": "now"}"#)];
    answers.extend([("200 OK", r#"{"orders": [], "meta": {"total_count": 9000}}"#); 11]);
    let update = json!({"id": o(1), "remaining_balance": {"auto_collect": true}});
    let plan = scripted(&answers, "preorders_offers_payment_update", update).await;
    let sentence = "Starts automatic charges for “Mug”: 9000 orders, an unknown amount outstanding; every later order is charged at its due time. 9000 of the offer's 9000 orders were not looked at and may owe more.";
    assert_eq!(
        (told(&plan), plan.read_points),
        ((9_000, sentence, false), 12)
    );
    assert!(plan.amount_unknown);
}

#[tokio::test]
async fn an_order_that_says_nothing_of_its_money_has_an_unknown_amount() {
    let order = r#"{"id": 7, "name": "\u202e#7", "state": "balance_collected", "currency": "USD", "customer": {}}"#;
    let cancel = scripted(
        &[("200 OK", order)],
        "preorders_orders_cancel",
        json!({"id": 7}),
    )
    .await;
    let sentence = "Cancels 1 order, gives back an unknown amount, puts the units back in stock and mails nobody.";
    assert_eq!(told(&cancel), (1, sentence, false));
    assert_eq!((cancel.amounts, cancel.amount_unknown), (Vec::new(), true));
    assert_eq!(cancel.first, ["#7 (7, ***, balance_collected)"]);
    // Without an address nothing is mailed.
    let link = scripted(
        &[("200 OK", order)],
        "preorders_orders_payments_send_payment_link",
        json!({"id": 7}),
    )
    .await;
    assert_eq!(
        told(&link),
        (
            0,
            "No payment link is mailed; 1 skipped: no email address.",
            true
        )
    );
}

#[tokio::test]
async fn a_plan_fails_as_its_reads_do() {
    let registry = Registry::bundled().unwrap();
    let engine = crate::engine::tests::engine_of(registry, &[("401 Unauthorized", "{}")]).await;
    let error = super::plan(&engine, "preorders_orders_cancel", json!({"id": 7}))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Key);
}
