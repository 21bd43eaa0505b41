//! The client against an API that answers badly, byte by byte.

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::registry::entry::Method;

/// A client, and an API that reads requests and answers each with the next of the texts, over a
/// connection of its own.
async fn api(answers: Vec<String>) -> Arc<Upstream> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 65_536];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    let base = Base::parse(&format!("http://{addr}/api")).unwrap();
    let key = SecretString::from("stoq_api_key_x");
    Arc::new(Upstream::new(Options::new(base, key)))
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
        .map(|answer| (answer.status, answer.body))
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
