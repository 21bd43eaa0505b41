//! `registry pull`, `diff` and `check`: the API's manifest beside the registry built in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::super::cache::{Cache, read_bounded};
use super::super::connect::{Target, TargetFlags};
use super::super::live::{self, Fetched};
use super::super::settings::{self, GlobalFlags};
use super::super::{Failure, Outcome, failed, misused, print, runtime, source};
use crate::registry::Registry;
use crate::registry::diff::{self, Diff};
use crate::registry::live::{Merged, Published, Report, merge};
use crate::upstream::{CALL_DEADLINE, Upstream};

/// Flags of `registry pull`.
#[derive(Debug, Args)]
pub(super) struct PullFlags {
    /// Write the manifest to this file instead of where a start finds it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    target: TargetFlags,
}

/// Flags of `registry diff` and `registry check`.
#[derive(Debug, Args)]
pub(super) struct DiffFlags {
    /// A manifest that was pulled, or a registry file, instead of the API's manifest
    #[arg(long, value_name = "FILE", conflicts_with_all = ["base_url", "api_key_env", "sandbox"])]
    manifest: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetFlags,
}

/// The API's manifest beside the registry built in.
struct Compared {
    diff: Diff,
    /// What of the manifest cannot be used.
    report: Report,
}

impl Compared {
    fn of(bundled: &Registry, published: &Published) -> Result<Self, Failure> {
        let ours = Published::of(bundled).map_err(failed)?;
        let Merged { report, .. } = merge(bundled, published).map_err(failed)?;
        Ok(Self {
            diff: diff::diff(&ours, published),
            report,
        })
    }

    fn print(&self, json: bool) -> Outcome {
        let text = if json {
            let mut value = serde_json::to_value(&self.diff).map_err(failed)?;
            if let Value::Object(map) = &mut value {
                map.insert("remarks".into(), json!(self.report.told()));
            }
            format!("{value:#}\n")
        } else if self.is_same() {
            "no differences\n".to_owned()
        } else if self.report.is_empty() {
            self.diff.to_string()
        } else {
            format!("{}remarks on the manifest:\n{}", self.diff, self.report)
        };
        print(&text)
    }

    fn is_same(&self) -> bool {
        self.diff.is_empty() && self.report.is_empty()
    }
}

pub(super) fn pull(global: &GlobalFlags, flags: &PullFlags) -> Outcome {
    let (fetched, cache) = fetch(global, &flags.target)?;
    let path = match (&flags.out, cache) {
        (Some(path), _) => {
            let text = format!("{:#}\n", fetched.manifest);
            std::fs::write(path, text).map_err(|error| unwritable(path, &error))?;
            path.clone()
        }
        (None, Some(cache)) => {
            let written = cache.write(&fetched.manifest);
            written.map_err(|error| unwritable(cache.path(), &error))?;
            cache.path().to_owned()
        }
        (None, None) => {
            return Err(misused(anyhow::anyhow!(
                "there is no folder to keep the manifest in; name one with `cache_dir`, or a file with --out"
            )));
        }
    };
    let Published { actions, report } = fetched.published;
    println!("wrote {}: {} actions", path.display(), actions.len());
    eprint!("{report}");
    Ok(())
}

pub(super) fn diff(global: &GlobalFlags, flags: &DiffFlags) -> Outcome {
    compare(global, flags)?.print(flags.json)
}

pub(super) fn check(global: &GlobalFlags, flags: &DiffFlags) -> Outcome {
    let compared = compare(global, flags)?;
    compared.print(flags.json)?;
    if compared.is_same() {
        return Ok(());
    }
    Err(failed(anyhow::anyhow!(
        "the API's manifest and the registry built in differ (actions: {}, remarks: {}); bring tools.registry.json up to date",
        compared.diff.count(),
        compared.report.count()
    )))
}

fn compare(global: &GlobalFlags, flags: &DiffFlags) -> Result<Compared, Failure> {
    let bundled = source::load(None)?;
    let published = match &flags.manifest {
        Some(path) => from_file(path)?,
        None => fetch(global, &flags.target)?.0.published,
    };
    Compared::of(&bundled, &published)
}

/// A manifest, or what a registry file publishes.
fn from_file(path: &Path) -> Result<Published, Failure> {
    let text = read_bounded(path).map_err(|error| {
        misused(anyhow::anyhow!(
            "the manifest {} cannot be read: {error}",
            path.display()
        ))
    })?;
    let is_registry =
        serde_json::from_str::<Value>(&text).is_ok_and(|value| value.get("$defs").is_some());
    let told = |error| misused(anyhow::Error::new(error).context(path.display().to_string()));
    if is_registry {
        let origin = path.display().to_string();
        let registry = Registry::parse(&text, &origin).map_err(misused)?;
        return Published::of(&registry).map_err(told);
    }
    Published::parse(&text).map_err(told)
}

/// The API's manifest, with the time that any call has, and where a start would look for it.
fn fetch(global: &GlobalFlags, flags: &TargetFlags) -> Result<(Fetched, Option<Cache>), Failure> {
    let config = settings::resolve(global, flags.place.layer())?;
    let registry = Arc::new(source::load(None)?);
    runtime()?.block_on(async {
        let Target { sandbox, base, key } = flags.resolve(&config, &registry).await?;
        let cache = live::cache(&config, &base, &key);
        let upstream = Upstream::new(config.upstream(base, key));
        let fetched = live::fetch(&upstream, Instant::now() + CALL_DEADLINE).await;
        drop(sandbox);
        Ok((fetched.map_err(failed)?, cache))
    })
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    failed(anyhow::anyhow!(
        "{} cannot be written: {error}",
        path.display()
    ))
}
