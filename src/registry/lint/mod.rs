//! The mistakes of a registry that its form alone does not show.
//!
//! One rule is one small function; [`RULES`] names them all, so that each finding says which rule it
//! broke and what mends it. The client rules also hold for schemas that are not derived from an
//! entry: [`client_findings`] runs them over any tool. Nothing here knows how actions are run.

mod answer;
mod chart;
mod client;
mod concise;
mod effects;
mod names;
mod references;
mod request;
#[cfg(test)]
mod tests;
mod texts;
mod walk;

use std::fmt;

use serde_json::{Map, Value};

use super::entry::RegistryFile;
use super::{Action, Registry, RegistryError, line_of_action, parse_file};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// 1-based line of the action's name.
    pub line: usize,
    /// Name of the action, or of the shared piece as `$defs.<name>`.
    pub action: String,
    /// Name of the rule.
    pub rule: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            action,
            rule,
            what,
            fix,
        } = self;
        write!(out, "line {line}, {action}: {rule}: {what} ({fix})")
    }
}

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name in findings.
    pub name: &'static str,
    /// What mends a finding.
    pub fix: &'static str,
    check: Check,
}

/// What a rule looks at; it gives back one text for each mistake.
#[derive(Debug, Clone, Copy)]
enum Check {
    /// One action among the others.
    Action(fn(&Action, &Registry) -> Vec<String>),
    /// The input schema that clients see, with the names of its free-form root properties.
    Client(fn(&Map<String, Value>, &[&str]) -> Vec<String>),
    /// The whole file; each mistake with the action or piece it belongs to.
    File(fn(&Book) -> Vec<(String, String)>),
}

/// A registry as text, as file form and loaded.
struct Book {
    file: RegistryFile,
    registry: Registry,
}

/// Every rule, in the order of the entry's keys.
#[rustfmt::skip]
pub const RULES: &[Rule] = &[
    action("name", "use [a-z][a-z0-9_]*, no `__`, at most 48 characters", names::form),
    action("vendor-name", "join static path segments and action by `_`, of v1 toolset and action; over 48 characters it stands in `also_known_as`", names::vendor),
    action("title", "write two to six words without a full stop", names::title),
    action("toolset", "write `<first path segment>.<group>`, of v1 `v1.<group>`", names::toolset),
    action("description", "keep it within 1,024 characters, whole sentences", texts::description),
    action("first-sentence", "say what it does and when to use it within 200 characters", texts::first_sentence),
    action("manifest-texts", "leave the key out where it says nothing of its own", texts::manifest),
    action("phrases", "give 5 to 12 phrases of a merchant, two to twelve words each", texts::phrases),
    file("phrases-unique", "a phrase or alias leads to one action only: reword or remove one", texts::unique),
    file("one-call", "one action per API, verb and path", names::one_call),
    action("placeholders", "describe each `:placeholder` of the path once in `path_schema`, and nothing else", request::placeholders),
    action("reserved", "the name is taken by a placeholder or an argument of ours: limit, cursor, detail, fields, chart, clear, wait_seconds", request::reserved),
    action("request-keywords", "use only type, enum, bounds, pattern, format, items, properties, required, default, description", request::keywords),
    action("request-format", "use date, date-time, uuid, email or phone", request::format),
    action("parameters-in", "leave it out where the verb says so already", request::parameters_in),
    action("required", "list only names that `properties` has", request::required),
    action("wire-schema", "print exactly the properties of `request_schema`", request::wire),
    action("response-root", "make the answer an object with properties, or without any where v1 answers without a body", answer::root),
    action("schemas-compile", "write a valid JSON Schema", answer::compiles),
    action("descriptions", "say unit, default or meaning in `description`", answer::descriptions),
    action("markers", "x-pii: email, phone, name, address or token; x-untrusted, x-verbatim, x-decimal: true; all on strings; x-sum: true on an integer or a string that is x-decimal, of rows where there are rows", answer::markers),
    action("concise", "name fields of the rows, each once and not all; a row of more than seven fields needs it", concise::concise),
    action("chart", "of a read that one request answers; name fields that are numbers or decimal texts, of a ranking or timeline those of the rows that are shown unless more is asked for, of figures those below the root", chart::chart),
    action("class", "a GET is `read`; without GET only an export is", effects::class),
    action("local", "`api: local` and `handler: local` go together", effects::local),
    action("raises", "name an argument, a higher class and the reason", effects::raises),
    action("retry", "reads are `safe`, all else is not; a PATCH is `read_back`", effects::retry),
    action("idempotent", "reads and what `read_back` may repeat are idempotent, what has a natural key is not", effects::idempotent),
    action("read-back", "say how to see whether the write happened, by a read and the proof that fits `retry`", references::read_back),
    action("targets", "`send`, `money` and `destroy` say where their blast radius is read from, others do not", references::targets),
    action("successors", "give each v1 action what v2 has instead, by names of v2 actions; none to v2's own", references::successors),
    action("next", "name other actions of the registry, each once", references::next),
    action("examples", "give arguments that validate, with a title each; two where the action has arguments", request::examples),
    client("client-root", "the root is an object with `properties` and no combining keyword", client::root),
    client("client-types", "give one scalar `type`, no null default; optional is what `required` leaves out", client::types),
    client("client-items", "give every array typed `items`", client::items),
    client("client-keywords", "leave it out: some client chokes on it", client::keywords),
    client("client-closed", "`additionalProperties: false` at the root and nowhere else; no open maps", client::closed),
    client("client-enums", "1 to 50 values, non-empty strings", client::enums),
    client("client-depth", "flatten it to five levels", client::depth),
    client("client-integers", "stay within 2^53", client::integers),
    client("client-keys", "use [a-z0-9_], at most 64 characters", client::keys),
    client("client-descriptions", "say unit, default or meaning in `description`", client::descriptions),
    file("unused-defs", "use it or remove it", references::unused),
];

const fn action(
    name: &'static str,
    fix: &'static str,
    check: fn(&Action, &Registry) -> Vec<String>,
) -> Rule {
    Rule {
        name,
        fix,
        check: Check::Action(check),
    }
}

const fn client(
    name: &'static str,
    fix: &'static str,
    check: fn(&Map<String, Value>, &[&str]) -> Vec<String>,
) -> Rule {
    Rule {
        name,
        fix,
        check: Check::Client(check),
    }
}

const fn file(
    name: &'static str,
    fix: &'static str,
    check: fn(&Book) -> Vec<(String, String)>,
) -> Rule {
    Rule {
        name,
        fix,
        check: Check::File(check),
    }
}

/// Every mistake of a registry, by line; `origin` names the text in errors.
///
/// # Errors
/// When the text is not a registry at all, so that there is nothing to lint.
pub fn lint(text: &str, origin: &str) -> Result<Vec<Finding>, RegistryError> {
    let book = Book {
        file: parse_file(text, origin)?,
        registry: Registry::parse(text, origin)?,
    };
    let mut findings = Vec::new();
    for rule in RULES {
        findings.extend(
            broken(rule, &book)
                .into_iter()
                .map(|(action, what)| Finding {
                    line: line_of(text, &action),
                    action,
                    rule: rule.name,
                    what,
                    fix: rule.fix,
                }),
        );
    }
    findings.sort_by_key(|finding| finding.line);
    Ok(findings)
}

/// Mistakes of a tool's input schema by the client rules alone: rule and what is wrong.
///
/// `free_form` names root properties that take any object, as an executor's `arguments` does; the
/// rules on items and open maps pass them over.
pub fn client_findings(
    input_schema: &Map<String, Value>,
    free_form: &[&str],
) -> Vec<(&'static str, String)> {
    let mut findings = Vec::new();
    for rule in RULES {
        match rule.check {
            Check::Client(check) => {
                let mistakes = check(input_schema, free_form);
                findings.extend(mistakes.into_iter().map(|what| (rule.name, what)));
            }
            Check::Action(_) | Check::File(_) => {}
        }
    }
    findings
}

fn broken(rule: &Rule, book: &Book) -> Vec<(String, String)> {
    let each = |check: &dyn Fn(&Action) -> Vec<String>| {
        let actions = book.registry.actions().iter();
        actions
            .flat_map(|action| {
                let mistakes = check(action).into_iter();
                mistakes.map(|what| (action.name().to_owned(), what))
            })
            .collect()
    };
    match rule.check {
        Check::Action(check) => each(&|action| check(action, &book.registry)),
        Check::Client(check) => each(&|action| check(action.input_schema(), &[])),
        Check::File(check) => check(book),
    }
}

fn line_of(text: &str, subject: &str) -> usize {
    match subject.strip_prefix("$defs.") {
        None => line_of_action(text, subject),
        Some(piece) => {
            let needle = format!("\"{piece}\":");
            text.lines()
                .position(|line| line.contains(&needle))
                .map_or(1, |index| index + 1)
        }
    }
}
