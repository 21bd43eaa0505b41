//! Every kind of fault: what the client sees, whether the effect was done, what it cost.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{KEY_B, SIGNUPS, Site};

const COMPLIANCE: &str = "/back_in_stock/settings/compliance";

/// Lays one fault and writes a setting; tells what came back, whether it was written, and its
/// journal entry.
async fn written(site: &Site, fault: Value) -> (Option<(u16, Vec<u8>)>, bool, Value) {
    site.fault(json!({"match": {"method": "PATCH"}, "fault": fault}));
    let got = site
        .attempt("PATCH", COMPLIANCE, json!({"optin_required": true}))
        .await;
    let entry = site.last();
    let read = site.get(COMPLIANCE).await.json();
    (
        got.ok().map(|got| (got.status, got.body)),
        read["optin_required"] == true,
        entry,
    )
}

fn facts(entry: &Value) -> (&Value, &Value, &Value, usize) {
    let effects = entry["effects"].as_array().unwrap().len();
    (&entry["status"], &entry["points"], &entry["fault"], effects)
}

#[tokio::test]
async fn status_before_and_after() {
    let site = Site::fixture().await;
    let (got, done, entry) = written(&site, json!({"kind": "status", "status": 500})).await;
    assert_eq!(
        got,
        Some((500, br#"{"errors":["Internal server error"]}"#.to_vec()))
    );
    assert!(!done);
    assert_eq!(facts(&entry), (&json!(500), &json!(2), &json!("status"), 0));

    let site = Site::fixture().await;
    let fault = json!({"kind": "status", "status": 503, "phase": "after", "retry_after": 2});
    site.fault(json!({"match": {"method": "PATCH"}, "fault": fault}));
    let got = site
        .call("PATCH", COMPLIANCE, json!({"optin_required": true}))
        .await;
    assert_eq!(
        (
            got.status,
            got.header("retry-after"),
            got.header("content-type")
        ),
        (503, Some("2"), Some("text/html; charset=utf-8"))
    );
    assert_eq!(
        facts(&site.last()),
        (&json!(503), &json!(2), &json!("status"), 1)
    );
    assert_eq!(site.get(COMPLIANCE).await.json()["optin_required"], true);
}

#[tokio::test]
async fn drops() {
    // phase, effect done, points, code in the journal
    let cases = [
        ("accept", false, 0, Value::Null),
        ("before", false, 2, Value::Null),
        ("after", true, 2, json!(202)),
        ("mid_body", true, 2, json!(202)),
    ];
    for (phase, done, points, status) in cases {
        let site = Site::fixture().await;
        let (got, was_done, entry) = written(&site, json!({"kind": "drop", "phase": phase})).await;
        assert_eq!(got, None, "{phase}");
        assert_eq!(was_done, done, "{phase}");
        assert_eq!(
            facts(&entry),
            (&status, &json!(points), &json!("drop"), usize::from(done)),
            "{phase}"
        );
    }
}

#[tokio::test]
async fn what_a_dropped_connection_carried() {
    let site = Site::fixture().await;
    for phase in ["accept", "before", "after"] {
        site.fault(json!({"fault": {"kind": "drop", "phase": phase}}));
        assert_eq!(site.raw_call("GET", COMPLIANCE, "").await, "", "{phase}");
    }
    site.fault(json!({"fault": {"kind": "drop", "phase": "mid_body"}}));
    let seen = site.raw_call("GET", COMPLIANCE, "").await;
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(head.to_lowercase().contains("content-length: 24"), "{head}");
    assert_eq!(body, r#"{"optin_requ"#);
}

#[tokio::test]
async fn latency_and_hang_take_real_time() {
    let site = Site::fixture().await;
    site.fault(json!({"fault": {"kind": "latency", "ms": 60}}));
    site.fault(json!({"fault": {"kind": "latency", "ms": 40, "jitter_ms": 20}}));
    let begun = Instant::now();
    assert_eq!(site.get(COMPLIANCE).await.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(100));
    assert_eq!(site.last()["fault"], "latency+latency");

    for (phase, done) in [("before", false), ("after", true)] {
        let site = Site::fixture().await;
        let begun = Instant::now();
        let fault = json!({"kind": "hang", "ms": 50, "phase": phase});
        let (got, was_done, _) = written(&site, fault).await;
        assert_eq!((got, was_done), (None, done), "{phase}");
        assert!(begun.elapsed() >= Duration::from_millis(50));
    }
}

#[tokio::test]
async fn a_429_that_touches_no_window() {
    let site = Site::fixture().await;
    site.fault(json!({"fault": {"kind": "rate_limit", "retry_after": 9, "omit": ["Retry-After"]}}));
    let got = site.get(SIGNUPS).await;
    assert_eq!(
        (got.status, got.json()["retry_after"].as_u64()),
        (429, Some(9))
    );
    assert_eq!(got.header("retry-after"), None);
    assert_eq!(got.header("x-ratelimit-remaining"), Some("0"));
    assert_eq!(
        facts(&site.last()),
        (&json!(429), &json!(0), &json!("rate_limit"), 0)
    );
    assert_eq!(site.points_used(), 0);
    site.fault(json!({"fault": {"kind": "rate_limit", "body": "html"}}));
    let got = site.get(SIGNUPS).await;
    assert_eq!(
        (
            got.status,
            got.header("retry-after"),
            got.header("content-type")
        ),
        (429, Some("24"), Some("text/html; charset=utf-8"))
    );
}

#[tokio::test]
async fn broken_and_strange_bodies() {
    let site = Site::fixture().await;
    for variant in ["truncated", "html", "not_json", "invalid_utf8", "trailing"] {
        site.fault(json!({"fault": {"kind": "malformed_json", "variant": variant}}));
        let got = site.get(COMPLIANCE).await;
        assert_eq!(got.status, 200, "{variant}");
        assert!(
            serde_json::from_slice::<Value>(&got.body).is_err(),
            "{variant}"
        );
    }
    site.fault(
        json!({"fault": {"kind": "wrong_shape", "remove": ["signups.0.id"],
        "nullify": ["meta.page"], "add": {"extra": 1}}}),
    );
    let body = site.get(&format!("{SIGNUPS}?per_page=1")).await.json();
    assert_eq!(body["signups"][0].get("id"), None);
    assert_eq!(body["meta"].get("page"), Some(&Value::Null));
    assert_eq!(body["extra"], 1);

    site.fault(json!({"fault": {"kind": "oversize", "bytes": 300_000}}));
    let got = site.get(COMPLIANCE).await;
    assert!(got.body.len() >= 300_000);
    assert_eq!(got.json()["optin_required"], false);

    site.fault(json!({"fault": {"kind": "slow_body", "chunk_bytes": 8, "chunk_ms": 30}}));
    let begun = Instant::now();
    let got = site.get(COMPLIANCE).await;
    assert_eq!(got.told(), (200, json!({"optin_required": false})));
    assert!(begun.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn rules_are_matched_counted_listed_and_taken_away() {
    let site = Site::fixture().await;
    site.fault(
        json!({"match": {"shop": "north-quay.myshopify.com", "path": "/api/**/signups"},
        "skip": 1, "times": null, "fault": {"kind": "status", "status": 500}}),
    );
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(site.get_as(KEY_B, SIGNUPS).await.status);
    }
    assert_eq!(codes, [200, 500, 500]);
    assert_eq!(site.get(SIGNUPS).await.status, 200);
    assert_eq!(site.get_as(KEY_B, COMPLIANCE).await.status, 200);
    assert_eq!(
        site.control("GET", "/faults", Value::Null),
        json!({"faults": [{"id": "flt_1",
            "match": {"method": "*", "path": "/api/**/signups", "shop": "north-quay.myshopify.com"},
            "skip": 1, "times": null, "probability": 1.0,
            "fault": {"kind": "status", "status": 500, "phase": "before"}, "hits": 2}]})
    );
    site.control("DELETE", "/faults/flt_1", Value::Null);
    assert_eq!(site.get_as(KEY_B, SIGNUPS).await.status, 200);
    let (status, body) = site
        .sandbox
        .control("DELETE", "/faults/flt_1", &Value::Null);
    assert_eq!(
        (status, body),
        (404, json!({"errors": ["Fault not found"]}))
    );
}

#[tokio::test]
async fn a_refused_request_is_not_faulted_late() {
    let site = Site::fixture().await;
    site.fault(json!({"fault": {"kind": "status", "status": 500, "phase": "after"}}));
    assert_eq!(site.get_as("nobody", SIGNUPS).await.status, 401);
    assert_eq!(site.get("/nope").await.status, 500);
    // The control plane is never faulted.
    site.fault(json!({"times": null, "fault": {"kind": "status", "status": 500}}));
    let health = site
        .send("GET", "/sandbox/health", &[], None)
        .await
        .unwrap();
    assert_eq!(health.status, 200);
}
