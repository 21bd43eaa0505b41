//! `actions`: what can be done, as a list for people or as the manifest.

use std::path::PathBuf;

use super::settings::GlobalFlags;
use super::{Outcome, print, registry};
use crate::discovery;
use crate::registry::{Action, Registry};

/// Flags of `actions`.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Print the manifest, as `/help` of the server does
    #[arg(long)]
    json: bool,
    /// Only actions whose path begins with this one, e.g. /back_in_stock/settings
    #[arg(long, value_name = "PATH", default_value = "")]
    prefix: String,
    /// A registry file instead of the one built in
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
}

pub(super) fn run(_global: GlobalFlags, flags: Flags) -> Outcome {
    let registry = registry::load(flags.registry.as_ref())?;
    let text = if flags.json {
        discovery::help(&registry, &flags.prefix, |_| true)
    } else {
        list(&registry, &flags.prefix)
    };
    print(&text)
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
            "{:width$}  {:7}  {}\n",
            entry.name,
            entry.class.as_str(),
            entry.title
        ));
    }
    text
}
