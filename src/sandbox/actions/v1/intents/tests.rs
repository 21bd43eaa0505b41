//! Intents over the fixture: every example, every refusal, and what stays of each.

use serde_json::{Value, json};

use crate::sandbox::testing::{Bench, c, s, v};

const CREATE: &str = "v1_intents_create";
const LIST: &str = "v1_intents_list";
const NOTIFY: &str = "v1_intents_notify";
const BULK_NOTIFY: &str = "v1_intents_bulk_notify";
const DESTROY: &str = "v1_intents_bulk_destroy";
const TRANSFER: &str = "v1_intents_transfer";
const DEMAND: &str = "v1_intents_products_in_demand";

const ALREADY: &str = "Signup was already notified; pass allow_resend: true to send again";

fn error(status: u16, text: &str) -> (u16, Value) {
    (status, json!({"error": text}))
}

/// The refusal of a create that looks like a success.
fn refused(text: &str) -> (u16, Value) {
    (200, json!({"errors": [text]}))
}

/// Calls that are refused without a trace.
fn table(name: &str, rows: Vec<(Value, (u16, Value))>) {
    for (args, expected) in rows {
        let mut bench = Bench::fixture();
        assert_eq!(bench.v1(name, args.clone()), expected, "{name} {args}");
        assert_eq!(bench.effects, Vec::<Value>::new(), "{name} {args}");
    }
}

fn listed(args: Value) -> Vec<String> {
    let (status, answer) = Bench::fixture().v1(LIST, args);
    assert_eq!(status, 200);
    let rows = answer["intents"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

fn labels(numbers: &[u32]) -> Vec<String> {
    numbers.iter().copied().map(s).collect()
}

/// Some variant and its product, as transfers name them.
fn ends(from: usize, to: usize) -> Value {
    let product = |label: usize| [101, 101, 102, 103, 103, 103, 104, 104][label - 1];
    json!({
        "from_shopify_variant_id": v(from),
        "from_shopify_product_id": 8_011_000_000_000_i64 + product(from),
        "to_shopify_variant_id": v(to),
        "to_shopify_product_id": 8_011_000_000_000_i64 + product(to),
    })
}

fn newcomer() -> Value {
    json!({
        "intent": {"shopify_variant_id": v(3), "shopify_product_id": 8_011_000_000_102_i64,
            "channel": "email", "quantity": 1, "source": "api"},
        "customer": {"email": "rosa.lind@example.com", "name": "Rosa Lind", "country": "us", "locale": "en"},
    })
}

/// The newcomer with other fields, by their pointers; null takes one away.
fn newcomer_with(changes: &[(&str, Value)]) -> Value {
    let mut body = newcomer();
    for (pointer, value) in changes {
        let (part, field) = pointer[1..].split_once('/').unwrap();
        let part = body[part].as_object_mut().unwrap();
        if value.is_null() {
            part.shift_remove(field);
        } else {
            part.insert(field.to_owned(), value.clone());
        }
    }
    body
}

#[test]
fn the_list_example_of_the_contract_holds() {
    let (status, answer) = Bench::fixture().v1(LIST, json!({"notified": true, "per_page": 1}));
    assert_eq!(status, 200);
    assert_eq!(answer["intents"][0]["id"], s(11));
    assert_eq!(answer["intents"][0]["channel"], "email");
    assert_eq!(
        answer["meta"],
        json!({"total_count": 7, "page": 1, "per_page": 1, "total_pages": 7})
    );
    let (_, whole) = Bench::fixture().v1(LIST, json!({}));
    assert_eq!(
        whole["meta"],
        json!({"total_count": 22, "page": 1, "per_page": 25, "total_pages": 1})
    );
    assert_eq!(whole["intents"][0]["id"], s(20));
}

#[test]
fn filters_match_contacts_whole_and_join() {
    let cases = [
        (json!({"shopify_variant_id": v(4)}), vec![3, 2, 1]),
        (
            json!({"shopify_product_id": 8_011_000_000_104_i64}),
            vec![20, 22, 19, 18],
        ),
        (json!({"email": "MATEO.RUIZ@example.com"}), vec![19, 12, 2]),
        (json!({"email": "mateo"}), vec![]),
        // An SMS intent is its customer's as well.
        (json!({"phone": "+1 (503) 555-0106"}), vec![22, 6]),
        (json!({"phone": "5550106"}), vec![]),
        (json!({"phone": "none"}), vec![]),
        (json!({"start_date": "2026-03-29"}), vec![20, 22]),
        (
            json!({"start_date": "2026-03-27", "end_date": "2026-03-29"}),
            vec![22, 19],
        ),
        (json!({"end_date": "2026-03-02"}), vec![1, 21]),
        (
            json!({"notified": false, "shopify_variant_id": v(4)}),
            vec![1],
        ),
        (
            json!({"notified": "true", "email": "mateo.ruiz@example.com"}),
            vec![2],
        ),
        (json!({"page": 3, "per_page": 10}), vec![1, 21]),
    ];
    for (args, expected) in cases {
        assert_eq!(listed(args.clone()), labels(&expected), "{args}");
    }
}

#[test]
fn what_lists_refuse() {
    table(
        LIST,
        vec![
            (
                json!({"per_page": 501}),
                error(400, "per_page must be less than or equal to 500"),
            ),
            (
                json!({"page": 0, "per_page": 0}),
                error(400, "page must be greater than or equal to 1"),
            ),
            (
                json!({"start_date": "yesterday"}),
                error(400, "start_date must be a date"),
            ),
            (
                json!({"start_date": "2026-03-02", "end_date": "2026-03-01"}),
                error(400, "start_date must be on or before end_date"),
            ),
            (
                json!({"notified": "maybe"}),
                error(400, "notified must be boolean"),
            ),
            (
                json!({"shopify_variant_id": "x"}),
                error(400, "shopify_variant_id must be an integer"),
            ),
        ],
    );
    table(
        "v1_intents_read",
        vec![
            (json!({"id": s(99)}), error(404, "Intent not found")),
            (json!({"id": "S1"}), error(404, "Intent not found")),
        ],
    );
}

#[test]
fn the_create_example_of_the_contract_is_answered_with_201() {
    let mut bench = Bench::fixture();
    let (status, answer) = bench.v1(CREATE, newcomer());
    let intent = &answer["intents"][0];
    let (id, customer) = (intent["id"].clone(), intent["customer_id"].clone());
    let now = "2026-03-31T12:00:00.000Z";
    assert_eq!(
        (status, &answer),
        (
            201,
            &json!({"intents": [{"id": id, "blocked_at": null, "channel": "email",
                "email": "rosa.lind@example.com", "notified_at": null, "optin_confirmed": false, "phone": null,
                "quantity": 1, "sent_notifications_count": 0, "source": "api", "type": "restock",
                "unsubscribed_at": null, "created_at": now, "updated_at": now, "customer_id": customer,
                "intent_trigger_id": null, "product_variant_id": "7a310000-0000-4000-8000-000000000003",
                "shop_id": "5b0e0000-0000-4000-8000-000000000001",
                "shopify_inventory_item_id": 46_021_000_000_201_i64, "shopify_market_id": null,
                "shopify_product_id": 8_011_000_000_102_i64, "shopify_variant_id": v(3),
                "customer_name": "Rosa Lind", "contact": "rosa.lind@example.com",
                "customer_unsubscribed_at": null, "accepts_marketing": false, "notifications_count": 0}],
                "errors": []})
        )
    );
    assert_eq!(
        bench.effects,
        [
            json!({"kind": "customer_created", "customer_id": customer}),
            json!({"kind": "signup_created", "signup_id": id}),
            json!({"kind": "merchant_alert", "shopify_variant_id": v(3), "waiting": 6,
                "recipient_email": "ops@juniper-supply.example"}),
        ]
    );
    let repeat = format!("signup already exists: {}", id.as_str().unwrap());
    assert_eq!(bench.v1(CREATE, newcomer()), refused(&repeat));
    assert_eq!(bench.effects, Vec::<Value>::new());
}

#[test]
fn a_named_customer_is_updated() {
    let mut bench = Bench::fixture();
    let body = newcomer_with(&[
        ("/intent/shopify_market_id", json!(91_000_000_002_i64)),
        ("/intent/quantity", json!("4")),
        ("/customer/id", json!(c(3))),
        ("/customer/email", json!("Priya.Nair@Example.com")),
        ("/customer/shopify_customer_id", json!("7300000000055")),
        ("/customer/accepts_marketing", json!(true)),
    ]);
    let (status, answer) = bench.v1(CREATE, body);
    let intent = &answer["intents"][0];
    assert_eq!(
        (
            status,
            &intent["customer_id"],
            &intent["email"],
            &intent["customer_name"],
            &intent["quantity"],
            &intent["shopify_market_id"],
            &intent["accepts_marketing"],
        ),
        (
            201,
            &json!(c(3)),
            &json!("priya.nair@example.com"),
            &json!("Rosa Lind"),
            &json!(4),
            &json!(91_000_000_002_i64),
            &json!(true)
        )
    );
    assert_eq!(
        bench.kinds(),
        ["customer_updated", "signup_created", "merchant_alert"]
    );
    assert_eq!(
        bench.number("SELECT count(*) FROM customers WHERE shopify_customer_id = 7300000000055"),
        1
    );
}

#[test]
fn a_body_without_its_objects_is_400_and_an_unknown_variant_404() {
    let with = |part: &str, value: Value| {
        let mut body = newcomer();
        body[part] = value;
        body
    };
    let mut bare = newcomer();
    bare.as_object_mut().unwrap().shift_remove("customer");
    table(
        CREATE,
        vec![
            (json!({}), error(400, "intent is missing")),
            (bare, error(400, "customer is missing")),
            (
                with("intent", json!(null)),
                error(400, "intent must be filled"),
            ),
            (
                with("intent", json!([])),
                error(400, "intent must be a hash"),
            ),
            (
                with("customer", json!("x")),
                error(400, "customer must be a hash"),
            ),
            (
                newcomer_with(&[("/intent/shopify_variant_id", json!(1))]),
                error(404, "Not found"),
            ),
        ],
    );
}

#[test]
fn what_is_read_but_refused_is_200_without_intents() {
    let one = |pointer: &str, value: Value| newcomer_with(&[(pointer, value)]);
    table(
        CREATE,
        vec![
            (
                one("/intent/source", json!("storefront")),
                refused("intent.source must be one of: api"),
            ),
            (
                one("/intent/source", json!(null)),
                refused("intent.source is missing"),
            ),
            (
                one("/intent/channel", json!("fax")),
                refused("intent.channel must be one of: email, sms, push"),
            ),
            (
                one("/intent/quantity", json!(0)),
                refused("intent.quantity must be greater than or equal to 1"),
            ),
            (
                one("/intent/shopify_product_id", json!(null)),
                refused("intent.shopify_product_id is missing"),
            ),
            (
                one("/customer/email", json!("rosa")),
                refused("customer.email is in invalid format"),
            ),
            (
                one("/customer/country", json!("US")),
                refused("customer.country is in invalid format"),
            ),
            (
                one(
                    "/customer/shopify_customer_id",
                    json!("99999999999999999999"),
                ),
                refused("customer.shopify_customer_id is in invalid format"),
            ),
            (
                one("/customer/email", json!(null)),
                refused("customer.email must be filled when channel is email"),
            ),
            (
                one("/intent/channel", json!("sms")),
                refused("customer.phone must be filled when channel is sms"),
            ),
            (
                one("/intent/channel", json!("push")),
                refused("customer.push must be filled when channel is push"),
            ),
            (
                one("/intent/shopify_product_id", json!(8_011_000_000_101_i64)),
                refused("intent.shopify_product_id does not match shopify_variant_id"),
            ),
            (
                one("/intent/shopify_market_id", json!(5)),
                refused("intent.shopify_market_id is not a market of this shop"),
            ),
            (
                newcomer_with(&[
                    ("/intent/channel", json!("sms")),
                    ("/customer/phone", json!("15035550199")),
                ]),
                refused("channel sms is not enabled"),
            ),
            (
                one("/customer/id", json!(c(99))),
                refused("Customer not found"),
            ),
            (
                newcomer_with(&[
                    ("/customer/id", json!(c(3))),
                    ("/customer/email", json!("mateo.ruiz@example.com")),
                ]),
                refused("customer.email belongs to another customer"),
            ),
            (
                one("/customer/email", json!("sam.wood@example.com")),
                refused("contact has unsubscribed from alerts"),
            ),
            (
                one("/customer/email", json!("priya.nair@example.com")),
                refused(&format!("signup already exists: {}", s(13))),
            ),
        ],
    );
    // All that is wrong inside the objects comes together.
    let both = newcomer_with(&[
        ("/intent/quantity", json!("x")),
        ("/customer/name", json!(5)),
    ]);
    assert_eq!(
        Bench::fixture().v1(CREATE, both),
        (
            200,
            json!({"errors": ["intent.quantity must be an integer", "customer.name must be a string"]})
        )
    );
}

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

#[test]
fn lists_of_intents_are_checked() {
    let many: Vec<String> = (0..501).map(s).collect();
    for name in [BULK_NOTIFY, DESTROY] {
        table(
            name,
            vec![
                (json!({}), error(400, "intent_ids is missing")),
                (
                    json!({"intent_ids": null}),
                    error(400, "intent_ids must be filled"),
                ),
                (
                    json!({"intent_ids": []}),
                    error(400, "intent_ids size cannot be less than 1"),
                ),
                (
                    json!({"intent_ids": many}),
                    error(400, "intent_ids size cannot be greater than 500"),
                ),
                (
                    json!({"intent_ids": 5}),
                    error(400, "intent_ids must be an array"),
                ),
                (
                    json!({"intent_ids": [s(1), "x", "y"]}),
                    error(400, "intent_ids.1 is not a valid UUID"),
                ),
            ],
        );
    }
}

#[test]
fn intents_are_deleted_together_or_not_at_all() {
    let mut bench = Bench::fixture();
    let held = json!({"error": "Cannot delete notified intents", "sent_intent_ids": [s(2), s(3)]});
    assert_eq!(
        bench.v1(
            DESTROY,
            json!({"intent_ids": [s(4), s(2), s(7), s(3), s(2)]})
        ),
        (422, held)
    );
    assert_eq!(bench.effects, Vec::<Value>::new());
    assert_eq!(bench.v1("v1_intents_read", json!({"id": s(4)})).0, 200);
    assert_eq!(
        bench.v1(DESTROY, json!({"intent_ids": [s(4), s(99), s(7), s(4)]})),
        (200, json!({"success": true, "deleted_count": 2}))
    );
    assert_eq!(bench.kinds(), ["signup_deleted", "signup_deleted"]);
    assert_eq!(
        bench.v1(DESTROY, json!({"intent_ids": [s(4), s(7)]})),
        error(404, "No valid intents found")
    );
    // Another shop's are as good as none.
    assert_eq!(
        bench.v1(DESTROY, json!({"intent_ids": [s(901)]})),
        error(404, "No valid intents found")
    );
}

#[test]
fn intents_move_without_a_word() {
    let moved = |kind: Option<&str>| {
        let mut bench = Bench::fixture();
        let mut args = ends(4, 6);
        if let Some(kind) = kind {
            args["intent_type"] = json!(kind);
        }
        assert_eq!(bench.v1(TRANSFER, args.clone()), (200, Value::Null));
        let ids: Vec<String> = bench
            .effects
            .iter()
            .map(|effect| effect["signup_id"].as_str().unwrap().to_owned())
            .collect();
        // Nothing is left to move.
        assert_eq!(bench.v1(TRANSFER, args), (200, Value::Null));
        assert_eq!(bench.effects, Vec::<Value>::new());
        ids
    };
    assert_eq!(moved(None), labels(&[1]));
    assert_eq!(moved(Some("unsent")), labels(&[1]));
    assert_eq!(moved(Some("sent")), labels(&[2, 3]));
    assert_eq!(moved(Some("all")), labels(&[1, 2, 3]));
}

#[test]
fn what_transfers_refuse() {
    let with = |name: &str, value: Value| {
        let mut args = ends(4, 6);
        args[name] = value;
        args
    };
    table(
        TRANSFER,
        vec![
            (json!({}), error(400, "from_shopify_variant_id is missing")),
            (
                with("to_shopify_product_id", json!("x")),
                error(400, "to_shopify_product_id must be an integer"),
            ),
            (
                with("intent_type", json!("some")),
                error(400, "intent_type must be one of: unsent, sent, all"),
            ),
            (
                with("from_shopify_variant_id", json!(7)),
                error(422, "Product variant not found: 7"),
            ),
            (
                with("to_shopify_product_id", json!(8_011_000_000_101_i64)),
                error(
                    422,
                    "to_shopify_product_id does not match to_shopify_variant_id",
                ),
            ),
            (
                ends(4, 4),
                error(
                    422,
                    "to_shopify_variant_id must differ from from_shopify_variant_id",
                ),
            ),
        ],
    );
}

#[test]
fn the_demand_example_of_the_contract_holds() {
    let variant = json!({"id": v(3), "title": "Default Title", "sku": "POUR-SET"});
    assert_eq!(
        Bench::fixture().v1(DEMAND, json!({"per_page": 1})),
        (
            200,
            json!({
                "product_variants_in_demand": [{"shopify_variant_id": v(3),
                    "shopify_product_id": 8_011_000_000_102_i64,
                    "shopify_inventory_item_id": 46_021_000_000_201_i64, "total": 5, "pending": 5,
                    "last_requested_at": "2026-03-22T22:22:22Z",
                    "product_data": {"id": 8_011_000_000_102_i64, "title": "Stoneware Pour-Over Set",
                        "vendor": "Kiln & Co", "variants": [variant]},
                    "variant_data": variant}],
                "page": 1, "per_page": 1, "has_next_page": true, "has_prev_page": false
            })
        )
    );
}

#[test]
fn demand_is_ranked_and_windowed_by_the_latest_request() {
    let ranked = |args: Value| -> Vec<(i64, i64, i64)> {
        let (status, answer) = Bench::fixture().v1(DEMAND, args);
        assert_eq!(status, 200);
        let rows = answer["product_variants_in_demand"]
            .as_array()
            .unwrap()
            .iter();
        let number = |row: &Value, name: &str| row[name].as_i64().unwrap();
        rows.map(|row| {
            let label = (1..=8).find(|label| json!(v(*label)) == row["shopify_variant_id"]);
            let label = i64::try_from(label.unwrap()).unwrap();
            (label, number(row, "total"), number(row, "pending"))
        })
        .collect()
    };
    // Ties by the variant's id, whichever way is sorted.
    assert_eq!(
        ranked(json!({})),
        [
            (3, 5, 5),
            (5, 3, 2),
            (7, 2, 2),
            (8, 2, 2),
            (1, 4, 1),
            (2, 1, 1),
            (4, 3, 1),
            (6, 2, 1)
        ]
    );
    assert_eq!(
        ranked(json!({"direction": "asc", "per_page": 3})),
        [(1, 4, 1), (2, 1, 1), (4, 3, 1)]
    );
    assert_eq!(
        ranked(json!({"sort_by": "total", "per_page": 3})),
        [(3, 5, 5), (1, 4, 1), (4, 3, 1)]
    );
    assert_eq!(
        ranked(json!({"sort_by": "last_requested_at", "per_page": 2, "page": 2})),
        [(3, 5, 5), (2, 1, 1)]
    );
    // The window keeps whole variants: the count of V7 has its earlier intent too.
    assert_eq!(
        ranked(json!({"start_date": "2026-03-29", "end_date": "2026-03-30"})),
        [(7, 2, 2), (8, 2, 2)]
    );
    assert_eq!(ranked(json!({"end_date": "2026-03-05"})), [(4, 3, 1)]);
    assert_eq!(ranked(json!({"intent_type": "restock"})).len(), 8);
    let none = json!({"product_variants_in_demand": [], "page": 2, "per_page": 25,
        "has_next_page": false, "has_prev_page": true});
    let args = json!({"intent_type": "wishlist_reminder", "page": 2});
    assert_eq!(Bench::fixture().v1(DEMAND, args), (200, none));
}

#[test]
fn what_the_demand_ranking_refuses() {
    table(
        DEMAND,
        vec![
            (
                json!({"sort_by": "name"}),
                error(
                    400,
                    "sort_by must be one of: pending, total, last_requested_at",
                ),
            ),
            (
                json!({"direction": "up"}),
                error(400, "direction must be one of: asc, desc"),
            ),
            (
                json!({"per_page": 501}),
                error(400, "per_page must be less than or equal to 500"),
            ),
            (
                json!({"end_date": "2026-02-30"}),
                error(400, "end_date must be a date"),
            ),
            (
                json!({"start_date": "2026-03-02", "end_date": "2026-03-01"}),
                error(400, "start_date must be on or before end_date"),
            ),
        ],
    );
}
