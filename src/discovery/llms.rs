//! `llms.txt`: where an agent finds what, as <https://llmstxt.org> has it: a title, a summary in a quote,
//! then sections of links.

use super::offer::Offer;
use crate::registry::entry::{Api, Entry};

/// Where the text lies, which decides where its links lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On a server: to its own pages.
    Server,
    /// In the project's `docs`: to the files beside it.
    Project,
}

const SUMMARY: &str = "> MCP server, command line and test shop with which an AI agent runs a Shopify merchant's \
    back-in-stock waitlists and preorders on STOQ: who waits for what, alerts, offers, orders, balances, reports. \
    What messages shoppers, moves money or deletes is planned first, agreed to by a person, bounded, and done once.\n";

/// The text.
pub fn llms(offer: Offer<'_>, place: Place) -> String {
    let mut text = format!("# stoq-mcp\n\n{SUMMARY}\n");
    text.push_str(match place {
        Place::Server => {
            "The server speaks MCP over streamable HTTP at `/mcp`. Every page needs what `/mcp` needs.\n"
        }
        Place::Project => {
            "`stoq-mcp demo` shows it at work and `stoq-mcp serve --sandbox` tries it, both without a key.\n"
        }
    });
    text.push_str("\n## Docs\n\n");
    for (title, link, told) in pages(place) {
        text.push_str(&format!("- [{title}]({link}): {told}\n"));
    }
    for toolset in offer.toolsets() {
        text.push_str(&format!("\n## {toolset}\n\n"));
        for action in offer.actions().filter(|one| one.toolset() == toolset) {
            let entry = action.entry();
            text.push_str(&format!(
                "- [{}]({}): {} ({})\n",
                entry.name,
                link(entry, place),
                entry.title,
                entry.class.as_str()
            ));
        }
    }
    text
}

fn pages(place: Place) -> Vec<(&'static str, &'static str, &'static str)> {
    match place {
        Place::Server => vec![
            (
                "Skill",
                "/skill.md",
                "how to work with this server safely; read it first",
            ),
            (
                "OpenAPI",
                "/openapi.json",
                "the API's own requests and answers",
            ),
            (
                "Manifest",
                "/help",
                "every action with schemas and examples; `?prefix=` narrows it",
            ),
            ("Server card", "/mcp/server-card", "how to connect"),
        ],
        Place::Project => vec![
            (
                "README",
                "../README.md",
                "what it is, how to connect, safety, settings",
            ),
            ("Skill", "skill.md", "how to work with the server safely"),
            (
                "Actions",
                "reference/README.md",
                "every action with arguments, answers and examples",
            ),
            (
                "OpenAPI",
                "openapi.json",
                "the API's own requests and answers",
            ),
        ],
    }
}

/// Where an action is told of.
fn link(entry: &Entry, place: Place) -> String {
    match (place, entry.api) {
        (Place::Server, Api::V2) => format!("/help?prefix={}", entry.path),
        (Place::Server, Api::V1 | Api::V1Public) => "/openapi.json".to_owned(),
        (Place::Server, Api::Local) => "/skill.md".to_owned(),
        (Place::Project, _) => format!("reference/{}.md#{}", entry.toolset, entry.name),
    }
}
