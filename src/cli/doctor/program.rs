//! The program itself, and the one that a bare `stoq-mcp` starts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::finding::{Area, Report, word};
use crate::clients::on_path;

/// Longest another program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks whether it has.
const PAUSE: Duration = Duration::from_millis(10);
/// This one's.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn look(report: &mut Report) {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            report.warning(
                Area::Program,
                format!("stoq-mcp {VERSION}, at a place that cannot be told: {error}"),
                "its file was moved or removed while it ran",
                "command -v stoq-mcp",
            );
            return;
        }
    };
    report.ok(
        Area::Program,
        format!("stoq-mcp {VERSION} at {}", program.display()),
    );
    match on_path("stoq-mcp", std::env::var_os("PATH")) {
        Some(found) if is_same(&found, &program) => {
            report.ok(Area::Program, "it is the one that `stoq-mcp` starts");
        }
        Some(found) => other(report, &found),
        None => {
            let folder = program.parent().unwrap_or(Path::new("/"));
            report.warning(
                Area::Program,
                "`stoq-mcp` is not on the path",
                "a client whose file has the bare name does not find it; `install` writes the whole path instead",
                &format!("export PATH={}:$PATH", word(&folder.display().to_string())),
            );
        }
    }
}

/// Another file is found first.
fn other(report: &mut Report, found: &Path) {
    let place = word(&found.display().to_string());
    match version(found) {
        Some(version) if version == VERSION => report.ok(
            Area::Program,
            format!("`stoq-mcp` starts another file of the same version: {place}"),
        ),
        Some(version) => report.warning(
            Area::Program,
            format!("`stoq-mcp` starts version {version}: {place}"),
            "clients whose file has the bare name start that one and not this",
            &format!("rm {place}"),
        ),
        None => report.warning(
            Area::Program,
            format!("`stoq-mcp` starts a file that does not tell its version: {place}"),
            "clients whose file has the bare name start that one and not this",
            &format!("{place} --version"),
        ),
    }
}

/// Whether two paths lead to one file.
pub(super) fn is_same(first: &Path, second: &Path) -> bool {
    match (first.canonicalize(), second.canonicalize()) {
        (Ok(first), Ok(second)) => first == second,
        _ => false,
    }
}

/// The version that a program tells of itself.
pub(super) fn version(program: &Path) -> Option<String> {
    let mut child = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let since = Instant::now();
    while child.try_wait().ok()?.is_none() {
        if since.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(PAUSE);
    }
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.trim().strip_prefix("stoq-mcp ")?;
    Some(version.to_owned())
}
