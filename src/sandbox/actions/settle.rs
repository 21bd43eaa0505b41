//! Due work: everything whose moment has come, in time order, each piece at its own moment.

use chrono::DateTime;
use rusqlite::types::FromSql;
use rusqlite::{OptionalExtension, params};
use serde_json::{Value, json};

use super::preorders::orders::due;
use super::preorders::{bulk, schedule};
use super::{alerts, shop};
use crate::sandbox::jobs;
use crate::sandbox::reply::Refusal;
use crate::sandbox::scope::Scope;

/// What one piece of work left for the journal.
#[derive(Debug)]
pub(in crate::sandbox) struct Happened {
    /// When it happened, unix milliseconds.
    pub(in crate::sandbox) at: i64,
    /// Its effects.
    pub(in crate::sandbox) effects: Vec<Value>,
}

/// Where due work comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Starts,
    Ends,
    Policies,
    Shipments,
    Charges,
    Alerts,
    Jobs,
}

/// One piece of due work.
enum Piece {
    Start(String),
    End(String),
    Policies(i64),
    Shipment(i64),
    Charge(i64),
    Alerts(alerts::Portion),
    Item(jobs::Item),
}

impl Source {
    /// All, in the order in which what falls together is done.
    const ALL: [Self; 7] = [
        Self::Starts,
        Self::Ends,
        Self::Policies,
        Self::Shipments,
        Self::Charges,
        Self::Alerts,
        Self::Jobs,
    ];

    /// Its first piece up to an instant, with its own moment.
    fn next(self, scope: &Scope<'_>, until: i64) -> Result<Option<(i64, Piece)>, Refusal> {
        match self {
            Self::Starts => earliest(scope, schedule::FIRST_START, until, Piece::Start),
            Self::Ends => earliest(scope, schedule::FIRST_END, until, Piece::End),
            Self::Policies => earliest(scope, schedule::FIRST_POLICIES, until, Piece::Policies),
            Self::Shipments => earliest(scope, due::FIRST_SHIPMENT, until, Piece::Shipment),
            Self::Charges => earliest(scope, due::FIRST_CHARGE, until, Piece::Charge),
            Self::Alerts => {
                Ok(alerts::next_due(scope, until)?
                    .map(|(at, portion)| (at, Piece::Alerts(portion))))
            }
            Self::Jobs => {
                Ok(jobs::next_item(scope, until)?.map(|item| (item.at, Piece::Item(item))))
            }
        }
    }
}

/// The moment and the id a statement over shop and instant finds. It is asked before every request,
/// so its order must be that of an index.
fn earliest<K: FromSql>(
    scope: &Scope<'_>,
    statement: &str,
    until: i64,
    piece: impl FnOnce(K) -> Piece,
) -> Result<Option<(i64, Piece)>, Refusal> {
    let found = scope
        .db
        .prepare_cached(statement)?
        .query_row(params![scope.shop_id, until], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(found.map(|(at, id)| (at, piece(id))))
}

impl Piece {
    /// Does it; `scope.now` is its moment.
    fn run(self, scope: &mut Scope<'_>) -> Result<(), Refusal> {
        match self {
            Self::Start(offer) => schedule::start(scope, &offer),
            Self::End(offer) => schedule::end(scope, &offer),
            Self::Policies(row) => schedule::set_policies(scope, row),
            Self::Shipment(order) => due::ship(scope, order),
            Self::Charge(order) => due::collect(scope, order),
            Self::Alerts(portion) => alerts::send(scope, &portion),
            Self::Item(item) => turn(scope, &item),
        }
    }
}

/// Does all that is due at the sandbox's time. A piece that cannot be done is undone by itself; what
/// else comes from there waits for the next settling, the rest goes on.
pub(in crate::sandbox) fn settle(scope: &mut Scope<'_>) -> Result<Vec<Happened>, Refusal> {
    let now = scope.now;
    let mut sources = Source::ALL.to_vec();
    let mut happened = Vec::new();
    while let Some((at, source, piece)) = first(scope, &sources, now.timestamp_millis())? {
        scope.now = DateTime::from_timestamp_millis(at).unwrap_or(now);
        let done = scope.attempt(|scope| piece.run(scope));
        scope.now = now;
        let effects = std::mem::take(&mut scope.effects);
        match done {
            Ok(()) if effects.is_empty() => {}
            Ok(()) => happened.push(Happened { at, effects }),
            Err(refusal) => {
                tracing::error!(?source, ?refusal, "the sandbox failed to do what is due");
                sources.retain(|other| *other != source);
            }
        }
    }
    shop::turn_month(scope)?;
    Ok(happened)
}

/// The earliest piece of some sources.
fn first(
    scope: &Scope<'_>,
    sources: &[Source],
    until: i64,
) -> Result<Option<(i64, Source, Piece)>, Refusal> {
    let mut first: Option<(i64, Source, Piece)> = None;
    for source in sources {
        if let Some((at, piece)) = source.next(scope, until)?
            && first.as_ref().is_none_or(|(earliest, ..)| at < *earliest)
        {
            first = Some((at, *source, piece));
        }
    }
    Ok(first)
}

/// The turn of one item of a bulk job. That its action is refused is nobody's business but the
/// journal's.
fn turn(scope: &mut Scope<'_>, item: &jobs::Item) -> Result<(), Refusal> {
    let mut effect = json!({
        "kind": "job_item", "job_id": item.job_id, "item": item.record, "status": 202,
    });
    match scope.attempt(|scope| bulk::run_item(scope, item)) {
        Ok(_) => {}
        Err(broken @ Refusal::Broken(_)) => return Err(broken),
        Err(refusal) => {
            if let Value::Object(effect) = &mut effect {
                effect.insert("status".to_owned(), refusal.status().into());
                effect.insert("errors".to_owned(), refusal.texts().into());
            }
        }
    }
    scope.effects.push(effect);
    jobs::advance(scope, &item.job_id)
}
