//! `actions`: what can be done, as a list for people or as the manifest.

use std::sync::Arc;

use super::connect::place;
use super::settings::{self, GlobalFlags, PlaceFlags};
use super::style::{self, Role, paint};
use super::{Failure, Outcome, live, print, runtime, source};
use crate::config::{Layer, RegistrySource};
use crate::discovery;
use crate::registry::{Action, Registry};
use crate::upstream::Upstream;

/// Flags of `actions`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Print the manifest, as `/help` of the server does
    #[arg(long)]
    json: bool,
    /// Only actions whose path begins with this one, e.g. /back_in_stock/settings
    #[arg(long, value_name = "PATH", default_value = "")]
    prefix: String,
    /// `bundled`, a registry file, or `live` (the API's own manifest over the registry built in)
    #[arg(long, value_name = "live|bundled|FILE", default_value = "bundled")]
    registry: RegistrySource,
    #[command(flatten)]
    place: PlaceFlags,
}

pub(super) fn run(global: GlobalFlags, flags: Flags) -> Outcome {
    let registry = registry(&global, &flags.registry, &flags.place)?;
    match flags.json {
        true => print(&discovery::help(&registry, &flags.prefix, |_| true)),
        false => style::print(&list(&registry, &flags.prefix)),
    }
}

/// The registry the flags choose.
pub(super) fn registry(
    global: &GlobalFlags,
    source: &RegistrySource,
    place: &PlaceFlags,
) -> Result<Arc<Registry>, Failure> {
    match source {
        RegistrySource::Bundled => Ok(Arc::new(source::load(None)?)),
        RegistrySource::File(path) => Ok(Arc::new(source::load(Some(path))?)),
        RegistrySource::Live => live_registry(global, place.layer()),
    }
}

fn live_registry(global: &GlobalFlags, layer: Layer) -> Result<Arc<Registry>, Failure> {
    let config = settings::resolve(global, layer)?;
    let (base, key) = place(&config)?;
    let cache = live::cache(&config, &base, &key);
    let upstream = Upstream::new(config.upstream(base, key));
    let bundled = Arc::new(source::load(None)?);
    Ok(runtime()?.block_on(live::registry(bundled, &upstream, cache.as_ref())))
}

fn list(registry: &Registry, prefix: &str) -> String {
    let chosen: Vec<&Action> = registry
        .actions()
        .iter()
        .filter(|action| crate::registry::manifest::in_scope(&action.entry().path, prefix))
        .collect();
    if chosen.is_empty() {
        return format!("No action lies below {prefix}.\n");
    }
    let width = chosen.iter().map(|action| action.name().len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for action in chosen {
        let entry = action.entry();
        text.push_str(&format!(
            "{}  {}  {}\n",
            paint(Role::Name, format!("{:width$}", entry.name)),
            paint(
                Role::of_class(entry.class),
                format!("{:7}", entry.class.as_str())
            ),
            entry.title
        ));
    }
    text
}
