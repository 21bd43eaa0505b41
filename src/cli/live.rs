//! The live registry at start: read from the API within two seconds, else as it was kept, else the
//! one built in. A start never fails for it.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::cache::{self, Cache};
use crate::config::Config;
use crate::registry::Registry;
use crate::registry::entry::Method;
use crate::registry::live::{ManifestError, Published, merge};
use crate::text::line;
use crate::upstream::{ApiRequest, Base, Priority, Repeat, Upstream, UpstreamError};

/// Longest a start waits for the manifest.
const PATIENCE: Duration = Duration::from_secs(2);
/// Path of the manifest below the base (vendor docs: Dispatch & Discovery).
const HELP: &str = "/help";
/// Most characters of a reason in a warning.
const MAX_REASON: usize = 300;

/// Why there is no live manifest.
#[derive(Debug, thiserror::Error)]
pub(super) enum LiveError {
    /// The API did not give one.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// What it gave cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// A manifest as the API sent it, and as it was read.
pub(super) struct Fetched {
    pub manifest: Value,
    pub published: Published,
}

/// Where the manifest of a shop is kept, when there is a folder for it.
pub(super) fn cache(config: &Config, base: &Base, key: &SecretString) -> Option<Cache> {
    let folder = config.cache_dir.value.clone();
    let folder = folder.or_else(|| cache::platform_folder(|name| std::env::var_os(name)))?;
    Cache::of(&folder, base, key)
}

/// Reads the manifest; it costs a point, as every read does.
pub(super) async fn fetch(upstream: &Upstream, deadline: Instant) -> Result<Fetched, LiveError> {
    let request = ApiRequest::v2(Method::Get, HELP, Map::new());
    let answer = upstream
        .send(&request, Repeat::Safe, Priority::Normal, deadline)
        .await?;
    // What is taken of it is made safe to show there.
    let manifest = answer.body.into_unshown();
    let published = Published::read(&manifest)?;
    Ok(Fetched {
        manifest,
        published,
    })
}

/// The registry to serve: the API's manifest over the bundled one.
pub(super) async fn registry(
    bundled: Arc<Registry>,
    upstream: &Upstream,
    cache: Option<&Cache>,
) -> Arc<Registry> {
    let reason = match fetch(upstream, Instant::now() + PATIENCE).await {
        Ok(Fetched {
            manifest,
            published,
        }) => {
            if let Some(Err(error)) = cache.map(|cache| cache.write(&manifest)) {
                tracing::warn!(%error, "STOQ's list of actions could not be kept for later starts");
            }
            return over(bundled, &published);
        }
        Err(error) => line(&error.to_string(), MAX_REASON),
    };
    let kept = cache.and_then(Cache::read);
    let kept = kept.and_then(|kept| Some((Published::read(&kept.manifest).ok()?, kept.age)));
    match kept {
        Some((published, age)) => {
            tracing::warn!(
                "STOQ's list of actions could not be read ({reason}); the one read {} ago is used",
                told(age)
            );
            over(bundled, &published)
        }
        None => {
            tracing::warn!(
                "STOQ's list of actions could not be read ({reason}) and none was kept; the one built in is used"
            );
            bundled
        }
    }
}

fn over(bundled: Arc<Registry>, published: &Published) -> Arc<Registry> {
    match merge(&bundled, published) {
        Ok(merged) => {
            tracing::info!(
                actions = merged.registry.actions().len(),
                added = merged.added,
                withdrawn = merged.withdrawn,
                changed = merged.changed,
                "live registry"
            );
            let remarks = merged.report.count();
            if let Some(first) = merged.report.told().first() {
                tracing::warn!(
                    "STOQ's list of actions was taken with remarks ({remarks}); `stoq-mcp registry diff` lists them; the first: {first}"
                );
            }
            Arc::new(merged.registry)
        }
        Err(error) => {
            tracing::warn!(%error, "STOQ's list of actions does not fit this program; the one built in is used");
            bundled
        }
    }
}

/// A time span in its largest whole unit.
fn told(age: chrono::Duration) -> String {
    let (count, unit) = match (age.num_days(), age.num_hours(), age.num_minutes()) {
        (days @ 1.., _, _) => (days, "d"),
        (_, hours @ 1.., _) => (hours, "h"),
        (_, _, minutes @ 1..) => (minutes, "min"),
        _ => (age.num_seconds(), "s"),
    };
    format!("{count} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let cases = [(5, "5 s"), (61, "1 min"), (7_300, "2 h"), (400_000, "4 d")];
        for (seconds, text) in cases {
            assert_eq!(told(chrono::Duration::seconds(seconds)), text);
        }
    }
}
