//! From configuration to an engine, with the sandbox beside it when one is asked for.

use std::sync::Arc;

use clap::Args;
use secrecy::SecretString;

use super::data::DataFlags;
use super::settings::{self, ApiFlags, GlobalFlags};
use super::{Failure, failed, misused, registry};
use crate::config::Config;
use crate::engine::Engine;
use crate::registry::entry::Class;
use crate::sandbox::Sandbox;
use crate::upstream::{Base, Upstream};

/// Flags of a subcommand that calls an API.
#[derive(Debug, Args)]
pub(super) struct ConnectFlags {
    #[command(flatten)]
    pub api: ApiFlags,
    /// Call an embedded sandbox shop instead of the live API; everything is allowed there
    #[arg(long, conflicts_with_all = ["base_url", "api_key_env"])]
    pub sandbox: bool,
    #[command(flatten)]
    pub data: DataFlags,
}

/// An engine and what it needs to stay alive.
pub(super) struct Connection {
    pub engine: Arc<Engine>,
    pub config: Config,
    /// The embedded sandbox: it stops when dropped.
    pub sandbox: Option<Sandbox>,
}

/// Resolves the configuration and builds the engine; `transport` are the classes it allows by itself.
pub(super) async fn connect(
    global: &GlobalFlags,
    flags: &ConnectFlags,
    transport: &[Class],
) -> Result<Connection, Failure> {
    if flags.data.any() && !flags.sandbox {
        return Err(misused(anyhow::anyhow!(
            "--dataset, --seed and --db belong to the embedded sandbox; add --sandbox"
        )));
    }
    let config = settings::resolve(global, flags.api.layer())?;
    let registry = Arc::new(registry::load(config.registry.value.as_ref())?);
    let (sandbox, base, key, classes) = if flags.sandbox {
        let sandbox = Sandbox::start(flags.data.options(Arc::clone(&registry)))
            .await
            .map_err(failed)?;
        let base = Base::parse(sandbox.base_url()).map_err(failed)?;
        let key = SecretString::from(sandbox.key());
        (Some(sandbox), base, key, Class::ALL.as_slice())
    } else {
        let base = config.base().map_err(misused)?;
        let key = config
            .key(|name| std::env::var(name).ok())
            .map_err(misused)?;
        (None, base, key, transport)
    };
    let policy = config.policy(&base, classes).map_err(misused)?;
    let mut options = config.upstream(base, key);
    options.shop_domain = config.shop_domain().map_err(misused)?.or_else(|| {
        sandbox
            .as_ref()
            .map(|sandbox| sandbox.shop_domain().to_owned())
    });
    let upstream = Arc::new(Upstream::new(options));
    Ok(Connection {
        engine: Arc::new(Engine::new(registry, upstream, policy)),
        config,
        sandbox,
    })
}
