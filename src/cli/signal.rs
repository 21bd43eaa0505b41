//! The signals that end a subcommand which goes on until it is stopped.

use tokio_util::sync::CancellationToken;

use super::{Failure, failed};

/// Fires on SIGINT and SIGTERM.
pub(super) fn stop_on_signal() -> Result<CancellationToken, Failure> {
    let stop = CancellationToken::new();
    let fired = stop.clone();
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(failed)?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        fired.cancel();
    });
    Ok(stop)
}
