//! Settings of what keeps shoppers and money safe.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Config, ConfigError, Setting, bad};
use crate::redis::{Address, Redis};
use crate::safety::caps::Caps;

/// Who may call over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// Anybody on this machine
    None,
    /// Whoever has one of the bearer tokens in a file
    Tokens,
    /// Whoever has a shop's key, which is the tenant
    ShopKey,
}

/// Where state lies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum StatePlace {
    /// Nowhere: gone with the process.
    Memory,
    /// A folder of this machine.
    Folder(PathBuf),
    /// A Redis, which replicas share.
    Redis(Address),
}

impl From<String> for StatePlace {
    fn from(text: String) -> Self {
        match text.as_str() {
            "memory" => Self::Memory,
            // Also what is no address of a Redis: it may hold a password, which no folder shall show.
            address if address.contains("://") => Self::Redis(Address::new(text)),
            path => Self::Folder(path.into()),
        }
    }
}

impl std::str::FromStr for StatePlace {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::from(text.to_owned()))
    }
}

/// Folder below the platform's.
const FOLDER: &str = "stoq-mcp";

/// The platform's folder for state that must last, by the environment that `lookup` reads; `None` when
/// it names no home.
pub fn state_folder(lookup: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| {
        let path = PathBuf::from(lookup(name)?);
        path.is_absolute().then_some(path)
    };
    let root = match folder("XDG_STATE_HOME") {
        Some(root) => root,
        None if cfg!(windows) => folder("LOCALAPPDATA")?,
        None => folder("HOME")?.join(".local/state"),
    };
    Some(root.join(FOLDER))
}

impl Config {
    /// Where state lies; `is_sandbox` says that it is the embedded one's, which is gone with the process.
    ///
    /// # Errors
    /// When no place is set and there is no home to have one in.
    pub fn state_place(
        &self,
        is_sandbox: bool,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Result<StatePlace, ConfigError> {
        if let Some(place) = &self.state.value {
            return Ok(place.clone());
        }
        if is_sandbox {
            return Ok(StatePlace::Memory);
        }
        state_folder(lookup).map(StatePlace::Folder).ok_or_else(|| {
            bad(
                "state",
                &self.state.source,
                "this user has no home folder to keep it in; name a folder with --state".to_owned(),
            )
        })
    }

    /// The folder of the audit trail's own folder: that of the state, or the platform's when the state
    /// is shared over Redis; each machine keeps its trail itself. `None` = no trail.
    ///
    /// # Errors
    /// When there is no home to have one in.
    pub fn trail_place(
        &self,
        place: &StatePlace,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<PathBuf>, ConfigError> {
        match place {
            StatePlace::Memory => Ok(None),
            StatePlace::Folder(folder) => Ok(Some(folder.clone())),
            StatePlace::Redis(_) => state_folder(lookup).map(Some).ok_or_else(|| {
                bad(
                    "state",
                    &self.state.source,
                    "this user has no home folder to keep the audit trail in, which stays on this machine when the state is in Redis; set XDG_STATE_HOME to a folder that lasts".to_owned(),
                )
            }),
        }
    }

    /// The Redis at an address.
    ///
    /// # Errors
    /// When it is no address of a Redis; the text is not repeated.
    pub fn redis(&self, address: &Address) -> Result<Redis, ConfigError> {
        Redis::parse(address).map_err(|error| bad("state", &self.state.source, error.to_string()))
    }

    /// The caps; `is_sandbox` says that the money is not real.
    ///
    /// # Errors
    /// When one is above its ceiling.
    pub fn caps(&self, is_sandbox: bool) -> Result<Caps, ConfigError> {
        let within = |name: &'static str, setting: &Setting<Option<u64>>, ceiling: u64| {
            let value = setting.value.unwrap_or(ceiling);
            if value <= ceiling {
                return Ok(value);
            }
            Err(bad(
                name,
                &setting.source,
                format!("{value} is above the ceiling of {ceiling}, which no setting lifts"),
            ))
        };
        let most = Caps::CEILINGS;
        Ok(Caps {
            recipients: within("max_recipients", &self.max_recipients, most.recipients)?,
            destroyed: within("max_destroyed", &self.max_destroyed, most.destroyed)?,
            released: within("max_released", &self.max_released, most.released)?,
            money_orders: within(
                "max_money_orders",
                &self.max_money_orders,
                most.money_orders,
            )?,
            money_per_day: match (self.money_per_day.value, is_sandbox) {
                (None, true) => None,
                (None, false) => Caps::default().money_per_day,
                (Some(most), _) => Some(most),
            },
        })
    }
}
