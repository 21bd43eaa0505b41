//! Flags that set configuration, and the layers they are merged with.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Failure, misused};
use crate::config::{
    Config, FILE_VARIABLE, Layer, LogFormat, RegistrySource, Source, StatePlace, environment, file,
};
use crate::engine::V1Use;
use crate::registry::entry::Class;
use crate::safety::Confirm;
use crate::safety::personal::PersonalData;
use crate::surface::Kind;
use crate::telemetry;

/// Below the home folder: the configuration file that is read when none is named.
const HOME_FILE: &str = ".config/stoq-mcp/config.toml";

/// Flags of every subcommand.
#[derive(Debug, Args)]
pub(super) struct GlobalFlags {
    /// Configuration file [default: the one STOQ_MCP_CONFIG names, else
    /// ~/.config/stoq-mcp/config.toml when there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Filter of the log on standard error, e.g. `info` or `stoq_mcp=debug`
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// Form of the log
    #[arg(long, global = true, value_name = "FORM")]
    log_format: Option<LogFormat>,
}

/// Flags that say which API is called.
#[derive(Debug, Default, Args)]
pub(super) struct PlaceFlags {
    /// Base address of the v2 API: https, or http on this machine
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Environment variable that holds the shop's key [default: STOQ_API_KEY]
    #[arg(long, value_name = "NAME")]
    api_key_env: Option<String>,
}

impl PlaceFlags {
    /// What these flags say.
    pub(super) fn layer(&self) -> Layer {
        Layer {
            base_url: self.base_url.clone(),
            api_key_env: self.api_key_env.clone(),
            ..Layer::default()
        }
    }
}

/// Flags that say what may be done there.
#[derive(Debug, Args)]
pub(super) struct ApiFlags {
    /// Which actions of v1 to offer [default: needed]
    #[arg(long, value_name = "WHICH")]
    v1: Option<V1Name>,
    /// Effect classes to allow beside the default ones
    #[arg(long, value_name = "CLASSES", value_delimiter = ',')]
    allow: Vec<ClassName>,
    /// Allow reads alone, whatever else is allowed
    #[arg(long)]
    read_only: bool,
    /// Offer the actions of these toolsets alone, e.g. `back_in_stock,preorders.orders`
    #[arg(long, value_name = "TOOLSETS", value_delimiter = ',')]
    toolsets: Vec<String>,
    /// Offer these actions, alone or beside those of --toolsets; on `core` they are the tools of
    /// their own
    #[arg(long, value_name = "ACTIONS", value_delimiter = ',')]
    tools: Vec<String>,
    /// Never offer these actions
    #[arg(long, value_name = "ACTIONS", value_delimiter = ',')]
    exclude_tools: Vec<String>,
    /// Where the actions come from: `live` (the API's own manifest over the registry built in),
    /// `bundled`, or a registry file [default: live; bundled for an API on this machine]
    #[arg(long, value_name = "live|bundled|FILE")]
    registry: Option<RegistrySource>,
}

/// An effect class on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ClassName {
    Read,
    Write,
    Send,
    Money,
    Destroy,
}

impl ClassName {
    pub(super) const fn class(self) -> Class {
        match self {
            Self::Read => Class::Read,
            Self::Write => Class::Write,
            Self::Send => Class::Send,
            Self::Money => Class::Money,
            Self::Destroy => Class::Destroy,
        }
    }
}

/// A choice of v1's actions on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum V1Name {
    /// Those v2 has no home for
    Needed,
    /// Every one
    All,
    /// None
    Off,
}

impl V1Name {
    pub(super) const fn choice(self) -> V1Use {
        match self {
            Self::Needed => V1Use::Needed,
            Self::All => V1Use::All,
            Self::Off => V1Use::Off,
        }
    }
}

impl ApiFlags {
    /// What these flags say, and those that name the API.
    pub(super) fn layer(&self, place: Layer) -> Layer {
        Layer {
            v1: self.v1.map(V1Name::choice),
            allow: (!self.allow.is_empty())
                .then(|| self.allow.iter().map(|name| name.class()).collect()),
            read_only: self.read_only.then_some(true),
            toolsets: named(&self.toolsets),
            tools: named(&self.tools),
            exclude_tools: named(&self.exclude_tools),
            registry: self.registry.clone(),
            ..place
        }
    }
}

/// Flags that say what keeps shoppers and money safe.
#[derive(Debug, Default, Args)]
pub(super) struct SafetyFlags {
    /// What counts as consent to send, money and destroy [default: elicit]
    #[arg(long, value_name = "HOW")]
    confirm: Option<Confirm>,
    /// Shoppers that one call may message [default and ceiling: 500]
    #[arg(long, value_name = "COUNT")]
    max_recipients: Option<u64>,
    /// Rows that one call may delete or move [default and ceiling: 100]
    #[arg(long, value_name = "COUNT")]
    max_destroyed: Option<u64>,
    /// Orders that one call may release [default and ceiling: 100]
    #[arg(long, value_name = "COUNT")]
    max_released: Option<u64>,
    /// Orders whose money one call may move [default and ceiling: 25]
    #[arg(long, value_name = "COUNT")]
    max_money_orders: Option<u64>,
    /// Money that may be moved in a day (UTC), in units of each currency [default: 0; no bound for an
    /// API on this machine]
    #[arg(long, value_name = "AMOUNT")]
    money_per_day: Option<u64>,
    /// How personal data of shoppers is shown [default: masked over HTTP, else full]
    #[arg(long, value_name = "HOW")]
    personal_data: Option<PersonalData>,
    /// Folder of ledger, confirmations and audit, `memory`, or the Redis that many servers share
    /// [default: ~/.local/state/stoq-mcp; memory for the embedded sandbox]. An address with a
    /// password belongs into STOQ_MCP_STATE
    #[arg(long, value_name = "FOLDER|memory|redis://HOST")]
    state: Option<StatePlace>,
}

impl SafetyFlags {
    /// What these flags say, beside others.
    pub(super) fn layer(&self, others: Layer) -> Layer {
        Layer {
            confirm: self.confirm,
            max_recipients: self.max_recipients,
            max_destroyed: self.max_destroyed,
            max_released: self.max_released,
            max_money_orders: self.max_money_orders,
            money_per_day: self.money_per_day,
            personal_data: self.personal_data,
            state: self.state.clone(),
            ..others
        }
    }
}

/// Which tools are listed.
#[derive(Debug, Args)]
pub(super) struct SurfaceFlags {
    /// Which tools clients see [default: core]
    #[arg(long, value_name = "SURFACE")]
    surface: Option<Kind>,
}

impl SurfaceFlags {
    /// What these flags say, beside others.
    pub(super) fn layer(&self, others: Layer) -> Layer {
        Layer {
            surface: self.surface,
            ..others
        }
    }
}

/// A list flag that was given.
fn named(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

/// Merges flags, environment and file, and starts the log.
pub(super) fn resolve(global: &GlobalFlags, flags: Layer) -> Result<Config, Failure> {
    let flags = Layer {
        log: global.log.clone(),
        log_format: global.log_format,
        ..flags
    };
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        // What is not text is none of ours.
        Some((name.into_string().ok()?, value.into_string().ok()?))
    });
    let mut layers = vec![
        (Source::Flag, flags),
        (
            Source::Environment,
            environment(variables).map_err(misused)?,
        ),
    ];
    if let Some(path) = config_file(global) {
        let layer = file(&path).map_err(misused)?;
        layers.push((Source::File(path), layer));
    }
    let config = Config::resolve(&layers);
    telemetry::start(&config.log.value, config.log_format.value)
        .map_err(|reason| misused(anyhow::anyhow!("`log` ({}): {reason}", config.log.source)))?;
    Ok(config)
}

/// The configuration file that is read, if any.
pub(super) fn config_file(global: &GlobalFlags) -> Option<PathBuf> {
    if let Some(path) = &global.config {
        return Some(path.clone());
    }
    if let Some(path) = std::env::var_os(FILE_VARIABLE) {
        // An empty name means: no file at all.
        return (!path.is_empty()).then(|| path.into());
    }
    let home = std::env::var_os("HOME")?;
    let path = PathBuf::from(home).join(HOME_FILE);
    path.is_file().then_some(path)
}
