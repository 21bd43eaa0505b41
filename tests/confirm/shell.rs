//! `stoq-mcp call` where nobody types: the plan comes with a handle, and another process goes ahead with it.

use serde_json::{Value, json};

use crate::operator::shell;
use crate::world::{DELETE, Folder, NOTIFY, WRITE, alerts, fixture, nothing_happened, signup};

fn parsed(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|_| panic!("{out}"))
}

#[test]
fn a_plan_is_printed_with_its_handle_and_the_next_process_goes_ahead() {
    let sandbox = fixture();
    let state = Folder::new();
    for (action, arguments, effects) in [
        (NOTIFY, alerts(&[1, 4]), 2),
        (DELETE, json!({"id": signup(12)}), 1),
        (
            "preorders_orders_payments_charge_balance",
            json!({"id": 6_130_000_000_001_u64}),
            1,
        ),
    ] {
        let json = arguments.to_string();
        let before = sandbox.all_effects().len();
        let plan = ["--json", &json, "--structured"];
        let (code, out, err) = shell(&sandbox, &state, action, &plan);
        assert_eq!((code, err.as_str()), (4, ""), "{action}");
        let planned = parsed(&out);
        assert_eq!(planned["status"], json!("planned"), "{action}");
        let handle = planned["plan"]["confirm"].as_str().unwrap().to_owned();
        assert_eq!(sandbox.all_effects().len(), before);
        let go = [&plan[..], &["--handle", &handle]].concat();
        let (code, out, _) = shell(&sandbox, &state, action, &go);
        let done = parsed(&out);
        assert_eq!((code, &done["status"]), (0, &json!("accepted")), "{action}");
        assert_eq!(sandbox.all_effects().len(), before + effects, "{action}");
        let (code, out, _) = shell(&sandbox, &state, action, &go);
        let again = parsed(&out);
        assert_eq!(
            (code, &again["status"], &again["receipt"]),
            (0, &json!("replayed"), &done["receipt"])
        );
        assert_eq!(sandbox.all_effects().len(), before + effects, "{action}");
    }
    let table = state.run(&["receipts"]);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(1)
        .map(|row| row.split_whitespace().skip(3).collect())
        .collect();
    assert_eq!(
        rows,
        [
            vec![
                "preorders_orders_payments_charge_balance",
                "done",
                "1",
                "79.65",
                "USD",
                "handle"
            ],
            vec![DELETE, "done", "1", "handle"],
            vec![NOTIFY, "done", "2", "handle"],
        ]
    );
}

#[test]
fn what_does_not_fit_its_handle_fails() {
    let sandbox = fixture();
    let (state, other) = (Folder::new(), Folder::new());
    let call = |state: &Folder, numbers: &[u64], more: &[&str]| {
        let json = alerts(numbers).to_string();
        shell(
            &sandbox,
            state,
            NOTIFY,
            &[&["--json", &json, "--structured"], more].concat(),
        )
    };
    let (_, out, _) = call(&state, &[1], &[]);
    let handle = parsed(&out)["plan"]["confirm"].as_str().unwrap().to_owned();
    for (state, numbers, handle, told) in [
        (
            &state,
            &[1, 4][..],
            handle.as_str(),
            "the plan agreed to was of another call",
        ),
        (&other, &[1], &handle, "there is no such plan"),
        (
            &state,
            &[1],
            "cfm_0123456789abcdefghjkmnpqrs",
            "there is no such plan",
        ),
        (
            &state,
            &[1],
            "yes",
            "which is no handle of a plan; those begin with cfm_.",
        ),
    ] {
        let (code, out, err) = call(state, numbers, &["--handle", handle]);
        assert_eq!((code, out.as_str()), (4, ""), "{told}");
        assert!(err.contains(told), "{err}");
    }
    state.run(&["writes", "off"]);
    let (code, _, err) = call(&state, &[1], &["--handle", &handle]);
    assert_eq!(
        (code, err.contains("the operator has switched writes off")),
        (3, true),
        "{err}"
    );
    let tag = json!({"order_tag": {"enabled": true}}).to_string();
    let (code, _, err) = shell(&sandbox, &state, WRITE, &["--json", &tag]);
    assert_eq!(
        (code, err.contains("the operator has switched writes off")),
        (3, true),
        "{err}"
    );
    nothing_happened(&sandbox);
}

#[test]
fn a_key_holds_across_processes() {
    let sandbox = fixture();
    let state = Folder::new();
    let tag = json!({"order_tag": {"enabled": true}}).to_string();
    let mut statuses = Vec::new();
    for key in ["a", "a", "b"] {
        let more = ["--json", &tag, "--structured", "--idempotency-key", key];
        let (code, out, _) = shell(&sandbox, &state, WRITE, &more);
        assert_eq!(code, 0);
        statuses.push(parsed(&out)["status"].clone());
    }
    assert_eq!(statuses, ["accepted", "replayed", "accepted"]);
    let other = json!({"order_tag": {"enabled": false}}).to_string();
    let more = ["--json", &other, "--idempotency-key", "a"];
    let (code, out, err) = shell(&sandbox, &state, WRITE, &more);
    assert_eq!((code, out.as_str()), (8, ""));
    assert!(
        err.contains("that `idempotency_key` was used for another call"),
        "{err}"
    );
}
