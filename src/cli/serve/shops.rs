//! The one place where a principal's server is made from the operator's settings.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Map;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::cli::connect::{State, Target, TargetFlags};
use crate::cli::{Failure, live, misused, source};
use crate::config::{Config, ConfigError, RegistrySource, Setting, Source};
use crate::engine::{Engine, Policy};
use crate::http::{Grant, OpenError, Shops, TokenEntry, Who, principal};
use crate::mcp::StoqServer;
use crate::registry::Registry;
use crate::registry::entry::{Class, Method};
use crate::safety::personal::PersonalData;
use crate::safety::store::Store;
use crate::sandbox::Sandbox;
use crate::upstream::{ApiRequest, Base, Priority, Repeat, Upstream, UpstreamError};

/// A read that every key may make; it shows whether the API takes the key.
const PROOF: &str = "/back_in_stock/settings/channels";
/// Longest that a caller's key is tried.
const PATIENCE: Duration = Duration::from_secs(5);
/// When a caller may come again whose key could not be tried.
const AGAIN: Duration = Duration::from_secs(5);

/// Shops as the operator's settings have them. Principals of one shop share its client, and so its
/// points and its breaker; everything else is a principal's own.
#[derive(Debug)]
pub(super) struct OperatorsShops {
    config: Config,
    base: Base,
    bundled: Arc<Registry>,
    sandbox: Option<Embedded>,
    state: State,
    places: Mutex<HashMap<ShopId, Arc<tokio::sync::Mutex<Place>>>>,
}

/// The embedded sandbox, as the key's owner sees it.
#[derive(Debug)]
struct Embedded {
    key: SecretString,
    shop_domain: String,
}

/// A shop: its API, a hash of its key, its domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ShopId {
    base: String,
    key: [u8; 32],
    domain: Option<String>,
}

/// What principals of a shop share, as long as one of them is at work.
#[derive(Debug, Default)]
struct Place {
    upstream: Weak<Upstream>,
    registry: Weak<Registry>,
}

impl OperatorsShops {
    /// Checks what does not depend on the principal, and starts the sandbox when one is asked for.
    pub(super) async fn new(
        config: Config,
        flags: &TargetFlags,
    ) -> Result<(Self, Option<Sandbox>), Failure> {
        let bundled = Arc::new(source::load(config.registry_file())?);
        let (base, sandbox) = match flags.sandbox {
            true => {
                let Target { sandbox, base, key } = flags.resolve(&config, &bundled).await?;
                (base, sandbox.map(|sandbox| (sandbox, key)))
            }
            // The keys are the principals' own.
            false => {
                if flags.data.any() {
                    return Err(misused(anyhow::anyhow!(
                        "--dataset, --seed and --db belong to the embedded sandbox; add --sandbox"
                    )));
                }
                (config.base().map_err(misused)?, None)
            }
        };
        let embedded = sandbox.as_ref().map(|(sandbox, key)| Embedded {
            key: key.clone(),
            shop_domain: sandbox.shop_domain().to_owned(),
        });
        let shops = Self {
            base,
            bundled,
            state: State::of(&config, embedded.is_some())?,
            config,
            sandbox: embedded,
            places: Mutex::default(),
        };
        shops
            .config
            .caps(shops.base.is_loopback())
            .map_err(misused)?;
        shops.config.shop_domain().map_err(misused)?;
        if shops.config.registry_source(&shops.base) != RegistrySource::Live {
            shops.config.selection(&[&shops.bundled]).map_err(misused)?;
        }
        Ok((shops, sandbox.map(|(sandbox, _)| sandbox)))
    }

    /// Where a principal's own settings stand.
    fn source(&self) -> Source {
        let path = self.config.tokens_file.value.clone();
        path.map_or(Source::Default, Source::File)
    }

    /// The settings of a principal: the server's, with its own in their place.
    fn settings(&self, grant: &Grant) -> Config {
        let source = self.source();
        let mut config = self.config.clone();
        set(&mut config.allow, &grant.allow, &source);
        set(&mut config.max_recipients, &grant.max_recipients, &source);
        set(&mut config.max_destroyed, &grant.max_destroyed, &source);
        set(&mut config.max_released, &grant.max_released, &source);
        set(
            &mut config.max_money_orders,
            &grant.max_money_orders,
            &source,
        );
        set(&mut config.money_per_day, &grant.money_per_day, &source);
        set(&mut config.personal_data, &grant.personal_data, &source);
        if let Some(confirm) = grant.confirm {
            config.confirm = Setting {
                value: confirm,
                source,
            };
        }
        config
    }

    fn policy(&self, config: &Config, base: &Base, grant: &Grant) -> Policy {
        // Everything is allowed in the embedded sandbox, unless somebody is to have less.
        let classes = match self.is_sandbox(base) && grant.allow.is_none() {
            true => Class::ALL.as_slice(),
            false => &[],
        };
        config.policy(classes)
    }

    fn is_sandbox(&self, base: &Base) -> bool {
        self.sandbox.is_some() && *base == self.base
    }

    fn read_token(&self, entry: &TokenEntry) -> Result<Who, ConfigError> {
        let grant = entry.grant();
        let mut config = self.settings(&grant);
        let source = self.source();
        let base = match &entry.base_url {
            Some(url) => {
                config.base_url = Setting {
                    value: url.clone(),
                    source: source.clone(),
                };
                config.base()?
            }
            None => self.base.clone(),
        };
        // The server's own domain is that of the server's own shop.
        if entry.shop_domain.is_some() || entry.key_env.is_some() || entry.base_url.is_some() {
            config.shop_domain = Setting {
                value: entry.shop_domain.clone(),
                source: source.clone(),
            };
        }
        let shop_domain = config.shop_domain()?;
        config.caps(base.is_loopback())?;
        let embedded = self.sandbox.as_ref().filter(|_| self.is_sandbox(&base));
        let key = match (&entry.key_env, embedded) {
            (None, Some(sandbox)) => sandbox.key.clone(),
            (variable, _) => {
                if let Some(variable) = variable {
                    config.api_key_env = Setting {
                        value: variable.clone(),
                        source,
                    };
                }
                config.key(|name| std::env::var(name).ok())?
            }
        };
        let (principal, id) = principal(&entry.name);
        Ok(Who {
            principal,
            id,
            shop_domain: shop_domain.or_else(|| self.sandboxs_domain(&key)),
            base,
            key,
            is_vouched: true,
            grant,
        })
    }

    /// The domain of the embedded sandbox's shop, for its key.
    fn sandboxs_domain(&self, key: &SecretString) -> Option<String> {
        let sandbox = self.sandbox.as_ref()?;
        (sandbox.key.expose_secret() == key.expose_secret()).then(|| sandbox.shop_domain.clone())
    }

    fn place(&self, who: &Who) -> Arc<tokio::sync::Mutex<Place>> {
        let id = ShopId {
            base: who.base.to_string(),
            key: Sha256::digest(who.key.expose_secret().as_bytes()).into(),
            domain: who.shop_domain.clone(),
        };
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        // A shop that nobody works for, and nobody is being let in to, is forgotten.
        places.retain(|_, place| {
            Arc::strong_count(place) > 1
                || place
                    .try_lock()
                    .is_ok_and(|place| place.upstream.strong_count() > 0)
        });
        Arc::clone(places.entry(id).or_default())
    }

    async fn server(&self, who: &Who) -> Result<StoqServer, OpenError> {
        let misconfigured = |error: ConfigError| OpenError::Misconfigured(error.to_string());
        let config = self.settings(&who.grant);
        let policy = self.policy(&config, &who.base, &who.grant);
        let place = self.place(who);
        let mut place = place.lock().await;
        let shared = place.upstream.upgrade().filter(|it| !it.is_key_refused());
        let upstream = shared.unwrap_or_else(|| {
            let mut options = config.upstream(who.base.clone(), who.key.clone());
            options.shop_domain.clone_from(&who.shop_domain);
            options.points_store = self.state.redis();
            Arc::new(Upstream::new(options))
        });
        if !who.is_vouched {
            prove(&upstream).await?;
        }
        let registry = match place.registry.upgrade() {
            Some(registry) => registry,
            None => self.registry(&config, who, &upstream).await,
        };
        place.upstream = Arc::downgrade(&upstream);
        place.registry = Arc::downgrade(&registry);
        let selection = config
            .selection(&[&self.bundled, &registry])
            .map_err(misconfigured)?;
        let policy = policy.with_selection(selection);
        let guards = self
            .state
            .guards(&config, &who.principal, PersonalData::Masked, &who.base)
            .map_err(misconfigured)?;
        let engine = Engine::new(registry, upstream, policy, guards);
        Ok(StoqServer::new(Arc::new(engine), config.surface.value))
    }

    async fn registry(&self, config: &Config, who: &Who, upstream: &Upstream) -> Arc<Registry> {
        match config.registry_source(&who.base) {
            RegistrySource::Bundled | RegistrySource::File(_) => Arc::clone(&self.bundled),
            RegistrySource::Live => {
                let cache = live::cache(config, &who.base, &who.key);
                live::registry(Arc::clone(&self.bundled), upstream, cache.as_ref()).await
            }
        }
    }
}

fn set<T: Clone>(setting: &mut Setting<Option<T>>, own: &Option<T>, source: &Source) {
    if own.is_some() {
        *setting = Setting {
            value: own.clone(),
            source: source.clone(),
        };
    }
}

/// Tries a key with one read.
async fn prove(upstream: &Upstream) -> Result<(), OpenError> {
    let request = ApiRequest::v2(Method::Get, PROOF, Map::new());
    let deadline = Instant::now() + PATIENCE;
    let tried = upstream
        .send(&request, Repeat::Safe, Priority::Normal, deadline)
        .await;
    match tried {
        Ok(_) => Ok(()),
        Err(UpstreamError::Unauthorized { .. }) => Err(OpenError::KeyRefused),
        Err(error) => Err(OpenError::Unavailable {
            wait: wait(&error),
            reason: format!("The key could not be tried, because {error}."),
        }),
    }
}

/// When it may go better.
fn wait(error: &UpstreamError) -> Duration {
    match error {
        UpstreamError::RateLimited { retry_after: wait }
        | UpstreamError::OutOfPoints { wait, .. }
        | UpstreamError::Paused { wait, .. } => *wait,
        UpstreamError::NotSent { .. }
        | UpstreamError::Unauthorized { .. }
        | UpstreamError::UnknownAction { .. }
        | UpstreamError::NotFound { .. }
        | UpstreamError::Conflict { .. }
        | UpstreamError::Invalid { .. }
        | UpstreamError::Ambiguous(_)
        | UpstreamError::Unexpected { .. }
        | UpstreamError::Deadline
        | UpstreamError::BadHandle { .. }
        | UpstreamError::Download { .. }
        | UpstreamError::FileTooLarge { .. }
        | UpstreamError::NoShopDomain
        | UpstreamError::Setup { .. } => AGAIN,
    }
}

impl Shops for OperatorsShops {
    fn of_token(&self, entry: &TokenEntry) -> Result<Who, String> {
        self.read_token(entry).map_err(|error| error.to_string())
    }

    fn of_key(&self, id: [u8; 32], tenant: &str, key: SecretString) -> Who {
        Who {
            principal: format!("shop:{tenant}"),
            id,
            base: self.base.clone(),
            shop_domain: self.sandboxs_domain(&key),
            key,
            is_vouched: false,
            grant: Grant::default(),
        }
    }

    fn store(&self) -> Option<Arc<dyn Store>> {
        (!self.config.read_only.value).then(|| self.state.store())
    }

    fn open<'a>(&'a self, who: &'a Who) -> BoxFuture<'a, Result<StoqServer, OpenError>> {
        self.server(who).boxed()
    }
}
