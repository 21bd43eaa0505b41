//! What each surface lists, with every choice of the operator.

use std::fmt::Write;

use insta::assert_snapshot;
use serde_json::{Value, json};
use stoq_mcp::surface::Kind;

use crate::support::{HttpProcess, SandboxProcess, StdioProcess, modern, program, run};
use crate::{HOUSE, presets, surface};

/// A short form of a list: whole for the small surfaces, counted by toolset for the flat one.
#[test]
fn the_tools_of_every_surface_and_choice() {
    let mut text = String::new();
    for kind in [Kind::Core, Kind::Compact] {
        for preset in presets() {
            let surface = surface(kind, preset.policy);
            let names: Vec<&str> = surface
                .tools()
                .iter()
                .map(|tool| tool.name.as_str())
                .collect();
            let heading = format!("{} ({}): {}", kind.as_str(), preset.name, names.len());
            writeln!(text, "{heading}\n  {}", names.join(" ")).unwrap();
        }
    }
    for preset in presets() {
        let surface = surface(Kind::Full, preset.policy);
        let classes = surface.tools().iter().map(|tool| tool.class.as_str());
        let mut counts = std::collections::BTreeMap::new();
        classes.for_each(|class| *counts.entry(class).or_insert(0) += 1);
        let house: Vec<&str> = surface
            .tools()
            .iter()
            .map(|tool| tool.name.as_str())
            .filter(|name| name.starts_with("run_"))
            .collect();
        writeln!(
            text,
            "full ({}): {}, {counts:?} {}",
            preset.name,
            surface.tools().len(),
            house.join(" ")
        )
        .unwrap();
    }
    assert_snapshot!(text);
}

#[test]
fn small_surfaces_stay_small() {
    for preset in presets() {
        let count = |kind| surface(kind, preset.policy.clone()).tools().len();
        assert!(count(Kind::Core) <= 20, "{}", preset.name);
        assert!(count(Kind::Compact) <= 8, "{}", preset.name);
    }
}

#[test]
fn the_instructions_of_every_surface() {
    let everything = || presets().remove(0).policy;
    let text: Vec<String> = Kind::ALL
        .into_iter()
        .map(|kind| {
            format!(
                "{}:\n{}",
                kind.as_str(),
                surface(kind, everything()).instructions()
            )
        })
        .collect();
    assert_snapshot!(text.join("\n\n"));
}

/// The house tools as clients see them.
#[test]
fn the_house_tools() {
    let surface = surface(Kind::Compact, presets().remove(0).policy);
    let tools: Vec<Value> = surface
        .tools()
        .iter()
        .map(|tool| {
            let mut listed = serde_json::to_value(stoq_mcp::mcp::tool(tool)).unwrap();
            listed["outputSchema"] = listed["outputSchema"]["properties"]["data"].clone();
            listed
        })
        .collect();
    assert_snapshot!(serde_json::to_string_pretty(&tools).unwrap());
}

/// One command line, on both transports and in both eras, and as `tools --json` prints it.
#[tokio::test]
async fn a_surface_is_the_same_everywhere() {
    let sandbox = SandboxProcess::start("fixture");
    let allow = ["--allow", "write,send,money,destroy"];
    for choice in [
        &["--surface", "core"][..],
        &["--surface", "compact", "--read-only"],
        &[
            "--surface",
            "full",
            "--toolsets",
            "back_in_stock",
            "--exclude-tools",
            "back_in_stock_signups_delete",
        ],
        &[
            "--surface",
            "core",
            "--tools",
            "preorders_orders_release,preorders_orders_read",
        ],
    ] {
        let flags = [&allow[..], choice].concat();
        let printed = {
            let (code, out, err) = run(&[&["tools", "--sandbox", "--json"], choice].concat());
            assert_eq!(code, 0, "{err}");
            serde_json::from_str::<Value>(&out).unwrap()
        };
        let mut stdio = StdioProcess::beside(&sandbox, &flags);
        let piped = stdio.ask("tools/list", json!({}))["result"]["tools"].clone();
        let http = HttpProcess::beside(&sandbox, &flags);
        let answer = modern::ask(&http, "tools/list", None, json!({})).await;
        assert_eq!(piped, printed["tools"], "{choice:?}");
        assert_eq!(answer["result"]["tools"], piped, "{choice:?}");
        assert!(answer["result"]["ttlMs"].is_u64() && answer["result"]["cacheScope"].is_string());
        let told = modern::ask(&http, "server/discover", None, json!({})).await;
        assert_eq!(told["result"]["instructions"], printed["instructions"]);
    }
}

/// Without a word `core` is listed.
#[test]
fn core_is_what_is_listed_unless_another_is_named() {
    let listed = |surface: Option<&str>| {
        let mut command = program(&["tools", "--sandbox"]);
        command.env_remove("STOQ_MCP_SURFACE");
        if let Some(surface) = surface {
            command.args(["--surface", surface]);
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(listed(None), listed(Some("core")));
    assert_ne!(listed(None), listed(Some("compact")));
}

#[test]
fn names_that_name_nothing_stop_the_start() {
    for (flags, told) in [
        (
            ["--toolsets", "preorder"],
            "`toolsets` (from the command line): there is no toolset `preorder`, did you mean `preorders`?",
        ),
        (
            ["--tools", "signups_list"],
            "`tools` (from the command line): there is no action `signups_list`, did you mean `back_in_stock_signups_list`?",
        ),
        (
            ["--exclude-tools", "nothing_of_ours"],
            "`exclude_tools` (from the command line): there is no action `nothing_of_ours`; `stoq-mcp actions` lists them all",
        ),
    ] {
        for command in [
            &["tools"][..],
            &["serve", "--sandbox"],
            &["call", "preorders_offers_list", "--sandbox"],
        ] {
            let (code, out, err) = run(&[command, &flags[..]].concat());
            assert_eq!((code, out.as_str()), (2, ""), "{err}");
            assert!(err.contains(told), "{err}");
        }
    }
}

#[test]
fn the_table_of_tokens_adds_up() {
    let (code, out, err) = run(&["tools", "--sandbox", "--tokens", "--surface", "compact"]);
    assert_eq!(code, 0, "{err}");
    let numbers = |line: &str| -> Vec<usize> {
        line.split_whitespace()
            .filter_map(|cell| cell.parse().ok())
            .collect()
    };
    let row = |name: &str| {
        let line = out
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        numbers(line.unwrap_or_else(|| panic!("no row {name} in\n{out}")))
    };
    let compact = row("compact");
    let [tools, tokens, mean, told, all, _] = compact[..] else {
        panic!("{compact:?}");
    };
    assert_eq!((tools, mean, all), (8, tokens / 8, tokens + told));
    let names = HOUSE.iter().chain(&["job"]);
    let sum: usize = names.map(|name| row(name)[0]).sum();
    assert_eq!(sum, tokens);
    assert!(row("core")[0] == 20 && row("full")[0] > 100);
}
