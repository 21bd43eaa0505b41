//! The whole plan of every action that needs one, on the fixture.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::Plan;
use super::{Bench, o, p, s, v};
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::sandbox::seed::Kind;

/// Action and arguments of the call that its golden file shows.
fn calls() -> Vec<(&'static str, Value)> {
    let throw = json!({"from_shopify_variant_id": v(201), "from_shopify_product_id": 8_011_000_000_102_u64,
        "to_shopify_variant_id": v(401), "to_shopify_product_id": 8_011_000_000_104_u64});
    let auto = json!({"remaining_balance": {"auto_collect": true}});
    vec![
        (
            "back_in_stock_signups_create",
            json!({"channel": "email", "shopify_variant_id": v(201),
            "email": "rosa.lind@example.com", "name": "Rosa Lind"}),
        ),
        ("back_in_stock_signups_delete", json!({"id": s(12)})),
        ("back_in_stock_signups_notify", json!({"id": s(1)})),
        (
            "back_in_stock_signups_bulk_notify",
            json!({"signup_ids": [s(1), s(2), s(3), s(4), s(8), s(9), s(13), s(22), s(99)]}),
        ),
        (
            "back_in_stock_signups_bulk_delete",
            json!({"signup_ids": [s(13), s(14), s(19), s(99)]}),
        ),
        ("back_in_stock_signups_transfer", throw.clone()),
        (
            "preorders_offers_create",
            json!({"name": "Mug run", "payment": {"type": "partial",
            "deposit": {"type": "percentage", "percentage": 10},
            "remaining_balance": {"due_type": "time_after_checkout", "due_after_days": 30, "auto_collect": true}}}),
        ),
        (
            "preorders_offers_update",
            json!({"id": o(4), "payment": auto.clone()}),
        ),
        ("preorders_offers_delete", json!({"id": o(1)})),
        (
            "preorders_offers_payment_update",
            json!({"id": o(1), "remaining_balance": {"auto_collect": true}}),
        ),
        (
            "preorders_product_variants_reset_metafields",
            json!({"variant_id": v(303)}),
        ),
        (
            "preorders_product_variants_bulk_reset_metafields",
            json!({"variant_ids": [v(101), v(102), v(302), v(303), v(301)]}),
        ),
        ("preorders_orders_release", json!({"id": p(4)})),
        (
            "preorders_orders_cancel",
            json!({"id": p(1), "notify_customer": true}),
        ),
        (
            "preorders_orders_payments_charge_balance",
            json!({"id": p(2)}),
        ),
        (
            "preorders_orders_payments_send_payment_link",
            json!({"id": p(1)}),
        ),
        (
            "preorders_orders_payments_refund",
            json!({"id": p(4), "amount": 10}),
        ),
        (
            "preorders_orders_bulk_release",
            json!({"order_ids": [p(1), p(2), p(3), p(4), p(5), p(99)], "force": true}),
        ),
        (
            "preorders_orders_bulk_cancel",
            json!({"order_ids": [p(1), p(2), p(3), p(6), p(7)]}),
        ),
        (
            "preorders_orders_bulk_send_payment_links",
            json!({"order_ids": [p(1), p(2), p(4), p(9)]}),
        ),
        (
            "v1_intents_create",
            json!({"intent": {"shopify_variant_id": v(201),
            "shopify_product_id": 8_011_000_000_102_u64, "channel": "sms", "quantity": 1, "source": "api"},
            "customer": {"phone": "15035550199", "email": "rosa.lind@example.com"}}),
        ),
        (
            "v1_intents_notify",
            json!({"id": s(2), "allow_resend": true}),
        ),
        (
            "v1_intents_bulk_notify",
            json!({"intent_ids": [s(18), s(20)]}),
        ),
        (
            "v1_intents_bulk_destroy",
            json!({"intent_ids": [s(13), s(2)]}),
        ),
        (
            "v1_intents_transfer",
            with(throw, json!({"intent_type": "all"})),
        ),
        (
            "v1_preorders_create",
            json!({"selling_plan": {"name": "Mug run", "auto_collect_payment": true}}),
        ),
        (
            "v1_preorders_update",
            json!({"id": o(2), "selling_plan": {"auto_collect_payment": true}}),
        ),
        ("v1_preorders_delete", json!({"id": o(3)})),
        (
            "v1_preorders_send_shipping_update",
            json!({"shopify_order_ids": [p(1), p(3), p(4)],
            "subject": "Your \"order\" is late", "header": "Late", "description": "Sorry."}),
        ),
    ]
}

fn with(mut base: Value, more: Value) -> Value {
    let more = super::object(more);
    base.as_object_mut().unwrap().extend(more);
    base
}

/// What a person is shown, and below it what the digest holds.
fn whole(arguments: &Value, plan: &Plan) -> String {
    let facts = serde_json::to_string_pretty(plan).unwrap();
    let members = plan.targets.as_array().cloned().unwrap_or_default();
    let targets: Vec<String> = members.iter().map(|target| format!("  {target}")).collect();
    format!(
        "{arguments}\n\n{facts}\n\ntargets\n{}\nstate\n  {}",
        targets.join("\n"),
        plan.state
    )
}

#[tokio::test]
async fn every_plan_tells_whom_how_many_how_much_and_what_stays_done() {
    let bench = Bench::of(Kind::Fixture).await;
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut cost = 0;
    for (action, arguments) in calls() {
        let plan = bench.plan(action, arguments.clone()).await.unwrap();
        cost += u64::from(plan.read_points);
        settings.bind(|| insta::assert_snapshot!(action, whole(&arguments, &plan)));
    }
    // Nothing but reads, and not one more than was told.
    let asked = bench.asked();
    assert!(asked.iter().all(|(method, _)| method == "GET"), "{asked:?}");
    assert_eq!(asked.iter().map(|(_, points)| points).sum::<u64>(), cost);
}

#[test]
fn no_action_that_needs_a_plan_is_without_a_golden_file() {
    let registry = Registry::bundled().unwrap();
    let needed: BTreeSet<&str> = registry
        .actions()
        .iter()
        .filter(|action| {
            let raised = action.entry().raises.iter().map(|rule| rule.class);
            raised.fold(action.entry().class, Class::max) > Class::Write
        })
        .map(|action| action.name())
        .collect();
    let shown: BTreeSet<&str> = calls().into_iter().map(|(action, _)| action).collect();
    assert_eq!(shown, needed);
}
