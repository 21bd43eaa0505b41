//! What is repeated and what never is, with the sandbox's journal as the witness.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../support/mod.rs"]
mod support;
mod unreached;

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use stoq_mcp::discovery::faults::{Ending, Fault, Promise, promise};
use stoq_mcp::registry::entry::Retry;
use support::tools::named_check;
use support::{SandboxProcess, StdioProcess, side_by_side};

const READ: &str = "back_in_stock_signups_read";
const SIGNUP: &str = "/back_in_stock/signups/51900000-0000-4000-8000-000000000001";
const S1: &str = "51900000-0000-4000-8000-000000000001";
const S12: &str = "51900000-0000-4000-8000-000000000012";

/// A write of the registry: the request it makes and the effect that proves it.
#[derive(Debug, Clone, Copy)]
struct Write {
    tool: &'static str,
    arguments: &'static str,
    method: &'static str,
    path: &'static str,
    effect: &'static str,
    /// Effects of one call that takes effect.
    each: usize,
    kind: Retry,
}

const WRITES: [Write; 14] = [
    Write {
        tool: "back_in_stock_settings_tagging_update",
        arguments: r#"{"order_tag": {"enabled": true, "value": "Recovered"}}"#,
        method: "PATCH",
        path: "/back_in_stock/settings/tagging",
        effect: "settings_written",
        each: 1,
        kind: Retry::ReadBack,
    },
    Write {
        tool: "back_in_stock_signups_delete",
        arguments: r#"{"id": "51900000-0000-4000-8000-000000000012"}"#,
        method: "DELETE",
        path: "/back_in_stock/signups/51900000-0000-4000-8000-000000000012",
        effect: "signup_deleted",
        each: 1,
        kind: Retry::ReadBack,
    },
    Write {
        tool: "back_in_stock_signups_create",
        arguments: r#"{"channel": "email", "shopify_variant_id": 44021000000201, "email": "rosa.lind@example.com"}"#,
        method: "POST",
        path: "/back_in_stock/signups",
        effect: "signup_created",
        each: 1,
        kind: Retry::NaturalKey,
    },
    Write {
        tool: "back_in_stock_signups_notify",
        arguments: r#"{"id": "51900000-0000-4000-8000-000000000002", "allow_resend": true}"#,
        method: "POST",
        path: "/back_in_stock/signups/51900000-0000-4000-8000-000000000002/notify",
        effect: "send",
        each: 1,
        kind: Retry::Once,
    },
    Write {
        tool: "back_in_stock_signups_bulk_notify",
        arguments: r#"{"signup_ids": ["51900000-0000-4000-8000-000000000003", "51900000-0000-4000-8000-000000000005"], "allow_resend": true}"#,
        method: "POST",
        path: "/back_in_stock/signups/bulk_notify",
        effect: "send",
        each: 2,
        kind: Retry::Once,
    },
    Write {
        tool: "back_in_stock_signups_bulk_delete",
        arguments: r#"{"signup_ids": ["51900000-0000-4000-8000-000000000004", "51900000-0000-4000-8000-000000000007"]}"#,
        method: "POST",
        path: "/back_in_stock/signups/bulk_delete",
        effect: "signup_deleted",
        each: 2,
        kind: Retry::Once,
    },
    Write {
        tool: "back_in_stock_signups_transfer",
        arguments: r#"{"from_shopify_variant_id": 44021000000303, "from_shopify_product_id": 8011000000103, "to_shopify_variant_id": 44021000000302, "to_shopify_product_id": 8011000000103, "signup_type": "all", "expected_count": 2}"#,
        method: "POST",
        path: "/back_in_stock/signups/transfer",
        effect: "signup_moved",
        each: 2,
        kind: Retry::Once,
    },
    Write {
        tool: "preorders_offers_enable",
        arguments: r#"{"id": "0ffe0000-0000-4000-8000-000000000004"}"#,
        method: "POST",
        path: "/preorders/offers/0ffe0000-0000-4000-8000-000000000004/enable",
        effect: "offer_enabled",
        each: 1,
        kind: Retry::ReadBack,
    },
    Write {
        tool: "preorders_offers_schedule",
        arguments: r#"{"id": "0ffe0000-0000-4000-8000-000000000004", "starts_at": "2026-04-20T10:00:00+02:00", "clear": ["ends_at"]}"#,
        method: "POST",
        path: "/preorders/offers/0ffe0000-0000-4000-8000-000000000004/schedule",
        effect: "offer_scheduled",
        each: 1,
        kind: Retry::ReadBack,
    },
    Write {
        tool: "preorders_offers_widget_set_button_text",
        arguments: r#"{"id": "0ffe0000-0000-4000-8000-000000000001", "text": "Reserve yours "}"#,
        method: "POST",
        path: "/preorders/offers/0ffe0000-0000-4000-8000-000000000001/widget/set_button_text",
        effect: "offer_updated",
        each: 1,
        kind: Retry::ReadBack,
    },
    Write {
        tool: "preorders_offers_create",
        arguments: r#"{"name": "Camp Mug preorder"}"#,
        method: "POST",
        path: "/preorders/offers",
        effect: "offer_created",
        each: 1,
        kind: Retry::NaturalKey,
    },
    Write {
        tool: "preorders_orders_payments_charge_balance",
        arguments: r#"{"id": 6130000000001}"#,
        method: "POST",
        path: "/preorders/orders/6130000000001/payments/charge_balance",
        effect: "charge_succeeded",
        each: 1,
        kind: Retry::Once,
    },
    Write {
        tool: "preorders_orders_payments_refund",
        arguments: r#"{"id": 6130000000003, "amount": 10.5}"#,
        method: "POST",
        path: "/preorders/orders/6130000000003/payments/refund",
        effect: "refund",
        each: 1,
        kind: Retry::Once,
    },
    Write {
        tool: "preorders_orders_bulk_send_payment_links",
        arguments: r#"{"order_ids": [6130000000001, 6130000000002]}"#,
        method: "POST",
        path: "/preorders/orders/bulk_send_payment_collection_url",
        effect: "job_started",
        each: 1,
        kind: Retry::Once,
    },
];

impl Write {
    fn arguments(&self) -> Value {
        serde_json::from_str(self.arguments).unwrap()
    }

    /// A fault on its request alone.
    fn rule(&self, fault: &Value, times: Value) -> Value {
        let path = format!("/api/v2/external{}", self.path);
        json!({"match": {"method": self.method, "path": path}, "times": times, "fault": fault})
    }

    /// Calls that took effect, by the journal.
    fn happened(&self, sandbox: &SandboxProcess) -> usize {
        let effects = sandbox.effects(self.effect);
        assert_eq!(effects % self.each, 0, "{self:?}: half an effect");
        effects / self.each
    }

    fn sent(&self, sandbox: &SandboxProcess) -> usize {
        sandbox.requests(self.method, self.path)
    }
}

/// A fault that leaves it open whether the request took effect, and whether it did.
fn ambiguous() -> Vec<(Value, bool)> {
    let lost = faults()
        .into_iter()
        .filter_map(|(rule, fault)| match fault {
            Fault::LostUndone => Some((rule, false)),
            Fault::LostDone => Some((rule, true)),
            Fault::NotSent
            | Fault::RateLimitedShortly
            | Fault::RateLimitedLong
            | Fault::Refused => None,
        });
    lost.collect()
}

/// The sandbox's faults, and what the table takes each for.
fn faults() -> Vec<(Value, Fault)> {
    let mut faults = vec![
        // The connection came about, so a request may have got through.
        (
            json!({"kind": "drop", "phase": "accept"}),
            Fault::LostUndone,
        ),
        (
            json!({"kind": "rate_limit", "retry_after": 1}),
            Fault::RateLimitedShortly,
        ),
        (
            json!({"kind": "rate_limit", "retry_after": 24}),
            Fault::RateLimitedLong,
        ),
        (
            json!({"kind": "drop", "phase": "before"}),
            Fault::LostUndone,
        ),
        (json!({"kind": "drop", "phase": "after"}), Fault::LostDone),
        (
            json!({"kind": "drop", "phase": "mid_body"}),
            Fault::LostDone,
        ),
        (
            json!({"kind": "hang", "ms": 300, "phase": "before"}),
            Fault::LostUndone,
        ),
        (
            json!({"kind": "hang", "ms": 300, "phase": "after"}),
            Fault::LostDone,
        ),
        (
            json!({"kind": "malformed_json", "variant": "html"}),
            Fault::LostDone,
        ),
        (
            json!({"kind": "malformed_json", "variant": "truncated"}),
            Fault::LostDone,
        ),
        (
            json!({"kind": "oversize", "bytes": 9 << 20}),
            Fault::LostDone,
        ),
    ];
    for status in [400, 401, 403, 404, 409, 422] {
        let rule = json!({"kind": "status", "status": status});
        faults.push((rule, Fault::Refused));
    }
    for status in [500, 502, 503, 504] {
        for (phase, fault) in [("before", Fault::LostUndone), ("after", Fault::LostDone)] {
            let rule = json!({"kind": "status", "status": status, "phase": phase});
            faults.push((rule, fault));
        }
    }
    faults
}

/// What a client sees of a call: its status, or `error`, and the text.
fn seen(result: &Value) -> (String, String) {
    let text = result["content"][0]["text"].as_str().unwrap().to_owned();
    if result["isError"] == json!(true) {
        return ("error".to_owned(), text);
    }
    let status = result["structuredContent"]["status"].as_str().unwrap();
    (status.to_owned(), text)
}

fn sandbox() -> SandboxProcess {
    SandboxProcess::start("fixture").unmetered()
}

/// A fresh server, which remembers no failure, over a fresh dataset.
fn fresh(sandbox: &SandboxProcess) -> StdioProcess {
    sandbox.reset("fixture");
    StdioProcess::unmetered(sandbox)
}

fn bench() -> (SandboxProcess, StdioProcess) {
    let sandbox = sandbox();
    let server = StdioProcess::unmetered(&sandbox);
    (sandbox, server)
}

#[test]
fn reads_are_repeated_until_they_succeed_and_three_times_at_most() {
    let faults = [
        json!({"kind": "drop", "phase": "accept"}),
        json!({"kind": "drop", "phase": "before"}),
        json!({"kind": "drop", "phase": "after"}),
        json!({"kind": "drop", "phase": "mid_body"}),
        json!({"kind": "status", "status": 500}),
        json!({"kind": "status", "status": 502}),
        json!({"kind": "status", "status": 503, "body": "empty"}),
        json!({"kind": "status", "status": 408}),
        json!({"kind": "malformed_json", "variant": "truncated"}),
        json!({"kind": "malformed_json", "variant": "html"}),
        json!({"kind": "hang", "ms": 200}),
    ];
    side_by_side(4, faults.to_vec(), sandbox, |sandbox, fault| {
        for (times, succeeds) in [(json!(1), true), (json!(2), true), (Value::Null, false)] {
            let mut server = fresh(sandbox);
            sandbox.fault(json!({"match": {"path": format!("/api/v2/external{SIGNUP}")}, "times": times, "fault": fault}));
            let began = Instant::now();
            let (status, text) = seen(&server.call(READ, json!({"id": S1})));
            let took = began.elapsed();
            assert_eq!(status == "ok", succeeds, "{fault} {times}: {text}");
            assert_eq!(sandbox.hits(), times.as_u64().unwrap_or(3), "{fault}");
            // 100 to 400 ms of pause before each of at most two repeats.
            assert!(
                took >= Duration::from_millis(100) && took < Duration::from_secs(5),
                "{took:?}"
            );
        }
    });
}

#[test]
fn a_read_without_an_answer_in_time_is_told_after_three_attempts() {
    let (sandbox, mut server) = bench();
    sandbox.fault(json!({"match": {"path": "/api/**"}, "times": null, "fault": {"kind": "hang", "ms": 12_000}}));
    let text = server.refusal(READ, json!({"id": S1}));
    assert_eq!(
        text,
        "`back_in_stock_signups_read` failed: the STOQ API did not answer in time. It only reads, so nothing was changed; it was repeated as often as is allowed. Call again in a minute."
    );
    assert_eq!(sandbox.hits(), 3);
}

#[test]
fn a_refusal_is_never_repeated() {
    for status in [400, 401, 403, 404, 409, 413, 422] {
        let (sandbox, mut server) = bench();
        sandbox.fault(json!({"match": {"path": "/api/**"}, "times": null, "fault": {"kind": "status", "status": status}}));
        server.refusal(READ, json!({"id": S1}));
        assert_eq!(sandbox.hits(), 1, "{status}");
        for write in WRITES {
            // Five refused keys in a row open the breaker: a server for each.
            if matches!(status, 401 | 403) {
                server = StdioProcess::unmetered(&sandbox);
            }
            let before = sandbox.hits();
            server.refusal(write.tool, write.arguments());
            assert_eq!(sandbox.hits(), before + 1, "{status} {}", write.tool);
        }
    }
}

/// The README's table, cell by cell.
#[test]
fn every_class_of_write_meets_every_fault_as_promised() {
    let mut table = Vec::new();
    for write in WRITES {
        for (rule, fault) in faults() {
            table.push((write, rule, fault));
        }
    }
    side_by_side(12, table, sandbox, |sandbox, (write, rule, fault)| {
        let mut server = fresh(sandbox);
        sandbox.fault(write.rule(&rule, json!(1)));
        let began = Instant::now();
        let result = server.call(write.tool, write.arguments());
        let took = began.elapsed();
        let (status, text) = seen(&result);
        let about = format!("{} {rule}: {result}", write.tool);
        let met = Promise {
            sends: u64::try_from(write.sent(sandbox)).unwrap(),
            ending: ending(&status, &text),
            effects: write.happened(sandbox),
        };
        assert_eq!(met, promise(write.kind, fault), "{about}");
        assert_eq!(sandbox.hits(), 1, "{about}");
        if (write.kind, fault) == (Retry::NaturalKey, Fault::LostUndone) {
            assert_eq!(sandbox.requests("GET", write.path), 2, "two looks: {about}");
            assert!(took >= Duration::from_secs(2), "{took:?}: {about}");
        }
        if status == "outcome_unknown" {
            assert!(
                text.contains("Do not repeat it before you know. Check with `"),
                "{about}"
            );
            assert_eq!(result["isError"], json!(false), "{about}");
        }
    });
}

/// How a call ended, in the words of the table.
fn ending(status: &str, text: &str) -> Ending {
    let found = "The API's answer was lost, but reading back shows that it took effect.";
    match status {
        "error" => Ending::Error,
        "outcome_unknown" => Ending::Unknown,
        "ok" | "accepted" | "running" if text.contains(found) => Ending::Found,
        "ok" | "accepted" | "running" => Ending::Success,
        other => panic!("{other}: {text}"),
    }
}

/// The table's column of reads.
#[test]
fn reads_meet_every_fault_as_promised() {
    side_by_side(4, faults(), sandbox, |sandbox, (rule, fault)| {
        let mut server = fresh(sandbox);
        let path = format!("/api/v2/external{SIGNUP}");
        sandbox.fault(json!({"match": {"path": path}, "times": 1, "fault": rule}));
        let (status, text) = seen(&server.call(READ, json!({"id": S1})));
        let promise = promise(Retry::Safe, fault);
        assert_eq!(ending(&status, &text), promise.ending, "{rule}: {text}");
        let sent = u64::try_from(sandbox.requests("GET", SIGNUP)).unwrap();
        assert_eq!(sent, promise.sends, "{rule}: {text}");
    });
}

#[test]
fn a_write_that_gets_no_answer_in_time_is_not_sent_again() {
    let once: Vec<Write> = WRITES
        .into_iter()
        .filter(|write| write.kind == Retry::Once)
        .collect();
    side_by_side(once.len(), once, sandbox, |sandbox, write| {
        let mut server = fresh(sandbox);
        sandbox.fault(write.rule(
            &json!({"kind": "hang", "ms": 12_000, "phase": "after"}),
            json!(1),
        ));
        let (status, text) = seen(&server.call(write.tool, write.arguments()));
        assert_eq!(status, "outcome_unknown", "{text}");
        assert!(
            text.contains("the STOQ API did not answer in time"),
            "{text}"
        );
        assert_eq!((write.sent(sandbox), write.happened(sandbox)), (1, 1));
    });
}

#[test]
fn the_check_that_is_named_can_be_called() {
    for write in WRITES {
        for lost in [true, false] {
            let (sandbox, mut server) = bench();
            if lost {
                // Of a create the record must be missing, or it would be found.
                let phase = if write.kind == Retry::Once {
                    "after"
                } else {
                    "before"
                };
                let times = if write.kind == Retry::ReadBack { 2 } else { 1 };
                sandbox.fault(write.rule(&json!({"kind": "drop", "phase": phase}), json!(times)));
            }
            let (status, text) = seen(&server.call(write.tool, write.arguments()));
            assert_eq!(status == "outcome_unknown", lost, "{text}");
            if status == "ok" {
                // A job that was waited for names no record to look at.
                assert_eq!(write.effect, "job_started", "{text}");
                continue;
            }
            let (tool, arguments) = named_check(&text);
            let gone = write.effect == "signup_deleted" && write.happened(&sandbox) > 0;
            if tool == READ && gone {
                server.refusal(&tool, arguments);
                continue;
            }
            let shown = server.structured(&tool, arguments.clone());
            assert_eq!(shown["status"], json!("ok"), "{tool} {arguments}");
        }
    }
}

/// The sends of a call that was lost stand first in the log the note names, whether or not the API
/// has told its time before, and however long its answer took.
#[test]
fn the_check_of_a_bulk_send_shows_its_sends() {
    let write = WRITES[4];
    for (spoken, fault) in [
        (false, json!({"kind": "drop", "phase": "after"})),
        (true, json!({"kind": "drop", "phase": "after"})),
        (true, json!({"kind": "latency", "ms": 3_500})),
    ] {
        let (sandbox, mut server) = bench();
        if spoken {
            server.structured(READ, json!({"id": S1}));
        }
        sandbox.fault(write.rule(&fault, json!(1)));
        let (_, text) = seen(&server.call(write.tool, write.arguments()));
        let (tool, arguments) = named_check(&text);
        assert_eq!(arguments.get("from").is_some(), spoken, "{text}");
        let shown = server.structured(&tool, arguments);
        let rows = shown["data"]["notifications"].as_array().unwrap();
        let mut sent: Vec<&str> = rows[..2]
            .iter()
            .map(|row| row["signup_id"].as_str().unwrap())
            .collect();
        sent.sort_unstable();
        let wanted = write.arguments();
        assert_eq!(json!(sent), wanted["signup_ids"], "{text}");
        assert!(!spoken || rows.len() == 2, "{rows:?}");
    }
}

#[test]
fn a_read_back_that_fails_as_well_leaves_the_outcome_unknown() {
    for write in WRITES
        .into_iter()
        .filter(|write| write.kind == Retry::ReadBack)
    {
        let (sandbox, mut server) = bench();
        sandbox.fault(write.rule(&json!({"kind": "drop", "phase": "after"}), json!(1)));
        sandbox.fault(json!({"match": {"method": "GET"}, "times": null, "fault": {"kind": "status", "status": 503}}));
        let (status, text) = seen(&server.call(write.tool, write.arguments()));
        assert_eq!(status, "outcome_unknown", "{text}");
        assert_eq!((write.sent(&sandbox), write.happened(&sandbox)), (1, 1));
    }
}

#[test]
fn another_shoppers_signup_is_not_taken_for_the_lost_one() {
    let (sandbox, mut server) = bench();
    let path = "/api/v2/external/back_in_stock/signups";
    // The API tells nobody's push token, so no look-up can tell one push signup from another.
    let push = |token: &str| json!({"channel": "push", "shopify_variant_id": 44_021_000_000_201_u64, "push": token});
    let (status, _) = sandbox.api("POST", "/back_in_stock/signups", push("another"));
    assert_eq!(status, 202);
    sandbox.fault(json!({"match": {"method": "POST", "path": path}, "fault": {"kind": "drop", "phase": "before"}}));
    let result = server.call("back_in_stock_signups_create", push("mine"));
    assert_eq!(
        result["structuredContent"]["status"],
        json!("outcome_unknown"),
        "{result}"
    );
    assert_eq!(sandbox.effects("signup_created"), 1);
}

#[test]
fn a_delete_that_was_lost_twice_is_known_by_the_missing_record() {
    let (sandbox, mut server) = bench();
    let write = WRITES[1];
    sandbox.fault(write.rule(&json!({"kind": "drop", "phase": "before"}), json!(1)));
    sandbox.fault(write.rule(&json!({"kind": "drop", "phase": "after"}), json!(1)));
    let (status, text) = seen(&server.call(write.tool, json!({"id": S12})));
    assert_eq!(status, "accepted", "{text}");
    assert_eq!((write.sent(&sandbox), write.happened(&sandbox)), (2, 1));
}

/// Money whose fate is unknown stays so: however often the call is made with the answer lost, each
/// call is one request, and the journal alone knows what was charged.
#[test]
fn a_charge_without_an_answer_is_the_callers_to_look_up() {
    let (sandbox, mut server) = bench();
    let charge = WRITES[11];
    sandbox.fault(charge.rule(&json!({"kind": "drop", "phase": "after"}), Value::Null));
    let (status, text) = seen(&server.call(charge.tool, charge.arguments()));
    assert_eq!(status, "outcome_unknown", "{text}");
    assert_eq!((charge.sent(&sandbox), charge.happened(&sandbox)), (1, 1));
    let (tool, arguments) = named_check(&text);
    assert_eq!(
        (tool.as_str(), &arguments),
        ("preorders_orders_read", &charge.arguments())
    );
    let order = server.structured(&tool, arguments);
    assert_eq!(order["data"]["state"], json!("balance_collected"));
    assert_eq!(order["data"]["payments"]["collected"], json!("106.20"));
    // The caller who does not look finds the answer lost once more, and nothing charged twice.
    let (status, text) = seen(&server.call(charge.tool, charge.arguments()));
    assert_eq!(status, "outcome_unknown", "{text}");
    assert_eq!((charge.sent(&sandbox), charge.happened(&sandbox)), (2, 1));
}

/// An offer of the same name that was there before is not taken for the lost one.
#[test]
fn another_offer_of_the_name_is_not_taken_for_the_lost_one() {
    let (sandbox, mut server) = bench();
    let create = WRITES[10];
    let (status, earlier) = sandbox.api("POST", create.path, create.arguments());
    assert_eq!(status, 202, "{earlier}");
    sandbox.control("POST", "/clock", json!({"advance_ms": 60_000}));
    // The server has heard the API's time.
    server.structured("preorders_offers_list", json!({"limit": 1}));
    sandbox.fault(create.rule(&json!({"kind": "drop", "phase": "before"}), json!(1)));
    let (status, text) = seen(&server.call(create.tool, create.arguments()));
    assert_eq!(status, "outcome_unknown", "{text}");
    sandbox.fault(create.rule(&json!({"kind": "drop", "phase": "after"}), json!(1)));
    let found = server.structured(create.tool, create.arguments());
    assert_eq!(found["status"], json!("accepted"));
    assert_ne!(found["data"]["id"], earlier["id"]);
    assert_eq!(found["data"]["name"], earlier["name"]);
    assert_eq!(
        create.happened(&sandbox),
        2,
        "the earlier one, and the found one"
    );
}

/// Faults drawn at random, on the write and on everything around it: never more than one effect,
/// and no result says more than is true.
#[test]
fn no_fault_makes_a_write_happen_twice() {
    const RUNS: u64 = 200;
    side_by_side(12, (0..RUNS).collect(), sandbox, |sandbox, seed: u64| {
        let mut dice = StdRng::seed_from_u64(seed);
        let write = WRITES[dice.random_range(0..WRITES.len())];
        let mut server = fresh(sandbox);
        let mut drawn = Vec::new();
        for _ in 0..dice.random_range(1..=3) {
            let faults = ambiguous();
            let mut fault = faults[dice.random_range(0..faults.len())].0.clone();
            if dice.random_bool(0.15) {
                fault = json!({"kind": "rate_limit", "retry_after": 1});
            }
            let mut rule = write.rule(&fault, json!(dice.random_range(1..=2)));
            if dice.random_bool(0.3) {
                rule = json!({"match": {"path": "/api/**"}, "times": 4, "probability": 0.5, "fault": fault});
            }
            drawn.push(rule.clone());
            sandbox.fault(rule);
        }
        let result = server.call(write.tool, write.arguments());
        let (status, text) = seen(&result);
        let (sent, happened) = (write.sent(sandbox), write.happened(sandbox));
        let about = format!("seed {seed}, {}, {drawn:?}: {text}", write.tool);
        match write.kind {
            Retry::Safe | Retry::ReadBack => assert!(happened <= 1, "{about}"),
            // Rate limited requests had no effect and may be repeated.
            Retry::NaturalKey | Retry::Once => {
                let limited = text.contains("free again")
                    || drawn
                        .iter()
                        .any(|rule| rule["fault"]["kind"] == json!("rate_limit"));
                assert!(happened <= 1 && (sent <= 1 || limited), "{about}");
            }
        }
        match status.as_str() {
            "accepted" | "ok" | "running" => assert_eq!(happened, 1, "{about}"),
            "error" => assert_eq!(happened, 0, "{about}"),
            "outcome_unknown" => {}
            other => panic!("{other}: {about}"),
        }
    });
}
