//! The guide, prompts, completions and skills, as clients of both eras see them.
//!
//! The golden files of the prompts are refreshed by
//! `INSTA_UPDATE=always cargo test --test knowledge`; look at their difference before committing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::modern::ask;
use support::{HttpProcess, SandboxProcess, StdioProcess, run};

const TOPICS: [&str; 7] = [
    "metafields",
    "liquid",
    "graphql",
    "javascript",
    "placeholders",
    "headless",
    "questions",
];

/// The offer of the fixture whose date may move.
const O1: &str = "0ffe0000-0000-4000-8000-000000000001";

/// Each prompt with the arguments it is tried with on the fixture.
fn prompts() -> Vec<(&'static str, Value)> {
    let late = json!({"offer_id": O1, "new_date": "2026-06-20"});
    vec![
        ("restock_plan", json!({})),
        ("weekly_waitlist_review", json!({})),
        ("launch_preorder", json!({"product": "8011000000103"})),
        ("check_offer", json!({"offer_id": O1})),
        ("late_shipment_plan", late),
        ("migrate_from_v1", json!({})),
    ]
}

fn result(answer: Value) -> Value {
    assert_eq!(answer.get("error"), None, "{answer}");
    answer["result"].clone()
}

/// A result without what only one era has.
fn in_both(mut result: Value) -> Value {
    for key in ["resultType", "ttlMs", "cacheScope"] {
        result.as_object_mut().unwrap().remove(key);
    }
    let messages = result.get_mut("messages").and_then(Value::as_array_mut);
    for message in messages.into_iter().flatten() {
        let text = message["content"]["text"].as_str().unwrap();
        message["content"]["text"] = json!(without_cursors(text));
    }
    result
}

/// A text without its cursors, which are sealed for one caller each.
fn without_cursors(text: &str) -> String {
    let mut parts = text.split("next_cursor: ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (_, rest) = part.split_once('\n').unwrap();
        format!("{text}next_cursor\n{rest}")
    })
}

/// The texts of a prompt's messages.
fn texts(prompt: &Value) -> Vec<String> {
    let messages = prompt["messages"].as_array().unwrap().iter();
    messages
        .map(|message| {
            assert_eq!(message["role"], json!("user"));
            assert_eq!(message["content"]["type"], json!("text"));
            message["content"]["text"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn the_guide_is_listed_and_read_in_both_eras() {
    let mut legacy = StdioProcess::sandbox("fixture");
    let modern = HttpProcess::sandbox("fixture");
    let listed = result(legacy.ask("resources/list", json!({})));
    let again = result(ask(&modern, "resources/list", None, json!({})).await);
    assert_eq!(in_both(again.clone())["resources"], listed["resources"]);
    assert_eq!(again["cacheScope"], json!("private"));
    let resources = listed["resources"].as_array().unwrap();
    for (resource, topic) in resources.iter().zip(TOPICS) {
        let uri = format!("stoq://storefront/{topic}");
        let keys: BTreeSet<&str> = resource
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let wanted = ["description", "mimeType", "name", "size", "title", "uri"];
        assert_eq!(keys, BTreeSet::from(wanted));
        assert_eq!(
            (&resource["name"], &resource["uri"], &resource["mimeType"]),
            (&json!(topic), &json!(uri), &json!("text/markdown"))
        );
        let read = result(legacy.ask("resources/read", json!({"uri": uri})));
        let contents = read["contents"][0].clone();
        let text = contents["text"].as_str().unwrap();
        assert_eq!(resource["size"], json!(text.len()));
        assert_eq!(
            contents,
            json!({"uri": uri, "mimeType": "text/markdown", "text": text})
        );
        let again = ask(&modern, "resources/read", Some(&uri), json!({"uri": uri})).await;
        assert_eq!(in_both(result(again)), in_both(read));
        // The tool gives the same to whoever cannot read resources.
        let told = legacy.structured("storefront_guide", json!({"topic": topic}));
        assert_eq!(
            told,
            json!({"status": "ok", "data": {"topic": topic, "title": resource["title"],
                "uri": uri, "text": text}})
        );
    }
    let templates = result(legacy.ask("resources/templates/list", json!({})));
    let first = &templates["resourceTemplates"][0];
    assert_eq!(first["uriTemplate"], json!("stoq://storefront/{topic}"));
    let error = legacy.ask(
        "resources/read",
        json!({"uri": "stoq://storefront/nothing"}),
    );
    assert_eq!(
        error["error"],
        json!({"code": -32002, "message": "There is no such resource. Export files have addresses as the export actions give them.",
            "data": {"uri": "stoq://storefront/nothing"}})
    );
}

#[test]
fn the_guides_tool_asks_nobody_and_stands_in_no_manifest() {
    let sandbox = SandboxProcess::start("fixture");
    let mut server = StdioProcess::beside(&sandbox, &[]);
    let begun = sandbox.journal().len();
    server.structured("storefront_guide", json!({"topic": "liquid"}));
    assert_eq!(sandbox.journal().len(), begun);
    let (status, answer) = sandbox.api("GET", "/storefront/guide", Value::Null);
    assert_eq!(
        (status, answer),
        (
            404,
            json!({"errors": ["No v2 action registered for GET /storefront/guide"]})
        )
    );
    let (_, manifest, _) = run(&["actions", "--json"]);
    assert!(!manifest.contains("storefront_guide") && !manifest.contains("/storefront"));
    let (code, text, _) = run(&[
        "call",
        "storefront_guide",
        "--sandbox",
        "--json",
        r#"{"topic": "questions"}"#,
    ]);
    assert_eq!(code, 0);
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["topic"], json!("questions"));
}

#[tokio::test]
async fn every_prompt_is_the_golden_one_in_both_eras() {
    let mut legacy = StdioProcess::sandbox("fixture");
    let modern = HttpProcess::sandbox("fixture");
    let listed = result(legacy.ask("prompts/list", json!({})));
    let again = result(ask(&modern, "prompts/list", None, json!({})).await);
    assert_eq!(again["prompts"], listed["prompts"]);
    let shown = serde_json::to_string_pretty(&listed["prompts"]).unwrap();
    insta::assert_snapshot!("prompts", shown);
    for (name, arguments) in prompts() {
        let params = json!({"name": name, "arguments": arguments});
        let prompt = result(legacy.ask("prompts/get", params.clone()));
        let again = result(ask(&modern, "prompts/get", Some(name), params).await);
        assert_eq!(in_both(again), in_both(prompt.clone()), "{name}");
        let mut described = listed["prompts"].as_array().unwrap().iter();
        let described = described
            .find(|prompt| prompt["name"] == json!(name))
            .unwrap();
        assert_eq!(prompt["description"], described["description"]);
        insta::assert_snapshot!(
            format!("prompt_{name}"),
            texts(&prompt).join("\n\n=====\n\n")
        );
    }
}

#[test]
fn a_prompt_looks_at_what_its_arguments_name() {
    let sandbox = SandboxProcess::start("fixture");
    let mut server = StdioProcess::beside(&sandbox, &[]);
    let params = json!({"name": "restock_plan", "arguments": {"variant": "44021000000201 Stoneware Pour-Over Set / Default Title"}});
    let told = texts(&result(server.ask("prompts/get", params)));
    assert!(
        told[0].contains("## This time\n\n- `variant`: 44021000000201\n"),
        "{}",
        told[0]
    );
    assert!(told[0].contains("- `back_in_stock_signups_bulk_notify`: send, not allowed here\n"));
    assert!(
        told[1].contains("<data>\nall that match: 5\n</data>"),
        "{}",
        told[1]
    );
    assert!(told[1].contains(r#"{"variant_id":44021000000201,"limit":10}"#));
}

#[test]
fn what_could_not_be_read_is_said_and_the_rest_stands() {
    let sandbox = SandboxProcess::start("fixture");
    sandbox.fault(
        json!({"match": {"path": "**/settings"}, "fault": {"kind": "status", "status": 404}}),
    );
    let mut server = StdioProcess::beside(&sandbox, &[]);
    let told = texts(&result(
        server.ask("prompts/get", json!({"name": "restock_plan"})),
    ));
    for part in [
        "\n\n1 of the 4 parts below could not be read: say so where it matters, and do not guess.\n",
        "\n\n**Could not be read.** `back_in_stock_settings_read` failed: ",
        "<data>\nall that match: 12\n44021000000201 Stoneware Pour-Over Set / Default Title: 5\n",
    ] {
        assert!(told[1].contains(part), "{part}: {}", told[1]);
    }
}

#[test]
fn hostile_texts_stay_inside_their_fences() {
    let mut server = StdioProcess::sandbox("hostile");
    for (name, arguments) in prompts() {
        let params = json!({"name": name, "arguments": arguments});
        let told = texts(&result(server.ask("prompts/get", params)));
        let data = &told[1];
        let (_, parts) = data.split_once("\n\n## ").unwrap();
        assert!(!parts.contains("could not be read"), "{name}: {data}");
        for part in parts.split("\n</data>") {
            assert!(
                part.matches("<data>\n").count() <= 1 && !part.contains("</"),
                "{name}: {part}"
            );
        }
        assert!(
            !data
                .chars()
                .any(|symbol| symbol.is_control() && symbol != '\n'),
            "{name}"
        );
    }
}

#[tokio::test]
async fn wrong_prompts_and_arguments_are_errors_that_help() {
    let mut legacy = StdioProcess::sandbox("fixture");
    let modern = HttpProcess::sandbox("fixture");
    for (name, arguments, message) in [
        (
            "restock_plans",
            json!({}),
            "Unknown prompt: restock_plans; did you mean restock_plan?",
        ),
        (
            "restock_plan",
            json!({"variants": "1", "product": "x"}),
            "restock_plan: there is no argument `variants`, did you mean `variant`?; `product` must be a Shopify id, digits alone, not \"x\".",
        ),
        (
            "check_offer",
            json!({}),
            "check_offer: `offer_id` is required: Id of the preorder offer.",
        ),
    ] {
        let params = json!({"name": name, "arguments": arguments});
        let wanted = json!({"code": -32602, "message": message});
        assert_eq!(legacy.ask("prompts/get", params.clone())["error"], wanted);
        let again = ask(&modern, "prompts/get", Some(name), params).await;
        assert_eq!(again["error"], wanted);
    }
}

/// A completion of an argument: the values, and what is said of the rest.
fn completed(server: &mut StdioProcess, of: Value, argument: &str, typed: &str) -> Value {
    let params = json!({"ref": of, "argument": {"name": argument, "value": typed}});
    result(server.ask("completion/complete", params))["completion"].clone()
}

#[tokio::test]
async fn arguments_are_completed_with_ids_and_names() {
    let mut server = StdioProcess::sandbox("fixture");
    let restock = json!({"type": "ref/prompt", "name": "restock_plan"});
    let jacket =
        json!({"values": ["8011000000103 Canvas Field Jacket"], "total": 1, "hasMore": false});
    assert_eq!(
        completed(&mut server, restock.clone(), "product", "jacket"),
        jacket
    );
    let pour_over = json!({"values": ["44021000000201 Stoneware Pour-Over Set / Default Title"],
        "total": 1, "hasMore": false});
    for typed in ["44021000000201", "pour-over", "44021000000201 Stoneware"] {
        assert_eq!(
            completed(&mut server, restock.clone(), "variant", typed),
            pour_over
        );
    }
    // A product that was chosen before narrows the variants.
    let params = json!({"ref": restock, "argument": {"name": "variant", "value": "44021"},
        "context": {"arguments": {"product": "8011000000103 Canvas Field Jacket"}}});
    let answer = result(server.ask("completion/complete", params.clone()));
    let values = answer["completion"]["values"].as_array().unwrap();
    assert!(values.len() >= 3, "{values:?}");
    for value in values {
        assert!(
            value.as_str().unwrap().contains(" Canvas Field Jacket / "),
            "{value}"
        );
    }
    let modern = HttpProcess::sandbox("fixture");
    let again = ask(&modern, "completion/complete", None, params).await;
    assert_eq!(result(again)["completion"], answer["completion"]);

    let check = json!({"type": "ref/prompt", "name": "check_offer"});
    let jackets =
        json!({"values": [format!("{O1} Field Jacket preorder")], "total": 1, "hasMore": false});
    for typed in [O1, "field jacket"] {
        assert_eq!(
            completed(&mut server, check.clone(), "offer_id", typed),
            jackets
        );
    }
    let late = json!({"type": "ref/prompt", "name": "late_shipment_plan"});
    assert_eq!(
        completed(&mut server, late, "new_date", "2026"),
        json!({"values": [], "total": 0, "hasMore": false})
    );

    let guide = json!({"type": "ref/resource", "uri": "stoq://storefront/{topic}"});
    assert_eq!(
        completed(&mut server, guide.clone(), "topic", ""),
        json!({"values": TOPICS, "total": 7, "hasMore": false})
    );
    assert_eq!(
        completed(&mut server, guide, "topic", "li"),
        json!({"values": ["liquid"], "total": 1, "hasMore": false})
    );
    let exports =
        json!({"type": "ref/resource", "uri": "stoq://exports/back_in_stock.reports/{job_id}.csv"});
    assert_eq!(
        completed(&mut server, exports, "job_id", "exp_"),
        json!({"values": [], "total": 0, "hasMore": false})
    );
    for (of, argument, message) in [
        (
            restock,
            "offer_id",
            "restock_plan has no argument `offer_id`",
        ),
        (
            json!({"type": "ref/prompt", "name": "nothing_like_it"}),
            "x",
            "",
        ),
        (
            json!({"type": "ref/resource", "uri": "stoq://nothing/{x}"}),
            "x",
            "stoq://nothing/{x} is no template; resources/templates/list names them all",
        ),
    ] {
        let params = json!({"ref": of, "argument": {"name": argument, "value": ""}});
        let error = server.ask("completion/complete", params)["error"].clone();
        assert_eq!(error["code"], json!(-32602));
        if message.is_empty() {
            let told = error["message"].as_str().unwrap();
            assert!(
                told.starts_with("Unknown prompt: nothing_like_it; the prompts are restock_plan, ")
            );
        } else {
            assert_eq!(error["message"], json!(message));
        }
    }
}

#[test]
fn the_choices_of_a_large_shop_are_bounded() {
    let mut server = StdioProcess::sandbox("shop");
    let restock = json!({"type": "ref/prompt", "name": "restock_plan"});
    for argument in ["variant", "product"] {
        let all = completed(&mut server, restock.clone(), argument, "");
        let values = all["values"].as_array().unwrap();
        let distinct: BTreeSet<&str> = values.iter().map(|value| value.as_str().unwrap()).collect();
        assert_eq!(distinct.len(), values.len());
        assert!((20..=100).contains(&values.len()), "{}", values.len());
        let total = all["total"].as_u64().unwrap();
        let shown = u64::try_from(values.len()).unwrap();
        assert_eq!(all["hasMore"], json!(total > shown));
    }
}

#[tokio::test]
async fn skills_are_listed_read_and_whole() {
    let mut legacy = StdioProcess::sandbox("fixture");
    let modern = HttpProcess::sandbox("fixture");
    let listed = result(legacy.ask("skills/list", json!({})));
    let again = result(ask(&modern, "skills/list", None, json!({})).await);
    assert_eq!(again["skills"], listed["skills"]);
    let prompts = result(legacy.ask("prompts/list", json!({})));
    let prompts: Vec<&Value> = prompts["prompts"].as_array().unwrap().iter().collect();
    let skills = listed["skills"].as_array().unwrap();
    assert_eq!(skills.len(), prompts.len());
    let resources = result(legacy.ask("resources/list", json!({})));
    let resources = resources["resources"].as_array().unwrap().clone();
    for (skill, prompt) in skills.iter().zip(prompts) {
        let uri = skill["uri"].as_str().unwrap();
        let front = &skill["frontmatter"];
        let name = front["name"].as_str().unwrap();
        assert_eq!(uri, format!("skill://{name}/SKILL.md"));
        assert_eq!(prompt["name"], json!(name.replace('-', "_")));
        assert_eq!(prompt["description"], front["description"]);
        let read = result(legacy.ask("resources/read", json!({"uri": uri})));
        let text = read["contents"][0]["text"].as_str().unwrap();
        let digest: String = Sha256::digest(text.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            skill["resources"],
            json!([{"uri": uri, "digest": format!("sha256:{digest}"), "size": text.len()}])
        );
        let description = front["description"].as_str().unwrap();
        assert!(text.starts_with(&format!(
            "---\nname: {name}\ndescription: {description}\n---\n\n"
        )));
        let got = result(legacy.ask("skills/get", json!({"uri": uri})));
        assert_eq!(got["skill"], *skill);
        let root = format!("skill://{name}");
        let directory = json!({"uri": root, "name": name, "mimeType": "inode/directory"});
        assert!(resources.contains(&directory), "{root}");
        let children = result(legacy.ask("resources/directory/read", json!({"uri": root})));
        assert_eq!(
            children["resources"],
            json!([{"uri": uri, "name": "SKILL.md", "mimeType": "text/markdown", "size": text.len()}])
        );
    }
    let error = legacy.ask("skills/get", json!({"uri": "skill://none/SKILL.md"}))["error"].clone();
    assert_eq!(
        error,
        json!({"code": -32602, "message": "There is no skill at skill://none/SKILL.md; skills/list names them all."})
    );
    let error =
        legacy.ask("resources/directory/read", json!({"uri": "skill://none"}))["error"].clone();
    assert_eq!(
        error,
        json!({"code": -32602, "message": "skill://none is not a directory; resources/list names them all."})
    );
}

#[test]
fn a_prompt_that_is_given_up_leaves_the_server_free() {
    let sandbox = SandboxProcess::start("fixture");
    sandbox.fault(
        json!({"match": {"path": "**/settings"}, "fault": {"kind": "latency", "ms": 20_000}}),
    );
    let mut server = StdioProcess::beside(&sandbox, &[]);
    let slow = server.post("prompts/get", json!({"name": "restock_plan"}));
    server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": slow}}));
    let next = result(server.ask("prompts/get", json!({"name": "weekly_waitlist_review"})));
    assert_eq!(texts(&next).len(), 2);
}
