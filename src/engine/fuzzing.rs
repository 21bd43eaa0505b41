//! What fuzzers need of the inside: texts under this shop's own seal, which no foreign bytes reach.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::confirm::{Proof, call_digest};
use super::cursor::{self, Cursor};
use super::seal::Kind;
use super::{Call, Engine, ErrorKind, request};
use crate::registry::Action;
use crate::registry::entry::Handler;
use crate::safety::confirm::{Answer, Now, Pending};

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

/// Reads bytes as proof of consent: as they come from a caller, under a seal for something else, and
/// under the seal of this caller's plans. Whether it was one of those, and of the call.
pub(crate) async fn confirmation(engine: &Arc<Engine>, data: &[u8]) -> bool {
    let name = "back_in_stock_signups_notify";
    let id = json!({"id": "8d5f6b9e-0b0d-4f5a-9a4e-6c1b9f2f3a10"});
    let (Some(action), Some(arguments)) = (engine.registry.get(name), id.as_object()) else {
        unreachable!("the bundled registry has it");
    };
    let text = String::from_utf8_lossy(data).into_owned();
    let typed = |state: String| Proof::Typed {
        state,
        text: text.clone(),
    };
    let principal = &engine.who.principal;
    let foreign = [
        Proof::Handle(text.clone()),
        typed(text.clone()),
        typed(engine.seal.seal(Kind::Cursor, principal, data)),
        typed(engine.seal.seal(Kind::Ticket, principal, data)),
        typed(engine.seal.seal(Kind::Plan, "another", data)),
    ];
    let call = call_digest(action, arguments);
    for proof in foreign {
        let told = engine.opened(action, &proof, &call).await;
        assert!(told.is_err(), "it was taken: {proof:?}");
        let ended = engine
            .call(Call {
                proof: Some(proof),
                ..Call::new(name, arguments.clone())
            })
            .await;
        // Nothing may come of it.
        let told = ended.err().map(|error| error.kind);
        assert_eq!(told, Some(ErrorKind::Unagreed));
    }
    let ours = typed(engine.seal.seal(Kind::Plan, principal, data));
    let opened = engine.opened(action, &ours, &call).await;
    let pending = serde_json::from_slice::<Pending>(data).ok();
    let is_one = |pending: &Pending| {
        // At the first moment of all it is late already.
        pending.who == engine.who && pending.call == call && pending.expires_at > i64::MIN
    };
    assert_eq!(opened.is_ok(), pending.as_ref().is_some_and(is_one));
    let Ok(opened) = opened else {
        return false;
    };
    // Ours, and of this call: then time, word and targets decide.
    let pending = opened.pending;
    let check = |digest: &str, time: i64, text: &str| {
        let now = Now {
            who: &engine.who,
            call: &call,
            digest,
            time,
        };
        pending.check(now, Answer::Typed(text)).is_ok()
    };
    let (word, digest, end) = (pending.typed.as_str(), &pending.digest, pending.expires_at);
    let can_be_typed = pending.typed.is(word);
    let before = end.saturating_sub(1);
    assert_eq!(check(digest, before, word), can_be_typed && before < end);
    assert!(!check(digest, end, word), "it is too late");
    assert!(!check(digest, before, &format!("{word}0")), "mistyped");
    assert!(!check(&format!("{digest}0"), before, word), "changed");
    true
}
