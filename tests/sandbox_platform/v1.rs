//! The older API below its own bases: keys, points, the shop of a request without a key, errors.

use serde_json::{Value, json};

use super::support::{Got, KEY_A, KEY_B, S1, SHOP_A, SIGNUPS, Site};

const INTENTS: &str = "/api/v1/external/intents";
const PUBLIC: &str = "/api/v1/intents.json";

async fn send(site: &Site, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    let body = (!body.is_empty()).then(|| body.as_bytes().to_vec());
    site.send(method, path, &all, body).await.unwrap()
}

fn error(text: &str) -> Value {
    json!({"error": text})
}

#[tokio::test]
async fn an_intent_is_read_with_the_shops_key_and_costs_a_point() {
    let site = Site::fixture().await;
    let path = format!("{INTENTS}/{S1}");
    let got = send(&site, "GET", &path, &[("x-auth-token", KEY_A)], "").await;
    assert_eq!((got.status, &got.json()["id"]), (200, &json!(S1)));
    assert_eq!(got.header("x-ratelimit-remaining"), Some("359"));
    let entry = site.last();
    assert_eq!(
        (
            &entry["path"],
            &entry["status"],
            &entry["points"],
            &entry["effects"]
        ),
        (&json!(path), &json!(200), &json!(1), &json!([]))
    );
    let other = send(&site, "GET", &path, &[("x-auth-token", KEY_B)], "").await;
    assert_eq!(other.told(), (404, error("Intent not found")));
    let nobody = send(&site, "GET", &path, &[], "").await;
    assert_eq!(nobody.told(), (401, error("Unauthorized")));
    assert_eq!(nobody.header("x-ratelimit-remaining"), None);
}

#[tokio::test]
async fn what_v1_does_not_have_is_told_in_its_form() {
    let site = Site::fixture().await;
    let key = [("x-auth-token", KEY_A)];
    for (method, path) in [
        ("GET", "/api/v1/external/nothing".to_owned()),
        ("PATCH", INTENTS.to_owned()),
        ("HEAD", INTENTS.to_owned()),
    ] {
        let got = send(&site, method, &path, &key, "").await;
        assert_eq!(got.status, 404, "{method} {path}");
        if method != "HEAD" {
            assert_eq!(got.json(), error("Not found"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_body_that_breaks_the_contract_is_refused_with_its_first_mistake() {
    let site = Site::fixture().await;
    let key = [("x-auth-token", KEY_A)];
    let path = format!("{INTENTS}/transfer_signups");
    let got = send(&site, "POST", &path, &key, r#"{"intent_type": "some"}"#).await;
    assert_eq!(
        got.told(),
        (400, error("from_shopify_variant_id is missing"))
    );
    let got = send(&site, "POST", &path, &key, "{").await;
    assert_eq!(got.told(), (400, error("Request body is not valid JSON")));
    // A DELETE takes its parameters from the query as well.
    let path = format!("{INTENTS}/bulk_destroy?intent_ids[]=x");
    let got = send(&site, "DELETE", &path, &key, "").await;
    assert_eq!(got.told(), (400, error("intent_ids.0 is not a valid UUID")));
}

#[tokio::test]
async fn without_a_key_a_header_names_the_shop_and_nothing_is_charged() {
    let site = Site::fixture().await;
    let nameless = send(&site, "POST", PUBLIC, &[("x-auth-token", KEY_A)], "{}").await;
    assert_eq!(nameless.told(), (401, error("Unauthorized")));
    let header = |domain| [("x-shopify-shop-domain", domain)];
    let unknown = send(&site, "POST", PUBLIC, &header("nobody.myshopify.com"), "{}").await;
    assert_eq!(unknown.told(), (404, error("Not found")));
    let empty = send(&site, "POST", PUBLIC, &header(SHOP_A), "{}").await;
    assert_eq!(empty.status, 400);
    assert_eq!(empty.header("x-ratelimit-remaining"), None);
    let entry = site.last();
    assert_eq!(
        (&entry["shop"], &entry["status"], &entry["points"]),
        (&json!(SHOP_A), &json!(400), &json!(0))
    );
    assert_eq!(site.points_used(), 0);
    // Another verb there is no address of the API.
    let got = send(&site, "GET", PUBLIC, &header(SHOP_A), "").await;
    assert_eq!(got.told(), (404, json!({"errors": ["Not found"]})));
}

/// A create that succeeds on shop A.
const NEWCOMER: &str = r#"{"intent": {"shopify_variant_id": 44021000000201, "shopify_product_id": 8011000000102,
    "channel": "email", "quantity": 1, "source": "api"}, "customer": {"email": "rosa.lind@example.com"}}"#;

#[tokio::test]
async fn the_public_create_takes_no_key_and_tells_201_from_a_refusal() {
    let site = Site::fixture().await;
    let header = [("x-shopify-shop-domain", SHOP_A)];
    let created = send(&site, "POST", PUBLIC, &header, NEWCOMER).await;
    let answer = created.json();
    assert_eq!(
        (
            created.status,
            &answer["errors"],
            &answer["intents"][0]["email"]
        ),
        (201, &json!([]), &json!("rosa.lind@example.com"))
    );
    assert_eq!(
        created.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    for name in [
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ] {
        assert_eq!(created.header(name), None, "{name}");
    }
    let entry = site.last();
    assert_eq!(
        (&entry["shop"], &entry["status"], &entry["points"]),
        (&json!(SHOP_A), &json!(201), &json!(0))
    );
    assert_eq!(entry["effects"][0]["kind"], "customer_created");
    // A key is not looked at, not even another shop's; refused, it still is no error of HTTP.
    let id = answer["intents"][0]["id"].as_str().unwrap();
    let both = [("x-shopify-shop-domain", SHOP_A), ("x-auth-token", KEY_B)];
    let repeat = send(&site, "POST", PUBLIC, &both, NEWCOMER).await;
    let text = format!("signup already exists: {id}");
    assert_eq!(repeat.told(), (200, json!({"errors": [text]})));
    assert_eq!(site.last()["effects"], json!([]));
    let strange = NEWCOMER.replace("44021000000201", "5");
    let strange = send(&site, "POST", PUBLIC, &header, &strange).await;
    assert_eq!(strange.told(), (404, error("Not found")));
    let plain = [
        ("x-shopify-shop-domain", SHOP_A),
        ("content-type", "text/plain"),
    ];
    let body = Some(NEWCOMER.as_bytes().to_vec());
    let plain = site.send("POST", PUBLIC, &plain, body).await.unwrap();
    assert_eq!(
        plain.told(),
        (400, error("Content-Type must be application/json"))
    );
    assert_eq!(site.points_used(), 0);
    // v2 has the row.
    let found = site.get(&format!("{SIGNUPS}/{id}")).await;
    assert_eq!(
        (found.status, &found.json()["source"]),
        (200, &json!("api"))
    );
}

#[tokio::test]
async fn the_keyed_create_goes_by_the_key_and_costs_two_points() {
    let site = Site::fixture().await;
    let path = INTENTS;
    let headers = [
        ("x-auth-token", KEY_A),
        ("x-shopify-shop-domain", "nobody.myshopify.com"),
    ];
    let created = send(&site, "POST", path, &headers, NEWCOMER).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("x-ratelimit-remaining"), Some("358"));
    assert_eq!(site.last()["shop"], SHOP_A);
    let refused = send(&site, "POST", path, &headers, NEWCOMER).await;
    assert_eq!(refused.status, 200);
    assert_eq!(refused.header("x-ratelimit-remaining"), Some("356"));
    let domain = [("x-shopify-shop-domain", SHOP_A)];
    let keyless = send(&site, "POST", path, &domain, NEWCOMER).await;
    assert_eq!(keyless.told(), (401, error("Unauthorized")));
    // The variant is none of shop B's.
    let elsewhere = send(&site, "POST", path, &[("x-auth-token", KEY_B)], NEWCOMER).await;
    assert_eq!(elsewhere.told(), (404, error("Not found")));
}

#[tokio::test]
async fn a_delete_takes_arrays_from_the_query_in_three_forms_or_from_its_body() {
    let site = Site::fixture().await;
    let key = [("x-auth-token", KEY_A)];
    let id = |number: u32| format!("51900000-0000-4000-8000-{number:012}");
    let path = |query: &str| format!("{INTENTS}/bulk_destroy{query}");
    let gone = |count: u32| (200, json!({"success": true, "deleted_count": count}));
    for (query, body) in [
        (
            format!("?intent_ids[]={}&intent_ids%5B%5D={}", id(4), id(7)),
            String::new(),
        ),
        (format!("?intent_ids={},{}", id(12), id(13)), String::new()),
        (
            format!("?intent_ids={}&intent_ids={}", id(14), id(15)),
            String::new(),
        ),
        (
            String::new(),
            json!({"intent_ids": [id(16), id(17)]}).to_string(),
        ),
        // The body wins over the query.
        (
            format!("?intent_ids={}", id(2)),
            json!({"intent_ids": [id(18), id(20)]}).to_string(),
        ),
    ] {
        let got = send(&site, "DELETE", &path(&query), &key, &body).await;
        assert_eq!(got.told(), gone(2), "{query} {body}");
    }
    let variants = "/api/v1/external/preorders/0ffe0000-0000-4000-8000-000000000001/remove_variant";
    let query = "?shopify_variant_ids[]=44021000000303&shopify_variant_ids[]=44021000000101&inventory_policy=DENY";
    let got = send(&site, "DELETE", &format!("{variants}{query}"), &key, "").await;
    assert_eq!(
        got.told(),
        (
            200,
            json!({"success": true, "message": "Variants removed", "variants_removed": [44_021_000_000_303_i64]})
        )
    );
    let body = r#"{"shopify_variant_ids": [44021000000302]}"#;
    let got = send(&site, "DELETE", variants, &key, body).await;
    assert_eq!(
        got.json()["variants_removed"],
        json!([44_021_000_000_302_i64])
    );
}

#[tokio::test]
async fn a_transfer_answers_nothing_at_all() {
    let site = Site::fixture().await;
    let body = r#"{"from_shopify_variant_id": 44021000000201, "from_shopify_product_id": 8011000000102,
        "to_shopify_variant_id": 44021000000401, "to_shopify_product_id": 8011000000104}"#;
    let length = body.len();
    let request = format!(
        "POST {INTENTS}/transfer_signups HTTP/1.1\r\nHost: sandbox\r\nX-Auth-Token: {KEY_A}\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let answer = site.raw(&request, "").await;
    let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
    let lower = head.to_ascii_lowercase();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(lower.contains("\r\ncontent-length: 0"), "{head}");
    assert!(!lower.contains("content-type"), "{head}");
    assert_eq!(rest, "");
    // S13 of the customer of S20 stays, as she waits on the target already.
    let effects = site.last()["effects"].as_array().unwrap().len();
    assert_eq!(effects, 4);
}

#[tokio::test]
async fn partial_success_is_207_and_a_state_is_never_409() {
    let site = Site::fixture().await;
    let key = [("x-auth-token", KEY_A)];
    let sms = "51900000-0000-4000-8000-000000000022";
    let path = format!("{INTENTS}/bulk_notify_intent");
    let body = json!({"intent_ids": [S1, sms]}).to_string();
    let got = send(&site, "POST", &path, &key, &body).await;
    let blocked = "Notification blocked: channel_disabled";
    assert_eq!(
        got.told(),
        (
            207,
            json!({"success": [S1], "failed": [{"intent_id": sms, "error": blocked}]})
        )
    );
    // Held back, but on record: with an error of HTTP, and with its effect in the journal.
    let path = format!("{INTENTS}/notify_intent");
    let got = send(&site, "POST", &path, &key, &json!({"id": sms}).to_string()).await;
    assert_eq!(got.told(), (422, error(blocked)));
    assert_eq!(site.last()["effects"][0]["kind"], "send_blocked");
    let got = send(&site, "POST", &path, &key, &json!({"id": S1}).to_string()).await;
    assert_eq!(got.status, 422);
    assert_eq!(site.last()["effects"], json!([]));
    // A plan that is on already is put on without a word.
    let plan = "/api/v1/external/preorders/0ffe0000-0000-4000-8000-000000000001";
    let body = r#"{"selling_plan": {"enabled": true}}"#;
    let got = send(&site, "PUT", plan, &key, body).await;
    assert_eq!((got.status, &got.json()["enabled"]), (200, &json!(true)));
}

#[tokio::test]
async fn a_queued_policy_shows_in_the_plan_and_then_in_the_journal() {
    let site = Site::fixture().await;
    site.control("POST", "/clock", json!({"frozen": true}));
    let key = [("x-auth-token", KEY_A)];
    let plan = "/api/v1/external/preorders/0ffe0000-0000-4000-8000-000000000004";
    let path = format!("{plan}/bulk_toggle_inventory_policy");
    let body = r#"{"shopify_variant_ids": [44021000000401], "inventory_policy": "CONTINUE"}"#;
    let got = send(&site, "POST", &path, &key, body).await;
    assert_eq!(
        got.told(),
        (
            200,
            json!({"success": true, "message": "Inventory policy update queued",
                "variants_queued": [44_021_000_000_401_i64]})
        )
    );
    let got = send(&site, "GET", plan, &key, "").await;
    assert_eq!(got.json()["ongoing_job"], true);
    site.advance(250);
    let entry = site.last();
    assert_eq!(
        (&entry["path"], &entry["effects"]),
        (
            &Value::Null,
            &json!([{"kind": "policy_set", "shopify_variant_id": 44_021_000_000_401_i64,
                "inventory_policy": "CONTINUE"}])
        )
    );
    let got = send(&site, "GET", plan, &key, "").await;
    assert_eq!(got.json()["ongoing_job"], false);
}

#[tokio::test]
async fn one_budget_pays_for_both_apis() {
    let site = Site::fixture().await;
    site.get(SIGNUPS).await;
    let key = [("x-auth-token", KEY_A)];
    let plans = "/api/v1/external/preorders";
    let got = send(&site, "GET", plans, &key, "").await;
    assert_eq!(got.header("x-ratelimit-remaining"), Some("358"));
    let got = send(&site, "DELETE", &format!("{plans}/x"), &key, "").await;
    assert_eq!(got.told(), (404, error("Selling plan not found")));
    assert_eq!(got.header("x-ratelimit-remaining"), Some("356"));
    let path = format!("/shops/{SHOP_A}");
    site.control("PATCH", &path, json!({"points_used": 360}));
    let got = send(&site, "GET", plans, &key, "").await;
    assert_eq!(
        (got.status, &got.json()["error"]),
        (429, &json!("Rate limit exceeded"))
    );
    // The public create is not paid for.
    let header = [("x-shopify-shop-domain", SHOP_A)];
    let created = send(&site, "POST", PUBLIC, &header, NEWCOMER).await;
    assert_eq!(created.status, 201);
}
