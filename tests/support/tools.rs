//! What a client may rely on in every result: the schema that was listed, and a text with the same
//! facts as the structured form.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::StdioProcess;

/// The tools of a server that lists each action as one, with their output schemas ready to check
/// results.
pub struct Tools {
    /// The actions' own.
    pub listed: Vec<Value>,
    validators: BTreeMap<String, Validator>,
}

impl Tools {
    /// Asks for the list.
    pub fn of(server: &mut StdioProcess) -> Self {
        Self::listed_in(&server.ask("tools/list", json!({})))
    }

    /// Of a list that was asked for.
    pub fn listed_in(answer: &Value) -> Self {
        let listed = answer["result"]["tools"].as_array().unwrap().clone();
        let validators = listed
            .iter()
            .map(|tool| {
                let name = tool["name"].as_str().unwrap().to_owned();
                (
                    name,
                    jsonschema::validator_for(&tool["outputSchema"]).unwrap(),
                )
            })
            .collect();
        let is_action = |tool: &Value| !tool["name"].as_str().unwrap().starts_with("run_");
        Self {
            listed: listed.into_iter().filter(is_action).collect(),
            validators,
        }
    }

    /// One tool.
    pub fn get(&self, name: &str) -> &Value {
        self.listed
            .iter()
            .find(|tool| tool["name"] == json!(name))
            .unwrap()
    }

    /// Checks a success from every side; gives back its structured content.
    pub fn check(&self, name: &str, arguments: &Value, result: &Value) -> Value {
        let about = format!("{name} {arguments}: {result}");
        assert_ne!(result["isError"], json!(true), "{about}");
        let structured = result["structuredContent"].clone();
        let broken: Vec<String> = self.validators[name]
            .iter_errors(&structured)
            .map(|error| format!("{} at {}", error, error.instance_path().as_str()))
            .collect();
        assert_eq!(broken, Vec::<String>::new(), "{about}");
        let note = structured["note"].as_str().unwrap_or_default();
        assert!(!note.contains("Left out"), "{about}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(
            text.replace('\n', ""),
            visible(&text.replace('\n', "")),
            "{about}"
        );
        same_facts(&structured, text, &about);
        structured
    }

    /// Calls a tool that must succeed, and checks the result.
    pub fn call(&self, server: &mut StdioProcess, name: &str, arguments: Value) -> Value {
        let result = server.call(name, arguments.clone());
        self.check(name, &arguments, &result)
    }
}

/// The key of the rows of a result that has a page, and the rows.
pub fn rows(structured: &Value) -> Option<(String, Vec<Value>)> {
    structured.get("page")?;
    let data = structured["data"].as_object()?;
    let mut arrays = data.iter().filter(|(_, value)| value.is_array());
    let (key, rows) = arrays.next()?;
    assert!(arrays.next().is_none(), "one array: {structured}");
    Some((key.clone(), rows.as_array()?.clone()))
}

/// The action and arguments that a text names to check a write with.
pub fn named_check(text: &str) -> (String, Value) {
    let (_, check) = text.split_once("Check with `").unwrap();
    let (tool, arguments) = check.split_once("` ").unwrap();
    let arguments = arguments.lines().next().unwrap().trim_end_matches('.');
    (tool.to_owned(), serde_json::from_str(arguments).unwrap())
}

/// The text block tells every fact of the structured form.
fn same_facts(structured: &Value, text: &str, about: &str) {
    let status = structured["status"].as_str().unwrap();
    if status != "ok" {
        assert!(text.starts_with(&format!("status: {status}")), "{about}");
    }
    for part in ["note", "job", "plan", "receipt"] {
        if let Some(value) = structured.get(part) {
            let shown = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            assert!(text.contains(&format!("{part}: {shown}")), "{about}");
        }
    }
    let totals = text.lines().find(|line| line.starts_with("totals: "));
    let wanted = structured.get("totals").map(totals_line);
    assert_eq!(totals, wanted.as_deref(), "{about}");
    match rows(structured) {
        Some((key, rows)) => {
            same_page(&structured["page"], rows.len(), text, about);
            let mut beside = structured["data"].as_object().unwrap().clone();
            beside.remove(&key);
            if !beside.is_empty() {
                let line = visible(&Value::Object(beside).to_string());
                assert!(text.lines().any(|found| found == line), "{about}");
            }
            same_rows(&rows, text, about);
        }
        None => {
            if let Some(data) = structured.get("data") {
                // A record that holds text of others stands between two lines.
                let is_fence = |line: &&str| line.starts_with("-- ");
                let mut lines = text.lines().rev();
                let last = lines.find(|line| !is_fence(line)).unwrap();
                assert_eq!(last, visible(&data.to_string()), "{about}");
                let shown: Value = serde_json::from_str(last).unwrap();
                assert_eq!(shown.is_object(), data.is_object(), "{about}");
            }
        }
    }
}

fn same_page(page: &Value, rows: usize, text: &str, about: &str) {
    let shown = page["shown"].as_u64().unwrap();
    assert_eq!(shown, u64::try_from(rows).unwrap(), "{about}");
    // A list that the API filters after paging has no total before its last page.
    let mut line = match page["total"].as_u64() {
        Some(total) => {
            assert!(shown <= total, "{about}");
            format!("{shown} of {total} rows")
        }
        None => {
            assert!(page["total"].is_null(), "{about}");
            assert!(page["next_cursor"].is_string(), "{about}");
            format!("{shown} rows, the total is not known yet")
        }
    };
    if let Some(detail) = page.get("detail") {
        assert_eq!(detail, &json!("concise"), "{about}");
        line.push_str(", concise (detail: full or fields for more)");
    }
    if let Some(cursor) = page["next_cursor"].as_str() {
        line.push_str(&format!("; next_cursor: {cursor}"));
    }
    assert!(text.lines().any(|found| found == line), "{line}: {about}");
}

/// The line of text that tells the sums of a list.
fn totals_line(totals: &Value) -> String {
    let sums = |sums: &Value| {
        let told: Vec<String> = cells(sums)
            .into_iter()
            .map(|(path, sum)| format!("{path} {sum}"))
            .collect();
        told.join(", ")
    };
    let groups: Vec<String> = match totals.get("by_currency") {
        Some(groups) => groups
            .as_array()
            .unwrap()
            .iter()
            .map(|group| {
                let currency = group["currency"].as_str();
                let currency = currency.map(|name| format!("{name} ")).unwrap_or_default();
                format!("{currency}{}", sums(&group["sums"]))
            })
            .collect(),
        None => vec![sums(&totals["sums"])],
    };
    format!("totals: {} rows; {}", totals["rows"], groups.join("; "))
}

/// The CSV of the text holds every row, cell by cell.
fn same_rows(rows: &[Value], text: &str, about: &str) {
    if rows.is_empty() {
        return;
    }
    let flat: Vec<Vec<(String, String)>> = rows.iter().map(shown_cells).collect();
    let mut columns: Vec<String> = Vec::new();
    for (name, _) in flat.iter().flatten() {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let header = columns.join(",");
    let mut lines = text.lines();
    // Columns with text of others are marked.
    while lines.clone().next().map(|line| line.replace('*', "")) != Some(header.clone()) {
        assert!(lines.next().is_some(), "no header {header}: {about}");
    }
    let table: Vec<&str> = lines.collect();
    let read = csv_rows(&table.join("\n"));
    assert_eq!(read.len(), rows.len(), "{about}");
    for (row, read) in flat.iter().zip(&read) {
        for name in &columns {
            let wanted = row
                .iter()
                .find(|(column, _)| column == name)
                .map_or("", |(_, cell)| cell);
            assert_eq!(read[name], wanted, "{name}: {about}");
        }
    }
}

/// The records of a CSV text by column.
pub fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            names
                .iter()
                .zip(record.iter())
                .map(|(name, cell)| (name.trim_end_matches('*').to_owned(), cell.to_owned()))
                .collect()
        })
        .collect()
}

/// What shows of a text: kinds of white space are blanks, characters that hide are gone.
fn visible(text: &str) -> String {
    text.chars()
        .map(|symbol| if symbol.is_whitespace() { ' ' } else { symbol })
        .filter(|symbol| {
            !symbol.is_control()
                && !matches!(symbol,
                    '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
                    | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}'
                    | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E01EF}')
        })
        .collect()
}

/// The cells a row should have in a file: dotted names, JSON for arrays, formulas made inert.
pub fn cells(row: &Value) -> Vec<(String, String)> {
    cells_in(row, &str::to_owned)
}

/// The same in the text of a result, where only what shows is kept.
pub fn shown_cells(row: &Value) -> Vec<(String, String)> {
    cells_in(row, &visible)
}

fn cells_in(row: &Value, form: &dyn Fn(&str) -> String) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut todo: Vec<(String, &Value)> = vec![(String::new(), row)];
    while let Some((path, value)) = todo.pop() {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (name, inner) in map.iter().rev() {
                    let dot = if path.is_empty() { "" } else { "." };
                    todo.push((format!("{path}{dot}{name}"), inner));
                }
            }
            Value::Null => out.push((path, String::new())),
            Value::String(text) => {
                let text = form(text);
                let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
                let quote = if risky && text.parse::<f64>().is_err() {
                    "'"
                } else {
                    ""
                };
                out.push((path, format!("{quote}{text}")));
            }
            other => out.push((path, form(&other.to_string()))),
        }
    }
    out
}

/// The arguments of every example in a registry file, by action.
pub fn examples(registry: &Value) -> Vec<(String, Map<String, Value>)> {
    let actions = registry["actions"].as_array().unwrap().iter();
    actions
        .flat_map(|action| {
            let name = action["name"].as_str().unwrap();
            action["examples"]
                .as_array()
                .unwrap()
                .iter()
                .map(move |example| {
                    (
                        name.to_owned(),
                        example["arguments"].as_object().unwrap().clone(),
                    )
                })
        })
        .collect()
}
