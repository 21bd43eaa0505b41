//! The older API below its own bases: keys, points, the shop of a request without a key, errors.

use serde_json::{Value, json};

use super::support::{Got, KEY_A, KEY_B, S1, SHOP_A, Site};

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
