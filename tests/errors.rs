//! Every way the API can refuse or fail, as one clear error: what, why, and the next step.
//!
//! The golden file is refreshed by `INSTA_UPDATE=always cargo test --test errors`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::tools::Tools;
use support::{EVERYTHING, SHOP, SandboxProcess, Scratch, StdioProcess, program, side_by_side};

const LIST: &str = "back_in_stock_signups_list";
const READ: &str = "back_in_stock_signups_read";
const CREATE: &str = "back_in_stock_signups_create";
const S1: &str = "51900000-0000-4000-8000-000000000001";
const S2: &str = "51900000-0000-4000-8000-000000000002";
const S3: &str = "51900000-0000-4000-8000-000000000003";
const UNKNOWN: &str = "51900000-0000-4000-8000-999999999999";

/// A sandbox with a server over it.
struct Setup {
    sandbox: SandboxProcess,
    server: StdioProcess,
}

/// A call that must fail in a known way.
struct Case {
    name: &'static str,
    /// Faults of the sandbox.
    faults: Vec<Value>,
    /// Settings of the sandbox.
    config: Value,
    /// Variables of the server.
    variables: Vec<(&'static str, &'static str)>,
    tool: &'static str,
    arguments: Value,
    /// Calls made before, whatever comes of them.
    before: usize,
    /// What has happened in the shop before.
    history: fn(&mut Setup),
}

impl Case {
    fn new(name: &'static str, tool: &'static str, arguments: Value) -> Self {
        Self {
            name,
            faults: Vec::new(),
            config: json!({"rate_limit": 1_000_000}),
            variables: vec![("STOQ_MCP_POINTS_LIMIT", "0")],
            tool,
            arguments,
            before: 0,
            history: |_| {},
        }
    }

    /// The same after something has happened in the shop.
    fn after(mut self, history: fn(&mut Setup)) -> Self {
        self.history = history;
        self
    }

    /// A read under a fault that stays.
    fn under(name: &'static str, fault: Value) -> Self {
        let mut case = Self::new(name, LIST, json!({}));
        case.faults
            .push(json!({"match": {"path": "/api/**"}, "times": null, "fault": fault}));
        case
    }

    fn text(&self) -> String {
        let sandbox = SandboxProcess::start("fixture");
        sandbox.control("PATCH", "/config", self.config.clone());
        self.faults
            .iter()
            .for_each(|rule| sandbox.fault(rule.clone()));
        let server = StdioProcess::beside_with(&sandbox, &EVERYTHING, &self.variables);
        let mut setup = Setup { sandbox, server };
        (self.history)(&mut setup);
        for _ in 0..self.before {
            setup.server.call(self.tool, self.arguments.clone());
        }
        let text = setup.server.refusal(self.tool, self.arguments.clone());
        checked(&text, &setup.sandbox.key);
        text
    }
}

/// What holds for every error text.
fn checked(text: &str, key: &str) {
    assert!(text.len() < 2_000, "{} bytes: {text}", text.len());
    assert!(!text.contains('<') && !text.contains("doctype"), "{text}");
    assert!(!text.contains(key), "{text}");
    assert!(!text.contains("http://") && !text.contains('\n'), "{text}");
}

/// Numbers of seconds that depend on the moment become `N`.
fn timeless(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let worded = words.iter().enumerate().map(|(index, word)| {
        let unit = words
            .get(index + 1)
            .is_some_and(|next| next.trim_end_matches(['.', ';', ',']) == "s");
        if unit && word.parse::<u64>().is_ok_and(|n| n > 5) {
            "N"
        } else {
            word
        }
    });
    worded.collect::<Vec<&str>>().join(" ")
}

fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("404 of a record", READ, json!({"id": UNKNOWN})),
        Case::new(
            "404 of a job",
            "back_in_stock_reports_jobs_read",
            json!({"job_id": "exp_0000000000000000"}),
        ),
        Case::new(
            "409 with a hint",
            "back_in_stock_signups_notify",
            json!({"id": S2}),
        ),
        Case::new(
            "409 with several reasons",
            "back_in_stock_signups_bulk_delete",
            json!({"signup_ids": [S1, S2, S3]}),
        ),
        Case::new(
            "409 of a delete",
            "back_in_stock_signups_delete",
            json!({"id": S2}),
        ),
        Case::new(
            "422 of a channel",
            CREATE,
            json!({"channel": "sms", "shopify_variant_id": 44_021_000_000_201_u64, "phone": "15035550199"}),
        ),
        Case::new(
            "422 of a duplicate",
            CREATE,
            json!({"channel": "email", "shopify_variant_id": 44_021_000_000_301_u64, "email": "jane.okafor@example.com"}),
        ),
        Case::new(
            "422 of an order of dates",
            "back_in_stock_reports_summary",
            json!({"from": "2026-03-31", "to": "2026-03-01"}),
        ),
        Case::new(
            "422 of several rules",
            "back_in_stock_settings_update",
            json!({"delivery": {"shopify_location_ids": [1, 2]}}),
        ),
        Case::new(
            "404 of a variant",
            "back_in_stock_signups_transfer",
            json!({"from_shopify_variant_id": 1, "from_shopify_product_id": 1, "to_shopify_variant_id": 2, "to_shopify_product_id": 2, "expected_count": 0}),
        ),
        Case::under("400", json!({"kind": "status", "status": 400})),
        Case::under(
            "403",
            json!({"kind": "status", "status": 403, "body": "html"}),
        ),
        Case::under("418", json!({"kind": "status", "status": 418})),
        Case::under(
            "422 without a body",
            json!({"kind": "status", "status": 422, "body": "empty"}),
        ),
        Case::under(
            "429 with a long wait",
            json!({"kind": "rate_limit", "retry_after": 24}),
        ),
        Case::under(
            "429 without a header",
            json!({"kind": "rate_limit", "retry_after": 24, "omit": ["Retry-After"]}),
        ),
        Case::under(
            "429 as a page",
            json!({"kind": "rate_limit", "retry_after": 24, "omit": ["Retry-After"], "body": "html"}),
        ),
        Case::under(
            "429 again and again",
            json!({"kind": "rate_limit", "retry_after": 1}),
        ),
        Case::under("500", json!({"kind": "status", "status": 500})),
        Case::under("502 as a page", json!({"kind": "status", "status": 502})),
        Case::under(
            "503 without a body",
            json!({"kind": "status", "status": 503, "body": "empty"}),
        ),
        Case::under("dropped before", json!({"kind": "drop", "phase": "before"})),
        Case::under(
            "dropped within the body",
            json!({"kind": "drop", "phase": "mid_body"}),
        ),
        Case::under("oversize", json!({"kind": "oversize", "bytes": 9 << 20})),
    ];
    for (name, variant) in [
        ("cut JSON", "truncated"),
        ("a page for JSON", "html"),
        ("words for JSON", "not_json"),
        ("bytes for JSON", "invalid_utf8"),
        ("more after the JSON", "trailing"),
    ] {
        cases.push(Case::under(
            name,
            json!({"kind": "malformed_json", "variant": variant}),
        ));
    }
    cases.extend(of_offers());
    cases.extend(of_orders());
    cases.extend(of_reports());
    let mut large = Case::new(
        "413",
        CREATE,
        json!({"channel": "email", "shopify_variant_id": 44_021_000_000_201_u64, "email": "rosa.lind@example.com"}),
    );
    large.config = json!({"max_body_bytes": 50});
    cases.push(large);
    let mut ours = Case::new("our own budget is used up", LIST, json!({"limit": 1}));
    ours.variables = vec![("STOQ_MCP_POINTS_LIMIT", "4")];
    ours.before = 3;
    cases.push(ours);
    let mut theirs = Case::new("the API's budget is used up", LIST, json!({"limit": 1}));
    theirs.config = json!({"rate_limit": 3});
    theirs.before = 3;
    cases.push(theirs);
    let mut failing = Case::under(
        "the breaker after failures",
        json!({"kind": "status", "status": 503}),
    );
    failing.before = 16;
    cases.push(failing);
    cases
}

/// The id of an offer of the fixture: 1 and 2 are enabled, 3 is scheduled, 4 disabled.
fn offer(number: u64) -> String {
    format!("0ffe0000-0000-4000-8000-{number:012}")
}

/// The id of an order of the fixture.
fn order(number: u64) -> u64 {
    6_130_000_000_000 + number
}

/// What a client of offers is refused, with the way out the API names.
fn of_offers() -> Vec<Case> {
    let case = |name, action: &'static str, number: u64, more: Value| {
        let mut arguments = more;
        arguments["id"] = json!(offer(number));
        Case::new(name, action, arguments)
    };
    let widget = "preorders_offers_widget_set_button_text";
    let schedule = "preorders_offers_schedule";
    let products = "preorders_offers_products_update";
    let add = "preorders_offers_products_add_variants";
    let remove = "preorders_offers_products_remove_variants";
    let payment = "preorders_offers_payment_update";
    let fulfillment = "preorders_offers_fulfillment_update";
    let limits = "preorders_offers_limits_update";
    let markets = "preorders_offers_markets_update";
    vec![
        case(
            "404 of an offer",
            widget,
            9,
            json!({"text": "Reserve yours"}),
        ),
        case(
            "409 of an enabled offer",
            "preorders_offers_enable",
            1,
            json!({}),
        ),
        case(
            "409 of a disabled offer",
            "preorders_offers_disable",
            4,
            json!({}),
        ),
        case(
            "409 of a start while enabled",
            schedule,
            1,
            json!({"starts_at": "2026-04-20T08:00:00Z"}),
        ),
        case(
            "422 of a start in the past",
            schedule,
            4,
            json!({"starts_at": "2026-03-01T08:00:00Z"}),
        ),
        case(
            "422 of an end before the start",
            schedule,
            3,
            json!({"ends_at": "2026-04-09T00:00:00Z"}),
        ),
        case(
            "409 of a source that is not custom",
            add,
            4,
            json!({"variant_ids": [44_021_000_000_301_u64]}),
        )
        .after(|setup| {
            let all = json!({"id": offer(4), "source": "all"});
            setup
                .server
                .structured("preorders_offers_products_update", all);
        }),
        case(
            "422 of a source without its id",
            products,
            4,
            json!({"source": "collection"}),
        ),
        case(
            "422 of variants attached before",
            add,
            1,
            json!({"variant_ids": [44_021_000_000_301_u64, 44_021_000_000_302_u64]}),
        ),
        case(
            "422 of unknown variants",
            add,
            1,
            json!({"variant_ids": [1, 2]}),
        ),
        case(
            "404 of detached variants",
            remove,
            1,
            json!({"variant_ids": [1]}),
        ),
        case(
            "another class than the tool's",
            payment,
            2,
            json!({"remaining_balance": {"auto_collect": true}}),
        ),
        Case::new(
            "422 of automatic charges without a balance",
            "run_money",
            json!({"action": payment,
                "arguments": {"id": offer(2), "remaining_balance": {"auto_collect": true}}}),
        ),
        case(
            "422 of half the terms of payment",
            payment,
            2,
            json!({"type": "partial"}),
        ),
        case(
            "409 of a date without the purchase option",
            "preorders_offers_delivery_set_delivery_date",
            2,
            json!({"date": "2026-06-15"}),
        )
        .after(|setup| {
            let off = json!({"id": offer(2), "purchase_option": {"enabled": false}});
            setup
                .server
                .structured("preorders_offers_checkout_update", off);
        }),
        case(
            "422 of a deposit without the purchase option",
            "preorders_offers_checkout_update",
            1,
            json!({"purchase_option": {"enabled": false}}),
        ),
        case(
            "422 of both ways to hold",
            fulfillment,
            3,
            json!({"hold_all": {"enabled": true}, "split_fulfillment": {"enabled": true}}),
        ),
        case(
            "422 of several limits",
            limits,
            2,
            json!({"per_order": {"min": 3, "max": 2}, "terms": {"enabled": true}}),
        ),
        case("422 of no market", markets, 2, json!({"enabled": true})),
        case(
            "422 of an unknown market",
            markets,
            2,
            json!({"enabled": true, "market_ids": [7]}),
        ),
        case(
            "422 of several blocks",
            "preorders_offers_update",
            2,
            json!({"pricing": {"type": "percentage"}, "limits": {"terms": {"enabled": true}}}),
        ),
    ]
}

/// What a client of orders and variants is refused.
fn of_orders() -> Vec<Case> {
    let case = |name, action: &'static str, number: u64| {
        Case::new(name, action, json!({"id": order(number)}))
    };
    let release = "preorders_orders_release";
    let cancel = "preorders_orders_cancel";
    let charge = "preorders_orders_payments_charge_balance";
    let link = "preorders_orders_payments_send_payment_link";
    let refund = "preorders_orders_payments_refund";
    let mut too_much = case("422 of too large a refund", refund, 4);
    too_much.arguments["amount"] = json!(900);
    vec![
        case("404 of an order", "preorders_orders_read", 99),
        case("409 of an unpaid order", release, 1),
        case("409 of a released order", release, 5),
        case("409 of a cancelled order", release, 7),
        case("409 of a refunded order", cancel, 8),
        case("409 of a fulfilled order", cancel, 6),
        case("409 of a paid order", charge, 4),
        case("409 of a link to nothing", link, 3),
        case("409 of a refund of nothing", refund, 9),
        too_much,
        case("a declined charge", charge, 2),
        case("422 of a link to nobody", link, 1).after(|setup| {
            let path = format!("/shops/{SHOP}/orders/{}", order(1));
            setup
                .sandbox
                .control("PATCH", &path, json!({"email": null}));
        }),
        Case::new(
            "404 of a variant in no offer",
            "preorders_product_variants_sync_metafields",
            json!({"variant_id": 44_021_000_000_301_u64}),
        ),
        Case::new(
            "404 of a bulk job",
            "preorders_orders_jobs_read",
            json!({"job_id": "bulk_orders_release_a8c3f01b9d2e4471"}),
        ),
    ]
}

/// What a client of the preorder reports is refused.
fn of_reports() -> Vec<Case> {
    vec![
        Case::new(
            "422 of a report without an offer",
            "preorders_reports_by_variant",
            json!({}),
        ),
        Case::new(
            "422 of revenue without its portions",
            "preorders_reports_revenue",
            json!({"include_deposits": false, "include_balances": false}),
        ),
        Case::new(
            "422 of a window too long",
            "preorders_reports_summary",
            json!({"from": "2020-01-01", "to": "2026-03-31"}),
        ),
        Case::new(
            "422 of an export's order of dates",
            "preorders_reports_customers_export",
            json!({"from": "2026-03-31", "to": "2026-03-01"}),
        ),
    ]
}

#[test]
fn every_error_says_what_why_and_what_next() {
    let all = cases();
    let names: Vec<&str> = all.iter().map(|case| case.name).collect();
    let texts = side_by_side(
        12,
        all.iter().collect(),
        || (),
        |(), case: &Case| timeless(&case.text()),
    );
    let golden: String = names
        .iter()
        .zip(&texts)
        .map(|(name, text)| format!("{name}\n    {text}\n"))
        .collect();
    insta::assert_snapshot!("every_error", golden);
}

#[test]
fn a_wrong_key_is_told_and_then_no_longer_tried() {
    let sandbox = SandboxProcess::start("fixture");
    let wrong = "stoq_api_key_00000000000000000000000000000bad";
    let mut command = program(&["serve", "--base-url", &sandbox.base_url]);
    command.env("STOQ_API_KEY", wrong);
    let mut server = StdioProcess::start(command);
    server.greet();
    for _ in 0..5 {
        let text = server.refusal(LIST, json!({}));
        assert_eq!(
            text,
            "`back_in_stock_signups_list` failed: the STOQ API refused the shop's key (401). Nothing was done. Set STOQ_API_KEY to the key from the STOQ app (Settings, API keys) and restart the server."
        );
    }
    let begun = sandbox.journal().len();
    let text = server.refusal(READ, json!({"id": S1}));
    checked(&text, wrong);
    assert_eq!(
        timeless(&text),
        "`back_in_stock_signups_read` failed: the STOQ API keeps refusing the shop's key; calls are paused for N s. Nothing was sent. Call again in N s."
    );
    assert_eq!(sandbox.journal().len(), begun, "the breaker is open");
}

#[test]
fn an_action_the_api_does_not_offer_is_told_as_such() {
    let mut registry: Value = serde_json::from_str(include_str!("../tools.registry.json")).unwrap();
    let actions = registry["actions"].as_array_mut().unwrap();
    let mut extra = actions
        .iter()
        .find(|action| action["name"] == json!("back_in_stock_reports_list"))
        .unwrap()
        .clone();
    extra["name"] = json!("back_in_stock_reports_forecast");
    extra["action"] = json!("forecast");
    extra["path"] = json!("/back_in_stock/reports/forecast");
    actions.push(extra);
    let file = Scratch::new("registry.json", &registry.to_string());
    let sandbox = SandboxProcess::start("fixture");
    let mut server = StdioProcess::beside(&sandbox, &["--registry", file.path()]);
    let text = server.refusal("back_in_stock_reports_forecast", json!({}));
    checked(&text, &sandbox.key);
    assert_eq!(
        text,
        "`back_in_stock_reports_forecast` failed: the STOQ API has no such action: No v2 action registered for GET /back_in_stock/reports/forecast. Nothing was done. The API in use does not offer `back_in_stock_reports_forecast` (yet, or any more); use another action."
    );
}

/// A server that answers every connection with fixed bytes and counts them.
fn answering(answer: String) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            reply(stream, &answer);
        }
    });
    (port, asked)
}

fn reply(mut stream: TcpStream, answer: &str) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let _ = stream.write_all(answer.as_bytes());
}

fn over_port(port: u16) -> StdioProcess {
    let base = format!("http://127.0.0.1:{port}/api/v2/external");
    let mut command = program(&["serve", "--base-url", &base]);
    command.env("STOQ_API_KEY", "stoq_api_key_canary");
    let mut server = StdioProcess::start(command);
    server.greet();
    server
}

#[test]
fn a_redirect_is_never_followed() {
    let (elsewhere, followed) =
        answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned());
    for code in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let (port, asked) = answering(format!(
            "HTTP/1.1 {code}\r\nlocation: http://127.0.0.1:{elsewhere}/x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        ));
        let mut server = over_port(port);
        let text = server.refusal(READ, json!({"id": S1}));
        checked(&text, "canary");
        let number = code.split(' ').next().unwrap();
        assert_eq!(
            text,
            format!(
                "`back_in_stock_signups_read` failed: the STOQ API answered {number}, which its contract does not know. Check that the base URL is the STOQ API's; redirects are never followed."
            )
        );
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    assert_eq!(followed.load(Ordering::SeqCst), 0);
}

#[test]
fn an_answer_of_no_known_form_is_left_out_whole() {
    for body in ["[1,2]", "null", "\"x\"", "7"] {
        let length = body.len();
        let (port, _) = answering(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ));
        let mut server = over_port(port);
        for (tool, arguments) in [(READ, json!({"id": S1})), (LIST, json!({}))] {
            let read = server.structured(tool, arguments);
            assert_eq!(
                read,
                json!({"status": "ok", "note": "Left out, as the API's answer does not have the registry's form there: the whole answer."}),
                "{body}"
            );
        }
    }
}

#[test]
fn an_api_that_is_not_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut server = over_port(port);
    let text = server.refusal(READ, json!({"id": S1}));
    checked(&text, "canary");
    assert!(
        text.starts_with(
            "`back_in_stock_signups_read` failed: the STOQ API at 127.0.0.1 could not be reached: "
        ) && text.contains("Connection refused")
            && text.ends_with(
                "Nothing was sent. Check the network and the base URL, then call again."
            ),
        "{text}"
    );
    // A write that was never sent is an error as well, not an unknown outcome.
    let text = server.refusal(
        "back_in_stock_settings_tagging_update",
        json!({"order_tag": {"enabled": true}}),
    );
    assert!(text.contains("Nothing was sent."), "{text}");
}

#[test]
fn a_short_wait_is_silent() {
    let sandbox = SandboxProcess::start("fixture");
    sandbox.fault(
        json!({"match": {"path": "/api/**"}, "fault": {"kind": "rate_limit", "retry_after": 1}}),
    );
    let mut server = StdioProcess::beside(&sandbox, &[]);
    let began = Instant::now();
    let read = server.structured(READ, json!({"id": S1}));
    assert_eq!(read["status"], json!("ok"));
    assert!(
        began.elapsed() >= Duration::from_secs(1),
        "Retry-After is kept"
    );
    // A refused write did nothing, so it may be sent again.
    sandbox.fault(
        json!({"match": {"method": "PATCH"}, "fault": {"kind": "rate_limit", "retry_after": 1}}),
    );
    let written = server.structured(
        "back_in_stock_settings_tagging_update",
        json!({"order_tag": {"enabled": true}}),
    );
    assert_eq!(written["status"], json!("accepted"));
    assert_eq!(sandbox.effects("settings_written"), 1);
}

#[test]
fn an_answer_of_another_shape_loses_only_what_is_wrong() {
    let sandbox = SandboxProcess::start("fixture").unmetered();
    let mut server = StdioProcess::unmetered(&sandbox);
    let tools = Tools::of(&mut server);
    let mut spoiled = |rule: Value, tool: &str, arguments: Value| {
        sandbox.mend();
        let whole = tools.call(&mut server, tool, arguments.clone());
        sandbox.fault(json!({"match": {"path": "/api/**"}, "fault": rule}));
        let result = server.call(tool, arguments);
        let structured = result["structuredContent"].clone();
        let schema = &tools.get(tool)["outputSchema"];
        assert!(jsonschema::is_valid(schema, &structured), "{result}");
        (whole, structured)
    };
    // New fields are passed on, as the API may grow.
    let (whole, more) = spoiled(
        json!({"kind": "wrong_shape", "add": {"new_field": {"x": 1}}}),
        READ,
        json!({"id": S1}),
    );
    assert_eq!(more["note"], Value::Null);
    assert_eq!(more["data"]["contact"], whole["data"]["contact"]);
    // One bad value of a row is left out and named; the others stay.
    let (whole, less) = spoiled(
        json!({"kind": "wrong_shape", "nullify": ["signups.0.quantity"]}),
        LIST,
        json!({"limit": 2, "detail": "full"}),
    );
    assert_eq!(
        less["note"],
        json!(
            "Left out, as the API's answer does not have the registry's form there: signups.0.quantity."
        )
    );
    assert_eq!(less["data"]["signups"][0].get("quantity"), None);
    assert_eq!(
        less["data"]["signups"][0]["id"],
        whole["data"]["signups"][0]["id"]
    );
    assert_eq!(less["data"]["signups"][1], whole["data"]["signups"][1]);
    assert_eq!(less["page"], whole["page"]);
    // A row that is none is left out by its true place, however many there are.
    let (whole, fewer) = spoiled(
        json!({"kind": "wrong_shape", "nullify": ["signups.9", "signups.10"]}),
        LIST,
        json!({"limit": 20, "fields": ["id"]}),
    );
    let mut kept = whole["data"]["signups"].as_array().unwrap().clone();
    kept.drain(9..11);
    assert_eq!(fewer["data"]["signups"], json!(kept));
    assert_eq!(fewer["page"]["shown"], json!(18));
    assert_eq!(fewer["page"]["next_cursor"], whole["page"]["next_cursor"]);
    // Without its rows a list is no list, and not an empty one either.
    for fault in [
        json!({"kind": "wrong_shape", "remove": ["signups"]}),
        json!({"kind": "wrong_shape", "nullify": ["signups"]}),
    ] {
        let (_, none) = spoiled(fault, LIST, json!({"limit": 2}));
        assert_eq!(
            none["note"],
            json!(
                "Left out, as the API's answer does not have the registry's form there: signups."
            )
        );
        assert_eq!(none.get("page"), None);
    }
    // Without its count a list still tells what it holds.
    let (_, uncounted) = spoiled(
        json!({"kind": "wrong_shape", "remove": ["meta"]}),
        LIST,
        json!({"limit": 2}),
    );
    assert_eq!(uncounted["page"]["shown"], json!(2));
}
