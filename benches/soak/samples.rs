//! What was seen of a process over time, and what it says of growth.

use std::time::Duration;

use super::kit::plot::{self, Line, Panel};
use super::kit::{middle, process};
use super::{FILES_SLACK, MEMORY_SLACK};

/// Samples of one process.
pub struct Samples {
    name: &'static str,
    pid: u32,
    /// Minutes, MB, open files.
    taken: Vec<(f64, f64, f64)>,
}

/// What the samples of one figure come to.
struct Course {
    /// The first sample.
    start: f64,
    /// The middle of the second fifth: all is warm.
    warm: f64,
    /// The middle of the last fifth.
    end: f64,
    /// Growth a minute over the second half.
    slope: f64,
}

/// What the samples of one process come to.
pub struct Found {
    name: &'static str,
    memory: Course,
    files: Course,
}

impl Samples {
    pub fn new(name: &'static str, pid: u32) -> Self {
        Self {
            name,
            pid,
            taken: Vec::new(),
        }
    }

    pub fn take(&mut self, at: Duration) {
        let files = u32::try_from(process::open_files(self.pid)).unwrap();
        self.taken.push((
            at.as_secs_f64() / 60.0,
            process::memory(self.pid),
            f64::from(files),
        ));
    }

    pub fn found(&self) -> Found {
        Found {
            name: self.name,
            memory: course(&self.points(|sample| sample.1)),
            files: course(&self.points(|sample| sample.2)),
        }
    }

    fn points(&self, of: impl Fn(&(f64, f64, f64)) -> f64) -> Vec<(f64, f64)> {
        let taken = self.taken.iter();
        taken.map(|sample| (sample.0, of(sample))).collect()
    }
}

fn course(points: &[(f64, f64)]) -> Course {
    let fifth = points.len() / 5;
    let middle_of = |part: &[(f64, f64)]| {
        let mut values: Vec<f64> = part.iter().map(|point| point.1).collect();
        middle(&mut values)
    };
    Course {
        start: points[0].1,
        warm: middle_of(&points[fifth..2 * fifth]),
        end: middle_of(&points[points.len() - fifth..]),
        slope: slope(&points[points.len() / 2..]),
    }
}

/// The slope of the line that is nearest to the points by least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = f64::from(u32::try_from(points.len()).unwrap());
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let along: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let both = points.iter().map(|point| (point.0 - x) * (point.1 - y));
    both.sum::<f64>() / along
}

impl Found {
    /// What has grown, in words.
    pub fn grown(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let Self {
            name,
            memory,
            files,
        } = self;
        // A figure that the system does not tell is no proof of steadiness either.
        let is_steady = memory.end <= memory.warm * (1.0 + MEMORY_SLACK);
        if !is_steady {
            complaints.push(format!(
                "{name}: memory grew from {:.1} MB to {:.1} MB",
                memory.warm, memory.end
            ));
        }
        let is_steady = files.end <= files.warm + FILES_SLACK;
        if !is_steady {
            complaints.push(format!(
                "{name}: open files grew from {} to {}",
                files.warm, files.end
            ));
        }
        complaints
    }
}

/// The rows, in Markdown.
pub fn table(found: &[Found]) -> String {
    let head = "| server | figure | start | second fifth | last fifth | slope a minute, second half |\n\
                |---|---|---|---|---|---|\n";
    let rows = found.iter().map(|found| {
        let (memory, files) = (&found.memory, &found.files);
        format!(
            "| {} | memory | {:.1} MB | {:.1} MB | {:.1} MB | {:+.3} MB |\n\
             | {} | open files | {} | {} | {} | {:+.2} |\n",
            found.name,
            memory.start,
            memory.warm,
            memory.end,
            memory.slope,
            found.name,
            files.start,
            files.warm,
            files.end,
            files.slope,
        )
    });
    head.to_owned() + &rows.collect::<String>()
}

/// Both figures of every process over time.
pub fn plot(samples: &[Samples]) {
    let panel = |title: &str, y: &str, of: fn(&(f64, f64, f64)) -> f64| Panel {
        title: title.to_owned(),
        x: "minutes".to_owned(),
        y: y.to_owned(),
        is_log: false,
        lines: samples
            .iter()
            .map(|of_one| Line {
                name: of_one.name.to_owned(),
                points: of_one.points(of),
            })
            .collect(),
    };
    let panels = [
        panel("Memory under steady load", "resident MB", |sample| sample.1),
        panel(
            "Open files under steady load",
            "files and sockets",
            |sample| sample.2,
        ),
    ];
    plot::draw("soak", 2, &panels);
}
