//! `call`: one action through the same funnel the server uses.

mod form;
mod pages;
mod pairs;
mod prompt;
mod sheet;
mod target;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::anyhow;
use serde_json::{Map, Value};

use super::connect::{Caller, ConnectFlags, connect};
use super::exit::Exit;
use super::progress::Bar;
use super::settings::GlobalFlags;
use super::signal::stop_on_signal;
use super::{Failure, Outcome, misused, runtime};
use crate::engine::{Call, Engine, Outcome as Shown, Proof};
use crate::registry::Registry;
use crate::registry::transform::CHART;
use crate::safety::confirm::Asks;
use form::{Form, FormFlags, printed};
use target::Target;

/// Most actions named to somebody who named none of ours.
const MOST_NAMED: usize = 3;

/// Flags of `call`.
#[derive(Debug, clap::Args)]
#[command(override_usage = "stoq-mcp call [OPTIONS] <ACTION> [KEY=VALUE]...")]
pub(super) struct Flags {
    /// Name of the action; `stoq-mcp actions` lists them, `stoq-mcp find` looks one up
    #[arg(required_unless_present = "json")]
    action: Option<String>,
    /// Its arguments: `limit=5`, `variant_ids=1,2`, `order_tag.enabled=true`, `key=@file.json`,
    /// `key:=JSON`
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// Arguments as a JSON object, such as --json '{"limit": 5}'; without one: print the whole result
    /// as JSON
    #[arg(long, value_name = "OBJECT", num_args = 0..=1, default_missing_value = "")]
    json: Vec<String>,
    #[command(flatten)]
    form: FormFlags,
    /// Read every page of a list; an export's CSV is whole without it
    #[arg(long)]
    all: bool,
    /// Write the result to this file instead; .csv and .json choose the form
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Go ahead with the plan that this handle was printed with
    #[arg(long, value_name = "HANDLE")]
    handle: Option<String>,
    /// Calls with the same key take effect once, however often they are made
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    connect: ConnectFlags,
}

/// What is called, and how it is printed.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    action: String,
    pairs: Vec<String>,
    arguments: Map<String, Value>,
    /// `--json` stood alone.
    is_json: bool,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let asked = asked(flags.action.clone(), flags.pairs.clone(), &flags.json)?;
    let form = flags.form.form(asked.is_json, flags.out.as_deref())?;
    let runtime = runtime()?;
    let ended = runtime.block_on(call(&global, flags, asked, form));
    // Standard input may be blocked in a read that nothing will end.
    runtime.shutdown_background();
    ended
}

async fn call(global: &GlobalFlags, flags: Flags, asked: Asked, form: Form) -> Outcome {
    let connection = connect(global, &flags.connect, Caller::Shell).await?;
    let engine = &connection.engine;
    let mut arguments = asked.arguments;
    let action = engine.registry().get(&asked.action);
    let schema = action.map(|action| action.input_schema().as_ref());
    pairs::add(&mut arguments, schema, &asked.pairs)?;
    if form == Form::Chart {
        arguments.insert(CHART.to_owned(), Value::Bool(true));
    }
    let target = Target::open(flags.out.as_deref())?;
    let bar = Bar::new();
    // A plan is agreed to where it can be read: at a terminal, by typing.
    let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let call = Call {
        on_progress: Some(bar.listener()),
        // An interrupt ends a read; a write on its way is waited for.
        cancel: stop_on_signal()?,
        asks: match is_terminal {
            true => Asks::Person,
            false => Asks::Operator,
        },
        proof: flags.handle.map(Proof::Handle),
        idempotency_key: flags.idempotency_key,
        ..Call::new(asked.action.clone(), arguments)
    };
    let ended = match flags.all {
        true => pages::every(engine, call, &bar).await,
        false => prompt::agreed(engine, call).await,
    };
    bar.clear();
    match ended {
        Ok(outcome) => finish(engine, outcome, form, target).await,
        Err(failure) => {
            target.give_up();
            Err(match action {
                Some(_) => failure,
                None => nearest(engine.registry(), &asked.action, failure),
            })
        }
    }
}

/// Prints a result, and says in the exit code what is still to be done.
async fn finish(engine: &Arc<Engine>, outcome: Shown, form: Form, target: Target) -> Outcome {
    let exit = Exit::of_outcome(&outcome);
    let file = match (form, &outcome.resource) {
        (Form::Csv, Some(resource)) => {
            let file = engine.export_file(&resource.uri).await;
            Some(file.map_err(|error| prompt::of(&error))?.text)
        }
        (Form::Text | Form::Table | Form::Json | Form::Csv | Form::Chart, _) => None,
    };
    target.write(&printed(outcome, form, file), form)?;
    match exit {
        Exit::Done => Ok(()),
        // The job's line says how it ended, and no more.
        Exit::Failed => Err(Failure::new(
            exit,
            anyhow!("The job broke. What it had done stays done"),
        )),
        // The result says what to do next.
        Exit::Misused
        | Exit::Forbidden
        | Exit::Unagreed
        | Exit::Invalid
        | Exit::Later
        | Exit::Unreachable
        | Exit::Unknown
        | Exit::Key
        | Exit::Interrupted => Err(Failure::told(exit)),
    }
}

/// Names what may be meant by an action that does not exist, when no name looks like it.
fn nearest(registry: &Registry, name: &str, failure: Failure) -> Failure {
    if registry.nearest(name).is_some() {
        return failure;
    }
    let words = name.replace(['_', '-', '.'], " ");
    let found = registry.search(&words, None, |_| true).into_iter();
    let found = found.take(MOST_NAMED);
    let names: Vec<String> = found.map(|action| format!("`{}`", action.name())).collect();
    match names.is_empty() {
        true => failure,
        false => Failure::new(
            failure.code,
            anyhow!(
                "{} These come nearest: {}.",
                failure.error,
                names.join(", ")
            ),
        ),
    }
}

/// Tells action, arguments and form apart. `--json` may stand before a word that is none of its own.
fn asked(action: Option<String>, pairs: Vec<String>, json: &[String]) -> Result<Asked, Failure> {
    let mut words: Vec<String> = action.into_iter().chain(pairs).collect();
    let mut given = None;
    let mut is_json = false;
    for text in json {
        let has_action = words.first().is_some_and(|word| !word.contains('='));
        match text.trim_start().starts_with(['{', '[']) {
            _ if text.is_empty() => is_json = true,
            true if given.is_some() => {
                return Err(misused(anyhow!(
                    "the arguments were given twice; put them into one --json"
                )));
            }
            true => given = Some(arguments(text)?),
            // An argument's key may hold what looks like JSON, an action's name never does.
            false if text.contains('=') => {
                is_json = true;
                words.push(text.clone());
            }
            false if !has_action => {
                is_json = true;
                words.insert(0, text.clone());
            }
            false => given = Some(arguments(text)?),
        }
    }
    let mut words = words.into_iter();
    let action = words.next().filter(|word| !word.contains('='));
    let Some(action) = action else {
        return Err(misused(anyhow!(
            "the action is missing: stoq-mcp call <ACTION> [KEY=VALUE]...; `stoq-mcp actions` lists them all"
        )));
    };
    Ok(Asked {
        action,
        pairs: words.collect(),
        arguments: given.unwrap_or_default(),
        is_json,
    })
}

fn arguments(text: &str) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
        ) => Err(misused(anyhow!(
            "--json must be an object, such as --json '{{\"limit\": 5}}'"
        ))),
        Err(error) => Err(misused(anyhow!(
            "--json is not JSON ({error}); quote it for your shell, such as --json '{{\"limit\": 5}}'"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(action: Option<&str>, pairs: &[&str], json: &[&str]) -> Result<Asked, String> {
        let own = |text: &&str| (*text).to_owned();
        let pairs = pairs.iter().map(own).collect();
        let json: Vec<String> = json.iter().map(own).collect();
        asked(action.map(str::to_owned), pairs, &json).map_err(|failure| failure.error.to_string())
    }

    #[test]
    fn json_is_arguments_or_a_form_wherever_it_stands() {
        let wanted = |pairs: &[&str], arguments: Value, is_json: bool| {
            Ok(Asked {
                action: "a".to_owned(),
                pairs: pairs.iter().map(|text| (*text).to_owned()).collect(),
                arguments: arguments.as_object().cloned().unwrap(),
                is_json,
            })
        };
        let one = serde_json::json!({"limit": 1});
        let none = serde_json::json!({});
        for (found, wanted) in [
            (
                read(Some("a"), &["b=1"], &[]),
                wanted(&["b=1"], none.clone(), false),
            ),
            (
                read(Some("a"), &[], &["{\"limit\": 1}"]),
                wanted(&[], one.clone(), false),
            ),
            (
                read(Some("a"), &[], &["{\"limit\": 1}", ""]),
                wanted(&[], one, true),
            ),
            // call --json a b=1
            (
                read(Some("b=1"), &[], &["a"]),
                wanted(&["b=1"], none.clone(), true),
            ),
            // call a --json b=1 c=2
            (
                read(Some("a"), &["c=2"], &["b=1"]),
                wanted(&["c=2", "b=1"], none.clone(), true),
            ),
            // call --json a
            (read(None, &[], &["a"]), wanted(&[], none, true)),
        ] {
            assert_eq!(found, wanted);
        }
        for (found, told) in [
            (read(Some("a"), &[], &["x"]), "--json is not JSON"),
            (read(Some("a"), &[], &["5"]), "--json must be an object"),
            (read(Some("a"), &[], &["{}", "{}"]), "given twice"),
            (read(Some("b=1"), &[], &[]), "the action is missing"),
        ] {
            let text = found.unwrap_err();
            assert!(text.contains(told), "{text}");
        }
    }
}
