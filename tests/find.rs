//! `find`: actions by a merchant's words, without a key.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::io::Write;
use std::process::Stdio;

use support::{program, run};

#[test]
fn a_found_action_is_a_line_with_its_executor() {
    let (code, out, err) = run(&["find", "pause the blanket campaign"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let first = out.lines().next().unwrap_or_default();
    assert_eq!(
        first,
        "preorders_offers_disable (write, run_write): Take an offer off the storefront. Required: id"
    );
}

#[test]
fn nothing_found_says_so_and_what_to_do() {
    let (code, out, err) = run(&["find", "what is the weather in Oslo"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        "stoq-mcp: No such action: nothing here does what was asked. Say it in other words, name what it is about (a waitlist, a preorder, an order, a report), or list the actions with `stoq-mcp actions`\n"
    );
    let (code, out, _) = run(&["find", "--json", "what is the weather in Oslo"]);
    assert_eq!((code, out.as_str()), (0, "[]\n"));
}

#[test]
fn an_unknown_scope_names_the_valid_ones() {
    let (code, _, err) = run(&["find", "--scope", "pre", "list"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("There is no scope `pre`. Use one of: back_in_stock, "),
        "{err}"
    );
}

#[test]
fn a_batch_is_answered_line_by_line() {
    let mut command = program(&["find", "--batch", "--json"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut queries = child.stdin.take().unwrap();
    queries
        .write_all(b"who is queueing for the mug\n\nweather in oslo\n\xff\xfe\nrelease order 1042")
        .unwrap();
    drop(queries);
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success());
    let firsts: Vec<Option<String>> = String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Vec<String>>(line).unwrap())
        .map(|names| names.first().cloned())
        .collect();
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(
        firsts,
        [
            named("back_in_stock_signups_list"),
            None,
            None,
            None,
            named("preorders_orders_release"),
        ]
    );
}
