//! `find`: which action does what a merchant says, without a key and without a network.

use std::io::{BufRead, Write};
use std::sync::Arc;

use super::settings::{self, GlobalFlags, PlaceFlags, V1Name};
use super::style::{self, Role, paint};
use super::{Outcome, actions, failed, misused, print};
use crate::config::{Layer, RegistrySource};
use crate::engine::Policy;
use crate::registry::{Action, Registry};
use crate::surface::find::line;

/// Flags of `find`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// What is to be done, in your own words
    #[arg(required_unless_present = "batch", conflicts_with = "batch")]
    query: Vec<String>,
    /// Only actions of this toolset, or of all whose names begin with it before a dot
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// Print the names alone, as a JSON array
    #[arg(long)]
    json: bool,
    /// Read one query a line from standard input and print one JSON array a line
    #[arg(long, requires = "json")]
    batch: bool,
    /// Which actions of v1 to look through [default: needed]
    #[arg(long, value_name = "WHICH")]
    v1: Option<V1Name>,
    /// `bundled`, a registry file, or `live` (the API's own manifest over the registry built in)
    #[arg(long, value_name = "live|bundled|FILE", default_value = "bundled")]
    registry: RegistrySource,
    #[command(flatten)]
    place: PlaceFlags,
}

/// Where is looked, and for what.
struct Search {
    registry: Arc<Registry>,
    scope: Option<String>,
    policy: Policy,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let layer = Layer {
        v1: flags.v1.map(V1Name::choice),
        ..flags.place.layer()
    };
    let v1 = settings::resolve(&global, layer)?.v1.value;
    let search = Search {
        registry: actions::registry(&global, &flags.registry, &flags.place)?,
        scope: flags.scope,
        // Every class is found; whether it may be called is another question.
        policy: Policy::everything().with_v1(v1),
    };
    if let Some(scope) = &search.scope {
        search.registry.check_scope(scope).map_err(misused)?;
    }
    if flags.batch {
        return search.batch(std::io::stdin().lock(), std::io::stdout().lock());
    }
    let query = flags.query.join(" ");
    if flags.json {
        return print(&search.names(&query));
    }
    let found = search.find(&query);
    if found.is_empty() {
        return Err(failed(anyhow::anyhow!(
            "No such action: nothing here does what was asked. Say it in other words, name what it is about (a waitlist, a preorder, an order, a report), or list the actions with `stoq-mcp actions`"
        )));
    }
    let lines: Vec<String> = found
        .into_iter()
        .map(|action| {
            let whole = line(action);
            let rest = whole.strip_prefix(action.name()).unwrap_or_default();
            format!("{}{rest}\n", paint(Role::Name, action.name()))
        })
        .collect();
    style::print(&lines.concat())
}

impl Search {
    fn find(&self, query: &str) -> Vec<&Action> {
        let keep = |action: &Action| self.policy.offers(action);
        self.registry.search(query, self.scope.as_deref(), keep)
    }

    /// The names found, as one line of JSON.
    fn names(&self, query: &str) -> String {
        let names: Vec<&str> = self.find(query).into_iter().map(Action::name).collect();
        format!("{}\n", serde_json::json!(names))
    }

    /// One answer for each line, at once; a closed pipe is the reader's choice.
    fn batch(&self, mut queries: impl BufRead, mut answers: impl Write) -> Outcome {
        let mut query = Vec::new();
        loop {
            query.clear();
            if queries.read_until(b'\n', &mut query).map_err(failed)? == 0 {
                return Ok(());
            }
            let names = self.names(String::from_utf8_lossy(&query).trim());
            let written = answers
                .write_all(names.as_bytes())
                .and_then(|()| answers.flush());
            match written {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
                Err(error) => return Err(failed(error)),
            }
        }
    }
}
