//! `call`: one action through the same funnel the server uses.

use std::io::Write;

use serde_json::{Map, Value};

use super::connect::{ConnectFlags, connect};
use super::settings::GlobalFlags;
use super::signal::stop_on_signal;
use super::{Outcome, failed, misused, runtime};
use crate::engine::{Call, Progress, text};
use crate::registry::entry::Class;

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
    #[command(flatten)]
    connect: ConnectFlags,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let arguments = arguments(&flags.json)?;
    runtime()?.block_on(async {
        let connection = connect(&global, &flags.connect, &[Class::Write]).await?;
        let call = Call {
            on_progress: Some(std::sync::Arc::new(tell)),
            // An interrupt ends a read; a write on its way is waited for.
            cancel: stop_on_signal()?,
            ..Call::new(flags.action, arguments)
        };
        let outcome = connection.engine.call(call).await.map_err(failed)?;
        let mut shown = if flags.structured {
            Value::Object(outcome.into_structured()).to_string()
        } else {
            text(&outcome)
        };
        shown.push('\n');
        // A closed pipe is the reader's choice.
        let _ = std::io::stdout().lock().write_all(shown.as_bytes());
        Ok(())
    })
}

fn arguments(text: &str) -> Result<Map<String, Value>, super::Failure> {
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
