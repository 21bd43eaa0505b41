//! Flags that choose what a sandbox holds.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::registry::Registry;
use crate::sandbox::Options;
use crate::sandbox::seed::Kind;

/// Flags that choose the sandbox's data.
#[derive(Debug, Args)]
pub(super) struct DataFlags {
    /// Rows the sandbox starts with [default: shop]
    #[arg(long, value_name = "NAME")]
    dataset: Option<Dataset>,
    /// Number the generated shop is made from: the same number gives the same shop [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Keep the sandbox's state in this file instead of in memory
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dataset {
    /// A lifelike shop with thousands of signups
    Shop,
    /// The small fixed shop of the API contract's examples
    Fixture,
    /// Shops and catalogue, nobody waiting
    Empty,
    /// The fixture with texts that try to break readers
    Hostile,
}

impl DataFlags {
    /// The generated shop of a number.
    pub(super) fn shop(seed: u64) -> Self {
        Self {
            dataset: Some(Dataset::Shop),
            seed: Some(seed),
            db: None,
        }
    }

    /// Whether anything was chosen.
    pub(super) fn any(&self) -> bool {
        self.dataset.is_some() || self.seed.is_some() || self.db.is_some()
    }

    /// Options of an embedded sandbox on any free port.
    pub(super) fn options(&self, registry: Arc<Registry>) -> Options {
        self.options_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), registry)
    }

    /// Options of a sandbox that listens at an address.
    pub(super) fn options_at(&self, listen: SocketAddr, registry: Arc<Registry>) -> Options {
        Options {
            listen,
            db: self.db.clone(),
            dataset: match self.dataset {
                Some(Dataset::Shop) | None => Kind::Shop,
                Some(Dataset::Fixture) => Kind::Fixture,
                Some(Dataset::Empty) => Kind::Empty,
                Some(Dataset::Hostile) => Kind::Hostile,
            },
            number: self.seed.unwrap_or(1),
            rng: 1,
            registry,
        }
    }
}
