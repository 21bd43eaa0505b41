use std::collections::BTreeSet;

use super::*;
use crate::registry::Registry;

/// Tokens of one text at most; as the engine estimates them, three bytes each.
const MAX_TOKENS: usize = 6_000;

/// The code blocks of a language in all topics, each with the topic it stands in.
fn blocks(language: &str) -> Vec<(&'static str, &'static str)> {
    let fence = format!("```{language}\n");
    let mut found = Vec::new();
    for topic in TOPICS {
        for rest in topic.text.split(&fence).skip(1) {
            found.push((topic.name, rest.split("```").next().unwrap()));
        }
    }
    found
}

/// The tags and outputs of a Liquid text: what stands between the braces, trimmed.
fn pieces(code: &str) -> (Vec<&str>, Vec<&str>) {
    let between = |open: &str, close: &str| -> Vec<&str> {
        let parts = code.split(open).skip(1);
        parts
            .map(|rest| rest.split(close).next().unwrap())
            .map(|inner| inner.trim_matches('-').trim())
            .collect()
    };
    (between("{%", "%}"), between("{{", "}}"))
}

/// The statements of a Liquid text, those of `liquid` tags line by line.
fn statements(code: &str) -> Vec<&str> {
    let (tags, _) = pieces(code);
    let mut all = Vec::new();
    for tag in tags {
        match tag.strip_prefix("liquid") {
            Some(lines) => all.extend(lines.lines().map(str::trim).filter(|line| !line.is_empty())),
            None => all.push(tag),
        }
    }
    all
}

#[test]
fn every_topic_is_within_its_budget_and_marks_its_facts() {
    let mut names = BTreeSet::new();
    for topic in TOPICS {
        assert!(names.insert(topic.name));
        assert!(topic.text.len() / 3 < MAX_TOKENS, "{}", topic.name);
        assert!(topic.text.starts_with("# ") && topic.text.ends_with('\n'));
        assert!(
            topic.text.contains("\"doc\" = stated by the vendor"),
            "{}",
            topic.name
        );
        assert!(topic.text.contains("inferred"), "{}", topic.name);
        assert_eq!(Topic::at(&topic.uri()), Some(&topic));
        assert_eq!(TOPIC_TEMPLATE.replace("{topic}", topic.name), topic.uri());
    }
    assert_eq!(Topic::at("stoq://storefront/nothing"), None);
    assert_eq!(Topic::at("stoq://exports/metafields"), None);
}

#[test]
fn the_tools_that_the_topics_name_are_in_the_registry() {
    let registry = Registry::bundled().unwrap();
    let known: Vec<&str> = registry
        .actions()
        .iter()
        .map(|action| action.name())
        .collect();
    for topic in TOPICS {
        for name in topic.text.split('`').skip(1).step_by(2) {
            let like_one = name.starts_with("back_in_stock_") || name.starts_with("preorders_");
            assert!(!like_one || known.contains(&name), "{}: {name}", topic.name);
        }
    }
}

#[test]
fn liquid_blocks_open_and_close() {
    let code = blocks("liquid");
    assert_eq!(code.len(), 7);
    for (topic, code) in code {
        let mut open: Vec<&str> = Vec::new();
        for statement in statements(code) {
            let word = statement.split_whitespace().next().unwrap();
            match word {
                "if" | "unless" | "for" => open.push(word),
                "endif" | "endunless" | "endfor" => {
                    assert_eq!(open.pop(), word.strip_prefix("end"), "{topic}: {code}");
                }
                "assign" | "break" | "elsif" => {}
                other => panic!("{topic}: {other}"),
            }
        }
        assert_eq!(open, Vec::<&str>::new(), "{topic}: {code}");
        assert_eq!(code.matches("{%").count(), code.matches("%}").count());
        assert_eq!(code.matches("{{").count(), code.matches("}}").count());
    }
}

#[test]
fn liquid_recipes_keep_clear_of_the_traps() {
    for (topic, code) in blocks("liquid") {
        let (tags, outputs) = pieces(code);
        for token in ["date", "quantity", "discount", "sold"] {
            // A token in a tag would end it, and one outside would print nothing.
            assert!(
                !code.contains(&format!("{{{{ {token} }}}}")),
                "{topic}: {token}"
            );
        }
        for tag in &tags {
            assert!(!tag.contains("{{") && !tag.contains("}}"), "{topic}: {tag}");
            assert!(!tag.contains(" contains "), "{topic}: {tag}");
        }
        for output in outputs {
            let last = output.rsplit('|').next().unwrap().trim();
            assert!(matches!(last, "escape" | "json"), "{topic}: {output}");
        }
        for path in code.split(".metafields.restockrocket_production.").skip(1) {
            let (_, rest) = path.split_once('.').unwrap();
            assert!(rest.starts_with("value"), "{topic}: {path}");
        }
    }
}

#[test]
fn liquid_compares_ids_as_strings() {
    for (topic, code) in blocks("liquid") {
        let all = statements(code);
        let textual = |name: &str| {
            let made = format!("assign {name} = ");
            let mut makers = all.iter().filter(|line| line.starts_with(&made)).peekable();
            makers.peek().is_some() && makers.all(|line| line.ends_with("| append: ''"))
        };
        for line in &all {
            for name in [
                "plan_id",
                "held_id",
                "shopify_selling_plan_id",
                "stoq_variant.id",
            ] {
                assert!(
                    !line.contains(&format!("{name} ==")) && !line.contains(&format!("== {name}")),
                    "{topic}: {line}"
                );
            }
            if line.contains("found == wanted") {
                assert!(textual("found") && textual("wanted"), "{topic}: {line}");
            }
        }
    }
    let look_up = blocks("liquid")
        .into_iter()
        .filter(|(_, code)| code.contains("found == wanted"));
    assert_eq!(look_up.count(), 1);
}

#[test]
fn scripts_wait_for_the_embed_and_send_the_selling_plan() {
    let script = blocks("js")
        .into_iter()
        .filter(|(topic, _)| *topic == "javascript")
        .map(|(_, code)| code)
        .collect::<String>();
    for part in [
        "addEventListener('stoq:loaded'",
        "if (window._RestockRocket)",
        "renderButtonForVariant(String(",
        "selling_plan: Number(offer.shopify_selling_plan_id)",
    ] {
        assert!(script.contains(part), "{part}");
    }
    for (topic, code) in blocks("js") {
        assert!(!code.contains("innerHTML"), "{topic}: {code}");
        assert_eq!(
            code.matches('{').count(),
            code.matches('}').count(),
            "{topic}"
        );
        assert_eq!(
            code.matches('(').count(),
            code.matches(')').count(),
            "{topic}"
        );
    }
}

#[test]
fn queries_are_closed_and_ask_in_the_namespace() {
    let queries = blocks("graphql");
    assert_eq!(queries.len(), 5);
    for (topic, code) in queries {
        assert_eq!(
            code.matches('{').count(),
            code.matches('}').count(),
            "{topic}: {code}"
        );
        for call in code.split("metafield").skip(1) {
            let call = call.trim_start_matches('s');
            assert!(
                call.starts_with("(namespace: \"restockrocket_production\", "),
                "{topic}: {call}"
            );
        }
    }
}
