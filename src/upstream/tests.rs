//! The client against an API that answers badly, byte by byte.

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::*;
use crate::registry::entry::{Api, Method, ParametersIn};

/// A client, and an API that reads requests and answers each with the next of the texts, over a
/// connection of its own.
async fn api(answers: Vec<String>) -> Arc<Upstream> {
    recorded(answers).await.0
}

/// The same with the requests as they were read.
async fn recorded(answers: Vec<String>) -> (Arc<Upstream>, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = tell.send(request(&mut stream).await);
            stream.write_all(answer.as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    let base = Base::parse(&format!("http://{addr}/api")).unwrap();
    let key = SecretString::from("stoq_api_key_x");
    let options = Options {
        shop_domain: Some("juniper-supply.myshopify.com".to_owned()),
        ..Options::new(base, key)
    };
    (Arc::new(Upstream::new(options)), told)
}

/// One request with as much body as it announces.
async fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut bytes = vec![0; 65_536];
    loop {
        let read = stream.read(&mut bytes).await.unwrap();
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return text;
        }
    }
}

fn answer(status: &str, headers: &[&str], body: &str) -> String {
    let length = body.len();
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

async fn send(
    upstream: &Upstream,
    method: Method,
    repeat: Repeat,
) -> Result<(u16, Value), UpstreamError> {
    ask(upstream, &ApiRequest::v2(method, "/x", Map::new()), repeat).await
}

async fn ask(
    upstream: &Upstream,
    request: &ApiRequest,
    repeat: Repeat,
) -> Result<(u16, Value), UpstreamError> {
    let deadline = Instant::now() + CALL_DEADLINE;
    upstream
        .send(request, repeat, Priority::Commit, deadline)
        .await
        .map(|answer| (answer.status, answer.body.into_unshown()))
}

fn v1(api: Api, method: Method, path: &str, parameters: Value) -> ApiRequest {
    ApiRequest {
        api,
        parameters_in: method.parameters_in(),
        ..ApiRequest::v2(method, path, parameters.as_object().cloned().unwrap())
    }
}

/// First line, whether it carries the key, the shop's domain, and the body of a request.
fn seen(request: &str) -> (&str, bool, Option<&str>, &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let domain = head
        .lines()
        .find_map(|line| line.strip_prefix("x-shopify-shop-domain: "));
    let line = head.lines().next().unwrap();
    (
        line,
        head.contains("x-auth-token: stoq_api_key_x"),
        domain,
        body,
    )
}

#[tokio::test]
async fn v1_has_its_own_base_verb_and_place_of_parameters() {
    let (upstream, mut told) = recorded(vec![
        answer("200 OK", &[], r#"{"success":true}"#),
        answer("200 OK", &[], r#"{"id":"a"}"#),
    ])
    .await;
    let remove = ApiRequest {
        parameters_in: ParametersIn::Query,
        ..v1(
            Api::V1,
            Method::Delete,
            "/preorders/a/remove_variant",
            json!({"shopify_variant_ids": [1, 2], "inventory_policy": "DENY"}),
        )
    };
    ask(&upstream, &remove, Repeat::Never).await.unwrap();
    assert_eq!(
        seen(&told.recv().await.unwrap()),
        (
            "DELETE /api/v1/external/preorders/a/remove_variant?shopify_variant_ids%5B%5D=1&shopify_variant_ids%5B%5D=2&inventory_policy=DENY HTTP/1.1",
            true,
            None,
            ""
        )
    );
    let body = json!({"selling_plan": {"enabled": false}});
    let update = v1(Api::V1, Method::Put, "/preorders/a", body);
    ask(&upstream, &update, Repeat::Never).await.unwrap();
    assert_eq!(
        seen(&told.recv().await.unwrap()),
        (
            "PUT /api/v1/external/preorders/a HTTP/1.1",
            true,
            None,
            r#"{"selling_plan":{"enabled":false}}"#
        )
    );
    assert_eq!(upstream.points.held(), 4);
}

#[tokio::test]
async fn the_public_create_names_the_shop_and_neither_carries_the_key_nor_costs_points() {
    let created = r#"{"intents":[{"id":"a"}],"errors":[]}"#;
    let (upstream, mut told) = recorded(vec![answer("201 Created", &[], created)]).await;
    let create = v1(
        Api::V1Public,
        Method::Post,
        "/intents.json",
        json!({"intent": {}}),
    );
    let found = ask(&upstream, &create, Repeat::Never).await.unwrap();
    assert_eq!(
        found,
        (201, json!({"intents": [{"id": "a"}], "errors": []}))
    );
    let request = told.recv().await.unwrap();
    assert_eq!(
        seen(&request),
        (
            "POST /api/v1/intents.json HTTP/1.1",
            false,
            Some("juniper-supply.myshopify.com"),
            r#"{"intent":{}}"#
        )
    );
    assert!(!request.contains("stoq_api_key_x"));
    assert_eq!(upstream.points.held(), 0);
}

#[tokio::test]
async fn a_create_that_answers_200_is_refused_and_without_a_word_it_is_unknown() {
    let upstream = api(vec![
        answer(
            "200 OK",
            &[],
            r#"{"errors":["intent.quantity is missing"]}"#,
        ),
        answer("200 OK", &[], ""),
    ])
    .await;
    let create = v1(Api::V1Public, Method::Post, "/intents.json", json!({}));
    let error = ask(&upstream, &create, Repeat::Never).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (
            "invalid",
            "the STOQ API refused the arguments: intent.quantity is missing"
        )
    );
    let error = ask(&upstream, &create, Repeat::Never).await.unwrap_err();
    assert!(
        matches!(error, UpstreamError::Ambiguous(Ambiguity::Malformed)),
        "{error:?}"
    );
}

#[tokio::test]
async fn v1_may_answer_without_a_body_or_in_part() {
    let part = r#"{"success":[],"failed":[{"intent_id":"a","error":"b"}]}"#;
    let upstream = api(vec![
        answer("200 OK", &[], ""),
        answer("207 Multi-Status", &[], part),
    ])
    .await;
    let transfer = v1(
        Api::V1,
        Method::Post,
        "/intents/transfer_signups",
        json!({}),
    );
    let found = ask(&upstream, &transfer, Repeat::Never).await.unwrap();
    assert_eq!(found, (200, Value::Null));
    let notify = v1(
        Api::V1,
        Method::Post,
        "/intents/bulk_notify_intent",
        json!({}),
    );
    let found = ask(&upstream, &notify, Repeat::Never).await.unwrap();
    assert_eq!(
        found,
        (
            207,
            json!({"success": [], "failed": [{"intent_id": "a", "error": "b"}]})
        )
    );
}

#[tokio::test]
async fn without_a_shop_domain_nothing_is_sent() {
    let base = Base::parse("http://127.0.0.1:9/api").unwrap();
    let upstream = Upstream::new(Options::new(base, SecretString::from("x")));
    let create = v1(Api::V1Public, Method::Post, "/intents.json", json!({}));
    let error = ask(&upstream, &create, Repeat::Never).await.unwrap_err();
    assert_eq!(error.kind(), "no_shop_domain");
}

#[tokio::test]
async fn hostile_headers_break_nothing() {
    let headers = [
        "X-RateLimit-Limit: 18446744073709551615",
        "X-RateLimit-Remaining: 18446744073709551615",
        "X-RateLimit-Reset: 18446744073709551615",
        "Retry-After: 18446744073709551615",
        "Date: Fri, 31 Dec 262142 23:59:59 GMT",
    ];
    let upstream = api(vec![
        answer("200 OK", &headers, "{}"),
        answer("429 Too Many Requests", &headers, "{}"),
    ])
    .await;
    let found = send(&upstream, Method::Get, Repeat::Safe).await.unwrap();
    assert_eq!(found, (200, json!({})));
    let error = send(&upstream, Method::Get, Repeat::Safe)
        .await
        .unwrap_err();
    assert!(
        matches!(error, UpstreamError::RateLimited { retry_after } if retry_after.as_secs() == u64::MAX),
        "{error:?}"
    );
    upstream.clock_at(Instant::now());
}

#[tokio::test]
async fn a_write_that_succeeds_without_a_word_has_succeeded() {
    let upstream = api(vec![
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".into(),
    ])
    .await;
    let found = send(&upstream, Method::Delete, Repeat::Never).await;
    assert_eq!(found.unwrap(), (204, Value::Null));
}

#[tokio::test]
async fn what_a_write_may_have_done_is_ambiguous_and_never_repeated() {
    let cut = "HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 50\r\n\r\n{\"id\"";
    let cases = [
        (String::new(), Ambiguity::Dropped),
        ("HTTP/1.1 202 Acc".into(), Ambiguity::Dropped),
        (cut.into(), Ambiguity::Dropped),
        (answer("202 Accepted", &[], "<html>"), Ambiguity::Malformed),
        (
            answer("202 Accepted", &[], &"[".repeat(500)),
            Ambiguity::Malformed,
        ),
        (
            answer("502 Bad Gateway", &[], "<html>"),
            Ambiguity::Failed(502),
        ),
        (
            answer("408 Request Timeout", &[], ""),
            Ambiguity::Failed(408),
        ),
    ];
    for (text, wanted) in cases {
        // A second request would find an answer that is no ambiguity.
        let upstream = api(vec![text.clone(), answer("202 Accepted", &[], "{}")]).await;
        let error = send(&upstream, Method::Post, Repeat::Never)
            .await
            .unwrap_err();
        assert!(
            matches!(error, UpstreamError::Ambiguous(found) if found == wanted),
            "{text} {error:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_refuses_is_no_ambiguity() {
    for (status, kind) in [
        ("301 Moved", "unexpected"),
        ("307 Temporary Redirect", "unexpected"),
        ("401 Unauthorized", "unauthorized"),
        ("409 Conflict", "conflict"),
        ("422 Unprocessable", "invalid"),
    ] {
        let upstream = api(vec![answer(status, &["Location: http://127.0.0.1:1/"], "")]).await;
        let error = send(&upstream, Method::Post, Repeat::Never)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn a_read_that_says_nothing_is_asked_again() {
    let upstream = api(vec![
        answer("200 OK", &[], ""),
        answer("200 OK", &[], "[1]"),
    ])
    .await;
    let found = send(&upstream, Method::Get, Repeat::Safe).await;
    assert_eq!(found.unwrap(), (200, json!([1])));
}

#[tokio::test]
async fn a_fault_of_this_side_is_not_held_against_the_api() {
    let base = Base::parse("http://127.0.0.1:9/api").unwrap();
    let key = SecretString::from("two\nlines");
    let upstream = Upstream::new(Options::new(base, key));
    for _ in 0..20 {
        let error = send(&upstream, Method::Get, Repeat::Safe)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), "setup");
    }
    assert_eq!(upstream.points.held(), 0);
}

#[tokio::test]
async fn a_poller_ends_when_the_last_waiter_is_gone() {
    let base = Base::parse("http://127.0.0.1:9/api").unwrap();
    let upstream = Arc::new(Upstream::new(Options::new(base, SecretString::from("x"))));
    let until = Instant::now() + Duration::from_millis(100);
    let waiting = upstream.follow("/jobs/exp_1", true, until, until, |_| {});
    // Given up before the first poll.
    drop(tokio::time::timeout(Duration::from_millis(10), waiting).await);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(lock(&upstream.jobs.polled).len(), 0);
}
