//! Values at dotted places within arguments.

use serde_json::{Map, Value};

/// The value at a place.
pub fn get<'a>(arguments: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(arguments.get(first)?, |value, part| match value {
            Value::Object(map) => map.get(part),
            Value::Array(members) => members.get(part.parse::<usize>().ok()?),
            _ => None,
        })
}

/// Puts a value at a place; objects on the way are made.
pub fn set(arguments: &mut Map<String, Value>, path: &[String], value: Value) {
    let (first, rest) = path.split_first().unwrap();
    if rest.is_empty() {
        arguments.insert(first.clone(), value);
        return;
    }
    let inner = arguments.entry(first.clone()).or_insert(Value::Null);
    set_in(inner, rest, value);
}

fn set_in(target: &mut Value, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *target = value;
        return;
    };
    if let Value::Array(members) = target
        && let Ok(index) = first.parse::<usize>()
    {
        if let Some(member) = members.get_mut(index) {
            set_in(member, rest, value);
        }
        return;
    }
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(map) = target {
        set_in(map.entry(first.clone()).or_insert(Value::Null), rest, value);
    }
}

/// Takes the value at a place out.
pub fn take(arguments: &mut Map<String, Value>, path: &[String]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    let Some((first, rest)) = parents.split_first() else {
        return arguments.shift_remove(last);
    };
    let mut parent = arguments.get_mut(first)?;
    for part in rest {
        parent = match parent {
            Value::Object(map) => map.get_mut(part)?,
            Value::Array(members) => members.get_mut(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    match parent {
        Value::Object(map) => map.shift_remove(last),
        Value::Array(members) => {
            let index = last.parse::<usize>().ok()?;
            (index < members.len()).then(|| members.remove(index))
        }
        _ => None,
    }
}

/// A place below another.
pub fn below(path: &[String], part: &str) -> Vec<String> {
    let mut path = path.to_vec();
    path.push(part.to_owned());
    path
}
