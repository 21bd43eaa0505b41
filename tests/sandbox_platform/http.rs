//! Keys, envelope, dispatch, bodies, contract, `/help`.

use serde_json::{Value, json};

use crate::support::{BASE, KEY_A, KEY_B, S1, SIGNUPS, Site, error, registered};

#[tokio::test]
async fn a_request_without_a_known_key_is_refused_and_free() {
    let site = Site::fixture().await;
    let path = format!("{BASE}{SIGNUPS}");
    let bearer = format!("Bearer {KEY_A}");
    let query = format!("{path}?api_key={KEY_A}&X-Auth-Token={KEY_A}");
    let cases: [(&str, &[(&str, &str)]); 5] = [
        (&path, &[]),
        (&path, &[("x-auth-token", "")]),
        (&path, &[("x-auth-token", "stoq_api_key_nobody")]),
        (&path, &[("authorization", &bearer)]),
        (&query, &[]),
    ];
    for (path, headers) in cases {
        let got = site.send("GET", path, headers, None).await.unwrap();
        assert_eq!(got.told(), (401, error("Invalid or missing API token")));
        assert_eq!(got.header("x-ratelimit-limit"), None);
    }
    // Also where nothing is registered, and before the body is looked at.
    let got = site
        .send("POST", &format!("{BASE}/nope"), &[], Some(b"{".to_vec()))
        .await
        .unwrap();
    assert_eq!(got.status, 401);
    assert_eq!(site.points_used(), 0);
}

#[tokio::test]
async fn a_key_sees_its_own_shop_alone() {
    let site = Site::fixture().await;
    let path = format!("{SIGNUPS}/{S1}");
    assert_eq!(site.get_as(KEY_A, &path).await.json()["id"], S1);
    assert_eq!(
        site.get_as(KEY_B, &path).await.told(),
        (404, error("Signup not found"))
    );
    assert_eq!(site.sandbox.key(), KEY_A);
}

#[tokio::test]
async fn the_envelope() {
    let site = Site::fixture().await;
    let read = site.get("/back_in_stock/settings/compliance").await;
    assert_eq!(read.told(), (200, json!({"optin_required": false})));
    assert_eq!(
        read.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert_eq!(read.header("date"), Some("Tue, 31 Mar 2026 12:00:00 GMT"));
    let write = site
        .call(
            "PATCH",
            "/back_in_stock/settings/compliance",
            json!({"optin_required": true}),
        )
        .await;
    assert_eq!(write.told(), (202, json!({"optin_required": true})));
    let ids: Vec<&str> = [&read, &write]
        .iter()
        .map(|got| got.header("x-request-id").unwrap())
        .collect();
    assert!(ids.iter().all(|id| id.len() == 36));
    assert_ne!(ids[0], ids[1]);
    let gone = site
        .call("DELETE", &format!("{SIGNUPS}/{S1}"), Value::Null)
        .await;
    assert_eq!(gone.status, 202);
    assert_eq!(
        site.get(&format!("{SIGNUPS}/{S1}")).await.told(),
        (404, error("Signup not found"))
    );
}

#[tokio::test]
async fn what_is_not_registered() {
    let site = Site::fixture().await;
    let cases = [
        (
            "POST",
            "/preorders/offers/nope?a=1",
            "POST /preorders/offers/nope",
        ),
        (
            "PUT",
            "/back_in_stock/settings/",
            "PUT /back_in_stock/settings",
        ),
        (
            "POST",
            "/back_in_stock/settings",
            "POST /back_in_stock/settings",
        ),
        (
            "GET",
            "/Back_in_stock/settings",
            "GET /Back_in_stock/settings",
        ),
        ("OPTIONS", "/help", "OPTIONS /help"),
        ("GET", "/mcp", "GET /mcp"),
        (
            "GET",
            "/back_in_stock/signups/a/b",
            "GET /back_in_stock/signups/a/b",
        ),
    ];
    for (method, path, named) in cases {
        let got = site.call(method, path, Value::Null).await;
        assert_eq!(
            got.told(),
            (404, error(&format!("No v2 action registered for {named}")))
        );
    }
    let head = site.call("HEAD", SIGNUPS, Value::Null).await;
    assert_eq!((head.status, head.body.len()), (404, 0));
    let v1 = |headers: &'static [(&'static str, &'static str)]| {
        site.send("GET", "/api/v1/external/nothing", headers, None)
    };
    assert_eq!(
        v1(&[]).await.unwrap().told(),
        (401, json!({"error": "Unauthorized"}))
    );
    assert_eq!(
        v1(&[("x-auth-token", KEY_A)]).await.unwrap().told(),
        (404, json!({"error": "Not found"}))
    );
    let elsewhere = site.send("GET", "/", &[], None).await.unwrap();
    assert_eq!(elsewhere.told(), (404, error("Not found")));
}

#[tokio::test]
async fn a_record_whose_id_is_no_text_is_missing() {
    let site = Site::fixture().await;
    for id in ["nope", "%00", "%FF", &format!("{S1}%2Fnotify")] {
        let got = site.get(&format!("{SIGNUPS}/{id}")).await;
        assert_eq!(got.told(), (404, error("Signup not found")), "{id}");
    }
    let job = site.get("/back_in_stock/reports/jobs/%FF").await;
    assert_eq!(job.told(), (404, error("Job not found or expired")));
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let site = Site::fixture().await;
    let path = format!("{BASE}{SIGNUPS}/bulk_notify");
    let post = |media_type: &'static str, body: Vec<u8>| {
        let headers = [("x-auth-token", KEY_A), ("content-type", media_type)];
        let site = &site;
        let path = &path;
        async move {
            let got = site.send("POST", path, &headers, Some(body)).await.unwrap();
            got.told()
        }
    };
    let json_type = "application/json; charset=utf-8";
    let cases = [
        ("text/plain", "{}", "Content-Type must be application/json"),
        (json_type, "{", "Request body is not valid JSON"),
        (json_type, "\"x\"", "Request body must be a JSON object"),
        (json_type, "null", "Request body must be a JSON object"),
    ];
    for (media_type, body, text) in cases {
        assert_eq!(post(media_type, body.into()).await, (400, error(text)));
    }
    let mut large = b"{}".to_vec();
    large.resize(1_048_576, b' ');
    assert_eq!(
        post(json_type, large.clone()).await,
        (422, error("signup_ids is missing"))
    );
    large.push(b' ');
    assert_eq!(
        post(json_type, large).await,
        (413, error("Request body exceeds 1048576 bytes"))
    );
    // An empty body is an empty object, whatever its type.
    assert_eq!(
        post("text/plain", Vec::new()).await,
        (422, error("signup_ids is missing"))
    );
}

#[tokio::test]
async fn the_contract_tells_every_failure_in_its_own_order() {
    let site = Site::fixture().await;
    let got = site
        .get(&format!(
            "{SIGNUPS}?per_page=201&page=0&variant_id=x&channel=fax&other=1"
        ))
        .await;
    assert_eq!(
        got.told(),
        (
            422,
            json!({"errors": [
                "channel must be one of: email, sms, push",
                "variant_id must be an integer",
                "page must be greater than or equal to 1",
                "per_page must be less than or equal to 200"]})
        )
    );
    let got = site
        .call(
            "PATCH",
            "/back_in_stock/settings",
            json!({"delivery": {"batching": {"enabled": null, "batch_size": 0}},
                "channels": {"sms": {"enabled": "maybe"}, "email": []}}),
        )
        .await;
    assert_eq!(
        got.told(),
        (
            422,
            json!({"errors": [
                "channels.email must be a hash",
                "channels.sms.enabled must be boolean",
                "delivery.batching.enabled must be filled",
                "delivery.batching.batch_size must be greater than or equal to 1"]})
        )
    );
    let got = site
        .call(
            "PATCH",
            "/back_in_stock/settings/channels",
            json!({"fax": 1}),
        )
        .await;
    assert_eq!(got.told(), (422, error("body must be filled")));
    let got = site
        .call(
            "POST",
            &format!("{SIGNUPS}/bulk_notify?signup_ids[]=x"),
            json!({}),
        )
        .await;
    assert_eq!(got.told(), (422, error("signup_ids.0 is not a valid UUID")));
}

#[tokio::test]
async fn help_in_every_scope() {
    let site = Site::fixture().await;
    let paths = |help: Value| -> Vec<String> {
        let actions = help["actions"].as_array().unwrap().clone();
        actions
            .iter()
            .map(|action| {
                format!(
                    "{} {}",
                    action["method"].as_str().unwrap(),
                    action["path"].as_str().unwrap()
                )
            })
            .collect()
    };
    let whole = site.get("/help").await;
    assert_eq!(whole.status, 200);
    let whole_json = whole.json();
    assert_eq!(whole_json["version"], "v2");
    assert_eq!(whole_json["base_path"], BASE);
    assert_eq!(paths(whole_json.clone()).len(), registered());
    for same in ["/help/", "/help?prefix="] {
        assert_eq!(site.get(same).await.body, whole.body, "{same}");
    }
    for half in ["/back_in_stock", "/preorders"] {
        let expected: Vec<String> = paths(whole_json.clone())
            .into_iter()
            .filter(|path| path.contains(&format!(" {half}/")))
            .collect();
        for scope in [format!("{half}/help"), format!("/help?prefix={half}/")] {
            assert_eq!(paths(site.get(&scope).await.json()), expected, "{scope}");
        }
    }
    let channels = [
        "GET /back_in_stock/settings/channels",
        "PATCH /back_in_stock/settings/channels",
    ];
    for scope in [
        "/back_in_stock/settings/channels/help",
        "/help?prefix=back_in_stock/settings/channels",
    ] {
        assert_eq!(paths(site.get(scope).await.json()), channels, "{scope}");
    }
    // A concrete id stands for a placeholder; `help` is never an id.
    assert_eq!(
        paths(
            site.get(&format!("{SIGNUPS}/{S1}/notify/help"))
                .await
                .json()
        ),
        ["POST /back_in_stock/signups/:id/notify"]
    );
    for nothing in ["/preorder/help", "/help?prefix=/back_in_stoc"] {
        assert_eq!(
            site.get(nothing).await.told(),
            (
                200,
                json!({"version": "v2", "base_path": BASE, "actions": []})
            )
        );
    }
}

#[tokio::test]
async fn a_connection_carries_many_requests() {
    let site = Site::fixture().await;
    let one = format!(
        "GET {BASE}/back_in_stock/settings/compliance HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {KEY_A}\r\n"
    );
    let seen = site
        .raw(&format!("{one}\r\n{one}Connection: close\r\n\r\n"), "")
        .await;
    assert_eq!(seen.matches("HTTP/1.1 200 OK").count(), 2);
    assert_eq!(seen.matches(r#"{"optin_required":false}"#).count(), 2);
    assert_eq!(seen.to_lowercase().matches("\r\ndate: ").count(), 2);
}

#[tokio::test]
async fn requests_at_the_same_time_are_served_one_after_the_other() {
    let site = Site::fixture().await;
    let reads = (0..40).map(|_| site.get(SIGNUPS));
    let mut left: Vec<u64> = futures::future::join_all(reads)
        .await
        .iter()
        .map(|got| {
            got.header("x-ratelimit-remaining")
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    left.sort_unstable();
    assert_eq!(left, (320..360).collect::<Vec<u64>>());
}
