//! `sandbox`: the API's sandbox alone, for developing against and for trying things.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::data::DataFlags;
use super::settings::{self, GlobalFlags};
use super::signal::stop_on_signal;
use super::{Outcome, failed, misused, runtime, source};
use crate::config::Layer;
use crate::sandbox::Sandbox;

/// Flags of `sandbox`.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// Address of this machine to listen on (port 0: any free one)
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8089")]
    listen: SocketAddr,
    /// A registry file instead of the one built in
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
    #[command(flatten)]
    data: DataFlags,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    settings::resolve(&global, Layer::default())?;
    let registry = Arc::new(source::load(flags.registry.as_deref())?);
    runtime()?.block_on(async {
        let sandbox = Sandbox::start(flags.data.options_at(flags.listen, registry))
            .await
            .map_err(misused)?;
        let stop = stop_on_signal()?;
        print(&sandbox).map_err(failed)?;
        stop.cancelled().await;
        sandbox.stop().await;
        Ok(())
    })
}

fn print(sandbox: &Sandbox) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "sandbox listening on {}", sandbox.base_url())?;
    writeln!(out, "key (not a secret):  {}", sandbox.key())?;
    writeln!(
        out,
        "try:                 curl -H 'X-Auth-Token: {}' {}/back_in_stock/reports/summary",
        sandbox.key(),
        sandbox.base_url()
    )?;
    writeln!(
        out,
        "control plane:       {}/sandbox/health",
        sandbox.origin()
    )?;
    writeln!(
        out,
        "serve it over MCP:   STOQ_API_KEY={} stoq-mcp serve --allow send,destroy --base-url {}",
        sandbox.key(),
        sandbox.base_url()
    )?;
    out.flush()
}
