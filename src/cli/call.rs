//! `call`: one action through the same funnel the server uses.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::connect::{Caller, ConnectFlags, connect};
use super::picture;
use super::settings::GlobalFlags;
use super::signal::stop_on_signal;
use super::{Failure, Outcome, failed, misused, runtime};
use crate::engine::{Call, Engine, Outcome as Shown, Progress, Proof, Status, text};
use crate::registry::transform::CHART;
use crate::safety::confirm::Asks;

/// Flags of `call`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Name of the action; `stoq-mcp actions` lists them
    action: String,
    /// Arguments as a JSON object
    #[arg(long, value_name = "JSON", default_value = "{}")]
    json: String,
    /// Print the whole result as JSON instead of text
    #[arg(long)]
    structured: bool,
    /// Draw the result of a report instead
    #[arg(long, conflicts_with = "structured")]
    chart: bool,
    /// Go ahead with the plan that this handle was printed with
    #[arg(long, value_name = "HANDLE")]
    handle: Option<String>,
    /// Calls with the same key take effect once, however often they are made
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    connect: ConnectFlags,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let mut arguments = arguments(&flags.json)?;
    if flags.chart {
        arguments.insert(CHART.to_owned(), Value::Bool(true));
    }
    runtime()?.block_on(async {
        let connection = connect(&global, &flags.connect, Caller::Shell).await?;
        // A plan is agreed to where it can be read: at a terminal, by typing.
        let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let call = Call {
            on_progress: Some(std::sync::Arc::new(tell)),
            // An interrupt ends a read; a write on its way is waited for.
            cancel: stop_on_signal()?,
            asks: match is_terminal {
                true => Asks::Person,
                false => Asks::Operator,
            },
            proof: flags.handle.map(Proof::Handle),
            idempotency_key: flags.idempotency_key,
            ..Call::new(flags.action, arguments)
        };
        let outcome = agreed(&connection.engine, call).await?;
        let mut shown = if flags.structured {
            Value::Object(outcome.into_structured()).to_string()
        } else if let Some(drawn) = outcome.picture.as_ref().filter(|_| flags.chart) {
            picture::text(&drawn.drawing, picture::ROWS)
                .trim_end()
                .to_owned()
        } else {
            text(&outcome)
        };
        shown.push('\n');
        // A closed pipe is the reader's choice.
        let _ = std::io::stdout().lock().write_all(shown.as_bytes());
        Ok(())
    })
}

/// Makes a call, and asks at the terminal as often as it has a plan to agree to.
async fn agreed(engine: &Arc<Engine>, mut call: Call) -> Result<Shown, Failure> {
    loop {
        let outcome = engine.call(call.clone()).await.map_err(failed)?;
        let challenge = match &outcome.plan {
            Some(plan) if outcome.status == Status::Planned => plan.challenge.clone(),
            Some(_) | None => None,
        };
        let Some(challenge) = challenge else {
            return Ok(outcome);
        };
        eprintln!("{}", challenge.message);
        eprint!("> ");
        let typed = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let typed = typed.await.map_err(failed)?.map_err(failed)?;
        call.proof = Some(match typed.trim() {
            "" => Proof::Declined,
            text => Proof::Typed {
                state: challenge.state,
                text: text.to_owned(),
            },
        });
    }
}

fn arguments(text: &str) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
        ) => Err(misused(anyhow::anyhow!(
            "--json must be an object, such as --json '{{\"limit\": 5}}'"
        ))),
        Err(error) => Err(misused(anyhow::anyhow!(
            "--json is not JSON ({error}); quote it for your shell, such as --json '{{\"limit\": 5}}'"
        ))),
    }
}

fn tell(progress: Progress) {
    eprintln!(
        "… {} of {} ({})",
        progress.done, progress.total, progress.message
    );
}
