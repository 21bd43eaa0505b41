//! The tables of the README: whatever stands between a pair of markers is made from the registry, the
//! caps, the promises about faults and the counts of tokens.

use serde_json::Value;

use super::faults;
use crate::registry::entry::{Api, Class, Provenance};
use crate::registry::{Action, Registry};
use crate::safety::caps::{Cap, Caps};

/// A README whose tables cannot be placed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TableError {
    /// A marker is missing.
    #[error("README.md lacks the line `{0}`; put it where the generated table belongs")]
    Marker(String),
}

/// The README with every generated table made anew; `counts` are the pinned counts of tokens.
///
/// # Errors
/// When a table's markers are missing.
pub fn tables(readme: &str, registry: &Registry, counts: &Value) -> Result<String, TableError> {
    let mut text = readme.to_owned();
    let tables = [
        ("toolsets", toolsets(registry)),
        ("tools", tools(registry)),
        ("surfaces", surfaces(counts)),
        ("caps", caps()),
        ("faults", faults::fault_table()),
    ];
    for (name, table) in tables {
        text = place(&text, name, &table)?;
    }
    Ok(text)
}

fn place(text: &str, name: &str, table: &str) -> Result<String, TableError> {
    let begin = format!("<!-- begin {name} (generated: cargo run -- docs) -->");
    let end = format!("<!-- end {name} -->");
    let (before, rest) = text
        .split_once(&begin)
        .ok_or_else(|| TableError::Marker(begin.clone()))?;
    let (_, after) = rest
        .split_once(&end)
        .ok_or_else(|| TableError::Marker(end.clone()))?;
    Ok(format!("{before}{begin}\n{table}{end}{after}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_replaces_what_stands_between_its_markers() {
        let text = "a\n<!-- begin x (generated: cargo run -- docs) -->\nold\n<!-- end x -->\nb\n";
        assert_eq!(
            place(text, "x", "| new |\n").unwrap(),
            "a\n<!-- begin x (generated: cargo run -- docs) -->\n| new |\n<!-- end x -->\nb\n"
        );
        assert_eq!(
            place("a", "x", "").unwrap_err().to_string(),
            "README.md lacks the line `<!-- begin x (generated: cargo run -- docs) -->`; put it where the generated table belongs"
        );
    }
}
