//! The program's texts as resources: the topics of the storefront guide, and the skills.

use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, DIRECTORY_MIME_TYPE, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate, Skill, SkillFrontmatter, SkillResource, SkillResources,
};

use crate::engine::Engine;
use crate::knowledge::{TOPIC_TEMPLATE, TOPICS, Topic, WORKFLOWS, Workflow};
use crate::text;

/// How long a client may keep what never changes while the server runs.
pub(super) const KEPT_MS: u64 = 3_600_000;

const MARKDOWN: &str = "text/markdown";
const SKILL_FILE: &str = "SKILL.md";
/// Most characters of an address in a message.
const SHOWN: usize = 120;

/// The workflows whose live data this server can read.
pub(super) fn offered(engine: &Engine) -> impl Iterator<Item = &'static Workflow> {
    WORKFLOWS.iter().filter(|workflow| {
        workflow
            .reads
            .iter()
            .all(|name| engine.find(name).is_some())
    })
}

/// The entries of `resources/list`.
pub(super) fn resources(engine: &Engine) -> Vec<Resource> {
    let topics = TOPICS.iter().map(|topic| {
        file(topic.uri(), topic.name, topic.text)
            .with_title(topic.title)
            .with_description(topic.description)
    });
    let skills = offered(engine).flat_map(|workflow| {
        let file = file(workflow.uri(), workflow.name(), workflow.text)
            .with_title(workflow.title())
            .with_description(workflow.description());
        [directory(workflow.root(), workflow.name()), file]
    });
    topics.chain(skills).collect()
}

/// The template of the topics.
pub(super) fn template() -> ResourceTemplate {
    ResourceTemplate::new(TOPIC_TEMPLATE, "storefront guide")
        .with_description("One topic of the storefront guide.")
        .with_mime_type(MARKDOWN)
}

/// The text at an address, or nothing if the address is another's.
pub(super) fn read(engine: &Engine, uri: &str) -> Option<ReadResourceResult> {
    let skill = || offered(engine).find(|workflow| workflow.uri() == uri);
    let text = match Topic::at(uri) {
        Some(topic) => topic.text,
        None => skill()?.text,
    };
    Some(kept(
        ResourceContents::text(text, uri).with_mime_type(MARKDOWN),
    ))
}

/// The entries of `skills/list`.
pub(super) fn skills(engine: &Engine) -> Vec<Skill> {
    offered(engine).map(skill).collect()
}

/// One skill by the address of its file.
pub(super) fn skill_at(engine: &Engine, uri: &str) -> Result<Skill, ErrorData> {
    let found = offered(engine).find(|workflow| workflow.uri() == uri);
    found.map(skill).ok_or_else(|| {
        let shown = text::line(uri, SHOWN);
        ErrorData::invalid_params(
            format!("There is no skill at {shown}; skills/list names them all."),
            None,
        )
    })
}

fn skill(workflow: &Workflow) -> Skill {
    Skill::new(
        workflow.uri(),
        SkillFrontmatter::new(workflow.name(), workflow.description()),
        SkillResources::Files(vec![SkillResource::from_bytes(
            workflow.uri(),
            workflow.text.as_bytes(),
        )]),
    )
}

/// The direct children of a skill's directory.
pub(super) fn children(engine: &Engine, uri: &str) -> Result<Vec<Resource>, ErrorData> {
    let found = offered(engine).find(|workflow| workflow.root() == uri.trim_end_matches('/'));
    let workflow = found.ok_or_else(|| {
        let shown = text::line(uri, SHOWN);
        ErrorData::invalid_params(
            format!("{shown} is not a directory; resources/list names them all."),
            None,
        )
    })?;
    Ok(vec![file(workflow.uri(), SKILL_FILE, workflow.text)])
}

/// A text as it is listed.
fn file(uri: String, name: &str, text: &str) -> Resource {
    let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
    Resource::new(uri, name)
        .with_mime_type(MARKDOWN)
        .with_size(size)
}

/// A directory as it is listed.
pub(super) fn directory(uri: impl Into<String>, name: &str) -> Resource {
    Resource::new(uri, name).with_mime_type(DIRECTORY_MIME_TYPE)
}

/// A result that a client may keep.
pub(super) fn kept(contents: ResourceContents) -> ReadResourceResult {
    ReadResourceResult::new(vec![contents])
        .with_ttl_ms(KEPT_MS)
        .with_cache_scope(CacheScope::Private)
}
