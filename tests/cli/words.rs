//! `key=value`: the same call as in JSON, and what is said of slips.

use serde_json::{Value, json};

use crate::support::{SandboxProcess, Scratch, finish, program, run};

/// A call over a sandbox beside it, with all allowed.
pub fn call(sandbox: &SandboxProcess, arguments: &[&str]) -> (i32, String, String) {
    let mut command = program(&["call"]);
    command
        .args(arguments)
        .args(["--base-url", &sandbox.base_url])
        .args(["--allow", "write,send,money,destroy"])
        .env("STOQ_API_KEY", &sandbox.key);
    finish(command)
}

/// What the sandbox was asked since the last reset: method, path with its query, body.
fn asked(sandbox: &SandboxProcess) -> Vec<Value> {
    let journal = sandbox.journal();
    let told = journal.iter().map(|entry| {
        json!([
            entry["method"],
            entry["path"],
            entry["query"],
            entry["body"],
            entry["effects"]
        ])
    });
    told.collect()
}

#[test]
fn words_make_the_call_that_json_makes() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let file = Scratch::new("tags.json", r#"{"enabled": true, "value": "back soon"}"#);
    let from_file = format!("order_tag=@{}", file.path());
    for (action, json, words) in [
        (
            "back_in_stock_signups_list",
            json!({"status": "pending", "limit": 2, "fields": ["id", "status"]}),
            &["status=pending", "limit=2", "fields=id", "fields=status"][..],
        ),
        (
            "back_in_stock_settings_tagging_update",
            json!({"order_tag": {"enabled": true, "value": "back soon"}}),
            &["order_tag.enabled=true", "order_tag.value=back soon"],
        ),
        (
            "back_in_stock_settings_tagging_update",
            json!({"order_tag": {"enabled": true, "value": "back soon"}}),
            &[&from_file],
        ),
        (
            "preorders_orders_tags_set_tags",
            json!({"id": 6_130_000_000_001_u64, "tags": ["vip", "late"]}),
            &["id=6130000000001", "tags=vip,late"],
        ),
        (
            "preorders_orders_tags_set_tags",
            json!({"id": 6_130_000_000_001_u64, "tags": ["x"]}),
            &["id:=6130000000001", "tags:=[\"x\"]"],
        ),
    ] {
        sandbox.reset("fixture");
        let (code, wanted, err) = call(
            &sandbox,
            &[action, "--json", &json.to_string(), "--structured"],
        );
        assert_eq!(code, 0, "{err}");
        let by_json = asked(&sandbox);
        sandbox.reset("fixture");
        let (code, found, err) = call(&sandbox, &[&[action, "--json"], words].concat());
        assert_eq!(code, 0, "{err}");
        let read = |text: &str| -> Value {
            let mut value: Value = serde_json::from_str(text).unwrap();
            // Of this very call.
            value.as_object_mut().unwrap().remove("receipt");
            value.as_object_mut().unwrap().remove("note");
            value
        };
        assert_eq!(asked(&sandbox), by_json, "{words:?}");
        assert_eq!(read(&found), read(&wanted), "{words:?}");
    }
}

#[test]
fn a_slip_names_the_nearest_key() {
    let base = [
        "call",
        "back_in_stock_settings_tagging_update",
        "--sandbox",
        "--dataset",
        "fixture",
    ];
    for (word, told) in [
        (
            "ordr_tag.enabled=true",
            "there is no argument `ordr_tag`, did you mean `order_tag`?",
        ),
        (
            "order_tag.enabeld=true",
            "there is no argument `order_tag.enabeld`, did you mean `order_tag.enabled`?",
        ),
        (
            "order_tag.enabled=maybe",
            "`order_tag.enabled` must be a boolean, not \"maybe\"",
        ),
    ] {
        let (code, out, err) = run(&[&base[..], &[word]].concat());
        assert_eq!((code, out.as_str()), (5, ""), "{err}");
        assert!(err.contains(told), "{err}");
    }
    let (code, _, err) = run(&[&base[..], &["enabled"]].concat());
    assert_eq!(
        (code, err.as_str()),
        (
            2,
            "stoq-mcp: `enabled` is no argument; write key=value, such as limit=5, key=@file.json, or key:=JSON\n"
        )
    );
}

#[test]
fn an_action_that_looks_like_none_is_found_by_what_it_says() {
    let (code, _, err) = run(&[
        "call",
        "waitlist.who-waits",
        "--sandbox",
        "--dataset",
        "empty",
    ]);
    assert_eq!(code, 1);
    assert!(
        err.starts_with("stoq-mcp: There is no action `waitlist.who-waits`. `stoq-mcp actions` lists them all. These come nearest: `back_in_stock_signups_list`"),
        "{err}"
    );
}
