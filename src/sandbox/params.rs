//! The parameters of one request: the query, and for writes the body over it.

use http::Method;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::reply::Refusal;
use super::wire::Ask;
use crate::registry::schema;

/// Reads the parameters an action of this schema is sent; unknown names are still among them.
///
/// # Errors
/// When the body cannot be read.
pub(super) fn sent(
    ask: &Ask,
    request: &Value,
    max_body: usize,
) -> Result<Map<String, Value>, Refusal> {
    let mut out = query(&ask.query, request);
    if ask.method != Method::GET {
        out.extend(body(ask, max_body)?);
    }
    Ok(out)
}

/// The body as an object; empty when there is none.
fn body(ask: &Ask, max_body: usize) -> Result<Map<String, Value>, Refusal> {
    if ask.body.len() > max_body {
        return Err(Refusal::TooLarge(max_body));
    }
    if ask.body.is_empty() {
        return Ok(Map::new());
    }
    let refuse = |text: &str| Err(Refusal::Unreadable(text.to_owned()));
    let media_type = ask.header("content-type").split(';').next();
    if !media_type.is_some_and(|name| name.trim().eq_ignore_ascii_case("application/json")) {
        return refuse("Content-Type must be application/json");
    }
    match serde_json::from_slice(&ask.body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => refuse("Request body must be a JSON object"),
        Err(_) => refuse("Request body is not valid JSON"),
    }
}

/// The query: arrays as `name[]=a&name[]=b`, `name=a&name=b` or `name=a,b`, everything else the last
/// text.
fn query(text: &str, request: &Value) -> Map<String, Value> {
    let is_array = |name: &str| {
        schema::properties(request)
            .and_then(|properties| properties.get(name))
            .is_some_and(|piece| schema::scalar_type(piece) == Some("array"))
    };
    let mut out = Map::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let member = name.strip_suffix("[]").filter(|name| is_array(name));
        if let Some(name) = member {
            let items = out.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            match items {
                Value::Array(items) => items.push(Value::String(value.into_owned())),
                other => *other = Value::Array(vec![Value::String(value.into_owned())]),
            }
        } else if is_array(&name) && !value.trim().is_empty() {
            let parts = value.split(',').map(|item| Value::String(item.to_owned()));
            match out.get_mut(&*name) {
                Some(Value::Array(items)) => items.extend(parts),
                Some(_) | None => {
                    out.insert(name.into_owned(), Value::Array(parts.collect()));
                }
            }
        } else {
            out.insert(name.into_owned(), Value::String(value.into_owned()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use serde_json::json;

    fn read(method: Method, target: &str, media_type: &str, body: &str) -> Result<Value, Refusal> {
        let mut ask = sample::ask(method, target);
        ask.body = body.to_owned().into();
        ask.headers
            .insert("content-type", media_type.parse().unwrap());
        let request = json!({"properties": {"ids": {"type": "array"}, "name": {"type": "string"}}});
        sent(&ask, &request, 20).map(Value::Object)
    }

    const TYPE: &str = "application/json; charset=utf-8";

    #[test]
    fn the_body_wins_over_the_query_and_reads_ignore_it() {
        assert_eq!(
            read(Method::POST, "/?name=a&x=1", TYPE, r#"{"name":"b"}"#),
            Ok(json!({"name": "b", "x": "1"}))
        );
        assert_eq!(
            read(Method::GET, "/?name=a+b", "text/plain", "nonsense"),
            Ok(json!({"name": "a b"}))
        );
        assert_eq!(read(Method::DELETE, "/", "text/plain", ""), Ok(json!({})));
    }

    #[test]
    fn arrays_in_a_query() {
        assert_eq!(
            read(Method::GET, "/?ids[]=a&ids%5B%5D=b,c&name[]=x", TYPE, ""),
            Ok(json!({"ids": ["a", "b,c"], "name[]": "x"}))
        );
        assert_eq!(
            read(Method::GET, "/?ids=a,b", TYPE, ""),
            Ok(json!({"ids": ["a", "b"]}))
        );
        assert_eq!(
            read(Method::GET, "/?ids=a&ids=b,c&ids[]=d", TYPE, ""),
            Ok(json!({"ids": ["a", "b", "c", "d"]}))
        );
        assert_eq!(
            read(Method::GET, "/?ids=", TYPE, ""),
            Ok(json!({"ids": ""}))
        );
    }

    #[test]
    fn bodies_that_cannot_be_read() {
        let refused = |media_type: &str, body: &str| {
            read(Method::POST, "/", media_type, body).map_err(|refusal| {
                (
                    refusal.status(),
                    refusal.body()["errors"][0].as_str().unwrap().to_owned(),
                )
            })
        };
        let text = |status: u16, text: &str| Err((status, text.to_owned()));
        assert_eq!(
            refused("text/plain", "{}"),
            text(400, "Content-Type must be application/json")
        );
        assert_eq!(
            refused(TYPE, "{"),
            text(400, "Request body is not valid JSON")
        );
        assert_eq!(
            refused(TYPE, "[]"),
            text(400, "Request body must be a JSON object")
        );
        assert_eq!(
            refused(TYPE, &format!("{{{}}}", " ".repeat(30))),
            text(413, "Request body exceeds 20 bytes")
        );
    }
}
