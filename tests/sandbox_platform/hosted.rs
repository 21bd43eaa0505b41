//! The vendor's hosted MCP server over the same actions.

use serde_json::{Value, json};

use crate::support::{BASE, Got, KEY_A, KEY_B, S1, Site, error, registered};

async fn post(site: &Site, headers: &[(&str, &str)], body: &str) -> Got {
    let path = format!("{BASE}/mcp");
    let body = Some(body.as_bytes().to_vec());
    site.send("POST", &path, headers, body).await.unwrap()
}

async fn rpc(site: &Site, method: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    let got = post(site, &[("x-auth-token", KEY_A)], &body.to_string()).await;
    let mut answer = got.json();
    assert_eq!(
        (got.status, answer["id"].take(), answer["jsonrpc"].take()),
        (200, json!(7), json!("2.0"))
    );
    answer
}

async fn tool(site: &Site, name: &str, arguments: Value) -> (Value, bool) {
    let params = json!({"name": name, "arguments": arguments});
    let answer = rpc(site, "tools/call", params).await;
    let content = &answer["result"]["content"];
    assert_eq!(
        (content.as_array().unwrap().len(), &content[0]["type"]),
        (1, &json!("text"))
    );
    let text = content[0]["text"].as_str().unwrap();
    (
        serde_json::from_str(text).unwrap(),
        answer["result"]["isError"].as_bool().unwrap(),
    )
}

#[tokio::test]
async fn keys_and_points() {
    let site = Site::fixture().await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let bearer = format!("Bearer {KEY_A}");
    let got = post(&site, &[("authorization", &bearer)], ping).await;
    assert_eq!(
        got.told(),
        (200, json!({"jsonrpc": "2.0", "id": 1, "result": {}}))
    );
    assert_eq!(got.header("x-ratelimit-remaining"), Some("358"));
    // The house header decides.
    let both = [
        ("authorization", bearer.as_str()),
        ("x-auth-token", "nobody"),
    ];
    let got = post(&site, &both, ping).await;
    assert_eq!(got.told(), (401, error("Invalid or missing API token")));
    let both = [("authorization", "Bearer nobody"), ("x-auth-token", KEY_B)];
    assert_eq!(post(&site, &both, ping).await.status, 200);
    tool(&site, "back_in_stock_signups_list", json!({})).await;
    assert_eq!(site.points_used(), 4);
}

#[tokio::test]
async fn messages() {
    let site = Site::fixture().await;
    let key = [("x-auth-token", KEY_A)];
    let failure = |id: Value, code: i32, message: &str| {
        (
            200,
            json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}),
        )
    };
    let cases = [
        ("{", failure(Value::Null, -32_700, "Parse error")),
        ("[]", failure(Value::Null, -32_600, "Invalid Request")),
        (
            r#"{"id":1,"method":"ping"}"#,
            failure(Value::Null, -32_600, "Invalid Request"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":"a","method":"resources/list"}"#,
            failure(json!("a"), -32_601, "Method not found"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"nope"}}"#,
            failure(json!(2), -32_602, "Unknown tool: nope"),
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(post(&site, &key, body).await.told(), expected);
    }
    let note = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let got = post(&site, &key, note).await;
    assert_eq!((got.status, got.body.len()), (202, 0));
    assert_eq!(
        rpc(
            &site,
            "initialize",
            json!({"protocolVersion": "2025-03-26"})
        )
        .await["result"],
        json!({"protocolVersion": "2025-03-26", "capabilities": {"tools": {}},
            "serverInfo": {"name": "stoq-api-v2", "title": "stoq-api-v2", "version": "2.0.0-beta"}})
    );
}

#[tokio::test]
async fn tools_are_the_registered_actions() {
    let site = Site::fixture().await;
    let answer = rpc(&site, "tools/list", json!({})).await;
    let tools = answer["result"]["tools"].as_array().unwrap();
    assert_eq!(tools.len(), registered());
    assert_eq!(answer["result"].get("nextCursor"), None);
    let named = |name: &str| tools.iter().find(|tool| tool["name"] == name).unwrap();
    let read = named("back_in_stock_signups_read");
    assert_eq!(
        read["inputSchema"],
        json!({"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]})
    );
    named("back_in_stock_settings_channels_update");
    named("back_in_stock_reports_summary_export");
    named("back_in_stock_reports_summary");
}

#[tokio::test]
async fn calls_run_the_same_actions() {
    let site = Site::fixture().await;
    let plain = site
        .get(&format!("/back_in_stock/signups/{S1}"))
        .await
        .json();
    assert_eq!(
        tool(&site, "back_in_stock_signups_read", json!({"id": S1})).await,
        (plain, false)
    );
    assert_eq!(
        tool(&site, "back_in_stock_signups_read", json!({})).await,
        (error("id is missing"), true)
    );
    assert_eq!(
        tool(&site, "back_in_stock_signups_read", json!({"id": "x"})).await,
        (error("Signup not found"), true)
    );
    assert_eq!(
        tool(
            &site,
            "back_in_stock_settings_compliance_update",
            json!({"optin_required": true})
        )
        .await,
        (json!({"optin_required": true}), false)
    );
    let entry = site.last();
    assert_eq!(
        (
            &entry["path"],
            &entry["status"],
            &entry["effects"][0]["kind"]
        ),
        (
            &json!(format!("{BASE}/mcp")),
            &json!(200),
            &json!("settings_written")
        )
    );
}
