//! Points: headers, 429, reset by the clock.

use serde_json::{Value, json};

use crate::support::{BASE, Got, KEY_A, KEY_B, SHOP_A, SIGNUPS, Site};

/// 2026-03-31T12:00:00Z.
const NOON: i64 = 1_774_958_400;

fn rate(got: &Got) -> [i64; 3] {
    ["limit", "remaining", "reset"].map(|name| {
        let header = got.header(&format!("x-ratelimit-{name}"));
        header.unwrap().parse().unwrap()
    })
}

#[tokio::test]
async fn reads_cost_one_writes_two_failures_the_same() {
    let site = Site::fixture().await;
    assert_eq!(rate(&site.get(SIGNUPS).await), [360, 359, NOON + 60]);
    site.advance(30_000);
    let cases = [
        ("GET", "/help", json!(null), 200, 358),
        ("GET", "/nope", json!(null), 404, 357),
        ("POST", "/nope", json!({}), 404, 355),
        ("PUT", "/nope", json!({}), 404, 353),
        ("DELETE", "/back_in_stock/signups/x", json!(null), 404, 351),
        (
            "PATCH",
            "/back_in_stock/settings/channels",
            json!({}),
            422,
            349,
        ),
    ];
    for (method, path, body, status, remaining) in cases {
        let got = site.call(method, path, body).await;
        assert_eq!(got.status, status, "{method} {path}");
        assert_eq!(rate(&got), [360, remaining, NOON + 60], "{method} {path}");
        assert_eq!(got.header("retry-after"), None);
    }
    // v1 shares the budget; the other shop has its own.
    site.send(
        "GET",
        "/api/v1/external/x",
        &[("x-auth-token", KEY_A)],
        None,
    )
    .await
    .unwrap();
    assert_eq!(site.points_used(), 12);
    assert_eq!(
        rate(&site.get_as(KEY_B, SIGNUPS).await),
        [360, 359, NOON + 90]
    );
}

#[tokio::test]
async fn a_used_up_window_blocks_until_its_second() {
    let site = Site::fixture().await;
    site.get(SIGNUPS).await;
    site.control(
        "PATCH",
        &format!("/shops/{SHOP_A}"),
        json!({"points_used": 359}),
    );
    site.advance(36_000);
    let last = site.get("/back_in_stock/settings/compliance").await;
    assert_eq!((last.status, rate(&last)), (200, [360, 0, NOON + 60]));
    let refused = site.get(SIGNUPS).await;
    assert_eq!(
        refused.told(),
        (
            429,
            json!({"error": "Rate limit exceeded", "retry_after": 24,
                "message": "360 points per 60 s used up. Reads cost 1 point, writes cost 2."})
        )
    );
    assert_eq!(rate(&refused), [360, 0, NOON + 60]);
    assert_eq!(refused.header("retry-after"), Some("24"));
    assert_eq!(
        refused.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    let entry = site.last();
    assert_eq!(
        (&entry["status"], &entry["points"]),
        (&json!(429), &json!(1))
    );
    // The clock stands: the window stays used up.
    assert_eq!(site.get("/help").await.status, 429);
    site.advance(23_000);
    assert_eq!(site.get("/help").await.header("retry-after"), Some("1"));
    site.advance(1_000);
    assert_eq!(rate(&site.get(SIGNUPS).await), [360, 359, NOON + 120]);
}

#[tokio::test]
async fn a_write_over_the_last_point_closes_the_window_and_does_nothing() {
    let site = Site::fixture().await;
    site.control(
        "PATCH",
        &format!("/shops/{SHOP_A}"),
        json!({"points_used": 359, "points_reset": NOON + 10}),
    );
    let refused = site
        .call(
            "PATCH",
            "/back_in_stock/settings/compliance",
            json!({"optin_required": true}),
        )
        .await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("10"))
    );
    assert_eq!(site.get(SIGNUPS).await.status, 429);
    site.advance(10_000);
    assert_eq!(
        site.get("/back_in_stock/settings/compliance").await.json(),
        json!({"optin_required": false})
    );
}

#[tokio::test]
async fn the_rolling_model_counts_admitted_requests() {
    let site = Site::fixture().await;
    site.control(
        "PATCH",
        "/config",
        json!({"rate_model": "rolling", "rate_limit": 2, "rate_window_s": 10}),
    );
    assert_eq!(site.get(SIGNUPS).await.status, 200);
    site.advance(4_000);
    assert_eq!(site.get(SIGNUPS).await.status, 200);
    for _ in 0..3 {
        let refused = site.get(SIGNUPS).await;
        assert_eq!(
            (refused.status, refused.header("retry-after")),
            (429, Some("6"))
        );
        assert_eq!(
            refused.json()["message"],
            "2 points per 10 s used up. Reads cost 1 point, writes cost 2."
        );
    }
    site.advance(6_000);
    assert_eq!(site.get(SIGNUPS).await.status, 200);
    assert_eq!(site.get(SIGNUPS).await.header("retry-after"), Some("4"));
}

#[tokio::test]
async fn the_control_plane_is_free_and_open() {
    let site = Site::fixture().await;
    let health = site
        .send("GET", "/sandbox/health", &[], None)
        .await
        .unwrap();
    assert_eq!(
        health.told(),
        (200, json!({"ok": true, "now": "2026-03-31T12:00:00Z"}))
    );
    assert_eq!(health.header("x-ratelimit-limit"), None);
    site.send("GET", &format!("{BASE}/help"), &[], None)
        .await
        .unwrap();
    assert_eq!(site.points_used(), 0);
    let empty: Vec<Value> = Vec::new();
    let charged: Vec<Value> = site
        .journal()
        .into_iter()
        .filter(|entry| entry["points"] != 0)
        .collect();
    assert_eq!(charged, empty);
}
