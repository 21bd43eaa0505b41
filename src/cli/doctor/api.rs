//! The key, the way to the API, its clock and its manifest: all of one request.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use hyper_util::client::proxy::matcher::Matcher;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::super::connect::{Target, TargetFlags};
use super::super::live::{self, Fetched, LiveError};
use super::super::source;
use super::finding::{Area, Report, word};
use crate::config::{Config, ConfigError};
use crate::registry::Registry;
use crate::registry::diff::diff;
use crate::registry::live::{Published, merge};
use crate::text::KEY_PREFIX;
use crate::upstream::{Base, Upstream, UpstreamError};

/// Longest the API may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Seconds that two clocks may be apart without anybody noticing.
const SMALL: i64 = 10;
/// Seconds from which on days, windows and deadlines are counted wrongly.
const LARGE: i64 = 300;
/// Variables that send requests by way of a proxy.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// Where a key comes from.
const NEW_KEY: &str = "='the key from the STOQ app, Settings, API keys'";

pub(super) async fn look(report: &mut Report, config: &Config, flags: &TargetFlags) {
    let registry = match source::load(config.registry_file()) {
        Ok(registry) => Arc::new(registry),
        Err(failure) => {
            report.problem(
                Area::Manifest,
                format!("{:#}", failure.error),
                "no server starts without a registry",
                "stoq-mcp registry lint",
            );
            return;
        }
    };
    let target = match flags.resolve(config, &registry).await {
        Ok(target) => target,
        Err(failure) => {
            let is_missing = matches!(
                failure.error.downcast_ref::<ConfigError>(),
                Some(ConfigError::MissingKey { .. })
            );
            refused(report, config, &failure.error, is_missing);
            return;
        }
    };
    let Target { sandbox, base, key } = target;
    form(report, config, &key);
    let proxy = proxy(report, &base);
    let upstream = Upstream::new(config.upstream(base, key));
    let fetched = live::fetch(&upstream, Instant::now() + PATIENCE).await;
    match &fetched {
        Ok(fetched) => {
            answered(report, &upstream);
            manifest(report, &registry, fetched);
        }
        Err(LiveError::Manifest(error)) => {
            answered(report, &upstream);
            report.problem(
                Area::Manifest,
                format!("the API's manifest cannot be used: {error}"),
                "the registry built in is used instead, and may offer what the API no longer has",
                "stoq-mcp registry diff",
            );
        }
        Err(LiveError::Upstream(error @ UpstreamError::NotSent { .. })) => {
            unreachable(report, upstream.base(), proxy.as_deref(), error).await;
        }
        Err(LiveError::Upstream(error)) => failed(report, config, &upstream, error),
    }
    clock(report, &upstream);
    drop(sandbox);
}

/// An address or a key that no request can be made with.
fn refused(report: &mut Report, config: &Config, error: &anyhow::Error, is_missing: bool) {
    let variable = &config.api_key_env.value;
    // The name may be a key by mistake.
    let is_key = variable.contains(KEY_PREFIX);
    let told = format!("{error:#}");
    if config.base().is_err() {
        report.problem(
            Area::Reachability,
            told,
            "the address of the API is wrong, so nothing can be asked of it",
            "unset STOQ_MCP_BASE_URL",
        );
    } else if is_key {
        report.problem(
            Area::Key,
            told,
            "the key stands where the name of its variable belongs, and others may have seen it there",
            &format!("export STOQ_MCP_API_KEY_ENV={}", crate::config::KEY_VARIABLE),
        );
    } else {
        let why = match is_missing {
            true => "no call can be made without it",
            false => {
                "it was pasted together with something else, or a word that stands for it was left there"
            }
        };
        report.problem(Area::Key, told, why, &format!("export {variable}{NEW_KEY}"));
    }
}

/// Whether the key looks like one.
fn form(report: &mut Report, config: &Config, key: &SecretString) {
    let variable = &config.api_key_env.value;
    let text = key.expose_secret();
    if text.contains("${") || text.starts_with('$') {
        report.problem(
            Area::Key,
            format!("{variable} holds a reference such as ${{NAME}} instead of the key"),
            "the client that started this did not know the variable, and handed the reference on as it is",
            &format!("export {variable}{NEW_KEY}"),
        );
    } else if text.starts_with(KEY_PREFIX) {
        report.ok(
            Area::Key,
            format!("there is one in {variable}, of the form of a key"),
        );
    } else {
        report.warning(
            Area::Key,
            format!("what {variable} holds is not of the form of a key"),
            "it begins otherwise than the keys of STOQ do; the API says whether it is one all the same",
            &format!("export {variable}{NEW_KEY}"),
        );
    }
}

/// The host of the proxy that requests go through; its variables are read as the HTTP client reads them.
fn proxy(report: &mut Report, base: &Base) -> Option<String> {
    let is_set = |name: &&&str| std::env::var(name).is_ok_and(|text| !text.is_empty());
    let named: Vec<&str> = PROXIES.iter().filter(is_set).copied().collect();
    let first = named.first().filter(|_| !base.is_loopback())?;
    let address = base.to_string().parse::<http::Uri>().ok()?;
    let leads = |name: &&&str| {
        let alone = Matcher::builder().all(std::env::var(name).unwrap_or_default());
        alone.build().intercept(&address).is_some()
    };
    let taken = named.iter().find(leads);
    let through = Matcher::from_env().intercept(&address);
    let host = through.as_ref().and_then(|through| through.uri().host());
    match (taken, host) {
        (Some(name), Some(host)) => report.ok(
            Area::Reachability,
            format!("requests go by way of the proxy {host} ({name})"),
        ),
        (Some(name), None) => report.ok(
            Area::Reachability,
            format!("requests go straight to the API: NO_PROXY excepts it from {name}"),
        ),
        (None, _) => report.problem(
            Area::Reachability,
            format!("{first} names a proxy by an address that is none"),
            "it is passed over, and requests go straight to the API",
            &format!("unset {first}"),
        ),
    }
    host.map(str::to_owned)
}

fn answered(report: &mut Report, upstream: &Upstream) {
    let base = upstream.base();
    report.ok(Area::Reachability, format!("{base} answers"));
    report.ok(Area::Key, "the API takes it");
}

fn failed(report: &mut Report, config: &Config, upstream: &Upstream, error: &UpstreamError) {
    let variable = &config.api_key_env.value;
    let base = upstream.base();
    match error {
        UpstreamError::Unauthorized { status } => {
            report.ok(Area::Reachability, format!("{base} answers"));
            report.problem(
                Area::Key,
                format!("the API refuses it ({status})"),
                "it was taken back, or is of another shop or app",
                &format!("export {variable}{NEW_KEY}"),
            );
        }
        UpstreamError::RateLimited { .. }
        | UpstreamError::OutOfPoints { .. }
        | UpstreamError::Paused { .. } => {
            report.ok(Area::Reachability, format!("{base} answers"));
            report.warning(
                Area::Key,
                format!("the API did not say whether it takes it: {error}"),
                "other programs use up the shop's budget of requests at this moment",
                "sleep 60 && stoq-mcp doctor",
            );
        }
        UpstreamError::UnknownAction { .. }
        | UpstreamError::NotFound { .. }
        | UpstreamError::Unexpected { .. } => report.problem(
            Area::Reachability,
            format!("what answers at {base} is not the v2 API: {error}"),
            "`base_url` names another place, or a proxy answers in its stead",
            "unset STOQ_MCP_BASE_URL",
        ),
        UpstreamError::NotSent { .. }
        | UpstreamError::Ambiguous(_)
        | UpstreamError::Conflict { .. }
        | UpstreamError::Invalid { .. }
        | UpstreamError::Deadline
        | UpstreamError::BadHandle { .. }
        | UpstreamError::Download { .. }
        | UpstreamError::FileTooLarge { .. }
        | UpstreamError::NoShopDomain
        | UpstreamError::Setup { .. } => report.problem(
            Area::Reachability,
            format!("{base} gave no usable answer: {error}"),
            "the API or something on the way to it fails at this moment",
            "sleep 60 && stoq-mcp doctor",
        ),
    }
}

/// Nothing was sent: the name, the certificate or the connection is at fault.
async fn unreachable(report: &mut Report, base: &Base, proxy: Option<&str>, error: &UpstreamError) {
    // Behind a proxy it is the proxy that looks for the API.
    let host = proxy.unwrap_or(base.host()).to_owned();
    let what = error.to_string();
    let is_known = tokio::net::lookup_host((host.trim_matches(['[', ']']), 443))
        .await
        .is_ok_and(|mut found| found.next().is_some());
    let ask = || format!("curl -sSI {}", word(&base.to_string()));
    let (why, fix) = if !is_known {
        let why = match proxy {
            None => "the name of the host cannot be found (DNS)",
            Some(_) => "the name of the proxy cannot be found (DNS)",
        };
        (why, format!("getent hosts {}", word(&host)))
    } else if what.contains("certificate") {
        (
            "its certificate is not trusted (TLS): a proxy that reads along, or a wrong clock",
            format!("openssl s_client -connect {}:443", word(base.host())),
        )
    } else if proxy.is_some() {
        (
            "the proxy takes no connection, or finds no way to the API",
            ask(),
        )
    } else {
        (
            "the host is known, but nothing takes the connection: a firewall, a proxy that is missing, or a service that is down",
            ask(),
        )
    };
    report.problem(Area::Reachability, what, why, &fix);
}

fn clock(report: &mut Report, upstream: &Upstream) {
    if !upstream.knows_clock() {
        return;
    }
    let ahead = (upstream.clock() - Utc::now()).num_seconds();
    let told = match ahead {
        0.. => format!("the API's clock is {ahead} s ahead of this machine's"),
        _ => format!("the API's clock is {} s behind this machine's", -ahead),
    };
    let fix = "timedatectl set-ntp true";
    match ahead.abs() {
        0..=SMALL => report.ok(Area::Clock, "it agrees with the API's"),
        apart if apart <= LARGE => report.warning(
            Area::Clock,
            told,
            "times in plans and receipts are off by as much",
            fix,
        ),
        _ => report.problem(
            Area::Clock,
            told,
            "days of the money limit, windows of the budget and certificates are counted wrongly",
            fix,
        ),
    }
}

/// The API's manifest beside the registry built in.
fn manifest(report: &mut Report, bundled: &Registry, fetched: &Fetched) {
    let compared = Published::of(bundled)
        .map_err(anyhow::Error::from)
        .and_then(|ours| Ok((ours, merge(bundled, &fetched.published)?)));
    match compared {
        Ok((ours, merged)) => {
            let (actions, remarks) = (
                diff(&ours, &fetched.published).count(),
                merged.report.count(),
            );
            if actions == 0 && remarks == 0 {
                report.ok(Area::Manifest, "the API's is the one built in");
                return;
            }
            report.warning(
                Area::Manifest,
                format!("the API's differs from the one built in (actions: {actions}, remarks: {remarks})"),
                "the API's decides what there is; what is new is offered with a careful class",
                "stoq-mcp registry diff",
            );
        }
        Err(error) => report.problem(
            Area::Manifest,
            format!("the API's does not fit the registry built in: {error:#}"),
            "the registry built in is used instead",
            "stoq-mcp registry diff",
        ),
    }
}
