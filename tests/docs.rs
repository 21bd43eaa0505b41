//! The documentation that is made from the registry: each format prints, holds every action, is current in
//! the project, and is served over HTTP to those who may see it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use serde_json::{Value, json};
use stoq_mcp::discovery::marks::{emptied, has_parts};
use stoq_mcp::registry::Registry;
use stoq_mcp::registry::entry::{Api, Class};
use support::modern::client;
use support::{HttpProcess, SandboxProcess, Scratch, run};

const README: &str = include_str!("../README.md");

/// What a format prints.
fn printed(format: &str) -> String {
    let (code, out, err) = run(&["docs", "--format", format]);
    assert_eq!((code, err.as_str()), (0, ""), "{format}");
    out
}

/// The names of all actions, and whether each has an address.
fn actions() -> Vec<(String, bool)> {
    let registry = Registry::bundled().unwrap();
    let all = registry.actions().iter();
    all.map(|action| (action.name().to_owned(), action.entry().api != Api::Local))
        .collect()
}

#[test]
fn every_action_is_in_every_format() {
    let markdown = printed("markdown");
    let skill = printed("skill");
    let llms = printed("llms");
    let whole: Value = serde_json::from_str(&printed("json")).unwrap();
    let openapi: Value = serde_json::from_str(&printed("openapi")).unwrap();
    let names = |list: &Value, key: &str| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|one| one[key].as_str().unwrap().to_owned())
            .collect()
    };
    let operations: Vec<String> = openapi["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|verbs| verbs.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    let local = names(&openapi["x-stoq-local"], "name");
    let listed = names(&whole["actions"], "name");
    let all = actions();
    for (name, has_address) in &all {
        assert_eq!(
            markdown.matches(&format!("\n### {name}\n")).count(),
            1,
            "{name}"
        );
        assert_eq!(skill.matches(&format!("\n- {name} (")).count(), 1, "{name}");
        assert_eq!(llms.matches(&format!("\n- [{name}](")).count(), 1, "{name}");
        assert_eq!(operations.contains(name), *has_address, "{name}");
        assert_eq!(local.contains(name), !has_address, "{name}");
    }
    let wanted: Vec<&String> = all.iter().map(|(name, _)| name).collect();
    assert_eq!(listed.iter().collect::<Vec<_>>(), wanted);
}

#[test]
fn the_files_of_the_project_are_what_the_formats_print() {
    let file = |name: &str| {
        let path = format!("{}/docs/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    assert!(file("openapi.json") == printed("openapi"));
    assert!(file("skill.md") == printed("skill"));
    assert!(file("llms.txt") == printed("llms"));
    let registry = Registry::bundled().unwrap();
    let index = file("reference/README.md");
    for toolset in registry.toolsets() {
        assert!(index.contains(&format!("({toolset}.md)")), "{toolset}");
        let page = file(&format!("reference/{toolset}.md"));
        for action in registry
            .actions()
            .iter()
            .filter(|one| one.toolset() == toolset)
        {
            assert_eq!(
                page.matches(&format!("\n## {}\n", action.name())).count(),
                1
            );
        }
    }
}

/// Every link of the written pages that leads to a file leads to one that is there.
#[test]
fn the_links_of_the_project_lead_somewhere() {
    let docs = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs"));
    let mut pages = vec![docs.join("llms.txt"), docs.join("skill.md")];
    for entry in std::fs::read_dir(docs.join("reference")).unwrap() {
        pages.push(entry.unwrap().path());
    }
    let mut followed = 0;
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let there = std::fs::read_to_string(&target);
            let there = there.unwrap_or_else(|error| panic!("{}: {link}: {error}", page.display()));
            assert!(
                anchor.is_empty() || there.contains(&format!("\n## {anchor}\n")),
                "{}: {link}",
                page.display()
            );
            followed += 1;
        }
    }
    assert!(followed > actions().len(), "{followed}");
}

#[test]
fn the_page_of_an_action_tells_all_of_it() {
    let text = printed("markdown");
    let start = text
        .find("\n### preorders_offers_payment_update\n")
        .unwrap();
    let page = &text[start + 1..];
    let page = &page[..page.find("\n### ").unwrap()];
    for told in [
        "**Change deposit and balance** · write · 2 points · inferred",
        "`PATCH /api/v2/external/preorders/offers/:id/payment`",
        "| `id` | text | yes | Offer id (UUID), as the offers list prints it. |",
        "| `remaining_balance.due_after_days` |",
        "- `remaining_balance.auto_collect = true`: money (starts automatic charges of shoppers at the due time)",
        "- auto_collect true needs type partial.",
        "Usually followed by [`preorders_offers_payment_read`](#preorders_offers_payment_read)",
        "# 20 percent now, the rest after 30 days\nstoq-mcp call preorders_offers_payment_update --json '{\"id\":",
    ] {
        assert!(page.contains(told), "{told}\n{page}");
    }
}

#[test]
fn the_merged_registry_has_what_is_derived_from_an_entry() {
    let whole: Value = serde_json::from_str(&printed("json")).unwrap();
    let actions = whole["actions"].as_array().unwrap();
    let of = |name: &str| actions.iter().find(|one| one["name"] == name).unwrap();
    let list = of("back_in_stock_signups_list");
    assert_eq!(list["address"], "/api/v2/external/back_in_stock/signups");
    assert_eq!(
        (&list["points"], &list["answers"]),
        (&json!(1), &json!([200]))
    );
    assert_eq!(list["tool"], "run_read");
    let email = &list["response_schema"]["properties"]["signups"]["items"]["properties"]["customer"]
        ["properties"]["email"];
    assert_eq!(email["x-pii"], "email");
    assert!(list["input_schema"]["properties"]["cursor"].is_object());
    assert_eq!(of("v1_intents_create")["answers"], json!([201]));
    assert_eq!(
        of("preorders_offers_schedule")["requests"][0]["path"]["id"],
        of("preorders_offers_schedule")["examples"][0]["arguments"]["id"]
    );
    assert!(!printed("json").contains("\"$ref\""));
}

#[test]
fn a_skill_file_begins_with_its_name_and_description() {
    let text = printed("skill");
    let matter = text
        .strip_prefix("---\n")
        .unwrap()
        .split("\n---\n")
        .next()
        .unwrap();
    let lines: Vec<&str> = matter.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], "name: stoq");
    let description = lines[1].strip_prefix("description: ").unwrap();
    assert!(
        description.len() <= 1024 && !description.contains(": "),
        "{description}"
    );
    for section in [
        "Find, describe, run",
        "What a call can do",
        "Plan, then agree",
        "Limits",
        "Personal data, and text of others",
        "When something fails",
    ] {
        assert!(text.contains(&format!("\n## {section}\n")), "{section}");
    }
}

#[test]
fn a_format_goes_to_a_file_and_a_wrong_one_is_told() {
    let file = Scratch::new("llms.txt", "");
    let (code, out, err) = run(&["docs", "--format", "llms", "--out", file.path()]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
    assert_eq!(
        std::fs::read_to_string(file.path()).unwrap(),
        printed("llms")
    );
    let (code, _, err) = run(&["docs", "--format", "pdf"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("possible values: markdown, html, openapi, skill, llms, json"),
        "{err}"
    );
    let (code, _, err) = run(&["docs", "--out", "x"]);
    assert_eq!((code, err.contains("--format")), (2, true), "{err}");
}

/// A project with nothing in it but a README and what the check needs.
fn project(readme: &str) -> (tempdir::Folder, String) {
    let folder = tempdir::Folder::new("docs-project");
    let root = folder.path().to_owned();
    std::fs::create_dir_all(format!("{root}/tests/interop")).unwrap();
    std::fs::write(format!("{root}/tests/interop/tokens.json"), "{}").unwrap();
    std::fs::write(format!("{root}/README.md"), readme).unwrap();
    let registry = concat!(env!("CARGO_MANIFEST_DIR"), "/tools.registry.json");
    std::fs::copy(registry, format!("{root}/tools.registry.json")).unwrap();
    std::fs::create_dir_all(format!("{root}/src")).unwrap();
    std::fs::write(format!("{root}/src/lib.rs"), "//! A program.\n").unwrap();
    (folder, root)
}

#[test]
fn what_is_not_current_is_named_written_and_then_current() {
    let mark = "<!-- begin count-actions (generated: cargo run -- docs) -->";
    let (_folder, root) = project(&format!("{mark}7<!-- end count-actions --> actions\n"));
    let page = format!("{root}/docs/reference/gone.md");
    let check = || run(&["docs", "--check", "--root", &root]);
    let (code, _, err) = check();
    assert_eq!(code, 1);
    for name in [
        "README.md",
        "docs/openapi.json",
        "docs/reference/preorders.offers.md",
    ] {
        assert!(err.contains(name), "{name}: {err}");
    }
    assert!(
        err.ends_with("; refresh with `cargo run -- docs`\n"),
        "{err}"
    );
    assert_eq!(run(&["docs", "--root", &root]).0, 0);
    assert_eq!(check().1, "generated files are current\n");
    let readme = std::fs::read_to_string(format!("{root}/README.md")).unwrap();
    let count = actions().len();
    assert_eq!(
        readme,
        format!("{mark}{count}<!-- end count-actions --> actions\n")
    );
    // A page of a toolset that is gone is taken away; what somebody wrote there is not.
    let made = std::fs::read_to_string(format!("{root}/docs/reference/storefront.md")).unwrap();
    std::fs::write(&page, made).unwrap();
    std::fs::write(format!("{root}/docs/reference/notes.md"), "mine").unwrap();
    let (code, _, err) = check();
    assert_eq!(
        (code, err.contains("gone.md (nothing makes it)")),
        (1, true),
        "{err}"
    );
    assert_eq!(run(&["docs", "--root", &root]).0, 0);
    assert!(!std::path::Path::new(&page).exists());
    assert_eq!(check().0, 0);
}

#[test]
fn a_mark_that_leads_nowhere_is_told_with_its_file() {
    let (_folder, root) = project("<!-- begin nothing (generated: cargo run -- docs) -->\n");
    let (code, _, err) = run(&["docs", "--check", "--root", &root]);
    assert_eq!(code, 1);
    assert!(
        err.contains("README.md: the part `nothing` does not end"),
        "{err}"
    );
}

/// Figures of actions, toolsets and tools stand between marks: typed by hand they would be wrong one day.
#[test]
fn no_count_in_the_readme_is_typed_by_hand() {
    assert!(has_parts(README));
    for part in ["toolsets", "tools", "surfaces", "caps", "faults"] {
        assert!(
            README.contains(&format!("<!-- begin {part} (generated")),
            "{part}"
        );
    }
    let written = emptied(README);
    let prose: String = written.split("```").step_by(2).collect();
    let figures = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve", "dozen", "dozens", "hundreds",
    ];
    let is_figure = |word: &str| {
        figures.contains(&word)
            || (!word.is_empty() && word.chars().all(|letter| letter.is_ascii_digit()))
    };
    let counted = ["actions", "toolsets", "tools"];
    // What belongs together has no mark of punctuation within.
    for phrase in prose.split([',', ';', ':', '.', '(', ')', '|', '`']) {
        let words: Vec<String> = phrase.split_whitespace().map(str::to_lowercase).collect();
        for (at, word) in words.iter().enumerate().filter(|(_, word)| is_figure(word)) {
            for noun in words.iter().skip(at + 1).take(3) {
                assert!(
                    !counted.contains(&noun.as_str()),
                    "`{word} … {noun}` is typed by hand; put the figure between marks, see src/discovery/marks.rs"
                );
            }
        }
    }
}

struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    text: String,
}

async fn get(url: String, headers: &[(&str, &str)]) -> Got {
    let mut request = client().get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    Got {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await.unwrap(),
    }
}

const DOCUMENTS: [(&str, &str); 5] = [
    ("/openapi.json", "application/json; charset=utf-8"),
    ("/skill.md", "text/markdown; charset=utf-8"),
    ("/llms.txt", "text/plain; charset=utf-8"),
    ("/mcp/server-card", "application/mcp-server-card+json"),
    (
        "/.well-known/mcp/server-card.json",
        "application/mcp-server-card+json",
    ),
];

#[tokio::test]
async fn every_document_is_served_with_its_type_and_version() {
    let server = HttpProcess::sandbox("fixture");
    for (page, kind) in DOCUMENTS {
        let url = format!("{}{page}", server.origin);
        let got = get(url.clone(), &[]).await;
        let header = |name: &str| got.headers[name].to_str().unwrap().to_owned();
        assert_eq!(got.status, 200, "{page}");
        assert_eq!(header("content-type"), kind, "{page}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{page}");
        assert_eq!(header("cache-control"), "private, no-cache", "{page}");
        let tag = header("etag");
        let again = get(url.clone(), &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{page}");
        assert_eq!(again.headers["etag"].to_str().unwrap(), tag, "{page}");
        let other = get(url, &[("if-none-match", "\"other\"")]).await;
        assert_eq!((other.status, other.text), (200, got.text), "{page}");
    }
    let nowhere = get(format!("{}/nope", server.origin), &[]).await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(
        nowhere.text,
        r#"{"errors":["There is no such page; this server has /mcp, /help, /docs, /openapi.json, /skill.md, /llms.txt, /mcp/server-card, /healthz and /readyz."]}"#
    );
}

#[tokio::test]
async fn the_documents_tell_of_what_the_caller_is_offered_alone() {
    let sandbox = SandboxProcess::start("fixture");
    let server = HttpProcess::beside(&sandbox, &["--personal-data", "masked"]);
    let page = |name: &str| get(format!("{}{name}", server.origin), &[]);
    let openapi: Value = serde_json::from_str(&page("/openapi.json").await.text).unwrap();
    let (skill, llms) = (page("/skill.md").await.text, page("/llms.txt").await.text);
    let registry = Registry::bundled().unwrap();
    let told = openapi.to_string();
    for action in registry.actions() {
        let (name, class) = (action.name(), action.entry().class);
        // Of v1 only that is offered which v2 has no home for.
        let is_offered = class == Class::Read && !action.entry().api.is_v1();
        assert_eq!(
            skill.contains(&format!("\n- {name} (")),
            is_offered,
            "{name}"
        );
        assert_eq!(
            llms.contains(&format!("\n- [{name}](")),
            is_offered,
            "{name}"
        );
        let has_operation = told.contains(&format!("\"operationId\":\"{name}\""));
        assert_eq!(
            has_operation,
            is_offered && action.entry().api != Api::Local,
            "{name}"
        );
    }
    assert!(skill.contains("\nAllowed effect classes: read."), "{skill}");
    assert!(
        skill.contains("| `send` | message shoppers | `run_send` | no |"),
        "{skill}"
    );
    assert!(skill.contains("are masked here."), "{skill}");
    for link in llms.split("](/").skip(1) {
        let link = link.split(')').next().unwrap();
        if !link.starts_with("help?") {
            assert_eq!(page(&format!("/{link}")).await.status, 200, "{link}");
        }
    }
}

#[tokio::test]
async fn the_card_says_where_to_connect_and_what_to_show() {
    let server = HttpProcess::sandbox("fixture");
    let got = get(format!("{}/mcp/server-card", server.origin), &[]).await;
    let card: Value = serde_json::from_str(&got.text).unwrap();
    assert_eq!(
        card["remotes"],
        json!([{"type": "streamable-http", "url": server.url, "supportedProtocolVersions":
            ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]}])
    );
    assert_eq!(card["version"], env!("CARGO_PKG_VERSION"));
    assert!(card["description"].as_str().unwrap().len() <= 100);
    // What it says of itself there is what it says once connected.
    let tools = card.as_object().unwrap().keys().any(|key| key == "tools");
    assert!(!tools);
}

#[tokio::test]
async fn behind_authentication_the_documents_need_what_help_needs() {
    let sandbox = SandboxProcess::start("fixture");
    let server = HttpProcess::beside(&sandbox, &["--auth", "shop-key"]);
    let key = sandbox.key.as_str();
    for (page, _) in DOCUMENTS {
        let url = format!("{}{page}", server.origin);
        assert_eq!(get(url.clone(), &[]).await.status, 401, "{page}");
        assert_eq!(
            get(url, &[("x-auth-token", key)]).await.status,
            200,
            "{page}"
        );
    }
    let url = format!("{}/mcp/server-card", server.origin);
    let got = get(url, &[("x-auth-token", key)]).await;
    let card: Value = serde_json::from_str(&got.text).unwrap();
    assert_eq!(card["remotes"][0]["headers"][0]["name"], "Authorization");
    assert!(!got.text.contains(key));
}

/// Folders that are gone when the test ends.
mod tempdir {
    use std::sync::atomic::{AtomicU32, Ordering};

    static MADE: AtomicU32 = AtomicU32::new(0);

    pub struct Folder(String);

    impl Folder {
        pub fn new(name: &str) -> Self {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let name = format!("stoq-mcp-{}-{name}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            Self(path.display().to_string())
        }

        pub fn path(&self) -> &str {
            &self.0
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
