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
    for workflow in WORKFLOWS {
        for name in workflow.named() {
            assert!(registry.get(name).is_some(), "{}: {name}", workflow.name());
        }
        for name in workflow.reads {
            let class = registry.get(name).unwrap().entry().class.as_str();
            assert_eq!(class, "read", "{name}");
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
