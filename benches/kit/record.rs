//! The page of results, `BENCHMARKS.md`: each benchmark writes its own section anew.

use std::fs;
use std::path::Path;
use std::process::Command;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/BENCHMARKS.md");

/// Writes a section over the one of that name; it must be on the page already.
pub fn write(section: &str, text: &str) {
    let page = fs::read_to_string(PAGE).unwrap();
    let begin = format!("<!-- {section}: written by the benchmark -->\n");
    let end = format!("<!-- end of {section} -->");
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    let text = text.trim_end();
    fs::write(PAGE, format!("{before}{begin}\n{text}\n\n{end}{after}")).unwrap();
    eprintln!("written to BENCHMARKS.md");
}

/// When and where: the day, the state of the sources, the machine.
pub fn place() -> String {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output();
        let text = output
            .ok()
            .and_then(|output| String::from_utf8(output.stdout).ok());
        text.map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    let day = said("date", &["-u", "+%F %R"]);
    let commit = said("git", &["rev-parse", "--short", "HEAD"]);
    let changed = said(
        "git",
        &[
            "status",
            "--porcelain",
            "--untracked-files=no",
            "--",
            "src",
            "Cargo.toml",
        ],
    );
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model
        .and_then(|line| line.split_once(": "))
        .map_or("unknown", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    format!(
        "{} UTC, commit {}{}{}, {model}, {cores} cores, load before the run {load}.",
        day.as_deref().unwrap_or("unknown day"),
        commit.as_deref().unwrap_or("unknown"),
        if changed.is_some() {
            " with changes"
        } else {
            ""
        },
        other_program(),
    )
}

/// Which program was measured, when it is not the one that was built with the benchmark.
fn other_program() -> String {
    if !super::is_other_binary() {
        return String::new();
    }
    let binary = super::binary();
    match binary.strip_prefix(env!("CARGO_MANIFEST_DIR")) {
        Ok(path) => format!(", the program `{}`", path.display()),
        Err(_) => ", a program built elsewhere".to_owned(),
    }
}

/// Size of a file in MB.
pub fn megabytes(path: &Path) -> f64 {
    let bytes = fs::metadata(path).map_or(0, |file| file.len());
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}
