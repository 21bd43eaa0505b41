//! What was found, and how it is told.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::text::{line, without_keys};

/// Most characters of one sentence: it may repeat what a file or the API says.
const MOST: usize = 600;

/// A part of what is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Area {
    Program,
    Configuration,
    Key,
    Reachability,
    Clock,
    Manifest,
    Policy,
    State,
    Clients,
}

impl Area {
    const fn title(self) -> &'static str {
        match self {
            Self::Program => "Program",
            Self::Configuration => "Configuration",
            Self::Key => "Key",
            Self::Reachability => "Reachability",
            Self::Clock => "Clock",
            Self::Manifest => "Manifest",
            Self::Policy => "Policy",
            Self::State => "State",
            Self::Clients => "Clients",
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Ok,
    Warning,
    Problem,
}

#[derive(Debug, Serialize)]
struct Finding {
    area: Area,
    level: Level,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// A command.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

/// All that was found, in order.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Finding>);

impl Report {
    /// Something is as it should be.
    pub(super) fn ok(&mut self, area: Area, what: impl AsRef<str>) {
        self.add(area, Level::Ok, what.as_ref(), None);
    }

    /// Something works, and may come to hurt: why, and the command that mends it.
    pub(super) fn warning(&mut self, area: Area, what: impl AsRef<str>, why: &str, fix: &str) {
        self.add(area, Level::Warning, what.as_ref(), Some((why, fix)));
    }

    /// Something does not work: why, and the command that mends it.
    pub(super) fn problem(&mut self, area: Area, what: impl AsRef<str>, why: &str, fix: &str) {
        self.add(area, Level::Problem, what.as_ref(), Some((why, fix)));
    }

    fn add(&mut self, area: Area, level: Level, what: &str, more: Option<(&str, &str)>) {
        // A key that was put where none belongs is not repeated.
        let safe = |text: &str| line(&without_keys(text), MOST);
        self.0.push(Finding {
            area,
            level,
            what: safe(what),
            why: more.map(|(why, _)| safe(why)),
            fix: more.map(|(_, fix)| safe(fix)),
        });
    }

    fn count(&self, level: Level) -> usize {
        self.0
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    }

    /// Findings with which a client cannot work.
    pub(super) fn problems(&self) -> usize {
        self.count(Level::Problem)
    }

    /// For people, area by area.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        let mut area = None;
        for finding in &self.0 {
            if area != Some(finding.area) {
                area = Some(finding.area);
                out.push_str(&format!("{}\n", finding.area.title()));
            }
            let level = match finding.level {
                Level::Ok => "ok",
                Level::Warning => "warning",
                Level::Problem => "PROBLEM",
            };
            out.push_str(&format!("  {level:<8} {}\n", finding.what));
            if let Some(why) = &finding.why {
                out.push_str(&format!("           why: {why}\n"));
            }
            if let Some(fix) = &finding.fix {
                out.push_str(&format!("           fix: {fix}\n"));
            }
        }
        out.push_str(&format!(
            "\nproblems: {}, warnings: {}, fine: {}\n",
            self.problems(),
            self.count(Level::Warning),
            self.count(Level::Ok)
        ));
        out
    }

    /// The commands alone, each once.
    pub(super) fn fixes(&self) -> String {
        let mut seen = BTreeMap::new();
        let mut out = String::new();
        for fix in self.0.iter().filter_map(|finding| finding.fix.as_ref()) {
            if seen.insert(fix, ()).is_none() {
                out.push_str(&format!("{fix}\n"));
            }
        }
        out
    }

    /// For programs.
    pub(super) fn json(&self) -> String {
        let value = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "problems": self.problems(),
            "warnings": self.count(Level::Warning),
            "findings": self.0,
        });
        format!("{value:#}\n")
    }
}

/// A text as one word of a shell.
pub(super) fn word(text: &str) -> String {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || "_-./:@%+=,".contains(symbol);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
