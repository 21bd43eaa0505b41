//! The state that servers share, for subcommands that look at it or change it from outside.

use std::path::PathBuf;

use super::settings::{self, GlobalFlags};
use super::{Failure, failed, misused};
use crate::config::{Config, Layer, StatePlace};
use crate::safety::store::embedded::Embedded;

/// Which state is meant.
#[derive(Debug, clap::Args)]
pub(super) struct StateFlags {
    /// Folder of the servers' state [default: the setting `state`, else ~/.local/state/stoq-mcp]
    #[arg(long, global = true, value_name = "FOLDER")]
    state: Option<StatePlace>,
}

impl StateFlags {
    /// The folder that is meant.
    pub(super) fn folder(&self, global: &GlobalFlags) -> Result<PathBuf, Failure> {
        self.place(global).map(|(folder, _)| folder)
    }

    /// The folder that is meant, and all settings.
    pub(super) fn place(&self, global: &GlobalFlags) -> Result<(PathBuf, Config), Failure> {
        let layer = Layer {
            state: self.state.clone(),
            ..Layer::default()
        };
        let config = settings::resolve(global, layer)?;
        let place = config.state_place(false, |name| std::env::var_os(name));
        match place.map_err(misused)? {
            StatePlace::Folder(folder) => Ok((folder, config)),
            StatePlace::Memory => Err(misused(anyhow::anyhow!(
                "`state` ({}): the state of such servers is in their memory alone, where no other process can reach it. Name the folder of the servers you mean with --state",
                config.state.source
            ))),
        }
    }
}

/// The store of a folder; `None` when there never was one, which is no reason to make one.
pub(super) fn existing(folder: &std::path::Path) -> Result<Option<Embedded>, Failure> {
    if !Embedded::is_in(folder) {
        return Ok(None);
    }
    Embedded::open(folder).map(Some).map_err(failed)
}
