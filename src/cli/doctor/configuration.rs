//! Whether the configuration can be read, where its values stand, and who may change its files.

use std::path::Path;

use super::super::settings::{self, GlobalFlags};
use super::finding::{Area, Report, word};
use crate::config::{Auth, Config, ConfigError, Source};

/// A configuration that cannot be used at all.
pub(super) fn refused(report: &mut Report, error: &anyhow::Error, global: &GlobalFlags) {
    let fix = match error.downcast_ref::<ConfigError>() {
        Some(ConfigError::Variable { name, .. }) => format!("unset {}", word(name)),
        Some(ConfigError::File { path, .. }) => edit(path),
        Some(ConfigError::Value { .. } | ConfigError::MissingKey { .. }) | None => {
            match settings::config_file(global) {
                Some(path) => edit(&path),
                None => "env | grep ^STOQ_MCP_".to_owned(),
            }
        }
    };
    report.problem(
        Area::Configuration,
        format!("{error:#}"),
        "no server starts with it; what depends on it was not looked at",
        &fix,
    );
}

fn edit(path: &Path) -> String {
    format!("${{EDITOR:-vi}} {}", word(&path.display().to_string()))
}

pub(super) fn look(report: &mut Report, config: &Config, file: Option<&Path>) {
    match file {
        Some(file) => report.ok(
            Area::Configuration,
            format!("{} is read and understood", file.display()),
        ),
        None => report.ok(
            Area::Configuration,
            "there is no configuration file, which is fine",
        ),
    }
    for told in sources(config) {
        report.ok(Area::Configuration, told);
    }
    if let Some(file) = file {
        permissions(
            report,
            file,
            0o022,
            "change it, and it says what agents may do",
            "chmod go-w",
        );
    }
    if let (Auth::Tokens, Some(file)) = (config.auth.value, &config.tokens_file.value) {
        permissions(
            report,
            file,
            0o027,
            "read or change it, and it says who may act for a shop",
            "chmod 600",
        );
    }
}

/// One sentence for each place that sets something.
fn sources(config: &Config) -> Vec<String> {
    let all = config.told();
    let mut places: Vec<&Source> = Vec::new();
    for told in &all {
        if !places.contains(&told.source) {
            places.push(told.source);
        }
    }
    let of = |place: &Source| -> Vec<&str> {
        let here = all.iter().filter(|told| told.source == place);
        here.map(|told| told.key).collect()
    };
    places
        .into_iter()
        .map(|place| match place {
            Source::Default => format!("{place}: {} settings", of(place).len()),
            Source::File(_) | Source::Environment | Source::Flag => {
                format!("{place}: {}", of(place).join(", "))
            }
        })
        .collect()
}

/// Whether others may do to a file what they must not.
fn permissions(report: &mut Report, file: &Path, unwanted: u32, what: &str, fix: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let Ok(about) = file.metadata() else {
            return;
        };
        let mode = about.permissions().mode() & 0o777;
        if mode & unwanted != 0 {
            report.warning(
                Area::Configuration,
                format!("{} has mode {mode:04o}", file.display()),
                &format!("other users of this machine can {what}"),
                &format!("{fix} {}", word(&file.display().to_string())),
            );
        }
    }
    #[cfg(not(unix))]
    {
        let _ = (report, file, unwanted, what, fix);
    }
}
