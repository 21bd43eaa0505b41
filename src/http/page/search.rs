//! The page's search: the index that agents find actions by, over what the caller may use.

use axum::extract::Extension;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri};
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::http::gate::Here;
use crate::http::pages::{page, query};
use crate::registry::Action;

/// Most actions of an answer; people look over more of them than a model should pay for.
const MOST: usize = 10;
/// Most characters of a request that are looked at.
const LONGEST: usize = 200;

/// The actions that `q` is about, best first, and what stands in the way of a better one.
pub(super) async fn search(Extension(Here(tenant)): Extension<Here>, uri: Uri) -> Response {
    let words = query(&uri, "q").unwrap_or_default();
    let words: String = words.chars().take(LONGEST).collect();
    let found = found(tenant.server().engine(), &words);
    page(StatusCode::OK, found.to_string()).into_response()
}

fn found(engine: &Engine, words: &str) -> Value {
    let policy = engine.policy();
    let ranked = engine.registry().ranked(words, None).into_iter();
    let ranked: Vec<&Action> = ranked
        .filter(|action| policy.switched_off(action).is_none())
        .collect();
    let rows: Vec<Value> = ranked
        .iter()
        .filter(|action| policy.offers(action))
        .take(MOST)
        .map(|action| {
            json!({"name": action.name(), "title": action.entry().title,
                "class": action.entry().class.as_str()})
        })
        .collect();
    let best = ranked.first().filter(|best| !policy.offers(best));
    let note = best.map(|best| {
        format!(
            "{} fits best; it is of class {}, which this server does not allow. {}",
            best.name(),
            best.entry().class.as_str(),
            policy.hint()
        )
    });
    json!({"actions": rows, "note": note})
}
