//! What a fault makes of an answer.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::{DownloadOutcome, DropPhase, Fault, Page, Variant};
use crate::sandbox::config::Config;
use crate::sandbox::rate::Standing;
use crate::sandbox::wire::{Answer, Delivery, Ending, HTML};

/// A page as something in front of the API writes it.
const PAGE: &str = "<!doctype html><html><head><title>Service unavailable</title></head>\
    <body><h1>Service unavailable</h1><p>Please try again later.</p></body></html>";

/// The 429 of a fault: the window stays as it is.
pub(in crate::sandbox) fn over_budget(
    retry_after: u32,
    omit: &[String],
    page: Page,
    now_s: i64,
    config: &Config,
) -> Answer {
    let wait = i64::from(retry_after);
    let mut answer = match page {
        Page::Json => Answer::over_budget(wait, config.rate_limit, config.rate_window_s),
        Page::Html => Answer::text(429, HTML, PAGE),
        Page::Empty => Answer::empty(429),
    }
    .with_standing(&Standing {
        limit: config.rate_limit,
        remaining: 0,
        reset: now_s.saturating_add(wait),
        retry_after: Some(wait),
    });
    answer.headers.retain(|(name, _)| {
        !omit
            .iter()
            .any(|left_out| left_out.eq_ignore_ascii_case(name))
    });
    answer
}

/// Lays a fault on a finished answer.
pub(in crate::sandbox) fn spoil(fault: &Fault, mut answer: Answer) -> Delivery {
    match fault {
        Fault::Latency { .. } | Fault::RateLimit { .. } | Fault::Job(_) => Delivery::whole(answer),
        Fault::Hang { ms, .. } => Delivery {
            delay: Duration::from_millis(u64::from(*ms)),
            ..closed(answer)
        },
        Fault::Status {
            status,
            body,
            retry_after,
            ..
        } => {
            let mut other = status_answer(*status, *body);
            other.headers = answer.headers;
            if let Some(seconds) = retry_after {
                other.headers.push(("retry-after", seconds.to_string()));
            }
            Delivery::whole(other)
        }
        Fault::Drop { phase } => match phase {
            DropPhase::Accept | DropPhase::Before | DropPhase::After => closed(answer),
            DropPhase::MidBody => Delivery {
                ending: Ending::MidBody,
                ..Delivery::whole(answer)
            },
        },
        Fault::MalformedJson { variant } => {
            malform(*variant, &mut answer);
            Delivery::whole(answer)
        }
        Fault::WrongShape {
            remove,
            nullify,
            add,
        } => {
            reshape(&mut answer, |value| {
                remove.iter().for_each(|path| edit(value, path, None));
                nullify
                    .iter()
                    .for_each(|path| edit(value, path, Some(Value::Null)));
                if let Value::Object(map) = value {
                    map.extend(add.clone());
                }
            });
            Delivery::whole(answer)
        }
        Fault::Oversize { bytes } => {
            pad(&mut answer, usize::try_from(*bytes).unwrap_or(usize::MAX));
            Delivery::whole(answer)
        }
        Fault::SlowBody {
            chunk_bytes,
            chunk_ms,
        } => slow(answer, *chunk_bytes, *chunk_ms),
        Fault::Download { outcome } => download(*outcome, answer),
    }
}

fn closed(answer: Answer) -> Delivery {
    Delivery {
        ending: Ending::Close,
        ..Delivery::whole(answer)
    }
}

fn slow(answer: Answer, chunk_bytes: u32, chunk_ms: u32) -> Delivery {
    Delivery {
        ending: Ending::Slow {
            chunk_bytes: usize::try_from(chunk_bytes).unwrap_or(usize::MAX),
            pause: Duration::from_millis(u64::from(chunk_ms)),
        },
        ..Delivery::whole(answer)
    }
}

fn status_answer(status: u16, page: Option<Page>) -> Answer {
    let page = page.unwrap_or(match status {
        502..=504 => Page::Html,
        _ => Page::Json,
    });
    match page {
        Page::Json => {
            let reason = StatusCode::from_u16(status)
                .ok()
                .and_then(|code| code.canonical_reason())
                .unwrap_or("Request failed");
            let text = if status == 500 {
                "Internal server error"
            } else {
                reason
            };
            Answer::json(status, &json!({"errors": [text]}))
        }
        Page::Html => Answer::text(status, HTML, PAGE),
        Page::Empty => Answer::empty(status),
    }
}

fn malform(variant: Variant, answer: &mut Answer) {
    match variant {
        Variant::Truncated => answer.body.truncate(answer.body.len() / 2),
        Variant::Html => {
            answer.content_type = Some(HTML);
            answer.body = PAGE.into();
        }
        Variant::NotJson => answer.body = b"upstream connect error".to_vec(),
        Variant::InvalidUtf8 => answer.body = b"{\"name\":\"\xff\xfe\"}".to_vec(),
        Variant::Trailing => answer.body.extend_from_slice(b"}{\"more\":1}"),
    }
}

fn reshape(answer: &mut Answer, change: impl FnOnce(&mut Value)) {
    if let Ok(mut value) = serde_json::from_slice::<Value>(&answer.body) {
        change(&mut value);
        answer.body = value.to_string().into_bytes();
    }
}

/// Removes what stands at a dotted path, or sets it; numbers are positions in arrays.
fn edit(value: &mut Value, path: &str, to: Option<Value>) {
    let (head, rest) = match path.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (path, None),
    };
    let index = head.parse::<usize>().ok();
    match (value, rest) {
        (Value::Object(map), None) => match to {
            Some(to) => {
                map.insert(head.to_owned(), to);
            }
            None => {
                map.shift_remove(head);
            }
        },
        (Value::Array(items), None) => {
            if let Some(index) = index.filter(|index| *index < items.len()) {
                match to {
                    Some(to) => items.splice(index..=index, [to]).for_each(drop),
                    None => drop(items.remove(index)),
                }
            }
        }
        (Value::Object(map), Some(rest)) => {
            if let Some(child) = map.get_mut(head) {
                edit(child, rest, to);
            }
        }
        (Value::Array(items), Some(rest)) => {
            if let Some(child) = index.and_then(|index| items.get_mut(index)) {
                edit(child, rest, to);
            }
        }
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => {}
    }
}

fn pad(answer: &mut Answer, bytes: usize) {
    let missing = bytes.saturating_sub(answer.body.len());
    reshape(answer, |value| {
        if let Value::Object(map) = value {
            map.insert("_pad".into(), Value::String("x".repeat(missing)));
        }
    });
}

fn download(outcome: DownloadOutcome, answer: Answer) -> Delivery {
    match outcome {
        DownloadOutcome::Denied => Delivery::whole(store_error(403, "AccessDenied")),
        DownloadOutcome::Missing => Delivery::whole(store_error(404, "NoSuchKey")),
        DownloadOutcome::Truncated => Delivery {
            ending: Ending::MidBody,
            ..Delivery::whole(answer)
        },
        DownloadOutcome::Html => Delivery::whole(Answer::text(answer.status, HTML, PAGE)),
        DownloadOutcome::Slow => slow(answer, 16, 50),
    }
}

/// An error as the file store writes it.
pub(in crate::sandbox) fn store_error(status: u16, code: &str) -> Answer {
    Answer::text(
        status,
        "application/xml",
        format!("<Error><Code>{code}</Code></Error>"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(value: Value) -> Fault {
        serde_json::from_value(value).unwrap()
    }

    fn spoiled(value: Value) -> Answer {
        let mut answer = Answer::json(
            200,
            &json!({"rows": [{"id": 1, "a": 2}], "meta": {"page": 1}}),
        );
        answer.headers.push(("x-ratelimit-limit", "360".to_owned()));
        spoil(&fault(value), answer).answer
    }

    #[test]
    fn wrong_shapes() {
        let answer = spoiled(
            json!({"kind": "wrong_shape", "remove": ["rows.0.id", "none.x"],
            "nullify": ["meta", "rows.0.a"], "add": {"more": true}}),
        );
        assert_eq!(
            String::from_utf8(answer.body).unwrap(),
            r#"{"rows":[{"a":null}],"meta":null,"more":true}"#
        );
    }

    #[test]
    fn broken_bodies_are_broken() {
        for variant in ["truncated", "html", "not_json", "invalid_utf8", "trailing"] {
            let answer = spoiled(json!({"kind": "malformed_json", "variant": variant}));
            assert_eq!(answer.status, 200);
            assert!(
                serde_json::from_slice::<Value>(&answer.body).is_err(),
                "{variant}"
            );
        }
    }

    #[test]
    fn a_padded_body_is_valid_and_large() {
        let answer = spoiled(json!({"kind": "oversize", "bytes": 5_000}));
        let value: Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(answer.body.len() >= 5_000);
        assert_eq!(value["meta"], json!({"page": 1}));
    }

    #[test]
    fn other_codes_keep_the_rate_headers() {
        let answer = spoiled(json!({"kind": "status", "status": 503, "retry_after": 3}));
        let expected = Answer {
            headers: vec![
                ("x-ratelimit-limit", "360".to_owned()),
                ("retry-after", "3".to_owned()),
            ],
            ..Answer::text(503, HTML, PAGE)
        };
        assert_eq!(answer, expected);
        let json = spoiled(json!({"kind": "status", "status": 500}));
        assert_eq!(json.body, br#"{"errors":["Internal server error"]}"#);
        let empty = spoiled(json!({"kind": "status", "status": 504, "body": "empty"}));
        assert_eq!((empty.status, empty.body.len()), (504, 0));
    }

    #[test]
    fn a_429_leaves_out_headers() {
        let omit = ["Retry-After".to_owned()];
        let answer = over_budget(7, &omit, Page::Json, 100, &Config::default());
        let names: Vec<&str> = answer.headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            [
                "x-ratelimit-limit",
                "x-ratelimit-remaining",
                "x-ratelimit-reset"
            ]
        );
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["retry_after"], 7);
    }
}
