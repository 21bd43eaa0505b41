//! Every allowed action is called from every surface, by the tool of its class and by no other.

use serde_json::{Map, Value, json};
use stoq_mcp::engine::{CallError, ErrorKind, Policy};
use stoq_mcp::registry::entry::Class;
use stoq_mcp::surface::{Kind, Request, Surface, Target, executor};

use crate::support::{SandboxProcess, StdioProcess};
use crate::{presets, surface};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

fn request(tool: &str, arguments: Value) -> Request {
    Request {
        tool: tool.to_owned(),
        arguments: object(arguments),
        call: Default::default(),
    }
}

/// The class of the calls of a tool when it runs this action, or why it does not.
fn through(
    surface: &Surface,
    tool: &str,
    name: &str,
    arguments: &Map<String, Value>,
) -> Result<Class, CallError> {
    let given = match surface.get(tool) {
        Some(tool) if tool.name == name => Value::Object(arguments.clone()),
        _ => json!({"action": name, "arguments": arguments}),
    };
    let target = surface.target(tool, object(given)).unwrap()?;
    let Target::Action {
        name,
        arguments,
        class,
        handle: None,
        key: None,
    } = target
    else {
        panic!("{tool} runs no action");
    };
    surface.engine().check(&name, arguments, Some(class))
}

#[test]
fn every_allowed_action_is_callable_from_every_surface() {
    let mut calls = 0;
    for kind in Kind::ALL {
        for preset in presets() {
            let surface = surface(kind, preset.policy);
            for action in surface.engine().allowed() {
                for example in &action.entry().examples {
                    let class =
                        surface
                            .engine()
                            .check(action.name(), example.arguments.clone(), None);
                    let class = match class {
                        Ok(class) => class,
                        // The arguments raise the call above what is allowed.
                        Err(error) if error.kind == ErrorKind::Forbidden => continue,
                        Err(error) => panic!("{}: {error}", action.name()),
                    };
                    let own = surface
                        .get(action.name())
                        .filter(|tool| tool.class == class);
                    let tool = own.map_or(executor(class), |tool| tool.name.as_str());
                    assert_eq!(
                        through(&surface, tool, action.name(), &example.arguments),
                        Ok(class),
                        "{} on {}, {}",
                        action.name(),
                        kind.as_str(),
                        preset.name
                    );
                    calls += 1;
                }
            }
        }
    }
    assert!(calls > 5_000, "{calls}");
}

#[test]
fn an_executor_refuses_every_other_class_and_names_the_right_tool() {
    let surface = surface(Kind::Compact, Policy::everything());
    for action in surface.engine().allowed() {
        let arguments = &action.entry().examples[0].arguments;
        let class = surface
            .engine()
            .check(action.name(), arguments.clone(), None)
            .unwrap();
        for other in Class::ALL.into_iter().filter(|other| *other != class) {
            let error = through(&surface, executor(other), action.name(), arguments).unwrap_err();
            assert_eq!(error.kind, ErrorKind::OtherClass(class), "{error}");
        }
    }
}

#[tokio::test]
async fn the_refusal_gives_the_call_as_it_has_to_be() {
    let surface = surface(Kind::Full, Policy::everything());
    let raised = json!({"offer_id": "5e1f0000-0000-4000-8000-000000000001",
        "remaining_balance": {"auto_collect": true}});
    let id = surface
        .engine()
        .registry()
        .get("preorders_offers_payment_update")
        .unwrap();
    let name = id.placeholders().next().unwrap();
    let mut arguments = object(raised);
    let value = arguments.shift_remove("offer_id").unwrap();
    let given = id.entry().examples[0]
        .arguments
        .get(name)
        .cloned()
        .unwrap_or(value);
    arguments.insert(name.to_owned(), given);
    let call = request(
        "preorders_offers_payment_update",
        Value::Object(arguments.clone()),
    );
    let error = surface.call(call).await.unwrap().unwrap_err();
    let right = json!({"action": "preorders_offers_payment_update", "arguments": arguments});
    assert_eq!(
        error.to_string(),
        format!(
            "`preorders_offers_payment_update` is of class `money` (starts automatic charges of shoppers at the due time), \
             and this tool only makes calls of class `write`. Nothing was sent. Call `run_money` with {right}."
        )
    );
    // And there it goes through, to a port that nobody listens on.
    let call = request("run_money", right);
    let error = surface.call(call).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
}

#[tokio::test]
async fn mistakes_in_the_arguments_of_a_house_tool_are_taught() {
    let surface = surface(Kind::Compact, Policy::everything());
    let refused = async |tool: &str, arguments: Value| {
        let ended = surface.call(request(tool, arguments)).await.unwrap();
        ended.unwrap_err().to_string()
    };
    for (tool, arguments, told) in [
        (
            "run_read",
            json!({}),
            "`run_read` was not called: `action` is required",
        ),
        (
            "run_read",
            json!({"action": "preorders_offers_list", "argments": {}}),
            "there is no argument `argments`, did you mean `arguments`?",
        ),
        (
            "run_read",
            json!({"action": "preorders_offers_lst"}),
            "There is no action `preorders_offers_lst`. Did you mean `preorders_offers_list`? `find_actions` finds one.",
        ),
        ("find_actions", json!({}), "`query` is required"),
        (
            "find_actions",
            json!({"query": "offers", "scope": "orders"}),
            "Leave `scope` out to search everywhere.",
        ),
        (
            "describe_actions",
            json!({"names": ["a", "b", "c", "d", "e", "f"]}),
            "`names` must have at most 5 entries",
        ),
        (
            "describe_actions",
            json!({"names": ["nothing_at_all"]}),
            "There is no action `nothing_at_all`",
        ),
    ] {
        let error = refused(tool, arguments).await;
        assert!(error.contains(told), "{error}");
    }
}

/// What clients get wrong is mended for the house tools as for all others.
#[tokio::test]
async fn arguments_in_a_string_are_unpacked() {
    let surface = surface(Kind::Compact, Policy::everything());
    let given = json!({"action": "preorders_offers_list", "arguments": "{\"limit\": \"5\"}"});
    let target = surface.target("run_read", object(given)).unwrap().unwrap();
    let wanted = Target::Action {
        name: "preorders_offers_list".to_owned(),
        arguments: object(json!({"limit": "5"})),
        class: Class::Read,
        handle: None,
        key: None,
    };
    assert_eq!(target, wanted);
}

#[tokio::test]
async fn what_the_policy_forbids_is_neither_listed_nor_run_nor_described_nor_found() {
    let surface = surface(Kind::Compact, Policy::only(&[], "Ask the operator."));
    let names: Vec<&str> = surface
        .tools()
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["find_actions", "describe_actions", "run_read", "job"]
    );
    let described = request(
        "describe_actions",
        json!({"names": ["preorders_orders_payments_refund"]}),
    );
    let error = surface.call(described).await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`preorders_orders_payments_refund` is of class `money`, which this server does not allow. Nothing was sent. Ask the operator."
    );
    let run = request(
        "run_read",
        json!({"action": "preorders_orders_payments_refund", "arguments": {"id": 6_130_000_000_003_u64}}),
    );
    let error = surface.call(run).await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden);
    let find = request("find_actions", json!({"query": "refund a preorder order"}));
    let found = surface.call(find).await.unwrap().unwrap();
    for row in found.data.unwrap()["actions"].as_array().unwrap() {
        assert_eq!(row["class"], "read");
    }
}

/// A tool that is not listed is a protocol error that says how the action is run.
#[test]
fn an_action_without_a_tool_of_its_own_says_how_to_run_it() {
    let sandbox = SandboxProcess::start("fixture");
    let flags = [
        "--surface",
        "compact",
        "--allow",
        "write,send,money,destroy",
    ];
    let mut server = StdioProcess::beside(&sandbox, &flags);
    let asked = |server: &mut StdioProcess, name: &str| {
        server.ask("tools/call", json!({"name": name, "arguments": {}}))["error"].clone()
    };
    let error = asked(&mut server, "preorders_offers_list");
    assert_eq!(error["code"], -32602);
    assert_eq!(
        error["message"],
        "Unknown tool: preorders_offers_list is an action without a tool of its own here; call run_read with \"action\": \"preorders_offers_list\""
    );
    let error = asked(&mut server, "run_reed");
    assert_eq!(
        error["message"],
        "Unknown tool: run_reed; did you mean run_read?"
    );
}
