//! `sandbox`: the API's sandbox alone, for developing against and for trying things.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::connect::load;
use super::serve::stop_on_signal;
use super::settings::{self, GlobalFlags};
use super::{Outcome, failed, misused, runtime};
use crate::config::Layer;
use crate::registry::Registry;
use crate::sandbox::seed::Kind;
use crate::sandbox::{self, Sandbox};

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

/// Flags that choose the sandbox's data.
#[derive(Debug, Args)]
pub(super) struct DataFlags {
    /// Rows the sandbox starts with [default: shop]
    #[arg(long, value_name = "NAME")]
    dataset: Option<Dataset>,
    /// Number the generated shop is made from: the same number gives the same shop [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Keep the sandbox's state in this file instead of in memory
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dataset {
    /// A lifelike shop with thousands of signups
    Shop,
    /// The small fixed shop of the API contract's examples
    Fixture,
    /// Shops and catalogue, nobody waiting
    Empty,
    /// The fixture with texts that try to break readers
    Hostile,
}

impl DataFlags {
    /// The generated shop of a number.
    pub(super) fn shop(seed: u64) -> Self {
        Self {
            dataset: Some(Dataset::Shop),
            seed: Some(seed),
            db: None,
        }
    }

    /// Whether anything was chosen.
    pub(super) fn any(&self) -> bool {
        self.dataset.is_some() || self.seed.is_some() || self.db.is_some()
    }

    /// Options of an embedded sandbox on any free port.
    pub(super) fn options(&self, registry: Arc<Registry>) -> sandbox::Options {
        self.options_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), registry)
    }

    fn options_at(&self, listen: SocketAddr, registry: Arc<Registry>) -> sandbox::Options {
        sandbox::Options {
            listen,
            db: self.db.clone(),
            dataset: match self.dataset {
                Some(Dataset::Shop) | None => Kind::Shop,
                Some(Dataset::Fixture) => Kind::Fixture,
                Some(Dataset::Empty) => Kind::Empty,
                Some(Dataset::Hostile) => Kind::Hostile,
            },
            number: self.seed.unwrap_or(1),
            rng: 1,
            registry,
        }
    }
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    settings::resolve(&global, Layer::default())?;
    let registry = Arc::new(load(flags.registry.as_ref())?);
    runtime()?.block_on(async {
        let sandbox = Sandbox::start(flags.data.options_at(flags.listen, registry))
            .await
            .map_err(misused)?;
        print(&sandbox).map_err(failed)?;
        stop_on_signal()?.cancelled().await;
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
