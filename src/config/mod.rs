//! Typed configuration: defaults < file < environment < flags.
//!
//! Every layer has the same shape ([`Layer`]); [`Config::resolve`] takes each setting from the
//! strongest layer that names it and remembers which one that was, so that an error can say where a
//! bad value stands. The shop's key is only ever referred to by the name of an environment variable.

mod layer;
mod observed;
mod safe;
mod source;
#[cfg(test)]
mod tests;
mod told;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use crate::engine::{Policy, Selection, V1Use};
use crate::registry::Registry;
use crate::registry::entry::Class;
use crate::safety::Confirm;
use crate::safety::personal::PersonalData;
use crate::surface::Kind;
use crate::text::KEY_PREFIX;
use crate::upstream::{Base, Options, PointsLimit};

pub use observed::Collector;
pub use safe::{Auth, StatePlace, state_folder};
pub use source::RegistrySource;
pub use told::{Told, table};

pub use layer::{FILE_VARIABLE, Layer, LogFormat, environment, file};

/// Environment variable that holds the shop's key, unless another is named.
pub const KEY_VARIABLE: &str = "STOQ_API_KEY";
/// Origins of pages that may call the HTTP server, unless others are named: this machine's.
const LOCAL_ORIGINS: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];
/// Hosts the HTTP server answers to, unless others are named: this machine's.
const LOCAL_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// Filter of the log: quiet, and without the protocol library's chatter.
const LOG: &str = "warn,rmcp=error";

/// Longest points window, in seconds: a day.
const LONGEST_WINDOW: u64 = 86_400;
/// How the domains of Shopify's shops end.
const SHOP_SUFFIX: &str = ".myshopify.com";

/// Where a setting's value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: built in.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable of the `STOQ_MCP_` family.
    Environment,
    /// The command line.
    Flag,
}

impl std::fmt::Display for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => out.write_str("built in"),
            Self::File(path) => write!(out, "from {}", path.display()),
            Self::Environment => out.write_str("from the environment"),
            Self::Flag => out.write_str("from the command line"),
        }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub source: Source,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// The file cannot be read or is not of the form.
    #[error("configuration file {}{}: {reason}", .path.display(), .line.map(|line| format!(", line {line}")).unwrap_or_default())]
    File {
        /// Its path.
        path: PathBuf,
        /// 1-based line.
        line: Option<usize>,
        /// What is wrong; never the text of the line, which may be a secret.
        reason: String,
    },
    /// A variable of the `STOQ_MCP_` family that names no setting.
    #[error("the environment variable {name} names no setting{}; valid: {valid}", .near.as_ref().map(|near| format!(", did you mean {near}?")).unwrap_or_default())]
    Variable {
        /// Its name.
        name: String,
        /// The nearest valid one.
        near: Option<String>,
        /// The valid ones.
        valid: String,
    },
    /// A value that its setting cannot take.
    #[error("`{setting}` ({place}): {reason}")]
    Value {
        /// Name of the setting.
        setting: &'static str,
        /// Where the value stands.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No key.
    #[error(
        "the shop's key is missing: set the environment variable {variable} to the API key that the STOQ app shows under Settings (API keys). To try without a key add --sandbox"
    )]
    MissingKey {
        /// The variable that should hold it.
        variable: String,
    },
}

/// The resolved configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Base address of the v2 API.
    pub base_url: Setting<String>,
    /// Name of the environment variable that holds the shop's key.
    pub api_key_env: Setting<String>,
    /// The shop's `*.myshopify.com` domain, which v1's public create sends instead of a key.
    pub shop_domain: Setting<Option<String>>,
    /// Which actions of v1 are offered.
    pub v1: Setting<V1Use>,
    /// Effect classes allowed beside the transport's own; `None` = not said.
    pub allow: Setting<Option<Vec<Class>>>,
    /// Only reads, whatever else is allowed.
    pub read_only: Setting<bool>,
    /// What counts as consent to `send`, `money` and `destroy`.
    pub confirm: Setting<Confirm>,
    /// Shoppers that one call may message; `None` = the ceiling, here and in the three below.
    pub max_recipients: Setting<Option<u64>>,
    /// Rows that one call may delete or move.
    pub max_destroyed: Setting<Option<u64>>,
    /// Orders that one call may release.
    pub max_released: Setting<Option<u64>>,
    /// Orders whose money one call may move.
    pub max_money_orders: Setting<Option<u64>>,
    /// Money that may be moved in a day (UTC), in units of each currency; `None` = not said: nothing,
    /// or anything in the embedded sandbox.
    pub money_per_day: Setting<Option<u64>>,
    /// How long the same call again counts as a repeat, in seconds; 0 = never.
    pub repeat_window_seconds: Setting<u64>,
    /// How personal data is shown; `None` = as the transport has it.
    pub personal_data: Setting<Option<PersonalData>>,
    /// Where ledger, confirmations and audit lie; `None` = the platform's folder, or memory for the
    /// embedded sandbox.
    pub state: Setting<Option<StatePlace>>,
    /// Size at which an audit file is closed and the next one begun, in bytes.
    pub audit_rotate_bytes: Setting<u64>,
    /// Who may call over HTTP.
    pub auth: Setting<Auth>,
    /// File of the bearer tokens.
    pub tokens_file: Setting<Option<PathBuf>>,
    /// Calls of one principal at work at the same time, over HTTP.
    pub max_concurrent_calls: Setting<u64>,
    /// Requests of one principal in a minute, over HTTP.
    pub max_requests_per_minute: Setting<u64>,
    /// Which tools are listed.
    pub surface: Setting<Kind>,
    /// Toolsets, or the parts of their names before a dot, whose actions are offered; `None` = all.
    pub toolsets: Setting<Option<Vec<String>>>,
    /// Actions offered by name, beside those of the toolsets.
    pub tools: Setting<Option<Vec<String>>>,
    /// Actions not offered.
    pub exclude_tools: Setting<Option<Vec<String>>>,
    /// Which registry to work from; `None` = not said.
    pub registry: Setting<Option<RegistrySource>>,
    /// Folder that keeps the API's manifests between starts; `None` = the platform's.
    pub cache_dir: Setting<Option<PathBuf>>,
    /// Points in one window; 0 switches the accounting off.
    pub points_limit: Setting<u32>,
    /// Length of that window in seconds.
    pub points_window_seconds: Setting<u64>,
    /// Hosts beside the base's that export files may come from.
    pub download_hosts: Setting<Option<Vec<String>>>,
    /// Most bytes of an export file.
    pub max_download_bytes: Setting<usize>,
    /// Hosts the HTTP server answers to.
    pub allowed_hosts: Setting<Vec<String>>,
    /// Origins of pages that may call the HTTP server.
    pub allowed_origins: Setting<Vec<String>>,
    /// Answer over HTTP as event streams, for clients that take no plain JSON.
    pub event_stream: Setting<bool>,
    /// Whether the page `/docs` tries more than reads, within what the server allows.
    pub docs_writes: Setting<bool>,
    /// Address that shows the figures, beside those of the server.
    pub metrics: Setting<Option<SocketAddr>>,
    /// Address of the collector of traces; `None` = the one that OpenTelemetry's own variables name.
    pub otlp_endpoint: Setting<Option<String>>,
    /// Filter of the log.
    pub log: Setting<String>,
    /// Form of the log.
    pub log_format: Setting<LogFormat>,
}

impl Config {
    /// Merges the layers, strongest first.
    pub fn resolve(layers: &[(Source, Layer)]) -> Self {
        let strings = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Self {
            base_url: pick(layers, |layer| &layer.base_url, Base::LIVE.to_owned()),
            api_key_env: pick(layers, |layer| &layer.api_key_env, KEY_VARIABLE.to_owned()),
            shop_domain: pick_optional(layers, |layer| &layer.shop_domain),
            v1: pick(layers, |layer| &layer.v1, V1Use::Needed),
            allow: pick_optional(layers, |layer| &layer.allow),
            read_only: pick(layers, |layer| &layer.read_only, false),
            confirm: pick(layers, |layer| &layer.confirm, Confirm::Elicit),
            max_recipients: pick_optional(layers, |layer| &layer.max_recipients),
            max_destroyed: pick_optional(layers, |layer| &layer.max_destroyed),
            max_released: pick_optional(layers, |layer| &layer.max_released),
            max_money_orders: pick_optional(layers, |layer| &layer.max_money_orders),
            money_per_day: pick_optional(layers, |layer| &layer.money_per_day),
            repeat_window_seconds: pick(layers, |layer| &layer.repeat_window_seconds, 60),
            personal_data: pick_optional(layers, |layer| &layer.personal_data),
            state: pick_optional(layers, |layer| &layer.state),
            audit_rotate_bytes: pick(layers, |layer| &layer.audit_rotate_bytes, 16 << 20),
            auth: pick(layers, |layer| &layer.auth, Auth::None),
            tokens_file: pick_optional(layers, |layer| &layer.tokens_file),
            max_concurrent_calls: pick(layers, |layer| &layer.max_concurrent_calls, 16),
            max_requests_per_minute: pick(layers, |layer| &layer.max_requests_per_minute, 600),
            surface: pick(layers, |layer| &layer.surface, Kind::Core),
            toolsets: pick_optional(layers, |layer| &layer.toolsets),
            tools: pick_optional(layers, |layer| &layer.tools),
            exclude_tools: pick_optional(layers, |layer| &layer.exclude_tools),
            registry: pick_optional(layers, |layer| &layer.registry),
            cache_dir: pick_optional(layers, |layer| &layer.cache_dir),
            points_limit: pick(layers, |layer| &layer.points_limit, 360),
            points_window_seconds: pick(layers, |layer| &layer.points_window_seconds, 60),
            download_hosts: pick_optional(layers, |layer| &layer.download_hosts),
            max_download_bytes: pick(layers, |layer| &layer.max_download_bytes, 32 << 20),
            allowed_hosts: pick(layers, |layer| &layer.allowed_hosts, strings(&LOCAL_HOSTS)),
            allowed_origins: pick(
                layers,
                |layer| &layer.allowed_origins,
                strings(&LOCAL_ORIGINS),
            ),
            event_stream: pick(layers, |layer| &layer.event_stream, false),
            docs_writes: pick(layers, |layer| &layer.docs_writes, false),
            metrics: pick_optional(layers, |layer| &layer.metrics),
            otlp_endpoint: pick_optional(layers, |layer| &layer.otlp_endpoint),
            log: pick(layers, |layer| &layer.log, LOG.to_owned()),
            log_format: pick(layers, |layer| &layer.log_format, LogFormat::Text),
        }
    }

    /// The address of the API.
    ///
    /// # Errors
    /// When it is no address, or not https and not this machine.
    pub fn base(&self) -> Result<Base, ConfigError> {
        Base::parse(&self.base_url.value)
            .map_err(|error| bad("base_url", &self.base_url.source, error.to_string()))
    }

    /// The registry to work from: unless said, the live one of an API elsewhere, and the one built in
    /// for an API on this machine, such as the sandbox, which serves that very registry.
    pub fn registry_source(&self, base: &Base) -> RegistrySource {
        match &self.registry.value {
            Some(source) => source.clone(),
            None if base.is_loopback() => RegistrySource::Bundled,
            None => RegistrySource::Live,
        }
    }

    /// The registry file that is named, if one is.
    pub fn registry_file(&self) -> Option<&Path> {
        match &self.registry.value {
            Some(RegistrySource::File(path)) => Some(path),
            Some(RegistrySource::Bundled | RegistrySource::Live) | None => None,
        }
    }

    /// The shop's key, by the variable that `lookup` reads.
    ///
    /// # Errors
    /// When the variable is not set, empty, or not the text of a header.
    pub fn key(
        &self,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<SecretString, ConfigError> {
        let variable = &self.api_key_env.value;
        if variable.contains(KEY_PREFIX) {
            return Err(bad(
                "api_key_env",
                &self.api_key_env.source,
                format!(
                    "it holds a key where the name of the environment variable that holds the key belongs, such as {KEY_VARIABLE}"
                ),
            ));
        }
        let text = lookup(variable).map(|text| text.trim().to_owned());
        match text {
            Some(text) if !text.is_empty() => {
                if text.chars().all(|symbol| symbol.is_ascii_graphic()) {
                    return Ok(SecretString::from(text));
                }
                Err(bad(
                    "api_key_env",
                    &self.api_key_env.source,
                    format!("the value of {variable} holds characters that no API key has"),
                ))
            }
            Some(_) | None => Err(ConfigError::MissingKey {
                variable: variable.clone(),
            }),
        }
    }

    /// The shop's domain, when one is set.
    ///
    /// # Errors
    /// When it is no domain of Shopify's.
    pub fn shop_domain(&self) -> Result<Option<String>, ConfigError> {
        let Some(text) = &self.shop_domain.value else {
            return Ok(None);
        };
        let domain = text.trim().to_ascii_lowercase();
        let is_shop = domain.strip_suffix(SHOP_SUFFIX).is_some_and(|name| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
        if is_shop {
            return Ok(Some(domain));
        }
        Err(bad(
            "shop_domain",
            &self.shop_domain.source,
            format!(
                "it is not of the form <shop>{SHOP_SUFFIX}; the Shopify admin shows it under Settings, Domains"
            ),
        ))
    }

    /// The operator's choice of actions, checked against the registries that may be used.
    ///
    /// # Errors
    /// When a name in it names nothing.
    pub fn selection(&self, registries: &[&Registry]) -> Result<Selection, ConfigError> {
        let list =
            |setting: &Setting<Option<Vec<String>>>| setting.value.clone().unwrap_or_default();
        let selection = Selection::new(
            list(&self.toolsets),
            list(&self.tools),
            list(&self.exclude_tools),
        );
        selection.check(registries).map_err(|unknown| {
            let source = match unknown.setting {
                "toolsets" => &self.toolsets.source,
                "tools" => &self.tools.source,
                _ => &self.exclude_tools.source,
            };
            bad(unknown.setting, source, unknown.to_string())
        })?;
        Ok(selection)
    }

    /// How the upstream client talks to the API.
    pub fn upstream(&self, base: Base, key: SecretString) -> Options {
        let mut options = Options::new(base, key);
        options.points = PointsLimit {
            points: self.points_limit.value,
            window: Duration::from_secs(self.points_window_seconds.value.clamp(1, LONGEST_WINDOW)),
        };
        options.max_download_bytes = self.max_download_bytes.value;
        if let Some(hosts) = &self.download_hosts.value {
            options.download_hosts.clone_from(hosts);
        }
        options
    }

    /// What is allowed on a transport: its own classes, those of `allow`, and reads alone when
    /// `read_only` is set.
    pub fn policy(&self, transport: &[Class]) -> Policy {
        if self.read_only.value {
            let hint = format!(
                "The operator can lift `read_only` (set {}).",
                self.read_only.source
            );
            return Policy::only(&[], hint).with_v1(self.v1.value);
        }
        let mut classes = transport.to_vec();
        classes.extend(self.allow.value.iter().flatten());
        let hint = "The operator can allow it: start the server with --allow and the class's name.";
        Policy::only(&classes, hint).with_v1(self.v1.value)
    }
}

fn bad(setting: &'static str, source: &Source, reason: String) -> ConfigError {
    ConfigError::Value {
        setting,
        place: source.to_string(),
        reason,
    }
}

fn pick<T: Clone>(
    layers: &[(Source, Layer)],
    get: impl Fn(&Layer) -> &Option<T>,
    default: T,
) -> Setting<T> {
    let found = pick_optional(layers, get);
    Setting {
        value: found.value.unwrap_or(default),
        source: found.source,
    }
}

fn pick_optional<T: Clone>(
    layers: &[(Source, Layer)],
    get: impl Fn(&Layer) -> &Option<T>,
) -> Setting<Option<T>> {
    for (source, layer) in layers {
        if let Some(value) = get(layer) {
            return Setting {
                value: Some(value.clone()),
                source: source.clone(),
            };
        }
    }
    Setting {
        value: None,
        source: Source::Default,
    }
}
