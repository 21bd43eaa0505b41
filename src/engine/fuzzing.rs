//! What fuzzers need of the inside: texts under this shop's own seal, which no foreign bytes reach.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::cursor::{self, Cursor};
use super::seal::Kind;
use super::{Engine, request};
use crate::registry::Action;
use crate::registry::entry::Handler;

/// Reads bytes as a cursor as it comes from a caller, and as one that this server sealed.
pub(crate) fn cursor(engine: &Engine, data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(found) = Cursor::decode(&text, &engine.seal, "q") {
        assert_eq!(again(engine, &found), Some(found));
    }
    let sealed = engine.seal.seal(Kind::Cursor, "q", data);
    if let Some(found) = Cursor::decode(&sealed, &engine.seal, "q") {
        assert_eq!(again(engine, &found), Some(found));
    }
    for (action, mut arguments) in lists(engine) {
        let about = match action.entry().handler {
            Handler::Job | Handler::Export => action.toolset().to_owned(),
            Handler::Request | Handler::Local => cursor::query(action.name(), &arguments),
        };
        let sealed = engine.seal.seal(Kind::Cursor, &about, data);
        let is_one = Cursor::decode(&sealed, &engine.seal, &about).is_some();
        arguments.insert("cursor".to_owned(), Value::String(sealed));
        arguments.insert("limit".to_owned(), json!(7));
        // The window of a list is reckoned, whatever the numbers are.
        let built = request::build(action, arguments, &engine.seal);
        assert_eq!(built.is_ok(), is_one, "{}", action.name());
    }
}

fn again(engine: &Engine, cursor: &Cursor) -> Option<Cursor> {
    let text = cursor.encode(&engine.seal, "q");
    Cursor::decode(&text, &engine.seal, "q")
}

/// A list, one that is filtered after paging, and an export, each with arguments.
fn lists(engine: &Engine) -> impl Iterator<Item = (&Action, Map<String, Value>)> {
    [
        ("back_in_stock_signups_list", json!({})),
        ("preorders_orders_list", json!({"state": "placed"})),
        ("back_in_stock_reports_signups_export", json!({})),
    ]
    .into_iter()
    .filter_map(|(name, arguments)| {
        let action = engine.registry.get(name)?;
        Some((action, arguments.as_object()?.clone()))
    })
}

/// Reads bytes as a ticket as it comes from a caller, and as one that this server sealed, and
/// follows it.
pub(crate) async fn ticket(engine: &Arc<Engine>, data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let sealed = engine.seal.seal(Kind::Ticket, "", data);
    for text in [&*text, &sealed] {
        let Some(ticket) = engine.read_ticket(text) else {
            continue;
        };
        let ended = engine.follow(&ticket, Duration::ZERO).await;
        assert!(ended.is_err(), "nothing can be read here");
    }
}
