//! Plans over the sandbox: whom, how many, how much, what cannot be undone; and what reading it costs.

mod edges;
mod goldens;
mod large;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Plan;
use crate::engine::{CallError, Engine, Policy, Run};
use crate::registry::Registry;
use crate::sandbox::seed::Kind;
use crate::sandbox::{self, Sandbox};
use crate::upstream::{Base, Options, Upstream};

/// A shop and the funnel to it.
struct Bench {
    sandbox: Sandbox,
    engine: Arc<Engine>,
}

impl Bench {
    async fn of(dataset: Kind) -> Self {
        Self::with(dataset, Registry::bundled().unwrap()).await
    }

    /// With the actions that a registry has.
    async fn with(dataset: Kind, registry: Registry) -> Self {
        let bundled = Arc::new(Registry::bundled().unwrap());
        let options = sandbox::Options {
            dataset,
            ..sandbox::Options::new(bundled)
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let base = Base::parse(sandbox.base_url()).unwrap();
        let options = Options {
            shop_domain: Some(sandbox.shop_domain().to_owned()),
            ..Options::new(base, sandbox.key().into())
        };
        let upstream = Arc::new(Upstream::new(options));
        let engine = Engine::new(
            Arc::new(registry),
            upstream,
            Policy::everything(),
            crate::safety::Guards::unattended(),
        );
        Self {
            sandbox,
            engine: Arc::new(engine),
        }
    }

    async fn plan(&self, action: &str, arguments: Value) -> Result<Plan, CallError> {
        plan(&self.engine, action, arguments).await
    }

    async fn sentence(&self, action: &str, arguments: Value) -> String {
        self.plan(action, arguments).await.unwrap().sentence
    }

    /// What the shop was asked: verb and points of each request.
    fn asked(&self) -> Vec<(String, u64)> {
        let (_, journal) = self.sandbox.control("GET", "/journal", &Value::Null);
        let entries = journal["entries"].as_array().unwrap();
        entries
            .iter()
            .filter_map(|entry| {
                let method = entry["method"].as_str()?.to_owned();
                assert_eq!(entry["effects"], Value::Array(Vec::new()), "{entry}");
                Some((method, entry["points"].as_u64().unwrap_or_default()))
            })
            .collect()
    }

    /// Does something that only a test may.
    fn control(&self, method: &str, path: &str, body: Value) {
        let (status, answer) = self.sandbox.control(method, path, &body);
        assert!(status < 300, "{path}: {answer}");
    }
}

/// The plan of a call, made as the funnel makes it.
async fn plan(engine: &Engine, action: &str, arguments: Value) -> Result<Plan, CallError> {
    let ready = engine.ready(action, object(arguments), None, None)?;
    let run = Run::new(ready.action, ready.class, None);
    engine.plan(&run, &ready.request).await
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn s(number: u32) -> String {
    format!("51900000-0000-4000-8000-{number:012}")
}

fn o(number: u32) -> String {
    format!("0ffe0000-0000-4000-8000-{number:012}")
}

fn p(number: u64) -> u64 {
    6_130_000_000_000 + number
}

fn v(number: u64) -> u64 {
    44_021_000_000_000 + number
}
