//! The server on standard input and output.

use std::time::Duration;

use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use rmcp::transport::io::stdio_pipes;
use tokio_util::sync::CancellationToken;

use super::StoqServer;
use crate::engine::Drain;

/// Time for calls on their way to end. Nobody is left who would read what a read finds.
const DRAIN: Drain = Drain {
    reads: Duration::ZERO,
    writes: Duration::from_secs(20),
};

/// Why the server on stdio ended badly.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// The first message was not one a client begins with.
    #[error(
        "the client's first message was not `initialize` or a request of the 2026-07-28 protocol: {0}"
    )]
    Start(String),
    /// The serving task broke.
    #[error("the MCP service broke: {0}")]
    Broken(String),
}

/// Serves until the input ends or `stop` fires; writes on their way end first.
///
/// # Errors
/// When the client does not begin as the protocol says, or the service breaks.
pub async fn serve_stdio(server: StoqServer, stop: CancellationToken) -> Result<(), StdioError> {
    let engine = std::sync::Arc::clone(server.engine());
    let starting = super::handler(server).serve_with_ct(stdio_pipes(), stop.clone());
    let service = tokio::select! {
        started = starting => match started {
            Ok(service) => service,
            // Input that ends before a request is a clean end: an editor that only probed.
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(StdioError::Start(error.to_string())),
        },
        () = stop.cancelled() => return Ok(()),
    };
    let ended = service.waiting().await;
    engine.drain(DRAIN).await;
    match ended {
        Ok(_) => Ok(()),
        Err(error) => Err(StdioError::Broken(error.to_string())),
    }
}
