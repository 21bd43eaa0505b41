//! One skill with a subdirectory, for the skills extension.

use rmcp::model::{
    ReadResourceResult, Resource, ResourceContents, Skill, SkillFrontmatter, SkillResource,
    SkillResources,
};

use crate::mcp::library::{self, kept};

const NAME: &str = "fixture-skill";
const DESCRIPTION: &str = "Shows how a skill with a reference page is served";
const ROOT: &str = "skill://fixture-skill";
const SKILL: &str = "skill://fixture-skill/SKILL.md";
const REFERENCES: &str = "skill://fixture-skill/references";
const PAGE: &str = "skill://fixture-skill/references/page.md";

const SKILL_TEXT: &str = "---
name: fixture-skill
description: Shows how a skill with a reference page is served
---

Read `references/page.md`.
";
const PAGE_TEXT: &str = "The reference page of the fixture skill.\n";

/// The entry of `skills/list`.
pub(super) fn skill() -> Skill {
    Skill::new(
        SKILL,
        SkillFrontmatter::new(NAME, DESCRIPTION),
        SkillResources::Files(vec![
            SkillResource::from_bytes(SKILL, SKILL_TEXT.as_bytes()),
            SkillResource::from_bytes(PAGE, PAGE_TEXT.as_bytes()),
        ]),
    )
}

/// What `resources/list` shows of it: its directory, and the page to begin with under its name.
pub(super) fn roots() -> Vec<Resource> {
    vec![
        library::directory(ROOT, NAME),
        file(SKILL, NAME).with_description(DESCRIPTION),
    ]
}

/// A file of the skill, or nothing if the address is another's.
pub(super) fn read(uri: &str) -> Option<ReadResourceResult> {
    let text = match uri {
        SKILL => SKILL_TEXT,
        PAGE => PAGE_TEXT,
        _ => return None,
    };
    Some(kept(
        ResourceContents::text(text, uri).with_mime_type("text/markdown"),
    ))
}

/// The direct children of a directory, or nothing if the address is another's.
pub(super) fn directory(uri: &str) -> Option<Vec<Resource>> {
    match uri {
        ROOT => Some(vec![
            file(SKILL, "SKILL.md"),
            library::directory(REFERENCES, "references"),
        ]),
        REFERENCES => Some(vec![file(PAGE, "page.md")]),
        _ => None,
    }
}

fn file(uri: &str, name: &str) -> Resource {
    Resource::new(uri, name).with_mime_type("text/markdown")
}
