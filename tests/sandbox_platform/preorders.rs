//! Preorders as a stranger sees them: orders by the control plane, declines, due work and bulk jobs
//! in the journal.

use serde_json::{Value, json};

use crate::support::{BASE, KEY_A, SHOP_A, Site, error};

const ORDERS: &str = "/preorders/orders";
const P1: i64 = 6_130_000_000_001;
const P2: i64 = 6_130_000_000_002;
const P3: i64 = 6_130_000_000_003;
const P4: i64 = 6_130_000_000_004;
const V5: i64 = 44_021_000_000_302;

/// Path of the control plane below the shop.
fn shop(path: &str) -> String {
    format!("/shops/{SHOP_A}{path}")
}

/// Effects of the journal's entries of a kind: their moment and the order they are about.
fn told(site: &Site, kind: &str) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for entry in site.journal() {
        for effect in entry["effects"].as_array().unwrap() {
            if effect["kind"] == kind {
                let at = entry["at"].as_str().unwrap().to_owned();
                out.push((at, effect["shopify_order_id"].clone()));
            }
        }
    }
    out
}

#[tokio::test]
async fn an_order_from_checkout_to_the_parcel() {
    let site = Site::fixture().await;
    let body = json!({"email": "ana@example.com", "decline_code": "expired_card",
        "lines": [{"shopify_variant_id": V5, "quantity": 1}]});
    let taken = site.control("POST", &shop("/orders"), body);
    let id = taken["shopify_order_id"].as_i64().unwrap();
    let path = format!("{ORDERS}/{id}");
    assert_eq!(
        site.get(&path).await.told(),
        (200, taken["preorder"].clone())
    );
    let control = |method: &str, rest: &str, body: Value| {
        site.control(method, &shop(&format!("/orders/{id}{rest}")), body)
    };
    let changed = control("PATCH", "", json!({"email": "ben@example.com"}));
    assert_eq!(changed["customer"]["email"], "ben@example.com");
    let paid = control("POST", "/pay_link", Value::Null);
    assert_eq!(paid["state"], "balance_collected");
    let released = site
        .call("POST", &format!("{path}/release"), Value::Null)
        .await;
    assert_eq!(
        (released.status, &released.json()["state"]),
        (202, &json!("released"))
    );
    let shipped = control("POST", "/fulfill", Value::Null);
    assert_eq!(shipped["state"], "fulfilled");
    assert_eq!(site.get(&path).await.told(), (200, shipped));
    let again = site.sandbox.control(
        "POST",
        &shop(&format!("/orders/{id}/pay_link")),
        &Value::Null,
    );
    assert_eq!(
        again,
        (
            409,
            error("Order has no outstanding balance. It can be released.")
        )
    );
}

#[tokio::test]
async fn drift_is_made_and_mended() {
    let site = Site::fixture().await;
    let path = shop(&format!("/variants/{V5}/metafields"));
    let held = site.control("PATCH", &path, json!({"preorder_max_count": 7}));
    assert_eq!(held["preorder_max_count"], 7);
    let variant = format!("/preorders/product_variants/{V5}");
    let read = site.get(&variant).await.json();
    assert_eq!(
        read["metafield_drift"],
        json!({"detected": true, "keys": ["preorder_count", "preorder_max_count"]})
    );
    let sync = format!("{variant}/sync_metafields");
    let synced = site.call("POST", &sync, Value::Null).await.json();
    assert_eq!(
        synced["metafield_drift"],
        json!({"detected": false, "keys": []})
    );
}

#[tokio::test]
async fn a_declined_charge_is_refused_and_stays_in_the_journal() {
    let site = Site::fixture().await;
    let path = format!("{ORDERS}/{P2}/payments/charge_balance");
    let text = "Balance charge failed: card_declined. Call payments/send_payment_collection_url to let the shopper pay.";
    assert_eq!(
        site.call("POST", &path, Value::Null).await.told(),
        (422, error(text))
    );
    let kinds = |entry: &Value| -> Vec<Value> {
        let effects = entry["effects"].as_array().unwrap();
        effects
            .iter()
            .map(|effect| effect["kind"].clone())
            .collect()
    };
    let entry = site.last();
    assert_eq!(entry["status"], 422);
    assert_eq!(kinds(&entry), ["charge_failed", "mail", "mail"]);
    let order = site.get(&format!("{ORDERS}/{P2}")).await.json();
    assert_eq!(order["payments"]["last_failure"]["code"], "card_declined");
    // The same over the hosted MCP server.
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "preorders_orders_payments_charge_balance", "arguments": {"id": P2}}});
    let headers = [("x-auth-token", KEY_A)];
    let body = Some(call.to_string().into_bytes());
    let got = site
        .send("POST", &format!("{BASE}/mcp"), &headers, body)
        .await
        .unwrap();
    assert_eq!(got.json()["result"]["isError"], true);
    assert_eq!(kinds(&site.last()), ["charge_failed", "mail", "mail"]);
}

#[tokio::test]
async fn what_falls_due_is_told_at_its_own_moment() {
    let site = Site::fixture().await;
    site.control("POST", "/clock", json!({"now": "2026-04-20T00:00:00Z"}));
    let due = "2026-04-15T09:00:00Z".to_owned();
    assert_eq!(told(&site, "charge_succeeded"), [(due.clone(), json!(P1))]);
    assert_eq!(told(&site, "charge_failed"), [(due.clone(), json!(P2))]);
    assert_eq!(
        told(&site, "mail"),
        [(due.clone(), json!(P2)), (due, json!(P2))]
    );
    let offers = site.get("/preorders/offers?status=enabled").await.json();
    assert_eq!(offers["offers"][0]["name"], "Pour-Over Set run");
    let moments: Vec<Value> = site
        .journal()
        .iter()
        .map(|entry| entry["at"].clone())
        .collect();
    let mut sorted = moments.clone();
    sorted.sort_by_key(Value::to_string);
    assert_eq!(moments, sorted);
}

#[tokio::test]
async fn a_bulk_job_works_with_the_clock() {
    let site = Site::fixture().await;
    let submit = |ids: Value| site.call("POST", "/preorders/orders/bulk_release", ids);
    let got = submit(json!({"order_ids": [P3, P4]})).await;
    let handle = got.json();
    let job_id = handle["job_id"].as_str().unwrap();
    let poll = format!("{ORDERS}/jobs/{job_id}");
    assert_eq!(
        (got.status, &handle),
        (
            202,
            &json!({"job_id": job_id, "status_url": format!("{BASE}{poll}"), "order_count": 2})
        )
    );
    let state = |status: &str, progress: u8, processed: u8| {
        json!({"job_id": job_id, "status": status, "progress": progress, "total": 2,
            "processed": processed})
    };
    assert_eq!(site.get(&poll).await.told(), (200, state("running", 0, 0)));
    site.advance(290);
    assert_eq!(site.get(&poll).await.json(), state("running", 50, 1));
    site.advance(40);
    assert_eq!(site.get(&poll).await.json(), state("completed", 100, 2));
    let empty = submit(json!({"order_ids": []})).await.told();
    assert_eq!(
        empty,
        (422, error("order_ids size cannot be less than 1")),
        "no job is made"
    );
    site.control(
        "PATCH",
        "/config",
        json!({"job_start_ms": 0, "job_items_per_s": 0}),
    );
    let handle = submit(json!({"order_ids": [P1]})).await.json();
    let poll = handle["status_url"]
        .as_str()
        .unwrap()
        .strip_prefix(BASE)
        .unwrap();
    let at_once = site.get(poll).await.json();
    assert_eq!(
        (&at_once["status"], &at_once["processed"]),
        (&json!("completed"), &json!(1)),
        "a refused item counts as done"
    );
}

#[tokio::test]
async fn a_failed_bulk_job_leaves_the_rest_undone() {
    let site = Site::fixture().await;
    site.fault(
        json!({"fault": {"kind": "job", "outcome": "failed", "at_percent": 50,
        "error": "disk full"}}),
    );
    let ids = json!({"order_ids": [P3, P4]});
    let handle = site
        .call("POST", "/preorders/orders/bulk_release", ids)
        .await
        .json();
    site.advance(60_000);
    let poll = handle["status_url"]
        .as_str()
        .unwrap()
        .strip_prefix(BASE)
        .unwrap();
    let job = site.get(poll).await.json();
    assert_eq!(
        (&job["status"], &job["processed"], &job["error"]),
        (&json!("failed"), &json!(1), &json!("disk full"))
    );
    let mut states = Vec::new();
    for id in [P3, P4] {
        states.push(site.get(&format!("{ORDERS}/{id}")).await.json()["state"].clone());
    }
    assert_eq!(states, ["released", "balance_collected"]);
}
