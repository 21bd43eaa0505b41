//! Each setting as people are told of it: where its value stands, what it is by default, what it does.

use super::layer::PREFIX;
use super::{Config, KEY_VARIABLE, Source};
use crate::safety::caps::Caps;

/// A setting.
#[derive(Debug)]
pub struct Told<'a> {
    /// Its key in the file.
    pub key: &'static str,
    /// Where its value stands.
    pub source: &'a Source,
    /// What it is where nobody says anything, in Markdown; empty: nothing.
    pub default: String,
    /// What it does, in Markdown.
    pub what: &'static str,
}

impl Told<'_> {
    /// The variable that sets it.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.to_uppercase())
    }
}

impl Config {
    /// Every setting, and never a value that was set, which may hold a secret.
    pub fn told(&self) -> Vec<Told<'_>> {
        macro_rules! told {
            ($($key:ident: $default:expr, $what:literal;)*) => {{
                // A setting that is new and not told here does not compile.
                let Self { $($key),* } = self;
                vec![$(Told {
                    key: stringify!($key),
                    source: &$key.source,
                    default: String::from($default),
                    what: $what,
                }),*]
            }};
        }
        let built = Self::resolve(&[]);
        let caps = Caps::default();
        told! {
            base_url: "the live v2 API", "address of the v2 API; https, or http on this machine";
            api_key_env: format!("`{KEY_VARIABLE}`"), "name of the environment variable that holds the key; keys never stand in files";
            shop_domain: "", "the shop's `*.myshopify.com` domain, for the one v1 call that takes it instead of a key";
            v1: word(built.v1.value), "which actions of v1 to offer: `needed` (what v2 has no home for), `all` or `off`";
            allow: "`write`; none over HTTP", "effect classes to allow beside the default ones";
            read_only: switch(built.read_only.value), "allow reads alone, whatever else is allowed";
            confirm: word(built.confirm.value), "what counts as consent: `elicit`, `handle` or `off`";
            max_recipients: caps.recipients.to_string(), "shoppers that one call may message";
            max_destroyed: caps.destroyed.to_string(), "rows that one call may delete or move";
            max_released: caps.released.to_string(), "orders that one call may release";
            max_money_orders: caps.money_orders.to_string(), "orders whose money one call may move";
            money_per_day: caps.money_per_day.unwrap_or_default().to_string(), "money that may be moved in a day (UTC), in units of each currency";
            repeat_window_seconds: built.repeat_window_seconds.value.to_string(), "how long the same call again counts as a repeat; 0: never";
            personal_data: "`full`; `masked` over HTTP", "how shoppers' addresses and names are shown: `masked`, `handles` or `full`";
            state: "`~/.local/state/stoq-mcp`", "folder of receipts, plans, switch and audit trail, or `memory`";
            audit_rotate_bytes: mebibytes(built.audit_rotate_bytes.value), "size at which an audit file is closed and the next one begun";
            auth: word(built.auth.value), "who may call over HTTP: `none` (this machine), `tokens` or `shop-key`";
            tokens_file: "", "file of the tokens: `--auth tokens FILE`";
            max_concurrent_calls: built.max_concurrent_calls.value.to_string(), "calls of one caller at work at the same time over HTTP; applies with `auth`, or when set";
            max_requests_per_minute: built.max_requests_per_minute.value.to_string(), "requests of one caller in a minute over HTTP; applies with `auth`, or when set";
            surface: word(built.surface.value), "which tools clients see: `core`, `compact` or `full`";
            toolsets: "all", "offer the actions of these toolsets alone; `preorders` stands for all of `preorders.…`";
            tools: "", "offer these actions, alone or beside those of `toolsets`; on `core` they are the tools of their own";
            exclude_tools: "", "never offer these actions";
            registry: "`live`", "where the actions come from: `live`, `bundled` or a registry file; `bundled` by default for an API on this machine";
            cache_dir: "the platform's", "folder that keeps the API's manifests";
            points_limit: built.points_limit.value.to_string(), "the shop's request budget in points; 0 switches the accounting off";
            points_window_seconds: built.points_window_seconds.value.to_string(), "length of its window";
            download_hosts: "`*.amazonaws.com`", "hosts, beside the API's, that export files may come from; `*.` stands for any subdomain";
            max_download_bytes: mebibytes(built.max_download_bytes.value as u64), "largest export file";
            allowed_hosts: "this machine's names", "`Host` values that the HTTP server answers to";
            allowed_origins: "this machine's", "`Origin` values that may call the HTTP server";
            event_stream: switch(built.event_stream.value), "answer over HTTP as event streams even where plain JSON would do";
            docs_writes: switch(built.docs_writes.value), "let the page `/docs` try more than reads, within what the server allows";
            metrics: "", "address that shows `/metrics`, `/healthz` and `/readyz` and nothing else, e.g. `127.0.0.1:9464`";
            otlp_endpoint: "that of `OTEL_EXPORTER_OTLP_ENDPOINT`", "address of the collector of traces (OTLP over HTTP), e.g. `http://localhost:4318`; none: no traces";
            log: format!("`{}`", built.log.value), "filter of the log on standard error";
            log_format: word(built.log_format.value), "form of the log: `text` or `json`";
        }
    }
}

/// A choice as files and flags spell it: the enums of configuration are named so, in one word.
fn word(choice: impl std::fmt::Debug) -> String {
    format!("`{}`", format!("{choice:?}").to_lowercase())
}

const fn switch(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// The table of all settings; `flag` tells the flag of a key.
pub fn table(flag: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::from(
        "| key | flag | environment variable | default | what |\n|---|---|---|---|---|\n",
    );
    for told in Config::resolve(&[]).told() {
        let flag = flag(told.key).map_or_else(String::new, |flag| format!("`--{flag}`"));
        let (key, variable) = (told.key, told.variable());
        text.push_str(&format!(
            "| `{key}` | {flag} | `{variable}` | {} | {} |\n",
            told.default, told.what
        ));
    }
    text
}
