//! The tables and figures that stand in texts which people write: made from the registry, the caps and
//! limits, the promises about faults and the counts of tokens.

use serde_json::Value;

use super::faults;
use super::limits::limits;
use super::marks::Parts;
use crate::knowledge::{TOPICS, WORKFLOWS};
use crate::registry::entry::{Api, Class, Provenance};
use crate::registry::{Action, MOST_FOUND, Registry};
use crate::safety::caps::{Cap, Caps};

/// Every part that this room can make; `counts` are the pinned counts of tokens.
pub fn parts(registry: &Registry, counts: &Value) -> Parts {
    let mut parts = Parts::default();
    for (name, text) in [
        ("toolsets", toolsets(registry)),
        ("tools", tools(registry)),
        ("surfaces", surfaces(counts)),
        ("caps", caps()),
        ("faults", faults::fault_table()),
    ] {
        parts.add(name, text);
    }
    let count = |holds: &dyn Fn(&Action) -> bool| {
        let all = registry.actions().iter();
        all.filter(|action| holds(action)).count()
    };
    let inferred = |action: &Action| action.entry().provenance == Provenance::Inferred;
    for (name, figure) in [
        ("count-actions", count(&|_| true)),
        ("count-documented", count(&|action| !inferred(action))),
        ("count-inferred", count(&inferred)),
        ("count-v1", count(&|action| action.entry().api.is_v1())),
        ("count-toolsets", registry.toolsets().len()),
        ("count-prompts", WORKFLOWS.len()),
        ("count-topics", TOPICS.len()),
        ("found-at-most", MOST_FOUND),
    ] {
        parts.add(name, figure.to_string());
    }
    for (name, figure) in limits() {
        parts.add(name, figure);
    }
    for (surface, name) in [
        ("compact, everything", "count-tools-compact"),
        ("core, everything", "count-tools-core"),
        ("full, everything", "count-tools-full"),
    ] {
        let figure = counts.get(surface).and_then(|row| row.get("tools"));
        if let Some(figure) = figure {
            parts.add(name, figure.to_string());
        }
    }
    parts
}

/// What each surface costs in context, as a tokenizer counted it.
fn surfaces(counts: &Value) -> String {
    let mut lines = vec![
        "| surface, what is allowed | tools | tokens of the tools | a tool | instructions |"
            .to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    for (name, row) in counts.as_object().into_iter().flatten() {
        let cell = |key: &str| row.get(key).map(ToString::to_string);
        let cells: Option<Vec<String>> = ["tools", "tokens", "mean", "instructions"]
            .into_iter()
            .map(cell)
            .collect();
        // Other figures are pinned there too.
        if let Some(cells) = cells {
            lines.push(format!("| {name} | {} |", cells.join(" | ")));
        }
    }
    joined(&lines)
}

/// What one call, and one day, may touch.
fn caps() -> String {
    let default = Caps::default();
    let row = |what: &str, key: &str, default: u64, ceiling: String| {
        let flag = key.replace('_', "-");
        format!("| {what} | `--{flag}` | `{key}` | {default} | {ceiling} |")
    };
    let mut lines = vec![
        "| bound | flag | key | default | ceiling |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    for (cap, what) in [
        (Cap::Recipients, "shoppers messaged by a call"),
        (Cap::Destroyed, "rows deleted or moved by a call"),
        (Cap::Released, "orders released by a call"),
        (Cap::MoneyOrders, "orders whose money a call moves"),
    ] {
        let ceiling = Caps::CEILINGS.most(cap).to_string();
        lines.push(row(what, cap.setting(), default.most(cap), ceiling));
    }
    let ceiling = Caps::CEILINGS.money_per_day;
    lines.push(row(
        "money moved in a day (UTC), in units of each currency",
        "money_per_day",
        default.money_per_day.unwrap_or_default(),
        ceiling.map_or("none".to_owned(), |most| most.to_string()),
    ));
    joined(&lines)
}

/// How many actions of which class and provenance each toolset has.
fn toolsets(registry: &Registry) -> String {
    let mut lines = vec![
        "| toolset | api | actions | documented | inferred | read | write | send | money | destroy |"
            .to_owned(),
        "|---|---|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for name in registry.toolsets() {
        lines.push(row(name, |action| action.entry().toolset == name, registry));
    }
    lines.push(row("**all**", |_| true, registry));
    joined(&lines)
}

fn row(name: &str, belongs: impl Fn(&Action) -> bool, registry: &Registry) -> String {
    let of: Vec<&Action> = registry
        .actions()
        .iter()
        .filter(|action| belongs(action))
        .collect();
    let inferred = of
        .iter()
        .filter(|action| action.entry().provenance == Provenance::Inferred)
        .count();
    let mut cells = vec![
        name.to_owned(),
        apis(&of),
        of.len().to_string(),
        (of.len() - inferred).to_string(),
        inferred.to_string(),
    ];
    for class in Class::ALL {
        let count = of.iter().filter(|action| action.entry().class == class);
        cells.push(count.count().to_string());
    }
    format!("| {} |", cells.join(" | "))
}

/// The APIs that serve the actions, each once.
fn apis(actions: &[&Action]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for action in actions {
        let name = match action.entry().api {
            Api::V2 => "v2",
            Api::V1 | Api::V1Public => "v1",
            Api::Local => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return "–".to_owned();
    }
    names.join(", ")
}

/// One line a tool.
fn tools(registry: &Registry) -> String {
    let mut lines = vec![
        "| tool | what it does | class | points | source |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    for action in registry.actions() {
        let entry = action.entry();
        let what = entry.manifest_description.as_ref();
        lines.push(format!(
            "| `{}` | {} | {} | {} | {} |",
            entry.name,
            what.unwrap_or(&entry.description).replace('|', "\\|"),
            entry.class.as_str(),
            entry.points(),
            entry.provenance.as_str()
        ));
    }
    joined(&lines)
}

fn joined(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}
