//! What the benchmarks share: the yardstick, an upstream that costs next to nothing, clients, figures of a
//! process, and the page and the plots that the results are written to.

pub mod floor;
pub mod load;
pub mod pipes;
pub mod plot;
pub mod process;
pub mod record;
pub mod session;
pub mod stub;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support;

/// Names a program to measure in place of the one that is built with the benchmark.
const OTHER: &str = "STOQ_BENCH_BINARY";

/// The program that is measured.
pub fn binary() -> PathBuf {
    let other = std::env::var_os(OTHER);
    other.map_or_else(|| env!("CARGO_BIN_EXE_stoq-mcp").into(), PathBuf::from)
}

/// Whether it may be of another state of the sources than this one.
pub fn is_other_binary() -> bool {
    std::env::var_os(OTHER).is_some()
}

/// It, in the environment that the black-box tests give it.
pub fn program(arguments: &[&str]) -> Command {
    let like = support::program(arguments);
    let mut command = Command::new(binary());
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .args(like.get_args())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A runtime on the thread that asks for it.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// The middle of some times.
pub fn median(times: &mut [Duration]) -> Duration {
    percentile(times, 50)
}

/// The time that so many percent of them do not pass.
pub fn percentile(times: &mut [Duration], share: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() - 1) * share / 100]
}

/// The middle of some numbers.
pub fn middle(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// A folder that is gone when the run ends.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one of that name.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stoq-mcp-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
