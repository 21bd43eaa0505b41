//! The yardstick: a bare server over the same libraries, built here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Builds the floor as it is released, and says where it is.
pub fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = root.join("target/floor");
    eprintln!("building the floor …");
    let status = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--manifest-path",
        ])
        .arg(root.join("benches/floor/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status()
        .unwrap();
    assert!(status.success(), "the floor does not build");
    target.join("release/floor")
}

/// The floor over an upstream, on HTTP when `more` has an address, else on pipes.
pub fn command(program: &Path, base_url: &str, more: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .arg(base_url)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
