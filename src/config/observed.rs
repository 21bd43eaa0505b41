//! Settings of what operators see.

use url::Url;

use super::{Config, ConfigError, Source, bad};

/// The variables that OpenTelemetry itself has for the collector (OpenTelemetry Protocol Exporter).
const ENDPOINTS: [(&str, bool); 2] = [
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", true),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", false),
];
/// Switches all of OpenTelemetry off.
const DISABLED: &str = "OTEL_SDK_DISABLED";
/// Where a collector takes traces.
const TRACES: &str = "v1/traces";

/// Where traces are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    /// The whole address.
    pub url: Url,
}

impl Config {
    /// The collector of traces, by the setting or else by OpenTelemetry's own variables, which `lookup`
    /// reads.
    ///
    /// # Errors
    /// When its address is none that traces can be sent to.
    pub fn collector(
        &self,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Collector>, ConfigError> {
        let lookup = |name: &str| {
            let text = lookup(name).map(|text| text.trim().to_owned());
            text.filter(|text| !text.is_empty())
        };
        if lookup(DISABLED).is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let refuse = |source: &Source, reason: String| bad("otlp_endpoint", source, reason);
        if let Some(text) = &self.otlp_endpoint.value {
            let source = &self.otlp_endpoint.source;
            let url = base(text).map_err(|reason| refuse(source, reason))?;
            return Ok(Some(Collector { url }));
        }
        let named = ENDPOINTS
            .iter()
            .find_map(|(name, is_whole)| Some((name, *is_whole, lookup(name)?)));
        let Some((name, is_whole, text)) = named else {
            return Ok(None);
        };
        let url = match is_whole {
            true => address(&text),
            false => base(&text),
        };
        let url = url.map_err(|reason| {
            let reason = format!("{name}: {reason}");
            refuse(&Source::Environment, reason)
        })?;
        Ok(Some(Collector { url }))
    }
}

/// The address of a collector's traces below its own.
fn base(text: &str) -> Result<Url, String> {
    let mut url = address(text)?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{path}/{TRACES}"));
    Ok(url)
}

/// An address; what is wrong is told without the text, which may hold a secret.
fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|error| format!("it is no web address ({error}); write it as http://host:4318"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("it is no web address; write it as http://host:4318".to_owned());
    }
    let has_name = !url.username().is_empty() || url.password().is_some();
    if has_name || url.query().is_some() || url.fragment().is_some() {
        return Err(
            "it is scheme, host, port and path only; a collector's key goes into OTEL_EXPORTER_OTLP_HEADERS"
                .to_owned(),
        );
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layer;

    fn collector(
        setting: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Result<Option<String>, String> {
        let layer = Layer {
            otlp_endpoint: setting.map(str::to_owned),
            ..Layer::default()
        };
        let config = Config::resolve(&[(Source::Flag, layer)]);
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| (*text).to_owned())
        };
        let found = config.collector(lookup);
        found
            .map(|found| found.map(|collector| collector.url.to_string()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_setting_goes_before_the_variables_and_the_narrower_variable_before_the_other() {
        let told = |url: &str| Ok(Some(url.to_owned()));
        let all = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://base:4318/x/"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://whole:4318/t"),
        ];
        assert_eq!(
            collector(Some("https://own"), &all),
            told("https://own/v1/traces")
        );
        assert_eq!(collector(None, &all), told("http://whole:4318/t"));
        assert_eq!(
            collector(None, &all[..1]),
            told("http://base:4318/x/v1/traces")
        );
        assert_eq!(collector(None, &[]), Ok(None));
        assert_eq!(
            collector(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]),
            Ok(None)
        );
        let off = [("OTEL_SDK_DISABLED", "true")];
        assert_eq!(collector(Some("https://own"), &off), Ok(None));
    }

    #[test]
    fn an_address_that_is_none_is_told_without_its_text() {
        assert_eq!(
            collector(Some("http://me:hush@host"), &[]),
            Err("`otlp_endpoint` (from the command line): it is scheme, host, port and path only; a collector's key goes into OTEL_EXPORTER_OTLP_HEADERS".to_owned())
        );
        assert_eq!(
            collector(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "hush")]),
            Err("`otlp_endpoint` (from the environment): OTEL_EXPORTER_OTLP_ENDPOINT: it is no web address (relative URL without a base); write it as http://host:4318".to_owned())
        );
        for bad in ["ftp://hush", "mailto:hush", "http://host?token=hush"] {
            let error = collector(Some(bad), &[]).unwrap_err();
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
