//! `demo`: a restock morning and a preorder afternoon, played by a real MCP client against a real server and the sandbox.
//!
//! Nothing is faked: the sandbox listens on a port of its own, the server runs as a child process,
//! and every step is a tool call of the client.

mod client;
mod preorders;
mod show;
mod story;

use std::sync::Arc;
use std::time::Instant;

use super::data::DataFlags;
use super::settings::{self, GlobalFlags};
use super::{Failure, Outcome, failed, misused, runtime, source};
use crate::config::Layer;
use crate::sandbox::Sandbox;
use client::Client;
use story::Shop;

/// Flags of `demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Talk to the server over HTTP instead of standard input and output
    #[arg(long)]
    http: bool,
    /// Number the shop is made from: the same number gives the same shop
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let started = Instant::now();
    settings::resolve(&global, Layer::default())?;
    let runtime = runtime()?;
    let ended = runtime.block_on(play(&flags));
    runtime.shutdown_background();
    let calls = ended?;
    show::line(&format!(
        "\n{calls} tool calls in {:.1} s. Serve this shop to your own client: stoq-mcp serve --sandbox",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}

async fn tell(client: &Client, sandbox: &Sandbox) -> anyhow::Result<()> {
    story::tell(client, &Shop::new(sandbox)).await?;
    preorders::tell(client).await
}

async fn play(flags: &Flags) -> Result<usize, Failure> {
    let registry = Arc::new(source::load(None)?);
    let sandbox = Sandbox::start(DataFlags::shop(flags.seed).options(registry))
        .await
        .map_err(misused)?;
    let client = if flags.http {
        Client::over_http(&sandbox).await
    } else {
        Client::over_stdio(&sandbox).await
    }
    .map_err(failed)?;
    let told = tell(&client, &sandbox).await;
    let calls = client.close().await;
    sandbox.stop().await;
    told.map(|()| calls).map_err(failed)
}
