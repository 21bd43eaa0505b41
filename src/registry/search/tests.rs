//! The index over the bundled registry, and over entries nobody wrote phrases for.

use proptest::prelude::*;
use serde_json::json;

use super::lexicon::{Lexicon, Role};
use super::words::{Shape, stem, words};
use super::*;

fn bundled() -> &'static Registry {
    static BUNDLED: std::sync::OnceLock<Registry> = std::sync::OnceLock::new();
    BUNDLED.get_or_init(|| Registry::bundled().unwrap())
}

fn find(query: &str, scope: Option<&str>) -> Vec<&'static str> {
    let found = bundled().search(query, scope, |_| true);
    found.into_iter().map(Action::name).collect()
}

fn first(query: &str) -> &'static str {
    find(query, None).first().copied().unwrap_or_default()
}

#[test]
fn merchants_words_find_their_action() {
    for (query, action) in [
        ("pause the blanket campaign", "preorders_offers_disable"),
        ("who is queueing for the mug", "back_in_stock_signups_list"),
        (
            "sticker white on dark red",
            "preorders_offers_widget_set_badge_colors",
        ),
        ("preorder turnover per week", "preorders_reports_revenue"),
        (
            "preorder turnover per week as excel",
            "preorders_reports_revenue_export",
        ),
        (
            "give Kim 15 euro back on #2231",
            "preorders_orders_payments_refund",
        ),
        (
            "the container is here, ship all chair preorders",
            "preorders_orders_bulk_release",
        ),
    ] {
        assert_eq!(first(query), action, "{query}");
    }
}

#[test]
fn slips_are_mended() {
    assert_eq!(
        first("20% rebaet on the lamp preslae"),
        "preorders_offers_pricing_update"
    );
    assert_eq!(
        first("waht is the waitlsit for the mug"),
        "back_in_stock_signups_list"
    );
}

#[test]
fn what_is_not_ours_gets_no_answer() {
    for query in [
        "",
        "   ",
        "???",
        "what's the weather in Oslo tomorrow",
        "create a discount code for the newsletter",
        "write a blog post about wool",
        "asdf qwer zxcv",
    ] {
        assert_eq!(find(query, None), Vec::<&str>::new(), "{query}");
    }
}

#[test]
fn a_name_finds_itself_first() {
    for action in bundled().actions() {
        assert_eq!(first(action.name()), action.name());
    }
}

#[test]
fn an_answer_has_at_most_five_and_only_what_is_kept() {
    assert_eq!(find("preorder", None).len(), MOST);
    let reads = bundled().search("delete the preorder offer", None, |action| {
        action.entry().class == Class::Read
    });
    assert!(!reads.is_empty());
    assert!(
        reads
            .iter()
            .all(|action| action.entry().class == Class::Read)
    );
}

#[test]
fn a_scope_covers_what_lies_below_it() {
    let within = |scope: &str| {
        let found = bundled().search("cancel all preorders", Some(scope), |_| true);
        let toolsets = found.iter().map(|action| action.entry().toolset.clone());
        toolsets.collect::<BTreeSet<String>>()
    };
    assert_eq!(
        within("preorders.orders"),
        BTreeSet::from(["preorders.orders".to_owned()])
    );
    assert!(
        within("preorders")
            .iter()
            .all(|toolset| toolset.starts_with("preorders."))
    );
    assert_eq!(within("pre"), BTreeSet::new());
    assert_eq!(bundled().check_scope("preorders"), Ok(()));
    assert_eq!(bundled().check_scope("storefront"), Ok(()));
    assert_eq!(
        bundled().check_scope("pre").unwrap_err().to_string(),
        "There is no scope `pre`. Use one of: back_in_stock, back_in_stock.notifications, back_in_stock.reports, back_in_stock.settings, back_in_stock.signups, preorders, preorders.offer_products, preorders.offer_settings, preorders.offers, preorders.orders, preorders.reports, preorders.variants, storefront, v1, v1.intents, v1.preorders."
    );
    assert!(bundled().check_scope("").is_err());
}

#[test]
fn v1_stands_behind_its_twin_unless_it_is_meant() {
    let found = find("move the waitlist to another variant", None);
    assert_eq!(found.first(), Some(&"back_in_stock_signups_transfer"));
    assert_eq!(
        first("move the intents to another variant over v1"),
        "v1_intents_transfer"
    );
    assert_eq!(first("which selling plans are there"), "v1_preorders_list");
}

#[test]
fn an_action_without_phrases_is_found_by_its_texts() {
    let entry = |name: &str, action: &str, title: &str, description: &str| {
        json!({"name": name, "action": action, "title": title, "description": description,
            "phrases": [], "toolset": "preorders.gifts", "api": "v2", "method": "POST",
            "path": format!("/preorders/gifts/{action}"), "request_schema": {"type": "object"},
            "response_schema": {"type": "object"}, "class": "write", "handler": "request",
            "idempotent": true, "retry": "safe", "provenance": "inferred", "examples": []})
    };
    let registry = json!({"version": "v2", "base_path": "/api", "$defs": {}, "actions": [
        entry("preorders_gifts_wrap", "wrap", "Wrap a preorder", "Wraps the goods of a preorder."),
        entry("preorders_gifts_engrave", "engrave", "Engrave a preorder", "Engraves a preorder.")]});
    let registry = Registry::parse(&registry.to_string(), "my.json").unwrap();
    let found = registry.search("please engrave this preorder", None, |_| true);
    assert_eq!(
        found.first().map(|action| action.name()),
        Some("preorders_gifts_engrave")
    );
}

#[test]
fn forms_of_a_word_meet() {
    for (a, b) in [
        ("shipping", "ships"),
        ("pricing", "price"),
        ("notified", "notifies"),
        ("cancelled", "cancelling"),
        ("balances", "balance"),
        ("queueing", "queue"),
    ] {
        assert_eq!(stem(a), stem(b), "{a} {b}");
    }
    for (a, b) in [
        ("settings", "set"),
        ("theme", "them"),
        ("news", "new"),
        ("here", "her"),
    ] {
        assert_ne!(stem(a), stem(b), "{a} {b}");
    }
}

#[test]
fn words_are_told_apart_by_their_form() {
    let read: Vec<(String, Shape)> =
        words("Mail Anna's link to a.b@c.de for order 1042, #7, 20% off (setBadgeText)")
            .into_iter()
            .map(|word| (word.text, word.shape))
            .collect();
    let plain = |text: &str| (text.to_owned(), Shape::Plain);
    assert_eq!(
        read,
        [
            plain("mail"),
            ("anna".to_owned(), Shape::Name),
            plain("link"),
            plain("to"),
            (String::new(), Shape::Email),
            plain("for"),
            plain("order"),
            ("1042".to_owned(), Shape::OrderNumber),
            ("7".to_owned(), Shape::OrderNumber),
            ("20".to_owned(), Shape::Number),
            plain("percent"),
            plain("off"),
            plain("set"),
            plain("badge"),
            plain("text"),
        ]
    );
}

#[test]
fn a_verb_finds_its_particle_across_the_object() {
    let lexicon = Lexicon::new();
    let names = |text: &str, concept: &str| {
        let concept = lexicon.concept(concept).unwrap();
        lexicon
            .read(&words(text))
            .iter()
            .any(|token| token.names(concept))
    };
    assert!(names("turn the jacket preorder on", "start"));
    assert!(names("take the blue presale down", "stop"));
    assert!(!names("turn the jacket preorder", "start"));
    // After an article it is a thing.
    assert!(names("drop this", "remove"));
    assert!(!names("the drop", "remove") && names("the drop", "offer"));
}

#[test]
fn contractions_colors_and_counted_orders_are_read() {
    let read: Vec<(String, Shape)> = words("we're at #1A2B3C, #FFF and orders 1042, 1043 and 1050")
        .into_iter()
        .map(|word| (word.text, word.shape))
        .collect();
    let plain = |text: &str| (text.to_owned(), Shape::Plain);
    let color = (String::new(), Shape::Color);
    let order = |number: &str| (number.to_owned(), Shape::OrderNumber);
    assert_eq!(
        read,
        [
            plain("we"),
            plain("at"),
            color.clone(),
            color,
            plain("and"),
            plain("orders"),
            order("1042"),
            order("1043"),
            plain("and"),
            order("1050"),
        ]
    );
    let owners = |text: &str| words(text).iter().filter(|word| word.owner).count();
    assert_eq!((owners("Anna's order"), owners("it's back")), (1, 0));
}

#[test]
fn names_of_offers_and_later_clauses_are_understood() {
    for (query, action) in [
        ("unplug Lunar Drop", "preorders_offers_disable"),
        (
            "scrub waitlist entry 5520, wrong email",
            "back_in_stock_signups_delete",
        ),
        (
            "the sold number is off for the lamp, count it again",
            "preorders_product_variants_recalculate_count",
        ),
        (
            "release orders 1042, 1043 and 1050",
            "preorders_orders_bulk_release",
        ),
        (
            "we're ready, push the lamp presale live",
            "preorders_offers_enable",
        ),
    ] {
        assert_eq!(first(query), action, "{query}");
    }
}

#[test]
fn the_color_of_a_thing_is_part_of_its_name() {
    let lexicon = Lexicon::new();
    let roles = |text: &str| {
        let tokens = lexicon.read(&words(text));
        tokens.iter().map(|token| token.role).collect::<Vec<Role>>()
    };
    assert_eq!(roles("red mug"), [Role::Goods, Role::Goods]);
    assert_eq!(roles("red badge"), [Role::Content, Role::Content]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_answered(query in "\\PC{0,400}") {
        let found = find(&query, None);
        prop_assert!(found.len() <= MOST);
        // Equal requests get equal answers.
        prop_assert_eq!(found, find(&query, None));
    }

    #[test]
    fn any_words_of_ours_are_answered(words in prop::collection::vec("(turn|on|off|the|presale|#12|\"|'s|Anna|red|mug|don't|20%|take|down|a@b.c|_|,)", 0..60)) {
        let query = words.join(" ");
        prop_assert!(find(&query, None).len() <= MOST);
    }
}

#[test]
fn a_title_or_a_phrase_said_word_for_word_is_understood_however_short() {
    for action in bundled().actions() {
        let entry = action.entry();
        // Two actions may have one title; the first in the registry goes first.
        let mut titled = bundled().actions().iter();
        let titled = titled.find(|other| other.entry().title == entry.title);
        assert_eq!(
            first(&entry.title),
            titled.unwrap().name(),
            "{}",
            entry.title
        );
        for phrase in &entry.phrases {
            assert_eq!(first(phrase), action.name(), "{phrase}");
        }
    }
}
