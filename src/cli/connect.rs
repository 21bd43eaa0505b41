//! From configuration to an engine, with the sandbox beside it when one is asked for.

use std::sync::Arc;

use clap::Args;
use secrecy::SecretString;

use super::data::DataFlags;
use super::settings::{self, ApiFlags, GlobalFlags, PlaceFlags, SafetyFlags};
use super::{Failure, failed, live, misused, source};
use crate::config::{Config, Layer, RegistrySource};
use crate::engine::Engine;
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::sandbox::Sandbox;
use crate::upstream::{Base, Upstream};

/// Flags of a subcommand that talks to an API.
#[derive(Debug, Args)]
pub(super) struct TargetFlags {
    #[command(flatten)]
    pub place: PlaceFlags,
    /// Call an embedded sandbox shop instead of the live API; everything is allowed there
    #[arg(long, conflicts_with_all = ["base_url", "api_key_env"])]
    pub sandbox: bool,
    #[command(flatten)]
    pub data: DataFlags,
}

/// Flags of a subcommand that calls actions.
#[derive(Debug, Args)]
pub(super) struct ConnectFlags {
    #[command(flatten)]
    pub target: TargetFlags,
    #[command(flatten)]
    pub api: ApiFlags,
    #[command(flatten)]
    safety: SafetyFlags,
    /// The shop's *.myshopify.com domain, for the one v1 call that takes it instead of a key
    #[arg(long, value_name = "DOMAIN")]
    shop_domain: Option<String>,
}

impl ConnectFlags {
    /// What these flags say.
    pub(super) fn layer(&self) -> Layer {
        Layer {
            shop_domain: self.shop_domain.clone(),
            ..self.safety.layer(self.api.layer(self.target.place.layer()))
        }
    }
}

/// The API that is talked to.
pub(super) struct Target {
    /// The embedded sandbox: it stops when dropped.
    pub sandbox: Option<Sandbox>,
    pub base: Base,
    pub key: SecretString,
}

impl TargetFlags {
    /// The API these flags and the configuration name; an embedded sandbox serves the registry.
    pub(super) async fn resolve(
        &self,
        config: &Config,
        registry: &Arc<Registry>,
    ) -> Result<Target, Failure> {
        if self.data.any() && !self.sandbox {
            return Err(misused(anyhow::anyhow!(
                "--dataset, --seed and --db belong to the embedded sandbox; add --sandbox"
            )));
        }
        if self.sandbox {
            let sandbox = Sandbox::start(self.data.options(Arc::clone(registry)))
                .await
                .map_err(failed)?;
            let base = Base::parse(sandbox.base_url()).map_err(failed)?;
            let key = SecretString::from(sandbox.key());
            return Ok(Target {
                sandbox: Some(sandbox),
                base,
                key,
            });
        }
        let (base, key) = place(config)?;
        Ok(Target {
            sandbox: None,
            base,
            key,
        })
    }
}

/// The API that the configuration names, and the key for it.
pub(super) fn place(config: &Config) -> Result<(Base, SecretString), Failure> {
    let base = config.base().map_err(misused)?;
    let key = config
        .key(|name| std::env::var(name).ok())
        .map_err(misused)?;
    Ok((base, key))
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
    let config = settings::resolve(global, flags.layer())?;
    connect_by(config, flags, transport).await
}

/// The same by a configuration that is resolved already.
pub(super) async fn connect_by(
    config: Config,
    flags: &ConnectFlags,
    transport: &[Class],
) -> Result<Connection, Failure> {
    let registry = Arc::new(source::load(config.registry_file())?);
    let Target { sandbox, base, key } = flags.target.resolve(&config, &registry).await?;
    let classes = match sandbox {
        Some(_) => Class::ALL.as_slice(),
        None => transport,
    };
    let policy = config.policy(&base, classes).map_err(misused)?;
    let source = config.registry_source(&base);
    let cache = match source {
        RegistrySource::Live => live::cache(&config, &base, &key),
        RegistrySource::Bundled | RegistrySource::File(_) => None,
    };
    let mut options = config.upstream(base, key);
    options.shop_domain = config.shop_domain().map_err(misused)?.or_else(|| {
        sandbox
            .as_ref()
            .map(|sandbox| sandbox.shop_domain().to_owned())
    });
    let upstream = Arc::new(Upstream::new(options));
    let known = Arc::clone(&registry);
    let registry = match source {
        RegistrySource::Bundled | RegistrySource::File(_) => registry,
        RegistrySource::Live => live::registry(registry, &upstream, cache.as_ref()).await,
    };
    let selection = config.selection(&[&known, &registry]).map_err(misused)?;
    let policy = policy.with_selection(selection);
    Ok(Connection {
        engine: Arc::new(Engine::new(registry, upstream, policy)),
        config,
        sandbox,
    })
}
