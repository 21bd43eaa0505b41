//! What texts tell an agent to do next can be done on the surface they stand on.

use serde_json::{Map, Value, json};
use stoq_mcp::engine::{Policy, Selection};
use stoq_mcp::registry::entry::Class;
use stoq_mcp::safety::Confirm;
use stoq_mcp::surface::{Kind, Request, Surface};

use crate::support::{SandboxProcess, StdioProcess};
use crate::{HOUSE, presets, surface, surface_with};

fn request(tool: &str, arguments: Value) -> Request {
    let Value::Object(arguments) = arguments else {
        panic!("{arguments} is no object");
    };
    Request {
        tool: tool.to_owned(),
        arguments,
        call: Default::default(),
    }
}

async fn refused(surface: &Surface, tool: &str, arguments: Value) -> String {
    let ended = surface.call(request(tool, arguments)).await.unwrap();
    ended.unwrap_err().to_string()
}

#[test]
fn no_list_names_a_tool_that_is_not_listed() {
    let mut texts = 0;
    for kind in Kind::ALL {
        for preset in presets() {
            let surface = surface(kind, preset.policy);
            let listed = surface.tools().iter();
            let mut told: Vec<String> = listed
                .map(|tool| format!("{} {}", tool.description, json!(*tool.input)))
                .collect();
            told.push(surface.instructions());
            for text in told {
                for name in HOUSE.iter().filter(|name| text.contains(**name)) {
                    let place = format!("{}, {}: {text}", kind.as_str(), preset.name);
                    assert!(surface.get(name).is_some(), "`{name}` in {place}");
                    texts += 1;
                }
            }
        }
    }
    assert!(texts > 100, "{texts}");
}

#[test]
fn the_word_is_asked_for_before_whatever_cannot_be_taken_back() {
    let told = |classes: &[Class]| {
        let policy = Policy::only(classes, "Ask the operator.");
        let text = surface(Kind::Core, policy).instructions();
        let line = text.lines().find(|line| line.contains("effect classes"));
        line.unwrap().to_owned()
    };
    let rest = "say whom, how many and how much it touches, and get the merchant's word. Status planned: nothing was sent; show the plan and go on as its note says. A person agrees, never you.";
    assert_eq!(
        told(&[Class::Write]),
        "Allowed effect classes: read, write."
    );
    assert_eq!(
        told(&[Class::Money]),
        format!("Allowed effect classes: read, money. Before `money` {rest}")
    );
    assert_eq!(
        told(&Class::ALL),
        format!(
            "Allowed effect classes: read, write, send, money, destroy. Before `send`, `money` or `destroy` {rest}"
        )
    );
}

/// Who calls must know whether the first answer is a plan: every such tool says so, and no other does.
#[test]
fn the_texts_say_which_consent_holds() {
    let clauses = [
        (
            Confirm::Elicit,
            " A person types the plan's figure first.",
            "A person agrees, never you.",
        ),
        (
            Confirm::Handle,
            " First answers with a plan; call again with its `confirm`.",
            "A person agrees, never you.",
        ),
        (
            Confirm::Off,
            " Done at once, within caps.",
            "Nobody else is asked.",
        ),
    ];
    for kind in Kind::ALL {
        for (confirm, clause, told) in clauses {
            let surface = surface_with(kind, Policy::everything(), confirm);
            let mut said = 0;
            for tool in surface.tools() {
                let expected = match tool.class {
                    Class::Read | Class::Write => 0,
                    Class::Send | Class::Money | Class::Destroy => 1,
                };
                let text = &tool.description;
                for (_, other, _) in clauses {
                    let count = if other == clause { expected } else { 0 };
                    assert_eq!(text.matches(other).count(), count, "{}: {text}", tool.name);
                }
                said += expected;
            }
            assert!(said >= 3, "{}: {said}", kind.as_str());
            let text = surface.instructions();
            assert!(text.contains(told), "{text}");
        }
    }
}

#[tokio::test]
async fn arguments_beside_their_place_are_put_into_it() {
    let surface = surface(Kind::Compact, Policy::everything());
    let stray =
        json!({"action": "preorders_orders_list", "limit": 2, "arguments": {"state": "placed"}});
    assert_eq!(
        refused(&surface, "run_read", stray).await,
        "`run_read` was not called: there is no argument `limit` (valid: action, arguments). Nothing was sent. \
         Call `run_read` with {\"action\":\"preorders_orders_list\",\"arguments\":{\"limit\":2,\"state\":\"placed\"}}."
    );
    let slip = json!({"action": "preorders_orders_list", "argments": {"limit": 2}});
    let told = refused(&surface, "run_read", slip).await;
    assert!(told.contains("Example arguments: "), "{told}");
}

#[tokio::test]
async fn an_unknown_name_is_told_where_the_known_ones_are() {
    let everything = |kind| surface(kind, Policy::everything());
    let (compact, full) = (everything(Kind::Compact), everything(Kind::Full));
    let named = |name: &str| json!({"action": name});
    for (surface, tool, arguments, told) in [
        (
            &compact,
            "run_read",
            named("nothing_at_all"),
            "There is no action `nothing_at_all`. `find_actions` finds one.",
        ),
        (
            &compact,
            "describe_actions",
            json!({"names": ["nothing_at_all"]}),
            "There is no action `nothing_at_all`. `find_actions` finds one.",
        ),
        (
            &compact,
            "run_read",
            named("job"),
            "There is no action `job`. `job` is a tool: call it by itself.",
        ),
        (
            &full,
            "run_money",
            named("nothing_at_all"),
            "There is no action `nothing_at_all`. Each is a tool of its own.",
        ),
    ] {
        assert_eq!(refused(surface, tool, arguments).await, told);
    }
}

/// What is left when the best is forbidden must not look like what was asked for.
#[tokio::test]
async fn a_search_says_that_what_fits_best_is_not_allowed() {
    let found = async |policy: Policy, query: &str| {
        let surface = surface(Kind::Compact, policy);
        let call = request("find_actions", json!({"query": query}));
        surface.call(call).await.unwrap().unwrap()
    };
    let reads = || Policy::only(&[], "Ask the operator.");
    assert_eq!(
        found(reads(), "refund a preorder order")
            .await
            .note
            .as_deref(),
        Some(
            "Should `preorders_orders_payments_refund` be meant: it is of class `money`, which this server does not allow. Ask the operator."
        )
    );
    let waiting = "who is waiting for the mug";
    assert_eq!(found(reads(), waiting).await.note, None);
    let everything = Policy::everything();
    assert_eq!(
        found(everything, "refund a preorder order").await.note,
        None
    );
}

#[tokio::test]
async fn what_usually_follows_is_offered() {
    let selection = Selection::new(vec!["back_in_stock.signups".to_owned()], vec![], vec![]);
    let surface = surface(
        Kind::Compact,
        Policy::everything().with_selection(selection),
    );
    let call = request(
        "describe_actions",
        json!({"names": ["back_in_stock_signups_list"]}),
    );
    let shown = surface.call(call).await.unwrap().unwrap().data.unwrap();
    assert_eq!(
        shown["actions"][0]["next"],
        json!([
            "back_in_stock_signups_read",
            "back_in_stock_signups_notify",
            "back_in_stock_signups_bulk_notify"
        ])
    );
    // Nothing there is a job, so nothing follows one.
    assert!(surface.get("job").is_none());
}

/// A job must not look lost, and be started again, because the action that reads it is left out.
#[test]
fn a_job_that_may_not_be_read_is_not_called_unknown() {
    let sandbox = SandboxProcess::start("fixture");
    let reader = "preorders_orders_jobs_read";
    let flags = ["--surface", "compact", "--exclude-tools", reader];
    let mut server = StdioProcess::beside(&sandbox, &flags);
    let orders = json!({"order_ids": [6_130_000_000_001_u64, 6_130_000_000_003_u64], "tags": ["vip"], "wait_seconds": 0});
    let call = json!({"action": "preorders_orders_bulk_set_tags", "arguments": orders});
    let begun = server.structured("run_write", call);
    assert_eq!(
        server.refusal("job", json!({"job_id": begun["job"]["job_id"]})),
        format!(
            "`{reader}` is not offered by this server. Nothing was sent. The operator can take it out of `exclude_tools` (--exclude-tools) and restart the server."
        )
    );
}

/// The tools that narrower surfaces lack say who can change that.
#[test]
fn a_tool_that_is_not_allowed_says_so() {
    let sandbox = SandboxProcess::start("fixture");
    let mut server = StdioProcess::beside(&sandbox, &["--surface", "compact", "--read-only"]);
    let mut told = |name: &str| {
        let call = json!({"name": name, "arguments": Map::new()});
        server.ask("tools/call", call)["error"]["message"].clone()
    };
    let hint = "The operator can lift `read_only` (set from the command line).";
    assert_eq!(
        told("run_money"),
        format!(
            "Unknown tool: run_money runs calls of class money, which this server does not allow. {hint}"
        )
    );
    assert_eq!(
        told("preorders_orders_cancel"),
        format!(
            "`preorders_orders_cancel` is of class `money`, which this server does not allow. Nothing was sent. {hint}"
        )
    );
}
