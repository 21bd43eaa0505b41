//! The tool list, as a client sees it, against its golden files.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bench::{entry, list, registry, text};
use crate::support::tools::Tools;
use crate::support::{EVERYTHING, SandboxProcess, StdioProcess};

/// Names and annotations of a tool list, one line each.
fn summary(tools: &[Value], registry: &Value) -> String {
    tools
        .iter()
        .map(|tool| {
            let name = text(&tool["name"]);
            let class = entry(registry, name)["class"].clone();
            format!("{name} {} {}\n", text(&class), tool["annotations"])
        })
        .collect()
}

#[test]
fn the_tools_of_every_set_are_the_golden_ones() {
    let registry = registry();
    let sandbox = SandboxProcess::start("fixture");
    let mut server = StdioProcess::unmetered(&sandbox);
    let tools = Tools::of(&mut server).listed;
    let set_of = |tool: &Value| {
        let set = entry(&registry, text(&tool["name"]))["toolset"].clone();
        text(&set).to_owned()
    };
    let mut sets: Vec<String> = Vec::new();
    for tool in &tools {
        let set = set_of(tool);
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    for set in sets {
        let of_set = tools.iter().filter(|tool| set_of(tool) == set);
        let of_set: Vec<Value> = of_set.cloned().collect();
        insta::assert_snapshot!(format!("{set}_tools"), summary(&of_set, &registry));
        let whole = serde_json::to_string_pretty(&of_set).unwrap();
        insta::assert_snapshot!(format!("{set}_schemas"), whole);
    }
}

/// The names a server lists that is started with some flags.
fn listed(sandbox: &SandboxProcess, more: &[&str]) -> Vec<String> {
    let mut server = StdioProcess::beside(sandbox, more);
    let listed = Tools::of(&mut server).listed;
    let names = listed.iter().map(|tool| text(&tool["name"]).to_owned());
    names.collect()
}

/// The names of the registry's actions that are meant, in its order.
fn named(registry: &Value, is_meant: impl Fn(&Value) -> bool) -> Vec<String> {
    let actions = list(&registry["actions"]).iter();
    let meant = actions.filter(|action| is_meant(action));
    meant
        .map(|action| text(&action["name"]).to_owned())
        .collect()
}

/// Whether an action is of v2, or has no home there.
fn is_needed(action: &Value) -> bool {
    let successors = action.get("successors").map(list).into_iter().flatten();
    action["api"] == json!("v2")
        || successors
            .map(|successor| list(&successor["actions"]).len())
            .sum::<usize>()
            == 0
}

#[test]
fn what_is_allowed_decides_what_is_listed() {
    let sandbox = SandboxProcess::start("fixture");
    let registry = registry();
    let classes = |more: &[&str]| {
        let listed = listed(&sandbox, more);
        let class = |name: &String| text(&entry(&registry, name)["class"]).to_owned();
        let allowed: BTreeSet<String> = listed.iter().map(class).collect();
        let wanted = named(&registry, |action| {
            is_needed(action) && allowed.contains(text(&action["class"]))
        });
        assert_eq!(
            listed, wanted,
            "all actions of the allowed classes, in registry order"
        );
        allowed.into_iter().collect::<Vec<String>>().join(" ")
    };
    assert_eq!(classes(&[]), "read write");
    assert_eq!(classes(&["--read-only"]), "read");
    assert_eq!(classes(&["--read-only", "--allow", "send,destroy"]), "read");
    assert_eq!(classes(&["--allow", "send"]), "read send write");
    assert_eq!(classes(&["--allow", "money"]), "money read write");
    assert_eq!(
        classes(&["--allow", "send,money,destroy"]),
        "destroy money read send write"
    );
}

#[test]
fn of_v1_is_listed_what_was_asked_for() {
    let sandbox = SandboxProcess::start("fixture");
    let registry = registry();
    let of = |v1: &'static str| {
        let more = ["--allow", "send,money,destroy", "--v1", v1];
        listed(&sandbox, &more)
    };
    let is_v2 = |action: &Value| action["api"] == json!("v2");
    assert_eq!(of("off"), named(&registry, is_v2));
    assert_eq!(of("needed"), named(&registry, is_needed));
    assert_eq!(of("all"), named(&registry, |_| true));
    assert_eq!(listed(&sandbox, &EVERYTHING), of("all"));
}
