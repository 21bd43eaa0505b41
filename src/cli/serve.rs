//! `serve`: MCP on standard input and output, or over HTTP.

mod shops;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use tokio::net::TcpListener;

use super::connect::{Caller, ConnectFlags, Connection, connect_by};
use super::settings::{self, GlobalFlags, SurfaceFlags};
use super::signal::stop_on_signal;
use super::{Failure, Outcome, failed, misused, runtime};
use crate::config::{Auth, Config, Layer, Setting, Source};
use crate::http::{self, Access, Bounds, Callers, Docs, HttpOptions, Limits, TokensFile};
use crate::mcp::{StoqServer, serve_stdio};
use crate::sandbox::Sandbox;
use crate::telemetry::otlp;
use crate::upstream::Base;
use shops::OperatorsShops;

/// Flags of `serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Serve over HTTP at this address of this machine, e.g. 127.0.0.1:8080 (port 0: any free one)
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Who may call over HTTP: `none` (whoever is on this machine), `tokens FILE` (bearer tokens of a
    /// file), `shop-key` (whoever has a shop's key, which is the tenant) [default: none]
    #[arg(long, num_args = 1..=2, value_names = ["HOW", "FILE"], requires = "http")]
    auth: Vec<String>,
    /// Let the page /docs try more than reads, within what the server allows and with its plans and
    /// confirmations
    #[arg(long, requires = "http")]
    docs_writes: bool,
    /// Show /metrics, /healthz and /readyz at this address, and nothing else there; they hold no shop's
    /// data
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// Send traces to this collector (OTLP over HTTP), e.g. http://localhost:4318 [default: the one
    /// OTEL_EXPORTER_OTLP_ENDPOINT names, else none]
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<String>,
    #[command(flatten)]
    surface: SurfaceFlags,
    #[command(flatten)]
    connect: ConnectFlags,
}

impl Flags {
    fn layer(&self) -> Result<Layer, Failure> {
        let others = self.surface.layer(self.connect.layer());
        let (auth, tokens_file) = auth(&self.auth)?;
        Ok(Layer {
            auth,
            tokens_file,
            docs_writes: self.docs_writes.then_some(true),
            metrics: self.metrics,
            otlp_endpoint: self.otlp_endpoint.clone(),
            ..others
        })
    }
}

/// What `--auth` says. A word that means nothing is not repeated: it may be a token.
fn auth(words: &[String]) -> Result<(Option<Auth>, Option<PathBuf>), Failure> {
    let wrong = |text: &str| Err(misused(anyhow::anyhow!("{text}")));
    let (how, file) = match words {
        [] => return Ok((None, None)),
        [how] => (how, None),
        [how, file, ..] => (how, Some(PathBuf::from(file))),
    };
    match (Auth::from_str(how, false), file) {
        (Ok(Auth::Tokens), file) => Ok((Some(Auth::Tokens), file)),
        (Ok(auth @ (Auth::None | Auth::ShopKey)), None) => Ok((Some(auth), None)),
        (Ok(Auth::None | Auth::ShopKey), Some(_)) => {
            wrong("`--auth none` and `--auth shop-key` take no file; leave it out")
        }
        (Err(_), _) => wrong("`--auth` takes `none`, `tokens FILE` or `shop-key`"),
    }
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let runtime = runtime()?;
    let ended = runtime.block_on(serve(global, flags));
    // Standard input may be blocked in a read that nothing will end.
    runtime.shutdown_background();
    ended
}

async fn serve(global: GlobalFlags, flags: Flags) -> Outcome {
    let config = settings::resolve(&global, flags.layer()?)?;
    let collector = config.collector(|name| std::env::var(name).ok());
    let traces = collector.map_err(misused)?.map(|it| otlp::start(&it));
    let traces = traces.transpose().map_err(|reason| {
        misused(anyhow::anyhow!(
            "`otlp_endpoint`: no client can be made for it: {reason}"
        ))
    })?;
    let ended = match flags.http {
        Some(addr) => over_http(config, &flags.connect, addr).await,
        None => over_stdio(config, &flags.connect).await,
    };
    if let Some(traces) = traces {
        traces.stop().await;
    }
    ended
}

/// The listener of the figures, when one is asked for.
async fn metrics(config: &Config) -> Result<Option<TcpListener>, Failure> {
    let Some(addr) = config.metrics.value else {
        return Ok(None);
    };
    let listener = http::bind_metrics(addr).await.map_err(misused)?;
    let addr = listener.local_addr().map_err(failed)?;
    eprintln!("stoq-mcp shows its figures on http://{addr}/metrics");
    Ok(Some(listener))
}

async fn over_stdio(config: Config, flags: &ConnectFlags) -> Outcome {
    let metrics = metrics(&config).await?;
    let Connection {
        engine,
        config,
        sandbox,
    } = connect_by(config, flags, Caller::Stdio).await?;
    if let Some(metrics) = metrics {
        tokio::spawn(http::watch(metrics, Arc::clone(&engine)));
    }
    let server = StoqServer::new(engine, config.surface.value);
    let stop = stop_on_signal()?;
    if std::io::stdin().is_terminal() {
        eprintln!(
            "stoq-mcp waits for an MCP client on standard input; `stoq-mcp demo` shows it at work"
        );
    }
    let ended = serve_stdio(server, stop).await.map_err(failed);
    drop(sandbox);
    ended
}

async fn over_http(config: Config, flags: &ConnectFlags, addr: SocketAddr) -> Outcome {
    let has_hosts = config.allowed_hosts.source != Source::Default;
    let has_auth = config.auth.value != Auth::None;
    let listener = http::bind(addr, has_auth, has_hosts)
        .await
        .map_err(misused)?;
    let hosts = config.allowed_hosts.value.clone();
    let callers = Callers::new(hosts, config.allowed_origins.value.clone()).map_err(misused)?;
    let mut options = HttpOptions {
        callers,
        docs: Docs {
            writes: config.docs_writes.value,
            sandbox: None,
        },
        event_stream: config.event_stream.value,
        limits: limits(&config)?,
        bounds: Bounds::default().within_the_system(),
    };
    let metrics = metrics(&config).await?;
    let (access, sandbox) = access(config, flags).await?;
    let sandboxs = sandbox
        .as_ref()
        .map(|sandbox| Base::parse(sandbox.base_url()));
    let sandboxs = sandboxs.transpose().map_err(failed)?;
    options.docs.sandbox = sandboxs.map(|base| base.to_string());
    let stop = stop_on_signal()?;
    let addr = listener.local_addr().map_err(failed)?;
    if std::io::stderr().is_terminal() {
        eprintln!("stoq-mcp shows its actions on http://{addr}/docs");
    }
    eprintln!("stoq-mcp listening on http://{addr}/mcp");
    http::serve(listener, access, options, metrics, stop).await;
    drop(sandbox);
    Ok(())
}

/// Whom the server answers, and the embedded sandbox when there is one.
async fn access(
    config: Config,
    flags: &ConnectFlags,
) -> Result<(Access, Option<Sandbox>), Failure> {
    let auth = config.auth.value;
    match auth {
        Auth::None => {
            let Connection {
                engine,
                config,
                sandbox,
            } = connect_by(config, flags, Caller::Http).await?;
            let server = StoqServer::new(engine, config.surface.value);
            Ok((Access::Open(server), sandbox))
        }
        Auth::Tokens => {
            let path = config.tokens_file.value.clone().ok_or_else(|| {
                misused(anyhow::anyhow!(
                    "`--auth tokens` needs the file of the tokens: --auth tokens FILE, or the setting `tokens_file`. `stoq-mcp token new NAME` makes an entry"
                ))
            })?;
            let (shops, sandbox) = OperatorsShops::new(config, &flags.target).await?;
            let shops = Arc::new(shops);
            let file =
                TokensFile::open(path, Arc::<OperatorsShops>::clone(&shops)).map_err(misused)?;
            Ok((Access::Tokens(file, shops), sandbox))
        }
        Auth::ShopKey => {
            let (shops, sandbox) = OperatorsShops::new(config, &flags.target).await?;
            Ok((Access::ShopKey(Arc::new(shops)), sandbox))
        }
    }
}

/// The bounds of each principal. Whoever is on this machine has none but those that the operator named.
fn limits(config: &Config) -> Result<Limits, Failure> {
    let bound = |name: &str, setting: &Setting<u64>| {
        if setting.value == 0 {
            let reason = format!(
                "`{name}` ({}): 0 would refuse every request; leave it out or name a larger number",
                setting.source
            );
            return Err(misused(anyhow::anyhow!(reason)));
        }
        let applies = config.auth.value != Auth::None || setting.source != Source::Default;
        Ok(applies.then_some(setting.value))
    };
    let concurrent = bound("max_concurrent_calls", &config.max_concurrent_calls)?;
    let per_minute = bound("max_requests_per_minute", &config.max_requests_per_minute)?;
    let most = tokio::sync::Semaphore::MAX_PERMITS;
    Ok(Limits {
        concurrent: concurrent.map(|bound| usize::try_from(bound).unwrap_or(most).min(most)),
        per_minute: per_minute.map(|bound| u32::try_from(bound).unwrap_or(u32::MAX)),
    })
}
