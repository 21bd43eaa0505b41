//! Where the API says that a job is read.

use serde_json::{Value, json};
use url::Url;

use crate::upstream::{Base, JobHandle};

const BASES: [&str; 4] = [
    Base::LIVE,
    "http://127.0.0.1:4001/api/v2/external",
    "https://proxy.example/stoq/api/v2/external",
    "http://localhost:3000",
];

/// A handle that is taken leads to a plain path below the base and nowhere else, however an address
/// is read. The bytes are the answer, or an id and an address on a line each.
pub fn status_url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| {
        let (job_id, status_url) = text.split_once('\n').unwrap_or(("exp_1", &text));
        json!({"job_id": job_id, "status_url": status_url})
    });
    for base in BASES {
        let base = Base::parse(base).expect("it is one");
        let Ok(handle) = JobHandle::from_answer(&answer, &base) else {
            continue;
        };
        let url = Url::parse(&format!("{base}{}", handle.path)).expect("it is an address");
        assert!(base.same_origin(&url), "another origin: {url}");
        // Nothing was read as a step up, a name, a query or an encoded character.
        assert_eq!(url.path(), format!("{}{}", base.path(), handle.path));
        assert_eq!(
            (url.username(), url.password(), url.query(), url.fragment()),
            ("", None, None, None)
        );
        assert_eq!(
            Some(url.path()),
            answer.get("status_url").and_then(Value::as_str)
        );
        let last = handle.path.rsplit('/').next();
        assert_eq!(last, Some(handle.job_id.as_str()));
        assert!((1..=100).contains(&handle.job_id.len()));
    }
}
