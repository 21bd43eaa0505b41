//! A shop in memory for the tests of actions and hooks: settles, runs, commits or rolls back, as the
//! server does around every request.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde_json::{Map, Value};

use super::actions;
use super::contract;
use super::env::Env;
use super::faults::JobFault;
use super::reply::{Refusal, Refuses, Reply};
use super::scope::{Args, Ids, Scope};
use super::seed::load::load;
use super::seed::{Kind, dataset, fixture};
use crate::registry::Registry;

/// A database with one shop selected.
pub(super) struct Bench {
    pub(super) db: Connection,
    pub(super) now: DateTime<Utc>,
    /// Effects of the latest call, settling included.
    pub(super) effects: Vec<Value>,
    shop: u32,
    ids: Ids,
    env: Env,
}

impl Bench {
    /// Shop A of the fixture.
    pub(super) fn fixture() -> Self {
        Self::of(Kind::Fixture)
    }

    /// Shop A of a dataset.
    pub(super) fn of(kind: Kind) -> Self {
        let data = dataset(kind, 1, fixture::fixture().now);
        let db = Connection::open_in_memory().unwrap();
        super::db::keep_statements(&db).unwrap();
        db.execute_batch(include_str!("schema.sql")).unwrap();
        load(&db, &data).unwrap();
        Self {
            db,
            now: data.now,
            effects: Vec::new(),
            shop: 1,
            ids: Ids::new(1),
            env: Env::new(
                "http://127.0.0.1:1".to_owned(),
                "/api/v2/external".to_owned(),
            ),
        }
    }

    /// Selects shop 1 or 2.
    pub(super) fn shop(&mut self, number: u32) -> &mut Self {
        self.shop = number;
        self
    }

    /// Lays a fault on the jobs that are submitted from now on.
    pub(super) fn fault_jobs(&mut self, fault: JobFault) {
        self.env.job_fault = Some(fault);
    }

    /// Moves the clock.
    pub(super) fn advance(&mut self, minutes: i64) {
        self.now += chrono::Duration::minutes(minutes);
    }

    /// Runs anything inside a request.
    pub(super) fn request(&mut self, run: impl FnOnce(&mut Scope<'_>) -> Reply) -> Reply {
        self.transact(run)
    }

    fn transact<T, E: Refuses>(
        &mut self,
        run: impl FnOnce(&mut Scope<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.execute_batch("BEGIN").unwrap();
        let mut scope = Scope {
            db: &self.db,
            shop_id: fixture::shop_id(self.shop).to_string(),
            now: self.now,
            ids: &mut self.ids,
            effects: Vec::new(),
            env: &self.env,
        };
        let settled = actions::settle(&mut scope).unwrap();
        let mut reply = scope.attempt(run);
        let kept = match &mut reply {
            Err(refusal) => refusal.take_effects(),
            Ok(_) => scope.effects,
        };
        self.effects = settled
            .into_iter()
            .flat_map(|piece| piece.effects)
            .collect();
        self.effects.extend(kept);
        self.db.execute_batch("COMMIT").unwrap();
        reply
    }

    /// Runs an action; a success must have the form the registry promises.
    pub(super) fn call(&mut self, name: &str, args: Value) -> Reply {
        let args = Args(object(args));
        let reply = self.request(|scope| actions::run(name, scope, &args).unwrap());
        // Of an export the registry describes the file that the tool hands on, not the job's handle.
        if let Ok(answer) = &reply
            && !name.ends_with("_export")
        {
            in_form(
                name,
                registry().get(name).unwrap().response_schema(),
                answer,
            );
        }
        reply
    }

    /// Runs an action of v1, from its contract on; a success must have the form the registry
    /// promises. A body that is not there is null.
    pub(super) fn v1(&mut self, name: &str, mut args: Value) -> (u16, Value) {
        let action = registry().get(name).unwrap();
        let values: Map<String, Value> = action
            .placeholders()
            .map(|id| (id.to_owned(), object(args.clone())[id].clone()))
            .collect();
        args.as_object_mut()
            .unwrap()
            .retain(|id, _| !values.contains_key(id));
        let reply = match contract::check(action, object(args)) {
            Ok(mut checked) => {
                checked.extend(values);
                let args = Args(checked);
                self.transact(|scope| actions::v1::run(name, scope, &args).unwrap())
            }
            Err(Refusal::Invalid(texts)) => Err(actions::v1::broken(name, texts)),
            Err(other) => panic!("{other:?}"),
        };
        let answer = reply.unwrap_or_else(|refusal| refusal.into_answer().0);
        let body = answer.body.unwrap_or_default();
        let is_success = matches!(answer.status, 201 | 207)
            || answer.status == 200 && body.get("errors").is_none();
        if is_success && !body.is_null() {
            let whole = action.response_schema();
            // Narrowed to one variant, the list is answered as its row.
            let row = whole.pointer("/properties/product_variants/items");
            let is_row = body.get("product_variants").is_none();
            in_form(name, row.filter(|_| is_row).unwrap_or(whole), &body);
        }
        (answer.status, body)
    }

    /// Runs an action that must be refused.
    pub(super) fn refused(&mut self, name: &str, args: Value) -> (u16, Vec<String>) {
        let refusal = self.call(name, args).unwrap_err();
        assert_eq!(self.effects, Vec::<Value>::new(), "{name} left effects");
        let texts = serde_json::from_value(refusal.body()["errors"].clone()).unwrap();
        (refusal.status(), texts)
    }

    /// Runs an action that must succeed.
    pub(super) fn ok(&mut self, name: &str, args: Value) -> Value {
        self.call(name, args).unwrap()
    }

    /// Kinds of the latest call's effects.
    pub(super) fn kinds(&self) -> Vec<&str> {
        self.effects
            .iter()
            .map(|effect| effect["kind"].as_str().unwrap())
            .collect()
    }

    /// Changes rows behind the actions' backs.
    pub(super) fn sql(&self, text: &str) {
        self.db.execute_batch(text).unwrap();
    }

    /// A column of texts from the tables.
    pub(super) fn texts(&self, query: &str) -> Vec<String> {
        let mut statement = self.db.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    /// A single number from the tables.
    pub(super) fn number(&self, query: &str) -> i64 {
        self.db.query_row(query, [], |row| row.get(0)).unwrap()
    }
}

/// An answer has the form the registry promises.
fn in_form(name: &str, schema: &Value, answer: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(answer)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{name}: {answer}");
}

/// The registry, loaded once.
pub(super) fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| Registry::bundled().unwrap())
}

/// One text of a refusal with its code.
pub(super) fn because(status: u16, text: &str) -> (u16, Vec<String>) {
    (status, vec![text.to_owned()])
}

/// The map of a JSON object.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

/// An object with the fields of another beside its own, or over them.
pub(super) fn with(base: Value, more: Value) -> Value {
    let mut base = object(base);
    base.extend(object(more));
    Value::Object(base)
}

/// Id of the signup S`n`.
pub(super) fn s(number: u32) -> String {
    format!("51900000-0000-4000-8000-{number:012}")
}

/// Id of the customer C`n`.
pub(super) fn c(number: u32) -> String {
    format!("c0570000-0000-4000-8000-{number:012}")
}

/// Shopify id of the variant V`n`.
pub(super) fn v(label: usize) -> i64 {
    [101, 102, 201, 301, 302, 303, 401, 402][label - 1] + 44_021_000_000_000
}
