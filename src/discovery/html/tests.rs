use serde_json::json;

use super::*;

fn count(text: &str, piece: &str) -> usize {
    text.matches(piece).count()
}

#[test]
fn every_kept_action_stands_once_and_no_other() {
    let registry = Registry::bundled().unwrap();
    let reads = |action: &Action| action.entry().class == Class::Read;
    let whole = html(&registry, |_| true);
    let part = html(&registry, reads);
    for action in registry.actions() {
        let id = format!("<details class=a id=\"{}\"", action.name());
        assert_eq!(count(&whole, &id), 1, "{id}");
        assert_eq!(count(&part, &id), usize::from(reads(action)), "{id}");
    }
    // What follows an action is linked only where it is.
    assert!(!part.contains("href=\"#back_in_stock_signups_notify\""));
    assert!(whole.contains("href=\"#back_in_stock_signups_notify\""));
}

#[test]
fn alone_it_names_nothing_outside_itself_and_its_policy_fits_what_it_holds() {
    let page = html(&Registry::bundled().unwrap(), |_| true);
    for reach in ["src=", "@import", "url(", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(reach), "{reach}");
    }
    let scripts = page.split("<script>").skip(1);
    let scripts: Vec<&str> = scripts
        .map(|rest| rest.split_once("</script>").unwrap().0)
        .collect();
    assert_eq!(scripts, [THEME, SCRIPT_ALONE]);
    let styles = page.split("<style>").nth(1).unwrap();
    assert_eq!(styles.split_once("</style>").unwrap().0, STYLE);
    for piece in [THEME, SCRIPT_ALONE, STYLE] {
        let named = fingerprint(piece).replace('\'', "&#39;");
        assert_eq!(count(&page, &named), 1);
        // Nothing in it ends it early.
        assert!(!piece.contains("</"), "{piece}");
    }
    assert!(!page.contains("class=try"));
}

#[test]
fn served_it_has_no_script_of_its_own_and_says_where_calls_go() {
    let registry = Registry::bundled().unwrap();
    let all = |_: &Action| true;
    let tool = |_: &Action| "run_read".to_owned();
    let made = |talks: Talks, tries: &[Class]| served(&registry, all, tool, &talks, tries);
    let sandbox = made(Talks::Sandbox, &[Class::Read]);
    for inline in ["<style", "<script>", " style=", " onclick", "javascript:"] {
        assert!(!sandbox.contains(inline), "{inline}");
    }
    assert!(sandbox.contains("<b>Sandbox</b> Calls from this page go to the made-up shop inside this server. Nobody is messaged and nothing is charged. It tries reads alone.</p>"));
    let reads = registry.actions().iter();
    let reads = reads.filter(|action| action.entry().class == Class::Read);
    let reads = reads.count();
    assert_eq!(count(&sandbox, "<div class=try>"), reads);
    assert_eq!(
        count(&sandbox, "<p class=not>"),
        registry.actions().len() - reads
    );
    let shop = made(
        Talks::Shop("app.example".to_owned()),
        &[Class::Read, Class::Write],
    );
    assert!(shop.contains("<b>Real shop</b> Calls from this page go to the shop's own data at <code>app.example</code>. It tries calls of read, write, with plans and confirmations as everywhere.</p>"));
    let near = made(Talks::Nearby("http://[::1]:9".to_owned()), &[Class::Read]);
    assert!(near.contains(
        "<b>This machine</b> Calls from this page go to the API at <code>http://[::1]:9</code>."
    ));
}

#[test]
fn texts_of_a_manifest_are_escaped_wherever_they_stand() {
    let evil = "<img src=x onerror=alert(1)>\"'`<b>`";
    let registry = json!({"version": "v2", "base_path": "/", "$defs": {}, "actions": [{
        "name": "a_list", "also_known_as": [evil], "action": "list", "title": evil,
        "description": evil, "notes": evil, "aliases": [evil], "phrases": [evil], "toolset": evil,
        "api": "v2", "method": "PATCH", "path": format!("/a/:{evil}"),
        "path_schema": {evil: {"type": "string", "description": evil}},
        "request_schema": {"type": "object", "properties": {evil: {"type": evil,
            "description": evil, "enum": [evil]}}},
        "response_schema": {"type": "object", "properties": {evil: {"type": evil,
            "description": evil, "x-pii": evil, "enum": [evil]}}},
        "class": "write", "raises": [{"argument": evil, "equals": evil, "class": "money", "why": evil}],
        "handler": "request", "idempotent": true, "retry": "safe", "preconditions": [evil],
        "next": ["a_list", evil], "provenance": "live",
        "examples": [{"title": evil, "arguments": {evil: evil}}]}]});
    let registry = Registry::parse(&registry.to_string(), "test").unwrap();
    let talks = Talks::Shop(evil.to_owned());
    let all = |_: &Action| true;
    let tool = |_: &Action| evil.to_owned();
    for page in [
        html(&registry, all),
        served(&registry, all, tool, &talks, &[]),
    ] {
        assert!(page.contains("&lt;img src=x onerror"));
        assert_eq!(count(&page, "<img"), 0);
        assert_eq!(count(&page, "<b>`"), 0);
        assert_eq!(count(&page, "\"'"), 0);
    }
}

#[test]
fn the_page_that_asks_shows_no_action() {
    for (asked, label) in [
        (Asked::Token, "Bearer token"),
        (Asked::ShopKey, "API key of the shop"),
    ] {
        let page = sign_in(asked);
        assert!(page.contains(&format!("<label for=token>{label}</label>")));
        assert_eq!(count(&page, "<details"), 0);
    }
}
