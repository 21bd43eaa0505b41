//! Shipping updates.

use serde_json::{Value, json};

use super::{error, table};
use crate::sandbox::testing::Bench;
const MAIL: &str = "v1_preorders_send_shipping_update";

/// Shopify id of the order P`n`.
fn p(number: i64) -> i64 {
    6_130_000_000_000 + number
}

#[test]
fn a_shipping_update_is_mailed_to_every_known_order() {
    let mail = |ids: &str, list: Value| {
        json!({ids: list, "subject": "Your jacket ships a week later", "header": "A short delay",
            "description": "It leaves on 17 May."})
    };
    let sent = |count: u32| json!({"success": true, "message": "Shipping update queued", "orders_count": count});
    let to = |order: i64, address: &str| json!({"kind": "mail", "shopify_order_id": p(order), "mail": "shipping_update", "to": address});
    let mut bench = Bench::fixture();
    let args = mail("shopify_order_ids", json!([p(1), 5, p(3), p(1)]));
    let both = [
        to(1, "jane.okafor@example.com"),
        to(3, "priya.nair@example.com"),
    ];
    assert_eq!(bench.v1(MAIL, args.clone()), (200, sent(2)));
    assert_eq!(bench.effects, both);
    // Once more, to the same; and by STOQ's own ids.
    assert_eq!(bench.v1(MAIL, args), (200, sent(2)));
    assert_eq!(bench.effects, both);
    let own = "0DE50000-0000-4000-8000-000000000002";
    let args = mail(
        "order_ids",
        json!([own, "0de50000-0000-4000-8000-000000000901"]),
    );
    assert_eq!(bench.v1(MAIL, args), (200, sent(1)));
    assert_eq!(bench.effects, [to(2, "mateo.ruiz@example.com")]);
    // A guest without an address counts, and nobody is mailed.
    bench.sql(&format!(
        "UPDATE preorder_orders SET email = NULL WHERE shopify_order_id = {}",
        p(4)
    ));
    assert_eq!(
        bench.v1(MAIL, mail("shopify_order_ids", json!([p(4)]))),
        (200, sent(1))
    );
    assert_eq!(bench.effects, Vec::<Value>::new());
    let without = |name: &str| {
        let mut args = mail("shopify_order_ids", json!([p(1)]));
        args.as_object_mut().unwrap().shift_remove(name);
        args
    };
    let mut doubled = mail("shopify_order_ids", json!([p(1)]));
    doubled["order_ids"] = json!([own]);
    table(
        MAIL,
        vec![
            (without("subject"), error(400, "subject is missing")),
            (without("header"), error(400, "header is missing")),
            (without("description"), error(400, "description is missing")),
            (
                without("shopify_order_ids"),
                error(400, "order_ids or shopify_order_ids is required"),
            ),
            (
                doubled,
                error(400, "order_ids and shopify_order_ids exclude each other"),
            ),
            (
                mail("shopify_order_ids", json!([])),
                error(400, "shopify_order_ids size cannot be less than 1"),
            ),
            (
                mail("order_ids", json!(["x"])),
                error(400, "order_ids.0 is not a valid UUID"),
            ),
            (
                mail("shopify_order_ids", json!([5, p(901)])),
                error(404, "Order not found"),
            ),
        ],
    );
}
