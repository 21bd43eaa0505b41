//! What can be done: the action registry.
//!
//! `tools.registry.json` is the one source of actions. This room loads it, checks it, and derives
//! from each entry what the rest of the program needs: the schema a client sees ([`transform`]),
//! the vendor's manifest ([`manifest`]), the list of mistakes ([`lint`]). The API's own manifest over
//! it makes the live registry ([`live`]); [`diff`] tells the two apart; `search` finds an action by a
//! merchant's words. It knows nothing of HTTP, MCP or the sandbox.

pub mod diff;
pub mod entry;
pub mod form;
pub mod lint;
pub mod live;
pub mod manifest;
pub mod meta;
pub mod piece;
pub mod schema;
mod search;
pub mod template;
#[cfg(test)]
mod tests;
pub mod transform;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value};

use entry::{Api, Entry, Method, RegistryFile};
use form::Form;
use search::Index;
use transform::Rows;

pub use search::{MOST as MOST_FOUND, UnknownScope};

/// The registry file as it was built into the program.
pub const BUNDLED: &str = include_str!("../../tools.registry.json");

/// Longest name, in bytes, that may be meant for one of ours.
const MAX_NAME: usize = 128;
/// Shortest name, in bytes, that is still meant with two slips in it.
const SLIPS_IN: usize = 6;

/// A registry that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The text is not a registry: syntax, a missing or an unknown key, a wrong type.
    #[error("{origin}, line {line}, column {column}: {reason}")]
    Syntax {
        /// File name, or `bundled registry`.
        origin: String,
        /// 1-based line.
        line: usize,
        /// 1-based column.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The text is a registry, but an entry contradicts another or itself.
    #[error("{origin}, line {line}, action `{action}`: {reason}")]
    Entry {
        /// File name, or `bundled registry`.
        origin: String,
        /// 1-based line of the entry's name.
        line: usize,
        /// Name of the entry.
        action: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The loaded registry: actions in file order, found by name.
#[derive(Debug)]
pub struct Registry {
    /// API version, as the manifest prints it.
    pub version: String,
    /// Path of the v2 base below the host root.
    pub base_path: String,
    actions: Vec<Action>,
    by_name: HashMap<String, usize>,
    index: OnceLock<Index>,
}

/// One action: its entry and what is derived from it, each piece when first asked for.
#[derive(Debug)]
pub struct Action {
    entry: Entry,
    defs: Arc<Map<String, Value>>,
    request: OnceLock<Value>,
    response: OnceLock<Value>,
    input: OnceLock<Arc<Map<String, Value>>>,
    output: OnceLock<Arc<Map<String, Value>>>,
    form: OnceLock<Form>,
    rows: OnceLock<Option<Rows>>,
    input_validator: OnceLock<Option<Validator>>,
    data_validator: OnceLock<Option<Validator>>,
}

impl Registry {
    /// The registry that is built into the program.
    ///
    /// # Errors
    /// When the bundled file has a mistake, which the tests rule out.
    pub fn bundled() -> Result<Self, RegistryError> {
        let origin = "bundled registry";
        // The tests read it as any other, with every check.
        Self::of(parse_file(BUNDLED, origin)?, BUNDLED, origin, |_, _| Ok(()))
    }

    /// Reads a registry from text; `origin` names it in errors.
    ///
    /// # Errors
    /// With line and reason, when the text is not a registry, two entries share a name or a
    /// reference leads nowhere.
    pub fn parse(text: &str, origin: &str) -> Result<Self, RegistryError> {
        Self::build(parse_file(text, origin)?, text, origin)
    }

    /// The registry of a file form; `text` is where lines are counted.
    fn build(file: RegistryFile, text: &str, origin: &str) -> Result<Self, RegistryError> {
        Self::of(file, text, origin, check_schemas)
    }

    fn of(
        file: RegistryFile,
        text: &str,
        origin: &str,
        check: impl Fn(&Entry, &Map<String, Value>) -> Result<(), String>,
    ) -> Result<Self, RegistryError> {
        let defs = Arc::new(file.defs);
        let mut by_name = HashMap::with_capacity(file.actions.len());
        let mut actions = Vec::with_capacity(file.actions.len());
        for entry in file.actions {
            let fail = |reason: String| RegistryError::Entry {
                origin: origin.to_owned(),
                line: line_of_action(text, &entry.name),
                action: entry.name.clone(),
                reason,
            };
            check(&entry, &defs).map_err(fail)?;
            let index = actions.len();
            for name in entry.names() {
                if by_name.insert(name.clone(), index).is_some() {
                    return Err(fail(format!(
                        "the name `{name}` is taken by an earlier entry; every name is unique"
                    )));
                }
            }
            actions.push(Action::new(entry, Arc::clone(&defs)));
        }
        Ok(Self {
            version: file.version,
            base_path: file.base_path,
            actions,
            by_name,
            index: OnceLock::new(),
        })
    }

    /// The actions, in file order.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The toolsets, each once, in file order.
    pub fn toolsets(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for action in &self.actions {
            if !found.contains(&action.toolset()) {
                found.push(action.toolset());
            }
        }
        found
    }

    /// The action of that name, or of that longer name it is also known as.
    pub fn get(&self, name: &str) -> Option<&Action> {
        self.by_name
            .get(name)
            .and_then(|&index| self.actions.get(index))
    }

    /// The name nearest to a mistyped one, when one is near enough to be meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let near = nearest(name, self.by_name.keys().map(String::as_str))?;
        self.get(near).map(Action::name)
    }

    /// The action that serves a concrete path below the base of an API, with its placeholders'
    /// values (still percent-encoded). A static segment beats a placeholder.
    pub fn match_path(
        &self,
        api: Api,
        method: Method,
        path: &str,
    ) -> Option<(&Action, Vec<(&str, String)>)> {
        let mut best: Option<(&Action, Vec<(&str, String)>)> = None;
        for action in &self.actions {
            if action.entry.method != method || action.entry.api != api {
                continue;
            }
            if let Some(values) = match_template(&action.entry.path, path)
                && best
                    .as_ref()
                    .is_none_or(|(_, found)| values.len() < found.len())
            {
                best = Some((action, values));
            }
        }
        best
    }
}

impl Action {
    fn new(entry: Entry, defs: Arc<Map<String, Value>>) -> Self {
        Self {
            entry,
            defs,
            request: OnceLock::new(),
            response: OnceLock::new(),
            input: OnceLock::new(),
            output: OnceLock::new(),
            form: OnceLock::new(),
            rows: OnceLock::new(),
            input_validator: OnceLock::new(),
            data_validator: OnceLock::new(),
        }
    }

    /// The entry as it stands in the file.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Unique name.
    pub fn name(&self) -> &str {
        &self.entry.name
    }

    /// Group it belongs to.
    pub fn toolset(&self) -> &str {
        &self.entry.toolset
    }

    /// Whether its toolset is the scope, or lies below it: `preorders` covers `preorders.orders`.
    pub fn lies_in(&self, scope: &str) -> bool {
        self.entry
            .toolset
            .strip_prefix(scope)
            .is_some_and(|rest| !scope.is_empty() && (rest.is_empty() || rest.starts_with('.')))
    }

    /// Whether it goes by that name, or by one it is also known as.
    pub fn is_called(&self, name: &str) -> bool {
        self.entry.names().any(|own| own == name)
    }

    /// Names of the placeholders, in path order.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        placeholders(&self.entry.path)
    }

    /// The shared pieces that its schemas refer to.
    pub fn defs(&self) -> &Map<String, Value> {
        &self.defs
    }

    /// The request schema with references inlined.
    pub fn request_schema(&self) -> &Value {
        self.request
            .get_or_init(|| schema::inline(&self.entry.request_schema, &self.defs))
    }

    /// The response schema with references inlined.
    pub fn response_schema(&self) -> &Value {
        self.response
            .get_or_init(|| schema::inline(&self.entry.response_schema, &self.defs))
    }

    /// What the texts of its answer are.
    pub fn form(&self) -> &Form {
        self.form.get_or_init(|| Form::of(self.response_schema()))
    }

    /// What the texts of a row of its answer are.
    pub fn row_form(&self) -> Option<&Form> {
        let (_, rows) = self.form().field(&self.rows()?.key, 0)?;
        rows.items()
    }

    /// The input schema that clients see.
    pub fn input_schema(&self) -> &Arc<Map<String, Value>> {
        self.input
            .get_or_init(|| Arc::new(transform::input_schema(self)))
    }

    /// The output schema that clients see: the result envelope around the shaped answer.
    pub fn output_schema(&self) -> &Arc<Map<String, Value>> {
        self.output
            .get_or_init(|| Arc::new(transform::output_schema(self)))
    }

    /// Where the rows of a list answer stand; `None` for a record.
    pub fn rows(&self) -> Option<&Rows> {
        self.rows.get_or_init(|| transform::rows(self)).as_ref()
    }

    /// Checks arguments against the input schema; `None` when the schema cannot be compiled.
    pub fn input_validator(&self) -> Option<&Validator> {
        self.input_validator
            .get_or_init(|| {
                let schema = Value::Object(self.input_schema().as_ref().clone());
                jsonschema::validator_for(&schema).ok()
            })
            .as_ref()
    }

    /// Checks a shaped answer against `data` of the output schema; `None` when that cannot be
    /// compiled.
    pub fn data_validator(&self) -> Option<&Validator> {
        self.data_validator
            .get_or_init(|| {
                let data = self.output_schema().get("properties")?.get("data")?;
                jsonschema::validator_for(data).ok()
            })
            .as_ref()
    }

    /// The schema of a placeholder, references inlined.
    pub fn path_schema(&self, name: &str) -> Value {
        self.entry.path_schema.get(name).map_or_else(
            || Value::Object(Map::new()),
            |piece| schema::inline(piece, &self.defs),
        )
    }

    /// The schema the manifest prints, references inlined.
    fn wire_schema(&self) -> Value {
        match &self.entry.wire_schema {
            Some(wire) => schema::inline(wire, &self.defs),
            None => self.request_schema().clone(),
        }
    }
}

/// Checks that every schema can be read, and that its references lead somewhere.
fn check_schemas(entry: &Entry, defs: &Map<String, Value>) -> Result<(), String> {
    let lazy = [&entry.request_schema, &entry.response_schema];
    let lazy = lazy.into_iter().chain(&entry.wire_schema);
    let read = lazy.map(|piece| piece.read().map_err(|error| error.to_string()));
    let whole = entry.path_schema.values().map(Ok);
    read.chain(whole)
        .try_for_each(|piece| schema::check_refs(piece?, defs))
}

/// Reads the file form alone, for the lint.
///
/// # Errors
/// With line, column and reason.
pub fn parse_file(text: &str, origin: &str) -> Result<RegistryFile, RegistryError> {
    serde_json::from_str(text).map_err(|error| {
        let full = error.to_string();
        let reason = full
            .rsplit_once(" at line ")
            .map_or(full.as_str(), |(reason, _)| reason);
        RegistryError::Syntax {
            origin: origin.to_owned(),
            line: error.line(),
            column: error.column(),
            reason: reason.to_owned(),
        }
    })
}

/// 1-based line on which an action's name stands, the last one when it stands twice; 1 when it does
/// not.
pub fn line_of_action(text: &str, name: &str) -> usize {
    let needle = format!("\"{name}\"");
    text.lines()
        .enumerate()
        .filter(|(_, line)| line.contains("\"name\"") && line.contains(&needle))
        .last()
        .map_or(1, |(index, _)| index + 1)
}

/// Placeholder names of a path template, in order.
pub fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix(':'))
}

/// The vendor's hosted name of a v2 action: static segments and action joined, the action not
/// doubled (vendor docs: MCP tool reference).
pub(crate) fn vendor_name(path: &str, action: &str) -> String {
    let mut parts: Vec<&str> = path
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.starts_with(':'))
        .collect();
    if parts.last() != Some(&action) {
        parts.push(action);
    }
    parts.join("_")
}

/// The candidate nearest to `name`, when it is near enough to be meant: a typing slip, or a part.
/// A name far longer than any of ours is none.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let wanted = name.to_lowercase();
    candidates
        .filter_map(|candidate| Some((likeness(&wanted, candidate)?, candidate)))
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}

/// How like a candidate is to what was typed, when it is near enough. A slip of the fingers comes
/// before what only looks alike.
fn likeness(wanted: &str, candidate: &str) -> Option<f64> {
    let part = wanted.len() >= 4 && candidate.contains(wanted);
    let alike = strsim::jaro_winkler(wanted, candidate).max(if part { 0.9 } else { 0.0 });
    match strsim::osa_distance(wanted, candidate) {
        0 | 1 => Some(2.0 + alike),
        2 if candidate.len() >= SLIPS_IN => Some(1.0 + alike),
        _ => (alike >= 0.8).then_some(alike),
    }
}

fn match_template<'a>(template: &'a str, path: &str) -> Option<Vec<(&'a str, String)>> {
    let mut values = Vec::new();
    let mut concrete = path.split('/');
    for segment in template.split('/') {
        let value = concrete.next()?;
        match segment.strip_prefix(':') {
            Some(name) if !value.is_empty() => values.push((name, value.to_owned())),
            None if segment == value => {}
            Some(_) | None => return None,
        }
    }
    concrete.next().is_none().then_some(values)
}
