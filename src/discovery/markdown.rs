//! The action reference in Markdown: an index and one page for each toolset.

use serde_json::Value;

use super::arguments::{self, Line};
use super::offer::Offer;
use crate::registry::Action;
use crate::registry::entry::{Api, Entry, Raise};

/// One file of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// File name.
    pub name: String,
    /// The text.
    pub text: String,
}

/// The name of the index.
const INDEX: &str = "README.md";

/// Says of a file where it comes from.
const GENERATED: &str =
    "<!-- Generated from tools.registry.json: cargo run -- docs. Changes made here are lost. -->\n";

/// Whether a file is one of the reference, so that it may be taken away when its toolset is gone.
pub fn is_generated(text: &str) -> bool {
    text.starts_with(GENERATED)
}

/// The whole reference in one text.
pub fn markdown(offer: Offer<'_>) -> String {
    let mut text = format!("# Actions of stoq-mcp\n\n{}", common());
    for toolset in offer.toolsets() {
        text.push('\n');
        text.push_str(&section(offer, toolset, "##", &|name| format!("#{name}")));
    }
    text
}

/// The reference as files: the index, then a page for each toolset.
pub fn pages(offer: Offer<'_>) -> Vec<Page> {
    let link = |name: &str| match offer.get(name) {
        Some(action) => format!("{}.md#{name}", action.toolset()),
        None => format!("#{name}"),
    };
    let mut pages = vec![Page {
        name: INDEX.to_owned(),
        text: format!("{GENERATED}{}", index(offer, &link)),
    }];
    for toolset in offer.toolsets() {
        let body = section(offer, toolset, "#", &link);
        pages.push(Page {
            name: format!("{toolset}.md"),
            text: format!("{GENERATED}{body}\n[All actions]({INDEX})\n"),
        });
    }
    pages
}

fn index(offer: Offer<'_>, link: &dyn Fn(&str) -> String) -> String {
    let mut text = format!("# Actions of stoq-mcp\n\n{}", common());
    for toolset in offer.toolsets() {
        text.push_str(&format!("\n## [{toolset}]({toolset}.md)\n\n"));
        text.push_str("| action | title | class | points | source |\n|---|---|---|---|---|\n");
        for action in of(offer, toolset) {
            let entry = action.entry();
            text.push_str(&format!(
                "| [`{}`]({}) | {} | {} | {} | {} |\n",
                entry.name,
                link(&entry.name),
                cell(&entry.title),
                entry.class.as_str(),
                entry.points(),
                entry.provenance.as_str()
            ));
        }
    }
    text
}

/// What holds for all of them and is not repeated.
fn common() -> String {
    "Every action is called in the same way: as a tool of the server, through a `run_` tool of its class, or \
     with `stoq-mcp call NAME --json '{…}'`. *Class* is the worst a call can do: `read` looks, `write` changes \
     what can be set back, `send` can message shoppers, `money` charges or refunds, `destroy` deletes or lets \
     goods go. *Points* count against the shop's budget of the API. *Source* says where the facts come from: the \
     vendor documents only part of its API, and what is inferred is marked so.\n\n\
     Beside the arguments listed, lists take `limit`, `cursor`, `detail` and `fields`; jobs and exports \
     `wait_seconds`; whatever cannot be taken back `confirm` and `idempotency_key`.\n"
        .to_owned()
}

fn of<'r>(offer: Offer<'r>, toolset: &str) -> impl Iterator<Item = &'r Action> {
    offer
        .actions()
        .filter(move |action| action.toolset() == toolset)
}

/// A toolset with its actions, below a heading of that depth.
fn section(offer: Offer<'_>, toolset: &str, depth: &str, link: &dyn Fn(&str) -> String) -> String {
    let mut text = format!("{depth} {toolset}\n");
    for action in of(offer, toolset) {
        text.push('\n');
        text.push_str(&one(offer, action, depth, link));
    }
    text
}

fn one(offer: Offer<'_>, action: &Action, depth: &str, link: &dyn Fn(&str) -> String) -> String {
    let entry = action.entry();
    let mut parts = vec![
        format!("{depth}# {}", entry.name),
        format!(
            "**{}** · {} · {} · {}",
            entry.title,
            entry.class.as_str(),
            points(entry),
            entry.provenance.as_str()
        ),
        entry.description.clone(),
    ];
    parts.extend(entry.notes.clone());
    parts.push(call(entry));
    if !entry.also_known_as.is_empty() {
        parts.push(format!("Also known as {}.", codes(&entry.also_known_as)));
    }
    parts.extend(takes(action));
    if !entry.raises.is_empty() {
        let rules: Vec<String> = entry.raises.iter().map(raised).collect();
        parts.push(format!(
            "Raises the class of a call:\n\n{}",
            rules.join("\n")
        ));
    }
    if !entry.preconditions.is_empty() {
        let rules = entry.preconditions.iter();
        let rules: Vec<String> = rules.map(|rule| format!("- {rule}")).collect();
        parts.push(format!("Before:\n\n{}", rules.join("\n")));
    }
    parts.extend(gives(action));
    let next = entry.next.iter().filter(|name| offer.get(name).is_some());
    let next: Vec<String> = next
        .map(|name| format!("[`{name}`]({})", link(name)))
        .collect();
    if !next.is_empty() {
        parts.push(format!("Usually followed by {}.", next.join(", ")));
    }
    parts.extend(examples(entry));
    format!("{}\n", parts.join("\n\n"))
}

fn points(entry: &Entry) -> String {
    match entry.points() {
        1 => "1 point".to_owned(),
        points => format!("{points} points"),
    }
}

/// The verb and the address, or that there is none.
fn call(entry: &Entry) -> String {
    match entry.api {
        Api::Local => "Answered by this server alone.".to_owned(),
        Api::V2 | Api::V1 | Api::V1Public => {
            let (verb, base) = (entry.method.as_str(), entry.api.base_path());
            format!("`{verb} {base}{}`", entry.path)
        }
    }
}

fn takes(action: &Action) -> Vec<String> {
    let mut parts = Vec::new();
    let lines = arguments::arguments(action);
    if lines.is_empty() {
        parts.push("No arguments.".to_owned());
    } else {
        parts.push(table("argument", "required", &lines));
    }
    let ours = arguments::ours(action);
    if !ours.is_empty() {
        let ours: Vec<String> = ours.iter().map(|name| format!("`{name}`")).collect();
        parts.push(format!("Also: {}.", ours.join(", ")));
    }
    parts
}

fn gives(action: &Action) -> Option<String> {
    let lines = arguments::answer(action);
    (!lines.is_empty()).then(|| table("answer", "always", &lines))
}

fn table(first: &str, third: &str, lines: &[Line]) -> String {
    let mut text = format!("| {first} | type | {third} | what |\n|---|---|---|---|");
    for line in lines {
        let mark = if line.is_required { "yes" } else { "" };
        text.push_str(&format!(
            "\n| `{}` | {} | {mark} | {} |",
            line.path,
            cell(&line.kind),
            cell(&line.told)
        ));
    }
    text
}

fn raised(rule: &Raise) -> String {
    let value = rule.equals.as_ref();
    let value = value.map_or_else(String::new, |value| format!(" = {value}"));
    format!(
        "- `{}{value}`: {} ({})",
        rule.argument,
        rule.class.as_str(),
        rule.why
    )
}

/// Each example as a line that a shell takes.
fn examples(entry: &Entry) -> Option<String> {
    let lines: Vec<String> = entry
        .examples
        .iter()
        .map(|example| {
            let arguments = Value::Object(example.arguments.clone());
            let title = &example.title;
            match example.arguments.is_empty() {
                true => format!("# {title}\nstoq-mcp call {}", entry.name),
                false => format!(
                    "# {title}\nstoq-mcp call {} --json '{}'",
                    entry.name,
                    arguments.to_string().replace('\'', "'\\''")
                ),
            }
        })
        .collect();
    (!lines.is_empty()).then(|| format!("```sh\n{}\n```", lines.join("\n")))
}

fn codes(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A text within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
