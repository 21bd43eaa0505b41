//! A careful agent without a model: finds an action by the merchant's words, reads how to call it when
//! it must, runs it with the tool it was told, and follows a refusal that says what to call instead.
//! It knows the solution's actions and arguments, and of the server only what it answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use stoq_mcp::surface::Kind;
use stoq_mcp::tokens::estimate;

use crate::support::{EVERYTHING, SandboxProcess, StdioProcess, program};
use crate::{Step, Task, filled};

/// The agent on one surface.
pub struct Agent {
    kind: Kind,
    server: StdioProcess,
    listed: BTreeSet<String>,
    /// Tokens of the instructions and of the tools, as a model reads them before all else.
    pub standing: usize,
}

/// How one task went.
#[derive(Debug, Default)]
pub struct Played {
    pub calls: usize,
    /// Written as calls and read as answers.
    pub tokens: usize,
    pub finds: usize,
    /// Words with which an action was not found, and its name.
    pub missed: Vec<(String, String)>,
    /// The answer of each step.
    pub answers: Vec<Value>,
    /// The refusal that ended it.
    pub wrong: Option<String>,
    found: BTreeMap<String, Row>,
    described: BTreeMap<String, Value>,
}

/// What a search told of an action.
#[derive(Debug, Clone)]
struct Row {
    tool: String,
    is_read: bool,
    required: BTreeSet<String>,
}

impl Agent {
    /// On a surface that allows everything, without a budget of its own.
    pub fn new(sandbox: &SandboxProcess, kind: Kind) -> Self {
        let mut command = program(&["serve", "--base-url", &sandbox.base_url]);
        command
            .args(["--surface", kind.as_str()])
            .args(EVERYTHING)
            .env("STOQ_API_KEY", &sandbox.key)
            .env("STOQ_MCP_POINTS_LIMIT", "0");
        let mut server = StdioProcess::start(command);
        let greeting = server.greet();
        let mut standing = estimate(greeting["result"]["instructions"].as_str().unwrap());
        let mut listed = BTreeSet::new();
        let answer = server.ask("tools/list", json!({}));
        for tool in answer["result"]["tools"].as_array().unwrap() {
            let read = json!({"name": tool["name"], "description": tool["description"],
                "input_schema": tool["inputSchema"]});
            standing += estimate(&read.to_string());
            listed.insert(tool["name"].as_str().unwrap().to_owned());
        }
        Self {
            kind,
            server,
            listed,
            standing,
        }
    }

    /// How many tools are listed.
    pub fn tools(&self) -> usize {
        self.listed.len()
    }

    /// Plays the steps of a task until they are done or one is refused.
    pub fn play(&mut self, task: &Task) -> Played {
        let mut played = Played::default();
        for step in &task.steps {
            let arguments = filled(step, &played.answers);
            let result = self.step(&mut played, task, step, arguments);
            let text = text(&result);
            let is_as_told = match &step.refused {
                Some(part) => result["isError"] == json!(true) && text.contains(part),
                None => result["isError"] != json!(true),
            };
            if !is_as_told {
                played.wrong = Some(text.to_owned());
                return played;
            }
            played.answers.push(result["structuredContent"].clone());
        }
        played
    }

    fn step(
        &mut self,
        played: &mut Played,
        task: &Task,
        step: &Step,
        arguments: Map<String, Value>,
    ) -> Value {
        let result = if self.listed.contains(&step.action) {
            self.call(played, &step.action, Value::Object(arguments))
        } else {
            let words = step.say.as_ref().unwrap_or(&task.request);
            let tool = self.tool(played, words, &step.action, &arguments);
            let call = json!({"action": step.action, "arguments": arguments});
            self.call(played, &tool, call)
        };
        match right_call(&result) {
            Some((tool, arguments)) => self.call(played, &tool, arguments),
            None => result,
        }
    }

    /// The tool that runs an action, from a search and, when the call is not plain, a description.
    fn tool(
        &mut self,
        played: &mut Played,
        words: &str,
        action: &str,
        arguments: &Map<String, Value>,
    ) -> String {
        if !played.found.contains_key(action) {
            self.find(played, words);
            if !played.found.contains_key(action) {
                played.missed.push((words.to_owned(), action.to_owned()));
            }
        }
        let row = played.found.get(action).cloned();
        if let Some(row) = row.filter(|row| self.is_plain(row, arguments)) {
            return row.tool;
        }
        let described = self.describe(played, action);
        raised(&described, arguments)
            .unwrap_or_else(|| described["tool"].as_str().unwrap().to_owned())
    }

    /// Whether a call needs no description: nothing is given but what the search named, and on
    /// `compact` nothing is changed.
    fn is_plain(&self, row: &Row, arguments: &Map<String, Value>) -> bool {
        let is_bold = row.is_read || self.kind != Kind::Compact;
        is_bold && arguments.keys().all(|name| row.required.contains(name))
    }

    fn find(&mut self, played: &mut Played, words: &str) {
        played.finds += 1;
        let result = self.call(played, "find_actions", json!({"query": words}));
        let rows = result["structuredContent"]["data"]["actions"].as_array();
        for row in rows.unwrap() {
            let cell = |name: &str| row[name].as_str().unwrap();
            let found = Row {
                tool: cell("tool").to_owned(),
                is_read: cell("class") == "read",
                required: cell("required").split(' ').map(str::to_owned).collect(),
            };
            played.found.insert(cell("name").to_owned(), found);
        }
    }

    fn describe(&mut self, played: &mut Played, action: &str) -> Value {
        if let Some(described) = played.described.get(action) {
            return described.clone();
        }
        let result = self.call(played, "describe_actions", json!({"names": [action]}));
        let described = result["structuredContent"]["data"]["actions"][0].clone();
        played
            .described
            .insert(action.to_owned(), described.clone());
        described
    }

    fn call(&mut self, played: &mut Played, tool: &str, arguments: Value) -> Value {
        played.calls += 1;
        let written = json!({"name": tool, "arguments": arguments}).to_string();
        let result = self.server.call(tool, arguments);
        played.tokens += estimate(&written) + estimate(text(&result));
        result
    }
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

/// The tool that the description names for such arguments, when they raise the class of the call.
fn raised(described: &Value, arguments: &Map<String, Value>) -> Option<String> {
    let arguments = Value::Object(arguments.clone());
    let rules = described["raised"].as_array()?.iter();
    rules.filter_map(Value::as_str).find_map(|rule| {
        let (when, then) = rule.split_once(": ")?;
        let (place, wanted) = match when.split_once(" = ") {
            Some((place, wanted)) => (place, Some(wanted)),
            None => (when, None),
        };
        let given = arguments.pointer(&format!("/{}", place.replace('.', "/")))?;
        let holds =
            wanted.is_none_or(|wanted| serde_json::from_str(wanted).ok().as_ref() == Some(given));
        let (_, tool) = then.split_once(", by ")?;
        holds.then(|| tool.split(' ').next().unwrap_or_default().to_owned())
    })
}

/// The call that a refusal gives as the right one.
fn right_call(result: &Value) -> Option<(String, Value)> {
    if result["isError"] != json!(true) {
        return None;
    }
    let (_, call) = text(result).split_once("Call `")?;
    let (tool, arguments) = call.split_once("` with ")?;
    let arguments = serde_json::from_str(arguments.strip_suffix('.')?).ok()?;
    Some((tool.to_owned(), arguments))
}
