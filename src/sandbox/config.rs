//! The knobs of the sandbox, as the control plane shows and sets them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How a window is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The first request opens it; rejected requests count; it ends at its reset second.
    Fixed,
    /// Each admitted request counts for a window's length of its own.
    Rolling,
}

/// All knobs. Times are sandbox time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Milliseconds before a bulk job processes its first item.
    pub job_start_ms: u32,
    /// Items a bulk job processes a second; 0 = all at once.
    pub job_items_per_s: u32,
    /// Milliseconds an export runs.
    pub export_ms: u32,
    /// Seconds a job and its file are kept after the final state.
    pub job_retention_s: u32,
    /// Seconds an export link lives.
    pub link_ttl_s: u32,
    /// Points of one shop and window.
    pub rate_limit: u32,
    /// Seconds of a points window; at least 1.
    pub rate_window_s: u32,
    /// How the window is counted.
    pub rate_model: Model,
    /// Largest request body in bytes.
    pub max_body_bytes: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            job_start_ms: 250,
            job_items_per_s: 25,
            export_ms: 500,
            job_retention_s: 86_400,
            link_ttl_s: 3_600,
            rate_limit: 360,
            rate_window_s: 60,
            rate_model: Model::Fixed,
            max_body_bytes: 1_048_576,
        }
    }
}

impl Config {
    /// The knobs with some of them changed.
    ///
    /// # Errors
    /// What is wrong: an unknown name, a value out of its type, an empty window.
    pub(super) fn patched(&self, changes: &Map<String, Value>) -> Result<Self, String> {
        let mut whole = serde_json::to_value(self).map_err(|error| error.to_string())?;
        if let Value::Object(map) = &mut whole {
            map.extend(changes.clone());
        }
        let config: Self = serde_json::from_value(whole).map_err(|error| error.to_string())?;
        if config.rate_window_s == 0 {
            return Err("rate_window_s must be greater than or equal to 1".to_owned());
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(changes: Value) -> Result<Config, String> {
        Config::default().patched(changes.as_object().unwrap())
    }

    #[test]
    fn a_change_leaves_the_other_knobs() {
        let config = changed(json!({"export_ms": 0, "rate_model": "rolling"})).unwrap();
        let expected = Config {
            export_ms: 0,
            rate_model: Model::Rolling,
            ..Config::default()
        };
        assert_eq!(config, expected);
    }

    #[test]
    fn a_wrong_knob_is_named() {
        assert!(
            changed(json!({"export": 1}))
                .unwrap_err()
                .contains("unknown field `export`")
        );
        assert!(changed(json!({"rate_limit": -1})).is_err());
        assert_eq!(
            changed(json!({"rate_window_s": 0})).unwrap_err(),
            "rate_window_s must be greater than or equal to 1"
        );
    }
}
