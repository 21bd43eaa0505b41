//! The state that servers share, for subcommands that look at it or change it from outside.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::settings::{self, GlobalFlags};
use super::{Failure, failed, misused};
use crate::config::{Config, Layer, StatePlace};
use crate::redis::Redis;
use crate::safety::store::Store;
use crate::safety::store::embedded::Embedded;
use crate::safety::store::redis::Shared;

/// Which state is meant.
#[derive(Debug, clap::Args)]
pub(super) struct StateFlags {
    /// Folder of the servers' state, or the address of the Redis they share [default: the setting
    /// `state`, else ~/.local/state/stoq-mcp]
    #[arg(long, global = true, value_name = "FOLDER|redis://HOST")]
    state: Option<StatePlace>,
}

/// Where the ledger and the kill switch of some servers are.
#[derive(Debug)]
enum Home {
    Folder(PathBuf),
    Redis(Redis),
}

/// The state that is meant.
#[derive(Debug)]
pub(super) struct Place {
    home: Home,
    /// Folder that the audit trail of this machine lies in.
    pub(super) trail: PathBuf,
    /// All settings.
    pub(super) config: Config,
}

impl StateFlags {
    /// The state that is meant.
    pub(super) fn place(&self, global: &GlobalFlags) -> Result<Place, Failure> {
        let layer = Layer {
            state: self.state.clone(),
            ..Layer::default()
        };
        let config = settings::resolve(global, layer)?;
        let lookup = |name: &str| std::env::var_os(name);
        let place = config.state_place(false, lookup).map_err(misused)?;
        let trail = config.trail_place(&place, lookup).map_err(misused)?;
        let home = match place {
            StatePlace::Folder(folder) => Some(Home::Folder(folder)),
            StatePlace::Redis(address) => {
                Some(Home::Redis(config.redis(&address).map_err(misused)?))
            }
            StatePlace::Memory => None,
        };
        match (home, trail) {
            (Some(home), Some(trail)) => Ok(Place {
                home,
                trail,
                config,
            }),
            _ => Err(misused(anyhow::anyhow!(
                "`state` ({}): the state of such servers is in their memory alone, where no other process can reach it. Name the folder of the servers you mean with --state",
                config.state.source
            ))),
        }
    }
}

impl Place {
    /// The store; `None` when there never was one, which is no reason to make one.
    pub(super) fn existing(&self) -> Result<Option<Arc<dyn Store>>, Failure> {
        match &self.home {
            Home::Folder(folder) if !Embedded::is_in(folder) => Ok(None),
            Home::Folder(_) | Home::Redis(_) => self.open().map(Some),
        }
    }

    /// The store, made when there is none.
    pub(super) fn open(&self) -> Result<Arc<dyn Store>, Failure> {
        match &self.home {
            Home::Folder(folder) => folder_store(folder),
            Home::Redis(redis) => Ok(Arc::new(Shared::new(redis.clone()))),
        }
    }
}

fn folder_store(folder: &Path) -> Result<Arc<dyn Store>, Failure> {
    let store = Embedded::open(folder).map_err(failed)?;
    Ok(Arc::new(store))
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.home {
            Home::Folder(folder) => folder.display().fmt(out),
            Home::Redis(redis) => redis.address().fmt(out),
        }
    }
}
