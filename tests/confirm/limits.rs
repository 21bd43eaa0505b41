//! How much a call and a day may touch, what the operator forbids, and what a request forbids itself.

use serde_json::{Value, json};

use crate::clients::{Modern, as_asked, forms, refusal, structured};
use crate::world::{
    CHARGE, DELETE, NOTIFY, RAISED, READ, RELEASE, WRITE, alerts, automatic, fixture,
    nothing_happened, order, over_http, signup,
};

const BULK_DELETE: &str = "back_in_stock_signups_bulk_delete";
const REFUND: &str = "preorders_orders_payments_refund";
const BULK_CANCEL: &str = "preorders_orders_bulk_cancel";

#[tokio::test]
async fn a_call_touches_as_many_as_its_cap_and_not_one_more() {
    let orders = |numbers: &[u64]| {
        let ids: Vec<u64> = numbers.iter().map(|number| order(*number)).collect();
        json!({"order_ids": ids})
    };
    for (setting, action, within, above, count) in [
        (
            "max_recipients",
            NOTIFY,
            alerts(&[1, 4]),
            alerts(&[1, 4, 13]),
            "3 shoppers, and one call may touch 2",
        ),
        (
            "max_destroyed",
            BULK_DELETE,
            alerts(&[13, 14]),
            alerts(&[13, 14, 15]),
            "3 signups, and one call may touch 2",
        ),
        (
            "max_released",
            RELEASE,
            orders(&[3]),
            orders(&[3, 4]),
            "2 orders, and one call may touch 1",
        ),
        (
            "max_money_orders",
            BULK_CANCEL,
            orders(&[1]),
            orders(&[1, 2]),
            "2 orders, and one call may touch 1",
        ),
    ] {
        let sandbox = fixture();
        let most = count.rsplit_once(' ').unwrap().1;
        let flag = format!("--{}", setting.replace('_', "-"));
        let more = ["--surface", "full", &flag, most];
        let asking = over_http(&sandbox, &more);
        let unattended = over_http(&sandbox, &[&more[..], &["--confirm", "off"]].concat());
        let told = format!(
            "`{action}` was not done: it would touch {count}. Nothing was sent. Split it into smaller calls; the operator can set `{setting}` within its ceiling."
        );
        for client in [
            Modern::asking(&asking),
            Modern::with(&asking, json!({})),
            Modern::with(&unattended, json!({})),
        ] {
            assert_eq!(refusal(&client.call(action, above.clone()).await), told);
        }
        nothing_happened(&sandbox);
        let done = Modern::asking(&asking).agreed(action, within).await;
        let status = &structured(&done)["status"];
        assert!(
            [json!("accepted"), json!("ok")].contains(status),
            "{action}: {done}"
        );
    }
}

#[tokio::test]
async fn a_day_moves_as_much_money_as_the_operator_set() {
    for (most, is_enough) in [("99", false), ("100", true)] {
        let sandbox = fixture();
        let server = over_http(&sandbox, &["--surface", "full", "--money-per-day", most]);
        let client = Modern::asking(&server);
        let charge = json!({"id": order(1)});
        // A charge that the API refuses has moved nothing.
        let post = json!({"method": "POST"});
        let fault = json!({"kind": "status", "status": 422});
        sandbox.fault(json!({"match": post, "times": 1, "fault": fault}));
        let refused = client.agreed(CHARGE, charge.clone()).await;
        assert_eq!(refused["isError"], json!(true), "{refused}");
        let done = client.agreed(CHARGE, charge).await;
        assert_eq!(structured(&done)["status"], json!("accepted"));
        let refund = json!({"id": order(4), "amount": 20.35});
        let second = client.agreed(REFUND, refund).await;
        if is_enough {
            assert_eq!(structured(&second)["status"], json!("accepted"));
        } else {
            let told = format!(
                "`{REFUND}` was not done: it moves 20.35 USD, and 79.65 USD moved today already, and a day (UTC) may move 99 of each currency. Nothing was sent. The operator can set how much: --money-per-day."
            );
            assert_eq!(refusal(&second), told);
        }
        assert_eq!(sandbox.effects("charge_succeeded"), 1);
        assert_eq!(sandbox.effects("refund"), usize::from(is_enough));
    }
}

#[tokio::test]
async fn no_money_moves_through_any_door_where_a_day_may_move_none() {
    let sandbox = fixture();
    for confirm in ["elicit", "off"] {
        let more = [
            "--surface",
            "full",
            "--money-per-day",
            "0",
            "--confirm",
            confirm,
        ];
        let server = over_http(&sandbox, &more);
        let client = Modern::asking(&server);
        for (tool, arguments) in [
            (CHARGE, json!({"id": order(2)})),
            (
                "run_money",
                json!({"action": RAISED, "arguments": automatic(4)}),
            ),
        ] {
            let result = match confirm {
                "off" => client.call(tool, arguments).await,
                _ => client.agreed(tool, arguments).await,
            };
            assert!(
                refusal(&result).contains("a day (UTC) may move 0 of each currency"),
                "{result}"
            );
        }
    }
    nothing_happened(&sandbox);
}

/// Calls of each class but `read`, as the surface `full` and as the executors take them.
fn effects() -> [(&'static str, Value, Value); 4] {
    let run = |action: &str, arguments: &Value| json!({"action": action, "arguments": arguments});
    let of = |action, arguments: Value| {
        let nested = run(action, &arguments);
        (action, arguments, nested)
    };
    [
        of(WRITE, json!({"order_tag": {"enabled": true}})),
        of(NOTIFY, alerts(&[1])),
        of(CHARGE, json!({"id": order(2)})),
        of(DELETE, json!({"id": signup(12)})),
    ]
}

#[tokio::test]
async fn a_request_keeps_to_what_its_own_headers_leave_it() {
    let sandbox = fixture();
    let classes = ["write", "send", "money", "destroy"];
    let full = over_http(&sandbox, &["--surface", "full", "--confirm", "off"]);
    let compact = over_http(&sandbox, &["--surface", "compact", "--confirm", "off"]);
    for (header, value, left) in [
        ("x-stoq-read-only", "true", &[][..]),
        ("x-stoq-allow", "read", &[]),
        ("x-stoq-allow", "write", &["write"]),
        ("x-stoq-allow", "money, send", &["send", "money"]),
    ] {
        for server in [&full, &compact] {
            let client = Modern::with(server, json!({})).header(header, value);
            let is_full = std::ptr::eq(server, &raw const full);
            for (class, (action, arguments, nested)) in classes.iter().zip(effects()) {
                if left.contains(class) {
                    continue;
                }
                let executor = format!("run_{class}");
                let result = match is_full {
                    true => client.call(action, arguments).await,
                    false => client.call(&executor, nested).await,
                };
                assert_eq!(
                    refusal(&result),
                    format!(
                        "`{action}` is of class `{class}`, which a header of this request leaves out. Nothing was sent. Whoever sets X-Stoq-Allow or X-Stoq-Read-Only in the client can change that."
                    )
                );
            }
            let read = match is_full {
                true => client.call(READ, json!({})).await,
                false => client.call("run_read", json!({"action": READ})).await,
            };
            assert_eq!(structured(&read)["status"], json!("ok"));
        }
    }
    // A call that its arguments raise is of the higher class.
    let client = Modern::with(&full, json!({})).header("x-stoq-allow", "write");
    let raised = json!({"action": RAISED, "arguments": automatic(4)});
    let told = client.call("run_money", raised).await;
    assert!(refusal(&told).contains("of class `money`"), "{told}");
    nothing_happened(&sandbox);
    // What a header leaves is done, and one call's header is not the next one's.
    let (action, arguments, _) = effects()[0].clone();
    let done = client.call(action, arguments).await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
    let done = Modern::with(&full, json!({}))
        .call(NOTIFY, alerts(&[1]))
        .await;
    assert_eq!(structured(&done)["status"], json!("accepted"));
}

#[tokio::test]
async fn an_answer_is_held_against_the_headers_of_its_own_request() {
    let sandbox = fixture();
    let server = over_http(&sandbox, &["--surface", "full"]);
    let question = Modern::asking(&server).question(NOTIFY, alerts(&[1])).await;
    let reading = Modern::asking(&server).header("x-stoq-read-only", "true");
    let told = reading.answer(&question, as_asked(&question.asked)).await;
    assert!(
        refusal(&told).contains("which a header of this request leaves out"),
        "{told}"
    );
    nothing_happened(&sandbox);
}

#[tokio::test]
async fn read_only_beats_whatever_is_allowed_and_agreed_to() {
    let sandbox = fixture();
    let allowing = over_http(&sandbox, &["--surface", "full"]);
    let question = Modern::asking(&allowing)
        .question(NOTIFY, alerts(&[1]))
        .await;
    for surface in ["core", "compact", "full"] {
        let more = ["--surface", surface, "--read-only", "--confirm", "off"];
        let server = over_http(&sandbox, &more);
        for client in [
            Modern::with(&server, forms()),
            Modern::with(&server, forms()).header("x-stoq-allow", "write,send,money,destroy"),
        ] {
            let listed = client.ask("tools/list", json!({})).await;
            for tool in listed["result"]["tools"].as_array().unwrap() {
                assert_eq!(tool["annotations"]["readOnlyHint"], json!(true), "{tool}");
            }
            for (action, arguments, nested) in effects() {
                let call = json!({"name": action, "arguments": arguments,
                    "requestState": question.state, "inputResponses": {"agree": as_asked(&question.asked)}});
                let told = client.ask("tools/call", call).await;
                assert_eq!(told["error"]["code"], json!(-32602), "{told}");
                for tool in ["run_write", "run_send", "run_money", "run_destroy"] {
                    let call = json!({"name": tool, "arguments": nested});
                    let told = client.ask("tools/call", call).await;
                    assert_eq!(told["error"]["code"], json!(-32602), "{told}");
                }
                if surface != "full" {
                    let told = client.call("run_read", nested).await;
                    assert!(
                        refusal(&told).contains("which this server does not allow"),
                        "{told}"
                    );
                }
            }
        }
    }
    nothing_happened(&sandbox);
}
