//! From configuration to an engine, with the sandbox beside it when one is asked for.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use secrecy::SecretString;

use super::data::DataFlags;
use super::settings::{self, ApiFlags, GlobalFlags, PlaceFlags, SafetyFlags};
use super::{Failure, failed, live, misused, source};
use crate::config::{Config, ConfigError, Layer, RegistrySource, Source, StatePlace};
use crate::engine::Engine;
use crate::redis::Redis;
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::safety::Guards;
use crate::safety::audit::{Audit, Key};
use crate::safety::clock::Clock;
use crate::safety::personal::PersonalData;
use crate::safety::store::Store;
use crate::safety::store::embedded::Embedded;
use crate::safety::store::lazy::Lazy;
use crate::safety::store::redis::Shared;
use crate::sandbox::Sandbox;
use crate::upstream::{Base, Upstream};

/// Folder of the audit trail, within that of the state.
pub(super) const TRAIL: &str = "audit";

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

/// Who calls, as plans, receipts and audit lines name them, and how they come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// Somebody at a shell.
    Shell,
    /// The client on standard input and output.
    Stdio,
    /// Whoever reaches the HTTP server of this machine.
    Http,
}

impl Caller {
    const fn name(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Stdio => "stdio",
            Self::Http => "http",
        }
    }

    /// The classes it may use without being allowed more: a client on standard input is the
    /// merchant's own; a page or program on HTTP may be anyone's.
    pub(super) const fn classes(self) -> &'static [Class] {
        match self {
            Self::Shell | Self::Stdio => &[Class::Write],
            Self::Http => &[],
        }
    }

    const fn personal(self) -> PersonalData {
        match self {
            Self::Shell | Self::Stdio => PersonalData::Full,
            Self::Http => PersonalData::Masked,
        }
    }
}

/// What all callers of one process share.
#[derive(Debug)]
pub(super) struct State {
    store: Arc<dyn Store>,
    audit: Audit,
    /// The Redis that replicas share, when there is one.
    redis: Option<Redis>,
}

impl State {
    /// Where the configuration has it; nothing is opened before it is needed. `is_sandbox` says that
    /// the API is embedded, and gone with the process.
    pub(super) fn of(config: &Config, is_sandbox: bool) -> Result<Self, Failure> {
        let lookup = |name: &str| std::env::var_os(name);
        let place = config.state_place(is_sandbox, lookup).map_err(misused)?;
        let audit = match config.trail_place(&place, lookup).map_err(misused)? {
            None => Audit::none(),
            Some(folder) => {
                let key = Key::of_environment(|name| std::env::var(name).ok()).map_err(misused)?;
                Audit::lazy(&folder.join(TRAIL), config.audit_rotate_bytes.value, key)
            }
        };
        let (store, redis): (Arc<dyn Store>, _) = match place {
            StatePlace::Memory => (Arc::new(Embedded::memory().map_err(failed)?), None),
            StatePlace::Folder(folder) => (Arc::new(Lazy::new(folder)), None),
            StatePlace::Redis(address) => {
                let redis = config.redis(&address).map_err(misused)?;
                if config.state.source == Source::Flag && address.has_password() {
                    tracing::warn!(
                        "the password of Redis is on the command line, where other users of this machine can read it; set STOQ_MCP_STATE instead"
                    );
                }
                (Arc::new(Shared::new(redis.clone())), Some(redis))
            }
        };
        Ok(Self {
            store,
            audit,
            redis,
        })
    }

    /// Where the state lies.
    pub(super) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// The Redis that replicas share, where the points of a shop are kept too.
    pub(super) fn redis(&self) -> Option<Redis> {
        self.redis.clone()
    }

    /// The guards of a caller; `personal` is how personal data is shown when the configuration does not
    /// say.
    ///
    /// # Errors
    /// When a cap is above its ceiling.
    pub(super) fn guards(
        &self,
        config: &Config,
        principal: &str,
        personal: PersonalData,
        base: &Base,
    ) -> Result<Guards, ConfigError> {
        Ok(Guards {
            principal: principal.to_owned(),
            confirm: config.confirm.value,
            // What runs on this machine moves no real money.
            caps: config.caps(base.is_loopback())?,
            personal: config.personal_data.value.unwrap_or(personal),
            repeat_window: Duration::from_secs(config.repeat_window_seconds.value),
            store: Arc::clone(&self.store),
            audit: self.audit.clone(),
            clock: Clock::system(),
        })
    }
}

/// An engine and what it needs to stay alive.
pub(super) struct Connection {
    pub engine: Arc<Engine>,
    pub config: Config,
    /// The embedded sandbox: it stops when dropped.
    pub sandbox: Option<Sandbox>,
}

/// Resolves the configuration and builds the engine of a caller.
pub(super) async fn connect(
    global: &GlobalFlags,
    flags: &ConnectFlags,
    caller: Caller,
) -> Result<Connection, Failure> {
    let config = settings::resolve(global, flags.layer())?;
    connect_by(config, flags, caller).await
}

/// The same by a configuration that is resolved already.
pub(super) async fn connect_by(
    config: Config,
    flags: &ConnectFlags,
    caller: Caller,
) -> Result<Connection, Failure> {
    let registry = Arc::new(source::load(config.registry_file())?);
    let Target { sandbox, base, key } = flags.target.resolve(&config, &registry).await?;
    let classes = match sandbox {
        Some(_) => Class::ALL.as_slice(),
        None => caller.classes(),
    };
    let policy = config.policy(classes);
    let state = State::of(&config, sandbox.is_some())?;
    let guards = state
        .guards(&config, caller.name(), caller.personal(), &base)
        .map_err(misused)?;
    let source = config.registry_source(&base);
    let cache = match source {
        RegistrySource::Live => live::cache(&config, &base, &key),
        RegistrySource::Bundled | RegistrySource::File(_) => None,
    };
    let mut options = config.upstream(base, key);
    options.points_store = state.redis();
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
        engine: Arc::new(Engine::new(registry, upstream, policy, guards)),
        config,
        sandbox,
    })
}
