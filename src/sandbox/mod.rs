//! The v2 API on SQLite, served over real HTTP on loopback, with a lifelike seed shop.
//!
//! It imports nothing of the server but the registry, whose manifest and request schemas it serves
//! and checks, so that it can judge the server as a stranger would.
//!
//! `server` speaks HTTP, `api` takes a request through the steps of the contract, `actions` do
//! what the API does, `control` does what only a test or a demo may.

pub mod seed;

mod actions;
mod api;
mod clock;
mod config;
mod contract;
mod control;
mod core;
mod db;
mod dispatch;
mod env;
mod faults;
mod hooks;
mod hosted;
mod jobs;
mod journal;
mod links;
mod params;
mod rate;
mod reply;
#[cfg(test)]
mod sample;
mod scope;
mod server;
#[cfg(test)]
mod testing;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::core::{Core, Start};
use crate::registry::Registry;
use seed::Kind;
use server::Shared;

/// What a sandbox starts from.
#[derive(Debug, Clone)]
pub struct Options {
    /// Loopback address; port 0 takes any free one.
    pub listen: SocketAddr,
    /// File that keeps the shop; in memory when none. A file that already holds a sandbox goes on
    /// as it was, whatever the dataset below says.
    pub db: Option<PathBuf>,
    /// Which rows.
    pub dataset: Kind,
    /// Number of the generated shop: the same number, the same rows.
    pub number: u64,
    /// Number that new ids begin at: the same calls, the same ids.
    pub rng: u64,
    /// The actions there are.
    pub registry: Arc<Registry>,
}

impl Options {
    /// The generated shop in memory, on any free port of 127.0.0.1.
    pub fn new(registry: Arc<Registry>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            db: None,
            dataset: Kind::Shop,
            number: 1,
            rng: 1,
            registry,
        }
    }
}

/// A sandbox that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address is open to other machines.
    #[error(
        "the sandbox listens on loopback only, not on {0}: its keys are public; use 127.0.0.1 or [::1]"
    )]
    NotLoopback(SocketAddr),
    /// Somebody else listens there.
    #[error(
        "{0} is already in use; stop what listens there or take another port (0 = any free one)"
    )]
    PortInUse(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("sandbox database {}: {reason}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// The file was written by another version, or by another program.
    #[error(
        "{} is no sandbox of this version (schema {found}, expected {expected}): \
         delete it to start anew, or name another file", path.display()
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// Version found; 0 when the file is of another program or was never finished.
        found: i32,
        /// Version this program writes.
        expected: i32,
    },
}

impl SandboxError {
    /// A database in memory that cannot be used.
    fn memory(error: rusqlite::Error) -> Self {
        Self::Database {
            path: ":memory:".into(),
            reason: error.to_string(),
        }
    }
}

/// A running sandbox; it stops when dropped.
#[derive(Debug)]
pub struct Sandbox {
    core: Shared,
    origin: String,
    base_url: String,
    key: String,
    shop_domain: String,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Opens the database and serves in the background.
    ///
    /// # Errors
    /// When the address is no loopback address or in use, or the database cannot be used.
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        let address = options.listen;
        if !address.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(address));
        }
        let listen = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => SandboxError::PortInUse(address),
            _ => SandboxError::Listen { address, source },
        };
        let tcp = TcpListener::bind(address).await.map_err(listen)?;
        let origin = format!("http://{}", tcp.local_addr().map_err(listen)?);
        let base_url = format!("{origin}{}", options.registry.base_path);
        let (core, key, shop_domain) = open(options, origin.clone()).await?;
        let core = Arc::new(Mutex::new(core));
        let stop = CancellationToken::new();
        let server = tokio::spawn(server::serve(tcp, Arc::clone(&core), stop.clone()));
        Ok(Self {
            core,
            origin,
            base_url,
            key,
            shop_domain,
            stop,
            server,
        })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The v2 base: origin and base path.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The key of the first shop, as it was at the start. No secret: it opens sandboxes alone.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The domain of the first shop.
    pub fn shop_domain(&self) -> &str {
        &self.shop_domain
    }

    /// The control plane without HTTP: a path below `/sandbox`, with its query, and a JSON body
    /// (`null` for none). Waits for requests that are being served.
    pub fn control(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        control::call(&mut server::lock(&self.core), method, path, query, body)
    }

    /// Closes every connection and frees the port.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Err(error) = (&mut self.server).await {
            tracing::error!(%error, "the sandbox did not stop as it should");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn open(options: Options, origin: String) -> Result<(Core, String, String), SandboxError> {
    let start = Start {
        dataset: options.dataset,
        number: options.number,
        rng: options.rng,
    };
    let opened = tokio::task::spawn_blocking(move || {
        let core = Core::open(options.db.as_deref(), start, options.registry, origin)?;
        let key = core.first_key().unwrap_or_default();
        let domain = core.first_domain().unwrap_or_default();
        Ok((core, key, domain))
    });
    opened.await.unwrap_or_else(|error| {
        Err(SandboxError::Database {
            path: ":memory:".into(),
            reason: format!("opening it broke off: {error}"),
        })
    })
}
