use serde_json::{Value, json};

use super::*;

/// An offer in order: full payment, no date, no discount, on the storefront.
fn offer() -> Value {
    json!({
        "state": "enabled", "schedule": {"starts_at": null, "ends_at": null}, "variants_count": 1,
        "widget": {"badge": {"enabled": true, "text": "Preorder"}, "button": {"text": "Preorder now"},
            "billing_widget": {"enabled": true, "title": null, "description": null},
            "disclaimer": {"text": null, "show_quantity_limit": false}},
        "products": {"source": "custom"},
        "pricing": {"type": "no_discount", "percentage": null, "amount": null, "discount_text": null},
        "payment": {"type": "full", "deposit": {"type": "percentage", "percentage": null, "amount": null},
            "remaining_balance": {"due_type": null, "due_at": null, "due_after_days": null, "auto_collect": false}},
        "delivery": {"type": "asap", "date": null, "after_days": null, "applies_to_all_products": true,
            "shipping_text": "Ships in May", "preorder_shipping_text": null},
        "fulfillment": {"hold_all": {"enabled": false}, "split_fulfillment": {"enabled": false},
            "split_order": {"enabled": false}},
        "inventory": {"provider": "stoq"},
        "limits": {"total": {"display": "none", "text": null}, "per_order": {"min": null, "max": null},
            "terms": {"enabled": false, "text": null, "required": false}},
        "markets": {"enabled": false, "market_ids": []},
        "translations": {"locales": {}},
        "checkout": {"purchase_option": {"enabled": true}}
    })
}

/// Puts values at dotted paths.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut offer = offer();
    for (path, value) in changes {
        let place = path
            .split('.')
            .fold(&mut offer, |place, key| &mut place[key]);
        *place = value.clone();
    }
    offer
}

fn variant(cap: Value) -> Value {
    json!({"shopify_variant_id": 7, "preorder_units_sold": 2, "preorder_max_count": cap})
}

fn found(offer: &Value, variants: &[Value], policies: &[Value]) -> Vec<String> {
    let facts = Facts {
        offer,
        variants: Some(variants),
        policies: Some(policies),
    };
    check(facts)
        .into_iter()
        .map(|finding| format!("{:?} {finding}", finding.weight))
        .collect()
}

#[test]
fn an_offer_in_order_has_no_findings() {
    assert_eq!(
        found(&offer(), &[variant(Value::Null)], &[]),
        Vec::<String>::new()
    );
}

#[test]
fn what_could_not_be_read_is_not_judged() {
    let facts = Facts {
        offer: &with(&[
            ("limits.total.display", json!("text")),
            ("limits.total.text", json!("{{ quantity }} left")),
        ]),
        variants: None,
        policies: None,
    };
    assert_eq!(check(facts), []);
}

#[test]
fn each_contradiction_is_named() {
    let one = [variant(Value::Null)];
    let partial = ("payment.type", json!("partial"));
    for (changes, wanted) in [
        (
            vec![("state", json!("disabled"))],
            vec!["Know `state`: disabled: not on the storefront"],
        ),
        (
            vec![
                ("state", json!("scheduled")),
                ("schedule.starts_at", json!("2026-05-01T00:00:00Z")),
                ("schedule.ends_at", json!("2026-04-01T00:00:00Z")),
            ],
            vec![
                "Mend `schedule`: ends at 2026-04-01T00:00:00Z, which is not after its start at 2026-05-01T00:00:00Z",
                "Know `state`: scheduled: goes live at 2026-05-01T00:00:00Z",
                "Know `schedule.ends_at`: ends by itself at 2026-04-01T00:00:00Z",
            ],
        ),
        (
            vec![
                ("limits.total.display", json!("text")),
                ("limits.total.text", json!("Few left")),
            ],
            vec![
                "Mend `limits.total.text`: the display is text, but the text has neither `{{ quantity }}` nor `{{ sold }}`",
                "Mend `limits.total`: units left are to be shown, but no variant has a cap",
            ],
        ),
        (
            vec![("delivery.preorder_shipping_text", json!("Ships {{ date }}"))],
            vec![
                "Mend `delivery.preorder_shipping_text`: has `{{ date }}`, but delivery type asap has no date",
            ],
        ),
        (
            vec![("delivery.type", json!("exact_time"))],
            vec![
                "Mend `delivery.date`: delivery on a fixed date without the date",
                "Know `delivery.preorder_shipping_text`: there is a date, but no `{{ date }}` tells it to shoppers",
            ],
        ),
        (
            vec![
                ("delivery.type", json!("unknown")),
                ("delivery.shipping_text", Value::Null),
            ],
            vec![
                "Mend `delivery.shipping_text`: no date and no text: shoppers are not told when it ships",
            ],
        ),
        (
            vec![partial.clone()],
            vec![
                "Mend `payment.deposit`: partial payment without a deposit",
                "Mend `payment.remaining_balance`: partial payment without a due date for the balance",
                "Know `payment.remaining_balance.auto_collect`: off: somebody has to charge each balance or send a payment link",
            ],
        ),
        (
            vec![
                partial.clone(),
                ("payment.deposit.percentage", json!(25)),
                (
                    "payment.remaining_balance",
                    json!({"due_type": "exact_time", "due_at": "2026-06-01T00:00:00Z", "auto_collect": true}),
                ),
                ("delivery.type", json!("exact_time")),
                ("delivery.date", json!("2026-05-10T00:00:00Z")),
                ("delivery.preorder_shipping_text", json!("Ships {{ date }}")),
                ("checkout.purchase_option.enabled", json!(false)),
            ],
            vec![
                "Mend `payment.remaining_balance.due_at`: the balance is due at 2026-06-01T00:00:00Z, after the promised date 2026-05-10T00:00:00Z",
                "Mend `checkout.purchase_option.enabled`: off, but a deposit or a dated delivery needs it",
                "Know `payment.remaining_balance.auto_collect`: on: shoppers are charged by themselves when the balance is due",
            ],
        ),
        (
            vec![("pricing.type", json!("fixed_amount"))],
            vec![
                "Mend `pricing`: a discount without its value in `pricing.amount`",
                "Know `pricing.discount_text`: there is a discount, but no `{{ discount }}` tells it to shoppers",
            ],
        ),
        (
            vec![("pricing.discount_text", json!("{{ discount }} off"))],
            vec!["Mend `pricing.discount_text`: has `{{ discount }}`, but there is no discount"],
        ),
        (
            vec![("markets.enabled", json!(true))],
            vec!["Mend `markets`: limited to markets, but none is named: it is sold nowhere"],
        ),
        (
            vec![
                ("limits.per_order", json!({"min": 3, "max": 2})),
                ("limits.terms.enabled", json!(true)),
            ],
            vec![
                "Mend `limits.terms.text`: terms are on without a text",
                "Mend `limits.per_order`: max is below min: nobody can order",
            ],
        ),
        (
            vec![
                ("widget.badge.text", json!(" ")),
                ("widget.button.text", json!("{{ name }}")),
            ],
            vec![
                "Mend `widget.badge.text`: the badge is on without a text",
                "Mend `widget.button.text`: has a placeholder that is not replaced there: shoppers see it as it stands",
            ],
        ),
        (
            vec![
                ("fulfillment.split_fulfillment.enabled", json!(true)),
                ("fulfillment.split_order.enabled", json!(true)),
                ("fulfillment.hold_all.enabled", json!(true)),
            ],
            vec![
                "Mend `fulfillment.split_order.enabled`: on, but split orders need the purchase option off",
                "Mend `fulfillment`: hold_all and split_fulfillment exclude each other",
            ],
        ),
    ] {
        assert_eq!(found(&with(&changes), &one, &[]), wanted, "{changes:?}");
    }
}

#[test]
fn translations_keep_the_tokens() {
    let offer = with(&[
        ("delivery.type", json!("anchor")),
        ("delivery.after_days", json!(30)),
        ("delivery.preorder_shipping_text", json!("Ships {{ date }}")),
        (
            "translations.locales",
            json!({
                "fr": {"preorder_shipping_text": "Bientôt"},
                "de": {"preorder_shipping_text": "Am {{ date }}", "discount_text": null}
            }),
        ),
    ]);
    assert_eq!(
        found(&offer, &[variant(Value::Null)], &[]),
        ["Mend `translations.locales`: fr: `preorder_shipping_text` lost its `{{ date }}`"]
    );
}

#[test]
fn variants_are_judged_by_cap_and_policy() {
    assert_eq!(
        found(&offer(), &[], &[]),
        ["Mend `products`: no variant is attached: nothing can be preordered"]
    );
    let policy = |count: u64| json!({"shopify_variant_id": 7, "inventory_policy": "DENY", "preorder_count": count, "preorder_max_count": 2});
    assert_eq!(
        found(
            &offer(),
            &[variant(json!(0)), variant(json!(2))],
            &[policy(1), policy(2)]
        ),
        [
            "Mend `products.variants`: a cap of 0 sells none: 7",
            "Mend `products.variants`: Shopify's stock policy is DENY although the offer is live: 7",
            "Know `products.variants`: at the cap, nothing more is sold: 7",
            "Know `limits.total.display`: variants have caps, but shoppers are not shown what is left",
        ]
    );
    let many: Vec<Value> = (0..7).map(|_| variant(json!(0))).collect();
    assert!(found(&offer(), &many, &[]).contains(
        &"Mend `products.variants`: a cap of 0 sells none: 7, 7, 7, 7, 7, and 2 more".to_owned()
    ));
}
