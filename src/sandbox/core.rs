//! The sandbox's state, and what every request does with it: one transaction, time, scopes.
//!
//! It knows nothing of HTTP; requests reach it one after the other.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::actions::{self, Happened};
use super::clock::Clock;
use super::config::Config;
use super::env::Env;
use super::faults::Book;
use super::rate::Points;
use super::reply::{Refusal, Refuses};
use super::scope::{Ids, Scope};
use super::seed::{self, Kind};
use super::{SandboxError, db, journal};
use crate::registry::Registry;

/// What a dataset is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Start {
    /// Which rows.
    pub(super) dataset: Kind,
    /// Number of the generated shop.
    pub(super) number: u64,
    /// Number the source of ids begins at.
    pub(super) rng: u64,
}

/// A shop as a request knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shop {
    /// Own id.
    pub(super) id: String,
    /// Domain.
    pub(super) domain: String,
}

/// The whole state.
#[derive(Debug)]
pub(super) struct Core {
    /// The tables.
    pub(super) db: Connection,
    /// The actions there are.
    pub(super) registry: Arc<Registry>,
    /// Surroundings of an action.
    pub(super) env: Env,
    /// Sandbox time.
    pub(super) clock: Clock,
    /// Source of ids and chances.
    pub(super) ids: Ids,
    /// Faults in force.
    pub(super) faults: Book,
    /// Points windows by shop id.
    pub(super) points: HashMap<String, Points>,
    /// What the dataset was made from.
    pub(super) start: Start,
    /// Draws of the source as last kept.
    kept_draws: u64,
}

impl Core {
    /// Opens the database: a new one with the dataset, a kept one as it was.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub(super) fn open(
        path: Option<&Path>,
        start: Start,
        registry: Arc<Registry>,
        origin: String,
    ) -> Result<Self, SandboxError> {
        let (db, holds_sandbox) = db::open(path)?;
        let env = Env::new(origin, registry.base_path.clone());
        let mut core = Self {
            db,
            registry,
            env,
            clock: Clock {
                offset_ms: 0,
                frozen_ms: None,
            },
            ids: Ids::new(start.rng),
            faults: Book::default(),
            points: HashMap::new(),
            start,
            kept_draws: 0,
        };
        let opened = if holds_sandbox {
            core.resume()
        } else {
            core.reset(start)
        };
        match opened {
            Ok(()) => Ok(core),
            Err(refusal) => Err(SandboxError::Database {
                path: path.map_or_else(|| ":memory:".into(), Path::to_owned),
                reason: match refusal {
                    Refusal::Broken(reason) => reason,
                    other => other.body().to_string(),
                },
            }),
        }
    }

    /// Builds a dataset anew; faults, journal and points windows are gone.
    pub(super) fn reset(&mut self, start: Start) -> Result<(), Refusal> {
        let system = Utc::now();
        let dataset = seed::dataset(start.dataset, start.number, system);
        db::lay(&self.db)?;
        seed::load::load(&self.db, &dataset)?;
        self.clock = match start.dataset {
            Kind::Shop => Clock::showing(system, system),
            Kind::Fixture | Kind::Empty | Kind::Hostile => Clock::showing(dataset.now, system),
        };
        self.ids = Ids::new(start.rng);
        self.start = start;
        self.kept_draws = 0;
        self.faults.clear();
        self.points.clear();
        db::keep(&self.db, "dataset", kind_name(start.dataset))?;
        db::keep(&self.db, "number", &start.number.to_string())?;
        db::keep(&self.db, "rng", &start.rng.to_string())?;
        self.keep_clock()?;
        self.keep_config()?;
        db::seal(&self.db)?;
        Ok(())
    }

    /// Goes on where a kept file was left.
    fn resume(&mut self) -> Result<(), Refusal> {
        let number = |key: &str| -> Result<Option<i64>, Refusal> {
            Ok(db::kept(&self.db, key)?.and_then(|text| text.parse().ok()))
        };
        let unsigned = |key: &str| -> Result<u64, Refusal> {
            let text = db::kept(&self.db, key)?;
            Ok(text.and_then(|text| text.parse().ok()).unwrap_or_default())
        };
        let start = Start {
            dataset: db::kept(&self.db, "dataset")?
                .and_then(|name| kind_named(&name))
                .unwrap_or(self.start.dataset),
            number: unsigned("number")?,
            rng: unsigned("rng")?,
        };
        let drawn = unsigned("drawn")?;
        let clock = Clock {
            offset_ms: number("offset_ms")?.unwrap_or_default(),
            frozen_ms: number("frozen_ms")?,
        };
        if let Some(text) = db::kept(&self.db, "config")? {
            self.env.config = serde_json::from_str::<Config>(&text)?;
        }
        self.ids = Ids::resume(start.rng, drawn);
        self.kept_draws = drawn;
        self.start = start;
        self.clock = clock;
        Ok(())
    }

    /// Keeps the clock with the rows, whose times are its times.
    pub(super) fn keep_clock(&self) -> Result<(), Refusal> {
        db::keep(&self.db, "offset_ms", &self.clock.offset_ms.to_string())?;
        let frozen = self.clock.frozen_ms.map(|ms| ms.to_string());
        db::keep(&self.db, "frozen_ms", &frozen.unwrap_or_default())?;
        Ok(())
    }

    /// Keeps the knobs.
    pub(super) fn keep_config(&self) -> Result<(), Refusal> {
        let text = serde_json::to_string(&self.env.config)?;
        db::keep(&self.db, "config", &text)?;
        Ok(())
    }

    /// The sandbox's time, whole milliseconds.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now(Utc::now())
    }

    /// Does a piece of work in one transaction: all of it happens, or nothing.
    pub(super) fn in_transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        if !self.db.is_autocommit() {
            // A request before this one broke off in the middle.
            db::run(&self.db, "ROLLBACK")?;
        }
        db::run(&self.db, "BEGIN IMMEDIATE")?;
        let done = work(self).and_then(|out| {
            if self.ids.drawn() != self.kept_draws {
                db::keep(&self.db, "drawn", &self.ids.drawn().to_string())?;
            }
            db::run(&self.db, "COMMIT")?;
            self.kept_draws = self.ids.drawn();
            Ok(out)
        });
        if done.is_err() && !self.db.is_autocommit() {
            db::run(&self.db, "ROLLBACK")?;
        }
        done
    }

    /// Runs something in the name of a shop; what it wrote is undone when it refuses, but for what
    /// stays on record.
    pub(super) fn in_scope<T, E: Refuses>(
        &mut self,
        shop: &Shop,
        now: DateTime<Utc>,
        work: impl FnOnce(&mut Scope<'_>) -> Result<T, E>,
    ) -> Result<(T, Vec<Value>), E> {
        let mut scope = Scope {
            db: &self.db,
            shop_id: shop.id.clone(),
            now,
            ids: &mut self.ids,
            effects: Vec::new(),
            env: &self.env,
        };
        let out = scope.attempt(work)?;
        Ok((out, scope.effects))
    }

    /// Does everything that is due, in every shop; the journal tells it in time order.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) -> Result<(), Refusal> {
        let mut happened = Vec::new();
        for shop in self.shops()? {
            let (of_shop, _) = self.in_scope(&shop, now, actions::settle)?;
            happened.extend(of_shop);
        }
        happened.sort_by_key(|piece: &Happened| piece.at);
        for piece in happened {
            journal::record_background(&self.db, piece.at, piece.effects)?;
        }
        Ok(())
    }

    fn shops(&self) -> Result<Vec<Shop>, Refusal> {
        let mut statement = self
            .db
            .prepare_cached("SELECT id, domain FROM shops ORDER BY rowid")?;
        let rows = statement.query_map([], shop_from_row)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The shop a key belongs to.
    pub(super) fn shop_of_key(&self, key: &str) -> Result<Option<Shop>, Refusal> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT shops.id, domain FROM api_keys JOIN shops ON shops.id = shop_id WHERE key = ?",
            )?
            .query_row([key], shop_from_row)
            .optional()?)
    }

    /// The shop of a domain.
    pub(super) fn shop_of_domain(&self, domain: &str) -> Result<Option<Shop>, Refusal> {
        Ok(self
            .db
            .prepare_cached("SELECT id, domain FROM shops WHERE domain = ?")?
            .query_row([domain], shop_from_row)
            .optional()?)
    }

    /// The domain of the first shop.
    pub(super) fn first_domain(&self) -> Result<String, Refusal> {
        Ok(self
            .db
            .prepare_cached("SELECT domain FROM shops ORDER BY rowid LIMIT 1")?
            .query_row([], |row| row.get(0))?)
    }

    /// The first key of the first shop; empty when all were withdrawn.
    pub(super) fn first_key(&self) -> Result<String, Refusal> {
        Ok(self
            .db
            .prepare_cached("SELECT key FROM api_keys ORDER BY rowid LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?
            .unwrap_or_default())
    }
}

fn shop_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Shop> {
    Ok(Shop {
        id: row.get(0)?,
        domain: row.get(1)?,
    })
}

/// Name of a dataset on the control plane.
pub(super) const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Shop => "shop",
        Kind::Fixture => "fixture",
        Kind::Empty => "empty",
        Kind::Hostile => "hostile",
    }
}

/// Dataset of a name.
pub(super) fn kind_named(name: &str) -> Option<Kind> {
    [Kind::Shop, Kind::Fixture, Kind::Empty, Kind::Hostile]
        .into_iter()
        .find(|kind| kind_name(*kind) == name)
}
