//! The log, on standard error, so that standard output carries the protocol alone; and where traces go.

pub(crate) mod otlp;

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

/// The protocol's library: what it says below `info` holds whole messages, with shoppers' data and the
/// proofs of plans in them.
const PROTOCOL: &str = "rmcp";

/// Starts the log.
///
/// # Errors
/// When the filter has a mistake; a log that runs already is kept.
pub fn start(filter: &str, format: LogFormat) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| error.to_string())?;
    let registry = tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(holds_no_message));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // A test or an embedding program may have its own.
    let _ = match format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    Ok(())
}

/// Whether an event may be logged, however much is asked for.
fn holds_no_message(event: &Metadata<'_>) -> bool {
    *event.level() <= Level::INFO || event.target().split("::").next() != Some(PROTOCOL)
}
