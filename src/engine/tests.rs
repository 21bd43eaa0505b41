//! The funnel over an API that answers by a script.

mod guards;

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::upstream::{Base, Options};

fn registry() -> Registry {
    let entry = |more: Value| {
        let mut entry = json!({
            "action": "x", "title": "A", "description": "A.", "phrases": [], "toolset": "a",
            "api": "v2", "request_schema": {"type": "object"},
            "response_schema": {"type": "object", "properties": {"job_id": {"type": "string"}}},
            "idempotent": true, "provenance": "inferred", "examples": []});
        if let (Value::Object(entry), Value::Object(more)) = (&mut entry, more) {
            entry.extend(more);
        }
        entry
    };
    let text = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [
        entry(json!({"name": "a_export", "method": "POST", "path": "/a/export", "class": "read",
            "handler": "export", "retry": "safe"})),
        entry(json!({"name": "a_send", "method": "POST", "path": "/a/send", "class": "send",
            "handler": "job", "retry": "once"})),
        entry(json!({"name": "a_job", "method": "GET", "path": "/a/jobs/:job_id", "class": "read",
            "handler": "export", "retry": "safe"})),
        entry(json!({"name": "a_read", "method": "GET", "path": "/a", "class": "read",
            "handler": "request", "retry": "safe"})),
        entry(json!({"name": "a_list", "method": "GET", "path": "/rows", "class": "read",
            "handler": "request", "retry": "safe",
            "request_schema": {"type": "object", "properties": {
                "state": {"type": "string", "x-after-paging": true},
                "page": {"type": "integer"}, "per_page": {"type": "integer", "maximum": 2}}},
            "response_schema": {"type": "object", "properties": {
                "rows": {"type": "array", "items": {"type": "object"}},
                "meta": {"type": "object"}}}})),
        entry(json!({"name": "a_delete", "method": "DELETE", "path": "/a", "class": "destroy",
            "handler": "request", "retry": "read_back",
            "read_back": {"action": "a_read", "arguments": {}, "proof": "gone"}}))]});
    Registry::parse(&text.to_string(), "test").unwrap()
}

/// A funnel over an API that gives each request the next of the answers, over a connection of its
/// own; an empty one is a connection that breaks.
async fn engine(answers: &[(&'static str, &'static str)]) -> Arc<Engine> {
    engine_of(registry(), answers).await
}

/// The same with the actions of a registry.
pub(super) async fn engine_of(
    registry: Registry,
    answers: &[(&'static str, &'static str)],
) -> Arc<Engine> {
    engine_within(registry, Guards::unattended(), answers).await
}

/// The same within guards.
async fn engine_within(
    registry: Registry,
    guards: Guards,
    answers: &[(&'static str, &'static str)],
) -> Arc<Engine> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/api", listener.local_addr().unwrap());
    let answers = answers.to_vec();
    tokio::spawn(async move {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut vec![0; 65_536]).await.unwrap();
            if !status.is_empty() {
                let length = body.len();
                let text = format!(
                    "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
                );
                stream.write_all(text.as_bytes()).await.unwrap();
            }
            let _ = stream.shutdown().await;
        }
    });
    let options = Options {
        shop_domain: Some("juniper-supply.myshopify.com".to_owned()),
        ..Options::new(Base::parse(&base).unwrap(), SecretString::from("x"))
    };
    let upstream = Arc::new(Upstream::new(options));
    Arc::new(Engine::new(
        Arc::new(registry),
        upstream,
        Policy::everything(),
        guards,
    ))
}

/// Calls an action of the program's own registry over the scripted API.
async fn told(
    answers: &[(&'static str, &'static str)],
    name: &str,
    arguments: Value,
) -> Result<Value, String> {
    let engine = engine_of(Registry::bundled().unwrap(), answers).await;
    let arguments = arguments.as_object().cloned().unwrap();
    let result = engine.call(Call::new(name, arguments)).await;
    result
        .map(|outcome| Value::Object(outcome.into_structured()))
        .map_err(|error| error.to_string())
}

const S1: &str = "51900000-0000-4000-8000-000000000001";
const PLAN: &str = "0ffe0000-0000-4000-8000-000000000001";

fn newcomer() -> Value {
    json!({"intent": {"shopify_variant_id": 7, "shopify_product_id": 8, "channel": "email",
        "quantity": 1, "source": "api"}, "customer": {"email": "rosa.lind@example.com"}})
}

const SUBMITTED: (&str, &str) = (
    "202 Accepted",
    r#"{"job_id": "exp_1", "status_url": "/api/a/jobs/exp_1"}"#,
);
const BROKEN: (&str, &str) = ("", "");

#[tokio::test]
async fn a_submitted_job_is_not_lost_with_its_first_poll() {
    let engine = engine(&[SUBMITTED, ("401 Unauthorized", "{}")]).await;
    let outcome = engine
        .call(Call::new("a_export", Map::new()))
        .await
        .unwrap();
    let shown = Value::Object(outcome.into_structured());
    assert_eq!(
        shown,
        json!({"status": "running",
            "job": {"job_id": "exp_1", "status": "running", "progress": 0, "total": 0,
                "processed": 0, "resume_action": "a_job", "resume_arguments": {"job_id": "exp_1"}},
            "note": "The job is still at work; `a_job` {\"job_id\":\"exp_1\"} waits on. Its state could not be read yet: the STOQ API refused the shop's key (401)."})
    );
}

#[tokio::test]
async fn a_job_that_sends_is_never_submitted_twice() {
    // A repeat would find the job.
    let engine = engine(&[BROKEN, SUBMITTED]).await;
    let outcome = engine.call(Call::new("a_send", Map::new())).await.unwrap();
    assert_eq!(outcome.status, Status::OutcomeUnknown);
}

#[tokio::test]
async fn what_stops_the_second_write_says_nothing_of_the_first() {
    // Broken, read back as still there, then refused for its rate.
    let engine = engine(&[BROKEN, ("200 OK", "{}"), ("429 Too Many Requests", "{}")]).await;
    let outcome = engine
        .call(Call::new("a_delete", Map::new()))
        .await
        .unwrap();
    assert_eq!(outcome.status, Status::OutcomeUnknown);
    assert_eq!(
        outcome.note.as_deref(),
        Some(
            "It is unknown whether it took effect: the shop's request budget is used up; it is free again in 60 s. Do not repeat it before you know. Check with `a_read` {}."
        )
    );
}

#[tokio::test]
async fn a_write_answered_without_a_word_is_accepted() {
    let engine = engine(&[("204 No Content", "")]).await;
    let outcome = engine
        .call(Call::new("a_delete", Map::new()))
        .await
        .unwrap();
    assert_eq!((outcome.status, outcome.data), (Status::Accepted, None));
}

#[tokio::test]
async fn a_stopping_engine_takes_no_more_calls() {
    let engine = engine(&[]).await;
    let second = Duration::from_secs(1);
    engine
        .drain(Drain {
            reads: second,
            writes: second,
        })
        .await;
    let error = engine
        .call(Call::new("a_delete", Map::new()))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "The server is stopping. Nothing was sent. Call again when it is back."
    );
}

/// What a walk over pages shows: ids, total, whether more follows, note.
async fn walked(engine: &Arc<Engine>, cursor: Option<&str>) -> (Value, Option<String>) {
    let mut arguments = json!({"state": "late", "limit": 2});
    if let Some(cursor) = cursor {
        arguments["cursor"] = json!(cursor);
    }
    let Value::Object(arguments) = arguments else {
        panic!()
    };
    let outcome = engine.call(Call::new("a_list", arguments)).await.unwrap();
    let mut shown = Value::Object(outcome.into_structured());
    let next = shown["page"]["next_cursor"].as_str().map(str::to_owned);
    shown["page"]["next_cursor"] = json!(next.is_some());
    (shown, next)
}

#[tokio::test]
async fn a_filter_behind_the_pages_finds_every_row_once() {
    let page = |body: &'static str| ("200 OK", body);
    let engine = engine(&[
        page(r#"{"rows": [{"id": 1}], "meta": {"total_count": 9}}"#),
        page(r#"{"rows": [], "meta": {"total_count": 9}}"#),
        page(r#"{"rows": [{"id": 5}, {"id": 6}], "meta": {"total_count": 9}}"#),
        page(r#"{"rows": [{"id": 5}, {"id": 6}], "meta": {"total_count": 9}}"#),
        page(r#"{"rows": [{"id": 7}], "meta": {"total_count": 9}}"#),
        page(r#"{"rows": [{"id": 9}], "meta": {"total_count": 9}}"#),
        page(r#"{"rows": [{"id": 9}], "meta": {"total_count": 9}}"#),
    ])
    .await;
    let (first, next) = walked(&engine, None).await;
    assert_eq!(
        first,
        json!({"status": "ok", "data": {"rows": [{"id": 1}, {"id": 5}]},
            "page": {"shown": 2, "total": null, "next_cursor": true},
            "note": "The API filters after paging: 6 of 9 rows were looked through so far; `cursor` goes on."})
    );
    let (second, next) = walked(&engine, next.as_deref()).await;
    assert_eq!(
        second,
        json!({"status": "ok", "data": {"rows": [{"id": 6}, {"id": 7}]},
            "page": {"shown": 2, "total": 5, "next_cursor": true}})
    );
    let (third, next) = walked(&engine, next.as_deref()).await;
    assert_eq!(
        third,
        json!({"status": "ok", "data": {"rows": [{"id": 9}]},
            "page": {"shown": 1, "total": 5, "next_cursor": false}})
    );
    assert_eq!(next, None);
}

#[tokio::test]
async fn a_filter_behind_the_pages_takes_no_page_number() {
    let engine = engine(&[]).await;
    let Value::Object(arguments) = json!({"state": "late", "page": 2}) else {
        panic!()
    };
    let error = engine
        .call(Call::new("a_list", arguments))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`a_list` was not called: the API filters by `state` only after it has cut its pages, so page 2 of the rows that match cannot be asked for. Leave `page` out, and pass `page.next_cursor` of each answer as `cursor`."
    );
}

#[tokio::test]
async fn a_bulk_notify_that_succeeds_in_part_says_how_many_failed() {
    let body = r#"{"success":["a","b"],"failed":[{"intent_id":"c","error":"Notification blocked: channel_disabled"}]}"#;
    assert_eq!(
        told(
            &[("207 Multi-Status", body)],
            "v1_intents_bulk_notify",
            json!({"intent_ids": [S1]})
        )
        .await,
        Ok(json!({"status": "ok",
            "data": {"success": ["a", "b"],
                "failed": [{"intent_id": "c", "error": "Notification blocked: channel_disabled"}]},
            "note": "1 of 3 failed; `failed` says why. Check with `back_in_stock_notifications_list` {}. v2 does this with `back_in_stock_signups_bulk_notify`."}))
    );
}

#[tokio::test]
async fn a_success_without_a_body_is_one() {
    let arguments = json!({"intent_ids": [S1]});
    assert_eq!(
        told(&[("200 OK", "")], "v1_intents_bulk_destroy", arguments).await,
        Ok(json!({"status": "ok",
            "note": format!("Check with `v1_intents_read` {{\"id\":\"{S1}\"}}. v2 does this with `back_in_stock_signups_bulk_delete`.")}))
    );
}

#[tokio::test]
async fn a_create_that_was_refused_with_200_is_an_error() {
    let body = r#"{"errors":["Customer is already waiting"]}"#;
    assert_eq!(
        told(&[("200 OK", body)], "v1_intents_create", newcomer()).await,
        Err("`v1_intents_create` failed: the STOQ API refused the arguments: Customer is already waiting. Nothing was done. Correct these arguments and call again.".to_owned())
    );
}

#[tokio::test]
async fn a_create_for_an_unknown_shop_names_the_setting() {
    let answers = [("404 Not Found", r#"{"error":"Not found"}"#)];
    assert_eq!(
        told(&answers, "v1_intents_create", newcomer()).await,
        Err("`v1_intents_create` failed: Not found. Nothing was done. Check the ids in the arguments, and that `shop_domain` is the shop's *.myshopify.com domain.".to_owned())
    );
    let answers = [("401 Unauthorized", r#"{"error":"Unauthorized"}"#)];
    assert_eq!(
        told(&answers, "v1_intents_create", newcomer()).await,
        Err("`v1_intents_create` failed: the STOQ API refused the shop's key (401). Nothing was done. It sends no key: check that `shop_domain` is the shop's *.myshopify.com domain.".to_owned())
    );
}

#[tokio::test]
async fn what_stands_beside_an_error_of_v1_reaches_the_caller() {
    let body = r#"{"error":"Cannot delete notified intents","sent_intent_ids":["a","b"]}"#;
    assert_eq!(
        told(
            &[("422 Unprocessable", body)],
            "v1_intents_bulk_destroy",
            json!({"intent_ids": [S1]})
        )
        .await,
        Err("`v1_intents_bulk_destroy` failed: the STOQ API refused the arguments: Cannot delete notified intents; sent_intent_ids: a, b. Nothing was done. Correct these arguments and call again.".to_owned())
    );
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_looked_up_over_v2() {
    let found = r#"{"signups":[{"id":"a","created_at":"2999-01-01T00:00:00Z"}],"meta":{"total_count":1,"page":1,"per_page":50,"total_pages":1}}"#;
    assert_eq!(
        told(
            &[BROKEN, ("200 OK", found)],
            "v1_intents_create",
            newcomer()
        )
        .await,
        Ok(json!({"status": "accepted",
            "note": "The API's answer was lost, but reading back shows that it took effect."}))
    );
}

#[tokio::test]
async fn a_settings_write_of_v1_is_read_back_from_the_row_of_its_variant() {
    let arguments = json!({"id": PLAN, "shopify_variant_id": 7, "preorder_max_count": 10});
    let row = |cap: &str| {
        format!(
            r#"{{"shopify_product_id":8,"shopify_variant_id":7,"product_title":"A","variant_title":"B","preorder_units_sold":0,"preorder_max_count":{cap},"shipping_text":null}}"#
        )
    };
    let (kept, other): (&'static str, &'static str) = (row("10").leak(), row("3").leak());
    let name = "v1_preorders_update_variant_settings";
    assert_eq!(
        told(&[BROKEN, ("200 OK", kept)], name, arguments.clone()).await,
        Ok(json!({"status": "accepted",
            "note": "The API's answer was lost, but reading back shows that it took effect."}))
    );
    // Unchanged: it is sent once more.
    let done = r#"{"success":true,"message":"Variant settings updated","variant":{"shopify_variant_id":7,"shipping_text":null,"preorder_max_count":10}}"#;
    let again = [BROKEN, ("200 OK", other), ("200 OK", done)];
    let found = told(&again, name, arguments).await.unwrap();
    assert_eq!(
        (
            &found["status"],
            &found["data"]["variant"]["preorder_max_count"]
        ),
        (&json!("ok"), &json!(10))
    );
}

#[tokio::test]
async fn a_list_without_a_count_goes_on_while_more_follow() {
    let body = r#"{"product_variants_in_demand":[{"shopify_variant_id":1,"shopify_product_id":2,"shopify_inventory_item_id":null,"total":5,"pending":5,"last_requested_at":null,"product_data":null,"variant_data":null}],"page":1,"per_page":1,"has_next_page":true,"has_prev_page":false}"#;
    let found = told(
        &[("200 OK", body)],
        "v1_intents_products_in_demand",
        json!({"limit": 1}),
    )
    .await
    .unwrap();
    assert_eq!(
        (&found["page"]["shown"], &found["page"]["total"]),
        (&json!(1), &Value::Null)
    );
    assert!(found["page"]["next_cursor"].is_string());
    assert_eq!(
        found["data"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["product_variants_in_demand"]
    );
    assert_eq!(
        found["note"],
        json!("v2 does this with `back_in_stock_reports_products_in_demand`.")
    );
}

#[tokio::test]
async fn a_switched_off_action_is_not_called_whatever_its_arguments() {
    let base = Base::parse("http://127.0.0.1:9/api").unwrap();
    let upstream = Upstream::new(Options::new(base, SecretString::from("x")));
    let engine = Arc::new(Engine::new(
        Arc::new(Registry::bundled().unwrap()),
        Arc::new(upstream),
        Policy::only(&Class::ALL, ""),
        crate::safety::Guards::unattended(),
    ));
    let error = engine
        .call(Call::new("v1_intents_read", Map::new()))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`v1_intents_read` belongs to v1 and is switched off. Nothing was sent. Use `back_in_stock_signups_read`, or have the operator set `v1` to `all` (--v1 all, STOQ_MCP_V1=all) and restart the server."
    );
    assert!(engine.find("v1_intents_read").is_none());
    let offered = engine.allowed().filter(|action| action.entry().api.is_v1());
    assert_eq!(offered.count(), 3);
    // And the one that needs a setting says so.
    let error = engine
        .call(Call::new(
            "v1_intents_create",
            newcomer().as_object().cloned().unwrap(),
        ))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`v1_intents_create` failed: it needs the shop's domain, which is not set. Nothing was sent. The operator sets `shop_domain` (--shop-domain, STOQ_MCP_SHOP_DOMAIN) to the shop's *.myshopify.com domain and restarts the server."
    );
}

#[tokio::test]
async fn what_is_known_here_is_answered_without_the_upstream() {
    // Nothing listens there.
    let base = Base::parse("http://127.0.0.1:1/api").unwrap();
    let upstream = Upstream::new(Options::new(base, SecretString::from("x")));
    let registry = Arc::new(Registry::bundled().unwrap());
    let engine = Arc::new(Engine::new(
        registry,
        Arc::new(upstream),
        Policy::only(&[], ""),
        crate::safety::Guards::unattended(),
    ));
    let arguments = json!({"topic": "Liquid"}).as_object().unwrap().clone();
    let outcome = engine.call(Call::new("storefront_guide", arguments)).await;
    let topic = crate::knowledge::topic("liquid").unwrap();
    assert_eq!(
        Value::Object(outcome.unwrap().into_structured()),
        json!({"status": "ok", "data": {"topic": "liquid", "title": topic.title,
            "uri": "stoq://storefront/liquid", "text": topic.text}})
    );
    let arguments = json!({"topic": "liqid"}).as_object().unwrap().clone();
    let error = engine
        .call(Call::new("storefront_guide", arguments))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Arguments);
    assert!(
        error.to_string().contains("did you mean `liquid`?"),
        "{error}"
    );
}

#[test]
fn the_guides_tool_names_every_topic_and_no_other() {
    let registry = Registry::bundled().unwrap();
    let action = registry.get("storefront_guide").unwrap();
    let topics: Vec<&str> = crate::knowledge::TOPICS
        .iter()
        .map(|topic| topic.name)
        .collect();
    assert_eq!(
        action.request_schema()["properties"]["topic"]["enum"],
        json!(topics)
    );
}

/// A list of that many members, as JSON.
fn members(name: &str, many: usize) -> String {
    let member = |n: usize| match name {
        "offers" => format!(
            r#"{{"id": "0ffe0000-0000-4000-8000-{n:012}", "name": "Wave", "state": "enabled"}}"#
        ),
        _ => format!(r#""519f1b00-7c4e-4000-8a00-{n:012}""#),
    };
    let members: Vec<String> = (0..many).map(member).collect();
    format!(r#""{name}": [{}]"#, members.join(", "))
}

#[tokio::test]
async fn an_answer_too_large_to_show_says_what_it_lacks_and_where_that_is() {
    let body = format!(r#"{{"shopify_variant_id": 7, {}}}"#, members("offers", 900));
    let answer: &'static str = Box::leak(body.into_boxed_str());
    let read = "preorders_product_variants_read";
    let told = told(&[("200 OK", answer)], read, json!({"variant_id": 7}))
        .await
        .unwrap();
    let shown = told["data"]["offers"].as_array().unwrap().len();
    assert!((50..900).contains(&shown), "{shown}");
    assert_eq!(
        told["note"],
        json!(format!(
            "Too large to show whole: `offers` has {shown} of 900 entries. The rest: `preorders_product_variants_offers`."
        ))
    );
}

#[tokio::test]
async fn a_bulk_answer_too_large_to_show_stays_an_answer() {
    let ids: Vec<Value> = (0..500)
        .map(|n| json!(format!("519f1b00-7c4e-4000-8a00-{n:012}")))
        .collect();
    let body = format!(
        r#"{{{}, "blocked": [], "failed": []}}"#,
        members("success", 500)
    );
    let answer: &'static str = Box::leak(body.into_boxed_str());
    let notify = "back_in_stock_signups_bulk_notify";
    let told = told(&[("200 OK", answer)], notify, json!({"signup_ids": ids}))
        .await
        .unwrap();
    let shown = told["data"]["success"].as_array().unwrap().len();
    assert!((100..500).contains(&shown), "{shown}");
    let note = told["note"].as_str().unwrap();
    let begun = format!(
        "Too large to show whole: `success` has {shown} of 500 entries. What is not shown counts all the same; pass fewer `signup_ids` in a call to see every entry. The API accepted it. Check with "
    );
    assert!(note.starts_with(&begun), "{note}");
}
