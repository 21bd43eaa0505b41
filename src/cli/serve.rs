//! `serve`: MCP on standard input and output, or over HTTP.

use std::io::IsTerminal;
use std::net::SocketAddr;

use super::connect::{Caller, ConnectFlags, Connection, connect_by};
use super::settings::{self, GlobalFlags, SurfaceFlags};
use super::signal::stop_on_signal;
use super::{Outcome, failed, misused, runtime};
use crate::http::{self, Callers, HttpOptions};
use crate::mcp::{StoqServer, serve_stdio};

/// Flags of `serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Serve over HTTP at this address of this machine, e.g. 127.0.0.1:8080 (port 0: any free one)
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    #[command(flatten)]
    surface: SurfaceFlags,
    #[command(flatten)]
    connect: ConnectFlags,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let runtime = runtime()?;
    let ended = runtime.block_on(serve(global, flags));
    // Standard input may be blocked in a read that nothing will end.
    runtime.shutdown_background();
    ended
}

async fn serve(global: GlobalFlags, flags: Flags) -> Outcome {
    let caller = match flags.http {
        Some(_) => Caller::Http,
        None => Caller::Stdio,
    };
    let config = settings::resolve(&global, flags.surface.layer(flags.connect.layer()))?;
    let listener = match flags.http {
        Some(addr) => Some(http::bind(addr).await.map_err(misused)?),
        None => None,
    };
    let Connection {
        engine,
        config,
        sandbox,
    } = connect_by(config, &flags.connect, caller).await?;
    let server = StoqServer::new(engine, config.surface.value);
    let stop = stop_on_signal()?;
    let ended = match listener {
        Some(listener) => {
            let callers = Callers::new(config.allowed_hosts.value, config.allowed_origins.value)
                .map_err(misused)?;
            let addr = listener.local_addr().map_err(failed)?;
            eprintln!("stoq-mcp listening on http://{addr}/mcp");
            let options = HttpOptions {
                callers,
                event_stream: config.event_stream.value,
            };
            http::serve(listener, server, options, stop)
                .await
                .map_err(failed)
        }
        None => {
            if std::io::stdin().is_terminal() {
                eprintln!(
                    "stoq-mcp waits for an MCP client on standard input; `stoq-mcp demo` shows it at work"
                );
            }
            serve_stdio(server, stop).await.map_err(failed)
        }
    };
    drop(sandbox);
    ended
}
