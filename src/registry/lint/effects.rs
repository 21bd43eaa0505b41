//! Whether class, retry and idempotence of an entry agree.

use serde_json::Value;

use crate::registry::entry::{Api, Class, Handler, Method, Retry};
use crate::registry::{Action, Registry, schema};

pub(super) fn class(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let reads = entry.class == Class::Read;
    let fits = match (entry.method, entry.handler) {
        (Method::Get, Handler::Request | Handler::Job | Handler::Export | Handler::Local) => reads,
        (Method::Post, Handler::Export) => reads,
        (Method::Post, Handler::Request | Handler::Job) => !reads,
        (Method::Put | Method::Patch | Method::Delete, Handler::Request | Handler::Job) => !reads,
        (Method::Put | Method::Patch | Method::Delete, Handler::Export) => false,
        (Method::Post | Method::Put | Method::Patch | Method::Delete, Handler::Local) => false,
    };
    if fits {
        Vec::new()
    } else {
        let (verb, class) = (entry.method.as_str(), entry.class.as_str());
        vec![format!("the class of this {verb} is `{class}`")]
    }
}

/// What this server answers by itself is of no API, and nothing else is.
pub(super) fn local(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    if (entry.api == Api::Local) == (entry.handler == Handler::Local) {
        Vec::new()
    } else {
        vec!["only one of `api` and `handler` is `local`".to_owned()]
    }
}

pub(super) fn raises(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let mut mistakes = Vec::new();
    for rule in &entry.raises {
        let mut piece = Some(action.request_schema());
        for part in rule.argument.split('.') {
            piece = piece
                .and_then(schema::properties)
                .and_then(|properties| properties.get(part));
        }
        if piece.is_none() {
            mistakes.push(format!("there is no argument `{}`", rule.argument));
        }
        if rule.class <= entry.class {
            mistakes.push(format!("`{}` raises nothing", rule.argument));
        }
        if rule.why.trim().is_empty() || rule.equals == Some(Value::Null) {
            mistakes.push(format!("the rule on `{}` is not complete", rule.argument));
        }
    }
    mistakes
}

pub(super) fn retry(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let reads = entry.class == Class::Read;
    let fits = match entry.retry {
        Retry::Safe => reads,
        Retry::ReadBack => !reads,
        Retry::NaturalKey => entry.method == Method::Post && !reads,
        Retry::Once => entry.method != Method::Patch && !reads,
    };
    if fits {
        Vec::new()
    } else {
        let (verb, class) = (entry.method.as_str(), entry.class.as_str());
        let retry = match entry.retry {
            Retry::Safe => "safe",
            Retry::ReadBack => "read_back",
            Retry::NaturalKey => "natural_key",
            Retry::Once => "once",
        };
        vec![format!("a {verb} of class `{class}` cannot be `{retry}`")]
    }
}

pub(super) fn idempotent(action: &Action, _: &Registry) -> Vec<String> {
    let entry = action.entry();
    let wanted = match entry.retry {
        Retry::Safe | Retry::ReadBack => Some(true),
        Retry::NaturalKey => Some(false),
        Retry::Once => None,
    };
    match wanted {
        Some(wanted) if wanted != entry.idempotent => {
            vec![format!("`idempotent` is {}", entry.idempotent)]
        }
        Some(_) | None => Vec::new(),
    }
}
