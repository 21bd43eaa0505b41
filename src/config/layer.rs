//! One layer of configuration, from a file or from the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Auth, ConfigError, RegistrySource, StatePlace};
use crate::engine::V1Use;
use crate::registry::entry::Class;
use crate::registry::nearest;
use crate::safety::Confirm;
use crate::safety::audit::KEY_VARIABLE;
use crate::safety::personal::PersonalData;
use crate::surface::Kind;

/// Prefix of the environment variables that set something.
pub(super) const PREFIX: &str = "STOQ_MCP_";
/// Names the configuration file instead of setting something.
pub const FILE_VARIABLE: &str = "STOQ_MCP_CONFIG";

/// Form of the log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What one layer says; absent = nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Layer {
    /// Base address of the v2 API.
    pub base_url: Option<String>,
    /// Name of the environment variable that holds the shop's key.
    pub api_key_env: Option<String>,
    /// The shop's `*.myshopify.com` domain.
    pub shop_domain: Option<String>,
    /// Which actions of v1 are offered.
    pub v1: Option<V1Use>,
    /// Effect classes allowed beside the transport's own.
    pub allow: Option<Vec<Class>>,
    /// Only reads.
    pub read_only: Option<bool>,
    /// What counts as consent to `send`, `money` and `destroy`.
    pub confirm: Option<Confirm>,
    /// Shoppers that one call may message.
    pub max_recipients: Option<u64>,
    /// Rows that one call may delete or move.
    pub max_destroyed: Option<u64>,
    /// Orders that one call may release.
    pub max_released: Option<u64>,
    /// Orders whose money one call may move.
    pub max_money_orders: Option<u64>,
    /// Money that may be moved in a day, in units of each currency.
    pub money_per_day: Option<u64>,
    /// How long the same call again counts as a repeat, in seconds.
    pub repeat_window_seconds: Option<u64>,
    /// How personal data is shown.
    pub personal_data: Option<PersonalData>,
    /// Where ledger, confirmations and audit lie.
    pub state: Option<StatePlace>,
    /// Size at which an audit file is closed and the next one begun, in bytes.
    pub audit_rotate_bytes: Option<u64>,
    /// Who may call over HTTP.
    pub auth: Option<Auth>,
    /// File of the bearer tokens.
    pub tokens_file: Option<PathBuf>,
    /// Calls of one principal at work at the same time, over HTTP.
    pub max_concurrent_calls: Option<u64>,
    /// Requests of one principal in a minute, over HTTP.
    pub max_requests_per_minute: Option<u64>,
    /// Which tools are listed.
    pub surface: Option<Kind>,
    /// Toolsets, or the parts of their names before a dot, whose actions are offered.
    pub toolsets: Option<Vec<String>>,
    /// Actions offered by name.
    pub tools: Option<Vec<String>>,
    /// Actions not offered.
    pub exclude_tools: Option<Vec<String>>,
    /// Which registry to work from.
    pub registry: Option<RegistrySource>,
    /// Folder that keeps the API's manifests between starts.
    pub cache_dir: Option<PathBuf>,
    /// Points in one window.
    pub points_limit: Option<u32>,
    /// Length of that window in seconds.
    pub points_window_seconds: Option<u64>,
    /// Hosts beside the base's that export files may come from.
    pub download_hosts: Option<Vec<String>>,
    /// Most bytes of an export file.
    pub max_download_bytes: Option<usize>,
    /// Hosts the HTTP server answers to.
    pub allowed_hosts: Option<Vec<String>>,
    /// Origins of pages that may call the HTTP server.
    pub allowed_origins: Option<Vec<String>>,
    /// Answer over HTTP as event streams.
    pub event_stream: Option<bool>,
    /// Try more than reads on the page `/docs`.
    pub docs_writes: Option<bool>,
    /// Address that shows the figures.
    pub metrics: Option<SocketAddr>,
    /// Address of the collector of traces.
    pub otlp_endpoint: Option<String>,
    /// Filter of the log.
    pub log: Option<String>,
    /// Form of the log.
    pub log_format: Option<LogFormat>,
}

/// How the text of an environment variable is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Number,
    Flag,
    List,
}

/// Every setting and how its variable is read.
const SETTINGS: [(&str, Form); 38] = [
    ("base_url", Form::Text),
    ("api_key_env", Form::Text),
    ("shop_domain", Form::Text),
    ("v1", Form::Text),
    ("allow", Form::List),
    ("read_only", Form::Flag),
    ("confirm", Form::Text),
    ("max_recipients", Form::Number),
    ("max_destroyed", Form::Number),
    ("max_released", Form::Number),
    ("max_money_orders", Form::Number),
    ("money_per_day", Form::Number),
    ("repeat_window_seconds", Form::Number),
    ("personal_data", Form::Text),
    ("state", Form::Text),
    ("audit_rotate_bytes", Form::Number),
    ("auth", Form::Text),
    ("tokens_file", Form::Text),
    ("max_concurrent_calls", Form::Number),
    ("max_requests_per_minute", Form::Number),
    ("surface", Form::Text),
    ("toolsets", Form::List),
    ("tools", Form::List),
    ("exclude_tools", Form::List),
    ("registry", Form::Text),
    ("cache_dir", Form::Text),
    ("points_limit", Form::Number),
    ("points_window_seconds", Form::Number),
    ("download_hosts", Form::List),
    ("max_download_bytes", Form::Number),
    ("allowed_hosts", Form::List),
    ("allowed_origins", Form::List),
    ("event_stream", Form::Flag),
    ("docs_writes", Form::Flag),
    ("metrics", Form::Text),
    ("otlp_endpoint", Form::Text),
    ("log", Form::Text),
    ("log_format", Form::Text),
];

/// Reads a configuration file.
///
/// # Errors
/// With path, line and reason; never with the text of a line, which may be a secret.
pub fn file(path: &Path) -> Result<Layer, ConfigError> {
    let fail = |line: Option<usize>, reason: String| ConfigError::File {
        path: path.to_owned(),
        line,
        reason,
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| fail(None, format!("cannot be read: {error}")))?;
    toml::from_str(&text).map_err(|error| {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1);
        fail(line, error.message().to_owned())
    })
}

/// Reads the variables of the `STOQ_MCP_` family.
///
/// # Errors
/// When one names no setting, or has a value that its setting cannot take.
pub fn environment(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Layer, ConfigError> {
    let mut map = Map::new();
    for (name, text) in variables {
        if !name.starts_with(PREFIX) || name == FILE_VARIABLE || name == KEY_VARIABLE {
            continue;
        }
        let known = SETTINGS
            .iter()
            .find(|(setting, _)| variable(setting) == name);
        let Some((setting, form)) = known else {
            return Err(unknown(name));
        };
        let value = read(*form, &text).ok_or_else(|| bad(setting, "is not of its form"))?;
        // One at a time, so that an error names its variable.
        let mut single = Map::new();
        single.insert((*setting).to_owned(), value.clone());
        if let Err(error) = serde_json::from_value::<Layer>(Value::Object(single)) {
            return Err(bad(setting, &error.to_string()));
        }
        map.insert((*setting).to_owned(), value);
    }
    serde_json::from_value(Value::Object(map)).map_err(|error| bad("log", &error.to_string()))
}

/// Name of the variable that sets something.
fn variable(setting: &str) -> String {
    format!("{PREFIX}{}", setting.to_uppercase())
}

fn bad(setting: &'static str, reason: &str) -> ConfigError {
    ConfigError::Value {
        setting,
        place: format!("from the environment variable {}", variable(setting)),
        reason: reason.to_owned(),
    }
}

fn unknown(name: String) -> ConfigError {
    let valid: Vec<String> = SETTINGS
        .iter()
        .map(|(setting, _)| variable(setting))
        .collect();
    let near = valid
        .iter()
        .map(|valid| valid.to_lowercase())
        .collect::<Vec<_>>();
    ConfigError::Variable {
        near: nearest(&name, near.iter().map(String::as_str)).map(str::to_uppercase),
        valid: valid.join(", "),
        name,
    }
}

fn read(form: Form, text: &str) -> Option<Value> {
    let text = text.trim();
    match form {
        Form::Text => Some(Value::from(text)),
        Form::Number => text.parse::<u64>().ok().map(Value::from),
        Form::Flag => match text {
            "1" | "true" | "yes" | "on" => Some(Value::from(true)),
            "0" | "false" | "no" | "off" | "" => Some(Value::from(false)),
            _ => None,
        },
        Form::List => Some(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(Value::from)
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Result<Layer, ConfigError> {
        environment(
            pairs
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
        )
    }

    #[test]
    fn every_setting_has_its_variable() {
        let layer = variables(&[
            ("STOQ_MCP_BASE_URL", "http://localhost:1"),
            ("STOQ_MCP_API_KEY_ENV", "OTHER"),
            ("STOQ_MCP_SHOP_DOMAIN", "a.myshopify.com"),
            ("STOQ_MCP_V1", "all"),
            ("STOQ_MCP_ALLOW", "write, send"),
            ("STOQ_MCP_READ_ONLY", "true"),
            ("STOQ_MCP_CONFIRM", "handle"),
            ("STOQ_MCP_MAX_RECIPIENTS", "1"),
            ("STOQ_MCP_MAX_DESTROYED", "2"),
            ("STOQ_MCP_MAX_RELEASED", "3"),
            ("STOQ_MCP_MAX_MONEY_ORDERS", "4"),
            ("STOQ_MCP_MONEY_PER_DAY", "5"),
            ("STOQ_MCP_REPEAT_WINDOW_SECONDS", "6"),
            ("STOQ_MCP_PERSONAL_DATA", "handles"),
            ("STOQ_MCP_STATE", "/tmp/s"),
            ("STOQ_MCP_AUDIT_ROTATE_BYTES", "7"),
            ("STOQ_MCP_AUTH", "shop-key"),
            ("STOQ_MCP_TOKENS_FILE", "t.toml"),
            ("STOQ_MCP_MAX_CONCURRENT_CALLS", "8"),
            ("STOQ_MCP_MAX_REQUESTS_PER_MINUTE", "9"),
            ("STOQ_MCP_SURFACE", "compact"),
            ("STOQ_MCP_TOOLSETS", "preorders"),
            ("STOQ_MCP_TOOLS", "storefront_guide"),
            ("STOQ_MCP_EXCLUDE_TOOLS", "preorders_offers_delete"),
            ("STOQ_MCP_REGISTRY", "r.json"),
            ("STOQ_MCP_CACHE_DIR", "/tmp/c"),
            ("STOQ_MCP_POINTS_LIMIT", "10"),
            ("STOQ_MCP_POINTS_WINDOW_SECONDS", "5"),
            ("STOQ_MCP_DOWNLOAD_HOSTS", "a.example"),
            ("STOQ_MCP_MAX_DOWNLOAD_BYTES", "1000"),
            ("STOQ_MCP_ALLOWED_HOSTS", "h.example"),
            ("STOQ_MCP_ALLOWED_ORIGINS", "https://h.example"),
            ("STOQ_MCP_EVENT_STREAM", "on"),
            ("STOQ_MCP_DOCS_WRITES", "on"),
            ("STOQ_MCP_METRICS", "127.0.0.1:9464"),
            ("STOQ_MCP_OTLP_ENDPOINT", "http://localhost:4318"),
            ("STOQ_MCP_LOG", "debug"),
            ("STOQ_MCP_LOG_FORMAT", "json"),
            ("STOQ_MCP_CONFIG", "ignored here"),
            ("STOQ_MCP_AUDIT_KEY", "ignored here"),
            ("HOME", "/root"),
        ]);
        let list = |text: &str| Some(vec![text.to_owned()]);
        assert_eq!(
            layer.unwrap(),
            Layer {
                base_url: Some("http://localhost:1".into()),
                api_key_env: Some("OTHER".into()),
                shop_domain: Some("a.myshopify.com".into()),
                v1: Some(V1Use::All),
                allow: Some(vec![Class::Write, Class::Send]),
                read_only: Some(true),
                confirm: Some(Confirm::Handle),
                max_recipients: Some(1),
                max_destroyed: Some(2),
                max_released: Some(3),
                max_money_orders: Some(4),
                money_per_day: Some(5),
                repeat_window_seconds: Some(6),
                personal_data: Some(PersonalData::Handles),
                state: Some(StatePlace::Folder("/tmp/s".into())),
                audit_rotate_bytes: Some(7),
                auth: Some(Auth::ShopKey),
                tokens_file: Some("t.toml".into()),
                max_concurrent_calls: Some(8),
                max_requests_per_minute: Some(9),
                surface: Some(Kind::Compact),
                toolsets: list("preorders"),
                tools: list("storefront_guide"),
                exclude_tools: list("preorders_offers_delete"),
                registry: Some(RegistrySource::File("r.json".into())),
                cache_dir: Some("/tmp/c".into()),
                points_limit: Some(10),
                points_window_seconds: Some(5),
                download_hosts: list("a.example"),
                max_download_bytes: Some(1000),
                allowed_hosts: list("h.example"),
                allowed_origins: list("https://h.example"),
                event_stream: Some(true),
                docs_writes: Some(true),
                metrics: Some(([127, 0, 0, 1], 9464).into()),
                otlp_endpoint: Some("http://localhost:4318".into()),
                log: Some("debug".into()),
                log_format: Some(LogFormat::Json),
            }
        );
    }

    #[test]
    fn a_wrong_variable_is_named_with_the_nearest_and_never_its_value() {
        let error = variables(&[("STOQ_MCP_BASEURL", "canary")]).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("the environment variable STOQ_MCP_BASEURL names no setting, did you mean STOQ_MCP_BASE_URL?; valid: STOQ_MCP_BASE_URL,"),
            "{text}"
        );
        assert!(!text.contains("canary"), "{text}");
        let error = variables(&[("STOQ_MCP_POINTS_LIMIT", "many")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`points_limit` (from the environment variable STOQ_MCP_POINTS_LIMIT): is not of its form"
        );
        let error = variables(&[("STOQ_MCP_ALLOW", "sent")]).unwrap_err();
        assert!(
            error.to_string().contains("unknown variant `sent`"),
            "{error}"
        );
    }

    #[test]
    fn a_mistake_in_a_file_has_its_line_and_never_its_text() {
        let path = std::env::temp_dir().join(format!("stoq-mcp-layer-{}.toml", std::process::id()));
        std::fs::write(&path, "log = 'info'\n\napi_key = 'stoq_api_key_canary'\n").unwrap();
        let text = file(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(text.contains(", line 3: unknown field `api_key`"), "{text}");
        assert!(!text.contains("canary"), "{text}");
        let missing = file(Path::new("/nonexistent/x.toml")).unwrap_err();
        assert!(
            missing
                .to_string()
                .starts_with("configuration file /nonexistent/x.toml: cannot be read")
        );
    }
}
