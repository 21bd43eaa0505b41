//! The fixer: it reads the text of an error and the arguments that were sent, and knows no schema.
//!
//! One pass follows every sentence of the error once.

use serde_json::{Map, Value, json};

use crate::place;

/// The action and the arguments after doing what an error says.
pub fn repair(
    text: &str,
    action: &str,
    arguments: &Map<String, Value>,
) -> (String, Map<String, Value>) {
    if let Some(name) = between(text, "Did you mean `", "`?") {
        return (name.to_owned(), arguments.clone());
    }
    let mut fixer = Fixer {
        arguments: arguments.clone(),
        example: text
            .split_once("Example arguments: ")
            .and_then(|(_, json)| first_json(json)),
    };
    if let Some((_, told)) = text.split_once(" was not called: ") {
        let told = told
            .split_once(" Nothing was sent")
            .map_or(told, |(told, _)| told);
        for sentence in sentences(told) {
            fixer.follow(sentence);
        }
    }
    for (_, rest) in text
        .match_indices("eave `")
        .map(|(at, _)| text.split_at(at))
    {
        if let Some(name) = between(rest, "eave `", "` out") {
            fixer.arguments.shift_remove(name);
        }
    }
    (action.to_owned(), fixer.arguments)
}

struct Fixer {
    arguments: Map<String, Value>,
    example: Option<Value>,
}

impl Fixer {
    fn follow(&mut self, sentence: &str) {
        if let Some(rest) = sentence.strip_prefix("there is no argument ") {
            self.unknown(rest);
        } else if sentence.starts_with("there is nothing to change") {
            self.change(sentence);
        } else if let Some((field, rule)) = between(sentence, "`", "`").zip(after_name(sentence)) {
            self.rule(field, rule, sentence);
        }
    }

    /// Renames to what was meant, or leaves out.
    fn unknown(&mut self, rest: &str) {
        let Some(path) = between(rest, "`", "`").map(parts) else {
            return;
        };
        let path = self.whole(path);
        let value = place::take(&mut self.arguments, &path);
        let meant = between(rest, "did you mean `", "`?").map(parts);
        if let (Some(meant), Some(value)) = (meant, value)
            && place::get(&self.arguments, &meant).is_none()
        {
            place::set(&mut self.arguments, &meant, value);
        }
    }

    /// The path of a name that was too long to be shown whole.
    fn whole(&self, mut path: Vec<String>) -> Vec<String> {
        let last = path.pop().unwrap_or_default();
        let around = match path.as_slice() {
            [] => Some(&self.arguments),
            _ => place::get(&self.arguments, &path).and_then(Value::as_object),
        };
        let mut names = around.into_iter().flat_map(Map::keys);
        let name = names.find(|name| is_shown(name, &last)).cloned();
        path.push(name.unwrap_or(last));
        path
    }

    /// Takes the change that is named.
    fn change(&mut self, sentence: &str) {
        let example = named(sentence).or_else(|| self.example.clone());
        for (name, value) in example.iter().filter_map(Value::as_object).flatten() {
            self.arguments.insert(name.clone(), value.clone());
        }
    }

    fn rule(&mut self, field: &str, rule: &str, sentence: &str) {
        let path = parts(field);
        let given = place::get(&self.arguments, &path).cloned();
        let value = if rule.starts_with(" is required") {
            match given {
                // A name that was put right above.
                Some(value) if !value.is_null() => Some(value),
                Some(_) | None => self.suggested(&path, sentence),
            }
        } else if let Some(name) = between(rule, "have no field `", "`") {
            Some(without(given, name, between(rule, "did you mean `", "`?")))
        } else if let Some(allowed) = between(rule, "must be one of: ", "; not") {
            let meant = between(rule, "did you mean `", "`?");
            Some(json!(meant.or(allowed.split(", ").next())))
        } else {
            bounded(rule, given.as_ref()).or_else(|| self.suggested(&path, sentence))
        };
        if let Some(value) = value {
            place::set(&mut self.arguments, &path, value);
        }
    }

    /// The value the sentence names, or the one of the example arguments.
    fn suggested(&self, path: &[String], sentence: &str) -> Option<Value> {
        named(sentence).or_else(|| place::get(self.example.as_ref()?.as_object()?, path).cloned())
    }
}

/// A value moved to the limit that a rule names.
fn bounded(rule: &str, given: Option<&Value>) -> Option<Value> {
    if let Some(range) = rule
        .split_once("must be an integer from ")
        .map(|(_, rest)| rest)
    {
        let limits = range.split(" to ").map(|limit| limit.parse::<i64>());
        let limits: Vec<i64> = limits.map_while(Result::ok).collect();
        let (least, most) = (*limits.first()?, *limits.last()?);
        let given = given.and_then(Value::as_i64).unwrap_or(least);
        return Some(json!(given.clamp(least, most)));
    }
    if let Some(limit) =
        after(rule, "must be at least ").or_else(|| after(rule, "must be at most "))
    {
        return first_json(limit);
    }
    if let Some(limit) = after(rule, "must have at most ") {
        let limit: usize = limit.split(' ').next()?.parse().ok()?;
        return Some(match given? {
            Value::String(text) => json!(text.chars().take(limit).collect::<String>()),
            Value::Array(members) => json!(members.iter().take(limit).collect::<Vec<_>>()),
            other => other.clone(),
        });
    }
    None
}

/// A list in which one member is another, or gone.
fn without(given: Option<Value>, name: &str, meant: Option<&str>) -> Value {
    let members = given
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    members
        .filter_map(
            |member| match (is_shown(member.as_str().unwrap_or_default(), name), meant) {
                (true, None) => None,
                (true, Some(meant)) => Some(json!(meant)),
                (false, _) => Some(member.clone()),
            },
        )
        .collect()
}

/// Whether a name is the one an error shows, which ends in a mark when it was cut.
fn is_shown(name: &str, shown: &str) -> bool {
    match shown.strip_suffix('…') {
        Some(start) => name.starts_with(start),
        None => name == shown,
    }
}

/// The sentences of an error, one for each mistake.
fn sentences(told: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = told;
    loop {
        let cuts = ["; `", "; there is "].iter();
        let Some(at) = cuts.filter_map(|cut| rest.find(cut)).min() else {
            found.push(rest);
            return found;
        };
        found.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
}

/// The value named by `(e.g. …)`.
fn named(sentence: &str) -> Option<Value> {
    first_json(sentence.rsplit_once("(e.g. ")?.1)
}

fn first_json(text: &str) -> Option<Value> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    if let Some(Ok(value)) = values.next() {
        return Some(value);
    }
    // A number at the end of a sentence.
    let word = text.split([',', ' ', ';']).next()?;
    serde_json::from_str(word.trim_end_matches(['.', ')'])).ok()
}

fn parts(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

fn after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

/// What is said of the name a sentence begins with.
fn after_name(sentence: &str) -> Option<&str> {
    let (_, rest) = sentence.strip_prefix('`')?.split_once('`')?;
    Some(rest)
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(open)?;
    rest.split_once(close).map(|(inner, _)| inner)
}
