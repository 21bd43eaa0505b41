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
    let has_group = |name: &str| {
        let group = name.split('_').next().unwrap();
        let mut actions = registry.actions().iter();
        actions.any(|action| action.name().starts_with(group))
    };
    for workflow in WORKFLOWS {
        for name in workflow
            .named()
            .into_iter()
            .chain(workflow.reads.iter().copied())
        {
            // A workflow of a group that this registry has not is not listed.
            if has_group(name) {
                assert!(registry.get(name).is_some(), "{}: {name}", workflow.name());
            }
        }
        for action in workflow.reads.iter().filter_map(|name| registry.get(name)) {
            let class = action.entry().class.as_str();
            assert_eq!(class, "read", "{}", action.name());
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
