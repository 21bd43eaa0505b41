//! A manifest as it was published, read within hard limits.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{MAX_BYTES, Report};
use crate::registry::entry::Method;
use crate::registry::manifest::{Extra, manifest};
use crate::registry::{Registry, placeholders};
use crate::text::line;

/// The version of the API whose manifest this is (vendor docs: Dispatch & Discovery).
const VERSION: &str = "v2";
/// Most actions; the vendor lists about 187.
const MAX_ACTIONS: usize = 1_000;
const MAX_NAME: usize = 64;
const MAX_PATH: usize = 200;
/// Most characters of a description or of notes.
const MAX_TEXT: usize = 1_024;
const MAX_ALIASES: usize = 24;
const MAX_ALIAS: usize = 120;
/// Most levels of a request schema, keywords counted.
const MAX_LEVELS: usize = 24;
/// Most values of a request schema.
const MAX_VALUES: usize = 4_000;
/// Keywords that lead elsewhere.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];
/// Endpoints of the platform, which are no actions.
const PLATFORM: [&str; 3] = ["help", "mcp", "skill.md"];

/// A manifest that cannot be used at all.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ManifestError {
    /// More bytes than any honest manifest has.
    #[error("the manifest has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// Not JSON.
    #[error("the manifest is not JSON: line {line}, column {column}: {reason}")]
    Syntax {
        /// 1-based line.
        line: usize,
        /// 1-based column.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// JSON, but no manifest.
    #[error("this is no manifest of the v2 API: {0}")]
    Form(&'static str),
    /// More actions than any honest manifest has.
    #[error("the manifest lists {0} actions; more than {MAX_ACTIONS} are not taken")]
    TooMany(usize),
    /// No action that could be used.
    #[error("the manifest lists no action that can be used{}", .0.told().first().map(|first| format!(" ({first})")).unwrap_or_default())]
    Nothing(Report),
}

/// A manifest: the actions that can be used, and remarks on the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The actions, in the order of the manifest.
    pub actions: Vec<Listed>,
    /// What could not be used.
    pub report: Report,
}

/// One action of a manifest. Its texts are one visible line each.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Short name.
    pub action: String,
    /// Verb.
    pub method: Method,
    /// Path below the base, with `:placeholders`.
    pub path: String,
    /// What it does, in the API's words.
    pub description: String,
    /// Caveats.
    pub notes: Option<String>,
    /// Phrases for it.
    pub aliases: Vec<String>,
    /// Schema of the query or body as published; `None` when it is not usable.
    pub request: Option<Map<String, Value>>,
}

impl Listed {
    /// Verb and path, as remarks name it.
    pub fn call(&self) -> String {
        format!("{} {}", self.method.as_str(), self.path)
    }

    /// What identifies it: verb and path, whatever the placeholders are called.
    pub(crate) fn shape(&self) -> (Method, String) {
        (self.method, shape(&self.path))
    }
}

/// A path without the names of its placeholders.
pub(super) fn shape(path: &str) -> String {
    let segments = path.split('/');
    let plain: Vec<&str> = segments
        .map(|segment| {
            if segment.starts_with(':') {
                ":"
            } else {
                segment
            }
        })
        .collect();
    plain.join("/")
}

impl Published {
    /// Reads a manifest from text.
    ///
    /// # Errors
    /// When it is too large, not JSON, no manifest, or lists nothing that can be used.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() > MAX_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let value = serde_json::from_str(text).map_err(|error| {
            let full = error.to_string();
            let reason = full.split(" at line ").next().unwrap_or_default();
            ManifestError::Syntax {
                line: error.line(),
                column: error.column(),
                reason: reason.to_owned(),
            }
        })?;
        Self::read(&value)
    }

    /// Reads a manifest that was parsed already.
    ///
    /// # Errors
    /// When it is no manifest, or lists too much or nothing that can be used.
    pub fn read(manifest: &Value) -> Result<Self, ManifestError> {
        let map = manifest
            .as_object()
            .ok_or(ManifestError::Form("it is not an object"))?;
        if map.get("version").and_then(Value::as_str) != Some(VERSION) {
            return Err(ManifestError::Form("its `version` is not \"v2\""));
        }
        let listed = map
            .get("actions")
            .and_then(Value::as_array)
            .ok_or(ManifestError::Form("it has no list of `actions`"))?;
        if listed.len() > MAX_ACTIONS {
            return Err(ManifestError::TooMany(listed.len()));
        }
        let mut report = Report::default();
        let mut seen = HashSet::new();
        let mut actions = Vec::with_capacity(listed.len());
        for (index, value) in listed.iter().enumerate() {
            match entry(value, &mut report) {
                Ok(action) if seen.insert(action.shape()) => actions.push(action),
                Ok(action) => report.add(&action.call(), "left out: it is listed twice"),
                Err(what) => report.add(&subject(value, index), &format!("left out: {what}")),
            }
        }
        if actions.is_empty() {
            return Err(ManifestError::Nothing(report));
        }
        Ok(Self { actions, report })
    }

    /// What a registry itself publishes.
    ///
    /// # Errors
    /// When it has no v2 action.
    pub fn of(registry: &Registry) -> Result<Self, ManifestError> {
        Self::read(&manifest(registry, "", Extra::None))
    }
}

/// How a remark names an entry that is not usable.
fn subject(value: &Value, index: usize) -> String {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    match (text("method"), text("path")) {
        (Some(method), Some(path)) => format!("{} {}", line(method, 16), line(path, 80)),
        _ => format!("entry {}", index + 1),
    }
}

fn entry(value: &Value, report: &mut Report) -> Result<Listed, String> {
    let map = value.as_object().ok_or("it is not an object")?;
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let action = text("name").ok_or("its `name` is not a text")?;
    if !is_name(action) {
        return Err(format!(
            "its name {:?} is not of the form a_b",
            line(action, 40)
        ));
    }
    let method = text("method")
        .and_then(method)
        .ok_or("its `method` is not GET, POST, PATCH or DELETE")?;
    let path = text("path").ok_or("its `path` is not a text")?;
    check_path(path)?;
    let mut listed = Listed {
        action: action.to_owned(),
        method,
        path: path.to_owned(),
        description: String::new(),
        notes: None,
        aliases: Vec::new(),
        request: None,
    };
    let call = listed.call();
    let mut told = |key: &str| report.add(&call, &format!("its `{key}` is not a text"));
    match map.get("description") {
        Some(Value::String(text)) => listed.description = line(text, MAX_TEXT),
        Some(Value::Null) | None => {}
        Some(_) => told("description"),
    }
    match map.get("notes") {
        Some(Value::String(text)) => {
            listed.notes = Some(line(text, MAX_TEXT)).filter(|text| !text.is_empty());
        }
        Some(Value::Null) | None => {}
        Some(_) => told("notes"),
    }
    match map.get("aliases") {
        Some(Value::Array(aliases)) => {
            let texts = aliases.iter().filter_map(Value::as_str).take(MAX_ALIASES);
            let texts = texts.map(|text| line(text, MAX_ALIAS));
            listed.aliases = texts.filter(|text| !text.is_empty()).collect();
        }
        Some(Value::Null) | None => {}
        Some(_) => report.add(&call, "its `aliases` are not a list"),
    }
    match request(map.get("request_schema")) {
        Ok(request) => listed.request = Some(request),
        Err(what) => report.add(&call, &format!("its request form is not usable: {what}")),
    }
    Ok(listed)
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(is_word)
}

fn is_word(symbol: char) -> bool {
    symbol.is_ascii_lowercase() || symbol.is_ascii_digit() || symbol == '_'
}

fn method(text: &str) -> Option<Method> {
    match text {
        "GET" => Some(Method::Get),
        "POST" => Some(Method::Post),
        "PATCH" => Some(Method::Patch),
        "DELETE" => Some(Method::Delete),
        _ => None,
    }
}

/// A path of plain segments and placeholders, so that it can only lead below the base.
fn check_path(path: &str) -> Result<(), String> {
    if path.len() > MAX_PATH {
        return Err(format!("its path has more than {MAX_PATH} bytes"));
    }
    let segments = path
        .strip_prefix('/')
        .ok_or("its path does not begin with /")?;
    let sound = |segment: &str| match segment.strip_prefix(':') {
        Some(name) => is_name(name),
        None => {
            !segment.is_empty()
                && segment.chars().any(|symbol| symbol != '.')
                && segment
                    .chars()
                    .all(|symbol| symbol.is_ascii_alphanumeric() || "_-.".contains(symbol))
        }
    };
    if !segments.split('/').all(sound) {
        return Err("its path is not made of plain segments and :placeholders".to_owned());
    }
    let last = segments.rsplit('/').next().unwrap_or_default();
    if PLATFORM.contains(&last) {
        return Err("its path is an endpoint of the platform, not an action".to_owned());
    }
    let mut names = HashSet::new();
    match placeholders(path).find(|name| !names.insert(*name)) {
        Some(name) => Err(format!("its path names the placeholder {name} twice")),
        None => Ok(()),
    }
}

/// An object schema of bounded size that leads nowhere else.
fn request(schema: Option<&Value>) -> Result<Map<String, Value>, String> {
    let (schema, map) = match schema {
        None | Some(Value::Null) => return Ok(Map::new()),
        Some(schema @ Value::Object(map)) => (schema, map),
        Some(_) => return Err("it is not an object".to_owned()),
    };
    if map.get("type").is_some_and(|kind| kind != "object") {
        return Err("its root is not of type object".to_owned());
    }
    if map.get("properties").is_some_and(|all| !all.is_object()) {
        return Err("its `properties` are not an object".to_owned());
    }
    bounded(schema, 0, &mut 0)?;
    Ok(map.clone())
}

fn bounded(value: &Value, level: usize, count: &mut usize) -> Result<(), String> {
    *count += 1;
    if level > MAX_LEVELS {
        return Err(format!("it is nested deeper than {MAX_LEVELS} levels"));
    }
    if *count > MAX_VALUES {
        return Err(format!("it holds more than {MAX_VALUES} values"));
    }
    match value {
        Value::Object(map) => {
            if let Some(name) = REFERENCES.iter().find(|name| map.contains_key(**name)) {
                return Err(format!("it has `{name}`, and references are not followed"));
            }
            map.values()
                .try_for_each(|value| bounded(value, level + 1, count))
        }
        Value::Array(items) => items
            .iter()
            .try_for_each(|value| bounded(value, level + 1, count)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}
