//! Who may do what: every state against every action, with the whole texts.

use serde_json::{Value, json};

use super::{act, p, refused};
use crate::sandbox::testing::Bench;

/// One order for each state, in the order of the contract's table.
const STATES: [(&str, i64); 7] = [
    ("placed", 9),
    ("awaiting_balance", 1),
    ("balance_collected", 3),
    ("released", 5),
    ("fulfilled", 6),
    ("cancelled", 7),
    ("refunded", 8),
];

const ACTIONS: [&str; 7] = [
    "read",
    "release",
    "cancel",
    "payments_charge_balance",
    "payments_send_payment_link",
    "payments_refund",
    "tags_set_tags",
];

const NOTHING_OWED: &str = "Order has no outstanding balance. It can be released.";
const NOTHING_HELD: &str = "Nothing to refund: no payment is held. Call cancel to close the order.";

fn closed(state: &str) -> String {
    format!("Order is {state}: this action is closed. Place a new order.")
}

/// What an action says to each of the seven orders; none where it is done.
fn told(action: &str, args: &Value) -> Vec<Option<String>> {
    STATES
        .iter()
        .map(|(state, number)| {
            let mut bench = Bench::fixture();
            let before = act(&mut bench, "read", p(*number), json!({})).unwrap();
            assert_eq!(before["state"], *state);
            match act(&mut bench, action, p(*number), args.clone()) {
                Ok(_) => None,
                Err(refusal) => {
                    assert_eq!(refusal.status(), 409, "{action} of {state}");
                    assert_eq!(bench.effects, Vec::<Value>::new(), "{action} of {state}");
                    let after = act(&mut bench, "read", p(*number), json!({})).unwrap();
                    assert_eq!(after, before, "{action} of {state}");
                    Some(refusal.texts().join("\n"))
                }
            }
        })
        .collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn release_waits_for_the_balance() {
    let last = [
        some("Order is already released. No release is needed."),
        some("Order is already fulfilled. No release is needed."),
        Some(closed("cancelled")),
        Some(closed("refunded")),
    ];
    let mut expected = vec![
        some("Order is placed: 28.00 USD not collected. Charge the balance or pass force: true."),
        some(
            "Order is awaiting_balance: 79.65 USD not collected. Charge the balance or pass force: true.",
        ),
        None,
    ];
    expected.extend(last.clone());
    assert_eq!(told("release", &json!({})), expected);
    let mut forced = vec![None, None, None];
    forced.extend(last);
    assert_eq!(told("release", &json!({"force": true})), forced);
}

#[test]
fn cancel_ends_with_the_parcel() {
    assert_eq!(
        told("cancel", &json!({})),
        [
            None,
            None,
            None,
            None,
            some("Order is fulfilled and cannot be cancelled. Call payments/refund instead."),
            Some(closed("cancelled")),
            Some(closed("refunded")),
        ]
    );
}

#[test]
fn money_is_asked_for_while_it_is_owed() {
    for action in ["payments_charge_balance", "payments_send_payment_link"] {
        assert_eq!(
            told(action, &json!({})),
            [
                None,
                None,
                some(NOTHING_OWED),
                some(NOTHING_OWED),
                some(NOTHING_OWED),
                Some(closed("cancelled")),
                Some(closed("refunded")),
            ],
            "{action}"
        );
    }
    let mut bench = Bench::fixture();
    act(&mut bench, "release", p(1), json!({"force": true})).unwrap();
    act(&mut bench, "payments_send_payment_link", p(1), json!({})).unwrap();
    let charged = act(&mut bench, "payments_charge_balance", p(1), json!({})).unwrap();
    assert_eq!(charged["state"], "released");
}

#[test]
fn refunds_need_money_that_is_held() {
    assert_eq!(
        told("payments_refund", &json!({})),
        [
            some(NOTHING_HELD),
            None,
            None,
            None,
            None,
            some(NOTHING_HELD),
            some(NOTHING_HELD),
        ]
    );
    let mut bench = Bench::fixture();
    act(&mut bench, "cancel", p(1), json!({"refund": false})).unwrap();
    let refunded = act(&mut bench, "payments_refund", p(1), json!({})).unwrap();
    assert_eq!(refunded["state"], "cancelled");
    assert_eq!(refunded["financial_status"], "refunded");
}

#[test]
fn tags_can_be_set_in_every_state() {
    assert_eq!(
        told("tags_set_tags", &json!({"tags": ["x"]})),
        [const { None }; 7]
    );
}

#[test]
fn an_unknown_order_is_not_found() {
    let mut bench = Bench::fixture();
    for action in ACTIONS {
        assert_eq!(
            refused(&mut bench, action, 1, json!({"tags": []})),
            (404, vec!["Order not found".to_owned()]),
            "{action}"
        );
    }
}

#[test]
fn rules_about_amounts_and_addresses() {
    let mut bench = Bench::fixture();
    let amount = |amount: Value| json!({"amount": amount});
    assert_eq!(
        refused(&mut bench, "payments_refund", p(1), amount(json!(26.56))),
        (
            422,
            vec!["amount must be less than or equal to 26.55".to_owned()]
        )
    );
    assert_eq!(
        refused(&mut bench, "payments_refund", p(1), amount(json!(1.005))),
        (
            422,
            vec!["amount must have at most two decimal places".to_owned()]
        )
    );
    bench.sql("UPDATE preorder_orders SET email = NULL");
    assert_eq!(
        refused(&mut bench, "payments_send_payment_link", p(1), json!({})),
        (
            422,
            vec!["customer.email is missing on this order".to_owned()]
        )
    );
}
