use std::collections::BTreeSet;

use super::*;
use crate::registry::Registry;

#[test]
fn every_skill_file_is_well_formed() {
    let mut names = BTreeSet::new();
    for workflow in WORKFLOWS {
        let name = workflow.name();
        assert!(
            !name.is_empty()
                && name.chars().all(|symbol| symbol.is_ascii_lowercase()
                    || symbol.is_ascii_digit()
                    || symbol == '-'),
            "{name}"
        );
        assert!(names.insert(name), "{name}");
        let description = workflow.description();
        assert!(
            description.contains("Use it ") && description.len() <= 1_024,
            "{name}: {description}"
        );
        // A colon would begin a mapping in YAML, a hash a comment.
        assert!(
            !description.contains(": ") && !description.contains(" #"),
            "{name}"
        );
        let matter = format!("---\nname: {name}\ndescription: {description}\n---\n\n# ");
        assert!(workflow.text.starts_with(&matter), "{name}");
        assert!(
            workflow
                .body()
                .starts_with(&format!("# {}\n", workflow.title()))
        );
    }
}

#[test]
fn what_a_workflow_reads_and_names_is_in_the_registry() {
    let registry = Registry::bundled().unwrap();
    let known = |name: &&str| registry.get(name).is_some();
    for workflow in WORKFLOWS {
        // Its live data cannot be read with this registry: then it is not listed.
        if !workflow.reads.iter().all(known) {
            continue;
        }
        for name in workflow.named() {
            assert!(known(&name), "{}: {name}", workflow.name());
        }
        for name in workflow.reads {
            let action = registry.get(name).unwrap();
            assert_eq!(action.entry().class.as_str(), "read", "{name}");
        }
    }
}

#[test]
fn a_class_stands_behind_every_tool_with_an_effect() {
    let registry = Registry::bundled().unwrap();
    for workflow in WORKFLOWS {
        for name in workflow.named() {
            let Some(action) = registry.get(name) else {
                continue;
            };
            let class = action.entry().class.as_str();
            if class == "read" {
                continue;
            }
            let told = format!("`{name}` ({class})");
            assert!(
                workflow.body().contains(&told),
                "{}: {told}",
                workflow.name()
            );
        }
    }
}
